package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

func (w *Web) activityRoutes() []route.Route {
	return []route.Route{
		{Method: http.MethodGet, Pattern: "/activities", Access: route.Login, Req: "records.activities", Handler: w.handle(w.activities)},
		{Method: http.MethodGet, Pattern: "/activities/calendar", Access: route.Login, Req: "records.activity-calendar", Handler: w.handle(w.calendar)},
		{Method: http.MethodGet, Pattern: "/activities/new", Access: route.Login, Req: "records.activity-form", Handler: w.handle(w.newActivity)},
		{Method: http.MethodPost, Pattern: "/activities/new", Access: route.Login, Req: "records.activity-form", Handler: w.handle(w.addActivity)},
		{Method: http.MethodGet, Pattern: "/activities/{id}", Access: route.Login, Req: "records.activity-form", Handler: w.handle(w.editActivity)},
		{Method: http.MethodPost, Pattern: "/activities/{id}", Access: route.Login, Req: "records.activity-form", Handler: w.handle(w.changeActivity)},
		{Method: http.MethodPost, Pattern: "/activities/{id}/done", Access: route.Login, Req: "records.activities", Handler: w.handle(w.markActivity)},
		{Method: http.MethodPost, Pattern: "/activities/{id}/delete", Access: route.Login, Req: "records.activity-form", Handler: w.handle(w.deleteActivity)},
	}
}

// activityTabs are the parts of the list.
var activityTabs = []struct{ Show, Label string }{
	{"", "To do"}, {"overdue", "Overdue"}, {"today", "Today"}, {"week", "This week"}, {"done", "Done"},
}

// activityKeys are what the list can be sorted by.
var activityKeys = []sortKey{{By: "due", Label: "When due"}, {By: "id", Label: "Newest first", Desc: true}, {By: "update_time", Label: "Changed last", Desc: true}}

// activityChoice is whose activities, and of which type, are shown. It stands in
// the address.
type activityChoice struct {
	Owner int64 // 0: anybody's
	Type  string
	Users []account.User
	Types []records.ActivityType
	// Filter is one that is kept, of the list alone.
	Filter filterChoice
	me     int64
}

// activityChoiceOf reads the address; without a word about it, they are one's own.
func (w *Web) activityChoiceOf(r *http.Request) (activityChoice, error) {
	c := activityChoice{me: caller(r).User, Owner: caller(r).User}
	if r.FormValue("owner") == "all" {
		c.Owner = 0
	} else if id, err := strconv.ParseInt(r.FormValue("owner"), 10, 64); err == nil && id > 0 {
		c.Owner = id
	}
	err := w.s.DB.Company(caller(r).Company).View(r.Context(), func(tx *store.Tx) (err error) {
		c.Users, err = w.s.Account.Users(tx)
		return err
	})
	if err != nil {
		return c, err
	}
	if c.Types, err = w.s.Records.ActivityTypes(r.Context(), caller(r)); err != nil {
		return c, err
	}
	if slices.ContainsFunc(c.Types, func(t records.ActivityType) bool { return t.Key == r.FormValue("type") }) {
		c.Type = r.FormValue("type")
	}
	return c, nil
}

// filter restricts to the choice.
func (c activityChoice) filter() records.ActivityFilter {
	f := records.ActivityFilter{Owner: c.Owner, Filter: c.Filter.Kept}
	if c.Type != "" {
		f.Types = []string{c.Type}
	}
	return f
}

// query is the choice in an address, without what goes without saying.
func (c activityChoice) query() url.Values {
	q := url.Values{}
	switch c.Owner {
	case c.me:
	case 0:
		q.Set("owner", "all")
	default:
		q.Set("owner", strconv.FormatInt(c.Owner, 10))
	}
	if c.Type != "" {
		q.Set("type", c.Type)
	}
	return q
}

// Owners are the choices of whose activities are shown.
func (c activityChoice) Owners() []formOption {
	out := []formOption{{Value: "all", Label: "Everybody's", Chosen: c.Owner == 0}}
	for _, u := range c.Users {
		if u.Active || u.ID == c.Owner {
			out = append(out, formOption{Value: strconv.FormatInt(u.ID, 10), Label: u.Name, Chosen: u.ID == c.Owner})
		}
	}
	return out
}

