// Proves that mistakes of the user are answered with a sentence that names them, that nothing of the user's is destroyed by
// them, and that the exit code says which kind of trouble it was (0 fine, 1 usage, 2 no node, 3 degraded, 4 refused).

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer, connect } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { cli, freshDir, judge, startNode, testSettings, until, within } from './lib/node.mjs'
import { loadStack, startPeer } from './lib/js_peer.mjs'
import { peerConnections } from './lib/kernel.mjs'
import { rawNats } from './lib/raw_nats.mjs'

const USAGE = 1
const NO_NODE = 2
const REFUSED = 4

// A `run` that must end by itself.
function failedRun (t, env, args = []) {
  const dataDir = env.PEERLINE_DATA ?? freshDir(t)
  return cli(['run', ...args], { env: { ...testSettings(dataDir), ...env } })
}

// Holds a loopback port; without a number, one that the kernel chooses.
async function holdPort (t, port = 0) {
  const server = createServer(socket => socket.destroy())
  await new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve))
  t.after(() => new Promise(resolve => server.close(resolve)))
  return server.address().port
}

async function freePort () {
  const server = createServer()
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise(resolve => server.close(resolve))
  return port
}

// What a TCP conversation brings until the other side closes.
async function talk (port, bytes) {
  const socket = connect(port, '127.0.0.1')
  let heard = ''
  socket.setEncoding('latin1').on('data', data => { heard += data }).on('error', () => {})
  socket.write(bytes)
  await within(new Promise(resolve => socket.once('close', resolve)), () => `the port to close on us; it said ${heard}`)
  return heard
}

describe('settings', judge('js'), () => {
  test('an unknown flag is refused and the nearest known one named', async t => {
    const { code, stderr } = await failedRun(t, {}, ['--p2p-prot', '9905'])
    assert.equal(code, USAGE)
    assert.match(stderr, /p2p-prot/)
    assert.match(stderr, /--p2p-port/)
  })

  test('an unknown PEERLINE_ name in the environment is refused and the nearest known one named', async t => {
    const { code, stderr } = await failedRun(t, { PEERLINE_DOOR_PROT: '4222' })
    assert.equal(code, USAGE)
    assert.match(stderr, /PEERLINE_DOOR_PROT/)
    assert.match(stderr, /PEERLINE_DOOR_PORT/)
  })

  test('an unknown key in the configuration file is refused with the file and the nearest known key', async t => {
    const dataDir = freshDir(t)
    writeFileSync(join(dataDir, 'peerline.conf'), '# ours\np2p_prot = 9905\n')
    const { code, stderr } = await failedRun(t, { PEERLINE_DATA: dataDir })
    assert.equal(code, USAGE)
    assert.match(stderr, /peerline\.conf/)
    assert.match(stderr, /p2p_prot/)
    assert.match(stderr, /p2p_port/)
  })

  test('a configuration file that was named but is not there is refused', async t => {
    const { code, stderr } = await failedRun(t, {}, ['--config', '/nonexistent/peerline.conf'])
    assert.equal(code, USAGE)
    assert.match(stderr, /\/nonexistent\/peerline\.conf/)
  })

  const wrong = [
    ['P2P_PORT', '0'], ['P2P_PORT', '70000'], ['P2P_PORT', '-5'], ['P2P_PORT', 'http'], ['P2P_PORT', '99x'],
    ['PEERLINE_DOOR_PORT', '0'], ['PEERLINE_DOOR_PORT', '70000'],
    ['P2P_ENABLED', 'perhaps'], ['DISCOVERY_MDNS', '2'],
    ['MAX_PEERS', '-1'], ['MAX_PEERS', 'many'], ['PEER_RECONNECT_INTERVAL', '-30000'], ['PEERLINE_PEERS_PER_IP', '-8'],
    ['PEERLINE_CONSUMER_BYTES', '-1'], ['P2P_HOST', 'not-an-address'], ['PEERLINE_LOG', 'loud']
  ]
  for (const [name, value] of wrong) {
    test(`${name}=${value} is refused by name and value`, async t => {
      const { code, stderr } = await failedRun(t, { [name]: value })
      assert.equal(code, USAGE, stderr)
      assert.ok(stderr.includes(name) && stderr.includes(value), stderr)
    })
  }

  test('a flag wins over the environment, the environment over the file', async t => {
    const dataDir = freshDir(t)
    const [fromFile, fromEnv, fromFlag] = [await freePort(), await freePort(), await freePort()]
    writeFileSync(join(dataDir, 'peerline.conf'), `p2p_port = ${fromFile}\n`)
    const port = async options => {
      const node = await startNode({ dataDir, ...options })
      await node.stop()
      return Number(/\/tcp\/(\d+)/.exec(node.listen[0])[1])
    }
    assert.equal(await port({ env: { P2P_PORT: null } }), fromFile)
    assert.equal(await port({ env: { P2P_PORT: fromEnv } }), fromEnv)
    assert.equal(await port({ env: { P2P_PORT: fromEnv }, args: ['--p2p-port', String(fromFlag)] }), fromFlag)
  })

  test('P2P_ENABLED=false leaves only the door', async t => {
    const node = await startNode({ t, env: { P2P_ENABLED: 'false' } })
    assert.deepEqual(node.listen, [])
    assert.equal((await node.api('STATUS')).links, 0)
  })
})

