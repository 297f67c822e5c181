package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/host/subscription"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/webhookapi"
)

const webhooksPath = "/settings/webhooks"

// webhookRoutes are Tools and apps > Webhooks.
func (w *Web) webhookRoutes() []route.Route {
	one := webhooksPath + "/{id}"
	delivery := one + "/deliveries/{delivery}"
	return []route.Route{
		{Method: http.MethodGet, Pattern: webhooksPath, Access: route.Login, Req: "web.webhooks", Handler: w.handle(w.webhooks)},
		{Method: http.MethodPost, Pattern: webhooksPath, Access: route.Login, Req: "webhooks.create", Handler: w.handle(w.createWebhook)},
		{Method: http.MethodGet, Pattern: one, Access: route.Login, Req: "web.webhooks", Handler: w.handle(w.webhook)},
		{Method: http.MethodPost, Pattern: one + "/delete", Access: route.Login, Req: "webhooks.delete", Handler: w.handle(w.deleteWebhook)},
		{Method: http.MethodPost, Pattern: one + "/test", Access: route.Login, Req: "webhooks.test", Handler: w.handle(w.testWebhook)},
		{Method: http.MethodGet, Pattern: delivery, Access: route.Login, Req: "webhooks.log", Handler: w.handle(w.delivery)},
		{Method: http.MethodPost, Pattern: delivery + "/replay", Access: route.Login, Req: "webhooks.replay", Handler: w.handle(w.replayDelivery)},
	}
}

// webhookRow is a webhook as pages show it.
type webhookRow struct {
	ID      int64
	URL     string // its page
	Title   string // its name, else where it leads
	Address string
	Event   string // in words
	Raw     string // in the wire's words
	Version string
	State   webhookState
	Last    time.Time
	Status  int
	Class   string // of the status
	Gone    bool
	Reason  string
	GoneAt  time.Time
}

// webhookState is how a webhook fares, with the badge's colour.
type webhookState struct{ Label, Tone string }

func webhookURL(id int64) string { return webhooksPath + "/" + strconv.FormatInt(id, 10) }

func (w *Web) webhookRow(h subscription.Webhook) webhookRow {
	row := webhookRow{
		ID: h.ID, URL: webhookURL(h.ID), Title: h.Name, Address: h.URL, Event: eventInWords(h), Raw: h.Action + "." + h.Object, Version: h.Version,
		Last: h.LastDeliveryAt, Status: h.LastStatus, Class: statusClass(h.LastStatus),
		Gone: !h.RemovedAt.IsZero(), Reason: h.RemoveReason, GoneAt: h.RemovedAt,
	}
	if u, err := url.Parse(h.URL); err == nil && row.Title == "" {
		row.Title = u.Host
	}
	ok := h.LastStatus >= 200 && h.LastStatus < 300
	switch {
	case row.Gone:
		row.State = webhookState{"Removed", "danger"}
	case h.Banned(w.s.Clock.Now()):
		row.State = webhookState{"Paused", "danger"}
	case h.LastDeliveryAt.IsZero():
		row.State = webhookState{"Nothing sent yet", ""}
	case ok:
		row.State = webhookState{"Working", "success"}
	default:
		row.State = webhookState{"Failing", "warning"}
	}
	return row
}

// eventInWords is what a webhook asks for as a sentence has it.
func eventInWords(h subscription.Webhook) string {
	object := cmp.Or(objectWords[h.Object], h.Object)
	switch h.Action {
	case webhookapi.Any:
		return object + ": whatever happens"
	case webhookapi.Create, webhookapi.Added:
		return object + ": created"
	case webhookapi.Change, webhookapi.Updated:
		return object + ": changed"
	case webhookapi.Delete, webhookapi.Deleted:
		return object + ": deleted"
	}
	return object + ": " + h.Action
}

var objectWords = map[string]string{
	webhookapi.Any: "Everything", "person": "People", "organization": "Organizations", "deal": "Deals", "lead": "Leads",
	"activity": "Activities", "activityType": "Activity types", "note": "Notes", "pipeline": "Pipelines", "stage": "Stages",
	"user": "Users", "product": "Products",
}

// wordChoice is a value of a select with its words.
type wordChoice struct{ Value, Label string }

// What the form offers. Actions are in the words of version 1; the room puts them
// into those of the format that is chosen.
var (
	webhookActions = []wordChoice{
		{webhookapi.Any, "Whatever happens"}, {webhookapi.Added, "Created"}, {webhookapi.Updated, "Changed"}, {webhookapi.Deleted, "Deleted"},
	}
	webhookObjects = []wordChoice{
		{webhookapi.Any, "Everything"}, {"person", "People"}, {"organization", "Organizations"}, {"deal", "Deals"}, {"lead", "Leads"},
		{"activity", "Activities"}, {"note", "Notes"}, {"pipeline", "Pipelines"}, {"stage", "Stages"}, {"user", "Users"},
	}
)

