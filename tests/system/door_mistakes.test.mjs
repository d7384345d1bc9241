// Proves that a consumer's mistake, whatever it is, costs nobody but itself: while a program says spoiled NATS to the door as
// fast as it can, a healthy publisher's messages reach a healthy subscriber, all of them, in order, and not later than 10 ms.
//
// SECONDS=600 is the long form. SEED chooses what is said. Under sanitizers only the loss is judged, not the time. Of a delay
// the kernel's own share is taken off: how long door and test waited for a processor that others had.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { judge, startNode, until } from './lib/node.mjs'
import { helloTo } from './lib/nats_conversations.mjs'
import { rawNats } from './lib/raw_nats.mjs'

const SECONDS = Number(process.env.SECONDS ?? 6)
const SEED = Number(process.env.SEED ?? 1)
const ROUND_MS = 1000
const LATEST_MS = 10
const PAUSE_MS = 2

// How long a program's main thread has waited for a processor, in ms.
const waited = pid => Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6

async function attached (door) {
  const raw = await rawNats(door.port)
  await raw.info()
  raw.send(helloTo(door)())
  await raw.settle()
  return raw
}

// A publisher and a subscriber; what arrives, and how late.
class Healthy {
  sent = 0
  heard = 0
  #text = ''

  static async attach (door, pid) {
    const healthy = new Healthy()
    healthy.waited = () => waited(pid) + waited(process.pid)
    const [from, to] = [await attached(door), await attached(door)]
    to.send('SUB healthy.line 1\r\n')
    await to.settle(1)
    to.socket.on('data', text => healthy.#take(text))
    return Object.assign(healthy, { from, to })
  }

  #take (text) {
    this.#text += text
    for (;;) {
      const match = /^(?:PING\r\n|PONG\r\n)*MSG healthy\.line 1 \d+\r\n(\d+) ([\d.]+) ([\d.]+)\r\n/.exec(this.#text)
      if (!match) break
      this.#text = this.#text.slice(match[0].length)
      assert.equal(Number(match[1]), this.heard, 'in order and whole')
      this.heard++
      const late = performance.now() - Number(match[2])
      this.latest = Math.max(this.latest, late)
      this.worst = Math.max(this.worst, late - (this.waited() - Number(match[3])))
    }
  }

  // One round of messages. → the worst delay, without what the kernel is to blame for
  async round (ms) {
    this.worst = this.latest = 0
    for (const end = performance.now() + ms; performance.now() < end;) {
      const body = `${this.sent} ${performance.now()} ${this.waited()}`
      this.from.send(`PUB healthy.line ${body.length}\r\n${body}\r\n`)
      this.sent++
      await new Promise(resolve => setTimeout(resolve, PAUSE_MS))
    }
    await until(() => this.heard === this.sent, () => `${this.sent} messages, ${this.heard} came`)
    return this.worst
  }
}

function vandal (t, door, seed) {
  const program = fileURLToPath(new URL('lib/vandal.mjs', import.meta.url))
  const child = spawn(process.execPath, [program, String(door.port), door.token, String(seed)], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  const said = { child, connections: 0, bytes: 0 }
  createInterface({ input: child.stdout }).on('line', line => Object.assign(said, JSON.parse(line)))
  return said
}

function isSanitized (node) {
  return readFileSync(`/proc/${node.pid}/maps`, 'utf8').includes('libasan')
}

test('whoever spoils what he says to the door harms only himself', judge('js'), async t => {
  const node = await startNode({ t })
  const door = { port: Number(new URL(node.door).port), token: node.token }
  const healthy = await Healthy.attach(door, node.pid)
  t.after(() => { for (const raw of [healthy.from, healthy.to]) raw.socket.destroy() })
  const alone = await healthy.round(ROUND_MS)
  const said = vandal(t, door, SEED)
  await until(() => said.connections > 0, 'the vandal to begin')
  const worst = []
  const latest = []
  for (const end = Date.now() + 1000 * SECONDS; Date.now() < end;) {
    worst.push(await healthy.round(ROUND_MS))
    latest.push(healthy.latest)
  }
  said.child.kill('SIGKILL')

  const { consumers } = await node.api('STATUS')
  assert.ok(consumers.length >= 3)
  await until(async () => (await node.api('STATUS')).consumers.length === 3, 'nothing of the vandal to be left') // and the test's own
  const list = delays => delays.map(ms => ms.toFixed(1)).join(' ')
  t.diagnostic(`${said.connections} connections, ${said.bytes} bytes; ${healthy.heard} healthy messages, none lost; the latest ` +
    `${alone.toFixed(1)} ms alone, ${list(worst)} ms a round, with the kernel's share ${list(latest)} ms`)
  assert.ok(said.connections > 100)
  // What the machine does to us otherwise happens in some rounds, what the door does to us in all.
  if (!isSanitized(node)) assert.ok(Math.min(...worst) <= LATEST_MS, `${worst}`)
})
