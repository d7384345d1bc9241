// Proves what a consumer that stops reading costs, with stock clients in processes that are really stopped and killed: a queue
// group loses no more than a frozen member's share; whoever could not keep up, was away, or found the node restarted, is told
// every number that it did not get.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { freshDir, judge, startNode, until } from './lib/node.mjs'

const READER = join(dirname(fileURLToPath(import.meta.url)), 'lib/slow_reader.mjs')
const SUBJECT = 'topic.survival/slow'
const BATCH = 100 // jobs published at once
// Of one member that does not answer, LIMIT_DOOR_TURN_MESSAGES, and its part of batches that came before the others had answered.
const SHARE = 64 + BATCH

// One process with one client; `got` is what it said of each message.
class Reader {
  got = []
  constructor (t, node, name, subject, queue = []) {
    this.child = spawn(process.execPath, [READER, node.door, node.token, name, subject, ...queue], { stdio: ['ignore', 'pipe', 'inherit'] })
    this.ended = new Promise(resolve => this.child.on('close', resolve))
    t.after(() => this.child.kill('SIGKILL'))
    createInterface({ input: this.child.stdout }).on('line', line => {
      const [what, seq, gap, text] = line.split(' ')
      if (what === 'ready') this.ready = true
      else this.got.push({ seq: Number(seq), gap: gap === '-' ? null : gap.split('-').map(Number), text })
    })
  }

  async start () { await until(() => this.ready, 'a reader to be ready'); return this }
  freeze () { this.child.kill('SIGSTOP') }
  thaw () { this.child.kill('SIGCONT') }
  async kill () { this.child.kill('SIGKILL'); await this.ended }
}

// Every number from the first to the last was got or told.
function judgeNumbers (got) {
  let next = got[0].gap ? got[0].gap[0] : got[0].seq
  for (const { seq, gap } of got) {
    if (gap) {
      assert.equal(gap[0], next, `a gap ${gap} where ${next} was due`)
      next = gap[1] + 1
    }
    assert.equal(seq, next, `${seq} came where ${next} was due`)
    next = seq + 1
  }
}

test('a frozen worker costs its queue group no more than its share, nor does killing it', judge('js'), async t => {
  const JOBS = 10_000
  const node = await startNode({ t })
  const workers = await Promise.all([1, 2, 3].map(() => new Reader(t, node, '', 'jobs', ['workers']).start()))
  const publisher = await node.consumer('publisher')
  t.after(() => publisher.close())
  workers[0].freeze()
  for (let i = 0; i < JOBS; i++) {
    publisher.publish('jobs', String(i))
    if (i % BATCH === 0) await publisher.flush()
  }
  await publisher.flush()
  const done = () => workers[1].got.length + workers[2].got.length
  await until(() => done() >= JOBS - SHARE, () => `${JOBS - SHARE} jobs to be done: ${done()}`)
  await workers[0].kill()
  publisher.publish('jobs', 'last')
  await until(() => [...workers[1].got, ...workers[2].got].some(({ text }) => text === 'last'), 'the last job')
  const all = [...workers[1].got, ...workers[2].got].map(({ text }) => text)
  assert.equal(new Set(all).size, all.length, 'no job is done twice')
  t.diagnostic(`of ${JOBS} jobs the frozen worker took ${JOBS + 1 - all.length}; the others did ${workers[1].got.length} and ${workers[2].got.length}`)
  assert.ok(JOBS + 1 - all.length <= SHARE)
})

test('a frozen worker that is thawed has lost nothing', judge('js'), async t => {
  const JOBS = 2000
  const node = await startNode({ t })
  const workers = await Promise.all([1, 2].map(() => new Reader(t, node, '', 'jobs', ['workers']).start()))
  const publisher = await node.consumer('publisher')
  t.after(() => publisher.close())
  workers[0].freeze()
  for (let i = 0; i < JOBS; i++) {
    publisher.publish('jobs', String(i))
    if (i % BATCH === 0) await publisher.flush()
  }
  await publisher.flush()
  await until(() => workers[1].got.length >= JOBS - SHARE, 'the other to do the rest')
  workers[0].thaw()
  await until(() => workers[0].got.length + workers[1].got.length === JOBS, () => `all jobs: ${workers.map(({ got }) => got.length)}`)
})

