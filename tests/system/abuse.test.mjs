// Proves what a peer that proved its key, and a local program that has the token, can do with that: cost themselves their
// link or their connection, and nobody anything else. Attackers are lib/bad_peer.mjs and raw sockets.
// Figures about memory are judged on the release build only; behaviour on both.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { BadPeer, FIN, WINDOW, frame, identifyMessage, rpc, subscription } from './lib/bad_peer.mjs'
import { residentKiB } from './lib/kernel.mjs'
import { binary, cli, freshDir, judge, startNode, testSettings, until, within } from './lib/node.mjs'
import { rawNats } from './lib/raw_nats.mjs'
import { isSanitized, portOf } from './lib/strangers.mjs'
import { delimited } from './lib/wire.mjs'

const TOPIC = 'teranode/bitcoin/1.0.0/mainnet-block'
const IDENTIFY_PUSH = '/ipfs/id/push/1.0.0'
const MESHSUB = '/meshsub/1.1.0'
const PERF = '/perf/1.0.0'

// Starts the program and ends it after so many milliseconds. → its exit code; null: it was not there yet, or was killed.
async function endedAfter (dataDir, ms) {
  const env = { PATH: process.env.PATH, ...testSettings(dataDir), ASAN_OPTIONS: 'exitcode=86', PEERLINE_LOG: 'error' }
  const child = spawn(binary(), ['run', '--json'], { env, stdio: 'ignore' })
  const ended = new Promise(resolve => child.once('close', resolve))
  await new Promise(resolve => setTimeout(resolve, ms))
  child.kill('SIGTERM')
  return within(ended, `the end after a SIGTERM ${ms} ms after the start`, 5000).finally(() => child.kill('SIGKILL'))
}

const doorPort = node => Number(/:(\d+)$/.exec(node.door)[1])

async function attach (node, name) {
  const raw = await rawNats(doorPort(node))
  await raw.info()
  raw.send(`CONNECT {"verbose":false,"pedantic":false,"headers":true,"auth_token":"${node.token}","name":"${name}"}\r\n`)
  return raw
}

function be64 (value) {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(value)
  return bytes
}

describe('peers that proved their key', judge('js'), () => {
  test('peers that say as much about themselves as they may do not hide the others', async t => {
    const node = await startNode({ t, env: { PEERLINE_LOG: 'info' } })
    const peers = []
    for (let i = 0; i < 16; i++) {
      const bad = await new BadPeer(portOf(node), { from: `127.0.5.${1 + (i >> 3)}` }).connect()
      t.after(() => bad.leave())
      peers.push(bad)
      const protocols = Array.from({ length: 25 }, (_, n) => `/${n}${'"'.repeat(250)}`)
      const message = delimited(identifyMessage({ protocols, agent: '\x1b]0;evil\x07\xff', protocolVersion: Buffer.from([0x1b, 0xff]) }))
      bad.open(IDENTIFY_PUSH, Buffer.concat(Array.from({ length: 10 }, () => message)), 4)
    }
    const quiet = await new BadPeer(portOf(node), { from: '127.0.5.9' }).connect()
    t.after(() => quiet.leave())
    for (const bad of peers) await node.waitEvent('IDENTIFIED', event => event.peer_id === bad.key.id)
    const answer = await node.api('PEERS')
    assert.equal(answer.peers.length, 17)
    assert.ok(answer.peers.every(one => one.shortened === (one.peer_id !== quiet.key.id)), 'those that said too much are shortened')
    const shown = await cli(['peers', '--wide'], { dataDir: node.dataDir })
    assert.equal(shown.code, 0)
    assert.doesNotMatch(shown.all, /[\x00-\x09\x0b-\x1f\x7f-\x9f]/, 'nothing reaches the terminal that is not plain')
  })

  test('M-03: fifty peers that ask for gigabytes and read nothing cost a bounded amount of memory, and it comes back', async t => {
    const node = await startNode({ t, env: { PEERLINE_LOG: 'warn' } })
    const sanitized = isSanitized(node.pid)
    const before = residentKiB(node.pid)
    const peers = []
    for (let i = 0; i < 50; i++) {
      const bad = await new BadPeer(portOf(node), { from: `127.0.6.${1 + (i >> 3)}` }).connect()
      t.after(() => bad.leave())
      peers.push(bad)
      bad.stopReading()
      for (let n = 0; n < 4; n++) bad.say(frame(WINDOW, 0, bad.open(PERF, be64(1n << 33n), 4), 0x7fffffff))
    }
    await until(async () => (await node.api('STATUS')).links === 50, 'all of them to be there')
    let peak = 0
    await until(() => {
      const now = residentKiB(node.pid)
      const grown = now > peak
      peak = Math.max(peak, now)
      return !grown
    }, 'memory to stand still')
    await node.api('STATUS', {}, 1000)
    if (!sanitized) assert.ok(peak - before < 64 * 1024, `memory grew by ${peak - before} KiB`)
    for (const bad of peers) bad.leave()
    await until(async () => (await node.api('STATUS')).links === 0, 'all of them to be gone')
    if (sanitized) return
    await until(() => residentKiB(node.pid) - before < 16 * 1024, () => `${residentKiB(node.pid) - before} KiB are still held`, 30_000)
  })
})

