// A Python with nats-py as PyPI gives it, in a virtual environment under tests/interop/python/.venv, made by the first test
// that wants it. Without Python, its venv module or PyPI the tests that need it are skipped and say why, unless REQUIRE
// names python.
//
//     const python = await pythonWithNats()
//     test('...', pythonJudge(python, judge('js')), t => spawn(python.program, [join(PYTHON_DIR, 'x.py')]))

import { execFile } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export const PYTHON_DIR = join(dirname(fileURLToPath(import.meta.url)), '../../interop/python')
const INSTALL_MS = 180_000

let found

// → { program } or { missing: 'why' }
export function pythonWithNats () {
  return (found ??= find())
}

async function find () {
  try {
    await promisify(execFile)(join(PYTHON_DIR, 'install.sh'), { timeout: INSTALL_MS })
    return { program: join(PYTHON_DIR, '.venv/bin/python') }
  } catch (error) {
    const why = (error.stderr || error.message).trim().split('\n').at(-1)
    return { missing: `no Python with nats-py: ${why}` }
  }
}

// Options for test(): skipped where it is missing, unless REQUIRE names python; then the test runs, and fails.
export function pythonJudge (python, options = {}) {
  const required = (process.env.REQUIRE ?? '').split(/[\s,]+/).includes('python')
  return python.program || required ? options : { ...options, skip: python.missing }
}
