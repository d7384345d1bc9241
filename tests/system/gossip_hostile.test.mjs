// Proves what gossip costs us when a peer means harm: G-01 to G-05 and G-07 of the survival list, on real sockets. Attackers are
// lib/bad_peer.mjs and lib/hostile_crowd.mjs; honest peers are real js-libp2p nodes.
// Figures about memory and processor time are judged on the release build only; behaviour on both.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { BadPeer, DATA, control, dataFrame, graft, identityKey, ihave, iwant, prune, publish, rpc, subscription } from './lib/bad_peer.mjs'
import { heardAll, honestAround, publishHonestly, startCrowd } from './lib/hostile.mjs'
import { FORGED_AT_ONCE, series } from './lib/hostile_crowd.mjs'
import { residentKiB } from './lib/kernel.mjs'
import { judge, startNode, until } from './lib/node.mjs'
import { loadStack, startPeer } from './lib/js_peer.mjs'
import { isSanitized, portOf, processorSeconds } from './lib/strangers.mjs'

const TOPIC = 'hostile/gossip'
const MESHSUB = '/meshsub/1.1.0'
const HEARTBEAT_MS = 1000
const stack = await loadStack('3')

const counters = async node => (await node.api('STATUS')).counters

// A node that is in the topic, and a bad peer with a gossip stream to it.
async function nodeAndBadPeer (t, ...first) {
  const node = await startNode({ t, env: { PEERLINE_LOG: 'warn' } })
  const consumer = await node.consumer('wants')
  t.after(() => consumer.close())
  const got = []
  consumer.subscribe(`topic.${TOPIC}`, { callback: (_, message) => got.push(Buffer.from(message.data)) })
  await consumer.flush()
  const bad = new BadPeer(portOf(node))
  bad.accepts = '/meshsub/1.2.0'
  await bad.connect()
  t.after(() => bad.leave())
  const id = bad.open(MESHSUB, Buffer.concat([rpc(subscription(TOPIC, true)), ...first]))
  await node.waitEvent('TOPIC_PEER', event => event.peer_id === bad.key.id)
  return { node, consumer, got, bad, id }
}

const heard = bad => Buffer.concat(bad.frames.filter(one => one.type === DATA).map(one => one.payload))

function occurrences (all, part) {
  let n = 0
  for (let at = all.indexOf(part); at >= 0; at = all.indexOf(part, at + 1)) n++
  return n
}

