// A TCP relay that keeps the first bytes of both directions of each connection, to see who offered what in the clear.

import { connect, createServer } from 'node:net'
import { once } from 'node:events'

const KEPT = 4096

// Relays to a TCP multiaddr. → { address (the same multiaddr on the relay's port), seen: [{ there, back }] }
export async function tap (t, multiaddr) {
  const [, host, port, rest] = /^\/ip4\/([\d.]+)\/tcp\/(\d+)(.*)$/.exec(multiaddr)
  const seen = []
  const open = new Set()
  const server = createServer(near => {
    const far = connect(Number(port), host)
    const record = { there: Buffer.alloc(0), back: Buffer.alloc(0) }
    seen.push(record)
    relay(near, far, bytes => { record.there = keep(record.there, bytes) })
    relay(far, near, bytes => { record.back = keep(record.back, bytes) })
    for (const socket of [near, far]) open.add(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  return { address: `/ip4/127.0.0.1/tcp/${server.address().port}${rest}`, seen }
}

function keep (kept, bytes) {
  return kept.length < KEPT ? Buffer.concat([kept, bytes.subarray(0, KEPT - kept.length)]) : kept
}

function relay (from, to, look) {
  from.on('data', bytes => {
    look(bytes)
    to.write(bytes)
  })
  from.on('end', () => to.end())
  from.on('error', () => to.destroy())
  from.on('close', () => to.end())
}
