package records

import (
	"context"
	"slices"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// MaxBulk is how many records can be changed together.
const MaxBulk = 500

// The functions below change several records, all or none: one that is refused is
// named, and nothing is changed.
// spec: records.bulk

// UpdateDeals changes deals alike.
func (s *Service) UpdateDeals(ctx context.Context, v route.Caller, ids []int64, p DealPatch) error {
	return inBulk(ctx, s, v, some(ids), func(tx *store.Tx, id int64) (string, error) {
		before, err := lockDeal(tx, v, id)
		if err != nil {
			return "", err
		}
		_, err = s.updateDeal(tx, v, before, p)
		return before.Title, err
	})
}

// UpdatePersons changes persons alike.
func (s *Service) UpdatePersons(ctx context.Context, v route.Caller, ids []int64, p PersonPatch) error {
	return inBulk(ctx, s, v, some(ids), func(tx *store.Tx, id int64) (string, error) {
		was, err := lockPerson(tx, v, id)
		if err != nil {
			return "", err
		}
		_, err = s.updatePerson(tx, v, was, p)
		return was.Name, err
	})
}

// UpdateOrganizations changes organizations alike.
func (s *Service) UpdateOrganizations(ctx context.Context, v route.Caller, ids []int64, p OrganizationPatch) error {
	return inBulk(ctx, s, v, some(ids), func(tx *store.Tx, id int64) (string, error) {
		was, err := lockOrganization(tx, v, id)
		if err != nil {
			return "", err
		}
		_, err = s.updateOrganization(tx, v, was, p)
		return was.Name, err
	})
}

// UpdateLeads changes leads alike.
func (s *Service) UpdateLeads(ctx context.Context, v route.Caller, ids []string, p LeadPatch) error {
	return inBulk(ctx, s, v, slices.Compact(slices.Sorted(slices.Values(ids))), func(tx *store.Tx, id string) (string, error) {
		before, err := lockLead(tx, v, id)
		if err != nil {
			return "", err
		}
		_, err = s.updateLead(tx, v, before, p)
		return before.Title, err
	})
}

// DeleteLeads marks leads as deleted.
func (s *Service) DeleteLeads(ctx context.Context, v route.Caller, ids []string) error {
	return inBulk(ctx, s, v, slices.Compact(slices.Sorted(slices.Values(ids))), func(tx *store.Tx, id string) (string, error) {
		l, err := lockLead(tx, v, id)
		if err != nil {
			return "", err
		}
		return l.Title, s.removeLead(tx, v, l)
	})
}

// inBulk does one thing to each record in one transaction. do returns the record's
// title, for saying which one was refused.
func inBulk[ID any](ctx context.Context, s *Service, v route.Caller, ids []ID, do func(*store.Tx, ID) (string, error)) error {
	if n := len(ids); n == 0 || n > MaxBulk {
		return fault.New(fault.Invalid, "id", "Expected 1 to %d records, got %d.", MaxBulk, n)
	}
	return s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) error {
		for _, id := range ids {
			title, err := do(tx, id)
			if told, ok := fault.As(err); ok && title != "" {
				return fault.New(told.Kind, told.Field, "Nothing was changed, because “%s” was refused: %s", title, told.Message)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}
