// Proves that a consumer with a token of its own may do what stands beside it and nothing else, with stock NATS clients: a
// refusal fails exactly one call; nobody sees what passes between others; rights change while everything runs; and nobody
// but the owner comes in by the Unix socket (L-04, T-03).

import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { chmodSync, chownSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect as netConnect, createServer } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { promisify } from 'node:util'
import { connect, StringCodec } from 'nats'
import { cProgram, cnatsJudge } from '../interop/cnats/programs.mjs'
import { cli, freshDir, judge, startNode, until } from './lib/node.mjs'
import { writeConsumers } from './lib/consumers_file.mjs'
import { clients } from './lib/nats_clients.mjs'
import { rawNats } from './lib/raw_nats.mjs'

const run = promisify(execFile)
const text = StringCodec()
const NOBODY = 65534
const asRoot = process.getuid() === 0

const ARCADE = {
  subscribe: ['topic.>', 'jobs.*'],
  publish: ['results.>', 'topic.tx'],
  serve: ['status'],
  api: ['STATUS']
}

async function start (t, entries, options = {}) {
  const dataDir = freshDir(t)
  const tokens = writeConsumers(dataDir, entries)
  const node = await startNode({ t, dataDir, ...options })
  return { node, dataDir, tokens }
}

const port = node => Number(new URL(node.door).port)

