package records

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// Hit is a record that a search found.
type Hit struct {
	Kind   string
	ID     string // a number, for leads a UUID
	Title  string
	Detail string // what tells it from others of the same title
}

const minTerm = 2 // characters

// Search finds records whose name, title, email or telephone number contains
// term, at most limit of each kind. Those whose title begins with it come first.
// No kinds means all. A term shorter than two characters finds nothing.
func (s *Service) Search(ctx context.Context, v route.Caller, term string, limit int, kinds ...string) ([]Hit, error) {
	term = fold(term)
	if len([]rune(term)) < minTerm {
		return nil, nil
	}
	if len(kinds) == 0 {
		kinds = []string{KindPerson, KindOrganization, KindDeal, KindLead}
	}
	var out []Hit
	err := s.db.Company(v.Company).View(ctx, func(tx *store.Tx) error {
		for _, kind := range kinds {
			hits, err := search(tx, kind, term, limit)
			if err != nil {
				return fmt.Errorf("search %s: %w", kind, err)
			}
			out = append(out, hits...)
		}
		return nil
	})
	return out, err
}

const (
	searchPerson = `SELECT p.id, p.name, COALESCE(o.name, '') FROM records_person p
		LEFT JOIN records_organization o ON o.company_id = p.company_id AND o.id = p.org_id
		WHERE p.company_id = @company AND NOT p.deleted AND (p.folded LIKE ? ESCAPE '\' OR EXISTS (
			SELECT 1 FROM records_contact c WHERE c.company_id = p.company_id AND c.person_id = p.id AND (c.folded LIKE ? ESCAPE '\' OR c.folded LIKE ? ESCAPE '\')))
		ORDER BY CASE WHEN p.folded LIKE ? ESCAPE '\' THEN 0 ELSE 1 END, p.folded, p.id LIMIT ?`
	searchOrganization = `SELECT o.id, o.name, o.address FROM records_organization o
		WHERE o.company_id = @company AND NOT o.deleted AND o.folded LIKE ? ESCAPE '\'
		ORDER BY CASE WHEN o.folded LIKE ? ESCAPE '\' THEN 0 ELSE 1 END, o.folded, o.id LIMIT ?`
	searchDeal = `SELECT d.id, d.title, COALESCE(o.name, p.name, '') FROM records_deal d
		LEFT JOIN records_organization o ON o.company_id = d.company_id AND o.id = d.org_id
		LEFT JOIN records_person p ON p.company_id = d.company_id AND p.id = d.person_id
		WHERE d.company_id = @company AND NOT d.deleted AND (d.folded LIKE ? ESCAPE '\' OR p.folded LIKE ? ESCAPE '\' OR o.folded LIKE ? ESCAPE '\')
		ORDER BY CASE WHEN d.folded LIKE ? ESCAPE '\' THEN 0 ELSE 1 END, d.folded, d.id LIMIT ?`
	searchLead = `SELECT l.id, l.title, COALESCE(p.name, o.name, '') FROM records_lead l
		LEFT JOIN records_organization o ON o.company_id = l.company_id AND o.id = l.org_id
		LEFT JOIN records_person p ON p.company_id = l.company_id AND p.id = l.person_id
		WHERE l.company_id = @company AND NOT l.deleted AND NOT l.archived
			AND (l.folded LIKE ? ESCAPE '\' OR p.folded LIKE ? ESCAPE '\' OR o.folded LIKE ? ESCAPE '\')
		ORDER BY CASE WHEN l.folded LIKE ? ESCAPE '\' THEN 0 ELSE 1 END, l.folded, l.id LIMIT ?`
)

func search(tx *store.Tx, kind, term string, limit int) ([]Hit, error) {
	limit = min(max(limit, 1), 100)
	any, begin := like(term), strings.TrimPrefix(like(term), "%")
	scan := func(sc store.Scanner) (Hit, error) {
		var id int64
		h := Hit{Kind: kind}
		err := sc.Scan(&id, &h.Title, &h.Detail)
		h.ID = strconv.FormatInt(id, 10)
		return h, err
	}
	switch kind {
	case KindPerson:
		// An address is found by how it begins, so that a common mail service does
		// not find everybody; by any part if the term looks like one.
		email, number := begin, begin
		if strings.ContainsAny(term, "@.") {
			email = any
		}
		if d := digits(term); len(d) >= 4 {
			number = "%" + d + "%"
		}
		return store.Select(tx, scan, searchPerson, any, email, number, begin, limit)
	case KindOrganization:
		return store.Select(tx, scan, searchOrganization, any, begin, limit)
	case KindDeal:
		return store.Select(tx, scan, searchDeal, any, any, any, begin, limit)
	case KindLead:
		return store.Select(tx, func(sc store.Scanner) (Hit, error) {
			h := Hit{Kind: kind}
			err := sc.Scan(&h.ID, &h.Title, &h.Detail)
			return h, err
		}, searchLead, any, any, any, begin, limit)
	}
	return nil, fault.New(fault.Invalid, "kind", "Expected person, organization, deal or lead, got %q.", kind)
}

// Titles names records for other rooms, inside their transaction. Ids that are
// unknown, deleted or not well formed are absent from the answer.
func (s *Service) Titles(tx *store.Tx, kind string, ids []string) (map[string]string, error) {
	query := map[string]string{
		KindPerson:       `SELECT id, name FROM records_person WHERE company_id = @company AND NOT deleted AND id IN (`,
		KindOrganization: `SELECT id, name FROM records_organization WHERE company_id = @company AND NOT deleted AND id IN (`,
		KindDeal:         `SELECT id, title FROM records_deal WHERE company_id = @company AND NOT deleted AND id IN (`,
		KindLead:         `SELECT id, title FROM records_lead WHERE company_id = @company AND NOT deleted AND id IN (`,
	}[kind]
	if query == "" {
		return nil, fault.New(fault.Invalid, "kind", "Expected person, organization, deal or lead, got %q.", kind)
	}
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	out := make(map[string]string, len(ids))
	for chunk := range slices.Chunk(ids, 200) {
		args := keys(kind, chunk)
		if len(args) == 0 {
			continue
		}
		rows, err := store.Select(tx, func(sc store.Scanner) (Hit, error) { return scanTitle(sc, kind) }, query+places(len(args))+`)`, args...)
		if err != nil {
			return nil, fmt.Errorf("read titles of %ss: %w", kind, err)
		}
		for _, h := range rows {
			out[h.ID] = h.Title
		}
	}
	return out, nil
}

// keys are ids as their column wants them, without those that cannot be ids.
func keys(kind string, ids []string) []any {
	var out []any
	for _, id := range ids {
		if kind == KindLead {
			out = append(out, id)
		} else if n, err := strconv.ParseInt(id, 10, 64); err == nil && n > 0 {
			out = append(out, n)
		}
	}
	return out
}

func scanTitle(sc store.Scanner, kind string) (h Hit, err error) {
	if kind == KindLead {
		err = sc.Scan(&h.ID, &h.Title)
		return h, err
	}
	var id int64
	err = sc.Scan(&id, &h.Title)
	h.ID = strconv.FormatInt(id, 10)
	return h, err
}
