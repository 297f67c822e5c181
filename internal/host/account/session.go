package account

import (
	"context"
	"errors"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
)

const (
	sessionIdle  = 14 * 24 * time.Hour // a session ends when it was not used for so long
	sessionSlide = 24 * time.Hour      // use within this time writes nothing
	sessionBytes = 32
)

// Session is a browser that is signed in.
type Session struct {
	User    User
	Company Company
	Expires time.Time
}

var errSignedOut = fault.New(fault.Unauthorized, "", "You are not signed in, or not any more. Sign in again.")

// Session returns whose session a cookie stands for. An unknown or ended one, or
// one of a user who was deactivated, is of kind fault.Unauthorized.
func (s *Service) Session(ctx context.Context, token string) (Session, error) {
	if token == "" {
		return Session{}, errSignedOut
	}
	hash, now := secret.Hash(token), s.db.Now()
	var out Session
	err := s.db.View(ctx, func(tx *store.Tx) error {
		type row struct{ company, user, expires int64 }
		r, err := store.One(tx, func(sc store.Scanner) (r row, err error) {
			err = sc.Scan(&r.company, &r.user, &r.expires)
			return r, err
		}, `SELECT company_id, user_id, expires_at FROM account_session WHERE token_hash = ? AND expires_at > ?`, hash, clock.Micros(now))
		if errors.Is(err, store.ErrNoRows) {
			return errSignedOut
		}
		if err != nil {
			return err
		}
		out.Expires = clock.FromMicros(r.expires)
		if out.User, err = s.User(tx.Bind(r.company), r.user); err != nil {
			return err
		}
		if !out.User.Active {
			return errSignedOut
		}
		out.Company, err = s.Company(tx.Bind(r.company))
		return err
	})
	if err != nil {
		return Session{}, err
	}
	if out.Expires.Sub(now) < sessionIdle-sessionSlide {
		err = s.slide(ctx, hash, now)
	}
	return out, err
}

// slide moves the end of a session that is in use.
func (s *Service) slide(ctx context.Context, hash string, now time.Time) error {
	return s.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE account_session SET expires_at = ? WHERE token_hash = ?`, clock.Micros(now.Add(sessionIdle)), hash)
		return err
	})
}

// openSession stores a new session and forgets those that have ended. token is
// made by the caller, outside of the transaction.
func openSession(tx *store.Tx, user int64, token string, now time.Time) error {
	if _, err := tx.Exec(`DELETE FROM account_session WHERE company_id = @company AND expires_at <= ?`, clock.Micros(now)); err != nil {
		return err
	}
	if _, err := tx.Exec(`UPDATE account_user SET last_login = ? WHERE company_id = @company AND id = ?`, clock.Micros(now), user); err != nil {
		return err
	}
	_, err := tx.Exec(`INSERT INTO account_session (company_id, token_hash, user_id, created_at, expires_at)
		VALUES (@company, ?, ?, ?, ?)`, secret.Hash(token), user, clock.Micros(now), clock.Micros(now.Add(sessionIdle)))
	return err
}

// SignOut ends a session. An unknown one is ended already.
func (s *Service) SignOut(ctx context.Context, token string) error {
	return s.db.Update(ctx, func(tx *store.Tx) error { return endSession(tx, token) })
}

func endSession(tx *store.Tx, token string) error {
	return endWhere(tx, `token_hash = ?`, secret.Hash(token))
}

// endSessions signs a user of the company that tx is bound to out everywhere.
func endSessions(tx *store.Tx, user int64) error {
	return endWhere(tx, `company_id = ? AND user_id = ?`, tx.Company(), user)
}

// SessionEnded is the kind of the event, for a user alone, after which the user's
// open lines ask whether their session is one of those that ended.
const SessionEnded = "session.ended"

// endWhere ends the sessions of any company that fit, and tells.
// spec: account.ended-sessions-hang-up
func endWhere(tx *store.Tx, where string, args ...any) error {
	type whose struct{ company, user int64 }
	ended, err := store.Select(tx.Unbound(), func(sc store.Scanner) (w whose, err error) {
		err = sc.Scan(&w.company, &w.user)
		return w, err
	}, `DELETE FROM account_session WHERE `+where+` RETURNING company_id, user_id`, args...)
	for _, w := range ended {
		live.Append(tx.Bind(w.company), live.Event{Kind: SessionEnded, Audience: w.user})
	}
	return err
}
