#!/bin/sh
# Every src/ROOM/FILE.c has its test, tests/unit/ROOM/FILE.c; so has what is pure in the command line.
set -eu
cd "${1:-.}"

tested_elsewhere() {
	case "$1" in
	# The contract of loop.h judges both loops: tests/unit/loop/contract*.c.
	src/loop/loop_uv_jobs.c | src/loop/loop_uv_sock.c | src/loop/loop_virtual.c) return 0 ;;
	# Itself a harness: everything in tests/sim/ and tests/unit/node/ stands on it.
	src/sim/*) return 0 ;;
	# What talks to a node, a terminal or the system: tests/system/cli*.test.mjs.
	cli/cmd_*.c | cli/args.c | cli/attach.c | cli/bench_clients.c | cli/line.c | cli/log.c | cli/main.c) return 0 ;;
	cli/input.c | cli/object.c | cli/print.c | cli/table.c | cli/topic_cells.c | cli/until_signal.c) return 0 ;;
	esac
	return 1
}

n=0 status=0
for source in src/*/*.c cli/*.c; do
	test=tests/unit/${source#src/}
	if [ ! -f "$test" ] && ! tested_elsewhere "$source"; then
		echo "$source: there is no $test"
		status=1
	fi
	n=$((n + 1))
done
[ "$status" -ne 0 ] || echo "$n files have their tests"
exit $status
