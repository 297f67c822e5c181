#!/bin/sh
# lint.sh runs the linters, all of them even if one complains.
set -u
cd "$(dirname "$0")/.."
failed=0

# gofmt prints the files it would change.
unformatted=$(git ls-files -co --exclude-standard '*.go' | while read -r f; do [ -f "$f" ] && echo "$f"; done | xargs gofmt -l)
if [ -n "$unformatted" ]; then
	echo "gofmt would change:"
	echo "$unformatted"
	failed=1
fi

go vet ./... || failed=1

# The linter lives in a module of its own, so that its dependencies are not ours.
staticcheck=$(go -C tools tool -n staticcheck) && "$staticcheck" ./... || failed=1

# The browser modules run as they are; their types are comments, checked here.
if [ ! -x tools/jscheck/node_modules/.bin/tsc ] || [ tools/jscheck/package-lock.json -nt tools/jscheck/node_modules/.package-lock.json ]; then
	npm --prefix tools/jscheck ci --silent || failed=1
fi
tools/jscheck/node_modules/.bin/tsc --project tools/jscheck/tsconfig.json || failed=1

exit $failed
