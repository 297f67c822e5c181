// Package records keeps what a company knows of its customers: persons,
// organizations, leads, deals in the stages of pipelines, and notes on any of
// them. Other rooms ask it for titles and search it; they never read its tables.
package records

import (
	"embed"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/store"
)

//go:embed schema/*.sql
var schemaFS embed.FS

// Migrations are the room's tables.
var Migrations = store.Migrations{Room: "records", FS: schemaFS}

// Users finds a user of the company that tx is bound to, or answers
// fault.NotFound. The account room does.
type Users interface {
	User(tx *store.Tx, id int64) (account.User, error)
}

// Service is the room.
type Service struct {
	db    *store.DB
	users Users // nil: nobody asks whether users exist

	activityGuard ActivityGuard // nil: nobody takes part
}

// Setting changes what New makes.
type Setting func(*Service)

// WithUsers lets the room refuse references to users who do not exist.
func WithUsers(u Users) Setting { return func(s *Service) { s.users = u } }

// New returns the room over db, which must have its Migrations.
func New(db *store.DB, settings ...Setting) *Service {
	s := &Service{db: db}
	for _, set := range settings {
		set(s)
	}
	return s
}

// The kinds of records, as links and titles name them.
const (
	KindPerson       = "person"
	KindOrganization = "organization"
	KindDeal         = "deal"
	KindLead         = "lead"
)

// Ref names another record, for showing a link to it. The zero Ref is no record.
type Ref struct {
	ID   int64
	Name string
}

// Page says which part of a list is wanted.
type Page struct {
	After string // what the page before returned as next; empty for the first
	Limit int    // at most 500; 100 when 0
}

func (p Page) limit() int {
	if p.Limit <= 0 {
		return 100
	}
	return min(p.Limit, 500)
}

const maxTitle = 255 // characters

// title checks a name or title that a person gave.
func title(field, s string) (string, error) {
	s = strings.TrimSpace(s)
	if n := utf8.RuneCountInString(s); n == 0 || n > maxTitle || !utf8.ValidString(s) {
		return "", fault.New(fault.Invalid, field, "Expected 1 to %d characters, got %d.", maxTitle, n)
	}
	return s, nil
}

// date checks a day that may be missing.
func date(field, s string) error {
	if s == "" {
		return nil
	}
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return fault.New(fault.Invalid, field, "Expected a day such as 2026-11-30, got %q.", s)
	}
	return nil
}

// fold makes text comparable: small letters, single spaces.
func fold(parts ...string) string {
	return strings.Join(strings.Fields(strings.ToLower(strings.Join(parts, " "))), " ")
}

// like makes a LIKE pattern that finds term anywhere; the escape is "\".
func like(term string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(fold(term)) + "%"
}

// null is how a missing reference is stored.
func null[T comparable](id T) any {
	var none T
	if id == none {
		return nil
	}
	return id
}

// found turns "no rows" into an answer for people.
func found[T any](v T, err error, what string, id any) (T, error) {
	if errors.Is(err, store.ErrNoRows) {
		return v, fault.Missing("There is no %s %v, or it was deleted.", what, id)
	}
	return v, err
}

// exists refuses a reference to a record that is not there; the database would
// refuse it too, in words for nobody.
func (s *Service) exists(tx *store.Tx, field, query string, id any) error {
	n, err := store.One(tx, store.Value[int64], query, id)
	if err == nil && n == 0 {
		err = fault.New(fault.Invalid, field, "Expected an existing record, got %v, which does not exist.", id)
	}
	return err
}

// currencyOf is the currency in which a user makes records; none for nobody.
// spec: rest.leads.convert-currency
func (s *Service) currencyOf(tx *store.Tx, user int64) (string, error) {
	if s.users == nil || user == 0 {
		return "", nil
	}
	u, err := s.users.User(tx, user)
	return u.Currency, err
}

// existsUser refuses a reference to a user who is not there. 0 is nobody.
func (s *Service) existsUser(tx *store.Tx, field string, id int64) error {
	if s.users == nil || id == 0 {
		return nil
	}
	_, err := s.users.User(tx, id)
	if told, ok := fault.As(err); ok && told.Kind == fault.NotFound {
		return fault.New(fault.Invalid, field, "Expected a user of this company, got %d, who does not exist.", id)
	}
	return err
}
