package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

func TestLastSteps(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		var steps []string
		type key struct{}
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			list := func(tx *store.Tx) *[]string { return tx.Local(key{}, func() any { return new([]string) }).(*[]string) }
			for _, word := range []string{"a", "b"} {
				*list(tx) = append(*list(tx), word)
				tx.BeforeCommit("log", func(tx *store.Tx) error {
					steps = append(steps, "log "+strings.Join(*list(tx), ""))
					*list(tx) = nil
					return nil
				})
			}
			tx.BeforeCommit("late", func(tx *store.Tx) error {
				*list(tx.Bind(1)) = append(*list(tx.Bind(1)), "c")
				tx.BeforeCommit("log", func(tx *store.Tx) error {
					steps = append(steps, "again "+strings.Join(*list(tx), ""))
					return nil
				})
				return nil
			})
			tx.AfterCommit(func() { steps = append(steps, "after") })
			return nil
		})
		if got := strings.Join(steps, ", "); err != nil || got != "log ab, again c, after" {
			t.Errorf("steps: %s (%v)", got, err)
		}
		refuse := errors.New("refused")
		err = db.Update(t.Context(), func(tx *store.Tx) error {
			tx.AfterCommit(func() { t.Error("AfterCommit ran for a failed transaction") })
			tx.BeforeCommit("log", func(*store.Tx) error { return refuse })
			_, err := tx.Exec(`INSERT INTO line (said) VALUES ('lost')`)
			return err
		})
		if !errors.Is(err, refuse) || len(said(t, db)) != 0 {
			t.Errorf("a last step's refusal: %v, %q", err, said(t, db))
		}
	})
}

func TestAViewIsASnapshot(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		if err := say(db, "one"); err != nil {
			t.Fatal(err)
		}
		count := func(tx *store.Tx) int64 {
			n, err := store.One(tx, store.Value[int64], `SELECT COUNT(*) FROM line`)
			if err != nil {
				t.Error(err)
			}
			return n
		}
		err := db.View(t.Context(), func(tx *store.Tx) error {
			before := count(tx)
			if err := say(db, "two"); err != nil {
				return err
			}
			if after := count(tx); before != 1 || after != 1 {
				t.Errorf("the snapshot moved from %d to %d lines", before, after)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		if lines := said(t, db); len(lines) != 2 {
			t.Errorf("a later snapshot shows %q", lines)
		}
		err = db.View(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(`INSERT INTO line (said) VALUES ('three')`)
			return err
		})
		if err == nil {
			t.Error("a snapshot was written to")
		}
	})
}

func TestATransactionEnds(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		var kept *store.Tx
		if err := db.Update(t.Context(), func(tx *store.Tx) error { kept = tx; return nil }); err != nil {
			t.Fatal(err)
		}
		if _, err := kept.Exec(`INSERT INTO line (said) VALUES ('late')`); err == nil || !strings.Contains(err.Error(), "ended") {
			t.Errorf("a statement after the end: %v", err)
		}
	})
}

// spec: store.one-process
func TestASecondProcessIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "deep", "host.db")
	storetest.Open(t, store.Config{URL: "sqlite:" + path})
	_, err := store.Open(t.Context(), store.Config{URL: "sqlite:" + path, Schema: "host"})
	if fault.KindOf(err) != fault.Conflict || !strings.Contains(err.Error(), "another process is using") || !strings.Contains(err.Error(), "--data") {
		t.Errorf("second opener: %v", err)
	}
	if _, err := store.Open(t.Context(), store.Config{URL: "mysql://x"}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("unknown engine: %v", err)
	}
}

// spec: store.private-files
func TestFilesAreForTheirOwner(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db := storetest.Open(t, store.Config{URL: "sqlite:" + filepath.Join(dir, "host.db")})
	if err := db.Update(t.Context(), func(*store.Tx) error { return nil }); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) < 3 { // the database, its log, its lock
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is %v, %v", f.Name(), info.Mode(), err)
		}
	}
}

func TestClosedDatabase(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "host.db")
	db := storetest.Open(t, store.Config{URL: "sqlite:" + path, Migrations: []store.Migrations{things}, Unsafe: true})
	var group sync.WaitGroup
	var mu sync.Mutex
	acked := 0
	for i := range 50 {
		group.Go(func() {
			switch err := say(db, fmt.Sprint(i)); {
			case err == nil:
				mu.Lock()
				acked++
				mu.Unlock()
			case fault.KindOf(err) != fault.Unavailable:
				t.Errorf("write while closing: %v", err)
			}
		})
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	group.Wait()
	if err := db.View(t.Context(), func(*store.Tx) error { return nil }); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a snapshot of a closed database: %v", err)
	}
	again := storetest.Open(t, store.Config{URL: "sqlite:" + path, Migrations: []store.Migrations{things}, Unsafe: true})
	if lines := said(t, again); len(lines) != acked {
		t.Errorf("%d lines for %d answers", len(lines), acked)
	}
}

func TestNoticesReachOtherNodes(t *testing.T) {
	t.Parallel()
	url := storetest.PostgresURL(t)
	one := storetest.Open(t, store.Config{URL: url, Unsafe: true})
	two := storetest.Open(t, store.Config{URL: url, Unsafe: true})
	other := storetest.Open(t, store.Config{URL: url, Schema: "elsewhere", Unsafe: true})
	heard := make(chan string, 100)
	defer two.Listen("news", func(p string) { heard <- p })()
	defer other.Listen("news", func(p string) { t.Errorf("another building heard %q", p) })()
	// The listening connection may not stand yet, so the first word is repeated.
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for got := ""; got != "hello"; {
		one.Notify("news", "hello")
		select {
		case got = <-heard:
		case <-again.C:
		}
	}
	if err := one.Update(t.Context(), func(tx *store.Tx) error { tx.Notify("news", "from inside"); return nil }); err != nil {
		t.Fatal(err)
	}
	for got := ""; got != "from inside"; {
		got = <-heard
	}
}

func TestNodesThatStartTogetherMigrateOnce(t *testing.T) {
	t.Parallel()
	url := storetest.PostgresURL(t)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			db, err := store.Open(context.Background(), store.Config{URL: url, Schema: "host", Migrations: []store.Migrations{things}, Unsafe: true})
			if err != nil {
				t.Error(err)
				return
			}
			_ = db.Close()
		})
	}
	group.Wait()
}

func TestWritersOfOneRowAreAllCounted(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		var group sync.WaitGroup
		for range 40 {
			group.Go(func() {
				if err := db.Company(1).Update(context.Background(), func(tx *store.Tx) error {
					_, err := tx.NextID("thing")
					return err
				}); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		err := db.Company(1).Update(t.Context(), func(tx *store.Tx) error {
			id, err := tx.NextID("thing")
			if id != 41 {
				t.Errorf("id %d after 40 ids", id)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}
