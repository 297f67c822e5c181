package web

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/crm"
	"github.com/dockwright/dockwright/internal/host/inbox"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
)

// entriesPerKind is how many entries of each kind a timeline shows.
const entriesPerKind = 50

// timeline is what happened to a record, newest first.
type timeline struct {
	Kind, ID string // of the record
	Show     string // one kind of entry, "" for all
	At       string // address of the record's page
	Tabs     []timelineTab
	Entries  []timelineEntry
	Users    map[int64]string
	Planned  []activityRow // what is to be done, first what is due first
	AddURL   string        // the form for an activity about the record
	Callees  []callee      // whom the Calls tab offers to call
	here     here
}

// Here is the address of the timeline as it is shown.
func (t *timeline) Here() string {
	if t.Show == "" {
		return t.At
	}
	return t.At + "?show=" + t.Show
}

// callee is a person who can be called.
type callee struct {
	ID     int64
	Name   string
	Phones []records.Contact
}

// mostCallees is how many people the Calls tab offers to call.
const mostCallees = 20

// canCall offers a person on the Calls tab.
// spec: surface.calls
func (t *timeline) canCall(id int64, name string, phones []records.Contact) {
	known := slices.ContainsFunc(t.Callees, func(c callee) bool { return c.ID == id })
	if t.Show != "call" || known || name == "" || len(phones) == 0 || len(t.Callees) >= mostCallees {
		return
	}
	t.Callees = append(t.Callees, callee{id, name, phones})
}

// timelineTab shows one kind of entry only.
type timelineTab struct{ Show, Label string }

var timelineTabs = []timelineTab{
	{"", "All"}, {"note", "Notes"}, {"activity", "Activities"}, {"call", "Calls"}, {"message", "Messages"}, {"file", "Files"}, {"change", "Changes"},
}

// timelineEntry is one thing that happened. Exactly one of the pointers is set.
type timelineEntry struct {
	Kind     string // as in timelineTabs
	At       time.Time
	User     int64 // who did it, 0: nobody or an app
	Pinned   bool
	Note     *records.Note
	File     *records.File
	Message  *inbox.Conversation
	Change   *changeView
	Activity *activityRow
	Call     *callView
}

// callView is a call as the timeline shows it.
type callView struct {
	records.Call
	Lasted  string // "1 min 35 s"
	Outcome string // in words
}

// changeView is a change in words.
type changeView struct {
	Action string
	Source string // api or app
	Fields []fieldChangeView
}

// fieldChangeView is a field before and after, as texts.
type fieldChangeView struct{ Name, From, To string }

// timelineOf gathers the timeline of a record.
func (w *Web) timelineOf(r *http.Request, kind, id, at string) (*timeline, error) {
	c, ctx := caller(r), r.Context()
	t := &timeline{Kind: kind, ID: id, At: at, Tabs: timelineTabs}
	if i := slices.IndexFunc(timelineTabs, func(tab timelineTab) bool { return tab.Show == r.FormValue("show") }); i >= 0 {
		t.Show = timelineTabs[i].Show
	}
	var err error
	if t.Users, err = w.userNames(r); err != nil {
		return nil, err
	}
	if t.here, err = w.hereOf(r); err != nil {
		return nil, err
	}
	of := map[string]string{records.KindPerson: "person_id", records.KindOrganization: "org_id", records.KindDeal: "deal_id", records.KindLead: "lead_id"}[kind]
	t.AddURL = address("/activities/new", url.Values{of: {id}, "back": {at}})
	if err := w.planned(ctx, c, t); err != nil {
		return nil, fmt.Errorf("what is planned about %s %s: %w", kind, id, err)
	}
	for _, gather := range []struct {
		kind string
		fn   func(context.Context, route.Caller, *timeline) error
	}{{"note", w.addNotes}, {"file", w.addFiles}, {"call", w.addCalls}, {"activity", w.addActivities}, {"message", w.addMessages}, {"change", w.addChanges}} {
		if t.Show != "" && t.Show != gather.kind {
			continue
		}
		if err := gather.fn(ctx, c, t); err != nil {
			return nil, fmt.Errorf("the timeline of %s %s: %w", kind, id, err)
		}
	}
	slices.SortStableFunc(t.Entries, func(a, b timelineEntry) int {
		if a.Pinned != b.Pinned {
			if a.Pinned {
				return -1
			}
			return 1
		}
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Kind, b.Kind))
	})
	return t, nil
}

