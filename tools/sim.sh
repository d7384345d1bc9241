#!/bin/sh
# Plays all gossip scenarios with their full numbers, the largest beside the others.
#   tools/sim.sh SIM_GOSSIP [--seed=N] [NAME...]
set -u
program=$1
shift
for argument; do
	case "$argument" in
	--*) ;;
	*) exec "$program" --full "$@" ;;
	esac
done
large=honest_1000
log=$(mktemp)
trap 'rm -f "$log"' EXIT
"$program" --full "$@" "$large" >"$log" 2>&1 &
# shellcheck disable=SC2046 # names without blanks
"$program" --full "$@" $("$program" --list | grep -vx "$large")
others=$?
wait $!
status=$?
cat "$log"
[ "$status" -eq 0 ] && [ "$others" -eq 0 ]
