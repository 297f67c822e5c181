package store_test

import (
	"fmt"
	"testing"

	"github.com/dockwright/dockwright/internal/store"
)

// After a look the planner knows how many rows a table has.
func TestAnalyze(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		err := db.Update(ctx, func(tx *store.Tx) error {
			for i := range 100 {
				if _, err := tx.Exec(`INSERT INTO line (said) VALUES (?)`, fmt.Sprint(i)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Analyze(ctx); err != nil {
			t.Fatal(err)
		}
		if db.Dialect() != store.Postgres {
			return
		}
		rows := int64(0)
		err = db.View(ctx, func(tx *store.Tx) (err error) {
			rows, err = store.One(tx, store.Value[int64], `SELECT reltuples::bigint FROM pg_class WHERE relname = 'line' AND relnamespace = current_schema()::regnamespace`)
			return err
		})
		if err != nil || rows != 100 {
			t.Errorf("the planner takes it for %d rows, want 100 (%v)", rows, err)
		}
	})
}
