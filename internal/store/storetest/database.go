package storetest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/dockwright/dockwright/internal/store"
)

// creation is the advisory lock under which databases are made: a template may
// have no other user while it is copied, and many packages share the server.
const creation = 7216190418

// PostgresURL makes an empty database on the run's server and returns its
// address. The database is dropped when the test ends.
func PostgresURL(t testing.TB) string {
	t.Helper()
	return create(t, func(ctx context.Context, admin *pgx.Conn, name string) error {
		_, err := admin.Exec(ctx, "CREATE DATABASE "+name)
		return err
	})
}

// copyOf makes a database from the template for ms.
func copyOf(t testing.TB, ms []store.Migrations) string {
	t.Helper()
	template, err := fingerprint(ms)
	if err != nil {
		t.Fatal(err)
	}
	return create(t, func(ctx context.Context, admin *pgx.Conn, name string) error {
		if err := ensure(ctx, admin, template, ms); err != nil {
			return fmt.Errorf("make template: %w", err)
		}
		_, err := admin.Exec(ctx, "CREATE DATABASE "+name+" TEMPLATE "+template)
		return err
	})
}

func create(t testing.TB, build func(context.Context, *pgx.Conn, string) error) string {
	t.Helper()
	name := "t_" + strings.ToLower(rand.Text())
	if err := admin(func(ctx context.Context, c *pgx.Conn) error { return build(ctx, c, name) }); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := admin(func(ctx context.Context, c *pgx.Conn) error {
			_, err := c.Exec(ctx, "DROP DATABASE "+name+" WITH (FORCE)")
			return err
		}); err != nil {
			t.Errorf("drop database: %v", err)
		}
	})
	return at(name)
}

// admin runs fn alone on the server, as far as making databases goes.
func admin(fn func(context.Context, *pgx.Conn) error) error {
	base, err := server()
	if err != nil {
		return err
	}
	ctx := context.Background()
	c, err := pgx.Connect(ctx, base)
	if err != nil {
		return err
	}
	defer c.Close(ctx) // also lets go of the lock
	if _, err := c.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(creation)); err != nil {
		return err
	}
	return fn(ctx, c)
}

// at is the address of a database on the run's server.
func at(name string) string {
	base, _ := server()
	u, err := url.Parse(base)
	if err != nil {
		return base
	}
	u.Path = "/" + name
	return u.String()
}

// ensure makes the template unless another package has made it. It gets its
// name when it is complete, so that one left half done is never copied.
func ensure(ctx context.Context, c *pgx.Conn, template string, ms []store.Migrations) error {
	var exists bool
	if err := c.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)", template).Scan(&exists); err != nil || exists {
		return err
	}
	draft := "d_" + strings.ToLower(rand.Text())
	if _, err := c.Exec(ctx, "CREATE DATABASE "+draft); err != nil {
		return err
	}
	db, err := store.Open(ctx, store.Config{URL: at(draft), Schema: schema, Migrations: ms, Unsafe: true, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		return err
	}
	if err := db.Close(); err != nil {
		return err
	}
	_, err = c.Exec(ctx, "ALTER DATABASE "+draft+" RENAME TO "+template)
	return err
}

// fingerprint names the template for these migrations by what they say.
func fingerprint(ms []store.Migrations) (string, error) {
	h := sha256.New()
	for _, m := range ms {
		fmt.Fprintf(h, "room %q\n", m.Room)
		err := fs.WalkDir(m.FS, ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := fs.ReadFile(m.FS, path)
			fmt.Fprintf(h, "%q %q\n", path, text)
			return err
		})
		if err != nil {
			return "", err
		}
	}
	return "template_" + hex.EncodeToString(h.Sum(nil)[:10]), nil
}
