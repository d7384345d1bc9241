// Proves that every way to write an address reaches the same peer over the same one link: IPv4 and IPv6, names, host:port,
// peer ids in base58 and as CIDv1, and the old /ipfs spelling. The foreign end is js-libp2p.

import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { describe, test } from 'node:test'
import { base32 } from 'multiformats/bases/base32'
import { base58btc } from 'multiformats/bases/base58'
import { judge, startNode, until } from './lib/node.mjs'
import { loadStack, startPeer } from './lib/js_peer.mjs'
import { peerConnections } from './lib/kernel.mjs'

const stack = await loadStack('3')
const hasIp6 = Object.values(networkInterfaces()).flat().some(one => one.address === '::1')
const withIp6 = hasIp6 ? {} : { skip: 'this machine has no IPv6 loopback' }

const portOf = address => /\/tcp\/(\d+)/.exec(address)[1]

// CIDv1, codec libp2p-key, in base32: the other text form of a peer id.
function cidOf (peerId) {
  const multihash = base58btc.baseDecode(peerId)
  return base32.encode(Uint8Array.from([1, 0x72, ...multihash]))
}

async function linkedBy (t, address, node, js) {
  const answer = await node.api('CONNECT', { address })
  assert.equal(answer.peer_id, js.id)
  await node.peer(js.id)
  assert.ok(await js.ping(node.peerId) >= 0)
}

describe('addresses', judge('js'), () => {
  const forms = {
    'ip4 with a base58 id': js => `/ip4/127.0.0.1/tcp/${portOf(js.addr)}/p2p/${js.id}`,
    'ip4 with a CIDv1 id': js => `/ip4/127.0.0.1/tcp/${portOf(js.addr)}/p2p/${cidOf(js.id)}`,
    'the old /ipfs spelling': js => `/ip4/127.0.0.1/tcp/${portOf(js.addr)}/ipfs/${js.id}`,
    'a name through dns4': js => `/dns4/localhost/tcp/${portOf(js.addr)}/p2p/${js.id}`,
    'a name through dns': js => `/dns/localhost/tcp/${portOf(js.addr)}/p2p/${js.id}`,
    'host:port': js => `127.0.0.1:${portOf(js.addr)}`,
    'name:port': js => `localhost:${portOf(js.addr)}`
  }
  for (const [name, write] of Object.entries(forms)) {
    test(`we reach js by ${name}`, async t => {
      const js = await startPeer(stack, { t })
      const node = await startNode({ t })
      await linkedBy(t, write(js), node, js)
    })
  }

  test('all forms together still make one link', async t => {
    const js = await startPeer(stack, { t })
    const node = await startNode({ t, bootstrap: Object.values(forms).map(write => write(js)) })
    await node.peer(js.id)
    for (const write of Object.values(forms)) assert.equal((await node.api('CONNECT', { address: write(js) })).peer_id, js.id)
    await until(() => peerConnections(node) === 1, () => `one connection, not ${peerConnections(node)}`)
    assert.equal((await node.api('STATUS')).links, 1)
  })

  test('we reach js over IPv6, and js reaches us', withIp6, async t => {
    const js = await startPeer(stack, { t, config: { addresses: { listen: ['/ip6/::1/tcp/0'] } } })
    const node = await startNode({ t, env: { P2P_HOST: '127.0.0.1,::1' } })
    const six = node.listen.find(address => address.startsWith('/ip6/'))
    assert.ok(six, node.listen.join(' '))
    await linkedBy(t, js.addr, node, js)
    assert.match((await node.peer(js.id)).address, /^\/ip6\/::1\//)

    const other = await startPeer(stack, { t })
    await other.dial(six)
    await other.identifiedAs(node.peerId)
    assert.equal((await node.peer(other.id)).direction, 'inbound')
  })

  test('a name that does not exist is told as such', async t => {
    const node = await startNode({ t })
    await assert.rejects(node.api('CONNECT', { address: '/dns4/no-such-host.invalid/tcp/4001' }, 30_000), /no-such-host/)
  })
})
