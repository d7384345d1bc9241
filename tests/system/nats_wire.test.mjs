// Proves that our door says on the wire what Debian's nats-server says, byte for byte, where it does not differ on purpose;
// and that docs/nats.md tells every difference.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { ROOT, judge, startNode, until, within } from './lib/node.mjs'
import { conversations, converse, helloTo } from './lib/nats_conversations.mjs'
import { natsJudge, startNatsServer } from './lib/nats_server.mjs'
import { rawNats } from './lib/raw_nats.mjs'

const MOST_CONSUMERS = 1024
const doorOf = node => ({ port: Number(new URL(node.door).port), token: node.token })
const quiet = (server, options) => helloTo(server)(options)

// A connection that said CONNECT and was answered.
async function attached (server, options) {
  const raw = await rawNats(server.port)
  await raw.info()
  raw.send(quiet(server, options))
  await raw.settle()
  return raw
}

describe('a bare socket hears at our door what nats-server says', natsJudge(judge('js')), () => {
  let reference, node, ours

  before(async () => {
    reference = await startNatsServer()
    node = await startNode()
    ours = doorOf(node)
  })

  after(async () => {
    await node?.stop()
    await reference?.stop()
  })

  for (const row of conversations) {
    test(row.name, async () => {
      const expected = await converse(reference, row)
      if (row.ours === undefined) return assert.equal(await converse(ours, row), expected)
      assert.notEqual(row.ours, expected, 'it does not differ any more')
      assert.equal(await converse(ours, row), row.ours)
    })
  }

  test('every difference is told in docs/nats.md', () => {
    const told = readFileSync(join(ROOT, 'docs/nats.md'), 'utf8').replace(/\s+/g, ' ')
    const reasons = new Set(conversations.map(row => row.why).filter(Boolean))
    assert.ok(reasons.size > 3)
    for (const why of reasons) assert.ok(told.includes(why), `docs/nats.md does not say: ${why}`)
  })

  test('a subscriber without headers gets the payload as MSG', async () => {
    const both = await Promise.all([reference, ours].map(async server => {
      const listener = await attached(server, { headers: false, no_responders: false })
      listener.send('SUB headless 1\r\n')
      await listener.settle(1)
      const speaker = await attached(server)
      speaker.send('HPUB headless 18 20\r\nNATS/1.0\r\nK: v\r\n\r\nhi\r\nHPUB headless re.ply 12 12\r\nNATS/1.0\r\n\r\n\r\n')
      await speaker.settle(1)
      await listener.settle(2)
      for (const raw of [speaker, listener]) raw.socket.destroy()
      return listener.transcript()
    }))
    assert.equal(both[1], both[0])
  })

  test('whoever says nothing is pinged after two seconds, and told after two that it has not said CONNECT', async () => {
    const both = await Promise.all([reference, ours].map(async server => {
      const mute = await rawNats(server.port)
      await mute.info()
      const idle = await attached(server)
      const connectedAt = Date.now()
      await idle.has('PING\r\n', 5000)
      const pingedAfter = Date.now() - connectedAt
      await mute.end(5000)
      idle.socket.destroy()
      return { pingedAfter, mute: mute.transcript() }
    }))
    assert.equal(both[1].mute, both[0].mute)
    for (const { pingedAfter } of both) assert.ok(pingedAfter > 1500 && pingedAfter < 3500, String(pingedAfter))
  })
})

describe('a door that is full', natsJudge(judge('js')), () => {
  async function atTheDoor (server) {
    const raw = await rawNats(server.port)
    await raw.end()
    const [info, ...rest] = raw.transcript().split('\r\n')
    assert.match(info, /^INFO \{/)
    return rest.join('\r\n')
  }

  test('says so to the next, harms nobody inside, and has room again when one leaves', async t => {
    const reference = await startNatsServer({ t, settings: 'max_connections: 1' })
    const only = await attached(reference)
    const expected = await atTheDoor(reference)
    only.socket.destroy()
    const node = await startNode({ t })
    const inside = []
    t.after(() => { for (const raw of inside) raw.socket.destroy() })
    while (inside.length < MOST_CONSUMERS - 1) inside.push(await attached(doorOf(node))) // one more is the test's own
    assert.equal(await atTheDoor(doorOf(node)), expected)
    await inside[0].settle(1)
    assert.equal((await node.api('STATUS')).pid, node.pid)
    inside.pop().socket.destroy()
    const late = await until(() => attached(doorOf(node)).catch(() => null), 'room for one more')
    inside.push(late)
  })
})

describe('a planned stop', judge('js'), () => {
  test('is announced by an INFO with ldm, and then the connection ends without a word of error', async t => {
    const node = await startNode({ t })
    const raw = await attached(doorOf(node))
    await node.stop()
    await within(raw.end(), 'the end')
    const heard = raw.transcript().split('\r\n')
    assert.equal(heard[0], 'PONG')
    assert.equal(JSON.parse(heard[1].replace(/^INFO /, '')).ldm, true)
    assert.deepEqual(heard.slice(2), ['<closed>'])
  })
})
