// Proves that current go-libp2p with go-libp2p-pubsub, built the way Teranode builds it, takes a peerline for one of
// its own, in both roles. Every promise is asked of two subjects: a peerline, and another go-libp2p in its place, so
// that a failure is peerline's and not the judge's. Where the two may differ, the test says so.

import { test, describe } from 'node:test'
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { freshDir, judge } from './lib/node.mjs'
import { goJudge } from '../interop/go/programs.mjs'
import { connectionsBetween } from '../interop/go/kernel.mjs'
import { startGo, SUBJECTS, until } from '../interop/go/subjects.mjs'
import { tap } from '../interop/go/tap.mjs'

const BLOCK = 'teranode/bitcoin/1.0.0/mainnet-block'
const PING = '/ipfs/ping/1.0.0'
const IDENTIFY = '/ipfs/id/1.0.0'
const PERF = '/perf/1.0.0'
const MEGABYTE = 1024 * 1024

const ANNOUNCEMENT = JSON.stringify({
  PeerID: '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5',
  ClientName: 'judge',
  DataHubURL: 'http://127.0.0.1:8090/api/v1',
  Hash: '000000000000000001bc8a601dd5f0659d36a9b077808850375dfa2d9f009396',
  Height: 948351,
  Header: '00'.repeat(80),
  Coinbase: ''
})

const envelope = (name, payload) =>
  Buffer.from(JSON.stringify({ name, data: Buffer.from(payload).toString('base64') }))

// A subject and a go node with a link that the one or the other dialled, each having identified the other.
async function pair (t, kind, { weDial = false, go = {}, subject = {} } = {}) {
  const us = await kind.start({ t, ...subject })
  const { peer } = await startGo({ t, ...go })
  if (weDial) await us.connect(peer.listen[0])
  else await peer.do('connect', { address: us.listen[0] })
  await linked(us, peer)
  return { us, peer }
}

async function linked (us, peer) {
  await us.identity(peer.peerId)
  await peer.waitEvent('identified', event => event.peer_id === us.peerId)
}

// Both have the other in their mesh, so that whatever either publishes next reaches the other.
async function meshed (topic, us, peer) {
  await peer.waitEvent('mesh', event => event.topic === topic && event.peer_id === us.peerId && event.grafted)
  await us.waitMesh(topic, peer.peerId)
}

async function gossiping (t, kind, options) {
  const { us, peer } = await pair(t, kind, options)
  await us.subscribe(BLOCK)
  await peer.do('subscribe', { topic: BLOCK })
  await meshed(BLOCK, us, peer)
  return { us, peer }
}

// One signed message each way; what arrives is what was sent, by whom it was said to be sent.
async function gossipBothWays (us, peer, label) {
  await peer.do('publish', { topic: BLOCK, envelope: true, name: `go ${label}`, data: Buffer.from(ANNOUNCEMENT).toString('base64') })
  const came = await us.waitMessage(message => message.from === peer.peerId && message.data.includes(`go ${label}`))
  assert.deepEqual(came.data, envelope(`go ${label}`, ANNOUNCEMENT))
  assert.equal(came.signed, true, 'the message is not marked verified')

  await us.publish(BLOCK, envelope(`us ${label}`, ANNOUNCEMENT))
  const went = await peer.waitEvent('message', message => message.envelope?.name === `us ${label}`)
  assert.equal(went.from, us.peerId)
  assert.equal(went.via, us.peerId)
  assert.equal(went.signed, true)
  assert.equal(went.seqno_bytes, 8)
  assert.equal(went.envelope.data.toString(), ANNOUNCEMENT)
  return { came, went }
}

async function exactlyOneLink (us, peer) {
  let seen
  await until(async () => {
    seen = {
      subject: await us.linkCount(peer.peerId),
      go: (await peer.links(us.peerId)).length,
      kernel: connectionsBetween(us.pid, peer.pid)
    }
    return seen.subject === 1 && seen.go === 1 && seen.kernel === 1
  }, () => `exactly one link in every view, last ${JSON.stringify(seen)}\n${us.log()}\n${peer.log()}`)
}

