#!/bin/sh
# Plays all gossip scenarios with their full numbers, in two processes that take about equally long.
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
quiet='honest_1000 ladder_100 partition'
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086 # names without blanks
"$program" --full "$@" $quiet >"$log" 2>&1 &
# shellcheck disable=SC2046
"$program" --full "$@" $("$program" --list | grep -vxF "$(printf '%s\n' $quiet)")
others=$?
wait $!
status=$?
cat "$log"
[ "$status" -eq 0 ] && [ "$others" -eq 0 ]
