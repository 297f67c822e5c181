package resttest

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

var hash = regexp.MustCompile(`^[0-9a-f]{40}$`)

// addField makes a custom field by version 2 and returns its code.
func (s *street) addField(path, name, kind string, options ...string) string {
	s.t.Helper()
	body := map[string]any{"field_name": name, "field_type": kind}
	var list []any
	for _, o := range options {
		list = append(list, map[string]any{"label": o})
	}
	if list != nil {
		body["options"] = list
	}
	code := s.do(call{op: "POST /api/v2/" + path, body: body}).text("data.field_code")
	if !hash.MatchString(code) {
		s.t.Errorf("the code of a field is %q", code)
	}
	return code
}

// spec: rest.fields.v2, rest.fields.create, rest.fields.delete, rest.fields.options
func TestFieldsV2(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	for _, path := range []string{"personFields", "organizationFields", "dealFields"} {
		code := s.addField(path, "Tier", "enum", "Gold", "Tin")
		one := "/api/v2/" + path + "/{code}"
		a := s.do(call{op: "GET " + one, path: []any{code}, query: "include_fields=ui_visibility,required_fields,important_fields"})
		a.is("data.is_custom_field", true)
		a.is("data.options.1.label", "Tin")
		a.is("data.ui_visibility.add_visible_flag", true)
		a.is("data.required_fields.enabled", false)
		gold := a.id("data.options.0.id")
		a = s.do(call{op: "PATCH " + one, path: []any{code}, body: map[string]any{"field_name": "Class", "ui_visibility": map[string]any{"add_visible_flag": false}}})
		a.is("data.field_name", "Class")
		s.do(call{op: "GET " + one, path: []any{code}, query: "include_fields=ui_visibility"}).is("data.ui_visibility.add_visible_flag", false)
		a = s.do(call{op: "POST " + one + "/options", path: []any{code}, body: []any{map[string]any{"label": "Lead"}}})
		lead := a.id("data.0.id")
		s.do(call{op: "PATCH " + one + "/options", path: []any{code}, body: []any{map[string]any{"id": lead, "label": "Iron"}}}).is("data.0.label", "Iron")
		s.do(call{op: "DELETE " + one + "/options", path: []any{code}, body: []any{map[string]any{"id": gold}}}).is("data.0.label", "Gold")
		a = s.do(call{op: "GET " + one, path: []any{code}})
		if len(a.list("data.options")) != 2 {
			t.Errorf("options after all: %s", a.raw)
		}
		for _, bad := range []struct {
			op   string
			body any
		}{
			{"POST " + one + "/options", []any{map[string]any{"label": "tin"}}}, {"POST " + one + "/options", []any{map[string]any{}}},
			{"POST " + one + "/options", map[string]any{"label": "X"}}, {"POST " + one + "/options", []any{}}, {"POST " + one + "/options", []any{1}},
			{"PATCH " + one + "/options", []any{map[string]any{"id": gold, "label": "X"}}}, {"PATCH " + one + "/options", []any{map[string]any{"label": "X"}}},
			{"DELETE " + one + "/options", []any{map[string]any{"id": 4711}}},
		} {
			s.do(call{op: bad.op, path: []any{code}, body: bad.body, want: 400})
		}
		s.do(call{op: "POST " + one + "/options", path: []any{"id"}, body: []any{map[string]any{"label": "X"}}, want: 400})
		s.do(call{op: "POST " + one + "/options", path: []any{"nothing"}, body: []any{map[string]any{"label": "X"}}, want: 404})
		s.do(call{op: "DELETE " + one, path: []any{code}}).is("data.field_code", code)
		s.do(call{op: "GET " + one, path: []any{code}, want: 404}).is("error", "Field not found")
		standard := "id"
		s.do(call{op: "DELETE " + one, path: []any{standard}, want: 403})
		s.do(call{op: "PATCH " + one, path: []any{standard}, body: map[string]any{"field_name": "X"}, want: 403})
		for field, body := range map[string]any{
			"field_name": map[string]any{"field_type": "text"}, "field_type": map[string]any{"field_name": "X"}, "field_type ": map[string]any{"field_name": "X", "field_type": "visible_to"},
			"options": map[string]any{"field_name": "X", "field_type": "enum"}, "options ": map[string]any{"field_name": "X", "field_type": "text", "options": []any{map[string]any{"label": "a"}}},
			"colour": map[string]any{"field_name": "X", "field_type": "text", "colour": "red"}, "field_name ": map[string]any{"field_name": strings.Repeat("x", 300), "field_type": "text"},
		} {
			if text := s.do(call{op: "POST /api/v2/" + path, body: body, want: 400}).text("error"); !strings.HasPrefix(text, strings.TrimSpace(field)+": ") {
				t.Errorf("%v is refused with %q", body, text)
			}
		}
	}
	s.do(call{op: "GET /api/v2/activityFields/{code}", path: []any{"subject"}}).is("data.field_type", "varchar")
}

