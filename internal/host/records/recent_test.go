package records_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/store"
)

// Changes of several tables and of other rooms come in one order, page by page,
// and what may not be seen is not counted.
// spec: rest.recents
func TestRecents(t *testing.T) {
	each(t, func(t *testing.T, s *records.Service, _ *store.DB) {
		begin := time.Now().Add(-time.Hour)
		p := must[records.Person](t)(s.CreatePerson(t.Context(), ours, records.Person{Name: "Mari", VisibleTo: 1, Owner: ours.User}))
		d := must[records.Deal](t)(s.CreateDeal(t.Context(), ours, records.Deal{Title: "Chairs", Person: records.Ref{ID: p.ID}}))
		must[records.Deal](t)(s.UpdateDeal(t.Context(), ours, d.ID, records.DealPatch{Title: to("Blue chairs")}))
		f := records.RecentFilter{
			Kinds: []string{records.KindDeal, records.KindPerson, records.KindOrganization}, Since: begin,
			Others: []records.Recent{{Kind: "user", ID: 7, At: begin.Add(time.Minute)}},
		}
		var got []string
		for start := 0; ; start++ {
			list, of, more, err := s.Recents(t.Context(), ours, f, records.Window{Limit: 1, Start: start})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range list {
				got = append(got, fmt.Sprint(r.Kind, " ", r.ID, of.Deals[r.ID].Title, of.Persons[r.ID].Name))
			}
			if !more {
				break
			}
		}
		if want := []string{"user 7", fmt.Sprintf("person %dMari", p.ID), fmt.Sprintf("deal %dBlue chairs", d.ID)}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		other := ours
		other.User, other.Admin = 99, false
		list, _, _, err := s.Recents(t.Context(), other, records.RecentFilter{Kinds: f.Kinds, Since: begin}, records.Window{Limit: 5})
		if err != nil || len(list) != 1 || list[0].Kind != records.KindDeal {
			t.Errorf("another user is told %+v, %v", list, err)
		}
	})
}
