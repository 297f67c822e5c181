#!/bin/sh
# need.sh makes sure that what the tests call is installed: as root on Debian it
# installs what is missing, elsewhere it names the packages and fails. A missing
# tool never skips a test.
set -eu

missing=""
lacks() { ! command -v "$1" >/dev/null 2>&1; }

lacks chromium && missing="$missing chromium"
lacks node && missing="$missing nodejs"
lacks npm && missing="$missing npm"
lacks gcc && missing="$missing gcc libc6-dev" # the race detector needs cgo
if lacks initdb && ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
	missing="$missing postgresql"
fi
[ -z "$missing" ] && exit 0

if [ "$(id -u)" = 0 ] && ! lacks apt-get; then
	echo "installing$missing"
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq
	# shellcheck disable=SC2086 # a list of words
	apt-get install -qq -y --no-install-recommends $missing >/dev/null
	exit 0
fi
echo "The tests need these packages (Debian's names):$missing" >&2
echo "Install them, or run this as root on Debian: apt-get install$missing" >&2
exit 1
