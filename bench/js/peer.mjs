// The js-libp2p 3.x end of every benchmark row: noise, yamux, identify, ping and perf, on loopback.
// It proves nothing by itself; it is what our figures are held against, measured in the same run.
//
//   peer.mjs serve                       one line {"listen","pid"}, then serves until standard input closes or SIGTERM
//   peer.mjs perf-up ADDR BYTES RUNS     uploads, one stream per run on one connection
//   peer.mjs perf-down ADDR BYTES RUNS   downloads
//   peer.mjs ping ADDR COUNT             round trips on one kept stream
//   peer.mjs connect ADDR COUNT          dial + identify, then close, one after another
//   peer.mjs links N ADDR                N connections from N peer ids, held until standard input closes
//   peer.mjs relay TOPIC D               as serve, with gossip: subscribed, with a mesh of about D peers (0: default)
//
// Every command prints one JSON line. Run it with tests/node_modules/.bin/node.

import { randomBytes } from 'node:crypto'
import * as stack from '../../tests/system/lib/js_stack3.mjs'

const PERF = '/perf/1.0.0'
const PING = '/ipfs/ping/1.0.0'
const CHUNK = new Uint8Array(64 * 1024)
const PARALLEL_DIALS = 8
const WARM_UP = 1000 // round trips before those that count
const LIMITS = { maxInboundStreams: 4096, maxOutboundStreams: 4096 }
const HOUR = 3_600_000

const seconds = () => Number(process.hrtime.bigint()) / 1e9

function quantile (values, part) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]
}

async function startNode (listen, privateKey, services = {}) {
  return stack.createLibp2p({
    ...(privateKey ? { privateKey } : {}),
    addresses: { listen: listen ? ['/ip4/127.0.0.1/tcp/0'] : [] },
    transports: [stack.tcp()],
    connectionEncrypters: [stack.noise()],
    streamMuxers: [stack.yamux(LIMITS)],
    connectionManager: {
      maxConnections: 10_000, inboundConnectionThreshold: 100_000, maxIncomingPendingConnections: 1000, maxParallelDials: 100
    },
    services: { identify: stack.identify(LIMITS), ping: stack.ping({ ...LIMITS, timeout: HOUR }), ...services }
  })
}

async function send (stream, bytes) {
  for (let left = bytes; left > 0; left -= CHUNK.length) {
    if (!stream.send(left >= CHUNK.length ? CHUNK : CHUNK.subarray(0, left))) await stream.onDrain()
  }
}

// Eight bytes say how much to send back; the upload ends with FIN.
async function answerPerf (stream) {
  const head = Buffer.alloc(8)
  let got = 0
  for await (const chunk of stream) {
    if (got < 8) Buffer.from(chunk.subarray()).copy(head, got)
    got += chunk.byteLength
  }
  await send(stream, Number(head.readBigUInt64BE()))
  await stream.close()
}

async function perfOnce (connection, up, down) {
  const stream = await connection.newStream(PERF, LIMITS)
  const head = Buffer.alloc(8)
  head.writeBigUInt64BE(BigInt(down))
  const start = seconds()
  let got = 0
  const received = (async () => { for await (const chunk of stream) got += chunk.byteLength })()
  stream.send(head)
  await send(stream, up)
  await stream.close()
  await received
  if (got !== down) throw new Error(`asked for ${down} bytes, got ${got}`)
  return (up + down) / (seconds() - start)
}

async function withConnection (addr, work) {
  const node = await startNode(false)
  const result = await work(await node.dial(stack.multiaddr(addr)), node)
  await node.stop()
  return result
}

async function perf (addr, up, down, runs) {
  return withConnection(addr, async connection => {
    const figures = []
    for (let run = 0; run < runs; run++) figures.push(Math.round(await perfOnce(connection, up, down)))
    return { bytes: up + down, bytes_per_second: figures, median: quantile(figures, 0.5) }
  })
}

