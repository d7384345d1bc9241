// Every kind of hostile peer we know, in one place: what it does with a link it has proved its key for. Each kind is a
// function that attacks for as long as its link lasts; a crowd brings it back when the node has put it off.
// Runs in a worker (hostile_worker.mjs), so that attackers do not slow down the honest peers of the test.

import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  BadPeer, FIN, SYN, WINDOW, control, dataFrame, frame, graft, identifyMessage, identityKey, idontwant, ihave, iwant, prune, publish, rpc,
  subscription, varintField
} from './bad_peer.mjs'
import { HELLO_NOISE, Stranger } from './strangers.mjs'
import { delimited, lines, protobufBytes, varint } from './wire.mjs'

const MESHSUB = '/meshsub/1.1.0'
const PERF = '/perf/1.0.0'
const MIB = 1024 * 1024
export const FORGED_AT_ONCE = 40 // in one RPC

function be64 (value) {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return bytes
}

// A gossip stream on which this peer has subscribed, and asked to be in the mesh.
function gossipStream (bad, topic, ...more) {
  return bad.open(MESHSUB, Buffer.concat([rpc(subscription(topic, true)), rpc(control(graft(topic))), ...more]))
}

// Says `next()` on the stream, `perSecond` times a second, while the link is there.
async function repeat (bad, id, perSecond, next) {
  const began = performance.now()
  for (let n = 0; !bad.closed && !bad.stopped; n++) {
    await bad.saySlowly(dataFrame(0, id, next(n)))
    const due = began + (n + 1) * 1000 / perSecond
    if (due > performance.now()) await sleep(due - performance.now(), undefined, { ref: false })
  }
}

// Attackers must be cheaper than what they attack: an RPC of `count` entries is made once, and each copy has other numbers in
// the places of the eight bytes that `entry` was given. `first` is where they begin. → () => the next copy
export function series (count, entry, wrap = rpc, first = 0n) {
  const marks = Array.from({ length: count }, () => randomBytes(8))
  const template = wrap(...marks.map(entry))
  const places = marks.map(mark => template.indexOf(mark))
  let high = Number(BigInt(first) >> 32n)
  let low = Number(BigInt(first) & 0xffffffffn)
  return () => {
    const copy = Buffer.from(template)
    for (const at of places) {
      copy.writeUInt32BE(high, at)
      copy.writeUInt32BE(low, at + 4)
      if (++low > 0xffffffff) { low = 0; high++ }
    }
    return copy
  }
}

const inControl = kind => (...entries) => rpc(control(kind(entries)))
const filler = randomBytes(38)

// Messages that look right but for their signature. Their numbers begin at `first`.
export const forgeries = (topic, author, count, first) =>
  series(count, mark => publish(author, topic, filler, mark.readBigUInt64BE(), true), rpc, first)

