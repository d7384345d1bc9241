// Benchmarks: each row runs ours and the named peers in turn, several times, on the release build, and prints
//
//   bench: NAME ours=… peer=NAME:… ratio=… target=… ok|short
//
// with medians. Ratios are always "how much better ours is": 1 means equal, whatever the unit. The last line counts; a
// row that could not be measured is counted as short. docs/benchmarks.md says what each row measures and how it is fair.
//
// Rows may be named, with commas. BUILD=dir measures another build, RUNS=n takes another number of runs (5).

import { spawn, execFileSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { doorRows } from './door.mjs'
import { gossipRows } from './gossip.mjs'

const ROOT = path.resolve(import.meta.dirname, '..')
const NODE = path.join(ROOT, 'tests/node_modules/.bin/node')
const BUILD = path.resolve(ROOT, process.env.BUILD ?? 'build')
const RUNS = Number(process.env.RUNS ?? 5)
const MIB = 1 << 20
const LINKS = 500

const peers = {
  ours: [path.join(BUILD, 'bench/bench_peer')],
  js: [NODE, path.join(ROOT, 'bench/js/peer.mjs')]
}

function findGo () {
  try {
    const out = path.join(ROOT, 'bench/go/bin/peer')
    execFileSync('go', ['build', '-o', out, '.'], { cwd: path.join(ROOT, 'bench/go'), stdio: ['ignore', 'ignore', 'inherit'] })
    peers.go = [out]
  } catch {
    console.log('bench: no Go toolchain here: the rows against go are left out')
  }
}

const median = values => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]

class Program {
  constructor (command, env = {}) {
    this.child = spawn(command[0], command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } })
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]()
    this.ended = new Promise(resolve => this.child.once('close', resolve))
  }

  async line () {
    const { value, done } = await this.lines.next()
    if (done) throw new Error(`${this.child.spawnfile} ended without an answer`)
    return JSON.parse(value)
  }

  async end () {
    this.child.stdin.end()
    const late = setTimeout(() => this.child.kill('SIGKILL'), 5000)
    await this.ended
    clearTimeout(late)
  }
}

async function ask (command) {
  const program = new Program(command)
  try {
    return await program.line()
  } finally {
    await program.end()
  }
}

// One figure of one peer against a server of its own kind.
async function withServer (name, work) {
  const server = new Program([...peers[name], 'serve'])
  try {
    return await work((await server.line()).listen)
  } finally {
    await server.end()
  }
}

const client = (name, ...words) => ask([...peers[name], ...words.map(String)])

function resident (pid) {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024
}

// The node that people run, not the bench program: its idle memory is what counts.
async function oursRun (env = {}) {
  const data = mkdtempSync(path.join(tmpdir(), 'peerline-bench-'))
  const server = new Program([path.join(BUILD, 'peerline'), 'run', '--json'], {
    P2P_HOST: '127.0.0.1', P2P_PORT: 'auto', PEERLINE_DOOR_PORT: 'auto', PEERLINE_DATA: data, MAX_PEERS: '10000',
    PEERLINE_PEERS_PER_IP: '10000', PEERLINE_HALF_OPEN: '10000', PEERLINE_LOG: 'info', ...env
  })
  const ready = await server.line()
  return {
    ready,
    listen: ready.listen[0],
    pid: ready.pid,
    // The log must be read on, or its pipe fills and the node waits.
    drained: (async () => { for await (const _ of { [Symbol.asyncIterator]: () => server.lines }) ; })(),
    async end () {
      server.child.kill('SIGTERM')
      await server.ended
      rmSync(data, { recursive: true, force: true })
    }
  }
}

async function foreignRun (name) {
  const server = new Program([...peers[name], 'serve'])
  const { listen, pid } = await server.line()
  return { listen, pid, end: () => server.end() }
}

const settled = async pid => {
  let last = 0
  for (let look = 0; look < 40; look++) {
    await new Promise(resolve => setTimeout(resolve, 100))
    const now = resident(pid)
    if (look > 10 && now === last) break
    last = now
  }
  return resident(pid)
}

async function memory (name) {
  const server = name === 'ours' ? await oursRun() : await foreignRun(name)
  try {
    const idle = await settled(server.pid)
    return { idle, link: (await loaded(name, server) - idle) / LINKS }
  } finally {
    await server.end()
  }
}

