package records_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// kindsFiltered are the kinds that filters find.
var kindsFiltered = []string{records.KindPerson, records.KindOrganization, records.KindDeal, records.KindLead, records.KindActivity}

// fits are the names of the records of a kind that fit a filter, sorted; id 0 is no
// filter.
func fits(ctx context.Context, s *records.Service, c route.Caller, of string, id int64) (names []string, err error) {
	w := records.Window{Limit: 1000}
	switch of {
	case records.KindPerson:
		list, _, err := s.ListPersons(ctx, c, records.PersonFilter{Filter: id}, w)
		return namesOf(list, func(p records.Person) string { return p.Name }), err
	case records.KindOrganization:
		list, _, err := s.ListOrganizations(ctx, c, records.OrganizationFilter{Filter: id}, w)
		return namesOf(list, func(o records.Organization) string { return o.Name }), err
	case records.KindDeal:
		list, _, err := s.ListDeals(ctx, c, records.DealFilter{Filter: id}, w)
		return namesOf(list, func(d records.Deal) string { return d.Title }), err
	case records.KindLead:
		list, _, err := s.ListLeads(ctx, c, records.LeadFilter{Filter: id}, w)
		return namesOf(list, func(l records.Lead) string { return l.Title }), err
	}
	list, _, err := s.ListActivities(ctx, c, records.ActivityFilter{Filter: id}, w)
	return namesOf(list, func(a records.Activity) string { return a.Subject }), err
}

func namesOf[T any](list []T, name func(T) string) []string {
	out := []string{}
	for _, v := range list {
		out = append(out, name(v))
	}
	slices.Sort(out)
	return out
}

// line is a condition by the code of its field: "person", "name", "=", values.
func line(t *testing.T, s *records.Service, object, code string, o records.Operator, values ...string) records.Condition {
	t.Helper()
	code, part, _ := strings.Cut(code, ".")
	f, err := s.Field(t.Context(), ours, object, code)
	if err != nil {
		t.Fatalf("field %s of %s: %v", code, object, err)
	}
	return records.Condition{Object: object, Field: f.ID, Operator: o, Values: values, Part: part}
}

func all(lines ...records.Condition) []records.Group {
	return []records.Group{{Glue: records.GlueAnd, Conditions: lines}, {Glue: records.GlueOr}}
}

// keep keeps a filter that everybody sees.
func keep(t *testing.T, s *records.Service, of string, groups []records.Group) int64 {
	t.Helper()
	f, err := s.CreateFilter(t.Context(), ours, records.Filter{Name: "Kept", Of: of, VisibleTo: 3, Groups: groups})
	if err != nil {
		t.Fatalf("keep a filter of %s with %+v: %v", of, groups, err)
	}
	return f.ID
}

// valueOf is a value that a field of a type can be asked with.
func valueOf(f records.Field, o records.Operator) []string {
	switch {
	case !o.WantsValue():
		return nil
	case f.Type == records.TypeDate || f.Type == records.TypeDateRange:
		return []string{"this_month"}
	case f.Type == records.TypeTime || f.Type == records.TypeTimeRange:
		return []string{"09:30"}
	}
	return []string{"1"}
}

// addCustom adds a field of each type to deals.
func addCustom(t *testing.T, s *records.Service) map[records.FieldType]records.Field {
	t.Helper()
	own := map[records.FieldType]records.Field{}
	for _, kind := range records.CustomTypes {
		f := records.Field{Entity: records.KindDeal, Name: string(kind), Type: kind}
		if kind == records.TypeEnum || kind == records.TypeSet {
			f.Options = []records.Option{{Label: "One"}, {Label: "Two"}, {Label: "Twelve"}}
		}
		own[kind] = must[records.Field](t)(s.CreateField(t.Context(), ours, f))
	}
	return own
}

