package crm

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/pipedrive/crmapi"
)

// fielded is a kind of record whose fields have paths.
type fielded struct {
	kind, path    string
	reads, writes []string
	own           bool // the company may add fields
	v2            bool
}

var fieldedKinds = []fielded{
	{
		records.KindPerson, "personFields",
		[]string{"contacts:read", "contacts:full", "contact-fields:full", "admin"}, []string{"contact-fields:full", "admin"}, true, true,
	},
	{
		records.KindOrganization, "organizationFields",
		[]string{"contacts:read", "contacts:full", "contact-fields:full", "admin"}, []string{"contact-fields:full", "admin"}, true, true,
	},
	{
		records.KindDeal, "dealFields",
		[]string{"deals:read", "deals:full", "deal-fields:full", "admin"}, []string{"deal-fields:full", "admin"}, true, true,
	},
	{records.KindActivity, "activityFields", []string{"activities:read", "activities:full", "admin"}, nil, false, true},
	{records.KindLead, "leadFields", []string{"leads:read", "leads:full", "admin"}, nil, false, false},
	{records.KindNote, "noteFields", append([]string{"admin"}, readNotes...), nil, false, false},
}

// fieldRoutes are the paths of field definitions.
func (s *Service) fieldRoutes() []route.Route {
	var out []route.Route
	for _, k := range fieldedKinds {
		v1, v2 := "/v1/"+k.path, "/api/v2/"+k.path
		out = append(out, s.on("GET", v1, "rest.fields.v1", s.fieldsV1(k), k.reads...))
		if k.v2 {
			out = append(out,
				s.on("GET", v2, "rest.fields.v2", s.fieldsV2(k), k.reads...),
				s.on("GET", v2+"/{code}", "rest.fields.v2", s.fieldV2(k), k.reads...),
			)
		}
		if k.own {
			out = append(out,
				s.on("POST", v1, "rest.fields.create", s.addFieldV1(k), k.writes...),
				s.on("GET", v1+"/{id}", "rest.fields.v1", s.fieldV1(k), k.reads...),
				s.on("PUT", v1+"/{id}", "rest.fields.v1", s.updateFieldV1(k), k.writes...),
				s.on("DELETE", v1+"/{id}", "rest.fields.delete", s.deleteFieldV1(k), k.writes...),
				s.on("DELETE", v1, "rest.fields.delete", s.deleteFieldsV1(k), k.writes...),
				s.on("POST", v2, "rest.fields.create", s.addFieldV2(k), k.writes...),
				s.on("PATCH", v2+"/{code}", "rest.fields.v2", s.updateFieldV2(k), k.writes...),
				s.on("DELETE", v2+"/{code}", "rest.fields.delete", s.deleteFieldV2(k), k.writes...),
				s.on("POST", v2+"/{code}/options", "rest.fields.options", s.addOptions(k), k.writes...),
				s.on("PATCH", v2+"/{code}/options", "rest.fields.options", s.renameOptions(k), k.writes...),
				s.on("DELETE", v2+"/{code}/options", "rest.fields.options", s.deleteOptions(k), k.writes...),
			)
		}
	}
	return out
}

// writeFieldsV1 writes definitions as version 1 does. Standard fields are as old
// as the company.
// spec: rest.fields.v1
func (s *Service) writeFieldsV1(ctx context.Context, c route.Caller, list []records.Field) ([]crmapi.FieldV1, error) {
	n, err := s.names(ctx, c, refs{})
	out := make([]crmapi.FieldV1, len(list))
	for i, f := range list {
		if !f.Custom {
			f.AddedAt = n.company.CreatedAt
		}
		out[i] = fieldV1(f)
	}
	return out, err
}

func fieldV1(f records.Field) crmapi.FieldV1 {
	out := crmapi.FieldV1{
		ID: f.ID, Key: f.Code, Name: f.Name, OrderNr: f.Position, FieldType: string(f.Type), AddTime: rest.TimeText(rest.V1, f.AddedAt),
		UpdateTime: rest.Time(rest.V1, f.UpdatedAt), LastUpdatedByUserID: number(f.UpdatedBy), CreatedByUserID: number(f.AddedBy), ActiveFlag: true,
		EditFlag: f.Custom, IndexVisibleFlag: true, DetailsVisibleFlag: shown(f, "details_visible_flag"), AddVisibleFlag: shown(f, "add_visible_flag"),
		ImportantFlag: f.Settings.Important["enabled"] == true, BulkEditAllowed: !f.ReadOnly, MandatoryFlag: mandatory(f),
		SearchableFlag: slices.Contains([]records.FieldType{"varchar", "text", "varchar_auto", "phone", "double", "monetary", "address"}, f.Type),
	}
	for _, o := range f.Options {
		out.Options = append(out.Options, crmapi.FieldOption{ID: optionID(o), Label: o.Label, Color: o.Color})
	}
	for _, part := range subfields(f) {
		out.Subfields = append(out.Subfields, crmapi.SubfieldV1{Key: f.Code + "_" + part, Name: partName(part), FieldType: partType(f, part)})
	}
	return out
}