describe('gossip from peers that mean harm', judge('js'), () => {
  test('G-01: one message asked for without end is served three times', async t => {
    const { node, consumer, bad, id } = await nodeAndBadPeer(t)
    consumer.publish(`topic.${TOPIC}`, Buffer.from('wanted again and again'))
    await until(() => occurrences(heard(bad), 'wanted again and again') === 1, 'the message')
    // author (field 1) and sequence number (field 3) make the id.
    const all = heard(bad)
    const at = all.indexOf('wanted again and again')
    const author = Buffer.from(all.subarray(at - 40, at - 2))
    const seqno = all.subarray(at + 24, at + 32)
    const messageId = Buffer.concat([author, seqno])
    for (let n = 0; n < 100; n++) bad.data(id, rpc(control(iwant([messageId, messageId]))))
    await until(async () => (await counters(node)).gossip_iwant_served >= 3, 'it to be served')
    await node.api('STATUS')
    assert.equal((await counters(node)).gossip_iwant_served, 3)
    assert.ok(occurrences(heard(bad), 'wanted again and again') <= 4)
  })

  test('G-02: of a flood of announcements no more is asked for than may be, and none is waited for', async t => {
    const { node, bad, id } = await nodeAndBadPeer(t)
    const next = series(1000, mark => Buffer.concat([Buffer.alloc(38, 1), mark]), (...ids) => rpc(control(ihave(TOPIC, ids))))
    const began = performance.now()
    for (let n = 0; n < 300 && !bad.closed; n++) await bad.saySlowly(dataFrame(0, id, next()))
    await until(async () => bad.closed || (await counters(node)).gossip_ihave_ignored > 0, 'announcements to be ignored')
    const heartbeats = Math.ceil((performance.now() - began) / HEARTBEAT_MS) + 1
    const asked = (await counters(node)).gossip_iwant_asked
    assert.ok(asked <= 5000 * heartbeats, `asked for ${asked} ids in ${heartbeats} heartbeats`)
  })

  test('G-03: GRAFT for topics that are not there leaves nothing, and within the backoff it is refused', async t => {
    const { node, bad, id } = await nodeAndBadPeer(t, rpc(control(graft(TOPIC))))
    await node.waitEvent('MESH', event => event.peer_id === bad.key.id && event.grafted)
    const before = residentKiB(node.pid)
    const next = series(100, mark => graft(Buffer.concat([Buffer.alloc(200, 'n'), mark])), (...all) => rpc(control(...all)))
    for (let n = 0; n < 1000 && !bad.closed; n++) await bad.saySlowly(dataFrame(0, id, next()))
    const refused = (await counters(node)).gossip_graft_refused
    bad.data(id, rpc(control(prune(TOPIC, 60))))
    await node.waitEvent('MESH', event => event.peer_id === bad.key.id && !event.grafted)
    const since = node.mark()
    for (let n = 0; n < 50; n++) bad.data(id, rpc(control(graft(TOPIC))))
    await until(async () => (await counters(node)).gossip_graft_refused > refused || bad.closed, 'GRAFT to be refused')
    assert.ok(!node.events('MESH').slice(since).some(event => event.grafted), 'not back in the mesh')
    const { topics } = await node.api('TOPICS')
    assert.deepEqual(topics.map(one => one.topic), [TOPIC])
    if (!isSanitized(node.pid)) assert.ok(residentKiB(node.pid) - before <= 2048, `${residentKiB(node.pid) - before} KiB for nothing`)
  })

  test('G-05: of a million subscriptions of one peer 1024 are kept, and they cost little', async t => {
    const { node, bad, id } = await nodeAndBadPeer(t)
    const before = residentKiB(node.pid)
    const next = series(500, mark => subscription(Buffer.concat([Buffer.alloc(200, 's'), mark]), true))
    const total = isSanitized(node.pid) ? 100 : 2000
    let streams = [id]
    for (let n = 0; n < total && !bad.closed; n++) {
      // A stream is reset when it brings too many: the next one goes on.
      if (bad.frames.some(one => one.flags & 8 && one.id === streams.at(-1))) streams.push(bad.open(MESHSUB))
      await bad.saySlowly(dataFrame(0, streams.at(-1), next()))
      if (n % 50 === 0) await sleep(10)
    }
    const grown = residentKiB(node.pid) - before
    await until(async () => { const c = await counters(node); return c.gossip_subscriptions_refused + c.gossip_streams_reset_malformed > 0 || bad.closed }, 'a refusal')
    // The subscriptions take 0.8 MiB (make sim counts what is allocated); the rest is what a busy link needs, and the heap's pages.
    if (!isSanitized(node.pid)) assert.ok(grown <= 2560, `memory grew by ${grown} KiB`)
    assert.equal((await node.api('TOPICS')).topics.length, 1)
  })
})

