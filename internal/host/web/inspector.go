package web

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/journal"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// InspectorTopic is the topic of the event that says the journal has news.
const InspectorTopic = "inspector"

const (
	inspectorPath = "/_dockwright/inspector"
	inspectorPage = 50 // exchanges on a page
	searchLimit   = 200
)

// Replay sends an exchange of the journal again and returns the id of the
// exchange that became of it.
type Replay func(ctx context.Context, v journal.Viewer, id int64) (int64, error)

func (w *Web) inspectorRoutes() []route.Route {
	return []route.Route{
		{Method: http.MethodGet, Pattern: inspectorPath, Access: route.Admin, Req: "inspector.exchanges", Handler: w.handle(w.inspector)},
		{Method: http.MethodGet, Pattern: inspectorPath + "/{id}", Access: route.Admin, Req: "inspector.exchanges", Handler: w.handle(w.exchange)},
		{Method: http.MethodGet, Pattern: inspectorPath + "/{id}/replay", Access: route.Admin, Req: "inspector.replay-asks", Handler: w.handle(w.askReplay)},
		{Method: http.MethodPost, Pattern: inspectorPath + "/{id}/replay", Access: route.Admin, Req: "inspector.replay-asks", Handler: w.handle(w.replay)},
	}
}

// inspectorFilter is what the list is narrowed to, as it stands in its address.
type inspectorFilter struct {
	Text, Direction, Status, Method, App string
	Before                               int64
}

func readInspectorFilter(q url.Values) inspectorFilter {
	before, err := strconv.ParseInt(q.Get("before"), 10, 64)
	if err != nil {
		before = 0
	}
	text := strings.TrimSpace(q.Get("q"))
	return inspectorFilter{
		Text: strings.ToValidUTF8(text[:min(len(text), searchLimit)], ""), Direction: q.Get("direction"), Status: q.Get("status"),
		Method: q.Get("method"), App: q.Get("app"), Before: before,
	}
}

// Narrowed reports whether anything but the page is chosen.
func (f inspectorFilter) Narrowed() bool {
	f.Before = 0
	return f != inspectorFilter{}
}

// address is the list's address with f.
func (f inspectorFilter) address() string {
	q := url.Values{}
	for name, value := range map[string]string{"q": f.Text, "direction": f.Direction, "status": f.Status, "method": f.Method, "app": f.App} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if f.Before > 0 {
		q.Set("before", strconv.FormatInt(f.Before, 10))
	}
	if len(q) == 0 {
		return inspectorPath
	}
	return inspectorPath + "?" + q.Encode()
}

// journal is f as the journal takes it. What is not on offer narrows nothing.
func (f inspectorFilter) journal(v journal.Viewer) journal.Filter {
	class := 0
	if i := slices.IndexFunc(statusChoices, func(c choice) bool { return c.Value == f.Status }); i > 0 {
		class = i + 1 // "2xx" is the first after "any"
		if f.Status == "none" {
			class = -1
		}
	}
	return journal.Filter{
		Viewer: v, Direction: journal.Direction(f.Direction), ClientID: f.App, Method: f.Method, StatusClass: class,
		Text: f.Text, Before: f.Before, Limit: inspectorPage,
	}
}

// choice is an option of a select.
type choice struct{ Value, Label string }

var (
	directionChoices = []choice{{"", "Everything"}, {"in", "App → host"}, {"out", "Host → app"}, {"sdk", "SDK messages"}}
	statusChoices    = []choice{{"", "Any status"}, {"2xx", "2xx"}, {"3xx", "3xx"}, {"4xx", "4xx"}, {"5xx", "5xx"}, {"none", "No answer"}}
	methodChoices    = []choice{{"", "Any method"}, {"GET", "GET"}, {"POST", "POST"}, {"PUT", "PUT"}, {"PATCH", "PATCH"}, {"DELETE", "DELETE"}, {"HEAD", "HEAD"}}
)

// inspectorList is the data of the list.
type inspectorList struct {
	Filter                        inspectorFilter
	Directions, Statuses, Methods []choice
	Apps                          []choice
	Rows                          []exchangeRow
	Older                         string // address of the next page, "" on the last
	Newest                        string // address of the first page
	Topic                         string // "" on older pages, which do not change
	Partial                       bool   // the search goes on with the next page
	Dropped                       int64
	HeadersOnly                   bool
}

// inspector lists the exchanges.
// spec: inspector.exchanges
func (w *Web) inspector(rw http.ResponseWriter, r *http.Request) error {
	c := caller(r)
	f := readInspectorFilter(r.URL.Query())
	names, err := w.appNames(r.Context(), c.Company)
	if err != nil {
		return err
	}
	list, err := w.s.Journal.List(r.Context(), f.journal(w.inspectorViewer(c)))
	if err != nil {
		return err
	}
	first := f
	first.Before = 0
	d := inspectorList{
		Filter: f, Directions: directionChoices, Statuses: statusChoices, Methods: methodChoices, Apps: appChoices(names),
		Newest: first.address(), Partial: list.Partial, Dropped: w.s.Journal.Dropped(), HeadersOnly: w.s.Journal.HeadersOnly(),
	}
	if f.Before == 0 {
		d.Topic = InspectorTopic
	}
	if list.Next != 0 {
		next := f
		next.Before = list.Next
		d.Older = next.address()
	}
	for _, e := range list.Exchanges {
		d.Rows = append(d.Rows, newExchangeRow(e, names))
	}
	w.render(rw, r, http.StatusOK, page{Title: "Inspector", Nav: "inspector", Template: "inspector/list", Data: d})
	return nil
}

