package sqlvault_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/dockwright/dockwright/appkit"
	"github.com/dockwright/dockwright/appkit/sqlvault"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

var account = appkit.Account{Company: 40, User: 7}

var start = time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)

func token(access string) appkit.Token {
	return appkit.Token{
		Access: access, Refresh: "r-" + access, APIDomain: "https://acme.example", Scopes: []string{"base", "deals:read"},
		Expiry: start.Add(time.Hour),
	}
}

// each runs fn on an empty database of either kind.
func each(t *testing.T, fn func(t *testing.T, db *sql.DB, d sqlvault.Dialect)) {
	t.Helper()
	for _, c := range []struct {
		name, driver string
		dialect      sqlvault.Dialect
		url          func(testing.TB) string
	}{
		{"sqlite", "sqlite", sqlvault.SQLite, func(t testing.TB) string {
			return "file:" + filepath.Join(t.TempDir(), "app.db") + "?_pragma=busy_timeout(10000)&_pragma=journal_mode(wal)"
		}},
		{"postgres", "pgx", sqlvault.PostgreSQL, storetest.PostgresURL},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			db, err := sql.Open(c.driver, c.url(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := db.Close(); err != nil {
					t.Error(err)
				}
			})
			fn(t, db, c.dialect)
		})
	}
}

func open(t *testing.T, db *sql.DB, o sqlvault.Options) *sqlvault.Vault {
	t.Helper()
	v, err := sqlvault.Open(t.Context(), db, o)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func sealer(t *testing.T, key byte, older ...[]byte) *sqlvault.AESGCM {
	t.Helper()
	s, err := sqlvault.NewAESGCM(bytes.Repeat([]byte{key}, 32), older...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// spec: appkit.install
func TestVault(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *sql.DB, d sqlvault.Dialect) {
		ctx := t.Context()
		now := start
		o := sqlvault.Options{Dialect: d, Sealer: sealer(t, 1), Now: func() time.Time { return now }}
		v := open(t, db, o)
		if _, err := v.Load(ctx, account); !errors.Is(err, appkit.ErrNotInstalled) {
			t.Fatalf("empty: %v", err)
		}
		if err := v.Install(ctx, account, token("a")); err != nil {
			t.Fatal(err)
		}
		v = open(t, db, o) // the app starts again
		if got, err := v.Load(ctx, account); err != nil || !reflect.DeepEqual(got, token("a")) {
			t.Fatalf("%+v %v", got, err)
		}
		for _, other := range []appkit.Account{{Company: 41, User: 7}, {Company: 40, User: 8}} {
			if _, err := v.Load(ctx, other); !errors.Is(err, appkit.ErrNotInstalled) {
				t.Errorf("%+v: %v", other, err)
			}
		}

		if ok, err := v.Replace(ctx, account, token("stale"), token("b")); ok || err != nil {
			t.Errorf("replaced another token: %v %v", ok, err)
		}
		if ok, err := v.Claim(ctx, account, token("a"), 20*time.Second); !ok || err != nil {
			t.Errorf("claim: %v %v", ok, err)
		}
		if ok, err := v.Claim(ctx, account, token("a"), 20*time.Second); ok || err != nil {
			t.Errorf("claimed twice: %v %v", ok, err)
		}
		now = now.Add(21 * time.Second)
		if ok, err := v.Claim(ctx, account, token("a"), 20*time.Second); !ok || err != nil {
			t.Errorf("a claim that has ended: %v %v", ok, err)
		}
		if ok, err := v.Replace(ctx, account, token("a"), token("b")); !ok || err != nil {
			t.Errorf("replace: %v %v", ok, err)
		}
		if ok, err := v.Claim(ctx, account, token("b"), 20*time.Second); !ok || err != nil {
			t.Errorf("the claim outlived the refresh: %v %v", ok, err)
		}

		if err := errors.Join(v.Install(ctx, appkit.Account{Company: 40, User: 3}, token("c")), v.Install(ctx, appkit.Account{Company: 41, User: 1}, token("d")), v.Share(ctx, account, true), v.Share(ctx, appkit.Account{Company: 9, User: 9}, true)); err != nil {
			t.Fatal(err)
		}
		all, err := v.List(ctx, 40)
		want := []sqlvault.Installed{{Account: account, Shared: true, At: start}, {Account: appkit.Account{Company: 40, User: 3}, At: now}}
		if err != nil || !reflect.DeepEqual(all, want) {
			t.Errorf("%+v %v", all, err)
		}
		if n, err := v.Count(ctx); n != 3 || err != nil {
			t.Errorf("there are %d, %v, want 3", n, err)
		}
		if err := v.Install(ctx, account, token("e")); err != nil {
			t.Fatal(err)
		}
		if got, err := v.Load(ctx, account); err != nil || got.Access != "e" {
			t.Errorf("installed again: %+v %v", got, err)
		}

		if err := errors.Join(v.Uninstall(ctx, account), v.Uninstall(ctx, account)); err != nil {
			t.Fatal(err)
		}
		if _, err := v.Load(ctx, account); !errors.Is(err, appkit.ErrNotInstalled) {
			t.Errorf("uninstalled: %v", err)
		}
		if ok, err := v.Replace(ctx, account, token("e"), token("f")); ok || err != nil {
			t.Errorf("a refresh brought an uninstalled app back: %v %v", ok, err)
		}
	})
}

// Two processes with many requests each notice an expired token: the host is
// asked once.
// spec: appkit.install
func TestProcessesShareARefresh(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *sql.DB, d sqlvault.Dialect) {
		src := &source{}
		if err := open(t, db, sqlvault.Options{Dialect: d}).Install(t.Context(), account, appkit.Token{Access: "old", Expiry: time.Now()}); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 2 {
			toks := &appkit.Tokens{Vault: open(t, db, sqlvault.Options{Dialect: d}), Source: src}
			for range 10 {
				wg.Go(func() {
					if tok, err := toks.Get(t.Context(), account); err != nil || tok.Access != "fresh" {
						t.Errorf("%+v %v", tok, err)
					}
				})
			}
		}
		wg.Wait()
		if n := src.n.Load(); n != 1 {
			t.Errorf("%d refreshes", n)
		}
	})
}

