// Package store opens a building's own database, SQLite in process or a schema
// of a PostgreSQL server, and gives every room the same small transaction over
// either. SQL is written once: "?" stands for an argument and "@company" for
// the company the handle is bound to.
//
// A transaction is a function. It may run more than once (PostgreSQL asks for a
// new try after a deadlock), so it must have no effect outside the transaction;
// what must happen after the commit goes into [Tx.AfterCommit]. It must not
// begin another transaction and must not call out.
package store

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
)

// Dialect names the engine behind a DB.
type Dialect string

// The two engines.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// Migrations are the tables of one room, as numbered goose files. They are
// written in PostgreSQL's words; for SQLite BYTEA becomes BLOB and BIGSERIAL
// PRIMARY KEY becomes INTEGER PRIMARY KEY AUTOINCREMENT. A line that begins with
// "-- +sqlite " or "-- +postgres " is a statement for that database alone.
type Migrations struct {
	Room string // the room's name; it names the table that remembers versions
	FS   fs.FS  // holds schema/*.sql
}

// Config says which database to open and what it must contain.
type Config struct {
	// URL is "sqlite:PATH" or "postgres://…".
	URL string
	// Schema is the building's name; on PostgreSQL it is the schema that holds
	// its tables, created when missing.
	Schema string
	// Migrations are brought up to date before Open returns, in this order.
	Migrations []Migrations
	// Migrated says that the database is a copy of one that has the Migrations
	// already; nothing is looked at then. It is for tests that make many databases.
	Migrated bool
	// Unsafe turns off waiting for the disk. It is for tests that make many
	// databases; a power cut may lose what was acknowledged.
	Unsafe bool
	// OneCommitPerWrite turns off group commit. It is for the bench that shows
	// what group commit is worth.
	OneCommitPerWrite bool
	// Clock stamps nothing in SQL; it is what rooms ask. Default: clock.System.
	Clock clock.Clock
	// Log receives what no caller is told. Default: slog.Default().
	Log *slog.Logger
}

// engine is what differs between the two databases.
type engine interface {
	update(ctx context.Context, company int64, fn func(*Tx) error) error
	view(ctx context.Context, company int64, fn func(*Tx) error) error
	notify(topic, payload string)
	close() error
}

// DB is a building's database. It is not bound to a company: only sign-in,
// OAuth, lanes and the operator's desk may use it directly (a list kept by
// internal/arch); rooms get a [Company].
type DB struct {
	dialect Dialect
	engine  engine
	clock   clock.Clock
	bus     *bus
}

// Open opens the database, locks it if it is a file, and migrates it.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	db := &DB{clock: cfg.Clock, bus: newBus()}
	var err error
	switch {
	case strings.HasPrefix(cfg.URL, "sqlite:"):
		db.dialect = SQLite
		db.engine, err = openSQLite(ctx, cfg, db)
	case strings.HasPrefix(cfg.URL, "postgres://"), strings.HasPrefix(cfg.URL, "postgresql://"):
		db.dialect = Postgres
		db.engine, err = openPostgres(ctx, cfg, db)
	default:
		return nil, fault.New(fault.Invalid, "database", "expected sqlite:PATH or postgres://…, got %q", cfg.URL)
	}
	if err != nil {
		return nil, fmt.Errorf("open database of %s: %w", cfg.Schema, err)
	}
	return db, nil
}

// Close waits for running writes and closes the database.
func (db *DB) Close() error { return db.engine.close() }

// Dialect names the engine.
func (db *DB) Dialect() Dialect { return db.dialect }

// Now is the database's clock.
func (db *DB) Now() time.Time { return db.clock.Now() }

// Company returns the handle that is bound to one company. Every statement sent
// through it must name @company.
func (db *DB) Company(id int64) Company { return Company{db: db, id: id} }

// Update runs fn in a write transaction that is not bound to a company and
// returns after it is durable. On SQLite concurrent updates share one commit;
// an error from fn undoes only its own part. If the commit fails the error is of
// kind fault.Unavailable and nothing was stored.
func (db *DB) Update(ctx context.Context, fn func(*Tx) error) error {
	return db.engine.update(ctx, 0, fn)
}

type forgettable struct{}

// Forgettable marks the writes begun with this context as such that a power cut
// may take back, though no reader ever sees them half done and a killed program
// does not lose them. On PostgreSQL they do not wait for the disk. It is for
// leases and other marks that are made again when they are missing.
func Forgettable(ctx context.Context) context.Context {
	return context.WithValue(ctx, forgettable{}, true)
}

// View runs fn in a read-only snapshot that is not bound to a company.
func (db *DB) View(ctx context.Context, fn func(*Tx) error) error {
	return db.engine.view(ctx, 0, fn)
}

// Notify tells every process that uses this database that topic has news. It is
// a hint: it may be lost or merged with an equal one, so who waits must also
// look by itself from time to time. Call it after the commit, never inside.
func (db *DB) Notify(topic, payload string) {
	db.bus.publish(topic, payload)
	db.engine.notify(topic, payload)
}

// Listen calls fn, which must not block, for each notice on topic from this or
// another process until stop is called.
func (db *DB) Listen(topic string, fn func(payload string)) (stop func()) {
	return db.bus.subscribe(topic, fn)
}

// Company is the database as one company may see it.
type Company struct {
	db *DB
	id int64
}

// ID is the company's id.
func (c Company) ID() int64 { return c.id }

// Update is [DB.Update], bound to the company.
func (c Company) Update(ctx context.Context, fn func(*Tx) error) error {
	if c.id <= 0 {
		return fmt.Errorf("store: update without a company")
	}
	return c.db.engine.update(ctx, c.id, fn)
}

// View is [DB.View], bound to the company.
func (c Company) View(ctx context.Context, fn func(*Tx) error) error {
	if c.id <= 0 {
		return fmt.Errorf("store: view without a company")
	}
	return c.db.engine.view(ctx, c.id, fn)
}
