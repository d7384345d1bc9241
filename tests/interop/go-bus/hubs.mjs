// What may stand between two buses: a peerline, or another bus to judge the judge. And what is asked of both: that
// everything said on Teranode's four topics is heard, by whom it was said to be said.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { freshDir, startNode, until } from '../../system/lib/node.mjs'
import { TOPICS, envelope, openEnvelope, payloads } from '../../system/lib/teranode.mjs'
import { portOf, startBus } from './bus.mjs'

export const KINDS = Object.keys(TOPICS)
const REPEAT_MS = 1_000

// What no envelope holds is heard, too.
function opened (data) {
  try {
    return openEnvelope(data)
  } catch {
    return { raw: Buffer.from(data) }
  }
}

// A peerline, spoken to and listened to by a stock NATS client.
class Peerline {
  #messages = []
  #refused = []

  static async start ({ t, ip = '127.0.0.1', port = 'auto', dataDir, static: peers, env: more }) {
    const env = { P2P_HOST: ip, P2P_PORT: port, PEERLINE_TERANODE_RULES: 'true', ...more }
    const node = await startNode({ t, env, dataDir, bootstrap: peers && [peers] })
    const consumer = await node.consumer('chaintracks')
    const hub = new Peerline()
    Object.assign(hub, { node, consumer, name: 'peerline' })
    consumer.subscribe('topic.>', { callback: (error, message) => { if (!error) hub.#on(message) } })
    hub.#listen()
    t.after(() => hub.stop())
    return hub
  }

  async #listen () {
    for await (const status of this.consumer.status()) {
      if (status.type === 'error') this.#refused.push(status.permissionContext?.subject ?? status.data)
    }
  }

  #on (message) {
    const header = name => message.headers?.get(name) ?? ''
    const topic = message.subject.slice('topic.'.length)
    this.#messages.push({ topic, from: header('Pl-From'), verified: header('Pl-Verified'), ...opened(message.data) })
  }

  get peerId () { return this.node.peerId }
  get listen () { return this.node.listen }
  get port () { return Number(/\/tcp\/(\d+)/.exec(this.listen[0])[1]) }
  get dataDir () { return this.node.dataDir }
  log () { return this.node.log() }
  heard () { return this.#messages }
  // The subjects on which the door refused what the consumer published.
  refused () { return this.#refused }

  // A wildcard sees what is joined and joins nothing.
  async subscribe (topic) {
    this.consumer.subscribe(`topic.${topic}`, { callback: () => {} })
    await this.consumer.flush()
  }

  // Who reads the four topics without their envelopes.
  async payloadReader () {
    const messages = []
    const callback = (error, message) => {
      if (error) return
      const header = name => message.headers?.get(name) ?? ''
      const topic = message.subject.slice('payload.'.length)
      messages.push({
        topic, from: header('Pl-From'), name: header('Pl-Name'), verified: header('Pl-Verified'),
        payload: JSON.parse(Buffer.from(message.data).toString())
      })
    }
    for (const kind of KINDS) this.consumer.subscribe(`payload.${TOPICS[kind]}`, { callback })
    await this.consumer.flush()
    return { heard: () => messages, log: () => this.log() }
  }

  publish (topic, payload) { return this.send(`topic.${topic}`, envelope('peerline', payload)) }
  // The node puts it into the envelope.
  publishPayload (topic, payload) { return this.send(`payload.${topic}`, Buffer.from(JSON.stringify(payload))) }

  async send (subject, bytes) {
    this.consumer.publish(subject, bytes)
    await this.consumer.flush()
  }

  async stop () {
    await this.consumer.close().catch(() => {})
    await this.node.stop()
  }
}

// A bus in the same place.
class Bus {
  static async start ({ t, dataDir = freshDir(t), ...options }) {
    const hub = new Bus()
    const bus = await startBus({ t, name: 'hub', key: join(dataDir, 'key'), ...options })
    return Object.assign(hub, { bus, dataDir, name: 'hub' })
  }

  get peerId () { return this.bus.peerId }
  get listen () { return this.bus.listen }
  get port () { return portOf(this.bus) }
  log () { return this.bus.log() }
  heard () { return heardBy(this.bus) }
  subscribe (topic) { return this.bus.subscribe(topic) }
  publish (topic, payload) { return this.bus.publish(topic, payload) }
  stop () { return this.bus.stop() }
}

export const HUBS = [
  { name: 'peerline', peerline: true, start: Peerline.start },
  { name: 'a bus (the judge judged)', peerline: false, start: Bus.start }
]

// ---- what is said and heard ----

export const heardBy = bus => bus.messages().map(({ topic, name, from, data }) =>
  ({ topic, name, from, payload: jsonOr(data.toString()) }))

function jsonOr (text) {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const asHearer = one => ({ heard: one.heard ? () => one.heard() : () => heardBy(one), log: () => one.log() })

let number = 948351

// Says something of this kind, and something else every second until all have heard one of it: a mesh takes a moment, go
// tells nobody when it has one, and nobody may say the same thing again and again. Returns what each heard.
export async function saidAndHeard (author, kind, hearers, ms = 20_000) {
  const topic = TOPICS[kind]
  const said = new Set()
  const isIt = m => m.topic === topic && said.has(JSON.stringify(m.payload))
  const found = () => hearers.map(one => asHearer(one).heard().find(isIt))
  let next = 0
  await until(async () => {
    if (found().every(Boolean)) return true
    if (Date.now() >= next) {
      const payload = payloads[kind](author.peerId, number++)
      said.add(JSON.stringify(payload))
      await author.publish(topic, payload)
      next = Date.now() + REPEAT_MS
    }
    return false
  }, () => `a ${kind} of ${author.peerId} to be heard by all: ${found().map(Boolean)}\n` +
    asHearer(hearers[0]).log().slice(-3000), ms)
  return found()
}

export async function wantsAll (...listeners) {
  for (const one of listeners) {
    for (const kind of KINDS) await one.subscribe(TOPICS[kind])
  }
}

// Each hears the other on every topic, by the other's name.
export async function bothWays (hub, bus, name) {
  for (const kind of KINDS) {
    const [atHub] = await saidAndHeard(bus, kind, [hub])
    assert.equal(atHub.from, bus.peerId)
    assert.equal(atHub.name, name)
    if (hub.node) assert.equal(atHub.verified, 'yes')
    const [atBus] = await saidAndHeard(hub, kind, [bus])
    assert.equal(atBus.from, hub.peerId)
    assert.equal(atBus.name, hub.name)
  }
}

// Nothing of ours was taken for malformed.
export function notSkipped (bus) {
  assert.deepEqual(bus.skipped(), [])
  assert.deepEqual(bus.malformed(), [])
}
