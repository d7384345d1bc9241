// A TCP relay in front of a door, that can cut off everybody for a while: what the door had said before still arrives, and the
// door sees all of them go at once.

import { connect, createServer } from 'node:net'
import { once } from 'node:events'

class Relay {
  #pairs = new Set()

  constructor (port) {
    this.server = createServer({ allowHalfOpen: true }, near => this.#join(near, connect({ port, host: '127.0.0.1', allowHalfOpen: true })))
  }

  async listen (port = 0) {
    this.server.listen(port, '127.0.0.1')
    await once(this.server, 'listening')
    this.port = this.server.address().port
  }

  #join (near, far) {
    const pair = { near, far }
    this.#pairs.add(pair)
    for (const [from, to] of [[near, far], [far, near]]) {
      from.on('error', () => to.destroy())
      from.pipe(to)
    }
    near.on('close', () => { far.destroy(); this.#pairs.delete(pair) })
  }

  // Ends every connection, and takes new ones only after `ms`.
  async cut (ms) {
    const closed = once(this.server, 'close')
    this.server.close()
    for (const { near, far } of this.#pairs) {
      near.unpipe(far)
      near.resume()
      far.end()
      far.on('end', () => near.destroySoon())
    }
    await closed
    await new Promise(resolve => setTimeout(resolve, ms))
    await this.listen(this.port)
  }

  stop () {
    this.server.close()
    for (const { near, far } of this.#pairs) for (const socket of [near, far]) socket.destroy()
  }
}

export async function relayTo (t, port) {
  const relay = new Relay(port)
  await relay.listen()
  t.after(() => relay.stop())
  return relay
}
