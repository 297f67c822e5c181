package records

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// MergeDeals puts deal id into deal into, which stays: what into does not know is
// taken from id, and what hangs on id moves over. id is deleted.
// spec: rest.deals.merge
func (s *Service) MergeDeals(ctx context.Context, v route.Caller, id, into int64) (d Deal, err error) {
	if id == into {
		return d, fault.New(fault.Invalid, "merge_with_id", "Expected another deal, got %d itself.", id)
	}
	err = s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) error {
		first, second := min(id, into), max(id, into)
		locked := map[int64]Deal{}
		for _, one := range []int64{first, second} { // in one order, so that two merges do not wait for each other
			got, err := lockDeal(tx, v, one)
			if one == into {
				err = reference("merge_with_id", into, err)
			}
			if err != nil {
				return err
			}
			locked[one] = got
		}
		if d, err = s.mergeDeal(tx, v, locked[id], locked[into]); err != nil {
			return err
		}
		return withoutHiddenIn(tx, v, &d, dealNames)
	})
	return d, err
}

func (s *Service) mergeDeal(tx *store.Tx, v route.Caller, from, before Deal) (Deal, error) {
	to := before
	if to.Person.ID == 0 {
		to.Person = from.Person
	}
	if to.Organization.ID == 0 {
		to.Organization = from.Organization
	}
	if to.Value.Amount == 0 {
		to.Value = from.Value
	}
	if to.ExpectedClose == "" {
		to.ExpectedClose = from.ExpectedClose
	}
	if to.Probability == nil {
		to.Probability = from.Probability
	}
	to.Labels = some(append(slices.Clone(to.Labels), from.Labels...))
	to.Custom = mergeCustom(from.Custom, to.Custom)
	if err := s.moveFromDeal(tx, from, holder{deal: to.ID}); err != nil {
		return to, err
	}
	if err := moveLinks(tx, KindDeal, nil, to.ID, from.ID); err != nil {
		return to, err
	}
	people, err := participantIDs(tx, from.ID)
	if err != nil {
		return to, err
	}
	for _, person := range people {
		if err := s.takePart(tx, to.ID, person, v.User); err != nil {
			return to, err
		}
	}
	if _, err := tx.Exec(`UPDATE records_deal SET deleted = TRUE, deleted_at = ?, updated_at = ? WHERE company_id = @company AND id = ?`,
		clock.Micros(tx.Now()), clock.Micros(after(from.UpdatedAt, tx.Now())), from.ID); err != nil {
		return to, fmt.Errorf("delete deal %d: %w", from.ID, err)
	}
	to.UpdatedAt = after(before.UpdatedAt, tx.Now())
	row, err := to.row()
	if err != nil {
		return to, err
	}
	if _, err := tx.Exec(`UPDATE records_deal SET `+strings.Join(dealColumns, " = ?, ")+` = ? WHERE company_id = @company AND id = ?`, append(row, to.ID)...); err != nil {
		return to, fmt.Errorf("store deal %d: %w", to.ID, err)
	}
	if to, err = dealOf(tx, allSeeing(v), to.ID); err != nil {
		return to, err
	}
	ch := dealChange(Merged, before, to)
	ch.linked = append(ch.linked, Link{KindDeal, idText(from.ID)})
	return to, s.merged(tx, v, dealChange(Deleted, from, nil), ch)
}

// DuplicateDeal makes another deal of one: open, in the same stage, with the same
// people. What hangs on the first stays there.
// spec: rest.deals.duplicate
func (s *Service) DuplicateDeal(ctx context.Context, v route.Caller, id int64) (d Deal, err error) {
	err = s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) error {
		from, err := dealOf(tx, v, id)
		if err != nil {
			return err
		}
		people, err := participantIDs(tx, id)
		if err != nil {
			return err
		}
		d, err = s.addDeal(tx, allSeeing(v), Deal{
			Title: copyTitle(from.Title), Value: from.Value, Stage: from.Stage, Person: from.Person, Organization: from.Organization,
			Owner: from.Owner, Probability: from.Probability, ExpectedClose: from.ExpectedClose, VisibleTo: from.VisibleTo,
			Labels: from.Labels, Custom: from.Custom, Origin: from.Origin, Channel: from.Channel, ChannelID: from.ChannelID,
		})
		for _, person := range people {
			if err == nil {
				err = s.takePart(tx, d.ID, person, v.User)
			}
		}
		if err != nil {
			return err
		}
		return withoutHiddenIn(tx, v, &d, dealNames)
	})
	return d, err
}

// copyTitle is the title of a copy, cut to what fits.
func copyTitle(title string) string {
	const end = " (copy)"
	runes := []rune(title)
	return string(runes[:min(len(runes), maxTitle-len(end))]) + end
}
