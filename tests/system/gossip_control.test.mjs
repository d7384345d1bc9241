// Proves that what gossipsub says besides messages is understood between us and every other make, in a topic with its
// message ids and in one with go's: a message that no mesh brings is announced, asked for and sent, once, in both
// directions, and nobody holds that against us; who has said that it has a large message is not sent it; who leaves a
// topic names others, who are then found; and what we say is what go-libp2p calls the same message.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { judge, startNode, until } from './lib/node.mjs'
import { goPeer } from '../interop/go/peer.mjs'
import { goJudge } from '../interop/go/programs.mjs'
import { rustPeer } from '../interop/rust/peer.mjs'
import { BUILD_MS, rustJudge } from '../interop/rust/programs.mjs'
import { jsProgram } from './lib/js_program.mjs'

const TOPIC = 'judge/control/1'
const KIB = 1024

const MAKES = [
  { name: 'js-libp2p 3.x', ids: 'js', start: t => jsProgram({ t, generation: 3 }), options: judge('js') },
  { name: 'js-libp2p 2.x', ids: 'js', start: t => jsProgram({ t, generation: 2 }), options: judge('js') },
  { name: 'go-libp2p', ids: 'go', start: t => goPeer({ t }), options: goJudge(judge('go')) },
  { name: 'rust-libp2p', ids: 'rust', start: t => rustPeer({ t }), options: rustJudge(judge('rust', { timeout: BUILD_MS })) }
]

const base64 = bytes => Buffer.from(bytes).toString('base64')
const publish = (peer, text) => peer.do('publish', { topic: TOPIC, data: base64(text) })
const counters = async node => (await node.api('STATUS')).counters
const heard = (peer, text, ms) => peer.waitEvent('message', message => String(message.data) === text, ms)

// A node of ours, and a consumer of the topic that can leave it and come back.
async function ours (t, env = {}) {
  const node = await startNode({ t, env: { PEERLINE_DISCOVER_PEERS: 'false', ...env } })
  const connection = await node.consumer('reader')
  t.after(() => connection.close())
  const us = { node, connection, messages: [], peerId: node.peerId }
  us.join = async () => {
    us.subscription = connection.subscribe(`topic.${TOPIC}`, {
      callback: (_, message) => us.messages.push(Buffer.from(message.data).toString())
    })
    await connection.flush()
  }
  us.leave = async () => {
    us.subscription.unsubscribe()
    await connection.flush()
  }
  us.got = (text, ms) => until(() => us.messages.includes(text), () => `${text}; it has ${us.messages}\n${node.log()}`, ms)
  await us.join()
  return us
}

// Both have the other in their mesh.
async function meshed (a, b, since = 0) {
  await Promise.all([inMesh(a, b, since), inMesh(b, a, since)])
}

function inMesh (one, other, since, grafted = true) {
  if (!one.node) return one.waitEvent('mesh', event => event.peer_id === other.peerId && event.grafted === grafted, 20_000, since)
  return one.node.waitEvent('MESH', event => event.peer_id === other.peerId && event.grafted === grafted, 20_000)
}

const connect = (peer, other) => peer.do('connect', { address: (other.node ?? other).listen[0] })

for (const make of MAKES) {
  describe(`control messages and ${make.name}`, make.options, () => {
    // By its own ids, and by ours, which it does not know but where they are the same.
    for (const ids of new Set([make.ids, 'go'])) controlMessages(make, ids)
  })
}

