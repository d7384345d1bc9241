#!/usr/bin/env node
// A stand-in for peerline made of js-libp2p 3.x and Debian's nats-server, with which the js judges are themselves judged:
//   PATH=$PWD/tests/node_modules/.bin:$PATH PEERLINE_BIN=tests/system/lib/standin.mjs node --test tests/system/js_*.test.mjs
// What it proves: a judge that fails here is wrong, unless it asks what foreign software does not promise (one link after
// simultaneous dials, ECDSA ids, FIN in answer to a lazy dialer's, topics joined on demand). It is no part of peerline.

import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { StringCodec, connect, headers } from 'nats'
import { until } from './node.mjs'
import { PERF, loadStack, startPeer } from './js_peer.mjs'
import { measure } from './perf.mjs'
import { startNatsServer } from './nats_server.mjs'
import { TOPIC } from './teranode.mjs'

const PING = '/ipfs/ping/1.0.0'
const text = StringCodec()
const stack = await loadStack(3)
const data = process.env.PEERLINE_DATA
mkdirSync(data, { recursive: true })

// A connection of its own inside nats-server cannot be hidden: what arrives with this header is not published again.
const OURS = 'Pl-Msg-Id'

function ownKey () {
  const file = join(data, 'node.key')
  return existsSync(file) ? stack.keys.privateKeyFromProtobuf(readFileSync(file)) : undefined
}

const js = await startPeer(stack, { key: ownKey(), config: { nodeInfo: { userAgent: 'peerline-standin/0 (js-libp2p)' } } })
writeFileSync(join(data, 'node.key'), stack.keys.privateKeyToProtobuf(js.key))
const server = await startNatsServer({ token: 'standin' })
const door = await connect({ servers: server.url, token: server.token })
const peers = new Map()
let link = 0
let sequence = 0
let ending = false

function event (kind, fields) {
  if (!ending) door.publish(`$PL.EVENT.${kind}`, text.encode(JSON.stringify({ at_ms: Date.now(), ...fields })))
}
const connectionTo = id => js.connections(id)[0]

js.node.addEventListener('connection:open', ({ detail: one }) => {
  const id = one.remotePeer.toString()
  peers.set(id, { ...peers.get(id), peer_id: id, direction: one.direction, address: String(one.remoteAddr), link: ++link, rtt_us: null })
  event('LINK_UP', { peer_id: id, direction: one.direction, address: String(one.remoteAddr), link })
})
js.node.addEventListener('connection:close', ({ detail: one }) => {
  const id = one.remotePeer.toString()
  if (js.connections(id).length > 0) return
  event('LINK_DOWN', { peer_id: id, link: peers.get(id).link, reason: 'closed', by: peers.get(id).by ?? 'them' })
  peers.get(id).by = undefined
})
js.node.addEventListener('peer:identify', ({ detail }) => learn(detail))

function learn (seen) {
  const id = seen.peerId.toString()
  peers.set(id, {
    ...peers.get(id),
    agent: seen.agentVersion,
    protocols: seen.protocols,
    protocol_version: seen.protocolVersion,
    listen_addresses: seen.listenAddrs.length > 0 ? seen.listenAddrs.map(String) : peers.get(id)?.listen_addresses,
    observed_address: seen.observedAddr && String(seen.observedAddr)
  })
  event('IDENTIFIED', { peer_id: id, agent: seen.agentVersion, protocols: seen.protocols })
}

const pubsub = js.node.services.pubsub
pubsub.addEventListener('subscription-change', ({ detail }) => {
  for (const one of detail.subscriptions) event('TOPIC_PEER', { topic: one.topic, peer_id: detail.peerId.toString(), joined: one.subscribe })
})
pubsub.addEventListener('gossipsub:graft', ({ detail }) => event('MESH', { topic: detail.topic, peer_id: detail.peerId.toString(), grafted: true }))

function deliver (author, via, id, bytes) {
  const about = headers()
  const fields = { 'Pl-From': author, 'Pl-Verified': 'yes', 'Pl-Via': via, 'Pl-Msg-Id': id, 'Pl-Epoch': '1', 'Pl-Seq': String(++sequence), 'Pl-Received': '1' }
  for (const [name, value] of Object.entries(fields)) about.set(name, value)
  door.publish(`topic.${TOPIC}`, bytes, { headers: about })
}