describe('local programs with the token', judge('js'), () => {
  test('a consumer that reads nothing of very many event subscriptions loses its connection, and the node lives', async t => {
    const node = await startNode({ t })
    const bad = await new BadPeer(portOf(node)).connect()
    t.after(() => bad.leave())
    bad.open(MESHSUB, rpc(subscription(TOPIC, true)))
    const frozen = await attach(node, 'frozen')
    frozen.send(`SUB topic.${TOPIC} t\r\nSUB fill f\r\n`)
    for (let i = 0; i < 1100; i++) frozen.send(`SUB $PL.EVENT.TOPIC_PEER e${i}\r\n`)
    await frozen.settle()
    await node.waitEvent('TOPIC_PEER', event => event.joined)
    frozen.socket.pause()
    const fill = `PUB fill 10000\r\n${'x'.repeat(10_000)}\r\n`
    const missed = async () => (await node.api('STATUS')).consumers.find(one => one.id === 'frozen')?.missed > 0
    await until(async () => { for (let i = 0; i < 100; i++) frozen.send(fill); return missed() }, 'its queue to be full')
    // Gossip tells of the peer that leaves: nothing of it fits, and the consumer goes in the middle of that.
    bad.leave()
    const gone = async () => (await node.api('STATUS')).consumers.every(one => one.id !== 'frozen')
    await until(gone, 'the frozen consumer to be gone')
    const { topics } = await node.api('STATUS')
    assert.deepEqual(topics.map(one => [one.topic, one.consumers]), [[TOPIC, 0]], 'its topic is kept for its return, by nobody')
    frozen.socket.destroy()
  })

  test('L-03: thousands of queue groups of one consumer do not hold up the others', async t => {
    const node = await startNode({ t, env: { PEERLINE_LOG: 'info' } })
    const sanitized = isSanitized(node.pid)
    const honest = await attach(node, 'honest')
    const greedy = await attach(node, 'greedy')
    t.after(() => { honest.socket.destroy(); greedy.socket.destroy() })
    for (let i = 0; i < 4000; i++) greedy.send(`SUB > g${i} ${i}\r\n`)
    await greedy.settle()
    greedy.socket.removeAllListeners('data').resume()
    let worst = 0
    for (let i = 0; i < 20; i++) {
      greedy.send('PUB a 1\r\nx\r\n')
      const began = performance.now()
      await honest.settle(i)
      worst = Math.max(worst, performance.now() - began)
    }
    assert.ok(worst < (sanitized ? 1000 : 100), `an honest consumer waited ${worst} ms for its PONG`)
  })

  test('L-04: whoever connects to the door without a token keeps nobody out', async t => {
    const node = await startNode({ t, env: { PEERLINE_LOG: 'info' } })
    const silent = Array.from({ length: 1500 }, () => {
      const socket = net.connect(doorPort(node), '127.0.0.1').on('error', () => {})
      t.after(() => socket.destroy())
      return within(new Promise(resolve => socket.once('connect', resolve).once('close', resolve)), 'a stranger at the door')
    })
    await Promise.all(silent)
    const status = await cli(['status'], { dataDir: node.dataDir })
    assert.equal(status.code, 0, status.all)
    const late = await node.consumer('late')
    await late.flush()
    await late.close()
  })

  for (const [form, flags, out] of [['JSON', ['--json'], 'stdout'], ['text', [], 'stderr']]) {
    test(`whoever stops to read the log (${form}) misses lines, and the node goes on`, async t => {
      const dir = freshDir(t)
      const env = { PATH: process.env.PATH, ...testSettings(dir), ASAN_OPTIONS: 'exitcode=86' }
      const child = spawn(binary(), ['run', ...flags], { env, stdio: ['ignore', 'pipe', 'pipe'] })
      const ended = new Promise(resolve => child.once('close', resolve))
      t.after(() => child.kill('SIGKILL'))
      const log = child[out]
      child[out === 'stdout' ? 'stderr' : 'stdout'].resume()
      let text = ''
      log.setEncoding('utf8').on('data', data => { text += data })
      const runFile = join(dir, 'run.json')
      await until(() => existsSync(runFile) && text.includes('ready'), 'the node to be ready')
      log.pause()
      const port = Number(/\/tcp\/(\d+)/.exec(JSON.parse(readFileSync(runFile)).listen[0])[1])
      const bad = await new BadPeer(port).connect()
      t.after(() => bad.leave())
      const protocols = Array.from({ length: 250 }, (_, n) => `/p/${n}/${'x'.repeat(20)}`)
      const message = delimited(identifyMessage({ protocols }))
      for (let i = 0; i < 200; i++) bad.open(IDENTIFY_PUSH, message, FIN)
      const status = await cli(['status'], { dataDir: dir, timeout: 5000 })
      assert.equal(status.code, 0, status.all)
      log.resume()
      await until(() => (text.match(/identified/g) ?? []).length > 0, 'the log to go on')
      // One more line, before which it is said what is missing.
      const later = await new BadPeer(port, { from: '127.0.0.78' }).connect()
      t.after(() => later.leave())
      await until(() => /lost/.test(text), 'word of the lines that are lost')
      child.kill('SIGTERM')
      assert.equal(await within(ended, 'the end'), 0)
      if (form === 'JSON') for (const line of text.trim().split('\n')) assert.doesNotThrow(() => JSON.parse(line), line.slice(0, 200))
    })
  }

  test('SIGTERM is heeded at every moment of the start, and leaves nothing behind', async t => {
    const dir = freshDir(t)
    for (let i = 0; i < 120; i++) {
      const code = await endedAfter(dir, i % 40)
      assert.ok(code === 0 || code === null, `exit code ${code}`)
    }
    assert.deepEqual(readdirSync(dir).filter(name => !/^node\.(key|lock|state)$|^door\.(token|numbers(\.used)?)$/.test(name)), [])
  })

  test('a reply that leads to where only the node speaks is refused', async t => {
    const node = await startNode({ t })
    const liar = await attach(node, 'liar')
    const since = node.mark()
    liar.send('PUB $PL.EVENT.LINK_DOWN 2\r\n{}\r\nPUB $PL.API.STATUS $PL.EVENT.LINK_DOWN 2\r\n{}\r\nPUB x $PL.API.STOP 0\r\n\r\n')
    await liar.has('Permissions Violation for Publish to "$PL.EVENT.LINK_DOWN"')
    await liar.has('Permissions Violation for Publish with Reply of "$PL.EVENT.LINK_DOWN"')
    await liar.has('Permissions Violation for Publish with Reply of "$PL.API.STOP"')
    await liar.settle()
    await node.api('STATUS')
    assert.equal(node.events('LINK_DOWN').length, 0, `events since ${since}`)
    liar.socket.destroy()
  })
})