// optionID is the number of an option, or its word.
func optionID(o records.Option) any {
	if o.Word != "" {
		return o.Word
	}
	return o.ID
}

// shown is a flag of ui_visibility, true when nothing was said.
func shown(f records.Field, flag string) bool {
	v, said := f.Settings.Visibility[flag].(bool)
	return v || !said
}

func mandatory(f records.Field) bool {
	return f.Settings.Required["enabled"] == true || !f.Custom && (f.Code == "name" || f.Code == "title" || f.Code == "subject")
}

// subfields are the parts of a custom field's values.
func subfields(f records.Field) []string {
	if !f.Custom {
		return nil
	}
	return f.Type.Parts()
}

// partName makes "Admin area level 1" of "admin_area_level_1".
func partName(part string) string {
	words := strings.ReplaceAll(part, "_", " ")
	return strings.ToUpper(words[:1]) + words[1:]
}

func partType(f records.Field, part string) string {
	switch {
	case part == "timezone_id":
		return "int"
	case part == "until" && f.Type == records.TypeDateRange:
		return "date"
	case part == "until":
		return "time"
	}
	return "varchar"
}

// fieldsV1 answers GET /v1/…Fields.
func (s *Service) fieldsV1(k fielded) rest.Handler {
	return func(c *rest.Call) (rest.Answer, error) {
		q := c.Query()
		w := startWindow(q, rest.MaxLimit)
		if !q.Has("limit") {
			w.Limit = rest.MaxLimit // definitions are wanted whole
		}
		if err := q.Err(); err != nil {
			return rest.Answer{}, err
		}
		list, err := s.records.Fields(c.Context(), c.Caller, k.kind)
		if err != nil {
			return rest.Answer{}, err
		}
		list = list[min(w.Start, len(list)):]
		more := len(list) > w.Limit
		data, err := s.writeFieldsV1(c.Context(), c.Caller, list[:min(w.Limit, len(list))])
		return rest.Answer{Data: data, Additional: rest.Paged(w.Start, w.Limit, more)}, err
	}
}

// oneField reads the field whose number is in the path.
func (s *Service) oneField(c *rest.Call, k fielded) (records.Field, error) {
	id, err := c.ID("Field")
	if err != nil {
		return records.Field{}, err
	}
	f, err := s.records.FieldByID(c.Context(), c.Caller, k.kind, id)
	return f, rest.NotFound(err, "Field")
}

func (s *Service) answerFieldV1(c *rest.Call, f records.Field) (rest.Answer, error) {
	data, err := s.writeFieldsV1(c.Context(), c.Caller, []records.Field{f})
	if err != nil {
		return rest.Answer{}, err
	}
	return rest.OK(data[0]), nil
}

// fieldV1 answers GET /v1/…Fields/{id}.
func (s *Service) fieldV1(k fielded) rest.Handler {
	return func(c *rest.Call) (rest.Answer, error) {
		f, err := s.oneField(c, k)
		if err != nil {
			return rest.Answer{}, err
		}
		return s.answerFieldV1(c, f)
	}
}

// addFieldV1 answers POST /v1/…Fields.
func (s *Service) addFieldV1(k fielded) rest.Handler {
	return func(c *rest.Call) (rest.Answer, error) {
		b, err := c.Body()
		if err != nil {
			return rest.Answer{}, err
		}
		f := records.Field{
			Entity: k.kind, Name: given(b.String("name")), Type: records.FieldType(given(b.String("field_type"))), Options: given(optionsV1(b)),
			Settings: settingsV1(b),
		}
		if err := b.Done(); err != nil {
			return rest.Answer{}, err
		}
		if f, err = s.records.CreateField(c.Context(), c.Caller, f); err != nil {
			return rest.Answer{}, err
		}
		return s.answerFieldV1(c, f)
	}
}

