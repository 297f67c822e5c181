package hosttest_test

import (
	"context"
	"fmt"
	"os"
	"testing"
)

// example runs fn as a test would be run: an Example has no testing.TB of its
// own, and what is made for one must be taken down with it.
func example(fn func(testing.TB)) {
	t := &exampleT{ctx: context.Background()}
	defer t.end()
	fn(t)
}

// exampleT is the part of testing.TB that hosttest uses. What it has not falls
// through to the nil TB.
type exampleT struct {
	testing.TB
	ctx  context.Context
	last []func()
	dirs []string
}

func (*exampleT) Helper()                    {}
func (t *exampleT) Context() context.Context { return t.ctx }
func (t *exampleT) Cleanup(fn func())        { t.last = append(t.last, fn) }
func (*exampleT) Errorf(format string, args ...any) {
	fmt.Printf(format+"\n", args...) // an output that is not the expected one
}

func (t *exampleT) Fatal(args ...any) {
	t.end()
	fmt.Println(args...)
	os.Exit(1)
}

func (t *exampleT) TempDir() string {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		t.Fatal(err)
	}
	t.dirs = append(t.dirs, dir)
	return dir
}

func (t *exampleT) end() {
	for len(t.last) > 0 {
		fn := t.last[len(t.last)-1]
		t.last = t.last[:len(t.last)-1]
		fn()
	}
	for _, dir := range t.dirs {
		_ = os.RemoveAll(dir)
	}
	t.dirs = nil
}
