package resttest

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dockwright/dockwright/hosttest"
)

// filter keeps a filter of the app's user.
func (s *street) filter(kind string, lines ...any) int64 {
	s.t.Helper()
	return s.do(call{op: "POST /v1/filters", body: object{"name": "Kept", "type": kind, "conditions": allOf(lines...)}}).id("data.id")
}

func asks(of, field, operator string, value any) object {
	return object{"object": of, "field_id": field, "operator": operator, "value": value, "extra_value": nil}
}

// The example of the platform's page, word for word, but for the ids of the fields;
// what is kept comes back as text.
// spec: rest.filters
// spec: rest.filters.object
// spec: rest.filters.field-codes
// spec: rest.filters.partial
func TestFilters(t *testing.T) {
	t.Parallel()
	s := newStreet(t, hosttest.Clock(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)))
	address := s.fieldNumber("organizationFields", "address")
	body := object{"name": "Pipes of Tallinn", "type": "org", "conditions": object{"glue": "and", "conditions": []any{
		object{"glue": "and", "conditions": []any{object{"object": "organization", "field_id": fmt.Sprint(address), "operator": "LIKE '%$%'", "value": "Tallinn", "extra_value": "locality"}}},
		object{"glue": "or", "conditions": []any{asks("organization", "name", "LIKE '%$%'", "Pipe"), object{"object": "organization", "field_id": 8, "operator": "=", "value": []any{1, "3"}}}},
	}}}
	a := s.do(call{op: "POST /v1/filters", query: "include_field_code=true", body: body})
	id := a.id("data.id")
	a.are(object{
		"data.type": "org", "data.user_id": s.Admin.ID, "data.visible_to": "1", "data.is_editable": true, "data.temporary_flag": nil, "data.add_time": "2026-11-02 09:00:00",
		"data.conditions.glue": "and", "data.conditions.conditions.0.conditions.0.field_id": fmt.Sprint(address), "data.conditions.conditions.0.conditions.0.field_code": "address",
		"data.conditions.conditions.0.conditions.0.extra_value": "locality", "data.conditions.conditions.1.glue": "or", "data.conditions.conditions.1.conditions.0.value": "Pipe",
		"data.conditions.conditions.1.conditions.1.value": `["1","3"]`, "data.conditions.conditions.1.conditions.1.json_value_flag": true,
	})
	// What was read can be sent back.
	again := s.do(call{op: "PUT /v1/filters/{id}", path: []any{id}, body: object{"conditions": a.at("data.conditions")}})
	again.is("data.conditions.conditions.1.conditions.1.value", `["1","3"]`)
	again.is("data.name", "Pipes of Tallinn")
	s.Advance(time.Second)
	s.do(call{op: "PUT /v1/filters/{id}", path: []any{id}, body: object{"name": "Pipes", "visible_to": "3"}}).are(object{
		"data.name": "Pipes", "data.visible_to": "3", "data.update_time": "2026-11-02 09:00:01", "data.conditions.conditions.0.conditions.0.value": "Tallinn",
	})
	form := s.do(call{op: "POST /v1/filters", body: url.Values{"name": {"By form"}, "type": {"people"}, "conditions": {
		`{"glue":"and","conditions":[{"glue":"and","conditions":[{"object":"person","field_id":2,"operator":"=","value":"Mari"}]},{"glue":"or","conditions":[]}]}`,
	}}}).id("data.id")
	list := s.do(call{op: "GET /v1/filters"})
	if got := list.ids(); got != fmt.Sprintf("%d %d", form, id) {
		t.Errorf("filters by name are %s", list.raw)
	}
	list.is("data.0.name", "By form")
	s.do(call{op: "GET /v1/filters", query: "type=org"}).is("data.0.id", id)
	if n := len(s.do(call{op: "GET /v1/filters", query: "type=products"}).list("data")); n != 0 {
		t.Errorf("%d filters of products", n)
	}
	s.do(call{op: "GET /v1/filters", query: "type=cars", want: 400})
	if a := s.do(call{op: recents, query: since("2026-11-02 09:00:01", "&items=filter")}); a.told() != fmt.Sprintf("filter %d, filter %d", id, form) {
		t.Errorf("recents tell %s", a.told())
	}
	s.do(call{op: "DELETE /v1/filters", query: fmt.Sprintf("ids=%d,99999", form), want: 404})
	s.do(call{op: "DELETE /v1/filters", query: fmt.Sprintf("ids=%d", form)}).is("data.id.0", form)
	s.do(call{op: "DELETE /v1/filters/{id}", path: []any{id}}).is("data.id", id)
	s.do(call{op: "GET /v1/filters/{id}", path: []any{id}, want: 404})
	s.do(call{op: "GET /v1/organizations", query: fmt.Sprint("filter_id=", id), want: 404})
}

