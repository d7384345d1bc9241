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

is_wanted() { # PATCH NAME...
	name=$(basename "$1" .patch)
	shift
	case " ${*:-$name} " in *" $name "*) ;; *) return 1 ;; esac
}

# A test that fails without any mutant would seem to kill every one.
ninja -C "$work/build" >"$work/log" 2>&1 || { tail -n 20 "$work/log"; exit 1; }
for patch in "$root"/tests/mutants/*.patch; do
	! is_wanted "$patch" "$@" || sed -n 's/^# kills: //p' "$patch"
done | sort -u >"$work/named"
while read -r test; do
	meson test -C "$work/build" --no-rebuild "$test" </dev/null >"$work/log" 2>&1 && continue
	echo "mutants: $test fails without any of them"
	tail -n 20 "$work/log"
	exit 1
done <"$work/named"

for patch in "$root"/tests/mutants/*.patch; do
	is_wanted "$patch" "$@" || continue
	name=$(basename "$patch" .patch)
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
