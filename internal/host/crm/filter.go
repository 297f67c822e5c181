package crm

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/pipedrive/crmapi"
)

// filterTypes are the words for what filters find. There are no products and no
// projects.
var filterTypes = []struct{ word, kind string }{
	{"deals", records.KindDeal}, {"leads", records.KindLead}, {"org", records.KindOrganization}, {"people", records.KindPerson},
	{"activity", records.KindActivity}, {"products", ""}, {"projects", ""},
}

func filterTypeWords() []string {
	var out []string
	for _, t := range filterTypes {
		out = append(out, t.word)
	}
	return out
}

// kindOfFilter is what a filter of a type finds, "" for what there is none of.
func kindOfFilter(word string) string {
	for _, t := range filterTypes {
		if t.word == word {
			return t.kind
		}
	}
	return ""
}

func typeOfFilter(kind string) string {
	for _, t := range filterTypes {
		if t.kind == kind {
			return t.word
		}
	}
	return ""
}

// filterRoutes are the paths of this area. Whoever may read or write one kind of
// record may do so with filters.
func (s *Service) filterRoutes() []route.Route {
	write := []string{"deals:full", "activities:full", "contacts:full"}
	read := append([]string{"deals:read", "activities:read", "contacts:read"}, write...)
	return []route.Route{
		s.on("GET", "/v1/filters", "rest.filters", s.filters, read...),
		s.on("POST", "/v1/filters", "rest.filters", s.addFilter, write...),
		s.on("DELETE", "/v1/filters", "rest.filters", s.deleteFilters, write...),
		s.on("GET", "/v1/filters/helpers", "rest.filters", s.filterHelpers, read...),
		s.on("GET", "/v1/filters/{id}", "rest.filters", s.filter, read...),
		s.on("PUT", "/v1/filters/{id}", "rest.filters", s.updateFilter, write...),
		s.on("DELETE", "/v1/filters/{id}", "rest.filters", s.deleteFilter, write...),
	}
}

// filterID is the parameter filter_id of lists, 0 for none.
// spec: rest.filters.lists
func filterID(q *rest.Query) int64 { return q.Int("filter_id") }

// filters answers GET /v1/filters: those of the caller and those that are shared.
// spec: rest.filters
func (s *Service) filters(c *rest.Call) (rest.Answer, error) {
	q := c.Query()
	word := q.Word("type", filterTypeWords()...)
	if err := q.Err(); err != nil {
		return rest.Answer{}, err
	}
	out := []crmapi.Filter{}
	kind := kindOfFilter(word)
	if word != "" && kind == "" {
		return rest.OK(out), nil
	}
	list, err := s.records.Filters(c.Context(), c.Caller, kind)
	for _, f := range list {
		out = append(out, wireFilter(f, c.Caller))
	}
	return rest.OK(out), err
}

// wireFilter writes a filter without its conditions. Pages keep no views and no
// time of use, and no filter is for one time only.
// spec: rest.filters.object
func wireFilter(f records.Filter, c route.Caller) crmapi.Filter {
	return crmapi.Filter{
		ID: f.ID, Name: f.Name, IsEditable: f.Edits(c), ActiveFlag: !f.Deleted, Type: typeOfFilter(f.Of), UserID: f.Owner,
		AddTime: rest.TimeText(rest.V1, f.AddedAt), UpdateTime: rest.Time(rest.V1, f.UpdatedAt), VisibleTo: strconv.FormatInt(f.VisibleTo, 10),
	}
}

// fieldsNamed reports whether conditions shall name their fields. It is asked before
// anything is changed.
func fieldsNamed(c *rest.Call) (bool, error) {
	q := c.Query()
	named := q.Bool("include_field_code")
	return named != nil && *named, q.Err()
}

