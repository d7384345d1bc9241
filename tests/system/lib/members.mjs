// Members of a mixed mesh: a js, a go and a peerline node behind one face, each in processes of its own, each killed and
// started again with its key and its port. What they hear and whom they have in their meshes goes to the functions
// given at the start.

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { goPeer } from '../../interop/go/peer.mjs'
import { jsProgram } from './js_program.mjs'
import { freshDir, startNode, within } from './node.mjs'
import { processorSeconds } from './strangers.mjs'

const REDIAL_MS = 1000
const START_MS = 30_000 // ten programs and a busy machine

class Member {
  lives = 0
  seconds = 0 // of processor, in the lives that are over

  constructor (name, kind) { Object.assign(this, { name, kind, up: false }) }

  // A short first life fixes the address and the peer id, so that everybody can be told of everybody.
  async settle () {
    await this.begin([], [], {})
    await this.end()
  }

  // `neighbours`: members to be linked with. `hear`: onMessage(topic, data), onMesh(topic, peerId, grafted),
  // onThrownAway(data) for what it says it threw away because its own queue was full, onRefused(text) for what a door
  // would not publish.
  async start (topics, neighbours, hear) {
    this.lives++
    await this.begin(topics, neighbours, hear)
    this.up = true
  }

  // Seconds of processor in all its lives.
  get spent () { return this.seconds + (this.pid ? processorSeconds(this.pid) : 0) }

  async kill () {
    this.seconds = this.spent
    this.up = false
    await this.strike()
  }

  async stop () {
    this.up = false
    await this.end()
    if (this.dir) rmSync(this.dir, { recursive: true, force: true })
  }
}

// A program driven over JSON lines. What a real one does by itself is done for it here: it dials the neighbours it is
// not linked with, again and again.
class Driven extends Member {
  async begin (topics, neighbours, hear) {
    const peer = await this.launch()
    this.peer = peer
    this.peerId = peer.peerId
    this.listen = peer.listen[0]
    if (topics.length === 0) return
    peer.divert('message', event => hear.onMessage(event.topic, event.data))
    peer.divert('mesh', event => hear.onMesh(event.topic, event.peer_id, event.grafted))
    peer.divert('rejected', event => { if (/queue full|throttled/.test(event.reason)) hear.onThrownAway(event.data) })
    peer.divert('dropped', event => event.messages.forEach(data => hear.onThrownAway(Buffer.from(data, 'base64'))))
    for (const topic of topics) await peer.do('subscribe', { topic })
    const dial = setInterval(() => this.#dial(peer, neighbours), REDIAL_MS)
    peer.ended.then(() => clearInterval(dial))
    await this.#dial(peer, neighbours)
  }

  async #dial (peer, neighbours) {
    const linked = await this.links().catch(() => [])
    const missing = neighbours.filter(member => member.up && !linked.includes(member.peerId))
    await Promise.allSettled(missing.map(member => peer.do('connect', { address: member.listen }, 5_000)))
  }

  publish (topic, data) { return this.peer.do('publish', { topic, data: data.toString('base64') }) }
  async links () { return (await this.peer.do('connections')).connections.map(one => one.peer_id) }
  get pid () { return this.up && this.peer.pid }
  log () { return this.peer.log().slice(-4000) }
  strike () { return this.peer.kill() }
  async end () { await this.peer?.stop() }
}

class Js extends Driven {
  constructor (name, generation) { super(name, `js ${generation}.x`); this.generation = generation }

  async launch () {
    const port = this.listen ? Number(/\/tcp\/(\d+)/.exec(this.listen)[1]) : 0
    const peer = await jsProgram({ generation: this.generation, key: this.key, port })
    this.key = peer.key
    return peer
  }
}

class Go extends Driven {
  constructor (name) { super(name, 'go'); this.dir = freshDir() }

  launch () {
    return goPeer({ key: join(this.dir, 'go.key'), listen: this.listen?.replace(/\/p2p\/.*/, '') })
  }

}

// What hangs on a node that is gone ends by itself.
function hangUp (connections) {
  return within(Promise.allSettled(connections.map(one => one?.close())), 'the consumers to hang up').catch(() => {})
}

// One consumer reads, another publishes, as two local programs do. Bootstrap peers are dialled again by the node itself.
class Peerline extends Member {
  constructor (name) { super(name, 'peerline'); this.dir = freshDir() }

  async begin (topics, neighbours, hear) {
    const port = this.listen ? /\/tcp\/(\d+)/.exec(this.listen)[1] : 'auto'
    const node = await startNode({
      dataDir: this.dir,
      timeout: START_MS,
      bootstrap: neighbours.map(member => member.listen),
      env: { P2P_PORT: port, PEERLINE_LOG: 'info', PEERLINE_TERANODE_RULES: 'true', PEERLINE_DISCOVER_PEERS: 'false' }
    })
    this.node = node
    this.peerId = node.peerId
    this.listen = node.listen[0]
    node.onEach('MESH', event => hear.onMesh(event.topic, event.peer_id, event.grafted))
    this.reader = await node.consumer('reader')
    this.writer = await node.consumer('writer')
    this.#watch(this.writer, hear)
    for (const topic of topics) {
      this.reader.subscribe(`topic.${topic}`, {
        callback: (error, message) => {
          if (!error) hear.onMessage(topic, Buffer.from(message.data))
        }
      })
    }
    await within(this.reader.flush(), 'the door to take the subscriptions')
  }

  async #watch (connection, hear) {
    for await (const status of connection.status()) if (status.type === 'error') hear.onRefused(String(status.data))
  }

  async publish (topic, data) {
    this.writer.publish(`topic.${topic}`, data)
    await this.writer.flush()
  }

  async links () {
    return (await this.node.api('PEERS')).peers.filter(peer => peer.state === 'connected').map(peer => peer.peer_id)
  }

  get pid () { return this.up && this.node.pid }
  log () { return this.node.log(40) }

  async strike () {
    await this.node.kill()
    await hangUp([this.reader, this.writer])
  }

  async end () {
    await hangUp([this.reader, this.writer])
    await this.node?.stop()
  }
}

export const js = (name, generation) => new Js(name, generation)
export const go = name => new Go(name)
export const peerline = name => new Peerline(name)
