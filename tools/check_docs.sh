#!/bin/sh
# Every file that the documents name in backquotes exists, there or under src/.
set -eu
cd "${1:-.}"
n=0 status=0
for name in $(grep -ohE '`[a-z][A-Za-z0-9_./]*/[A-Za-z0-9_.]+\.(c|h|sh|py|mjs|map|md)`' ./*.md docs/*.md docs/*/*.md |
	tr -d '`' | sort -u); do
	n=$((n + 1))
	[ -e "$name" ] || [ -e "src/$name" ] || {
		echo "the documents name $name, which does not exist: $(grep -lF "\`$name\`" ./*.md docs/*.md docs/*/*.md)"
		status=1
	}
done
echo "$n files that documents name were looked for"
exit $status
