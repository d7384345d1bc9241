// Proves that a node says so when a topic that somebody wants hears nobody, that it says why, and that this ends when
// somebody can be heard again: in the event, in STATUS, in `peerline status` and its exit code.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { cli, judge, startNode } from './lib/node.mjs'
import { GENERATIONS, loadStack, startPeer } from './lib/js_peer.mjs'
import { TOPIC } from './lib/teranode.mjs'

const OTHER = 'teranode/bitcoin/1.0.0/mainnet-subtree'

const health = (node, topic, wanted, since) =>
  node.waitEvent('TOPIC_HEALTH', event => event.topic === topic && event.health === wanted, 20_000, since)

describe('topic health', judge('js', { timeout: 90_000 }), () => {
  test('a topic that the connected peer does not want has no mesh, until the peer subscribes, and none when it leaves', async t => {
    const js = await startPeer(await loadStack(GENERATIONS[0]), { t })
    js.subscribe(OTHER)
    const node = await startNode({ t })
    await js.dial(node.listen[0])
    const consumer = await node.consumer('chaintracks')
    t.after(() => consumer.close())
    for (const topic of [TOPIC, OTHER]) consumer.subscribe(`topic.${topic}`)
    await consumer.flush()
    const status = async () => cli(['status'], { dataDir: node.dataDir })

    const ill = await health(node, TOPIC, 'no_mesh')
    assert.equal(ill.text, `topic ${TOPIC} hears nobody: the only connected peer is not subscribed to it`)
    const [ok, ...more] = node.events('TOPIC_HEALTH').filter(event => event.topic === OTHER)
    assert.equal(ok.health, 'ok')
    assert.equal(ok.mesh, 1)
    assert.deepEqual(more, [])
    const { problems, warnings, topics } = await node.api('STATUS')
    assert.deepEqual(problems, [ill.text])
    assert.ok(warnings.includes(ill.text))
    assert.equal(topics.find(one => one.topic === TOPIC).health, 'no_mesh')
    const shown = await status()
    assert.equal(shown.code, 3)
    assert.match(shown.stdout, /mainnet-block +no mesh/)
    assert.match(shown.stdout, /mainnet-subtree +ok/)
    assert.match(shown.stdout, /^problems +topic .*mainnet-block hears nobody/m)

    js.subscribe(TOPIC)
    await health(node, TOPIC, 'ok')
    assert.deepEqual((await node.api('STATUS')).problems, [])
    assert.equal((await status()).code, 0)

    const mark = node.mark()
    await js.stop()
    await Promise.all([TOPIC, OTHER].map(topic => health(node, topic, 'no_peers', mark)))
    const alone = await node.api('STATUS')
    assert.equal(alone.problems.length, 1)
    assert.match(alone.problems[0], /^no peer is connected: 2 topics hear nobody/)
    assert.match((await status()).stdout, /mainnet-block +no peers/)
  })
})