// spec: rest.fields.standard, rest.fields.v2
func TestFieldsAreListed(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	code := s.addField("personFields", "Tier", "text")
	for _, path := range []string{"personFields", "organizationFields", "dealFields", "activityFields"} {
		seen := map[string]bool{}
		for next := ""; ; {
			a := s.do(call{op: "GET /api/v2/" + path, query: "limit=7" + next})
			for _, f := range a.list("data") {
				f := f.(map[string]any)
				if c := f["field_code"].(string); seen[c] {
					t.Errorf("%s has %s twice", path, c)
				} else {
					seen[c] = true
				}
			}
			cursor := a.at("additional_data.next_cursor")
			if cursor == nil {
				break
			}
			next = "&cursor=" + url.QueryEscape(cursor.(string))
		}
		if !seen["id"] || seen[code] != (path == "personFields") {
			t.Errorf("%s lists %v", path, seen)
		}
	}
	s.do(call{op: "GET /api/v2/personFields/{code}", path: []any{"open_deals_count"}}).is("data.is_optional_response_field", true)
	for _, path := range []string{"personFields", "organizationFields", "dealFields", "activityFields", "leadFields", "noteFields"} {
		a := s.do(call{op: "GET /v1/" + path, query: "limit=3"})
		a.is("additional_data.pagination.next_start", 3)
		s.do(call{op: "GET /v1/" + path, query: "start=5000"}).is("additional_data.pagination.more_items_in_collection", false)
	}
	deal := s.addField("dealFields", "Depth", "double")
	list := s.do(call{op: "GET /v1/leadFields"}).list("data")
	if last := list[len(list)-1].(map[string]any); last["key"] != deal {
		t.Errorf("leads have not the fields of deals: %v", last)
	}
}

// The fields of notes are those that a note has.
// spec: rest.note-fields
func TestNoteFields(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	note := s.do(call{op: "GET /v1/notes/{id}", path: []any{s.newNote(object{"content": "Called", "deal_id": s.newDeal(object{"title": "Chairs"})})}}).at("data").(map[string]any)
	list := s.do(call{op: "GET /v1/noteFields"}).list("data")
	for _, f := range list {
		f := f.(map[string]any)
		if _, ok := note[f["key"].(string)]; !ok || f["edit_flag"] != false {
			t.Errorf("a note has not %v", f)
		}
	}
	if len(list) < 15 {
		t.Errorf("only %d fields", len(list))
	}
}

