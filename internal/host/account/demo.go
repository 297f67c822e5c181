package account

import (
	"context"
	"errors"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
)

// DemoDomain is the domain of the company that SeedDemo makes.
const DemoDomain = "nordwind"

// SeedDemo makes the company that `up` shows, an admin and two agents, none of
// whom has a password. It does nothing if the company is there.
func (s *Service) SeedDemo(ctx context.Context) error {
	company, err := s.companyFrom(NewCompany{Name: "Nordwind Trading", Domain: DemoDomain, Country: "EE", Industry: "Furniture"})
	if err != nil {
		return err
	}
	var people []User
	for _, n := range []NewUser{
		{Name: "Helena Vaher", Email: "helena@nordwind.example", Phone: "+372 5550 0101", Timezone: "Europe/Tallinn", Admin: true},
		{Name: "Jonas Lindqvist", Email: "jonas@nordwind.example", Phone: "+372 5550 0102", Timezone: "Europe/Tallinn"},
		{Name: "Priya Raman", Email: "priya@nordwind.example", Phone: "+372 5550 0103", Timezone: "Europe/Tallinn"},
	} {
		u, _, err := s.userFrom(n)
		if err != nil {
			return err
		}
		people = append(people, u)
	}
	return s.db.Update(ctx, func(tx *store.Tx) error {
		there, err := store.One(tx, store.Value[int64], `SELECT COUNT(*) FROM account_company WHERE domain = ?`, DemoDomain)
		if err != nil || there > 0 {
			return err
		}
		c, err := insertCompany(tx, company)
		if err != nil {
			return err
		}
		for _, u := range people {
			if _, err := s.insertUser(tx.Bind(c.ID), u, "", nobody); err != nil {
				return err
			}
		}
		return nil
	})
}

// DemoCompany is the company that SeedDemo made.
func (s *Service) DemoCompany(ctx context.Context) (id int64, err error) {
	err = s.db.View(ctx, func(tx *store.Tx) error {
		id, err = store.One(tx, store.Value[int64], `SELECT company_id FROM account_company WHERE domain = ?`, DemoDomain)
		return err
	})
	return id, err
}

// DemoAdmin is the first active admin of the demo company.
func (s *Service) DemoAdmin(ctx context.Context) (User, error) { return s.DemoAdminOf(ctx, 0) }

// DemoAdminOf is the first active admin of a company in demo mode, of the demo
// company for 0.
func (s *Service) DemoAdminOf(ctx context.Context, company int64) (User, error) {
	if !s.opts.Demo {
		return User{}, errNoDemo
	}
	var u User
	err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		u, err = store.One(tx, scanUser, `SELECT `+userColumns+` FROM account_user u JOIN account_login l ON l.id = u.login_id
			JOIN account_company c ON c.company_id = u.company_id WHERE (u.company_id = ? OR ? = 0 AND c.domain = ?) AND u.admin AND u.active ORDER BY u.id LIMIT 1`, company, company, DemoDomain)
		return err
	})
	if errors.Is(err, store.ErrNoRows) {
		return User{}, fault.Missing("This company has no admin.")
	}
	return u, err
}

var errNoDemo = fault.New(fault.Forbidden, "", "Users are switched without a password in demo mode only; sign in instead.")

// SwitchDemo opens a session for a user without asking for a password. Outside
// of demo mode it is refused.
func (s *Service) SwitchDemo(ctx context.Context, company, user int64) (token string, err error) {
	if !s.opts.Demo {
		return "", errNoDemo
	}
	token, now := secret.Random(sessionBytes), s.db.Now()
	err = s.db.Company(company).Update(ctx, func(tx *store.Tx) error {
		u, err := s.User(tx, user)
		if err != nil {
			return err
		}
		if !u.Active {
			return fault.New(fault.Invalid, "user", "%s is not active any more; choose another user.", u.Name)
		}
		return openSession(tx, user, token, now)
	})
	if err != nil {
		return "", err
	}
	return token, nil
}
