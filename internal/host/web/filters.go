package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
)

func (w *Web) filterRoutes() []route.Route {
	return []route.Route{
		{Method: http.MethodGet, Pattern: "/filters/new", Access: route.Login, Req: "records.filters-page", Handler: w.handle(w.newFilter)},
		{Method: http.MethodPost, Pattern: "/filters/new", Access: route.Login, Req: "records.filters-page", Handler: w.handle(w.addFilter)},
		{Method: http.MethodGet, Pattern: "/filters/{id}", Access: route.Login, Req: "records.filters-page", Handler: w.handle(w.editFilter)},
		{Method: http.MethodPost, Pattern: "/filters/{id}", Access: route.Login, Req: "records.filters-page", Handler: w.handle(w.changeFilter)},
		{Method: http.MethodPost, Pattern: "/filters/{id}/delete", Access: route.Login, Req: "records.filters-page", Handler: w.handle(w.deleteFilter)},
	}
}

// filteredKinds are what filters find, with the list that each is used on.
var filteredKinds = []struct{ kind, one, many, path, nav string }{
	{records.KindPerson, "Person", "people", "/persons", "persons"},
	{records.KindOrganization, "Organization", "organizations", "/organizations", "organizations"},
	{records.KindDeal, "Deal", "deals", "/deals/list", "deals"},
	{records.KindLead, "Lead", "leads", "/leads", "leads"},
	{records.KindActivity, "Activity", "activities", "/activities", "activities"},
}

// kindOfList is what the list at an address shows; "" for other addresses.
func kindOfList(path string) string {
	for _, k := range filteredKinds {
		if k.path == path {
			return k.kind
		}
	}
	return ""
}

// filterChoice is the filter of a list, out of those that are kept.
type filterChoice struct {
	Kind  string
	Kept  int64 // 0: none
	Wrong string
	at    string // address of the list, filter included
	list  []records.Filter
	c     route.Caller
}

// filterChoiceOf reads the filter of a list from its address.
func (w *Web) filterChoiceOf(r *http.Request, kind string) (f filterChoice, err error) {
	f = filterChoice{Kind: kind, c: caller(r), at: r.URL.RequestURI()}
	f.Kept, _ = strconv.ParseInt(r.FormValue("filter"), 10, 64) // anything else is none
	f.list, err = w.s.Records.Filters(r.Context(), f.c, kind)
	return f, err
}

// stands keeps an error for the page if the filter is what is wrong: it was deleted,
// or asks for a field that was. Others are returned.
func (f *filterChoice) stands(err error) error {
	told, ok := fault.As(err)
	if !ok || f.Kept == 0 || told.Kind != fault.NotFound && told.Field != "filter_id" {
		return err
	}
	f.Wrong = told.Message
	return nil
}

// Options are the filters to choose, one's own first.
func (f filterChoice) Options() []formOption {
	out := []formOption{{Label: "No filter", Chosen: f.Kept == 0}}
	for _, mine := range []bool{true, false} {
		group := map[bool]string{true: "Yours", false: "Shared by others"}[mine]
		for _, k := range f.list {
			if mine == (k.Owner == f.c.User) {
				out = append(out, formOption{Value: strconv.FormatInt(k.ID, 10), Label: k.Name, Group: group, Chosen: k.ID == f.Kept})
			}
		}
	}
	return out
}

// EditURL is the form of the chosen filter; empty when there is none to change.
func (f filterChoice) EditURL() string {
	i := slices.IndexFunc(f.list, func(k records.Filter) bool { return k.ID == f.Kept })
	if i < 0 || !f.list[i].Edits(f.c) {
		return ""
	}
	return "/filters/" + strconv.FormatInt(f.Kept, 10) + "?" + url.Values{"back": {f.at}}.Encode()
}

// NewURL is the form of a new filter.
func (f filterChoice) NewURL() string {
	return "/filters/new?" + url.Values{"of": {f.Kind}, "back": {f.at}}.Encode()
}

