package records_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/store"
)

// spec: rest.fields.create, rest.fields.options, rest.fields.delete
func TestFields(t *testing.T) {
	each(t, func(t *testing.T, s *records.Service, _ *store.DB) {
		ctx := t.Context()
		f := must[records.Field](t)(s.CreateField(ctx, ours, records.Field{
			Entity: records.KindDeal, Name: "Tier", Type: records.TypeSet, Options: []records.Option{{Label: "Gold"}, {Label: "Tin"}},
		}))
		if !records.IsCustomCode(f.Code) || len(f.Options) != 2 || f.Options[0].ID == f.Options[1].ID {
			t.Errorf("made %+v", f)
		}
		name := "Class"
		f = must[records.Field](t)(s.UpdateField(ctx, ours, records.KindDeal, f.Code, records.FieldPatch{
			Name: &name, Options: &[]records.Option{{Label: "New"}, {ID: f.Options[1].ID, Label: "Iron"}},
		}))
		back := must[records.Field](t)(s.Field(ctx, ours, records.KindDeal, f.Code))
		if back.Name != "Class" || len(back.Options) != 2 || back.Options[0].Label != "New" || back.Options[1].Label != "Iron" {
			t.Errorf("changed to %+v", back)
		}
		if list := must[[]records.Field](t)(s.Fields(ctx, ours, records.KindLead)); list[len(list)-1].Code != f.Code {
			t.Error("leads have not the deals' field")
		}
		if list := must[[]records.Field](t)(s.Fields(ctx, theirs, records.KindDeal)); slices.ContainsFunc(list, func(o records.Field) bool { return o.Custom }) {
			t.Error("another company sees the field")
		}
		labels := must[[]records.Option](t)(s.AddOptions(ctx, ours, records.KindPerson, records.LabelsCode, []records.Option{{Label: "VIP"}}))
		p := must[records.Person](t)(s.CreatePerson(ctx, ours, records.Person{Name: "X", Labels: []int64{labels[0].ID, 1}}))
		must[[]records.Option](t)(s.DeleteOptions(ctx, ours, records.KindPerson, records.LabelsCode, []int64{labels[0].ID, 1}))
		if _, err := s.UpdatePerson(ctx, ours, p.ID, records.PersonPatch{Name: &name}); err != nil {
			t.Errorf("a person with a label that is gone cannot be changed: %v", err)
		}
		must[[]records.Field](t)(s.DeleteFields(ctx, ours, records.KindDeal, f.Code))
		if _, err := s.Field(ctx, ours, records.KindDeal, f.Code); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a deleted field: %v", err)
		}
	})
}

