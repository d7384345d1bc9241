// Proves that a node may be stopped and started again under 64 stock clients in four languages: its door is back on its port,
// all clients are back within two seconds by their own doing, and none has missed a message of the network without being
// told: by a gap, or by a new epoch.
//
// Clients wait 100 ms and a jitter of as much between tries here; with the two seconds they wait by themselves, two seconds
// would be theirs and not ours.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { test } from 'node:test'
import { ROOT, freshDir, judge, startNode, until } from './lib/node.mjs'
import { PYTHON_DIR, pythonWithNats } from './lib/python.mjs'
import { TOPIC } from './lib/teranode.mjs'
import { cProgram, cnatsJudge } from '../interop/cnats/programs.mjs'
import { goJudge, program } from '../interop/go/programs.mjs'

const SUBJECT = `topic.${TOPIC}`
const PUBLISH_EVERY_MS = 10
const BACK_MS = 2000
const python = await pythonWithNats()
const js = generation => [process.execPath, join(ROOT, 'tests/interop/js/crowd.mjs'), generation]

// 64 of the languages that are here; the JavaScript ones stand in for those that are not.
async function crowds () {
  const rows = [{ name: 'nats.js 3', command: js('3'), count: 16 }]
  if (!cnatsJudge().skip) rows.push({ name: 'cnats', command: [await cProgram('crowd')], count: 8 })
  if (!goJudge().skip) rows.push({ name: 'nats.go', command: [await program('crowd')], count: 16 })
  if (python.program) rows.push({ name: 'nats-py', command: [python.program, join(PYTHON_DIR, 'crowd.py')], count: 8 })
  rows.unshift({ name: 'nats.js 2', command: js('2'), count: 64 - rows.reduce((sum, row) => sum + row.count, 0) })
  return rows
}

// One process with several clients, and what each of them went through.
class Crowd {
  constructor (t, { name, command: [executable, ...args], count }, node) {
    Object.assign(this, { name, count, clients: Array.from({ length: count }, () => ({ got: [] })), ready: false, complaints: '' })
    const address = node.door.replace('nats://', '')
    this.child = spawn(executable, [...args, address, node.token, SUBJECT, String(count)], { stdio: ['pipe', 'pipe', 'pipe'] })
    t.after(() => this.child.kill('SIGKILL'))
    this.child.stderr.setEncoding('utf8').on('data', text => { this.complaints += text })
    createInterface({ input: this.child.stdout }).on('line', line => this.#read(line.split(' ')))
  }

  #read ([what, number, epoch, seq, gap, payload]) {
    const client = this.clients[number]
    if (what === 'ready') this.ready = true
    if (what === 'away') client.awayAt ??= Date.now()
    if (what === 'back') client.backAt ??= Date.now()
    if (what === 'got') client.got.push({ epoch, seq: Number(seq), gap, number: Number(payload) })
  }
}

// The numbers that a client missed between two messages that it got one after the other must have been told of.
function judgeClient (who, { got }) {
  const seen = new Set()
  for (const [index, message] of got.entries()) {
    const before = got[index - 1]
    assert.ok(!seen.has(message.number), `${who} got ${message.number} twice`)
    seen.add(message.number)
    if (!before || before.epoch !== message.epoch || message.seq === before.seq + 1) continue
    const [from, to] = message.gap.split('-').map(Number)
    assert.deepEqual([from, to], [before.seq + 1, message.seq - 1], `${who} was not told what is between ${before.seq} and ${message.seq}`)
  }
}

// What one number means is the same for everybody: so no number is missing in the middle of what the door delivered.
function numbersOf (clients, epoch) {
  const bySeq = new Map()
  for (const client of clients) {
    for (const message of client.got) {
      if (message.epoch !== epoch) continue
      assert.equal(bySeq.get(message.seq) ?? message.number, message.number)
      bySeq.set(message.seq, message.number)
    }
  }
  return [...bySeq.keys()].sort((a, b) => a - b).map(seq => bySeq.get(seq))
}

test('a node restarts under 64 clients: all are back within two seconds, and nothing is lost in silence', judge('js'), async t => {
  const dataDir = freshDir(t)
  const far = await startNode({ t })
  const start = env => startNode({ dataDir, env, bootstrap: [far.listen[0]] })
  let near = await start({})
  t.after(() => near.stop())
  const all = (await crowds()).map(row => new Crowd(t, row, near))
  const clients = all.flatMap(crowd => crowd.clients)
  assert.equal(clients.length, 64)
  await until(() => all.every(crowd => crowd.ready), () => all.map(crowd => `${crowd.name} ${crowd.ready} ${crowd.complaints}`).join('\n'))

  const publisher = await far.consumer('publisher')
  let published = 0
  const publishing = setInterval(() => publisher.publish(SUBJECT, String(published++)), PUBLISH_EVERY_MS)
  t.after(() => { clearInterval(publishing); return publisher.close() })
  const count = epoch => clients.map(client => client.got.filter(message => !epoch || message.epoch === epoch).length)
  await until(() => count().every(n => n > 20), () => `messages for all: ${count()}`)

  const { door } = near
  const stoppedAt = Date.now()
  await near.stop()
  near = await start({ PEERLINE_DOOR_PORT: new URL(door).port, P2P_PORT: near.listen[0].split('/')[4] })
  const readyAt = Date.now()
  assert.equal(near.door, door, 'the door is back where it was')
  await until(() => clients.every(client => client.backAt), () => `all to be back: ${clients.filter(client => !client.backAt).length} are not`)
  const last = Math.max(...clients.map(client => client.backAt))
  t.diagnostic(`stopped and ready again in ${readyAt - stoppedAt} ms; the last of 64 back ${last - readyAt} ms after that`)
  assert.ok(last - readyAt <= BACK_MS, `the last came back ${last - readyAt} ms after the node was ready`)

  const epochOf = client => client.got.at(-1).epoch
  const old = clients[0].got[0].epoch
  await until(() => clients.every(client => epochOf(client) !== old), 'a message of the new epoch for all')
  const epoch = epochOf(clients[0])
  await until(() => count(epoch).every(n => n > 50), () => `messages for all again: ${count(epoch)}`)
  clearInterval(publishing)
  const lastNumber = published - 1
  await until(() => clients.every(client => client.got.at(-1).number === lastNumber), () => `the last number, ${lastNumber}, for all`)

  for (const crowd of all) crowd.clients.forEach((client, number) => judgeClient(`${crowd.name} ${number}`, client))
  for (const one of [old, epoch]) {
    const numbers = numbersOf(clients, one)
    assert.deepEqual(numbers, Array.from(numbers, (_, index) => numbers[0] + index), `numbers of epoch ${one}`)
  }
  assert.equal(new Set(clients.flatMap(client => client.got.map(message => message.epoch))).size, 2)
  t.diagnostic(`published ${published}; before ${numbersOf(clients, old).length}, after ${numbersOf(clients, epoch).length}; ` +
    `missed by being away, at most ${Math.max(...clients.map(client => published - client.got.length))}`)
})