// answerFilter is the answer with one filter and its conditions.
func (s *Service) answerFilter(c *rest.Call, f records.Filter, named bool) (rest.Answer, error) {
	out := crmapi.FilterDetails{
		Filter: wireFilter(f, c.Caller), Conditions: crmapi.FilterConditions{Glue: records.GlueAnd, Conditions: []crmapi.FilterGroup{}},
	}
	codes := fieldCodes{s: s, c: c}
	for _, g := range f.Groups {
		group := crmapi.FilterGroup{Glue: g.Glue, Conditions: []crmapi.FilterCondition{}}
		for _, condition := range g.Conditions {
			w, err := wireCondition(condition)
			if err == nil && named {
				w.FieldCode, err = codes.code(condition)
			}
			if err != nil {
				return rest.Answer{}, err
			}
			group.Conditions = append(group.Conditions, w)
		}
		out.Conditions.Conditions = append(out.Conditions.Conditions, group)
	}
	return rest.OK(out), nil
}

func wireCondition(c records.Condition) (crmapi.FilterCondition, error) {
	w := crmapi.FilterCondition{Object: c.Object, FieldID: strconv.FormatInt(c.Field, 10), Operator: string(c.Operator), ExtraValue: text(c.Part)}
	switch len(c.Values) {
	case 0:
	case 1:
		w.Value = &c.Values[0]
	default:
		raw, err := json.Marshal(c.Values)
		if err != nil {
			return w, err
		}
		list := string(raw)
		w.Value, w.JSONValueFlag = &list, true
	}
	return w, nil
}

// fieldCodes knows the fields of records, those of a kind once.
type fieldCodes struct {
	s    *Service
	c    *rest.Call
	read map[string][]records.Field
}

func (k *fieldCodes) of(kind string) ([]records.Field, error) {
	if list, ok := k.read[kind]; ok {
		return list, nil
	}
	list, err := k.s.records.Fields(k.c.Context(), k.c.Caller, kind)
	if k.read == nil {
		k.read = map[string][]records.Field{}
	}
	k.read[kind] = list
	return list, err
}

// code is the code of a condition's field as JSON, null if it is gone.
func (k *fieldCodes) code(c records.Condition) (json.RawMessage, error) {
	list, err := k.of(c.Object)
	i := slices.IndexFunc(list, func(f records.Field) bool { return f.ID == c.Field })
	if err != nil || i < 0 {
		return json.RawMessage("null"), err
	}
	return json.Marshal(list[i].Code)
}

// number is the id of a field that a condition names by its id or its code; 0 is
// none.
// spec: rest.filters.field-codes
func (k *fieldCodes) number(kind, named string) (int64, error) {
	if id, err := strconv.ParseInt(named, 10, 64); err == nil {
		return id, nil
	}
	list, err := k.of(kind)
	i := slices.IndexFunc(list, func(f records.Field) bool { return f.Code == named })
	if err != nil || i < 0 {
		return 0, err
	}
	return list[i].ID, nil
}

// filter answers GET /v1/filters/{id}.
// spec: rest.filters
func (s *Service) filter(c *rest.Call) (rest.Answer, error) {
	id, err := c.ID("Filter")
	if err != nil {
		return rest.Answer{}, err
	}
	named, err := fieldsNamed(c)
	if err != nil {
		return rest.Answer{}, err
	}
	f, err := s.records.Filter(c.Context(), c.Caller, id)
	if err != nil {
		return rest.Answer{}, rest.NotFound(err, "Filter")
	}
	return s.answerFilter(c, f, named)
}

// addFilter answers POST /v1/filters with status 200.
// spec: rest.filters
func (s *Service) addFilter(c *rest.Call) (rest.Answer, error) {
	named, err := fieldsNamed(c)
	if err != nil {
		return rest.Answer{}, err
	}
	b, err := c.Body()
	if err != nil {
		return rest.Answer{}, err
	}
	name, word, visible := b.String("name"), b.Word("type", filterTypeWords()...), b.Int("visible_to")
	raw, there := b.Any("conditions")
	if err := b.Err(); err != nil {
		return rest.Answer{}, err
	}
	kind := kindOfFilter(given(word))
	switch {
	case given(word) == "":
		return rest.Answer{}, fault.New(fault.Invalid, "type", "Expected one of %s, got nothing.", strings.Join(filterTypeWords(), ", "))
	case kind == "":
		return rest.Answer{}, fault.New(fault.Invalid, "type", "There are no %s here, so nothing can be found by filters of this type.", *word)
	case !there:
		return rest.Answer{}, fault.New(fault.Invalid, "conditions", "Expected an object with glue and conditions, got nothing.")
	}
	groups, err := s.readGroups(c, kind, raw)
	if err != nil {
		return rest.Answer{}, err
	}
	f, err := s.records.CreateFilter(c.Context(), c.Caller, records.Filter{Name: given(name), Of: kind, VisibleTo: given(visible), Groups: groups})
	if err != nil {
		return rest.Answer{}, err
	}
	return s.answerFilter(c, f, named)
}

