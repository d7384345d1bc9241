// Follows a topic that a peerline on this host shares: npm install, then
//   node consumer.mjs "$(peerline url)" topic.demo/news [QUEUE]
import { connect } from '@nats-io/transport-node'

const [url, subject, queue] = process.argv.slice(2)
const { host, username: token } = new URL(url) // nats.js takes no token from a URL
// The name is the consumer's id: one connection at a time has it.
const connection = await connect({ servers: host, token, name: 'example-js', maxReconnectAttempts: -1 })
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => connection.drain())

const status = (await connection.request('$PL.API.STATUS', '{}')).json()
console.log(`${status.peer_id} has ${status.links} links`)

for await (const message of connection.subscribe(subject, { queue })) {
  const gap = message.headers?.get('Pl-Gap')
  if (gap) console.log(`missed ${gap}`) // by Pl-Seq, both included
  console.log(`${message.headers?.get('Pl-From')}: ${message.string().slice(0, 60)}`)
}
