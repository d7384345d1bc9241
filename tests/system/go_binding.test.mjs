// Proves that Go services migrate to a peerline by changing an import: the binding by its own tests, with Go's race
// detector, against a real node; the usage example that it was made for; and go-chaintracks and go-teranode-p2p-client,
// unmodified, in two processes that share one link, hear everything and survive a restart of the node.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { startBus, startTeranode as startTeranodeClient } from '../interop/go-bus/bus.mjs'
import { announced, makeChain, serveHeaders } from '../interop/go-shared/chain.mjs'
import { BINDING, BUS, DROP_IN, SHARED, go, sharedJudge, startService, unformatted } from '../interop/go-shared/shared.mjs'
import { program } from '../interop/go/programs.mjs'
import { connectionsBetween } from '../interop/go/kernel.mjs'
import { peerConnections, tcpSockets } from './lib/kernel.mjs'
import { binary, freshDir, judge, startNode, until } from './lib/node.mjs'
import { TOPICS, payloads } from './lib/teranode.mjs'

// The first run fetches modules and builds them.
const SUITE_MS = 600_000
const REPEAT_MS = 1_000
const CHAIN = 12

const hex = number => number.toString(16).padStart(64, '0')

// A Teranode as far as its gossip goes: go-p2p-message-bus, and the headers that its announcements point at.
async function startTeranode (t) {
  const chain = makeChain(CHAIN)
  const hub = await serveHeaders(t, chain)
  const bus = await startBus({ t, name: 'teranode', key: join(freshDir(t), 'key') })
  return {
    bus,
    chain,
    hub,
    address: bus.listen[0],
    announce: height => bus.publish(TOPICS.block, announced(bus.peerId, chain[height], hub.url))
  }
}

// Says it every second until it has been heard: go tells nobody when it has a mesh.
async function saidUntil (say, heard, what, ms = 30_000) {
  let next = 0
  return until(async () => {
    const found = await heard()
    if (found) return found
    if (Date.now() >= next) {
      await say()
      next = Date.now() + REPEAT_MS
    }
    return null
  }, what, ms)
}

const followsTo = (teranode, chaintracks, height) => saidUntil(() => teranode.announce(height),
  async () => (await chaintracks.do('tip')).hash === teranode.chain[height].hash,
  () => `chaintracks at height ${height}\n${chaintracks.log().slice(-3000)}`)

