// A peer that proves its key and then says whatever the test wants: Noise XX by hand, Yamux frames by hand, and nothing
// that an honest implementation would check. Attacker code, apart from everything the honest peers of these tests use.

import { createCipheriv, createDecipheriv, createHash, createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync, hkdfSync, sign } from 'node:crypto'
import net from 'node:net'
import { base58btc } from 'multiformats/bases/base58'
import { within } from './node.mjs'
import { HELLO_NOISE } from './strangers.mjs'
import { delimited, lines, protobufBytes, varint } from './wire.mjs'

const PROTOCOL = Buffer.from('Noise_XX_25519_ChaChaPoly_SHA256')
const TAG = 16
export const RECORD_MAX = 65535 - TAG

export const DATA = 0
export const WINDOW = 1
export const PING = 2
export const GO_AWAY = 3
export const SYN = 1
export const ACK = 2
export const FIN = 4
export const RST = 8

export function frame (type, flags, id, length, payload) {
  const header = Buffer.alloc(12)
  header[1] = type
  header.writeUInt16BE(flags, 2)
  header.writeUInt32BE(id, 4)
  header.writeUInt32BE(length, 8)
  return payload ? Buffer.concat([header, payload]) : header
}

export const dataFrame = (flags, id, payload) => frame(DATA, flags, id, payload.length, payload)

const raw = key => Buffer.from(key.export({ format: 'jwk' }).x, 'base64url')

export function identityKey () {
  const pair = generateKeyPairSync('ed25519')
  const publicKey = Buffer.concat([Buffer.from([8, 1]), protobufBytes(2, raw(pair.publicKey))])
  return {
    publicKey,
    raw: raw(pair.publicKey),
    sign: bytes => sign(null, bytes, pair.privateKey),
    id: base58btc.baseEncode(Buffer.concat([Buffer.from([0, publicKey.length]), publicKey])),
    idBytes: Buffer.concat([Buffer.from([0, publicKey.length]), publicKey])
  }
}

class Cipher {
  counter = 0n
  constructor (key) { this.key = key }
  #nonce () {
    const nonce = Buffer.alloc(12)
    nonce.writeBigUInt64LE(this.counter++, 4)
    return nonce
  }

  seal (plain, ad = Buffer.alloc(0)) {
    const c = createCipheriv('chacha20-poly1305', this.key, this.#nonce(), { authTagLength: TAG })
    c.setAAD(ad, { plaintextLength: plain.length })
    return Buffer.concat([c.update(plain), c.final(), c.getAuthTag()])
  }

  open (sealed, ad = Buffer.alloc(0)) {
    const c = createDecipheriv('chacha20-poly1305', this.key, this.#nonce(), { authTagLength: TAG })
    c.setAAD(ad, { plaintextLength: sealed.length - TAG })
    c.setAuthTag(sealed.subarray(-TAG))
    return Buffer.concat([c.update(sealed.subarray(0, -TAG)), c.final()])
  }
}

const sha = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest()

class Handshake {
  constructor () {
    this.h = this.ck = PROTOCOL
    this.mixHash(Buffer.alloc(0))
  }

  mixHash (bytes) { this.h = sha(this.h, bytes) }
  mixKey (secret) {
    const out = Buffer.from(hkdfSync('sha256', secret, this.ck, Buffer.alloc(0), 64))
    this.ck = out.subarray(0, 32)
    this.cipher = new Cipher(out.subarray(32))
  }

  seal (plain) {
    const sealed = this.cipher ? this.cipher.seal(plain, this.h) : plain
    this.mixHash(sealed)
    return sealed
  }

  open (sealed) {
    const plain = this.cipher.open(sealed, this.h)
    this.mixHash(sealed)
    return plain
  }

  split () {
    const out = Buffer.from(hkdfSync('sha256', Buffer.alloc(0), this.ck, Buffer.alloc(0), 64))
    return [new Cipher(out.subarray(0, 32)), new Cipher(out.subarray(32))]
  }
}

const x25519Public = bytes => createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: bytes.toString('base64url') }, format: 'jwk' })
const prefixed = bytes => Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes])

