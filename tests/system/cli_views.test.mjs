// Proves what the command line shows of a running node: topics, consumers, events, config, the line of what sharing saves, and
// completion in a real shell on a real terminal.

import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, test } from 'node:test'
import { connect } from 'nats'
import { binary, cli, freshDir, judge, startNode, testSettings, until } from './lib/node.mjs'
import { writeConsumers } from './lib/consumers_file.mjs'
import { onTerminal } from './lib/pty.mjs'

const NAMES = ['ledger', 'wallet', 'explorer']

async function attach (t, node, name) {
  const url = new URL((await cli(['url'], { dataDir: node.dataDir })).stdout.trim())
  const connection = await connect({ servers: url.host, token: decodeURIComponent(url.username), name, reconnect: false })
  t.after(() => connection.close())
  return connection
}

function rows (stdout) {
  return stdout.trimEnd().split('\n').map(line => line.trimEnd().split(/ {2,}/))
}

function running (t, args, dataDir) {
  const child = spawn(binary(), args, { env: { PATH: process.env.PATH, PEERLINE_DATA: dataDir }, stdio: ['ignore', 'pipe', 'pipe'] })
  const lines = []
  let stderr = ''
  createInterface({ input: child.stdout }).on('line', line => lines.push(line))
  child.stderr.on('data', data => { stderr += data })
  const ended = new Promise(resolve => child.on('close', code => resolve(code)))
  t.after(() => { if (child.exitCode === null) child.kill('SIGKILL') })
  return { lines, stderr: () => stderr, stop: signal => { child.kill(signal); return ended } }
}