// fieldNumber is the number of a standard field.
func (s *street) fieldNumber(path, code string) int64 {
	s.t.Helper()
	a := s.do(call{op: "GET /v1/" + path})
	for i := range a.list("data") {
		if a.text(fmt.Sprintf("data.%d.key", i)) == code {
			return a.id(fmt.Sprintf("data.%d.id", i))
		}
	}
	s.t.Fatalf("%s has no %s", path, code)
	return 0
}

// Helpers say what the platform's page says of texts and addresses, and whatever
// they offer is taken.
// spec: rest.filters.operators
// spec: rest.filters.relative-dates
func TestFilterHelpers(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	a := s.do(call{op: "GET /v1/filters/helpers"})
	varchar, _ := a.at("data.operators.varchar").(map[string]any)
	want := map[string]any{"=": "is", "!=": "is not", "IS NULL": "is empty", "IS NOT NULL": "is not empty", "LIKE '%$%'": "contains", "LIKE '$%'": "starts with", "NOT LIKE '$%'": "does not start with"}
	if len(varchar) != len(want) {
		t.Errorf("operators of texts are %v, want %v", varchar, want)
	}
	for word, label := range want {
		if varchar[word] != label {
			t.Errorf("%s is %v, want %v", word, varchar[word], label)
		}
		s.filter("deals", asks("deal", "title", word, "x"))
	}
	a.is("data.address_field_components.locality", "City/town/village/locality")
	dates, _ := a.at("data.relative_dates").(map[string]any)
	for word := range dates {
		s.filter("deals", asks("deal", "expected_close_date", "<=", word))
	}
	if len(dates) < 10 {
		t.Errorf("words for dates are %v", dates)
	}
}

// What cannot be asked is refused with its place.
// spec: rest.filters.refused
func TestFiltersRefused(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	good := asks("deal", "title", "=", "x")
	for what, c := range map[string]struct {
		body object
		says string
	}{
		"no name":           {object{"type": "deals", "conditions": allOf(good)}, "name: "},
		"no type":           {object{"name": "A", "conditions": allOf(good)}, "type: "},
		"an unknown type":   {object{"name": "A", "type": "cars", "conditions": allOf(good)}, "type: "},
		"products":          {object{"name": "A", "type": "products", "conditions": allOf()}, "type: There are no products here"},
		"projects":          {object{"name": "A", "type": "projects", "conditions": allOf()}, "type: There are no projects here"},
		"no conditions":     {object{"name": "A", "type": "deals"}, "conditions: "},
		"a list":            {object{"name": "A", "type": "deals", "conditions": []any{good}}, "conditions: "},
		"no groups":         {object{"name": "A", "type": "deals", "conditions": object{"glue": "and"}}, "conditions.conditions: "},
		"glue of all":       {object{"name": "A", "type": "deals", "conditions": object{"glue": "or", "conditions": []any{}}}, "conditions.glue: "},
		"text, not JSON":    {object{"name": "A", "type": "deals", "conditions": "all"}, "conditions: "},
		"a line of text":    {object{"name": "A", "type": "deals", "conditions": allOf("title")}, "conditions.conditions[0].conditions[0]: "},
		"a product's field": {object{"name": "A", "type": "deals", "conditions": allOf(asks("product", "name", "=", "x"))}, "conditions.conditions[0].conditions[0].object: There are no products here"},
		"an unknown object": {object{"name": "A", "type": "deals", "conditions": allOf(asks("car", "name", "=", "x"))}, "object: Expected person"},
		"an unknown field":  {object{"name": "A", "type": "deals", "conditions": allOf(asks("deal", "colour", "=", "x"))}, `field_id: `},
		"a strange value":   {object{"name": "A", "type": "deals", "conditions": allOf(asks("deal", "title", "=", object{"a": 1}))}, "value: "},
		"a hostile code":    {object{"name": "A", "type": "deals", "conditions": allOf(asks("deal", "title' OR 1=1 --", "=", "x"))}, `field_id: `},
		"a hostile word":    {object{"name": "A", "type": "deals", "conditions": allOf(asks("deal", "title", "= 1 OR 1=1 --", "x"))}, "operators"},
		"visible to nobody": {object{"name": "A", "type": "deals", "visible_to": 2, "conditions": allOf(good)}, "visible_to: "},
		"17 lines":          {object{"name": "A", "type": "deals", "conditions": allOf(slices.Repeat([]any{good}, 17)...)}, "16"},
	} {
		a := s.do(call{op: "POST /v1/filters", body: c.body, want: 400})
		if !strings.Contains(a.text("error"), c.says) {
			t.Errorf("%s is refused with %q, want %q in it", what, a.text("error"), c.says)
		}
	}
	s.do(call{op: "POST /v1/filters", body: object{"name": "Injected", "type": "deals", "conditions": allOf(asks("deal", "title", "LIKE '%$%'", `%' OR '1'='1`))}})
}

