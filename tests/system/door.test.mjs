// Proves that stock NATS clients (nats 2.x and @nats-io/transport-node 3.x) find at our door what they find at Debian's
// nats-server: one scenario, run against both, must give the same transcript. nats_wire.test.mjs does it with bare sockets.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { judge, startNode, until } from './lib/node.mjs'
import { clients } from './lib/nats_clients.mjs'
import { natsJudge, startNatsServer } from './lib/nats_server.mjs'
import { rawNats } from './lib/raw_nats.mjs'
import { TOPIC } from './lib/teranode.mjs'

const TERANODE = 'teranode/bitcoin/1.0.0/mainnet-block'

// Collects what a subscription gets; lines appear as `subject data`.
function collect (client, connection, subject, options = {}) {
  const got = []
  const subscription = connection.subscribe(subject, {
    ...options,
    callback: (error, message) => got.push(error ? `error ${client.fault(error)}` : `${message.subject} ${client.decode(message)}`)
  })
  return { got, subscription }
}

// Each part: (client, connect, note) → writes its observations with note().
const scenario = {
  'what the server says about itself': async (client, connect, note) => {
    const connection = await connect()
    const { headers, auth_required: auth, proto, max_payload: most } = connection.info
    note({ headers, auth, proto, enough: most >= 1048576, server: connection.getServer() !== '' })
    await connection.close()
  },

  'subscribe and publish': async (client, connect, note) => {
    const connection = await connect()
    const { got } = collect(client, connection, 'a.b')
    for (const word of ['one', '', 'grüß']) connection.publish('a.b', client.encode(word))
    connection.publish('a.c', client.encode('not for us'))
    await connection.flush()
    note(got)
    await connection.close()
  },

  'wildcards': async (client, connect, note) => {
    const connection = await connect()
    const patterns = ['w.*.c', 'w.>', 'w.1.*', 'w', '*.1.c', 'w.x*', 'w.*']
    const boxes = patterns.map(pattern => collect(client, connection, pattern))
    await connection.flush()
    for (const subject of ['w', 'w.1', 'w.1.c', 'w.1.2.c', 'w.xy', 'w.x*', 'v.1.c', 'W.1.c']) connection.publish(subject, client.encode('-'))
    await connection.flush()
    patterns.forEach((pattern, index) => note(pattern, boxes[index].got))
    await connection.close()
  },

  'a topic name with slashes and dots is a subject of three tokens': async (client, connect, note) => {
    const connection = await connect()
    const boxes = [TERANODE, 'teranode/bitcoin/1.*.*', 'teranode/bitcoin/1.>', '*.0.*'].map(pattern => collect(client, connection, pattern))
    connection.publish(TERANODE, client.encode('block'))
    await connection.flush()
    note(boxes.map(box => box.got))
    await connection.close()
  },

  'headers go through unchanged': async (client, connect, note) => {
    const connection = await connect()
    let seen
    connection.subscribe('h', { callback: (_, message) => { seen = message } })
    const sent = client.headers()
    sent.append('X-One', 'first')
    sent.append('X-One', 'second')
    sent.append('lower-case', 'kept')
    sent.append('Empty', '')
    connection.publish('h', client.encode('with headers'), { headers: sent })
    await connection.flush()
    note(client.decode(seen), seen.headers.keys(), seen.headers.values('X-One'), seen.headers.get('lower-case'))
    connection.publish('h', client.encode('without'))
    await connection.flush()
    note(client.decode(seen), seen.headers === undefined)
    await connection.close()
  },

  'request and reply': async (client, connect, note) => {
    const [asker, server] = [await connect(), await connect()]
    server.subscribe('svc.echo', {
      callback: (_, message) => {
        const answer = client.headers()
        answer.set('Seen', message.headers?.get('Ask') ?? 'none')
        message.respond(client.encode(`re:${client.decode(message)}`), { headers: answer })
      }
    })
    await server.flush()
    for (const options of [{}, { noMux: true }]) {
      const ask = client.headers()
      ask.set('Ask', 'me')
      const reply = await asker.request('svc.echo', client.encode('q'), { timeout: 5000, headers: ask, ...options })
      note(client.decode(reply), reply.headers.get('Seen'))
    }
    await Promise.all([asker.close(), server.close()])
  },

  'a request nobody serves fails at once': async (client, connect, note) => {
    const connection = await connect()
    const start = Date.now()
    for (const options of [{}, { noMux: true }]) {
      const outcome = await connection.request('svc.nobody', client.encode('?'), { timeout: 5000, ...options })
        .then(() => 'answered', client.fault)
      note(outcome)
    }
    note(Date.now() - start < 3000)
    await connection.close()
  },

  'a request that is received but not answered times out': async (client, connect, note) => {
    const connection = await connect()
    const { got } = collect(client, connection, 'svc.silent')
    note(await connection.request('svc.silent', client.encode('?'), { timeout: 300 }).then(() => 'answered', client.fault))
    note(got)
    await connection.close()
  },

  'a queue group shares, others get their own copy': async (client, connect, note) => {
    const [one, two, sender] = [await connect(), await connect(), await connect()]
    const members = [one, two].map(connection => collect(client, connection, 'work', { queue: 'workers' }))
    const other = collect(client, one, 'work', { queue: 'auditors' })
    const plain = collect(client, two, 'work')
    await Promise.all([one.flush(), two.flush()])
    for (let count = 0; count < 100; count++) sender.publish('work', client.encode(String(count)))
    await sender.flush()
    await Promise.all([one.flush(), two.flush()])
    const all = members.flatMap(member => member.got)
    note(all.length, new Set(all).size, members.every(member => member.got.length > 10), other.got.length, plain.got.length)
    await Promise.all([one, two, sender].map(connection => connection.close()))
  },

  'unsubscribing after a count, and at once': async (client, connect, note) => {
    const connection = await connect()
    const limited = collect(client, connection, 'lim', { max: 2 })
    const gone = collect(client, connection, 'lim')
    gone.subscription.unsubscribe()
    for (const word of ['1', '2', '3']) connection.publish('lim', client.encode(word))
    await connection.flush()
    note(limited.got, gone.got)
    await connection.close()
  },

  'two subscriptions of one connection get a copy each': async (client, connect, note) => {
    const connection = await connect()
    const boxes = [collect(client, connection, 'two'), collect(client, connection, 'tw*'), collect(client, connection, '*')]
    connection.publish('two', client.encode('x'))
    await connection.flush()
    note(boxes.map(box => box.got))
    await connection.close()
  },

  'noEcho keeps a connection\'s own messages from it': async (client, connect, note) => {
    const [quiet, other] = [await connect({ noEcho: true }), await connect()]
    const mine = collect(client, quiet, 'echo')
    const theirs = collect(client, other, 'echo')
    await Promise.all([quiet.flush(), other.flush()])
    quiet.publish('echo', client.encode('from quiet'))
    await quiet.flush()
    await other.flush()
    other.publish('echo', client.encode('from other'))
    await other.flush()
    await quiet.flush()
    note(mine.got, theirs.got)
    await Promise.all([quiet.close(), other.close()])
  },

  'a thousand messages stay in order': async (client, connect, note) => {
    const [sender, receiver] = [await connect(), await connect()]
    const { got } = collect(client, receiver, 'order.>')
    await receiver.flush()
    for (let count = 0; count < 1000; count++) sender.publish(`order.${count % 7}`, client.encode(String(count)))
    await sender.flush()
    await receiver.flush()
    note(got.length, got.every((line, index) => line === `order.${index % 7} ${index}`))
    await Promise.all([sender.close(), receiver.close()])
  },

  'the largest payload passes whole, one byte more is refused': async (client, connect, note) => {
    const connection = await connect()
    let size = 0
    let digest = ''
    connection.subscribe('big', {
      callback: (_, message) => {
        size = message.data.length
        digest = createHash('sha256').update(message.data).digest('hex')
      }
    })
    const bytes = new Uint8Array(1048576).map((_, index) => index * 31 % 251)
    connection.publish('big', bytes)
    await connection.flush()
    note(size, digest === createHash('sha256').update(bytes).digest('hex'))
    try {
      connection.publish('big', new Uint8Array(connection.info.max_payload + 1))
      note('accepted')
    } catch (error) {
      note(client.fault(error))
    }
    await connection.close()
  },

  'draining delivers what was on its way and closes cleanly': async (client, connect, note) => {
    const [sender, receiver] = [await connect(), await connect()]
    const { got } = collect(client, receiver, 'drain')
    await receiver.flush()
    for (let count = 0; count < 200; count++) sender.publish('drain', client.encode(String(count)))
    await sender.drain()
    await receiver.drain()
    note(got.length, await sender.closed(), await receiver.closed())
  },

  'a wrong token and a missing one are refused': async (client, connect, note) => {
    for (const token of ['wrong', undefined]) {
      note(await connect({ token }).then(() => 'let in', client.fault))
    }
  }
}