// webhooksPage is the data of the list.
type webhooksPage struct {
	Webhooks []webhookRow
	Removed  []webhookRow
	Actions  []wordChoice
	Objects  []wordChoice
	Users    []account.User // whose permissions can be chosen; none for who has no choice
	Plain    bool           // http addresses on this machine are allowed
}

func (w *Web) webhooks(rw http.ResponseWriter, r *http.Request) error {
	ctx, c := r.Context(), caller(r)
	list, err := w.s.Subscription.Webhooks(ctx, c)
	if err != nil {
		return err
	}
	removed, err := w.s.Subscription.RemovedByHost(ctx, c)
	if err != nil {
		return err
	}
	p := webhooksPage{Actions: webhookActions, Objects: webhookObjects, Plain: w.s.Subscription.AllowsPlain()}
	for _, h := range list {
		p.Webhooks = append(p.Webhooks, w.webhookRow(h))
	}
	for _, h := range removed {
		p.Removed = append(p.Removed, w.webhookRow(h))
	}
	if c.Admin {
		if p.Users, err = w.activeUsers(ctx, c.Company); err != nil {
			return err
		}
	}
	w.render(rw, r, http.StatusOK, page{Title: "Webhooks", Nav: "settings", Template: "webhooks/index", Data: p})
	return nil
}

func (w *Web) activeUsers(ctx context.Context, company int64) (active []account.User, err error) {
	err = w.s.DB.Company(company).View(ctx, func(tx *store.Tx) error {
		all, err := w.s.Account.Users(tx)
		for _, u := range all {
			if u.Active {
				active = append(active, u)
			}
		}
		return err
	})
	return active, err
}

func (w *Web) createWebhook(rw http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(rw, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	version := r.PostForm.Get("version")
	d := subscription.Draft{
		URL: strings.TrimSpace(r.PostForm.Get("subscription_url")), Object: r.PostForm.Get("event_object"), Version: version,
		Action: subscription.Word(version, r.PostForm.Get("event_action")), Name: strings.TrimSpace(r.PostForm.Get("name")),
		AuthUser: r.PostForm.Get("http_auth_user"), AuthPassword: r.PostForm.Get("http_auth_password"),
	}
	if s := r.PostForm.Get("user_id"); s != "" {
		id, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return fault.New(fault.Invalid, "user_id", "Expected a user of the company, got %q.", s)
		}
		d.User = id
	}
	h, err := w.s.Subscription.Create(r.Context(), caller(r), d)
	if p, ok := errors.AsType[subscription.Problems](err); ok {
		return p.Fault()
	}
	if err != nil {
		return err
	}
	w.redirect(rw, r, webhookURL(h.ID))
	return nil
}

// appWebhooks are those of an app that the viewer may look at.
func (w *Web) appWebhooks(r *http.Request, clientID string) (rows []webhookRow, err error) {
	list, err := w.s.Subscription.OfApp(r.Context(), caller(r), clientID)
	for _, h := range list {
		rows = append(rows, w.webhookRow(h))
	}
	return rows, err
}

// webhookPage is the data of a webhook's own page.
type webhookPage struct {
	webhookRow
	App        string // the app that made it, "" for a user's own
	AppURL     string
	Owner      string
	User       string
	AuthUser   string
	Created    time.Time
	Paused     time.Time
	Strikes    int
	MayDelete  bool
	MaySend    bool
	Deliveries []deliveryRow
}

// deliveryRow is a line of the log.
type deliveryRow struct {
	ID       int64
	URL      string
	Event    string
	EntityID string
	Purpose  subscription.Purpose
	State    webhookState
	Attempt  string
	Status   int
	Class    string
	Error    string
	Took     string
	At, Next time.Time
}

func newDeliveryRow(d subscription.Delivery) deliveryRow {
	row := deliveryRow{
		ID: d.ID, URL: fmt.Sprintf("%s/deliveries/%d", webhookURL(d.Webhook), d.ID), Event: d.Event, EntityID: d.EntityID, Purpose: d.Purpose,
		Status: d.Status, Class: statusClass(d.Status), Error: d.Error, At: d.CreatedAt, Next: d.NextAt,
	}
	if d.Attempts > 0 {
		row.Attempt = fmt.Sprintf("%d of 4", d.Attempts)
		if d.Purpose != subscription.ForEvent {
			row.Attempt = "1 of 1"
		}
	}
	if d.Duration > 0 {
		row.Took = inWords(d.Duration)
	}
	row.State = map[subscription.State]webhookState{
		subscription.Waiting: {"Waiting", "info"}, subscription.Delivered: {"Delivered", "success"},
		subscription.Failed: {"Failed", "danger"}, subscription.Lost: {"Not sent", "warning"},
	}[d.State]
	if d.State == subscription.Waiting && d.Attempts > 0 {
		row.State.Label = "Trying again"
	}
	return row
}

