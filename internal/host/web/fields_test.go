package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/internal/host/records"
)

// accept posts a form that must lead to an address.
func (s *site) accept(path string, form url.Values, to string) {
	s.t.Helper()
	if res, body := s.post(path, form); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != to {
		s.t.Fatalf("%s: %d to %q, want %q: %s", path, res.StatusCode, res.Header.Get("Location"), to, body)
	}
}

// refuse posts a form that must be refused at a field.
func (s *site) refuse(path string, form url.Values, field string) {
	s.t.Helper()
	if res, body := s.post(path, form, "main"); res.StatusCode < 400 || res.StatusCode > 404 || !strings.Contains(body, `"field":"`+field+`"`) {
		s.t.Errorf("%s: %d %s, want a fault of %s", path, res.StatusCode, body, field)
	}
}

// A field with options is made, renamed, its options changed, and deleted; then no
// form asks for it.
// spec: records.fields-page
func TestFieldsPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, at := range []string{"", "?entity=person", "?entity=organization", "?entity=deal", "?entity=activity"} {
		res, body := s.get("/settings/fields" + at)
		if res.StatusCode != http.StatusOK || strings.Contains(body, "Add a field") == (at == "?entity=activity") {
			t.Errorf("%q: %d", at, res.StatusCode)
		}
		checkMarkup(t, at, body)
	}
	s.accept("/settings/fields/deal", url.Values{"name": {"Finish"}, "field_type": {"enum"}, "options": {"Oil\r\n\r\nLacquer\r\n"}, "description": {"Of the wood"}}, "/settings/fields?entity=deal")
	field := func() (found records.Field) {
		list, err := s.people.Fields(t.Context(), boss, records.KindDeal)
		s.ok(err)
		for _, f := range list {
			if f.Custom {
				found = f
			}
		}
		return found
	}
	f := field()
	at := "/settings/fields/deal/" + f.Code
	if f.Name != "Finish" || len(f.Options) != 2 || f.Options[1].Label != "Lacquer" || f.Description != "Of the wood" {
		t.Fatalf("stored %+v", f)
	}
	_, page := s.get(at)
	checkMarkup(t, at, page)
	s.accept(at, url.Values{"name": {"Surface"}, "description": {""}}, "/settings/fields?entity=deal")
	s.accept(at+"/options", url.Values{"label": {"Wax"}}, at)
	s.accept(fmt.Sprintf("%s/options/%d", at, f.Options[0].ID), url.Values{"label": {"Hard oil"}}, at)
	s.accept(fmt.Sprintf("%s/options/%d/delete", at, f.Options[1].ID), nil, at)
	if f = field(); f.Name != "Surface" || len(f.Options) != 2 || f.Options[0].Label != "Hard oil" || f.Options[1].Label != "Wax" {
		t.Errorf("changed to %+v", f)
	}
	s.refuse(at+"/options", url.Values{"label": {"wax"}}, "label")
	s.refuse("/settings/fields/deal", url.Values{"name": {"Empty"}, "field_type": {"set"}, "options": {"\n"}}, "options")
	s.refuse("/settings/fields/deal", url.Values{"name": {"Odd"}, "field_type": {"colour"}}, "field_type")
	s.refuse("/settings/fields/deal", url.Values{"name": {" "}, "field_type": {"text"}}, "name")
	s.accept(at+"/delete", nil, "/settings/fields?entity=deal")
	if res, _ := s.get(at); res.StatusCode != http.StatusNotFound || field().Code != "" {
		t.Errorf("a deleted field: %d", res.StatusCode)
	}
	labels := "/settings/fields/person/label_ids"
	s.accept(labels+"/options", url.Values{"label": {"Regular"}, "color": {"purple"}}, labels)
	s.refuse(labels+"/options", url.Values{"label": {"Odd"}, "color": {"ultraviolet"}}, "color")
	if _, body := s.get("/settings/fields?entity=person"); !strings.Contains(body, `label-purple">Regular`) {
		t.Error("the new label is missing")
	}
	for _, path := range []string{"/settings/fields/spaceship/x", "/settings/fields/person/name", "/settings/fields/person/nothing"} {
		if res, _ := s.get(path); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
}

// Types of activities are added, renamed, ordered and deactivated.
// spec: records.activity-types-page
func TestActivityTypesPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const at = "/settings/activity-types"
	_, page := s.get(at)
	checkMarkup(t, at, page)
	s.accept(at+"/new", url.Values{"name": {"Site visit"}, "icon_key": {"car"}}, at)
	find := func(name string) (int, records.ActivityType) {
		list, err := s.people.ActivityTypes(t.Context(), boss)
		s.ok(err)
		for i, a := range list {
			if a.Name == name {
				return i, a
			}
		}
		return -1, records.ActivityType{}
	}
	_, visit := find("Site visit")
	one := fmt.Sprintf("%s/%d", at, visit.ID)
	if _, form := s.get(one, "record-form"); !strings.Contains(form, `value="car" selected`) {
		t.Errorf("the form: %s", form)
	}
	s.accept(one, url.Values{"name": {"Visit on site"}, "icon_key": {"truck"}}, at)
	s.accept(one+"/move", url.Values{"to": {"1"}}, at)
	if i, a := find("Visit on site"); i != 0 || a.Icon != "truck" || a.Key != "site_visit" {
		t.Errorf("no. %d is %+v", i, a)
	}
	s.refuse(one+"/move", url.Values{"to": {"0"}}, "to")
	s.refuse(at+"/new", url.Values{"name": {"call"}, "icon_key": {"call"}}, "name")
	s.accept(one+"/deactivate", nil, at)
	if _, form := s.get("/activities/new", "record-form"); strings.Contains(form, "Visit on site") {
		t.Error("a type that is not active can be chosen")
	}
	if _, page := s.get(at); !strings.Contains(page, "Not active") {
		t.Error("the page does not tell of it")
	}
	if res, _ := s.get(one); res.StatusCode != http.StatusNotFound {
		t.Errorf("its form: %d", res.StatusCode)
	}
}

