// A chain of block headers, and what a Teranode says and serves of it. The first three are mainnet's own; the rest are
// mined here, with the least work there is: who follows announcements looks at what links them, and at their work.

import { createHash } from 'node:crypto'
import { createServer } from 'node:http'

const GENESIS = '6fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000'
const EASY = 0x207fffff
const FIRST_TIME = 1_700_000_000

const MAINNET = [
  ['982051fd1e4ba744bbbe680e1fee14677ba1a3c3540bf7b1cdb606e857233e0e', 1231469665, 2573394689],
  ['d5fdcc541e25de1c7a5addedf24858b8bb665c9f36ef744ee42c316022c90f9b', 1231469744, 1639830024],
  ['44f672226090d85db9a9f2fbfe5f0f9609b387af7be5b7fbb7a1767c831c9e99', 1231470173, 1844305925]
]

const sha256 = bytes => createHash('sha256').update(bytes).digest()
const hashOf = header => sha256(sha256(header))
const shown = hash => Buffer.from(hash).reverse().toString('hex')

function u32 (value) {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

const headerOf = (previous, root, time, bits, nonce) =>
  Buffer.concat([u32(1), previous, root, u32(time), u32(bits), u32(nonce)])

function mine (previous, height) {
  const root = sha256(u32(height))
  for (let nonce = 0; ; nonce++) {
    const header = headerOf(previous, root, FIRST_TIME + height, EASY, nonce)
    if (hashOf(header)[31] < 0x7f) return header
  }
}

// → [undefined, { height, hash, header }, …]: the block of height n is chain[n].
export function makeChain (length) {
  const chain = [undefined]
  let previous = Buffer.from(GENESIS, 'hex')
  for (let height = 1; height < length; height++) {
    const known = MAINNET[height - 1]
    const header = known ? headerOf(previous, Buffer.from(known[0], 'hex'), known[1], 0x1d00ffff, known[2]) : mine(previous, height)
    previous = hashOf(header)
    chain.push({ height, header, hash: shown(previous) })
  }
  return chain
}

// What the asset service of a Teranode serves: GET /api/v1/headers/HASH?n=COUNT, newest first. → { url, asked }
export async function serveHeaders (t, chain) {
  const asked = []
  const server = createServer((request, response) => {
    const [, hash, n] = /^\/api\/v1\/headers\/([0-9a-f]{64})\?n=(\d+)$/.exec(request.url) ?? []
    asked.push(request.url)
    const block = chain.find(one => one?.hash === hash)
    if (!block) return response.writeHead(404).end()
    const newestFirst = chain.slice(1, block.height + 1).reverse().slice(0, Number(n))
    response.writeHead(200, { 'content-type': 'application/octet-stream' })
    response.end(Buffer.concat(newestFirst.map(one => one.header)))
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => new Promise(resolve => {
    server.closeAllConnections()
    server.close(resolve)
  }))
  return { url: `http://127.0.0.1:${server.address().port}/api/v1`, asked }
}

// A block as its node announces it.
export const announced = (peerId, block, url) => ({
  PeerID: peerId,
  ClientName: 'judge',
  DataHubURL: url,
  Hash: block.hash,
  Height: block.height,
  Header: block.header.toString('hex'),
  Coinbase: ''
})
