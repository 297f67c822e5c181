package account

import (
	"context"
	"errors"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/store"
)

// nextNumber counts what belongs to no company.
func nextNumber(tx *store.Tx, name string) (int64, error) {
	return store.One(tx.Unbound(), store.Value[int64], `INSERT INTO account_sequence (name, last_id) VALUES (?, 1)
		ON CONFLICT (name) DO UPDATE SET last_id = account_sequence.last_id + 1 RETURNING last_id`, name)
}

const companyColumns = `company_id, name, domain, country, industry, currency, created_at`

func scanCompany(s store.Scanner) (Company, error) {
	var c Company
	var created int64
	err := s.Scan(&c.ID, &c.Name, &c.Domain, &c.Country, &c.Industry, &c.Currency, &created)
	c.CreatedAt = clock.FromMicros(created)
	return c, err
}

// Company returns the company that tx is bound to.
func (s *Service) Company(tx *store.Tx) (Company, error) {
	c, err := store.One(tx, scanCompany, `SELECT `+companyColumns+` FROM account_company WHERE company_id = @company`)
	if errors.Is(err, store.ErrNoRows) {
		return Company{}, fault.Missing("There is no company %d.", tx.Company())
	}
	return c, err
}

// CompanyByDomain returns the company with that domain.
func (s *Service) CompanyByDomain(ctx context.Context, domain string) (Company, error) {
	var c Company
	err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		c, err = store.One(tx, scanCompany, `SELECT `+companyColumns+` FROM account_company WHERE domain = ?`, domain)
		return err
	})
	if errors.Is(err, store.ErrNoRows) {
		return Company{}, fault.New(fault.NotFound, "company", "There is no company with the domain %q on this host.", domain)
	}
	return c, err
}

// Companies lists all companies of the host, oldest first. It is for the
// operator's desk and for start-up.
func (s *Service) Companies(ctx context.Context) ([]Company, error) {
	var out []Company
	err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		out, err = store.Select(tx, scanCompany, `SELECT `+companyColumns+` FROM account_company ORDER BY company_id`)
		return err
	})
	return out, err
}

const userColumns = `u.company_id, u.id, u.name, l.email, u.phone, u.locale, u.timezone, u.currency, u.icon_url,
	u.admin, u.active, u.created_at, u.modified_at, u.last_login`

func scanUser(s store.Scanner) (User, error) {
	var u User
	var created, modified, last int64
	err := s.Scan(&u.Company, &u.ID, &u.Name, &u.Email, &u.Phone, &u.Locale, &u.Timezone, &u.Currency, &u.IconURL,
		&u.Admin, &u.Active, &created, &modified, &last)
	u.CreatedAt, u.ModifiedAt, u.LastLogin = clock.FromMicros(created), clock.FromMicros(modified), clock.FromMicros(last)
	return u, err
}

// User returns a user of the company that tx is bound to.
func (s *Service) User(tx *store.Tx, id int64) (User, error) {
	u, err := store.One(tx, scanUser, `SELECT `+userColumns+` FROM account_user u JOIN account_login l ON l.id = u.login_id
		WHERE u.company_id = @company AND u.id = ?`, id)
	if errors.Is(err, store.ErrNoRows) {
		return User{}, fault.Missing("There is no user %d in this company.", id)
	}
	return u, err
}

// Users lists the users of the company that tx is bound to, oldest first,
// inactive ones too.
func (s *Service) Users(tx *store.Tx) ([]User, error) {
	return store.Select(tx, scanUser, `SELECT `+userColumns+` FROM account_user u JOIN account_login l ON l.id = u.login_id
		WHERE u.company_id = @company ORDER BY u.id`)
}

// Seats is how many active users the company that tx is bound to has.
func (s *Service) Seats(tx *store.Tx) (int64, error) {
	return store.One(tx, store.Value[int64], `SELECT COUNT(*) FROM account_user WHERE company_id = @company AND active`)
}

// login is a row of account_login.
type login struct {
	id   int64
	hash string
}

func scanLogin(s store.Scanner) (login, error) {
	var l login
	err := s.Scan(&l.id, &l.hash)
	return l, err
}

// loginByEmail returns the zero login if nobody has that email.
func loginByEmail(tx *store.Tx, email string) (login, error) {
	l, err := store.One(tx.Unbound(), scanLogin, `SELECT id, password_hash FROM account_login WHERE email = ?`, email)
	if errors.Is(err, store.ErrNoRows) {
		return login{}, nil
	}
	return l, err
}

// ensureLogin returns the login of an email and makes one if there is none. The
// password of a login that exists is left as it is: an admin of one company must
// not be able to change how somebody signs in to another.
func ensureLogin(tx *store.Tx, email, hash string, now time.Time) (int64, error) {
	l, err := loginByEmail(tx, email)
	if err != nil || l.id != 0 {
		return l.id, err
	}
	id, err := nextNumber(tx, "login")
	if err != nil {
		return 0, err
	}
	_, err = tx.Unbound().Exec(`INSERT INTO account_login (id, email, password_hash, created_at) VALUES (?, ?, ?, ?)`,
		id, email, hash, clock.Micros(now))
	return id, err
}
