package resttest

import (
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// addPerson makes a person by version 2 and returns its id.
func (s *street) addPerson(body map[string]any) int64 {
	s.t.Helper()
	return s.do(call{op: "POST /api/v2/persons", body: body}).id("data.id")
}

func (s *street) addOrganization(body map[string]any) int64 {
	s.t.Helper()
	return s.do(call{op: "POST /api/v2/organizations", body: body}).id("data.id")
}

// spec: rest.persons.add-v2, rest.persons.get-v2, rest.persons.update-v2, rest.persons.delete
func TestPersonV2(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	org := s.addOrganization(map[string]any{"name": "Nordwind"})
	a := s.do(call{op: "POST /api/v2/persons", body: map[string]any{
		"name": "Mari Kask", "org_id": org, "label_ids": []int{2, 1}, "visible_to": 3, "add_time": "2026-01-05T10:00:00Z",
		"emails": []any{map[string]any{"value": "mari@nord.test"}, map[string]any{"value": "mk@home.test", "label": "home"}},
		"phones": []any{map[string]any{"value": "+372 555 1234", "primary": true, "label": "mobile"}},
	}})
	id := a.id("data.id")
	a.is("data.first_name", "Mari")
	a.is("data.last_name", "Kask")
	a.is("data.owner_id", s.Admin.ID)
	a.is("data.emails.0.primary", true)
	a.is("data.emails.0.label", "work")
	a.is("data.emails.1.primary", false)
	a.is("data.add_time", "2026-01-05T10:00:00Z")
	a.is("data.label_ids.0", 2)

	a = s.do(call{op: "PATCH /api/v2/persons/{id}", path: []any{id}, body: map[string]any{"phones": []any{}, "org_id": nil}})
	a.is("data.org_id", nil)
	a.is("data.name", "Mari Kask")
	if len(a.list("data.phones")) != 0 || len(a.list("data.emails")) != 2 {
		t.Errorf("a patch of the phones: %s", a.raw)
	}
	s.do(call{op: "GET /api/v2/persons/{id}", path: []any{id}}).is("data.id", id)
	s.do(call{op: "DELETE /api/v2/persons/{id}", path: []any{id}}).is("data.id", id)
	s.do(call{op: "GET /api/v2/persons/{id}", path: []any{id}, want: 404}).is("error", "Person not found")
	s.do(call{op: "DELETE /api/v2/persons/{id}", path: []any{id}, want: 404})
}

// spec: rest.persons.add-v1, rest.persons.get-v1, rest.persons.update-v1, rest.persons.v1-empty-phone, rest.persons.v1-contacts
// spec: rest.compact-shapes, rest.cc-email, rest.v1-no-id
func TestPersonV1(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	org := s.addOrganization(map[string]any{"name": "Nordwind"})
	a := s.do(call{op: "POST /v1/persons", want: 201, body: map[string]any{"name": "Mari Kask", "email": "mari@nord.test", "org_id": fmt.Sprint(org), "visible_to": "3", "label": 4}})
	id := a.id("data.id")
	a.is("data.phone.0.value", "")
	a.is("data.phone.0.primary", true)
	a.is("data.email.0.value", "mari@nord.test")
	a.is("data.owner_id.value", s.Admin.ID)
	a.is("data.owner_id.has_pic", 0)
	a.is("data.org_id.value", org)
	a.is("data.org_id.people_count", 1)
	a.is("data.visible_to", "3")
	a.is("data.label", 4)
	a.is("data.first_char", "m")

	a = s.do(call{op: "GET /v1/persons/{id}", path: []any{id}, prefix: "/api"})
	a.is("additional_data.dropbox_email", fmt.Sprintf("%s+p%d@mail.invalid", s.Company.Domain, id))
	a.is("data.cc_email", s.Company.Domain+"@mail.invalid")
	a.is(fmt.Sprintf("related_objects.organization.%d.name", org), "Nordwind")
	a.is(fmt.Sprintf("related_objects.user.%d.email", s.Admin.ID), s.Admin.Email)

	// What was read can be sent back: the empty phone is none.
	a = s.do(call{op: "PUT /v1/persons/{id}", path: []any{id}, body: map[string]any{
		"phone": []any{map[string]any{"value": "", "primary": true}}, "email": []any{"a@nord.test", map[string]any{"value": "b@nord.test", "primary": "1"}}, "label_ids": "1,2",
	}})
	a.is("data.email.1.primary", true)
	a.is("data.email.0.primary", false)
	a.is("data.label", 1)
	if got := s.do(call{op: "GET /api/v2/persons/{id}", path: []any{id}}).list("data.phones"); len(got) != 0 {
		t.Errorf("phones are %v", got)
	}
	a = s.do(call{op: "POST /v1/persons", want: 201, body: url.Values{"name": {"Form Filler"}, "phone": {"555 77"}}})
	a.is("data.phone.0.value", "555 77")
	a.is("data.email.0.value", "")
	a.is("data.org_id", nil)

	s.do(call{op: "POST /v1/persons", body: map[string]any{"email": "x@y.test"}, want: 400}).is("error", "Name must be given.")
	s.do(call{op: "POST /v1/persons", body: map[string]any{"id": 5, "name": "X"}, want: 400}).is("error", "Invalid field(s) in the payload: id")
	if text := s.do(call{op: "POST /v1/persons", body: map[string]any{"name": "X", "email": []any{[]any{}}}, want: 400}).text("error"); !strings.HasPrefix(text, "email: ") {
		t.Errorf("the refusal of an email is %q", text)
	}
	s.do(call{op: "DELETE /v1/persons/{id}", path: []any{id}}).is("data.id", id)
}

// spec: rest.persons.delete-many, rest.organizations.delete-many
func TestDeleteMany(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	one, two := s.addPerson(map[string]any{"name": "One"}), s.addPerson(map[string]any{"name": "Two"})
	s.do(call{op: "DELETE /v1/persons", query: fmt.Sprintf("ids=%d,%d,99999", one, two), want: 404})
	s.do(call{op: "GET /v1/persons/{id}", path: []any{one}}) // all or none
	a := s.do(call{op: "DELETE /v1/persons", query: fmt.Sprintf("ids=%d,%d", one, two)})
	a.is("data.id.1", two)
	s.do(call{op: "GET /v1/persons/{id}", path: []any{one}, want: 404})
	s.do(call{op: "DELETE /v1/persons", query: "ids=", want: 400})
	s.do(call{op: "DELETE /v1/persons", query: "ids=1,x", want: 400})
	org := s.addOrganization(map[string]any{"name": "Gone"})
	s.do(call{op: "DELETE /v1/organizations", query: fmt.Sprint("ids=", org)}).is("data.id.0", org)
}

// spec: rest.persons.list-v2, rest.v2-cursor
func TestListPersonsV2(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	org := s.addOrganization(map[string]any{"name": "Nordwind"})
	var ids []int64
	for i := range 5 {
		ids = append(ids, s.addPerson(map[string]any{"name": fmt.Sprint("P", i), "add_time": fmt.Sprintf("2026-01-0%dT10:00:00Z", 9-i), "org_id": org}))
	}
	other := s.addPerson(map[string]any{"name": "Other", "owner_id": s.Agent.ID, "add_time": "2027-01-01T00:00:00Z"})
	walk := func(query string) (got []int64) {
		for next := ""; ; {
			a := s.do(call{op: "GET /api/v2/persons", query: query + "&limit=2" + next})
			for _, row := range a.list("data") {
				got = append(got, int64(row.(map[string]any)["id"].(float64)))
			}
			cursor := a.at("additional_data.next_cursor")
			if cursor == nil {
				return got
			}
			next = "&cursor=" + url.QueryEscape(cursor.(string))
		}
	}
	for query, want := range map[string][]int64{
		"":                                   append(append([]int64{}, ids...), other),
		"sort_direction=desc":                {other, ids[4], ids[3], ids[2], ids[1], ids[0]},
		"sort_by=add_time":                   {ids[4], ids[3], ids[2], ids[1], ids[0], other},
		"sort_by=update_time":                append(append([]int64{}, ids...), other),
		fmt.Sprint("org_id=", org):           ids,
		fmt.Sprint("owner_id=", s.Agent.ID):  {other},
		fmt.Sprintf("ids=%d,%d", ids[1], 99): {ids[1]},
		"updated_since=2040-01-01T00:00:00Z": nil,
		"updated_until=2020-01-01T00:00:00Z": nil,
		"updated_since=2020-01-01T00:00:00Z&sort_by=add_time&sort_direction=desc": {other, ids[0], ids[1], ids[2], ids[3], ids[4]},
	} {
		if got := walk(query); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%q lists %v, want %v", query, got, want)
		}
	}
	for query, field := range map[string]string{
		"limit=0": "limit", "limit=-3": "limit", "limit=x": "limit", "ids=1,x": "ids", "owner_id=me": "owner_id", "sort_by=name": "sort_by",
		"sort_direction=down": "sort_direction", "cursor=%21%21": "cursor", "cursor=eyJmaWVsZCI6ImlkIn0": "cursor", "updated_since=yesterday": "updated_since",
		"updated_since=2026-01-01T00:00:00.5Z": "updated_since", "include_fields=secrets": "include_fields",
		"custom_fields=" + strings.Repeat("a,", 16): "custom_fields", "ids=" + strings.Repeat("1,", 101): "ids",
	} {
		if text := s.do(call{op: "GET /api/v2/persons", query: query, want: 400}).text("error"); !strings.HasPrefix(text, field+": ") {
			t.Errorf("%q is refused with %q, want the field %s", query, text, field)
		}
	}
	s.do(call{op: "GET /api/v2/persons", query: "limit=1000000"})
	s.do(call{op: "GET /api/v2/persons", query: "filter_id=3", want: 404})
}

