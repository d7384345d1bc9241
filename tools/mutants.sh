#!/bin/sh
# Breaks one rule at a time and expects the named test to notice.
#   tools/mutants.sh [NAME...]
# tests/mutants/<name>.patch begins with "# kills: <meson test name>"; it is applied to a copy of the tree.
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
survived=0 killed=0

tar -C "$root" --exclude=./.git --exclude='./build*' --exclude=node_modules --exclude=target -cf - . | tar -C "$work" -xf -
meson setup "$work/build" "$work" >"$work/setup.log" 2>&1 || { cat "$work/setup.log"; exit 1; }
for patch in "$root"/tests/mutants/*.patch; do
	name=$(basename "$patch" .patch)
	case " ${*:-$name} " in *" $name "*) ;; *) continue ;; esac
	test=$(sed -n 's/^# kills: //p' "$patch")
	patch -d "$work" -p1 -s <"$patch" || { echo "mutant $name: does not apply"; survived=$((survived + 1)); continue; }
	if ! ninja -C "$work/build" >"$work/log" 2>&1; then
		echo "mutant $name: does not build"
		tail -n 5 "$work/log"
		survived=$((survived + 1))
	elif meson test -C "$work/build" --no-rebuild "$test" >"$work/log" 2>&1; then
		echo "mutant $name: SURVIVED, $test still passes"
		survived=$((survived + 1))
	else
		echo "mutant $name: killed by $test"
		killed=$((killed + 1))
	fi
	patch -d "$work" -p1 -s -R <"$patch"
done
echo "mutants: $killed killed, $survived survived"
[ "$survived" -eq 0 ]
