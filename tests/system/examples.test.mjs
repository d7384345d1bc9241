// Proves that the examples, as they are and with the stock clients they name, do what they say: they ask the node who it is,
// follow a topic as who they are, print authors, share a topic in a queue group, and tell what they missed after they were
// frozen. Each has at most 30 lines.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmodSync, cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, test } from 'node:test'
import { goJudge, programOf } from '../interop/go/programs.mjs'
import { install } from './lib/installed.mjs'
import { ROOT, cli, freshDir, judge, startNode, until } from './lib/node.mjs'
import { pythonJudge, pythonWithNats } from './lib/python.mjs'

const TOPIC = 'demo/news'
const SUBJECT = `topic.${TOPIC}`
const LINES_MAX = 30
const python = await pythonWithNats()

// source: the file; judge: options for its tests; command: what runs it, prepared in a fresh directory
const EXAMPLES = {
  JavaScript: {
    source: 'examples/javascript/consumer.mjs',
    id: 'example-js',
    judge: judge('js'),
    command: async dir => {
      cpSync(join(ROOT, 'examples/javascript'), dir, { recursive: true, filter: path => !path.includes('node_modules') })
      symlinkSync(join(ROOT, 'tests/node_modules'), join(dir, 'node_modules'))
      return [process.execPath, join(dir, 'consumer.mjs')]
    }
  },
  Go: {
    source: 'examples/go/consumer.go',
    id: 'example-go',
    judge: goJudge(judge('go')),
    command: async dir => [await programOf(join(ROOT, 'examples/go'), join(dir, 'consumer'))]
  },
  C: {
    source: 'examples/c/consumer.c',
    id: 'example-c',
    judge: judge('c'),
    command: async dir => {
      const library = await install(dir)
      return [await library.compile(join(ROOT, 'examples/c/consumer.c'), join(dir, 'consumer'), 'static')]
    }
  },
  Python: {
    source: 'examples/python/consumer.py',
    id: 'example-python',
    judge: pythonJudge(python, judge('python')),
    command: async () => [python.program, join(ROOT, 'examples/python/consumer.py')]
  }
}

async function urlOf (node) {
  const { code, stdout, all } = await cli(['url', '--token'], { dataDir: node.dataDir })
  assert.equal(code, 0, all)
  return `nats://${stdout.trim()}@${new URL(node.door).host}`
}

// Starts the example and waits for its subscription. → { lines, child }
async function follow (t, node, [program, ...args], id, ...words) {
  const child = spawn(program, [...args, await urlOf(node), SUBJECT, ...words], { env: { PATH: process.env.PATH, HOME: process.env.HOME } })
  const lines = []
  let stderr = ''
  createInterface({ input: child.stdout }).on('line', line => lines.push(line))
  child.stderr.on('data', data => { stderr += data })
  t.after(() => child.kill('SIGKILL'))
  await until(async () => (await node.api('TOPICS')).topics.some(one => one.topic === TOPIC && one.consumers > 0), () => `${id} to subscribe: ${lines} ${stderr}`)
  return { lines, child }
}

const recordOf = async (node, id) => (await node.api('STATUS')).consumers.find(one => one.id === id)

