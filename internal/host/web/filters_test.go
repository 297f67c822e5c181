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

// A filter is made in a form, shown on its list, changed, and deleted; the form has
// what was kept, and takes names where ids are kept.
// spec: records.filters-page
func TestFilterForm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	me := route.Caller{Company: 1, User: 1, Admin: true}
	number := func(kind, code string) string {
		f, err := s.people.Field(t.Context(), me, kind, code)
		s.ok(err)
		return fmt.Sprintf("%s:%d", kind, f.ID)
	}
	org, err := s.people.CreateOrganization(t.Context(), me, records.Organization{Name: "Quill Works", Address: "Quai 1", AddressParts: map[string]string{"locality": "Ghent"}})
	s.ok(err)
	for name, of := range map[string]int64{"Wanda Quill": org.ID, "Walter Quill": org.ID, "Wim Other": 0} {
		_, err := s.people.CreatePerson(t.Context(), me, records.Person{Name: name, Organization: records.Ref{ID: of}})
		s.ok(err)
	}
	if _, body := s.get("/filters/new?of=person&back=%2Fpersons%3Fsort%3Dname"); !strings.Contains(body, `value="`+number("organization", "address")+`:locality"`) || !strings.Contains(body, `value="/persons?sort=name"`) {
		t.Fatalf("the form lacks parts of addresses or the way back: %s", body)
	}
	form := url.Values{
		"of": {"person"}, "back": {"/persons?sort=name&after=x"}, "name": {"In Ghent"}, "visible_to": {"3"},
		"all.field":    {"", number("organization", "address") + ":locality", number("person", "add_time")},
		"all.operator": {"=", "=", "<="}, "all.value": {"", "ghent", "this month"},
		"any.field": {number("person", "name"), number("person", "owner_id")}, "any.operator": {"LIKE '$%'", "IS NULL"}, "any.value": {"wan", ""},
	}
	res, body := s.post("/filters/new", form)
	at := res.Header.Get("Location")
	if res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(at, "/persons?filter=") || strings.Contains(at, "after") {
		t.Fatalf("%d to %q: %s", res.StatusCode, at, body)
	}
	_, body = s.get(at)
	if !strings.Contains(body, "Wanda Quill") || strings.Contains(body, "Walter Quill") || strings.Contains(body, "Wim Other") {
		t.Errorf("the list is not filtered: %s", body)
	}
	list, err := s.people.Filters(t.Context(), me, records.KindPerson)
	s.ok(err)
	path := fmt.Sprintf("/filters/%d", list[0].ID)
	if !strings.Contains(body, path+"?back=") {
		t.Error("the list has no way to change the filter")
	}
	if list[0].VisibleTo != 3 || len(list[0].Groups[0].Conditions) != 2 || list[0].Groups[0].Conditions[1].Values[0] != "this_month" {
		t.Errorf("kept as %+v", list[0])
	}
	if _, body := s.get(path); !strings.Contains(body, `value="ghent"`) || !strings.Contains(body, `value="this_month"`) || !strings.Contains(body, "In Ghent") {
		t.Errorf("the form lacks what is kept: %s", body)
	}
	form.Set("name", "Elsewhere")
	form["any.field"], form["any.operator"], form["any.value"] = []string{number("person", "name")}, []string{"="}, []string{"nobody"}
	if res, body := s.post(path, form); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d: %s", res.StatusCode, body)
	}
	if _, body := s.get(at); !strings.Contains(body, "Nothing fits") || !strings.Contains(body, "Elsewhere") {
		t.Errorf("an empty filtered list: %s", body)
	}
	form["any.value"] = []string{""}
	if res, body := s.post(path, form); res.StatusCode != http.StatusBadRequest || !strings.Contains(body, "name") {
		t.Errorf("a condition without a value: %d %s", res.StatusCode, body)
	}
	if res, _ := s.post(path+"/delete", url.Values{"back": {at}}); res.Header.Get("Location") != "/persons" && res.Header.Get("Location") != "/persons?sort=name" {
		t.Errorf("deleting leads to %q", res.Header.Get("Location"))
	}
	if res, body := s.get(at); res.StatusCode != http.StatusOK || !strings.Contains(body, "This filter cannot be used") {
		t.Errorf("a list with a filter that is gone: %d %s", res.StatusCode, body)
	}
	if res, _ := s.get("/filters/new?of=cars"); res.StatusCode != http.StatusNotFound {
		t.Errorf("a form of filters of cars: %d", res.StatusCode)
	}
}

// Every list offers filters of its own kind, by names of what is chosen.
// spec: records.filters-page
func TestFilterOnEveryList(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	me := route.Caller{Company: 1, User: 1, Admin: true}
	s.get("/persons") // signs in
	for _, c := range []struct{ kind, path, code, value, kept string }{
		{records.KindPerson, "/persons", "label_ids", "Hot lead, warm lead", "2 3"}, {records.KindOrganization, "/organizations", "visible_to", "entire company", "3"},
		{records.KindDeal, "/deals/list", "pipeline_id", "1", "1"}, {records.KindLead, "/leads", "was_seen", "no", "0"}, {records.KindActivity, "/activities", "done", "Yes", "1"},
	} {
		f, err := s.people.Field(t.Context(), me, c.kind, c.code)
		s.ok(err)
		res, body := s.post("/filters/new", url.Values{
			"of": {c.kind}, "name": {"Kept " + c.kind}, "all.field": {fmt.Sprintf("%s:%d", c.kind, f.ID)}, "all.operator": {"="}, "all.value": {c.value},
		})
		at := res.Header.Get("Location")
		if res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(at, c.path+"?filter=") {
			t.Fatalf("%s: %d to %q: %s", c.kind, res.StatusCode, at, body)
		}
		list, err := s.people.Filters(t.Context(), me, c.kind)
		s.ok(err)
		if got := strings.Join(list[0].Groups[0].Conditions[0].Values, " "); len(list) != 1 || got != c.kept {
			t.Errorf("%s: %q is kept as %q, want %q", c.kind, c.value, got, c.kept)
		}
		res, body = s.get(at)
		if res.StatusCode != http.StatusOK || !strings.Contains(body, `selected>Kept `+c.kind+`<`) {
			t.Errorf("%s: %d %s", at, res.StatusCode, body)
		}
	}
}