// spec: rest.fields.v1
func TestFieldsV1(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	for _, path := range []string{"personFields", "organizationFields", "dealFields"} {
		a := s.do(call{op: "POST /v1/" + path, body: url.Values{"name": {"Tier"}, "field_type": {"set"}, "options": {`[{"label":"Gold"},{"label":"Tin"}]`}, "add_visible_flag": {"0"}}})
		id, gold := a.id("data.id"), a.id("data.options.0.id")
		a.is("data.add_visible_flag", false)
		a.is("data.edit_flag", true)
		a = s.do(call{op: "PUT /v1/" + path + "/{id}", path: []any{id}, body: map[string]any{"name": "Class", "options": []any{map[string]any{"id": gold, "label": "Golden"}, map[string]any{"label": "New"}}}})
		a.is("data.name", "Class")
		a.is("data.options.0.label", "Golden")
		a.is("data.options.0.id", gold)
		a.is("data.options.1.label", "New")
		s.do(call{op: "GET /v1/" + path + "/{id}", path: []any{id}}).is("data.field_type", "set")
		s.do(call{op: "GET /v1/" + path + "/{id}", path: []any{4711}, want: 404}).is("error", "Field not found")
		s.do(call{op: "DELETE /v1/" + path + "/{id}", path: []any{1}, want: 403})
		s.do(call{op: "DELETE /v1/" + path + "/{id}", path: []any{id}}).is("data.id", id)
		other := s.do(call{op: "POST /v1/" + path, body: map[string]any{"name": "Sum", "field_type": "monetary"}})
		other.is("data.subfields.0.key", other.text("data.key")+"_currency")
		s.do(call{op: "DELETE /v1/" + path, query: fmt.Sprint("ids=", other.id("data.id"), ",1"), want: 403})
		s.do(call{op: "DELETE /v1/" + path, query: fmt.Sprint("ids=", other.id("data.id"))}).is("data.id.0", other.id("data.id"))
		s.do(call{op: "POST /v1/" + path, body: map[string]any{"name": "X", "field_type": "nothing"}, want: 400})
		s.do(call{op: "POST /v1/" + path, body: url.Values{"name": {"X"}, "field_type": {"enum"}, "options": {"no json"}}, want: 400})
	}
}

// Labels of persons are the options of label_ids, and can be changed.
// spec: rest.fields.options
func TestLabels(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	p := s.addPerson(map[string]any{"name": "X", "label_ids": []int{1, 2}})
	vip := s.do(call{op: "POST /api/v2/personFields/{code}/options", path: []any{"label_ids"}, body: []any{map[string]any{"label": "VIP"}}}).id("data.0.id")
	s.do(call{op: "PATCH /api/v2/persons/{id}", path: []any{p}, body: map[string]any{"label_ids": []int64{vip, 1}}}).is("data.label_ids.0", vip)
	s.do(call{op: "DELETE /api/v2/personFields/{code}/options", path: []any{"label_ids"}, body: []any{map[string]any{"id": vip}}})
	a := s.do(call{op: "PATCH /api/v2/persons/{id}", path: []any{p}, body: map[string]any{"name": "Y"}}) // a label that is gone is no hindrance
	a.is("data.label_ids.0", 1)
	s.do(call{op: "PATCH /api/v2/persons/{id}", path: []any{p}, body: map[string]any{"label_ids": []int64{vip}}, want: 400})
	// Those of organizations are others, and those of another company too.
	s.do(call{op: "GET /api/v2/organizationFields/{code}", path: []any{"label_ids"}}).is("data.options.3.label", "Cold lead")
	s.do(call{op: "DELETE /api/v2/organizationFields/{code}/options", path: []any{"label_ids"}, body: []any{map[string]any{"id": 1}, map[string]any{"id": 2}, map[string]any{"id": 3}, map[string]any{"id": 4}}})
	s.do(call{op: "GET /api/v2/organizationFields/{code}", path: []any{"label_ids"}}).is("data.options", nil)
	s.do(call{op: "POST /api/v2/organizations", body: map[string]any{"name": "X", "label_ids": []int{1}}, want: 400})
}

