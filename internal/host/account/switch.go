package account

import (
	"context"
	"errors"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
)

// OtherCompanies lists the further companies in which the login of a user is an
// active user, by name.
func (s *Service) OtherCompanies(ctx context.Context, company, user int64) ([]Company, error) {
	var out []Company
	err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		out, err = store.Select(tx, scanCompany, `SELECT c.company_id, c.name, c.domain, c.country, c.industry, c.currency, c.created_at
			FROM account_user me JOIN account_user other ON other.login_id = me.login_id AND other.company_id <> me.company_id AND other.active
			JOIN account_company c ON c.company_id = other.company_id
			WHERE me.company_id = ? AND me.id = ? ORDER BY LOWER(c.name), c.company_id`, company, user)
		return err
	})
	return out, err
}

// SwitchCompany opens a session of the same login in another of its companies, and
// ends the one of token.
// spec: account.switch-company
func (s *Service) SwitchCompany(ctx context.Context, token string, to int64) (session string, err error) {
	in, err := s.Session(ctx, token)
	if err != nil {
		return "", err
	}
	session = secret.Random(sessionBytes)
	err = s.db.Company(to).Update(ctx, func(tx *store.Tx) error {
		user, err := store.One(tx, store.Value[int64], `SELECT u.id FROM account_user u JOIN account_login l ON l.id = u.login_id
			WHERE u.company_id = @company AND l.email = ? AND u.active`, in.User.Email)
		if errors.Is(err, store.ErrNoRows) {
			return fault.New(fault.NotFound, "company", "You are not a user of this company, or not any more.")
		}
		if err != nil {
			return err
		}
		if err := endSession(tx, token); err != nil {
			return err
		}
		return openSession(tx, user, session, s.db.Now())
	})
	if err != nil {
		return "", err
	}
	return session, nil
}
