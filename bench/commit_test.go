package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

// atLeast is what a received message costs a database at least: the message and
// the work it makes.
var atLeast = store.Migrations{Room: "bench", FS: fstest.MapFS{"schema/00001_bench.sql": {Data: []byte(`-- +goose Up
CREATE TABLE message (id BIGSERIAL PRIMARY KEY, source_id TEXT NOT NULL UNIQUE, body BYTEA NOT NULL);
CREATE TABLE work (id BIGSERIAL PRIMARY KEY, source_id TEXT NOT NULL);
`)}}}

const (
	writers  = 64
	writeFor = 2 * time.Second
)

// BenchmarkGroupCommit compares durable writes that share commits with one
// commit per write, and with what the disk can sync.
func BenchmarkGroupCommit(b *testing.B) {
	body := []byte(strings.Repeat("m", 1000))
	type figures struct {
		rate     []float64
		p50, p99 []float64
	}
	names := []string{"group commit", "one commit per write"}
	all := map[string]*figures{names[0]: {}, names[1]: {}}
	var syncs []float64
	for range b.N * rounds {
		syncs = append(syncs, syncRate(b, len(body)))
		for _, name := range names {
			db := storetest.Open(b, store.Config{URL: "sqlite:" + filepath.Join(b.TempDir(), "x.db"), Migrations: []store.Migrations{atLeast}, OneCommitPerWrite: name == names[1]})
			n, took := hammer(b, db, body)
			f := all[name]
			f.rate = append(f.rate, float64(n)/writeFor.Seconds())
			f.p50, f.p99 = append(f.p50, percentile(took, 0.5)), append(f.p99, percentile(took, 0.99))
			if err := db.Close(); err != nil {
				b.Fatal(err)
			}
		}
	}
	group, single, disk := median(all[names[0]].rate), median(all[names[1]].rate), median(syncs)
	b.ReportMetric(group/single, "x-one-commit")
	b.ReportMetric(group/disk, "x-fsync")
	rows := [][]string{{"the disk's own syncs, one after the other", rate(disk), "", "", "1.00", ""}}
	for _, name := range names {
		f := all[name]
		rows = append(rows, []string{name, rate(median(f.rate)), fmt.Sprintf("%.1f ms", median(f.p50)), fmt.Sprintf("%.1f ms", median(f.p99)), ratio(median(f.rate), disk), ratio(median(f.rate), single)})
	}
	table(b, fmt.Sprintf("Durable writes to SQLite (synchronous=FULL), %d writers, two rows each", writers),
		[]string{"", "writes", "p50", "p99", "to disk's syncs", "to one commit per write"}, rows)
}

// hammer writes from all writers for a while.
func hammer(b *testing.B, db *store.DB, body []byte) (n int64, took []time.Duration) {
	var count atomic.Int64
	var mu sync.Mutex
	var group sync.WaitGroup
	end := time.Now().Add(writeFor)
	for w := range writers {
		group.Go(func() {
			var mine []time.Duration
			for i := 0; time.Now().Before(end); i++ {
				id, began := fmt.Sprintf("wamid.%d.%d", w, i), time.Now()
				err := db.Update(context.Background(), func(tx *store.Tx) error {
					if _, err := tx.Exec(`INSERT INTO message (source_id, body) VALUES (?, ?) ON CONFLICT (source_id) DO NOTHING`, id, body); err != nil {
						return err
					}
					_, err := tx.Exec(`INSERT INTO work (source_id) VALUES (?)`, id)
					return err
				})
				if err != nil {
					b.Error(err)
					return
				}
				count.Add(1)
				mine = append(mine, time.Since(began))
			}
			mu.Lock()
			took = append(took, mine...)
			mu.Unlock()
		})
	}
	group.Wait()
	return count.Load(), took
}

// syncRate is how often a second the disk takes an appended record for good.
func syncRate(b *testing.B, size int) float64 {
	f, err := os.Create(filepath.Join(b.TempDir(), "sync"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	record, n := make([]byte, size), 0
	began := time.Now()
	for ; time.Since(began) < time.Second; n++ {
		if _, err := f.Write(record); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	}
	return float64(n) / time.Since(began).Seconds()
}
