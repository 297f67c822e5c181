package records

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// Organization is a firm, a school, an authority.
type Organization struct {
	ID                               int64
	Name, Address, Website, Industry string
	Owner                            int64 // user
	AddedAt, UpdatedAt               time.Time
	People, OpenDeals                int // only in lists
}

// CreateOrganization stores o; its id and times are set by the room.
func (s *Service) CreateOrganization(ctx context.Context, v route.Caller, o Organization) (Organization, error) {
	err := s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) (err error) {
		o.Owner = orCaller(o.Owner, v)
		o, err = s.insertOrganization(tx, o, s.db.Now())
		return err
	})
	return o, err
}

// orCaller is the owner, or who makes the record if none was named.
func orCaller(owner int64, v route.Caller) int64 {
	if owner == 0 {
		return v.User
	}
	return owner
}

func (s *Service) insertOrganization(tx *store.Tx, o Organization, now time.Time) (Organization, error) {
	var err error
	if o.Name, err = title("name", o.Name); err != nil {
		return o, err
	}
	if o.ID, err = tx.NextID("organization"); err != nil {
		return o, err
	}
	o.AddedAt, o.UpdatedAt = now, now
	_, err = tx.Exec(`INSERT INTO records_organization (company_id, id, name, folded, address, website, industry, owner_id, deleted, added_at, updated_at)
		VALUES (@company, ?, ?, ?, ?, ?, ?, ?, FALSE, ?, ?)`,
		o.ID, o.Name, fold(o.Name), o.Address, o.Website, o.Industry, o.Owner, clock.Micros(now), clock.Micros(now))
	return o, err
}

const organizationColumns = `o.id, o.name, o.address, o.website, o.industry, o.owner_id, o.added_at, o.updated_at`

func scanOrganization(sc store.Scanner, more ...any) (Organization, error) {
	var o Organization
	var added, updated int64
	err := sc.Scan(append([]any{&o.ID, &o.Name, &o.Address, &o.Website, &o.Industry, &o.Owner, &added, &updated}, more...)...)
	o.AddedAt, o.UpdatedAt = clock.FromMicros(added), clock.FromMicros(updated)
	return o, err
}

// Organization returns one that was not deleted.
func (s *Service) Organization(ctx context.Context, v route.Caller, id int64) (Organization, error) {
	var o Organization
	err := s.db.Company(v.Company).View(ctx, func(tx *store.Tx) (err error) {
		o, err = store.One(tx, func(sc store.Scanner) (Organization, error) { return scanOrganization(sc) },
			`SELECT `+organizationColumns+` FROM records_organization o WHERE o.company_id = @company AND o.id = ? AND NOT o.deleted`, id)
		return err
	})
	return found(o, err, "organization", id)
}

// Organizations lists by name.
func (s *Service) Organizations(ctx context.Context, v route.Caller, p Page) (list []Organization, next string, err error) {
	name, id := splitCursor(p.After)
	err = s.db.Company(v.Company).View(ctx, func(tx *store.Tx) error {
		list, err = store.Select(tx, func(sc store.Scanner) (Organization, error) {
			var people, deals int
			o, err := scanOrganization(sc, &people, &deals)
			o.People, o.OpenDeals = people, deals
			return o, err
		}, `SELECT `+organizationColumns+`,
				(SELECT COUNT(*) FROM records_person p WHERE p.company_id = o.company_id AND p.org_id = o.id AND NOT p.deleted),
				(SELECT COUNT(*) FROM records_deal d WHERE d.company_id = o.company_id AND d.org_id = o.id AND d.status = 'open' AND NOT d.deleted)
			FROM records_organization o
			WHERE o.company_id = @company AND NOT o.deleted AND (o.folded > ? OR (o.folded = ? AND o.id > ?))
			ORDER BY o.folded, o.id LIMIT ?`, name, name, id, p.limit()+1)
		return err
	})
	if len(list) > p.limit() {
		list = list[:p.limit()]
		last := list[len(list)-1]
		next = joinCursor(fold(last.Name), last.ID)
	}
	return list, next, err
}

// joinCursor and splitCursor make the opaque mark between two pages of a list
// that is ordered by name.
func joinCursor(name string, id int64) string { return strconv.FormatInt(id, 10) + "." + name }

func splitCursor(mark string) (name string, id int64) {
	num, name, _ := strings.Cut(mark, ".")
	id, _ = strconv.ParseInt(num, 10, 64) // a broken mark begins at the start
	return name, id
}
