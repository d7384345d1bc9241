// Consumers with tokens of their own: writes the file and the token files into a node's data directory.

import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

// `entries`: name → entry without `token_file`. `tokens`: of an earlier call, kept for the names that stay.
// → name → token.
export function writeConsumers (dataDir, entries, tokens = {}) {
  const file = {}
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  for (const [name, entry] of Object.entries(entries)) {
    tokens[name] ??= randomBytes(16).toString('hex')
    writeFileSync(join(dataDir, `${name}.token`), `${tokens[name]}\n`, { mode: 0o600 })
    file[name] = { token_file: `${name}.token`, ...entry }
  }
  writeFileSync(join(dataDir, 'consumers.json'), JSON.stringify(file), { mode: 0o600 })
  return tokens
}
