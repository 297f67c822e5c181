#!/bin/sh
# test.sh runs every check and prints what each part took. It wants the address
# of a PostgreSQL in DOCKWRIGHT_TEST_POSTGRES; make test brings one.
set -u
cd "$(dirname "$0")/.."
report=$(mktemp)
trap 'rm -f "$report"' EXIT
failed=0
began=$(date +%s)

part() {
	name=$1
	shift
	echo "== $name"
	start=$(date +%s)
	if "$@"; then result=ok; else
		result=FAILED
		failed=1
	fi
	printf '%-34s %4d s  %s\n' "$name" $(($(date +%s) - start)) $result >>"$report"
}

# Browser and crash tests run the plain binary only: the race detector would
# measure Chromium, not us. The tests on PostgreSQL take the same Go code but for
# store, lane and live, so the others run on SQLite here.
browser=$(
	{
		grep -rl --include='*_test.go' '"github.com/dockwright/dockwright/internal/browsertest"' appkit cmd examples internal
		ls internal/browsertest/*_test.go
	} | xargs grep -ho '^func Test[A-Za-z0-9_]*' | sed 's/^func //' | sort -u | paste -sd '|' -
)
# What calls every operation thousands of times, one call after the other, would
# take minutes under the detector and show it nothing that the other tests of the
# same handlers do not.
walks="TestHostileInput|TestTenantIsolation|TestPagesAreIsolated|TestEveryOperation|TestEverythingComesBack|TestOfficialClient|TestOrder$"
slow="^($browser)\$|^TestCrash|^($walks)"

part "lint" sh scripts/lint.sh
part "generated files" sh scripts/generate.sh --check
part "race detector, SQLite" go test -race -vet=off -timeout 40m -skip "$slow|./^postgres$" ./...
part "race detector, PostgreSQL" go test -race -vet=off -run './^postgres$' ./internal/store/... ./internal/lane/... ./internal/live/...
part "all tests, plain, both databases" go test -vet=off -timeout 40m ./...

echo
echo "What each part took:"
cat "$report"
printf '%-34s %4d s\n' "together" $(($(date +%s) - began))
exit $failed
