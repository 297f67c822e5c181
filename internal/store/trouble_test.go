package store_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"go.uber.org/goleak"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

// envChild makes the test binary a program that writes until it is killed.
const envChild = "DOCKWRIGHT_STORE_CHILD"

func TestMain(m *testing.M) {
	if url := os.Getenv(envChild); url != "" {
		if err := writeForEver(url); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

func durable(url string) store.Config {
	return store.Config{URL: url, Schema: "test", Migrations: []store.Migrations{things}, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
}

// writeForEver stores pairs of lines from many goroutines and says which ones
// were acknowledged.
func writeForEver(url string) error {
	db, err := store.Open(context.Background(), durable(url))
	if err != nil {
		return err
	}
	var group sync.WaitGroup
	for w := range 16 {
		group.Go(func() {
			for i := 0; ; i++ {
				text := fmt.Sprintf("%d/%d", w, i)
				err := db.Update(context.Background(), func(tx *store.Tx) error {
					for _, half := range []string{"a", "b"} {
						if _, err := tx.Exec(`INSERT INTO line (said) VALUES (?)`, text+half); err != nil {
							return err
						}
					}
					if i%5 == 4 {
						return errors.New("poison")
					}
					return nil
				})
				if err == nil {
					fmt.Println(text) // one call to the system, on a file without a buffer
				}
			}
		})
	}
	group.Wait()
	return nil
}

// Whatever was acknowledged is there after kill -9, and nothing is there by half.
// spec: store.durable-answer
func TestKilledProcessKeepsWhatItAcknowledged(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, _ func(ms ...store.Migrations) *store.DB) {
		url := "sqlite:" + filepath.Join(t.TempDir(), "x.db")
		if strings.HasSuffix(t.Name(), "postgres") {
			url = storetest.PostgresURL(t)
		}
		acked := map[string]bool{}
		for round := range 3 {
			for text := range killAfter(t, url, 150) {
				acked[fmt.Sprintf("%d:%s", round, text)] = true
			}
			db := storetest.Open(t, durable(url))
			there := map[string]bool{}
			for _, text := range said(t, db) {
				there[text] = true
			}
			for text := range there {
				if whole, half := strings.CutSuffix(text, "a"); half && !there[whole+"b"] {
					t.Errorf("round %d: %s is there by half", round, whole)
				}
			}
			for key := range acked {
				if text, ok := strings.CutPrefix(key, fmt.Sprint(round, ":")); ok && !there[text+"a"] {
					t.Errorf("round %d: %s was acknowledged and is lost", round, text)
				}
			}
			err := db.Update(t.Context(), func(tx *store.Tx) error { // room for the next round
				_, err := tx.Exec(`DELETE FROM line`)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if len(acked) < 450 {
			t.Errorf("only %d acknowledgements", len(acked))
		}
	})
}

// killAfter runs the child until it has acknowledged so much, kills it, and
// returns all that it said.
func killAfter(t *testing.T, url string, acks int) map[string]bool {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), envChild+"="+url)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	heard := map[string]bool{}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if heard[lines.Text()] = true; len(heard) == acks {
			if err := child.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
	}
	_ = child.Wait() // it was killed
	return heard
}

// spec: store.unavailable
func TestFailedCommitIsUnavailable(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t, things)
	var refuse atomic.Bool
	if err := db.FailCommits(refuse.Load); err != nil {
		t.Fatal(err)
	}
	refuse.Store(true)
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			err := db.Update(context.Background(), func(tx *store.Tx) error {
				tx.AfterCommit(func() { t.Error("AfterCommit ran without a commit") })
				_, err := tx.Exec(`INSERT INTO line (said) VALUES (?)`, fmt.Sprint(i))
				return err
			})
			if e, ok := fault.As(err); !ok || e.Kind != fault.Unavailable || e.After <= 0 {
				t.Errorf("write %d: %v", i, err)
			}
		})
	}
	group.Wait()
	refuse.Store(false)
	if err := say(db, "after"); err != nil {
		t.Fatal(err)
	}
	if lines := said(t, db); len(lines) != 1 {
		t.Errorf("stored %q", lines)
	}
}

