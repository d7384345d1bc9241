// Proves that go-p2p-message-bus, and go-teranode-p2p-client on top of it, both unmodified, take a peerline for one of
// their own: they find it, hear it and are heard, on Teranode's four topics. What can be asked of a bus in peerline's
// place is asked of one first, so that a failure is peerline's and not theirs.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { busJudge, portOf, startBus, startCrowd, startTeranode } from '../interop/go-bus/bus.mjs'
import { startGo } from '../interop/go/subjects.mjs'
import { HUBS, KINDS, bothWays, heardBy, notSkipped, saidAndHeard, wantsAll } from '../interop/go-bus/hubs.mjs'
import { freshDir, judge, until, within } from './lib/node.mjs'
import { TOPICS, payloads } from './lib/teranode.mjs'

// The first one has the modules fetched and the programs built.
const SUITE_MS = 600_000

// Kept for documentation, so that it is nobody's, and not among the private ones.
const PUBLIC = '203.0.113.7'

// Runs a shell line in a network of its own, whose loopback device has the public address too.
const inOwnNetwork = (line, args = [], env = {}) => promisify(execFile)('unshare', ['--map-root-user', '--net', 'sh', '-c',
  `ip link set lo up && ip addr add ${PUBLIC}/32 dev lo && ${line}`, ...args],
{ env: { ...process.env, NODE_TEST_CONTEXT: undefined, ...env } })

const noOwnNetwork = await inOwnNetwork('true').then(() => false, error => `no network of our own: ${error.message}`)

// What go-p2p-message-bus writes about whom it met.
function cacheNaming (hub, dir) {
  const path = join(dir, 'peer_cache.json')
  const [, address] = /^(.*)\/p2p\//.exec(hub.listen[0])
  const entry = { id: hub.peerId, name: hub.name, addrs: [address], last_seen: new Date().toISOString() }
  writeFileSync(path, JSON.stringify([entry], null, '  '), { mode: 0o600 })
  return path
}

const WAYS = {
  'as a static peer': hub => ({ static: hub.listen[0] }),
  'as a bootstrap peer': hub => ({ bootstrap: hub.listen[0] }),
  'in its peer cache': (hub, dir) => ({ cache: cacheNaming(hub, dir) })
}

