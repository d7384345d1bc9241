// What every consumer does, by a stock JavaScript client: the scenario that scenario.c, scenario.go and scenario.py run too.
// They write the same lines. "restart me" asks whoever runs it to restart the server.
//
//     node scenario.mjs 2|3 HOST:PORT TOKEN
//     node scenario.mjs refusals 2|3 HOST:PORT TOKEN      what our door refuses, which must not end the connection

import { setTimeout as sleep } from 'node:timers/promises'
import { bytesOf, clientOf, crc, say } from './client.mjs'

const only = process.argv[2] === 'refusals'
const client = clientOf(process.argv.slice(only ? 3 : 2))
const MIB = 1 << 20
const PATIENCE_MS = 30_000

async function until (met, what) {
  for (const end = Date.now() + PATIENCE_MS; !met(); await sleep(1)) if (Date.now() > end) throw new Error(`waited in vain for ${what}`)
}

function collect (connection, subject, options = {}) {
  const got = []
  const subscription = connection.subscribe(subject, { ...options, callback: (error, message) => { if (!error) got.push(message) } })
  return { got, subscription }
}

const digest = bytes => `${bytes.length}:${crc(bytes)}`
const pattern = size => new Uint8Array(size).map((_, index) => index * 31 + Math.trunc(index / 251))

