// Proves how peers are found by hearsay: a js-libp2p peer asks us where others are and gets what the message bus of Teranode
// expects, we ask a js peer about an author whose messages it relays and connect to it, and an imported peer cache leads to
// its peers. Nothing leaves loopback.

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { freshDir, judge, startNode, until } from './lib/node.mjs'
import { GENERATIONS, loadStack, startPeer } from './lib/js_peer.mjs'

const PROTOCOL = '/p2p-msg-bus/peer-addr-request/1.0.0'
const TOPIC = 'news/of/the/day'
const STRANGER = '12D3KooWRawPbxPtP1eZaJpumGnyWX2DcUyd3RQnydr3eAto4Az7'

const bare = address => address.replace(/\/p2p\/.*/, '')
const counters = async node => (await node.api('STATUS')).counters

// As the bus does it: the id in text, no end; one answer.
async function ask (js, node, question) {
  const wire = await js.openStream(node.peerId, PROTOCOL)
  await wire.write(Buffer.from(question))
  return JSON.parse((await wire.readAll()).toString())
}

for (const generation of GENERATIONS) {
  const stack = await loadStack(generation)

  describe(`hints and ${stack.name}`, judge('js'), () => {
    test('js asks us where peers are, and is told what we know', async t => {
      const js = await startPeer(stack, { t })
      const node = await startNode({ t })
      const other = await startPeer(stack, { t })
      const inbound = await startPeer(stack, { t })
      await node.api('CONNECT', { address: other.addr })
      await inbound.dial(node.listen[0])
      await js.dial(node.listen[0])
      assert.ok((await js.identifiedAs(node.peerId)).protocols.includes(PROTOCOL))
      assert.deepEqual(await ask(js, node, other.id), [bare(other.addr)])
      // One that dialled us is told of by where it listens, as soon as it has said where that is.
      await node.peer(inbound.id, peer => peer.listen_addresses.length > 0)
      assert.deepEqual(await ask(js, node, inbound.id), [bare(inbound.addr)])
      assert.deepEqual(await ask(js, node, node.peerId), node.listen.map(bare))
      assert.deepEqual(await ask(js, node, STRANGER), [])
      assert.equal((await counters(node)).addr_requests_answered, 4)
    })

    test('what is no question gets an empty answer or loses its stream, and nothing else', async t => {
      const js = await startPeer(stack, { t })
      const node = await startNode({ t })
      await js.dial(node.listen[0])
      const wire = await js.openStream(node.peerId, PROTOCOL)
      await wire.write(Buffer.from('nobody'))
      await wire.closeWrite()
      assert.equal((await wire.readAll()).toString(), '[]')
      const long = await js.openStream(node.peerId, PROTOCOL)
      await long.write(Buffer.alloc(300, 'x'))
      await long.readAll().catch(() => {})
      assert.equal(long.over, 'reset')
      assert.equal((await counters(node)).addr_requests_refused, 2)
      assert.ok(await js.ping(node.peerId) >= 0)
    })

    test('we ask js about an author we only hear through it, and reach that author', async t => {
      const js = await startPeer(stack, { t })
      const questions = []
      const author = await startNode({ t, env: { PEERLINE_DISCOVER_PEERS: 'false' } })
      await js.handle(PROTOCOL, async wire => {
        questions.push((await wire.readAll()).toString())
        await wire.write(Buffer.from(JSON.stringify(['/new/thing/1', bare(author.listen[0])])))
        await wire.closeWrite()
      })
      const node = await startNode({ t })
      js.subscribe(TOPIC)
      await js.dial(author.listen[0])
      await js.dial(node.listen[0])
      const writer = await author.consumer('writer')
      const reader = await node.consumer('reader')
      t.after(() => Promise.all([writer.close(), reader.close()]))
      writer.subscribe(`topic.${TOPIC}`)
      const authors = []
      reader.subscribe(`topic.${TOPIC}`, { callback: (_, message) => authors.push(message.headers.get('Pl-From')) })
      await Promise.all([writer.flush(), reader.flush()])
      await Promise.all([node, author].map(one => js.seesSubscriber(TOPIC, one.peerId)))
      await node.peer(js.id, peer => peer.protocols.includes(PROTOCOL))
      // Meshes form with the heartbeats: what is said before need not be heard.
      const speaking = setInterval(() => writer.publish(`topic.${TOPIC}`, Buffer.from(`${Date.now()}`)), 500)
      t.after(() => clearInterval(speaking))
      await until(() => authors.includes(author.peerId), 'a message of the author')
      const peer = await node.peer(author.peerId, undefined, 40_000)
      clearInterval(speaking)
      assert.equal(peer.managed, false)
      assert.equal(bare(peer.address), bare(author.listen[0]))
      assert.deepEqual(questions, [author.peerId])
      const { hints_connected: connected, addr_requests_asked: asked } = await counters(node)
      assert.deepEqual([connected, asked], [1, 1])
    })

    test('a js that leaves a topic hands us on to the others in it, by the records they signed', async t => {
      const services = {
        ping: stack.ping(), identify: stack.identify(), identifyPush: stack.identifyPush(),
        pubsub: stack.gossipsub({ doPX: true })
      }
      const js = await startPeer(stack, { t, config: { services } })
      const quiet = { PEERLINE_DISCOVER_PEERS: 'false' }
      const [node, other] = [await startNode({ t }), await startNode({ t, env: quiet })]
      js.subscribe(TOPIC)
      for (const one of [node, other]) {
        await js.dial(one.listen[0])
        const reader = await one.consumer('reader')
        t.after(() => reader.close())
        reader.subscribe(`topic.${TOPIC}`)
        await reader.flush()
      }
      await Promise.all([node, other].map(one => js.seesSubscriber(TOPIC, one.peerId)))
      await Promise.all([node, other].map(one => one.waitEvent('MESH', event => event.peer_id === js.id && event.grafted)))
      js.unsubscribe(TOPIC)
      await node.peer(other.peerId, undefined, 20_000)
      const { hints_connected: connected, addr_requests_asked: asked } = await counters(node)
      assert.deepEqual([connected, asked], [1, 0], 'by peer exchange, not by asking')
    })
  })
}

