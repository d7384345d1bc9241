// Starts a real peerline for a test and stops it again: the only place in the JavaScript tests that knows how.
// What it proves by itself: the program says `ready` in time, writes a token file only its owner can read, ends with
// exit code 0 on SIGTERM, and leaves no sanitizer report behind.
//
// Nothing here sleeps for a fixed time. Everything waits for an event, or polls a condition, up to a deadline.

import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { connect, StringCodec } from 'nats'

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../../..')
export const START_MS = 10_000
export const STOP_MS = 10_000
export const WAIT_MS = 10_000

const text = StringCodec()
const alive = new Set()
process.on('exit', () => { for (const child of alive) child.kill('SIGKILL') })

// Where the program is: PEERLINE_BIN, relative to the repository, else the one `make` builds.
export function binary () {
  const named = process.env.PEERLINE_BIN || 'build/peerline'
  return isAbsolute(named) ? named : join(ROOT, named)
}

// Options for test(): skips while the program is not built, unless REQUIRE (a list such as "js go") names this judge;
// then the test runs, and fails for want of the program.
export function judge (name, options = {}) {
  const required = (process.env.REQUIRE ?? '').split(/[\s,]+/).includes(name)
  return existsSync(binary()) || required ? options : { ...options, skip: `${binary()} is not built` }
}

// Polls until check() gives something true, and returns that.
export async function until (check, what, ms = WAIT_MS) {
  const end = Date.now() + ms
  for (;;) {
    const value = await check()
    if (value) return value
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${typeof what === 'function' ? what() : what}`)
    await new Promise(done => setTimeout(done, 20))
  }
}

// The promise's result, or an error that says what was being waited for.
export function within (promise, what, ms = WAIT_MS) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${ms} ms: ${typeof what === 'function' ? what() : what}`)), ms)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

// A directory of its own for a test, short enough for a Unix socket's path.
export function freshDir (t) {
  const dir = mkdtempSync(join(tmpdir(), 'pl-'))
  t?.after(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

// Only what the program needs: nothing from the developer's shell may change a test's outcome.
function environment (extra) {
  const kept = ['PATH', 'HOME', 'LANG', 'TZ', 'LD_LIBRARY_PATH', 'LLVM_PROFILE_FILE']
  const env = Object.fromEntries(kept.filter(name => name in process.env).map(name => [name, process.env[name]]))
  env.ASAN_OPTIONS = 'exitcode=86:detect_leaks=1:abort_on_error=0'
  env.UBSAN_OPTIONS = 'print_stacktrace=1:halt_on_error=1:exitcode=86'
  for (const [name, value] of Object.entries(extra)) {
    if (value === null || value === undefined) delete env[name]
    else env[name] = String(value)
  }
  return env
}

// The settings every test node gets: loopback, ports from the kernel, no discovery; and on Teranode's topics consumers may
// say what they like as fast as they like, because most judges do. Whoever judges the rules turns them on again.
export function testSettings (dataDir) {
  return {
    P2P_HOST: '127.0.0.1',
    P2P_PORT: 'auto',
    PEERLINE_DOOR_PORT: 'auto',
    PEERLINE_DATA: dataDir,
    DISCOVERY_MDNS: 'false',
    DISCOVERY_GRENACHE: 'false',
    PEERLINE_TERANODE_RULES: 'false',
    PEERLINE_LOG: 'debug'
  }
}

// Runs `peerline …` to its end. → { code, signal, stdout, stderr, ms, all }. Sanitizer reports fail the caller.
export async function cli (args, { env = {}, dataDir, input, timeout = START_MS, uid } = {}) {
  const settings = dataDir ? { PEERLINE_DATA: dataDir, ...env } : env
  const started = Date.now()
  const child = spawn(binary(), args, { env: environment(settings), stdio: ['pipe', 'pipe', 'pipe'], uid, gid: uid })
  const result = await finish(child, input, timeout, `peerline ${args.join(' ')}`)
  return { ...result, ms: Date.now() - started }
}

async function finish (child, input, timeout, what) {
  let stdout = ''
  let stderr = ''
  alive.add(child)
  child.stdout.setEncoding('utf8').on('data', data => { stdout += data })
  child.stderr.setEncoding('utf8').on('data', data => { stderr += data })
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const closed = new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal }))
  })
  try {
    const { code, signal } = await within(closed, () => `the end of ${what}\n${stderr}${stdout}`, timeout)
    refuseSanitizerReports(stderr)
    return { code, signal, stdout, stderr, all: stdout + stderr }
  } finally {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    alive.delete(child)
  }
}

