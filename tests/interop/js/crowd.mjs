// Many consumers of one topic, by a stock JavaScript client, that come back by themselves: crowd.c, crowd.go and crowd.py do
// the same. They write, until standard input ends:
//
//     ready COUNT · away N · back N · got N EPOCH SEQ GAP PAYLOAD       (GAP is - for none)
//
//     node crowd.mjs 2|3 HOST:PORT TOKEN SUBJECT COUNT

import { bytesOf, clientOf, say } from './client.mjs'

const RETRY_MS = 100
const client = clientOf(process.argv.slice(2))
const [subject, count] = client.rest

async function join (number) {
  const connection = await client.connect(`crowd-${number}`,
    { reconnect: true, maxReconnectAttempts: -1, reconnectTimeWait: RETRY_MS, reconnectJitter: RETRY_MS })
  client.onStatus(connection, type => {
    if (type === 'disconnect') say(`away ${number}`)
    if (type === 'reconnect') say(`back ${number}`)
  })
  connection.subscribe(subject, {
    callback: (error, message) => {
      if (error) return
      const header = name => message.headers?.get(name) || '-'
      say(`got ${number} ${header('Pl-Epoch')} ${header('Pl-Seq')} ${header('Pl-Gap')} ${bytesOf(message.data)}`)
    }
  })
  await connection.flush()
}

for (let number = 0; number < Number(count); number++) await join(number)
say(`ready ${count}`)
process.stdin.on('end', () => process.exit()).resume()
