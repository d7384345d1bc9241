// Proves that consumers see Teranode's topics without envelopes and only what its author signed, that nobody can say on
// them what Teranode would ban the node for, and that a consumer's verdict decides what goes on to other peers; with real
// js-libp2p peers, go-libp2p and go-p2p-message-bus at the other end.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { StringCodec } from 'nats'
import { loadStack, startPeer } from './lib/js_peer.mjs'
import { cli, judge, startNode, until } from './lib/node.mjs'
import { rawNats } from './lib/raw_nats.mjs'
import { TOPIC, TOPICS, envelope, openEnvelope, payloads } from './lib/teranode.mjs'
import { goJudge } from '../interop/go/programs.mjs'
import { startGo } from '../interop/go/subjects.mjs'
import { busJudge, startBus } from '../interop/go-bus/bus.mjs'

const stack = await loadStack('3')
const text = StringCodec()
const KINDS = Object.keys(TOPICS)
const STRIKES = 5
const bytes = value => Buffer.isBuffer(value) ? value : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
const hash = number => number.toString(16).padStart(64, '0')

const startStrict = ({ t, ...options }) => startNode({ t, env: { PEERLINE_TERANODE_RULES: null }, ...options })

// A list that fills with what comes on the subject: { subject, data, header(name) }
async function collect (connection, subject) {
  const got = []
  connection.subscribe(subject, {
    callback: (error, message) => {
      if (error) throw error
      got.push({ subject: message.subject, data: Buffer.from(message.data), header: name => message.headers?.get(name) })
    }
  })
  await connection.flush()
  return got
}

async function consumerOf (t, node, name) {
  const connection = await node.consumer(name)
  t.after(() => connection.close())
  return connection
}

// A js peer on the topic, in a mesh with the node, which has joined it already.
async function jsPeer (t, node, topic = TOPIC) {
  const js = await startPeer(stack, { t })
  js.subscribe(topic)
  await js.dial(node.listen[0])
  await js.seesSubscriber(topic, node.peerId)
  await node.waitEvent('MESH', event => event.topic === topic && event.peer_id === js.id && event.grafted)
  return js
}

const arrived = (list, n, node) => until(() => list.length >= n, () => `${n} messages, not ${list.length}\n${node.log()}`)

const topicOf = async (node, topic = TOPIC) => (await node.api('TOPICS')).topics.find(one => one.topic === topic)

// Every -ERR that the node sends for this publication, without the words that all of them begin with.
async function refusal (raw, subject, payload) {
  raw.received = ''
  const body = bytes(payload)
  raw.send(`PUB ${subject} ${body.length}\r\n${body.toString('latin1')}\r\n`)
  await raw.settle()
  const words = /^-ERR 'Permissions Violation for Publish to "([^"]*)": (.*)'\r\nPONG\r\n$/.exec(raw.received)
  if (words) assert.equal(words[1], subject)
  return words ? words[2] : raw.received
}

async function rawConsumer (t, node) {
  const raw = await rawNats(Number(new URL(node.door).port))
  t.after(() => raw.socket.destroy())
  await raw.info()
  raw.send(`CONNECT {"verbose":false,"headers":true,"auth_token":"${node.token}"}\r\n`)
  await raw.settle()
  return raw
}

