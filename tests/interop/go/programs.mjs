// Builds the Go programs of this module, once per test process, and says whether this machine can.
// What it proves by itself: the module builds with the toolchain at hand, from the versions in go.sum and no others.

import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const HERE = dirname(fileURLToPath(import.meta.url))
const OLDEST = 25
const run = promisify(execFile)

export function required (name) {
  return (process.env.REQUIRE ?? '').split(/[\s,]+/).includes(name)
}

function toolchain () {
  for (const go of ['go', '/usr/local/go/bin/go']) {
    try {
      const [, minor] = /go1\.(\d+)/.exec(execFileSync(go, ['env', 'GOVERSION'], { cwd: HERE, encoding: 'utf8' }))
      return { go, minor: Number(minor) }
    } catch { /* try the next place */ }
  }
  return { minor: 0 }
}

function missing (oldest) {
  if (found.minor === 0) return `no Go toolchain of 1.${oldest} or newer`
  return found.minor < oldest ? `go is 1.${found.minor}, older than 1.${oldest}` : null
}

const found = toolchain()

// Options for test(): skips without a toolchain of 1.`oldest`, unless REQUIRE names go; then the test runs and fails in
// program().
export function goJudge (options = {}, oldest = OLDEST) {
  return missing(oldest) && !required('go') ? { ...options, skip: missing(oldest) } : options
}

// The `go` of this toolchain.
export function goCommand () {
  if (found.minor === 0) throw new Error(missing(OLDEST))
  return found.go
}

const built = new Map()

// Builds the one program that a module is. → its path
export async function programOf (module, path) {
  if (found.minor === 0) throw new Error(missing(OLDEST))
  await run(found.go, ['build', '-o', path, '.'], { cwd: module })
  return path
}

// The path of a program under cmd/ of a module, this one or the named one, built if this process has not done so yet.
// The new file takes its place in one step, since other test processes may be starting it at the same time.
export function program (name, module = HERE) {
  const path = join(module, 'bin', name)
  if (!built.has(path)) built.set(path, build(name, module))
  return built.get(path)
}

async function build (name, module) {
  const go = goCommand()
  const bin = join(module, 'bin')
  mkdirSync(bin, { recursive: true })
  const scratch = mkdtempSync(join(bin, '.build-'))
  try {
    await run(go, ['build', '-o', join(scratch, name), `./cmd/${name}`], { cwd: module })
    renameSync(join(scratch, name), join(bin, name))
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  return join(bin, name)
}
