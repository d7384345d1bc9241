#!/bin/sh
# Runs every fuzz target for a while from its corpus, then reports how many lines of its decoder the corpus alone reaches.
#   tools/fuzz.sh BUILD SECONDS
set -eu
build=$1
seconds=$2
cd "$(dirname "$0")/.."
status=0 targets=0 short=
profdata=$(command -v llvm-profdata-14 || command -v llvm-profdata)
cov=$(command -v llvm-cov-14 || command -v llvm-cov)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

for program in "$build"/fuzz/fuzz_*; do
	[ -x "$program" ] && [ -f "$program" ] || continue
	target=$(basename "$program" | sed 's/^fuzz_//')
	targets=$((targets + 1)) good=1
	source=$(ls fuzz/*/"$target".c)
	# A target's first line names what it covers: /* covers: src/wire/rd.c src/wire/wr.c */
	covers=$(sed -n 's|^/\* covers: \(.*\) \*/$|\1|p' "$source")
	LLVM_PROFILE_FILE="$scratch/$target.profraw" "$program" -runs=0 "fuzz/corpus/$target" >"$scratch/log" 2>&1 || {
		cat "$scratch/log"
		good=0
	}
	"$profdata" merge -o "$scratch/$target.profdata" "$scratch/$target.profraw"
	if [ -n "$covers" ]; then
		# The build knows its sources as BUILD/../src/...; only whole paths match on both sides.
		paths=
		for file in $covers; do paths="$paths $PWD/$file"; done
		# shellcheck disable=SC2086 # a list of files
		"$cov" report "$program" -instr-profile="$scratch/$target.profdata" \
			-path-equivalence="$PWD/$build/..,$PWD" $paths >"$scratch/report"
		lines=$(awk '/^TOTAL/ {print $10}' "$scratch/report")
	else
		lines="? (no covers line)"
	fi
	echo "fuzz: $target corpus=$(ls "fuzz/corpus/$target" | wc -l) lines=$lines of $covers"
	case "$lines" in
	9[5-9]* | 100*) ;;
	*)
		echo "fuzz: $target: its corpus reaches less than 95 % of the lines"
		good=0
		;;
	esac
	if [ "$seconds" -gt 0 ]; then
		mkdir -p "$scratch/new/$target"
		LLVM_PROFILE_FILE="$scratch/run.profraw" "$program" -max_total_time="$seconds" -rss_limit_mb=2048 \
			-artifact_prefix="$build/crash-$target-" "$scratch/new/$target" "fuzz/corpus/$target" \
			>"$scratch/log" 2>&1 || {
			tail -n 40 "$scratch/log"
			echo "fuzz: $target FAILED, its input is $build/crash-$target-*"
			good=0
		}
	fi
	[ "$good" -eq 1 ] || short="$short $target" status=1
done
echo "fuzz: $targets targets, ${seconds} s each beyond the corpus; ${short:+not good:}${short:-all good}"
exit $status