export const kinds = {
  // G-01: one id for ever, and ids that are not there.
  async iwantSpam (bad, { topic }) {
    const seqno = BigInt(Date.now()) * 1000n
    const id = gossipStream(bad, topic, rpc(publish(bad.key, topic, randomBytes(1000), seqno)))
    const own = Buffer.concat([bad.key.idBytes, be64(seqno)])
    const unknown = Array.from({ length: 200 }, () => randomBytes(46))
    const all = rpc(control(iwant([own, own, own, ...unknown])))
    await repeat(bad, id, 20, () => all)
  },

  // G-02: ids that nobody has.
  async ihaveFlood (bad, { topic }) {
    const id = gossipStream(bad, topic)
    const next = series(1000, mark => Buffer.concat([filler, mark]), inControl(ids => ihave(topic, ids)), randomBytes(8).readBigUInt64BE())
    await repeat(bad, id, 12, next)
  },

  // G-03: back into the mesh within the backoff, and into topics that are not there.
  async graftSpam (bad, { topic }) {
    const id = gossipStream(bad, topic)
    const next = series(20, mark => graft(Buffer.concat([Buffer.from('none/'), mark])), (...grafts) => rpc(control(prune(topic, 60), graft(topic), ...grafts)))
    await repeat(bad, id, 50, next)
  },

  // G-04: backoffs as large as they can be said.
  async giantPrune (bad, { topic }) {
    const raw = value => protobufBytes(4, Buffer.concat([protobufBytes(1, topic), Buffer.from([0x18]), bigVarint(value)]))
    const values = [0n, 1n << 31n, (1n << 63n) - 1n, (1n << 64n) - 1n]
    const id = gossipStream(bad, topic)
    const all = values.map(value => rpc(control(raw(value), graft(topic))))
    await repeat(bad, id, 50, n => all[n % all.length])
  },

  // G-05: a million subscriptions.
  async subscriber (bad) {
    const next = series(500, mark => subscription(Buffer.concat([Buffer.alloc(230, 's'), bad.key.raw.subarray(0, 8), mark]), true))
    const id = bad.open(MESHSUB, next())
    await repeat(bad, id, 4, next)
  },

  // G-06: valid messages of its own, so that caches fill.
  async publisher (bad, { topic }) {
    let seqno = BigInt(Date.now()) * 1000n
    const id = gossipStream(bad, topic)
    await repeat(bad, id, 20, () => rpc(publish(bad.key, topic, randomBytes(300), seqno++)))
  },

  // G-07: forged signatures; half of them under the name of the honest author, with sequence numbers that are still to come.
  async forger (bad, { topic, author, rate = 400, freshMs }) {
    if (freshMs) setTimeout(() => bad.leave(), freshMs).unref()
    const id = gossipStream(bad, topic)
    const own = forgeries(topic, bad.key, FORGED_AT_ONCE, BigInt(Date.now()) * 1000000n)
    const victims = author ? forgeries(topic, { idBytes: Buffer.from(author.idBytes) }, FORGED_AT_ONCE, BigInt(author.seqno ?? 0)) : own
    await repeat(bad, id, rate / FORGED_AT_ONCE, n => n % 2 ? victims() : own())
  },

  // G-11: announces first what others will publish, and never serves it.
  async announcer (bad, { topic, author }) {
    const id = gossipStream(bad, topic)
    const name = author ? Buffer.from(author.idBytes) : bad.key.idBytes
    const next = series(500, mark => Buffer.concat([name, mark]), inControl(ids => ihave(topic, ids)), BigInt(author?.seqno ?? 0))
    await repeat(bad, id, 5, next)
  },

  async idontwantFlood (bad, { topic }) {
    const id = gossipStream(bad, topic)
    const next = series(1000, mark => Buffer.concat([filler, mark]), inControl(idontwant), randomBytes(8).readBigUInt64BE())
    await repeat(bad, id, 10, next)
  },

  // Asks for gigabytes by perf and reads nothing.
  async hoarder (bad) {
    bad.stopReading()
    for (let n = 0; n < 4; n++) bad.say(frame(WINDOW, 0, bad.open(PERF, be64(1n << 33n), FIN), 0x7fffffff))
    await bad.ended
  },

  // The same, but takes a little now and then, so as to look alive.
  async nibbler (bad) {
    for (let n = 0; n < 4; n++) bad.say(frame(WINDOW, 0, bad.open(PERF, be64(1n << 33n), FIN), 0x7fffffff))
    while (!bad.closed && !bad.stopped) {
      bad.stopReading()
      await sleep(900, undefined, { ref: false })
      bad.readOn()
      await sleep(20, undefined, { ref: false })
    }
  },

  // In the mesh, and reads nothing of what it is sent.
  async deaf (bad, { topic }) {
    gossipStream(bad, topic)
    while (!bad.accepted.size && !bad.closed && !bad.stopped) await sleep(50, undefined, { ref: false })
    for (const id of bad.accepted) bad.say(frame(WINDOW, 0, id, 0x7fffffff))
    bad.stopReading()
    await bad.ended
  },

  // As many streams as there may be, most of them in the middle of agreeing on something.
  async streamOpener (bad) {
    for (let n = 0; n < 1024 && !bad.closed; n++) {
      if (n % 2) bad.open('/ipfs/ping/1.0.0')
      else bad.say(frame(WINDOW, SYN, bad.nextId(), 0))
      if (n % 64 === 0) await sleep(10)
    }
    while (!bad.closed && !bad.stopped) await sleep(500, undefined, { ref: false })
  },

  // The larger part of a message, on as many streams as are read, and then next to nothing.
  async halfSaid (bad) {
    const ids = []
    for (let n = 0; n < 4; n++) ids.push(bad.open(MESHSUB, varint(MIB)))
    const piece = Buffer.alloc(60_000)
    for (let n = 0; n < 4; n++) for (const id of ids) await bad.saySlowly(dataFrame(0, id, piece))
    await repeat(bad, ids[0], 2, n => Buffer.alloc(600, n))
  },

  // The same, and then nothing at all.
  async halfSilent (bad) {
    const id = bad.open(MESHSUB, varint(MIB))
    for (let n = 0; n < 2; n++) await bad.saySlowly(dataFrame(0, id, Buffer.alloc(60_000)))
    await bad.ended
  },

  // As much about itself as there may be, again and again.
  async boaster (bad) {
    const protocols = Array.from({ length: 25 }, (_, n) => `/${n}${'"'.repeat(250)}`)
    const message = delimited(identifyMessage({ protocols, agent: 'x'.repeat(250) }))
    while (!bad.closed && !bad.stopped) {
      bad.open('/ipfs/id/push/1.0.0', Buffer.concat(Array.from({ length: 10 }, () => message)), FIN)
      await sleep(250, undefined, { ref: false })
    }
  },

  // Echoes that nobody reads.
  async pinger (bad) {
    const id = bad.open('/ipfs/ping/1.0.0')
    bad.stopReading()
    await repeat(bad, id, 50, () => Buffer.alloc(32 * 256))
  }
}

