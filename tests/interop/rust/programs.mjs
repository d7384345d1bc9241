// Builds the Rust program of this crate, once per test process, and says whether this machine can.
// What it proves by itself: the crate builds with the toolchain at hand, from the versions in Cargo.lock and no others.
// A first build compiles some 300 crates: a few minutes on two cores. After that cargo finds nothing to do.

import { execFile, execFileSync } from 'node:child_process'
import { join, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const HERE = dirname(fileURLToPath(import.meta.url))
const OLDEST = [1, 89] // what the crates in Cargo.lock ask for
const run = promisify(execFile)

export const BUILD_MS = 1_500_000

function required (name) {
  return (process.env.REQUIRE ?? '').split(/[\s,]+/).includes(name)
}

// The toolchain must have both: a distribution's cargo may stand before a newer rustc, and the other way round.
function toolchain () {
  const home = join(process.env.HOME ?? '/root', '.cargo/bin')
  const seen = []
  for (const [cargo, rustc] of [['cargo', 'rustc'], [join(home, 'cargo'), join(home, 'rustc')]]) {
    try {
      execFileSync(cargo, ['--version'], { cwd: HERE, stdio: 'pipe' })
      const [, major, minor] = /rustc (\d+)\.(\d+)/.exec(execFileSync(rustc, ['--version'], { cwd: HERE, encoding: 'utf8', stdio: 'pipe' }))
      if (Number(major) > OLDEST[0] || Number(minor) >= OLDEST[1]) return { cargo }
      seen.push(`rustc is ${major}.${minor}, and current libp2p needs ${OLDEST.join('.')}`)
    } catch { /* try the next place */ }
  }
  return { missing: seen[0] ?? `no Rust toolchain (cargo, rustc ${OLDEST.join('.')} or newer)` }
}

const found = toolchain()

// Options for test(): skips without a toolchain, unless REQUIRE names rust; then the test runs and fails in program().
export function rustJudge (options = {}) {
  return found.missing && !required('rust') ? { ...options, skip: found.missing } : options
}

let built

// The path of the program. Cargo itself keeps two builds at once apart and replaces the file in one step.
export function program () {
  built ??= build()
  return built
}

async function build () {
  if (found.missing) throw new Error(found.missing)
  await run(found.cargo, ['build', '--release', '--locked', '--quiet'], { cwd: HERE, maxBuffer: 16 << 20, timeout: BUILD_MS })
  return join(HERE, 'target/release/rust-peer')
}

// `node programs.mjs` builds it and prints its path.
if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await program())