describe('ports', judge('js'), () => {
  for (const name of ['P2P_PORT', 'PEERLINE_DOOR_PORT']) {
    test(`a taken ${name} is refused, and who holds it is named`, async t => {
      const port = await holdPort(t)
      const { code, stderr } = await failedRun(t, { [name]: port })
      assert.equal(code, REFUSED, stderr)
      assert.match(stderr, new RegExp(`\\b${port}\\b`))
      assert.match(stderr, new RegExp(`\\b${process.pid}\\b`), 'the holder\'s pid')
      assert.ok(stderr.includes(readFileSync(`/proc/${process.pid}/comm`, 'utf8').trim()), `the holder's name: ${stderr}`)
    })
  }

  test('a taken default door port moves to the next free one, with a warning', async t => {
    await holdPort(t, 4222).catch(() => 'somebody else has it, which serves as well')
    const node = await startNode({ t, env: { PEERLINE_DOOR_PORT: null } })
    const port = Number(new URL(node.door).port)
    assert.ok(port > 4222 && port < 4322, node.door)
    assert.match(node.log(), /4222/)
  })

  test('an HTTP request on the door is refused in words and closed', async t => {
    const node = await startNode({ t })
    const heard = await talk(Number(new URL(node.door).port), 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    assert.match(heard.slice(heard.indexOf('\r\n') + 2), /http/i, heard)
    assert.equal((await node.api('STATUS')).peer_id, node.peerId)
  })

  for (const [what, bytes] of [
    ['an HTTP request', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['a TLS hello', Buffer.concat([Buffer.from('160301', 'hex'), randomBytes(200)])],
    ['garbage', Buffer.concat([Buffer.from([0xff]), randomBytes(100)])]
  ]) {
    test(`${what} on the peers' port is closed and harms nobody`, async t => {
      const node = await startNode({ t })
      await talk(Number(/\/tcp\/(\d+)/.exec(node.listen[0])[1]), bytes)
      assert.equal((await node.api('STATUS')).links, 0)
      await until(() => peerConnections(node) === 0, 'the connection to be gone')
    })
  }
})

describe('bootstrap peers', judge('js'), () => {
  const bad = ['nonsense', '/ip4/300.1.1.1/tcp/1', '/ip4/127.0.0.1/tcp/99999', '/ip4/127.0.0.1/tcp/1/p2p/notapeerid', 'host:']
  for (const entry of bad) {
    test(`the malformed entry ${entry} is named, and the others are still used`, async t => {
      const js = await startPeer(await loadStack(3), { t, gossip: false })
      const node = await startNode({ t, bootstrap: [entry, js.addr] })
      await node.peer(js.id)
      const { warnings } = await node.api('STATUS')
      assert.ok(node.log().includes(entry), node.log())
      assert.ok(warnings.some(text => text.includes(entry)), warnings.join('\n'))
    })
  }

  test('ourselves among the bootstrap peers is reported and not dialled', async t => {
    const dataDir = freshDir(t)
    const port = await freePort()
    const first = await startNode({ dataDir, env: { P2P_PORT: port } })
    await first.stop()
    const js = await startPeer(await loadStack(3), { t, gossip: false })
    const node = await startNode({ t, dataDir, env: { P2P_PORT: port }, bootstrap: [first.listen[0], js.addr] })
    await node.peer(js.id)
    const { problems, links } = await node.api('STATUS')
    assert.match(node.log() + problems.join('\n'), /ourselves|ourself|our own|this node|itself/i)
    assert.equal(links, 1)
    assert.equal(peerConnections(node), 1)
    assert.ok(!node.events('LINK_UP').some(event => event.peer_id === node.peerId))
    assert.ok(!(await node.api('PEERS')).peers.some(peer => peer.peer_id === node.peerId))
  })

  test('ourselves under a bare host:port never becomes a link', async t => {
    const port = await freePort()
    const node = await startNode({ t, env: { P2P_PORT: port }, bootstrap: [`127.0.0.1:${port}`] })
    await until(async () => /ourselves|ourself|our own|this node|itself/i.test(node.log() + (await node.api('STATUS')).problems.join('\n')),
      () => `the node to notice itself\n${node.log()}`)
    assert.equal((await node.api('STATUS')).links, 0)
    await until(() => peerConnections(node) === 0, 'the connection to ourselves to be gone')
  })

  test('CONNECT to ourselves, to a closed port and to nonsense are refused with reasons', async t => {
    const node = await startNode({ t })
    for (const address of [node.listen[0], `/ip4/127.0.0.1/tcp/${await freePort()}`, 'nonsense', '']) {
      await assert.rejects(node.api('CONNECT', { address }), error => /^E_/.test(error.code) && error.text.length > 10)
    }
    assert.equal((await node.api('STATUS')).links, 0)
  })
})

describe('the data directory', judge('js'), () => {
  test('a second run on it is refused at once, naming the first one\'s pid, and the first is unharmed', async t => {
    const node = await startNode({ t })
    const token = readFileSync(node.tokenFile)
    const second = await failedRun(t, { PEERLINE_DATA: node.dataDir })
    assert.equal(second.code, REFUSED, second.stderr)
    assert.match(second.stderr, new RegExp(`\\b${node.pid}\\b`))
    assert.ok(second.ms < 2000, `took ${second.ms} ms`)
    assert.equal((await node.api('STATUS')).pid, node.pid)
    assert.deepEqual(readFileSync(node.tokenFile), token)
    assert.equal(JSON.parse(readFileSync(join(node.dataDir, 'run.json'))).pid, node.pid)
  })

  test('after kill -9 the next run starts, with the same peer id', async t => {
    const dataDir = freshDir(t)
    const first = await startNode({ dataDir })
    await first.kill()
    const second = await startNode({ t, dataDir })
    assert.equal(second.peerId, first.peerId)
  })

  test('the key it makes is for its owner only', async t => {
    const node = await startNode({ t })
    assert.equal(statSync(join(node.dataDir, 'node.key')).mode & 0o777, 0o600)
    assert.equal(statSync(node.socket).mode & 0o777, 0o660)
  })

  const keys = {
    'random bytes': randomBytes(68),
    'an empty file': Buffer.alloc(0),
    'a truncated key': Buffer.from('08011240' + '01'.repeat(40), 'hex'),
    'halves that do not belong together': Buffer.from('08011240' + '01'.repeat(32) + '02'.repeat(32), 'hex'),
    'a key that is not Ed25519': Buffer.from('08021220' + '01'.repeat(32), 'hex')
  }
  for (const [what, bytes] of Object.entries(keys)) {
    test(`a key file with ${what} is refused and not overwritten`, async t => {
      const dataDir = freshDir(t)
      const file = join(dataDir, 'node.key')
      writeFileSync(file, bytes, { mode: 0o600 })
      const { code, stderr } = await failedRun(t, { PEERLINE_DATA: dataDir })
      assert.equal(code, REFUSED, stderr)
      assert.ok(stderr.includes(file), stderr)
      assert.deepEqual(readFileSync(file), bytes)
    })
  }

  test('a key file that others can read is refused and left as it is', async t => {
    const dataDir = freshDir(t)
    const file = join(dataDir, 'node.key')
    const first = await startNode({ dataDir })
    await first.stop()
    const bytes = readFileSync(file)
    for (const mode of [0o644, 0o640, 0o604]) {
      chmodSync(file, mode)
      const { code, stderr } = await failedRun(t, { PEERLINE_DATA: dataDir })
      assert.equal(code, REFUSED, stderr)
      assert.ok(stderr.includes(file) && stderr.includes('600'), stderr)
      assert.deepEqual(readFileSync(file), bytes)
      assert.equal(statSync(file).mode & 0o777, mode)
    }
  })

  test('a key file that cannot be read is refused', async t => {
    const dataDir = freshDir(t)
    const file = join(dataDir, 'node.key')
    mkdirSync(file, { mode: 0o700 })
    const { code, stderr } = await failedRun(t, { PEERLINE_DATA: dataDir })
    assert.equal(code, REFUSED, stderr)
    assert.ok(stderr.includes(file), stderr)
    assert.ok(statSync(file).isDirectory())
  })
})

describe('a consumer\'s mistakes', judge('js'), () => {
  test('cost its own connection and nobody else\'s', async t => {
    const node = await startNode({ t })
    const other = await node.consumer('innocent')
    t.after(() => other.close())
    const port = Number(new URL(node.door).port)
    for (const bytes of ['\r\n', 'PUB\r\n', 'CONNECT {\r\n', '\0\0\0\0', 'x'.repeat(100_000)]) {
      const raw = await rawNats(port)
      await raw.info()
      raw.send(bytes)
      await raw.end()
    }
    await other.flush()
    assert.equal(other.isClosed(), false)
  })
})

describe('commands without a node', judge('js'), () => {
  for (const args of [['status'], ['peers'], ['sub', 'a'], ['pub', 'a', 'b'], ['status', '--json']]) {
    test(`peerline ${args.join(' ')} says that no node runs, and exits with 2`, async t => {
      const { code, stderr } = await cli(args, { dataDir: freshDir(t) })
      assert.equal(code, NO_NODE, stderr)
      assert.ok(stderr.length > 10, stderr)
    })
  }

  test('an unknown command is refused and the nearest known one named', async () => {
    const { code, stderr } = await cli(['statsu'])
    assert.equal(code, USAGE)
    assert.match(stderr, /status/)
  })
})
