// A program that a door must bear: it takes what a consumer may say (lib/nats_conversations.mjs), spoils it at random places,
// and says that, on eight connections at a time, split anywhere, until it is killed. Everything follows from a seed.
//
//     node vandal.mjs PORT TOKEN SEED       one line a second: {"connections":…,"bytes":…}

import { connect } from 'node:net'
import { conversations, helloTo } from './nats_conversations.mjs'

const AT_ONCE = 8
const PATIENCE_MS = 30
const [port, token, seed] = process.argv.slice(2)
const counts = { connections: 0, bytes: 0 }

let state = Number(seed) >>> 0 || 1

function below (n) { // xorshift
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  state >>>= 0
  return state % n
}

const pick = list => list[below(list.length)]
const server = { token }
const streams = conversations.map(row => Buffer.from(row.say(helloTo(server), { token, most: 1 << 20 }), 'latin1'))
const hello = Buffer.from(helloTo(server)())
const odd = ['\r\n', '\n', ' ', '\t', '\0', '\xff', '>', '*', '.', '0', '-1', '4294967296', '99999999999999999999', 'PUB ', 'HPUB ', 'SUB ', '$PL.API.STATUS', 'topic.x', 'payload.x', 'validate.x', '>', 'NATS/1.0\r\n\r\n']
  .map(text => Buffer.from(text, 'latin1'))

const cut = (bytes, from, to, between = Buffer.alloc(0)) => Buffer.concat([bytes.subarray(0, from), between, bytes.subarray(to)])

const spoil = [
  bytes => { const copy = Buffer.from(bytes); copy[below(copy.length)] ^= 1 << below(8); return copy },
  bytes => { const at = below(bytes.length); return cut(bytes, at, at + 1 + below(20)) },
  bytes => { const at = below(bytes.length); return cut(bytes, at, at, pick(odd)) },
  bytes => { const at = below(bytes.length); return cut(bytes, at, at, bytes.subarray(at, at + below(200))) },
  bytes => { const other = pick(streams); return Buffer.concat([bytes.subarray(0, below(bytes.length)), other.subarray(below(other.length))]) },
  bytes => bytes.subarray(0, 1 + below(bytes.length)),
  bytes => Buffer.concat([bytes, pick(streams), pick(streams)]),
  bytes => { const at = below(bytes.length); return cut(bytes, at, at, Buffer.alloc(below(20_000), pick(odd))) }
]

function spoiled () {
  let bytes = pick(streams)
  for (let left = 1 + below(4); left > 0 && bytes.length > 0; left--) bytes = pick(spoil)(bytes)
  // Half of them are known to the door when they begin.
  return below(2) ? Buffer.concat([hello, bytes]) : bytes
}

function once () {
  return new Promise(resolve => {
    const socket = connect(Number(port), '127.0.0.1')
    const timer = setTimeout(() => socket.destroy(), PATIENCE_MS)
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('close', () => { clearTimeout(timer); resolve() })
    if (below(4)) socket.resume() // the others do not even read
    const bytes = spoiled()
    counts.connections++
    counts.bytes += bytes.length
    const at = below(bytes.length + 1)
    socket.write(bytes.subarray(0, at))
    setImmediate(() => { if (!socket.destroyed) socket.write(bytes.subarray(at)) })
  })
}

for (let n = 0; n < AT_ONCE; n++) (async () => { for (;;) await once() })()
setInterval(() => process.stdout.write(JSON.stringify(counts) + '\n'), 1000)