func (w *Web) webhook(rw http.ResponseWriter, r *http.Request) error {
	ctx, c := r.Context(), caller(r)
	id, err := pathNumber(r, "id")
	if err != nil {
		return err
	}
	h, err := w.s.Subscription.Webhook(ctx, c, id)
	if err != nil {
		return err
	}
	list, err := w.s.Subscription.Deliveries(ctx, c, id)
	if err != nil {
		return err
	}
	p := webhookPage{
		webhookRow: w.webhookRow(h), AuthUser: h.AuthUser, Created: h.CreatedAt, Strikes: h.Strikes,
		MayDelete: !h.OfApp() && h.RemovedAt.IsZero(), MaySend: h.RemovedAt.IsZero(),
	}
	if h.Banned(w.s.Clock.Now()) {
		p.Paused = h.BannedUntil
	}
	for _, d := range list {
		p.Deliveries = append(p.Deliveries, newDeliveryRow(d))
	}
	if err := w.nameParties(ctx, c, h, &p); err != nil {
		return err
	}
	w.render(rw, r, http.StatusOK, page{Title: p.Title + " · Webhooks", Nav: "settings", Template: "webhooks/webhook", Data: p})
	return nil
}

// nameParties fills in who made a webhook and whose permissions it has.
func (w *Web) nameParties(ctx context.Context, c route.Caller, h subscription.Webhook, p *webhookPage) error {
	err := w.s.DB.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		all, err := w.s.Account.Users(tx)
		for _, u := range all {
			if u.ID == h.Owner {
				p.Owner = u.Name
			}
			if u.ID == h.User {
				p.User = u.Name
			}
		}
		return err
	})
	if err != nil || !h.OfApp() {
		return err
	}
	app, err := w.messagingApp(ctx, h.ClientID)
	p.App, p.AppURL = app.Name, app.URL
	return err
}

func (w *Web) deleteWebhook(rw http.ResponseWriter, r *http.Request) error {
	id, err := pathNumber(r, "id")
	if err != nil {
		return err
	}
	if err := w.s.Subscription.Delete(r.Context(), caller(r), id); err != nil {
		return err
	}
	w.redirect(rw, r, webhooksPath)
	return nil
}

func (w *Web) testWebhook(rw http.ResponseWriter, r *http.Request) error {
	id, err := pathNumber(r, "id")
	if err != nil {
		return err
	}
	if err := w.s.Subscription.Test(r.Context(), caller(r), id); err != nil {
		return err
	}
	w.redirect(rw, r, webhookURL(id))
	return nil
}

// deliveryPage is the data of a delivery's page.
type deliveryPage struct {
	deliveryRow
	Hook    webhookRow
	Body    []jsonPiece
	Raw     string
	MaySend bool
	// Inspector shows the exchanges, "" for who may not see them.
	Inspector string
}

func (w *Web) delivery(rw http.ResponseWriter, r *http.Request) error {
	ctx, c := r.Context(), caller(r)
	h, d, err := w.pathDelivery(r)
	if err != nil {
		return err
	}
	hook, err := w.s.Subscription.Webhook(ctx, c, h)
	if err != nil {
		return err
	}
	found, err := w.s.Subscription.Delivery(ctx, c, h, d)
	if err != nil {
		return err
	}
	p := deliveryPage{
		deliveryRow: newDeliveryRow(found), Hook: w.webhookRow(hook), Body: prettyJSON(found.Body), Raw: string(found.Body),
		MaySend: hook.RemovedAt.IsZero(),
	}
	if c.Admin {
		p.Inspector = "/_dockwright/inspector?direction=out"
	}
	w.render(rw, r, http.StatusOK, page{Title: found.Event + " · Webhooks", Nav: "settings", Template: "webhooks/delivery", Data: p})
	return nil
}

func (w *Web) pathDelivery(r *http.Request) (webhook, delivery int64, err error) {
	if webhook, err = pathNumber(r, "id"); err != nil {
		return 0, 0, err
	}
	delivery, err = pathNumber(r, "delivery")
	return webhook, delivery, err
}

func (w *Web) replayDelivery(rw http.ResponseWriter, r *http.Request) error {
	h, d, err := w.pathDelivery(r)
	if err != nil {
		return err
	}
	if err := w.s.Subscription.Replay(r.Context(), caller(r), h, d); err != nil {
		return err
	}
	w.redirect(rw, r, webhookURL(h))
	return nil
}
