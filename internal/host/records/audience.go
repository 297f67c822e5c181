package records

import (
	"fmt"
	"strconv"

	"github.com/dockwright/dockwright/internal/store"
)

// Audience says who may see something: everybody in the company, or else the
// admins and some users.
type Audience struct {
	Everybody bool
	Users     []int64 // when not everybody, beside the admins
}

// privateTo is the visible_to of a record that is for its owner and its followers
// alone.
const privateTo = 1

// holders are the tables of records that other things are on.
var holders = map[string]string{
	KindPerson: "records_person", KindOrganization: "records_organization", KindDeal: "records_deal", KindLead: "records_lead",
}

// AudienceOf is who may see a record with this owner and visibility: followers see
// what is for its owner alone, too.
// spec: rest.persons.visible-to-followers
func (s *Service) AudienceOf(tx *store.Tx, kind string, id, owner, visibleTo int64) (Audience, error) {
	if visibleTo != privateTo {
		return Audience{Everybody: true}, nil
	}
	followers, err := store.Select(tx, store.Value[int64], `SELECT user_id FROM records_follower
		WHERE company_id = @company AND entity = ? AND entity_id = ? ORDER BY user_id`, kind, id)
	if err != nil {
		return Audience{}, fmt.Errorf("read the followers of %s %d: %w", kind, id, err)
	}
	return Audience{Users: append([]int64{owner}, followers...)}, nil
}

// AudienceOn is who may see what is on these records: whoever may see one of them.
// What is on none is everybody's. Records that were deleted since count as they
// were.
// spec: webhooks.of-private-records
func (s *Service) AudienceOn(tx *store.Tx, on []Link) (Audience, error) {
	if len(on) == 0 {
		return Audience{Everybody: true}, nil
	}
	var all Audience
	for _, l := range on {
		one, err := s.audienceOn(tx, l)
		if err != nil || one.Everybody {
			return one, err
		}
		all.Users = append(all.Users, one.Users...)
	}
	return all, nil
}

func (s *Service) audienceOn(tx *store.Tx, l Link) (Audience, error) {
	table, ok := holders[l.Kind]
	if !ok {
		return Audience{}, fmt.Errorf("nothing is on a %s", l.Kind)
	}
	var key any = l.ID
	id, err := strconv.ParseInt(l.ID, 10, 64)
	if err == nil {
		key = id
	}
	type row struct{ visibleTo, owner int64 }
	rows, err := store.Select(tx, func(sc store.Scanner) (r row, err error) {
		err = sc.Scan(&r.visibleTo, &r.owner)
		return r, err
	}, `SELECT visible_to, owner_id FROM `+table+` WHERE company_id = @company AND id = ?`, key)
	if err != nil {
		return Audience{}, fmt.Errorf("read who may see %s %s: %w", l.Kind, l.ID, err)
	}
	if len(rows) == 0 { // purged since: nobody but the admins can tell what it was
		return Audience{}, nil
	}
	return s.AudienceOf(tx, l.Kind, id, rows[0].owner, rows[0].visibleTo)
}

// Links are the records that the note is on.
func (n Note) Links() []Link { return n.links() }

// Links are the records that the activity is on, those of all who take part too.
func (a Activity) Links() []Link {
	list := linksTo(a.Person, a.Organization, a.Deal, a.Lead)
	for _, p := range a.Participants {
		list = append(list, Link{KindPerson, idText(p.Person)})
	}
	return list
}

// NextActivity is what is to be done first for a lead, 0 for nothing.
func (s *Service) NextActivity(tx *store.Tx, lead string) (int64, error) {
	counts, err := activityCounts(tx, KindLead, []string{lead})
	if c := counts[lead]; c.Next != nil {
		return c.Next.ID, err
	}
	return 0, err
}
