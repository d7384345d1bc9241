// Proves that `peerline bench` measures what it says: every message is counted at both ends, its time is bounded, mistakes are
// told, and no other node hears of it.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { cli, freshDir, judge, startNode } from './lib/node.mjs'

describe('peerline bench', judge('js'), () => {
  const bench = async (node, ...args) => {
    const result = await cli(['bench', ...args, '--json'], { dataDir: node.dataDir, timeout: 30_000 })
    assert.equal(result.code, 0, result.stderr)
    return { ...JSON.parse(result.stdout), ms: result.ms }
  }
  const messages = (result, role) => result.clients.filter(one => one.role === role).map(one => one.messages)

  test('fanout counts every delivery, and what a slow rate loses is nothing', async t => {
    const node = await startNode({ t })
    const counted = await bench(node, 'fanout', '--count', '500', '--publishers', '2', '--subscribers', '3', '--size', '64')
    assert.deepEqual(messages(counted, 'publisher'), [500, 500])
    assert.deepEqual(messages(counted, 'subscriber'), [1000, 1000, 1000])
    assert.equal(counted.messages, 3000)
    assert.equal(counted.missed, 0)
    assert.ok(counted.p50_us > 0 && counted.p50_us <= counted.p90_us && counted.p90_us <= counted.p99_us)
    const paced = await bench(node, 'fanout', '--seconds', '1', '--rate', '200', '--subscribers', '1')
    assert.ok(Math.abs(paced.messages - 200) <= 10, JSON.stringify(paced))
    assert.equal(paced.missed, 0)
  })

  test('pub and req are done in the time they were given', async t => {
    const node = await startNode({ t })
    const pub = await bench(node, 'pub', '--seconds', '1')
    assert.ok(pub.messages > 1000 && pub.ms < 10_000, JSON.stringify(pub))
    const req = await bench(node, 'req', '--seconds', '1', '--clients', '2')
    assert.equal(messages(req, 'requester').reduce((a, b) => a + b), req.messages)
    assert.deepEqual(messages(req, 'responder'), [req.messages])
    assert.ok(req.messages > 100 && req.ms < 10_000, JSON.stringify(req))
    const plain = await cli(['bench', 'req', '--count', '10'], { dataDir: node.dataDir })
    assert.match(plain.stdout, /CLIENT +MESSAGES .*P99\nresponder .*\n(requester .*\n){4}together +40 /)
  })

  test('no other node hears of it', async t => {
    const [hub, other] = [await startNode({ t }), await startNode({ t })]
    await hub.api('CONNECT', { address: other.listen[0] })
    await bench(hub, 'fanout', '--count', '100')
    const status = await hub.api('STATUS')
    assert.deepEqual(status.topics, [])
    assert.equal(status.counters.gossip_published, 0)
    assert.equal((await other.api('STATUS')).counters.gossip_received, 0)
  })

  test('mistakes are told by name', async t => {
    const node = await startNode({ t })
    for (const args of [[], ['nonsense'], ['pub', 'x'], ['pub', '--size', '7'], ['pub', '--size', '9999999'], ['fanout', '--subscribers', '99'],
      ['req', '--seconds', '0'], ['req', '--bytes', '1']]) {
      assert.equal((await cli(['bench', ...args], { dataDir: node.dataDir })).code, 1, args.join(' '))
    }
    assert.equal((await cli(['bench', 'pub'], { dataDir: freshDir(t) })).code, 2)
  })
})