// updateFilter answers PUT /v1/filters/{id}. The type of a filter does not change.
// spec: rest.filters
// spec: rest.filters.partial
func (s *Service) updateFilter(c *rest.Call) (rest.Answer, error) {
	id, err := c.ID("Filter")
	if err != nil {
		return rest.Answer{}, err
	}
	named, err := fieldsNamed(c)
	if err != nil {
		return rest.Answer{}, err
	}
	b, err := c.Body()
	if err != nil {
		return rest.Answer{}, err
	}
	patch := records.FilterPatch{Name: b.String("name"), VisibleTo: b.Int("visible_to")}
	noNull(b, "name", "visible_to", "conditions")
	raw, there := b.Any("conditions")
	if err := b.Err(); err != nil {
		return rest.Answer{}, err
	}
	was, err := s.records.Filter(c.Context(), c.Caller, id)
	if err != nil {
		return rest.Answer{}, rest.NotFound(err, "Filter")
	}
	if there {
		groups, err := s.readGroups(c, was.Of, raw)
		if err != nil {
			return rest.Answer{}, err
		}
		patch.Groups = &groups
	}
	f, err := s.records.UpdateFilter(c.Context(), c.Caller, id, patch)
	if err != nil {
		return rest.Answer{}, rest.NotFound(err, "Filter")
	}
	return s.answerFilter(c, f, named)
}

// deleteFilter answers DELETE /v1/filters/{id}.
// spec: rest.filters
func (s *Service) deleteFilter(c *rest.Call) (rest.Answer, error) {
	id, err := c.ID("Filter")
	if err != nil {
		return rest.Answer{}, err
	}
	return rest.Removed(id), rest.NotFound(s.records.DeleteFilters(c.Context(), c.Caller, id), "Filter")
}

// deleteFilters answers DELETE /v1/filters?ids=1,2.
// spec: rest.filters
func (s *Service) deleteFilters(c *rest.Call) (rest.Answer, error) {
	ids, err := idsToDelete(c)
	if err != nil {
		return rest.Answer{}, err
	}
	ids = some(ids)
	return rest.Removed(ids), rest.NotFound(s.records.DeleteFilters(c.Context(), c.Caller, ids...), "Filter")
}

// filterHelpers answers GET /v1/filters/helpers.
// spec: rest.filters.operators
// spec: rest.filters.relative-dates
func (s *Service) filterHelpers(*rest.Call) (rest.Answer, error) {
	out := crmapi.FilterHelpers{
		Operators: map[string]map[string]string{}, DeprecatedOperators: map[string]map[string]string{},
		RelativeDates: labelled(records.RelativeDates), AddressFieldComponents: addressComponents,
	}
	for _, t := range records.FilterTypes() {
		out.Operators[string(t)] = labelled(records.Operators(t))
	}
	return rest.OK(out), nil
}

func labelled(list []records.Named) map[string]string {
	out := map[string]string{}
	for _, n := range list {
		out[n.Word] = n.Label
	}
	return out
}

// addressComponents are the parts of an address in a condition's extra_value.
var addressComponents = map[string]string{
	"subpremise": "Apartment/suite no", "street_number": "House number", "route": "Street/road name", "sublocality": "District/sublocality",
	"locality": "City/town/village/locality", "admin_area_level_1": "State/county", "admin_area_level_2": "Region", "country": "Country",
	"postal_code": "ZIP/Postal code", "formatted_address": "Full/combined address",
}

