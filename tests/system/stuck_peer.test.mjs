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
    return seconds.sort((a, b) => a - b)[seconds.length >> 1]
  }
}

async function publish (connection, from, to) {
  const began = performance.now()
  for (let i = from; i < to; i++) {
    const data = Buffer.alloc(BYTES, 'x')
    data.writeUInt32LE(i, 0)
    data.writeDoubleLE(performance.now(), 8)
    connection.publish(SUBJECT, data)
    const due = began + (i + 1 - from) * 1000 / RATE
    if (i % 25 === 24 && due > performance.now()) await sleep(due - performance.now())
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
    const total = Number(process.env.MESSAGES ?? (sanitized ? 25_000 : 100_000))
    const listeners = { 'a consumer': await new Listener().start(t, node, 'near'), 'a peer\'s consumer': await new Listener().start(t, far, 'far') }
    await far.waitEvent('MESH', event => event.peer_id === node.peerId && event.grafted)
    await node.waitEvent('MESH', event => event.peer_id === far.peerId && event.grafted)
    const publisher = await node.consumer('publishes')
    t.after(() => publisher.close())
    const everybodyHas = n => until(() => Object.values(listeners).every(one => one.got === n),
      () => `all ${n}: ${Object.values(listeners).map(one => one.got)}`, 30_000)

    // It is asked all the time, so that asking is no difference.
    let held = 0
    let going = true
    const watch = (async () => {
      while (going) {
        held = Math.max(held, (await node.api('STATUS')).memory.send)
        await sleep(50)
      }
    })()
    // Who begins is slow: the first seconds are not compared.
    const warm = 2 * RATE
    const alone = 10 * RATE
    await publish(publisher, 0, warm + alone)
    await everybodyHas(warm + alone)
    const bad = await stuckPeer(t, node)
    const began = performance.now()
    const gone = node.waitEvent('LINK_DOWN', event => event.peer_id === bad.key.id, 60_000).then(event => ({ event, ms: performance.now() - began }))
    await publish(publisher, warm + alone, warm + alone + total)
    await everybodyHas(warm + alone + total)
    const { event, ms } = await gone
    going = false
    await watch

    assert.deepEqual([event.reason, event.by], ['stalled', 'us'])
    assert.ok((await node.api('STATUS')).counters.gossip_links_stalled === 1)
    assert.equal((await node.peer(far.peerId)).links, 1)
    t.diagnostic(`gone after ${Math.round(ms)} ms; at most ${held} bytes were held for peers`)
    const figures = Object.entries(listeners).map(([who, one]) => ({ who, before: one.p99(warm, warm + alone), during: one.p99(warm + alone, warm + alone + total) }))
    for (const { who, before, during } of figures) t.diagnostic(`${who}: p99 ${before.toFixed(2)} ms without, ${during.toFixed(2)} ms with, ${(during / before).toFixed(2)}x`)
    if (sanitized) return
    assert.ok(ms <= 10_000, `it was there for ${ms} ms`)
    assert.ok(held <= MIB, `${held} bytes were held`)
    // A millisecond is what the machine's other work adds to one and not to the other.
    for (const { who, before, during } of figures) assert.ok(during <= 1.2 * before + 1, `${who}: ${during} ms against ${before}`)
  })
})
