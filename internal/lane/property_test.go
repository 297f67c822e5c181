package lane_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

const shortLease = 80 * time.Millisecond

// effects is what handlers leave behind, in the order of commits inside a lane.
var effects = store.Migrations{Room: "effects", FS: fstest.MapFS{"schema/00001_effects.sql": {Data: []byte(`-- +goose Up
CREATE TABLE effect (seq BIGSERIAL PRIMARY KEY, company_id BIGINT NOT NULL, lane_key TEXT NOT NULL, n BIGINT NOT NULL, what TEXT NOT NULL);
CREATE INDEX effect_lane ON effect (company_id, lane_key);
`)}}}

// What a job does to its handler, try by try; after the last it succeeds.
const (
	fails   = "fails"
	waits   = "waits"
	panics  = "panics"
	refuses = "refuses its commit"
	hangs   = "hangs beyond its lease"
	parks   = "parks"
)

// scenario is one drawn course of events.
type scenario struct {
	nodes   int
	lanes   [][][]string // lane → job → what its tries do
	crashes []crash
}

// crash ends a node as if its power were cut, once so many calls were made.
type crash struct{ calls, node int }

func draw(rt *rapid.T, nodes int) scenario {
	trouble := rapid.SampledFrom([]string{fails, fails, fails, waits, refuses, panics, parks, hangs})
	job := rapid.SliceOfN(trouble, 0, 2)
	calm := rapid.Just([]string(nil))
	jobs := rapid.SliceOfN(rapid.OneOf(calm, calm, job), 1, 8)
	return scenario{
		nodes: rapid.IntRange(1, nodes).Draw(rt, "nodes"),
		lanes: rapid.SliceOfN(jobs, 1, 4).Draw(rt, "lanes"),
		crashes: rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) crash {
			return crash{rapid.IntRange(1, 20).Draw(rt, "calls"), rapid.IntRange(0, nodes-1).Draw(rt, "node")}
		}), 0, 3).Draw(rt, "crashes"),
	}
}

// world runs one scenario.
type world struct {
	scenario
	company int64
	open    func() (*store.DB, error)
	own     *store.DB // the producers' handle, where several processes may have one

	mu    sync.Mutex
	nodes []*node
	tries map[string]int // calls of each job so far
	calls atomic.Int64
	moved chan struct{}
	wrong atomic.Pointer[string]
	ends  sync.WaitGroup
}

type node struct {
	db     *store.DB
	cancel context.CancelFunc
}

func (w *world) complain(format string, args ...any) {
	s := fmt.Sprintf(format, args...)
	w.wrong.CompareAndSwap(nil, &s)
}

// boot starts or restarts node i.
func (w *world) boot(i int) error {
	db, err := w.open()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := lane.NewRunner(db, lane.Options{Log: quiet, Workers: 3, Lease: shortLease, MinBackoff: time.Millisecond, MaxBackoff: 4 * time.Millisecond, Node: fmt.Sprint("node", i)})
	r.Handle("send", w.handler(db))
	w.ends.Go(func() { _ = r.Run(ctx) })
	w.mu.Lock()
	w.nodes[i] = &node{db, cancel}
	w.mu.Unlock()
	return nil
}

// crash cuts a node off its database before it is told to stop, so that it can
// neither store what it did nor give its lanes back.
func (w *world) crash(i int) error {
	w.mu.Lock()
	n := w.nodes[i]
	w.mu.Unlock()
	if err := n.db.Close(); err != nil {
		return err
	}
	n.cancel()
	return w.boot(i)
}