// A filter narrows every list that documents it, beside what it does not make moot,
// page by page; it is the user's alone until it is shared.
// spec: rest.filters.lists
// spec: rest.filters.visible
// spec: rest.filters.days-utc
func TestFilterLists(t *testing.T) {
	t.Parallel()
	s := newStreet(t, hosttest.Clock(time.Date(2026, 11, 2, 23, 30, 0, 0, time.UTC)))
	org := s.addOrganization(object{"name": "Nordwind"})
	mari, other := s.addPerson(object{"name": "Mari", "org_id": org}), s.addPerson(object{"name": "Otto"})
	var blue []int64
	for i := range 5 {
		blue = append(blue, s.newDeal(object{"title": fmt.Sprint("Blue ", i), "person_id": mari, "value": i}))
	}
	red := s.newDeal(object{"title": "Red", "person_id": other, "owner_id": s.Agent.ID})
	lead := s.newLead(object{"title": "Blue lead", "person_id": mari})
	s.newLead(object{"title": "Red lead", "person_id": other})
	s.Advance(45 * time.Minute) // another day in UTC
	act := s.newActivity(object{"subject": "Blue call", "deal_id": blue[0]})
	s.newActivity(object{"subject": "Red call", "deal_id": red})

	deals := s.filter("deals", asks("deal", "title", "LIKE '$%'", "blue"), asks("person", "name", "=", "mari"))
	by := func(filter int64, more string) string { return fmt.Sprintf("filter_id=%d%s", filter, more) }
	var walked []int64
	for next := ""; ; {
		a := s.do(call{op: "GET /api/v2/deals", query: by(deals, "&limit=2&sort_by=add_time&sort_direction=desc"+next)})
		for i := range a.list("data") {
			walked = append(walked, a.id(fmt.Sprintf("data.%d.id", i)))
		}
		cursor, _ := a.at("additional_data.next_cursor").(string)
		if cursor == "" {
			break
		}
		next = "&cursor=" + cursor
	}
	slices.Reverse(walked)
	if !slices.Equal(walked, blue) {
		t.Errorf("pages of version 2 have %v, want %v", walked, blue)
	}
	a := s.do(call{op: "GET /v1/deals", query: by(deals, "&sort=value%20DESC&start=1&limit=2")})
	a.is("data.0.id", blue[3])
	a.is("data.1.id", blue[2])
	count := func(op, query string, want int, path ...any) {
		t.Helper()
		if n := len(s.do(call{op: op, query: query, path: path}).list("data")); n != want {
			t.Errorf("%s?%s has %d, want %d", op, query, n, want)
		}
	}
	count("GET /api/v2/deals", by(deals, fmt.Sprintf("&owner_id=%d&ids=%d&status=won", s.Agent.ID, red)), 5) // the filter wins
	count("GET /v1/deals", by(deals, fmt.Sprintf("&user_id=%d", s.Agent.ID)), 5)
	count("GET /v1/deals", by(deals, "&status=won"), 0)
	count("GET /v1/deals/archived", by(deals, ""), 0)
	count("GET /api/v2/deals/archived", by(deals, ""), 0)
	s.do(call{op: "GET /v1/deals/summary", query: by(deals, "")}).is("data.total_count", 5)
	stage := s.do(call{op: "GET /api/v2/deals/{id}", path: []any{red}}).id("data.stage_id")
	count("GET /v1/stages/{id}/deals", by(deals, ""), 5, stage)
	count("GET /v1/stages/{id}/deals", by(deals, fmt.Sprintf("&user_id=%d", s.Agent.ID)), 1, stage) // user_id wins
	count("GET /v1/pipelines/{id}/deals", by(deals, "&everyone=1"), 6, 1)
	persons := s.filter("people", asks("person", "name", "=", "Mari"))
	count("GET /api/v2/persons", by(persons, fmt.Sprintf("&ids=%d", other)), 1)
	count("GET /v1/persons", by(persons, fmt.Sprintf("&user_id=%d", s.Agent.ID)), 1)
	count("GET /v1/persons", by(persons, "&first_char=o"), 0)
	orgs := s.filter("org", asks("person", "name", "=", "Mari"))
	count("GET /api/v2/organizations", by(orgs, fmt.Sprintf("&owner_id=%d", s.Agent.ID)), 1)
	count("GET /v1/organizations", by(orgs, ""), 1)
	leads := s.filter("leads", asks("lead", "title", "LIKE '%$%'", "BLUE"))
	s.do(call{op: "GET /v1/leads", query: by(leads, fmt.Sprintf("&person_id=%d", other))}).is("data.0.id", lead)
	count("GET /v1/leads/archived", by(leads, ""), 0)
	calls := s.filter("activity", asks("activity", "subject", "=", "blue call"))
	s.do(call{op: "GET /api/v2/activities", query: by(calls, fmt.Sprintf("&deal_id=%d", red))}).is("data.0.id", act)
	count("GET /api/v2/activities", by(calls, "&done=1"), 0)
	count("GET /v1/activities", by(calls, ""), 1)
	count("GET /v1/activities", by(calls, fmt.Sprintf("&user_id=%d", s.Agent.ID)), 0) // both

	count("GET /api/v2/deals", by(s.filter("deals", asks("deal", "add_time", "=", "yesterday")), ""), 6)
	count("GET /api/v2/deals", by(s.filter("deals", asks("deal", "add_time", "=", "2026-11-03")), ""), 0)
	count("GET /api/v2/activities", by(s.filter("activity", asks("activity", "add_time", "=", "today")), ""), 2)

	s.do(call{op: "GET /api/v2/persons", query: by(deals, ""), want: 400})
	s.do(call{op: "GET /api/v2/deals", query: "filter_id=x", want: 400})
	agent := s.Install(s.Agent, "deals:full").AccessToken
	s.do(call{op: "GET /api/v2/deals", query: by(deals, ""), token: agent, want: 404})
	s.do(call{op: "GET /v1/filters/{id}", path: []any{deals}, token: agent, want: 404})
	s.do(call{op: "PUT /v1/filters/{id}", path: []any{deals}, body: object{"visible_to": 7}})
	s.do(call{op: "GET /v1/filters/{id}", path: []any{deals}, token: agent}).is("data.is_editable", false)
	s.do(call{op: "DELETE /v1/filters/{id}", path: []any{deals}, token: agent, want: 403})
	s.do(call{op: "GET /api/v2/deals", query: by(deals, ""), token: agent}).is("data.0.id", blue[0])
}

