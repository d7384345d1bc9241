#!/bin/sh
# Every file that the documents name in backquotes exists, there or under src/; so does every file they link to. Decisions
# are numbered, each number once, and each says its own in its first line.
set -eu
cd "${1:-.}"
n=0 status=0
complain() {
	echo "$*"
	status=1
}
for name in $(grep -ohE '`[a-z][A-Za-z0-9_./]*/[A-Za-z0-9_.]+\.(c|h|sh|py|mjs|map|md)`' ./*.md docs/*.md docs/*/*.md |
	tr -d '`' | sort -u); do
	n=$((n + 1))
	[ -e "$name" ] || [ -e "src/$name" ] ||
		complain "the documents name $name, which does not exist: $(grep -lF "\`$name\`" ./*.md docs/*.md docs/*/*.md)"
done
for file in ./*.md docs/*.md docs/*/*.md; do
	for link in $(grep -oE '\]\([A-Za-z0-9_./-]+(#[a-z0-9-]*)?\)' "$file" | sed 's/^](//; s/[#)].*//' | sort -u); do
		n=$((n + 1))
		[ -e "$(dirname "$file")/$link" ] || complain "$file links to $link, which does not exist"
	done
done
for file in docs/decisions/*.md; do
	number=$(basename "$file" | sed 's/-.*//; s/^0*//')
	head -1 "$file" | grep -q "^# $number\. " || complain "$file does not begin with \"# $number. \""
	[ "$(ls docs/decisions | grep -c "^0*$number-")" = 1 ] || complain "there are several decisions $number"
done
echo "$n files that documents name were looked for"
exit $status