describe('an imported peer cache', judge('js'), () => {
  const cache = (t, content) => {
    const file = join(freshDir(t), 'peer_cache.json')
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content, null, 2))
    return { PEERLINE_IMPORT_PEER_CACHE: file }
  }

  test('leads to its peers once a topic is wanted; malformed entries are told and the rest is used', async t => {
    const js = await startPeer(await loadStack('3'), { t })
    const node = await startNode({
      t,
      env: cache(t, [
        { id: 'nobody', addrs: [bare(js.addr)], last_seen: new Date().toISOString() },
        { id: js.id, name: 'js', addrs: [bare(js.addr)], last_seen: new Date(Date.now() - 3600e3).toISOString() },
        { id: STRANGER, addrs: ['/ip4/127.0.0.1/tcp/1'], last_seen: '2001-01-01T00:00:00Z' }
      ])
    })
    const status = await node.api('STATUS')
    assert.equal(status.counters.hints, 1)
    assert.match(status.warnings.join('\n'), /PEERLINE_IMPORT_PEER_CACHE: 1 malformed \(entry 1: no peer id\)/)
    assert.equal(status.peers, 0)
    const reader = await node.consumer('reader')
    t.after(() => reader.close())
    reader.subscribe(`topic.${TOPIC}`)
    await reader.flush()
    assert.equal((await node.peer(js.id, undefined, 20_000)).managed, false)
    assert.equal((await counters(node)).hints_connected, 1)
  })

  test('a file that is missing, or is something else, is told and no more', async t => {
    const missing = await startNode({ t, env: { PEERLINE_IMPORT_PEER_CACHE: join(freshDir(t), 'none.json') } })
    assert.match((await missing.api('STATUS')).warnings.join('\n'), /none\.json is not used: No such file/)
    const other = await startNode({ t, env: cache(t, '{"peers":') })
    await until(async () => /no JSON list of peers/.test((await other.api('STATUS')).warnings.join('\n')), 'the warning')
  })
})

describe('a network by name', judge('cli'), () => {
  test('two of the same name take each other, and short topic names mean that network', async t => {
    const env = { PEERLINE_NETWORK: 'regtest' }
    const one = await startNode({ t, env })
    const two = await startNode({ t, env })
    await two.api('CONNECT', { address: one.listen[0] })
    const reader = await one.consumer('reader')
    t.after(() => reader.close())
    reader.subscribe('topic.block')
    await reader.flush()
    const { topics } = await one.api('TOPICS')
    assert.deepEqual(topics.map(each => each.topic), ['teranode/bitcoin/1.0.0/regtest-block'])
    assert.equal((await one.api('STATUS')).bootstrap, 0)
  })
})
