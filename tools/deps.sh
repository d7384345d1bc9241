#!/bin/sh
# Installs the Debian packages that are missing, says which, and does nothing when all are there.
#
#   tools/deps.sh build      what the program needs
#   tools/deps.sh debug      and what unit tests need
#   tools/deps.sh check      and what all tests and benchmarks need
#   tools/deps.sh fuzz       and what fuzzing needs
#   tools/deps.sh mutants    and what mutants need
set -eu

build="gcc make meson ninja-build pkg-config libc6-dev libuv1-dev libsodium-dev libssl-dev libc-ares-dev libjansson-dev"
debug="$build libcmocka-dev"
check="$debug pmccabe universal-ctags clang binutils g++ iproute2 procps nodejs npm nats-server libnats-dev python3 python3-venv"
fuzz="$debug clang llvm libclang-rt-14-dev"
mutants="$debug patch"

case "${1:-}" in
build) want=$build ;;
debug) want=$debug ;;
check) want=$check ;;
fuzz) want=$fuzz ;;
mutants) want=$mutants ;;
*)
	echo "usage: tools/deps.sh build|debug|check|fuzz|mutants" >&2
	exit 1
	;;
esac

command -v dpkg-query >/dev/null 2>&1 || {
	echo "This is no Debian: tools/deps.sh installs nothing. What Debian calls: $want"
	exit 0
}

missing=
for package in $want; do
	dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
# Node.js and npm may come from elsewhere than Debian: what matters is that they are there.
for tool in nodejs:node npm:npm; do
	if command -v "${tool#*:}" >/dev/null 2>&1; then
		missing=$(printf '%s\n' $missing | grep -vx "${tool%%:*}" | tr '\n' ' ' || true)
	fi
done
missing=$(echo $missing)
[ -n "$missing" ] || exit 0

echo "These Debian packages are missing: $missing"
as_root=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null 2>&1 || {
		echo "Installing them needs root or sudo. As root: apt-get update && apt-get install $missing" >&2
		exit 1
	}
	as_root=sudo
fi
echo "Installing them${as_root:+ with sudo}."
install() { # packages
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}
# shellcheck disable=SC2086 # a list of packages
install $missing >/dev/null 2>&1 || {
	# The package lists may be old or missing.
	$as_root apt-get update -qq
	install $missing >/dev/null
}
