// The two generations of the JavaScript NATS client behind the calls that the scenario makes: `nats` 2 and
// @nats-io/transport-node 3.

import { crc32 } from 'node:zlib'
import * as two from 'nats'
import * as three from '@nats-io/transport-node'

const modules = { 2: two, 3: three }

export const crc = (bytes, before = 0) => crc32(bytes, before).toString(16).padStart(8, '0')
export const bytesOf = text => Buffer.from(text)
export const say = line => { process.stdout.write(line + '\n') }

// The program's arguments: GENERATION HOST:PORT TOKEN …
export function clientOf ([generation, address, token, ...rest]) {
  const client = modules[generation]
  return {
    label: `js${generation}`,
    rest,
    headers: client.headers,
    connect: (name, options = {}) => client.connect({
      servers: address, token, name: `js${generation}-${name}`, reconnect: false, timeout: 10_000, ...options
    }),
    isNobody: error => /503|NoResponders|no responders/.test(`${error.code} ${error.name} ${error.cause?.name} ${error.message}`),
    // Told of by events in both: kinds are 'disconnect' and 'reconnect'.
    onStatus: (connection, tell) => {
      const listen = async () => { for await (const status of connection.status()) tell(status.type) }
      listen().catch(() => {})
    }
  }
}