describe('what the command line shows', judge('js'), () => {
  test('status says what sharing saves, and only when it does', async t => {
    const [hub, other] = [await startNode({ t }), await startNode({ t })]
    const saved = async () => JSON.parse((await cli(['status', '--json'], { dataDir: hub.dataDir })).stdout).connections_avoided
    assert.equal(await saved(), 0)
    assert.doesNotMatch((await cli(['status'], { dataDir: hub.dataDir })).stdout, /avoided/)
    await hub.api('CONNECT', { address: other.listen[0] })
    // The test's own connection is one of them.
    await attach(t, hub, NAMES[0])
    assert.match((await cli(['status'], { dataDir: hub.dataDir })).stdout, /2 consumers share 1 link: 1 connection avoided/)
    await attach(t, hub, NAMES[1])
    assert.match((await cli(['status'], { dataDir: hub.dataDir })).stdout, /3 consumers share 1 link: 2 connections avoided/)
    assert.equal(await saved(), 2)
    // A command line's connection is in neither, one with a name of its own in both.
    running(t, ['sub', 'plain'], hub.dataDir)
    running(t, ['sub', '--name', 'reader', 'plain'], hub.dataDir)
    await until(async () => (await hub.api('STATUS')).consumers.filter(c => /^(peerline-sub-\d+|reader)$/.test(c.id)).length === 2, () => 'both to be attached')
    const { stdout } = await cli(['status'], { dataDir: hub.dataDir })
    assert.match(stdout, /4 consumers share 1 link/)
    assert.match(stdout, /^reader /m)
    assert.doesNotMatch(stdout, /peerline-sub-/)
  })

  test('topics lists what is joined, with health and rates', async t => {
    const node = await startNode({ t })
    assert.match((await cli(['topics'], { dataDir: node.dataDir })).stdout, /No topics/)
    const consumer = await attach(t, node, NAMES[0])
    consumer.subscribe('topic.demo/news')
    await consumer.flush()
    for (const [flag, columns] of [[[], 9], [['--wide'], 14], [['--rates'], 12]]) {
      const { code, stdout, stderr } = await cli(['topics', ...flag], { dataDir: node.dataDir })
      assert.equal(code, 0, stderr)
      const [heads, row] = rows(stdout)
      assert.equal(heads.length, columns, stdout)
      assert.equal(row.length, columns, stdout)
      assert.equal(row[0], 'demo/news')
      assert.equal(row[heads.indexOf('CONSUMERS')], '1')
    }
    assert.equal(JSON.parse((await cli(['topics', '--json'], { dataDir: node.dataDir })).stdout).topics[0].topic, 'demo/news')
  })

  test('consumers lists them, and one of them by subject and by peer', async t => {
    const [hub, other] = [await startNode({ t }), await startNode({ t })]
    const consumer = await attach(t, hub, NAMES[0])
    let n = 0
    consumer.subscribe('topic.demo/news', { queue: 'workers', callback: () => { n++ } })
    await consumer.flush()
    await hub.api('CONNECT', { address: other.listen[0] })
    const publisher = await attach(t, other, NAMES[1])
    publisher.subscribe('topic.demo/news')
    await hub.waitEvent('MESH', event => event.topic === 'demo/news' && event.grafted)
    publisher.publish('topic.demo/news', 'hello')
    await until(() => n === 1, 'the message to arrive')
    const [heads, ...list] = rows((await cli(['consumers'], { dataDir: hub.dataDir })).stdout)
    const row = list.find(one => one[0] === NAMES[0])
    assert.equal(row.length, heads.length)
    assert.equal(row[heads.indexOf('DELIVERED')], '1')
    assert.equal(row[heads.indexOf('LAG')], '0')
    const wide = rows((await cli(['consumers', '--wide'], { dataDir: hub.dataDir })).stdout)
    const wideRow = wide.find(one => one[0] === NAMES[0])
    assert.equal(wideRow.length, wide[0].length)
    assert.equal(wideRow[wide[0].indexOf('RIGHTS')], 'owner')
    assert.equal(wideRow[wide[0].indexOf('SLOW')], 'gap')
    assert.match(wideRow[wide[0].indexOf('CLIENT')], /^nats\.js \d/)
    const one = (await cli(['consumers', NAMES[0]], { dataDir: hub.dataDir })).stdout
    assert.match(one, /topic\.demo\/news +workers +1 +/)
    assert.match(one, new RegExp(`topic\\.demo/news +${other.peerId} +1 `))
    assert.equal(JSON.parse((await cli(['consumers', NAMES[0], '--json'], { dataDir: hub.dataDir })).stdout).id, NAMES[0])
    assert.equal((await cli(['consumers', 'nobody'], { dataDir: hub.dataDir })).code, 4)
  })

  test('req asks once, and says why there is no answer', async t => {
    const node = await startNode({ t })
    const consumer = await attach(t, node, NAMES[0])
    consumer.subscribe('double', { callback: (_, message) => message.respond(String(2 * Number(message.string()))) })
    consumer.subscribe('silence', { callback: () => {} })
    await consumer.flush()
    const req = (...args) => cli(['req', ...args], { dataDir: node.dataDir, input: '21' })
    assert.deepEqual([(await req('double', '4')).stdout, (await req('double')).stdout, (await req('double', '-')).stdout], ['8\n', '42\n', '42\n'])
    assert.equal(JSON.parse((await req('double', '4', '--json')).stdout).data, '8')
    assert.equal(JSON.parse((await req('$PL.API.STATUS', '{}')).stdout).peer_id, node.peerId)
    for (const [args, code, says] of [[['nobody', 'x'], 4, /nobody serves/], [['silence', 'x', '--timeout', '1s'], 4, /no answer within 1000 ms/],
      [['silence', 'x', '--timeout', 'soon'], 1, /takes a time/], [[], 1, /usage/]]) {
      const result = await req(...args)
      assert.equal(result.code, code, result.all)
      assert.match(result.stderr, says)
    }
  })

  test('events tells what happens, of the kinds that were asked for', async t => {
    const [hub, other] = [await startNode({ t }), await startNode({ t })]
    const all = running(t, ['events'], hub.dataDir)
    const one = running(t, ['events', '--json', 'link_up'], hub.dataDir)
    await until(async () => (await hub.api('STATUS')).consumers.filter(c => /^peerline-events-/.test(c.id) && c.subscriptions > 0).length === 2,
      () => `both to listen\n${all.stderr()}${one.stderr()}`)
    await hub.api('CONNECT', { address: other.listen[0] })
    await until(() => all.lines.some(line => line.includes('IDENTIFIED')), () => `IDENTIFIED: ${all.lines}`)
    assert.match(all.lines.find(line => line.includes('LINK_UP')),
      new RegExp(`^\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z LINK_UP peer_id=${other.peerId} direction=outbound`))
    const event = JSON.parse(one.lines[0])
    assert.equal(event.kind, 'LINK_UP')
    assert.equal(event.peer_id, other.peerId)
    assert.equal(one.lines.length, 1)
    assert.equal(await all.stop('SIGINT'), 0)
    assert.equal(await one.stop('SIGTERM'), 0)
    for (const [kind, says] of [['link>', /there are LINK_UP/], ['linkup', /did you mean LINK_UP/]]) {
      const result = await cli(['events', kind], { dataDir: hub.dataDir })
      assert.equal(result.code, 1, result.all)
      assert.match(result.stderr, says)
    }
    assert.equal((await cli(['events'], { dataDir: freshDir(t) })).code, 2)
  })

  test('events goes on when its node is restarted', async t => {
    const dataDir = freshDir(t)
    const first = await startNode({ dataDir })
    const events = running(t, ['events', 'reloaded'], dataDir)
    const reload = async node => {
      await until(async () => (await node.api('STATUS')).consumers.some(c => /^peerline-events-/.test(c.id) && c.subscriptions > 0),
        () => `it to listen\n${events.stderr()}`)
      await node.api('RELOAD')
    }
    await reload(first)
    await until(() => events.lines.length === 1, () => `the first: ${events.lines}`)
    await first.stop()
    await reload(await startNode({ t, dataDir }))
    await until(() => events.lines.length === 2, () => `the second: ${events.lines} ${events.stderr()}`)
    assert.match(events.stderr(), /the node is gone; waiting for it\nthe node is back, restarted/)
    assert.equal(await events.stop('SIGTERM'), 0)
  })

  test('config says what is set and by what, of a running node and of the next one', async t => {
    const dataDir = freshDir(t)
    writeFileSync(join(dataDir, 'peerline.conf'), '# ours\nmax_peers = 7\n')
    const env = { ...testSettings(dataDir), PEERLINE_ZZZZZZZZ: '1' }
    const next = await cli(['config', '--origin'], { env })
    assert.equal(next.code, 0, next.stderr)
    const line = key => rows(next.stdout).find(row => row[0] === key)
    assert.deepEqual(line('max_peers'), ['max_peers', '7', 'file', `${dataDir}/peerline.conf, line 2`])
    assert.deepEqual(line('p2p_port'), ['p2p_port', 'auto', 'environment', 'P2P_PORT'])
    assert.equal(line('flood_publish')[2], 'default')
    assert.match(next.stdout, /PEERLINE_ZZZZZZZZ is in the environment and is not a setting/)
    const node = await startNode({ t, dataDir, args: ['--max-peers', '9'] })
    const listed = async (...flags) => JSON.parse((await cli(['config', '--json', ...flags], { env: testSettings(dataDir) })).stdout).settings.find(row => row.key === 'max_peers')
    assert.deepEqual([(await listed()).value, (await listed()).origin, (await listed()).where], ['9', 'flag', '--max-peers'])
    assert.equal((await listed('--next')).value, '7')
    await node.stop()
  })

  test('config check finds what is wrong in a file before a node does', async t => {
    const dataDir = freshDir(t)
    const file = join(dataDir, 'new.conf')
    writeFileSync(file, 'max_peers = 7\n')
    const good = await cli(['config', 'check', file], { dataDir })
    assert.equal(good.code, 0, good.stderr)
    writeFileSync(file, 'max_peers = 7\nmax_pears = 8\n')
    const bad = await cli(['config', 'check', file], { dataDir })
    assert.equal(bad.code, 1)
    assert.match(bad.stderr, /line 2: .*did you mean max_peers\?/)
    assert.equal((await cli(['config', 'check', join(dataDir, 'none')], { dataDir })).code, 1)
    assert.equal((await cli(['config', 'check'], { env: { ...testSettings(dataDir), MAX_PEERS: '-1' } })).code, 1)
    assert.equal((await cli(['config', 'check'], { env: testSettings(dataDir) })).code, 0)

    const consumers = join(dataDir, 'consumers.json')
    writeConsumers(dataDir, { arcade: {} })
    assert.equal((await cli(['config', 'check'], { env: testSettings(dataDir) })).code, 0)
    writeConsumers(dataDir, { arcade: { publishes: [] } })
    for (const args of [['config', 'check'], ['run']]) {
      const wrong = await cli(args, { env: testSettings(dataDir) })
      assert.equal(wrong.code, 1)
      assert.match(wrong.stderr, /consumers\.json: "arcade": "publishes" is not known; did you mean "publish"\?/)
    }
    writeFileSync(file, `consumers = ${consumers}\n`)
    const named = await cli(['config', 'check', file], { dataDir })
    assert.equal(named.code, 1)
    assert.match(named.stderr, /did you mean "publish"/)
  })

  test('config shows the consumers file that is in use, and reload says what became of the files', async t => {
    const dataDir = freshDir(t)
    const shown = async (...flags) => {
      const { stdout } = await cli(['config', '--json', ...flags], { env: testSettings(dataDir) })
      return JSON.parse(stdout).settings.find(row => row.key === 'consumers').value
    }
    const node = await startNode({ t, dataDir })
    assert.equal(await shown(), null)
    const nothing = await cli(['reload'], { dataDir })
    assert.deepEqual([nothing.code, nothing.stdout], [0, 'changed: nothing\n'])

    const tokens = writeConsumers(dataDir, { arcade: {}, exchange: {} })
    assert.equal(await shown(), null, 'it is there and not read yet')
    assert.equal(await shown('--next'), join(dataDir, 'consumers.json'))
    writeFileSync(join(dataDir, 'peerline.conf'), 'consumer_bytes = 2000000\nmax_peers = 7\n')
    const both = await cli(['reload'], { dataDir })
    assert.equal(both.code, 0, both.stderr)
    assert.equal(both.stdout, `changed: consumer_bytes\nneeds a restart: max_peers\n${dataDir}/consumers.json: 2 consumers with a token of their own\n`)
    assert.equal(await shown(), join(dataDir, 'consumers.json'))

    const arcade = await connect({ servers: node.door, token: tokens.arcade, reconnect: false })
    writeConsumers(dataDir, { exchange: {} }, tokens)
    assert.match((await cli(['reload'], { dataDir })).stdout, /1 consumer with a token of its own\n1 consumer was disconnected: its token is gone/)
    await arcade.closed()
    writeFileSync(join(dataDir, 'consumers.json'), '{')
    const wrong = await cli(['reload'], { dataDir })
    assert.equal(wrong.code, 4)
    assert.match(wrong.stderr, /consumers\.json/)
    assert.equal((await cli(['reload'], { dataDir: freshDir(t) })).code, 2)
  })
})