// spec: rest.custom-fields, rest.custom-fields.v2, rest.custom-fields.v1, rest.custom-fields.parts, rest.custom-fields.selector
func TestCustomValues(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	org := s.addOrganization(map[string]any{"name": "Nordwind"})
	other := s.addPerson(map[string]any{"name": "Other"})
	code := map[string]string{}
	for _, kind := range []string{"varchar", "text", "double", "monetary", "date", "daterange", "time", "timerange", "address", "user", "people", "org", "phone", "varchar_auto"} {
		code[kind] = s.addField("personFields", kind, kind)
	}
	for _, kind := range []string{"enum", "set"} {
		code[kind] = s.addField("personFields", kind, kind, "A", "B")
	}
	option := func(kind string, i int) int64 {
		return s.do(call{op: "GET /api/v2/personFields/{code}", path: []any{code[kind]}}).id(fmt.Sprintf("data.options.%d.id", i))
	}
	a0, b0, b1 := option("enum", 0), option("set", 0), option("set", 1)
	p := s.addPerson(map[string]any{"name": "Mari", "custom_fields": map[string]any{
		code["varchar"]: "short", code["double"]: 12.25, code["monetary"]: map[string]any{"value": 120, "currency": "EUR"}, code["enum"]: a0, code["set"]: []int64{b1, b0, b1},
		code["date"]: "2026-03-04", code["daterange"]: map[string]any{"value": "2026-03-04", "until": "2026-03-05"}, code["time"]: map[string]any{"value": "09:30"},
		code["timerange"]: map[string]any{"value": "22:00", "until": "02:00:00", "timezone_id": 7, "timezone_name": "Europe/Tallinn"},
		code["address"]:   map[string]any{"value": "Pikk 7, Tallinn", "locality": "Tallinn"}, code["user"]: s.Agent.ID, code["people"]: other, code["org"]: org,
	}})
	a := s.do(call{op: "GET /api/v2/persons/{id}", path: []any{p}})
	at := func(kind string) string { return "data.custom_fields." + code[kind] }
	a.is(at("varchar"), "short")
	a.is(at("double"), 12.25)
	a.is(at("monetary")+".currency", "EUR")
	a.is(at("enum"), a0)
	a.is(at("set")+".1", b0)
	a.is(at("daterange")+".until", "2026-03-05")
	a.is(at("time")+".value", "09:30:00")
	a.is(at("time")+".timezone_id", nil)
	a.is(at("timerange")+".timezone_id", 7)
	a.is(at("address")+".locality", "Tallinn")
	a.is(at("address")+".country", nil)
	a.is(at("people"), other)
	a.is(at("text"), nil)

	a = s.do(call{op: "GET /v1/persons/{id}", path: []any{p}})
	v1 := func(kind string) string { return "data." + code[kind] }
	a.is(v1("varchar"), "short")
	a.is(v1("monetary"), 120)
	a.is(v1("monetary")+"_currency", "EUR")
	a.is(v1("enum"), fmt.Sprint(a0))
	a.is(v1("set"), fmt.Sprintf("%d,%d", b1, b0))
	a.is(v1("daterange")+"_until", "2026-03-05")
	a.is(v1("timerange")+"_timezone_id", 7)
	a.is(v1("address")+"_locality", "Tallinn")
	a.is(v1("user")+".value", s.Agent.ID)
	a.is(v1("people")+".name", "Other")
	a.is(v1("org")+".value", org)
	a.is(v1("text"), nil)

	// Version 1 writes texts, and parts beside their value.
	a = s.do(call{op: "PUT /v1/persons/{id}", path: []any{p}, body: map[string]any{
		code["double"]: "7.5", code["monetary"]: "99", code["monetary"] + "_currency": "USD", code["set"]: fmt.Sprint(b0), code["enum"]: "",
		code["date"]: nil, code["daterange"]: "2026-05-01", code["daterange"] + "_until": "2026-05-02", code["people"]: fmt.Sprint(p), code["address"]: "Lai 1",
	}})
	a.is(v1("double"), 7.5)
	a.is(v1("monetary"), 99)
	a.is(v1("set"), fmt.Sprint(b0))
	a.is(v1("enum"), nil)
	a.is(v1("date"), nil)
	a.is(v1("people")+".value", p)
	a.is(v1("address")+"_locality", nil)
	a.is(v1("varchar"), "short")

	a = s.do(call{op: "GET /api/v2/persons", query: "custom_fields=" + code["varchar"] + ",unknown"})
	if got := a.at("data.1.custom_fields").(map[string]any); len(got) != 1 || got[code["varchar"]] != "short" {
		t.Errorf("one custom field of many: %v", got)
	}
	// What was chosen is hidden when its option, its field or its record is gone.
	s.do(call{op: "DELETE /api/v2/personFields/{code}/options", path: []any{code["set"]}, body: []any{map[string]any{"id": b0}}})
	s.do(call{op: "GET /api/v2/persons/{id}", path: []any{p}}).is(at("set"), nil)
	s.do(call{op: "DELETE /api/v2/personFields/{code}", path: []any{code["varchar"]}})
	a = s.do(call{op: "GET /api/v2/persons/{id}", path: []any{p}})
	if _, there := a.at("data.custom_fields").(map[string]any)[code["varchar"]]; there {
		t.Errorf("a deleted field shows: %s", a.raw)
	}
	s.do(call{op: "PATCH /api/v2/persons/{id}", path: []any{p}, body: map[string]any{"custom_fields": map[string]any{code["varchar"]: "x"}}, want: 400})
}

