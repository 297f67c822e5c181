package web

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// recordForm is the form in which a record is made or changed. It stands on a
// page of its own; the shell opens it in a dialog where a link says so.
type recordForm struct {
	Kind, Title string
	Action      string // where it is posted
	Back        string // where Cancel leads
	Return      string // what to show when it is done; "" is the record
	Submit      string
	Inputs      []formInput
	// Delete is where the record is deleted, after Question was asked; empty: not
	// from here.
	Delete, Question string
}

// formInput is one field of a record in its form.
type formInput struct {
	// Type is text, area, tel, number, date, time, days, hours, select, checks,
	// money, contacts, record, people, due, check or hidden.
	Type        string
	Name, Label string
	Value       string
	Until       string // the end of days and hours; the currency of money; the time of due
	Required    bool
	Custom      bool
	Hint        string
	Options     []formOption
	Rows        []records.Contact // of contacts
	// Record is what a reference names, and Kind the kind of record it names.
	Record records.Ref
	Kind   string
	Key    string        // the id of Record where that is not a number
	Refs   []records.Ref // of people
}

// formOption is something to choose, in a group if that has a name.
type formOption struct {
	Value, Label, Group, Color string
	Chosen                     bool
}

// showForm shows a form of records.
func (w *Web) showForm(rw http.ResponseWriter, r *http.Request, nav string, f recordForm) error {
	w.render(rw, r, http.StatusOK, page{Title: f.Title, Nav: nav, Template: "records/form", Data: f})
	return nil
}

// formMaker knows what forms choose from.
type formMaker struct {
	ctx    context.Context
	c      route.Caller
	s      *records.Service
	users  []account.User
	fields []records.Field
	cur    string // the company's currency
}

func (w *Web) formMaker(r *http.Request, entity string) (formMaker, error) {
	m := formMaker{ctx: r.Context(), c: caller(r), s: w.s.Records}
	err := w.s.DB.Company(m.c.Company).View(r.Context(), func(tx *store.Tx) error {
		company, err := w.s.Account.Company(tx)
		if err != nil {
			return err
		}
		m.cur = company.Currency
		m.users, err = w.s.Account.Users(tx)
		return err
	})
	if err == nil {
		m.fields, err = m.s.Fields(r.Context(), m.c, entity)
	}
	return m, err
}

// owner is the choice of who looks after a record.
func (m formMaker) owner(now int64) formInput {
	if now == 0 {
		now = m.c.User
	}
	in := formInput{Type: "select", Name: "owner_id", Label: "Owner"}
	for _, u := range m.users {
		if u.Active || u.ID == now {
			in.Options = append(in.Options, formOption{Value: strconv.FormatInt(u.ID, 10), Label: u.Name, Chosen: u.ID == now})
		}
	}
	return in
}

// visibility is the choice of who sees a record.
func (m formMaker) visibility(now int64) formInput {
	return formInput{Type: "select", Name: "visible_to", Label: "Visible to", Options: []formOption{
		{Value: "3", Label: "Everybody in the company", Chosen: now != 1}, {Value: "1", Label: "The owner only", Chosen: now == 1},
	}}
}

// labels are the labels of persons, organizations and deals.
func (m formMaker) labels(now []int64) []formInput {
	for _, f := range m.fields {
		if f.Code == records.LabelsCode && len(f.Options) > 0 {
			in := formInput{Type: "checks", Name: f.Code, Label: "Labels"}
			for _, o := range f.Options {
				in.Options = append(in.Options, formOption{Value: strconv.FormatInt(o.ID, 10), Label: o.Label, Color: o.Color, Chosen: contains(now, o.ID)})
			}
			return []formInput{in}
		}
	}
	return nil
}

func contains(ids []int64, id int64) bool {
	for _, i := range ids {
		if i == id {
			return true
		}
	}
	return false
}

// custom are the company's own fields with a record's values.
func (m formMaker) custom(values map[string]any) []formInput {
	var out []formInput
	for _, f := range m.fields {
		if f.Custom {
			out = append(out, m.customInput(f, values[f.Code]))
		}
	}
	return out
}

func (m formMaker) customInput(f records.Field, v any) formInput {
	in := formInput{Name: f.Code, Label: f.Name, Custom: true, Hint: f.Description, Value: text(v)}
	parts, _ := v.(map[string]any)
	switch f.Type {
	case records.TypeText:
		in.Type = "area"
	case records.TypePhone:
		in.Type = "tel"
	case records.TypeDouble:
		in.Type = "number"
	case records.TypeDate:
		in.Type = "date"
	case records.TypeDateRange, records.TypeTimeRange, records.TypeTime, records.TypeMonetary, records.TypeAddress:
		in.Type = map[records.FieldType]string{
			records.TypeDateRange: "days", records.TypeTimeRange: "hours", records.TypeTime: "time", records.TypeMonetary: "money", records.TypeAddress: "text",
		}[f.Type]
		in.Value, in.Until = text(parts["value"]), text(parts["until"])
		if f.Type == records.TypeMonetary {
			in.Until = text(parts["currency"])
			if in.Until == "" {
				in.Until = m.cur
			}
		}
	case records.TypeEnum:
		in.Type, in.Options = "select", []formOption{{}}
		in.Options = append(in.Options, m.options(f, v)...)
	case records.TypeSet:
		in.Type, in.Options = "checks", m.options(f, v)
	case records.TypeUser:
		in.Type, in.Options = "select", []formOption{{}}
		for _, u := range m.users {
			id := strconv.FormatInt(u.ID, 10)
			in.Options = append(in.Options, formOption{Value: id, Label: u.Name, Chosen: id == in.Value})
		}
	case records.TypePeople, records.TypeOrg:
		in.Type, in.Kind = "record", records.KindPerson
		if f.Type == records.TypeOrg {
			in.Kind = records.KindOrganization
		}
		in.Record = m.ref(in.Kind, in.Value)
	default:
		in.Type = "text"
	}
	return in
}

