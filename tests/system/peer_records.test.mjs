// Proves that what we say of our own addresses can be shown to third parties: js-libp2p 3.x and 2.x certify our signed
// peer record, a newer one replaces it, and announced addresses stand in it in place of the ones we listen on.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { cli, freshDir, judge, startNode, until } from './lib/node.mjs'
import { GENERATIONS, loadStack, startPeer } from './lib/js_peer.mjs'

const ANNOUNCED = ['/ip4/203.0.113.9/tcp/9905', '/dns4/node.example.com/tcp/9905']

// What js keeps of us, once it keeps a record.
async function certified (js, peerId) {
  return until(async () => {
    const peer = await js.node.peerStore.get(js.stack.peerIdFromString(peerId)).catch(() => undefined)
    return peer?.peerRecordEnvelope && { envelope: peer.peerRecordEnvelope, addresses: peer.addresses }
  }, 'js to certify our peer record')
}

const texts = addresses => addresses.filter(one => one.isCertified).map(one => String(one.multiaddr)).sort()

for (const generation of GENERATIONS) {
  const stack = await loadStack(generation)

  describe(`signed peer records and ${stack.name}`, judge('js'), () => {
    for (const role of ['js dials us', 'we dial js']) {
      test(`${role}: js certifies where we listen`, async t => {
        const js = await startPeer(stack, { t })
        const node = await startNode({ t })
        if (role === 'js dials us') await js.dial(node.listen[0])
        else await node.api('CONNECT', { address: js.addr })
        const { addresses } = await certified(js, node.peerId)
        assert.deepEqual(texts(addresses), node.listen.map(one => one.replace(/\/p2p\/.*/, '')).sort())
        const [told] = [await js.identifiedAs(node.peerId)]
        assert.ok(told.signedPeerRecord.seq > 1_000_000_000_000_000_000n, 'the number grows with the wall clock')
      })
    }

    test('announced addresses are told, certified, and nothing else is', async t => {
      const js = await startPeer(stack, { t })
      const node = await startNode({ t, env: { PEERLINE_ANNOUNCE_ADDRESSES: ANNOUNCED.join(', ') } })
      await js.dial(node.listen[0])
      const told = await js.identifiedAs(node.peerId)
      assert.deepEqual(told.listenAddrs.map(String), ANNOUNCED)
      const { addresses } = await certified(js, node.peerId)
      assert.deepEqual(texts(addresses), [...ANNOUNCED].sort())
      assert.ok((await js.ping(node.peerId)) >= 0)
    })
  })
}

describe('announced addresses', judge('cli'), () => {
  test('one that is none ends the program with a sentence that names it', async t => {
    const { code, all } = await cli(['run', '--announce-addresses', '/ip4/203.0.113.9/tcp/9905,/ip4/nowhere'],
      { dataDir: freshDir(t) })
    assert.equal(code, 1)
    assert.match(all, /PEERLINE_ANNOUNCE_ADDRESSES: "\/ip4\/nowhere" is not a multiaddr/)
  })
})
