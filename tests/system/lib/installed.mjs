// The library as users have it: what `meson install` puts somewhere, found by pkg-config.

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { binary, within } from './node.mjs'

const LONG_MS = 120_000

// Runs a command to its end. → stdout; throws with all it said when it fails.
export async function run (program, args, env = {}) {
  const child = spawn(program, args, { env: { ...process.env, ...env } })
  let stdout = ''
  let all = ''
  child.stdout.on('data', data => { stdout += data; all += data })
  child.stderr.on('data', data => { all += data })
  const code = await within(new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  }), () => `the end of ${program} ${args.join(' ')}\n${all}`, LONG_MS).finally(() => child.kill('SIGKILL'))
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: exit code ${code}\n${all}`)
  return stdout
}

// Installs what lies beside the program under test into `dir`. → { compile(source, out, kind), env, libdir }
export async function install (dir) {
  const build = dirname(binary())
  await run('meson', ['install', '-C', build, '--no-rebuild', '--quiet', '--destdir', dir])
  const options = JSON.parse(await run('meson', ['introspect', '--buildoptions', build]))
  const option = name => options.find(one => one.name === name).value
  const libdir = join(dir, option('prefix'), option('libdir'))
  const places = { PKG_CONFIG_PATH: join(libdir, 'pkgconfig'), PKG_CONFIG_SYSROOT_DIR: dir }
  const flags = async (...words) => (await run('pkg-config', [...words, 'peerline'], places)).trim().split(/\s+/)
  const sanitize = option('b_sanitize') === 'none' ? [] : [`-fsanitize=${option('b_sanitize')}`]
  if (!existsSync(join(libdir, 'libpeerline.a'))) throw new Error(`${libdir} has no libpeerline.a`)
  return {
    libdir,
    env: { LD_LIBRARY_PATH: libdir },
    // The compiler's flags come in front of the source, the libraries behind it. kind: 'shared' or 'static'.
    async compile (source, out, kind = 'shared', compiler = ['cc', '-std=c99']) {
      const libs = await flags('--libs', ...(kind === 'static' ? ['--static'] : []))
      await run(compiler[0], [...compiler.slice(1), '-Wall', '-Wextra', '-Wpedantic', '-Werror', '-O1', ...sanitize, ...await flags('--cflags'), source,
        '-o', out, ...libs.map(word => kind === 'static' && word === '-lpeerline' ? '-l:libpeerline.a' : word), '-pthread'])
      return out
    }
  }
}
