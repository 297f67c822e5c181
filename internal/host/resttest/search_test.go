package resttest

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/hosttest"
)

// found are the names or titles of what a search found.
func (s *street) found(op string, params ...string) []string {
	s.t.Helper()
	a := s.do(call{op: op, query: parameters(params...)})
	out := []string{}
	for i := range a.list("data.items") {
		item := a.at(fmt.Sprintf("data.items.%d.item", i)).(map[string]any)
		if title, ok := item["title"]; ok {
			out = append(out, title.(string))
		} else {
			out = append(out, item["name"].(string))
		}
	}
	return out
}

func parameters(pairs ...string) string {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v.Encode()
}

func (s *street) finds(want []string, op string, params ...string) {
	s.t.Helper()
	if got := s.found(op, params...); !slices.Equal(got, want) {
		s.t.Errorf("%s %v found %q, want %q", op, params, got, want)
	}
}

// spec: rest.search.persons
// spec: rest.search.score
// spec: rest.search.phone
// spec: rest.search.email
// spec: rest.search.two-characters
// spec: records.search-index
func TestSearchPersons(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	org := s.addOrganization(map[string]any{"name": "Nordwind", "address": map[string]any{"value": "Pikk 1, Tallinn"}})
	mari := s.addPerson(map[string]any{
		"name": "Mari Kask", "org_id": org,
		"emails": []any{map[string]any{"value": "mk.sales@nord.test"}}, "phones": []any{map[string]any{"value": "+372 555 1234"}, map[string]any{"value": "(600) 10-00"}},
	})
	s.addPerson(map[string]any{"name": "Amari Kaskinen"})
	s.addPerson(map[string]any{"name": "Mari"})
	for _, op := range []string{"GET /v1/persons/search", "GET /api/v2/persons/search"} {
		a := s.do(call{op: op, query: parameters("term", "mari kask")})
		a.is("data.items.0.item.id", mari)
		a.is("data.items.0.item.phones.0", "+372 555 1234")
		a.is("data.items.0.item.emails.0", "mk.sales@nord.test")
		a.is("data.items.0.item.organization.name", "Nordwind")
		a.is("data.items.0.item.owner.id", s.Admin.ID)
		a.is("data.items.0.result_score", 1)
		// A text that is the term, then one that begins with it, then one with it inside.
		s.finds([]string{"Mari", "Mari Kask", "Amari Kaskinen"}, op, "term", "MARI")
		s.finds([]string{"Mari"}, op, "term", "mari", "exact_match", "true")
		s.finds([]string{}, op, "term", "x", "exact_match", "1")
		for _, number := range []string{"+3725551234", "555-12 34", "372 555", "6001000"} {
			s.finds([]string{"Mari Kask"}, op, "term", number)
		}
		s.finds([]string{}, op, "term", "6001000", "fields", "name,email")
		s.finds([]string{"Mari Kask"}, op, "term", "sales")   // begins a word before the "@"
		s.finds([]string{}, op, "term", "ales")               // inside of one
		s.finds([]string{"Mari Kask"}, op, "term", "nord.te") // with a full stop: anywhere
		s.finds([]string{"Mari Kask", "Amari Kaskinen"}, op, "term", "ka")
		s.finds([]string{}, op, "term", "as")
		s.finds([]string{"Mari Kask"}, op, "term", "mari", "organization_id", fmt.Sprint(org))
	}
	s.do(call{op: "GET /api/v2/persons/search", query: parameters("term", "mari", "include_fields", "person.picture")}).is("data.items.0.item.picture", nil)

	// What is changed is found as it is now, and by its notes.
	s.do(call{op: "PATCH /api/v2/persons/{id}", path: []any{mari}, body: map[string]any{"name": "Maarja Õun"}})
	s.finds([]string{}, "GET /api/v2/persons/search", "term", "mari kask", "exact_match", "true")
	s.finds([]string{"Maarja Õun"}, "GET /api/v2/persons/search", "term", "õUN")
	note := s.newNote(object{"content": "<p>Prefers <b>walnut</b> &amp; oak</p>", "person_id": mari})
	a := s.do(call{op: "GET /api/v2/persons/search", query: parameters("term", "walnut & oak")})
	a.is("data.items.0.item.notes.0", "Prefers walnut & oak")
	s.finds([]string{}, "GET /api/v2/persons/search", "term", "walnut", "fields", "name")
	s.do(call{op: "DELETE /v1/notes/{id}", path: []any{note}})
	s.finds([]string{}, "GET /api/v2/persons/search", "term", "walnut")
	s.do(call{op: "DELETE /api/v2/persons/{id}", path: []any{mari}})
	s.finds([]string{}, "GET /api/v2/persons/search", "term", "maarja")
}

