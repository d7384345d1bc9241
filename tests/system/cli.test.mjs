// Proves that the command line does what it says against a running node: status, peers, sub, pub, url and key, with and
// without --json, and that imported keys give the peer ids they gave elsewhere.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, test } from 'node:test'
import { connect } from 'nats'
import { binary, cli, freshDir, judge, startNode, testSettings, until } from './lib/node.mjs'
import { loadStack, startPeer } from './lib/js_peer.mjs'
import { TOPIC, announcement } from './lib/teranode.mjs'

// The published key of 32 bytes 0x01, and its peer id.
const SEED = '01'.repeat(32)
const PUBLIC = '8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c'
const PEER_ID = '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5'

const jsonLines = text => text.trim().split('\n').map(line => JSON.parse(line))

// A command that goes on until it is told to stop: { lines, stop() }
function running (t, args, dataDir) {
  const child = spawn(binary(), args, { env: { PATH: process.env.PATH, PEERLINE_DATA: dataDir }, stdio: ['ignore', 'pipe', 'pipe'] })
  const lines = []
  let stderr = ''
  createInterface({ input: child.stdout }).on('line', line => lines.push(line))
  child.stderr.on('data', data => { stderr += data })
  const ended = new Promise(resolve => child.on('close', code => resolve(code)))
  const stop = async signal => { child.kill(signal ?? 'SIGTERM'); return ended }
  t.after(() => stop('SIGKILL'))
  return { lines, stop, stderr: () => stderr }
}

