// Proves, against real js-libp2p 3.x and 2.x, that streams on a link behave: perf both ways, a thousand streams without
// a leak, half-closed streams, and the habits of lazy dialers in multistream-select, spoken here by hand over js's Yamux.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { judge, startNode, until } from './lib/node.mjs'
import { GENERATIONS, loadStack, startPeer } from './lib/js_peer.mjs'
import { openDescriptors, peerConnections } from './lib/kernel.mjs'
import { lines, protobuf } from './lib/wire.mjs'

const MIB = 1024 * 1024
const HEADER = '/multistream/1.0.0'
const PING = '/ipfs/ping/1.0.0'
const IDENTIFY = '/ipfs/id/1.0.0'
const NA = 'na'

async function linked (t, stack, role = 'js dials us') {
  const js = await startPeer(stack, { t })
  const node = await startNode({ t })
  if (role === 'js dials us') await js.dial(node.listen[0])
  else await node.api('CONNECT', { address: js.addr })
  await js.connectedTo(node.peerId)
  await js.identifiedAs(node.peerId)
  await node.peer(js.id)
  return { js, node }
}

// The link carried all this and is still the same one.
async function assertLinkUnharmed (node, js) {
  assert.ok(await js.ping(node.peerId) >= 0)
  assert.equal(peerConnections(node), 1)
  assert.deepEqual(node.events('LINK_DOWN'), [])
}

