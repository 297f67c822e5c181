package lane_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

func TestALostLeaseStoresNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(ms ...store.Migrations) *store.DB) {
		db := open(lane.Migrations)
		r := lane.NewRunner(db, lane.Options{Log: quiet, Lease: 40 * time.Millisecond})
		calls := make(chan (<-chan struct{}), 10)
		answer := make(chan struct{})
		stored := make(chan string, 10)
		first := true
		var mu sync.Mutex
		r.Handle("send", func(ctx context.Context, j lane.Job) (func(*store.Tx) error, error) {
			mu.Lock()
			who := "second"
			if first {
				who, first = "first", false
			}
			mu.Unlock()
			if who == "first" {
				calls <- ctx.Done()
				<-answer // a handler that does not listen to its context
			}
			return func(tx *store.Tx) error { tx.AfterCommit(func() { stored <- who + string(j.Payload) }); return nil }, nil
		})
		add(t, db, 1, job("k", 0), job("k", 1))
		stop := run(t, r)
		<-(<-calls) // its context ended before the lease did
		if got := <-stored; got != "second0" {
			t.Errorf("stored %s", got)
		}
		if got := <-stored; got != "second1" {
			t.Errorf("stored %s", got)
		}
		close(answer)
		stop()
		if len(stored) != 0 {
			t.Errorf("the lost lease stored %s", <-stored)
		}
	})
}

func TestShutDownLeavesNothingBehind(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		r := lane.NewRunner(db, lane.Options{Log: quiet})
		started := make(chan struct{})
		r.Handle("send", func(ctx context.Context, _ lane.Job) (func(*store.Tx) error, error) {
			close(started)
			<-ctx.Done()
			return nil, ctx.Err()
		})
		add(t, db, 1, job("k", 0))
		stop := run(t, r)
		<-started
		stop()
		// The next start need not wait for the lease of a minute to run out.
		again := lane.NewRunner(db, lane.Options{Log: quiet})
		got := make(chan lane.Job, 1)
		again.Handle("send", func(_ context.Context, j lane.Job) (func(*store.Tx) error, error) { got <- j; return nil, nil })
		run(t, again)
		if j := <-got; j.Attempts != 0 {
			t.Errorf("being cut short counted as %d attempts", j.Attempts)
		}
	})
}

func TestASoleRunnerTakesItsLanesBack(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		add(t, db, 1, job("k", 0))
		// A runner that was killed has left its lease behind.
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			n, err := tx.Exec(`UPDATE lane SET fence = 7, owner = 'dead', ready_at = ?`, clock.Micros(tx.Now().Add(24*time.Hour)))
			if err == nil && n != 1 {
				t.Errorf("%d lanes were leased", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		r := lane.NewRunner(db, lane.Options{Log: quiet, Sole: true})
		got := make(chan lane.Job, 1)
		r.Handle("send", func(_ context.Context, j lane.Job) (func(*store.Tx) error, error) { got <- j; return nil, nil })
		run(t, r)
		<-got
	})
}

func TestUnknownKindAndPanic(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		failures := make(chan string, 100)
		log := slog.New(slog.NewTextHandler(writerFunc(func(p []byte) { failures <- string(p) }), nil))
		r := lane.NewRunner(db, lane.Options{Log: log, MinBackoff: time.Hour, MaxBackoff: time.Hour})
		r.Handle("send", func(context.Context, lane.Job) (func(*store.Tx) error, error) { panic("boom") })
		add(t, db, 1, job("a", 0))
		run(t, r)
		if got := <-failures; !strings.Contains(got, "boom") {
			t.Errorf("logged %s", got)
		}
		add(t, db, 1, lane.Job{Kind: "unheard", Key: "b"})
		if got := <-failures; !strings.Contains(got, "no handler for jobs of kind unheard") {
			t.Errorf("logged %s", got)
		}
		if n := waiting(t, db, 1); n != 2 {
			t.Errorf("%d jobs wait, want both", n)
		}
	})
}

