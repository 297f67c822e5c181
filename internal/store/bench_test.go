package store

import (
	"context"
	"path/filepath"
	"testing"
	"testing/fstest"
)

// BenchmarkBatch shows what a savepoint around each write costs in a batch of
// 64 writes of two statements each.
func BenchmarkBatch(b *testing.B) {
	tables := Migrations{Room: "x", FS: fstest.MapFS{"schema/00001_x.sql": {Data: []byte("-- +goose Up\nCREATE TABLE x (id BIGINT PRIMARY KEY, body TEXT NOT NULL);\nCREATE TABLE y (id BIGINT PRIMARY KEY);\n")}}}
	for _, way := range []struct {
		name       string
		savepoints bool
	}{{"plain", false}, {"savepoints", true}} {
		b.Run(way.name, func(b *testing.B) {
			open, err := Open(context.Background(), Config{URL: "sqlite:" + filepath.Join(b.TempDir(), "x.db"), Schema: "x", Migrations: []Migrations{tables}, Unsafe: true})
			if err != nil {
				b.Fatal(err)
			}
			defer open.Close()
			db, next := open.engine.(*sqliteDB), 0
			batch := make([]*write, 64)
			for i := range batch {
				batch[i] = &write{fn: func(tx *Tx) error {
					next++
					if _, err := tx.Exec(`INSERT INTO x (id, body) VALUES (?, ?)`, next, "a message of some length, as people write them"); err != nil {
						return err
					}
					_, err := tx.Exec(`INSERT INTO y (id) VALUES (?)`, next)
					return err
				}}
			}
			for b.Loop() {
				db.commit(batch, way.savepoints)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(batch)), "µs/write")
		})
	}
}