pubsub.addEventListener('gossipsub:message', ({ detail }) => {
  deliver(detail.msg.from.toString(), detail.propagationSource.toString(), detail.msgId, detail.msg.data)
})
pubsub.subscribe(TOPIC)
door.subscribe(`topic.${TOPIC}`, {
  callback: (_, message) => {
    if (!message.headers?.has(OURS)) pubsub.publish(TOPIC, message.data).catch(() => {})
  }
})

class Refusal extends Error {
  constructor (code, message) { super(message); this.code = code }
}

async function pingOnce (id) {
  const wire = await js.openStream(id, PING)
  const start = process.hrtime.bigint()
  await wire.write(Buffer.alloc(32, 1))
  await wire.read(32)
  const rtt = Math.round(Number(process.hrtime.bigint() - start) / 1000)
  await wire.closeWrite()
  peers.get(id).rtt_us = rtt
  return rtt
}

async function record (one) {
  const links = js.connections(one.peer_id).length
  const stored = await js.node.peerStore.get(stack.peerIdFromString(one.peer_id)).catch(() => null)
  return {
    ...one,
    state: links > 0 ? 'connected' : 'waiting',
    links,
    managed: managed.has(one.peer_id),
    keeper: 'us',
    peerline: null,
    bytes_in: 1e9,
    bytes_out: 1e9,
    ...(stored?.protocols?.length && one.protocols ? { protocols: [...stored.protocols] } : {}),
    ...(stored?.metadata?.has('AgentVersion') ? { agent: text.decode(stored.metadata.get('AgentVersion')) } : {})
  }
}

const api = {
  STATUS: async () => ({
    peer_id: js.id,
    pid: process.pid,
    links: js.node.getConnections().length,
    consumers: [],
    topics: [{ topic: TOPIC, mesh: pubsub.getMeshPeers(TOPIC).length, peers: pubsub.getSubscribers(TOPIC).length, consumers: 1 }]
  }),
  PEERS: async () => ({ peers: await Promise.all([...peers.values()].map(record)) }),
  CONNECT: async ({ address }) => {
    const one = await js.dial(address, { force: true }).catch(error => {
      event('DIAL_FAILED', { address, reason: 'dial', text: error.message })
      throw new Refusal('E_DIAL', error.errors?.map(each => each.message).join() ?? error.message)
    })
    return { peer_id: one.remotePeer.toString(), address: String(one.remoteAddr) }
  },
  DISCONNECT: async ({ peer_id: id }) => {
    const open = js.connections(id)
    peers.get(id).by = 'us'
    await Promise.all(open.map(one => one.close()))
    return { links_closed: open.length }
  },
  PING: async ({ peer_id: id, count }) => {
    const rtts = []
    for (let round = 0; round < count; round++) rtts.push(await pingOnce(id))
    return { rtt_us: rtts }
  },
  PERF: async ({ peer_id: id, upload, download }) => measure(await js.openStream(id, PERF), upload, download),
  STREAMS: async ({ peer_id: id, count }) => {
    for (let opened = 0; opened < count; opened++) await pingOnce(id)
    return { opened: count }
  }
}

for (const [verb, answer] of Object.entries(api)) {
  door.subscribe(`$PL.API.${verb}`, {
    callback: async (_, message) => {
      const result = await answer(JSON.parse(text.decode(message.data)))
        .catch(error => ({ error: { code: error.code ?? 'E_INTERNAL', text: error.message } }))
      message.respond(text.encode(JSON.stringify(result)))
    }
  })
}
await door.flush()

// A managed peer is dialled again as soon as it is gone.
const bootstrap = (process.env.BOOTSTRAP_PEERS ?? '').split(',').filter(Boolean)
const managed = new Set(bootstrap.map(address => /\/p2p\/(.+)$/.exec(address)[1]))
for (const address of bootstrap) {
  const id = /\/p2p\/(.+)$/.exec(address)[1]
  until(async () => {
    if (!connectionTo(id)) await js.dial(address).catch(() => {})
    return ending
  }, 'the end', 3_600_000)
}

const tokenFile = join(data, 'door.token')
writeFileSync(tokenFile, server.token)
chmodSync(tokenFile, 0o600)
console.log(JSON.stringify({
  event: 'ready', peer_id: js.id, listen: js.addrs, door: server.url, socket: '', token_file: tokenFile, data, pid: process.pid
}))

process.once('SIGTERM', async () => {
  ending = true
  await js.stop()
  await door.drain()
  await server.stop()
  process.exit(0)
})
