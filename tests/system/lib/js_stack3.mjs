// js-libp2p 3.x behind the surface the judges use. Streams of this generation are event targets with send().

import { createLibp2p } from 'libp2p3'
import { tcp } from 'libp2p3-tcp'
import { noise } from 'libp2p3-noise'
import { yamux } from 'libp2p3-yamux'
import { identify, identifyPush } from 'libp2p3-identify'
import { ping } from 'libp2p3-ping'
import { gossipsub } from 'libp2p3-gossipsub'
import * as keys from 'libp2p3-crypto/keys'
import { peerIdFromPrivateKey, peerIdFromString } from 'libp2p3-peer-id'
import { multiaddr } from 'libp2p3-multiaddr'
import { Wire } from './wire.mjs'

export const name = 'js-libp2p 3.x'
export { createLibp2p, tcp, noise, yamux, identify, identifyPush, ping, gossipsub }
export { keys, peerIdFromPrivateKey, peerIdFromString, multiaddr }

export const publicKeyOf = key => key.publicKey

export function wireOf (stream) {
  const wire = new Wire({
    write: async bytes => { if (!stream.send(bytes)) await stream.onDrain() },
    closeWrite: () => stream.close(),
    abort: error => stream.abort(error)
  })
  stream.addEventListener('message', event => wire.push(event.data.subarray()))
  stream.addEventListener('remoteCloseWrite', () => wire.end())
  stream.addEventListener('end', () => wire.end())
  stream.addEventListener('close', event => event.error ? wire.fail(event.error) : wire.end())
  if (stream.readableEnded || (stream.remoteWriteStatus === 'closed' && stream.readBufferLength === 0)) wire.end()
  return wire
}

// handler(wire, connection)
export function handle (node, protocol, handler, options) {
  return node.handle(protocol, (stream, connection) => handler(wireOf(stream), connection), options)
}

export const rawStream = muxer => muxer.createStream()
export const streamCount = connection => connection.streams.length