for (const kind of HUBS) {
  const options = kind.peerline ? busJudge(judge('go', { timeout: SUITE_MS })) : busJudge({ timeout: SUITE_MS })
  // What only peerline promises is not asked of a bus.
  const ours = kind.peerline ? test : () => {}

  describe(`go-p2p-message-bus and ${kind.name}`, options, () => {
    for (const [how, where] of Object.entries(WAYS)) {
      test(`a bus that has us ${how} finds us, hears us and is heard, on all four topics`, async t => {
        const hub = await kind.start({ t })
        const bus = await startBus({ t, name: 'alpha', ...where(hub, freshDir(t)) })
        await wantsAll(hub, bus)
        await bothWays(hub, bus, 'alpha')
        notSkipped(bus)
      })
    }

    test('a bus that we are told of is found by us, and both hear each other', async t => {
      const bus = await startBus({ t, name: 'alpha' })
      const hub = await kind.start({ t, static: bus.listen[0] })
      await wantsAll(hub, bus)
      await bothWays(hub, bus, 'alpha')
      notSkipped(bus)
    })

    test('its GetPeers lists us, by the name in our envelope, once we have said something', async t => {
      const hub = await kind.start({ t })
      const bus = await startBus({ t, name: 'alpha', static: hub.listen[0] })
      await wantsAll(hub, bus)
      assert.deepEqual(await bus.peers(), [])
      await saidAndHeard(hub, 'block', [bus])
      const [us, ...others] = await bus.peers()
      assert.equal(others.length, 0)
      assert.equal(us.peer_id, hub.peerId)
      assert.equal(us.name, hub.name)
      assert.equal(us.addresses.length, 1, 'exactly one link')
    })

    test('two buses that know only us hear each other through us', async t => {
      const hub = await kind.start({ t })
      const [a, b] = await Promise.all(['alpha', 'beta'].map(name => startBus({ t, name, static: hub.listen[0] })))
      await wantsAll(hub, a, b)
      for (const topic of KINDS) {
        const [atB, atHub] = await saidAndHeard(a, topic, [b, hub])
        assert.equal(atB.from, a.peerId, 'the author is who said it, not who carried it')
        assert.equal(atHub.from, a.peerId)
        await saidAndHeard(b, topic, [a, hub])
      }
      notSkipped(a)
      notSkipped(b)
    })

    // Their retries are 5 s apart, but libp2p's own back-off is as long and may swallow one of them.
    test('buses that were there before us find us within two of their retries', async t => {
      const first = await kind.start({ t })
      const { dataDir, port, peerId } = first
      const [address] = first.listen
      await first.stop()
      const [a, b] = await Promise.all(['alpha', 'beta'].map(name => startBus({ t, name, static: address })))
      await wantsAll(a, b)
      await Promise.all([a, b].map(bus => bus.waitLog(/^Failed to (re)?connect to static peer/)))
      const hub = await kind.start({ t, dataDir, port })
      assert.equal(hub.peerId, peerId)
      await wantsAll(hub)
      const since = Date.now()
      await Promise.all([a, b].map(bus => bus.waitLog(/^Successfully reconnected to static peer/, 13_000)))
      t.diagnostic(`both back after ${Date.now() - since} ms`)
      await saidAndHeard(a, 'block', [b, hub])
      await saidAndHeard(b, 'block', [a, hub])
    })

    test('after our restart both are back and hear each other again', async t => {
      const first = await kind.start({ t })
      const { dataDir, port } = first
      const [a, b] = await Promise.all(['alpha', 'beta'].map(name => startBus({ t, name, static: first.listen[0] })))
      await wantsAll(first, a, b)
      await saidAndHeard(a, 'block', [b, first])
      await first.stop()
      const hub = await kind.start({ t, dataDir, port })
      const since = Date.now()
      await wantsAll(hub)
      // Once everybody was connected a bus looks only every 30 s.
      await saidAndHeard(a, 'block', [b, hub], 45_000)
      await saidAndHeard(b, 'block', [a, hub], 45_000)
      t.diagnostic(`both back after ${Date.now() - since} ms`)
      notSkipped(a)
      notSkipped(b)
    })

    test('a bus that was killed and started again is heard and hears again', async t => {
      const hub = await kind.start({ t })
      const key = join(freshDir(t), 'key')
      const bus = await startBus({ t, name: 'alpha', key, static: hub.listen[0] })
      await wantsAll(hub, bus)
      await bothWays(hub, bus, 'alpha')
      await bus.kill()
      const again = await startBus({ t, name: 'alpha again', key, port: portOf(bus), static: hub.listen[0] })
      assert.equal(again.peerId, bus.peerId)
      await wantsAll(again)
      await bothWays(hub, again, 'alpha again')
      notSkipped(again)
    })

    test('its connection manager cuts strangers and not us', async t => {
      const bus = await startBus({ t, name: 'alpha', grace: '1s' })
      const hub = await kind.start({ t, static: bus.listen[0] })
      await wantsAll(hub, bus)
      await bothWays(hub, bus, 'alpha')
      const mark = hub.node?.mark()
      const crowd = await startCrowd({ t, n: 40, to: bus.listen[0] })
      await until(async () => await crowd.left() < 35, 'the bus to cut strangers', 30_000)
      await bothWays(hub, bus, 'alpha')
      const [us] = await bus.peers()
      assert.equal(us.addresses.length, 1)
      if (!hub.node) return
      assert.equal((await hub.node.peer(bus.peerId)).links, 1)
      await assert.rejects(hub.node.waitEvent('LINK_DOWN', () => true, 100, mark), /not within/)
    })

    test('a bus that knows only us finds, through us, the author of what it hears', async t => {
      const hub = await kind.start({ t })
      const [asker, author] = await Promise.all(['asker', 'author'].map(name => startBus({ t, name, static: hub.listen[0] })))
      await wantsAll(hub, asker, author)
      await saidAndHeard(author, 'block', [asker])
      // It looks every 15 s for authors it has no link to, and asks about each once.
      await asker.waitLog(new RegExp(`shared \\d+ addresses for author`), 20_000)
      await asker.waitLog(/^Established direct connection to topic peer author/, 5_000)
      const found = (await asker.peers()).find(peer => peer.peer_id === author.peerId)
      assert.deepEqual(found.addresses, [author.listen[0].replace(/\/p2p\/.*/, '')])
      await saidAndHeard(author, 'block', [asker, hub])
      await saidAndHeard(asker, 'block', [author, hub])
    })

    ours('we find, through a bus that knows it, the author of what we hear', async t => {
      const middle = await startBus({ t, name: 'middle' })
      const hub = await kind.start({ t, static: middle.listen[0] })
      const author = await startBus({ t, name: 'author', static: middle.listen[0] })
      await wantsAll(hub, middle, author)
      await saidAndHeard(author, 'block', [hub])
      const peer = await hub.node.peer(author.peerId, undefined, 40_000)
      assert.deepEqual([peer.managed, peer.links, peer.direction], [false, 1, 'outbound'])
      assert.equal(peer.address, author.listen[0].replace(/\/p2p\/.*/, ''))
      await saidAndHeard(author, 'block', [hub, middle])
      await saidAndHeard(hub, 'block', [author, middle])
    })

    ours('the peer cache that a bus wrote leads us to its peer', async t => {
      const cache = join(freshDir(t), 'peer_cache.json')
      const writer = await startBus({ t, name: 'writer', cache })
      const peer = await startBus({ t, name: 'peer' })
      await wantsAll(writer, peer)
      // It writes when a peer of its topics connects.
      await writer.do('connect', { address: peer.listen[0] })
      await until(() => existsSync(cache) && readFileSync(cache, 'utf8').includes(peer.peerId), 'the bus to write its cache')
      await writer.stop()
      const hub = await kind.start({ t, env: { PEERLINE_IMPORT_PEER_CACHE: cache } })
      await wantsAll(hub)
      await hub.node.waitEvent('LINK_UP', event => event.peer_id === peer.peerId, 20_000)
      await bothWays(hub, peer, 'peer')
    })

    ours('its gater, which wants no private addresses, does not cut a peerline on a public one', { skip: noOwnNetwork }, async () => {
      const script = fileURLToPath(new URL('../interop/go-bus/gater.mjs', import.meta.url))
      const { stdout } = await inOwnNetwork('exec "$0" --test --test-reporter=tap "$1"', [process.execPath, script],
        { BUS_PUBLIC_IP: PUBLIC }).catch(error => { throw new Error(`${error.stdout}\n${error.stderr}`) })
      assert.match(stdout, /^# pass 3$/m)
      assert.match(stdout, /^# fail 0$/m)
    })

    ours('two hundred announcements each way, on three topics at once, arrive once each', async t => {
      const hub = await kind.start({ t })
      const bus = await startBus({ t, name: 'alpha', static: hub.listen[0] })
      await wantsAll(hub, bus)
      await bothWays(hub, bus, 'alpha')
      const theirs = () => hub.heard().filter(message => message.from === bus.peerId)
      const before = { hub: theirs().length, bus: bus.messages().length }
      // The bus's own buffer takes 32 at once: windows, so that what is counted is the wire and not its reader.
      const [windows, size, kinds] = [34, 2, ['block', 'subtree', 'rejected-tx']]
      for (let window = 0; window < windows; window++) {
        for (const kind of kinds) {
          const make = peerId => Array.from({ length: size }, (_, i) => payloads[kind](peerId, 2_000_000 + size * window + i))
          await bus.publishMany(TOPICS[kind], make(bus.peerId))
          for (const payload of make(hub.peerId)) await hub.publish(TOPICS[kind], payload)
        }
        const wanted = kinds.length * size * (window + 1)
        await until(() => theirs().length >= before.hub + wanted && bus.messages().length >= before.bus + wanted,
          () => `${wanted} each way: ${theirs().length - before.hub}, ${bus.messages().length - before.bus}`)
      }
      const different = list => new Set(list.map(message => JSON.stringify(message))).size
      const [atHub, atBus] = [theirs().slice(before.hub), heardBy(bus).slice(before.bus)]
      const all = kinds.length * size * windows
      assert.deepEqual([atHub.length, different(atHub)], [all, all])
      assert.deepEqual([atBus.length, different(atBus)], [all, all])
      notSkipped(bus)
    })

    ours('of a hundred messages a topic the wrong ones are refused here, and no bus hears one', async t => {
      const hub = await kind.start({ t })
      const bus = await startBus({ t, name: 'alpha', static: hub.listen[0] })
      const client = await startTeranode({ t, name: 'client', storage: freshDir(t), bootstrap: hub.listen[0] })
      const typed = Object.assign(client, { heard: () => typedBy(client) })
      await wantsAll(hub, bus)
      await saidAndHeard(hub, 'block', [bus, typed])
      let wrong = 0
      for (const [topic, right] of Object.entries({ block: 60, subtree: 60, 'rejected-tx': 60, node_status: 8 })) {
        const said = Array.from({ length: right }, (_, i) => payloads[topic](hub.peerId, 3_000_000 + i))
        for (let i = 0; i < 100; i++) {
          if (i >= right) await sendWrong(hub, topic, wrong++)
          else if (i % 2) await hub.publish(TOPICS[topic], said[i])
          else await hub.publishPayload(TOPICS[topic], said[i])
          // The bus's own buffer takes 32 at once.
          if (i % 20 === 19) await until(() => hasHeard(bus, topic, said.slice(0, i + 1)), () => `${topic} ${i}: refused ${JSON.stringify(hub.refused())}`)
        }
        await until(() => hasHeard(typed, topic, said), () => `the client to have every ${topic}\n${client.log()}`)
      }
      await until(() => hub.refused().length >= wrong, () => `${wrong} refusals, not ${hub.refused().length}\n${hub.log()}`)
      assert.equal(hub.refused().length, wrong)
      assert.equal(wrong, 40 + 40 + 40 + 92)
      const ours = bus.messages(message => message.from === hub.peerId)
      assert.ok(ours.length >= 189 && ours.length < 200, `${ours.length} messages of ours, not what was right`)
      assert.deepEqual(client.logged(/unmarshal/), [], 'a message was not what its topic promises')
      notSkipped(bus)
      notSkipped(client)
    })

    ours('a reader of payload.<topic> gets what a bus says without its envelope, and no forgery', async t => {
      const hub = await kind.start({ t })
      const reader = await hub.payloadReader()
      const bus = await startBus({ t, name: 'alpha', static: hub.listen[0] })
      await wantsAll(hub, bus)
      for (const topic of KINDS) {
        const [at] = await saidAndHeard(bus, topic, [reader])
        assert.equal(at.from, bus.peerId)
        assert.equal(at.name, 'alpha')
        assert.equal(at.verified, 'yes')
        const forged = payloads[topic](hub.peerId, 5_000_000)
        await bus.publish(TOPICS[topic], forged)
        await until(() => hasHeard(hub, topic, [forged]), 'the raw topic to have the forgery')
        await saidAndHeard(bus, topic, [reader])
        assert.equal(hasHeard(reader, topic, [forged]), false)
      }
      assert.ok(reader.heard().every(message => message.from === bus.peerId))
    })

    test('an author of rubbish is skipped by the bus, and neither we who carried it nor other authors are', async t => {
      const hub = await kind.start({ t })
      const [a, b] = await Promise.all(['alpha', 'beta'].map(name => startBus({ t, name, static: hub.listen[0] })))
      await wantsAll(hub, a, b)
      const { peer: vandal } = await startGo({ t })
      await vandal.do('connect', { address: hub.listen[0] })
      await vandal.do('subscribe', { topic: TOPICS.block })
      await until(async () => {
        await vandal.do('publish', { topic: TOPICS.block, data: Buffer.from('{"name":"vandal","data":7}').toString('base64') })
        return a.skipped().length > 0 && b.skipped().length > 0
      }, () => `the buses to skip the vandal\n${a.log()}`)
      for (const bus of [a, b]) {
        assert.equal(bus.skipped().length, 1)
        for (const line of [...bus.skipped(), ...bus.malformed()]) assert.match(line, new RegExp(vandal.peerId))
      }
      for (const topic of KINDS) {
        await saidAndHeard(a, topic, [b, hub])
        await saidAndHeard(hub, topic, [a, b])
      }
    })

    test('go-teranode-p2p-client hands its callers, typed, what another bus and what we said', async t => {
      const hub = await kind.start({ t })
      const storage = freshDir(t)
      const client = await startTeranode({ t, name: 'client', storage, bootstrap: hub.listen[0] })
      const bus = await startBus({ t, name: 'alpha', static: hub.listen[0] })
      await wantsAll(hub, bus)
      const typed = Object.assign(client, { heard: () => typedBy(client) })
      for (const topic of KINDS) {
        for (const author of [bus, hub]) {
          const [at] = await saidAndHeard(author, topic, [typed])
          assert.equal(at.payload.PeerID ?? at.payload.peer_id, author.peerId)
        }
      }
      assert.deepEqual(client.logged(/unmarshal/), [], 'a message was not what its topic promises')
      notSkipped(client)
    })
  })
}

const hasHeard = (bus, kind, said) => {
  const heard = new Set((bus.heard?.() ?? heardBy(bus)).filter(m => m.topic === TOPICS[kind]).map(m => JSON.stringify(m.payload)))
  return said.every(payload => heard.has(JSON.stringify(payload)))
}

// Ways to be wrong: no envelope, one that holds nothing, no JSON in it, another's words, no hash, a short one, too long. A
// node that has no block yet may say so in its status.
const HASHES = { block: 'Hash', subtree: 'Hash', 'rejected-tx': 'TxID', node_status: 'best_block_hash' }
const AUTHORS = { node_status: 'peer_id' }
const wrongPayloads = (kind, right) => [
  { ...right, [AUTHORS[kind] ?? 'PeerID']: '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5' },
  kind === 'node_status' ? { ...right, best_height: 'high' } : { ...right, [HASHES[kind]]: undefined },
  { ...right, [HASHES[kind]]: right[HASHES[kind]].slice(1) },
  { ...right, [HASHES[kind]]: 'x'.repeat(64) },
  { ...right, padding: 'x'.repeat(70_000) }
]

function sendWrong (hub, kind, n) {
  const wrong = wrongPayloads(kind, payloads[kind](hub.peerId, 4_000_000 + n))
  const ways = [
    () => hub.send(`topic.${TOPICS[kind]}`, Buffer.from('not an envelope')),
    () => hub.send(`topic.${TOPICS[kind]}`, Buffer.from('{"name":"x","data":"%%%"}')),
    () => hub.send(`topic.${TOPICS[kind]}`, Buffer.from('{"name":"x","data":"bm8gSlNPTg=="}')),
    () => hub.send(`payload.${TOPICS[kind]}`, Buffer.from('no JSON')),
    ...wrong.map(payload => () => hub.publish(TOPICS[kind], payload)),
    ...wrong.map(payload => () => hub.publishPayload(TOPICS[kind], payload))
  ]
  return ways[n % ways.length]()
}

// What the client's callers got, in the shape of the others' messages: the types say every field of our payloads.
const typedBy = client => KINDS.flatMap(kind => client.events(kind.replace('-', '_'))
  .map(({ message }) => ({ topic: TOPICS[kind], payload: message })))