const steps = {
  async subscribe () {
    const connection = await client.connect('subscribe')
    const { got, subscription } = collect(connection, 'sc.core')
    for (const text of ['one', '', 'grüß', 'a\r\nb\0c']) connection.publish('sc.core', bytesOf(text))
    connection.publish('sc.other', bytesOf('not for us'))
    await connection.flush()
    say(got.map(message => `${message.subject}=${digest(message.data)}`).join(' '))
    subscription.unsubscribe()
    connection.publish('sc.core', bytesOf('late'))
    await connection.flush()
    say(`after unsubscribe ${got.length}`)
    await connection.close()
  },

  async wildcards () {
    const connection = await client.connect('wildcards')
    const patterns = ['sc.w.*.c', 'sc.w.>', 'sc.w.1.*', 'sc.w', 'sc.*.1.c', 'sc.w.x*', 'sc.w.*', 'teranode/bitcoin/1.*.*']
    const boxes = patterns.map(one => collect(connection, one).got)
    for (const subject of ['sc.w', 'sc.w.1', 'sc.w.1.c', 'sc.w.1.2.c', 'sc.w.xy', 'sc.w.x*', 'sc.v.1.c', 'sc.W.1.c', 'teranode/bitcoin/1.0.0/mainnet-block']) {
      connection.publish(subject, bytesOf('-'))
    }
    await connection.flush()
    patterns.forEach((one, index) => say([`${one}:`, ...boxes[index].map(message => message.subject)].join(' ')))
    await connection.close()
  },

  async 'queue group' () {
    const members = [await client.connect('member-1'), await client.connect('member-2')]
    const sender = await client.connect('sender')
    const boxes = members.map(connection => collect(connection, 'sc.queue', { queue: 'workers' }).got)
    const plain = collect(members[0], 'sc.queue').got
    await Promise.all(members.map(connection => connection.flush()))
    for (let count = 0; count < 300; count++) sender.publish('sc.queue', bytesOf(String(count)))
    await sender.flush()
    await Promise.all(members.map(connection => connection.flush()))
    const all = boxes.flat().map(message => String(bytesOf(message.data)))
    say(`group ${all.length} different ${new Set(all).size} both ${boxes.every(box => box.length > 50)} plain ${plain.length}`)
    await Promise.all([...members, sender].map(connection => connection.close()))
  },

  async headers () {
    const connection = await client.connect('headers')
    const { got } = collect(connection, 'sc.headers')
    const headers = client.headers()
    headers.append('X', 'first')
    headers.append('X', 'second')
    headers.set('lower-case', 'kept')
    connection.publish('sc.headers', bytesOf('with'), { headers })
    connection.publish('sc.headers', bytesOf('without'))
    await connection.flush()
    const [one, two] = got
    say(`X=${one.headers.values('X').join(',')} lower-case=${one.headers.get('lower-case')} ${digest(one.data)}`)
    say(`none ${!two.headers || two.headers.keys().length === 0} ${digest(two.data)}`)
    await connection.close()
  },

  async request () {
    const [server, asker] = [await client.connect('server'), await client.connect('asker')]
    server.subscribe('sc.service', {
      queue: 'workers',
      callback: (_, message) => {
        const headers = client.headers()
        headers.set('Was', message.headers?.get('Ask') ?? '')
        message.respond(message.data, { headers })
      }
    })
    await server.flush()
    let good = 0
    for (let count = 0; count < 100; count++) {
      const headers = client.headers()
      headers.set('Ask', String(count))
      const answer = await asker.request('sc.service', bytesOf(`q${count}`), { timeout: PATIENCE_MS, headers })
      if (String(bytesOf(answer.data)) === `q${count}` && answer.headers.get('Was') === String(count)) good++
    }
    say(`answered ${good}`)
    for (let count = 0; count < 2; count++) {
      say(await asker.request('sc.nobody', bytesOf('?'), { timeout: PATIENCE_MS })
        .then(() => 'answered?', error => client.isNobody(error) ? 'no responders' : `${error}`))
    }
    await Promise.all([server, asker].map(connection => connection.close()))
  },

  async 'a megabyte each way' () {
    const [server, asker] = [await client.connect('server'), await client.connect('asker')]
    server.subscribe('sc.big', { callback: (_, message) => { message.respond(message.data) } })
    await server.flush()
    for (const size of [0, 1, 65536, MIB]) {
      const data = pattern(size)
      const answer = await asker.request('sc.big', data, { timeout: PATIENCE_MS })
      say(`${digest(answer.data)} same ${Buffer.compare(answer.data, data) === 0}`)
    }
    try {
      asker.publish('sc.big', new Uint8Array(asker.info.max_payload + 1))
      say('one byte more: sent')
    } catch {
      say('one byte more: refused')
    }
    await Promise.all([server, asker].map(connection => connection.close()))
  },

  async 'a hundred thousand in order' () {
    const COUNT = 100_000
    const [reader, writer] = [await client.connect('reader'), await client.connect('writer')]
    let [seen, inOrder, sum] = [0, true, 0]
    reader.subscribe('sc.many', {
      callback: (_, message) => {
        const text = bytesOf(message.data)
        inOrder &&= Number(text) === seen
        sum = crc32Of(text, sum)
        seen++
      }
    })
    await reader.flush()
    for (let count = 0; count < COUNT; count++) {
      writer.publish('sc.many', bytesOf(String(count).padStart(16, '0')))
      if (count % 1000 === 999) await writer.flush()
    }
    await writer.flush()
    await until(() => seen >= COUNT, `${COUNT} messages, ${seen} came`)
    say(`received ${seen} in order ${inOrder} checksum ${sum.toString(16).padStart(8, '0')}`)
    await Promise.all([reader, writer].map(connection => connection.close()))
  },

  async 'restart under load' () {
    const patient = { reconnect: true, maxReconnectAttempts: -1, reconnectTimeWait: 50, reconnectJitter: 0 }
    const connection = await client.connect('restart', patient)
    const loader = await client.connect('load', patient)
    const got = collect(connection, 'sc.restart').got
    let [gone, back, last, increasing, loaded] = [false, false, -1, true, 0]
    client.onStatus(connection, type => {
      if (type === 'disconnect') gone = true
      if (type === 'reconnect') back = true
    })
    connection.subscribe('sc.load', {
      callback: (_, message) => {
        const number = Number(bytesOf(message.data))
        increasing &&= number > last
        last = number
      }
    })
    await connection.flush()
    const load = setInterval(() => { loader.publish('sc.load', bytesOf(String(loaded++))) }, 1)
    for (let count = 0; count < 1000; count++) connection.publish('sc.restart', bytesOf('before'))
    await connection.flush()
    say('restart me')
    await until(() => gone, 'the connection to end')
    for (let count = 0; count < 100; count++) connection.publish('sc.restart', bytesOf('meanwhile'))
    await until(() => back, 'the connection to come back')
    for (let count = 0; count < 1000; count++) connection.publish('sc.restart', bytesOf('after'))
    await connection.flush()
    const since = loaded
    await until(() => last >= since, 'the load to go on')
    clearInterval(load)
    const count = word => got.filter(message => String(bytesOf(message.data)) === word).length
    say(`before ${count('before')}`)
    say(`meanwhile ${count('meanwhile')}`)
    say(`after ${count('after')}`)
    say(`load increasing ${increasing} goes on true`)
    await Promise.all([connection, loader].map(one => one.close()))
  },

  async drain () {
    const connection = await client.connect('drain')
    let got = 0
    connection.subscribe('sc.drain', { callback: () => { got++ } })
    for (let count = 0; count < 1000; count++) connection.publish('sc.drain', bytesOf('x'))
    await connection.drain()
    const closed = await connection.closed()
    say(`drained ${got} closed ${connection.isClosed() && !closed}`)
  }
}

async function refusals () {
  const connection = await client.connect('refusals', { reconnect: true })
  const kinds = new Set()
  client.onStatus(connection, type => kinds.add(type))
  const told = new Set()
  const sub = (subject, queue) => connection.subscribe(subject, { queue, callback: error => { if (error) told.add(subject) } })
  for (const subject of ['topic.%zz', 'a'.repeat(1100)]) sub(subject)
  sub('topic.%zz.q', 'group')
  for (const subject of ['$PL.EVENT.MINE', 'topic.%zz', 'a'.repeat(1100)]) connection.publish(subject, bytesOf('x'))
  connection.publish('sc.reply', bytesOf('x'), { reply: '_R_.x' })
  const { got } = collect(connection, 'sc.goes.on')
  connection.publish('sc.goes.on', bytesOf('x'))
  await connection.flush()
  const isTold = told.size > 0 || kinds.has('error')
  say(`told ${isTold} reconnected ${kinds.has('reconnect')} closed ${connection.isClosed()} goes on ${got.length === 1}`)
  await connection.close()
}

function crc32Of (bytes, before) { return parseInt(crc(bytes, before), 16) }

for (const [name, run] of Object.entries(only ? { refusals } : steps)) {
  say(`# ${name}`)
  await run()
}
say('# end')
