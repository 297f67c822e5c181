package messaging

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

// The log is an aid: a database that takes no line does not end the app, and
// what waits at the end is written, however much it is.
func TestAppLogEndures(t *testing.T) {
	t.Parallel()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	fill := func(l *appLog) {
		r := httptest.NewRequest(http.MethodPost, "/chat/x/messages", nil)
		for range logQueue {
			l.refuse(r, fault.New(fault.Invalid, "text", "expected a text"))
		}
	}
	db := storetest.SQLite(t, Migrations()...)
	l := newAppLog(db, slog.New(slog.DiscardHandler))
	fill(l)
	if err := l.run(over); err != nil || len(l.lines) != 0 {
		t.Errorf("%v with %d lines left", err, len(l.lines))
	}
	if got, err := l.recent(t.Context()); err != nil || len(got) != logShown || got[0].Field != "text" { // spec: app.messaging.log-bad-input
		t.Errorf("%d lines, %v", len(got), err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	fill(l)
	if err := l.run(over); err != nil {
		t.Errorf("a closed database ends the log: %v", err)
	}
}