// inspectorViewer is whose exchanges a caller may see. In the demo there is one
// operator, who also sees what cannot be attributed to anybody.
func (w *Web) inspectorViewer(c route.Caller) journal.Viewer {
	return journal.Viewer{Company: c.Company, Unattributed: w.s.Demo}
}

// appNames are the apps a company may know, by client id.
func (w *Web) appNames(ctx context.Context, company int64) (map[string]string, error) {
	apps, err := w.s.DevHub.Listed(ctx, company)
	if err != nil {
		return nil, err
	}
	names := make(map[string]string, len(apps))
	for _, a := range apps {
		names[a.ClientID] = a.Name
	}
	return names, nil
}

func appChoices(names map[string]string) []choice {
	out := []choice{}
	for id, name := range names {
		out = append(out, choice{id, name})
	}
	slices.SortFunc(out, func(a, b choice) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.Label), strings.ToLower(b.Label)), cmp.Compare(a.Value, b.Value))
	})
	return append([]choice{{"", "All apps"}}, out...)
}

// exchangeID is the id in the address.
func exchangeID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id <= 0 {
		return 0, fault.Missing("%q is not the number of an exchange", r.PathValue("id"))
	}
	return id, nil
}

// findExchange is the exchange in the address, if the caller may see it.
func (w *Web) findExchange(r *http.Request) (journal.Exchange, error) {
	id, err := exchangeID(r)
	if err != nil {
		return journal.Exchange{}, err
	}
	return w.s.Journal.Get(r.Context(), w.inspectorViewer(caller(r)), id)
}

// exchange shows one exchange whole.
func (w *Web) exchange(rw http.ResponseWriter, r *http.Request) error {
	e, err := w.findExchange(r)
	if err != nil {
		return err
	}
	d, err := w.exchangeView(r, e)
	if err != nil {
		return err
	}
	w.render(rw, r, http.StatusOK, page{Title: d.Heading(), Nav: "inspector", Template: "inspector/exchange", Data: d})
	return nil
}

func (w *Web) exchangeView(r *http.Request, e journal.Exchange) (exchangeView, error) {
	c := caller(r)
	names, err := w.appNames(r.Context(), c.Company)
	if err != nil {
		return exchangeView{}, err
	}
	replays, err := w.s.Journal.List(r.Context(), journal.Filter{Viewer: w.inspectorViewer(c), ReplayOf: e.ID})
	if err != nil {
		return exchangeView{}, err
	}
	d := newExchangeView(e, names)
	for _, again := range slices.Backward(replays.Exchanges) {
		d.Replays = append(d.Replays, again.ID)
	}
	if e.Company == c.Company && e.User != 0 {
		err = w.s.DB.Company(c.Company).View(r.Context(), func(tx *store.Tx) error {
			u, err := w.s.Account.User(tx, e.User)
			d.User = u.Name
			return err
		})
		if fault.KindOf(err) == fault.NotFound {
			err = nil
		}
	}
	return d, err
}

// askReplay asks whether to send a request again that may change something.
// spec: inspector.replay-asks
func (w *Web) askReplay(rw http.ResponseWriter, r *http.Request) error {
	e, err := w.findExchange(r)
	if err != nil {
		return err
	}
	if why := e.Unrepeatable(); why != "" {
		return fault.New(fault.Conflict, "", "%s", why)
	}
	d, err := w.exchangeView(r, e)
	if err != nil {
		return err
	}
	w.render(rw, r, http.StatusOK, page{Title: "Send again?", Nav: "inspector", Template: "inspector/replay", Data: d})
	return nil
}

// replay sends an exchange again and shows what came of it. Anything but GET
// needs the answer of the page before.
// spec: inspector.replay-asks
func (w *Web) replay(rw http.ResponseWriter, r *http.Request) error {
	e, err := w.findExchange(r)
	if err != nil {
		return err
	}
	if !asksNothing(e.Method) && r.PostFormValue("confirm") != "yes" {
		w.redirect(rw, r, exchangePath(e.ID)+"/replay")
		return nil
	}
	again, err := w.s.Replay(r.Context(), w.inspectorViewer(caller(r)), e.ID)
	if err != nil {
		return err
	}
	w.redirect(rw, r, exchangePath(again))
	return nil
}

// asksNothing reports whether a method only reads.
func asksNothing(method string) bool { return method == http.MethodGet || method == http.MethodHead }

func exchangePath(id int64) string { return inspectorPath + "/" + strconv.FormatInt(id, 10) }
