// Buses that want no private addresses, as they are by default. system/bus.test.mjs runs this in a network of its own,
// where the loopback device has a public address too (BUS_PUBLIC_IP): nothing leaves the host.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startBus } from './bus.mjs'
import { HUBS, bothWays, notSkipped, wantsAll } from './hubs.mjs'

const ip = process.env.BUS_PUBLIC_IP
const [peerline] = HUBS

test('it dials us, hears us and is heard', async t => {
  const hub = await peerline.start({ t, ip })
  const bus = await startBus({ t, name: 'alpha', ip, private: false, static: hub.listen[0] })
  await wantsAll(hub, bus)
  await bothWays(hub, bus, 'alpha')
  notSkipped(bus)
})

test('we dial it, hear it and are heard', async t => {
  const bus = await startBus({ t, name: 'alpha', ip, private: false })
  const hub = await peerline.start({ t, ip, static: bus.listen[0] })
  await wantsAll(hub, bus)
  await bothWays(hub, bus, 'alpha')
  notSkipped(bus)
})

test('on a private address it refuses, which both survive', async t => {
  const bus = await startBus({ t, name: 'alpha', private: false })
  const hub = await peerline.start({ t, static: bus.listen[0] })
  const down = await hub.node.waitEvent('DIAL_FAILED')
  assert.equal(down.address.includes(`/tcp/${bus.listen[0].split('/')[4]}`), true)
  await assert.rejects(bus.do('connect', { address: hub.listen[0] }), /gater/)
  assert.equal((await hub.node.api('STATUS')).links, 0)
})
