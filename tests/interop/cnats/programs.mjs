// Compiles the C programs of this directory against Debian's libnats, once per test process.

import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { required } from '../go/programs.mjs'

const HERE = dirname(fileURLToPath(import.meta.url))
const run = promisify(execFile)
const built = new Map()

// Options for test(): all it needs is in Debian, so it is required wherever the js judges are.
export function cnatsJudge (options = {}) {
  const there = existsSync('/usr/include/nats/nats.h')
  return there || required('js') ? options : { ...options, skip: 'libnats-dev is not installed' }
}

// The path of the program made from NAME.c.
export function cProgram (name) {
  if (!built.has(name)) built.set(name, build(name))
  return built.get(name)
}

// The new file takes its place in one step: other test processes may be starting it at the same time.
async function build (name) {
  mkdirSync(join(HERE, 'bin'), { recursive: true })
  const scratch = mkdtempSync(join(HERE, 'bin/build-'))
  const path = join(HERE, 'bin', name)
  try {
    await run(process.env.CC || 'cc', ['-std=gnu17', '-O1', '-Wall', '-Wextra', '-Werror', join(HERE, `${name}.c`), '-o', join(scratch, name), '-lnats'])
    renameSync(join(scratch, name), path)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  return path
}