describe('a consumer with a token of its own', () => {
  for (const client of clients) {
    test(`is refused one call at a time, ${client.name}`, judge('js'), async t => {
      const { node, tokens } = await start(t, { arcade: ARCADE })
      const arcade = await client.connect({ servers: node.door, token: tokens.arcade, name: 'arcade' })
      const owner = await client.connect({ servers: node.door, token: node.token })
      const seen = []
      const errors = []
      ;(async () => { for await (const status of arcade.status()) errors.push(String(status.data ?? status.error)) })()
      owner.subscribe('>', { callback: (_, message) => seen.push(`${message.subject} ${client.decode(message)}`) })
      await owner.flush()

      const got = []
      const failed = []
      const note = list => (error, message) => list.push(error ? 'error' : `${message.subject} ${client.decode(message)}`)
      arcade.subscribe('jobs.*', { callback: note(got) })
      arcade.subscribe('secret.x', { callback: note(failed) })
      arcade.publish('forbidden', client.encode('no'))
      arcade.publish('results.1', client.encode('yes'))
      await arcade.flush()
      owner.publish('jobs.a', client.encode('work'))
      owner.publish('secret.x', client.encode('hidden'))
      await owner.flush()
      await arcade.flush()
      assert.deepEqual(got, ['jobs.a work'], 'the other subscription lives')
      assert.deepEqual(failed, ['error'], 'this one failed, and got nothing')
      assert.ok(seen.includes('results.1 yes') && !seen.some(line => line.startsWith('forbidden')))
      await until(() => errors.some(line => /Publish to "?forbidden/i.test(line) || /permissions/i.test(line)), () => JSON.stringify(errors))

      // Requests: the one it may ask is answered, the other fails at once and not by a timeout.
      const status = JSON.parse(client.decode(await arcade.request('$PL.API.STATUS', client.encode(''), { timeout: 5000 })))
      assert.equal(status.peer_id, node.peerId)
      const began = Date.now()
      await assert.rejects(arcade.request('$PL.API.STOP', client.encode(''), { timeout: 20_000 }))
      assert.ok(Date.now() - began < 10_000, `${Date.now() - began} ms`)

      // It serves without any right to publish elsewhere.
      arcade.subscribe('serve.status', { callback: (_, message) => message.respond(client.encode('well')) })
      await arcade.flush()
      assert.equal(client.decode(await owner.request('serve.status', client.encode('?'), { timeout: 5000 })), 'well')
      assert.equal(arcade.isClosed(), false)
      await Promise.all([arcade.close(), owner.close()])
    })
  }

  test('is refused one call at a time, cnats', cnatsJudge(judge('js')), async t => {
    const { node, tokens } = await start(t, { arcade: ARCADE })
    const { stdout } = await run(await cProgram('rights'), [node.door, tokens.arcade], { timeout: 20_000 })
    assert.deepEqual(stdout.trim().split('\n'), ['connected', 'error true', 'published ok', 'got allowed', 'closed 0'])
  })

  test('sees nothing of what passes between others', judge('js'), async t => {
    const { node, tokens } = await start(t, { watcher: {} })
    const watcher = await connect({ servers: node.door, token: tokens.watcher })
    const owner = await node.consumer('owner')
    const seen = []
    watcher.subscribe('>', { callback: (_, message) => seen.push(message.subject) })
    await watcher.flush()
    owner.subscribe('svc', { callback: (_, message) => message.respond(text.encode('answer')) })
    const served = owner.subscribe('serve.x', { callback: (_, message) => message.respond(text.encode('served')) })
    await owner.request('svc', text.encode('question'), { timeout: 5000 })
    await owner.request('serve.x', text.encode('question'), { timeout: 5000 })
    served.unsubscribe()
    await node.api('STATUS')
    await node.api('RELOAD') // an event
    owner.publish('plain', text.encode('1'))
    await owner.flush()
    await watcher.flush()
    assert.deepEqual(seen, ['svc', 'plain'])
    await Promise.all([watcher.close(), owner.close()])
  })

  test('a wrong token and none are a violation, whoever shows them', judge('js'), async t => {
    const { node, tokens } = await start(t, { arcade: {} })
    const cases = ['', tokens.arcade.slice(1), `${tokens.arcade}0`, node.token.toLowerCase() + 'x', 'owner', 'arcade']
    for (const token of cases) {
      const raw = await rawNats(port(node))
      await raw.info()
      raw.send(`CONNECT {"verbose":false,"auth_token":"${token}"}\r\nPING\r\n`)
      await raw.end()
      assert.match(raw.received, /-ERR 'Authorization Violation'/)
      assert.doesNotMatch(raw.received, /PONG/)
    }
    assert.ok(!node.log(Infinity).includes(tokens.arcade), 'no token in the log')
  })
})

describe('who is not let in', () => {
  const [, client] = clients // nats.js 3, which goes on for ever without a word

  const tries = options => client.connect({ reconnect: true, waitOnFirstConnect: true, maxReconnectAttempts: -1, reconnectTimeWait: 100, timeout: 500, ...options })

  test('with a name that is taken, the node says so until it is free', judge('js'), async t => {
    const { node } = await start(t, {})
    const holder = await client.connect({ servers: node.door, token: node.token, name: 'bridge' })
    const attempt = tries({ servers: node.door, token: node.token, name: 'bridge' })
    const { consumer, credentials, via, why, text: words, left_out: others } = await node.waitEvent('CONSUMER_REFUSED', event => event.source === 'door')
    assert.deepEqual([consumer, credentials, via, why, others], ['bridge', 'owner', 'tcp', 'name_held', 0])
    assert.equal(words, 'consumer id "bridge" is held by another live connection')
    assert.equal(node.events('CONSUMER_REFUSED', 'stdout')[0].level, 'warn')
    await holder.close()
    const late = await attempt
    await late.flush()
    await late.close()
  })

  test('with a wrong token, or more connections than its entry may have, the node says which', judge('js'), async t => {
    const { node, tokens } = await start(t, { arcade: { connections: 1 } })
    const wrong = 'not-a-token-of-this-node'
    await assert.rejects(client.connect({ servers: node.door, token: wrong, name: 'stranger' }))
    const token = await node.waitEvent('CONSUMER_REFUSED', event => event.why === 'token')
    assert.deepEqual([token.consumer, token.credentials], ['stranger', null])
    assert.ok(!JSON.stringify(token).includes(wrong) && !node.log(Infinity).includes(wrong), 'the token is told nobody')
    const first = await client.connect({ servers: node.door, token: tokens.arcade, name: 'arcade#1' })
    const attempt = tries({ servers: node.door, token: tokens.arcade, name: 'arcade#2' })
    const full = await node.waitEvent('CONSUMER_REFUSED', event => event.why === 'connections')
    assert.deepEqual([full.consumer, full.credentials], ['arcade#2', 'arcade'])
    assert.match(full.text, /"connections" \(1\) in PEERLINE_CONSUMERS/)
    await first.close()
    await (await attempt).close()
  })
})

describe('the file', () => {
  test('a mistake in it keeps the node from starting, in a sentence', judge('js'), async t => {
    const dataDir = freshDir(t)
    writeConsumers(dataDir, { arcade: { publishes: ['a'] } })
    const { code, all } = await cli(['run'], { dataDir, env: { P2P_ENABLED: 'false', PEERLINE_DOOR_PORT: 'auto' } })
    assert.equal(code, 1)
    assert.match(all, /consumers\.json: "arcade": "publishes" is not known; did you mean "publish"\?/)
  })

  test('is read again: who may less loses that, who may nothing goes, nobody else notices', judge('js'), async t => {
    const { node, dataDir, tokens } = await start(t, { arcade: { subscribe: ['a', 'b'] }, exchange: {}, gone: {} })
    const arcade = await connect({ servers: node.door, token: tokens.arcade, reconnect: false })
    const exchange = await connect({ servers: node.door, token: tokens.exchange, reconnect: false })
    const gone = await connect({ servers: node.door, token: tokens.gone, reconnect: false })
    const got = []
    const ended = []
    for (const subject of ['a', 'b']) {
      arcade.subscribe(subject, { callback: (error, message) => (error ? ended : got).push(error ? subject : message.subject) })
    }
    await Promise.all([arcade, exchange, gone].map(connection => connection.flush()))

    writeConsumers(dataDir, { arcade: { subscribe: ['a'], publish: ['c'] }, exchange: {} }, tokens)
    const answer = await node.api('RELOAD')
    assert.deepEqual({ ...answer, consumers_file: undefined },
      { changed: [], needs_restart: [], consumers_file: undefined, credentials: 2, disconnected: 1, subscriptions_ended: 1 })
    await gone.closed()
    await arcade.flush()
    assert.deepEqual(ended, ['b'])
    const owner = await node.consumer('owner')
    for (const subject of ['a', 'b']) owner.publish(subject)
    await owner.flush()
    await arcade.flush()
    assert.deepEqual(got, ['a'])
    await exchange.flush()

    // The same by a signal, and a mistake changes nothing.
    writeFileSync(join(dataDir, 'consumers.json'), '{"arcade": 7}', { mode: 0o600 })
    process.kill(node.pid, 'SIGHUP')
    await node.waitEvent('WARNING', event => /not reloaded.*"arcade": give an object/.test(event.text))
    await assert.rejects(node.api('RELOAD'), error => error.code === 'E_RELOAD')
    await Promise.all([arcade.flush(), exchange.flush()])
    await Promise.all([arcade, exchange, owner].map(connection => connection.close()))
  })

  test('a thousand reloads under load drop no link, no consumer and no message', judge('js'), async t => {
    const { node, dataDir, tokens } = await start(t, { arcade: { publish: ['topic.t'] } })
    const other = await startNode({ t, bootstrap: node.addrs })
    await Promise.all([node.peer(other.peerId), other.peer(node.peerId)])
    const reader = await other.consumer('reader')
    const got = []
    reader.subscribe('topic.t', { callback: (_, message) => got.push(Number(text.decode(message.data))) })
    await reader.flush()
    const arcade = await connect({ servers: node.door, token: tokens.arcade, reconnect: false })
    arcade.subscribe('topic.t')
    await arcade.flush()
    await until(async () => (await node.api('TOPICS')).topics.some(topic => topic.mesh > 0), 'the mesh')

    const mark = node.mark()
    let sent = 0
    let done = false
    const load = (async () => {
      while (!done) {
        for (let i = 0; i < 5; i++) arcade.publish('topic.t', text.encode(String(sent++)))
        await arcade.flush()
        await new Promise(resolve => setTimeout(resolve, 5))
      }
    })()
    let reloads = 0
    for (; reloads < 1000; reloads++) {
      if (reloads % 100 === 0) writeConsumers(dataDir, { arcade: { publish: ['topic.t'], subscriptions: 10 + reloads } }, tokens)
      await node.api('RELOAD')
    }
    done = true
    await load
    await until(() => got.length === sent, () => `${got.length} of ${sent}`)
    assert.deepEqual(got, Array.from({ length: sent }, (_, i) => i))
    assert.ok(sent > 100, `${sent} sent`)
    assert.equal(node.events('LINK_DOWN').length, 0)
    assert.equal(other.events('LINK_DOWN').length, 0)
    assert.ok(node.mark() > mark)
    assert.equal(arcade.isClosed(), false)
    const me = (await node.api('CONSUMERS')).consumers.find(consumer => consumer.id === 'arcade')
    assert.equal(me.credentials, 'arcade')
    t.diagnostic(`${reloads} reloads, ${sent} messages meanwhile, all arrived in order`)
    await Promise.all([arcade.close(), reader.close()])
  })
})

// ---- who comes in by the Unix socket ----

// Connects as another user and says something. → what it was told, or the error's code.
function asNobody (path, line) {
  const program = `
    const s = require('net').connect(process.argv[1])
    let got = ''
    s.setEncoding('latin1').on('data', d => { got += d; if (d.includes('PONG')) s.end() })
    s.on('error', e => { got += e.code }).on('close', () => process.stdout.write(got))
    s.write(process.argv[2])`
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['-e', program, path, line], { uid: NOBODY, gid: NOBODY, stdio: ['ignore', 'pipe', 'inherit'] })
    let out = ''
    child.stdout.on('data', data => { out += data })
    child.on('error', reject).on('close', () => resolve(out))
  })
}