async function transcript (client, server, part) {
  const written = []
  const connect = (options = {}) => client.connect({ servers: server.url, token: server.token, ...options })
  await scenario[part](client, connect, (...what) => written.push(what))
  return written
}

async function ourDoor (t) {
  const node = await startNode({ t })
  return { url: node.door, port: Number(new URL(node.door).port), token: node.token, node }
}

for (const client of clients) {
  describe(`${client.name} finds our door like nats-server`, natsJudge(judge('js')), () => {
    for (const part of Object.keys(scenario)) {
      test(part, async t => {
        const reference = await transcript(client, await startNatsServer({ t }), part)
        assert.ok(reference.length > 0)
        assert.deepEqual(await transcript(client, await ourDoor(t), part), reference)
      })
    }
  })
}

describe('our door in itself', judge('js'), () => {
  test('INFO announces a version stock clients accept, headers, a token, and no other server', async t => {
    const raw = await rawNats((await ourDoor(t)).port)
    const info = await raw.info()
    raw.socket.destroy()
    assert.match(info.version, /^\d+\.\d+\.\d+/)
    assert.equal(info.headers, true)
    assert.equal(info.auth_required, true)
    assert.equal(info.proto, 1)
    assert.equal(info.connect_urls, undefined)
    assert.ok(!info.tls_required)
  })

  test('a connection that never says CONNECT is closed with Authentication Timeout', async t => {
    const raw = await rawNats((await ourDoor(t)).port)
    await raw.info()
    await raw.end(5000)
    assert.equal(raw.transcript(), "-ERR 'Authentication Timeout'\r\n<closed>")
  })

  for (const client of clients) {
    test(`${client.name}: publish and subscribe on a gossip topic work with no peer at all`, async t => {
      const door = await ourDoor(t)
      const connection = await client.connect({ servers: door.url, token: door.token, name: 'alone' })
      t.after(() => connection.close())
      const { got } = collect(client, connection, `topic.${TOPIC}`)
      connection.publish(`topic.${TOPIC}`, client.encode('{"name":"x","data":""}'))
      await connection.flush()
      await until(() => got.length === 1, () => `our own publication, got ${got}`)
    })

    test(`${client.name}: STATUS and PEERS answer to the owner, and consumers are listed by their names`, async t => {
      const door = await ourDoor(t)
      const connection = await client.connect({ servers: door.url, token: door.token, name: 'chaintracks' })
      t.after(() => connection.close())
      const status = JSON.parse(client.decode(await connection.request('$PL.API.STATUS', client.encode('{}'))))
      assert.equal(status.peer_id, door.node.peerId)
      assert.equal(status.pid, door.node.pid)
      assert.ok(status.consumers.some(one => one.id === 'chaintracks'), JSON.stringify(status.consumers))
      const { peers } = JSON.parse(client.decode(await connection.request('$PL.API.PEERS', client.encode('{}'))))
      assert.deepEqual(peers, [])
    })
  }

  test('an API verb that does not exist, and a body that is not JSON, are refused with a code and a reason', async t => {
    const { node } = await ourDoor(t)
    await assert.rejects(node.api('NONSENSE'), error => /^E_/.test(error.code) && error.text.length > 10)
    const connection = await node.consumer('bad')
    t.after(() => connection.close())
    const answer = await connection.request('$PL.API.CONNECT', Buffer.from('{"address":'))
    assert.match(JSON.parse(Buffer.from(answer.data).toString()).error.code, /^E_/)
  })

  test('the thousandth subscriber to a subject gets its message like the first', async t => {
    const { node } = await ourDoor(t)
    const connection = await node.consumer('many')
    t.after(() => connection.close())
    let got = 0
    for (let count = 0; count < 1000; count++) connection.subscribe('many', { callback: () => { got++ } })
    connection.publish('many')
    await connection.flush()
    assert.equal(got, 1000)
  })
})
