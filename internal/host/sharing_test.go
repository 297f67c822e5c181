package host_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/internal/host"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/journal"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

// company is a running demo host whose users are 1, an admin, and 2 and 3, agents,
// with a messaging app that can be shared.
type company struct {
	t        *testing.T
	url      string
	rooms    host.Rooms
	app      devhub.App
	secret   string
	browsers map[int]*http.Client
	// told is what the app's callback URL got, in order.
	told chan string
}

func newCompany(t *testing.T, change func(*host.Config)) *company {
	t.Helper()
	g := &company{t: t, browsers: map[int]*http.Client{}, told: make(chan string, 64)}
	appServer := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		if r.Method != http.MethodGet {
			g.told <- r.Method + " " + string(b)
		}
	}))
	t.Cleanup(appServer.Close)
	keys, err := secret.NewKeyring(make([]byte, 32))
	g.ok(err)
	front := httptest.NewUnstartedServer(nil)
	g.url = "http://" + front.Listener.Addr().String()
	cfg := host.Config{
		DB: storetest.SQLite(t, host.Migrations()...), JournalDB: storetest.SQLite(t, journal.Migrations),
		Keys: keys, BaseURL: g.url, Demo: true, Log: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&cfg)
	}
	h, err := host.New(t.Context(), cfg)
	g.ok(err)
	front.Config.Handler = h.Handler()
	front.Start()
	runHost(t, h, front)
	g.rooms = h.Rooms()
	admin := route.Caller{Company: 1, User: 1, Admin: true}
	g.app, err = g.rooms.DevHub.Create(t.Context(), admin, false, devhub.Registration{
		Name: "Bridge", CallbackURL: appServer.URL + "/callback", SharingEnabled: true, Scopes: []string{devhub.ScopeMessengers},
	})
	g.ok(err)
	at := func(path string) string { return appServer.URL + path }
	manifest, err := json.Marshal(map[string]any{"version": "v202101", "endpoints": map[string]string{
		"getConversations": at("/p/:providerChannelId/c"), "getConversationById": at("/p/:providerChannelId/c/:sourceConversationId"),
		"postMessage": at("/p/:providerChannelId/m"),
	}})
	g.ok(err)
	_, err = g.rooms.DevHub.UploadManifest(t.Context(), admin, g.app.ClientID, manifest)
	g.ok(err)
	g.secret, err = g.rooms.DevHub.Secret(t.Context(), g.app.ClientID)
	g.ok(err)
	return g
}

func (g *company) ok(err error) {
	g.t.Helper()
	if err != nil {
		g.t.Fatal(err)
	}
}

// as is a browser that is signed in as a user.
func (g *company) as(user int) *http.Client {
	g.t.Helper()
	if b, ok := g.browsers[user]; ok {
		return b
	}
	jar, err := cookiejar.New(nil)
	g.ok(err)
	b := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	g.browsers[user] = b
	_, _, _ = g.ask(user, http.MethodGet, "/leads", nil)
	if status, _, body := g.ask(user, http.MethodPost, "/_dockwright/switch-user", url.Values{"user": {fmt.Sprint(user)}}); status != 303 {
		g.t.Fatalf("switching to user %d: %d %s", user, status, body)
	}
	return b
}

// ask is a request of a user's browser.
func (g *company) ask(user int, method, path string, form url.Values) (status int, location, body string) {
	g.t.Helper()
	req, err := http.NewRequestWithContext(g.t.Context(), method, g.url+path, strings.NewReader(form.Encode()))
	g.ok(err)
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return g.send(g.as(user), req)
}

