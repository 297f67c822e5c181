package web

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
)

func (w *Web) fieldRoutes() []route.Route {
	return []route.Route{
		{Method: http.MethodGet, Pattern: "/settings/fields", Access: route.Admin, Req: "records.fields-page", Handler: w.handle(w.fieldList)},
		{Method: http.MethodPost, Pattern: "/settings/fields/{entity}", Access: route.Admin, Req: "records.fields-page", Handler: w.handle(w.addField)},
		{Method: http.MethodGet, Pattern: "/settings/fields/{entity}/{code}", Access: route.Admin, Req: "records.fields-page", Handler: w.handle(w.field)},
		{Method: http.MethodPost, Pattern: "/settings/fields/{entity}/{code}", Access: route.Admin, Req: "records.fields-page", Handler: w.handle(w.changeField)},
		{Method: http.MethodPost, Pattern: "/settings/fields/{entity}/{code}/delete", Access: route.Admin, Req: "records.fields-page", Handler: w.handle(w.deleteField)},
		{Method: http.MethodPost, Pattern: "/settings/fields/{entity}/{code}/options", Access: route.Admin, Req: "records.fields-page", Handler: w.handle(w.addOptions)},
		{Method: http.MethodPost, Pattern: "/settings/fields/{entity}/{code}/options/{id}", Access: route.Admin, Req: "records.fields-page", Handler: w.handle(w.renameOption)},
		{Method: http.MethodPost, Pattern: "/settings/fields/{entity}/{code}/options/{id}/delete", Access: route.Admin, Req: "records.fields-page", Handler: w.handle(w.deleteOption)},
	}
}

// fieldEntities are the kinds of records that have fields.
var fieldEntities = []struct{ Kind, Label, Many string }{
	{records.KindPerson, "People", "people"}, {records.KindOrganization, "Organizations", "organizations"},
	{records.KindDeal, "Deals and leads", "deals and leads"}, {records.KindActivity, "Activities", "activities"},
}

// fieldTypes are the types of fields in words.
var fieldTypes = []struct {
	Type        records.FieldType
	Label, Text string
}{
	{records.TypeVarchar, "Text", "One line, up to 255 characters."},
	{records.TypeVarcharAuto, "Autocomplete", "One line; what was typed before is proposed again."},
	{records.TypeText, "Large text", "Several lines."},
	{records.TypeDouble, "Number", "A number, with decimals if needed."},
	{records.TypeMonetary, "Money", "An amount with its currency."},
	{records.TypeEnum, "Single choice", "One of the options below."},
	{records.TypeSet, "Multiple choice", "Any of the options below."},
	{records.TypePhone, "Phone", "A telephone number to call by a click."},
	{records.TypeDate, "Date", "A day."},
	{records.TypeDateRange, "Date range", "From a day to a day."},
	{records.TypeTime, "Time", "A time of the day."},
	{records.TypeTimeRange, "Time range", "From a time of the day to another."},
	{records.TypeUser, "User", "A colleague."},
	{records.TypePeople, "Person", "A person from your contacts."},
	{records.TypeOrg, "Organization", "An organization from your contacts."},
	{records.TypeAddress, "Address", "A place."},
}

// fieldTypeName is a type in words; those of standard fields only stay as they are.
func fieldTypeName(t records.FieldType) string {
	for _, known := range fieldTypes {
		if known.Type == t {
			return known.Label
		}
	}
	return string(t)
}

type fieldsPage struct {
	Entity, Many     string
	Custom, Standard []records.Field
	MayAdd           bool
	Labels           records.Field // whose options are the labels; no code: none
}

// Entities are the tabs of the page.
func (fieldsPage) Entities() []struct{ Kind, Label, Many string } { return fieldEntities }

// Types are what a new field can be.
func (fieldsPage) Types() []struct {
	Type        records.FieldType
	Label, Text string
} {
	return fieldTypes
}

// TypeName is a type in words.
func (fieldsPage) TypeName(t records.FieldType) string { return fieldTypeName(t) }

// entityOf refuses kinds of records without fields.
func entityOf(kind string) (string, error) {
	if !slices.ContainsFunc(fieldEntities, func(e struct{ Kind, Label, Many string }) bool { return e.Kind == kind }) {
		return "", fault.Missing("There are no fields of %q.", kind)
	}
	return kind, nil
}

// fieldList lists the fields of a kind of record.
// spec: records.fields-page
func (w *Web) fieldList(rw http.ResponseWriter, r *http.Request) error {
	d := fieldsPage{Entity: fieldEntities[0].Kind}
	if kind := r.FormValue("entity"); kind != "" {
		var err error
		if d.Entity, err = entityOf(kind); err != nil {
			return err
		}
	}
	list, err := w.s.Records.Fields(r.Context(), caller(r), d.Entity)
	if err != nil {
		return err
	}
	for _, e := range fieldEntities {
		if e.Kind == d.Entity {
			d.Many = e.Many
		}
	}
	// The platform lets no fields be added to activities.
	d.MayAdd = d.Entity != records.KindActivity
	for _, f := range list {
		switch {
		case f.Custom:
			d.Custom = append(d.Custom, f)
		case f.HasOptions():
			d.Labels = f
		default:
			d.Standard = append(d.Standard, f)
		}
	}
	w.render(rw, r, http.StatusOK, page{Title: "Data fields", Nav: "settings", Template: "fields/list", Data: d})
	return nil
}