// Pipelines and stages are added, changed, ordered and deleted; deals of what is
// deleted go where the form says, and nowhere without that.
// spec: records.pipelines-page, records.stage-emptied
func TestPipelinesPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const at = "/settings/pipelines"
	_, page := s.get(at)
	checkMarkup(t, at, page)
	s.accept(at+"/new", url.Values{"name": {"Service"}, "weighted": {"1"}, "stages": {"Asked\nVisited"}}, at)
	now := func() []records.Pipeline {
		list, err := s.people.Pipelines(t.Context(), boss)
		s.ok(err)
		return list
	}
	list := now()
	sales, service := list[0], list[len(list)-1]
	if service.Name != "Service" || len(service.Stages) != 2 || !service.Weighted {
		t.Fatalf("stored %+v", service)
	}
	mine := fmt.Sprintf("%s/%d", at, service.ID)
	s.accept(mine+"/stages/new", url.Values{"name": {"Repaired"}, "deal_probability": {"80"}, "days_to_rotten": {"7"}}, at)
	s.accept(mine, url.Values{"name": {"Repairs"}}, at)
	s.accept(mine+"/move", url.Values{"to": {"1"}}, at)
	repairs := now()[0]
	last := repairs.Stages[2]
	if repairs.Name != "Repairs" || repairs.Weighted || last.Probability != 80 || !last.Rots || last.RotDays != 7 {
		t.Errorf("changed to %+v", repairs)
	}
	stage := fmt.Sprintf("/settings/stages/%d", last.ID)
	s.accept(stage, url.Values{"name": {"Mended"}, "deal_probability": {"90"}, "days_to_rotten": {""}}, at)
	s.accept(stage+"/move", url.Values{"to": {"1"}}, at)
	if first := now()[0].Stages[0]; first.Name != "Mended" || first.Rots || first.Probability != 90 {
		t.Errorf("the first stage is %+v", first)
	}
	s.refuse(stage, url.Values{"name": {"Mended"}, "deal_probability": {"101"}}, "deal_probability")
	s.refuse(stage, url.Values{"name": {"Mended"}, "deal_probability": {"most"}}, "deal_probability")
	s.refuse(stage, url.Values{"name": {"Mended"}, "deal_probability": {"1"}, "days_to_rotten": {"0"}}, "days_to_rotten")
	s.refuse(at+"/new", url.Values{"name": {"None"}}, "stages")
	held, err := s.people.StageDeals(t.Context(), boss)
	s.ok(err)
	var full records.Stage
	for _, st := range sales.Stages {
		if held[st.ID] > 0 {
			full = st
		}
	}
	gone := fmt.Sprintf("/settings/stages/%d", full.ID)
	if _, form := s.get(gone, "record-form"); !strings.Contains(form, "When it is deleted, move") || !strings.Contains(form, ">Mended<") {
		t.Errorf("the form of a stage with deals: %s", form)
	}
	s.refuse(gone+"/delete", nil, "deals_to")
	s.refuse(gone+"/delete", url.Values{"deals_to": {fmt.Sprint(full.ID)}}, "deals_to")
	s.accept(gone+"/delete", url.Values{"deals_to": {fmt.Sprint(last.ID)}}, at)
	if after, err := s.people.StageDeals(t.Context(), boss); err != nil || after[full.ID] != 0 || after[last.ID] != held[full.ID] {
		t.Errorf("%v deals were moved to %v, %v", held[full.ID], after, err)
	}
	s.accept(fmt.Sprintf("%s/%d/delete", at, sales.ID), url.Values{"deals_to": {fmt.Sprint(last.ID)}}, at)
	if left := now(); len(left) != len(list)-1 || left[0].ID != repairs.ID {
		t.Errorf("left are %+v", left)
	}
}

// The settings of records are for admins; others are not shown the way.
// spec: records.fields-page, records.activity-types-page, records.pipelines-page
func TestSettingsOfRecordsAreForAdmins(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	pages := []string{"/settings/fields", "/settings/activity-types", "/settings/pipelines"}
	_, all := s.get("/settings")
	if res, _ := s.post("/_dockwright/switch-user", url.Values{"user": {"2"}}); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("switching got %d", res.StatusCode)
	}
	_, fewer := s.get("/settings")
	for _, path := range pages {
		if !strings.Contains(all, `href="`+path+`"`) || strings.Contains(fewer, `href="`+path+`"`) {
			t.Errorf("the way to %s is shown to the wrong people", path)
		}
		if res, _ := s.get(path); res.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	if res, _ := s.post("/settings/fields/person", url.Values{"name": {"Mine"}, "field_type": {"text"}}); res.StatusCode != http.StatusForbidden {
		t.Errorf("adding a field: %d", res.StatusCode)
	}
}