describe('peerline on the command line', judge('js'), () => {
  test('every line of run --json is one JSON object, and run.json repeats the ready one', async t => {
    const node = await startNode({ t })
    const file = JSON.parse(readFileSync(join(node.dataDir, 'run.json')))
    for (const field of ['peer_id', 'listen', 'door', 'socket', 'token_file', 'data', 'pid']) {
      assert.deepEqual(file[field], node.ready[field], field)
      assert.ok(node.ready[field], field)
    }
    assert.equal(node.ready.pid, node.pid)
    assert.equal(node.ready.data, node.dataDir)
    assert.match(node.door, /^nats:\/\/127\.0\.0\.1:\d+$/)
    for (const addr of node.listen) assert.match(addr, new RegExp(`^/ip4/127\\.0\\.0\\.1/tcp/\\d+/p2p/${node.peerId}$`))
    await node.stop()
    assert.throws(() => statSync(join(node.dataDir, 'run.json')), /ENOENT/, 'gone when the node is')
  })

  test('status shows the node, and --json is what STATUS answers', async t => {
    const node = await startNode({ t })
    const plain = await cli(['status'], { dataDir: node.dataDir })
    assert.equal(plain.code, 0, plain.stderr)
    assert.ok(plain.stdout.includes(node.peerId), plain.stdout)
    const json = await cli(['status', '--json'], { dataDir: node.dataDir })
    assert.equal(json.code, 0, json.stderr)
    const status = JSON.parse(json.stdout)
    assert.equal(status.peer_id, node.peerId)
    assert.equal(status.pid, node.pid)
    assert.equal(status.links, 0)
    for (const field of ['version', 'uptime_ms', 'listen', 'door', 'peers', 'consumers', 'topics', 'counters', 'problems']) {
      assert.ok(field in status, field)
    }
    assert.ok(!json.stdout.includes(node.token), 'the token is no part of it')
  })

  test('status exits with 3 while no bootstrap peer is linked, and with 0 once one is', async t => {
    const other = await startNode({ t })
    const alone = await startNode({ t, bootstrap: ['/ip4/127.0.0.1/tcp/1'] })
    const before = await cli(['--data', alone.ready.data, 'status'])
    assert.equal(before.code, 3)
    assert.match(before.stdout, /BOOTSTRAP_PEERS/)
    await alone.api('CONNECT', { address: other.listen[0] })
    assert.equal((await cli(['--data', alone.ready.data, 'status'])).code, 0)
  })

  test('status exits with 3 exactly when it has problems to tell', async t => {
    const node = await startNode({ t, bootstrap: ['nonsense'] })
    const { code, stdout } = await cli(['status', '--json'], { dataDir: node.dataDir })
    assert.equal(code, JSON.parse(stdout).problems.length > 0 ? 3 : 0)
  })

  test('peers lists who is connected, and --json is what PEERS answers', async t => {
    const node = await startNode({ t })
    const js = await startPeer(await loadStack(3), { t })
    await js.dial(node.listen[0])
    await node.peer(js.id, peer => peer.agent && peer.score)
    const plain = await cli(['peers'], { dataDir: node.dataDir })
    assert.equal(plain.code, 0, plain.stderr)
    assert.ok(plain.stdout.includes(js.id), plain.stdout)
    const wide = await cli(['peers', '--wide'], { dataDir: node.dataDir })
    assert.equal(wide.code, 0, wide.stderr)
    const [heads, row] = wide.stdout.split('\n').map(line => line.trimEnd().split(/ {2,}/))
    assert.equal(heads.length, row.length)
    assert.match(row[heads.indexOf('SCORE')], /^-?\d+\.\d$/)
    assert.ok(heads.includes('LAST ERROR'))
    const json = await cli(['peers', '--json'], { dataDir: node.dataDir })
    const { peers } = JSON.parse(json.stdout)
    assert.equal(peers.length, 1)
    assert.equal(peers[0].peer_id, js.id)
    assert.equal(peers[0].state, 'connected')
    assert.equal(peers[0].links, 1)
  })

  test('url prints what a client needs to connect', async t => {
    const node = await startNode({ t })
    const { code, stdout } = await cli(['url'], { dataDir: node.dataDir })
    assert.equal(code, 0)
    const url = new URL(/nats:\/\/\S+/.exec(stdout)[0])
    assert.equal(url.host, new URL(node.door).host)
    assert.equal(decodeURIComponent(url.username), node.token)
    const connection = await connect({ servers: url.host, token: decodeURIComponent(url.username), reconnect: false })
    await connection.close()
    JSON.parse((await cli(['url', '--json'], { dataDir: node.dataDir })).stdout)
  })

  test('url of a node that was killed says that it is gone', async t => {
    const node = await startNode({ t })
    const file = readFileSync(join(node.dataDir, 'run.json'))
    await node.stop()
    writeFileSync(join(node.dataDir, 'run.json'), file)
    const { code, stdout, stderr } = await cli(['url'], { dataDir: node.dataDir })
    assert.equal(code, 2)
    assert.equal(stdout, '')
    assert.match(stderr, /is gone/)
  })

  test('what pub publishes, sub prints', async t => {
    const node = await startNode({ t })
    const plain = running(t, ['sub', 'news.*'], node.dataDir)
    const json = running(t, ['sub', '--json', 'news.*'], node.dataDir)
    await until(async () => (await node.api('STATUS')).consumers.filter(one => one.subscriptions > 0).length >= 3,
      () => `both to have subscribed, beside the tests' own connection\n${plain.stderr()}${json.stderr()}`)
    const { code, stderr } = await cli(['pub', 'news.today', 'hello there'], { dataDir: node.dataDir })
    assert.equal(code, 0, stderr)
    await until(() => plain.lines.some(line => line.includes('hello there')), () => `sub to print it: ${plain.lines}`)
    await until(() => json.lines.length > 0, 'sub --json to print it')
    const message = JSON.parse(json.lines[0])
    assert.equal(message.subject, 'news.today')
    assert.ok(JSON.stringify(message).includes('hello there') || JSON.stringify(message).includes(Buffer.from('hello there').toString('base64')))
    assert.equal(await plain.stop('SIGINT'), 0)
    assert.equal(await json.stop('SIGTERM'), 0)
  })

  test('sub that ends by itself or by a signal leaves its topics at once', async t => {
    const node = await startNode({ t })
    const sub = running(t, ['sub', 'demo/news'], node.dataDir)
    const counted = running(t, ['sub', '--count', '1', 'demo/weather'], node.dataDir)
    const joined = async () => (await node.api('STATUS')).topics.map(one => one.topic).sort()
    await until(async () => (await joined()).length === 2, 'both topics to be joined')
    assert.equal((await cli(['pub', 'demo/weather', 'rain'], { dataDir: node.dataDir })).code, 0)
    await until(async () => (await joined()).join() === 'demo/news', async () => `the counted one to leave: ${await joined()}`)
    assert.equal(await sub.stop('SIGINT'), 0)
    await until(async () => (await joined()).length === 0, async () => `the other one to leave: ${await joined()}`)
    assert.equal(counted.lines.length, 1)
  })

  test('sub goes on when its node is restarted', async t => {
    const dataDir = freshDir(t)
    const first = await startNode({ dataDir })
    const sub = running(t, ['sub', 'demo/news'], dataDir)
    const say = async text => {
      await until(async () => {
        assert.equal((await cli(['pub', 'demo/news', text], { dataDir })).code, 0)
        return sub.lines.some(line => line.endsWith(text))
      }, () => `${text}: ${sub.lines} ${sub.stderr()}`)
    }
    await say('before')
    await first.stop()
    await until(() => sub.stderr().includes('the node is gone; waiting for it'), () => sub.stderr())
    await startNode({ t, dataDir })
    await until(() => sub.stderr().includes('the node is back, restarted'), () => sub.stderr())
    await say('afterwards')
    assert.match(sub.stderr(), /missed .* of topic.demo\/news: the node was restarted/)
    assert.equal(await sub.stop('SIGINT'), 0)
  })

  test('sub on a topic shows what a js peer announces', async t => {
    const node = await startNode({ t })
    const js = await startPeer(await loadStack(3), { t })
    await js.dial(node.listen[0])
    const sub = running(t, ['sub', '--json', `topic.${TOPIC}`], node.dataDir)
    js.subscribe(TOPIC)
    await js.seesSubscriber(TOPIC, node.peerId)
    await js.publish(TOPIC, announcement(js.id))
    await until(() => sub.lines.length > 0, () => `sub to print it ${sub.stderr()}`)
    assert.ok(sub.lines[0].includes(js.id), 'its author stands in the headers')
    assert.equal(JSON.parse(sub.lines[0]).subject, `topic.${TOPIC}`)
  })

  test('pub to a topic that nobody here subscribes to reaches a js peer that does', async t => {
    const node = await startNode({ t })
    const js = await startPeer(await loadStack(3), { t })
    js.subscribe(TOPIC)
    await js.dial(node.listen[0])
    await js.identifiedAs(node.peerId)
    // Nothing tells when js's subscription has arrived at a node that has not joined the topic: say it until it is heard.
    let height = 0
    await until(async () => {
      const sent = announcement(node.peerId, { height: ++height })
      assert.equal((await cli(['pub', `topic.${TOPIC}`, sent.toString()], { dataDir: node.dataDir })).code, 0)
      return js.messages.length > 0
    }, () => `it at js\n${node.log()}`)
    assert.equal(js.messages[0].from, node.peerId)
    assert.equal(js.messages[0].type, 'signed')
  })

  for (const command of ['status', 'peers']) {
    test(`an unknown flag of ${command} is a usage error`, async t => {
      const { code, stderr } = await cli([command, '--jsno'], { dataDir: freshDir(t) })
      assert.equal(code, 1)
      assert.match(stderr, /--json/)
    })
  }

  test('--help names every command and exits with 0', async () => {
    const { code, all } = await cli(['--help'])
    assert.equal(code, 0)
    for (const command of ['run', 'status', 'peers', 'sub', 'pub', 'url', 'key']) assert.match(all, new RegExp(`\\b${command}\\b`))
  })
})