function refuseSanitizerReports (log) {
  const report = /(ERROR: (Address|Leak|Memory|Thread)Sanitizer|runtime error:|Assertion .* failed)[^]*/.exec(log)
  if (report) throw new Error(`the program's own checks failed:\n${report[0].slice(0, 6000)}`)
}

export class ApiError extends Error {
  constructor (verb, error) {
    super(`$PL.API.${verb}: ${error.code}: ${error.text}`)
    this.code = error.code
    this.text = error.text
  }
}

class Node {
  #child
  #events = []
  #lines = []
  #listeners = new Set()
  #ended
  #stopping
  #owner

  constructor (child) {
    this.#child = child
    alive.add(child)
    this.#ended = new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code, signal) => {
        alive.delete(child)
        resolve({ code, signal })
        this.#wake()
      })
    })
    this.#ended.catch(() => {})
    createInterface({ input: child.stdout }).on('line', line => this.#onLine(line, 'stdout'))
    createInterface({ input: child.stderr }).on('line', line => this.#onLine(line, 'stderr'))
  }

  get pid () { return this.#child.pid }
  get exited () { return this.#child.exitCode !== null || this.#child.signalCode !== null }

  // What the program printed, for the message of a failing test: at debug level only its end is of use.
  log (most = 300) { return this.#lines.slice(-most).map(line => line.text).join('\n') }

  // A place in the event history: waitEvent(kind, test, ms, mark) looks at later events only.
  mark () { return this.#events.length }

  // Events so far, from the door (source 'door') and from standard output ('stdout').
  events (kind, source = 'door') {
    return this.#events.filter(event => event.kind === kind && event.source === source)
  }

  // Calls the function with every event of this kind that the door tells from now on.
  onEach (kind, tell) {
    let next = this.#events.length
    this.#listeners.add(() => {
      while (next < this.#events.length) {
        const event = this.#events[next++]
        if (event.kind === kind && event.source === 'door') tell(event)
      }
    })
  }

  // The first event of this kind, past or future, that the predicate accepts.
  async waitEvent (kind, accept = () => true, ms = WAIT_MS, since = 0) {
    const found = () => this.#events.slice(since).find(event => event.kind === kind && accept(event))
    if (found()) return found()
    let look
    const happened = new Promise((resolve, reject) => {
      look = () => {
        if (found()) resolve(found())
        else if (this.exited) reject(new Error(`the node ended before ${kind}\n${this.log()}`))
      }
      this.#listeners.add(look)
      look()
    })
    return within(happened, () => `event ${kind}\n${this.log()}`, ms).finally(() => this.#listeners.delete(look))
  }

  // One request on $PL.API.<verb>. An answer with `error` is thrown as an ApiError.
  async api (verb, body = {}, timeout = WAIT_MS) {
    const reply = await this.#owner.request(`$PL.API.${verb}`, text.encode(JSON.stringify(body)), { timeout })
      .catch(error => { throw new Error(`$PL.API.${verb}: ${error.message}\n${this.log()}`) })
    const answer = JSON.parse(text.decode(reply.data))
    if (answer.error) throw new ApiError(verb, answer.error)
    return answer
  }

  // PEERS' record of this peer id once it satisfies the test (default: it is connected).
  async peer (peerId, accept = peer => peer.state === 'connected', ms = WAIT_MS) {
    let seen
    return until(async () => {
      seen = (await this.api('PEERS')).peers.find(peer => peer.peer_id === String(peerId))
      return seen && accept(seen) ? seen : null
    }, () => `PEERS about ${peerId}, last ${JSON.stringify(seen)}\n${this.log()}`, ms)
  }

  // A stock NATS client (nats 2.x) attached as the owner. The caller closes it.
  async consumer (name, options = {}) {
    return connect({ servers: this.door, token: this.token, name, reconnect: false, timeout: START_MS, ...options })
  }

  // SIGTERM, and the exit must be clean: code 0, in time, no sanitizer report. Calling it again is harmless.
  stop (ms = STOP_MS) {
    this.#stopping ??= this.#stop(ms)
    return this.#stopping
  }

  // kill -9, for tests about what survives. stop() accepts that afterwards.
  async kill () {
    this.#stopping = this.#ended.then(() => {})
    this.#child.kill('SIGKILL')
    await this.#ended
    await this.#owner?.close().catch(() => {})
  }

  async #stop (ms) {
    await this.#owner?.close().catch(() => {})
    const early = this.exited
    if (!early) this.#child.kill('SIGTERM')
    let ended
    try {
      ended = await within(this.#ended, () => `the end after SIGTERM\n${this.log()}`, ms)
    } catch (error) {
      this.#child.kill('SIGKILL')
      throw error
    }
    refuseSanitizerReports(this.log(Infinity))
    if (early) throw new Error(`the node ended by itself (${JSON.stringify(ended)})\n${this.log()}`)
    if (ended.code !== 0) throw new Error(`exit after SIGTERM was ${JSON.stringify(ended)}\n${this.log()}`)
  }

  #onLine (line, source) {
    this.#lines.push({ source, text: line })
    if (source !== 'stdout') return
    try {
      const event = JSON.parse(line)
      if (event && typeof event.event === 'string') this.#onEvent(event.event.toUpperCase(), event, 'stdout')
    } catch { /* a line that is not JSON is a finding of cli.test.mjs, not of every test */ }
  }

  #onEvent (kind, fields, source) {
    this.#events.push({ ...fields, kind, source })
    this.#wake()
  }

  #wake () { for (const look of [...this.#listeners]) look() }

  async attach (ready) {
    this.ready = ready
    this.peerId = ready.peer_id
    this.listen = ready.listen
    this.addrs = ready.listen
    this.door = ready.door
    this.socket = ready.socket
    this.dataDir = ready.data
    this.tokenFile = ready.token_file
    this.token = readFileSync(ready.token_file, 'utf8').trim()
    const mode = statSync(ready.token_file).mode & 0o777
    if (mode !== 0o600) throw new Error(`${ready.token_file} has mode ${mode.toString(8)}, not 600`)
    this.#owner = await this.consumer('tests')
    this.#owner.subscribe('$PL.EVENT.>', {
      callback: (error, message) => {
        if (error) return
        this.#onEvent(message.subject.split('.')[2], JSON.parse(text.decode(message.data)), 'door')
      }
    })
    await this.#owner.flush()
  }
}

// Starts `peerline run --json` and returns once it is ready and its events are being listened to.
//   t         the test's context: the node is stopped, and its stop judged, when the test ends
//   env       more settings, by environment name; null removes one
//   args      more flags
//   dataDir   an existing data directory, else a fresh one
//   bootstrap list of addresses for BOOTSTRAP_PEERS
export async function startNode ({ t, env = {}, args = [], dataDir, bootstrap, timeout = START_MS } = {}) {
  const dir = dataDir ?? freshDir()
  const settings = { ...testSettings(dir), ...env }
  if (bootstrap) settings.BOOTSTRAP_PEERS = bootstrap.map(String).join(',')
  const child = spawn(binary(), ['run', '--json', ...args], {
    env: environment(settings),
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const node = new Node(child)
  try {
    const ready = await node.waitEvent('READY', () => true, timeout)
    await node.attach(ready)
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
  t?.after(async () => {
    await node.stop()
    if (!dataDir) rmSync(dir, { recursive: true, force: true })
  })
  return node
}