// spec: rest.search.term
func TestSearchRefused(t *testing.T) {
	t.Parallel()
	s := newStreet(t, hosttest.Records())
	for _, op := range []string{
		"GET /v1/persons/search", "GET /v1/organizations/search", "GET /v1/deals/search", "GET /v1/leads/search", "GET /v1/itemSearch",
		"GET /api/v2/persons/search", "GET /api/v2/organizations/search", "GET /api/v2/deals/search", "GET /api/v2/leads/search", "GET /api/v2/itemSearch",
	} {
		for _, c := range []struct{ query, field string }{
			{"", "term"}, {"term=a", "term"}, {"term=%20%20a", "term"}, {"term=&exact_match=1", "term"}, {"term=" + strings.Repeat("a", 256), "term"},
			{"term=%ff%fe", "term"}, {"term=ab&limit=-1", "limit"}, {"term=ab&limit=0", "limit"}, {"term=ab&fields=secret", "fields"},
			{"term=ab&exact_match=maybe", "exact_match"}, {"term=ab&include_fields=all", "include_fields"},
		} {
			if c.field == "include_fields" && strings.Contains(op, "organizations") {
				continue // it has none
			}
			if a := s.do(call{op: op, query: c.query, want: 400}); !strings.HasPrefix(a.text("error"), c.field+": ") {
				t.Errorf("%s?%s: %q, want something about %s", op, c.query, a.text("error"), c.field)
			}
		}
		// Syntax of databases in a term is only text.
		for _, term := range []string{`%%`, `__`, `"`, `""`, `'; DROP TABLE records_search; --`, `camille" OR "a`, `NEAR(a b)`, `a*`, `-a`, `^a`, `a:b`, `\\`, `(((`, `a & !b`, "'a':*", "\t\n", "🙂🙂"} {
			status := 200
			if n := len([]rune(strings.Join(strings.Fields(term), " "))); n < 2 {
				status = 400
			}
			a := s.do(call{op: op, query: parameters("term", term), want: status})
			if status == 200 && len(a.list("data.items")) != 0 {
				t.Errorf("%s: %q found %v", op, term, a.list("data.items"))
			}
		}
	}
	for _, query := range []string{"start=-1", "start=x"} {
		s.do(call{op: "GET /v1/persons/search", query: "term=ab&" + query, want: 400})
	}
	for _, cursor := range []string{"x", "e30", "eyJmaWVsZCI6ImlkIn0"} {
		s.do(call{op: "GET /api/v2/persons/search", query: "term=ab&cursor=" + cursor, want: 400})
	}
	s.do(call{op: "GET /api/v2/deals/search", query: "term=ab&status=gone", want: 400})
	s.do(call{op: "GET /api/v2/itemSearch", query: "term=ab&item_types=robot", want: 400})
}

// spec: rest.search.deals
// spec: rest.search.leads
// spec: rest.search.organizations
func TestSearchDealsLeadsOrganizations(t *testing.T) {
	t.Parallel()
	s := newStreet(t, hosttest.Records())
	for _, base := range []string{"GET /v1", "GET /api/v2"} {
		a := s.do(call{op: base + "/deals/search", query: parameters("term", "lobby seating")})
		a.is("data.items.0.item.type", "deal")
		a.is("data.items.0.item.currency", "EUR")
		a.is("data.items.0.item.organization.name", "Hotel Merikotkas")
		status, person := a.text("data.items.0.item.status"), a.id("data.items.0.item.person.id")
		if a.text("data.items.0.item.stage.name") == "" {
			t.Error("the stage has no name")
		}
		s.finds([]string{"Lobby seating"}, base+"/deals/search", "term", "lobby", "status", status, "person_id", fmt.Sprint(person))
		s.finds([]string{}, base+"/deals/search", "term", "lobby", "person_id", "99999")
		s.finds([]string{}, base+"/deals/search", "term", "lobby", "status", map[string]string{"open": "won", "won": "lost", "lost": "open"}[status])
		s.finds([]string{}, base+"/deals/search", "term", "merikotkas") // it is the organization's name
		s.finds([]string{"Hotel Merikotkas"}, base+"/organizations/search", "term", "MERIKOTKAS", "fields", "name,address")
		lead := s.do(call{op: base + "/leads/search", query: parameters("term", "hostel", "include_fields", "lead.was_seen")})
		lead.is("data.items.0.item.title", "Bunk beds for a hostel")
		if _, ok := lead.at("data.items.0.item.was_seen").(bool); !ok {
			t.Error("was_seen was asked for, and is not there")
		}
	}
	a := s.do(call{op: "GET /api/v2/deals/search", query: parameters("term", "lobby", "include_fields", "deal.cc_email")})
	if !strings.Contains(a.text("data.items.0.item.cc_email"), "@") {
		t.Errorf("cc_email is %q", a.text("data.items.0.item.cc_email"))
	}
}

