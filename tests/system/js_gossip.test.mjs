// Proves, against real js-libp2p 3.x and 2.x and in both roles, that Teranode-shaped block announcements cross between a
// js gossipsub node and a local NATS consumer, signed and verified, seen from both ends.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { headers } from 'nats'
import { judge, startNode, until } from './lib/node.mjs'
import { GENERATIONS, loadStack, startPeer } from './lib/js_peer.mjs'
import { TOPIC, announcement, blockAnnouncement, envelope, openEnvelope } from './lib/teranode.mjs'

const SUBJECT = `topic.${TOPIC}`

// A NATS consumer of the topic: { messages, publish(bytes), connection }
async function consume (t, node, name, subject = SUBJECT) {
  const connection = await node.consumer(name)
  t.after(() => connection.close())
  const messages = []
  connection.subscribe(subject, {
    callback: (error, message) => {
      if (error) throw error
      messages.push({ subject: message.subject, data: Buffer.from(message.data), headers: message.headers })
    }
  })
  await connection.flush()
  return { messages, connection, publish: bytes => connection.publish(SUBJECT, bytes) }
}

async function linked (t, stack, role, options = {}) {
  const js = await startPeer(stack, { t, ...options })
  const node = await startNode({ t, bootstrap: role === 'we dial js' ? [js.addr] : undefined })
  if (role === 'js dials us') await js.dial(node.listen[0])
  await js.connectedTo(node.peerId)
  const consumer = await consume(t, node, 'chaintracks')
  js.subscribe(TOPIC)
  await bothSubscribed(node, js)
  return { js, node, consumer }
}

async function bothSubscribed (node, js) {
  await js.seesSubscriber(TOPIC, node.peerId)
  await node.waitEvent('TOPIC_PEER', event => event.topic === TOPIC && event.peer_id === js.id && event.joined === true)
}

function arrival (consumer, bytes, node) {
  return until(() => consumer.messages.find(one => one.data.equals(bytes)),
    () => `the consumer to get ${bytes}; it has ${consumer.messages.map(one => one.data)}\n${node.log()}`)
}

