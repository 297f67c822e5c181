// Package account knows the companies of a host, their users, and which browser
// is signed in as whom.
//
// A company, a login and a user are three things: a login is an email with a
// password, a user is what a login is in one company. Everything outside this
// room is keyed by company and user.
package account

import (
	"embed"
	"time"

	"github.com/dockwright/dockwright/internal/store"
)

//go:embed schema/*.sql
var schemaFS embed.FS

// Migrations are the room's tables.
var Migrations = store.Migrations{Room: "account", FS: schemaFS}

// Company is one tenant of the host.
type Company struct {
	ID        int64
	Name      string
	Domain    string // short name, unique on the host: "nordwind"
	Country   string // two letters, may be empty
	Industry  string // free text, may be empty
	Currency  string // three letters
	CreatedAt time.Time
}

// User is what a login is in one company.
type User struct {
	Company, ID int64
	Name        string
	Email       string // of the login
	Phone       string // may be empty
	Locale      string // how numbers and dates are written, "en_US"
	Timezone    string // IANA name
	Currency    string // three letters
	IconURL     string // may be empty
	Admin       bool   // administers the company
	Active      bool   // may sign in and be assigned work
	CreatedAt   time.Time
	ModifiedAt  time.Time
	LastLogin   time.Time // zero if never
}

// Options are what a Service needs besides its database.
type Options struct {
	// Demo lets users sign in without a password. It is for `up` only, which
	// listens to nobody but this machine.
	Demo bool
}

// Service is the room.
type Service struct {
	db    *store.DB
	opts  Options
	setup setupGate
}

// New returns the room over db, which must have its Migrations.
func New(db *store.DB, o Options) *Service { return &Service{db: db, opts: o} }

// Demo reports whether users may be switched without a password.
func (s *Service) Demo() bool { return s.opts.Demo }
