// Proves that a node may be stopped and started again under 64 stock clients in four languages: its door is back on its port,
// all clients are back within two seconds by their own doing, and none has missed a message of the network without being
// told: by a gap, or by a new epoch. And where only their connections end, each is told exactly what it missed.
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
import { relayTo } from './lib/relay.mjs'
import { TOPIC } from './lib/teranode.mjs'
import { cProgram, cnatsJudge } from '../interop/cnats/programs.mjs'
import { goJudge, program } from '../interop/go/programs.mjs'

const SUBJECT = `topic.${TOPIC}`
const PUBLISH_EVERY_MS = 10
const BACK_MS = 2000
const AWAY_MS = 300
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
  constructor (t, { name, command: [executable, ...args], count }, address, token) {
    Object.assign(this, { name, count, clients: Array.from({ length: count }, () => ({ got: [] })), ready: false, complaints: '' })
    this.child = spawn(executable, [...args, address, token, SUBJECT, String(count)], { stdio: ['pipe', 'pipe', 'pipe'] })
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

// Starts them all and waits until they listen.
async function gather (t, address, token) {
  const all = (await crowds()).map(row => new Crowd(t, row, address, token))
  assert.equal(all.reduce((sum, crowd) => sum + crowd.clients.length, 0), 64)
  await until(() => all.every(crowd => crowd.ready), () => all.map(crowd => `${crowd.name} ${crowd.ready} ${crowd.complaints}`).join('\n'))
  return all
}

// Numbers, from another node.
class Publisher {
  published = 0

  static async start (t, node) {
    const publisher = new Publisher()
    const connection = await node.consumer('publisher')
    publisher.timer = setInterval(() => connection.publish(SUBJECT, String(publisher.published++)), PUBLISH_EVERY_MS)
    t.after(() => { publisher.stop(); return connection.close() })
    return publisher
  }

  stop () { clearInterval(this.timer) }
}

const counts = clients => clients.map(client => client.got.length)

async function hearMore (clients, most) {
  const before = counts(clients)
  await until(() => counts(clients).every((n, index) => n > before[index] + most), () => `messages for all: ${counts(clients)} after ${before}`)
}

async function hearTheRest (clients, publisher) {
  publisher.stop()
  const last = publisher.published - 1
  await until(() => clients.every(client => client.got.at(-1).number === last), () => `the last number, ${last}, for all`)
}

const allBack = clients =>
  until(() => clients.every(client => client.backAt), () => `all to be back: ${clients.filter(client => !client.backAt).length} are not`)

// What a client missed between two messages that it got one after the other it must have been told of. Of itself one number
// may be left out for the time in which the node was not there, of which nobody knows anything.
function judgeClient (who, { got }, mostPauses = 1) {
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
    assert.ok(untold === 0 || (untold === 1 && pauses <= mostPauses), `${who} was not told of ${untold} between ${before.seq} and ${message.seq}`)
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
  const all = await gather(t, near.door.replace('nats://', ''), near.token)
  const clients = all.flatMap(crowd => crowd.clients)
  const publisher = await Publisher.start(t, far)
  await hearMore(clients, 20)

  const { door } = near
  const stoppedAt = Date.now()
  await end(near)
  near = await start({ PEERLINE_DOOR_PORT: new URL(door).port, P2P_PORT: near.listen[0].split('/')[4] })
  const readyAt = Date.now()
  assert.equal(near.door, door, 'the door is back where it was')
  await allBack(clients)
  const last = Math.max(...clients.map(client => client.backAt))
  t.diagnostic(`${how} and ready again in ${readyAt - stoppedAt} ms; the last of 64 back ${last - readyAt} ms after that`)
  assert.ok(last - readyAt <= BACK_MS, `the last came back ${last - readyAt} ms after the node was ready`)
  await hearMore(clients, 50)
  await hearTheRest(clients, publisher)

  for (const crowd of all) crowd.clients.forEach((client, number) => judgeClient(`${crowd.name} ${number}`, client))
  const delivered = judgeNumbers(clients)
  const epochs = new Set(clients.flatMap(client => client.got.map(message => message.epoch))).size
  assert.ok(epochs <= 2, `${epochs} epochs`)
  t.diagnostic(`published ${publisher.published}, delivered ${delivered} in ${epochs} epochs; missed by being away, at most ` +
    `${Math.max(...clients.map(client => publisher.published - client.got.length))}`)
}

test('64 clients are cut off for a while: each is told exactly what it missed, once', judge('js'), async t => {
  const far = await startNode({ t })
  const near = await startNode({ t, bootstrap: [far.listen[0]] })
  const relay = await relayTo(t, new URL(near.door).port)
  const all = await gather(t, `127.0.0.1:${relay.port}`, near.token)
  const clients = all.flatMap(crowd => crowd.clients)
  const publisher = await Publisher.start(t, far)
  await hearMore(clients, 20)
  await relay.cut(AWAY_MS)
  await allBack(clients)
  await hearMore(clients, 50)
  await hearTheRest(clients, publisher)

  for (const crowd of all) crowd.clients.forEach((client, number) => judgeClient(`${crowd.name} ${number}`, client, 0))
  judgeNumbers(clients)
  assert.equal(new Set(clients.flatMap(client => client.got.map(message => message.epoch))).size, 1)
  const gaps = clients.flatMap(client => client.got.filter(message => message.gap !== '-').map(message => message.gap))
  assert.equal(gaps.length, 64, 'each missed something, and in one piece')
  await until(() => near.events('GAP').length >= 64, () => `GAP events, ${near.events('GAP').length} came`)
  const events = near.events('GAP')
  assert.deepEqual(events.map(({ from, to }) => `${from}-${to}`).sort(), gaps.sort())
  assert.equal(new Set(events.map(event => event.consumer)).size, 64)
  assert.deepEqual([...new Set(events.map(event => event.why))], ['away'])
  t.diagnostic(`missed and told: ${Math.min(...events.map(event => event.count))} to ${Math.max(...events.map(event => event.count))} of ` +
    `${publisher.published} messages`)
})
