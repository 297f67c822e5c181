package authz

import (
	"context"
	"errors"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
)

// PersonalToken is what is known about a user's personal API token. The token
// itself is not kept.
type PersonalToken struct {
	MadeAt time.Time // zero if the user has none
	// ExchangedAt is when an app took it for tokens of its own; zero if none did.
	ExchangedAt time.Time
}

// PersonalToken tells what is known about the caller's personal API token.
func (s *Service) PersonalToken(ctx context.Context, c route.Caller) (PersonalToken, error) {
	var made, exchanged int64
	err := s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		_, err := store.One(tx, func(sc store.Scanner) (struct{}, error) { return struct{}{}, sc.Scan(&made, &exchanged) },
			`SELECT created_at, exchanged_at FROM authz_personal WHERE company_id = @company AND user_id = ?`, c.User)
		if errors.Is(err, store.ErrNoRows) {
			return nil
		}
		return err
	})
	return PersonalToken{MadeAt: clock.FromMicros(made), ExchangedAt: clock.FromMicros(exchanged)}, err
}

// SetPersonalToken gives a user a new personal API token in place of the old one
// and returns it; only its hash is kept.
func (s *Service) SetPersonalToken(ctx context.Context, company, user int64) (string, error) {
	token, now := secret.Random(20), s.db.Now()
	err := s.db.Company(company).Update(ctx, func(tx *store.Tx) error {
		return s.PutPersonalToken(tx, user, token, now)
	})
	return token, err
}

// RemovePersonalToken ends the caller's personal API token. Without one nothing
// happens.
func (s *Service) RemovePersonalToken(ctx context.Context, c route.Caller) error {
	return s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`DELETE FROM authz_personal WHERE company_id = @company AND user_id = ?`, c.User)
		return err
	})
}