type source struct{ n atomic.Int64 }

func (s *source) Refresh(_ context.Context, old appkit.Token) (appkit.Token, error) {
	s.n.Add(1)
	old.Access, old.Expiry = "fresh", time.Now().Add(time.Hour)
	return old, nil
}

// Processes that start together make the table once.
func TestProcessesStartTogether(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *sql.DB, d sqlvault.Dialect) {
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if _, err := sqlvault.Open(t.Context(), db, sqlvault.Options{Dialect: d}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	})
}

func stored(t *testing.T, db *sql.DB) string {
	t.Helper()
	var s string
	if err := db.QueryRowContext(t.Context(), "SELECT token FROM "+sqlvault.DefaultTable).Scan(&s); err != nil {
		t.Fatal(err)
	}
	return s
}

// spec: appkit.install
func TestTokensAreSealed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *sql.DB, d sqlvault.Dialect) {
		ctx := t.Context()
		plain, one := open(t, db, sqlvault.Options{Dialect: d}), open(t, db, sqlvault.Options{Dialect: d, Sealer: sealer(t, 1)})
		if err := plain.Install(ctx, account, token("visible")); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(stored(t, db), "visible") {
			t.Fatal("this test would not see a token that is not sealed")
		}
		if got, err := one.Load(ctx, account); err != nil || got.Access != "visible" {
			t.Errorf("a token from before there was a key: %+v %v", got, err)
		}
		if ok, err := one.Replace(ctx, account, token("visible"), token("hidden")); !ok || err != nil {
			t.Fatal(ok, err)
		}
		if s := stored(t, db); strings.Contains(s, "hidden") || !strings.HasPrefix(s, "sealed:") {
			t.Errorf("stored as %s", s)
		}
		if _, err := plain.Load(ctx, account); err == nil || !strings.Contains(err.Error(), "Options.Sealer") {
			t.Errorf("without the key: %v", err)
		}
		two := open(t, db, sqlvault.Options{Dialect: d, Sealer: sealer(t, 2)})
		if _, err := two.Load(ctx, account); err == nil || !strings.Contains(err.Error(), "another key") {
			t.Errorf("with another key: %v", err)
		}
		changed := open(t, db, sqlvault.Options{Dialect: d, Sealer: sealer(t, 2, bytes.Repeat([]byte{1}, 32))})
		if got, err := changed.Load(ctx, account); err != nil || got.Access != "hidden" {
			t.Errorf("with a new key before the old one: %+v %v", got, err)
		}
		if ok, err := changed.Replace(ctx, account, token("hidden"), token("again")); !ok || err != nil {
			t.Fatal(ok, err)
		}
		if got, err := two.Load(ctx, account); err != nil || got.Access != "again" {
			t.Errorf("sealed with the new key: %+v %v", got, err)
		}
		if _, err := db.ExecContext(ctx, "UPDATE "+sqlvault.DefaultTable+" SET user_id = 8"); err != nil {
			t.Fatal(err)
		}
		if _, err := two.Load(ctx, appkit.Account{Company: 40, User: 8}); err == nil {
			t.Error("a token moved to another account still opens")
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]sqlvault.Options{
		"Options.Dialect": {},
		"Options.Table":   {Dialect: sqlvault.SQLite, Table: "x; DROP TABLE y"},
	} {
		if _, err := sqlvault.Open(t.Context(), nil, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if _, err := sqlvault.NewAESGCM([]byte("short")); err == nil || !strings.Contains(err.Error(), "16, 24 or 32 bytes, got 5") {
		t.Error(err)
	}
}