// A shell on a terminal, with our program first in its path and its completion loaded.
async function shell (t, command, load) {
  const dir = freshDir(t)
  mkdirSync(join(dir, 'bin'))
  symlinkSync(binary(), join(dir, 'bin', 'peerline'))
  const terminal = onTerminal(t, command, {
    env: { PATH: join(dir, 'bin') + delimiter + process.env.PATH, HOME: dir, ASAN_OPTIONS: 'detect_leaks=0' }
  })
  // The quotes: what is typed shows on the screen too.
  terminal.type(`${load}; echo load""ed\n`)
  await terminal.saw('loaded\r\n')
  return terminal
}

function isThere (program) {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`])
    return true
  } catch { return false }
}

describe('completion', judge('js'), () => {
  test('bash completes commands, flags, settings and what the node can name', async t => {
    const node = await startNode({ t })
    const consumer = await attach(t, node, NAMES[2])
    consumer.subscribe('topic.demo/quite_unusual')
    await consumer.flush()
    const bash = await shell(t, ['bash', '--norc', '--noprofile', '-i'], 'source <(peerline completion bash)')
    bash.type('echo x peerline; peerline stat\t')
    await bash.saw('peerline status ')
    bash.type('--j\t')
    await bash.saw('peerline status --json ')
    bash.type('\x15peerline run --flood\t')
    await bash.saw('run --flood-publish ')
    bash.type(`\x15peerline --data ${node.dataDir} sub demo/q\t`)
    await bash.saw('sub demo/quite_unusual ')
    bash.type(`\x15peerline --data ${node.dataDir} consumers expl\t`)
    await bash.saw('consumers explorer ')
    bash.type('\x15exit\n')
    assert.equal(await bash.ended, 0)
  })

  test('zsh completes commands', { skip: isThere('zsh') ? false : 'zsh is not installed' }, async t => {
    const zsh = await shell(t, ['zsh', '-f', '-i'], 'autoload -Uz compinit && compinit -u -D && source <(peerline completion zsh)')
    zsh.type('peerline stat\t')
    await zsh.saw('peerline status ')
    zsh.type('\x15exit\n')
    assert.equal(await zsh.ended, 0)
  })

  test('both scripts are understood by their shells', async () => {
    const { stdout, code } = await cli(['completion', 'bash'])
    assert.equal(code, 0)
    execFileSync('bash', ['-n'], { input: stdout })
    if (isThere('zsh')) execFileSync('zsh', ['-n'], { input: (await cli(['completion', 'zsh'])).stdout })
    assert.equal((await cli(['completion', 'fish'])).code, 1)
    assert.equal((await cli(['completion'])).code, 1)
  })
})