describe('payload.<topic>', judge('js'), () => {
  test('a peer\'s payload comes without its envelope, with the same headers and the envelope\'s name', async t => {
    const node = await startStrict({ t })
    const connection = await consumerOf(t, node, 'chaintracks')
    const opened = await collect(connection, `payload.${TOPIC}`)
    const raw = await collect(connection, `topic.${TOPIC}`)
    const js = await jsPeer(t, node)
    const said = payloads.block(js.id, 948351)
    await js.publish(TOPIC, envelope('alpha', said))
    await arrived(opened, 1, node)
    await arrived(raw, 1, node)
    assert.deepEqual(JSON.parse(opened[0].data), said)
    assert.equal(opened[0].subject, `payload.${TOPIC}`)
    assert.equal(opened[0].header('Pl-Name'), 'alpha')
    assert.deepEqual(openEnvelope(raw[0].data), { name: 'alpha', payload: said })
    assert.equal(raw[0].header('Pl-Name'), '')
    for (const name of ['Pl-From', 'Pl-Via', 'Pl-Msg-Id', 'Pl-Verified', 'Pl-Received']) {
      assert.ok(opened[0].header(name), name)
      assert.equal(opened[0].header(name), raw[0].header(name), name)
    }
    assert.equal(opened[0].header('Pl-From'), js.id)
    assert.equal((await topicOf(node)).consumers, 2, 'both are one subscription to the network')
  })

  test('a payload that names another author than signed it is dropped and counted, and leaves no gap', async t => {
    const node = await startStrict({ t })
    const connection = await consumerOf(t, node, 'chaintracks')
    const opened = await collect(connection, `payload.${TOPIC}`)
    const raw = await collect(connection, `topic.${TOPIC}`)
    const js = await jsPeer(t, node)
    await js.publish(TOPIC, envelope('alpha', payloads.block(js.id, 1)))
    await js.publish(TOPIC, envelope('alpha', payloads.block(node.peerId, 2)))
    await js.publish(TOPIC, envelope('alpha', { Hash: hash(3) }))
    await js.publish(TOPIC, envelope('alpha', payloads.block(js.id, 4)))
    await arrived(raw, 4, node)
    await arrived(opened, 2, node)
    assert.deepEqual(opened.map(one => JSON.parse(one.data).Height), [1, 4])
    assert.deepEqual(opened.map(one => one.header('Pl-Seq')), ['1', '2'])
    assert.deepEqual(opened.map(one => one.header('Pl-Gap')), ['', ''])
    const topic = await topicOf(node)
    assert.equal(topic.payload_mismatched, 2)
    assert.equal(topic.payload_malformed, 0)
    assert.deepEqual((await node.api('AUTHORS')).authors,
      [{ peer_id: js.id, malformed: 0, mismatched: 2, skipped_ms: 0 }])
  })

  test('five malformed messages and their author is skipped on payload, not on topic; others are heard', async t => {
    const node = await startStrict({ t })
    const connection = await consumerOf(t, node, 'chaintracks')
    const opened = await collect(connection, `payload.${TOPIC}`)
    const raw = await collect(connection, `topic.${TOPIC}`)
    const bad = await jsPeer(t, node)
    const good = await jsPeer(t, node)
    const malformed = ['hello', '{"name":"x"', '{"name":1,"data":""}', '{"name":"x","data":"QQ"}', '[]']
    assert.equal(malformed.length, STRIKES)
    for (const one of malformed) await bad.publish(TOPIC, bytes(one))
    const event = await node.waitEvent('AUTHOR_SKIPPED')
    assert.equal(event.peer_id, bad.id)
    assert.equal(event.topic, TOPIC)
    assert.equal(event.malformed, STRIKES)
    assert.ok(event.for_ms > 0)
    await bad.publish(TOPIC, envelope('bad', payloads.block(bad.id, 1)))
    await arrived(raw, STRIKES + 1, node)
    await good.publish(TOPIC, envelope('good', payloads.block(good.id, 2)))
    await arrived(opened, 1, node)
    assert.equal(opened[0].header('Pl-From'), good.id)
    const topic = await topicOf(node)
    assert.equal(topic.payload_malformed, STRIKES)
    assert.equal(topic.payload_skipped, 1)
    const [author] = (await node.api('AUTHORS')).authors
    assert.equal(author.peer_id, bad.id)
    assert.ok(author.skipped_ms > 0 && author.skipped_ms <= event.for_ms)
    assert.equal(node.events('AUTHOR_SKIPPED').length, 1)
    assert.equal((await node.api('STATUS')).counters.authors_skipped, 1)
  })

  test('what is published to payload is an envelope to js, on all four topics, with our name', async t => {
    const node = await startStrict({ t, args: ['--client-name', 'tracker <1>'] })
    const connection = await consumerOf(t, node, 'arcade')
    for (const kind of KINDS) {
      const topic = TOPICS[kind]
      await collect(connection, `payload.${topic}`)
      const js = await jsPeer(t, node, topic)
      const said = payloads[kind](node.peerId, 948351)
      connection.publish(`payload.${topic}`, bytes(said))
      const got = await js.message(one => one.topic === topic, () => `our ${kind}\n${node.log()}`)
      assert.equal(got.from, node.peerId)
      assert.equal(got.data.toString(),
        `{"name":"tracker \\u003c1\\u003e","data":"${bytes(said).toString('base64')}"}`)
    }
    assert.equal((await node.api('STATUS')).counters.teranode_refused, 0)
  })

  test('the command line publishes payloads', async t => {
    const node = await startStrict({ t })
    const opened = await collect(await consumerOf(t, node, 'arcade'), `payload.${TOPIC}`)
    const said = JSON.stringify(payloads.block(node.peerId, 948351))
    const { code, all } = await cli(['pub', `payload.${TOPIC}`, said], { dataDir: node.dataDir })
    assert.equal(code, 0, all)
    await arrived(opened, 1, node)
    assert.equal(opened[0].data.toString(), said)
    const refused = await cli(['pub', TOPIC, 'hello'], { dataDir: node.dataDir })
    assert.equal(refused.code, 4, refused.all)
    assert.match(refused.all, /not an envelope .*PEERLINE_TERANODE_RULES/)
  })

  test('go-libp2p opens what we put into an envelope', goJudge(judge('go', { timeout: 120_000 })), async t => {
    const node = await startStrict({ t })
    const connection = await consumerOf(t, node, 'arcade')
    await collect(connection, `payload.${TOPIC}`)
    const { peer } = await startGo({ t })
    await peer.do('subscribe', { topic: TOPIC })
    await peer.do('connect', { address: node.listen[0] })
    await peer.waitEvent('mesh', event => event.topic === TOPIC && event.peer_id === node.peerId && event.grafted)
    await node.waitEvent('MESH', event => event.topic === TOPIC && event.peer_id === peer.peerId && event.grafted)
    const said = bytes(payloads.block(node.peerId, 7))
    connection.publish(`payload.${TOPIC}`, said)
    const got = await peer.waitEvent('message', message => message.from === node.peerId)
    assert.equal(got.envelope.name, 'peerline')
    assert.deepEqual(got.envelope.data, said)
  })

  test('go-p2p-message-bus hears our payloads on all four topics, and we its own', busJudge(judge('go', { timeout: 120_000 })), async t => {
    const node = await startStrict({ t })
    const connection = await consumerOf(t, node, 'arcade')
    const opened = Object.fromEntries(await Promise.all(KINDS.map(async kind =>
      [kind, await collect(connection, `payload.${TOPICS[kind]}`)])))
    const bus = await startBus({ t, name: 'alpha', static: node.listen[0] })
    for (const kind of KINDS) await bus.subscribe(TOPICS[kind])
    for (const kind of KINDS) {
      const topic = TOPICS[kind]
      await node.waitEvent('MESH', event => event.topic === topic && event.peer_id === bus.peerId && event.grafted)
      const ours = payloads[kind](node.peerId, 7)
      connection.publish(`payload.${topic}`, bytes(ours))
      const heard = await bus.waitMessage(message => message.topic === topic && message.from === node.peerId)
      assert.deepEqual(JSON.parse(heard.data), ours)
      assert.equal(heard.name, 'peerline')
      const theirs = payloads[kind](bus.peerId, 8)
      await bus.publish(topic, theirs)
      const came = await until(() => opened[kind].find(one => one.header('Pl-From') === bus.peerId),
        () => `the bus's ${kind}\n${node.log()}`)
      assert.deepEqual(JSON.parse(came.data), theirs)
      assert.equal(came.header('Pl-Name'), 'alpha')
    }
    assert.deepEqual(bus.malformed(), [])
    assert.deepEqual(bus.skipped(), [])
  })
})

