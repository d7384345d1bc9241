#!/bin/sh
# Public headers compile alone, as C99 and as C++; the rooms' own headers are self-contained.
set -eu
cd "${1:-.}"
n=0
for header in include/peerline/*.h; do
	name=${header#include/}
	echo "#include <$name>" | ${CC:-cc} -std=c99 -pedantic -Wall -Wextra -Werror -Iinclude -fsyntax-only -x c -
	echo "#include <$name>" | ${CXX:-c++} -std=c++11 -pedantic -Wall -Wextra -Werror -Iinclude -fsyntax-only -x c++ -
	n=$((n + 1))
done
for header in src/*/*.h; do
	echo "#include \"${header#src/}\"" |
		${CC:-cc} -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Werror -Isrc -Iinclude -fsyntax-only -x c -
	n=$((n + 1))
done
echo "$n headers compile alone"