export class BadPeer {
  // What it got: whole frames { type, flags, id, length, payload }, only while `keep` is set; always the count of bytes.
  frames = []
  keep = true
  remember = true // frames; without it they are answered and forgotten
  accepts = '' // '/meshsub/1.2.0': the node's streams for it are agreed to, and kept in `accepted`
  accepted = new Set()
  credit = false // what comes is paid for at once: otherwise the node stops at 256 KiB a stream
  bytesIn = 0
  closed = false
  #got = Buffer.alloc(0)
  #plain = Buffer.alloc(0)
  #wake = () => {}
  #next = 1

  constructor (port, { from = '127.0.0.77', key = identityKey(), extension } = {}) {
    this.key = key
    this.extension = extension
    this.socket = net.connect({ host: '127.0.0.1', port, localAddress: from })
    this.socket.setNoDelay(true)
    this.socket.on('error', () => {})
    this.socket.on('data', data => this.#onData(data))
    this.ended = new Promise(resolve => this.socket.once('close', () => { this.closed = true; this.#wake(); resolve() }))
  }

  #onData (data) {
    this.bytesIn += data.length
    this.#got = this.#got.length ? Buffer.concat([this.#got, data]) : data
    if (this.receive) this.#records()
    this.#wake()
  }

  #records () {
    while (this.#got.length >= 2 && this.#got.length >= 2 + this.#got.readUInt16BE(0)) {
      const n = this.#got.readUInt16BE(0)
      const record = this.#got.subarray(2, 2 + n)
      this.#got = this.#got.subarray(2 + n)
      if (!this.keep) { this.receive.counter++; continue }
      this.#plain = Buffer.concat([this.#plain, this.receive.open(record)])
    }
    while (this.keep && this.#plain.length >= 12) {
      const length = this.#plain.readUInt32BE(8)
      const type = this.#plain[1]
      const size = type === DATA ? length : 0
      if (this.#plain.length < 12 + size) return
      const flags = this.#plain.readUInt16BE(2)
      // Who does not answer these is taken for dead after half a minute.
      if (type === PING && flags === SYN) this.say(frame(PING, ACK, 0, length))
      if (type === DATA && this.accepts) this.#answer(this.#plain.readUInt32BE(4), this.#plain.subarray(12, 12 + size))
      if (this.credit && size > 0) this.say(frame(WINDOW, 0, this.#plain.readUInt32BE(4), size))
      if (this.remember) this.frames.push({ type, flags, id: this.#plain.readUInt32BE(4), length, payload: this.#plain.subarray(12, 12 + size) })
      this.#plain = this.#plain.subarray(12 + size)
    }
  }

  // The node opens with even numbers; it proposes in its first flight, and what it says must come after the answer.
  #answer (id, payload) {
    if (id % 2 || this.accepted.has(id) || !payload.includes(this.accepts)) return
    this.accepted.add(id)
    this.say(dataFrame(0, id, lines('/multistream/1.0.0', this.accepts)))
  }

  async #read (n) {
    while (this.#got.length < n) {
      if (this.closed) throw new Error('the node closed the connection')
      await new Promise(resolve => { this.#wake = resolve })
    }
    const head = this.#got.subarray(0, n)
    this.#got = this.#got.subarray(n)
    return head
  }

  async #message () { return this.#read((await this.#read(2)).readUInt16BE(0)) }

  async #shake () {
    const s = new Handshake()
    const e = generateKeyPairSync('x25519')
    const me = generateKeyPairSync('x25519')
    const dh = (mine, theirs) => diffieHellman({ privateKey: mine.privateKey, publicKey: theirs })
    this.socket.write(HELLO_NOISE)
    await this.#read(HELLO_NOISE.length)
    s.mixHash(raw(e.publicKey))
    s.mixHash(Buffer.alloc(0))
    this.socket.write(prefixed(raw(e.publicKey)))
    const second = await this.#message()
    const re = x25519Public(second.subarray(0, 32))
    s.mixHash(second.subarray(0, 32))
    s.mixKey(dh(e, re))
    const rs = x25519Public(s.open(second.subarray(32, 80)))
    s.mixKey(dh(e, rs))
    s.open(second.subarray(80))
    const mine = s.seal(raw(me.publicKey))
    s.mixKey(dh(me, re))
    const extensions = [protobufBytes(2, '/yamux/1.0.0')]
    if (this.extension) extensions.push(protobufBytes(1024, this.extension))
    const payload = Buffer.concat([
      protobufBytes(1, this.key.publicKey),
      protobufBytes(2, this.key.sign(Buffer.concat([Buffer.from('noise-libp2p-static-key:'), raw(me.publicKey)]))),
      protobufBytes(4, Buffer.concat(extensions))
    ])
    this.socket.write(prefixed(Buffer.concat([mine, s.seal(payload)])))
    const [send, receive] = s.split()
    this.send = send
    this.receive = receive
    this.#records()
  }

  async connect () {
    await within(this.#shake(), 'the handshake of a bad peer')
    return this
  }

  // Bytes of frames, in records as large as they may be. False: the socket's own queue is filling.
  say (...parts) {
    let fine = true
    const all = Buffer.concat(parts)
    for (let at = 0; at < all.length && !this.closed; at += RECORD_MAX) {
      fine = this.socket.write(prefixed(this.send.seal(all.subarray(at, at + RECORD_MAX))))
    }
    return fine
  }

  // The same, but waits until the socket has room again or is gone.
  async saySlowly (...parts) {
    if (this.say(...parts) || this.closed) return
    await Promise.race([new Promise(resolve => this.socket.once('drain', resolve)), this.ended])
  }

  stopReading () { this.socket.pause() }
  readOn () { this.socket.resume() }
  leave () { this.socket.destroy() }

  nextId () { const id = this.#next; this.#next += 2; return id }

  // A stream on which the protocol is proposed and the first bytes follow without waiting for the answer.
  open (protocol, bytes = Buffer.alloc(0), flags = 0) {
    const id = this.nextId()
    const first = Buffer.concat([lines('/multistream/1.0.0', protocol), bytes])
    this.say(frame(WINDOW, SYN, id, 0), dataFrame(flags, id, first))
    return id
  }

  data (id, bytes, flags = 0) { this.say(dataFrame(flags, id, bytes)) }

  async until (accept, what, ms = 10_000) {
    const wait = async () => {
      for (;;) {
        const found = this.frames.find(accept)
        if (found) return found
        if (this.closed) throw new Error(`closed while waiting for ${what}`)
        await new Promise(resolve => { this.#wake = resolve })
      }
    }
    return within(wait(), what, ms)
  }
}

// ---- messages ----

export const varintField = (field, value) => Buffer.concat([varint(field * 8), varint(value)])

export function identifyMessage ({ publicKey, listen = [], protocols = [], observed, protocolVersion, agent } = {}) {
  const parts = []
  if (publicKey) parts.push(protobufBytes(1, publicKey))
  for (const one of listen) parts.push(protobufBytes(2, one))
  for (const one of protocols) parts.push(protobufBytes(3, one))
  if (observed) parts.push(protobufBytes(4, observed))
  if (protocolVersion) parts.push(protobufBytes(5, protocolVersion))
  if (agent) parts.push(protobufBytes(6, agent))
  return Buffer.concat(parts)
}

export const subscription = (topic, on) =>
  protobufBytes(1, Buffer.concat([varintField(1, on ? 1 : 0), protobufBytes(2, topic)]))
export const control = (...entries) => protobufBytes(3, Buffer.concat(entries))
export const ihave = (topic, ids) => protobufBytes(1, Buffer.concat([protobufBytes(1, topic), ...ids.map(id => protobufBytes(2, id))]))
export const iwant = ids => protobufBytes(2, Buffer.concat(ids.map(id => protobufBytes(1, id))))
export const graft = topic => protobufBytes(3, protobufBytes(1, topic))
export const prune = (topic, backoff) => protobufBytes(4, Buffer.concat([protobufBytes(1, topic), varintField(3, backoff)]))
export const idontwant = ids => protobufBytes(5, Buffer.concat(ids.map(id => protobufBytes(1, id))))
export const rpc = (...parts) => delimited(Buffer.concat(parts))

// One signed gossip message; `forge` leaves the signature wrong.
export function publish (key, topic, data, seqno, forge = false) {
  const sequence = Buffer.alloc(8)
  sequence.writeBigUInt64BE(BigInt(seqno))
  const body = Buffer.concat([protobufBytes(1, key.idBytes), protobufBytes(2, data), protobufBytes(3, sequence), protobufBytes(4, topic)])
  const signature = forge ? Buffer.alloc(64, 7) : key.sign(Buffer.concat([Buffer.from('libp2p-pubsub:'), body]))
  return protobufBytes(2, Buffer.concat([body, protobufBytes(5, signature)]))
}
