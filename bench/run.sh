#!/bin/sh
# Benchmarks, side by side with js-libp2p and go-libp2p in one run: bench/run.mjs explains. ROW as $1 runs one row.
set -eu
cd "$(dirname "$0")/.."
if [ ! -d tests/node_modules ] || [ tests/package-lock.json -nt tests/node_modules/.installed ]; then
	(cd tests && npm ci --no-audit --no-fund --loglevel=error && touch node_modules/.installed)
fi
exec tests/node_modules/.bin/node bench/run.mjs "${1:-}"
