package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
)

// The page of a colleague's private record is not there, the search of all pages
// does not find it, and the timelines and pages of records that it touches do not
// name it.
// spec: rest.visibility
func TestPrivateRecordsOfAColleague(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	admin := route.Caller{Company: 1, User: 1, Admin: true}
	made := func(err error) { t.Helper(); s.ok(err) }
	o, err := s.people.CreateOrganization(t.Context(), admin, records.Organization{Name: "Plain Works"})
	made(err)
	p, err := s.people.CreatePerson(t.Context(), admin, records.Person{Name: "Quicksilver Person", VisibleTo: 1, Organization: records.Ref{ID: o.ID}})
	made(err)
	d, err := s.people.CreateDeal(t.Context(), admin, records.Deal{Title: "Quicksilver deal", VisibleTo: 1, Organization: records.Ref{ID: o.ID}})
	made(err)
	open, err := s.people.CreateDeal(t.Context(), admin, records.Deal{Title: "Open deal", Organization: records.Ref{ID: o.ID}})
	made(err)
	_, err = s.people.UpdateDeal(t.Context(), admin, open.ID, records.DealPatch{Person: &p.ID})
	made(err)
	_, err = s.people.CreateNote(t.Context(), admin, records.Note{Content: "Quicksilver note", Deal: d.ID})
	made(err)
	pages := []string{
		fmt.Sprintf("/organizations/%d", o.ID), fmt.Sprintf("/deals/%d", open.ID), "/persons?sort=-id", "/deals", "/search?q=quicksilver",
	}
	missing := []string{fmt.Sprintf("/persons/%d", p.ID), fmt.Sprintf("/deals/%d", d.ID)}
	s.get("/deals") // signs in
	for user, sees := range []string{1: "an admin", 2: "a colleague"} {
		if user == 0 {
			continue
		}
		if res, body := s.post("/_dockwright/switch-user", url.Values{"user": {fmt.Sprint(user)}}); res.StatusCode != http.StatusSeeOther {
			t.Fatalf("switch to user %d: %d %s", user, res.StatusCode, body)
		}
		colleague := user != 1
		for _, path := range missing {
			if res, _ := s.get(path); (res.StatusCode == http.StatusNotFound) != colleague {
				t.Errorf("%s gets %d for %s", sees, res.StatusCode, path)
			}
		}
		named := 0
		for _, path := range pages {
			res, body := s.get(path)
			if res.StatusCode != http.StatusOK {
				t.Errorf("%s gets %d for %s", sees, res.StatusCode, path)
			}
			if _, shown, _ := strings.Cut(body, "<main"); strings.Contains(strings.ReplaceAll(shown, "quicksilver", ""), "Quicksilver") {
				named++
				if colleague {
					t.Errorf("%s reads of what is private at %s", sees, path)
				}
			}
		}
		if !colleague && named < 3 {
			t.Errorf("%s reads of it on %d pages, want more: this test looks at the wrong ones", sees, named)
		}
	}
	if res, _ := s.post(fmt.Sprintf("/records/person/%d/notes", p.ID), url.Values{"content": {"hello"}}); res.StatusCode != http.StatusBadRequest {
		t.Errorf("a note on a private person: %d", res.StatusCode)
	}
}
