// Attackers: code that no honest peer shares. Strangers connect from an address of their own (all of 127.0.0.0/8 is this
// host), so that the limits per address can be told apart from those that hold for everybody.

import net from 'node:net'
import { readFileSync } from 'node:fs'
import { tcpSockets } from './kernel.mjs'

export const HELLO = Buffer.from('\x13/multistream/1.0.0\n', 'latin1')
export const HELLO_NOISE = Buffer.concat([HELLO, Buffer.from('\x07/noise\n', 'latin1')])

export const portOf = node => Number(/\/tcp\/(\d+)/.exec(node.listen[0])[1])

// One connection that keeps count of what happens to it. Refused and reset ones end like closed ones.
export class Stranger {
  got = Buffer.alloc(0)

  constructor (port, from = '127.0.0.66') {
    this.began = performance.now()
    this.socket = net.connect({ host: '127.0.0.1', port, localAddress: from })
    this.socket.setNoDelay(true)
    this.socket.on('error', () => {})
    this.socket.on('data', data => { this.got = Buffer.concat([this.got, data]) })
    this.opened = new Promise(resolve => { this.socket.once('connect', resolve); this.socket.once('close', resolve) })
    this.closed = new Promise(resolve => this.socket.once('close', () => resolve(performance.now() - this.began)))
    // An orderly FIN from the node is an end as well: it will not answer any more.
    this.socket.once('end', () => this.socket.destroy())
  }

  say (bytes) { if (!this.socket.destroyed) this.socket.write(bytes) }
  leave () { this.socket.destroy() }
  get isOpen () { return !this.socket.destroyed }
}

// Runs `count` tasks, at most `width` at a time.
export async function inWaves (count, width, task) {
  let next = 0
  const worker = async () => { while (next < count) await task(next++) }
  await Promise.all(Array.from({ length: width }, worker))
}

// Connections the node itself holds from this address, as the kernel sees them.
export function heldFrom (node, ip) {
  const hex = ip.split('.').reverse().map(byte => Number(byte).toString(16).toUpperCase().padStart(2, '0')).join('')
  return tcpSockets(node.pid).filter(one => one.state === '01' && one.remote.address === hex).length
}

// Seconds of processor time the process has used.
export function processorSeconds (pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

// Figures about memory and processor mean nothing under the sanitizers: those runs judge behaviour only.
export const isSanitized = pid => /libasan|\basan\b/.test(readFileSync(`/proc/${pid}/maps`, 'utf8'))