// spec: rest.persons.list-v1, rest.v1-pagination, rest.organizations.persons
func TestListPersonsV1(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	org := s.addOrganization(map[string]any{"name": "Nordwind"})
	for _, name := range []string{"Bea", "äda", "100% Beta_x", "Ann"} {
		s.addPerson(map[string]any{"name": name, "org_id": org})
	}
	a := s.do(call{op: "GET /v1/persons", query: "limit=3&sort=name%20DESC"})
	a.is("additional_data.pagination.more_items_in_collection", true)
	a.is("additional_data.pagination.next_start", 3)
	a.is("data.1.name", "Bea")
	a = s.do(call{op: "GET /v1/persons", query: "start=3&limit=3"})
	a.is("additional_data.pagination.more_items_in_collection", false)
	if len(a.list("data")) != 1 {
		t.Errorf("the second page: %s", a.raw)
	}
	for letter, want := range map[string]int{"B": 1, "b": 1, "Ä": 1, "1": 1, "%25": 0, "_": 0, "z": 0} {
		if got := s.do(call{op: "GET /v1/persons", query: "first_char=" + letter}).list("data"); len(got) != want {
			t.Errorf("first_char %s finds %d, want %d", letter, len(got), want)
		}
	}
	if got := s.do(call{op: "GET /v1/persons", query: fmt.Sprint("user_id=", s.Agent.ID)}).list("data"); len(got) != 0 {
		t.Errorf("persons of the agent: %v", got)
	}
	if got := s.do(call{op: "GET /v1/organizations/{id}/persons", path: []any{org}}).list("data"); len(got) != 4 {
		t.Errorf("persons of the organization: %v", got)
	}
	s.do(call{op: "GET /v1/organizations/{id}/persons", path: []any{4711}, want: 404}).is("error", "Organization not found")
	s.do(call{op: "GET /v1/persons", query: "sort=secret", want: 400})
	s.do(call{op: "GET /v1/persons", query: "start=-1", want: 400})
}