// ref names a record by its id as a text; a record that is gone has no name.
func (m formMaker) ref(kind, id string) records.Ref {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return records.Ref{}
	}
	name := "no. " + id
	if kind == records.KindPerson {
		if p, err := m.s.Person(m.ctx, m.c, n); err == nil {
			name = p.Name
		}
	} else if o, err := m.s.Organization(m.ctx, m.c, n); err == nil {
		name = o.Name
	}
	return records.Ref{ID: n, Name: name}
}

func (m formMaker) options(f records.Field, v any) []formOption {
	chosen := map[string]bool{text(v): true}
	list, _ := v.([]any)
	for _, item := range list {
		chosen[text(item)] = true
	}
	var out []formOption
	for _, o := range f.Options {
		id := strconv.FormatInt(o.ID, 10)
		out = append(out, formOption{Value: id, Label: o.Label, Chosen: chosen[id]})
	}
	return out
}

// text is a custom value in an input.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// formValues are what a form of records was filled with.
type formValues struct {
	url.Values
	fields []records.Field
}

// custom are the company's own fields as they were filled; an empty one is null,
// which clears.
func (v formValues) custom() map[string]any {
	out := map[string]any{}
	for _, f := range v.fields {
		if f.Custom {
			out[f.Code] = v.value(f)
		}
	}
	return out
}

func (v formValues) value(f records.Field) any {
	s := strings.TrimSpace(v.Get(f.Code))
	switch f.Type {
	case records.TypeSet:
		var list []any
		for _, id := range v.Values[f.Code] {
			list = append(list, json.Number(id))
		}
		if list == nil {
			return nil
		}
		return list
	case records.TypePeople, records.TypeOrg:
		s = v.Get(f.Code + "_id")
	}
	if s == "" {
		return nil
	}
	switch f.Type {
	case records.TypeDouble, records.TypeEnum, records.TypeUser, records.TypePeople, records.TypeOrg:
		return json.Number(s)
	case records.TypeMonetary:
		return map[string]any{"value": json.Number(s), "currency": v.Get(f.Code + ".currency")}
	case records.TypeDateRange, records.TypeTimeRange:
		return map[string]any{"value": s, "until": orNil(v.Get(f.Code + ".until"))}
	case records.TypeTime, records.TypeAddress:
		return map[string]any{"value": s}
	}
	return s
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// contacts are the rows of emails or phones that were filled. The one that is
// marked is the main one.
func (v formValues) contacts(name string) []records.Contact {
	out := []records.Contact{}
	labels, marked := v.Values[name+".label"], v.Get(name+".main")
	for i, value := range v.Values[name] {
		if strings.TrimSpace(value) == "" {
			continue
		}
		c := records.Contact{Value: value, Main: marked == strconv.Itoa(i)}
		if i < len(labels) {
			c.Label = labels[i]
		}
		out = append(out, c)
	}
	return out
}

// ids are whole numbers that were chosen.
func (v formValues) ids(name string) ([]int64, error) {
	out := []int64{}
	for _, s := range v.Values[name] {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return nil, fault.New(fault.Invalid, name, "Expected whole numbers, got %q.", s)
		}
		out = append(out, n)
	}
	return out, nil
}

// id is one whole number; 0 when nothing was chosen.
func (v formValues) id(name string) (int64, error) {
	s := v.Get(name)
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, fault.New(fault.Invalid, name, "Expected a whole number, got %q.", s)
	}
	return n, nil
}

// organization is the organization that was chosen. One that was typed and is not
// known by that name is made.
func (w *Web) organizationOf(ctx context.Context, c route.Caller, v formValues) (int64, error) {
	id, err := v.id("org_id_id")
	if id != 0 || err != nil {
		return id, err
	}
	name := strings.TrimSpace(v.Get("org_id"))
	if name == "" {
		return 0, nil
	}
	o, err := w.s.Records.OrganizationNamed(ctx, c, name)
	return o.ID, err
}

// personOf is the person that was chosen. One that was typed and is not known by
// that name is made.
func (w *Web) personOf(ctx context.Context, c route.Caller, v formValues, organization int64) (int64, error) {
	id, err := v.id("person_id_id")
	if id != 0 || err != nil {
		return id, err
	}
	name := strings.TrimSpace(v.Get("person_id"))
	if name == "" {
		return 0, nil
	}
	p, err := w.s.Records.PersonNamed(ctx, c, name, organization)
	return p.ID, err
}

// filled reads a form of records.
func (w *Web) filled(rw http.ResponseWriter, r *http.Request, entity string) (formValues, error) {
	r.Body = http.MaxBytesReader(rw, r.Body, 1<<20)
	if err := r.ParseForm(); err != nil {
		return formValues{}, fault.New(fault.Invalid, "", "The form could not be read: %v.", err)
	}
	fields, err := w.s.Records.Fields(r.Context(), caller(r), entity)
	return formValues{r.PostForm, fields}, err
}

// contactLabels are what a number or address can be for; one that an app wrote
// stays among them.
func contactLabels(now string) []string {
	list := []string{"work", "home", "mobile", "other"}
	if now != "" && !slices.Contains(list, now) {
		list = append(list, now)
	}
	return list
}