async function noLink (us, peer) {
  await until(async () => await us.linkCount(peer.peerId) === 0 && (await peer.links(us.peerId)).length === 0,
    () => `no link in any view\n${us.log()}`)
}

for (const kind of SUBJECTS) {
  const options = kind.peerline ? goJudge(judge('go', { timeout: 120_000 })) : goJudge({ timeout: 120_000 })
  // What only peerline promises is not asked of go.
  const ours = kind.peerline ? test : () => {}

  describe(`go-libp2p and ${kind.name}`, options, () => {
    for (const weDial of [false, true]) {
      const who = weDial ? 'we dial go' : 'go dials us'

      test(`${who}: the link is encrypted and multiplexed, and both answer pings`, async t => {
        const { us, peer } = await pair(t, kind, { weDial })
        const [link, ...more] = await peer.links(us.peerId)
        assert.equal(more.length, 0)
        assert.equal(link.direction, weDial ? 'inbound' : 'outbound')
        assert.equal(link.security, kind.security)
        assert.equal(link.muxer, '/yamux/1.0.0')
        assert.equal(link.early_muxer, true, 'the muxer was not agreed inside the handshake')
        assert.equal((await peer.do('ping', { peer_id: us.peerId, count: 5 })).rtt_us.length, 5)
        const times = await us.ping(peer.peerId, 5)
        assert.equal(times.length, 5)
        assert.ok(times.every(time => time > 0 && time < 5e6), `${times}`)
      })

      test(`${who}: both identify the other, completely`, async t => {
        const { us, peer } = await pair(t, kind, { weDial, go: { agent: 'go-libp2p/interop' } })
        const [link] = await peer.links(us.peerId)
        const ours = await peer.do('identify', { peer_id: us.peerId })
        assert.match(ours.agent, kind.agent)
        assert.ok(ours.key_matches)
        assert.ok(ours.signed_record, 'go did not certify our peer record')
        for (const name of [PING, IDENTIFY, '/ipfs/id/push/1.0.0', PERF, '/meshsub/1.1.0']) {
          assert.ok(ours.protocols.includes(name), `${name} is missing in ${ours.protocols}`)
        }
        assert.equal(new Set(ours.protocols).size, ours.protocols.length, 'a protocol is named twice')
        assert.equal(ours.observed, link.local, 'we told go an address it did not come from')
        assert.ok(us.listen.includes(`${ours.listen[0]}/p2p/${us.peerId}`), `${ours.listen} is not among ${us.listen}`)

        const theirs = await us.identity(peer.peerId)
        assert.equal(theirs.agent, 'go-libp2p/interop')
        assert.equal(theirs.protocolVersion, '/teranode/bitcoin/mainnet/1.0.0')
        assert.equal(theirs.direction, weDial ? 'outbound' : 'inbound')
        for (const name of [PING, IDENTIFY, PERF, '/meshsub/1.3.0']) {
          assert.ok(theirs.protocols.includes(name), `${name} is missing in ${theirs.protocols}`)
        }
        assert.ok(theirs.listen.some(address => peer.listen[0].startsWith(address)), `${theirs.listen}`)
        assert.ok(theirs.observed?.startsWith('/ip4/127.0.0.1/tcp/'), theirs.observed)
      })

      test(`${who}: a wrong peer id is refused, and the right one still works`, async t => {
        const us = await kind.start({ t })
        const { peer } = await startGo({ t })
        const { peer: stranger } = await startGo({ t })
        const lie = address => address.replace(/\/p2p\/.*/, `/p2p/${stranger.peerId}`)
        if (weDial) await assert.rejects(us.connect(lie(peer.listen[0])))
        else await assert.rejects(peer.do('connect', { address: lie(us.listen[0]) }), /peer id mismatch/)
        assert.equal(await us.linkCount(stranger.peerId), 0)
        assert.equal(await us.linkCount(peer.peerId), 0)
        if (weDial) await us.connect(peer.listen[0])
        else await peer.do('connect', { address: us.listen[0] })
        await linked(us, peer)
      })

      for (const keyType of ['rsa', 'secp256k1', 'ecdsa']) {
        test(`${who}: a peer with an ${keyType} key is accepted, its gossip and ours verified`, async t => {
          const { us, peer } = await gossiping(t, kind, { weDial, go: { keyType } })
          assert.equal((await us.ping(peer.peerId, 1)).length, 1)
          await gossipBothWays(us, peer, keyType)
        })
      }

      test(`${who}: a go node that offers Noise alone is served like any other`, async t => {
        const { us, peer } = await pair(t, kind, { weDial, go: { security: 'noise' } })
          .catch(error => { if (kind.peerline) throw error; return {} })
        if (!us) return t.skip('go itself needs a common first choice')
        assert.equal((await peer.links(us.peerId))[0].security, '/noise')
        await exactlyOneLink(us, peer)
      })
    }

    ours('TLS is offered first, we answer na, and Noise follows on the same connection', async t => {
      const us = await kind.start({ t })
      const { peer } = await startGo({ t })
      const between = await tap(t, us.listen[0])
      const link = await peer.do('connect', { address: between.address })
      assert.equal(link.security, '/noise')
      assert.equal(between.seen.length, 1, 'go needed more than one connection')
      const [{ there, back }] = between.seen
      const [tls, noise] = [there.indexOf('\x0b/tls/1.0.0\n'), there.indexOf('\x07/noise\n')]
      assert.ok(tls >= 0 && noise > tls, `go said ${there.toString('latin1').slice(0, 80)}`)
      const [na, yes] = [back.indexOf('\x03na\n'), back.indexOf('\x07/noise\n')]
      assert.ok(na >= 0 && yes > na, `we said ${back.toString('latin1').slice(0, 80)}`)
    })

    ours('a go node that speaks only TLS is turned away without harm to anybody', async t => {
      const { us, peer } = await pair(t, kind)
      const { peer: other } = await startGo({ t, security: 'tls' })
      await assert.rejects(other.do('connect', { address: us.listen[0] }, 5_000))
      await assert.rejects(us.connect(other.listen[0]))
      assert.equal(await us.linkCount(other.peerId), 0)
      assert.equal((await peer.do('ping', { peer_id: us.peerId, count: 1 })).rtt_us.length, 1)
      await exactlyOneLink(us, peer)
    })

    test('a protocol go starts to speak later reaches us by an identify push, and one it gives up too', async t => {
      const { us, peer } = await pair(t, kind)
      await peer.do('handle', { protocol: '/judge/late/1.0.0' })
      await us.identity(peer.peerId, seen => seen.protocols.includes('/judge/late/1.0.0'))
      await peer.do('unhandle', { protocol: '/judge/late/1.0.0' })
      const after = await us.identity(peer.peerId, seen => !seen.protocols.includes('/judge/late/1.0.0'))
      assert.ok(after.protocols.includes(PING), 'the push took other protocols with it')
    })

    test('an identify so long that go splits it into several messages is read to its end', async t => {
      const us = await kind.start({ t })
      const { peer } = await startGo({ t })
      const names = Array.from({ length: 60 }, (_, i) => `/judge/a-protocol-with-quite-a-long-name/${i}.0.0`)
      for (const protocol of names) await peer.do('handle', { protocol })
      await peer.do('connect', { address: us.listen[0] })
      const seen = await us.identity(peer.peerId)
      for (const name of [...names, PING, '/meshsub/1.2.0']) assert.ok(seen.protocols.includes(name), `${name} is missing`)
    })

    test('perf moves eight megabytes up and eight down, asked for by either end', async t => {
      const { us, peer } = await pair(t, kind)
      const [up, down] = [8 * MEGABYTE, 8 * MEGABYTE + 1]
      const theirs = await peer.do('perf', { peer_id: us.peerId, upload: up, download: down })
      assert.deepEqual([theirs.uploaded, theirs.downloaded], [up, down])
      const ours = await us.perf(peer.peerId, up, down)
      assert.deepEqual([ours.uploaded, ours.downloaded], [up, down])
      const nothing = await peer.do('perf', { peer_id: us.peerId, upload: 0, download: 0 })
      assert.equal(nothing.downloaded, 0)
    })

    // Without go's limits: by default it takes two ping streams of a peer at once, and trips over those still closing.
    test('a thousand streams are opened and closed from either end, and none stays behind', async t => {
      const { us, peer } = await pair(t, kind, { go: { gossip: false, limits: false }, subject: { limits: false } })
      assert.equal((await peer.do('streams', { peer_id: us.peerId, count: 1000 })).opened, 1000)
      assert.equal(await us.streams(peer.peerId, 1000), 1000)
      assert.equal((await peer.do('streams', { peer_id: us.peerId, count: 1 })).opened, 1)
      let left
      await until(async () => {
        [{ streams: left }] = await peer.links(us.peerId)
        return left.every(stream => stream.protocol.startsWith('/meshsub/'))
      }, () => `go to have no stream left: ${JSON.stringify(left)}`)
      await exactlyOneLink(us, peer)
    })

    ours('a hundred streams are open at the same time and each is served', async t => {
      const { us, peer } = await pair(t, kind, { go: { limits: false } })
      assert.equal((await peer.do('hold', { peer_id: us.peerId, count: 100 })).held, 100)
      assert.equal((await peer.do('streams', { peer_id: us.peerId, count: 1000, parallel: 32 })).opened, 1000)
      await exactlyOneLink(us, peer)
    })

    test('streams that go resets in mid-answer cost nothing but themselves', async t => {
      const { us, peer } = await pair(t, kind)
      assert.equal((await peer.do('reset', { peer_id: us.peerId, count: 200 })).reset, 200)
      assert.equal((await peer.do('ping', { peer_id: us.peerId, count: 3 })).rtt_us.length, 3)
      await exactlyOneLink(us, peer)
    })

    for (const lazy of [true, false]) {
      const how = lazy ? 'negotiated lazily, name and data in one flight,' : 'negotiated step by step'
      test(`a stream ${how} and half-closed before the answer is answered in full`, async t => {
        const { us, peer } = await pair(t, kind)
        const halfClose = (protocol, bytes) => peer.do('half_close', { peer_id: us.peerId, protocol, bytes, lazy }, 10_000)
        for (const bytes of [32, 96, 32 * 256]) {
          const echoed = await halfClose(PING, bytes)
          assert.equal(echoed.lazy, lazy)
          assert.equal(echoed.got, bytes)
          assert.ok(echoed.echoed, `${bytes} bytes came back changed`)
        }
        assert.equal((await halfClose(PING, 0)).got, 0)
        const told = await halfClose(IDENTIFY, 0)
        assert.ok(told.got > 100 && told.got < 4096, `identify answered ${told.got} bytes`)
        await exactlyOneLink(us, peer)
      })
    }

    test('a protocol we do not have, proposed lazily with data behind it, is declined and the link lives', async t => {
      const { us, peer } = await pair(t, kind)
      for (let i = 0; i < 20; i++) {
        const data = Buffer.alloc(1 + 512 * i, 0x6e).toString('base64')
        await assert.rejects(
          peer.do('open', { peer_id: us.peerId, protocols: ['/judge/nobody/1.0.0'], pretend: true, data }, 5_000),
          error => /not supported|reset/i.test(error.message) && error.answer.lazy)
      }
      assert.equal((await peer.do('ping', { peer_id: us.peerId, count: 1 })).rtt_us.length, 1)
      await exactlyOneLink(us, peer)
    })

    ours('/meshsub/1.3.0 is offered first and declined, and the next version is taken', async t => {
      const { us, peer } = await pair(t, kind, { go: { gossip: false } })
      const protocols = ['/meshsub/1.3.0', '/meshsub/1.2.0', '/meshsub/1.1.0', '/meshsub/1.0.0']
      const { protocol, lazy } = await peer.do('open', { peer_id: us.peerId, protocols })
      assert.equal(lazy, false)
      assert.match(protocol, /^\/meshsub\/1\.[12]\.0$/)
      await exactlyOneLink(us, peer)
    })

    for (const weDial of [false, true]) {
      test(`signed block announcements travel both ways in Teranode's envelope when ${weDial ? 'we dial go' : 'go dials us'}`, async t => {
        const { us, peer } = await gossiping(t, kind, { weDial })
        const { came, went } = await gossipBothWays(us, peer, 'block')
        assert.equal(went.has_key, false, 'an Ed25519 author needs no key field')
        if (kind.peerline) {
          assert.equal(came.via, peer.peerId)
          assert.ok(came.id.length > 0, 'no Pl-Msg-Id')
          assert.equal(came.gap, '', 'a gap where nothing was lost')
        }
        assert.deepEqual(peer.events('rejected'), [])
      })
    }

    test('a go node that subscribes only after the link is up is told of, and served', async t => {
      const { us, peer } = await pair(t, kind)
      await peer.do('subscribe', { topic: BLOCK })
      await us.subscribe(BLOCK)
      await peer.waitEvent('topic_peer', event => event.peer_id === us.peerId && event.joined)
      await meshed(BLOCK, us, peer)
      await gossipBothWays(us, peer, 'late')
      await us.unsubscribe(BLOCK)
      await peer.waitEvent('topic_peer', event => event.peer_id === us.peerId && !event.joined)
    })

    test('a message reaches a go node that its author has no link to, through us, unchanged', async t => {
      const { us, peer: author } = await gossiping(t, kind)
      const { peer: reader } = await startGo({ t })
      await reader.do('connect', { address: us.listen[0] })
      await reader.do('subscribe', { topic: BLOCK })
      await meshed(BLOCK, us, reader)
      await author.do('publish', { topic: BLOCK, envelope: true, name: 'far', data: Buffer.from(ANNOUNCEMENT).toString('base64') })
      const came = await reader.waitEvent('message', message => message.envelope?.name === 'far')
      assert.equal(came.from, author.peerId)
      assert.equal(came.via, us.peerId)
      assert.equal(came.signed, true)
      assert.equal(came.envelope.data.toString(), ANNOUNCEMENT)
    })

    test('two hundred messages each way arrive once, in order, and sequence numbers only grow', async t => {
      const { us, peer } = await gossiping(t, kind)
      const [count, window] = [200, 8]
      const heard = (subject, author) => subject.messages().filter(message => message.from === author)
      const heardBy = (go, author) => go.events('message').filter(message => message.from === author)
      const names = (prefix, list) => list.map(message => message.data.toString()).filter(text => text.startsWith(prefix))
      for (let i = 0; i < count; i++) {
        await peer.do('publish', { topic: BLOCK, data: Buffer.from(`go ${i}`).toString('base64') })
        await us.publish(BLOCK, Buffer.from(`us ${i}`))
        if (i % window === window - 1) {
          await until(() => heard(us, peer.peerId).length > i && heardBy(peer, us.peerId).length > i,
            () => `message ${i} both ways: ${heard(us, peer.peerId).length}, ${heardBy(peer, us.peerId).length}\n${us.log()}`)
        }
      }
      // go's validators work side by side and may swap neighbours on arrival; the author's numbers tell its order.
      const inOrder = messages => [...messages].sort((a, b) => Number(BigInt(a.seqno) - BigInt(b.seqno)))
      const expected = prefix => Array.from({ length: count }, (_, i) => `${prefix} ${i}`)
      const came = heard(us, peer.peerId)
      assert.deepEqual(names('go', kind.peerline ? came : inOrder(came)), expected('go'))
      const went = heardBy(peer, us.peerId)
      assert.deepEqual(names('us', inOrder(went)), expected('us'))
      assert.equal(new Set(went.map(message => message.seqno)).size, count, 'a sequence number was used twice')
      if (!kind.peerline) return
      const places = came.map(message => message.seq)
      assert.ok(places.every((place, i) => i === 0 || place > places[i - 1]), `Pl-Seq: ${places}`)
    })

    test('messages of nine hundred kilobytes travel both ways', async t => {
      const { us, peer } = await gossiping(t, kind)
      const big = Buffer.alloc(900_000, 'block')
      await peer.do('publish', { topic: BLOCK, data: big.toString('base64') })
      const came = await us.waitMessage(message => message.data.length === big.length)
      assert.ok(came.data.equals(big))
      const back = Buffer.alloc(900_001, 'tx')
      await us.publish(BLOCK, back)
      const went = await peer.waitEvent('message', message => message.data.length === back.length)
      assert.ok(went.data.equals(back) && went.signed)
    })

    test('go hears of our goodbye and we hear of its goodbye', async t => {
      const { us, peer } = await pair(t, kind)
      await us.disconnect(peer.peerId)
      await peer.waitEvent('disconnected', event => event.peer_id === us.peerId)
      await noLink(us, peer)
      const mark = us.mark()
      await peer.do('connect', { address: us.listen[0] })
      await us.waitUp(peer.peerId, 10_000, mark)
      await peer.do('disconnect', { peer_id: us.peerId })
      const down = await us.waitDown(peer.peerId, 10_000, mark)
      // go closes without a GoAway, and what was under way to it makes a reset of its FIN as often as not.
      if (kind.peerline) assert.match(`${down.reason} by ${down.by}`, /^(closed by them|network by network)$/)
      await noLink(us, peer)
    })

    ours('a go node killed and started again with its key gets its link and its gossip back', async t => {
      const key = join(freshDir(t), 'go.key')
      const { peer } = await startGo({ t, key })
      const us = await kind.start({ t, bootstrap: [peer.listen[0]] })
      await us.subscribe(BLOCK)
      await us.waitUp(peer.peerId)
      const mark = us.mark()
      await peer.kill()
      const down = await us.waitDown(peer.peerId, 10_000, mark)
      assert.equal(typeof down.reason, 'string')
      const { peer: again } = await startGo({ t, key, listen: peer.listen[0].replace(/\/p2p\/.*/, '') })
      assert.equal(again.peerId, peer.peerId)
      await us.waitUp(peer.peerId, 20_000, mark)
      await linked(us, again)
      await again.do('subscribe', { topic: BLOCK })
      await again.waitEvent('mesh', event => event.peer_id === us.peerId && event.grafted)
      await again.do('publish', { topic: BLOCK, data: Buffer.from('back').toString('base64') })
      await us.waitMessage(message => message.data.toString() === 'back')
      await exactlyOneLink(us, again)
    })

    ours('a peerline started again is the same peer, and go still takes its messages for new ones', async t => {
      const { peer } = await startGo({ t })
      await peer.do('subscribe', { topic: BLOCK })
      const dataDir = freshDir(t)
      const heard = []
      for (const run of ['first', 'second']) {
        const us = await kind.start({ t, dataDir, bootstrap: [peer.listen[0]] })
        const mark = peer.mark()
        await us.subscribe(BLOCK)
        await linked(us, peer)
        await peer.waitEvent('mesh', event => event.peer_id === us.peerId && event.grafted, 10_000, run === 'first' ? 0 : mark)
          .catch(() => us.waitMesh(BLOCK, peer.peerId))
        await us.waitMesh(BLOCK, peer.peerId)
        await us.publish(BLOCK, Buffer.from(run))
        heard.push(await peer.waitEvent('message', message => message.data.toString() === run))
        await us.stop()
        await peer.waitEvent('disconnected', event => event.peer_id === us.peerId, 10_000, mark)
      }
      assert.equal(heard[0].from, heard[1].from)
      assert.ok(BigInt(heard[1].seqno) > BigInt(heard[0].seqno), 'the sequence number went back')
    })

    // go forgets a peer's topics whenever its own gossip stream to it dies, and does not ask for them again.
    ours('a go node whose gossip stream died on a link that lives learns our topics again', async t => {
      const { us, peer } = await gossiping(t, kind)
      await peer.waitEvent('topic_peer', event => event.peer_id === us.peerId && event.joined)
      const mark = peer.mark()
      assert.equal((await peer.do('drop_gossip', { peer_id: us.peerId })).dropped, 1)
      await peer.waitEvent('topic_peer', event => event.peer_id === us.peerId && !event.joined, 10_000, mark)
      await peer.waitEvent('topic_peer', event => event.peer_id === us.peerId && event.joined, 10_000, mark)
      await peer.waitEvent('mesh', event => event.peer_id === us.peerId && event.grafted, 10_000, mark)
      await gossipBothWays(us, peer, 'again')
      await exactlyOneLink(us, peer)
    })

    ours('dialling a peer we are linked to, from either end, makes no second link', async t => {
      const { us, peer } = await pair(t, kind)
      for (let i = 0; i < 5; i++) {
        await Promise.allSettled([us.connect(peer.listen[0]), peer.do('connect', { address: us.listen[0] })])
      }
      await exactlyOneLink(us, peer)
      assert.equal((await peer.do('ping', { peer_id: us.peerId, count: 1 })).rtt_us.length, 1)
    })

    ours('both dial at the same moment, twenty times, and each time exactly one link is left', async t => {
      const us = await kind.start({ t })
      const { peer } = await startGo({ t })
      await us.subscribe(BLOCK)
      await peer.do('subscribe', { topic: BLOCK })
      let doubles = 0
      for (let round = 0; round < 20; round++) {
        const mark = peer.mark()
        const dials = await Promise.allSettled([
          us.connect(peer.listen[0]), peer.do('connect', { address: us.listen[0] })
        ])
        assert.ok(dials.some(dial => dial.status === 'fulfilled'), `round ${round}: ${dials.map(dial => dial.reason)}`)
        await exactlyOneLink(us, peer)
        assert.equal((await peer.do('ping', { peer_id: us.peerId, count: 1 })).rtt_us.length, 1)
        assert.equal((await us.ping(peer.peerId, 1)).length, 1)
        await exactlyOneLink(us, peer)
        doubles += peer.events('connected').length > 0 &&
          await bothArrived(peer, us.peerId, mark) ? 1 : 0
        if (round === 19) break
        // go-pubsub may dial again at once, to open the gossip stream that our goodbye ended: then it is told again.
        await until(async () => {
          if (await us.linkCount(peer.peerId) === 0 && (await peer.links(us.peerId)).length === 0) return true
          await us.disconnect(peer.peerId).catch(() => {})
          return false
        }, () => `no link in any view\n${us.log()}`)
      }
      t.diagnostic(`${doubles} of 20 rounds really had two connections for a moment`)
      await peer.waitEvent('mesh', event => event.peer_id === us.peerId && event.grafted)
      await until(async () => {
        await peer.do('publish', { topic: BLOCK, data: Buffer.from('after the race').toString('base64') })
        return us.messages().some(message => message.data.toString() === 'after the race')
      }, () => `gossip on the link that was left\n${us.log()}`)
    })

    ours('gossip flows both ways on the link that is left after both dialled at the same moment', async t => {
      const us = await kind.start({ t })
      await us.subscribe(BLOCK)
      const failed = []
      for (let round = 0; round < 16; round++) {
        const { peer } = await startGo({ t }) // a fresh one: go gives up on a peer's gossip after four dead streams
        await peer.do('subscribe', { topic: BLOCK })
        await Promise.allSettled([us.connect(peer.listen[0]), peer.do('connect', { address: us.listen[0] })])
        await exactlyOneLink(us, peer)
        await eventually(() => us.publish(BLOCK, Buffer.from(`us ${round}`)),
          () => peer.events('message').some(message => message.data.toString() === `us ${round}`))
          .catch(() => failed.push(`round ${round}: nothing from us reached go`))
        await eventually(() => peer.do('publish', { topic: BLOCK, data: Buffer.from(`go ${round}`).toString('base64') }),
          () => us.messages().some(message => message.data.toString() === `go ${round}`))
          .catch(() => failed.push(`round ${round}: nothing from go reached us`))
        await peer.stop()
      }
      assert.deepEqual(failed, [])
    })
  })
}

// Whether go saw two links arrive in this round.
async function bothArrived (peer, peerId, mark) {
  return peer.waitEvent('connected', event => event.peer_id === peerId && event.connections > 1, 1, mark)
    .then(() => true, () => false)
}

// Does something until it has had its effect.
async function eventually (act, effect) {
  await until(async () => {
    await act()
    return effect()
  }, 'an effect', 3_000)
}
