#!/bin/sh
# The libraries show pl_* and nothing else.
#   tools/check_exports.sh libpeerline.a libpeerline.so
set -eu
status=0
for library in "$@"; do
	case "$library" in
	*.so*) names=$(nm -D --defined-only "$library" | awk '{print $3}' | sed 's/@.*//') ;;
	*) names=$(nm -g --defined-only "$library" | awk 'NF == 3 {print $3}') ;;
	esac
	count=$(printf '%s\n' "$names" | grep -c '^pl_' || true)
	# Sanitizers add names of their own to a debug build.
	stray=$(printf '%s\n' "$names" | grep -vE '^(pl_|PEERLINE_|__asan_|__odr_asan|__ubsan|_init$|_fini$|$)' || true)
	if [ -n "$stray" ] || [ "$count" -eq 0 ]; then
		echo "$library: exports what it should not (or nothing):"
		printf '%s\n' "$stray" | sed 's/^/  /'
		status=1
	else
		echo "$library: $count names, all pl_*"
	fi
done
exit $status
