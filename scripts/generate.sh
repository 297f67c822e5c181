#!/bin/sh
# generate.sh makes the generated files anew. With --check it fails if that
# changes anything.
set -eu
cd "$(dirname "$0")/.."
files="docs/COMPATIBILITY.md"
if [ "${1:-}" != --check ]; then
	exec go generate ./spec
fi
before=$(cat $files | cksum)
go generate ./spec
if [ "$before" != "$(cat $files | cksum)" ]; then
	echo "make generate changes $files; run it and commit the result" >&2
	git --no-pager diff --stat -- $files >&2 || true
	exit 1
fi
