// Package storetest gives each test a fresh, migrated database of either engine.
// It never skips: a test that cannot have its database fails and names the
// package to install.
package storetest

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
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

// SQLite opens a fresh SQLite database that does not wait for the disk: a copy of
// an image that was migrated once in this process for this list of migrations.
func SQLite(t testing.TB, ms ...store.Migrations) *store.DB {
	t.Helper()
	image, err := imageOf(ms)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), schema+".db")
	if err := os.WriteFile(path, image, 0o600); err != nil {
		t.Fatal(err)
	}
	return Open(t, store.Config{URL: "sqlite:" + path, Migrations: ms, Migrated: true, Unsafe: true})
}

// images are migrated SQLite databases by the fingerprint of their migrations.
var images sync.Map

// imageOf makes the image when it is first asked for.
func imageOf(ms []store.Migrations) ([]byte, error) {
	key, err := fingerprint(ms)
	if err != nil {
		return nil, err
	}
	made, _ := images.LoadOrStore(key, sync.OnceValues(func() ([]byte, error) { return makeImage(ms) }))
	return made.(func() ([]byte, error))()
}

func makeImage(ms []store.Migrations) ([]byte, error) {
	dir, err := os.MkdirTemp("", "storetest")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, schema+".db")
	db, err := store.Open(context.Background(), store.Config{
		URL: "sqlite:" + path, Schema: schema, Migrations: ms, Unsafe: true, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
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