describe('what may be published on Teranode\'s topics', judge('js'), () => {
  const SEE = '; see PEERLINE_TERANODE_RULES'
  const RULES = [
    ['block', () => 'hello', 'the payload in the envelope is not a JSON object'],
    ['block', id => ({ ...payloads.block(id, 1), PeerID: 'somebody' }), id => `PeerID is not this node, which is ${id}`],
    ['node_status', id => ({ ...payloads.node_status(id, 1), peer_id: undefined }), id => `peer_id is not this node, which is ${id}`],
    ['block', id => ({ ...payloads.block(id, 1), Height: '948351' }), 'Height is of the wrong type'],
    ['block', id => ({ ...payloads.block(id, 1), Hash: undefined }), 'Hash is missing'],
    ['rejected-tx', id => ({ ...payloads['rejected-tx'](id, 1), TxID: 'xyz' }), 'TxID is not a hash of 64 hexadecimal digits'],
    ['subtree', id => ({ ...payloads.subtree(id, 1), Hash: hash(1) + '0' }), 'Hash is longer than 64 bytes'],
    ['block', id => ({ ...payloads.block(id, 1), Header: '0'.repeat(162) }), 'Header is longer than 160 bytes'],
    ['block', id => ({ ...payloads.block(id, 1), Header: 'xy' }), 'Header is not hexadecimal'],
    ['subtree', id => ({ ...payloads.subtree(id, 1), DataHubURL: 'file:///etc' }), 'DataHubURL is not a URL of http or https'],
    ['node_status', id => ({ ...payloads.node_status(id, 1), base_url: `http://${'h'.repeat(2048)}` }), 'base_url is longer than 2048 bytes'],
    ['rejected-tx', id => ({ ...payloads['rejected-tx'](id, 1), Reason: 'two\nlines' }), 'Reason is not printable text'],
    ['rejected-tx', id => ({ ...payloads['rejected-tx'](id, 1), Reason: 'x'.repeat(1025) }), 'Reason is longer than 1024 bytes'],
    ['block', id => ({ ...payloads.block(id, 1), PeerID: id, ClientName: 'x'.repeat(257) }), 'ClientName is longer than 256 bytes']
  ]

  test('each rule refuses with words of its own, through payload and through topic, and nothing gets out', async t => {
    const node = await startStrict({ t })
    await collect(await consumerOf(t, node, 'reader'), `topic.${TOPIC}`)
    const js = await jsPeer(t, node)
    const raw = await rawConsumer(t, node)
    for (const [kind, make, words] of RULES) {
      const payload = make(node.peerId)
      const wanted = (typeof words === 'string' ? words : words(node.peerId)) + SEE
      assert.equal(await refusal(raw, `payload.${TOPICS[kind]}`, payload), wanted)
      assert.equal(await refusal(raw, `topic.${TOPICS[kind]}`, envelope('x', payload)), wanted)
    }
    assert.equal(await refusal(raw, `topic.${TOPIC}`, payloads.block(node.peerId, 1)),
      `the payload in the envelope is not a JSON object${SEE}`)
    assert.equal(await refusal(raw, `topic.${TOPIC}`, 'hello'),
      `not an envelope {name, data}; publish its payload to payload.<topic>, which puts it into one${SEE}`)
    for (const [kind, most] of [['block', 32768], ['subtree', 32768], ['rejected-tx', 16384], ['node_status', 65536]]) {
      assert.equal(await refusal(raw, `topic.${TOPICS[kind]}`, ' '.repeat(most + 1)),
        `${most + 1} bytes, of which Teranode takes at most ${most} on this topic${SEE}`)
    }
    assert.equal((await node.api('STATUS')).counters.teranode_refused, 2 * RULES.length + 6)
    assert.equal(await refusal(raw, `payload.${TOPIC}`, payloads.block(node.peerId, 5)), 'PONG\r\n')
    await js.message(one => openEnvelope(one.data).payload.Height === 5)
    assert.equal(js.messages.length, 1, 'only the good one got out')
  })

  test('the same hash a fourth time, and more than the topic\'s rate, are refused', async t => {
    const node = await startStrict({ t })
    const raw = await rawConsumer(t, node)
    const say = (kind, n) => refusal(raw, `payload.${TOPICS[kind]}`, payloads[kind](node.peerId, n))
    for (const kind of ['block', 'subtree', 'rejected-tx']) {
      for (let i = 0; i < 3; i++) assert.equal(await say(kind, 1), 'PONG\r\n')
      assert.equal(await say(kind, 1), `this hash was announced 3 times in 15 s${SEE}`)
    }
    const answers = []
    for (let i = 0; i < 20; i++) answers.push(await say('node_status', 1))
    assert.equal(answers.filter(answer => answer === 'PONG\r\n').length >= 10, true, answers.join())
    assert.ok(answers.includes(`more than 10 messages, and then one every 1000 ms, on this topic${SEE}`), answers.join())
  })

  test('the setting lets everything through', async t => {
    const node = await startStrict({ t, args: ['--teranode-rules', 'false'] })
    const raw = await rawConsumer(t, node)
    assert.equal(await refusal(raw, `topic.${TOPIC}`, 'hello'), 'PONG\r\n')
    for (let i = 0; i < 20; i++) assert.equal(await refusal(raw, `payload.${TOPIC}`, payloads.block('x', 1)), 'PONG\r\n')
  })
})

