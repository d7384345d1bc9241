// Drives a foreign libp2p node in a process of its own that answers requests and reports events as JSON lines, as the
// programs go/cmd/peer and rust/ do. Nothing here knows peerline.

import { createInterface } from 'node:readline'

export const WAIT_MS = 10_000
const READY_MS = 30_000

const alive = new Set()
process.on('exit', () => { for (const child of alive) child.kill('SIGKILL') })

export class JsonPeer {
  #child
  #asked = new Map()
  #next = 1
  #events = []
  #lines = []
  #looks = new Set()
  #sinks = new Map()
  #ended
  #over = false

  constructor (name, child) {
    this.name = name
    this.#child = child
    alive.add(child)
    this.#ended = new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code, signal) => resolve({ code, signal }))
    })
    this.#ended.finally(() => this.#onEnd()).catch(() => {})
    child.stdin.on('error', () => {})
    createInterface({ input: child.stdout }).on('line', line => this.#onLine(line))
    createInterface({ input: child.stderr }).on('line', line => this.#lines.push(line))
  }

  get pid () { return this.#child.pid }
  get ended () { return this.#ended }
  log () { return this.#lines.join('\n') }
  mark () { return this.#events.length }
  events (kind) { return this.#events.filter(event => event.event === kind) }

  // From now on events of this kind go to a function, and not into the history, which keeps everything.
  divert (kind, sink) { this.#sinks.set(kind, sink) }

  // One command. An answer with `error` is thrown, with the answer's other fields on the error; none at all, some time
  // after the program's own limit for it, is an error too.
  do (command, fields = {}, ms = 30_000) {
    if (this.#over) return Promise.reject(new Error(`${this.name} has ended: no ${command}`))
    const id = this.#next++
    let timer
    const asked = new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject, command })
      timer = setTimeout(() => reject(new Error(`${this.name} does not answer ${command}`)), ms + WAIT_MS)
    })
    this.#child.stdin.write(JSON.stringify({ ...fields, id, do: command, timeout_ms: ms }) + '\n')
    return asked.finally(() => clearTimeout(timer))
  }

  // The first event of this kind, past (from `since` on) or future, that the predicate accepts.
  waitEvent (kind, accept = () => true, ms = WAIT_MS, since = 0) {
    return new Promise((resolve, reject) => {
      let timer
      const look = () => {
        const hit = this.#events.slice(since).find(event => event.event === kind && accept(event))
        if (!hit) return false
        clearTimeout(timer)
        this.#looks.delete(look)
        resolve(hit)
        return true
      }
      if (look()) return
      this.#looks.add(look)
      timer = setTimeout(() => {
        this.#looks.delete(look)
        reject(new Error(`${this.name} said no ${kind} within ${ms} ms:\n${this.log().slice(-4000)}`))
      }, ms)
    })
  }

  // The links it holds to this peer, with security, muxer and streams.
  async links (peerId) { return (await this.do('connections', { peer_id: peerId })).connections }

  // A clean end.
  async stop () {
    this.#child.stdin.end()
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5_000)
    await this.#ended
    clearTimeout(timer)
  }

  // kill -9
  async kill () {
    this.#child.kill('SIGKILL')
    await this.#ended
  }

  // Itself, once it listens; killed when that takes too long. Loading a whole stack takes a busy machine a while.
  async ready (ms = READY_MS) {
    const ready = await this.waitEvent('ready', () => true, ms).catch(async error => {
      await this.kill()
      throw error
    })
    this.peerId = ready.peer_id
    this.listen = ready.listen
    return this
  }

  #onLine (line) {
    const said = JSON.parse(line)
    if (!this.#sinks.has(said.event)) this.#lines.push(line.length > 600 ? `${line.slice(0, 600)}…` : line)
    if (said.event) {
      if (said.data) said.data = Buffer.from(said.data, 'base64')
      if (said.envelope?.data) said.envelope.data = Buffer.from(said.envelope.data, 'base64')
      if (this.#sinks.has(said.event)) {
        this.#sinks.get(said.event)(said)
        return
      }
      this.#events.push(said)
      for (const look of [...this.#looks]) look()
      return
    }
    const asked = this.#asked.get(said.id)
    this.#asked.delete(said.id)
    if (!asked) return
    if (said.error) asked.reject(Object.assign(new Error(`${this.name}, ${asked.command}: ${said.error}`), { answer: said }))
    else asked.resolve(said)
  }

  #onEnd () {
    alive.delete(this.#child)
    this.#over = true
    for (const { reject, command } of this.#asked.values()) reject(new Error(`${this.name} ended during ${command}\n${this.log()}`))
    this.#asked.clear()
  }
}
