// Proves that `peerline top` shows rates that are true, redraws itself on a terminal, gives the terminal back however it ends, and
// prints plain blocks where there is none.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { connect } from 'nats'
import { binary, cli, judge, startNode, until } from './lib/node.mjs'
import { onTerminal } from './lib/pty.mjs'

async function attach (t, node, name) {
  const url = new URL((await cli(['url'], { dataDir: node.dataDir })).stdout.trim())
  const connection = await connect({ servers: url.host, token: decodeURIComponent(url.username), name, reconnect: false })
  t.after(() => connection.close())
  return connection
}

// A consumer that gets about `perSecond` messages of its own.
async function busy (t, node, name, perSecond) {
  const connection = await attach(t, node, name)
  connection.subscribe('noise', { callback: () => {} })
  const timer = setInterval(() => { for (let i = 0; i < perSecond / 20; i++) if (!connection.isClosed()) connection.publish('noise', 'x'.repeat(100)) }, 50)
  t.after(() => clearInterval(timer))
  await connection.flush()
  return connection
}

const top = (t, node, args = [], size = {}) =>
  onTerminal(t, [binary(), 'top', ...args], { env: { PEERLINE_DATA: node.dataDir, ASAN_OPTIONS: 'detect_leaks=0' }, ...size })

const ENTER = '\x1b[?1049h'
const LEAVE = '\x1b[?1049l'

describe('peerline top', judge('js'), () => {
  test('on a terminal it draws itself again and again, and q gives the terminal back', async t => {
    const node = await startNode({ t })
    await busy(t, node, 'chatty', 200)
    const screen = top(t, node)
    await screen.saw(/CONSUMER +DELIVERED\/S/)
    await screen.saw(/chatty +[1-9]\d+/)
    const frames = () => screen.raw().split('\x1b[H').length - 1
    const n = frames()
    await until(() => frames() >= n + 2, 'two frames more')
    screen.type('q')
    assert.equal(await screen.ended, 0)
    assert.ok(screen.raw().startsWith(ENTER))
    assert.ok(screen.raw().endsWith(`\x1b[?25h${LEAVE}`), JSON.stringify(screen.raw().slice(-40)))
  })

  test('Ctrl-C ends it the same way, and a node that ends is told of below', async t => {
    const node = await startNode({ t })
    const one = top(t, node)
    const two = top(t, node)
    await one.saw('peerline 12D3')
    await two.saw('peerline 12D3')
    one.type('\x03')
    assert.equal(await one.ended, 0)
    assert.ok(one.raw().endsWith(LEAVE))
    await node.stop()
    assert.equal(await two.ended, 2)
    assert.match(two.raw().split(LEAVE)[1], /the node has ended/)
  })

  test('a signal from outside gives the terminal back, too, and one that can do nothing gets blocks', async t => {
    const node = await startNode({ t })
    const screen = top(t, node)
    await screen.saw('peerline 12D3')
    const end = async () => {
      const { id } = (await node.api('STATUS')).consumers.find(one => one.id.startsWith('peerline-top-'))
      process.kill(Number(id.slice('peerline-top-'.length)), 'SIGTERM')
    }
    await end()
    assert.equal(await screen.ended, 0)
    assert.ok(screen.raw().endsWith(LEAVE))
    await until(async () => !(await node.api('STATUS')).consumers.some(one => one.id.startsWith('peerline-top-')), 'its place to be free')
    const dumb = onTerminal(t, [binary(), 'top'], { env: { PEERLINE_DATA: node.dataDir, TERM: 'dumb', ASAN_OPTIONS: 'detect_leaks=0' } })
    await dumb.saw(/CONSUMER[^]*CONSUMER/)
    await end()
    assert.equal(await dumb.ended, 0)
    assert.ok(!dumb.raw().includes('\x1b'))
  })

  test('no line is wider than the terminal, and no frame is longer', async t => {
    const node = await startNode({ t })
    for (let i = 0; i < 9; i++) await attach(t, node, `consumer-with-a-long-name-${i}`)
    const screen = top(t, node, [], { rows: 20, columns: 40 })
    await screen.saw('and 8 more') // the test's own connection is one, too
    screen.type('q')
    assert.equal(await screen.ended, 0)
    for (const frame of screen.raw().split('\x1b[H').slice(1)) {
      const lines = frame.split('\x1b[J')[0].split('\x1b[K\r\n')
      assert.ok(lines.length <= 20, frame)
      for (const line of lines) assert.ok(line.replace(/\x1b\[K$/, '').length <= 40, line)
    }
  })

  test('elsewhere it prints blocks, as many as were asked for, with true rates', async t => {
    const node = await startNode({ t })
    await busy(t, node, 'chatty', 400)
    const { code, stdout, stderr } = await cli(['top', '--count', '2'], { dataDir: node.dataDir })
    assert.equal(code, 0, stderr)
    assert.equal(stdout.split('CONSUMER ').length, 3, stdout)
    assert.ok(!stdout.includes('\x1b'), 'nothing steers a screen')
    const once = await cli(['top', '--once', '--json'], { dataDir: node.dataDir })
    const frame = JSON.parse(once.stdout)
    const one = frame.consumers.find(consumer => consumer.id === 'chatty')
    assert.ok(one.delivered_per_s > 100 && one.delivered_per_s < 1000, once.stdout)
    assert.ok(Math.abs(one.delivered_per_s - one.published_per_s) < 200, once.stdout)
    assert.equal((await cli(['top', 'x'], { dataDir: node.dataDir })).code, 1)
  })
})
