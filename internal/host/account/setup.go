package account

import (
	"context"
	"sync"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
)

// setupGate holds the hash of the token that opens the first set-up.
type setupGate struct {
	mu   sync.Mutex
	hash string
}

// SetupToken returns a token that lets its holder make the first company, or ""
// if the host has a company. The host prints it when it starts; a restart makes
// another and the old one is worth nothing.
// spec: account.setup-token
func (s *Service) SetupToken(ctx context.Context) (string, error) {
	cs, err := s.Companies(ctx)
	if err != nil || len(cs) > 0 {
		return "", err
	}
	token := secret.Random(20)
	s.setup.mu.Lock()
	defer s.setup.mu.Unlock()
	s.setup.hash = secret.Hash(token)
	return token, nil
}

// FurtherSetup returns a token that lets its holder make one more company, within
// a week. The operator asks for it; the link is passed on by hand.
// spec: account.further-companies
func (s *Service) FurtherSetup(ctx context.Context) (string, error) {
	token, now := secret.Random(20), s.db.Now()
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(`DELETE FROM account_setup WHERE expires_at <= ?`, clock.Micros(now)); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO account_setup (token_hash, expires_at) VALUES (?, ?)`, secret.Hash(token), clock.Micros(now.Add(inviteLife)))
		return err
	})
	return token, err
}

// SetupOpen reports whether token lets its holder make a company.
func (s *Service) SetupOpen(ctx context.Context, token string) (bool, error) {
	if s.firstSetup(token) {
		return true, nil
	}
	var n int64
	err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		n, err = store.One(tx, store.Value[int64], `SELECT COUNT(*) FROM account_setup WHERE token_hash = ? AND expires_at > ?`, secret.Hash(token), clock.Micros(s.db.Now()))
		return err
	})
	return n > 0, err
}

// firstSetup reports whether token opens the first set-up.
func (s *Service) firstSetup(token string) bool {
	s.setup.mu.Lock()
	defer s.setup.mu.Unlock()
	return s.setup.hash != "" && secret.Equal(s.setup.hash, secret.Hash(token))
}

var errNoSetup = fault.New(fault.Forbidden, "token", "This set-up link is not valid, or not any more. The operator of the host can make a new one.")

// Setup makes a company and its admin and opens a session for the admin. The token
// is used up by success; that of the first set-up by any other company too. An
// admin whose email has a login already proves it by its password; address is
// where the request came from.
func (s *Service) Setup(ctx context.Context, token string, nc NewCompany, nu NewUser, address string) (session string, err error) {
	open, err := s.SetupOpen(ctx, token)
	if err != nil {
		return "", err
	}
	if !open {
		return "", errNoSetup
	}
	nu.Admin = true
	if nu.Password == "" {
		return "", fault.New(fault.Invalid, "password", "Expected at least %d characters, got none.", minPassword)
	}
	c, err := s.companyFrom(nc)
	if err != nil {
		return "", err
	}
	known, err := s.proveIfKnown(ctx, nu, address)
	if err != nil {
		return "", err
	}
	u, hash, err := s.userFrom(nu)
	if err != nil {
		return "", err
	}
	first := s.firstSetup(token)
	session = secret.Random(sessionBytes)
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		if err := useSetup(tx, first, token); err != nil {
			return err
		}
		l, err := loginByEmail(tx, u.Email)
		if err != nil {
			return err
		}
		if (l.id != 0) != known {
			return fault.New(fault.Conflict, "email", "Somebody took this email meanwhile. Try again.")
		}
		made, err := insertCompany(tx, c)
		if err != nil {
			return err
		}
		admin, err := s.insertUser(tx.Bind(made.ID), u, hash, oneself)
		if err != nil {
			return err
		}
		return openSession(tx.Bind(made.ID), admin.ID, session, s.db.Now())
	})
	if err != nil {
		return "", err
	}
	if first {
		s.setup.mu.Lock()
		defer s.setup.mu.Unlock()
		s.setup.hash = ""
	}
	return session, nil
}

// useSetup uses a set-up token up.
func useSetup(tx *store.Tx, first bool, token string) error {
	if !first {
		n, err := tx.Exec(`DELETE FROM account_setup WHERE token_hash = ?`, secret.Hash(token))
		if err == nil && n == 0 {
			return errNoSetup
		}
		return err
	}
	n, err := store.One(tx, store.Value[int64], `SELECT COUNT(*) FROM account_company`)
	if err == nil && n > 0 {
		return fault.New(fault.Conflict, "", "This host has been set up already. Sign in instead.")
	}
	return err
}

// proveIfKnown wants the password of a login that exists: making a company must
// not be a way into the other companies of somebody else's login.
// spec: account.own-password
func (s *Service) proveIfKnown(ctx context.Context, n NewUser, address string) (known bool, err error) {
	email := normalEmail(n.Email)
	var l login
	err = s.db.View(ctx, func(tx *store.Tx) (err error) {
		l, err = loginByEmail(tx, email)
		return err
	})
	if err != nil || l.id == 0 {
		return false, err
	}
	err = s.provePassword(ctx, email, n.Password, address)
	if fault.KindOf(err) == fault.Unauthorized {
		err = fault.New(fault.Invalid, "password", "This email has a login on this host already. Give its password.")
	}
	return true, err
}
