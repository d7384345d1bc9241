// The two stock JavaScript NATS clients behind the few calls the door's scenario makes.

import * as client2 from 'nats'
import * as client3 from '@nats-io/transport-node'

const text = client2.StringCodec()

export const clients = [
  {
    name: 'nats 2.x',
    connect: options => client2.connect({ reconnect: false, timeout: 5000, ...options }),
    headers: client2.headers,
    encode: value => text.encode(value),
    decode: message => text.decode(message.data),
    fault: error => error.code
  },
  {
    name: '@nats-io/transport-node 3.x',
    connect: options => client3.connect({ reconnect: false, timeout: 5000, ...options }),
    headers: client3.headers,
    encode: value => value,
    decode: message => message.string(),
    fault: error => `${error.name}${error.cause ? ` < ${error.cause.name}` : ''}: ${error.message}`
  }
]
