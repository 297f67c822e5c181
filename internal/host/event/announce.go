package event

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/dockwright/dockwright/internal/store"
)

// Announcer appends the same event for a company again and again, but not more
// often than browsers can follow. It tells pages about what is not in this
// database, such as the journal.
type Announcer struct {
	db    *store.DB
	e     Event
	every time.Duration
	log   *slog.Logger

	mu      sync.Mutex
	pending map[int64]bool
	wake    chan struct{}
}

// NewAnnouncer returns an announcer of e, which appends at most one event per
// company and interval. The first comes at once, the last is never left out.
func NewAnnouncer(db *store.DB, e Event, every time.Duration, log *slog.Logger) *Announcer {
	if log == nil {
		log = slog.Default()
	}
	return &Announcer{db: db, e: e, every: every, log: log, pending: map[int64]bool{}, wake: make(chan struct{}, 1)}
}

// Tell asks for the event to be appended. It never blocks. Company 0 is nobody.
func (a *Announcer) Tell(company int64) {
	if company == 0 {
		return
	}
	a.mu.Lock()
	a.pending[company] = true
	a.mu.Unlock()
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// Run appends until ctx is done.
func (a *Announcer) Run(ctx context.Context) error {
	for {
		select {
		case <-a.wake:
		case <-ctx.Done():
			return nil
		}
		a.mu.Lock()
		told := a.pending
		a.pending = map[int64]bool{}
		a.mu.Unlock()
		for company := range told {
			err := a.db.Company(company).Update(ctx, func(tx *store.Tx) error { return Append(tx, a.e) })
			if err != nil && ctx.Err() == nil {
				a.log.Warn("event: not announced", "kind", a.e.Kind, "company", company, "err", err)
			}
		}
		select {
		case <-time.After(a.every):
		case <-ctx.Done():
			return nil
		}
	}
}
