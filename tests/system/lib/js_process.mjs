// A js-libp2p peer in a process of its own, for tests that kill it.
// Run directly it is that process: `js_process.mjs GENERATION KEYHEX PORT` prints one JSON line when it listens.

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { START_MS, within } from './node.mjs'
import { loadStack, startPeer } from './js_peer.mjs'

const file = fileURLToPath(import.meta.url)

// → { id, addr, port, kill() }
export async function startPeerProcess (generation, key, port = 0) {
  const child = spawn(process.execPath, [file, String(generation), key, String(port)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise(resolve => child.on('close', resolve))
  const first = new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', line => resolve(JSON.parse(line)))
    ended.then(() => reject(new Error('the js process ended before it listened')))
  })
  const { id, addr } = await within(first, 'the js process to listen', START_MS)
  return {
    id,
    addr,
    port: Number(/\/tcp\/(\d+)/.exec(addr)[1]),
    kill: async () => { child.kill('SIGKILL'); await ended }
  }
}

if (process.argv[1] === file) {
  const [, , generation, hex, port] = process.argv
  const stack = await loadStack(generation)
  const peer = await startPeer(stack, { key: stack.keys.privateKeyFromProtobuf(Buffer.from(hex, 'hex')), port: Number(port) })
  console.log(JSON.stringify({ id: peer.id, addr: peer.addr }))
  process.stdin.resume().on('end', () => process.exit(0))
}
