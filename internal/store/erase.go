package store

import (
	"fmt"
	"slices"
	"strings"
)

// Erase deletes every row of the transaction's company from the tables whose
// names begin with prefix, in all rooms' tables if it is "". Tables that refer to
// others come first. It is for the operator's desk, which removes a company
// whatever rooms there are.
// spec: control.erases-everything
func (tx *Tx) Erase(prefix string) error {
	tables, err := tx.companyTables()
	if err != nil {
		return fmt.Errorf("store: look for the company's tables: %w", err)
	}
	tables = slices.DeleteFunc(tables, func(t string) bool { return !strings.HasPrefix(t, prefix) })
	refers, err := tx.references()
	if err != nil {
		return fmt.Errorf("store: look for references between tables: %w", err)
	}
	for len(tables) > 0 {
		i := slices.IndexFunc(tables, func(t string) bool {
			return !slices.ContainsFunc(tables, func(other string) bool { return other != t && refers[reference{other, t}] })
		})
		if i < 0 {
			return fmt.Errorf("store: the tables %s refer to each other in a circle, so that none can be emptied first", strings.Join(tables, ", "))
		}
		if _, err := tx.Exec(`DELETE FROM ` + tables[i] + ` WHERE company_id = @company`); err != nil {
			return err
		}
		tables = slices.Delete(tables, i, i+1)
	}
	return nil
}

// companyTables are the tables that keep rows of companies, by name.
func (tx *Tx) companyTables() ([]string, error) {
	query := `SELECT m.name FROM sqlite_master m, pragma_table_info(m.name) c
		WHERE m.type = 'table' AND c.name = 'company_id' ORDER BY m.name`
	if tx.dialect == Postgres {
		query = `SELECT table_name::text FROM information_schema.columns
			WHERE table_schema = current_schema() AND column_name = 'company_id' ORDER BY table_name`
	}
	return Select(tx.Unbound(), Value[string], query)
}

// reference says that rows of one table may point to rows of another.
type reference struct{ from, to string }

func (tx *Tx) references() (map[reference]bool, error) {
	query := `SELECT m.name, f."table" FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table'`
	if tx.dialect == Postgres {
		query = `SELECT a.relname::text, b.relname::text FROM pg_constraint c
			JOIN pg_class a ON a.oid = c.conrelid JOIN pg_class b ON b.oid = c.confrelid
			WHERE c.contype = 'f' AND a.relnamespace = current_schema()::regnamespace`
	}
	list, err := Select(tx.Unbound(), func(s Scanner) (r reference, err error) { return r, s.Scan(&r.from, &r.to) }, query)
	out := make(map[reference]bool, len(list))
	for _, r := range list {
		out[r] = true
	}
	return out, err
}
