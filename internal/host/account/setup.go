package account

import (
	"context"
	"sync"

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

// SetupOpen reports whether token opens the first set-up.
func (s *Service) SetupOpen(token string) bool {
	s.setup.mu.Lock()
	defer s.setup.mu.Unlock()
	return s.setup.hash != "" && secret.Equal(s.setup.hash, secret.Hash(token))
}

// Setup makes the first company and its admin and opens a session for the admin.
// The token is used up by success, and by any other company.
func (s *Service) Setup(ctx context.Context, token string, nc NewCompany, nu NewUser) (session string, err error) {
	if !s.SetupOpen(token) {
		return "", fault.New(fault.Forbidden, "token", "This set-up link is not valid, or not any more. The host prints a new one when it starts without a company.")
	}
	nu.Admin = true
	if nu.Password == "" {
		return "", fault.New(fault.Invalid, "password", "Expected at least %d characters, got none.", minPassword)
	}
	c, err := s.companyFrom(nc)
	if err != nil {
		return "", err
	}
	u, hash, err := s.userFrom(nu)
	if err != nil {
		return "", err
	}
	session = secret.Random(sessionBytes)
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		n, err := store.One(tx, store.Value[int64], `SELECT COUNT(*) FROM account_company`)
		if err != nil {
			return err
		}
		if n > 0 {
			return fault.New(fault.Conflict, "", "This host has been set up already. Sign in instead.")
		}
		made, err := insertCompany(tx, c)
		if err != nil {
			return err
		}
		admin, err := s.insertUser(tx.Bind(made.ID), u, hash)
		if err != nil {
			return err
		}
		return openSession(tx.Bind(made.ID), admin.ID, session, s.db.Now())
	})
	if err != nil {
		return "", err
	}
	s.setup.mu.Lock()
	defer s.setup.mu.Unlock()
	s.setup.hash = ""
	return session, nil
}
