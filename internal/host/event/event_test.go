package event

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

// effects is a room whose table shows what a follower did. It has no key, so a
// thing that was done twice is there twice.
var effects = store.Migrations{Room: "effect", FS: fstest.MapFS{"schema/00001_effect.sql": {Data: []byte(`-- +goose Up
CREATE TABLE effect (id BIGSERIAL PRIMARY KEY, company_id BIGINT NOT NULL, seq BIGINT NOT NULL, what TEXT NOT NULL);
`)}}}

var rooms = []store.Migrations{live.Migrations, Migrations, effects}

type thing struct{ Name string }

func add(t *testing.T, db *store.DB, company int64, names ...string) {
	t.Helper()
	for _, n := range names {
		err := db.Company(company).Update(t.Context(), func(tx *store.Tx) error {
			return Append(tx, Event{Kind: "thing.made", Actor: 9, Entity: "thing", EntityID: 4, After: thing{n}})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// note is what followers in these tests do: write the event down.
func note(tx *store.Tx, e Event) error {
	var x thing
	if err := e.DecodeAfter(&x); err != nil {
		return err
	}
	_, err := tx.Exec(`INSERT INTO effect (company_id, seq, what) VALUES (@company, ?, ?)`, e.Seq, x.Name)
	return err
}

func noted(t *testing.T, db *store.DB, company int64) []string {
	t.Helper()
	var got []string
	err := db.Company(company).View(t.Context(), func(tx *store.Tx) (err error) {
		got, err = store.Select(tx, store.Value[string], `SELECT what FROM effect WHERE company_id = @company ORDER BY id`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// begin runs a log with these followers until the test ends or stop is called.
func begin(t *testing.T, l *Log, fs ...Follower) (stop func()) {
	t.Helper()
	for _, f := range fs {
		if err := l.Follow(f); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() {
		if err := l.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	stop = sync.OnceFunc(func() { cancel(); group.Wait() })
	t.Cleanup(stop)
	return stop
}

// counter is a follower that signals each committed event.
func counter(name string) (Follower, chan string) {
	done := make(chan string, 10_000)
	return Follower{Name: name, Kinds: []string{"thing.made"}, Do: func(tx *store.Tx, e Event) error {
		tx.AfterCommit(func() { done <- fmt.Sprint(e.Company, "/", e.Seq) })
		return note(tx, e)
	}}, done
}

func numbers(from, to int) (out []string) {
	for i := from; i < to; i++ {
		out = append(out, fmt.Sprint(i))
	}
	return out
}

// TestFollow gives a new follower what is kept and then what comes, once and in
// order, whatever the company.
// spec: event.follower-once
func TestFollow(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(ms ...store.Migrations) *store.DB) {
		db := open(rooms...)
		add(t, db, 1, numbers(0, 150)...)
		f, done := counter("f")
		stop := begin(t, NewLog(db, Options{}), f)
		add(t, db, 2, "x", "y")
		if err := db.Company(1).Update(t.Context(), func(tx *store.Tx) error {
			return Append(tx, Event{Kind: "other"})
		}); err != nil {
			t.Fatal(err)
		}
		add(t, db, 1, numbers(150, 160)...)
		for range 162 {
			<-done
		}
		stop()
		if got := noted(t, db, 1); !slices.Equal(got, numbers(0, 160)) {
			t.Errorf("company 1: %v", got)
		}
		if got := noted(t, db, 2); !slices.Equal(got, []string{"x", "y"}) {
			t.Errorf("company 2: %v", got)
		}

		add(t, db, 1, "160")
		again, done := counter("f")
		begin(t, NewLog(db, Options{}), again)
		if got := <-done; got != "1/162" {
			t.Errorf("after a restart the follower began with %s", got)
		}
	})
}

// TestCrashes fails at random, before and after the work of an event, and
// restarts: each event has its effect once, in order.
// spec: event.follower-once
func TestCrashes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(ms ...store.Migrations) *store.DB) {
		db := open(rooms...)
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		chance := rand.New(rand.NewPCG(seed, 0))
		add(t, db, 1, numbers(0, 200)...)
		crash := errors.New("crash")
		for restart := 0; ; restart++ {
			l := NewLog(db, Options{Node: fmt.Sprint(restart)})
			w := &walker{l: l, owner: fmt.Sprint(restart), trips: map[int64]*trip{}, f: Follower{Name: "f", Do: func(tx *store.Tx, e Event) error {
				if chance.IntN(30) == 0 {
					return crash
				}
				if err := note(tx, e); err != nil {
					return err
				}
				if chance.IntN(30) == 0 {
					return crash
				}
				return nil
			}}}
			more, err := w.step(t.Context(), 1, 1+chance.IntN(20))
			if err != nil && !errors.Is(err, crash) {
				t.Fatal(err)
			}
			if err == nil && !more {
				break
			}
		}
		if got := noted(t, db, 1); !slices.Equal(got, numbers(0, 200)) {
			t.Errorf("%d effects: %v", len(got), got)
		}
	})
}

// TestTwoNodes runs the same follower in two processes that share a database, and
// twice in one of them, while events come.
// spec: event.follower-once
func TestTwoNodes(t *testing.T) {
	t.Parallel()
	run := func(t *testing.T, one, two *store.DB) {
		var working, most atomic.Int64
		done := make(chan struct{}, 1000)
		f := Follower{Name: "f", Do: func(tx *store.Tx, e Event) error {
			most.Store(max(most.Load(), working.Add(1)))
			defer working.Add(-1)
			tx.AfterCommit(func() { done <- struct{}{} })
			return note(tx, e)
		}}
		first := NewLog(one, Options{Node: "one"})
		stop := begin(t, first, f)
		begin(t, first) // a doubled start
		begin(t, NewLog(two, Options{Node: "two"}), f)
		add(t, one, 1, numbers(0, 40)...)
		add(t, two, 1, numbers(40, 80)...)
		for range 80 {
			<-done
		}
		stop()
		add(t, two, 1, numbers(80, 100)...)
		for range 20 {
			<-done
		}
		if got := noted(t, one, 1); !slices.Equal(got, numbers(0, 100)) {
			t.Errorf("effects: %v", got)
		}
		if most.Load() > 1 {
			t.Errorf("%d nodes worked at once", most.Load())
		}
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		db := storetest.SQLite(t, rooms...)
		run(t, db, db)
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		url := storetest.PostgresURL(t)
		node := func() *store.DB {
			return storetest.Open(t, store.Config{URL: url, Migrations: rooms, Unsafe: true})
		}
		run(t, node(), node())
	})
}

// TestLease keeps a follower at the node that holds it, until that node's lease
// has run out.
func TestLease(t *testing.T) {
	t.Parallel()
	now := clock.NewManual(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))
	db := storetest.Open(t, store.Config{URL: "sqlite:" + t.TempDir() + "/x.db", Migrations: rooms, Unsafe: true, Clock: now})
	l := NewLog(db, Options{Lease: 10 * time.Second})
	dead := &walker{l: l, f: Follower{Name: "f", Do: note}, owner: "dead", trips: map[int64]*trip{}}
	next := &walker{l: l, f: dead.f, owner: "next", trips: map[int64]*trip{}}
	round := func(w *walker, want ...string) {
		t.Helper()
		if err := w.round(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := noted(t, db, 1); !slices.Equal(got, want) {
			t.Errorf("effects %v, want %v", got, want)
		}
	}
	add(t, db, 1, "a")
	round(dead, "a")
	add(t, db, 1, "b")
	round(next, "a")
	now.Advance(10*time.Second + time.Microsecond)
	round(next, "a", "b")
	add(t, db, 1, "c")
	round(dead, "a", "b") // it lives after all, and has lost its lease
	round(next, "a", "b", "c")
	next.release(t.Context())
	add(t, db, 1, "d")
	round(dead, "a", "b", "c", "d")
}

// TestFailure holds back the company whose event fails, and no other, and lets
// what came before through.
func TestFailure(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t, rooms...)
	bad := true
	w := &walker{l: NewLog(db, Options{}), owner: "me", trips: map[int64]*trip{}, f: Follower{Name: "f", Do: func(tx *store.Tx, e Event) error {
		if bad && e.Company == 1 && e.Seq == 3 {
			return errors.New("bad event")
		}
		return note(tx, e)
	}}}
	add(t, db, 1, "a", "b", "c", "d")
	add(t, db, 2, "x")
	if err := w.round(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := noted(t, db, 1); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("company 1: %v", got)
	}
	if got := noted(t, db, 2); !slices.Equal(got, []string{"x"}) {
		t.Errorf("company 2: %v", got)
	}
	bad = false
	if err := w.round(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := noted(t, db, 1); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("the pause was not kept: %v", got)
	}
	w.trips[1].notUntil = time.Time{}
	if err := w.round(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := noted(t, db, 1); !slices.Equal(got, []string{"a", "b", "c", "d"}) {
		t.Errorf("company 1 after the pause: %v", got)
	}
}

// TestPruned does not look again and again for events that are gone.
func TestPruned(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t, rooms...)
	add(t, db, 1, "a", "b")
	if err := db.Update(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(`DELETE FROM live_event`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	w := &walker{l: NewLog(db, Options{}), owner: "me", trips: map[int64]*trip{}, f: Follower{Name: "f", Do: note}}
	if err := w.round(t.Context()); err != nil {
		t.Fatal(err)
	}
	if behind, err := w.behind(t.Context()); err != nil || len(behind) != 0 {
		t.Errorf("still behind in %v, %v", behind, err)
	}
}

func TestFollowRefuses(t *testing.T) {
	t.Parallel()
	l := NewLog(storetest.SQLite(t, rooms...), Options{})
	for i, f := range []Follower{{}, {Name: "x"}, {Do: note}, {Name: "f", Do: note}, {Name: "f", Do: note}} {
		if err := l.Follow(f); (err == nil) != (i == 3) {
			t.Errorf("follower %d: %v", i, err)
		}
	}
	stop := begin(t, l)
	stop()
	if l.Follow(Follower{Name: "late", Do: note}) == nil {
		t.Error("a follower was added to a running log")
	}
}

func TestSnapshots(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t, rooms...)
	var got Event
	err := db.Company(3).Update(t.Context(), func(tx *store.Tx) error {
		return Append(tx, Event{Kind: "k", Actor: 9, Entity: "thing", EntityID: 4, Topics: []string{"a", "b:1"}, Audience: 2, Before: thing{"old"}})
	})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Company(3).View(t.Context(), func(tx *store.Tx) error {
		list, err := live.Since(tx, 0, 10)
		if err == nil {
			got = fromLive(list[0])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	before, after := thing{}, thing{"untouched"}
	if err := errors.Join(got.DecodeBefore(&before), got.DecodeAfter(&after)); err != nil {
		t.Fatal(err)
	}
	if before.Name != "old" || after.Name != "untouched" || got.After != nil || got.Actor != 9 || got.Entity != "thing" || got.EntityID != 4 ||
		got.Company != 3 || got.Seq != 1 || got.Audience != 2 || !slices.Equal(got.Topics, []string{"a", "b:1"}) {
		t.Errorf("event is %+v", got)
	}
	err = db.Company(3).Update(t.Context(), func(tx *store.Tx) error {
		return errors.Join(Append(tx, Event{Kind: "k", After: make(chan int)}), Append(tx, Event{}))
	})
	if err == nil {
		t.Error("an event that cannot be written down was accepted")
	}
}
