// A js-libp2p peer as a program of its own, driven over JSON lines like those in tests/interop: what a test needs of a
// js node that it kills, or of several that must not share a process. Run directly it is that program:
//
//   js_program.mjs GENERATION KEYHEX PORT        KEYHEX may be `new`
//
//   {"id":1,"do":"connect","address":"/ip4/…/p2p/…"}      subscribe, unsubscribe, publish (data in base64),
//                                                        ping, connections
//   events: ready, connected, disconnected, topic_peer, mesh, message

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { JsonPeer } from '../../interop/json_peer.mjs'
import { loadStack, startPeer } from './js_peer.mjs'

const file = fileURLToPath(import.meta.url)
const MESH_LOOK_MS = 50

// Starts one and returns once it listens. `key` keeps its identity over restarts: what an earlier one had as `key`.
export async function jsProgram ({ t, generation, key = 'new', port = 0 }) {
  const child = spawn(process.execPath, [file, String(generation), key, String(port)], { stdio: ['pipe', 'pipe', 'pipe'] })
  const peer = await new JsonPeer(`js ${generation}`, child).ready()
  t?.after(() => peer.stop())
  const [{ key: kept }] = peer.events('ready')
  peer.key = kept
  return peer
}

function say (line) { process.stdout.write(`${JSON.stringify(line)}\n`) }

const commands = {
  connect: async (peer, { address }) => { await peer.dial(address) },
  subscribe: (peer, { topic }) => peer.subscribe(topic),
  unsubscribe: (peer, { topic }) => peer.unsubscribe(topic),
  publish: async (peer, { topic, data }) => { await peer.publish(topic, Buffer.from(data, 'base64')) },
  ping: async (peer, { peer_id: id }) => { await peer.ping(id) },
  connections: (peer, { peer_id: id }) => {
    const all = peer.node.getConnections().filter(one => one.status === 'open').map(one => one.remotePeer.toString())
    return { connections: all.filter(one => !id || one === id).map(one => ({ peer_id: one })) }
  }
}

async function perform (peer, request) {
  try {
    say({ id: request.id, ...await commands[request.do](peer, request) })
  } catch (error) {
    say({ id: request.id, error: String(error?.message ?? error) })
  }
}

// js has no event for a peer that leaves the mesh by leaving the network: the mesh is looked at.
function reportMesh (peer, seen) {
  const pubsub = peer.node.services.pubsub
  for (const topic of pubsub.getTopics()) {
    const before = seen.get(topic) ?? new Set()
    const after = new Set(pubsub.getMeshPeers(topic))
    for (const id of after.difference(before)) say({ event: 'mesh', topic, peer_id: id, grafted: true })
    for (const id of before.difference(after)) say({ event: 'mesh', topic, peer_id: id, grafted: false })
    seen.set(topic, after)
  }
}

async function main ([generation, hex, port]) {
  const stack = await loadStack(generation)
  const key = hex === 'new'
    ? await stack.keys.generateKeyPair('Ed25519')
    : stack.keys.privateKeyFromProtobuf(Buffer.from(hex, 'hex'))
  const peer = await startPeer(stack, { key, port: Number(port) })
  peer.node.addEventListener('peer:connect', event => say({ event: 'connected', peer_id: String(event.detail) }))
  peer.node.addEventListener('peer:disconnect', event => say({ event: 'disconnected', peer_id: String(event.detail) }))
  peer.node.services.pubsub.addEventListener('subscription-change', ({ detail }) => {
    for (const { topic, subscribe } of detail.subscriptions) {
      say({ event: 'topic_peer', topic, peer_id: String(detail.peerId), joined: subscribe })
    }
  })
  peer.node.services.pubsub.addEventListener('gossipsub:message', () => {
    for (const { topic, data, from, via, type } of peer.messages.splice(0)) {
      say({ event: 'message', topic, data: data.toString('base64'), from, via, signed: type === 'signed' })
    }
  })
  const seen = new Map()
  setInterval(() => reportMesh(peer, seen), MESH_LOOK_MS)
  const kept = Buffer.from(stack.keys.privateKeyToProtobuf(key)).toString('hex')
  say({ event: 'ready', peer_id: peer.id, listen: peer.addrs, key: kept, pid: process.pid })
  createInterface({ input: process.stdin })
    .on('line', line => perform(peer, JSON.parse(line)))
    .on('close', () => process.exit(0))
}

if (process.argv[1] === file) await main(process.argv.slice(2))