// TypeOptions are the choices of types; those that were taken off stay for what has
// them.
func (c activityChoice) TypeOptions() []formOption {
	out := []formOption{{Label: "All types", Chosen: c.Type == ""}}
	for _, t := range c.Types {
		if !t.Deleted || t.Key == c.Type {
			out = append(out, formOption{Value: t.Key, Label: t.Name, Chosen: t.Key == c.Type})
		}
	}
	return out
}

// address is a path with a query, if there is one.
func address(path string, q url.Values) string {
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// activityRow is an activity as pages show it, in the viewer's time zone.
type activityRow struct {
	records.Activity
	TypeName, Icon string
	Day            string // YYYY-MM-DD, empty: none
	When           string // "Today 13:30", "Mon 24 Nov"
	From, Until    string // "13:30" and "14:15"; empty: the whole day, and not said
	Overdue        bool
	LeadTitle      string
	start          time.Time // zero without a time
}

// activityRows puts activities into words.
func (w *Web) activityRows(ctx context.Context, c route.Caller, h here, list []records.Activity) ([]activityRow, error) {
	types, err := w.s.Records.ActivityTypes(ctx, c)
	if err != nil {
		return nil, err
	}
	byKey := map[string]records.ActivityType{}
	for _, t := range types {
		byKey[t.Key] = t
	}
	var ids []string
	for _, a := range list {
		if a.Lead != "" {
			ids = append(ids, a.Lead)
		}
	}
	var leads map[string]string
	if len(ids) > 0 {
		err = w.s.DB.Company(c.Company).View(ctx, func(tx *store.Tx) error {
			leads, err = w.s.Records.Titles(tx, c, records.KindLead, ids)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	rows := make([]activityRow, len(list))
	for i, a := range list {
		t := byKey[a.Type]
		rows[i] = h.row(a)
		rows[i].TypeName, rows[i].Icon, rows[i].LeadTitle = cmp.Or(t.Name, a.Type), activityIcon(t.Icon), leads[a.Lead]
	}
	return rows, nil
}

// Time is "13:30", "13:30–14:15", or empty.
func (r activityRow) Time() string {
	if r.Until == "" {
		return r.From
	}
	return r.From + "–" + r.Until
}

// row says when an activity is, here.
func (h here) row(a records.Activity) activityRow {
	row := activityRow{Activity: a, Day: a.DueDate}
	at, timed := a.DueAt()
	switch {
	case timed:
		row.start = at.In(h.Zone)
		row.Day, row.From = row.start.Format(time.DateOnly), row.start.Format("15:04")
		row.When = h.words(row.start) + " " + row.From
		row.Overdue = !a.Done && at.Before(h.Now)
		if d := a.Lasts(); d > 0 {
			row.Until = row.start.Add(d).Format("15:04")
		}
	case a.DueDate != "":
		row.When = h.words(h.dayOf(a.DueDate))
		row.Overdue = !a.Done && a.DueDate < h.Today()
	}
	return row
}

// activityIcons are our signs for those that the contract names.
var activityIcons = map[string]string{
	"call": "phone", "meeting": "contacts", "task": "check", "deadline": "flag", "email": "mail", "lunch": "cup", "smartphone": "phone",
	"document": "file", "picture": "image", "camera": "image", "search": "search", "clip": "paperclip", "key": "key", "padlock": "lock",
	"pricetag": "tag", "finish": "flag", "bell": "bell", "bubble": "inbox", "addressbook": "contacts", "cogs": "tools", "loop": "refresh",
	"checkbox": "check", "downarrow": "arrow-down",
}

func activityIcon(key string) string {
	return cmp.Or(activityIcons[key], "activities")
}

// activitiesPage is the list.
type activitiesPage struct {
	activityChoice
	Show, By    string
	Sorts       []formOption
	Rows        []activityRow
	Names       map[int64]string
	First, Next string // addresses of parts
	Zone        string
	Apps        appsHere
}

// activities lists them.
// spec: records.activities
func (w *Web) activities(rw http.ResponseWriter, r *http.Request) error {
	h, err := w.hereOf(r)
	if err != nil {
		return err
	}
	choice, err := w.activityChoiceOf(r)
	if err != nil {
		return err
	}
	l, err := w.sortedList(r, "/activities", activityKeys)
	if err != nil {
		return err
	}
	choice.Filter = l.Filter
	d := activitiesPage{activityChoice: choice, By: l.By, Sorts: l.Sorts(), Names: l.Names(), Zone: h.Zone.String()}
	if i := slices.IndexFunc(activityTabs, func(t struct{ Show, Label string }) bool { return t.Show == r.FormValue("show") }); i >= 0 {
		d.Show = activityTabs[i].Show
	}
	window := l.window()
	if d.Show == "done" && l.By == "due" {
		window.Sort[0].Desc = true
	}
	list, more, err := w.s.Records.ListActivities(r.Context(), caller(r), h.shown(d.Show, choice.filter()), window)
	if err = d.Filter.stands(err); err != nil {
		return err
	}
	if l.First != "" {
		d.First = d.URL(d.Show)
	}
	if more {
		q := d.values(d.Show)
		q.Set("after", positionText(list[len(list)-1].Position(l.By)))
		d.Next = address("/activities", q)
	}
	if d.Rows, err = w.activityRows(r.Context(), caller(r), h, list); err != nil {
		return err
	}
	if d.Apps, err = w.appsIn(r, records.KindActivity); err != nil {
		return err
	}
	w.render(rw, r, http.StatusOK, page{Title: "Activities", Nav: "activities", Template: "activities/list", Data: d})
	return nil
}

// shown restricts a list to one of activityTabs.
func (h here) shown(show string, f records.ActivityFilter) records.ActivityFilter {
	done := show == "done"
	f.Done = &done
	switch show {
	case "overdue":
		f.Due = records.DueSpan{ToDay: h.midnight(h.Now, -1).Format(time.DateOnly), Until: h.Now}
	case "today":
		f.Due = h.span(h.midnight(h.Now, 0), 1)
	case "week":
		f.Due = h.span(h.monday(h.Now), 7)
	}
	return f
}

// span is a number of days from a midnight on.
func (h here) span(from time.Time, days int) records.DueSpan {
	return records.DueSpan{
		FromDay: from.Format(time.DateOnly), ToDay: h.midnight(from, days-1).Format(time.DateOnly), Since: from, Until: h.midnight(from, days),
	}
}

// values are the list's address for one of its tabs.
func (d activitiesPage) values(show string) url.Values {
	q := d.query()
	if d.Filter.Kept != 0 {
		q.Set("filter", strconv.FormatInt(d.Filter.Kept, 10))
	}
	if show != "" {
		q.Set("show", show)
	}
	if d.By != activityKeys[0].By {
		q.Set("sort", d.By)
	}
	return q
}

// URL is the address of one of the tabs.
func (d activitiesPage) URL(show string) string { return address("/activities", d.values(show)) }

// CalendarURL is the address of the calendar with the same choice.
func (d activitiesPage) CalendarURL() string { return address("/activities/calendar", d.query()) }

// MonthURL is CalendarURL for a month.
func (d activitiesPage) MonthURL() string {
	q := d.query()
	q.Set("view", "month")
	return address("/activities/calendar", q)
}

// Tabs are the parts of the list.
func (d activitiesPage) Tabs() []struct{ Show, Label string } { return activityTabs }

// backTo is where a form of activities leads.
func backTo(r *http.Request) string {
	if back := r.FormValue("back"); back != "" {
		return authz.SafeNext(back)
	}
	return "/activities"
}

// markActivity marks an activity as done, or as not done.
// spec: records.activities
func (w *Web) markActivity(rw http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	done := r.FormValue("done") == "1"
	if v := r.FormValue("done"); v != "0" && v != "1" {
		return fault.New(fault.Invalid, "done", "Expected 1 for done or 0 for to do, got %q.", v)
	}
	if _, err := w.s.Records.UpdateActivity(r.Context(), caller(r), id, records.ActivityPatch{Done: &done}); err != nil {
		return err
	}
	w.redirect(rw, r, backTo(r))
	return nil
}

func (w *Web) deleteActivity(rw http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	if err := w.s.Records.DeleteActivities(r.Context(), caller(r), id); err != nil {
		return fmt.Errorf("delete an activity: %w", err)
	}
	w.redirect(rw, r, backTo(r))
	return nil
}
