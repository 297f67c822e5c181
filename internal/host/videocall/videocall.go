// Package videocall keeps which users can make video calls, and with which app:
// the links that apps add when somebody has connected an account with them.
package videocall

import (
	"context"
	"embed"
	"errors"
	"log/slog"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/event"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

//go:embed schema/*.sql
var schemaFS embed.FS

// Migrations are the room's tables.
var Migrations = store.Migrations{Room: "videocall", FS: schemaFS}

// Service is the room.
type Service struct {
	db  *store.DB
	log *slog.Logger
}

// Link says that a user can make video calls with an app.
type Link struct {
	ID       string // UUID, made by the app; :linkId in its manifest
	ClientID string
	User     int64
}

// New returns the room over db, which must have its Migrations, and follows the
// event log: the links of an installation go with it.
func New(db *store.DB, events *event.Log, log *slog.Logger) (*Service, error) {
	if log == nil {
		log = slog.Default()
	}
	s := &Service{db: db, log: log}
	return s, events.Follow(event.Follower{Name: "videocall", Kinds: []string{"installation.removed"}, Do: uninstalled})
}

// uninstalled removes the links of an installation that is gone.
func uninstalled(tx *store.Tx, e event.Event) error {
	var of struct {
		ClientID string `json:"client_id"`
		UserID   int64  `json:"user_id"`
	}
	if err := e.DecodeAfter(&of); err != nil {
		return err
	}
	_, err := tx.Exec(`DELETE FROM videocall_link WHERE company_id = @company AND client_id = ? AND user_id = ? AND created_at <= ?`,
		of.ClientID, of.UserID, clock.Micros(e.At))
	return err
}

// errNoLink is told of links that are not there and of those of another app alike.
var errNoLink = fault.Missing("There is no such link of this app.")

// Add links the caller to the caller's app. A link that is there already stays;
// an id that another user or app has is refused.
// spec: rest.meetings.user-provider-links
func (s *Service) Add(ctx context.Context, c route.Caller, id string) error {
	return s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		there, err := find(tx, id)
		switch {
		case errors.Is(err, store.ErrNoRows):
			_, err = tx.Exec(`INSERT INTO videocall_link (company_id, id, client_id, user_id, created_at) VALUES (@company, ?, ?, ?, ?)`,
				id, c.ClientID, c.User, clock.Micros(s.db.Now()))
			return err
		case err != nil:
			return err
		case there.ClientID != c.ClientID || there.User != c.User:
			return fault.New(fault.Conflict, "user_provider_id", "Another user has this id; make a new one.")
		}
		return nil
	})
}

// Remove takes away a link of the caller's app.
func (s *Service) Remove(ctx context.Context, c route.Caller, id string) error {
	return s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(`DELETE FROM videocall_link WHERE company_id = @company AND id = ? AND client_id = ?`, id, c.ClientID)
		if err == nil && n == 0 {
			return errNoLink
		}
		return err
	})
}

func find(tx *store.Tx, id string) (Link, error) {
	return store.One(tx, func(sc store.Scanner) (l Link, err error) {
		err = sc.Scan(&l.ID, &l.ClientID, &l.User)
		return l, err
	}, `SELECT id, client_id, user_id FROM videocall_link WHERE company_id = @company AND id = ?`, id)
}
