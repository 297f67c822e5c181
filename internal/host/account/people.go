package account

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/event"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
)

const (
	maxName     = 255  // characters
	minPassword = 10   // characters
	maxPassword = 1024 // bytes; hashing is slow on purpose, so its input is bounded
)

// NewCompany is what a company is made from.
type NewCompany struct {
	Name     string
	Domain   string // letters, digits and dashes; made from the name when empty
	Country  string
	Industry string
	Currency string // EUR when empty
}

// ReservedDomains are no company's: where each company has an origin of its own,
// these names mean the host as a whole.
var ReservedDomains = []string{"api", "app", "oauth", "www"}

var domainForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,48}[a-z0-9])?$`)

// CreateCompany adds a company without users.
func (s *Service) CreateCompany(ctx context.Context, n NewCompany) (Company, error) {
	c, err := s.companyFrom(n)
	if err != nil {
		return Company{}, err
	}
	err = s.db.Update(ctx, func(tx *store.Tx) (err error) {
		c, err = insertCompany(tx, c)
		return err
	})
	return c, err
}

func (s *Service) companyFrom(n NewCompany) (Company, error) {
	c := Company{
		Name: strings.TrimSpace(n.Name), Domain: strings.ToLower(strings.TrimSpace(n.Domain)),
		Country: n.Country, Industry: n.Industry, Currency: n.Currency, CreatedAt: s.db.Now(),
	}
	if err := checkName("company", c.Name); err != nil {
		return Company{}, err
	}
	if c.Domain == "" {
		c.Domain = domainFrom(c.Name)
	}
	if !domainForm.MatchString(c.Domain) {
		return Company{}, fault.New(fault.Invalid, "domain", "Expected up to 50 letters, digits and dashes, got %q.", c.Domain)
	}
	if slices.Contains(ReservedDomains, c.Domain) {
		return Company{}, fault.New(fault.Invalid, "domain", "%q is the host's own name; choose another domain.", c.Domain)
	}
	if c.Currency == "" {
		c.Currency = "EUR"
	}
	return c, nil
}

func insertCompany(tx *store.Tx, c Company) (Company, error) {
	free := tx.Unbound()
	taken, err := store.One(free, store.Value[int64], `SELECT COUNT(*) FROM account_company WHERE domain = ?`, c.Domain)
	if err != nil {
		return Company{}, err
	}
	if taken > 0 {
		return Company{}, fault.New(fault.Conflict, "domain", "Another company is called %q already; choose another domain.", c.Domain)
	}
	if c.ID, err = nextNumber(tx, "company"); err != nil {
		return Company{}, err
	}
	_, err = free.Exec(`INSERT INTO account_company (`+companyColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		c.ID, c.Name, c.Domain, c.Country, c.Industry, c.Currency, clock.Micros(c.CreatedAt))
	return c, err
}

// domainFrom makes "nordwind-trading" of "Nordwind Trading!".
func domainFrom(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	d := b.String()
	return strings.Trim(d[:min(len(d), 50)], "-")
}

// NewUser is what a user is made from.
type NewUser struct {
	Name     string
	Email    string
	Password string // empty: the user cannot sign in by password
	Phone    string
	Timezone string // UTC when empty
	Locale   string // en_US when empty
	Admin    bool
}

// CreateUser adds an active user to a company. If the email has a login already,
// as a user of another company, that login gains this company and keeps its
// password.
func (s *Service) CreateUser(ctx context.Context, company int64, n NewUser) (User, error) {
	u, hash, err := s.userFrom(n)
	if err != nil {
		return User{}, err
	}
	err = s.db.Company(company).Update(ctx, func(tx *store.Tx) (err error) {
		u, err = s.insertUser(tx, u, hash, nobody)
		return err
	})
	return u, err
}

// Who makes a user, where it is none of the company's users: nobody, or the new
// user, who took up an invite or made the company.
const (
	nobody  = 0
	oneself = -1
)

// userFrom checks n and hashes its password; that is slow, so it is done outside
// of the transaction.
func (s *Service) userFrom(n NewUser) (User, string, error) {
	now := s.db.Now()
	u := User{
		Name: strings.TrimSpace(n.Name), Email: normalEmail(n.Email), Phone: n.Phone, Locale: n.Locale, Timezone: n.Timezone,
		Admin: n.Admin, Active: true, CreatedAt: now, ModifiedAt: now,
	}
	if err := checkName("name", u.Name); err != nil {
		return User{}, "", err
	}
	if err := checkEmail(u.Email); err != nil {
		return User{}, "", err
	}
	if u.Locale == "" {
		u.Locale = "en_US"
	}
	if u.Timezone == "" {
		u.Timezone = "Etc/UTC"
	}
	if n.Password == "" {
		return u, "", nil
	}
	if err := checkPassword(n.Password); err != nil {
		return User{}, "", err
	}
	hash, err := secret.HashPassword(n.Password)
	return u, hash, err
}

// insertUser stores a user and tells of it.
func (s *Service) insertUser(tx *store.Tx, u User, hash string, actor int64) (User, error) {
	c, err := s.Company(tx)
	if err != nil {
		return User{}, err
	}
	u.Company, u.Currency = c.ID, c.Currency
	login, err := ensureLogin(tx, u.Email, hash, u.CreatedAt)
	if err != nil {
		return User{}, err
	}
	taken, err := store.One(tx, store.Value[int64], `SELECT COUNT(*) FROM account_user WHERE company_id = @company AND login_id = ?`, login)
	if err != nil {
		return User{}, err
	}
	if taken > 0 {
		return User{}, fault.New(fault.Conflict, "email", "%s is a user of this company already.", u.Email)
	}
	if u.ID, err = tx.NextID("user"); err != nil {
		return User{}, err
	}
	_, err = tx.Exec(`INSERT INTO account_user (company_id, id, login_id, name, phone, locale, timezone, currency, icon_url,
		admin, active, created_at, modified_at, last_login) VALUES (@company, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)`,
		u.ID, login, u.Name, u.Phone, u.Locale, u.Timezone, u.Currency, u.IconURL,
		u.Admin, u.Active, clock.Micros(u.CreatedAt), clock.Micros(u.ModifiedAt))
	if err != nil {
		return u, err
	}
	if actor == oneself {
		actor = u.ID
	}
	return u, told(tx, "user.added", actor, nil, u)
}

// told appends an event about a user: webhooks and open pages hear of it.
// spec: account.user-events
func told(tx *store.Tx, kind string, actor int64, before any, u User) error {
	return event.Append(tx, event.Event{
		Kind: kind, Actor: actor, Entity: "user", EntityID: u.ID, Source: event.SourceApp,
		Topics: []string{"user", "user:" + strconv.FormatInt(u.ID, 10)}, Before: before, After: u,
	})
}

// Deactivate takes a user's way in away: no sign-in, no page, no token. What the
// user made stays. A company keeps one active admin at least. actor is the user who
// does it, 0 for nobody of the company.
func (s *Service) Deactivate(ctx context.Context, company, user, actor int64) error {
	return s.changeUser(ctx, company, user, actor, func(tx *store.Tx, u User) (User, error) {
		u.Active = false
		return u, endSessions(tx, user)
	})
}

// Reactivate gives a user who was deactivated the way in back, with the password
// and the installed apps of before.
func (s *Service) Reactivate(ctx context.Context, company, user, actor int64) error {
	return s.changeUser(ctx, company, user, actor, func(_ *store.Tx, u User) (User, error) {
		u.Active = true
		return u, nil
	})
}

// SetAdmin makes a user an admin of the company, or an agent. A company keeps one
// active admin at least.
func (s *Service) SetAdmin(ctx context.Context, company, user int64, admin bool, actor int64) error {
	return s.changeUser(ctx, company, user, actor, func(_ *store.Tx, u User) (User, error) {
		u.Admin = admin
		return u, nil
	})
}

// changeUser stores what fn makes of a user's role and activity, and tells of it.
func (s *Service) changeUser(ctx context.Context, company, user, actor int64, fn func(*store.Tx, User) (User, error)) error {
	now := s.db.Now()
	return s.db.Company(company).Update(ctx, func(tx *store.Tx) error {
		admins, err := store.Select(tx, store.Value[int64], `SELECT id FROM account_user WHERE company_id = @company AND admin AND active`+tx.ForUpdate())
		if err != nil {
			return err
		}
		before, err := s.User(tx, user)
		if err != nil {
			return err
		}
		u, err := fn(tx, before)
		if err != nil || u == before {
			return err
		}
		if len(admins) == 1 && admins[0] == user && !(u.Admin && u.Active) {
			return fault.New(fault.Invalid, "user", "This is the only admin of the company. Make another one first.")
		}
		u.ModifiedAt = now
		if _, err := tx.Exec(`UPDATE account_user SET admin = ?, active = ?, modified_at = ? WHERE company_id = @company AND id = ?`,
			u.Admin, u.Active, clock.Micros(now), user); err != nil {
			return err
		}
		return told(tx, "user.updated", actor, before, u)
	})
}

// ForgetLogins deletes the logins that have no user in any company any more.
func (s *Service) ForgetLogins(tx *store.Tx) error {
	_, err := tx.Unbound().Exec(`DELETE FROM account_login WHERE NOT EXISTS (SELECT 1 FROM account_user u WHERE u.login_id = account_login.id)`)
	if err != nil {
		return fmt.Errorf("delete logins without a company: %w", err)
	}
	return nil
}

func normalEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

func checkName(field, name string) error {
	if name == "" || utf8.RuneCountInString(name) > maxName || !utf8.ValidString(name) {
		return fault.New(fault.Invalid, field, "Expected 1 to %d characters, got %d.", maxName, utf8.RuneCountInString(name))
	}
	return nil
}

func checkPassword(pw string) error {
	if n := utf8.RuneCountInString(pw); n < minPassword {
		return fault.New(fault.Invalid, "password", "Expected at least %d characters, got %d.", minPassword, n)
	}
	if len(pw) > maxPassword {
		return fault.New(fault.Invalid, "password", "Expected at most %d bytes, got %d.", maxPassword, len(pw))
	}
	return nil
}

// ChangePassword replaces the password of a user's login, in all its companies,
// and ends its other sessions; keep is the token of the one that goes on.
func (s *Service) ChangePassword(ctx context.Context, company, user int64, from, to, keep string) error {
	if err := checkPassword(to); err != nil {
		return err
	}
	var id int64
	var old string
	err := s.db.Company(company).View(ctx, func(tx *store.Tx) error {
		l, err := store.One(tx, scanLogin, `SELECT l.id, l.password_hash FROM account_login l JOIN account_user u ON u.login_id = l.id
			WHERE u.company_id = @company AND u.id = ?`, user)
		id, old = l.id, l.hash
		return err
	})
	if err != nil {
		return fmt.Errorf("find the login of user %d: %w", user, err)
	}
	if len(from) > maxPassword || !secret.CheckPassword(old, from) {
		return fault.New(fault.Invalid, "current", "This is not your current password.")
	}
	hash, err := secret.HashPassword(to)
	if err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(`UPDATE account_login SET password_hash = ? WHERE id = ?`, hash, id); err != nil {
			return err
		}
		return endWhere(tx, `token_hash <> ? AND EXISTS (SELECT 1 FROM account_user u
			WHERE u.company_id = account_session.company_id AND u.id = account_session.user_id AND u.login_id = ?)`, secret.Hash(keep), id)
	})
}
