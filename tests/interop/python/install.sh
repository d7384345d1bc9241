#!/bin/sh
# A virtual environment in .venv with what requirements.txt names, from PyPI; does nothing when it is there.
# Made aside and moved into its place in one step, because several tests may want it at once.
set -eu
cd "$(dirname "$0")"
there() { cmp -s requirements.txt .venv/installed; }
there && exit 0
scratch=.venv-$$
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch"
"$scratch/bin/python" -m pip install --quiet --disable-pip-version-check --timeout 20 --retries 1 --requirement requirements.txt
cp requirements.txt "$scratch/installed"
there && exit 0
rm -rf .venv
mv -T "$scratch" .venv || there