func (w *Web) addNotes(ctx context.Context, c route.Caller, t *timeline) error {
	var id any = t.ID
	if t.Kind != records.KindLead {
		n, err := strconv.ParseInt(t.ID, 10, 64)
		if err != nil {
			return err
		}
		id = n
	}
	notes, err := w.s.Records.Notes(ctx, c, t.Kind, id)
	for _, n := range notes {
		pinned := map[string]bool{
			records.KindPerson: n.Pinned.Person, records.KindOrganization: n.Pinned.Organization,
			records.KindDeal: n.Pinned.Deal, records.KindLead: n.Pinned.Lead,
		}[t.Kind]
		t.Entries = append(t.Entries, timelineEntry{Kind: "note", At: n.AddedAt, User: n.Author, Pinned: pinned, Note: &n})
	}
	return err
}

func (w *Web) addFiles(ctx context.Context, c route.Caller, t *timeline) error {
	files, err := w.s.Records.FilesOf(ctx, c, t.Kind, t.ID, entriesPerKind)
	for _, f := range files {
		t.Entries = append(t.Entries, timelineEntry{Kind: "file", At: f.AddedAt, User: f.User, File: &f})
	}
	return err
}

// activitiesAbout restricts to those about the record.
func (t *timeline) activitiesAbout(done bool) (records.ActivityFilter, error) {
	f := records.ActivityFilter{Done: &done}
	if t.Kind == records.KindLead {
		f.Lead = t.ID
		return f, nil
	}
	id, err := strconv.ParseInt(t.ID, 10, 64)
	*map[string]*int64{records.KindPerson: &f.Participant, records.KindOrganization: &f.Organization, records.KindDeal: &f.Deal}[t.Kind] = id
	return f, err
}

// planned adds what is to be done about the record.
// spec: records.timeline-activities
func (w *Web) planned(ctx context.Context, c route.Caller, t *timeline) error {
	if t.Show != "" && t.Show != "activity" {
		return nil
	}
	f, err := t.activitiesAbout(false)
	if err != nil {
		return err
	}
	list, _, err := w.s.Records.ListActivities(ctx, c, f, records.Window{Limit: entriesPerKind, Sort: []records.Order{{By: "due"}}})
	if err != nil {
		return err
	}
	t.Planned, err = w.activityRows(ctx, c, t.here, list)
	return err
}

// addActivities adds what was done, when it was marked as done. A call that was
// logged stands for its activity.
func (w *Web) addActivities(ctx context.Context, c route.Caller, t *timeline) error {
	f, err := t.activitiesAbout(true)
	if err != nil {
		return err
	}
	list, _, err := w.s.Records.ListActivities(ctx, c, f, records.Window{Limit: entriesPerKind, Sort: []records.Order{{By: "update_time", Desc: true}}})
	if err != nil {
		return err
	}
	rows, err := w.activityRows(ctx, c, t.here, list)
	for i := range rows {
		a := &rows[i]
		if slices.ContainsFunc(t.Entries, func(e timelineEntry) bool { return e.Call != nil && e.Call.Activity == a.ID }) {
			continue
		}
		t.Entries = append(t.Entries, timelineEntry{Kind: "activity", At: a.DoneAt, User: a.Owner, Activity: a})
	}
	return err
}

// addCalls adds the calls that were logged.
// spec: records.timeline-calls
func (w *Web) addCalls(ctx context.Context, c route.Caller, t *timeline) error {
	list, err := w.s.Records.CallsOf(ctx, c, t.Kind, t.ID, entriesPerKind)
	for _, call := range list {
		view := &callView{Call: call, Lasted: lasted(call), Outcome: strings.ReplaceAll(call.Outcome, "_", " ")}
		t.Entries = append(t.Entries, timelineEntry{Kind: "call", At: call.StartedAt, User: call.User, Call: view})
	}
	return err
}

// lasted is how long a call took: as it says, else from its beginning to its end.
func lasted(call records.Call) string {
	d := call.EndedAt.Sub(call.StartedAt)
	if s, err := strconv.ParseFloat(call.Duration, 64); err == nil {
		d = time.Duration(s * float64(time.Second))
	}
	d = d.Round(time.Second)
	h, m, s := int(d/time.Hour), int(d%time.Hour/time.Minute), int(d%time.Minute/time.Second)
	switch {
	case h > 0:
		return fmt.Sprintf("%d h %d min", h, m)
	case m > 0:
		return fmt.Sprintf("%d min %d s", m, s)
	}
	return fmt.Sprintf("%d s", s)
}

func (w *Web) addMessages(ctx context.Context, c route.Caller, t *timeline) error {
	if w.s.Inbox == nil {
		return nil
	}
	list, err := w.s.Inbox.LinkedConversations(ctx, c, t.Kind, t.ID, entriesPerKind)
	for _, conversation := range list {
		t.Entries = append(t.Entries, timelineEntry{Kind: "message", At: conversation.LastMessageAt, Message: &conversation})
	}
	return err
}