func TestFullDiskIsUnavailable(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t, things)
	limit := func(pages int) {
		if err := db.Update(t.Context(), func(tx *store.Tx) error {
			_, err := store.Select(tx, store.Value[int64], fmt.Sprintf(`PRAGMA max_page_count = %d`, pages))
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	limit(1) // SQLite reads it as: no more than there are
	if err := say(db, strings.Repeat("x", 100_000)); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a full disk: %v", err)
	}
	limit(1 << 30)
	if err := say(db, "after"); err != nil {
		t.Error(err)
	}
}

func TestLostServerIsUnavailable(t *testing.T) {
	t.Parallel()
	db := storetest.Postgres(t, things)
	self := func(tx *store.Tx) (int64, error) { return store.One(tx, store.Value[int64], `SELECT pg_backend_pid()`) }
	kill := func(pid int64) error {
		return db.Update(t.Context(), func(tx *store.Tx) error {
			_, err := store.One(tx, store.Value[bool], `SELECT pg_terminate_backend(CAST(? AS INTEGER), 5000)`, pid)
			return err
		})
	}
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		pid, err := self(tx)
		if err != nil {
			return err
		}
		if err := kill(pid); err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO line (said) VALUES ('lost')`)
		return err
	})
	if fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a line cut before a statement: %v", err)
	}
	err = db.Update(t.Context(), func(tx *store.Tx) error {
		pid, err := self(tx)
		if err != nil {
			return err
		}
		tx.BeforeCommit("cut", func(*store.Tx) error { return kill(pid) })
		_, err = tx.Exec(`INSERT INTO line (said) VALUES ('lost')`)
		return err
	})
	if fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a line cut before the commit: %v", err)
	}
	if lines := said(t, db); len(lines) != 0 {
		t.Errorf("stored %q", lines)
	}
}

// A reference that is only checked at the commit fails its own write.
func TestDeferredReference(t *testing.T) {
	t.Parallel()
	late := store.Migrations{Room: "late", FS: fstest.MapFS{"schema/00001_late.sql": {Data: []byte(`-- +goose Up
CREATE TABLE owner (id BIGINT PRIMARY KEY);
CREATE TABLE pet (id BIGINT PRIMARY KEY, owner_id BIGINT NOT NULL REFERENCES owner (id) DEFERRABLE INITIALLY DEFERRED);
`)}}}
	storetest.Each(t, func(t *testing.T, open func(ms ...store.Migrations) *store.DB) {
		db := open(late)
		var group sync.WaitGroup
		for i := range 30 {
			group.Go(func() {
				err := db.Update(context.Background(), func(tx *store.Tx) error {
					if _, err := tx.Exec(`INSERT INTO pet (id, owner_id) VALUES (?, ?)`, i, i); err != nil || i%3 == 0 {
						return err
					}
					_, err := tx.Exec(`INSERT INTO owner (id) VALUES (?)`, i)
					return err
				})
				if (err != nil) != (i%3 == 0) || err != nil && fault.KindOf(err) != fault.Internal {
					t.Errorf("write %d: %v", i, err)
				}
			})
		}
		group.Wait()
	})
}

func TestTheQueueIsBounded(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		started, release := make(chan struct{}, store.QueueLength), make(chan struct{})
		results := make(chan error, 3*store.QueueLength)
		spawned := 0
		spawn := func() {
			spawned++
			go func() {
				results <- db.Update(context.Background(), func(tx *store.Tx) error {
					select {
					case started <- struct{}{}:
					default:
					}
					<-release
					return nil
				})
			}()
		}
		spawn()
		<-started
		var refused error
		for refused == nil {
			spawn()
			select {
			case refused = <-results:
			default:
			}
			if spawned > 3*store.QueueLength-1 {
				break
			}
		}
		if refused == nil {
			refused = <-results
		}
		if e, ok := fault.As(refused); !ok || e.Kind != fault.Unavailable || e.After <= 0 {
			t.Errorf("beyond the queue: %v", refused)
		}
		close(release)
		good := 0
		for range spawned - 1 {
			if err := <-results; err == nil {
				good++
			} else if fault.KindOf(err) != fault.Unavailable {
				t.Error(err)
			}
		}
		if good < store.QueueLength {
			t.Errorf("%d writes went through, want at least %d", good, store.QueueLength)
		}
	})
}