func (w *world) anyDB() *store.DB {
	if w.own != nil {
		return w.own
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.nodes[0].db
}

// handler does what the scenario says and checks at each call that all that was
// before it in its lane has been stored.
func (w *world) handler(db *store.DB) lane.Handler {
	return func(ctx context.Context, j lane.Job) (func(*store.Tx) error, error) {
		if j.Company != w.company {
			return nil, nil
		}
		var l, n int
		if _, err := fmt.Sscanf(string(j.Payload), "%d/%d", &l, &n); err != nil {
			w.complain("payload %q", j.Payload)
		}
		w.mu.Lock()
		try := w.tries[string(j.Payload)]
		w.tries[string(j.Payload)]++
		w.mu.Unlock()
		w.calls.Add(1)
		select {
		case w.moved <- struct{}{}:
		default:
		}
		if list, err := w.effectsOf(db, j.Key); err == nil {
			for before := range n {
				if !slices.ContainsFunc(list, func(e effect) bool { return e.n == before }) {
					w.complain("lane %s: job %d was called before job %d was stored", j.Key, n, before)
				}
			}
		}
		what := ""
		if jobs := w.lanes[l]; try < len(jobs[n]) {
			what = jobs[n][try]
		}
		return w.act(ctx, what, j.Key, n)
	}
}

func (w *world) act(ctx context.Context, what, key string, n int) (func(*store.Tx) error, error) {
	leave := func(what string) func(tx *store.Tx) error {
		return func(tx *store.Tx) error {
			_, err := tx.Exec(`INSERT INTO effect (company_id, lane_key, n, what) VALUES (@company, ?, ?, ?)`, key, n, what)
			return err
		}
	}
	switch what {
	case fails:
		return leave("never stored"), errors.New("failed")
	case waits:
		return leave("never stored"), lane.Wait(3*time.Millisecond, errors.New("asked to wait"))
	case panics:
		panic("handler broke")
	case refuses:
		return func(tx *store.Tx) error { return errors.Join(leave("undone")(tx), errors.New("refused")) }, nil
	case hangs:
		<-ctx.Done()
		<-time.After(shortLease)
	case parks:
		return leave("parked"), lane.Park(errors.New("will not heal"))
	}
	return leave("done"), nil
}

type effect struct {
	n    int
	what string
}

func (w *world) effectsOf(db *store.DB, key string) (list []effect, err error) {
	err = db.Company(w.company).View(context.Background(), func(tx *store.Tx) (err error) {
		list, err = store.Select(tx, func(s store.Scanner) (e effect, err error) {
			return e, s.Scan(&e.n, &e.what)
		}, `SELECT n, what FROM effect WHERE company_id = @company AND lane_key = ? ORDER BY seq`, key)
		return err
	})
	return list, err
}

// produce adds a lane's jobs in order, whatever happens to the nodes.
func (w *world) produce(l int) {
	for n := range w.lanes[l] {
		for {
			err := w.anyDB().Company(w.company).Update(context.Background(), func(tx *store.Tx) error {
				return lane.Add(tx, lane.Job{Kind: "send", Key: keyOf(l), Payload: fmt.Appendf(nil, "%d/%d", l, n)})
			})
			if err == nil {
				break
			}
			if fault.KindOf(err) != fault.Unavailable {
				w.complain("add: %v", err)
				return
			}
			<-time.After(time.Millisecond)
		}
	}
}

func keyOf(l int) string { return fmt.Sprint("conversation:", l) }

// play runs the scenario to its end and returns what was wrong.
func (w *world) play() error {
	w.nodes, w.tries, w.moved = make([]*node, w.scenario.nodes), map[string]int{}, make(chan struct{}, 1)
	for i := range w.nodes {
		if err := w.boot(i); err != nil {
			return err
		}
	}
	var producers sync.WaitGroup
	for l := range w.lanes {
		producers.Go(func() { w.produce(l) })
	}
	if err := w.chaos(); err != nil {
		return err
	}
	producers.Wait()
	err := w.settle()
	if err == nil {
		err = w.putBack()
	}
	w.mu.Lock()
	for _, n := range w.nodes {
		n.cancel()
	}
	w.mu.Unlock()
	w.ends.Wait()
	if err == nil { // handlers that outlived their lease have ended only now
		err = w.judge(0)
	}
	for _, n := range w.nodes {
		if e := n.db.Close(); err == nil {
			err = e
		}
	}
	if s := w.wrong.Load(); s != nil {
		return errors.New(*s)
	}
	return err
}

// chaos crashes nodes when their moment has come, or nothing moves any more.
func (w *world) chaos() error {
	for _, c := range w.crashes {
		for quiet := false; !quiet && w.calls.Load() < int64(c.calls); {
			select {
			case <-w.moved:
			case <-time.After(20 * time.Millisecond):
				quiet = true
			}
		}
		if err := w.crash(c.node % len(w.nodes)); err != nil {
			return err
		}
	}
	return nil
}

// settle waits until nothing waits any more.
func (w *world) settle() error {
	deadline := time.Now().Add(30 * time.Second)
	for {
		var n int
		err := w.anyDB().Company(w.company).View(context.Background(), func(tx *store.Tx) (err error) {
			n, _, err = lane.Waiting(tx)
			return err
		})
		if err != nil || n == 0 {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d jobs are still waiting", n)
		}
		<-time.After(2 * time.Millisecond)
	}
}

// putBack checks what the lanes left behind, retries what was parked until
// nothing is, and checks again.
func (w *world) putBack() error {
	for range 4 {
		var list []lane.Parked
		bound := w.anyDB().Company(w.company)
		err := bound.View(context.Background(), func(tx *store.Tx) (err error) {
			list, err = lane.ListParked(tx)
			return err
		})
		if err != nil {
			return err
		}
		if err := w.judge(len(list)); err != nil || len(list) == 0 {
			return err
		}
		for _, p := range list {
			if p.Reason != "will not heal" {
				return fmt.Errorf("parked for %q", p.Reason)
			}
			if err := bound.Update(context.Background(), func(tx *store.Tx) error { return lane.Retry(tx, p.ID) }); err != nil {
				return err
			}
		}
		if err := w.settle(); err != nil {
			return err
		}
	}
	return errors.New("jobs are parked for ever")
}

// judge compares the effects with the scenario: in each lane the first effect of
// each job is in order, no job is missing, none is done twice, and what is
// parked is what is not done.
func (w *world) judge(parkedNow int) error {
	open := 0
	for l, jobs := range w.lanes {
		list, err := w.effectsOf(w.anyDB(), keyOf(l))
		if err != nil {
			return err
		}
		done, seen := map[int]int{}, -1
		for _, e := range list {
			switch {
			case e.what == "done":
				done[e.n]++
			case e.what != "parked":
				return fmt.Errorf("lane %d: an effect %q was stored", l, e.what)
			}
			if e.n > seen+1 {
				return fmt.Errorf("lane %d: job %d came after job %d: %v", l, e.n, seen, list)
			}
			seen = max(seen, e.n)
		}
		if seen != len(jobs)-1 {
			return fmt.Errorf("lane %d: %d of %d jobs ran", l, seen+1, len(jobs))
		}
		for n := range jobs {
			if done[n] > 1 {
				return fmt.Errorf("lane %d: job %d was stored %d times", l, n, done[n])
			}
			if done[n] == 0 {
				open++
			}
		}
	}
	if open != parkedNow {
		return fmt.Errorf("%d jobs are not done, but %d are parked", open, parkedNow)
	}
	return nil
}

// However nodes crash and handlers misbehave: nothing is reordered inside a lane,
// nothing is lost, nothing is stored twice, and what was parked can be put back.
// spec: lane.order
func TestLanesKeepOrderThroughCrashes(t *testing.T) {
	t.Parallel()
	// Of ten courses of events so many are tried; while a failure is being made
	// smaller, all.
	play := func(t *testing.T, cfg store.Config, nodes int, ofTen int64, own *store.DB) {
		var company atomic.Int64
		var failed atomic.Bool
		rapid.Check(t, func(rt *rapid.T) {
			w := &world{scenario: draw(rt, nodes), company: company.Add(1), own: own}
			if w.company%10 >= ofTen && !failed.Load() {
				return
			}
			w.open = func() (*store.DB, error) { return store.Open(context.Background(), cfg) }
			if err := w.play(); err != nil {
				failed.Store(true)
				rt.Fatal(err)
			}
		})
	}
	cfg := store.Config{Schema: "test", Migrations: []store.Migrations{lane.Migrations, effects}, Unsafe: true, Log: quiet}
	t.Run("sqlite", func(t *testing.T) { // one process may have the file, so its node restarts alone
		t.Parallel()
		cfg := cfg
		cfg.URL = "sqlite:" + filepath.Join(t.TempDir(), "lanes.db")
		play(t, cfg, 1, 5, nil)
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		cfg := cfg
		cfg.URL = storetest.PostgresURL(t)
		play(t, cfg, 3, 3, storetest.Open(t, cfg)) // its nodes take longer to start
	})
}
