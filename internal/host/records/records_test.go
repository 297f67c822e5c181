package records_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/event"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

var (
	ours   = route.Caller{Company: 1, User: 1, Admin: true}
	theirs = route.Caller{Company: 2, User: 1, Admin: true}
)

// each runs fn on both databases with a room that holds the demo of company 1.
func each(t *testing.T, fn func(t *testing.T, s *records.Service, db *store.DB)) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(...store.Migrations) *store.DB) {
		db := open(live.Migrations, event.Migrations, records.Migrations)
		s := records.New(db)
		if err := s.SeedDemo(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		fn(t, s, db)
	})
}

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestSeedDemoTwice(t *testing.T) {
	each(t, func(t *testing.T, s *records.Service, _ *store.DB) {
		if err := s.SeedDemo(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		persons, next, err := s.Persons(t.Context(), ours, records.Page{})
		if err != nil || len(persons) != 40 || next != "" {
			t.Errorf("got %d persons, next %q, %v; want 40", len(persons), next, err)
		}
		if deals := must[[]records.Deal](t)(s.Deals(t.Context(), ours, records.DealFilter{})); len(deals) != 25 {
			t.Errorf("got %d deals, want 25", len(deals))
		}
		if leads := must[[]records.Lead](t)(s.Leads(t.Context(), ours, records.LeadFilter{})); len(leads) != 10 || len(leads[0].Labels) != 1 {
			t.Errorf("got %d leads, want 10 with a label each", len(leads))
		}
		if p := must[[]records.Pipeline](t)(s.Pipelines(t.Context(), ours)); len(p) != 1 || len(p[0].Stages) != 5 {
			t.Errorf("got %+v, want one pipeline of five stages", p)
		}
	})
}

func TestListsGoOnWhereTheyStopped(t *testing.T) {
	each(t, func(t *testing.T, s *records.Service, _ *store.DB) {
		seen := map[int64]bool{}
		page := records.Page{Limit: 7}
		for range 10 {
			list, next, err := s.Persons(t.Context(), ours, page)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range list {
				if seen[p.ID] {
					t.Fatalf("person %d came twice", p.ID)
				}
				seen[p.ID] = true
			}
			if page.After = next; next == "" {
				break
			}
		}
		if len(seen) != 40 {
			t.Errorf("saw %d persons, want 40", len(seen))
		}
		first, next, err := s.Organizations(t.Context(), ours, records.Page{Limit: 10})
		if err != nil || len(first) != 10 {
			t.Fatalf("got %d organizations, %v; want 10", len(first), err)
		}
		rest, next, err := s.Organizations(t.Context(), ours, records.Page{After: next, Limit: 10})
		if err != nil || len(rest) != 5 || next != "" {
			t.Errorf("got %d more, next %q, %v; want 5", len(rest), next, err)
		}
	})
}

func TestSearch(t *testing.T) {
	each(t, func(t *testing.T, s *records.Service, _ *store.DB) {
		for _, c := range []struct{ term, kind, want string }{
			{"camille", records.KindPerson, "Camille Roux"},
			{"THÉO", records.KindPerson, "Théo Marchand"},    // small letters beyond ASCII on both databases
			{"maja@ahl", records.KindPerson, "Maja Ahlgren"}, // by email
			{"nadia.h", records.KindPerson, "Nadia Haddad"},
			{"mail", records.KindPerson, ""},                         // a common mail service finds nobody
			{"07700-900114", records.KindPerson, ""},                 // national form is not the stored one
			{"7700 900 114", records.KindPerson, "Oliver Whitcombe"}, // by digits, however written
			{"söner", records.KindOrganization, "Ahlgren & Söner"},
			{"lobby", records.KindDeal, "Lobby seating"},
			{"merikotkas", records.KindDeal, "40 guest rooms: beds and desks"},
			{"hostel", records.KindLead, "Bunk beds for a hostel"},
			{"100%_", records.KindDeal, ""},
			{"x", records.KindPerson, ""},
		} {
			hits, err := s.Search(t.Context(), ours, c.term, 5, c.kind)
			if err != nil {
				t.Fatalf("%q: %v", c.term, err)
			}
			switch {
			case c.want == "" && len(hits) > 0:
				t.Errorf("%q found %+v, want nothing", c.term, hits)
			case c.want != "" && (len(hits) == 0 || hits[0].Title != c.want):
				t.Errorf("%q found %+v, want %q first", c.term, hits, c.want)
			}
		}
		if _, err := s.Search(t.Context(), ours, "abc", 5, "robot"); fault.KindOf(err) != fault.Invalid {
			t.Errorf("unknown kind: %v", err)
		}
	})
}

func TestAnotherCompanySeesNothing(t *testing.T) {
	each(t, func(t *testing.T, s *records.Service, _ *store.DB) {
		if list, _, err := s.Persons(t.Context(), theirs, records.Page{}); err != nil || len(list) != 0 {
			t.Errorf("another company sees %d persons, %v", len(list), err)
		}
		if _, err := s.Deal(t.Context(), theirs, 1); fault.KindOf(err) != fault.NotFound {
			t.Errorf("another company's deal: %v", err)
		}
		if hits, err := s.Search(t.Context(), theirs, "camille", 5); err != nil || len(hits) != 0 {
			t.Errorf("another company finds %+v, %v", hits, err)
		}
		_, err := s.CreatePerson(t.Context(), theirs, records.Person{Name: "Mallory", Organization: records.Ref{ID: 1}})
		if f, ok := fault.As(err); !ok || f.Field != "org_id" {
			t.Errorf("a link into another company: %v", err)
		}
	})
}

// spec: records.tenant-links
func TestTheDatabaseRefusesLinksAcrossCompanies(t *testing.T) {
	each(t, func(t *testing.T, _ *records.Service, db *store.DB) {
		err := db.Company(2).Update(context.Background(), func(tx *store.Tx) error {
			_, err := tx.Exec(`INSERT INTO records_person (company_id, id, name, folded, job_title, org_id, owner_id, deleted, added_at, updated_at)
				VALUES (@company, 1, 'a', 'a', '', 1, 1, FALSE, 0, 0)`)
			return err
		})
		if err == nil {
			t.Error("a person of company 2 was linked to an organization of company 1")
		}
	})
}

func TestTitles(t *testing.T) {
	each(t, func(t *testing.T, s *records.Service, db *store.DB) {
		lead := must[[]records.Lead](t)(s.Leads(t.Context(), ours, records.LeadFilter{}))[0]
		err := db.Company(1).View(t.Context(), func(tx *store.Tx) error {
			got, err := s.Titles(tx, ours, records.KindPerson, []string{"1", "2", "1", "999", "x", "-4"})
			if err != nil || len(got) != 2 || got["1"] != "Camille Roux" {
				t.Errorf("persons: %v, %v", got, err)
			}
			got, err = s.Titles(tx, ours, records.KindLead, []string{lead.ID, "none"})
			if err != nil || len(got) != 1 || got[lead.ID] != lead.Title {
				t.Errorf("leads: %v, %v", got, err)
			}
			got, err = s.Titles(tx, ours, records.KindDeal, nil)
			if err != nil || len(got) != 0 {
				t.Errorf("no ids: %v, %v", got, err)
			}
			_, err = s.Titles(tx, ours, "robot", nil)
			if fault.KindOf(err) != fault.Invalid {
				t.Errorf("unknown kind: %v", err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestRefusals(t *testing.T) {
	each(t, func(t *testing.T, s *records.Service, _ *store.DB) {
		for _, c := range []struct {
			field string
			do    func() error
		}{
			{"name", func() error { _, err := s.CreatePerson(t.Context(), ours, records.Person{Name: " "}); return err }},
			{"name", func() error {
				_, err := s.CreatePerson(t.Context(), ours, records.Person{Name: strings.Repeat("ä", 256)})
				return err
			}},
			{"emails", func() error {
				_, err := s.CreatePerson(t.Context(), ours, records.Person{Name: "A", Emails: []records.Contact{{}}})
				return err
			}},
			{"title", func() error { _, err := s.CreateDeal(t.Context(), ours, records.Deal{Title: "\xff"}); return err }},
			{"stage_id", func() error {
				_, err := s.CreateDeal(t.Context(), ours, records.Deal{Title: "A", Stage: records.Ref{ID: 99}})
				return err
			}},
			{"status", func() error {
				_, err := s.CreateDeal(t.Context(), ours, records.Deal{Title: "A", Status: "maybe"})
				return err
			}},
			{"expected_close_date", func() error {
				_, err := s.CreateDeal(t.Context(), ours, records.Deal{Title: "A", ExpectedClose: "31.12.2026"})
				return err
			}},
			{"person_id", func() error { _, err := s.CreateLead(t.Context(), ours, records.Lead{Title: "A"}); return err }},
			{"label_ids", func() error {
				_, err := s.CreateLead(t.Context(), ours, records.Lead{Title: "A", Person: records.Ref{ID: 1}, Labels: []records.Label{{ID: "none"}}})
				return err
			}},
			{"deal_id", func() error { _, err := s.CreateNote(t.Context(), ours, records.Note{Content: "A"}); return err }},
			{"content", func() error { _, err := s.CreateNote(t.Context(), ours, records.Note{Deal: 1}); return err }},
		} {
			if f, ok := fault.As(c.do()); !ok || f.Kind != fault.Invalid || f.Field != c.field {
				t.Errorf("got %v, want an invalid %s", f, c.field)
			}
		}
	})
}

func TestPersonKeepsContacts(t *testing.T) {
	t.Parallel()
	now := clock.NewManual(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC))
	db := storetest.Open(t, store.Config{URL: "sqlite:" + t.TempDir() + "/r.db", Migrations: []store.Migrations{live.Migrations, event.Migrations, records.Migrations}, Unsafe: true, Clock: now})
	s := records.New(db)
	made := must[records.Person](t)(s.CreatePerson(t.Context(), ours, records.Person{
		Name: "  <b>Bobby</b> Tables ", Phones: []records.Contact{{Label: "work", Value: "+372 1"}, {Label: "mobile", Value: "+372 2", Main: true}},
	}))
	got := must[records.Person](t)(s.Person(t.Context(), ours, made.ID))
	if got.Name != "<b>Bobby</b> Tables" || got.Phone() != "+372 2" || len(got.Phones) != 2 || got.Email() != "" || !got.AddedAt.Equal(now.Now()) || got.Owner != 1 {
		t.Errorf("got %+v", got)
	}
	must[records.Note](t)(s.CreateNote(t.Context(), ours, records.Note{Content: "Hello", Person: got.ID}))
	if notes := must[[]records.Note](t)(s.Notes(t.Context(), ours, records.KindPerson, got.ID)); len(notes) != 1 || notes[0].Author != 1 {
		t.Errorf("got %+v", notes)
	}
}