// The same program holds the links to all of them, from as many peer ids.
async function loaded (name, server) {
  const held = new Program([...peers.ours, 'links', String(LINKS), server.listen])
  try {
    const { links } = await held.line()
    if (links !== LINKS) throw new Error(`${name} holds ${links} links`)
    return await settled(server.pid)
  } finally {
    await held.end()
  }
}

// Several figures from the same runs: measured once, used by more than one row.
const cache = new Map()
function once (key, make) {
  if (!cache.has(key)) cache.set(key, make())
  return cache.get(key)
}

async function inTurn (names, measure) {
  const figures = Object.fromEntries(names.map(name => [name, []]))
  for (let run = 0; run < RUNS; run++) for (const name of names) figures[name].push(await measure(name))
  return figures
}

const shape = {
  speed: v => `${(v / 1e6).toFixed(0)}MB/s`,
  time: v => `${v.toFixed(1)}us`,
  rate: v => `${v.toFixed(0)}/s`,
  size: v => `${(v / 1024).toFixed(0)}KiB`
}

function report (row, figures, targets, { pick = v => v, better, show, extra = '' }) {
  const ours = median(figures.ours.map(pick))
  for (const [name, target] of Object.entries(targets)) {
    if (!figures[name]) continue
    const theirs = median(figures[name].map(pick))
    const ratio = better === 'more' ? ours / theirs : theirs / ours
    const ok = target === null || ratio >= target
    rows++
    if (!ok) short++
    console.log(`bench: ${row} ours=${show(ours)} peer=${name}:${show(theirs)} ratio=${ratio.toFixed(2)} target=${target ?? '-'} ${ok ? 'ok' : 'short'}${extra}`)
  }
}

const known = () => Object.keys(peers)

// Three transfers on one link, of which the middle one counts: the first may still warm up windows and compilers.
async function perf (row, verb) {
  const bytes = name => name === 'js' ? 256 * MIB : 512 * MIB
  const figures = await inTurn(known(), name => withServer(name, async listen => (await client(name, verb, listen, bytes(name), 3)).median))
  const aead = (await client('ours', 'aead', 1)).bytes_per_second
  const share = ` aead=${shape.speed(aead)} share=${(median(figures.ours) / aead).toFixed(2)}`
  report(row, figures, { js: 3, go: 1.3 }, { better: 'more', show: shape.speed, extra: share })
}

const pings = () => once('ping', () => inTurn(known(), name => withServer(name, listen => client(name, 'ping', listen, 5000))))
const memories = () => once('memory', () => inTurn(known(), memory))

const table = {
  perf_up: () => perf('perf_up', 'perf-up'),
  perf_down: () => perf('perf_down', 'perf-down'),
  ping_median: async () => report('ping_median', await pings(), { js: 3, go: 1.2 }, { pick: f => f.median_us, better: 'less', show: shape.time }),
  ping_p99: async () => report('ping_p99', await pings(), { js: 3, go: 1.2 }, { pick: f => f.p99_us, better: 'less', show: shape.time }),
  connect: async () => report('connect', await inTurn(known(), name => withServer(name, listen => client(name, 'connect', listen, name === 'js' ? 100 : 500))),
    { js: 5, go: 1.5 }, { pick: f => f.connects_per_second, better: 'more', show: shape.rate }),
  memory_idle: async () => report('memory_idle', await memories(), { js: 6, go: 2 }, { pick: f => f.idle, better: 'less', show: shape.size }),
  memory_link: async () => report('memory_link', await memories(), { go: 4 }, { pick: f => f.link, better: 'less', show: shape.size })
}

let rows = 0
let short = 0
const tools = { root: ROOT, build: BUILD, peers, Program, ask, oursRun, inTurn, once, median, report, shape }
Object.assign(table, gossipRows(tools), doorRows(tools))
const wanted = process.argv[2] ? process.argv[2].split(',') : Object.keys(table)
for (const row of wanted) {
  if (Object.hasOwn(table, row)) continue
  console.error(`bench: no row ${row}; rows: ${Object.keys(table).join(' ')}`)
  process.exit(1)
}
if (!existsSync(peers.ours[0])) {
  console.error(`bench: ${peers.ours[0]} is missing: make`)
  process.exit(1)
}

async function measure (row, run) {
  try {
    await run()
  } catch (error) {
    rows++
    short++
    console.log(`bench: ${row} not measured: ${error.message} short`)
  }
}

findGo()
for (const [row, run] of Object.entries(table)) if (wanted.includes(row)) await measure(row, run)
console.log(`bench: ${rows} rows, ${short} short`)
