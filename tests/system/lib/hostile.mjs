// What tests of hostile crowds share: the crowd itself in a worker, and honest peers around a node that count every message.

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { setTimeout as sleep } from 'node:timers/promises'
import { startNode, until, within } from './node.mjs'
import { startPeer } from './js_peer.mjs'
import { portOf } from './strangers.mjs'

// So many peers of each kind, eight to an address. → peers for startCrowd()
export function crowdOf (counts) {
  const peers = []
  for (const [kind, n] of Object.entries(counts)) for (let i = 0; i < n; i++) peers.push({ kind })
  // Links of one peer come from one address; with four links each that is two peers to an address.
  peers.forEach((one, index) => { one.from = `127.0.${20 + Math.floor(index / 400)}.${1 + Math.floor((index % 400) / 2)}` })
  return peers
}

// → { stop() → what the crowd did }
export function startCrowd (t, node, peers, { strangers = 0, options = {} } = {}) {
  const worker = new Worker(new URL('./hostile_worker.mjs', import.meta.url),
    { workerData: { port: portOf(node), peers, strangers, options } })
  let stopping
  const failed = once(worker, 'error').then(([error]) => { throw error })
  failed.catch(() => {})
  const stop = () => {
    stopping ??= (async () => {
      const done = once(worker, 'message')
      worker.postMessage('stop')
      const [report] = await within(Promise.race([done, failed]), 'the crowd to stop', 20_000)
      await worker.terminate()
      return report
    })()
    return stopping
  }
  t.after(() => worker.terminate())
  return { stop }
}

// What js says about its own pings: it takes a link for dead when one takes too long.
function loggerInto (complaints) {
  const forComponent = name => {
    const log = () => {}
    log.enabled = false
    log.trace = () => {}
    log.error = (format, ...args) => {
      if (name.includes('connection-monitor')) complaints.push(`${new Date().toISOString()} ${format} ${args.map(one => one?.message ?? one)}`)
    }
    log.newScope = scope => forComponent(`${name}:${scope}`)
    return log
  }
  return { forComponent }
}

// An honest publisher and an honest subscriber (js-libp2p) and a NATS consumer around one node. `direct`: the subscriber is one
// of the node's direct peers, which a mesh full of hostile ones cannot crowd out; a `leaf` that is not is there as well.
export async function honestAround (t, stack, topic, { env = {}, direct = false } = {}) {
  const complaints = []
  // Where attackers and a busy machine hold the test itself up for seconds, js would end links for its own lateness.
  const config = { logger: loggerInto(complaints), connectionMonitor: { abortConnectionOnPingFailure: false } }
  // And it would take its own lateness for promises that we have broken; those that we do break it still counts.
  const patient = { ...stack, gossipsub: () => stack.gossipsub({ gossipsubIWantFollowupMs: 20_000 }) }
  const publisher = await startPeer(patient, { t, config })
  const subscriber = await startPeer(patient, { t, config })
  const leaf = direct ? await startPeer(patient, { t, config }) : null
  const named = direct ? { PEERLINE_DIRECT_PEERS: subscriber.addr } : {}
  const node = await startNode({ t, env: { PEERLINE_LOG: 'warn', MAX_PEERS: '200', ...named, ...env } })
  const consumer = await node.consumer('honest')
  t.after(() => consumer.close())
  const got = { js: new Map(), nats: new Map() }
  const atLeaf = new Map()
  const count = (map, data) => {
    const n = Number(Buffer.from(data).subarray(0, 8).toString())
    if (Buffer.from(data).subarray(8, 14).toString() === 'honest') map.set(n, (map.get(n) ?? 0) + 1)
  }
  consumer.subscribe(`topic.${topic}`, { callback: (_, message) => count(got.nats, message.data) })
  await consumer.flush()
  subscriber.node.services.pubsub.addEventListener('gossipsub:message', event => count(got.js, event.detail.msg.data))
  leaf?.node.services.pubsub.addEventListener('gossipsub:message', event => count(atLeaf, event.detail.msg.data))
  for (const js of [publisher, subscriber, leaf].filter(one => one)) {
    js.subscribe(topic)
    const isDirect = direct && js === subscriber
    if (isDirect) await js.connectedTo(node.peerId)
    else await js.dial(node.listen[0])
    await js.seesSubscriber(topic, node.peerId)
    if (isDirect) await node.waitEvent('TOPIC_PEER', event => event.peer_id === js.id && event.joined)
    else await node.waitEvent('MESH', event => event.peer_id === js.id && event.grafted === true)
  }
  return { node, publisher, subscriber, leaf, atLeaf, consumer, got, topic, complaints }
}

// How the honest publisher and the node stand to each other, for the message of a failing test.
function standing ({ node, publisher, complaints }) {
  const { pubsub } = publisher.node.services
  const own = event => event.peer_id === publisher.id
  return `${complaints.join('; ')}; ${publisher.connections(node.peerId).length} connections, it gives us ${JSON.stringify(pubsub.dumpPeerScoreStats?.()[node.peerId] ?? pubsub.score?.score(node.peerId))}; ` +
    JSON.stringify([...node.events('LINK_DOWN'), ...node.events('LINK_UP'), ...node.events('MESH'), ...node.events('TOPIC_PEER')].filter(own))
}

// Publishes `rate` messages a second for so long, numbered from `first`. → how many
export async function publishHonestly (honest, seconds, rate, first = 0) {
  const began = performance.now()
  const total = seconds * rate
  for (let n = 0; n < total; n++) {
    const data = Buffer.from(String(first + n).padStart(8, '0') + 'honest' + 'x'.repeat(200))
    await honest.publisher.publish(honest.topic, data).catch(error => { throw new Error(`${error.message} after ${n} messages; ${standing(honest)}`) })
    const due = began + (n + 1) * 1000 / rate
    if (due > performance.now()) await sleep(due - performance.now())
  }
  return total
}

// All of them, exactly once, at both; `late` milliseconds for the last ones.
export async function heardAll (honest, total, late = 10_000) {
  const missing = map => { let n = 0; for (let i = 0; i < total; i++) n += !map.has(i); return n }
  await until(() => missing(honest.got.js) + missing(honest.got.nats) === 0,
    () => `every message: js lacks ${missing(honest.got.js)}, NATS lacks ${missing(honest.got.nats)} of ${total}`, late)
  for (const [who, map] of Object.entries(honest.got)) {
    const twice = [...map.values()].filter(n => n > 1).length
    if (twice) throw new Error(`${who} got ${twice} messages more than once`)
  }
}
