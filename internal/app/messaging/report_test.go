package messaging

import (
	"testing"
	"time"

	"github.com/dockwright/dockwright/appkit"
)

// A host that asks for a pause gets it, within reason.
func TestPause(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		asked  time.Duration
		want   time.Duration // 0: by the lane's own rule
	}{
		{429, 7 * time.Second, 7 * time.Second},
		{429, 0, unnamedPause},
		{429, 24 * time.Hour, time.Hour},
		{503, time.Minute, time.Minute},
		{503, 0, 0},
		{502, 0, 0},
		{400, time.Minute, 0},
	} {
		got, ok := pause(&appkit.APIError{Status: c.status, RetryAfter: c.asked})
		if got != c.want && ok || ok != (c.want > 0) { // spec: app.messaging.lane-outcomes
			t.Errorf("%d that asks for %s: %s, %t", c.status, c.asked, got, ok)
		}
	}
}