// spec: rest.persons.collection, rest.organizations.collection, rest.collection.admins
func TestCollections(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	for i := range 3 {
		s.addPerson(map[string]any{"name": fmt.Sprint("P", i)})
		s.addOrganization(map[string]any{"name": fmt.Sprint("O", i)})
	}
	for _, op := range []string{"GET /v1/persons/collection", "GET /v1/organizations/collection"} {
		a := s.do(call{op: op, query: "limit=2&since=2020-01-01%2008:00:00"})
		a = s.do(call{op: op, query: "limit=2&since=2020-01-01%2008:00:00&cursor=" + url.QueryEscape(a.text("additional_data.next_cursor"))})
		a.is("additional_data.next_cursor", nil)
		if len(a.list("data")) != 1 {
			t.Errorf("the second page of %s: %s", op, a.raw)
		}
		s.do(call{op: op, token: s.Agent.Token, want: 403}).is("error", "You do not have permissions to do this.")
	}
}

// spec: rest.counts, rest.persons.include-fields
func TestCounts(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	org := s.addOrganization(map[string]any{"name": "Nordwind"})
	p := s.addPerson(map[string]any{"name": "Mari", "org_id": org, "emails": []any{map[string]any{"value": "m@n.test"}}, "marketing_status": "subscribed"})
	s.do(call{op: "POST /api/v2/persons/{id}/followers", path: []any{p}, body: map[string]any{"user_id": s.Agent.ID}})
	include := "include_fields=followers_count,open_deals_count,next_activity_id,marketing_status,smart_bcc_email,doi_status"
	a := s.do(call{op: "GET /api/v2/persons/{id}", path: []any{p}, query: include})
	a.is("data.followers_count", 1)
	a.is("data.open_deals_count", 0)
	a.is("data.next_activity_id", nil)
	a.is("data.marketing_status", "subscribed")
	s.do(call{op: "GET /v1/persons/{id}", path: []any{p}}).is("data.followers_count", 1)
	s.do(call{op: "GET /api/v2/organizations", query: "include_fields=people_count"}).is("data.0.people_count", 1)
	s.do(call{op: "GET /v1/organizations/{id}", path: []any{org}}).is("data.people_count", 1)
}