func (g *company) send(c *http.Client, req *http.Request) (status int, location, body string) {
	g.t.Helper()
	resp, err := c.Do(req)
	g.ok(err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	g.ok(err)
	return resp.StatusCode, resp.Header.Get("Location"), string(b)
}

// install goes through consent and exchanges the code; it returns the tokens.
func (g *company) install(user int, share string) (access, refresh string) {
	g.t.Helper()
	status, to, body := g.ask(user, http.MethodPost, "/oauth/authorize", url.Values{
		"client_id": {g.app.ClientID}, "redirect_uri": {g.app.CallbackURL}, "decision": {"allow"}, "share": {share},
	})
	if status != 303 {
		g.t.Fatalf("user %d installs: %d %s", user, status, body)
	}
	u, err := url.Parse(to)
	g.ok(err)
	status, body = g.token(url.Values{"grant_type": {"authorization_code"}, "code": {u.Query().Get("code")}, "redirect_uri": {g.app.CallbackURL}})
	var tok struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	if status != 200 || json.Unmarshal([]byte(body), &tok) != nil {
		g.t.Fatalf("user %d exchanges: %d %s", user, status, body)
	}
	return tok.Access, tok.Refresh
}

func (g *company) token(form url.Values) (status int, body string) {
	g.t.Helper()
	req, err := http.NewRequestWithContext(g.t.Context(), http.MethodPost, g.url+"/oauth/token", strings.NewReader(form.Encode()))
	g.ok(err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(g.app.ClientID+":"+g.secret)))
	status, _, body = g.send(http.DefaultClient, req)
	return status, body
}

// call is a request to the API.
func (g *company) call(token, method, path, body string) (status int, answer string) {
	g.t.Helper()
	req, err := http.NewRequestWithContext(g.t.Context(), method, g.url+path, strings.NewReader(body))
	g.ok(err)
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	status, _, answer = g.send(http.DefaultClient, req)
	return status, answer
}

const message = `{"id":"m-%d","channel_id":"chan","sender_id":"guest","conversation_id":"thr-%d","message":"Hello","status":"sent","created_at":"2026-11-02 09:00","attachments":[]}`

// The owner of an installation, an admin of the company and a colleague, and what
// each may do with it, while it is shared and while it is not. The owner is no
// admin after installing: owning is what counts, not the role.
// spec: authz.owner-only
// spec: authz.uninstall
// spec: authz.share-later
// spec: messaging.sharing.owner-only
// spec: messaging.sharing.visibility
func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	const owner, admin, colleague = 1, 2, 3
	g := newCompany(t, nil)
	g.ok(g.rooms.Account.SetAdmin(t.Context(), 1, admin, true, 0))
	token, _ := g.install(owner, "me")
	if status, body := g.call(token, http.MethodPost, "/v1/channels", `{"name":"Shop","provider_channel_id":"chan","provider_type":"other"}`); status != 200 {
		t.Fatalf("register a channel: %d %s", status, body)
	}
	g.ok(g.rooms.Account.SetAdmin(t.Context(), 1, owner, false, 0))
	for i := range 3 {
		if status, body := g.call(token, http.MethodPost, "/v1/channels/messages/receive", fmt.Sprintf(message, i, i)); status != 200 {
			t.Fatalf("a message: %d %s", status, body)
		}
	}
	app := "/marketplace/app/" + g.app.ClientID
	authorize := "/oauth/authorize?" + url.Values{"client_id": {g.app.ClientID}, "redirect_uri": {g.app.CallbackURL}}.Encode()
	type act struct {
		what, method, path string
		form               url.Values
		shared             bool // the state in which it is tried
		owner, others      int
	}
	again := url.Values{"client_id": {g.app.ClientID}, "redirect_uri": {g.app.CallbackURL}, "decision": {"allow"}, "share": {"company"}}
	for _, a := range []act{
		{"see the app", "GET", app, nil, false, 200, 200},
		{"authorize for oneself", "GET", authorize, nil, false, 200, 200},
		{"see the channel, unshared", "GET", "/settings/integrations/messaging/channel/1", nil, false, 200, 404},
		{"read, unshared", "GET", "/leads/messaging/1", nil, false, 200, 404},
		{"close, unshared", "POST", "/leads/messaging/1/status", url.Values{"status": {"closed"}}, false, 303, 404},
		{"see the channel", "GET", "/settings/integrations/messaging/channel/1", nil, true, 200, 200},
		{"read", "GET", "/leads/messaging/1", nil, true, 200, 200},
		{"close", "POST", "/leads/messaging/1/status", url.Values{"status": {"closed"}}, true, 303, 303},
		{"open", "POST", "/leads/messaging/1/status", url.Values{"status": {"open"}}, true, 303, 303},
		{"assign", "POST", "/leads/messaging/1/assign", url.Values{"assignee": {"3"}}, true, 303, 303},
		{"share", "POST", app + "/sharing", url.Values{"share": {"company"}}, true, 303, 403},
		{"unshare", "POST", app + "/sharing", url.Values{"share": {"me"}}, true, 303, 403},
		{"re-authorize", "POST", "/oauth/authorize", again, false, 303, 303}, // everybody for themselves
		{"delete a conversation", "POST", "/leads/messaging/1/delete", url.Values{}, true, 303, 403},
		{"remove the channel", "POST", "/settings/integrations/messaging/channel/1/remove", url.Values{}, true, 303, 403},
		{"uninstall", "POST", app + "/uninstall", url.Values{}, true, 303, 403},
	} {
		for _, who := range []struct {
			name string
			user int
			want int
		}{{"admin", admin, a.others}, {"colleague", colleague, a.others}, {"owner", owner, a.owner}} {
			g.ok(g.rooms.Authz.SetShared(t.Context(), route.Caller{Company: 1, User: owner}, g.app.ClientID, a.shared))
			if status, _, body := g.ask(who.user, a.method, a.path, a.form); status != who.want {
				t.Errorf("%s, %s: %d, want %d\n%.600s", a.what, who.name, status, who.want, body)
			}
			if a.what == "re-authorize" && who.user != owner { // what is one's own, one may remove
				if status, _, _ := g.ask(who.user, "POST", app+"/uninstall", url.Values{}); status != 303 {
					t.Errorf("the %s's own installation: %d", who.name, status)
				}
			}
		}
	}
}

