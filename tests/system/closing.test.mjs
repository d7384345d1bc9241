// Proves that closing a link loses nothing that was published before: announcements in one burst, also more of them than
// a window of the other's muxer holds, and then at once SIGTERM, or DISCONNECT. Every one of them is heard, once, by the
// real js-libp2p or go-libp2p at the other end, whoever dialled.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { judge, startNode, until } from './lib/node.mjs'
import { GENERATIONS, loadStack, startPeer } from './lib/js_peer.mjs'
import { TOPIC } from './lib/teranode.mjs'
import { goJudge } from '../interop/go/programs.mjs'
import { startGo } from '../interop/go/subjects.mjs'

const SUBJECT = `topic.${TOPIC}`
const ROLES = ['they dial us', 'we dial them']

// Small ones leave in one flight with the end of the link; large ones wait for the other's credit. A go node drops what
// it gets beyond 32 messages that it has not checked yet, so it is told fewer.
const JS_BURSTS = { '100 small': [100, 100], '100 large': [100, 8000] }
const GO_BURSTS = { '30 small': [30, 100], '30 large': [30, 26000] }

const numbers = list => list.map(data => parseInt(data, 10)).sort((a, b) => a - b)
const upTo = count => Array.from({ length: count }, (_, index) => index)

const ENDS = {
  SIGTERM: (node) => node.stop(),
  DISCONNECT: (node, peerId) => node.api('DISCONNECT', { peer_id: peerId })
}

async function consumerOf (t, node) {
  const connection = await node.consumer('chaintracks')
  t.after(() => connection.close())
  const messages = []
  connection.subscribe(SUBJECT, { callback: (error, message) => { if (!error) messages.push(Buffer.from(message.data)) } })
  await connection.flush()
  return { connection, messages }
}

async function publish (consumer, count, size) {
  for (const index of upTo(count)) consumer.connection.publish(SUBJECT, Buffer.alloc(size, `${index} `))
  await consumer.connection.flush()
}

const meshed = (node, peerId) =>
  node.waitEvent('MESH', event => event.topic === TOPIC && event.peer_id === peerId && event.grafted === true)

async function jsPair (t, stack, role) {
  const js = await startPeer(stack, { t })
  js.subscribe(TOPIC)
  const node = await startNode({ t, bootstrap: role === 'we dial them' ? [js.addr] : undefined })
  const consumer = await consumerOf(t, node)
  if (role === 'they dial us') await js.dial(node.listen[0])
  await js.connectedTo(node.peerId)
  await js.seesSubscriber(TOPIC, node.peerId)
  await meshed(node, js.id)
  return { js, node, consumer }
}

for (const generation of GENERATIONS) {
  const stack = await loadStack(generation)

  describe(stack.name, judge('js'), () => {
    for (const role of ROLES) {
      for (const [end, close] of Object.entries(ENDS)) {
        for (const [burst, [count, size]] of Object.entries(JS_BURSTS)) {
          test(`${role}: ${burst} announcements and ${end} at once: js hears each, once`, async t => {
            const { js, node, consumer } = await jsPair(t, stack, role)
            await publish(consumer, count, size)
            await close(node, js.id)
            const heard = () => numbers(js.messages.map(one => one.data))
            await until(() => heard().length >= count, () => `all at js, not ${heard().length}: ${heard()}\n${node.log(30)}`)
            assert.deepEqual(heard(), upTo(count))
            await js.disconnectedFrom(node.peerId)
          })
        }
      }
    }
  })
}

async function goPair (t, role) {
  const { peer } = await startGo({ t })
  await peer.do('subscribe', { topic: TOPIC })
  const node = await startNode({ t, bootstrap: role === 'we dial them' ? [peer.listen[0]] : undefined })
  const consumer = await consumerOf(t, node)
  if (role === 'they dial us') await peer.do('connect', { address: node.listen[0] })
  await peer.waitEvent('mesh', event => event.topic === TOPIC && event.peer_id === node.peerId && event.grafted)
  await meshed(node, peer.peerId)
  return { peer, node, consumer }
}

describe('go-libp2p', goJudge(), () => {
  for (const role of ROLES) {
    for (const [end, close] of Object.entries(ENDS)) {
      for (const [burst, [count, size]] of Object.entries(GO_BURSTS)) {
        test(`${role}: ${burst} announcements and ${end} at once: go hears each, once`, goJudge(), async t => {
          const { peer, node, consumer } = await goPair(t, role)
          await publish(consumer, count, size)
          await close(node, peer.peerId)
          const heard = () => numbers(peer.events('message').map(one => one.data))
          await until(() => heard().length >= count, () => `all at go, not ${heard().length}: ${heard()}\n${node.log(30)}`)
          assert.deepEqual(heard(), upTo(count))
          await peer.waitEvent('disconnected', event => event.peer_id === node.peerId)
        })
      }
    }
  }
})
