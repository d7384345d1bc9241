// Proves that a program which uses the installed library does the same whether the node is inside it or elsewhere: one
// source, run with the node embedded, over a Unix socket and over TCP, linked with the shared library and with the archive,
// and what it says compared; that consumers survive the restart of their node; and that one with a token of its own is told
// what it may not do.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, test } from 'node:test'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { install, run } from './lib/installed.mjs'
import { writeConsumers } from './lib/consumers_file.mjs'
import { ROOT, cli, freshDir, judge, startNode, until } from './lib/node.mjs'

const SETTINGS = { p2p_host: '127.0.0.1', p2p_port: 'auto', door_port: 'auto', consumer_bytes: '131072' }
const NODE_ENV = { PEERLINE_CONSUMER_BYTES: SETTINGS.consumer_bytes, PEERLINE_TERANODE_RULES: 'true', PEERLINE_LOG: 'warn' }
// What tests/embed/restricted.c says.
const mayNot = (what, subject, why, right) =>
  `the node refused it: Permissions Violation for ${what} "${subject}": arcade may not ${why}; see its "${right}" in PEERLINE_CONSUMERS`
const REFUSALS = `open: done
subscribe to results.*, flush: done
subscribe to jobs.secret, flush: ${mayNot('Subscription to', 'jobs.secret', 'see all of that', 'subscribe')}
subscribe to serve.other, flush: ${mayNot('Subscription to', 'serve.other', 'serve that', 'serve')}
publish to forbidden, flush: ${mayNot('Publish to', 'forbidden', 'publish there', 'publish')}
publish to topic.demo/other, flush: ${mayNot('Publish to', 'topic.demo/other', 'publish there', 'publish')}
request to $PL.API.STATUS, answer: done
request to $PL.API.PEERS, answer: ${mayNot('Publish to', '$PL.API.PEERS', 'ask that', 'api')}
next: done
results.1 "before"
next: ${mayNot('Publish to', 'elsewhere', 'publish there', 'publish')}
next: done
results.2 "behind"
open with a wrong token: the node refused it: Authorization Violation
`

describe('the library', judge('c'), () => {
  let dir, library
  before(async () => {
    dir = mkdtempSync(join(tmpdir(), 'pl-lib-'))
    library = await install(dir)
  })
  after(() => rmSync(dir, { recursive: true, force: true }))

  const embedded = (t, program) => run(program, [`embedded:${join(freshDir(t), 'data')}`, ...Object.entries(SETTINGS).flat()], library.env)

  test('does the same embedded and attached, shared and static', async t => {
    const source = join(ROOT, 'tests/embed/consumer.c')
    const shared = await library.compile(source, join(dir, 'consumer-shared'))
    const archive = await library.compile(source, join(dir, 'consumer-static'), 'static')
    const node = await startNode({ t, env: NODE_ENV })
    const url = await cli(['url'], { dataDir: node.dataDir })
    const said = {
      embedded: await embedded(t, shared),
      'embedded, static': await embedded(t, archive),
      unix: await run(shared, [`unix:${node.dataDir}/peerline.sock`], library.env),
      'unix, static': await run(archive, [`${node.dataDir}/peerline.sock`]),
      tcp: await run(shared, [url.stdout.trim()], library.env)
    }
    const expected = said.embedded
    assert.match(expected, /slow: missed something: yes, heard or told: all, wrong 0, inexact 0, counted: yes/)
    assert.match(expected, /because: Permissions Violation for Publish to "topic.teranode/)
    assert.match(expected, /drained: 100, then the connection is closed for good/)
    assert.ok(expected.split('\n').length > 15, expected)
    for (const [where, text] of Object.entries(said)) assert.equal(text, expected, where)
    t.diagnostic(`${Object.keys(said).length} ways, ${expected.trim().split('\n').length} lines each, all the same`)
  })

  test('tells a consumer with a token of its own what is refused, and goes on', async t => {
    const program = await library.compile(join(ROOT, 'tests/embed/restricted.c'), join(dir, 'restricted'))
    const dataDir = freshDir(t)
    const tokens = writeConsumers(dataDir, { arcade: { subscribe: ['results.*'], publish: ['results.>'], api: ['STATUS'] } })
    const node = await startNode({ t, dataDir, env: { PEERLINE_LOG: 'warn' } })
    for (const address of [`nats://${new URL(node.door).host}`, `unix:${dataDir}/peerline.sock`]) {
      assert.equal(await run(program, [address, tokens.arcade], library.env), REFUSALS, address)
    }
  })

  test('is C99 and C++ to whoever includes it', async () => {
    const source = '#include <peerline/consumer.h>\nint main(void) { return pl_strerror(PL_E_TIMEOUT) == 0; }\n'
    for (const [name, ...compiler] of [['a.c', 'cc', '-std=c99'], ['a.cpp', 'c++', '-std=c++11'], ['a.cpp', 'c++', '-std=c++20']]) {
      writeFileSync(join(dir, name), source)
      await run(await library.compile(join(dir, name), join(dir, 'a.out'), 'shared', compiler), [], library.env)
    }
  })

  // SIGTERM, then SIGKILL: the second node finds what the first left behind.
  for (const [how, end] of [['was stopped', node => node.stop()], ['was killed', node => node.kill()]]) {
    test(`64 consumers are back within a second after their node ${how} and is there again, and nothing is missed silently`, async t => {
      const dataDir = freshDir(t)
      const program = await library.compile(join(ROOT, 'tests/embed/returning.c'), join(dir, 'returning'))
      const first = await startNode({ dataDir, env: { PEERLINE_LOG: 'warn' } })
      t.after(() => first.exited || first.kill())
      const url = (await cli(['url'], { dataDir })).stdout.trim()
      const child = spawn(program, ['64', join(dataDir, 'peerline.sock'), url], { env: { ...process.env, ...library.env } })
      t.after(() => child.kill('SIGKILL'))
      const told = []
      let stderr = ''
      createInterface({ input: child.stdout }).on('line', line => told.push(JSON.parse(line)))
      child.stderr.on('data', data => { stderr += data })
      const event = (kind, ms) => until(() => told.find(one => one.event === kind), () => `${kind}: ${JSON.stringify(told)} ${stderr}`, ms)
      const ready = await event('ready', 30_000)
      await end(first)
      const lost = await event('lost')
      const door = { PEERLINE_DOOR_PORT: new URL(url).port, PEERLINE_LOG: 'warn' }
      await startNode({ t, dataDir, env: door })
      const readyAt = statSync(join(dataDir, 'run.json')).mtimeMs
      const back = await event('back')
      await until(async () => (await cli(['status', '--json'], { dataDir })).stdout.includes('"returning-63"'), 'status')
      child.stdin.end()
      const sum = await event('sum')
      assert.ok(back.at_ms - readyAt <= 1000, `${back.at_ms - readyAt} ms`)
      assert.equal(sum.silent, 0, JSON.stringify(sum))
      assert.equal(sum.wrong, 0, JSON.stringify(sum))
      assert.equal(sum.twice, 0, JSON.stringify(sum))
      assert.equal(sum.returned, 64)
      assert.equal(sum.restarted, 64)
      assert.ok(sum.heard > back.heard && lost.heard >= ready.heard)
      t.diagnostic(`all back ${(back.at_ms - readyAt).toFixed(0)} ms after the node was ready; ${JSON.stringify(sum)}`)
    })
  }
})
