#!/bin/sh
# The judges: node's own test runner over tests/system, with real foreign peers.
#   tests/run.sh PEERLINE [FILE...]
# REQUIRE names the judges that may not be skipped: js is always one, go and rust where their toolchains are present and
# new enough (Go 1.25, Rust 1.89: Debian's own are older, and then those judges are skipped, saying so). The first run
# with Rust compiles current rust-libp2p, which takes some minutes. python is one where PyPI answers.
set -eu
cd "$(dirname "$0")"
PEERLINE_BIN=$(cd .. && realpath "$1")
export PEERLINE_BIN
shift
if [ ! -d node_modules ] || [ package-lock.json -nt node_modules/.installed ]; then
	command -v npm >/dev/null || ../tools/deps.sh check
	npm ci --no-audit --no-fund --loglevel=error
	touch node_modules/.installed
fi
[ $# -gt 0 ] || set -- system/*.test.mjs
exec node_modules/.bin/node --test --test-reporter=spec --test-concurrency=1 "$@"
