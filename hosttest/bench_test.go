package hosttest_test

import (
	"testing"

	"github.com/dockwright/dockwright/hosttest"
)

// What a host costs a test, from New to the end of its clean-up.
func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		example(func(t testing.TB) { hosttest.New(t) })
	}
}