// spec: rest.persons.marketing-status
func TestMarketingStatus(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	plain := s.addPerson(map[string]any{"name": "No mail", "marketing_status": "subscribed"})
	mail := s.addPerson(map[string]any{"name": "Mail", "emails": []any{map[string]any{"value": "m@n.test"}}, "marketing_status": "subscribed"})
	s.do(call{op: "PATCH /api/v2/persons/{id}", path: []any{mail}, body: map[string]any{"marketing_status": "no_consent"}})
	for id, want := range map[int64]string{plain: "no_consent", mail: "subscribed"} {
		s.do(call{op: "GET /api/v2/persons/{id}", path: []any{id}, query: "include_fields=marketing_status"}).is("data.marketing_status", want)
	}
	s.do(call{op: "PATCH /api/v2/persons/{id}", path: []any{mail}, body: map[string]any{"marketing_status": "often"}, want: 400})
}

// spec: rest.errors, rest.strict-types, rest.v2-unknown-field, rest.persons.contact-sync
func TestPersonBadInput(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	long := strings.Repeat("x", 300)
	for field, body := range map[string]any{
		"name":              map[string]any{},
		"name ":             map[string]any{"name": "   "},
		"name  ":            map[string]any{"name": 7},
		"name   ":           map[string]any{"name": long},
		"name    ":          map[string]any{"name": nil},
		"owner_id":          map[string]any{"name": "X", "owner_id": 4711},
		"owner_id ":         map[string]any{"name": "X", "owner_id": "1"},
		"org_id":            map[string]any{"name": "X", "org_id": 4711},
		"org_id ":           map[string]any{"name": "X", "org_id": -1},
		"org_id  ":          map[string]any{"name": "X", "org_id": 1e300},
		"visible_to":        map[string]any{"name": "X", "visible_to": 4},
		"visible_to ":       map[string]any{"name": "X", "visible_to": "3"},
		"label_ids":         map[string]any{"name": "X", "label_ids": []int{99}},
		"label_ids ":        map[string]any{"name": "X", "label_ids": "1,2"},
		"emails":            map[string]any{"name": "X", "emails": "a@b.test"},
		"emails ":           map[string]any{"name": "X", "emails": []any{map[string]any{"value": ""}}},
		"emails  ":          map[string]any{"name": "X", "emails": []any{map[string]any{"value": "a", "primary": true}, map[string]any{"value": "b", "primary": true}}},
		"emails   ":         map[string]any{"name": "X", "emails": []any{map[string]any{"value": long}}},
		"emails[0].primary": map[string]any{"name": "X", "emails": []any{map[string]any{"value": "a", "primary": 1}}},
		"phones[0].number":  map[string]any{"name": "X", "phones": []any{map[string]any{"value": "1", "number": "2"}}},
		"add_time":          map[string]any{"name": "X", "add_time": "yesterday"},
		"nickname":          map[string]any{"name": "X", "nickname": "x"},
		"id":                map[string]any{"name": "X", "id": 5},
		"custom_fields":     map[string]any{"name": "X", "custom_fields": 5},
		"a' OR 1=1 --":      map[string]any{"name": "X", "custom_fields": map[string]any{"a' OR 1=1 --": 5}},
		"":                  []int{1},
	} {
		text := s.do(call{op: "POST /api/v2/persons", body: body, want: 400}).text("error")
		if want := strings.TrimSpace(field); want != "" && !strings.HasPrefix(text, want+": ") {
			t.Errorf("%v is refused with %q, want the field %s", body, text, want)
		}
	}
	s.do(call{op: "POST /api/v2/persons", body: map[string]any{"name": "X", "job_title": "Boss"}, want: 403})
	s.do(call{op: "POST /api/v2/persons", body: []byte(`{"name": "X"`), kind: "application/json", want: 400})
	s.do(call{op: "POST /api/v2/persons", body: []byte(`{"name": "X"} {}`), kind: "application/json", want: 400})
	s.do(call{op: "POST /api/v2/persons", body: []byte("{\"name\": \"a\\u0000b\"}"), kind: "application/json", want: 400})
	s.do(call{op: "POST /api/v2/persons", body: []byte(`{"name": "` + strings.Repeat("x", 9<<20) + `"}`), kind: "application/json", want: 413})
	for _, id := range []string{"0", "-1", "x", "1.5", "99999999999999999999", "4711"} {
		s.do(call{op: "GET /api/v2/persons/{id}", path: []any{id}, want: 404}).is("error", "Person not found")
		s.do(call{op: "PUT /v1/persons/{id}", path: []any{id}, body: map[string]any{"name": "X"}, want: 404})
	}
	hostile := `<script>alert(1)</script>'; DROP TABLE records_person; --`
	s.do(call{op: "POST /v1/persons", body: map[string]any{"name": hostile}, want: 201}).is("data.name", hostile)
}

