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

// What a client missed between two messages that it got one after the other it must have been told of. Of itself one number
// may be left out for the time in which the node was not there, of which nobody knows anything.
function judgeClient (who, { got }) {
  const seen = new Set()
  let pauses = 0
  for (const [index, message] of got.entries()) {
    const before = got[index - 1]
    assert.ok(!seen.has(message.number), `${who} got ${message.number} twice`)
    seen.add(message.number)
    if (!before || before.epoch !== message.epoch) continue
    const missing = message.seq - before.seq - 1
    const [from, to] = message.gap === '-' ? [0, -1] : message.gap.split('-').map(Number)
    assert.ok(missing >= 0 && (from > before.seq || from === 0) && to < message.seq, `${who}: ${message.gap} from ${before.seq} to ${message.seq}`)
    const untold = missing - (to - from + 1)
    pauses += untold
    assert.ok(untold === 0 || (untold === 1 && pauses === 1), `${who} was not told of ${untold} between ${before.seq} and ${message.seq}`)
  }
}

// A number means the same to everybody, and two that follow one another in an epoch are two messages that did.
function judgeNumbers (clients) {
  const bySeq = new Map()
  for (const { epoch, seq, number } of clients.flatMap(client => client.got)) {
    const key = `${epoch} ${seq}`
    assert.equal(bySeq.get(key) ?? number, number, key)
    bySeq.set(key, number)
  }
  for (const [key, number] of bySeq) {
    const [epoch, seq] = key.split(' ')
    const next = bySeq.get(`${epoch} ${Number(seq) + 1}`)
    assert.ok(next === undefined || next === number + 1, `${number} is followed by ${next} in ${epoch}`)
  }
  return bySeq.size
}

const endings = { stopped: node => node.stop(), killed: node => node.kill() }

for (const [how, end] of Object.entries(endings)) {
  test(`a node is ${how} and starts again under 64 clients: all are back within two seconds, and nothing is lost in silence`,
    judge('js'), t => restart(t, how, end))
}

async function restart (t, how, end) {
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
  const count = () => clients.map(client => client.got.length)
  await until(() => count().every(n => n > 20), () => `messages for all: ${count()}`)

  const { door } = near
  const stoppedAt = Date.now()
  await end(near)
  near = await start({ PEERLINE_DOOR_PORT: new URL(door).port, P2P_PORT: near.listen[0].split('/')[4] })
  const readyAt = Date.now()
  assert.equal(near.door, door, 'the door is back where it was')
  await until(() => clients.every(client => client.backAt), () => `all to be back: ${clients.filter(client => !client.backAt).length} are not`)
  const last = Math.max(...clients.map(client => client.backAt))
  t.diagnostic(`${how} and ready again in ${readyAt - stoppedAt} ms; the last of 64 back ${last - readyAt} ms after that`)
  assert.ok(last - readyAt <= BACK_MS, `the last came back ${last - readyAt} ms after the node was ready`)

  const atReturn = count()
  await until(() => count().every((n, index) => n > atReturn[index] + 50), () => `messages for all again: ${count()} after ${atReturn}`)
  clearInterval(publishing)
  const lastNumber = published - 1
  await until(() => clients.every(client => client.got.at(-1).number === lastNumber), () => `the last number, ${lastNumber}, for all`)

  for (const crowd of all) crowd.clients.forEach((client, number) => judgeClient(`${crowd.name} ${number}`, client))
  const delivered = judgeNumbers(clients)
  const epochs = new Set(clients.flatMap(client => client.got.map(message => message.epoch))).size
  assert.ok(epochs <= 2, `${epochs} epochs`)
  t.diagnostic(`published ${published}, delivered ${delivered} in ${epochs} epochs; missed by being away, at most ` +
    `${Math.max(...clients.map(client => published - client.got.length))}`)
}
