#!/bin/sh
# Everything that must hold, and one closing line: "N passed, N failed, N skipped".
#   tools/check.sh DEBUG_BUILD RELEASE_BUILD SIM_BUILD
set -u
debug=$1
release=$2
sim=$3
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root" || exit 1
passed=0 failed=0 skipped=0
log=$(mktemp)
trap 'rm -f "$log" "$log.status"' EXIT

note() { # name, exit status
	if [ "$2" -eq 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED: $1"
	fi
}

echo "== rules of the house"
for rule in "layers:tools/check_layers.py ." "limits:tools/check_limits.py ." "headers:tools/check_headers.sh ." "tests:tools/check_tests.sh ." \
	"documents:tools/check_docs.sh ." \
	"exports:tools/check_exports.sh $release/libpeerline.a $release/libpeerline.so"; do
	${rule#*:}
	note "${rule%%:*}" $?
done

echo "== unit tests, simulations, corpora (ASan and UBSan): a few minutes"
meson test -C "$debug" --no-rebuild --print-errorlogs --timeout-multiplier 4 >"$log" 2>&1
status=$?
grep -vE '^ *[0-9]+/[0-9]+ .* OK ' "$log"
count() { awk -v key="$1" '$1 == key":" {n = $2} END {print n + 0}' "$log"; }
passed=$((passed + $(count Ok)))
bad=$(($(count Fail) + $(count Timeout) + $(awk '/^Unexpected Pass:/ {n = $3} END {print n + 0}' "$log")))
skipped=$((skipped + $(count Skipped)))
failed=$((failed + bad))
[ "$status" -eq 0 ] || [ "$bad" -gt 0 ] || failed=$((failed + 1))

echo "== a thousand gossip engines, Sybils and floods (optimized): about four minutes on two cores"
tools/sim.sh "$sim/tests/sim/gossip/sim_gossip" >"$log" 2>&1
status=$?
grep -E '^(scenario|[a-z_0-9]+ +(ok|FAILED) )|NOT SO:|again:' "$log"
scenarios() { awk -v key="$1" '$2 == "ok," && $4 == "failed," {n += key == "ok" ? $1 : $3} END {print n + 0}' "$log"; }
passed=$((passed + $(scenarios ok)))
failed=$((failed + $(scenarios failed)))
[ "$status" -eq 0 ] || [ "$(scenarios failed)" -gt 0 ] || failed=$((failed + 1))

echo "== corpora reach their decoders (clang)"
make -s fuzz SECONDS=0
note "fuzz coverage" $?

tap() { awk -v key="$1" '($1 == "#" || $1 == "ℹ") && $2 == key {n += $3} END {print n + 0}' "$log"; }
judged() { # program, files: system tests, all of them when none is named
	{ tests/run.sh "$@" 2>&1; echo $? >"$log.status"; } | tee "$log"
	status=$(cat "$log.status")
	passed=$((passed + $(tap pass)))
	failed=$((failed + $(tap fail) + $(tap cancelled)))
	skipped=$((skipped + $(tap skipped) + $(tap todo)))
	[ "$status" -eq 0 ] || [ "$(($(tap fail) + $(tap cancelled)))" -gt 0 ] || failed=$((failed + 1))
}

echo "== real programs, real peers (ASan and UBSan)"
judged "$debug/peerline"

# Under the sanitizers figures about memory and processor time mean nothing, and are not judged.
echo "== what hostile peers cost (the release program)"
judged "$release/peerline" system/hostile.test.mjs system/hostile_all.test.mjs system/gossip_hostile.test.mjs \
	system/abuse.test.mjs system/one_door.test.mjs system/stuck_peer.test.mjs system/door_mistakes.test.mjs system/frozen_consumer.test.mjs

echo "== the demo"
tools/demo.sh "$release/peerline"
note demo $?

if [ "$skipped" -gt 0 ]; then
	echo "$passed passed, $failed failed, $skipped skipped"
else
	echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ]
