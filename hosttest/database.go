package hosttest

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"

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

// open opens copies of the images that are closed when the test ends.
func open(t testing.TB) (db, journalDB *store.DB) {
	t.Helper()
	from, err := images()
	if err != nil {
		t.Fatal(err)
	}
	dir, opened := t.TempDir(), map[string]*store.DB{}
	for name, ms := range migrations() {
		path := filepath.Join(dir, name+".db")
		if err := os.WriteFile(path, from[name], 0o600); err != nil {
			t.Fatal(err)
		}
		cfg := config(name, path, ms)
		cfg.Migrated = true
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
