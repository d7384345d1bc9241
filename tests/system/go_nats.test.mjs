// Proves that nats.go, unchanged, finds at our door what it finds at Debian's nats-server: one program, run against
// both, writes the same transcript (token, publish, wildcards, headers, requests, no responders, queue groups, ten
// thousand messages in order, drain, and coming back by itself after a restart). Then it does a consumer's real work:
// it reads a topic, and asks the node about itself.

import { spawn, execFile } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { judge, startNode, until, within } from './lib/node.mjs'
import { natsServer, noServer, peerlineDoor, transcript } from '../interop/go/doors.mjs'
import { goJudge, program, required } from '../interop/go/programs.mjs'

const BLOCK = 'teranode/bitcoin/1.0.0/mainnet-block'
const run = promisify(execFile)
const reference = noServer && !required('go') ? { skip: noServer } : {}

let expected
const atServer = t => (expected ??= program('natsdoor').then(async judgeProgram =>
  transcript(judgeProgram, ['scenario'], await natsServer(t))))

describe('nats.go', () => {
  test('nats-server gives a complete transcript, so that ours has something to be compared with',
    goJudge(reference), async t => {
      const lines = await atServer(t)
      assert.equal(lines.at(-1), '# end')
      assert.ok(lines.includes('received 10000 in order true') && lines.includes('drained 1000 closed true'))
      assert.ok(!lines.some(line => line.endsWith('false') && line.startsWith('got ')), lines.join('\n'))
    })

  test('our door gives the same transcript as nats-server', goJudge(judge('go', reference)), async t => {
    const ours = await transcript(await program('natsdoor'), ['scenario'], await peerlineDoor(t))
    assert.deepEqual(ours, await atServer(t))
  })

  test('a topic read by nats.go on one node carries what nats.go published on another, with its provenance',
    goJudge(judge('go')), async t => {
      const natsdoor = await program('natsdoor')
      const near = await startNode({ t })
      const far = await startNode({ t, bootstrap: [near.listen[0]] })
      await near.waitEvent('LINK_UP', event => event.peer_id === far.peerId)
      const { lines, end } = await listener(t, natsdoor, near, `topic.${BLOCK}`, 3)
      const also = await far.consumer('also-reads') // TOPIC_PEER tells of topics that the node itself has joined
      t.after(() => also.close())
      also.subscribe(`topic.${BLOCK}`, { callback: () => {} })
      await far.waitEvent('TOPIC_PEER', event => event.topic === BLOCK && event.peer_id === near.peerId && event.joined)
      const texts = ['{"name":"judge","data":"YmxvY2s="}', 'two', 'three']
      for (const [i, text] of texts.entries()) {
        await run(natsdoor, ['publish', far.door.replace('nats://', ''), far.token, `topic.${BLOCK}`, text])
        await until(() => lines.length > i + 1, () => `message ${i}\n${near.log()}`)
      }
      assert.equal(await end, 0)
      const messages = lines.slice(1)
      assert.deepEqual(messages.map(message => Buffer.from(message.data, 'base64').toString()), texts)
      const header = name => messages.map(message => message.headers[name]?.[0])
      for (const message of messages) assert.equal(message.subject, `topic.${BLOCK}`)
      assert.deepEqual(header('Pl-From'), Array(3).fill(far.peerId))
      assert.deepEqual(header('Pl-Via'), Array(3).fill(far.peerId))
      assert.deepEqual(header('Pl-Verified'), Array(3).fill('yes'))
      assert.equal(new Set(header('Pl-Msg-Id')).size, 3)
      assert.equal(new Set(header('Pl-Epoch')).size, 1)
      const [first, ...rest] = header('Pl-Seq').map(Number)
      assert.deepEqual(rest, [first + 1, first + 2])
      assert.ok(header('Pl-Received').every(Boolean))
      assert.deepEqual(header('Pl-Gap'), Array(3).fill(undefined))
    })

  test('a node whose consumers only publish still reaches the subscribers on another', goJudge(judge('go')), async t => {
    const natsdoor = await program('natsdoor')
    const near = await startNode({ t })
    const far = await startNode({ t, bootstrap: [near.listen[0]] })
    const { lines, end } = await listener(t, natsdoor, near, `topic.${BLOCK}`, 1)
    // Nothing tells a node that has not joined the topic when the subscription has reached it: it publishes until heard.
    await until(async () => {
      await run(natsdoor, ['publish', far.door.replace('nats://', ''), far.token, `topic.${BLOCK}`, 'only published'])
      return lines.length > 1
    }, () => `a message\n${near.log()}\n${far.log()}`)
    assert.equal(await end, 0)
    assert.equal(lines[1].headers['Pl-From'][0], far.peerId)
    assert.equal(Buffer.from(lines[1].data, 'base64').toString(), 'only published')
  })

  test('the node answers nats.go on its control subjects', goJudge(judge('go')), async t => {
    const node = await startNode({ t })
    const ask = async verb => JSON.parse((await run(await program('natsdoor'),
      ['request', node.door.replace('nats://', ''), node.token, `$PL.API.${verb}`, '{}'])).stdout)
    const status = await ask('STATUS')
    assert.equal(status.peer_id, node.peerId)
    assert.equal(status.pid, node.pid)
    assert.deepEqual((await ask('PEERS')).peers, [])
  })
})

// A nats.go subscriber that has been told of its subscription, its lines as they come, and its exit code.
async function listener (t, natsdoor, node, subject, count) {
  const child = spawn(natsdoor, ['listen', node.door.replace('nats://', ''), node.token, subject, String(count)],
    { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  const lines = []
  createInterface({ input: child.stdout }).on('line', line => lines.push(JSON.parse(line)))
  const end = within(once(child, 'close').then(([code]) => code), 'the listener to end', 30_000)
  end.catch(() => {})
  await until(() => lines.length > 0, () => `the listener to be subscribed\n${node.log()}`)
  return { lines, end }
}
