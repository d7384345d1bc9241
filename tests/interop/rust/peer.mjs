// Drives the Rust program of this crate: a real rust-libp2p node. Nothing here knows peerline.

import { spawn } from 'node:child_process'
import { JsonPeer, WAIT_MS } from '../json_peer.mjs'
import { program } from './programs.mjs'

export { WAIT_MS }

// Starts a rust-libp2p node and returns once it listens.
//   keyType   ed25519, secp256k1, ecdsa           key      file that keeps the key
//   pkcs8     file with an RSA key                maxTransmit  bytes an RPC may have (rust's default: 65,536)
//   pingMs    how often its ping asks             idleMs   after how long it closes a link that nobody uses
export async function rustPeer ({ t, key, keyType, pkcs8, listen, agent, maxTransmit, pingMs = 500, idleMs, relay } = {}) {
  const flags = {
    key,
    'key-type': keyType,
    pkcs8,
    listen,
    agent,
    relay,
    'max-transmit': maxTransmit,
    'ping-ms': pingMs,
    'idle-ms': idleMs
  }
  const args = Object.entries(flags).filter(([, value]) => value !== undefined).map(([name, value]) => `--${name}=${value}`)
  const peer = new JsonPeer('rust', spawn(await program(), args, { stdio: ['pipe', 'pipe', 'pipe'] }))
  t?.after(() => peer.stop())
  return peer.ready()
}