for (const generation of GENERATIONS) {
  const stack = await loadStack(generation)

  describe(stack.name, judge('js'), () => {
    for (const role of ['js dials us', 'we dial js']) {
      test(`${role}: a js peer's announcement reaches the NATS consumer, byte for byte, with who said it`, async t => {
        const { js, node, consumer } = await linked(t, stack, role)
        const sent = announcement(js.id, { clientName: 'js' })
        await js.publish(TOPIC, sent)
        const got = await arrival(consumer, sent, node)
        assert.equal(got.subject, SUBJECT)
        assert.equal(got.headers.get('Pl-From'), js.id)
        assert.equal(got.headers.get('Pl-Verified'), 'yes')
        assert.equal(got.headers.get('Pl-Via'), js.id)
        assert.match(got.headers.get('Pl-Msg-Id'), /^[\x21-\x7e]+$/)
        assert.match(got.headers.get('Pl-Seq'), /^\d+$/)
        assert.match(got.headers.get('Pl-Epoch'), /^[\x21-\x7e]+$/)
        assert.ok(got.headers.get('Pl-Received'))
        assert.equal(openEnvelope(got.data).payload.Height, 948351)
      })

      test(`${role}: a consumer's announcement reaches js with our signature and our id as its author`, async t => {
        const { js, node, consumer } = await linked(t, stack, role)
        const sent = announcement(node.peerId, { clientName: 'peerline' })
        consumer.publish(sent)
        const got = await js.message(one => one.data.equals(sent), () => `our announcement at js\n${node.log()}`)
        assert.equal(got.type, 'signed')
        assert.equal(got.from, node.peerId)
        assert.equal(got.via, node.peerId)
        assert.equal(got.topic, TOPIC)
        assert.equal(openEnvelope(got.data).payload.PeerID, node.peerId)
      })

      test(`${role}: fifty announcements each way all arrive, once, in order, with contiguous Pl-Seq`, async t => {
        const { js, node, consumer } = await linked(t, stack, role)
        const heights = Array.from({ length: 50 }, (_, index) => 948351 + index)
        for (const height of heights) {
          await js.publish(TOPIC, announcement(js.id, { clientName: 'js', height }))
          consumer.publish(announcement(node.peerId, { clientName: 'peerline', height }))
        }
        const from = (list, name) => list.map(one => openEnvelope(one.data)).filter(one => one.name === name)
          .map(one => one.payload.Height)
        await until(() => from(consumer.messages, 'js').length >= 50,
          () => `50 at the consumer, not ${from(consumer.messages, 'js').length}\n${node.log()}`)
        await until(() => from(js.messages, 'peerline').length >= 50,
          () => `50 at js, not ${from(js.messages, 'peerline').length}\n${node.log()}`)
        assert.deepEqual(from(consumer.messages, 'js').sort((a, b) => a - b), heights)
        assert.deepEqual(from(js.messages, 'peerline'), heights)
        const sequence = consumer.messages.map(one => BigInt(one.headers?.get('Pl-Seq')))
        for (const [index, value] of sequence.entries()) assert.equal(value, sequence[0] + BigInt(index), 'no hole in Pl-Seq')
        const ids = consumer.messages.map(one => one.headers.get('Pl-Msg-Id'))
        assert.equal(new Set(ids).size, ids.length, 'every message has its own id')
        assert.ok(consumer.messages.every(one => one.headers.get('Pl-Gap') === ''), 'no gap is reported')
      })
    }

    test('our sequence numbers grow strictly, also across a restart of the node', async t => {
      const js = await startPeer(stack, { t })
      js.subscribe(TOPIC)
      const first = await startNode({ t })
      const { dataDir } = first
      const sequence = []
      for (const [round, node] of [[0, first], [1, null]]) {
        const running = node ?? await startNode({ t, dataDir })
        await js.dial(running.listen[0])
        const consumer = await consume(t, running, 'chaintracks')
        await js.seesSubscriber(TOPIC, running.peerId)
        await running.waitEvent('TOPIC_PEER', event => event.peer_id === js.id && event.joined === true)
        for (let index = 0; index < 3; index++) {
          const sent = announcement(running.peerId, { height: round * 10 + index })
          consumer.publish(sent)
          sequence.push((await js.message(one => one.data.equals(sent))).sequenceNumber)
        }
        await consumer.connection.close()
        await running.stop()
        await js.disconnectedFrom(running.peerId)
      }
      for (let index = 1; index < sequence.length; index++) {
        assert.ok(sequence[index] > sequence[index - 1], sequence.join(' '))
      }
    })

    test('an announcement signed with an RSA key, which its id does not hold, is verified and delivered', async t => {
      const { js, node, consumer } = await linked(t, stack, 'js dials us', { keyType: 'RSA' })
      const sent = announcement(js.id)
      await js.publish(TOPIC, sent)
      const got = await arrival(consumer, sent, node)
      assert.equal(got.headers.get('Pl-From'), js.id)
      assert.equal(got.headers.get('Pl-Verified'), 'yes')
    })

    test('an announcement signed with a secp256k1 key is verified and delivered', async t => {
      const { js, node, consumer } = await linked(t, stack, 'js dials us', { keyType: 'secp256k1' })
      const sent = announcement(js.id)
      await js.publish(TOPIC, sent)
      const got = await arrival(consumer, sent, node)
      assert.equal(got.headers.get('Pl-From'), js.id)
      assert.equal(got.headers.get('Pl-Verified'), 'yes')
    })

    test('what one js peer says reaches another through us, with its author kept, and the consumer once', async t => {
      const { js: speaker, node, consumer } = await linked(t, stack, 'js dials us')
      const listener = await startPeer(stack, { t })
      listener.subscribe(TOPIC)
      await listener.dial(node.listen[0])
      await bothSubscribed(node, listener)
      await node.waitEvent('MESH', event => event.peer_id === listener.id && event.grafted === true)
      const sent = announcement(speaker.id)
      await speaker.publish(TOPIC, sent)
      const heard = await listener.message(one => one.data.equals(sent), () => `the relayed message\n${node.log()}`)
      assert.equal(heard.from, speaker.id)
      assert.equal(heard.via, node.peerId)
      await arrival(consumer, sent, node)
      assert.equal(consumer.messages.filter(one => one.data.equals(sent)).length, 1)
    })

    test('a second local consumer gets the message too, and a wildcard sees what is joined', async t => {
      const { js, node, consumer } = await linked(t, stack, 'js dials us')
      const arcade = await consume(t, node, 'arcade')
      const wild = await consume(t, node, 'watcher', 'topic.>')
      const sent = announcement(js.id)
      await js.publish(TOPIC, sent)
      for (const one of [consumer, arcade, wild]) await arrival(one, sent, node)
    })

    test('what one local consumer publishes reaches another local consumer, marked as ours', async t => {
      const { node, consumer } = await linked(t, stack, 'js dials us')
      const arcade = await consume(t, node, 'arcade')
      const sent = announcement(node.peerId, { clientName: 'ours' })
      consumer.publish(sent)
      const got = await arrival(arcade, sent, node)
      assert.equal(got.headers.get('Pl-From'), node.peerId)
    })

    test('the first local subscriber joins the topic, and the last one to go leaves it', async t => {
      const js = await startPeer(stack, { t })
      const node = await startNode({ t })
      js.subscribe(TOPIC)
      await js.dial(node.listen[0])
      await js.identifiedAs(node.peerId)
      const subscribers = () => js.node.services.pubsub.getSubscribers(TOPIC).map(String)
      assert.ok(!subscribers().includes(node.peerId), 'nobody here wants the topic yet')
      const one = await consume(t, node, 'one')
      const two = await consume(t, node, 'two')
      await js.seesSubscriber(TOPIC, node.peerId)
      await one.connection.drain() // who only vanishes is waited for
      await node.api('STATUS')
      assert.ok(subscribers().includes(node.peerId), 'one consumer is left')
      await two.connection.drain()
      await until(() => !subscribers().includes(node.peerId), 'us to leave the topic')
    })

    test('js that leaves and comes back to the topic is seen to do so', async t => {
      const { js, node } = await linked(t, stack, 'js dials us')
      const mark = node.mark()
      js.unsubscribe(TOPIC)
      await node.waitEvent('TOPIC_PEER', event => event.peer_id === js.id && event.joined === false, 10_000, mark)
      js.subscribe(TOPIC)
      await node.waitEvent('TOPIC_PEER', event => event.peer_id === js.id && event.joined === true, 10_000, mark)
    })

    test('the two ends graft each other into their meshes, and STATUS says so', async t => {
      const { js, node } = await linked(t, stack, 'js dials us')
      await node.waitEvent('MESH', event => event.topic === TOPIC && event.peer_id === js.id && event.grafted === true)
      await until(() => js.node.services.pubsub.getMeshPeers(TOPIC).includes(node.peerId), 'js to have us in its mesh')
      const topic = (await node.api('STATUS')).topics.find(one => one.topic === TOPIC)
      assert.equal(topic.mesh, 1)
      assert.equal(topic.peers, 1)
      assert.equal(topic.consumers, 1)
    })

    test('announcements of 60 KiB cross whole in both directions', async t => {
      const { js, node, consumer } = await linked(t, stack, 'js dials us')
      const big = author => envelope('big', { ...blockAnnouncement(author), Coinbase: 'ab'.repeat(22_000) })
      const theirs = big(js.id)
      await js.publish(TOPIC, theirs)
      await arrival(consumer, theirs, node)
      const ours = big(node.peerId)
      consumer.publish(ours)
      await js.message(one => one.data.equals(ours), 'our large announcement at js')
    })

    test('gossip still crosses after duplicate connections were closed', async t => {
      const { js, node, consumer } = await linked(t, stack, 'js dials us')
      await js.dial(node.listen[0], { force: true }).catch(() => {})
      await until(() => js.connections(node.peerId).length === 1, 'one connection at js')
      await js.seesSubscriber(TOPIC, node.peerId)
      const theirs = announcement(js.id, { height: 1 })
      await js.publish(TOPIC, theirs)
      await arrival(consumer, theirs, node)
      const ours = announcement(node.peerId, { height: 2 })
      consumer.publish(ours)
      await js.message(one => one.data.equals(ours), 'our announcement at js')
    })

    test('a consumer\'s own headers stay on this host: the gossip carries only the payload', async t => {
      const { js, node, consumer } = await linked(t, stack, 'js dials us')
      const sent = announcement(node.peerId)
      const extra = headers()
      extra.set('X-Local', 'yes')
      consumer.connection.publish(SUBJECT, sent, { headers: extra })
      const got = await js.message(one => one.from === node.peerId)
      assert.deepEqual(got.data, sent)
    })
  })
}
