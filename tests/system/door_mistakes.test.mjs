// Proves that a consumer's mistake, whatever it is, costs nobody but itself: while a program says spoiled NATS to the door as
// fast as it can, a healthy publisher's messages reach a healthy subscriber, all of them, in order, and not later than 10 ms.
//
// SECONDS=600 is the long form. SEED chooses what is said. Under sanitizers only the loss is judged, not the time.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { judge, startNode, until } from './lib/node.mjs'
import { helloTo } from './lib/nats_conversations.mjs'
import { rawNats } from './lib/raw_nats.mjs'

const SECONDS = Number(process.env.SECONDS ?? 6)
const SEED = Number(process.env.SEED ?? 1)
const ROUND_MS = 2000
const LATEST_MS = 10
const PAUSE_MS = 2

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

  static async attach (door) {
    const healthy = new Healthy()
    const [from, to] = [await attached(door), await attached(door)]
    to.send('SUB healthy.line 1\r\n')
    await to.settle(1)
    to.socket.on('data', text => healthy.#take(text))
    return Object.assign(healthy, { from, to })
  }

  #take (text) {
    this.#text += text
    for (;;) {
      const match = /^(?:PING\r\n|PONG\r\n)*MSG healthy\.line 1 \d+\r\n(\d+) ([\d.]+)\r\n/.exec(this.#text)
      if (!match) break
      this.#text = this.#text.slice(match[0].length)
      assert.equal(Number(match[1]), this.heard, 'in order and whole')
      this.heard++
      this.worst = Math.max(this.worst, performance.now() - Number(match[2]))
    }
  }

  // One round of messages. → the worst delay
  async round (ms) {
    this.worst = 0
    for (const end = performance.now() + ms; performance.now() < end;) {
      const body = `${this.sent} ${performance.now()}`
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

async function isSanitized (node) {
  const maps = await import('node:fs').then(fs => fs.readFileSync(`/proc/${node.pid}/maps`, 'utf8'))
  return maps.includes('libasan')
}

test('whoever spoils what he says to the door harms only himself', judge('js'), async t => {
  const node = await startNode({ t })
  const door = { port: Number(new URL(node.door).port), token: node.token }
  const healthy = await Healthy.attach(door)
  t.after(() => { for (const raw of [healthy.from, healthy.to]) raw.socket.destroy() })
  const alone = await healthy.round(ROUND_MS)
  const said = vandal(t, door, SEED)
  await until(() => said.connections > 0, 'the vandal to begin')
  const worst = []
  for (const end = Date.now() + 1000 * SECONDS; Date.now() < end;) worst.push(await healthy.round(ROUND_MS))
  said.child.kill('SIGKILL')

  const { consumers } = await node.api('STATUS')
  assert.ok(consumers.length >= 3)
  await until(async () => (await node.api('STATUS')).consumers.length === 3, 'nothing of the vandal to be left') // and the test's own
  t.diagnostic(`${said.connections} connections, ${said.bytes} bytes; ${healthy.heard} healthy messages, none lost; the latest ` +
    `${alone.toFixed(1)} ms alone, ${worst.map(ms => ms.toFixed(1)).join(' ')} ms a round`)
  assert.ok(said.connections > 100)
  // What the machine does to us happens in some rounds, what the door does to us in all.
  if (!await isSanitized(node)) assert.ok(Math.min(...worst) <= LATEST_MS, `${worst}`)
})