type writerFunc func([]byte)

func (f writerFunc) Write(p []byte) (int, error) { f(p); return len(p), nil }

func TestAddRefuses(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		for _, j := range []lane.Job{{Kind: "x"}, {Key: "x"}} {
			err := db.Company(1).Update(t.Context(), func(tx *store.Tx) error { return lane.Add(tx, j) })
			if err == nil {
				t.Errorf("job %+v was taken", j)
			}
		}
		lost := errors.New("no")
		err := db.Company(1).Update(t.Context(), func(tx *store.Tx) error {
			if err := lane.Add(tx, job("k", 0)); err != nil {
				return err
			}
			return lost
		})
		if !errors.Is(err, lost) || waiting(t, db, 1) != 0 {
			t.Errorf("a job outlived its transaction: %v", err)
		}
	})
}

func TestJobsOfTheFuture(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(ms ...store.Migrations) *store.DB) {
		db := open(lane.Migrations)
		r := lane.NewRunner(db, lane.Options{Log: quiet})
		ran := make(chan string, 10)
		r.Handle("send", func(_ context.Context, j lane.Job) (func(*store.Tx) error, error) {
			if early := time.Until(j.NotBefore); early > 0 {
				t.Errorf("%s ran %v early", j.Payload, early)
			}
			ran <- string(j.Payload)
			return nil, nil
		})
		later := job("k", 0)
		later.NotBefore = time.Now().Add(60 * time.Millisecond).Truncate(time.Microsecond)
		add(t, db, 1, later, job("k", 1))
		run(t, r)
		if a, b := <-ran, <-ran; a != "0" || b != "1" {
			t.Errorf("ran %s, %s", a, b)
		}
	})
}

func TestLockMakesAnOrder(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		var group sync.WaitGroup
		for i := range 20 {
			group.Go(func() {
				keys := []string{"a", "b", "c"}
				if i%2 == 0 {
					slices.Reverse(keys)
				}
				err := db.Company(1).Update(context.Background(), func(tx *store.Tx) error {
					if err := lane.Lock(tx, keys...); err != nil {
						return err
					}
					for _, k := range keys {
						if err := lane.Add(tx, job(k, i)); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if n := waiting(t, db, 1); n != 60 {
			t.Errorf("%d jobs wait", n)
		}
	})
}

// A clock that jumps, as the demo's does, ends leases whose owners do not know.
// spec: lane.fence
func TestAJumpOfTheClockStoresNothingTwice(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			hands := clock.NewManual(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
			cfg := store.Config{Migrations: []store.Migrations{lane.Migrations}, Clock: hands, Unsafe: true}
			if engine == "sqlite" {
				cfg.URL = "sqlite:" + filepath.Join(t.TempDir(), "x.db")
			} else {
				cfg.URL = storetest.PostgresURL(t)
			}
			db := storetest.Open(t, cfg)
			started, answer, stored := make(chan struct{}), make(chan struct{}), make(chan string, 10)
			node := func(name string, before func()) (stop func()) {
				r := lane.NewRunner(db, lane.Options{Log: quiet, Lease: time.Hour, Workers: 1})
				r.Handle("send", func(_ context.Context, j lane.Job) (func(*store.Tx) error, error) {
					before()
					return func(tx *store.Tx) error { tx.AfterCommit(func() { stored <- name + string(j.Payload) }); return nil }, nil
				})
				return run(t, r)
			}
			add(t, db, 1, job("k", 0), job("k", 1))
			stop := node("first", func() { close(started); <-answer })
			<-started
			hands.Advance(2 * time.Hour)
			node("second", func() {})
			for _, want := range []string{"second0", "second1"} {
				if got := <-stored; got != want {
					t.Errorf("stored %s, want %s", got, want)
				}
			}
			close(answer)
			stop()
			if len(stored) != 0 {
				t.Errorf("the lost lease stored %s", <-stored)
			}
		})
	}
}