// spec: rest.custom-fields, rest.custom-fields.empty-set, rest.custom-fields.v1-unknown
func TestCustomBadInput(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	unknown := strings.Repeat("ab", 20)
	code := func(kind string, options ...string) string { return s.addField("personFields", kind, kind, options...) }
	number, money, day, span, clock, choice, many, user, person, short, place := code("double"), code("monetary"), code("date"), code("daterange"), code("time"),
		code("enum", "A"), code("set", "A"), code("user"), code("people"), code("varchar"), code("address")
	p := s.addPerson(map[string]any{"name": "X"})
	for _, bad := range []struct {
		code  string
		value any
		field string
	}{
		{unknown, 5, unknown}, {number, "5", number}, {number, true, number}, {number, []int{1}, number}, {money, 5, money}, {money, map[string]any{"value": 5}, money + ".currency"},
		{money, map[string]any{"value": 5, "currency": "euro"}, money + ".currency"}, {money, map[string]any{"currency": "EUR"}, money + ".value"},
		{money, map[string]any{"value": 5, "currency": "EUR", "tax": 1}, money + ".tax"}, {day, "2026-02-30", day}, {day, "04.03.2026", day}, {day, 20260304, day},
		{span, map[string]any{"value": "2026-03-04"}, span + ".until"}, {span, map[string]any{"value": "2026-03-04", "until": "2026-03-01"}, span + ".until"},
		{clock, map[string]any{"value": "25:00"}, clock + ".value"}, {clock, map[string]any{"value": "10:00", "timezone_id": "EET"}, clock + ".timezone_id"},
		{choice, 4711, choice}, {choice, "A", choice}, {many, []any{}, many}, {many, []any{4711}, many}, {many, "1", many},
		{user, 4711, user}, {user, -1, user}, {person, 4711, person}, {short, strings.Repeat("x", 300), short}, {short, 5, short}, {place, "Pikk 7", place},
		{place, map[string]any{"value": "Pikk 7", "door": "3"}, place + ".door"},
	} {
		text := s.do(call{op: "PATCH /api/v2/persons/{id}", path: []any{p}, want: 400, body: map[string]any{"name": "Y", "custom_fields": map[string]any{bad.code: bad.value}}}).text("error")
		if !strings.HasPrefix(text, bad.field+": ") {
			t.Errorf("%v in %s is refused with %q", bad.value, bad.code, text)
		}
	}
	s.do(call{op: "GET /api/v2/persons/{id}", path: []any{p}}).is("data.name", "X") // none was kept in part
	s.do(call{op: "PUT /v1/persons/{id}", path: []any{p}, body: map[string]any{unknown: 5}, want: 400}).is("error", "Invalid field(s) in the payload: "+unknown)
	s.do(call{op: "PUT /v1/persons/{id}", path: []any{p}, body: map[string]any{money: "many", money + "_currency": "EUR"}, want: 400})
	s.do(call{op: "PUT /v1/persons/{id}", path: []any{p}, body: map[string]any{money: "5"}}).is("data."+money+"_currency", "EUR")
	s.do(call{op: "PUT /v1/persons/{id}", path: []any{p}, body: map[string]any{"colour": "red", number: " 5 "}}).is("data."+number, 5)
	// The fields of another company are unknown here.
	theirs := s.do(call{op: "POST /api/v2/personFields", token: s.Second().App.AccessToken, body: map[string]any{"field_name": "X", "field_type": "text"}}).text("data.field_code")
	s.do(call{op: "PATCH /api/v2/persons/{id}", path: []any{p}, body: map[string]any{"custom_fields": map[string]any{theirs: "x"}}, want: 400})
	s.do(call{op: "GET /api/v2/personFields/{code}", path: []any{theirs}, want: 404})
}
