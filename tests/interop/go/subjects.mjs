// The same questions put to a peerline (through its door) and to a go-libp2p node (through its driver), so that every
// promise is first shown to be one that go keeps towards go. What a subject answers has one shape, whoever it is.

import { headers as natsHeaders } from 'nats'
import { startNode, until, WAIT_MS } from '../../system/lib/node.mjs'
import { goPeer } from './peer.mjs'

export { until, WAIT_MS }

// A peerline. Messages are read and published by a stock NATS client on its door.
class Peerline {
  #messages = []
  #subscriptions = new Map()

  constructor (node, consumer) { Object.assign(this, { node, consumer }) }

  get peerId () { return this.node.peerId }
  get listen () { return this.node.listen }
  get pid () { return this.node.pid }
  log () { return this.node.log() }
  mark () { return this.node.mark() }
  stop () { return this.node.stop() }

  connect (address) { return this.node.api('CONNECT', { address }) }
  disconnect (peerId) { return this.node.api('DISCONNECT', { peer_id: peerId }) }
  async ping (peerId, count) { return (await this.node.api('PING', { peer_id: peerId, count })).rtt_us }
  perf (peerId, upload, download) { return this.node.api('PERF', { peer_id: peerId, upload, download }, 30_000) }
  async streams (peerId, count) { return (await this.node.api('STREAMS', { peer_id: peerId, count }, 30_000)).opened }

  // → { agent, protocols, protocolVersion, observed, listen, direction } once identify has been read.
  async identity (peerId, accept = () => true) {
    let last
    return until(async () => {
      const seen = (await this.node.api('PEERS')).peers.find(peer => peer.peer_id === peerId)
      if (!seen?.agent) return null
      last = {
        agent: seen.agent,
        protocols: seen.protocols,
        protocolVersion: seen.protocol_version,
        observed: seen.observed_address,
        listen: seen.listen_addresses,
        direction: seen.direction
      }
      return accept(last) ? last : null
    }, () => `peerline to have identified ${peerId}, last ${JSON.stringify(last)}\n${this.log()}`)
  }

  async linkCount (peerId) {
    const seen = (await this.node.api('PEERS')).peers.find(peer => peer.peer_id === peerId)
    return seen?.links ?? 0
  }

  waitUp (peerId, ms, since) { return this.node.waitEvent('LINK_UP', e => e.peer_id === peerId, ms, since) }
  waitDown (peerId, ms, since) { return this.node.waitEvent('LINK_DOWN', e => e.peer_id === peerId, ms, since) }
  waitMesh (topic, peerId, ms) {
    return this.node.waitEvent('MESH', e => e.topic === topic && e.peer_id === peerId && e.grafted, ms)
  }

  async subscribe (topic) {
    this.#subscriptions.set(topic, this.consumer.subscribe(`topic.${topic}`, {
      callback: (error, message) => {
        if (error) return
        const header = name => message.headers?.get(name) ?? ''
        this.#messages.push({
          topic: message.subject.slice('topic.'.length),
          from: header('Pl-From'),
          via: header('Pl-Via'),
          signed: header('Pl-Verified') === 'yes',
          id: header('Pl-Msg-Id'),
          seq: Number(header('Pl-Seq')),
          gap: header('Pl-Gap'),
          data: Buffer.from(message.data),
          headers: Object.fromEntries((message.headers?.keys() ?? []).map(name => [name, header(name)]))
        })
      }
    }))
    await this.consumer.flush()
  }

  async unsubscribe (topic) {
    this.#subscriptions.get(topic).unsubscribe()
    await this.consumer.flush()
  }

  async publish (topic, data) {
    const headers = natsHeaders()
    headers.set('X-Judge', 'go')
    this.consumer.publish(`topic.${topic}`, data, { headers })
    await this.consumer.flush()
  }

  messages () { return this.#messages }
  waitMessage (accept, ms) { return arrival(this, accept, ms) }
}

// A go-libp2p node in the same place, to judge the judge.
class Go {
  constructor (peer) { this.peer = peer }

  get peerId () { return this.peer.peerId }
  get listen () { return this.peer.listen }
  get pid () { return this.peer.pid }
  log () { return this.peer.log() }
  mark () { return this.peer.mark() }
  stop () { return this.peer.stop() }

  connect (address) { return this.peer.do('connect', { address }) }
  disconnect (peerId) { return this.peer.do('disconnect', { peer_id: peerId }) }
  async ping (peerId, count) { return (await this.peer.do('ping', { peer_id: peerId, count })).rtt_us }
  perf (peerId, upload, download) { return this.peer.do('perf', { peer_id: peerId, upload, download }) }
  async streams (peerId, count) { return (await this.peer.do('streams', { peer_id: peerId, count })).opened }

  async identity (peerId, accept = () => true) {
    let last
    return until(async () => {
      const seen = await this.peer.do('identify', { peer_id: peerId }).catch(() => null)
      if (!seen) return null
      const [link] = await this.peer.links(peerId)
      last = {
        agent: seen.agent,
        protocols: seen.protocols,
        protocolVersion: seen.protocol_version,
        observed: seen.observed,
        listen: seen.listen,
        direction: link?.direction,
        keyMatches: seen.key_matches
      }
      return accept(last) ? last : null
    }, () => `go to have identified ${peerId}, last ${JSON.stringify(last)}`)
  }

  async linkCount (peerId) { return (await this.peer.links(peerId)).length }

  waitUp (peerId, ms, since) { return this.peer.waitEvent('connected', e => e.peer_id === peerId, ms, since) }
  waitDown (peerId, ms, since) { return this.peer.waitEvent('disconnected', e => e.peer_id === peerId, ms, since) }
  waitMesh (topic, peerId, ms) {
    return this.peer.waitEvent('mesh', e => e.topic === topic && e.peer_id === peerId && e.grafted, ms)
  }

  subscribe (topic) { return this.peer.do('subscribe', { topic }) }
  unsubscribe (topic) { return this.peer.do('unsubscribe', { topic }) }
  publish (topic, data) { return this.peer.do('publish', { topic, data: Buffer.from(data).toString('base64') }) }
  messages () { return this.peer.events('message') }
  waitMessage (accept, ms = WAIT_MS) { return this.peer.waitEvent('message', accept, ms) }
}

function arrival (subject, accept, ms = WAIT_MS) {
  return until(() => subject.messages().find(accept),
    () => `the message; ${subject.messages().length} others came\n${subject.log()}`, ms)
}

async function startPeerline ({ t, ...options }) {
  const node = await startNode({ t, ...options })
  const consumer = await node.consumer('chaintracks')
  t.after(() => consumer.close())
  return new Peerline(node, consumer)
}

export async function startGo (options) { return new Go(await goPeer(options)) }

// start makes one. `peerline` marks the promises that are ours and not go's.
export const SUBJECTS = [
  { name: 'peerline', peerline: true, start: startPeerline, agent: /^peerline/, security: '/noise' },
  { name: 'go (the judge judged)', peerline: false, start: startGo, agent: /go-libp2p|interop/, security: '/tls/1.0.0' }
]