func (w *Web) addChanges(ctx context.Context, c route.Caller, t *timeline) error {
	list, err := w.s.Records.Changes(ctx, c, t.Kind, t.ID, entriesPerKind)
	if err != nil {
		return err
	}
	in, err := w.changeWords(ctx, c, t)
	if err != nil {
		return err
	}
	for _, ch := range list {
		v := &changeView{Action: ch.Action, Source: ch.Source}
		for _, f := range ch.Fields {
			v.Fields = append(v.Fields, in.changes(f)...)
		}
		t.Entries = append(t.Entries, timelineEntry{Kind: "change", At: ch.At, User: ch.User, Change: v})
	}
	return nil
}

// changeWords knows what ids in a change stand for.
type changeWords struct {
	fields map[string]records.Field // by code: the company's own, and the labels
	users  map[int64]string
}

func (w *Web) changeWords(ctx context.Context, c route.Caller, t *timeline) (changeWords, error) {
	entity := t.Kind
	if entity == records.KindLead {
		entity = records.KindDeal
	}
	in := changeWords{fields: map[string]records.Field{}, users: t.Users}
	list, err := w.s.Records.Fields(ctx, c, entity)
	for _, f := range list {
		if f.Custom || f.Code == records.LabelsCode {
			in.fields[f.Code] = f
		}
	}
	return in, err
}

// value is a value of a field in words.
func (in changeWords) value(field string, raw json.RawMessage) string {
	code := field
	if field == "Labels" {
		code = records.LabelsCode
	}
	f, known := in.fields[code]
	var ids []json.Number
	switch {
	case field == "Owner" || f.Type == records.TypeUser:
		var id int64
		if json.Unmarshal(raw, &id) == nil && in.users[id] != "" {
			return in.users[id]
		}
	case field == "VisibleTo":
		if string(raw) == "1" {
			return "the owner only"
		}
		return "everybody"
	case known && f.Type == records.TypeEnum:
		ids = []json.Number{json.Number(strings.Trim(string(raw), `"`))}
	case known && len(f.Options) > 0:
		_ = json.Unmarshal(raw, &ids) // null is none
	}
	var labels []string
	for _, id := range ids {
		n, _ := id.Int64()
		if o, ok := f.Option(n); ok {
			labels = append(labels, o.Label)
		}
	}
	if len(labels) > 0 {
		return strings.Join(labels, ", ")
	}
	return valueText(raw)
}

