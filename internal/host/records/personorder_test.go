package records_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// The short way along the organizations finds the same persons in the same order as
// sorting all of them: organizations of one name, deleted ones, and none.
// spec: records.org-name-order
func TestPersonsByOrganizationName(t *testing.T) {
	each(t, func(t *testing.T, s *records.Service, _ *store.DB) {
		ctx := t.Context()
		var orgs []int64
		for _, name := range []string{"Zeta", "Alpha", "Zeta", "Öl", "Gone"} {
			orgs = append(orgs, must[records.Organization](t)(s.CreateOrganization(ctx, ours, records.Organization{Name: name})).ID)
		}
		for i := range 24 {
			p := records.Person{Name: fmt.Sprint("Person ", i), VisibleTo: int64(1 + i%2*2)}
			if i%6 > 0 {
				p.Organization.ID = orgs[i*7%5]
			}
			must[records.Person](t)(s.CreatePerson(ctx, ours, p))
		}
		if err := s.DeleteOrganizations(ctx, ours, orgs[4]); err != nil {
			t.Fatal(err)
		}
		for _, c := range []route.Caller{ours, {Company: 1, User: 2}} {
			for _, desc := range []bool{false, true} {
				all := func(w records.Window, also ...records.Order) (ids []int64) {
					w.Sort = append([]records.Order{{By: "org_name", Desc: desc}}, also...)
					list, more, err := s.ListPersons(ctx, c, records.PersonFilter{Owner: 1}, w)
					if err != nil {
						t.Fatal(err)
					}
					for _, p := range list {
						ids = append(ids, p.ID)
					}
					if w.Limit < 100 && !more {
						t.Errorf("a part of %d from %d on says that it is the last", w.Limit, w.Start)
					}
					return ids
				}
				want := all(records.Window{Limit: 200}, records.Order{By: "id", Desc: desc})
				if got := all(records.Window{Limit: 200}); !reflect.DeepEqual(got, want) || len(got) < 12 {
					t.Errorf("admin %v, descending %v: %v, want %v", c.Admin, desc, got, want)
				}
				if got := all(records.Window{Start: 3, Limit: 5}); !reflect.DeepEqual(got, want[3:8]) {
					t.Errorf("a part: %v, want %v", got, want[3:8])
				}
			}
		}
	})
}
