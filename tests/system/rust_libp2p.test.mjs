// Proves that current rust-libp2p, with every default of its own, takes a peerline for one of its own, in both roles:
// links, ping, identify, streams, gossip both ways and through us, messages larger than it takes, and its return after a
// kill. The common promises are also asked of a go-libp2p node in our place, so that a failure is peerline's.

import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { freshDir, judge } from './lib/node.mjs'
import { goJudge } from '../interop/go/programs.mjs'
import { connectionsBetween } from '../interop/go/kernel.mjs'
import { startGo, SUBJECTS, until } from '../interop/go/subjects.mjs'
import { rustPeer } from '../interop/rust/peer.mjs'
import { BUILD_MS, program, rustJudge } from '../interop/rust/programs.mjs'
import { TOPIC, announcement, envelope, blockAnnouncement } from './lib/teranode.mjs'

const PING = '/ipfs/ping/1.0.0'
const IDENTIFY = '/ipfs/id/1.0.0'
const PERF = '/perf/1.0.0'
const MIB = 1024 * 1024
const KIB = 1024
const RUST_MAX = 65_536

const base64 = bytes => Buffer.from(bytes).toString('base64')

// A subject and a rust node with a link that the one or the other dialled, each having identified the other.
async function pair (t, kind, { weDial = false, rust = {}, subject = {} } = {}) {
  const us = await kind.start({ t, ...subject })
  const peer = await rustPeer({ t, ...rust })
  if (weDial) await us.connect(peer.listen[0])
  else await peer.do('connect', { address: us.listen[0] })
  await linked(us, peer)
  return { us, peer }
}

async function linked (us, peer) {
  await us.identity(peer.peerId)
  await peer.waitEvent('identified', event => event.peer_id === us.peerId)
}

async function meshed (us, peer, topic = TOPIC) {
  await peer.waitEvent('mesh', event => event.topic === topic && event.peer_id === us.peerId && event.grafted)
  await us.waitMesh(topic, peer.peerId)
}

async function gossiping (t, kind, options) {
  const { us, peer } = await pair(t, kind, options)
  await us.subscribe(TOPIC)
  await peer.do('subscribe', { topic: TOPIC })
  await meshed(us, peer)
  return { us, peer }
}

const heard = (peer, bytes, ms) => peer.waitEvent('message', message => message.data.equals(bytes), ms)

// One signed message each way; what arrives is what was sent, by whom it was said to be sent.
async function gossipBothWays (us, peer, label) {
  const theirs = announcement(peer.peerId, { clientName: `rust ${label}` })
  const { message_id: id } = await peer.do('publish', { topic: TOPIC, data: base64(theirs) })
  const came = await us.waitMessage(message => message.data.equals(theirs))
  assert.equal(came.from, peer.peerId)
  assert.equal(came.via, peer.peerId)
  assert.equal(came.signed, true, 'the message is not marked verified')
  assert.ok(id.startsWith(peer.peerId), `rust's own message id is base58 and decimal: ${id}`)

  const ours = announcement(us.peerId, { clientName: `us ${label}` })
  await us.publish(TOPIC, ours)
  const went = await heard(peer, ours)
  assert.equal(went.from, us.peerId)
  assert.equal(went.via, us.peerId)
  assert.equal(went.message_id, us.peerId + went.seqno)
}

async function exactlyOneLink (us, peer) {
  let seen
  await until(async () => {
    seen = {
      subject: await us.linkCount(peer.peerId),
      rust: (await peer.links(us.peerId)).length,
      kernel: connectionsBetween(us.pid, peer.pid)
    }
    return seen.subject === 1 && seen.rust === 1 && seen.kernel === 1
  }, () => `exactly one link in every view, last ${JSON.stringify(seen)}\n${us.log()}\n${peer.log()}`)
}

async function linkUnharmed (us, peer) {
  await exactlyOneLink(us, peer)
  assert.equal((await us.ping(peer.peerId, 1)).length, 1)
  assert.deepEqual(peer.events('disconnected'), [])
}

