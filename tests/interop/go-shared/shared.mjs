// Drives the Go programs of this module, which think that they have a message bus, and the Go module that makes them
// think so.

import { execFile, spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freshDir } from '../../system/lib/node.mjs'
import { JsonPeer } from '../json_peer.mjs'
import { goCommand, goJudge, program } from '../go/programs.mjs'

const HERE = dirname(fileURLToPath(import.meta.url))
const OLDEST = 26 // what go-chaintracks asks for

export const BINDING = join(HERE, '../../../bindings/go')
export const DROP_IN = join(BINDING, 'messagebus')
export const BUS = join(HERE, '../go-bus')
export { HERE as SHARED }

export const sharedJudge = (options = {}) => goJudge(options, OLDEST)

// Starts cmd/chaintracks or cmd/arcade at this node and returns once it has attached.
export async function startService (name, { t, node, bootstrap, as = name }) {
  const args = [`-name=${as}`, `-storage=${freshDir(t)}`, `-bootstrap=${bootstrap}`]
  const env = { ...process.env, PEERLINE_DATA: node.dataDir }
  const service = new JsonPeer(as, spawn(await program(name, HERE), args, { env, stdio: ['pipe', 'pipe', 'pipe'] }))
  t.after(() => service.stop())
  return service.ready()
}

// `go …` in a module. What it printed is in the error of a failure.
export async function go (args, cwd, env = {}) {
  const all = { ...process.env, ...env }
  return promisify(execFile)(goCommand(), args, { cwd, env: all, maxBuffer: 16 << 20 })
    .catch(error => { throw new Error(`go ${args.join(' ')}\n${(error.stdout + error.stderr).slice(-8000)}`) })
}

// What gofmt would change in these directories.
export async function unformatted (...directories) {
  const root = (await go(['env', 'GOROOT'], BINDING)).stdout.trim()
  return (await promisify(execFile)(join(root, 'bin/gofmt'), ['-l', ...directories])).stdout
}
