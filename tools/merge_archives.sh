#!/bin/sh
# One archive of one object: all archives linked together, hidden names made local.
#   tools/merge_archives.sh OUTPUT SCRATCH_DIR ARCHIVE...
set -eu
output=$1
scratch=$2
shift 2
mkdir -p "$scratch"
${LD:-ld} -r -o "$scratch/peerline.o" --whole-archive "$@"
${OBJCOPY:-objcopy} --localize-hidden "$scratch/peerline.o"
rm -f "$output"
${AR:-ar} rcs "$output" "$scratch/peerline.o"
