package records

import (
	"fmt"
	"strings"

	"github.com/dockwright/dockwright/internal/store"
)

// byOrganization reports whether a list of persons is sorted by the names of their
// organizations alone.
func (w Window) byOrganization() bool {
	return len(w.Sort) == 1 && w.Sort[0].By == "org_name" && w.After == nil
}

// personsByOrganization reads a part of a list that is sorted by the names of
// organizations. The rows are found along the organizations, whose names stand in
// order in an index, instead of by sorting all persons: those of no organization, or
// of one that was deleted, are first, and each branch ends when the part is full.
// spec: records.org-name-order
func personsByOrganization(tx *store.Tx, f *finding, w Window) ([]Person, error) {
	down, most := direction(w.Sort[0].Desc), w.Start+w.Limit+1
	const along = `records_organization o CROSS JOIN records_person p WHERE o.company_id = @company AND p.company_id = o.company_id AND p.org_id = o.id AND `
	var branches []string
	var args []any
	for _, b := range []struct{ name, from, order string }{
		{`''`, `records_person p WHERE p.company_id = @company AND p.org_id IS NULL`, ""},
		{`''`, along + `o.deleted`, ""},
		{`o.folded`, along + `NOT o.deleted`, `o.folded` + down + `, `},
	} {
		branches = append(branches, fmt.Sprintf(`SELECT b%d.id AS id, b%d.name AS name FROM (SELECT p.id AS id, %s AS name FROM %s AND NOT p.deleted%s ORDER BY %sp.id%s LIMIT %d) b%d`,
			len(branches), len(branches), b.name, b.from, f.where.String(), b.order, down, most, len(branches)))
		args = append(args, f.args...)
	}
	return store.Select(tx, scanPerson, `SELECT `+personColumns+` FROM (
			SELECT every.id AS id, every.name AS name FROM (`+strings.Join(branches, "\n\t\t\t\tUNION ALL ")+`) every
			ORDER BY every.name`+down+`, every.id`+down+fmt.Sprintf(` LIMIT %d OFFSET %d`, w.Limit+1, w.Start)+`) part
		JOIN records_person p ON p.company_id = @company AND p.id = part.id
		ORDER BY part.name`+down+`, p.id`+down, args...)
}
