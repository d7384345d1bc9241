// Proves that a consumer that is stopped by SIGSTOP, with everything that is kept for it full, costs its neighbours nothing: 8
// healthy ones get every message as fast as without it, 99 of 100 as soon, and none waits 100 ms for the next one.
//
// Figures of one moment on a machine that does other things as well say little, so there are short rounds, one without and one
// with the frozen consumer in turn, on one node. What the machine does meanwhile only ever takes away: of rates and delays the
// best of each kind is compared. While the two do not agree, more rounds are run, up to a limit: only a difference that is the
// door's own remains in all of them. Of the rounds' worst gaps the best counts as it is, and the middle one less the time for
// which door and load waited for a processor that others had. Under sanitizers only the loss is judged.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { binary, judge, startNode, until, within } from './lib/node.mjs'

const LOAD = join(dirname(binary()), 'bench/bench_door_load')
const SUBJECT = 'bench.door' // which the load publishes
const READERS = 8
const SIZE = 512
const RATE = 20_000
const SECONDS = 0.4
const ROUNDS_MIN = 5
const ROUNDS_MAX = 30
const RATE_SHARE = 0.9
const P99_TIMES = 1.5
const GAP_MS = 100

const isSanitized = node => readFileSync(`/proc/${node.pid}/maps`, 'utf8').includes('libasan')
const median = list => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]

// One run of the load's command. → what it measured
async function load (t, node, verb, ...words) {
  const at = new URL(node.door).host
  const command = [verb, at, node.token, node.pid, READERS, 0, SIZE, SECONDS, ...words].map(String)
  const child = spawn(LOAD, command, { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const { value } = await within(lines.next(), `the end of ${command.join(' ')}`, 60_000)
  return JSON.parse(value)
}

// A subscriber in a process of its own.
class Frozen {
  static async start (t, node) {
    const frozen = new Frozen()
    frozen.node = node
    frozen.child = spawn(binary(), ['sub', '--name', 'frozen', '--subject', SUBJECT], { env: { PEERLINE_DATA: node.dataDir }, stdio: 'ignore' })
    frozen.ended = new Promise(resolve => frozen.child.once('close', resolve))
    t.after(() => frozen.child.kill('SIGKILL'))
    await until(async () => (await frozen.seen())?.by_topic.some(({ subject }) => subject === SUBJECT), 'a subscriber')
    frozen.child.kill('SIGSTOP')
    return frozen
  }

  async seen () { return (await this.node.api('CONSUMERS')).consumers.find(({ id }) => id === 'frozen') }

  // → what it missed by then
  async end () {
    const { missed } = await this.seen()
    this.child.kill('SIGKILL')
    await this.ended
    await until(async () => !(await this.seen()), 'the end of the frozen subscriber')
    return missed
  }
}

// Both figures, with or without it.
async function round (t, node, isFrozen) {
  const frozen = isFrozen ? await Frozen.start(t, node) : null
  const fanout = await load(t, node, 'fanout')
  const paced = await load(t, node, 'paced', RATE)
  return {
    rate: fanout.published_per_second,
    p99: paced.p99_us / 1000,
    gap: paced.gap_us / 1000,
    gapOwn: paced.gap_net_us / 1000,
    lost: fanout.lost + paced.lost,
    missed: await frozen?.end()
  }
}

const best = {
  rate: rounds => Math.max(...rounds.map(r => r.rate)),
  p99: rounds => Math.min(...rounds.map(r => r.p99)),
  gap: rounds => Math.min(...rounds.map(r => r.gap))
}
const gapOf = rounds => Math.max(best.gap(rounds), median(rounds.map(r => r.gapOwn)))

function agree (alone, beside) {
  return best.rate(beside) >= RATE_SHARE * best.rate(alone) && best.p99(beside) <= P99_TIMES * best.p99(alone) &&
    gapOf(beside) <= GAP_MS
}

test('a frozen consumer costs its neighbours neither rate nor time', judge('js'), async t => {
  if (!existsSync(LOAD)) return t.skip(`${LOAD} is not built`)
  const node = await startNode({ t, env: { PEERLINE_LOG: 'info' } })
  const judged = !isSanitized(node)
  const alone = []
  const beside = []
  do {
    alone.push(await round(t, node, false))
    beside.push(await round(t, node, true))
  } while (judged && (beside.length < ROUNDS_MIN || (!agree(alone, beside) && beside.length < ROUNDS_MAX)))

  const shown = rounds => `${best.rate(rounds)} /s, p99 ${best.p99(rounds).toFixed(2)} ms, worst gaps ` +
    `${rounds.map(r => r.gapOwn.toFixed(1)).join(' ')} ms (with the kernel's share ${rounds.map(r => r.gap.toFixed(1)).join(' ')})`
  t.diagnostic(`alone: ${shown(alone)}`)
  t.diagnostic(`beside a frozen one: ${shown(beside)}`)
  for (const { lost } of [...alone, ...beside]) assert.equal(lost, 0, 'the healthy ones get everything')
  for (const { missed } of beside) assert.ok(missed > 0, 'what is kept for the frozen one was full')
  if (!judged) return
  assert.ok(best.rate(beside) >= RATE_SHARE * best.rate(alone), `${best.rate(beside)} messages a second, ${best.rate(alone)} alone`)
  assert.ok(best.p99(beside) <= P99_TIMES * best.p99(alone), `p99 ${best.p99(beside)} ms, ${best.p99(alone)} ms alone`)
  assert.ok(gapOf(beside) <= GAP_MS, `worst gaps ${beside.map(r => r.gapOwn)}`)
})
