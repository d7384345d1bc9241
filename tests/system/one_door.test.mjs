// Proves that local programs are no burden to the network nor to the node's other programs: what 64 consumers cost at the
// sockets with peers (P-09), what a hundred thousand that come and go leave behind (M-07), how a node ends under load (T-03),
// that two nodes never share a data directory or a socket (L-08), and that there is nothing to decompress (F-06).
// Figures about memory and time are judged on the release build only; behaviour on both.

import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { lstatSync, mkdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { BadPeer, control, graft, rpc, subscription } from './lib/bad_peer.mjs'
import { openDescriptors, peerBytes, peerConnections, residentKiB } from './lib/kernel.mjs'
import { binary, cli, freshDir, judge, startNode, testSettings, until, within } from './lib/node.mjs'
import { rawNats } from './lib/raw_nats.mjs'
import { inWaves, isSanitized, portOf } from './lib/strangers.mjs'

const TOPIC = 'survival/load'
const SUBJECT = `topic.${TOPIC}`

const doorPort = node => Number(new URL(node.door).port)
const HELLO = (node, name) => `CONNECT ${JSON.stringify({ verbose: false, headers: true, no_responders: true, auth_token: node.token, name })}\r\n`

// A node with two peers that publish and listen, and with `n` consumers that listen.
async function hubWithConsumers (t, n) {
  const hub = await startNode({ t, env: { PEERLINE_LOG: 'warn' } })
  const far = await Promise.all([1, 2].map(() => startNode({ t, bootstrap: [hub.listen[0]], env: { PEERLINE_LOG: 'warn' } })))
  const heard = []
  const listen = async (node, name) => {
    const connection = await node.consumer(name)
    const count = { got: 0, connection }
    connection.subscribe(SUBJECT, { callback: () => { count.got++ } })
    await connection.flush()
    heard.push(count)
    t.after(() => connection.close())
    return connection
  }
  const local = []
  for (let i = 0; i < n; i++) local.push(await listen(hub, `service-${i}`))
  const remote = await Promise.all(far.map(node => listen(node, 'far')))
  for (const node of far) {
    await node.waitEvent('MESH', event => event.peer_id === hub.peerId && event.grafted)
    await hub.waitEvent('MESH', event => event.peer_id === node.peerId && event.grafted)
  }
  return { hub, far, heard, local, remote }
}

// 512 bytes each, from both peers and from the consumers in turn.
async function load ({ heard, local, remote }, total) {
  const data = Buffer.alloc(512, 'x')
  const before = heard.map(one => one.got)
  for (let i = 0; i < total; i++) {
    const from = i % 3 === 2 ? local[i % local.length] : remote[i % 3]
    from.publish(SUBJECT, data)
    if (i % 20 === 19) await sleep(20)
  }
  await until(() => heard.every((one, i) => one.got - before[i] === total), () => `everybody to hear all: ${heard.map(one => one.got)}`, 30_000)
}

async function costWith (t, n) {
  const all = await hubWithConsumers(t, n)
  const before = peerBytes(all.hub)
  await load(all, 3000)
  return { connections: peerConnections(all.hub), bytes: peerBytes(all.hub) - before }
}

// Runs the program to its refusal. → { ms, code, stderr }
async function refusal (settings) {
  const began = performance.now()
  const env = { PATH: process.env.PATH, ASAN_OPTIONS: 'exitcode=86', ...settings }
  const child = spawn(binary(), ['run'], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', data => { stderr += data })
  const ended = new Promise(resolve => child.once('close', resolve))
  const code = await within(ended, 'a refusal').finally(() => child.kill('SIGKILL'))
  return { ms: performance.now() - began, code, stderr }
}

async function listeningAt (t, path) {
  const server = net.createServer(socket => socket.on('error', () => {}).end('somebody else'))
  await new Promise(resolve => server.listen(path, resolve))
  t.after(() => server.close())
  return server
}

const answersAt = path => within(new Promise((resolve, reject) => {
  let text = ''
  net.connect(path).on('data', data => { text += data }).on('end', () => resolve(text)).on('error', reject)
}), 'an answer')

describe('what local programs cost the network', judge('js'), () => {
  test('P-09: with 64 consumers the connections with peers are the same, and so are the bytes', async t => {
    const one = await costWith(t, 1)
    const many = await costWith(t, 64)
    t.diagnostic(`1 consumer: ${JSON.stringify(one)}, 64: ${JSON.stringify(many)}, bytes ${(many.bytes / one.bytes).toFixed(4)}x`)
    assert.equal(one.connections, 2)
    assert.equal(many.connections, one.connections)
    assert.ok(many.bytes <= 1.05 * one.bytes, `${many.bytes} bytes against ${one.bytes}`)
  })
})

// What a consumer does in its short life. Each must leave nothing behind.
const LIVES = [
  { name: 'says nothing', closes: false },
  { name: 'says who it is', say: (node, i) => HELLO(node, `life-${i}`) + 'PING\r\n' },
  { name: 'leaves with subscriptions', say: (node, i) => HELLO(node, `life-${i}`) + 'SUB a.* 1\r\nSUB b.> q 2\r\nPING\r\n' },
  { name: 'subscribes and unsubscribes', say: (node, i) => HELLO(node) + 'SUB a.* 1\r\nUNSUB 1\r\nSUB b 2\r\nUNSUB 2 5\r\nUNSUB 2\r\nPING\r\n' },
  { name: 'joins and leaves a topic', say: node => HELLO(node) + `SUB ${SUBJECT} 1\r\nUNSUB 1\r\nPING\r\n` },
  { name: 'joins a topic of its own, and goes', say: (node, i) => HELLO(node) + `SUB topic.survival/${i} 1\r\nPING\r\n` },
  { name: 'asks and does not wait', say: node => HELLO(node) + 'SUB in.* 1\r\nPUB $PL.API.STATUS in.1 2\r\n{}\r\nPUB nobody in.2 0\r\n\r\nPING\r\n' },
  { name: 'makes a mistake', say: node => HELLO(node) + 'SUB a 1\r\nNONSENSE\r\n', closes: true }
]

// One connection from its greeting to its end; over TCP it ends with a reset, so that no port waits.
function live (node, i) {
  const life = LIVES[i % LIVES.length]
  const overTcp = i % 16 >= 12
  return new Promise((resolve, reject) => {
    const socket = overTcp ? net.connect(doorPort(node), '127.0.0.1') : net.connect(node.socket)
    let text = ''
    let said = false
    const end = () => { if (overTcp) socket.resetAndDestroy(); else socket.destroy() }
    socket.setEncoding('latin1')
    socket.on('error', error => reject(new Error(`${life.name}: ${error.message}`)))
    socket.on('close', () => resolve())
    socket.on('end', () => socket.destroy())
    socket.on('data', data => {
      text += data
      if (!said && text.includes('\r\n')) {
        said = true
        if (life.say) socket.write(life.say(node, i))
        else end()
      }
      if (said && !life.closes && text.includes('PONG\r\n')) end()
    })
  })
}

describe('what local programs leave behind', judge('js'), () => {
  test('M-07: consumers that come and go, each in its way, leave no memory and no descriptor', { timeout: 600_000 }, async t => {
    const node = await startNode({ t, env: { PEERLINE_LOG: 'warn' } })
    const sanitized = isSanitized(node.pid)
    const cycles = Number(process.env.CYCLES ?? (sanitized ? 4000 : 100_000))
    const peer = await startNode({ t, bootstrap: [node.listen[0]], env: { PEERLINE_LOG: 'warn' } })
    await node.peer(peer.peerId)
    const quiet = async () => {
      await until(async () => { const { consumers, topics } = await node.api('STATUS'); return consumers.length === 1 && topics.length === 0 }, 'everybody to be gone')
      return { fds: openDescriptors(node.pid), kib: residentKiB(node.pid) }
    }
    await inWaves(1000, 16, i => live(node, i))
    const early = await quiet()
    const began = performance.now()
    await inWaves(cycles - 1000, 16, i => live(node, 1000 + i))
    let late = await quiet()
    t.diagnostic(`${cycles} consumers, ${Math.round((cycles - 1000) / (performance.now() - began) * 1000)} a second; after 1,000 ${JSON.stringify(early)}, at the end ${JSON.stringify(late)}`)
    assert.equal(late.fds, early.fds)
    assert.equal((await node.peer(peer.peerId)).links, 1)
    if (sanitized) return
    await until(() => { late = { ...late, kib: residentKiB(node.pid) }; return late.kib - early.kib <= 2048 }, () => `memory to be back: ${JSON.stringify({ early, late })}`, 30_000)
  })
})

describe('a node that is told to end', judge('js'), () => {
  test('T-03: under load, with a consumer and a peer that read nothing, SIGTERM takes at most five seconds and loses nothing', async t => {
    const node = await startNode({ t, env: { PEERLINE_LOG: 'warn' } })
    const far = await startNode({ t, bootstrap: [node.listen[0]], env: { PEERLINE_LOG: 'warn' } })
    const numbers = { near: new Set(), far: new Set() }
    const listen = async (at, set) => {
      const connection = await at.consumer('listens')
      t.after(() => connection.close())
      connection.subscribe(SUBJECT, { callback: (error, message) => { if (!error) set.add(parseInt(Buffer.from(message.data).toString(), 10)) } })
      await connection.flush()
    }
    await listen(node, numbers.near)
    await listen(far, numbers.far)
    await far.waitEvent('MESH', event => event.peer_id === node.peerId && event.grafted)
    await node.waitEvent('MESH', event => event.peer_id === far.peerId && event.grafted)
    const bad = new BadPeer(portOf(node))
    bad.accepts = '/meshsub/1.2.0'
    await bad.connect()
    t.after(() => bad.leave())
    bad.open('/meshsub/1.1.0', Buffer.concat([rpc(subscription(TOPIC, true)), rpc(control(graft(TOPIC)))]))
    await node.waitEvent('MESH', event => event.peer_id === bad.key.id && event.grafted)
    bad.stopReading()
    const stuck = []
    for (let i = 0; i < 8; i++) {
      const raw = await rawNats(doorPort(node))
      await raw.info()
      raw.send(HELLO(node, `stuck-${i}`) + `SUB ${SUBJECT} 1\r\nSUB fill 2\r\n`)
      await raw.settle()
      raw.socket.pause()
      stuck.push(raw)
      t.after(() => raw.socket.destroy())
    }
    // Both queues are full: the consumers miss messages, and the peer holds all that one peer may.
    const publisher = await node.consumer('publishes')
    const fill = Buffer.alloc(100_000)
    const missed = async () => (await node.api('STATUS')).consumers.filter(one => one.id.startsWith('stuck')).every(one => one.missed > 0)
    await until(async () => { for (let i = 0; i < 40; i++) publisher.publish('fill', fill); await publisher.flush(); return missed() }, 'the consumers to miss something', 30_000)
    let said = 0
    const say = async () => {
      for (let i = 0; i < 100; i++) publisher.publish(SUBJECT, Buffer.alloc(512, `${said++} `))
      await publisher.flush()
    }
    await until(async () => { await say(); return (await node.api('STATUS')).counters.gossip_send_dropped > 0 }, 'the peer to be full', 30_000)
    await say()
    const began = performance.now()
    await node.stop()
    const ms = performance.now() - began
    t.diagnostic(`ended ${Math.round(ms)} ms after SIGTERM, with ${said} messages said`)
    assert.ok(ms <= 5000, `the end took ${ms} ms`)
    const all = set => set.size === said
    await until(() => all(numbers.near) && all(numbers.far), () => `all ${said} messages: the consumer has ${numbers.near.size}, the peer ${numbers.far.size}`)
    await publisher.close()
  })
})

describe('what belongs to one node alone', judge('js'), () => {
  test('L-08: a second node on the same data directory is refused at once and told who is there', async t => {
    const node = await startNode({ t })
    const before = readFileSync(join(node.dataDir, 'run.json'), 'utf8')
    let fastest = Infinity
    for (let i = 0; i < 5; i++) {
      const { code, stderr, ms } = await refusal(testSettings(node.dataDir))
      assert.equal(code, 4)
      assert.match(stderr, new RegExp(`another node runs on this data directory, pid ${node.pid};`))
      fastest = Math.min(fastest, ms)
    }
    t.diagnostic(`refused within ${fastest.toFixed(1)} ms, the fastest of five`)
    if (!isSanitized(node.pid)) assert.ok(fastest <= 200, `${fastest} ms`)
    assert.equal(readFileSync(join(node.dataDir, 'run.json'), 'utf8'), before)
    const status = await cli(['status'], { dataDir: node.dataDir })
    assert.equal(status.code, 0, status.all)
  })

  test('L-08: after kill -9 the next one starts at once, socket and all', async t => {
    const dataDir = freshDir(t)
    const first = await startNode({ t, dataDir })
    await first.kill()
    assert.ok(lstatSync(first.socket).isSocket(), 'the dead one left its socket')
    const second = await startNode({ t, dataDir })
    assert.equal((await cli(['status'], { dataDir })).code, 0)
    assert.equal(second.peerId, first.peerId)
  })

  test('L-08: what is not a dead socket of ours is left alone', async t => {
    const dir = freshDir(t)
    const path = name => join(dir, name)
    writeFileSync(path('file'), 'precious')
    mkdirSync(path('folder'))
    symlinkSync(path('file'), path('link'))
    symlinkSync(path('nowhere'), path('dangling'))
    await listeningAt(t, path('live'))
    symlinkSync(path('live'), path('to-live'))
    const inodes = () => ['file', 'folder', 'link', 'dangling', 'live', 'to-live'].map(name => lstatSync(path(name)).ino)
    const before = inodes()
    for (const name of ['file', 'folder', 'link', 'dangling', 'live', 'to-live']) {
      const { code, stderr } = await refusal({ ...testSettings(path('data')), PEERLINE_DOOR_SOCKET: path(name) })
      assert.equal(code, 4, `${name}: ${stderr}`)
      assert.match(stderr, /PEERLINE_DOOR_SOCKET/, name)
    }
    assert.deepEqual(inodes(), before)
    assert.equal(readFileSync(path('file'), 'utf8'), 'precious')
    assert.equal(readlinkSync(path('dangling')), path('nowhere'))
    assert.equal(await answersAt(path('live')), 'somebody else')
  })

  test('L-08: a socket that another program put in the place of ours is not removed when we end', async t => {
    const node = await startNode({ t })
    rmSync(node.socket)
    await listeningAt(t, node.socket)
    const before = lstatSync(node.socket).ino
    await node.stop()
    assert.equal(lstatSync(node.socket).ino, before)
    assert.equal(await answersAt(node.socket), 'somebody else')
  })
})

describe('what nobody can blow up', judge('js'), () => {
  test('F-06: the program cannot decompress: no such library is linked, and INFO offers nothing of the kind', async t => {
    const node = await startNode({ t })
    const { stdout } = spawnSync('ldd', [binary()], { encoding: 'utf8' })
    const maps = readFileSync(`/proc/${node.pid}/maps`, 'utf8')
    assert.match(stdout, /libc\.so/, 'ldd says something')
    for (const text of [stdout, maps]) assert.doesNotMatch(text, /lib(z|lzma|bz2|zstd|brotli\w*|lz4|snappy|s2)\.so/)
    const raw = await rawNats(doorPort(node))
    const info = await raw.info()
    assert.deepEqual(Object.keys(info).filter(key => /compress|encoding|zip/i.test(key)), [])
    // A client that asks for it all the same is served in plain.
    raw.send(HELLO(node).replace('{', '{"compression":"s2_auto",') + 'SUB a 1\r\nPUB a 2\r\nhi\r\n')
    await raw.has('MSG a 1 2\r\nhi\r\n')
    raw.socket.destroy()
  })
})
