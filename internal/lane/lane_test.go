package lane_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

func each(t *testing.T, fn func(t *testing.T, db *store.DB)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(ms ...store.Migrations) *store.DB) { fn(t, open(lane.Migrations)) })
}

// run starts a runner and ends it with the test, or earlier by what it returns.
func run(t *testing.T, r *lane.Runner) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = r.Run(ctx)
	}()
	stop = sync.OnceFunc(func() { cancel(); <-ended })
	t.Cleanup(stop)
	return stop
}

func add(t *testing.T, db *store.DB, company int64, jobs ...lane.Job) {
	t.Helper()
	err := db.Company(company).Update(context.Background(), func(tx *store.Tx) error {
		for _, j := range jobs {
			if err := lane.Add(tx, j); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func job(key string, n int) lane.Job {
	return lane.Job{Kind: "send", Key: key, Payload: fmt.Append(nil, n)}
}

func waiting(t *testing.T, db *store.DB, company int64) (n int) {
	t.Helper()
	err := db.Company(company).View(context.Background(), func(tx *store.Tx) (err error) {
		n, _, err = lane.Waiting(tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func parked(t *testing.T, db *store.DB, company int64) (list []lane.Parked) {
	t.Helper()
	err := db.Company(company).View(context.Background(), func(tx *store.Tx) (err error) {
		list, err = lane.ListParked(tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestOrderInsideEachLane(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		const lanes, each = 20, 30
		var mu sync.Mutex
		seen := map[string][]string{}
		all := make(chan struct{})
		r := lane.NewRunner(db, lane.Options{Log: quiet, MinBackoff: time.Millisecond})
		calls, doneJobs := 0, 0
		r.Handle("send", func(_ context.Context, j lane.Job) (func(*store.Tx) error, error) {
			mu.Lock()
			defer mu.Unlock()
			if calls++; calls%7 == 0 {
				return nil, errors.New("not now")
			}
			key := fmt.Sprint(j.Company, j.Key)
			seen[key] = append(seen[key], string(j.Payload))
			if doneJobs++; doneJobs == 2*lanes*each {
				close(all)
			}
			return nil, nil
		})
		run(t, r)
		var group sync.WaitGroup
		for l := range lanes {
			for company := int64(1); company <= 2; company++ {
				group.Go(func() {
					for n := range each {
						add(t, db, company, job(fmt.Sprint("conversation:", l), n))
					}
				})
			}
		}
		group.Wait()
		<-all
		mu.Lock()
		defer mu.Unlock()
		if len(seen) != 2*lanes {
			t.Errorf("%d lanes were worked on, want %d", len(seen), 2*lanes)
		}
		for key, got := range seen {
			for n, p := range got {
				if p != fmt.Sprint(n) {
					t.Fatalf("lane %s ran %v", key, got)
				}
			}
		}
	})
}

func TestTheResultIsStoredWithTheJob(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		r := lane.NewRunner(db, lane.Options{Log: quiet, MinBackoff: time.Millisecond})
		second := make(chan lane.Job, 1)
		tries := 0
		r.Handle("send", func(context.Context, lane.Job) (func(*store.Tx) error, error) {
			tries++
			return func(tx *store.Tx) error {
				if err := lane.Add(tx, lane.Job{Kind: "next", Key: "k"}); err != nil {
					return err
				}
				if tries == 1 {
					return errors.New("the result is refused once")
				}
				return nil
			}, nil
		})
		r.Handle("next", func(_ context.Context, j lane.Job) (func(*store.Tx) error, error) {
			return func(tx *store.Tx) error { tx.AfterCommit(func() { second <- j }); return nil }, nil
		})
		add(t, db, 5, job("k", 1))
		stop := run(t, r)
		if j := <-second; j.Company != 5 || j.Key != "k" || j.Attempts != 0 || j.CreatedAt.IsZero() {
			t.Errorf("second job is %+v", j)
		}
		stop()
		if n := waiting(t, db, 5); n != 0 || tries != 2 {
			t.Errorf("%d jobs left, %d tries", n, tries)
		}
	})
}

// spec: lane.parked
func TestParkedJobsAreSetAsideAndPutBack(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		heal := make(chan struct{})
		ran := make(chan string, 10)
		r := lane.NewRunner(db, lane.Options{Log: quiet})
		r.Handle("send", func(_ context.Context, j lane.Job) (func(*store.Tx) error, error) {
			var err error
			select {
			case <-heal:
			default:
				if string(j.Payload) == "1" {
					err = lane.Park(errors.New("400: name\x00 is missing"))
				}
			}
			return func(tx *store.Tx) error { tx.AfterCommit(func() { ran <- string(j.Payload) }); return nil }, err
		})
		add(t, db, 1, job("k", 0), job("k", 1), job("k", 2))
		run(t, r)
		for _, want := range []string{"0", "1", "2"} {
			if got := <-ran; got != want {
				t.Fatalf("ran %s, want %s", got, want)
			}
		}
		list := parked(t, db, 1)
		if len(list) != 1 || list[0].Reason != "400: name is missing" || string(list[0].Payload) != "1" || list[0].ParkedAt.IsZero() {
			t.Fatalf("parked: %+v", list)
		}
		if len(parked(t, db, 2)) != 0 || waiting(t, db, 1) != 0 {
			t.Error("another company sees it, or it counts as waiting")
		}
		id := list[0].ID
		retry := func(company int64) error {
			return db.Company(company).Update(t.Context(), func(tx *store.Tx) error { return lane.Retry(tx, id) })
		}
		if err := retry(2); fault.KindOf(err) != fault.NotFound {
			t.Errorf("another company's retry: %v", err)
		}
		close(heal)
		if err := retry(1); err != nil {
			t.Fatal(err)
		}
		if got := <-ran; got != "1" {
			t.Errorf("ran %s", got)
		}
		if err := retry(1); fault.KindOf(err) != fault.NotFound {
			t.Errorf("retry of a job that was done: %v", err)
		}
	})
}

func TestDiscard(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ran := make(chan struct{}, 2)
		r := lane.NewRunner(db, lane.Options{Log: quiet})
		r.Handle("send", func(context.Context, lane.Job) (func(*store.Tx) error, error) {
			return func(tx *store.Tx) error { tx.AfterCommit(func() { ran <- struct{}{} }); return nil }, lane.Park(errors.New("no"))
		})
		add(t, db, 1, job("k", 0))
		run(t, r)
		<-ran
		id := parked(t, db, 1)[0].ID
		discard := func() error {
			return db.Company(1).Update(t.Context(), func(tx *store.Tx) error { return lane.Discard(tx, id) })
		}
		if err := discard(); err != nil {
			t.Fatal(err)
		}
		if err := discard(); fault.KindOf(err) != fault.NotFound || len(parked(t, db, 1)) != 0 {
			t.Errorf("discarded twice: %v", err)
		}
	})
}

func TestWaitingHoldsTheLane(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(ms ...store.Migrations) *store.DB) {
		db := open(lane.Migrations)
		var mu sync.Mutex
		var ran []string
		var asked time.Time
		over := make(chan struct{})
		r := lane.NewRunner(db, lane.Options{Log: quiet})
		r.Handle("send", func(_ context.Context, j lane.Job) (func(*store.Tx) error, error) {
			mu.Lock()
			defer mu.Unlock()
			if asked.IsZero() {
				asked = time.Now()
				return nil, lane.Wait(30*time.Millisecond, errors.New("429"))
			}
			if early := 30*time.Millisecond - time.Since(asked); early > 0 || j.Attempts != 0 {
				t.Errorf("%s came %v early after %d attempts", j.Payload, early, j.Attempts)
			}
			if ran = append(ran, string(j.Payload)); len(ran) == 2 {
				close(over)
			}
			return nil, nil
		})
		add(t, db, 1, job("k", 0), job("k", 1))
		run(t, r)
		<-over
		if mu.Lock(); !slices.Equal(ran, []string{"0", "1"}) {
			t.Errorf("ran %v", ran)
		}
		mu.Unlock()
	})
}
