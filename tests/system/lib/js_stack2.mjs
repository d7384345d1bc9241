// js-libp2p 2.x behind the surface the judges use. Streams of this generation are async iterables with a sink.

import { createLibp2p } from 'libp2p2'
import { tcp } from 'libp2p2-tcp'
import { noise } from 'libp2p2-noise'
import { yamux } from 'libp2p2-yamux'
import { identify, identifyPush } from 'libp2p2-identify'
import { ping } from 'libp2p2-ping'
import { gossipsub } from 'libp2p2-gossipsub'
import * as keys from 'libp2p2-crypto/keys'
import { peerIdFromPrivateKey, peerIdFromString } from 'libp2p2-peer-id'
import { multiaddr } from 'libp2p2-multiaddr'
import { Wire } from './wire.mjs'

export const name = 'js-libp2p 2.x'
export { createLibp2p, tcp, noise, yamux, identify, identifyPush, ping, gossipsub }
export { keys, peerIdFromPrivateKey, peerIdFromString, multiaddr }

// A source for a stream's sink: write() returns once the stream has taken the bytes, so nothing piles up here.
function outlet () {
  const waiting = []
  let wake = () => {}
  let closed = false
  async function * source () {
    for (;;) {
      while (waiting.length === 0 && !closed) await new Promise(resolve => { wake = resolve })
      if (waiting.length === 0) return
      const { bytes, taken } = waiting.shift()
      yield bytes
      taken()
    }
  }
  return {
    source,
    put: bytes => new Promise(resolve => { waiting.push({ bytes, taken: resolve }); wake() }),
    close: () => { closed = true; wake() }
  }
}

export function wireOf (stream) {
  const out = outlet()
  const sunk = stream.sink(out.source())
  const lost = new Promise((_, reject) => sunk.catch(reject))
  lost.catch(() => {})
  const wire = new Wire({
    write: bytes => Promise.race([out.put(bytes), lost]),
    closeWrite: async () => { out.close(); await sunk },
    abort: error => stream.abort(error)
  })
  const pull = async () => { for await (const chunk of stream.source) wire.push(chunk.subarray()) }
  pull().then(() => wire.end(), error => wire.fail(error))
  return wire
}

// handler(wire, connection)
export function handle (node, protocol, handler, options) {
  return node.handle(protocol, ({ stream, connection }) => handler(wireOf(stream), connection), options)
}

export const rawStream = muxer => muxer.newStream()
export const streamCount = connection => connection.streams.length
