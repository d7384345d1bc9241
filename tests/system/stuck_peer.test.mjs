// Proves what a peer that stops reading costs: M-01 of the survival list. A hundred thousand messages are published while it
// stays in the mesh, answers nothing and takes nothing: what waits for it is bounded, it is gone within ten seconds and it is
// said why, and nobody else gets one message less or later.
// Memory and delays are judged on the release build only; behaviour on both.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { BadPeer, control, graft, rpc, subscription } from './lib/bad_peer.mjs'
import { judge, startNode, until } from './lib/node.mjs'
import { isSanitized, portOf } from './lib/strangers.mjs'

const TOPIC = 'survival/stuck'
const SUBJECT = `topic.${TOPIC}`
const BYTES = 512
// More than this the clients in one process cannot take on a busy machine, and then it is they who are judged.
const RATE = 2500
// Nor may who publishes be so far ahead that what waits for an honest peer on such a machine is more than a peer may have.
const AHEAD = 1000
const BEFORE = 10 * RATE
const A_ROUND = 20 * RATE
const MIB = 1024 * 1024

// Delays of every message at one listener, by its number.
class Listener {
  delays = []
  got = 0
  async start (t, node, name) {
    const connection = await node.consumer(name)
    t.after(() => connection.close())
    connection.subscribe(SUBJECT, { callback: (error, message) => {
      if (error) return
      const now = performance.now()
      const data = Buffer.from(message.data.buffer, message.data.byteOffset, 16)
      const number = data.readUInt32LE(0)
      assert.equal(this.delays[number], undefined, `${number} came twice`)
      this.got++
      this.delays[number] = now - data.readDoubleLE(8)
    } })
    await connection.flush()
    return this
  }

  // The 99th percentile in each second's worth of messages, and of these the middle one: a pause of the machine that judges
  // is in one of them.
  p99 (from, to) {
    const seconds = []
    for (let at = from; at + RATE <= to; at += RATE) {
      const sorted = Float64Array.from(this.delays.slice(at, at + RATE)).sort()
      seconds.push(sorted[Math.floor(sorted.length * 0.99)])
    }
    return seconds.sort((a, b) => a - b)[seconds.length >> 1] ?? NaN
  }
}

// `slowest` says how many the slowest of the listeners has.
async function publish (connection, from, to, slowest) {
  const began = performance.now()
  for (let i = from; i < to; i++) {
    const data = Buffer.alloc(BYTES, 'x')
    data.writeUInt32LE(i, 0)
    data.writeDoubleLE(performance.now(), 8)
    connection.publish(SUBJECT, data)
    const due = began + (i + 1 - from) * 1000 / RATE
    if (i % 25 !== 24) continue
    if (due > performance.now()) await sleep(due - performance.now())
    if (i - slowest() > AHEAD) await until(() => i - slowest() <= AHEAD, () => `the listeners to keep up: ${slowest()} of ${i}`, 30_000)
  }
  await connection.flush()
}

async function stuckPeer (t, node) {
  const bad = new BadPeer(portOf(node))
  bad.accepts = '/meshsub/1.2.0'
  await bad.connect()
  t.after(() => bad.leave())
  bad.open('/meshsub/1.1.0', Buffer.concat([rpc(subscription(TOPIC, true)), rpc(control(graft(TOPIC)))]))
  await node.waitEvent('MESH', event => event.peer_id === bad.key.id && event.grafted)
  bad.stopReading()
  return bad
}

describe('a peer that stops reading', judge('js'), () => {
  test('M-01: holds at most a mebibyte, is gone within ten seconds with a reason, and delays nobody', { timeout: 300_000 }, async t => {
    const node = await startNode({ t, env: { PEERLINE_LOG: 'warn' } })
    const far = await startNode({ t, bootstrap: [node.listen[0]], env: { PEERLINE_LOG: 'warn' } })
    const sanitized = isSanitized(node.pid)
    const listeners = { 'a consumer': await new Listener().start(t, node, 'near'), 'a peer\'s consumer': await new Listener().start(t, far, 'far') }
    await far.waitEvent('MESH', event => event.peer_id === node.peerId && event.grafted)
    await node.waitEvent('MESH', event => event.peer_id === far.peerId && event.grafted)
    const publisher = await node.consumer('publishes')
    t.after(() => publisher.close())
    let said = 0
    let stalled = 0
    const slowest = () => Math.min(...Object.values(listeners).map(one => one.got))
    const say = async n => {
      await publish(publisher, said, said + n, slowest)
      said += n
    }
    // It is asked all the time, so that asking is no difference.
    let held = 0
    let dropped = 0
    let fullAt = NaN
    let going = true
    const watch = (async () => {
      while (going) {
        const { memory, counters } = await node.api('STATUS')
        held = Math.max(held, memory.send)
        if (counters.gossip_send_dropped > dropped && !fullAt) fullAt = performance.now()
        dropped = counters.gossip_send_dropped
        await sleep(50)
      }
    })()

    // A stuck peer while it is there, against the seconds before it came and after it had gone. Nothing: the machine was so
    // busy that filling its queue took longer than the node waits for any answer of a peer.
    const round = async () => {
      fullAt = NaN
      const bad = await stuckPeer(t, node)
      const [began, from] = [performance.now(), said]
      const gone = node.waitEvent('LINK_DOWN', event => event.peer_id === bad.key.id, 60_000)
        .then(event => ({ event, at: performance.now(), to: slowest() }))
      await say(A_ROUND)
      const { event, at, to } = await gone
      const [fill, ms] = [fullAt - began, at - fullAt]
      t.diagnostic(`full after ${Math.round(fill)} ms, gone ${Math.round(ms)} ms later, ${to - from} messages in all; at most ${held} bytes were held for peers`)
      if (!(fill < 8000)) return null
      assert.deepEqual([event.reason, event.by], ['stalled', 'us'])
      stalled++
      if (!sanitized) assert.ok(ms <= 10_000, `it was there for ${ms} ms`)
      await until(() => slowest() === said, () => `all ${said}: ${Object.values(listeners).map(one => one.got)}`, 30_000)
      const unharmed = Object.entries(listeners).map(([who, one]) => {
        const without = Math.max(one.p99(from - BEFORE, from), one.p99(to, said))
        const during = one.p99(from, to)
        t.diagnostic(`${who}: p99 ${without.toFixed(2)} ms without, ${during.toFixed(2)} ms with, ${(during / without).toFixed(2)}x`)
        // A millisecond is what the machine's other work adds to one and not to the other.
        return during <= 1.2 * without + 1
      })
      return unharmed.every(Boolean)
    }
    // Who begins is slow: the first seconds are not compared.
    await say(2 * RATE + BEFORE)
    // What else the machine does may fall into one round, not into each.
    const rounds = []
    const enough = () => rounds.length >= 2 && (sanitized ? stalled > 0 : rounds.includes(true))
    while (!enough() && rounds.length < 4) rounds.push(await round())
    going = false
    await watch
    assert.equal((await node.api('STATUS')).counters.gossip_links_stalled, stalled)
    assert.ok(stalled > 0, 'no queue was full in time')
    assert.equal((await node.peer(far.peerId)).links, 1)
    if (sanitized) return
    assert.ok(held <= MIB, `${held} bytes were held`)
    assert.ok(rounds.includes(true), 'others were delayed in every round')
  })
})
