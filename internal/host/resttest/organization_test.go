package resttest

import (
	"fmt"
	"strings"
	"testing"
)

// spec: rest.organizations.add-v2, rest.organizations.get-v2, rest.organizations.update-v2, rest.organizations.delete
func TestOrganizationV2(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	a := s.do(call{op: "POST /api/v2/organizations", body: map[string]any{
		"name": "Nordwind", "address": map[string]any{"value": "Pikk 7, Tallinn", "locality": "Tallinn", "country": "EE"},
		"website": "https://nord.test", "annual_revenue": 1200.5, "employee_count": 12, "label_ids": []int{3},
	}})
	id := a.id("data.id")
	a.is("data.address.locality", "Tallinn")
	a.is("data.address.route", nil)
	a.is("data.annual_revenue", 1200.5)
	a.is("data.employee_count", 12)
	a.is("data.label_ids.0", 3)
	// The parts of an address are those of its line: a new line has none of the old.
	a = s.do(call{op: "PATCH /api/v2/organizations/{id}", path: []any{id}, body: map[string]any{"address": map[string]any{"value": "Lai 1"}}})
	a.is("data.address.value", "Lai 1")
	a.is("data.address.locality", nil)
	a.is("data.website", "https://nord.test")
	s.do(call{op: "PATCH /api/v2/organizations/{id}", path: []any{id}, body: map[string]any{"address": nil}}).is("data.address", nil)
	s.do(call{op: "GET /api/v2/organizations/{id}", path: []any{id}, query: "include_fields=open_deals_count"}).is("data.open_deals_count", 0)
	for field, body := range map[string]any{
		"name":           map[string]any{},
		"address.street": map[string]any{"name": "X", "address": map[string]any{"value": "x", "street": "y"}},
		"address":        map[string]any{"name": "X", "address": "Pikk 7"},
		"address.value":  map[string]any{"name": "X", "address": map[string]any{"locality": "Tallinn"}},
		"owner_id":       map[string]any{"name": "X", "owner_id": 4711},
		"employee_count": map[string]any{"name": "X", "employee_count": -1},
		"annual_revenue": map[string]any{"name": "X", "annual_revenue": "12"},
		"website":        map[string]any{"name": "X", "website": strings.Repeat("x", 300)},
		"people_count":   map[string]any{"name": "X", "people_count": 3},
	} {
		if text := s.do(call{op: "POST /api/v2/organizations", body: body, want: 400}).text("error"); !strings.HasPrefix(text, field+": ") {
			t.Errorf("%v is refused with %q, want the field %s", body, text, field)
		}
	}
	s.do(call{op: "DELETE /api/v2/organizations/{id}", path: []any{id}}).is("data.id", id)
	s.do(call{op: "GET /api/v2/organizations/{id}", path: []any{id}, want: 404}).is("error", "Organization not found")
	s.do(call{op: "PATCH /api/v2/organizations/{id}", path: []any{id}, body: map[string]any{"name": "X"}, want: 404})
}

// spec: rest.organizations.add-v1, rest.organizations.get-v1, rest.organizations.update-v1, rest.organizations.list-v1, rest.organizations.list-v2
func TestOrganizationV1(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	a := s.do(call{op: "POST /v1/organizations", want: 201, body: map[string]any{"name": "Nordwind", "address": "Pikk 7", "address_country": "EE", "visible_to": 3}})
	id := a.id("data.id")
	a.is("data.address", "Pikk 7")
	a.is("data.country_code", "EE")
	a.is("data.owner_id.value", s.Admin.ID)
	a.is("data.visible_to", "3")
	s.do(call{op: "POST /v1/organizations/{id}/followers", path: []any{id}, body: map[string]any{"user_id": s.Agent.ID}})
	a = s.do(call{op: "GET /v1/organizations/{id}", path: []any{id}})
	a.is("data.edit_name", true)
	a.is("data.next_activity", nil)
	a.is("additional_data.dropbox_email", fmt.Sprintf("%s+o%d@mail.invalid", s.Company.Domain, id))
	a.is(fmt.Sprintf("additional_data.followers.%d.org_id", s.Agent.ID), id)
	a = s.do(call{op: "PUT /v1/organizations/{id}", path: []any{id}, body: map[string]any{"label": "2", "owner_id": s.Agent.ID}})
	a.is("data.label", 2)
	a.is("data.owner_name", s.Agent.Name)
	s.do(call{op: "GET /v1/organizations", query: "first_char=n&sort=name%20ASC,id%20DESC"}).is("data.0.id", id)
	s.do(call{op: "GET /v1/organizations", query: fmt.Sprint("user_id=", s.Agent.ID)}).is("data.0.id", id)
	s.do(call{op: "GET /api/v2/organizations", query: fmt.Sprint("owner_id=", s.Agent.ID)}).is("data.0.id", id)
	s.do(call{op: "POST /v1/organizations", body: map[string]any{}, want: 400}).is("error", "Name must be given.")
	s.do(call{op: "GET /v1/organizations", query: "filter_id=1", want: 404})
	s.do(call{op: "DELETE /v1/organizations/{id}", path: []any{id}})
}

// spec: rest.organizations.merge
func TestMergeOrganizations(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	goes := s.addOrganization(map[string]any{"name": "Nordwind Ltd", "website": "https://nord.test", "address": map[string]any{"value": "Pikk 7", "country": "EE"}})
	stays := s.addOrganization(map[string]any{"name": "Nordwind"})
	p := s.addPerson(map[string]any{"name": "Mari", "org_id": goes})
	s.do(call{op: "PUT /v1/organizations/{id}/merge", path: []any{goes}, body: map[string]any{"merge_with_id": stays}}).is("data.id", stays)
	a := s.do(call{op: "GET /api/v2/organizations/{id}", path: []any{stays}})
	a.is("data.name", "Nordwind")
	a.is("data.website", "https://nord.test")
	a.is("data.address.country", "EE")
	s.do(call{op: "GET /api/v2/persons/{id}", path: []any{p}}).is("data.org_id", stays)
	s.do(call{op: "GET /v1/organizations/{id}", path: []any{goes}, want: 404})
	s.do(call{op: "PUT /v1/organizations/{id}/merge", path: []any{stays}, body: map[string]any{"merge_with_id": goes}, want: 400})
}

// spec: rest.persons.files, rest.organizations.files, rest.persons.permitted-users, rest.organizations.permitted-users
func TestBelowContacts(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	org := s.addOrganization(map[string]any{"name": "Nordwind"})
	p := s.addPerson(map[string]any{"name": "Mari", "visible_to": 1})
	file := s.upload(200, formPart{name: "file", file: "a.txt", kind: "text/plain", body: []byte("hello")},
		formPart{name: "person_id", body: []byte(fmt.Sprint(p))}, formPart{name: "org_id", body: []byte(fmt.Sprint(org))}).id("data.id")
	s.do(call{op: "GET /v1/persons/{id}/files", path: []any{p}}).is("data.0.id", file)
	s.do(call{op: "GET /v1/organizations/{id}/files", path: []any{org}, query: "limit=1"}).is("data.0.id", file)
	s.do(call{op: "GET /v1/persons/{id}/files", path: []any{4711}, want: 404}).is("error", "Person not found")
	if got := s.do(call{op: "GET /v1/persons/{id}/permittedUsers", path: []any{p}}).list("data"); len(got) != 1 {
		t.Errorf("a private person is for %v", got)
	}
	if got := s.do(call{op: "GET /v1/organizations/{id}/permittedUsers", path: []any{org}}).list("data"); len(got) != 2 {
		t.Errorf("an organization is for %v", got)
	}
}