// Each field that filters can ask for, with each of its operators, of the record
// itself and of those linked to it, is answered by both databases, and what does not
// fit a question fits its contrary.
// spec: rest.filters.operators
// spec: rest.filters.nothing
// spec: rest.filters.related
func TestFilterEveryOperator(t *testing.T) {
	each(t, func(t *testing.T, s *records.Service, _ *store.DB) {
		fields := addCustom(t, s)
		must[records.Deal](t)(s.CreateDeal(t.Context(), ours, records.Deal{Title: "Chairs", Custom: everyValue(fields)}))
		agent := route.Caller{Company: 1, User: 2}
		for _, of := range kindsFiltered {
			everything, err := fits(t.Context(), s, ours, of, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, object := range records.FilterObjects(of) {
				list := must[[]records.Field](t)(s.Fields(t.Context(), ours, object))
				for _, f := range list {
					if !records.FilterField(object, f) {
						continue
					}
					found := map[records.Operator]int{}
					for _, o := range records.Operators(f.Type) {
						o := records.Operator(o.Word)
						id := keep(t, s, of, all(records.Condition{Object: object, Field: f.ID, Operator: o, Values: valueOf(f, o)}))
						names, err := fits(t.Context(), s, ours, of, id)
						if err != nil {
							t.Errorf("%ss whose %s.%s %s: %v", of, object, f.Code, o, err)
						}
						if o != records.OpIs {
							found[o] = len(names)
							continue
						}
						if _, err := fits(t.Context(), s, agent, of, id); err != nil {
							t.Errorf("%ss whose %s.%s %s, for somebody who is no admin: %v", of, object, f.Code, o, err)
						}
						found[o] = len(names)
					}
					for o, contrary := range map[records.Operator]records.Operator{
						records.OpIs: records.OpIsNot, records.OpEmpty: records.OpFilled, records.OpBegins: records.OpBeginsNot,
					} {
						_, there := found[o]
						if n := found[o] + found[contrary]; there && n != len(everything) {
							t.Errorf("%ss whose %s.%s %s and %s: %d, want all %d", of, object, f.Code, o, contrary, n, len(everything))
						}
					}
				}
			}
		}
	})
}

// everyValue are values of the fields that addCustom added.
func everyValue(own map[records.FieldType]records.Field) map[string]any {
	return map[string]any{
		own[records.TypeVarchar].Code: "Blue \"50%\" Õun", own[records.TypeDouble].Code: 12.5, own[records.TypeMonetary].Code: map[string]any{"value": 480, "currency": "EUR"},
		own[records.TypeEnum].Code: own[records.TypeEnum].Options[1].ID, own[records.TypeSet].Code: []any{own[records.TypeSet].Options[0].ID, own[records.TypeSet].Options[1].ID}, own[records.TypeDate].Code: "2026-11-20",
		own[records.TypeDateRange].Code: map[string]any{"value": "2026-11-01", "until": "2026-11-30"}, own[records.TypeTime].Code: map[string]any{"value": "09:30:00"},
		own[records.TypeTimeRange].Code: map[string]any{"value": "09:30:00", "until": "17:00:00"},
		own[records.TypeAddress].Code:   map[string]any{"value": "Pikk 1, Tallinn", "locality": "Tallinn"}, own[records.TypeUser].Code: int64(7),
		own[records.TypePhone].Code: "+372 555", own[records.TypeText].Code: "Long\ntext",
	}
}

// Filters find what they say, by standard fields and those of the company, by parts
// and by linked records.
// spec: rest.filters.fields
// spec: rest.filters.related
func TestFilterFinds(t *testing.T) {
	each(t, func(t *testing.T, s *records.Service, _ *store.DB) {
		ctx, fields := t.Context(), addCustom(t, s)
		nord := must[records.Organization](t)(s.CreateOrganization(ctx, ours, records.Organization{
			Name: "Nordwind Õli", Address: "Pikk 1, Tallinn", AddressParts: map[string]string{"locality": "Tallinn"}, Employees: 40, LinkedIn: "in/nordwind",
		}))
		mari := must[records.Person](t)(s.CreatePerson(ctx, ours, records.Person{
			Name: "Zara Kask", Organization: records.Ref{ID: nord.ID}, Emails: []records.Contact{{Value: "Zara@Nord.example"}}, Phones: []records.Contact{{Value: "+372 555-0199"}}, Labels: []int64{2},
		}))
		secret := must[records.Person](t)(s.CreatePerson(ctx, ours, records.Person{Name: "Zeno Secret", VisibleTo: 1}))
		deal := must[records.Deal](t)(s.CreateDeal(ctx, ours, records.Deal{
			Title: "Z chairs", Value: records.Money{Amount: 4_805_000, Currency: "EUR"}, Person: records.Ref{ID: mari.ID}, Organization: records.Ref{ID: nord.ID},
			ExpectedClose: "2026-11-20", Labels: []int64{1, 3}, Custom: everyValue(fields),
		}))
		must[records.Deal](t)(s.CreateDeal(ctx, ours, records.Deal{Title: "Z tables", Person: records.Ref{ID: secret.ID}}))
		lead := must[records.Lead](t)(s.CreateLead(ctx, ours, records.Lead{Title: "Z lead", Person: records.Ref{ID: mari.ID}, Custom: map[string]any{fields[records.TypeVarchar].Code: "lead's"}}))
		must[records.Activity](t)(s.CreateActivity(ctx, ours, records.ActivityPatch{
			Subject: to("Z call"), Deal: to(deal.ID), DueDate: to("2026-11-21"), DueTime: to("13:30"), Location: to("Pikk 1"), LocationParts: &map[string]string{"country": "Estonia"}, Lead: to(lead.ID),
			Participants: &[]records.Participant{{Person: mari.ID, Primary: true}},
		}))
		agent := route.Caller{Company: 1, User: 2}
		own := func(kind records.FieldType) string { return fields[kind].Code }
		option := func(kind records.FieldType, i int) string { return fmt.Sprint(fields[kind].Options[i].ID) }
		for _, c := range []struct {
			of, object, code string
			operator         records.Operator
			values           []string
			want             string // what begins with Z, and whether the rest comes too
		}{
			{"person", "person", "name", "=", []string{"zara  KASK"}, "Zara Kask"},
			{"person", "person", "name", "LIKE '%$%'", []string{"a k"}, "Zara Kask"},
			{"person", "person", "name", "LIKE '$%'", []string{"za"}, "Zara Kask"},
			{"person", "person", "name", "LIKE '%$%'", []string{"z%k"}, ""},
			{"person", "person", "email", "=", []string{"zara@nord.EXAMPLE"}, "Zara Kask"},
			{"person", "person", "phone", "LIKE '%$%'", []string{"555 01"}, "Zara Kask"},
			{"person", "person", "label_ids", "=", []string{"2"}, "Zara Kask"},
			{"person", "person", "visible_to", "=", []string{"1"}, "Zeno Secret"},
			{"person", "organization", "name", "LIKE '%$%'", []string{"ÕLI"}, "Zara Kask"},
			{"person", "organization", "address.locality", "=", []string{"tallinn"}, "Zara Kask"},
			{"person", "organization", "employee_count", ">=", []string{"40"}, "Zara Kask"},
			{"person", "organization", "linkedin", "=", []string{"in/Nordwind"}, "Zara Kask"},
			{"person", "deal", "title", "=", []string{"z tables"}, "Zeno Secret"},
			{"person", "activity", "subject", "=", []string{"z CALL"}, "Zara Kask"},
			{"organization", "person", "name", "=", []string{"Zara Kask"}, "Nordwind Õli"},
			{"organization", "deal", "value", ">", []string{"480.4"}, "Nordwind Õli"},
			{"deal", "deal", "value", "=", []string{"480.5"}, "Z chairs"},
			{"deal", "deal", "value", ">", []string{"480.5"}, ""},
			{"deal", "deal", "person_id", "=", []string{fmt.Sprint(mari.ID), fmt.Sprint(secret.ID)}, "Z chairs, Z tables"},
			{"deal", "deal", "label_ids", "=", []string{"1"}, "Z chairs"},
			{"deal", "deal", "expected_close_date", "=", []string{"2026-11-20"}, "Z chairs"},
			{"deal", "deal", "expected_close_date", "<", []string{"2026-11-20"}, ""},
			{"deal", "deal", "expected_close_date", "<=", []string{"2026-11-20"}, "Z chairs"},
			{"deal", "deal", own("varchar"), "LIKE '%$%'", []string{`"50%`}, "Z chairs"},
			{"deal", "deal", own("varchar"), "LIKE '%$%'", []string{"Õun"}, "Z chairs"},
			{"deal", "deal", own("double"), "<", []string{"12.6"}, "Z chairs"},
			{"deal", "deal", own("double"), "<", []string{"12.5"}, ""},
			{"deal", "deal", own("monetary"), "=", []string{"480"}, "Z chairs"},
			{"deal", "deal", own("enum"), "=", []string{option("enum", 1)}, "Z chairs"},
			{"deal", "deal", own("set"), "=", []string{option("set", 1)}, "Z chairs"},
			{"deal", "deal", own("set"), "=", []string{option("set", 2)}, ""},
			{"deal", "deal", own("set"), "=", []string{option("set", 2), option("set", 0)}, "Z chairs"},
			{"deal", "deal", own("set"), "=", []string{option("set", 0) + "1"}, ""},
			{"deal", "deal", own("date"), ">=", []string{"2026-11-20"}, "Z chairs"},
			{"deal", "deal", own("daterange"), "=", []string{"2026-11-01"}, "Z chairs"},
			{"deal", "deal", own("timerange"), ">", []string{"09:00"}, "Z chairs"},
			{"deal", "deal", own("address") + ".locality", "LIKE '$%'", []string{"tall"}, "Z chairs"},
			{"deal", "deal", own("user"), "=", []string{"7"}, "Z chairs"},
			{"deal", "deal", own("user"), "IS NOT NULL", nil, "Z chairs"},
			{"deal", "person", "name", "=", []string{"Zeno Secret"}, "Z tables"},
			{"deal", "deal", "next_activity_id", "IS NOT NULL", nil, "Z chairs"},
			{"lead", "lead", own("varchar"), "=", []string{"LEAD'S"}, "Z lead"},
			{"lead", "organization", "name", "IS NOT NULL", nil, ""},
			{"activity", "activity", "due_date", "=", []string{"2026-11-21"}, "Z call"},
			{"activity", "activity", "due_time", "=", []string{"13:30"}, "Z call"},
			{"activity", "activity", "location", "=", []string{"pikk 1"}, "Z call"},
			{"activity", "activity", "location.country", "=", []string{"ESTONIA"}, "Z call"},
			{"activity", "deal", "title", "=", []string{"z chairs"}, "Z call"},
			{"activity", "lead", "title", "=", []string{"z lead"}, "Z call"},
		} {
			id := keep(t, s, c.of, all(line(t, s, c.object, c.code, c.operator, c.values...)))
			got := begins(t, s, ours, c.of, id)
			if got != c.want {
				t.Errorf("%ss whose %s.%s %s %q: %q, want %q", c.of, c.object, c.code, c.operator, c.values, got, c.want)
			}
		}
		// Who does not see a record cannot ask what stands in it.
		id := keep(t, s, records.KindDeal, all(line(t, s, "person", "name", records.OpIs, "Zeno Secret")))
		if got := begins(t, s, agent, records.KindDeal, id); got != "" {
			t.Errorf("a filter finds %q by the name of a person who is not seen", got)
		}
		either := []records.Group{
			{Glue: "and", Conditions: []records.Condition{line(t, s, "deal", "title", records.OpBegins, "z ")}},
			{Glue: "or", Conditions: []records.Condition{line(t, s, "deal", "title", records.OpIs, "z tables"), line(t, s, "deal", "title", records.OpIs, "z lamps")}},
		}
		if got := begins(t, s, ours, records.KindDeal, keep(t, s, records.KindDeal, either)); got != "Z tables" {
			t.Errorf("one of two: %q, want Z tables", got)
		}
		if got := begins(t, s, ours, records.KindDeal, keep(t, s, records.KindDeal, nil)); got != "Z chairs, Z tables" {
			t.Errorf("a filter without conditions: %q, want all", got)
		}
	})
}

// begins are what a filter finds, if its name begins with Z or Nord.
func begins(t *testing.T, s *records.Service, c route.Caller, of string, id int64) string {
	t.Helper()
	names, err := fits(t.Context(), s, c, of, id)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(slices.DeleteFunc(names, func(n string) bool { return n[0] != 'Z' && n[:4] != "Nord" }), ", ")
}

// What cannot be asked is refused by name.
// spec: rest.filters.refused
func TestFilterRefused(t *testing.T) {
	each(t, func(t *testing.T, s *records.Service, _ *store.DB) {
		picture := line(t, s, "person", "picture_id", records.OpFilled)
		name := line(t, s, "person", "name", records.OpIs, "Mari")
		many := slices.Repeat([]records.Condition{name}, records.MaxConditions+1)
		for what, c := range map[string]struct {
			of     string
			groups []records.Group
			says   string
		}{
			"an unknown kind":        {"product", nil, "product"},
			"a field nobody has":     {"person", all(records.Condition{Object: "person", Field: 999_999, Operator: "=", Values: []string{"1"}}), "999999"},
			"a field without values": {"person", all(picture), "picture_id"},
			"an object not linked":   {"deal", all(line(t, s, "lead", "title", records.OpIs, "x")), "lead"},
			"an unknown operator":    {"person", all(line(t, s, "person", "name", "<", "x")), `"<"`},
			"a value missing":        {"person", all(line(t, s, "person", "name", "=")), "got 0"},
			"a number that is none":  {"deal", all(line(t, s, "deal", "value", "=", "much")), "much"},
			"a number too large":     {"deal", all(line(t, s, "deal", "value", "=", "1e999")), "1e999"},
			"infinity":               {"deal", all(line(t, s, "deal", "value", "=", "Inf")), "Inf"},
			"a day that is none":     {"deal", all(line(t, s, "deal", "add_time", "=", "soon")), "soon"},
			"an hour that is none":   {"activity", all(line(t, s, "activity", "due_time", "=", "25:00")), "25:00"},
			"a word for true":        {"activity", all(line(t, s, "activity", "done", "=", "perhaps")), "perhaps"},
			"an id that is none":     {"deal", all(line(t, s, "deal", "owner_id", "=", "me")), "me"},
			"two texts":              {"person", all(line(t, s, "person", "name", "=", "a", "b")), "got 2"},
			"a part of a text":       {"person", all(line(t, s, "person", "name.locality", "=", "a")), "locality"},
			"another glue":           {"person", []records.Group{{Glue: "xor"}}, "xor"},
			"twice the same glue":    {"person", []records.Group{{Glue: "and"}, {Glue: "and"}}, "and"},
			"too many conditions":    {"person", all(many...), "17"},
		} {
			_, err := s.CreateFilter(t.Context(), ours, records.Filter{Name: "Refused", Of: c.of, Groups: c.groups})
			if told, ok := fault.As(err); !ok || told.Kind != fault.Invalid || !strings.Contains(told.Message, c.says) {
				t.Errorf("%s: %v, want a refusal that says %s", what, err, c.says)
			}
		}
	})
}

// A filter is its owner's, or everybody's; nobody else's company's. One of a field
// that is gone is refused, not ignored.
// spec: rest.filters.visible
// spec: rest.filters.field-gone
func TestFilterOwners(t *testing.T) {
	each(t, func(t *testing.T, s *records.Service, _ *store.DB) {
		ctx, agent := t.Context(), route.Caller{Company: 1, User: 2}
		mine := must[records.Filter](t)(s.CreateFilter(ctx, agent, records.Filter{Name: "Mine", Of: records.KindDeal}))
		shared := must[records.Filter](t)(s.CreateFilter(ctx, agent, records.Filter{Name: "Shared", Of: records.KindDeal, VisibleTo: 3}))
		if _, err := s.Filter(ctx, ours, mine.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("somebody else's filter: %v, want not found", err)
		}
		if _, _, err := s.ListDeals(ctx, ours, records.DealFilter{Filter: mine.ID}, records.Window{Limit: 1}); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a list by somebody else's filter: %v, want not found", err)
		}
		if _, err := s.Filter(ctx, theirs, shared.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a filter of another company: %v, want not found", err)
		}
		if _, err := s.UpdateFilter(ctx, route.Caller{Company: 1, User: 3}, shared.ID, records.FilterPatch{Name: to("Taken")}); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("a third changes a shared filter: %v, want forbidden", err)
		}
		must[records.Filter](t)(s.UpdateFilter(ctx, ours, shared.ID, records.FilterPatch{Name: to("Admin's words")}))
		if list := must[[]records.Filter](t)(s.Filters(ctx, ours, records.KindDeal)); len(list) != 1 || list[0].Name != "Admin's words" {
			t.Errorf("filters that an admin sees: %+v", list)
		}
		if list := must[[]records.Filter](t)(s.Filters(ctx, agent, "")); len(list) != 2 {
			t.Errorf("filters that their owner sees: %+v", list)
		}
		if _, _, err := s.ListPersons(ctx, ours, records.PersonFilter{Filter: shared.ID}, records.Window{Limit: 1}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("people by a filter of deals: %v, want a refusal", err)
		}
		f := must[records.Field](t)(s.CreateField(ctx, ours, records.Field{Entity: records.KindDeal, Name: "Gone", Type: records.TypeVarchar}))
		id := keep(t, s, records.KindDeal, all(line(t, s, records.KindDeal, f.Code, records.OpIs, "x")))
		if _, err := s.DeleteFields(ctx, ours, records.KindDeal, f.Code); err != nil {
			t.Fatal(err)
		}
		if _, err := fits(ctx, s, ours, records.KindDeal, id); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a filter of a field that is gone: %v, want a refusal", err)
		}
		if err := s.DeleteFilters(ctx, ours, shared.ID, mine.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("delete one's own and another's: %v, want not found", err)
		}
		if err := s.DeleteFilters(ctx, agent, shared.ID, mine.ID); err != nil {
			t.Error(err)
		}
		if list := must[[]records.Filter](t)(s.Filters(ctx, agent, "")); len(list) != 1 { // that of the field
			t.Errorf("after deletion: %+v", list)
		}
	})
}
