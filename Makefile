# make test is what CI runs: every check there is, nothing skipped.
# make lint, generate and bench are parts of the daily work.

.PHONY: test lint generate bench

# One PostgreSQL serves the whole run; a lone "go test" starts its own.
test:
	@sh scripts/need.sh
	@go run ./internal/store/storetest/serve -- sh scripts/test.sh

lint:
	@sh scripts/need.sh
	@sh scripts/lint.sh

generate:
	@sh scripts/generate.sh

# The figures are ratios taken in one run; see bench/.
bench:
	@sh scripts/need.sh
	@go run ./internal/store/storetest/serve -durable -- go run ./bench
