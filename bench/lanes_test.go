package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

const (
	conversations = 40
	perLane       = 50 // jobs of each conversation
	producers     = 16
	work          = 200 * time.Microsecond // what a call to a neighbour takes
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// judge watches jobs run and counts those that broke the order of their lane.
type judge struct {
	mu        sync.Mutex
	next      map[int]int
	running   map[int]int
	left      int
	disorder  int // ran before an earlier one
	overlap   int // ran beside another one of its conversation
	latencies []time.Duration
	over      chan struct{}
}

func newJudge() *judge {
	return &judge{next: map[int]int{}, running: map[int]int{}, left: conversations * perLane, over: make(chan struct{})}
}

func (j *judge) run(conversation, n int, added time.Time) {
	j.mu.Lock()
	if n != j.next[conversation] {
		j.disorder++
	}
	j.next[conversation] = max(j.next[conversation], n+1)
	if j.running[conversation]++; j.running[conversation] > 1 {
		j.overlap++
	}
	j.latencies = append(j.latencies, time.Since(added))
	j.mu.Unlock()
	<-time.After(work)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.running[conversation]--
	if j.left--; j.left == 0 {
		close(j.over)
	}
}

// queue is one of the engines that are compared.
type queue struct {
	add  func(ctx context.Context, conversation, n int) error // one transaction
	work func(ctx context.Context) (stop func(), err error)
}

type figures struct {
	add, drain, both  []float64 // jobs per second
	latency           []float64 // ms
	disorder, overlap int
	jobs              int
}

// BenchmarkLanesBesideRiver adds and does the same jobs with lanes and with
// River on the same PostgreSQL, each job added in a transaction of its own.
func BenchmarkLanesBesideRiver(b *testing.B) {
	engines := []struct {
		name string
		open func(*testing.B, *judge) queue
	}{{"lanes, PostgreSQL", lanesOn("postgres")}, {"River " + riverVersion + ", PostgreSQL", rivers}, {"lanes, SQLite", lanesOn("sqlite")}}
	all := map[string]*figures{}
	for range b.N * rounds {
		for _, e := range engines {
			f := all[e.name]
			if f == nil {
				f = &figures{}
				all[e.name] = f
			}
			addThenDrain(b, e.open, f)
			addAndDrain(b, e.open, f)
		}
	}
	var rows [][]string
	base := all[engines[1].name]
	for _, e := range engines {
		f := all[e.name]
		rows = append(rows, []string{e.name, rate(median(f.add)), rate(median(f.drain)), ratio(median(f.drain), median(base.drain)), rate(median(f.both)), ratio(median(f.both), median(base.both)),
			fmt.Sprintf("%.1f ms", median(f.latency)), fmt.Sprintf("%d of %d", f.disorder, f.jobs), fmt.Sprint(f.overlap)})
	}
	lanes := all[engines[0].name]
	b.ReportMetric(median(lanes.drain)/median(base.drain), "x-river-drain")
	b.ReportMetric(median(lanes.both)/median(base.both), "x-river-both")
	b.ReportMetric(float64(lanes.disorder), "lane-disorder")
	b.ReportMetric(float64(base.disorder), "river-disorder")
	table(b, fmt.Sprintf("Ordered work: %d conversations, %d jobs each, a call of %v per job (lanes: 16 workers; River: 100, fetching every 5 ms)", conversations, perLane, work),
		[]string{"", "add", "drain", "to River", "add and drain", "to River", "p50", "out of order", "overlapping"}, rows)
}

// addThenDrain measures the two halves on their own.
func addThenDrain(b *testing.B, open func(*testing.B, *judge) queue, f *figures) {
	j := newJudge()
	q := open(b, j)
	began := time.Now()
	addAll(b, q)
	f.add = append(f.add, conversations*perLane/time.Since(began).Seconds())
	began = time.Now()
	stop, err := q.work(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	<-j.over
	f.drain = append(f.drain, conversations*perLane/time.Since(began).Seconds())
	stop()
	f.count(j)
}

// addAndDrain measures both at once, from the first job added to the last done.
func addAndDrain(b *testing.B, open func(*testing.B, *judge) queue, f *figures) {
	j := newJudge()
	q := open(b, j)
	stop, err := q.work(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	addAll(b, q)
	<-j.over
	f.both = append(f.both, conversations*perLane/time.Since(began).Seconds())
	f.latency = append(f.latency, percentile(j.latencies, 0.5))
	stop()
	f.count(j)
}

func (f *figures) count(j *judge) {
	f.disorder += j.disorder
	f.overlap += j.overlap
	f.jobs += conversations * perLane
}

// addAll adds each conversation's jobs in order; a conversation has one producer.
func addAll(b *testing.B, q queue) {
	var group sync.WaitGroup
	for p := range producers {
		group.Go(func() {
			for n := range perLane {
				for c := p; c < conversations; c += producers {
					if err := q.add(context.Background(), c, n); err != nil {
						b.Error(err)
						return
					}
				}
			}
		})
	}
	group.Wait()
}

func lanesOn(engine string) func(*testing.B, *judge) queue {
	return func(b *testing.B, j *judge) queue {
		cfg := store.Config{URL: "sqlite:" + b.TempDir() + "/x.db", Migrations: []store.Migrations{lane.Migrations}}
		if engine == "postgres" {
			cfg.URL = storetest.PostgresURL(b)
		}
		db := storetest.Open(b, cfg)
		r := lane.NewRunner(db, lane.Options{Log: quiet})
		r.Handle("send", func(_ context.Context, job lane.Job) (func(*store.Tx) error, error) {
			var c, n int
			if _, err := fmt.Sscanf(string(job.Payload), "%d/%d", &c, &n); err != nil {
				return nil, err
			}
			j.run(c, n, job.CreatedAt)
			return nil, nil
		})
		return queue{
			add: func(ctx context.Context, c, n int) error {
				return db.Company(1).Update(ctx, func(tx *store.Tx) error {
					return lane.Add(tx, lane.Job{Kind: "send", Key: strconv.Itoa(c), Payload: fmt.Appendf(nil, "%d/%d", c, n)})
				})
			},
			work: func(ctx context.Context) (func(), error) {
				ctx, cancel := context.WithCancel(ctx)
				var group sync.WaitGroup
				group.Go(func() { _ = r.Run(ctx) })
				return func() { cancel(); group.Wait() }, nil
			},
		}
	}
}

const riverVersion = "0.51"

// send is the same job for River.
type send struct {
	Conversation int       `json:"conversation"`
	N            int       `json:"n"`
	Added        time.Time `json:"added"`
}

func (send) Kind() string { return "send" }

type sender struct {
	river.WorkerDefaults[send]
	judge *judge
}

func (s *sender) Work(_ context.Context, job *river.Job[send]) error {
	s.judge.run(job.Args.Conversation, job.Args.N, job.Args.Added)
	return nil
}

func rivers(b *testing.B, j *judge) queue {
	ctx := context.Background()
	cfg, err := pgxpool.ParseConfig(storetest.PostgresURL(b))
	if err != nil {
		b.Fatal(err)
	}
	cfg.MaxConns = 16 // as many as the store takes
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(pool.Close)
	driver := riverpgxv5.New(pool)
	m, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: quiet})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		b.Fatal(err)
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &sender{judge: j})
	client, err := river.NewClient(driver, &river.Config{
		Logger: quiet, Workers: workers, FetchCooldown: 5 * time.Millisecond,
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 100}},
	})
	if err != nil {
		b.Fatal(err)
	}
	return queue{
		add: func(ctx context.Context, c, n int) error {
			return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
				_, err := client.InsertTx(ctx, tx, send{c, n, time.Now()}, nil)
				return err
			})
		},
		work: func(ctx context.Context) (func(), error) {
			return func() { _ = client.Stop(ctx) }, client.Start(ctx)
		},
	}
}