describe('the Unix socket', { skip: asRoot ? false : 'only root can be another user, too' }, () => {
  const HELLO = 'CONNECT {"verbose":false}\r\nPING\r\n'

  test('lets nobody in but its owner', judge('js'), async t => {
    const { node, dataDir } = await start(t, {})
    chmodSync(dataDir, 0o755)
    assert.equal(lstatSync(node.socket).mode & 0o777, 0o660)
    for (let i = 0; i < 5; i++) assert.equal(await asNobody(node.socket, HELLO), 'EACCES')
    // Even where the file would let him in, as a group's member.
    chmodSync(node.socket, 0o666)
    for (const line of [HELLO, 'PING\r\n', 'PUB $PL.API.STOP 0\r\n\r\n', 'CONNECT {"verbose":false,"auth_token":"x"}\r\nPING\r\n']) {
      const got = await asNobody(node.socket, line)
      assert.match(got, /-ERR 'Authorization Violation'/)
      assert.doesNotMatch(got, /PONG/)
    }
    assert.match(await asNobody(node.socket, `CONNECT {"verbose":false,"auth_token":"${node.token}"}\r\nPING\r\n`), /PONG/)
    await node.api('STATUS')
  })

  // Each: prepares `socket`'s folder → what the refusal says.
  const places = {
    'a folder that everybody can write': folder => { chmodSync(folder, 0o777); return /can be written by everybody \(mode 0777\)/ },
    'a folder of somebody else': folder => { chownSync(folder, NOBODY, NOBODY); return /belongs to another user \(uid 65534\)/ },
    'a link in its place': (folder, socket) => {
      writeFileSync(join(folder, 'target'), 'precious')
      symlinkSync(join(folder, 'target'), socket)
      return /is not a socket of ours and was left alone/
    }
  }
  for (const [place, prepare] of Object.entries(places)) {
    test(`is not made in ${place}`, judge('js'), async t => {
      const dataDir = freshDir(t)
      const folder = join(freshDir(t), 'folder')
      const socket = join(folder, 's')
      mkdirSync(folder, { mode: 0o700 })
      const says = prepare(folder, socket)
      const { code, all } = await cli(['run', '--door-socket', socket], { dataDir, env: { P2P_ENABLED: 'false', PEERLINE_DOOR_PORT: 'auto' } })
      assert.notEqual(code, 0)
      assert.match(all, says)
      if (place.startsWith('a link')) assert.ok(lstatSync(socket).isSymbolicLink())
    })
  }

  test('of somebody else, or that answers, is never removed', judge('js'), async t => {
    const folder = freshDir(t)
    const socket = join(folder, 's')
    const server = createServer(connection => connection.on('error', () => {}).destroy())
    await new Promise(resolve => server.listen(socket, resolve))
    t.after(() => server.close())
    const start = () => cli(['run', '--door-socket', socket], { dataDir: join(folder, 'data'), env: { P2P_ENABLED: 'false', PEERLINE_DOOR_PORT: 'auto' } })
    assert.match((await start()).all, /another program listens there/)
    chownSync(socket, NOBODY, NOBODY)
    assert.match((await start()).all, /is not a socket of ours and was left alone/)
    const still = netConnect(socket)
    await new Promise((resolve, reject) => still.once('connect', resolve).once('error', reject))
    still.destroy()
  })
})