describe('the Go binding', sharedJudge(judge('go', { timeout: SUITE_MS })), () => {
  test('is formatted, vetted, and passes its own tests against a real node, under the race detector', async () => {
    assert.equal(await unformatted(BINDING, SHARED, join(BUS, 'assignable')), '')
    for (const module of [BINDING, DROP_IN, SHARED]) await go(['vet', './...'], module)
    const { stdout } = await go(['test', '-race', '-count=1', '-v', './...'], BINDING, { PEERLINE: binary() })
    assert.doesNotMatch(stdout, /^--- SKIP/m)
    assert.match(stdout, /^ok /m)
  })

  test('is a client of the real go-p2p-message-bus, signature by signature, for code that is given one', async t => {
    const node = await startNode({ t })
    const { stdout } = await go(['test', '-count=1', '-v', './assignable'], BUS, { PEERLINE_URL: `unix:${node.socket}` })
    assert.match(stdout, /^--- PASS: TestCodeThatIsGivenAMessageBusTakesOurs/m)
  })

  test('makes the usage example of the shared connection work', async t => {
    const teranode = await startTeranode(t)
    const node = await startNode({ t })
    const tested = go(['test', '-count=1', '-v', './seed'], SHARED, { PEERLINE_DATA: node.dataDir, SEED_BOOTSTRAP: teranode.address })
    let over = false
    const result = tested.finally(() => { over = true })
    result.catch(() => {})
    let number = 1
    await saidUntil(async () => {
      for (const kind of ['block', 'subtree', 'rejected-tx']) {
        await teranode.bus.publish(TOPICS[kind], payloads[kind](teranode.bus.peerId, number++))
      }
    }, () => over, 'the example to end', 120_000)
    assert.match((await result).stdout, /^--- PASS: TestTheUsageExample/m)
    assert.equal(existsSync(join(SHARED, 'seed/chaintracks_data')), false)
  })

  test('lets unmodified go-chaintracks and go-teranode-p2p-client, two processes, share one link', async t => {
    const teranode = await startTeranode(t)
    const { bus, chain, hub } = teranode
    const node = await startNode({ t, bootstrap: [teranode.address] })
    await node.peer(bus.peerId)
    const before = peerConnections(node)
    assert.equal(before, 1)

    const attached = { t, node, bootstrap: teranode.address }
    const chaintracks = await startService('chaintracks', attached)
    const arcade = await startService('arcade', attached)
    assert.equal(chaintracks.peerId, node.peerId, 'the network knows them by the node')
    assert.equal(arcade.peerId, node.peerId)
    assert.equal((await chaintracks.do('tip')).height, 0)

    await t.test('the tip moves with the announcements', async () => {
      await followsTo(teranode, chaintracks, 1)
      assert.deepEqual(hub.asked, [], 'its parent was known')
      await followsTo(teranode, chaintracks, 3)
      assert.equal(hub.asked.length >= 1, true, 'what lies between is fetched from the hub that was announced')
      for (let height = 4; height < 8; height++) await followsTo(teranode, chaintracks, height)
      assert.deepEqual(chaintracks.events('tip').at(-1).hash, chain[7].hash)
    })

    await t.test('the other one hears the same blocks, and its own topics', async () => {
      assert.equal(arcade.events('block').some(one => one.message.Hash === chain[7].hash), true)
      let number = 7_000
      for (const [kind, event] of [['subtree', 'subtree'], ['rejected-tx', 'rejected_tx']]) {
        const heard = await saidUntil(() => bus.publish(TOPICS[kind], payloads[kind](bus.peerId, ++number)),
          () => arcade.events(event).at(-1), () => `a ${kind}\n${arcade.log().slice(-3000)}`)
        assert.equal(heard.message.PeerID, bus.peerId)
        assert.equal([hex(number), hex(number - 1)].includes(heard.message.Hash || heard.message.TxID), true)
      }
    })

    await t.test('as many connections as without them: 1.00 times', () => {
      const after = peerConnections(node)
      t.diagnostic(`connections to peers: ${before} without services, ${after} with two: ${(after / before).toFixed(2)} times`)
      assert.equal(after, before)
      assert.equal(connectionsBetween(node.pid, bus.pid), 1)
      for (const service of [chaintracks, arcade]) {
        const elsewhere = tcpSockets(service.pid).filter(one => one.remote.port !== Number(new URL(hub.url).port))
        assert.deepEqual(elsewhere, [], 'no socket to anywhere but to where headers are')
        assert.equal(connectionsBetween(service.pid, bus.pid), 0)
      }
    })

    await t.test('with the real message bus the same library opens one for each service', async t => {
      const dirs = [freshDir(t), freshDir(t)]
      const alone = await Promise.all(dirs.map((storage, n) => startTeranodeClient({ t, name: `alone${n}`, storage, static: teranode.address })))
      const links = () => alone.map(client => connectionsBetween(client.pid, bus.pid))
      await until(() => links().every(count => count === 1), () => `each to have a link: ${links()}`)
      t.diagnostic('2 services, 1 peer: 2 links without a peerline, 1 with it')
    })

    await t.test('they are consumers with names, and know whom they heard', async () => {
      const ids = (await node.api('STATUS')).consumers.map(one => one.id)
      assert.deepEqual(['chaintracks', 'arcade'].filter(id => !ids.includes(id)), [])
      for (const service of [chaintracks, arcade]) {
        const { peers } = await service.do('peers')
        assert.deepEqual(peers.map(peer => [peer.ID, peer.Name, peer.Addrs.length]), [[bus.peerId, 'teranode', 1]])
      }
      const twin = await startService('arcade', attached)
      assert.equal((await node.api('STATUS')).consumers.some(one => one.id === 'arcade#2'), true)
      await twin.stop()
    })
  })

  test('has an example that prints what is announced', async t => {
    const teranode = await startTeranode(t)
    const node = await startNode({ t, bootstrap: [teranode.address] })
    const env = { ...process.env, PEERLINE_DATA: node.dataDir }
    const example = spawn(await program('blocks', BINDING), [], { env, stdio: ['ignore', 'pipe', 'inherit'] })
    t.after(() => example.kill())
    let printed = ''
    example.stdout.on('data', data => { printed += data })
    await saidUntil(() => teranode.announce(1), () => printed, 'a line')
    assert.equal(printed.startsWith(`teranode ${teranode.bus.peerId} {"PeerID":"${teranode.bus.peerId}"`), true, printed)
  })

  test('survives a restart of the node: go-chaintracks follows on', async t => {
    const teranode = await startTeranode(t)
    const dataDir = freshDir(t)
    const start = () => startNode({ t, dataDir, bootstrap: [teranode.address] })
    const first = await start()
    const chaintracks = await startService('chaintracks', { t, node: first, bootstrap: teranode.address })
    await followsTo(teranode, chaintracks, 1)
    await first.kill()
    const node = await start()
    const since = Date.now()
    await until(async () => (await node.api('STATUS')).consumers.some(one => one.id === 'chaintracks'), 'it to attach again')
    t.diagnostic(`attached again ${Date.now() - since} ms after the node was ready`)
    await followsTo(teranode, chaintracks, 5)
    assert.equal(peerConnections(node), 1)
  })

  test('needs no newer Go than it says', async () => {
    const { stdout } = await go(['list', '-m', '-f', '{{.GoVersion}}'], BINDING)
    assert.equal(stdout.trim(), '1.21')
  })
})