for (const kind of SUBJECTS) {
  const options = rustJudge(kind.peerline ? judge('rust', { timeout: BUILD_MS + 300_000 }) : goJudge({ timeout: BUILD_MS + 300_000 }))
  // What only peerline promises is not asked of go.
  const ours = kind.peerline ? test : () => {}

  describe(`rust-libp2p and ${kind.name}`, options, () => {
    test('the crate builds from its lock file', async () => { await program() })

    for (const weDial of [false, true]) {
      const who = weDial ? 'we dial rust' : 'rust dials us'

      test(`${who}: one link, told the same by both and by the kernel, and both answer pings`, async t => {
        const { us, peer } = await pair(t, kind, { weDial })
        await exactlyOneLink(us, peer)
        const [link] = await peer.links(us.peerId)
        assert.equal(link.direction, weDial ? 'inbound' : 'outbound')
        const times = (await peer.do('ping', { peer_id: us.peerId, count: 2 })).rtt_us
        assert.ok(times.length === 2 && times.every(time => time < 5e6), `${times}`)
        const back = await us.ping(peer.peerId, 5)
        assert.ok(back.length === 5 && back.every(time => time > 0 && time < 5e6), `${back}`)
        assert.deepEqual(peer.events('ping_failed'), [])
      })

      test(`${who}: both identify the other, completely`, async t => {
        const { us, peer } = await pair(t, kind, { weDial, rust: { agent: 'rust-libp2p/judge' } })
        const seen = await peer.do('identify', { peer_id: us.peerId })
        assert.match(seen.agent, kind.agent)
        assert.ok(seen.key_matches)
        for (const name of [PING, IDENTIFY, '/ipfs/id/push/1.0.0', PERF, '/meshsub/1.1.0', '/meshsub/1.2.0']) {
          assert.ok(seen.protocols.includes(name), `${name} is missing in ${seen.protocols}`)
        }
        assert.match(seen.observed, /^\/ip4\/127\.0\.0\.1\/tcp\/\d+/)
        assert.ok(us.listen.includes(`${seen.listen[0]}/p2p/${us.peerId}`), `${seen.listen} is not among ${us.listen}`)

        const theirs = await us.identity(peer.peerId)
        assert.equal(theirs.agent, 'rust-libp2p/judge')
        assert.equal(theirs.protocolVersion, 'ipfs/0.1.0')
        for (const name of [PING, IDENTIFY, PERF, '/meshsub/1.1.0']) {
          assert.ok(theirs.protocols.includes(name), `${name} is missing in ${theirs.protocols}`)
        }
        assert.ok(theirs.listen.some(address => peer.listen[0].startsWith(address)), `${theirs.listen}`)
        assert.ok(theirs.observed?.startsWith('/ip4/127.0.0.1/tcp/'), theirs.observed)
      })

      test(`${who}: a wrong peer id is refused, and the right one still works`, async t => {
        const us = await kind.start({ t })
        const peer = await rustPeer({ t })
        const stranger = await rustPeer({ t })
        const lie = address => address.replace(/\/p2p\/.*/, `/p2p/${stranger.peerId}`)
        if (weDial) await assert.rejects(us.connect(lie(peer.listen[0])))
        else await assert.rejects(peer.do('connect', { address: lie(us.listen[0]) }), /WrongPeerId|Unexpected/)
        // Who dialled a wrong id closes when the handshake is over, and the other end hears of it later.
        const links = async () => [await us.linkCount(stranger.peerId), await us.linkCount(peer.peerId)]
        await until(async () => String(await links()) === '0,0', 'no link to either')
        if (weDial) await us.connect(peer.listen[0])
        else await peer.do('connect', { address: us.listen[0] })
        await linked(us, peer)
      })

      test(`${who}: perf moves megabytes up and down, asked for by either end`, async t => {
        const { us, peer } = await pair(t, kind, { weDial })
        const [up, down] = [8 * MIB + 13, 8 * MIB + 7]
        const theirs = await peer.do('perf', { peer_id: us.peerId, upload: up, download: down })
        assert.deepEqual([theirs.uploaded, theirs.downloaded], [up, down])
        const mine = await us.perf(peer.peerId, up, down)
        assert.deepEqual([mine.uploaded, mine.downloaded], [up, down])
        await linkUnharmed(us, peer)
      })

      test(`${who}: signed announcements cross both ways`, async t => {
        const { us, peer } = await gossiping(t, kind, { weDial })
        await gossipBothWays(us, peer, 'one')
      })
    }

    for (const keyType of ['rsa', 'secp256k1', 'ecdsa']) {
      test(`a rust node with an ${keyType} key is accepted, its gossip and ours verified`, async t => {
        const { us, peer } = await gossiping(t, kind, { rust: keyType === 'rsa' ? { pkcs8: rsaKey(t) } : { keyType } })
        assert.equal((await us.ping(peer.peerId, 1)).length, 1)
        await gossipBothWays(us, peer, keyType)
      })
    }

    // go by default allows itself too few ping streams for this.
    test('a thousand streams are opened and closed from either end, and the link is still the same', async t => {
      const { us, peer } = await pair(t, kind, { subject: { limits: false } })
      assert.equal((await peer.do('streams', { peer_id: us.peerId, count: 1000 })).opened, 1000)
      assert.equal(await us.streams(peer.peerId, 1000), 1000)
      await linkUnharmed(us, peer)
    })

    test('a stream half-closed before the answer is answered in full, then closed', async t => {
      const { us, peer } = await pair(t, kind)
      for (const bytes of [0, 32, 96, 32 * 256]) {
        const answer = await peer.do('half_close', { peer_id: us.peerId, bytes }, 10_000)
        assert.deepEqual([answer.got, answer.echoed], [bytes, true])
      }
      await linkUnharmed(us, peer)
    })

    test('a protocol we do not have is declined, twenty times, and the link lives', async t => {
      const { us, peer } = await pair(t, kind)
      for (let round = 0; round < 20; round++) {
        await assert.rejects(peer.do('open', { peer_id: us.peerId, protocol: '/judge/nobody/1.0.0' }), /does not support/)
      }
      await linkUnharmed(us, peer)
    })

    test('two hundred announcements each way all arrive, once', async t => {
      const { us, peer } = await gossiping(t, kind)
      const rounds = Array.from({ length: 200 }, (_, index) => index)
      for (const height of rounds) {
        await peer.do('publish', { topic: TOPIC, data: base64(announcement(peer.peerId, { height })) })
        await us.publish(TOPIC, announcement(us.peerId, { height }))
      }
      const came = () => us.messages().filter(message => message.from === peer.peerId)
      const went = () => peer.events('message').filter(message => message.from === us.peerId)
      await until(() => came().length >= 200, () => `200 here, not ${came().length}\n${us.log()}`)
      await until(() => went().length >= 200, () => `200 at rust, not ${went().length}\n${us.log()}`)
      assert.equal(new Set(came().map(message => String(message.data))).size, 200)
      assert.equal(new Set(went().map(message => String(message.data))).size, 200)
      assert.deepEqual([came().length, went().length], [200, 200])
    })

    test('what go says reaches rust through us, and what rust says reaches go, author kept, once', async t => {
      const { us, peer } = await gossiping(t, kind)
      const { peer: go } = await startGo({ t })
      await go.do('subscribe', { topic: TOPIC })
      await go.do('connect', { address: us.listen[0] })
      await meshed(us, go)
      const fromGo = announcement(go.peerId, { clientName: 'go' })
      await go.do('publish', { topic: TOPIC, data: base64(fromGo) })
      const atRust = await heard(peer, fromGo)
      assert.deepEqual([atRust.from, atRust.via], [go.peerId, us.peerId])
      const fromRust = announcement(peer.peerId, { clientName: 'rust' })
      await peer.do('publish', { topic: TOPIC, data: base64(fromRust) })
      const atGo = await heard(go, fromRust)
      assert.deepEqual([atGo.from, atGo.via, atGo.signed], [peer.peerId, us.peerId, true])
      for (const sent of [fromGo, fromRust]) {
        // Peers need not wait until a message is delivered here.
        await us.waitMessage(message => message.data.equals(sent))
        assert.equal(us.messages().filter(message => message.data.equals(sent)).length, 1)
      }
    })

    test('announcements of 60 KiB, about all that rust takes, cross whole in both directions', async t => {
      const { us, peer } = await gossiping(t, kind)
      const big = author => envelope('big', { ...blockAnnouncement(author), Coinbase: 'ab'.repeat(22_000) })
      const theirs = big(peer.peerId)
      assert.ok(theirs.length > 58_000 && theirs.length < RUST_MAX - 1000)
      await peer.do('publish', { topic: TOPIC, data: base64(theirs) })
      await us.waitMessage(message => message.data.equals(theirs))
      const mine = big(us.peerId)
      await us.publish(TOPIC, mine)
      await heard(peer, mine)
      await linkUnharmed(us, peer)
    })

    ours('what is larger than rust takes is not sent to rust, others get it, and rust misses nothing else', async t => {
      const { us, peer } = await gossiping(t, kind)
      const { peer: go } = await startGo({ t })
      await go.do('subscribe', { topic: TOPIC })
      await go.do('connect', { address: us.listen[0] })
      await meshed(us, go)
      const before = (await us.node.api('STATUS')).counters
      for (let round = 0; round < 10; round++) { // rust gives a peer up after five streams
        await us.publish(TOPIC, Buffer.alloc(100 * KIB, round))
        await us.publish(TOPIC, Buffer.from(`small ${round}`))
      }
      for (let round = 0; round < 10; round++) {
        await heard(peer, Buffer.from(`small ${round}`))
        await heard(go, Buffer.alloc(100 * KIB, round))
      }
      const after = (await us.node.api('STATUS')).counters
      assert.equal(after.gossip_too_large_for_peer - before.gossip_too_large_for_peer, 10)
      assert.equal(after.gossip_streams_opened, before.gossip_streams_opened)
      assert.equal(peer.events('message').length, 10)
      await linkUnharmed(us, peer)
      await gossipBothWays(us, peer, 'after')
    })

    ours('the largest RPC that rust takes is sent to it, and the next larger one is not', async t => {
      const { us, peer } = await gossiping(t, kind)
      // An RPC is its message, with tag and length; a message is author, data, sequence number, topic and signature.
      const around = (1 + 3) + (2 + 38) + (1 + 3) + (2 + 8) + (2 + TOPIC.length) + (2 + 64)
      for (const [size, label] of [[RUST_MAX - 1, 1], [RUST_MAX, 2], [RUST_MAX + 1, 3]]) {
        await us.publish(TOPIC, Buffer.alloc(size - around, label))
      }
      await us.publish(TOPIC, Buffer.from('the end'))
      await heard(peer, Buffer.from('the end'))
      assert.deepEqual(peer.events('message').map(message => message.data[0]), [1, 2, 't'.charCodeAt(0)])
      assert.equal((await us.node.api('STATUS')).counters.gossip_too_large_for_peer, 1)
      await linkUnharmed(us, peer)
    })

    ours('a rust node that takes more, and shows it by sending more, gets more', async t => {
      const { us, peer } = await gossiping(t, kind, { rust: { maxTransmit: MIB } })
      const theirs = Buffer.alloc(100 * KIB, 1)
      await peer.do('publish', { topic: TOPIC, data: base64(theirs) })
      await us.waitMessage(message => message.data.equals(theirs))
      const mine = Buffer.alloc(100 * KIB, 2)
      await us.publish(TOPIC, mine)
      await heard(peer, mine)
      await linkUnharmed(us, peer)
    })

    ours('a rust node under another name is taken at its word once: one stream is lost, then it gets what it takes', async t => {
      const { us, peer } = await gossiping(t, kind, { rust: { agent: 'something/else' } })
      await us.publish(TOPIC, Buffer.alloc(100 * KIB, 1))
      const { gossip_streams_opened: opened } = (await us.node.api('STATUS')).counters
      await until(async () => (await us.node.api('STATUS')).counters.gossip_streams_opened > opened,
        () => `a new stream after the one that rust gave up\n${us.log()}`)
      for (let round = 0; round < 10; round++) {
        await us.publish(TOPIC, Buffer.alloc(100 * KIB, round))
        await us.publish(TOPIC, Buffer.from(`small ${round}`))
      }
      await heard(peer, Buffer.from('small 9'))
      const { counters } = await us.node.api('STATUS')
      assert.equal(counters.gossip_streams_opened, opened + 1)
      assert.ok(counters.gossip_too_large_for_peer >= 10)
      await linkUnharmed(us, peer)
      await gossipBothWays(us, peer, 'after')
    })

    ours('rust that leaves the topic and comes back hears nothing in between and all after', async t => {
      const { us, peer } = await gossiping(t, kind)
      const mark = peer.mark()
      await peer.do('unsubscribe', { topic: TOPIC })
      await us.node.waitEvent('TOPIC_PEER', event => event.peer_id === peer.peerId && event.joined === false)
      await us.publish(TOPIC, announcement(us.peerId, { height: 1 }))
      await peer.do('subscribe', { topic: TOPIC })
      // The way back leads past the backoff of an unsubscribe: ten seconds, and rust's heartbeat.
      await peer.waitEvent('mesh', event => event.peer_id === us.peerId && event.grafted, 20_000, mark)
      const after = announcement(us.peerId, { height: 2 })
      await us.publish(TOPIC, after)
      await heard(peer, after)
      assert.equal(peer.events('message').filter(message => message.data.includes('"Height":1,')).length, 0)
    })

    ours('when we leave the topic rust prunes us, and grafts us again when we come back', async t => {
      const { us, peer } = await gossiping(t, kind)
      const mark = peer.mark()
      await us.unsubscribe(TOPIC)
      await peer.waitEvent('topic_peer', event => event.peer_id === us.peerId && !event.joined, 10_000, mark)
      await peer.waitEvent('mesh', event => event.peer_id === us.peerId && !event.grafted, 10_000, mark)
      const back = peer.mark()
      await us.subscribe(TOPIC)
      await peer.waitEvent('topic_peer', event => event.peer_id === us.peerId && event.joined, 10_000, back)
      await peer.waitEvent('mesh', event => event.peer_id === us.peerId && event.grafted, 20_000, back)
      await gossipBothWays(us, peer, 'again')
    })

    ours('a rust node killed and started again with its key gets its link and its gossip back', async t => {
      const key = join(freshDir(t), 'rust.key')
      const peer = await rustPeer({ t, key })
      const us = await kind.start({ t, bootstrap: [peer.listen[0]] })
      await us.subscribe(TOPIC)
      await peer.do('subscribe', { topic: TOPIC })
      await us.waitMesh(TOPIC, peer.peerId)
      const mark = us.mark()
      await peer.kill()
      await us.waitDown(peer.peerId, 10_000, mark)
      const again = await rustPeer({ t, key, listen: peer.listen[0].replace(/\/p2p\/.*/, '') })
      assert.equal(again.peerId, peer.peerId)
      await us.waitUp(peer.peerId, 20_000, mark)
      await again.do('subscribe', { topic: TOPIC })
      await again.waitEvent('mesh', event => event.peer_id === us.peerId && event.grafted)
      await gossipBothWays(us, again, 'back')
      await exactlyOneLink(us, again)
    })

    ours('both dial at the same moment, ten times, each time one link is left, and gossip flows on it', async t => {
      const us = await kind.start({ t })
      await us.subscribe(TOPIC)
      for (let round = 0; round < 10; round++) {
        const peer = await rustPeer({ t })
        await peer.do('subscribe', { topic: TOPIC })
        const dials = await Promise.allSettled([us.connect(peer.listen[0]), peer.do('connect', { address: us.listen[0] })])
        assert.ok(dials.some(dial => dial.status === 'fulfilled'), dials.map(dial => dial.reason).join('\n'))
        await exactlyOneLink(us, peer)
        await peer.waitEvent('mesh', event => event.peer_id === us.peerId && event.grafted)
        await gossipBothWays(us, peer, `round ${round}`)
        await peer.stop()
      }
    })
  })
}

function rsaKey (t) {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const file = join(freshDir(t), 'rsa.pkcs8')
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'der' }))
  return file
}
