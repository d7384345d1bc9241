#!/bin/sh
# The demo needs Python only to read /proc and to count; everything else is peerline itself.
exec python3 "$(dirname "$0")/demo.py" "${1:-build/peerline}"
