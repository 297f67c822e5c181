package account

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
)

const (
	attemptWindow     = 15 * time.Minute
	attemptsPerSource = 5  // per email and address
	attemptsPerEmail  = 50 // from anywhere
)

// Credentials are what a person types to sign in.
type Credentials struct {
	Email    string
	Password string
	Address  string // where the request came from, without a port
	Company  int64  // to sign in to; 0 is the one that was used last
}

// errCredentials says the same for an unknown email and a wrong password.
var errCredentials = fault.New(fault.Unauthorized, "password", "The email or the password is wrong.")

// SignIn checks a password and opens a session; its token goes into the cookie
// and is not stored. After five tries in a quarter of an hour for one email from
// one address the error is of kind fault.RateLimited.
// spec: account.sign-in-limit
func (s *Service) SignIn(ctx context.Context, c Credentials) (token string, err error) {
	email := normalEmail(c.Email)
	keys := attemptKeys(email, c.Address)
	// The try is counted before the password is looked at, so that tries at the
	// same time cannot all pass the limit.
	if err := s.countAttempt(ctx, keys); err != nil {
		return "", err
	}
	user, err := s.checkCredentials(ctx, email, c.Password, c.Company)
	if err != nil {
		return "", err
	}
	token, now := secret.Random(sessionBytes), s.db.Now()
	err = s.db.Company(user.Company).Update(ctx, func(tx *store.Tx) error {
		if _, err := tx.Unbound().Exec(`DELETE FROM account_attempt WHERE key_hash = ? OR key_hash = ?`, keys[0], keys[1]); err != nil {
			return err
		}
		return openSession(tx, user.ID, token, now)
	})
	return token, err
}

// attemptKeys are what the tries of an email from an address are counted under.
func attemptKeys(email, address string) []string {
	return []string{secret.Hash("source\x00" + email + "\x00" + address), secret.Hash("email\x00" + email)}
}

func (s *Service) countAttempt(ctx context.Context, keys []string) error {
	now := s.db.Now()
	var wait time.Duration
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		wait = 0
		if _, err := tx.Exec(`DELETE FROM account_attempt WHERE started_at <= ?`, clock.Micros(now.Add(-attemptWindow))); err != nil {
			return err
		}
		for i, key := range keys {
			type row struct{ tries, started int64 }
			r, err := store.One(tx, func(sc store.Scanner) (r row, err error) {
				err = sc.Scan(&r.tries, &r.started)
				return r, err
			}, `INSERT INTO account_attempt (key_hash, tries, started_at) VALUES (?, 1, ?)
				ON CONFLICT (key_hash) DO UPDATE SET tries = account_attempt.tries + 1 RETURNING tries, started_at`, key, clock.Micros(now))
			if err != nil {
				return err
			}
			if r.tries > [...]int64{attemptsPerSource, attemptsPerEmail}[i] {
				wait = max(wait, clock.FromMicros(r.started).Add(attemptWindow).Sub(now))
			}
		}
		return nil
	})
	if err == nil && wait > 0 {
		f := fault.New(fault.RateLimited, "email", "Too many tries with this email. Wait %d minutes, then try again.", int(wait.Minutes())+1)
		f.After = wait
		return f
	}
	return err
}

// dummyHash is what the password for an unknown email is compared with, so that
// the time taken does not tell which emails exist.
var dummyHash = sync.OnceValues(func() (string, error) { return secret.HashPassword(secret.Random(16)) })

// checkCredentials returns the user whom these credentials open, of that company
// or, for 0, of the one that was used last.
func (s *Service) checkCredentials(ctx context.Context, email, password string, company int64) (User, error) {
	l, err := s.checkPassword(ctx, email, password)
	if err != nil {
		return User{}, err
	}
	var u User
	err = s.db.View(ctx, func(tx *store.Tx) (err error) {
		u, err = store.One(tx, scanUser, `SELECT `+userColumns+` FROM account_user u JOIN account_login l ON l.id = u.login_id
			WHERE l.id = ? AND u.active AND (? = 0 OR u.company_id = ?) ORDER BY u.last_login DESC, u.company_id LIMIT 1`, l.id, company, company)
		return err
	})
	if errors.Is(err, store.ErrNoRows) {
		return User{}, errCredentials
	}
	return u, err
}

// checkPassword returns the login that these credentials open.
func (s *Service) checkPassword(ctx context.Context, email, password string) (login, error) {
	var l login
	err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		l, err = loginByEmail(tx, email)
		return err
	})
	if err != nil {
		return login{}, err
	}
	hash, known := l.hash, l.hash != ""
	if !known {
		if hash, err = dummyHash(); err != nil {
			return login{}, err
		}
	}
	if len(password) > maxPassword || !secret.CheckPassword(hash, password) || !known {
		return login{}, errCredentials
	}
	return l, nil
}
