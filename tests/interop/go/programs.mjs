// Builds the Go programs of this module, once per test process, and says whether this machine can.
// What it proves by itself: the module builds with the toolchain at hand, from the versions in go.sum and no others.

import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const HERE = dirname(fileURLToPath(import.meta.url))
const OLDEST = [1, 25]
const run = promisify(execFile)

export function required (name) {
  return (process.env.REQUIRE ?? '').split(/[\s,]+/).includes(name)
}

function toolchain () {
  for (const go of ['go', '/usr/local/go/bin/go']) {
    try {
      const [, major, minor] = /go(\d+)\.(\d+)/.exec(execFileSync(go, ['version'], { cwd: HERE, encoding: 'utf8' }))
      if (Number(major) > OLDEST[0] || Number(minor) >= OLDEST[1]) return { go }
      return { missing: `go is ${major}.${minor}, older than ${OLDEST.join('.')}` }
    } catch { /* try the next place */ }
  }
  return { missing: `no Go toolchain of ${OLDEST.join('.')} or newer` }
}

const found = toolchain()

// Options for test(): skips without a toolchain, unless REQUIRE names go; then the test runs and fails in program().
export function goJudge (options = {}) {
  return found.missing && !required('go') ? { ...options, skip: found.missing } : options
}

const built = new Map()

// The path of a program under cmd/, built if this process has not done so yet. The new file takes its place in one
// step, since other test processes may be starting it at the same time.
export function program (name) {
  if (!built.has(name)) built.set(name, build(name))
  return built.get(name)
}

async function build (name) {
  if (found.missing) throw new Error(found.missing)
  const bin = join(HERE, 'bin')
  mkdirSync(bin, { recursive: true })
  const scratch = mkdtempSync(join(bin, '.build-'))
  try {
    await run(found.go, ['build', '-o', join(scratch, name), `./cmd/${name}`], { cwd: HERE })
    renameSync(join(scratch, name), join(bin, name))
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  return join(bin, name)
}