// runHost works the host's background until the test ends.
func runHost(t *testing.T, h *host.Host, front *httptest.Server) {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	t.Cleanup(func() {
		front.CloseClientConnections()
		front.Close()
		stop()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
	})
}

// By the newer documents sharing alone does not open a channel to colleagues. The
// app hears of each consent and each change of sharing.
// spec: messaging.sharing.each-authorizes
// spec: authz.sharing-callback
func TestEachAuthorizes(t *testing.T) {
	t.Parallel()
	g := newCompany(t, func(c *host.Config) { c.EachAuthorizes = true })
	token, _ := g.install(1, "me")
	if status, body := g.call(token, http.MethodPost, "/v1/channels", `{"name":"Shop","provider_channel_id":"chan","provider_type":"other"}`); status != 200 {
		t.Fatalf("register a channel: %d %s", status, body)
	}
	sees := func(want int) {
		t.Helper()
		if status, _, _ := g.ask(3, http.MethodGet, "/settings/integrations/messaging/channel/1", nil); status != want {
			t.Errorf("a colleague got %d, want %d", status, want)
		}
	}
	app := "/marketplace/app/" + g.app.ClientID
	sees(404)
	g.ask(1, http.MethodPost, app+"/sharing", url.Values{"share": {"company"}})
	sees(404)
	g.install(3, "me")
	sees(200)
	g.ask(1, http.MethodPost, app+"/sharing", url.Values{"share": {"me"}})
	sees(404)
	for _, want := range []string{
		`POST {"company_id":1,"user_id":1,"isShared":false}`, `POST {"company_id":1,"user_id":1,"isShared":true}`,
		`POST {"company_id":1,"user_id":3,"isShared":false}`, `POST {"company_id":1,"user_id":1,"isShared":false}`,
	} {
		if got := <-g.told; got != want {
			t.Errorf("the app got %s, want %s", got, want)
		}
	}
}
