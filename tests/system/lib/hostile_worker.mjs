// The worker in which a crowd of hostile peers runs. workerData: { port, peers: [{ kind, from }], strangers, options }.
// It answers 'stop' with what the crowd did.

import { parentPort, workerData } from 'node:worker_threads'
import { Crowd } from './hostile_crowd.mjs'

const crowd = new Crowd()
for (const one of workerData.peers) crowd.add(workerData.port, one, workerData.options)
if (workerData.strangers) crowd.strangers(workerData.port, workerData.strangers, '127.0.30')
parentPort.on('message', async () => {
  await crowd.stop()
  parentPort.postMessage({ attacks: crowd.attacks, errors: crowd.errors })
  parentPort.close()
})
