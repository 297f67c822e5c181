package store

import (
	"context"
	"fmt"
	"strings"
)

// Analyze lets PostgreSQL count anew what the tables hold. It does so by itself
// within minutes; until then it plans for tables that are almost empty, and lists
// over what was filled in at once are slow. SQLite's plans need no counts.
func (db *DB) Analyze(ctx context.Context) error {
	if db.Dialect() != Postgres {
		return nil
	}
	return db.engine.update(ctx, 0, func(tx *Tx) error {
		tables, err := Select(tx, Value[string], `SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename`)
		if err != nil {
			return fmt.Errorf("store: look for the tables: %w", err)
		}
		_, err = tx.Exec(`ANALYZE ` + strings.Join(tables, ", "))
		return err
	})
}