// Options added at the same time are all kept.
func TestConcurrentOptions(t *testing.T) {
	each(t, func(t *testing.T, s *records.Service, _ *store.DB) {
		const n = 8
		errs := make(chan error, n)
		for i := range n {
			go func() {
				_, err := s.AddOptions(t.Context(), ours, records.KindOrganization, records.LabelsCode, []records.Option{{Label: fmt.Sprint("L", i)}})
				errs <- err
			}()
		}
		for range n {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		f := must[records.Field](t)(s.Field(t.Context(), ours, records.KindOrganization, records.LabelsCode))
		if len(f.Options) != 4+n {
			t.Errorf("%d labels, want %d", len(f.Options), 4+n)
		}
	})
}

// spec: rest.persons.merge, rest.organizations.merge, rest.counts, rest.followers
func TestMergesMoveLinks(t *testing.T) {
	each(t, func(t *testing.T, s *records.Service, _ *store.DB) {
		ctx := t.Context()
		list, _, err := s.ListPersons(ctx, ours, records.PersonFilter{}, records.Window{Limit: 500})
		if err != nil {
			t.Fatal(err)
		}
		counts := must[map[int64]records.Counts](t)(s.PersonCounts(ctx, ours, list))
		busy := slices.IndexFunc(list, func(p records.Person) bool { return counts[p.ID].Deals.Open > 0 && p.Organization.ID != 0 })
		goes := list[busy]
		stays := must[records.Person](t)(s.CreatePerson(ctx, ours, records.Person{Name: "Stays", Custom: map[string]any{}}))
		must[records.Note](t)(s.CreateNote(ctx, ours, records.Note{Content: "a note", Person: goes.ID}))
		must[records.Follower](t)(s.Follow(ctx, ours, records.KindPerson, goes.ID, 1))
		must[records.Follower](t)(s.Follow(ctx, ours, records.KindPerson, stays.ID, 1))
		must[records.Follower](t)(s.Follow(ctx, ours, records.KindPerson, goes.ID, 2))
		was := must[map[int64]records.Counts](t)(s.PersonCounts(ctx, ours, list))[goes.ID]

		merged := must[records.Person](t)(s.MergePersons(ctx, ours, goes.ID, stays.ID))
		if merged.ID != stays.ID || merged.Name != "Stays" || merged.Organization.ID != goes.Organization.ID || merged.Phone() != goes.Phone() {
			t.Errorf("merged %+v", merged)
		}
		back := must[records.Person](t)(s.Person(ctx, ours, stays.ID))
		is := must[map[int64]records.Counts](t)(s.PersonCounts(ctx, ours, []records.Person{back}))[stays.ID]
		if is.Deals != was.Deals || is.Notes != was.Notes || is.Followers != 2 {
			t.Errorf("counts are %+v, were %+v", is, was)
		}
		if _, err := s.Person(ctx, ours, goes.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("who went: %v", err)
		}
		hits := must[[]records.Hit](t)(s.Search(ctx, ours, goes.Name, 50, records.KindPerson))
		if slices.ContainsFunc(hits, func(h records.Hit) bool { return h.ID == fmt.Sprint(goes.ID) }) {
			t.Errorf("the search still finds who went: %+v", hits)
		}
		history := must[[]records.Change](t)(s.Changes(ctx, ours, records.KindPerson, fmt.Sprint(stays.ID), 10))
		if history[0].Action != records.Merged {
			t.Errorf("the history begins with %+v", history[0])
		}

		other := must[records.Organization](t)(s.CreateOrganization(ctx, ours, records.Organization{Name: "Other"}))
		people := must[[]records.Person](t)(s.PersonsOf(ctx, ours, goes.Organization.ID))
		must[records.Organization](t)(s.MergeOrganizations(ctx, ours, goes.Organization.ID, other.ID))
		if got := must[[]records.Person](t)(s.PersonsOf(ctx, ours, other.ID)); len(got) != len(people) {
			t.Errorf("%d people after the merge, want %d", len(got), len(people))
		}
	})
}

// Every order of both lists goes on behind its pages, on both databases.
func TestListsInEveryOrder(t *testing.T) {
	each(t, func(t *testing.T, s *records.Service, _ *store.DB) {
		for _, by := range records.PersonSort {
			for _, desc := range []bool{false, true} {
				var ids []int64
				for start, more := 0, true; more; start += 7 {
					list, m, err := s.ListPersons(t.Context(), ours, records.PersonFilter{}, records.Window{Limit: 7, Start: start, Sort: []records.Order{{By: by, Desc: desc}}})
					if err != nil {
						t.Fatal(err)
					}
					more = m
					for _, p := range list {
						ids = append(ids, p.ID)
					}
				}
				if slices.Sort(ids); len(slices.Compact(ids)) != 40 {
					t.Errorf("by %s: %d persons, want 40", by, len(ids))
				}
			}
		}
		for _, by := range records.OrganizationSort {
			if _, _, err := s.ListOrganizations(t.Context(), ours, records.OrganizationFilter{FirstChar: "b"}, records.Window{Limit: 7, Sort: []records.Order{{By: by}}}); err != nil {
				t.Error(err)
			}
		}
		if _, _, err := s.ListPersons(t.Context(), ours, records.PersonFilter{Deal: 1, Owner: 1, IDs: []int64{1}}, records.Window{Limit: 7}); err != nil {
			t.Error(err)
		}
	})
}

// Who is no admin and no owner sees what is not private, and what they follow.
// spec: rest.persons.visible-to-followers
func TestPrivateRecords(t *testing.T) {
	each(t, func(t *testing.T, s *records.Service, _ *store.DB) {
		agent := ours
		agent.User, agent.Admin = 2, false
		o := must[records.Organization](t)(s.CreateOrganization(t.Context(), ours, records.Organization{Name: "Private", VisibleTo: 1}))
		if _, err := s.Organization(t.Context(), agent, o.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("an agent sees a private organization: %v", err)
		}
		must[records.Follower](t)(s.Follow(t.Context(), ours, records.KindOrganization, o.ID, 2))
		if _, err := s.Organization(t.Context(), agent, o.ID); err != nil {
			t.Errorf("a follower does not see it: %v", err)
		}
		if err := s.Unfollow(t.Context(), ours, records.KindOrganization, o.ID, 2, 0); err != nil {
			t.Error(err)
		}
		if _, err := s.Organization(t.Context(), agent, o.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a former follower sees it: %v", err)
		}
	})
}