// changes puts a change into words. Custom fields are told one by one.
func (in changeWords) changes(f records.FieldChange) []fieldChangeView {
	if f.Field != "Custom" {
		from, to := in.value(f.Field, f.From), in.value(f.Field, f.To)
		if from == to {
			return nil
		}
		return []fieldChangeView{{words(f.Field), from, to}}
	}
	var from, to map[string]json.RawMessage
	_ = json.Unmarshal(f.From, &from) // null is no value
	_ = json.Unmarshal(f.To, &to)
	var out []fieldChangeView
	for code, field := range in.fields {
		if a, b := in.value(code, from[code]), in.value(code, to[code]); a != b {
			out = append(out, fieldChangeView{field.Name, a, b})
		}
	}
	slices.SortFunc(out, func(a, b fieldChangeView) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// words makes "Expected close" of "ExpectedClose".
func words(name string) string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && r >= 'A' && r <= 'Z' {
			b.WriteByte(' ')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// valueText is a value of a snapshot as people read it.
func valueText(raw json.RawMessage) string {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return ""
	}
	switch v := v.(type) {
	case string:
		return timeText(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case []any:
		var parts []string
		for _, item := range v {
			if raw, err := json.Marshal(item); err == nil {
				parts = append(parts, valueText(raw))
			}
		}
		return strings.Join(parts, ", ")
	case map[string]any:
		return objectText(v)
	}
	return ""
}

// objectText shows references by name, amounts as money, contacts by value.
func objectText(v map[string]any) string {
	if currency, ok := v["Currency"].(string); ok {
		amount, _ := v["Amount"].(float64)
		return money(records.Money{Amount: int64(amount), Currency: currency})
	}
	for _, key := range []string{"Name", "Value", "value"} {
		if s, ok := v[key].(string); ok {
			return s
		}
		if n, ok := v[key].(float64); ok {
			return strconv.FormatFloat(n, 'f', -1, 64)
		}
	}
	return ""
}

// timeText shortens an instant; other texts stay, cut when long.
func timeText(s string) string {
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		if t.IsZero() || t.Unix() == 0 {
			return ""
		}
		return t.UTC().Format("2 Jan 2006 15:04")
	}
	if r := []rune(s); len(r) > 120 {
		return string(r[:120]) + "…"
	}
	return s
}

func (w *Web) timelineRoutes() []route.Route {
	return []route.Route{
		{Method: http.MethodPost, Pattern: "/records/{kind}/{id}/notes", Access: route.Login, Req: "records.timeline", Handler: w.handle(w.addNote)},
		{Method: http.MethodPost, Pattern: "/records/notes/{id}/delete", Access: route.Login, Req: "records.timeline", Handler: w.handle(w.deleteNote)},
		{Method: http.MethodPost, Pattern: "/records/{kind}/{id}/files", Access: route.Login, Req: "records.timeline", Handler: w.handle(w.addFile)},
		{Method: http.MethodGet, Pattern: "/_dockwright/files/record/{id}", Access: route.Login, Req: "records.timeline", Handler: w.handle(w.recordFile)},
		{Method: http.MethodGet, Pattern: "/_dockwright/files/recording/{id}", Access: route.Login, Req: "records.timeline-calls", Handler: w.handle(w.recording)},
	}
}

// recordPath is the address of a record's page.
func recordPath(kind, id string) (string, error) {
	switch kind {
	case records.KindPerson, records.KindOrganization, records.KindDeal:
		return "/" + kind + "s/" + id, nil
	case records.KindLead:
		return "/leads/inbox/" + id, nil
	}
	return "", fault.Missing("There are no records of the kind %q.", kind)
}

// addNote writes a note on a record. What people type is text, not HTML.
// spec: records.timeline
func (w *Web) addNote(rw http.ResponseWriter, r *http.Request) error {
	kind, id := r.PathValue("kind"), r.PathValue("id")
	at, err := recordPath(kind, id)
	if err != nil {
		return err
	}
	n := records.Note{Content: noteHTML(r.PostFormValue("content"))}
	if kind == records.KindLead {
		n.Lead = id
	} else {
		of, err := strconv.ParseInt(id, 10, 64)
		if err != nil {
			return fault.Missing("There is no %s %q.", kind, id)
		}
		*map[string]*int64{records.KindPerson: &n.Person, records.KindOrganization: &n.Organization, records.KindDeal: &n.Deal}[kind] = of
	}
	if _, err := w.s.Records.CreateNote(r.Context(), caller(r), n); err != nil {
		return err
	}
	w.redirect(rw, r, at)
	return nil
}

// noteHTML makes a note of what a person typed: paragraphs and line breaks, no
// markup of the person's own.
func noteHTML(s string) string {
	var b strings.Builder
	for p := range strings.SplitSeq(strings.ReplaceAll(strings.TrimSpace(s), "\r\n", "\n"), "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			b.WriteString("<p>" + strings.ReplaceAll(template.HTMLEscapeString(p), "\n", "<br>") + "</p>")
		}
	}
	return b.String()
}

// deleteNote takes a note away and shows the record again.
func (w *Web) deleteNote(rw http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	if err := w.s.Records.DeleteNote(r.Context(), caller(r), id); err != nil {
		return err
	}
	w.redirect(rw, r, authz.SafeNext(r.PostFormValue("back")))
	return nil
}

// addFile puts a file on a record. Its bytes go to the database as they come.
// spec: records.timeline
func (w *Web) addFile(rw http.ResponseWriter, r *http.Request) error {
	kind, id := r.PathValue("kind"), r.PathValue("id")
	at, err := recordPath(kind, id)
	if err != nil {
		return err
	}
	var f records.File
	if kind == records.KindLead {
		f.Lead.ID = id
	} else {
		of, err := strconv.ParseInt(id, 10, 64)
		if err != nil {
			return fault.Missing("There is no %s %q.", kind, id)
		}
		*map[string]*int64{
			records.KindPerson: &f.Person.ID, records.KindOrganization: &f.Organization.ID, records.KindDeal: &f.Deal.ID,
		}[kind] = of
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return fault.New(fault.Invalid, "file", "The file could not be read: %v.", err)
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return fault.New(fault.Invalid, "file", "Choose a file first.")
		}
		if err != nil {
			return fault.New(fault.Invalid, "file", "The file did not arrive whole: %v.", err)
		}
		if part.FileName() == "" {
			continue
		}
		u, err := w.s.Records.Receive(r.Context(), caller(r), part.FileName(), part)
		if err != nil {
			return err
		}
		if _, err := w.s.Records.CreateFile(r.Context(), caller(r), f, u); err != nil {
			return err
		}
		w.redirect(rw, r, at)
		return nil
	}
}

// recordFile is the bytes of a file on a record.
func (w *Web) recordFile(rw http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	bytes, err := w.s.Records.FileContent(r.Context(), caller(r), id)
	if err != nil {
		return err
	}
	crm.SendBytes(rw, r, bytes)
	return nil
}

// recording is the sound of a call, for the player in the timeline. Ranges can be
// asked for, so that one may listen from anywhere in it.
// spec: records.timeline-calls
func (w *Web) recording(rw http.ResponseWriter, r *http.Request) error {
	sound, err := w.s.Records.Recording(r.Context(), caller(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	crm.SendBytes(rw, r, sound)
	return nil
}
