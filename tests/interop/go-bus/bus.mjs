// Drives the Go programs of this module: go-p2p-message-bus and go-teranode-p2p-client, unmodified, as their users run
// them, on loopback. Nothing here knows peerline.

import { spawn } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { JsonPeer } from '../json_peer.mjs'
import { goJudge, program } from '../go/programs.mjs'

const HERE = dirname(fileURLToPath(import.meta.url))
const OLDEST = 26 // what go-teranode-p2p-client asks for

export const busJudge = (options = {}) => goJudge(options, OLDEST)

export const TOPICS = Object.fromEntries(['block', 'subtree', 'rejected-tx', 'node_status']
  .map(kind => [kind, `teranode/bitcoin/1.0.0/mainnet-${kind}`]))

// What the bus logs when it stops listening to an author for good.
const SKIPS = /^Skipping peer/
const MALFORMED = /^Malformed message from/

class Bus extends JsonPeer {
  subscribe (topic) { return this.do('subscribe', { topic }) }
  publish (topic, payload) { return this.do('publish', { topic, data: bytesOf(payload).toString('base64') }) }
  publishMany (topic, payloads) {
    return this.do('publish', { topic, many: payloads.map(payload => bytesOf(payload).toString('base64')) })
  }

  messages (accept = () => true) { return this.events('message').filter(accept) }
  waitMessage (accept, ms, since) { return this.waitEvent('message', accept, ms, since) }
  async peers () { return (await this.do('peers')).peers }

  logged (pattern, level) {
    return this.events('log').filter(line => pattern.test(line.text) && (!level || line.level === level)).map(line => line.text)
  }

  waitLog (pattern, ms, since) { return this.waitEvent('log', line => pattern.test(line.text), ms, since) }
  malformed () { return this.logged(MALFORMED) }
  skipped () { return this.logged(SKIPS) }
}

const bytesOf = payload => Buffer.isBuffer(payload) ? payload
  : Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload))

// Starts one of the programs and returns once it listens.
//   name       in its envelopes               key      file that keeps its key (teranode: `storage`, a directory)
//   bootstrap, static   lists of addresses    cache    its peer cache file
//   ip         what it announces              port, low, high, grace, private   as in its configuration
async function start (name, { t, ...options }) {
  const args = Object.entries(options).filter(([, value]) => value !== undefined)
    .map(([flag, value]) => `-${flag}=${value}`)
  const bus = new Bus(options.name ?? name, spawn(await program(name, HERE), args, { stdio: ['pipe', 'pipe', 'pipe'] }))
  t?.after(() => bus.stop())
  return bus.ready()
}

export const startBus = options => start('bus', options)
export const startTeranode = options => start('teranode', options)

// The port of its address, for starting it again where others know it.
export const portOf = bus => Number(/\/tcp\/(\d+)/.exec(bus.listen[0])[1])

// Many nodes that link to `to` and want nothing. left() tells how many still are linked.
export async function startCrowd ({ t, n, to }) {
  const crowd = new JsonPeer('crowd', spawn(await program('crowd', HERE), [`-n=${n}`, `-to=${to}`], { stdio: ['pipe', 'pipe', 'pipe'] }))
  t?.after(() => crowd.stop())
  await crowd.ready(60_000)
  return { left: async () => (await crowd.do('left')).left }
}
