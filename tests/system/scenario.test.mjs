// Proves that five stock clients in four languages, nats.js 2 and 3, cnats, nats.go and nats-py, get from our door what they
// get from Debian's nats-server: each runs the same scenario against both and writes what it saw, line by line the same.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { ROOT, judge } from './lib/node.mjs'
import { PYTHON_DIR, pythonJudge, pythonWithNats } from './lib/python.mjs'
import { cProgram, cnatsJudge } from '../interop/cnats/programs.mjs'
import { natsServer, noServer, peerlineDoor, transcript } from '../interop/go/doors.mjs'
import { goJudge, program, required } from '../interop/go/programs.mjs'

const SCENARIO_MS = 120_000
const LINES = 38 // of a whole transcript
const python = await pythonWithNats()

const js = generation => [process.execPath, join(ROOT, 'tests/interop/js/scenario.mjs'), generation]


// What was published while away: nats.js drops it, the others send it when they are back.
const clients = [
  { name: 'nats.js 2', command: async () => js('2'), meanwhile: 0, options: judge('js') },
  { name: 'nats.js 3', command: async () => js('3'), meanwhile: 0, options: judge('js') },
  { name: 'cnats', command: async () => [await cProgram('scenario')], meanwhile: 100, options: cnatsJudge(judge('js')) },
  { name: 'nats.go', command: async () => [await program('scenario')], meanwhile: 100, options: goJudge(judge('go')) },
  { name: 'nats-py', command: async () => [python.program, join(PYTHON_DIR, 'scenario.py')], meanwhile: 100, options: pythonJudge(python, judge('js')) }
]

let first // whose transcript the others must repeat
const withoutHabit = lines => lines.filter(line => !line.startsWith('meanwhile '))

describe('one scenario, five clients, two servers', { skip: noServer && !required('js') ? noServer : false }, () => {
  for (const { name, command, meanwhile, options } of clients) {
    test(`${name} sees at our door what it sees at nats-server, and what the others see`, options, async t => {
      const [executable, ...args] = await command()
      const theirs = await transcript(executable, args, await natsServer(t), SCENARIO_MS)
      assert.equal(theirs.at(-1), '# end')
      assert.equal(theirs.length, LINES)
      assert.ok(theirs.includes(`meanwhile ${meanwhile}`), theirs.join('\n'))
      assert.ok(!theirs.some(line => / false\b/.test(line)), theirs.join('\n'))
      const ours = await transcript(executable, args, await peerlineDoor(t), SCENARIO_MS)
      assert.deepEqual(ours, theirs)
      first ??= ours
      assert.deepEqual(withoutHabit(ours), withoutHabit(first))
    })
  }
})

// Most texts of -ERR end a stock client's connection for ever: nothing that our door says may.
describe('what the door refuses', () => {
  for (const { name, command, options } of clients) {
    test(`is told to ${name}, whose connection goes on`, options, async t => {
      const [executable, ...args] = await command()
      const where = executable === process.execPath || executable === python.program ? 1 : 0 // behind the script's name
      args.splice(where, 0, 'refusals')
      assert.deepEqual(await transcript(executable, args, await peerlineDoor(t), SCENARIO_MS),
        ['# refusals', 'told true reconnected false closed false goes on true', '# end'])
    })
  }
})
