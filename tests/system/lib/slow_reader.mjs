// A program with one stock NATS client, to be frozen and killed: says of each message its number, its gap and its text.
// node slow_reader.mjs <server> <token> <name> <subject> [queue]

import { connect, StringCodec } from 'nats'

const [server, token, name, subject, queue] = process.argv.slice(2)
const text = StringCodec()
const connection = await connect({ servers: server, token, name: name || undefined, reconnect: false })
let lines = []
const flush = () => { if (lines.length > 0) process.stdout.write(lines.join('')); lines = [] }
connection.subscribe(subject, {
  queue,
  callback: (error, message) => {
    if (error) return
    if (lines.length === 0) setImmediate(flush)
    lines.push(`got ${message.headers?.get('Pl-Seq') || 0} ${message.headers?.get('Pl-Gap') || '-'} ${text.decode(message.data).trim()}\n`)
  }
})
await connection.flush()
process.stdout.write('ready\n')
await connection.closed()
