// Drives the Go program cmd/peer: a real go-libp2p node. Nothing here knows peerline.

import { spawn } from 'node:child_process'
import { JsonPeer, WAIT_MS } from '../json_peer.mjs'
import { program } from './programs.mjs'

export { WAIT_MS }

// Starts a go-libp2p node and returns once it listens.
//   keyType   ed25519, rsa, secp256k1, ecdsa      key      file that keeps the key
//   security  default (TLS first), noise, tls     gossip   false for a node without gossipsub
//   limits    false for a node without go's default limits (it allows itself few ping streams at a time)
export async function goPeer ({ t, key, keyType, listen, security, gossip, limits, agent } = {}) {
  const flags = { key, 'key-type': keyType, listen, security, gossip, limits, agent }
  const args = Object.entries(flags).filter(([, value]) => value !== undefined).map(([name, value]) => `-${name}=${value}`)
  const peer = new JsonPeer('go', spawn(await program('peer'), args, { stdio: ['pipe', 'pipe', 'pipe'] }))
  t?.after(() => peer.stop())
  return peer.ready()
}
