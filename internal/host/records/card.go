package records

import (
	"context"
	"fmt"

	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// PersonCard is as much of a person as other records show.
type PersonCard struct {
	ID             int64
	Name           string
	Emails, Phones []Contact
	Owner          int64
	Active         bool // not deleted
	Hidden         bool // the caller does not see it: it has an id only
}

// OrganizationCard is as much of an organization as other records show.
type OrganizationCard struct {
	ID            int64
	Name, Address string
	Owner         int64
	People        int64
	Active        bool // not deleted
	Hidden        bool // the caller does not see it: it has an id only
}

// Cards are those of persons and organizations by id; deleted ones are there,
// unknown ones are not.
type Cards struct {
	Persons       map[int64]PersonCard
	Organizations map[int64]OrganizationCard
}

// Cards reads all at once: four queries, whatever their number.
func (s *Service) Cards(ctx context.Context, c route.Caller, persons, organizations []int64) (Cards, error) {
	out := Cards{map[int64]PersonCard{}, map[int64]OrganizationCard{}}
	err := s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		if err := personCards(tx, persons, out.Persons); err != nil {
			return err
		}
		if err := organizationCards(tx, organizations, out.Organizations); err != nil {
			return err
		}
		return out.hide(tx, c)
	})
	return out, err
}

// hide leaves of what the caller does not see the ids.
func (cards Cards) hide(tx *store.Tx, c route.Caller) error {
	var links []Link
	for id := range cards.Persons {
		links = append(links, Link{KindPerson, idText(id)})
	}
	for id := range cards.Organizations {
		links = append(links, Link{KindOrganization, idText(id)})
	}
	are, err := hidden(tx, c, links)
	for l := range are {
		for _, id := range keys(l.Kind, []string{l.ID}) {
			if n, _ := id.(int64); l.Kind == KindPerson {
				cards.Persons[n] = PersonCard{ID: n, Active: cards.Persons[n].Active, Hidden: true}
			} else {
				cards.Organizations[n] = OrganizationCard{ID: n, Active: cards.Organizations[n].Active, Hidden: true}
			}
		}
	}
	return err
}

func personCards(tx *store.Tx, ids []int64, out map[int64]PersonCard) error {
	if len(ids) == 0 {
		return nil
	}
	list, err := store.Select(tx, func(sc store.Scanner) (p Person, err error) {
		err = sc.Scan(&p.ID, &p.Name, &p.Owner, &p.Deleted)
		return p, err
	}, `SELECT id, name, owner_id, deleted FROM records_person WHERE company_id = @company AND id IN (`+places(len(ids))+`)`, anys(ids)...)
	if err != nil {
		return fmt.Errorf("read cards of persons: %w", err)
	}
	if err := fillContacts(tx, list); err != nil {
		return err
	}
	for _, p := range list {
		out[p.ID] = PersonCard{ID: p.ID, Name: p.Name, Emails: p.Emails, Phones: p.Phones, Owner: p.Owner, Active: !p.Deleted}
	}
	return nil
}

func organizationCards(tx *store.Tx, ids []int64, out map[int64]OrganizationCard) error {
	if len(ids) == 0 {
		return nil
	}
	list, err := store.Select(tx, func(sc store.Scanner) (o OrganizationCard, err error) {
		var deleted bool
		err = sc.Scan(&o.ID, &o.Name, &o.Address, &o.Owner, &deleted, &o.People)
		o.Active = !deleted
		return o, err
	}, `SELECT o.id, o.name, o.address, o.owner_id, o.deleted,
			(SELECT COUNT(*) FROM records_person p WHERE p.company_id = o.company_id AND p.org_id = o.id AND NOT p.deleted)
		FROM records_organization o WHERE o.company_id = @company AND o.id IN (`+places(len(ids))+`)`, anys(ids)...)
	if err != nil {
		return fmt.Errorf("read cards of organizations: %w", err)
	}
	for _, o := range list {
		out[o.ID] = o
	}
	return nil
}

// anys are ids as arguments of a query.
func anys[T any](list []T) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = v
	}
	return out
}
