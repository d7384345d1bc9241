#!/bin/sh
# The demo needs Python, and nothing that does not come with it, to freeze consumers, to read /proc and to count.
exec python3 -B "$(dirname "$0")/demo" "${1:-build/peerline}"
