package messaging

import (
	"testing"
	"time"

	"github.com/dockwright/dockwright/internal/fault"
)

// FuzzCursor: what was written is read again; anything else is a fault that
// names the parameter.
func FuzzCursor(f *testing.F) {
	f.Add("c", cursor("c", 17, "abc"))
	f.Add("m", cursor("m", 0, ""))
	f.Add("c", "Yzox")
	f.Add("m", "=")
	f.Fuzz(func(t *testing.T, list, s string) {
		n, id, err := readCursor(list, s)
		if err != nil {
			if fe, ok := fault.As(err); !ok || fe.Field != "after" {
				t.Fatalf("%v", err)
			}
			return
		}
		if cursor(list, n, id) != s {
			t.Fatalf("%q was read as %d %q", s, n, id)
		}
	})
}

func TestAttempts(t *testing.T) {
	t.Parallel()
	a := newAttempts()
	passed := 0
	for range 100 {
		if a.limit.AllowN(time.Unix(1e9, 0), 1) {
			passed++
		}
	}
	if passed > 5 {
		t.Errorf("%d guesses at once", passed)
	}
}