// withFilter is the address of a list with another filter, from its first part on.
func withFilter(list string, id int64) string {
	u, err := url.Parse(authz.SafeNext(list))
	if err != nil {
		return "/"
	}
	q := u.Query()
	q.Del("after")
	q.Del("filter")
	if id != 0 {
		q.Set("filter", strconv.FormatInt(id, 10))
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// newFilter shows an empty form.
// spec: records.filters-page
func (w *Web) newFilter(rw http.ResponseWriter, r *http.Request) error {
	f := records.Filter{Of: r.FormValue("of"), VisibleTo: 1}
	if !slices.ContainsFunc(filteredKinds, func(k struct{ kind, one, many, path, nav string }) bool { return k.kind == f.Of }) {
		return fault.Missing("There are no filters of %q.", f.Of)
	}
	return w.showFilter(rw, r, f)
}

// addFilter keeps a new filter and shows the list with it.
func (w *Web) addFilter(rw http.ResponseWriter, r *http.Request) error {
	m, err := w.filterMaker(r, r.PostFormValue("of"))
	if err != nil {
		return err
	}
	f, err := w.s.Records.CreateFilter(r.Context(), caller(r), records.Filter{Name: r.PostFormValue("name"), Of: m.of, VisibleTo: seenBy(r), Groups: m.groups(r.PostForm)})
	if err != nil {
		return err
	}
	w.redirect(rw, r, withFilter(m.back(r), f.ID))
	return nil
}

// seenBy is who a filter is for, as the form says.
func seenBy(r *http.Request) int64 {
	if r.PostFormValue("visible_to") == "3" {
		return 3
	}
	return 1
}

// editFilter shows the form of a filter.
func (w *Web) editFilter(rw http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	f, err := w.s.Records.Filter(r.Context(), caller(r), id)
	if err != nil {
		return err
	}
	return w.showFilter(rw, r, f)
}

// changeFilter stores what the form says and shows the list with the filter.
func (w *Web) changeFilter(rw http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	f, err := w.s.Records.Filter(r.Context(), caller(r), id)
	if err != nil {
		return err
	}
	m, err := w.filterMaker(r, f.Of)
	if err != nil {
		return err
	}
	name, visible, groups := r.PostFormValue("name"), seenBy(r), m.groups(r.PostForm)
	if visible == 3 && f.VisibleTo != 1 {
		visible = f.VisibleTo // shared as it was
	}
	if _, err = w.s.Records.UpdateFilter(r.Context(), caller(r), id, records.FilterPatch{Name: &name, VisibleTo: &visible, Groups: &groups}); err != nil {
		return err
	}
	w.redirect(rw, r, withFilter(m.back(r), id))
	return nil
}

// deleteFilter deletes a filter and shows the list without it.
func (w *Web) deleteFilter(rw http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	f, err := w.s.Records.Filter(r.Context(), caller(r), id)
	if err != nil {
		return err
	}
	if err := w.s.Records.DeleteFilters(r.Context(), caller(r), id); err != nil {
		return err
	}
	m := filterMaker{of: f.Of}
	w.redirect(rw, r, withFilter(m.back(r), 0))
	return nil
}

// filterPage is the form of a filter.
type filterPage struct {
	Title, Action, Back string
	Filter              records.Filter
	Delete              string // where it is deleted; empty: it is not kept yet
	All, Any            []filterLine
	Empty               filterLine
	Choices             []filterChoices
	Dates               []records.Named
}

func (w *Web) showFilter(rw http.ResponseWriter, r *http.Request, f records.Filter) error {
	m, err := w.filterMaker(r, f.Of)
	if err != nil {
		return err
	}
	kind := m.kind()
	d := filterPage{
		Title: "New filter of " + kind.many, Action: "/filters/new", Back: m.back(r), Filter: f,
		Empty: m.line(records.Condition{}), Choices: m.choices, Dates: records.RelativeDates,
	}
	if f.ID != 0 {
		d.Title, d.Action = f.Name, "/filters/"+strconv.FormatInt(f.ID, 10)
		d.Delete = d.Action + "/delete"
	}
	for _, g := range f.Groups {
		for _, c := range g.Conditions {
			if g.Glue == records.GlueOr {
				d.Any = append(d.Any, m.line(c))
			} else {
				d.All = append(d.All, m.line(c))
			}
		}
	}
	// An empty line each, for browsers without scripts.
	d.All, d.Any = append(d.All, d.Empty), append(d.Any, d.Empty)
	w.render(rw, r, http.StatusOK, page{Title: d.Title, Nav: kind.nav, Template: "records/filter", Data: d})
	return nil
}

// filterLine is a condition in the form.
type filterLine struct {
	Fields    []filterField
	Operators []filterOperator
	Value     string
	Choices   *filterChoices // nil: the value is typed
	Family    string         // of the chosen field
}

// filterField is a field to ask for.
type filterField struct {
	Value, Label, Group string
	Family              string // types that are asked alike
	Choices             string // the key of what can be chosen; empty: the value is typed
	Chosen              bool
}

// filterOperator is a way to compare, with the families that have it.
type filterOperator struct {
	Word, Label string
	Families    string // between spaces
	Bare        bool   // wants no value
	Chosen      bool
}

// filterChoices are what can be chosen as the value of a field.
type filterChoices struct {
	Key     string
	Options []formOption
}

// With are the choices with one of them chosen.
func (k filterChoices) With(value string) []formOption {
	out := slices.Clone(k.Options)
	for i := range out {
		out[i].Chosen = out[i].Value == value
	}
	return out
}

// filterMaker knows what filters of a kind can ask for.
type filterMaker struct {
	of      string
	fields  []filterField
	choices []filterChoices
}

func (m filterMaker) kind() struct{ kind, one, many, path, nav string } {
	for _, k := range filteredKinds {
		if k.kind == m.of {
			return k
		}
	}
	return filteredKinds[0]
}

// back is the list to show when a form is done.
func (m filterMaker) back(r *http.Request) string {
	if back := r.FormValue("back"); back != "" {
		return authz.SafeNext(back)
	}
	return m.kind().path
}

// familyOf names types of fields that are asked alike, for the script of the form.
func familyOf(t records.FieldType) string {
	switch t {
	case records.TypeDate, records.TypeDateRange:
		return "day"
	case records.TypeTime, records.TypeTimeRange:
		return "hour"
	case "int", records.TypeDouble, records.TypeMonetary:
		return "number"
	case "boolean":
		return "truth"
	case "activity":
		return "link"
	case records.TypeSet, records.TypeEnum, records.TypeUser, "stage", "status", "visible_to":
		return "choice"
	}
	return "text"
}

// filterMaker reads the fields that a filter can ask for, with what can be chosen in
// them. Records that are named by an id are left out: their own fields stand beside.
func (w *Web) filterMaker(r *http.Request, of string) (filterMaker, error) {
	m := filterMaker{of: of}
	common, err := w.commonChoices(r)
	if err != nil {
		return m, err
	}
	for _, object := range records.FilterObjects(of) {
		list, err := w.s.Records.Fields(r.Context(), caller(r), object)
		if err != nil {
			return m, err
		}
		for _, f := range list {
			if records.FilterField(object, f) && !namesRecord(f.Type) {
				m.add(object, f, common)
			}
		}
	}
	return m, nil
}

// namesRecord reports whether the values of a type are ids of records.
func namesRecord(t records.FieldType) bool {
	return slices.Contains([]records.FieldType{records.TypePeople, records.TypeOrg, "deal", "lead"}, t)
}

func (m *filterMaker) add(object string, f records.Field, common map[string][]formOption) {
	field := filterField{Value: object + ":" + strconv.FormatInt(f.ID, 10), Label: f.Name, Group: filterMaker{of: object}.kind().one, Family: familyOf(f.Type)}
	options := common[string(f.Type)]
	if own, ok := common[object+"."+f.Code]; ok {
		options = own
	}
	for _, o := range f.Options {
		value := o.Word
		if value == "" {
			value = strconv.FormatInt(o.ID, 10)
		}
		options = append(slices.Clip(options), formOption{Value: value, Label: o.Label})
	}
	if len(options) > 0 {
		field.Choices = object + "-" + strconv.FormatInt(f.ID, 10)
		m.choices = append(m.choices, filterChoices{field.Choices, options})
	}
	m.fields = append(m.fields, field)
	if f.Type != records.TypeAddress {
		return
	}
	for _, part := range []struct{ word, label string }{{"locality", "city"}, {"admin_area_level_1", "state or county"}, {"country", "country"}, {"postal_code", "postal code"}} {
		in := field
		in.Value, in.Label = field.Value+":"+part.word, f.Name+", "+part.label
		m.fields = append(m.fields, in)
	}
}

// commonChoices are what can be chosen in fields of some types, by type, and in some
// fields, by object and code.
func (w *Web) commonChoices(r *http.Request) (map[string][]formOption, error) {
	users, err := w.userNames(r)
	if err != nil {
		return nil, err
	}
	pipelines, err := w.s.Records.Pipelines(r.Context(), caller(r))
	if err != nil {
		return nil, err
	}
	types, err := w.s.Records.ActivityTypes(r.Context(), caller(r))
	if err != nil {
		return nil, err
	}
	out := map[string][]formOption{"stage": stageOptions(pipelines, 0), "boolean": {{Value: "1", Label: "Yes"}, {Value: "0", Label: "No"}}}
	for id, name := range users {
		out["user"] = append(out["user"], formOption{Value: strconv.FormatInt(id, 10), Label: name})
	}
	slices.SortFunc(out["user"], func(a, b formOption) int { return strings.Compare(a.Label, b.Label) })
	out["deal.pipeline_id"] = pipelineOptions(pipelines, 0)
	for _, t := range types {
		if !t.Deleted {
			out["activity.type"] = append(out["activity.type"], formOption{Value: t.Key, Label: t.Name})
		}
	}
	return out, nil
}

// line is a condition as the form has it.
func (m filterMaker) line(c records.Condition) filterLine {
	asked := c.Object + ":" + strconv.FormatInt(c.Field, 10)
	if c.Part != "" {
		asked += ":" + c.Part
	}
	l := filterLine{Fields: slices.Clone(m.fields), Value: strings.Join(c.Values, ", ")}
	known := false
	for i := range l.Fields {
		f := &l.Fields[i]
		if f.Chosen = c.Object != "" && f.Value == asked; !f.Chosen {
			continue
		}
		known, l.Family = true, f.Family
		if j := slices.IndexFunc(m.choices, func(k filterChoices) bool { return k.Key == f.Choices }); j >= 0 && len(c.Values) < 2 {
			l.Choices = &m.choices[j]
		}
	}
	if c.Object != "" && !known { // made by an app, of a kind that the form does not offer
		l.Fields = append(l.Fields, filterField{Value: asked, Label: "Another field, number " + strings.TrimPrefix(asked, c.Object+":"), Group: filterMaker{of: c.Object}.kind().one, Family: "any", Chosen: true})
		l.Family = "any"
	}
	l.Operators = filterOperators(c.Operator)
	return l
}

// filterOperators are all ways to compare, each with the families that have it.
func filterOperators(now records.Operator) []filterOperator {
	var out []filterOperator
	for _, t := range []records.FieldType{records.TypeVarchar, "int", records.TypeDate, records.TypeTime, records.TypeEnum, "boolean", "activity"} {
		for _, o := range records.Operators(t) {
			i := slices.IndexFunc(out, func(known filterOperator) bool { return known.Word == o.Word && known.Label == o.Label })
			if i < 0 {
				i = len(out)
				out = append(out, filterOperator{Word: o.Word, Label: o.Label, Families: "any", Bare: !records.Operator(o.Word).WantsValue()})
			}
			out[i].Families += " " + familyOf(t)
		}
	}
	// Where a word has two labels, the family of the field decides between them.
	for i := range out {
		out[i].Chosen = out[i].Word == string(now)
	}
	return out
}

// groups reads the form: lines without a field are left out.
func (m filterMaker) groups(form url.Values) []records.Group {
	return []records.Group{
		{Glue: records.GlueAnd, Conditions: m.conditions(form, "all")}, {Glue: records.GlueOr, Conditions: m.conditions(form, "any")},
	}
}

func (m filterMaker) conditions(form url.Values, name string) []records.Condition {
	out := []records.Condition{}
	operators, values := form[name+".operator"], form[name+".value"]
	for i, asked := range form[name+".field"] {
		parts := strings.SplitN(asked, ":", 3)
		if len(parts) < 2 {
			continue
		}
		c := records.Condition{Object: parts[0]}
		c.Field, _ = strconv.ParseInt(parts[1], 10, 64) // anything else is no field, which the room refuses
		if len(parts) == 3 {
			c.Part = parts[2]
		}
		if i < len(operators) {
			c.Operator = records.Operator(operators[i])
		}
		if i < len(values) && c.Operator.WantsValue() {
			c.Values = m.values(parts[0]+":"+parts[1], values[i])
		}
		out = append(out, c)
	}
	return out
}

// values are what was chosen or typed; the names of choices and words with spaces
// count, too.
func (m filterMaker) values(asked, typed string) []string {
	i := slices.IndexFunc(m.fields, func(f filterField) bool { return f.Value == asked })
	if i < 0 {
		return []string{strings.TrimSpace(typed)}
	}
	f := m.fields[i]
	typed = strings.TrimSpace(typed)
	switch {
	case f.Family == "day":
		return []string{strings.ReplaceAll(strings.ToLower(typed), " ", "_")}
	case f.Choices == "" || f.Family != "choice" && f.Family != "number" && f.Family != "truth":
		return []string{typed}
	}
	j := slices.IndexFunc(m.choices, func(k filterChoices) bool { return k.Key == f.Choices })
	var out []string
	for word := range strings.SplitSeq(typed, ",") {
		word = strings.TrimSpace(word)
		if k := slices.IndexFunc(m.choices[j].Options, func(o formOption) bool { return strings.EqualFold(o.Label, word) && o.Value != word }); k >= 0 {
			word = m.choices[j].Options[k].Value
		}
		out = append(out, word)
	}
	return out
}