// spec: rest.visibility, rest.persons.visible-to-followers
func TestWhoSeesPersons(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	id := s.addPerson(map[string]any{"name": "Private", "visible_to": 1})
	get := call{op: "GET /api/v2/persons/{id}", path: []any{id}, token: s.Agent.Token, want: 404}
	s.do(get)
	s.do(call{op: "PATCH /api/v2/persons/{id}", path: []any{id}, token: s.Agent.Token, body: map[string]any{"name": "Mine"}, want: 404})
	if got := s.do(call{op: "GET /api/v2/persons", token: s.Agent.Token}).list("data"); len(got) != 0 {
		t.Errorf("the agent sees %v", got)
	}
	s.do(call{op: "POST /api/v2/persons/{id}/followers", path: []any{id}, body: map[string]any{"user_id": s.Agent.ID}})
	get.want = 200
	s.do(get)

	// Another company has records of the same ids and sees none of these.
	theirs := s.Second().App.AccessToken
	for _, op := range []string{"GET /api/v2/persons/{id}", "GET /v1/persons/{id}", "DELETE /v1/persons/{id}", "GET /v1/persons/{id}/followers"} {
		s.do(call{op: op, path: []any{id}, token: theirs, want: 404})
	}
	s.do(call{op: "PUT /v1/persons/{id}/merge", path: []any{id}, body: map[string]any{"merge_with_id": id + 1}, token: theirs, want: 404})
	s.do(call{op: "POST /api/v2/persons", token: "none", body: map[string]any{"name": "X"}, want: 401})
}

// Changes of different fields at the same time are all kept, and the update time
// rises with each.
// spec: rest.persons.update-v2, records.update-time-rises
func TestConcurrentUpdates(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	id := s.addPerson(map[string]any{"name": "Before"})
	bodies := []map[string]any{
		{"name": "After"}, {"label_ids": []int{1}}, {"visible_to": 7}, {"emails": []any{map[string]any{"value": "a@b.test"}}}, {"phones": []any{map[string]any{"value": "55"}}},
	}
	var all sync.WaitGroup
	for _, body := range bodies {
		all.Go(func() {
			status, _, raw := s.Do("PATCH", fmt.Sprint("/api/v2/persons/", id), s.App.AccessToken, body)
			if status != 200 {
				t.Errorf("%v: %d %s", body, status, raw)
			}
		})
	}
	all.Wait()
	a := s.do(call{op: "GET /api/v2/persons/{id}", path: []any{id}})
	a.is("data.name", "After")
	a.is("data.label_ids.0", 1)
	a.is("data.visible_to", 7)
	a.is("data.emails.0.value", "a@b.test")
	a.is("data.phones.0.value", "55")
}