test('a consumer that is frozen in a burst is told exactly what it missed', judge('js'), async t => {
  const BURST = 8_000
  const node = await startNode({ t, env: { PEERLINE_CONSUMER_BYTES: '1048576' } })
  const reader = await new Reader(t, node, 'frozen', SUBJECT).start()
  const publisher = await node.consumer('publisher')
  t.after(() => publisher.close())
  publisher.publish(SUBJECT, 'first')
  await until(() => reader.got.length === 1, 'the first')
  reader.freeze()
  const pad = 'x'.repeat(512)
  for (let i = 0; i < BURST; i++) {
    publisher.publish(SUBJECT, pad)
    if (i % 500 === 499) await publisher.flush()
  }
  const slow = await node.waitEvent('CONSUMER_SLOW', event => event.consumer === 'frozen')
  assert.ok(slow.messages > 0 && slow.bytes > 0)
  const { consumers } = await node.api('CONSUMERS')
  const { lag, missed } = consumers.find(({ id }) => id === 'frozen')
  assert.ok(missed > 0 && lag.messages > 0, `missed ${missed}, lag ${JSON.stringify(lag)}`)
  reader.thaw()
  await node.waitEvent('CONSUMER_OK', event => event.consumer === 'frozen')
  publisher.publish(SUBJECT, 'last')
  await until(() => reader.got.at(-1).text === 'last', 'the last')
  judgeNumbers(reader.got)
  const gap = await node.waitEvent('GAP', event => event.consumer === 'frozen')
  assert.equal(gap.why, 'slow')
  assert.equal(gap.count, gap.to - gap.from + 1)
  assert.equal(reader.got.length + gap.count, BURST + 2)
  t.diagnostic(`of ${BURST} it got ${reader.got.length} and was told of ${gap.count}`)
})

test('a consumer that was killed is told what came until it was back', judge('js'), async t => {
  const node = await startNode({ t })
  let reader = await new Reader(t, node, 'service', SUBJECT).start()
  const publisher = await node.consumer('publisher')
  t.after(() => publisher.close())
  for (let i = 1; i <= 10; i++) publisher.publish(SUBJECT, `a${i}`)
  await until(() => reader.got.length === 10, 'the first ten')
  const before = reader.got
  await reader.kill()
  await until(async () => !(await node.api('CONSUMERS')).consumers.some(({ id }) => id === 'service'), 'it to be gone')
  for (let i = 1; i <= 7; i++) publisher.publish(SUBJECT, `b${i}`)
  await publisher.flush()
  reader = await new Reader(t, node, 'service', SUBJECT).start()
  const gap = await node.waitEvent('GAP', event => event.consumer === 'service')
  assert.deepEqual([gap.why, gap.count, gap.from, gap.to], ['away', 7, 11, 17])
  publisher.publish(SUBJECT, 'c')
  await until(() => reader.got.length === 1, 'the next')
  assert.deepEqual(reader.got[0].gap, [11, 17])
  judgeNumbers([...before, ...reader.got])
})

test('a node that is stopped and started again goes on with its numbers, and says that it was away', judge('js'), async t => {
  const dataDir = freshDir(t)
  let node = await startNode({ dataDir })
  t.after(() => node.stop())
  let reader = await new Reader(t, node, 'service', SUBJECT).start()
  let publisher = await node.consumer('publisher')
  for (let i = 1; i <= 10; i++) publisher.publish(SUBJECT, `a${i}`)
  await until(() => reader.got.length === 10, 'the first ten')
  const before = reader.got
  await publisher.close()
  await node.stop()
  node = await startNode({ dataDir })
  reader = await new Reader(t, node, 'service', SUBJECT).start()
  const gap = await node.waitEvent('GAP', event => event.consumer === 'service')
  assert.deepEqual([gap.why, gap.count, gap.from, gap.to], ['restart', 0, 11, 11])
  publisher = await node.consumer('publisher')
  t.after(() => publisher.close())
  publisher.publish(SUBJECT, 'b')
  await until(() => reader.got.length === 1, 'the next')
  assert.deepEqual(reader.got[0].gap, [11, 11])
  judgeNumbers([...before, ...reader.got])
})