// Collections page by cursor, for admins.
// spec: rest.deals.collection
// spec: rest.activities.collection
func TestCollectionsOfSales(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	mari := s.addPerson(object{"name": "Mari"})
	var deals, activities []int64
	for i := range 3 {
		deals = append(deals, s.newDeal(object{"title": fmt.Sprint("D", i), "person_id": mari, "value": 5}))
		activities = append(activities, s.newActivity(object{"subject": fmt.Sprint("A", i), "person_id": mari, "owner_id": s.Agent.ID}))
	}
	agent := s.Install(s.Agent, "deals:read", "activities:read").AccessToken
	for op, want := range map[string][]int64{"GET /v1/deals/collection": deals, "GET /v1/activities/collection": activities} {
		a := s.do(call{op: op, query: "limit=2"})
		a.is("data.1.id", want[1])
		a.is("data.0.person_id", mari)
		a = s.do(call{op: op, query: "limit=2&cursor=" + a.text("additional_data.next_cursor")})
		a.is("data.0.id", want[2])
		a.is("additional_data.next_cursor", nil)
		s.do(call{op: op, query: "since=2100-01-01+00:00:00"}).is("data", []any{})
		s.do(call{op: op, token: agent, want: 403})
	}
	s.do(call{op: "GET /v1/deals/collection", query: fmt.Sprint("user_id=", s.Agent.ID)}).is("data", []any{})
	s.do(call{op: "GET /v1/deals/collection", query: "status=won"}).is("data", []any{})
	s.do(call{op: "GET /v1/activities/collection", query: fmt.Sprintf("done=true&user_id=%d", s.Agent.ID)}).is("data", []any{})
	s.do(call{op: "GET /v1/activities/collection", query: "type=lunch"}).is("data", []any{})
}

