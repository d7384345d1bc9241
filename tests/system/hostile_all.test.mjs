// Proves M-03 of the survival list: all attacks together, 125 hostile peers that come back whenever they are put off, and
// strangers around them; the node stays within its memory, and honest peers and consumers miss nothing.
// SECONDS says for how long (600 is the full form). Memory is judged on the release build only.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { describe, test } from 'node:test'
import { judge, until } from './lib/node.mjs'
import { loadStack } from './lib/js_peer.mjs'
import { crowdOf, heardAll, honestAround, publishHonestly, startCrowd } from './lib/hostile.mjs'
import { isSanitized, processorSeconds } from './lib/strangers.mjs'

const TOPIC = 'hostile/all'
const RATE = 50
const stack = await loadStack('3')

const peakMiB = pid => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024

const crowd = {
  iwantSpam: 8, ihaveFlood: 8, graftSpam: 8, giantPrune: 6, subscriber: 8, publisher: 6, forger: 8, announcer: 6, idontwantFlood: 6,
  hoarder: 20, nibbler: 6, deaf: 10, streamOpener: 8, halfSaid: 10, boaster: 4, pinger: 3
}

describe('all attacks together', judge('js'), () => {
  test('M-03: 125 hostile peers cost the node no more memory than it was given, and honest peers nothing', { timeout: 900_000 }, async t => {
    const honest = await honestAround(t, stack, TOPIC, { direct: true })
    const { node } = honest
    const sanitized = isSanitized(node.pid)
    const seconds = Number(process.env.SECONDS ?? (sanitized ? 10 : 30))
    const peers = crowdOf(crowd)
    assert.equal(peers.length, 125)
    const author = { idBytes: honest.publisher.node.peerId.toMultihash().bytes }
    const attackers = startCrowd(t, node, peers, { strangers: 60, options: { topic: TOPIC, author } })
    await until(async () => (await node.api('STATUS')).peers >= (sanitized ? 30 : 60), 'the crowd to be there', 60_000)
    const used = processorSeconds(node.pid)
    const began = performance.now()
    let most = 0
    let worst = {}
    const delay = monitorEventLoopDelay()
    delay.enable()
    let slowest = 0
    const watch = setInterval(async () => {
      const asked = performance.now()
      const { memory } = await node.api('STATUS').catch(() => ({ memory: null }))
      slowest = Math.max(slowest, performance.now() - asked)
      if (memory?.held > most) { most = memory.held; worst = memory }
    }, 500)
    t.after(() => clearInterval(watch))
    const total = await publishHonestly(honest, seconds, RATE)
    const share = (processorSeconds(node.pid) - used) / ((performance.now() - began) / 1000)
    clearInterval(watch)
    const status = await node.api('STATUS')
    t.diagnostic(`the slowest answer took ${slowest.toFixed(0)} ms; the test itself was held up for ${(delay.max / 1e6).toFixed(0)} ms; ${honest.complaints}`)
    const { peers: known } = await node.api('PEERS')
    for (const js of [honest.publisher, honest.subscriber, honest.leaf]) {
      const pubsub = js.node.services.pubsub
      t.diagnostic(`${js.id.slice(-6)}: we give it ${JSON.stringify(known.find(one => one.peer_id === js.id)?.score)}, it gives us ${pubsub.getScore(node.peerId)}`)
    }
    const meshed = node.events('MESH').filter(event => event.peer_id === honest.leaf.id)
    t.diagnostic(`the leaf got ${honest.atLeaf.size} of ${total}; in our mesh: ${meshed.map(event => `${event.grafted ? '+' : '-'}${event.at_ms - meshed[0].at_ms}`)}`)
    await heardAll(honest, total)
    // Crowded out of the mesh it has to ask for everything, and has three seconds for that.
    assert.ok(honest.atLeaf.size >= total / 3, `the leaf got ${honest.atLeaf.size} of ${total}`)
    const did = await attackers.stop()
    t.diagnostic(`${total} messages in ${seconds} s, ${did.attacks} attacks; peak ${peakMiB(node.pid).toFixed(0)} MiB; ` +
      `${(share * 100).toFixed(0)} % of a processor; held at most ${(most / 1024 / 1024).toFixed(0)} MiB ${JSON.stringify(worst)}`)
    t.diagnostic(`links ${status.links}, peers ${status.peers}; ${JSON.stringify(status.counters)}; ${JSON.stringify(did.errors)}`)
    const reasons = {}
    for (const event of node.events('LINK_DOWN')) reasons[`${event.reason} by ${event.by}`] = (reasons[`${event.reason} by ${event.by}`] ?? 0) + 1
    t.diagnostic(`links ended: ${JSON.stringify(reasons)}`)
    const down = node.events('LINK_DOWN').filter(event => [honest.publisher.id, honest.subscriber.id].includes(event.peer_id))
    assert.deepEqual(down, [], 'no honest link was lost')
    assert.ok(most <= status.memory.budget, 'the budget holds')
    if (!sanitized) assert.ok(peakMiB(node.pid) <= 256, `${peakMiB(node.pid).toFixed(0)} MiB`)
  })

  test('M-03: while memory is short those who hold it and do nothing lose their links, and nobody else does', { timeout: 90_000 }, async t => {
    const honest = await honestAround(t, stack, TOPIC, { env: { PEERLINE_MEMORY_BUDGET: '16777216', PEERLINE_PEERS_PER_IP: '200' } })
    const { node } = honest
    const since = node.events('LINK_DOWN').length
    const attackers = startCrowd(t, node, Array.from({ length: 150 }, () => ({ kind: 'halfSilent', from: '127.0.50.1' })))
    await until(async () => (await node.api('STATUS')).memory.short, 'memory to be short', 30_000)
    const status = await node.api('STATUS')
    assert.ok(status.memory.held <= status.memory.budget, JSON.stringify(status.memory))
    assert.match(status.problems.join(), /memory is short.*PEERLINE_MEMORY_BUDGET/)
    const total = await publishHonestly(honest, 5, RATE)
    const down = await node.waitEvent('LINK_DOWN', event => event.reason === 'over_budget', 30_000)
    assert.equal(down.by, 'us')
    await heardAll(honest, total)
    await attackers.stop()
    await until(async () => !(await node.api('STATUS')).memory.short, 'memory to be there again')
    assert.ok((await node.api('STATUS')).memory.peers_cut_off > 0)
    const honestIds = [honest.publisher.id, honest.subscriber.id]
    assert.deepEqual(node.events('LINK_DOWN').slice(since).filter(event => honestIds.includes(event.peer_id)), [])
  })
})
