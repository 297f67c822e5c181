// Package storetest gives each test a fresh, migrated database of either engine.
// It never skips: a test that cannot have its database fails and names the
// package to install.
package storetest

import (
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/dockwright/dockwright/internal/store"
)

// schema is the building that test databases belong to.
const schema = "test"

// Each runs fn as parallel subtests "sqlite" and "postgres". open gives a fresh,
// migrated database that is closed when the subtest ends.
func Each(t *testing.T, fn func(t *testing.T, open func(ms ...store.Migrations) *store.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		fn(t, func(ms ...store.Migrations) *store.DB { return SQLite(t, ms...) })
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		fn(t, func(ms ...store.Migrations) *store.DB { return Postgres(t, ms...) })
	})
}

// SQLite opens a fresh SQLite database that does not wait for the disk.
func SQLite(t testing.TB, ms ...store.Migrations) *store.DB {
	t.Helper()
	return Open(t, store.Config{URL: "sqlite:" + filepath.Join(t.TempDir(), schema+".db"), Migrations: ms, Unsafe: true})
}

// Postgres opens a fresh PostgreSQL database, a copy of a template that was
// migrated once for this list of migrations.
func Postgres(t testing.TB, ms ...store.Migrations) *store.DB {
	t.Helper()
	return Open(t, store.Config{URL: copyOf(t, ms), Migrations: ms, Unsafe: true})
}

// Open opens a database as cfg says and closes it when the test ends. A missing
// schema name or log is filled in.
func Open(t testing.TB, cfg store.Config) *store.DB {
	t.Helper()
	if cfg.Schema == "" {
		cfg.Schema = schema
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	db, err := store.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close database: %v", err)
		}
	})
	return db
}