func (w *Web) addField(rw http.ResponseWriter, r *http.Request) error {
	entity, err := entityOf(r.PathValue("entity"))
	if err != nil {
		return err
	}
	f := records.Field{Entity: entity, Name: r.PostFormValue("name"), Type: records.FieldType(r.PostFormValue("field_type")), Description: r.PostFormValue("description")}
	if f.Type == records.TypeEnum || f.Type == records.TypeSet {
		for _, label := range lines(r.PostFormValue("options")) {
			f.Options = append(f.Options, records.Option{Label: label})
		}
	}
	if _, err := w.s.Records.CreateField(r.Context(), caller(r), f); err != nil {
		return err
	}
	w.redirect(rw, r, "/settings/fields?entity="+entity)
	return nil
}

type fieldPage struct {
	records.Field
	TypeName string
	List     string // address of the list
	At       string // address of the field
	Colors   []string
}

// field is the page of one field.
func (w *Web) field(rw http.ResponseWriter, r *http.Request) error {
	f, err := w.fieldOf(r)
	if err != nil {
		return err
	}
	d := fieldPage{Field: f, TypeName: fieldTypeName(f.Type), List: "/settings/fields?entity=" + r.PathValue("entity"), At: fieldPath(r)}
	if f.Code == records.LabelsCode {
		d.Colors = records.LabelColors
	}
	w.render(rw, r, http.StatusOK, page{Title: f.Name, Nav: "settings", Template: "fields/field", Data: d})
	return nil
}

// fieldOf is the field that the path names, if something of it can be changed.
func (w *Web) fieldOf(r *http.Request) (records.Field, error) {
	entity, err := entityOf(r.PathValue("entity"))
	if err != nil {
		return records.Field{}, err
	}
	f, err := w.s.Records.Field(r.Context(), caller(r), entity, r.PathValue("code"))
	if err == nil && !f.Custom && !f.HasOptions() {
		err = fault.Missing("%s is a standard field; nothing of it can be changed.", f.Name)
	}
	return f, err
}

// fieldPath is the address of the field that the path names.
func fieldPath(r *http.Request) string {
	return "/settings/fields/" + r.PathValue("entity") + "/" + r.PathValue("code")
}

func (w *Web) changeField(rw http.ResponseWriter, r *http.Request) error {
	f, err := w.fieldOf(r)
	if err != nil {
		return err
	}
	name, description := r.PostFormValue("name"), r.PostFormValue("description")
	if _, err := w.s.Records.UpdateField(r.Context(), caller(r), r.PathValue("entity"), f.Code, records.FieldPatch{Name: &name, Description: &description}); err != nil {
		return err
	}
	w.redirect(rw, r, "/settings/fields?entity="+r.PathValue("entity"))
	return nil
}

func (w *Web) deleteField(rw http.ResponseWriter, r *http.Request) error {
	f, err := w.fieldOf(r)
	if err != nil {
		return err
	}
	if _, err := w.s.Records.DeleteFields(r.Context(), caller(r), r.PathValue("entity"), f.Code); err != nil {
		return err
	}
	w.redirect(rw, r, "/settings/fields?entity="+r.PathValue("entity"))
	return nil
}

func (w *Web) addOptions(rw http.ResponseWriter, r *http.Request) error {
	f, err := w.fieldOf(r)
	if err != nil {
		return err
	}
	var list []records.Option
	for _, label := range lines(r.PostFormValue("label")) {
		list = append(list, records.Option{Label: label, Color: r.PostFormValue("color")})
	}
	if len(list) == 0 {
		return fault.New(fault.Invalid, "label", "Expected what can be chosen, got nothing.")
	}
	return w.optionsChanged(rw, r, list, func() error {
		_, err := w.s.Records.AddOptions(r.Context(), caller(r), r.PathValue("entity"), f.Code, list)
		return err
	})
}

// optionsChanged runs a change of options and shows the field again.
func (w *Web) optionsChanged(rw http.ResponseWriter, r *http.Request, list []records.Option, change func() error) error {
	for _, o := range list {
		if o.Color != "" && !slices.Contains(records.LabelColors, o.Color) {
			return fault.New(fault.Invalid, "color", "Expected a colour of the list, got %q.", o.Color)
		}
	}
	if err := change(); err != nil {
		if told, ok := fault.As(err); ok && told.Field == "options.label" {
			return fault.New(told.Kind, "label", "%s", told.Message)
		}
		return err
	}
	w.redirect(rw, r, fieldPath(r))
	return nil
}

func (w *Web) renameOption(rw http.ResponseWriter, r *http.Request) error {
	f, err := w.fieldOf(r)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return fault.Missing("There is no option %q.", r.PathValue("id"))
	}
	list := []records.Option{{ID: id, Label: r.PostFormValue("label"), Color: r.PostFormValue("color")}}
	return w.optionsChanged(rw, r, list, func() error {
		_, err := w.s.Records.RenameOptions(r.Context(), caller(r), r.PathValue("entity"), f.Code, list)
		return err
	})
}

func (w *Web) deleteOption(rw http.ResponseWriter, r *http.Request) error {
	f, err := w.fieldOf(r)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return fault.Missing("There is no option %q.", r.PathValue("id"))
	}
	return w.optionsChanged(rw, r, nil, func() error {
		_, err := w.s.Records.DeleteOptions(r.Context(), caller(r), r.PathValue("entity"), f.Code, []int64{id})
		return err
	})
}