describe('validate.<topic>', judge('js'), () => {
  // js A - peerline - js B: what B gets went through the node.
  async function chain (t, args = []) {
    const node = await startStrict({ t, args })
    const connection = await consumerOf(t, node, 'judge')
    const seen = await collect(connection, `topic.${TOPIC}`)
    const a = await jsPeer(t, node)
    const b = await jsPeer(t, node)
    return { node, connection, seen, a, b }
  }

  const heightOf = message => openEnvelope(message.data).payload.Height
  const say = (peer, height) => peer.publish(TOPIC, envelope('a', payloads.block(peer.id, height)))

  test('rejected and ignored messages reach neither the peers behind us nor our consumers; accepted ones reach both', async t => {
    const { node, connection, seen, a, b } = await chain(t)
    const verdicts = { 1: 'reject', 2: 'ignore', 3: 'accept' }
    const asked = []
    connection.subscribe(`validate.${TOPIC}`, {
      callback: (error, message) => {
        if (error) throw error
        const height = heightOf(message)
        asked.push({ height, from: message.headers.get('Pl-From'), seq: message.headers.get('Pl-Seq') })
        message.respond(text.encode(verdicts[height]))
      }
    })
    await connection.flush()
    for (const height of [1, 2, 3]) await say(a, height)
    await b.message(one => heightOf(one) === 3, () => `the accepted one\n${node.log()}`)
    await arrived(seen, 1, node)
    assert.deepEqual(asked, [1, 2, 3].map(height => ({ height, from: a.id, seq: String(height) })))
    assert.deepEqual(b.messages.map(heightOf), [3])
    assert.deepEqual(seen.map(heightOf), [3])
    const { counters } = await node.api('STATUS')
    assert.deepEqual(
      [counters.validate_asked, counters.validate_accepted, counters.validate_ignored, counters.validate_rejected,
        counters.gossip_ignored, counters.gossip_rejected],
      [3, 1, 1, 1, 1, 1])
  })

  test('our own publications are not asked about', async t => {
    const { node, connection, b } = await chain(t)
    const asked = await collect(connection, `validate.${TOPIC}`)
    connection.publish(`payload.${TOPIC}`, bytes(payloads.block(node.peerId, 9)))
    await b.message(one => heightOf(one) === 9)
    assert.equal(asked.length, 0)
  })

  test('a validator that says nothing delays a message and does not stop it, and the node says who it is', async t => {
    const { node, seen, a, b } = await chain(t)
    const silent = await consumerOf(t, node, 'sleeper')
    const asked = await collect(silent, `validate.${TOPIC}`)
    await say(a, 1)
    await say(a, 2)
    await b.message(one => heightOf(one) === 2)
    await arrived(seen, 2, node)
    assert.equal(asked.length, 2)
    const event = await node.waitEvent('VALIDATOR_SLOW')
    assert.equal(event.consumer, 'sleeper')
    assert.equal(event.topic, TOPIC)
    assert.ok(event.unanswered >= 1)
    await until(async () => (await node.api('STATUS')).counters.validate_unanswered === 2, 'both to be counted')
    assert.equal((await node.api('STATUS')).counters.gossip_verdicts_late, 2)
  })

  test('a validator that hangs up frees its messages at once', async t => {
    const { node, seen, a, b } = await chain(t, ['--topic-params', '* validate_ms=60000'])
    const silent = await node.consumer('sleeper')
    const asked = await collect(silent, `validate.${TOPIC}`)
    await say(a, 1)
    await arrived(asked, 1, node)
    assert.equal(seen.length, 0)
    await silent.close()
    await b.message(one => heightOf(one) === 1)
    await arrived(seen, 1, node)
    assert.equal((await node.api('STATUS')).counters.validate_abandoned, 1)
  })

  test('a consumer that listens to everything is no validator', async t => {
    const { node, connection, a, b } = await chain(t)
    const everything = await collect(connection, '>')
    await say(a, 1)
    await b.message(one => heightOf(one) === 1)
    await until(() => everything.some(one => one.subject === `payload.${TOPIC}`), 'the payload')
    assert.ok(!everything.some(one => one.subject.startsWith('validate.')))
    assert.equal((await node.api('STATUS')).counters.validate_asked, 0)
  })
})