function controlMessages (make, ids) {
  test(`ids of ${ids}: what no mesh brings is announced, asked for and sent: to us once, and from us`, async t => {
    const us = await ours(t, { PEERLINE_TOPIC_PARAMS: `* message_id=${ids}` })
    const [relay, author, late] = await Promise.all([make.start(t), make.start(t), make.start(t)])
    for (const peer of [relay, author, late]) await peer.do('subscribe', { topic: TOPIC })
    await connect(relay, us)
    await connect(author, relay)
    await meshed(us, relay)
    await meshed(relay, author)
    // Whoever leaves a topic and comes back is not grafted for ten seconds. That is the time in which we look.
    const mark = relay.mark()
    await us.leave()
    await relay.waitEvent('topic_peer', event => event.peer_id === us.peerId && !event.joined, 10_000, mark)
    await us.join()
    await relay.waitEvent('topic_peer', event => event.peer_id === us.peerId && event.joined, 10_000, mark)
    const before = await counters(us.node)
    await publish(author, 'to us')
    await us.got('to us')
    await publish(author, 'to us again')
    await us.got('to us again')
    const after = await counters(us.node)
    const asked = after.gossip_iwant_asked - before.gossip_iwant_asked
    const duplicates = after.gossip_duplicates - before.gossip_duplicates
    assert.deepEqual([asked, duplicates], [2, 0], 'each was asked for once, though announced more often')

    // One that is in our mesh says something: the others hear it by way of us and of what they ask us for.
    await connect(late, us)
    await meshed(us, late)
    await publish(late, 'by way of us')
    await heard(author, 'by way of us')
    await us.got('by way of us')
    assert.equal(relay.events('mesh').filter(event => event.peer_id === us.peerId).length, 2, 'grafted meanwhile')
    // The one by way of us, and what the late one was told of as it came in and asked for: it knows nobody else.
    let served
    await until(async () => {
      served = (await counters(us.node)).gossip_iwant_served - before.gossip_iwant_served
      return served === 1 + late.events('message').length
    }, () => `${served} served, ${late.events('message').length} of them heard by the late one`)
    assert.equal(us.messages.length, 3)
    if (ids === make.ids) return
    // The backoff outlasts the time in which a message that was asked for has to come: nobody took ours for another.
    await inMesh(relay, us, mark)
    assert.deepEqual(late.events('mesh').filter(event => !event.grafted), [])
  })

  test(`ids of ${ids}: who says that it has a large message is not sent it`, async t => {
    const us = await ours(t, { PEERLINE_TOPIC_PARAMS: `* message_id=${ids} validate_ms=8000` })
    const [author, other] = await Promise.all([make.start(t), make.start(t)])
    for (const peer of [author, other]) await peer.do('subscribe', { topic: TOPIC })
    await connect(author, us)
    await connect(other, us)
    await connect(author, other)
    for (const [a, b] of [[us, author], [us, other], [author, other]]) await meshed(a, b)
    const validator = await us.node.consumer('validator')
    t.after(() => validator.close())
    const asked = []
    validator.subscribe(`validate.${TOPIC}`, { callback: (_, message) => asked.push(message) })
    await validator.flush()
    const large = `large ${'x'.repeat(4 * KIB)}`
    await publish(author, large)
    // The other has it from its author, and has said so; then come its pings, on the same link, of which the first may have
    // been on its way; then we go on.
    await heard(other, large)
    await until(() => asked.length === 1, 'the message to wait for its verdict')
    await other.do('ping', { peer_id: us.peerId, count: 2 })
    asked[0].respond(Buffer.from('accept'))
    await us.got(large)
    const after = await counters(us.node)
    assert.equal(after.gossip_idontwant_heeded, 1)
    assert.equal(after.gossip_forwarded, 0)
  })
}

describe('go-libp2p and the rest of gossipsub', goJudge(judge('go')), () => {
  test('what we say we have no need of is what go calls that message', async t => {
    const us = await ours(t)
    const [author, other] = await Promise.all([goPeer({ t }), goPeer({ t })])
    for (const peer of [author, other]) {
      await peer.do('subscribe', { topic: TOPIC })
      await connect(peer, us)
      await meshed(us, peer)
    }
    const large = `large ${'x'.repeat(4 * KIB)}`
    await publish(author, large)
    const { message_id: id } = await heard(other, large)
    await other.waitEvent('unwanted', event => event.message_ids.includes(id))
    assert.equal(author.events('unwanted').length, 0, 'its author is not told')
    assert.ok((await counters(us.node)).gossip_idontwant_sent >= 1)
    await publish(author, 'small')
    await heard(other, 'small')
    assert.equal(other.events('unwanted').length, 1, 'and not of small ones')
  })

  test('a go node that leaves the topic names another, whom we then reach by ourselves', async t => {
    // The other is told of us too: at an address where we are not, so that it is we who have to dial.
    const us = await ours(t, { PEERLINE_DISCOVER_PEERS: 'true', PEERLINE_ANNOUNCE_ADDRESSES: '/ip4/127.0.0.1/tcp/1' })
    const [hub, other] = await Promise.all([goPeer({ t }), goPeer({ t })])
    for (const peer of [hub, other]) await peer.do('subscribe', { topic: TOPIC })
    await connect(other, hub)
    await meshed(hub, other)
    await connect(hub, us)
    await meshed(us, hub)
    assert.equal((await us.node.api('STATUS')).links, 1)
    await hub.do('unsubscribe', { topic: TOPIC })
    await until(async () => (await counters(us.node)).gossip_px_heard >= 1, () => `peer exchange\n${us.node.log()}`)
    const peer = await us.node.peer(other.peerId, undefined, 60_000)
    assert.equal(peer.direction, 'outbound')
    await meshed(us, other)
    await publish(other, 'by way of hearsay')
    await us.got('by way of hearsay')
  })

  test('two go nodes that we prune as we leave the topic hear of each other from us, and link up', async t => {
    const us = await ours(t)
    const [one, other] = await Promise.all([goPeer({ t }), goPeer({ t })])
    for (const peer of [one, other]) {
      await peer.do('subscribe', { topic: TOPIC })
      await connect(peer, us)
      await meshed(us, peer)
    }
    assert.equal((await one.links(other.peerId)).length, 0)
    await us.leave()
    await one.waitEvent('connected', event => event.peer_id === other.peerId)
    await meshed(one, other)
    assert.ok((await counters(us.node)).gossip_px_sent >= 2)
  })
})
