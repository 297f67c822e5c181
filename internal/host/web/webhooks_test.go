package web

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/host/subscription"
	"github.com/dockwright/dockwright/internal/live"
)

// hookReceiver answers 200 and hands over what is posted to it.
func hookReceiver(t *testing.T) (address string, came chan string) {
	t.Helper()
	came = make(chan string, 10)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); r.Method == http.MethodPost {
			came <- string(body)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL + "/hooks", came
}

// A webhook is made with the form, tried, read in its log, replayed and deleted.
// spec: web.webhooks
// spec: webhooks.log
// spec: webhooks.replay
// spec: webhooks.test
func TestWebhookPages(t *testing.T) {
	t.Parallel()
	g := newGatePages(t, true)
	g.be("1")
	at, came := hookReceiver(t)
	g.shows(g.get("/settings/webhooks"), 200, "No webhooks yet", "Permission level")
	a := g.post("/settings/webhooks", "subscription_url", at, "event_object", "lead", "event_action", "added", "version", "1.0")
	g.shows(a, 400, "got &#34;lead&#34;")
	g.shows(g.post("/settings/webhooks", "subscription_url", "hooks", "event_object", "*", "event_action", "*", "version", "2.0"), 400, "invalid or non-reachable URL")
	a = g.post("/settings/webhooks", "subscription_url", at, "event_object", "deal", "event_action", "added", "version", "2.0", "name", "Deal bridge")
	g.done(a)
	one := a.location
	g.shows(g.get("/settings/webhooks"), 200, "Deal bridge", "Deals: created", at)
	g.shows(g.get(one), 200, "Nothing was sent yet", "create.deal")

	g.done(g.post(one + "/test"))
	g.shows(g.get(one), 200, "Waiting", "create.deal")
	stored := make(chan string, 10)
	defer g.db.Listen(live.Topic, func(string) { stored <- "" })()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- g.lanes.Run(ctx) }()
	if body := <-came; !strings.Contains(body, `"action":"create"`) {
		t.Errorf("the receiver got %s", body)
	}
	<-stored
	stop()
	g.ok(<-ended)
	g.shows(g.get(one), 200, "Delivered", "1 of 1")
	g.shows(g.get(one+"/deliveries/1"), 200, "Delivered", "permitted_user_ids", "Replay")
	g.done(g.post(one + "/deliveries/1/replay"))
	g.shows(g.get(one), 200, "replay")
	g.shows(g.get(one+"/deliveries/99"), 404, "no delivery 99")

	g.be("2")
	g.shows(g.get(one), 404)
	g.shows(g.get(one+"/deliveries/1"), 404)
	g.shows(g.post(one+"/delete"), 403)
	g.lacks(g.get("/settings/webhooks"), "Deal bridge")
	g.lacks(g.get("/settings/webhooks"), "Permission level")

	g.be("1")
	g.done(g.post(one + "/delete"))
	g.lacks(g.get("/settings/webhooks"), "Deal bridge")
	g.shows(g.post(one+"/test"), 409, "was removed")
}

// What an app made is shown on its page in the Developer Hub and not in the list.
// spec: web.webhooks
func TestWebhooksOfAnApp(t *testing.T) {
	t.Parallel()
	g := newGatePages(t, true)
	g.be("1")
	at, _ := hookReceiver(t)
	admin := route.Caller{Company: 1, User: 1, Admin: true}
	keys := g.fromTemplate("api")
	clientID := keys[strings.LastIndex(keys, "/")+1:]
	_, err := g.auth.Approve(t.Context(), admin, authz.Request{ClientID: clientID, RedirectURI: "http://localhost:3000/callback"}, false)
	g.ok(err)
	admin.ClientID = clientID
	h, err := g.hooks.Create(t.Context(), admin, subscription.Draft{URL: at, Action: "*", Object: "person", Name: "Of the app"})
	g.ok(err)
	g.shows(g.get(hubURL(clientID)), 200, "Of the app", webhookURL(h.ID))
	g.lacks(g.get("/settings/webhooks"), "Of the app")
	a := g.get(webhookURL(h.ID))
	g.shows(a, 200, "only the app can change it", "Send a test")
	g.lacks(a, "Delete")
	g.shows(g.post(webhookURL(h.ID)+"/delete"), 403)
}
