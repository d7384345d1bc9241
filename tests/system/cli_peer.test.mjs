// Proves that peers are kept, dropped and banned while the node runs, that it stays so after a restart, and that what is known
// of a peer is shown; also against js-libp2p, which knows nothing of bans.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { cli, freshDir, judge, startNode, until } from './lib/node.mjs'
import { loadStack, startPeer } from './lib/js_peer.mjs'

const peer = (node, ...words) => cli(['peer', ...words], { dataDir: node.dataDir })
const rules = dataDir => JSON.parse(readFileSync(join(dataDir, 'peer_rules.json')))
const linked = (node, id) => until(async () => (await node.api('PEERS')).peers.some(one => one.peer_id === id && one.links === 1), `a link to ${id}`)

async function fine (promise, says) {
  const { code, stdout, stderr } = await promise
  assert.equal(code, 0, stderr + stdout)
  assert.match(stdout, says)
  return stdout
}

describe('peerline peer', judge('js'), () => {
  test('an added peer is dialled, also after a restart, until it is dropped', async t => {
    const dataDir = freshDir(t)
    const other = await startNode({ t })
    let node = await startNode({ t, dataDir })
    await fine(peer(node, 'add', other.listen[0]), /is kept connected, also after a restart/)
    await linked(node, other.peerId)
    assert.deepEqual(rules(dataDir).added, [other.listen[0]])
    assert.equal(statSync(join(dataDir, 'peer_rules.json')).mode & 0o777, 0o600)
    await fine(peer(node, 'add', other.listen[0]), /already/)
    await node.stop()
    node = await startNode({ t, dataDir })
    await linked(node, other.peerId)
    const shown = await fine(peer(node, 'show', other.peerId), /state +connected/)
    for (const says of [/managed +yes/, /agent +peerline\//, /LINK .*STREAMS/, / \*  +outbound/]) assert.match(shown, says)
    await fine(peer(node, 'drop', other.peerId), /is not dialled any more\n1 link closed/)
    assert.deepEqual(rules(dataDir).added, [])
    await until(async () => (await node.api('PEERS')).peers.length === 0, 'the peer to be gone')
    assert.equal((await peer(node, 'drop', other.peerId)).code, 4)
    assert.equal((await peer(node, 'show', other.peerId)).code, 4)
  })

  test('a banned js peer loses its link, is refused when it comes back, also after a restart, and may come once it is not', async t => {
    const dataDir = freshDir(t)
    let node = await startNode({ t, dataDir })
    const js = await startPeer(await loadStack(3), { t })
    await js.dial(node.listen[0])
    await linked(node, js.id)
    await fine(peer(node, 'ban', js.id, '--for', '24h'), /is banned until \d{4}-.*Z; 1 link closed/)
    await node.waitEvent('LINK_DOWN', event => event.peer_id === js.id && event.reason === 'banned' && event.by === 'us')
    const gone = async () => (await node.api('STATUS')).links === 0
    await js.dial(node.listen[0]).catch(() => {})
    await until(gone, 'the link that js made to be refused')
    await fine(peer(node, 'bans'), new RegExp(`${js.id} +until`))
    await node.stop()
    node = await startNode({ t, dataDir })
    await js.dial(node.listen[0]).catch(() => {})
    await until(gone, 'the link to be refused after a restart')
    assert.equal(JSON.parse((await peer(node, 'bans', '--json')).stdout).bans.length, 1)
    await fine(peer(node, 'unban', js.id), /is not banned any more/)
    await js.dial(node.listen[0])
    await linked(node, js.id)
    await fine(peer(node, 'bans'), /Nobody is banned/)
  })

  test('mistakes are told by name', async t => {
    const node = await startNode({ t })
    for (const words of [[], ['what'], ['add'], ['add', 'a', 'b'], ['ban', node.peerId, '--for', 'soon'], ['bans', '--for', '1h'], ['show']]) {
      assert.equal((await peer(node, ...words)).code, 1, words.join(' '))
    }
    assert.match((await peer(node, 'ban', 'nonsense')).stderr, /not a peer id/)
    assert.match((await peer(node, 'ban', node.peerId)).stderr, /this node/)
    assert.equal((await peer({ dataDir: freshDir(t) }, 'bans')).code, 2)
  })

  test('a damaged peer_rules.json is set aside and told of', async t => {
    const dataDir = freshDir(t)
    writeFileSync(join(dataDir, 'peer_rules.json'), '{"added":[', { mode: 0o600 })
    const node = await startNode({ t, dataDir })
    assert.ok((await node.api('STATUS')).warnings.some(text => /peer_rules\.json is not used: it is damaged/.test(text)))
    assert.equal(readdirSync(dataDir).filter(name => name.startsWith('peer_rules.json.damaged-')).length, 1)
  })
})