func settingsV1(b *rest.Body) records.FieldSettings {
	if v := b.Bool("add_visible_flag"); v != nil {
		return records.FieldSettings{Visibility: map[string]any{"add_visible_flag": *v}}
	}
	return records.FieldSettings{}
}

// optionsV1 reads options: a list of objects with label, and id if they are
// known; forms carry the list as JSON.
func optionsV1(b *rest.Body) *[]records.Option {
	if v, _ := b.Any("options"); v != nil {
		if text, ok := v.(string); ok {
			var list []any
			d := json.NewDecoder(strings.NewReader(text))
			d.UseNumber()
			if d.Decode(&list) != nil {
				b.Wrong("options", "Expected a JSON list of objects with a label, got %q.", cutShort(text))
				return nil
			}
			b.Set("options", list)
		}
	}
	items := b.Objects("options")
	if items == nil {
		return nil
	}
	out := make([]records.Option, len(*items))
	for i, o := range *items {
		out[i] = records.Option{ID: given(o.Int("id")), Label: given(o.String("label")), Color: given(o.String("color"))}
	}
	return &out
}

func cutShort(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// updateFieldV1 answers PUT /v1/…Fields/{id}.
func (s *Service) updateFieldV1(k fielded) rest.Handler {
	return func(c *rest.Call) (rest.Answer, error) {
		f, err := s.oneField(c, k)
		if err != nil {
			return rest.Answer{}, err
		}
		b, err := c.Body()
		if err != nil {
			return rest.Answer{}, err
		}
		p := records.FieldPatch{Name: b.String("name"), Options: optionsV1(b)}
		if settings := settingsV1(b); settings.Visibility != nil {
			p.Settings = &settings
		}
		if p.Name != nil && *p.Name == f.Name {
			p.Name = nil // standard fields are sent back whole
		}
		if err := b.Done(); err != nil {
			return rest.Answer{}, err
		}
		if f, err = s.records.UpdateField(c.Context(), c.Caller, k.kind, f.Code, p); err != nil {
			return rest.Answer{}, rest.NotFound(err, "Field")
		}
		return s.answerFieldV1(c, f)
	}
}

// deleteFieldV1 answers DELETE /v1/…Fields/{id}.
func (s *Service) deleteFieldV1(k fielded) rest.Handler {
	return func(c *rest.Call) (rest.Answer, error) {
		f, err := s.oneField(c, k)
		if err != nil {
			return rest.Answer{}, err
		}
		if _, err := s.records.DeleteFields(c.Context(), c.Caller, k.kind, f.Code); err != nil {
			return rest.Answer{}, rest.NotFound(err, "Field")
		}
		return rest.Removed(f.ID), nil
	}
}

// deleteFieldsV1 answers DELETE /v1/…Fields?ids=1,2.
func (s *Service) deleteFieldsV1(k fielded) rest.Handler {
	return func(c *rest.Call) (rest.Answer, error) {
		ids, err := idsToDelete(c)
		if err != nil {
			return rest.Answer{}, err
		}
		list, err := s.records.Fields(c.Context(), c.Caller, k.kind)
		if err != nil {
			return rest.Answer{}, err
		}
		var codes []string
		for _, id := range ids {
			i := slices.IndexFunc(list, func(f records.Field) bool { return f.ID == id })
			if i < 0 {
				return rest.Answer{}, fault.Missing("Field not found")
			}
			codes = append(codes, list[i].Code)
		}
		if _, err := s.records.DeleteFields(c.Context(), c.Caller, k.kind, codes...); err != nil {
			return rest.Answer{}, rest.NotFound(err, "Field")
		}
		return rest.Removed(ids), nil
	}
}

// fieldSections are what include_fields of version 2 adds to definitions.
var fieldSections = []string{"ui_visibility", "important_fields", "required_fields"}

// spec: rest.fields.v2
func fieldV2(f records.Field, include []string) crmapi.FieldV2 {
	out := crmapi.FieldV2{
		FieldName: f.Name, FieldCode: f.Code, FieldType: string(f.Type), IsCustomField: f.Custom, IsOptionalResponseField: f.Optional,
	}
	if f.Entity == records.KindDeal {
		out.Description = &f.Description
	}
	for _, o := range f.Options {
		out.Options = append(out.Options, crmapi.FieldOptionV2{
			ID: optionID(o), Label: o.Label, Color: text(o.Color), UpdateTime: rest.Time(rest.V2, o.UpdatedAt), AddTime: rest.Time(rest.V2, o.AddedAt),
		})
	}
	for _, part := range subfields(f) {
		out.Subfields = append(out.Subfields, crmapi.SubfieldV2{FieldCode: part, FieldName: partName(part), FieldType: partType(f, part)})
	}
	if slices.Contains(include, "ui_visibility") {
		out.UIVisibility = maps.Clone(f.Settings.Visibility)
		if out.UIVisibility == nil {
			out.UIVisibility = map[string]any{}
		}
		out.UIVisibility["add_visible_flag"], out.UIVisibility["details_visible_flag"] = shown(f, "add_visible_flag"), shown(f, "details_visible_flag")
	}
	if slices.Contains(include, "important_fields") {
		out.ImportantFields = enabled(f.Settings.Important)
	}
	if slices.Contains(include, "required_fields") {
		out.RequiredFields = enabled(f.Settings.Required)
	}
	return out
}

// enabled is a section of settings; nothing was said: not enabled.
func enabled(section map[string]any) map[string]any {
	out := map[string]any{"enabled": false}
	maps.Copy(out, section)
	return out
}

// fieldsV2 answers GET /api/v2/…Fields.
func (s *Service) fieldsV2(k fielded) rest.Handler {
	return func(c *rest.Call) (rest.Answer, error) {
		q := c.Query()
		order := rest.Order{By: "field_code"}
		include, limit, cursor := q.Words("include_fields", fieldSections...), q.Limit(rest.MaxLimit), q.Cursor(order)
		if err := q.Err(); err != nil {
			return rest.Answer{}, err
		}
		list, err := s.records.Fields(c.Context(), c.Caller, k.kind)
		if err != nil {
			return rest.Answer{}, err
		}
		if cursor != nil {
			list = list[1+slices.IndexFunc(list, func(f records.Field) bool { return f.Code == cursor.ID }):]
		}
		next := ""
		if len(list) > limit {
			list = list[:limit]
			last := list[limit-1].Code
			next = rest.CursorAfter(order, last, last)
		}
		out := make([]crmapi.FieldV2, len(list))
		for i, f := range list {
			out[i] = fieldV2(f, include)
		}
		return rest.Answer{Data: out, Additional: rest.Next(next)}, nil
	}
}

// fieldV2 answers GET /api/v2/…Fields/{code}.
func (s *Service) fieldV2(k fielded) rest.Handler {
	return func(c *rest.Call) (rest.Answer, error) {
		q := c.Query()
		include := q.Words("include_fields", fieldSections...)
		if err := q.Err(); err != nil {
			return rest.Answer{}, err
		}
		f, err := s.records.Field(c.Context(), c.Caller, k.kind, c.Request.PathValue("code"))
		if err != nil {
			return rest.Answer{}, rest.NotFound(err, "Field")
		}
		return rest.OK(fieldV2(f, include)), nil
	}
}

// addFieldV2 answers POST /api/v2/…Fields.
func (s *Service) addFieldV2(k fielded) rest.Handler {
	return func(c *rest.Call) (rest.Answer, error) {
		b, err := c.Body()
		if err != nil {
			return rest.Answer{}, err
		}
		f := records.Field{
			Entity: k.kind, Name: given(b.String("field_name")), Type: records.FieldType(given(b.String("field_type"))),
			Description: given(b.String("description")), Settings: given(settingsV2(b)),
		}
		if items := b.Objects("options"); items != nil {
			f.Options = optionsV2(b, *items, false)
		}
		if err := b.Done(); err != nil {
			return rest.Answer{}, err
		}
		if f, err = s.records.CreateField(c.Context(), c.Caller, f); err != nil {
			return rest.Answer{}, fieldNames(err)
		}
		return rest.OK(fieldV2(f, nil)), nil
	}
}

// fieldNames gives fields in a refusal the names that version 2 has for them.
func fieldNames(err error) error {
	if told, ok := fault.As(err); ok && told.Field == "name" {
		renamed := *told
		renamed.Field = "field_name"
		return &renamed
	}
	return err
}

// settingsV2 reads the sections of settings; nil when none is there.
func settingsV2(b *rest.Body) *records.FieldSettings {
	var out records.FieldSettings
	there := false
	for name, to := range map[string]*map[string]any{
		"ui_visibility": &out.Visibility, "important_fields": &out.Important, "required_fields": &out.Required,
	} {
		if o := b.Object(name); o != nil {
			there, *to = true, map[string]any{}
			for _, key := range o.Left() {
				(*to)[key], _ = o.Any(key)
			}
		}
	}
	if !there {
		return nil
	}
	return &out
}

// updateFieldV2 answers PATCH /api/v2/…Fields/{code}.
func (s *Service) updateFieldV2(k fielded) rest.Handler {
	return func(c *rest.Call) (rest.Answer, error) {
		b, err := c.Body()
		if err != nil {
			return rest.Answer{}, err
		}
		p := records.FieldPatch{Name: b.String("field_name"), Description: b.String("description"), Settings: settingsV2(b)}
		if err := b.Done(); err != nil {
			return rest.Answer{}, err
		}
		f, err := s.records.UpdateField(c.Context(), c.Caller, k.kind, c.Request.PathValue("code"), p)
		if err != nil {
			return rest.Answer{}, fieldNames(rest.NotFound(err, "Field"))
		}
		return rest.OK(fieldV2(f, nil)), nil
	}
}

// deleteFieldV2 answers DELETE /api/v2/…Fields/{code} with what is gone.
func (s *Service) deleteFieldV2(k fielded) rest.Handler {
	return func(c *rest.Call) (rest.Answer, error) {
		gone, err := s.records.DeleteFields(c.Context(), c.Caller, k.kind, c.Request.PathValue("code"))
		if err != nil {
			return rest.Answer{}, rest.NotFound(err, "Field")
		}
		return rest.OK(fieldV2(gone[0], nil)), nil
	}
}

// optionsV2 reads options from a list of objects; ids says whether they are known
// already.
func optionsV2(b *rest.Body, items []*rest.Body, ids bool) []records.Option {
	out := make([]records.Option, len(items))
	for i, o := range items {
		out[i].Label = given(o.String("label"))
		if ids {
			if out[i].ID = given(o.Int("id")); out[i].ID <= 0 {
				o.Wrong("id", "Expected the id of an option of this field, got none.")
			}
		}
		for _, left := range o.Left() {
			o.Wrong(left, "There is no such field here; leave it out.")
		}
	}
	return out
}

func changedOptions(list []records.Option) []crmapi.ChangedOption {
	out := make([]crmapi.ChangedOption, len(list))
	for i, o := range list {
		out[i] = crmapi.ChangedOption{ID: o.ID, Label: o.Label}
	}
	return out
}

// readOptions reads a body that is a list of options.
func readOptions(c *rest.Call, ids bool) ([]records.Option, error) {
	b, items, err := c.List("options")
	if err != nil {
		return nil, err
	}
	if len(items) == 0 {
		return nil, fault.New(fault.Invalid, "options", "Expected at least one option, got none.")
	}
	out := optionsV2(b, items, ids)
	return out, b.Err()
}

// addOptions answers POST /api/v2/…Fields/{code}/options.
func (s *Service) addOptions(k fielded) rest.Handler {
	return func(c *rest.Call) (rest.Answer, error) {
		list, err := readOptions(c, false)
		if err != nil {
			return rest.Answer{}, err
		}
		added, err := s.records.AddOptions(c.Context(), c.Caller, k.kind, c.Request.PathValue("code"), list)
		return rest.OK(changedOptions(added)), rest.NotFound(err, "Field")
	}
}

// renameOptions answers PATCH /api/v2/…Fields/{code}/options.
func (s *Service) renameOptions(k fielded) rest.Handler {
	return func(c *rest.Call) (rest.Answer, error) {
		list, err := readOptions(c, true)
		if err != nil {
			return rest.Answer{}, err
		}
		changed, err := s.records.RenameOptions(c.Context(), c.Caller, k.kind, c.Request.PathValue("code"), list)
		return rest.OK(changedOptions(changed)), rest.NotFound(err, "Field")
	}
}

// deleteOptions answers DELETE /api/v2/…Fields/{code}/options.
func (s *Service) deleteOptions(k fielded) rest.Handler {
	return func(c *rest.Call) (rest.Answer, error) {
		list, err := readOptions(c, true)
		if err != nil {
			return rest.Answer{}, err
		}
		var ids []int64
		for _, o := range list {
			ids = append(ids, o.ID)
		}
		gone, err := s.records.DeleteOptions(c.Context(), c.Caller, k.kind, c.Request.PathValue("code"), ids)
		return rest.OK(changedOptions(gone)), rest.NotFound(err, "Field")
	}
}
