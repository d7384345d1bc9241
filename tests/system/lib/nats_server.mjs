// Starts Debian's nats-server on a loopback port that the kernel chooses, with a token: the reference for our door.

import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { START_MS, freshDir, until, within } from './node.mjs'

const places = ['/usr/sbin/nats-server', '/usr/bin/nats-server', '/usr/local/bin/nats-server']
const program = places.find(existsSync)

export const natsServerVersion = program && spawnSync(program, ['--version']).stdout.toString().trim()

// Options for test(): skipped where nats-server is missing, unless REQUIRE names `js`.
export function natsJudge (options = {}) {
  const required = (process.env.REQUIRE ?? '').split(/[\s,]+/).includes('js')
  return program || required ? options : { ...options, skip: 'nats-server is not installed' }
}

// → { url, port, token, stop() }. `settings` is text of its configuration file.
export async function startNatsServer ({ t, token = 'judge-token', settings } = {}) {
  if (!program) throw new Error(`nats-server is in none of ${places.join(' ')}`)
  const dir = freshDir()
  const args = ['-a', '127.0.0.1', '-p', '-1', '--auth', token, '--ports_file_dir', dir, '-l', join(dir, 'log')]
  if (settings) {
    writeFileSync(join(dir, 'settings'), settings)
    args.push('-c', join(dir, 'settings'))
  }
  const child = spawn(program, args, { stdio: 'ignore' })
  const ended = new Promise(resolve => child.on('close', resolve))
  const killAtExit = () => child.kill('SIGKILL')
  process.once('exit', killAtExit)
  const url = await until(() => {
    const file = readdirSync(dir).find(name => name.endsWith('.ports'))
    try {
      return file && JSON.parse(readFileSync(join(dir, file), 'utf8')).nats[0]
    } catch { return null }
  }, 'nats-server to write its ports file', START_MS)
  const server = {
    url,
    port: Number(new URL(url).port),
    token,
    stop: async () => {
      process.removeListener('exit', killAtExit)
      child.kill('SIGTERM')
      await within(ended, 'nats-server to end').catch(() => child.kill('SIGKILL'))
      rmSync(dir, { recursive: true, force: true })
    }
  }
  t?.after(() => server.stop())
  return server
}
