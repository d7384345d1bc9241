// One reading and writing surface over a libp2p stream of either js generation, so that every judge exists once.
// Each stack (js_stack2, js_stack3) feeds bytes in with push(), end() and fail(), and gives functions to write with.

import { within } from './node.mjs'

export class StreamEnded extends Error {}

export class Wire {
  #chunks = []
  #size = 0
  #ended = false
  #failure = null
  #wake = () => {}

  // out: { write(bytes) → promise, closeWrite() → promise, abort(error) }
  constructor (out) { this.out = out }

  push (bytes) {
    this.#chunks.push(Buffer.from(bytes))
    this.#size += bytes.length
    this.#wake()
  }

  end () { this.#ended = true; this.#wake() }
  fail (error) { this.#failure ??= error; this.#wake() }

  // How the other side left the stream: null while it is open, 'end' after its FIN, 'reset' after a reset.
  get over () { return this.#failure ? 'reset' : this.#ended ? 'end' : null }

  write (bytes) { return this.out.write(bytes) }
  closeWrite () { return this.out.closeWrite() }
  abort () { this.out.abort(new Error('the test is done with this stream')) }

  async #more () {
    await new Promise(resolve => { this.#wake = resolve })
  }

  async #fill (length) {
    while (this.#size < length) {
      if (this.#failure) throw this.#failure
      if (this.#ended) throw new StreamEnded(`the stream ended ${length - this.#size} bytes early`)
      await this.#more()
    }
  }

  // Exactly `length` bytes, however the stream cuts them.
  async read (length, what = `${length} bytes`, ms) {
    await within(this.#fill(length), what, ms)
    const all = Buffer.concat(this.#chunks)
    this.#chunks = [all.subarray(length)]
    this.#size -= length
    return all.subarray(0, length)
  }

  // Everything up to the other side's FIN; a reset is an error.
  async readAll (what = 'the end of the stream', ms) {
    const over = async () => { while (!this.#ended && !this.#failure) await this.#more() }
    await within(over(), what, ms)
    if (this.#failure && !this.#ended) throw this.#failure
    const all = Buffer.concat(this.#chunks)
    this.#chunks = []
    this.#size = 0
    return all
  }

  // Counts bytes to the FIN without keeping them.
  async count (what = 'the end of the stream', ms) {
    let total = 0
    const over = async () => {
      for (;;) {
        total += this.#size
        this.#chunks = []
        this.#size = 0
        if (this.#ended) return
        if (this.#failure) throw this.#failure
        await this.#more()
      }
    }
    await within(over(), what, ms)
    return total
  }

  // One varint-delimited message.
  async readMessage (what = 'a message', ms) {
    let length = 0
    for (let shift = 0; ; shift += 7) {
      const [byte] = await this.read(1, what, ms)
      length += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) break
    }
    return this.read(length, what, ms)
  }

  // One multistream-select line, without its newline.
  async readLine (what = 'a multistream line') {
    const line = (await this.readMessage(what)).toString()
    if (!line.endsWith('\n')) throw new Error(`a multistream line without its newline: ${JSON.stringify(line)}`)
    return line.slice(0, -1)
  }
}

export function varint (value) {
  const bytes = []
  for (; value >= 0x80; value = Math.floor(value / 128)) bytes.push((value % 128) | 0x80)
  return Buffer.from([...bytes, value])
}

export function delimited (bytes) { return Buffer.concat([varint(bytes.length), bytes]) }

// Multistream-select lines as they travel.
export function lines (...texts) { return Buffer.concat(texts.map(text => delimited(Buffer.from(text + '\n')))) }

// A protobuf message as a list of { field, value } (number for varints, Buffer for bytes): enough to look at identify.
export function protobuf (bytes) {
  const fields = []
  let at = 0
  const number = () => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      if (at >= bytes.length) throw new Error('truncated protobuf')
      const byte = bytes[at++]
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }
  while (at < bytes.length) {
    const tag = number()
    const kind = tag & 7
    if (kind !== 0 && kind !== 2) throw new Error(`protobuf wire type ${kind}`)
    const value = number()
    if (kind === 2) {
      if (at + value > bytes.length) throw new Error('truncated protobuf')
      at += value
    }
    fields.push({ field: tag >>> 3, value: kind === 0 ? value : bytes.subarray(at - value, at) })
  }
  return fields
}

export function protobufBytes (field, bytes) {
  return Buffer.concat([varint(field * 8 + 2), delimited(Buffer.from(bytes))])
}