for (const [language, example] of Object.entries(EXAMPLES)) {
  describe(`the example in ${language}`, example.judge, () => {
    test('has at most thirty lines', () => {
      const lines = readFileSync(join(ROOT, example.source), 'utf8').trimEnd().split('\n')
      assert.ok(lines.length <= LINES_MAX, `${lines.length} lines`)
    })

    test('asks who the node is, and prints what it hears and who wrote it', async t => {
      const node = await startNode({ t })
      const { lines } = await follow(t, node, await example.command(freshDir(t)), example.id)
      assert.ok(lines[0].includes(node.peerId), lines[0])
      const publisher = await node.consumer('publishes')
      t.after(() => publisher.close())
      for (const text of ['one', 'two', 'three']) publisher.publish(SUBJECT, Buffer.from(text))
      await until(() => lines.length >= 4, () => `three messages: ${lines}`)
      assert.deepEqual(lines.slice(1), ['one', 'two', 'three'].map(text => `${node.peerId}: ${text}`))
    })

    test('shares the topic with others of its queue group', async t => {
      const node = await startNode({ t })
      const other = await node.consumer('other')
      t.after(() => other.close())
      const theirs = []
      const { lines } = await follow(t, node, await example.command(freshDir(t)), example.id, 'readers')
      other.subscribe(SUBJECT, { queue: 'readers', callback: (_, message) => theirs.push(Buffer.from(message.data).toString()) })
      await other.flush()
      const said = Array.from({ length: 100 }, (_, i) => `message ${i}`)
      for (const text of said) other.publish(SUBJECT, Buffer.from(text))
      await until(() => lines.length - 1 + theirs.length >= said.length, () => `all of them: ${lines.length - 1} + ${theirs.length}`)
      const ours = lines.slice(1).map(line => line.replace(`${node.peerId}: `, ''))
      assert.deepEqual([...ours, ...theirs].sort(), said.toSorted())
      assert.ok(ours.length > 5 && theirs.length > 5, `${ours.length} and ${theirs.length}`)
    })

    test('that was frozen is told what it missed', async t => {
      const node = await startNode({ t, env: { PEERLINE_CONSUMER_BYTES: '65536', PEERLINE_LOG: 'warn' } })
      const { lines, child } = await follow(t, node, await example.command(freshDir(t)), example.id)
      const publisher = await node.consumer('publishes')
      t.after(() => publisher.close())
      let said = 0
      const say = async n => {
        for (let i = 0; i < n; i++) publisher.publish(SUBJECT, Buffer.alloc(16_000, `${++said} `))
        await publisher.flush()
      }
      child.kill('SIGSTOP')
      await until(async () => { await say(100); return (await recordOf(node, example.id)).missed > 0 }, 'it to miss something')
      child.kill('SIGCONT')
      await until(async () => (await recordOf(node, example.id)).bytes_held < 16_000, 'it to read what was held for it')
      await say(1)
      await until(() => lines.some(line => line.startsWith(`${node.peerId}: ${said} `)), 'it to be up to date')
      const heard = lines.filter(line => line.startsWith(`${node.peerId}: `)).map(line => Number(line.split(' ')[1]))
      const missed = lines.filter(line => line.startsWith('missed ')).flatMap(line => {
        const [, from, to] = /^missed (\d+)-(\d+)$/.exec(line).map(Number)
        return Array.from({ length: to - from + 1 }, (_, i) => from + i)
      })
      assert.ok(missed.length > 0)
      assert.deepEqual([...heard, ...missed].sort((a, b) => a - b), Array.from({ length: said }, (_, i) => i + 1))
      t.diagnostic(`missed ${missed.length} of ${said}, and was told of each`)
    })
  })
}

describe('the example in C, with one address changed', judge('c'), () => {
  const follower = async (t, address) => {
    const dir = freshDir(t)
    const library = await install(dir)
    const program = await library.compile(join(ROOT, 'examples/c/consumer.c'), join(dir, 'consumer'))
    const child = spawn(program, [address, SUBJECT], { env: { PATH: process.env.PATH, ...library.env } })
    const lines = []
    let stderr = ''
    createInterface({ input: child.stdout }).on('line', line => lines.push(line))
    child.stderr.on('data', data => { stderr += data })
    t.after(() => child.kill('SIGKILL'))
    return { lines, why: () => `${lines}\n${stderr}` }
  }

  // Says something on the topic until it is heard: the follower may just be about to subscribe.
  const heard = async ({ lines, why }, publish) => {
    await until(async () => { await publish(); return lines.some(line => line.endsWith(': news')) }, why)
    assert.match(lines.find(line => line.endsWith(': news')), /^(12D3KooW|Qm)\w+: news$/)
  }

  test('is attached by the Unix socket', async t => {
    const node = await startNode({ t })
    const publisher = await node.consumer('publishes')
    t.after(() => publisher.close())
    await heard(await follower(t, `unix:${join(node.dataDir, 'peerline.sock')}`), async () => {
      publisher.publish(SUBJECT, Buffer.from('news'))
      await publisher.flush()
    })
  })

  test('has the node inside, and others attach to it', async t => {
    const dataDir = freshDir(t)
    chmodSync(dataDir, 0o700)
    writeFileSync(join(dataDir, 'peerline.conf'), 'p2p_host = 127.0.0.1\np2p_port = auto\ndoor_port = auto\n')
    const inside = await follower(t, `embedded:${dataDir}`)
    await until(() => inside.lines.length > 0, inside.why)
    await heard(inside, async () => assert.equal((await cli(['pub', TOPIC, 'news'], { dataDir })).code, 0))
  })
})