// readGroups reads conditions of a filter that finds a kind: an object, or one as
// text, as forms send it.
func (s *Service) readGroups(c *rest.Call, kind string, v any) ([]records.Group, error) {
	if written, ok := v.(string); ok {
		d := json.NewDecoder(strings.NewReader(written))
		d.UseNumber()
		if err := d.Decode(&v); err != nil {
			return nil, fault.New(fault.Invalid, "conditions", "Expected an object with glue and conditions, got a text that is no JSON.")
		}
	}
	glue, list, err := gluedList("conditions", v)
	if err != nil {
		return nil, err
	}
	if glue != records.GlueAnd {
		return nil, fault.New(fault.Invalid, "conditions.glue", `Expected "and", got %q.`, cut(glue))
	}
	codes := fieldCodes{s: s, c: c}
	out := []records.Group{}
	for i, item := range list {
		place := fmt.Sprintf("conditions.conditions[%d]", i)
		glue, lines, err := gluedList(place, item)
		if err != nil {
			return nil, err
		}
		group := records.Group{Glue: glue, Conditions: []records.Condition{}}
		for j, line := range lines {
			condition, err := codes.condition(fmt.Sprintf("%s.conditions[%d]", place, j), line)
			if err != nil {
				return nil, err
			}
			group.Conditions = append(group.Conditions, condition)
		}
		out = append(out, group)
	}
	if len(out) == 0 {
		return nil, fault.New(fault.Invalid, "conditions.conditions", `Expected two groups, one with the glue "and" and one with "or", got none. A group may be empty.`)
	}
	return out, nil
}

// gluedList reads {"glue": …, "conditions": […]}.
func gluedList(place string, v any) (glue string, list []any, err error) {
	o, ok := v.(map[string]any)
	if !ok {
		return "", nil, fault.New(fault.Invalid, place, "Expected an object with glue and conditions.")
	}
	glue, _ = o["glue"].(string)
	if list, ok = o["conditions"].([]any); !ok && o["conditions"] != nil {
		return "", nil, fault.New(fault.Invalid, place+".conditions", "Expected a list.")
	}
	return strings.ToLower(glue), list, nil
}

// condition reads one line.
func (k *fieldCodes) condition(place string, v any) (records.Condition, error) {
	var c records.Condition
	o, ok := v.(map[string]any)
	if !ok {
		return c, fault.New(fault.Invalid, place, "Expected an object with object, field_id, operator and value.")
	}
	var words [4]string
	for i, name := range []string{"object", "operator", "field_id", "extra_value"} {
		if words[i], ok = looseText(o[name]); !ok {
			return c, fault.New(fault.Invalid, place+"."+name, "Expected a text.")
		}
	}
	c.Object, c.Operator, c.Part = words[0], records.Operator(words[1]), words[3]
	switch {
	case c.Object == "product" || c.Object == "project":
		return c, fault.New(fault.Invalid, place+".object", "There are no %ss here to ask for.", c.Object)
	case !slices.Contains([]string{records.KindPerson, records.KindOrganization, records.KindDeal, records.KindLead, records.KindActivity}, c.Object):
		return c, fault.New(fault.Invalid, place+".object", "Expected person, organization, deal, lead or activity, got %q.", cut(c.Object))
	}
	var err error
	if c.Field, err = k.number(c.Object, words[2]); err != nil {
		return c, err
	}
	if c.Field == 0 {
		return c, fault.New(fault.Invalid, place+".field_id", "Expected the id or the code of a field of a %s, got %q.", c.Object, cut(words[2]))
	}
	if !c.Operator.WantsValue() {
		return c, nil
	}
	c.Values, ok = conditionValues(o["value"], o["json_value_flag"] == true)
	if !ok {
		return c, fault.New(fault.Invalid, place+".value", "Expected a text, a number, true, false, or a list of these.")
	}
	return c, nil
}

// conditionValues are the values of a line: one, or several in a list, which may be
// written as text.
func conditionValues(v any, written bool) ([]string, bool) {
	if s, ok := v.(string); ok && written && json.Unmarshal([]byte(s), &v) != nil {
		return nil, false
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	var out []string
	for _, item := range list {
		switch item := item.(type) {
		case nil:
			continue
		case bool:
			out = append(out, strconv.FormatBool(item))
		case float64:
			out = append(out, strconv.FormatFloat(item, 'f', -1, 64))
		default:
			s, ok := looseText(item)
			if !ok {
				return nil, false
			}
			out = append(out, s)
		}
	}
	return out, true
}