function bigVarint (value) {
  const bytes = []
  for (; value >= 0x80n; value >>= 7n) bytes.push(Number(value & 0x7fn) | 0x80)
  return Buffer.from([...bytes, Number(value)])
}

const kindsWithManyLinks = new Set(['hoarder', 'nibbler', 'halfSaid', 'streamOpener'])

export class Crowd {
  attacks = 0
  errors = {}
  #stopped = false
  #peers = new Set()
  #loops = []

  // one: { kind, from }. A peer keeps its key when it comes back.
  add (port, { kind, from }, options) {
    const key = identityKey()
    const links = kindsWithManyLinks.has(kind) ? (options.links ?? 4) : 1
    for (let n = 0; n < links; n++) this.#loops.push(this.#attack(port, kind, from, key, options))
  }

  async #attack (port, kind, from, key, options) {
    while (!this.#stopped) {
      // A new key has no record yet.
      const bad = new BadPeer(port, { from, key: options.freshMs ? identityKey() : key })
      bad.remember = false
      bad.accepts = '/meshsub/1.2.0'
      bad.credit = true
      this.#peers.add(bad)
      try {
        await bad.connect()
        this.attacks++
        await kinds[kind](bad, options)
        await bad.ended
      } catch (error) {
        // Refused, put off in the middle, or the like: that is what the node is for.
        const what = `${kind}: ${error.message}`.slice(0, 80)
        this.errors[what] = (this.errors[what] ?? 0) + 1
      }
      this.#peers.delete(bad)
      bad.leave()
      await sleep(500 + Math.random() * 500, undefined, { ref: false })
    }
  }

  // Strangers that never prove anything: silent, slow, or wrong.
  strangers (port, count, from) {
    this.#loops.push(this.#strangers(port, count, from))
  }

  async #strangers (port, count, from) {
    let open = []
    while (!this.#stopped) {
      open = open.filter(one => one.isOpen)
      while (open.length < count) {
        const one = new Stranger(port, `${from}.${1 + Math.floor(Math.random() * 250)}`)
        if (Math.random() < 0.5) one.say(HELLO_NOISE.subarray(0, 5))
        if (Math.random() < 0.2) one.say(Buffer.from('GET / HTTP/1.1\r\n\r\n'))
        open.push(one)
      }
      await sleep(200, undefined, { ref: false })
    }
    for (const one of open) one.leave()
  }

  async stop () {
    this.#stopped = true
    for (const bad of this.#peers) { bad.stopped = true; bad.leave() }
    await Promise.all(this.#loops)
  }
}
