// Package control is the operator's desk under /_dockwright/: it fills a host
// with companies from a file and empties it again, moves its clock, and plants
// faults, so that an app can be tried against what seldom happens.
//
// The desk is open in demo mode and for tests, to this machine only, and to who
// holds the control token if the host was given one. Nothing here is part of the
// platform's contract.
package control

import (
	"context"
	"embed"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/inbox"
	"github.com/dockwright/dockwright/internal/host/journal"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/subscription"
	"github.com/dockwright/dockwright/internal/store"
)

//go:embed schema/*.sql
var schemaFS embed.FS

// Migrations are the room's tables.
var Migrations = store.Migrations{Room: "control", FS: schemaFS}

// Options are what a Service needs besides its database.
type Options struct {
	Accounts *account.Service
	Apps     *devhub.Service
	Authz    *authz.Service
	Records  *records.Service
	Inbox    *inbox.Service
	// Subscription keeps the webhooks.
	Subscription *subscription.Service
	// Journal forgets the companies that are removed.
	Journal *journal.Journal
	// Clock is what the database was opened with. Without one the clock cannot be
	// moved.
	Clock *clock.Shifted
	// Faults is what the host's handler and its door to apps ask.
	Faults *Faults
	// Open gives the room its paths. Without a Token they answer this machine only.
	Open bool
	// Token is what callers must show, "Authorization: Bearer …". It opens the desk.
	Token string
	// Demo is whether the host shows the demo company, which is not removed.
	Demo bool
	Log  *slog.Logger // default: slog.Default()
}

// Service is the room.
type Service struct {
	db    *store.DB
	o     Options
	cross *http.CrossOriginProtection
}

// New returns the room over db, which must have its Migrations, and puts the
// clock where it was left.
func New(ctx context.Context, db *store.DB, o Options) (*Service, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Faults == nil {
		o.Faults = NewFaults()
	}
	s := &Service{db: db, o: o, cross: http.NewCrossOriginProtection()}
	if err := s.readClock(ctx); err != nil {
		return nil, fmt.Errorf("read how far the clock is ahead: %w", err)
	}
	if o.Clock != nil && o.Clock.Ahead() != 0 {
		o.Log.Warn("the host's clock is ahead; dockwright reset puts it back", "by", o.Clock.Ahead())
	}
	return s, nil
}

// Run follows what other nodes do with the clock until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	told := make(chan struct{}, 1)
	defer s.db.Listen(clockTopic, func(string) {
		select {
		case told <- struct{}{}:
		default:
		}
	})()
	look := time.NewTicker(lookAtClock)
	defer look.Stop()
	for {
		select {
		case <-told:
		case <-look.C:
		case <-ctx.Done():
			return nil
		}
		if err := s.readClock(ctx); err != nil && ctx.Err() == nil {
			s.o.Log.Warn("not read how far the clock is ahead; the next look will", "err", err)
		}
	}
}
