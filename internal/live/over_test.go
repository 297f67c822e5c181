package live_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"

	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

// Whoever may not listen any more is sent away by the event that is for them, and
// not by those for others.
// spec: account.ended-sessions-hang-up
func TestOver(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t, live.Migrations)
	h, _ := start(t, db, live.HubOptions{})
	var over atomic.Bool
	url := serve(t, h, func(s *live.Subscription) {
		s.Allow = func(e live.Event) bool { return e.Audience == 0 || e.Audience == 7 }
		s.Over = func(context.Context) bool { return over.Load() }
	})
	c := dial(t, url, 0)
	hears := func(kind string) {
		t.Helper()
		if m := next(t, c); m.Kind != kind {
			t.Fatalf("heard %+v, want %s", m, kind)
		}
	}
	appendTo(t, db, 1, live.Event{Kind: "first"})
	hears("first")
	over.Store(true)
	appendTo(t, db, 1, live.Event{Kind: "theirs", Audience: 8}, live.Event{Kind: "everybody's"})
	hears("everybody's")
	appendTo(t, db, 1, live.Event{Kind: "ended", Audience: 7})
	hears("ended")
	if _, _, err := c.Read(t.Context()); websocket.CloseStatus(err) != live.CloseOver {
		t.Errorf("closed with %v, want %d", err, live.CloseOver)
	}
}
