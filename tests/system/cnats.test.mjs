// Proves that cnats, the C client as Debian ships it, finds at our door what it finds at Debian's nats-server: one
// program, run against both, writes the same transcript.

import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { after, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { judge, ROOT } from './lib/node.mjs'
import { natsServer, noServer, peerlineDoor, transcript } from '../interop/go/doors.mjs'
import { required } from '../interop/go/programs.mjs'

const run = promisify(execFile)
const SOURCE = join(ROOT, 'tests/interop/cnats/judge.c')

// All it needs is in Debian, so it is required wherever the js judges are.
function cnatsJudge (options = {}) {
  if (required('js')) return options
  if (noServer) return { ...options, skip: noServer }
  if (!existsSync('/usr/include/nats/nats.h')) return { ...options, skip: 'libnats-dev is not installed' }
  return options
}

let built
let scratch
const program = () => (built ??= build())

async function build () {
  const bin = join(ROOT, 'tests/interop/cnats/bin')
  mkdirSync(bin, { recursive: true })
  scratch = mkdtempSync(join(bin, 'build-'))
  const path = join(scratch, 'judge')
  await run(process.env.CC || 'cc', ['-std=gnu17', '-O1', '-Wall', '-Wextra', '-Werror', SOURCE, '-o', path, '-lnats'])
  return path
}

let expected
const atServer = t => (expected ??= program().then(async judgeProgram => transcript(judgeProgram, [], await natsServer(t))))

describe('cnats', () => {
  after(() => { if (scratch) rmSync(scratch, { recursive: true, force: true }) })

  test('nats-server gives a complete transcript, so that ours has something to be compared with', cnatsJudge(), async t => {
    const lines = await atServer(t)
    assert.equal(lines.at(-1), '# end')
    for (const line of ['received 10000, in order 1', 'drained 1000', 'got after']) assert.ok(lines.includes(line), line)
  })

  test('our door gives the same transcript as nats-server', cnatsJudge(judge('js')), async t => {
    const ours = await transcript(await program(), [], await peerlineDoor(t))
    assert.deepEqual(ours, await atServer(t))
  })
})