// spec: rest.followers, rest.followers.changelog
func TestFollowers(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	for kind, id := range map[string]int64{"persons": s.addPerson(map[string]any{"name": "P"}), "organizations": s.addOrganization(map[string]any{"name": "O"})} {
		v1, v2 := "/v1/"+kind+"/{id}/followers", "/api/v2/"+kind+"/{id}/followers"
		a := s.do(call{op: "POST " + v1, path: []any{id}, body: map[string]any{"user_id": s.Agent.ID}})
		following := a.id("data.id")
		s.do(call{op: "POST " + v1, path: []any{id}, body: map[string]any{"user_id": s.Agent.ID}}).is("data.id", following)
		s.do(call{op: "POST " + v2, path: []any{id}, body: map[string]any{"user_id": s.Admin.ID}}).is("data.user_id", s.Admin.ID)
		s.do(call{op: "POST " + v2, path: []any{id}, body: map[string]any{"user_id": 4711}, want: 400})
		s.do(call{op: "POST " + v2, path: []any{id}, body: map[string]any{}, want: 400})
		s.do(call{op: "POST " + v2, path: []any{4711}, body: map[string]any{"user_id": s.Admin.ID}, want: 404})
		a = s.do(call{op: "GET " + v2, path: []any{id}, query: "limit=1"})
		a = s.do(call{op: "GET " + v2, path: []any{id}, query: "cursor=" + url.QueryEscape(a.text("additional_data.next_cursor"))})
		a.is("data.0.user_id", s.Admin.ID)
		s.do(call{op: "GET " + v1, path: []any{id}}).is("data.0.id", following)
		s.do(call{op: "DELETE " + v1 + "/{follower_id}", path: []any{id, following}}).is("data.id", following)
		s.do(call{op: "DELETE " + v1 + "/{follower_id}", path: []any{id, following}, want: 404})
		s.do(call{op: "DELETE " + v2 + "/{follower_id}", path: []any{id, s.Admin.ID}}).is("data.user_id", s.Admin.ID)
		a = s.do(call{op: "GET " + v2 + "/changelog", path: []any{id}})
		a.is("data.0.action", "added")
		a.is("data.3.action", "removed")
		a.is("data.3.follower_user_id", s.Admin.ID)
	}
}

// spec: rest.persons.merge
func TestMergePersons(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	org := s.addOrganization(map[string]any{"name": "Nordwind"})
	goes := s.addPerson(map[string]any{"name": "M. Kask", "org_id": org, "label_ids": []int{1}, "phones": []any{map[string]any{"value": "+372 555"}, map[string]any{"value": "77"}}})
	stays := s.addPerson(map[string]any{"name": "Mari Kask", "label_ids": []int{2}, "phones": []any{map[string]any{"value": "372-555"}}})
	s.do(call{op: "POST /api/v2/persons/{id}/followers", path: []any{goes}, body: map[string]any{"user_id": s.Agent.ID}})
	a := s.do(call{op: "PUT /v1/persons/{id}/merge", path: []any{goes}, body: map[string]any{"merge_with_id": stays}})
	a.is("data.id", stays)
	a.is("data.merge_what_id", goes)
	a.is("data.org_id", org)
	a.is("data.name", "Mari Kask")
	if len(a.list("data.phone")) != 2 || len(a.list("data.label_ids")) != 2 {
		t.Errorf("phones and labels after the merge: %s", a.raw)
	}
	a.is("data.followers_count", 1)
	s.do(call{op: "GET /v1/persons/{id}", path: []any{goes}, want: 404})
	merge := func(id, with any, want int) {
		t.Helper()
		s.do(call{op: "PUT /v1/persons/{id}/merge", path: []any{id}, body: map[string]any{"merge_with_id": with}, want: want})
	}
	merge(stays, stays, 400)
	merge(stays, goes, 400)
	merge(stays, 0, 400)
	merge(stays, "x", 400)
	merge(goes, stays, 404)
}