// spec: rest.search.items
// spec: rest.search.related
func TestItemSearch(t *testing.T) {
	t.Parallel()
	s := newStreet(t, hosttest.Records())
	s.upload(200, formPart{name: "file", file: "Merikotkas plan.pdf", body: []byte("plan")}, formPart{name: "deal_id", body: []byte("1")})
	for _, op := range []string{"GET /v1/itemSearch", "GET /api/v2/itemSearch"} {
		s.finds([]string{"Merikotkas plan.pdf", "Hotel Merikotkas"}, op, "term", "merikotkas", "item_types", "organization,file")
		s.finds([]string{}, op, "term", "merikotkas", "item_types", "product,project")
		s.finds([]string{"Lobby seating"}, op, "term", "lobby seating", "fields", "title")
		a := s.do(call{op: op, query: parameters("term", "merikotkas", "item_types", "file")})
		a.is("data.items.0.item.deal.id", 1)
		if url := a.text("data.items.0.item.url"); !strings.HasPrefix(url, "/files/") || !strings.HasSuffix(url, "/download") {
			t.Errorf("url is %q", url)
		}
		a.is("data.related_items", []any{})
		a = s.do(call{op: op, query: parameters("term", "merikotkas", "item_types", "organization", "search_for_related_items", "true")})
		kinds := map[string]bool{}
		for i := range a.list("data.related_items") {
			kinds[a.text(fmt.Sprintf("data.related_items.%d.item.type", i))] = true
		}
		if !kinds["deal"] || !kinds["person"] {
			t.Errorf("related are %v, want deals and persons", kinds)
		}
	}
	// Pages, one hit at a time, in both versions: the same hits, each once.
	all := s.found("GET /api/v2/itemSearch", "term", "ho")
	var paged []string
	for cursor := ""; ; {
		a := s.do(call{op: "GET /api/v2/itemSearch", query: parameters("term", "ho", "limit", "1", "cursor", cursor)})
		paged = append(paged, s.found("GET /api/v2/itemSearch", "term", "ho", "limit", "1", "cursor", cursor)...)
		next, ok := a.at("additional_data.next_cursor").(string)
		if cursor = next; !ok {
			break
		}
	}
	if len(all) < 3 || !slices.Equal(all, paged) {
		t.Errorf("by pages %q, at once %q", paged, all)
	}
	s.finds(all[1:2], "GET /v1/itemSearch", "term", "ho", "start", "1", "limit", "1")
	s.do(call{op: "GET /v1/itemSearch", query: "term=ho&limit=1&start=1"}).is("additional_data.pagination.next_start", 2)

	other := s.Second()
	a := s.do(call{op: "GET /api/v2/itemSearch", query: "term=plan.pdf", token: other.Admin.Token})
	if len(a.list("data.items")) != 0 {
		t.Errorf("another company finds %s", a.raw)
	}
}

// spec: rest.search.field
func TestFieldSearch(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	mari := s.addPerson(map[string]any{"name": "Walnut"})
	s.addPerson(map[string]any{"name": "walnut burl"})
	for _, c := range []struct {
		term, match string
		want        []string
	}{
		{"Walnut", "exact", []string{"Walnut"}}, {"walnut", "exact", nil}, {"Wal", "beginning", []string{"Walnut"}},
		{"alnut", "middle", []string{"Walnut", "walnut burl"}}, {"alnut", "beginning", nil}, {"Walnut", "", []string{"Walnut"}},
	} {
		a := s.do(call{op: "GET /api/v2/itemSearch/field", query: parameters("term", c.term, "entity_type", "person", "field", "name", "match", c.match)})
		var got []string
		for i := range a.list("data") {
			a.is(fmt.Sprintf("data.%d.item.name", i), a.text(fmt.Sprintf("data.%d.name", i)))
			got = append(got, a.text(fmt.Sprintf("data.%d.name", i)))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s %s: %q, want %q", c.match, c.term, got, c.want)
		}
	}
	a := s.do(call{op: "GET /v1/itemSearch/field", query: parameters("term", "Walnut", "field_type", "personField", "field_key", "name", "exact_match", "1", "return_item_ids", "1")})
	a.is("data.0.id", mari)
	a.is("data.0.name", "Walnut")
	if n := len(s.do(call{op: "GET /v1/itemSearch/field", query: "term=alnut&field_type=personField&field_key=name"}).list("data")); n != 2 {
		t.Errorf("got %d texts, want 2", n)
	}
	for _, query := range []string{
		"term=ab", "term=ab&entity_type=person", "term=ab&entity_type=robot&field=name", "term=ab&entity_type=person&field=shoe_size", "entity_type=person&field=name",
		"term=ab&entity_type=person&field=name&match=fuzzy",
	} {
		s.do(call{op: "GET /api/v2/itemSearch/field", query: query, want: 400})
	}
}