describe('peerline answers who has read nothing', judge('js'), () => {
  for (const args of [['status', '--help'], ['sub', '-h'], ['run', '--help'], ['pub', 'a/b', '--help'], ['help', 'key']]) {
    test(`${args.join(' ')} explains the command and does nothing`, async t => {
      const { code, stdout, stderr } = await cli(args, { dataDir: freshDir(t) })
      assert.equal(code, 0, stderr)
      const command = args[0] === 'help' ? args[1] : args[0]
      assert.ok(stdout.startsWith(`peerline ${command} `), stdout)
    })
  }

  test('help run names every setting as the flag that it is', async () => {
    const { stdout } = await cli(['help', 'run'])
    const table = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8')
    const flags = [...table.matchAll(/^\| `\w+` \| `(--[a-z0-9-]+)` \|/gm)].map(found => found[1])
    assert.ok(flags.length > 10)
    for (const flag of flags) assert.match(stdout, new RegExp(`^ +${flag} `, 'm'))
  })

  test('--data without a directory and flags before the command are told as such', async () => {
    const data = await cli(['--data'])
    assert.equal(data.code, 1)
    assert.match(data.stderr, /--data needs a value/)
    const json = await cli(['--json', 'status'])
    assert.equal(json.code, 1)
    assert.match(json.stderr, /before the command/)
  })

  test('run without --json tells its events as sentences and words, not as JSON', async t => {
    const dataDir = freshDir(t)
    const settings = testSettings(dataDir)
    const flags = Object.entries({ 'p2p-host': settings.P2P_HOST, 'p2p-port': 'auto', 'door-port': 'auto' }).flatMap(([name, value]) => [`--${name}`, value])
    const node = running(t, ['run', ...flags], dataDir)
    await until(() => / info {2}ready peer_id=12D3KooW\w+ listen=\/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\/12D3KooW\w+ door=nats:/.test(node.stderr()),
      () => `a line that says ready: ${node.stderr()}`)
    const second = await cli(['run', ...flags], { dataDir })
    assert.equal(second.code, 4)
    assert.match(second.stderr, /^\S+Z error .*another node runs on this data directory/)
    assert.ok(!second.stderr.includes('{'), second.stderr)
    assert.equal(await node.stop('SIGINT'), 0)
  })
})

