package hosttest

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/host"
	"github.com/dockwright/dockwright/internal/host/journal"
	"github.com/dockwright/dockwright/internal/store"
)

// images are the two databases of a host as its first start leaves them. They
// are made once in a test binary and copied for each host.
var images = sync.OnceValues(func() (map[string][]byte, error) {
	dir, err := os.MkdirTemp("", "hosttest")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	out := map[string][]byte{}
	for name, ms := range migrations() {
		path := filepath.Join(dir, name+".db")
		db, err := store.Open(context.Background(), config(name, path, ms))
		if err != nil {
			return nil, err
		}
		if err := db.Close(); err != nil {
			return nil, fmt.Errorf("close the image of %s: %w", name, err)
		}
		if out[name], err = os.ReadFile(path); err != nil {
			return nil, err
		}
	}
	return out, nil
})

// migrations are the tables of each database, by its name.
func migrations() map[string][]store.Migrations {
	return map[string][]store.Migrations{"host": host.Migrations(), "journal": {journal.Migrations}}
}

func config(name, path string, ms []store.Migrations) store.Config {
	return store.Config{URL: "sqlite:" + path, Schema: name, Migrations: ms, Unsafe: true, Log: slog.New(slog.DiscardHandler)}
}

// open opens databases as a host's first start leaves them, and closes them when
// the test ends.
func (s settings) open(t testing.TB, now clock.Clock) (db, journalDB *store.DB) {
	t.Helper()
	at := copies
	if s.postgres != "" {
		at = s.schemas
	}
	opened := map[string]*store.DB{}
	for name, cfg := range at(t) {
		cfg.Clock = now
		one, err := store.Open(context.Background(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := one.Close(); err != nil {
				t.Errorf("hosttest: close the database %s: %v", name, err)
			}
		})
		opened[name] = one
	}
	return opened["host"], opened["journal"]
}

// copies are copies of the images in the test's temporary directory.
func copies(t testing.TB) map[string]store.Config {
	t.Helper()
	from, err := images()
	if err != nil {
		t.Fatal(err)
	}
	dir, out := t.TempDir(), map[string]store.Config{}
	for name, ms := range migrations() {
		path := filepath.Join(dir, name+".db")
		if err := os.WriteFile(path, from[name], 0o600); err != nil {
			t.Fatal(err)
		}
		cfg := config(name, path, ms)
		cfg.Migrated = true
		out[name] = cfg
	}
	return out
}

// schemas are new schemas on a PostgreSQL server, dropped when the test ends.
func (s settings) schemas(t testing.TB) map[string]store.Config {
	t.Helper()
	mark, out := strings.ToLower(rand.Text()), map[string]store.Config{}
	for name, ms := range migrations() {
		cfg := store.Config{URL: s.postgres, Schema: "hosttest_" + name + "_" + mark, Migrations: ms, Unsafe: true, Log: slog.New(slog.DiscardHandler)}
		t.Cleanup(func() { // after the database has been closed
			if err := drop(s.postgres, cfg.Schema); err != nil {
				t.Errorf("hosttest: drop the schema %s: %v", cfg.Schema, err)
			}
		})
		out[name] = cfg
	}
	return out
}

func drop(url, schema string) error {
	ctx := context.Background()
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	_, err = c.Exec(ctx, "DROP SCHEMA IF EXISTS "+pgx.Identifier{schema}.Sanitize()+" CASCADE")
	return err
}