describe('forged signatures', judge('js'), () => {
  // Of a processor, beyond what honest traffic takes; in proportion where more than ten thousand a second come.
  const SHARE = 0.2
  const PAUSE_S = 3

  async function underForgeries (t, honest, publishFor, options = {}) {
    const { node } = honest
    const sanitized = isSanitized(node.pid)
    const seconds = sanitized ? 4 : 8
    const idle = processorSeconds(node.pid)
    let total = await publishFor(PAUSE_S, 0)
    const usual = (processorSeconds(node.pid) - idle) / PAUSE_S
    const peers = Array.from({ length: 5 }, (_, n) => ({ kind: 'forger', from: `127.0.40.${n + 1}` }))
    const attackers = startCrowd(t, node, peers, { options: { topic: TOPIC, rate: 2000, ...options } })
    // Of a peer that has forged much whole RPCs are not heard.
    const bad = c => c.gossip_bad_signature + c.gossip_unheard + c.gossip_graylisted * FORGED_AT_ONCE
    await until(async () => bad(await counters(node)) > 1000, 'forgeries to come', 20_000)
    const before = { used: processorSeconds(node.pid), at: performance.now(), n: bad(await counters(node)) }
    total += await publishFor(seconds, total)
    const spent = (performance.now() - before.at) / 1000
    const n = bad(await counters(node)) - before.n
    const more = processorSeconds(node.pid) - before.used - usual * spent
    await attackers.stop()
    t.diagnostic(`${(n / spent).toFixed(0)} forgeries a second; ${(more / n * 1e6).toFixed(1)} µs each; usual ${(usual * 100).toFixed(1)} %, ` +
      `then ${((more / spent + usual) * 100).toFixed(1)} % of a processor`)
    if (!sanitized) assert.ok(more / spent <= SHARE * Math.max(1, n / spent / 10_000), `${(more / spent * 100).toFixed(1)} % of a processor`)
    return total
  }

  test('G-07: ten thousand forged signatures a second cost little, and an honest publisher loses nothing', { timeout: 90_000 }, async t => {
    const honest = await honestAround(t, stack, TOPIC)
    const total = await underForgeries(t, honest, (seconds, first) => publishHonestly(honest, seconds, 50, first))
    await heardAll(honest, total)
  })

  test('G-07: nor when the forgers come back under a new name every second', { timeout: 90_000 }, async t => {
    const honest = await honestAround(t, stack, TOPIC)
    const total = await underForgeries(t, honest, (seconds, first) => publishHonestly(honest, seconds, 50, first), { freshMs: 1000 })
    await heardAll(honest, total)
  })

  test('G-07: forgeries that carry the ids of messages still to come do not keep the true ones out', { timeout: 90_000 }, async t => {
    const honest = await honestAround(t, stack, TOPIC)
    const { node } = honest
    // An author whose numbers anybody can guess, as go-libp2p's are.
    const author = new BadPeer(portOf(node), { from: '127.0.41.1' })
    author.remember = false
    author.credit = true
    author.accepts = '/meshsub/1.2.0'
    await author.connect()
    t.after(() => author.leave())
    const id = author.open(MESHSUB, Buffer.concat([rpc(subscription(TOPIC, true)), rpc(control(graft(TOPIC)))]))
    await node.waitEvent('TOPIC_PEER', event => event.peer_id === author.key.id)
    let n = 0
    const publishFor = async seconds => {
      for (let i = 0; i < seconds * 50; i++, n++) {
        author.data(id, rpc(publish(author.key, TOPIC, Buffer.from(String(n).padStart(8, '0') + 'honest'), 1n + BigInt(n))))
        await sleep(20)
      }
      return seconds * 50
    }
    const total = await underForgeries(t, honest, publishFor, { author: { idBytes: author.key.idBytes, seqno: PAUSE_S * 50 } })
    await heardAll(honest, total)
  })

  test('G-07: what an honest relay brings is heard as well', { timeout: 90_000 }, async t => {
    const honest = await honestAround(t, stack, TOPIC)
    const far = await startPeer(stack, { t })
    far.subscribe(TOPIC)
    await far.dial(honest.publisher.addr)
    await far.seesSubscriber(TOPIC, honest.publisher.id)
    await until(() => far.node.services.pubsub.getMeshPeers(TOPIC).length > 0, 'the two to be in one mesh')
    const total = await underForgeries(t, honest, (seconds, first) => publishHonestly({ ...honest, publisher: far }, seconds, 50, first))
    await heardAll(honest, total)
  })
})
