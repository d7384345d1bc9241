// Two servers that a NATS client cannot tell apart, if we did our work: Debian's nats-server and a peerline's door.
// Either can be stopped and started again on its port under a client's feet, and a judge's transcript can be taken.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { freshDir, startNode, until, within } from '../../system/lib/node.mjs'

const SERVER = ['/usr/sbin/nats-server', '/usr/bin/nats-server', '/usr/local/bin/nats-server'].find(existsSync)
const TOKEN = 'judge-token'

export const noServer = SERVER ? false : 'nats-server is not installed'

// → { address: 'host:port', token, restart() }
export async function natsServer (t) {
  const dir = freshDir(t)
  let child
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'close')
  }
  const start = async port => {
    child = spawn(SERVER, ['-a', '127.0.0.1', '-p', String(port), '--auth', TOKEN, '--ports_file_dir', dir], { stdio: 'ignore' })
    return until(() => listening(dir, child.pid), 'nats-server to listen')
  }
  const address = await start(-1)
  t.after(stop)
  return {
    address,
    token: TOKEN,
    restart: async () => {
      await stop()
      await start(address.split(':')[1])
    }
  }
}

async function listening (dir, pid) {
  const file = readdirSync(dir).find(name => name.endsWith(`_${pid}.ports`))
  if (!file) return null
  try {
    const { host } = new URL(JSON.parse(readFileSync(join(dir, file), 'utf8')).nats[0])
    const [name, port] = host.split(':')
    const socket = connect(Number(port), name)
    await once(socket, 'connect')
    socket.destroy()
    return host
  } catch { return null }
}

export async function peerlineDoor (t) {
  const dataDir = freshDir(t)
  let node = await startNode({ dataDir })
  t.after(() => node.stop())
  const { host: address, port } = new URL(node.door)
  return {
    address,
    token: node.token,
    restart: async () => {
      await node.stop()
      node = await startNode({ dataDir, env: { PEERLINE_DOOR_PORT: port } })
    }
  }
}

// Runs a judge against a server to its end. → the lines it wrote.
export async function transcript (command, args, server, ms = 60_000) {
  const child = spawn(command, [...args, server.address, server.token], { stdio: ['ignore', 'pipe', 'pipe'] })
  const lines = []
  let complaints = ''
  let restarted
  child.stderr.setEncoding('utf8').on('data', text => { complaints += text })
  createInterface({ input: child.stdout }).on('line', line => {
    lines.push(line)
    if (line !== 'restart me') return
    restarted = server.restart()
    restarted.catch(() => child.kill('SIGKILL'))
  })
  try {
    const [code] = await within(once(child, 'close'), () => `the judge's end, after\n${lines.join('\n')}\n${complaints}`, ms)
    await restarted
    if (code !== 0) throw new Error(`the judge gave up with ${code}: ${complaints}after\n${lines.join('\n')}`)
    return lines
  } finally {
    if (child.exitCode === null) child.kill('SIGKILL')
  }
}
