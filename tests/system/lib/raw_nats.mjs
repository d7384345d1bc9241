// A NATS client that is only a socket: for what stock clients never send, and for comparing servers byte by byte.

import { connect } from 'node:net'
import { WAIT_MS, within } from './node.mjs'

class RawNats {
  received = ''
  closed = false
  #wake = () => {}

  constructor (socket) {
    this.socket = socket
    socket.setNoDelay(true).setEncoding('latin1')
    socket.on('data', data => { this.received += data; this.#wake() })
    socket.on('error', () => {})
    socket.on('close', () => { this.closed = true; this.#wake() })
  }

  send (bytes) { this.socket.write(bytes, 'latin1') }

  async #wait (condition, what, ms) {
    const met = async () => {
      while (!condition()) {
        if (this.closed) throw new Error(`closed while waiting for ${what}; got ${JSON.stringify(this.received)}`)
        await new Promise(resolve => { this.#wake = resolve })
      }
    }
    await within(met(), () => `${what}; got ${JSON.stringify(this.received)}`, ms)
  }

  has (text, ms = WAIT_MS) { return this.#wait(() => this.received.includes(text), JSON.stringify(text), ms) }

  // The server's greeting, taken out of what was received.
  async info () {
    await this.has('\r\n')
    const end = this.received.indexOf('\r\n')
    const line = this.received.slice(0, end)
    this.received = this.received.slice(end + 2)
    if (!line.startsWith('INFO ')) throw new Error(`greeted with ${JSON.stringify(line)}`)
    return JSON.parse(line.slice(5))
  }

  // Sends PING and waits for its PONG: everything caused by earlier lines has then arrived. `sent` PINGs were sent before.
  async settle (sent = 0) {
    const pongs = () => this.received.split('PONG\r\n').length - 1
    this.send('PING\r\n')
    await this.#wait(() => pongs() > sent, 'PONG')
  }

  async end (ms = WAIT_MS) {
    const closed = async () => { while (!this.closed) await new Promise(resolve => { this.#wake = resolve }) }
    await within(closed(), () => `the server to close; got ${JSON.stringify(this.received)}`, ms)
  }

  // What came after the greeting, without the server's own keep-alive.
  transcript () { return this.received.replace(/^PING\r\n/gm, '') + (this.closed ? '<closed>' : '') }
}

export async function rawNats (port) {
  const socket = connect(port, '127.0.0.1')
  await within(new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject)), 'a TCP connection')
  return new RawNats(socket)
}