function roundTrip (stream, bytes) {
  return new Promise((resolve, reject) => {
    let got = 0
    const stop = finish => {
      stream.removeEventListener('message', onMessage)
      stream.removeEventListener('close', onClose)
      finish()
    }
    const onMessage = event => {
      got += event.data.byteLength
      if (got >= bytes.length) stop(resolve)
    }
    const onClose = () => stop(() => reject(new Error('the ping stream closed')))
    stream.addEventListener('message', onMessage)
    stream.addEventListener('close', onClose)
    stream.send(bytes)
  })
}

async function ping (addr, count) {
  return withConnection(addr, async connection => {
    const stream = await connection.newStream(PING, LIMITS)
    const bytes = randomBytes(32)
    const rtts = []
    for (let round = 0; round < WARM_UP + count; round++) {
      const start = seconds()
      await roundTrip(stream, bytes)
      if (round >= WARM_UP) rtts.push((seconds() - start) * 1e6)
    }
    stream.abort(new Error('done'))
    return { how: 'kept stream', count, median_us: Math.round(quantile(rtts, 0.5)), p99_us: Math.round(quantile(rtts, 0.99)) }
  })
}

async function connect (addr, count) {
  const node = await startNode(false)
  const target = stack.multiaddr(addr)
  const start = seconds()
  for (let round = 0; round < count; round++) {
    const identified = new Promise(resolve => node.addEventListener('peer:identify', resolve, { once: true }))
    const connection = await node.dial(target, { force: true })
    await identified
    await connection.close()
  }
  const spent = seconds() - start
  await node.stop()
  return { count, seconds: spent, connects_per_second: count / spent }
}

function untilInputCloses () {
  return new Promise(resolve => {
    process.stdin.resume().on('end', resolve).on('close', resolve)
    process.on('SIGTERM', resolve)
  })
}

async function links (count, addr) {
  const target = stack.multiaddr(addr)
  const nodes = []
  const dialer = async () => {
    while (nodes.length < count) {
      const node = await startNode(false)
      if (nodes.length >= count) return node.stop()
      nodes.push(node)
      await node.dial(target)
    }
  }
  await Promise.all(Array.from({ length: PARALLEL_DIALS }, dialer))
  const held = nodes.filter(node => node.getConnections().length === 1).length
  console.log(JSON.stringify({ links: held }))
  await untilInputCloses()
}

async function serve () {
  const node = await startNode(true)
  await node.handle(PERF, answerPerf, LIMITS)
  console.log(JSON.stringify({ listen: String(node.getMultiaddrs()[0]), pid: process.pid }))
  await untilInputCloses()
}

// Gossipsub as it comes, and a local subscriber that looks at nothing.
async function relay (topic, d) {
  const degree = d > 0 ? { D: d, Dlo: Math.floor(d / 2), Dscore: Math.floor(d / 2), Dhi: 2 * d } : {}
  const node = await startNode(true, undefined, { pubsub: stack.gossipsub(degree) })
  node.services.pubsub.addEventListener('message', () => {})
  node.services.pubsub.subscribe(topic)
  console.log(JSON.stringify({ listen: String(node.getMultiaddrs()[0]), pid: process.pid }))
  await untilInputCloses()
}

const commands = {
  serve,
  relay: (topic, d) => relay(topic, Number(d)),
  'perf-up': (addr, bytes, runs) => perf(addr, Number(bytes), 0, Number(runs)),
  'perf-down': (addr, bytes, runs) => perf(addr, 0, Number(bytes), Number(runs)),
  ping: (addr, count) => ping(addr, Number(count)),
  connect: (addr, count) => connect(addr, Number(count)),
  links: (count, addr) => links(Number(count), addr)
}

const [, , name, ...args] = process.argv
if (!Object.hasOwn(commands, name ?? '')) {
  console.error(`usage: peer.mjs ${Object.keys(commands).join('|')} …`)
  process.exit(1)
}
const result = await commands[name](...args)
if (result) console.log(JSON.stringify(result))
process.exit(0)