describe('peerline key', judge('js'), () => {
  const forms = {
    'a go-p2p-message-bus key in hexadecimal': Buffer.from(`08011240${SEED}${PUBLIC}`),
    'such a key with a newline behind it': Buffer.from(`08011240${SEED}${PUBLIC}\n`),
    'a libp2p key of 68 bytes': Buffer.from(`08011240${SEED}${PUBLIC}`, 'hex'),
    'a libp2p key in the old form of 100 bytes': Buffer.from(`08011260${SEED}${PUBLIC}${PUBLIC}`, 'hex')
  }

  for (const [what, bytes] of Object.entries(forms)) {
    test(`import of ${what} gives the node its peer id`, async t => {
      const dir = freshDir(t)
      const dataDir = join(dir, 'data')
      const file = join(dir, 'their.key')
      writeFileSync(file, bytes, { mode: 0o600 })
      const { code, all } = await cli(['key', 'import', file], { dataDir })
      assert.equal(code, 0, all)
      assert.ok(all.includes(PEER_ID), all)
      assert.equal(statSync(join(dataDir, 'node.key')).mode & 0o777, 0o600)
      assert.deepEqual(readFileSync(file), bytes, 'the imported file is left alone')
      const node = await startNode({ t, dataDir })
      assert.equal(node.peerId, PEER_ID)
    })
  }

  test('import of what js-libp2p wrote gives the id that js gave', async t => {
    const stack = await loadStack(3)
    const key = await stack.keys.generateKeyPair('Ed25519')
    const dir = freshDir(t)
    const file = join(dir, 'js.key')
    writeFileSync(file, stack.keys.privateKeyToProtobuf(key), { mode: 0o600 })
    const { code, all } = await cli(['key', 'import', file], { dataDir: join(dir, 'data') })
    assert.equal(code, 0, all)
    assert.ok(all.includes(stack.peerIdFromPrivateKey(key).toString()), all)
  })

  test('import over a key that is there is refused, and the key is kept', async t => {
    const dir = freshDir(t)
    const node = await startNode({ dataDir: dir })
    await node.stop()
    const before = readFileSync(join(dir, 'node.key'))
    const file = join(dir, 'their.key')
    writeFileSync(file, Object.values(forms)[0], { mode: 0o600 })
    const { code, stderr } = await cli(['key', 'import', file], { dataDir: dir })
    assert.equal(code, 4, stderr)
    assert.deepEqual(readFileSync(join(dir, 'node.key')), before)
  })

  for (const [what, bytes] of Object.entries({ garbage: Buffer.from('garbage'), 'half a key': Buffer.from(`08011240${SEED}`) })) {
    test(`import of ${what} is refused and makes no key`, async t => {
      const dir = freshDir(t)
      const file = join(dir, 'their.key')
      writeFileSync(file, bytes, { mode: 0o600 })
      const { code, stderr } = await cli(['key', 'import', file], { dataDir: join(dir, 'data') })
      assert.notEqual(code, 0)
      assert.ok(stderr.includes(file), stderr)
      assert.throws(() => statSync(join(dir, 'data', 'node.key')), /ENOENT/)
    })
  }

  test('key shows the node\'s id and never the private key, also as JSON', async t => {
    const dataDir = freshDir(t)
    const file = join(dataDir, 'node.key')
    writeFileSync(file, Buffer.from(`08011240${SEED}${PUBLIC}`, 'hex'), { mode: 0o600 })
    const plain = await cli(['key'], { dataDir })
    assert.equal(plain.code, 0, plain.stderr)
    assert.ok(plain.stdout.includes(PEER_ID), plain.stdout)
    assert.ok(!plain.all.includes(SEED))
    assert.equal(jsonLines((await cli(['key', '--json'], { dataDir })).stdout)[0].peer_id, PEER_ID)
  })
})