for (const generation of GENERATIONS) {
  const stack = await loadStack(generation)

  describe(stack.name, judge('js'), () => {
    for (const role of ['js dials us', 'we dial js']) {
      test(`${role}: perf moves megabytes both ways, from either end`, async t => {
        const { js, node } = await linked(t, stack, role)
        const theirs = await js.perf(node.peerId, 8 * MIB + 13, 8 * MIB + 7)
        assert.equal(theirs.downloaded, 8 * MIB + 7)
        const ours = await node.api('PERF', { peer_id: js.id, upload: 8 * MIB + 13, download: 8 * MIB + 7 }, 60_000)
        assert.equal(ours.uploaded, 8 * MIB + 13)
        assert.equal(ours.downloaded, 8 * MIB + 7)
        assert.ok(ours.upload_us > 0 && ours.download_us > 0, JSON.stringify(ours))
        const peer = await node.peer(js.id)
        assert.ok(peer.bytes_in > 16 * MIB && peer.bytes_out > 16 * MIB, JSON.stringify(peer))
        await assertLinkUnharmed(node, js)
      })

      test(`${role}: a thousand streams opened and closed by each end leave nothing behind`, async t => {
        const { js, node } = await linked(t, stack, role)
        await js.ping(node.peerId)
        const [connection] = js.connections(node.peerId)
        const streams = stack.streamCount(connection)
        const descriptors = openDescriptors(node.pid)
        for (let count = 0; count < 1000; count++) await js.ping(node.peerId)
        const { opened } = await node.api('STREAMS', { peer_id: js.id, count: 1000 }, 60_000)
        assert.equal(opened, 1000)
        await until(() => stack.streamCount(connection) <= streams,
          () => `js to be back at ${streams} streams, not ${stack.streamCount(connection)}`)
        assert.ok(openDescriptors(node.pid) <= descriptors + 2, 'no descriptor per stream')
        await assertLinkUnharmed(node, js)
      })
    }

    test('perf of nothing ends at once, and perf of one direction moves only that', async t => {
      const { js, node } = await linked(t, stack)
      assert.equal((await js.perf(node.peerId, 0, 0)).downloaded, 0)
      assert.equal((await js.perf(node.peerId, MIB, 0)).downloaded, 0)
      assert.equal((await js.perf(node.peerId, 0, MIB)).downloaded, MIB)
      const up = await node.api('PERF', { peer_id: js.id, upload: MIB, download: 0 })
      assert.deepEqual([up.uploaded, up.downloaded], [MIB, 0])
      const down = await node.api('PERF', { peer_id: js.id, upload: 0, download: MIB })
      assert.deepEqual([down.uploaded, down.downloaded], [0, MIB])
    })

    test('one ping stream carries many pings, also cut and glued', async t => {
      const { js, node } = await linked(t, stack)
      const wire = await js.openStream(node.peerId, PING)
      for (let round = 0; round < 20; round++) {
        const bytes = randomBytes(32)
        await wire.write(bytes)
        assert.deepEqual(await wire.read(32), bytes)
      }
      const bytes = randomBytes(32 * 4)
      for (const [from, to] of [[0, 5], [5, 33], [33, 127], [127, 128]]) await wire.write(bytes.subarray(from, to))
      assert.deepEqual(await wire.read(128), bytes)
      await wire.closeWrite()
      assert.equal((await wire.readAll()).length, 0)
      await assertLinkUnharmed(node, js)
    })

    test('two ping streams live side by side', async t => {
      const { js, node } = await linked(t, stack)
      const wires = await Promise.all([js.openStream(node.peerId, PING), js.openStream(node.peerId, PING)])
      for (const wire of wires) {
        const bytes = randomBytes(32)
        await wire.write(bytes)
        assert.deepEqual(await wire.read(32), bytes)
      }
      for (const wire of wires) await wire.closeWrite()
    })

    test('a ping whose writer has closed before the answer is still answered, then closed, not reset', async t => {
      const { js, node } = await linked(t, stack)
      const wire = await js.openStream(node.peerId, PING)
      const bytes = randomBytes(32)
      await Promise.all([wire.write(bytes), wire.closeWrite()])
      assert.deepEqual(await wire.readAll(), bytes)
      assert.equal(wire.over, 'end')
      await assertLinkUnharmed(node, js)
    })

    test('a stream closed without a byte is closed in return', async t => {
      const { js, node } = await linked(t, stack)
      const wire = await js.openStream(node.peerId, PING)
      await wire.closeWrite()
      assert.equal((await wire.readAll()).length, 0)
      await assertLinkUnharmed(node, js)
    })

    test('a lazy dialer that writes header, protocol, data and FIN in one flight gets both echoes and its answer', async t => {
      const { js, node } = await linked(t, stack)
      const bytes = randomBytes(32)
      const wire = await js.openRaw()
      await Promise.all([wire.write(Buffer.concat([lines(HEADER, PING), bytes])), wire.closeWrite()])
      assert.equal(await wire.readLine(), HEADER)
      assert.equal(await wire.readLine(), PING)
      assert.deepEqual(await wire.readAll(), bytes)
      assert.equal(wire.over, 'end')
      await assertLinkUnharmed(node, js)
    })

    test('a negotiation that arrives byte by byte is understood', async t => {
      const { js, node } = await linked(t, stack)
      const bytes = randomBytes(32)
      const wire = await js.openRaw()
      for (const byte of Buffer.concat([lines(HEADER, PING), bytes])) await wire.write(Buffer.from([byte]))
      assert.equal(await wire.readLine(), HEADER)
      assert.equal(await wire.readLine(), PING)
      assert.deepEqual(await wire.read(32), bytes)
      wire.abort()
      await assertLinkUnharmed(node, js)
    })

    test('what we do not speak is answered na, and the dialer may go on to something we do', async t => {
      const { js, node } = await linked(t, stack)
      const wire = await js.openRaw()
      await wire.write(lines(HEADER, '/judge/unknown/1.0.0'))
      assert.equal(await wire.readLine(), HEADER)
      assert.equal(await wire.readLine(), NA)
      await wire.write(lines('/meshsub/1.3.0'))
      assert.equal(await wire.readLine(), NA)
      await wire.write(lines('ls'))
      await wire.readLine()
      await wire.write(lines(PING))
      assert.equal(await wire.readLine(), PING)
      const bytes = randomBytes(32)
      await wire.write(bytes)
      assert.deepEqual(await wire.read(32), bytes)
      await wire.closeWrite()
      await assertLinkUnharmed(node, js)
    })

    test('a lazy proposal of what we do not speak, with data behind it, costs that stream and nothing more', async t => {
      const { js, node } = await linked(t, stack)
      const wire = await js.openRaw()
      await Promise.all([
        wire.write(Buffer.concat([lines(HEADER, '/judge/unknown/1.0.0'), randomBytes(300)])),
        wire.closeWrite()
      ])
      assert.equal(await wire.readLine(), HEADER)
      assert.equal(await wire.readLine(), NA)
      await until(() => wire.over, 'the refused stream to end')
      await assertLinkUnharmed(node, js)
    })

    test('streams reset at every stage of negotiation leave the link unharmed', async t => {
      const { js, node } = await linked(t, stack)
      const flight = Buffer.concat([lines(HEADER, PING), randomBytes(20)])
      for (let length = 0; length <= flight.length; length += 4) {
        const wire = await js.openRaw()
        if (length > 0) await wire.write(flight.subarray(0, length))
        wire.abort()
      }
      await assertLinkUnharmed(node, js)
    })

    test('fifty streams at once, each with its own bytes, mix nothing up', async t => {
      const { js, node } = await linked(t, stack)
      await Promise.all(Array.from({ length: 50 }, async () => {
        const wire = await js.openStream(node.peerId, PING)
        const bytes = randomBytes(32 * 8)
        await wire.write(bytes)
        await wire.closeWrite()
        assert.deepEqual(await wire.readAll(), bytes)
      }))
      await assertLinkUnharmed(node, js)
    })

    test('the whole identify answer is below 4096 bytes and carries our key, addresses, observed address', async t => {
      const { js, node } = await linked(t, stack)
      const wire = await js.openStream(node.peerId, IDENTIFY)
      const answer = await wire.readAll()
      assert.ok(answer.length > 0 && answer.length < 4096, `${answer.length} bytes`)
      const first = answer[0] < 0x80 ? 1 : 2
      const fields = protobuf(answer.subarray(first))
      const all = field => fields.filter(one => one.field === field).map(one => one.value)
      assert.equal(all(1).length, 1, 'one public key')
      assert.equal(stack.keys.publicKeyFromProtobuf(all(1)[0]).toCID().toString(), stack.peerIdFromString(node.peerId).toCID().toString())
      assert.deepEqual(all(2).map(bytes => String(stack.multiaddr(bytes))).sort(),
        node.listen.map(addr => addr.replace(/\/p2p\/.*/, '')).sort(), 'listen addresses come without /p2p')
      assert.equal(all(4).length, 1, 'the observed address is always told')
      assert.equal(all(5).length, 1, 'a protocol version')
      assert.equal(all(6).length, 1, 'an agent')
      const protocols = all(3).map(String)
      assert.equal(new Set(protocols).size, protocols.length, 'no protocol twice')
    })
  })
}
