// Proves that cnats, the C client as Debian ships it, finds at our door what it finds at Debian's nats-server: one
// program, run against both, writes the same transcript.

import { describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { judge } from './lib/node.mjs'
import { cProgram, cnatsJudge } from '../interop/cnats/programs.mjs'
import { natsServer, noServer, peerlineDoor, transcript } from '../interop/go/doors.mjs'
import { required } from '../interop/go/programs.mjs'

const reference = noServer && !required('js') ? { skip: noServer } : {}

let expected
const atServer = t => (expected ??= cProgram('judge').then(async judgeProgram => transcript(judgeProgram, [], await natsServer(t))))

describe('cnats', () => {
  test('nats-server gives a complete transcript, so that ours has something to be compared with', cnatsJudge(reference), async t => {
    const lines = await atServer(t)
    assert.equal(lines.at(-1), '# end')
    for (const line of ['received 10000, in order 1', 'drained 1000', 'got after']) assert.ok(lines.includes(line), line)
  })

  test('our door gives the same transcript as nats-server', cnatsJudge(judge('js', reference)), async t => {
    const ours = await transcript(await cProgram('judge'), [], await peerlineDoor(t))
    assert.deepEqual(ours, await atServer(t))
  })
})
