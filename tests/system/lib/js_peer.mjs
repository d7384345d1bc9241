// A foreign peer for the judges: a real js-libp2p node (2.x or 3.x) with noise, yamux, identify, ping, perf and
// gossipsub, on a loopback port that the kernel chooses, and with every event the judges ask about kept in lists.

import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { base58btc } from 'multiformats/bases/base58'
import { WAIT_MS, until, within } from './node.mjs'
import { sendBack, measure } from './perf.mjs'

export const PERF = '/perf/1.0.0'
const generous = { maxInboundStreams: 2048, maxOutboundStreams: 2048 }

// Loads one generation by name: the stacks are large, a test process loads what it uses.
export async function loadStack (generation) { return import(`./js_stack${generation}.mjs`) }

export const GENERATIONS = (process.env.JS_LIBP2P ?? '3,2').split(',')

class JsPeer {
  identified = []
  messages = []
  subscriptionChanges = 0
  muxers = []

  constructor (stack) { this.stack = stack }

  get id () { return this.identity ?? this.node.peerId.toString() }
  get addr () { return this.addrs[0] }
  get addrs () { return this.node.getMultiaddrs().map(one => String(one).replace(/\/p2p\/.*/, `/p2p/${this.id}`)) }

  connections (peerId) {
    return this.node.getConnections(this.stack.peerIdFromString(peerId)).filter(one => one.status === 'open')
  }

  async dial (addr, options = {}) {
    return this.node.dial(this.stack.multiaddr(String(addr)), { signal: AbortSignal.timeout(WAIT_MS), ...options })
  }

  // This stack's own ping service; milliseconds.
  ping (peerId) {
    return this.node.services.ping.ping(this.stack.peerIdFromString(peerId), { signal: AbortSignal.timeout(WAIT_MS) })
  }

  async openStream (peerId, protocol) {
    const [connection] = this.connections(peerId)
    if (!connection) throw new Error(`js has no connection to ${peerId}`)
    const stream = await connection.newStream(protocol, { ...generous, signal: AbortSignal.timeout(WAIT_MS) })
    return this.stack.wireOf(stream)
  }

  // A Yamux stream on which nothing has been negotiated: the test speaks multistream-select itself.
  async openRaw () {
    const muxer = this.muxers.at(-1)
    return this.stack.wireOf(await this.stack.rawStream(muxer))
  }

  async perf (peerId, up, down) { return measure(await this.openStream(peerId, PERF), up, down) }

  handle (protocol, handler) { return this.stack.handle(this.node, protocol, handler, generous) }

  async connectedTo (peerId, ms) {
    return (await until(() => this.connections(peerId).length > 0 && this.connections(peerId), `js's connection to ${peerId}`, ms))[0]
  }

  disconnectedFrom (peerId, ms) {
    return until(() => this.connections(peerId).length === 0, () => `js to lose ${peerId}`, ms)
  }

  // What identify (run by js on every connection) told js about this peer.
  identifiedAs (peerId, accept = () => true, ms) {
    return until(() => this.identified.find(one => one.peerId.toString() === peerId && accept(one)),
      () => `identify of ${peerId} by js`, ms)
  }

  subscribe (topic) { this.node.services.pubsub.subscribe(topic) }
  unsubscribe (topic) { this.node.services.pubsub.unsubscribe(topic) }

  seesSubscriber (topic, peerId, ms) {
    return until(() => this.node.services.pubsub.getSubscribers(topic).some(one => one.toString() === peerId),
      `js to see that ${peerId} subscribed to ${topic}`, ms)
  }

  async publish (topic, bytes) { return this.node.services.pubsub.publish(topic, bytes) }

  // The first gossip message that the test accepts: { topic, data, from, sequenceNumber, via, type }.
  message (accept, what = 'a gossip message at js', ms) {
    return until(() => this.messages.find(accept), what, ms)
  }

  async stop () {
    await within(this.node.stop(), 'js-libp2p to stop')
  }
}

// Remembers every muxer, for tests that speak multistream-select by hand.
function watchedYamux (stack, peer) {
  const factory = stack.yamux({ maxInboundStreams: 4096, maxOutboundStreams: 4096 })
  return components => {
    const made = factory(components)
    const create = made.createStreamMuxer.bind(made)
    made.createStreamMuxer = init => {
      const muxer = create(init)
      peer.muxers.push(muxer)
      return muxer
    }
    return made
  }
}

// js cannot be a peer whose id comes from an ECDSA key, and writes such keys in a form of its own; but its Noise can prove
// one that is written as the specification has it (PKIX, signatures in DER). → [encrypter, peer id]
function noiseWithEcdsa (stack) {
  const pair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const publicKey = { type: 'ECDSA', raw: pair.publicKey.export({ type: 'spki', format: 'der' }) }
  const key = { type: 'ECDSA', publicKey, sign: data => sign('sha256', Buffer.from(data.subarray()), pair.privateKey) }
  const digest = createHash('sha256').update(stack.keys.publicKeyToProtobuf(publicKey)).digest()
  const encrypter = components => stack.noise()(new Proxy(components, {
    get: (target, name) => name === 'privateKey' ? key : target[name]
  }))
  return [encrypter, base58btc.baseEncode(Buffer.concat([Buffer.from([0x12, 0x20]), digest]))]
}

function onGossip (peer, { msg, propagationSource }) {
  peer.messages.push({
    topic: msg.topic,
    data: Buffer.from(msg.data),
    type: msg.type,
    from: msg.from?.toString(),
    sequenceNumber: msg.sequenceNumber,
    via: propagationSource.toString()
  })
}

// options: t (stopped when the test ends), key or keyType ('Ed25519', 'secp256k1', 'RSA', or 'ECDSA' for a bare peer
// without identify and gossip), port, gossip (false for none), config (more settings for createLibp2p)
export async function startPeer (stack, { t, key, keyType = 'Ed25519', port = 0, gossip = true, config = {} } = {}) {
  const peer = new JsPeer(stack)
  const bare = keyType === 'ECDSA'
  peer.key = key ?? await stack.keys.generateKeyPair(bare ? 'Ed25519' : keyType, keyType === 'RSA' ? 2048 : undefined)
  let encrypter = stack.noise()
  if (bare) [encrypter, peer.identity] = noiseWithEcdsa(stack)
  const services = { ping: stack.ping(generous) }
  if (!bare) Object.assign(services, { identify: stack.identify(), identifyPush: stack.identifyPush() })
  if (gossip && !bare) services.pubsub = stack.gossipsub()
  peer.node = await stack.createLibp2p({
    privateKey: peer.key,
    addresses: { listen: [`/ip4/127.0.0.1/tcp/${port}`] },
    transports: [stack.tcp()],
    connectionEncrypters: [encrypter],
    streamMuxers: [watchedYamux(stack, peer)],
    connectionManager: { inboundConnectionThreshold: 10_000, maxIncomingPendingConnections: 1000, maxConnections: 1000 },
    services,
    start: false,
    ...config
  })
  peer.node.addEventListener('peer:identify', event => peer.identified.push(event.detail))
  if (services.pubsub) peer.node.services.pubsub.addEventListener('gossipsub:message', event => onGossip(peer, event.detail))
  await peer.node.start()
  await peer.handle(PERF, sendBack)
  t?.after(() => peer.stop())
  return peer
}
