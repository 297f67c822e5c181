package records

import (
	"context"

	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// OrganizationNamed is the organization with this name, in whatever letters, or a
// new one if there is none.
func (s *Service) OrganizationNamed(ctx context.Context, c route.Caller, name string) (o Organization, err error) {
	err = s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		id, err := firstNamed(tx, c, KindOrganization, name)
		if err != nil {
			return err
		}
		if id != 0 {
			o, err = readOrganization(tx, c, id)
			return err
		}
		o, err = s.insertOrganization(tx, c, Organization{Name: name}, s.db.Now())
		return err
	})
	return o, err
}

// PersonNamed is the person with this name, in whatever letters, or a new one, of
// this organization, if there is none.
func (s *Service) PersonNamed(ctx context.Context, c route.Caller, name string, organization int64) (p Person, err error) {
	err = s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		id, err := firstNamed(tx, c, KindPerson, name)
		if err != nil {
			return err
		}
		if id != 0 {
			p, err = readPerson(tx, c, id)
			return err
		}
		p, err = s.insertPerson(tx, c, Person{Name: name, Organization: Ref{ID: organization}}, s.db.Now())
		return err
	})
	return p, err
}

// firstNamed is the oldest record of a kind with this name that the caller may
// see, 0 if there is none.
func firstNamed(tx *store.Tx, c route.Caller, kind, name string) (int64, error) {
	var f finding
	f.and("r.folded = ?", fold(name))
	f.and("NOT r.deleted")
	f.visibleOrFollowed(c, "r", kind)
	ids, err := store.Select(tx, store.Value[int64], `SELECT r.id FROM records_`+kind+` r WHERE r.company_id = @company`+f.where.String()+` ORDER BY r.id LIMIT 1`, f.args...)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	return ids[0], nil
}