// A timeline has open and won deals in periods by a date, with sums by currency.
// spec: rest.deals.timeline
func TestDealsTimeline(t *testing.T) {
	t.Parallel()
	s := newStreet(t, hosttest.Clock(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)))
	const op = "GET /v1/deals/timeline"
	key := s.addField("dealFields", "Delivery", "date")
	deal := func(title, expected, delivery string, more object) int64 {
		body := object{"title": title, "value": 100, "currency": "EUR", "probability": 50, "expected_close_date": expected, "custom_fields": object{key: delivery}}
		for k, v := range more {
			body[k] = v
		}
		return s.newDeal(body)
	}
	first := deal("Last of January", "2026-01-31", "2026-02-01", nil)
	second := deal("First of February", "2026-02-01", "2026-03-01", object{"currency": "USD", "value": 30.5, "owner_id": s.Agent.ID})
	won := deal("Won", "2026-02-28", "2026-02-02", object{"status": "won"})
	deal("Lost", "2026-02-10", "2026-02-10", object{"status": "lost"})
	archived := deal("Archived", "2026-02-11", "2026-02-11", object{"is_archived": true})
	deal("Behind", "2026-03-01", "2026-04-01", nil)
	ask := "start_date=2026-01-01&interval=month&amount=2&field_key="
	a := s.do(call{op: op, query: ask + "expected_close_date"})
	a.are(object{
		"data.0.period_start": "2026-01-01 00:00:00", "data.0.period_end": "2026-01-31 23:59:59", "data.0.deals.0.id": first, "data.0.totals.count": 1,
		"data.0.totals.values.EUR": 100, "data.0.totals.weighted_values.EUR": 50,
		"data.1.period_end": "2026-02-28 23:59:59", "data.1.deals.0.id": second, "data.1.deals.1.id": won, "data.1.totals.count": 2, "data.1.totals.open_count": 1, "data.1.totals.won_count": 1,
		"data.1.totals.open_values.USD": 30.5, "data.1.totals.weighted_open_values.USD": 15.25, "data.1.totals.won_values.EUR": 100,
	})
	if n := len(a.list("data")) + len(a.list("data.1.deals")); n != 4 {
		t.Errorf("%d periods and deals, want 2 and 2: %s", n, a.raw)
	}
	a = s.do(call{op: op, query: "start_date=2026-01-31&interval=month&amount=2&exclude_deals=1&field_key=" + key})
	a.are(object{"data.0.period_end": "2026-02-27 23:59:59", "data.0.totals.count": 2, "data.1.period_start": "2026-02-28 00:00:00", "data.1.totals.count": 1})
	if strings.Contains(string(a.raw), `"deals"`) {
		t.Errorf("deals that were excluded: %s", a.raw)
	}
	s.do(call{op: op, query: fmt.Sprintf("start_date=2026-11-02&interval=day&amount=1&field_key=add_time&user_id=%d", s.Agent.ID)}).is("data.0.totals.count", 1)
	filter := s.filter("deals", asks("deal", "status", "=", "won"))
	s.do(call{op: op, query: fmt.Sprintf("start_date=2026-10-30&interval=week&amount=1&field_key=add_time&filter_id=%d", filter)}).is("data.0.deals.0.id", won)
	s.do(call{op: op + "/archived", query: "start_date=2026-01-01&interval=quarter&amount=1&field_key=expected_close_date"}).is("data.0.deals.0.id", archived)
	for _, query := range []string{
		"", "start_date=x&interval=day&amount=1&field_key=add_time", "start_date=2026-01-01&interval=year&amount=1&field_key=add_time",
		"start_date=2026-01-01&interval=day&amount=0&field_key=add_time", "start_date=2026-01-01&interval=day&amount=367&field_key=add_time",
		"start_date=2026-01-01&interval=day&amount=1&field_key=title", "start_date=2026-01-01&interval=day&amount=1&field_key=last_incoming_mail_time",
		"start_date=9999-12-31&interval=quarter&amount=1&field_key=add_time",
	} {
		s.do(call{op: op, query: query, want: 400})
	}
}
