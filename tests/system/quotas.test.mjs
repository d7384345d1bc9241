// Proves L-05: one program at full speed is held to its quota within a few percent, loses nothing by it, and what others see
// of each other takes no longer for that. Release build: with sanitizers the door is too slow to be told from its quota.

import assert from 'node:assert/strict'
import { connect as netConnect } from 'node:net'
import { test } from 'node:test'
import { connect } from 'nats'
import { freshDir, judge, startNode, until, within } from './lib/node.mjs'
import { writeConsumers } from './lib/consumers_file.mjs'

const MESSAGES = 2000 // a second
const BYTES = 1_000_000
const ROUND_MS = 3000

// A raw publisher that writes as fast as it is read.
async function flood (t, node, token, name, size) {
  const { hostname, port } = new URL(node.door)
  const socket = netConnect(Number(port), hostname)
  await within(new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject)), 'the connection')
  t.after(() => socket.destroy())
  socket.on('error', () => {}).resume()
  socket.write(`CONNECT {"verbose":false,"auth_token":"${token}","name":"${name}"}\r\n`)
  const chunk = Buffer.from(`PUB flood.${name} ${size}\r\n${'x'.repeat(size)}\r\n`.repeat(Math.ceil(65536 / (size + 30))))
  let stopped = false
  const pump = () => { while (!stopped && socket.write(chunk)); }
  socket.on('drain', pump)
  pump()
  return { stop: () => { stopped = true; socket.destroy() } }
}

const recordOf = async (node, id) => (await node.api('CONSUMERS')).consumers.find(consumer => consumer.id === id)

// What is delivered of `name`'s messages in a second.
async function rateOf (node, name) {
  const first = await recordOf(node, name)
  const began = performance.now()
  await new Promise(resolve => setTimeout(resolve, ROUND_MS))
  const last = await recordOf(node, name)
  return { rate: (last.published - first.published) / ((performance.now() - began) / 1000), record: last }
}

// The 99th percentile, in ms, of `n` messages from one ordinary consumer to another, one every 2 ms.
async function p99 (sender, receiver, n) {
  const times = []
  const sent = new Map()
  const subscription = receiver.subscribe('ordinary', {
    callback: (_, message) => { const i = message.data[0] << 8 | message.data[1]; times.push(performance.now() - sent.get(i)) }
  })
  await receiver.flush()
  for (let i = 0; i < n; i++) {
    sent.set(i, performance.now())
    sender.publish('ordinary', new Uint8Array([i >> 8, i & 255]))
    await new Promise(resolve => setTimeout(resolve, 2))
  }
  await until(() => times.length === n, () => `${times.length} of ${n}`)
  subscription.unsubscribe()
  return times.sort((a, b) => a - b)[Math.floor(n * 0.99)]
}

const median = values => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]

const ENTRIES = {
  many: { publish: ['flood.>'], rate: { messages: MESSAGES } },
  large: { publish: ['flood.>'], rate: { bytes: BYTES } }
}

async function start (t) {
  const dataDir = freshDir(t)
  const tokens = writeConsumers(dataDir, ENTRIES)
  return { node: await startNode({ t, dataDir, env: { PEERLINE_LOG: 'info' } }), dataDir, tokens }
}

test('a program at full speed is held to its quota', judge('js'), async t => {
  const { node, tokens } = await start(t)
  await flood(t, node, tokens.many, 'many', 16)
  await flood(t, node, tokens.large, 'large', 1000)
  await until(async () => (await recordOf(node, 'large'))?.throttled_ms > 0, 'the quota')
  const [many, large] = await Promise.all([rateOf(node, 'many'), rateOf(node, 'large')])
  t.diagnostic(`${many.rate.toFixed(0)} of ${MESSAGES} messages/s; ${(large.rate * 1000).toFixed(0)} of ${BYTES} bytes/s`)
  assert.ok(Math.abs(many.rate / MESSAGES - 1) < 0.05, `${many.rate}`)
  assert.ok(Math.abs(large.rate * 1000 / BYTES - 1) < 0.05, `${large.rate * 1000}`)
  assert.ok(many.record.throttled_ms > ROUND_MS * 0.9, `throttled ${many.record.throttled_ms} ms`)
  assert.ok(many.record.bytes_held < 400_000, `${many.record.bytes_held} held`)
})

test('nothing is lost by a quota', judge('js'), async t => {
  const { node, tokens } = await start(t)
  const reader = await node.consumer('reader')
  const got = []
  reader.subscribe('flood.counted', { callback: (_, message) => got.push(Number(Buffer.from(message.data).toString())) })
  await reader.flush()
  const writer = await connect({ servers: node.door, token: tokens.many, reconnect: false })
  for (let i = 0; i < 3 * MESSAGES; i++) writer.publish('flood.counted', Buffer.from(String(i)))
  const began = performance.now()
  await writer.flush()
  const seconds = (performance.now() - began) / 1000
  await reader.flush()
  assert.deepEqual(got, Array.from({ length: 3 * MESSAGES }, (_, i) => i))
  assert.ok(seconds > 2.7 && seconds < 4.5, `${seconds} s`)
  await Promise.all([writer.close(), reader.close()])
})

// Compared in turns within one run: a machine is quicker in one minute than in the next.
test('others notice nothing of a program that wants more than its quota', judge('js'), async t => {
  const { node, dataDir, tokens } = await start(t)
  const sender = await node.consumer('sender')
  const receiver = await node.consumer('receiver')
  await p99(sender, receiver, 300) // to warm up
  const alone = []
  const beside = []
  for (let round = 0; round < 7; round++) {
    alone.push(await p99(sender, receiver, 400))
    const flooder = await flood(t, node, tokens.many, 'many', 16)
    await until(async () => (await recordOf(node, 'many'))?.throttled_ms > 0, 'the quota')
    beside.push(await p99(sender, receiver, 400))
    flooder.stop()
    // What it has written still waits for its turn, unless it may not be there any more.
    writeConsumers(dataDir, {}, tokens)
    await node.api('RELOAD')
    await until(async () => !(await recordOf(node, 'many')), 'its end')
    writeConsumers(dataDir, ENTRIES, tokens)
    await node.api('RELOAD')
  }
  const ratio = median(beside) / median(alone)
  t.diagnostic(`p99 alone ${median(alone).toFixed(2)} ms, beside ${median(beside).toFixed(2)} ms: ${ratio.toFixed(2)}×`)
  // Below a millisecond it is this program's own timers that are measured.
  assert.ok(ratio <= 1.2 || median(beside) - median(alone) < 1, `${ratio}`)
  await Promise.all([sender.close(), receiver.close()])
})
