package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
)

// A person is made in a form, with an organization that was typed and a custom
// field, and changed again; what the form leaves empty is cleared.
// spec: records.edit
func TestPersonForm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	me := route.Caller{Company: 1, User: 1, Admin: true}
	field, err := s.people.CreateField(t.Context(), me, records.Field{Entity: records.KindPerson, Name: "Shoe size", Type: records.TypeDouble})
	s.ok(err)
	if _, body := s.get("/persons/new?phone=%2B372+555"); !strings.Contains(body, "Shoe size") || !strings.Contains(body, `value="&#43;372 555"`) {
		t.Fatalf("the form lacks the custom field or the number that was asked for: %s", body)
	}
	form := url.Values{
		"name": {"Ann Ott"}, "org_id": {"Ott & Daughters"}, "phones": {"+372 555", "+372 556", " "}, "phones.label": {"work", "mobile", "home"},
		"phones.main": {"1"}, "owner_id": {"1"}, "visible_to": {"3"}, field.Code: {"38.5"},
	}
	res, body := s.post("/persons/new", form)
	at := res.Header.Get("Location")
	if res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(at, "/persons/") {
		t.Fatalf("%d to %q: %s", res.StatusCode, at, body)
	}
	if _, page := s.get(at); !strings.Contains(page, "Ott &amp; Daughters") || !strings.Contains(page, "&#43;372 556") {
		t.Errorf("the person's page lacks what was typed: %s", page)
	}
	p := only(t, s, "Ann Ott")
	if p.Phone() != "+372 556" || len(p.Phones) != 2 || text(p.Custom[field.Code]) != "38.5" {
		t.Errorf("stored %+v", p)
	}
	form.Set("name", "Ann Ott-Kask")
	form.Del(field.Code)
	form.Set("org_id", "ott & daughters")
	if res, body := s.post(at+"/edit", form); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d: %s", res.StatusCode, body)
	}
	again := only(t, s, "Ann Ott-Kask")
	if again.Custom[field.Code] != nil || again.Organization.ID != p.Organization.ID {
		t.Errorf("changed to %+v", again)
	}
	if res, body := s.post(at+"/edit", url.Values{"name": {""}, "owner_id": {"1"}, "visible_to": {"3"}}); res.StatusCode != http.StatusBadRequest || !strings.Contains(body, "1 to 255 characters") {
		t.Errorf("without a name: %d %s", res.StatusCode, body)
	}
	if res, _ := s.post(at+"/delete", nil); res.StatusCode != http.StatusSeeOther {
		t.Errorf("delete: %d", res.StatusCode)
	}
	if res, _ := s.get(at); res.StatusCode != http.StatusNotFound {
		t.Errorf("a deleted person's page: %d", res.StatusCode)
	}
}

// only is the one person of that name.
func only(t *testing.T, s *site, name string) records.Person {
	t.Helper()
	list, _, err := s.people.ListPersons(t.Context(), route.Caller{Company: 1, User: 1, Admin: true}, records.PersonFilter{}, records.Window{Limit: 500})
	s.ok(err)
	for _, p := range list {
		if p.Name == name {
			return p
		}
	}
	t.Fatalf("there is no %s", name)
	return records.Person{}
}

func text(v any) string {
	if s, ok := v.(interface{ String() string }); ok {
		return s.String()
	}
	return ""
}
