package web

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/internal/dial"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/crm"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/event"
	"github.com/dockwright/dockwright/internal/host/outbound"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/host/subscription"
	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

// gatePages is a host with its lower rooms and the pages over them, and the
// browser of one person.
type gatePages struct {
	db      *store.DB
	t       *testing.T
	base    string
	account *account.Service
	browser *http.Client
	hooks   *subscription.Service
	lanes   *lane.Runner // not at work
	auth    *authz.Service
}

func newGatePages(t *testing.T, demo bool) *gatePages {
	t.Helper()
	srv := httptest.NewUnstartedServer(nil)
	g := &gatePages{t: t, base: "http://" + srv.Listener.Addr().String()}
	g.db = storetest.SQLite(t, lane.Migrations, live.Migrations, event.Migrations, account.Migrations, devhub.Migrations, authz.Migrations, records.Migrations, subscription.Migrations)
	keys, err := secret.NewKeyring(make([]byte, secret.KeySize))
	g.ok(err)
	db := g.db
	g.account = account.New(db, account.Options{Demo: demo})
	apps := devhub.New(db, keys)
	door := outbound.New(outbound.Options{Guard: dial.Guard{AllowLoopback: true}})
	auth, err := authz.New(db, authz.Options{Accounts: g.account, Apps: apps, Door: door, BaseURL: g.base, Demo: demo})
	g.ok(err)
	if demo {
		g.ok(g.account.SeedDemo(t.Context()))
	}
	g.auth = auth
	g.lanes = lane.NewRunner(db, lane.Options{})
	g.hooks, err = subscription.New(db, subscription.Options{
		Outbound: door, Lanes: g.lanes, Events: event.NewLog(db, event.Options{}), Installs: auth, Users: g.account,
		Records: records.New(db), Keys: keys, BaseURL: g.base, AllowPlain: true,
	})
	g.ok(err)
	pages, err := New(Services{DB: db, Account: g.account, DevHub: apps, Authz: auth, Subscription: g.hooks, BaseURL: g.base, Demo: demo})
	g.ok(err)
	srv.Config.Handler = auth.Front(gateMux(auth, pages))
	srv.Start()
	t.Cleanup(srv.Close)
	g.newBrowser()
	return g
}

// gateMux serves only what is tried here: the other areas' rooms are not there.
func gateMux(auth *authz.Service, w *Web) http.Handler {
	mux := http.NewServeMux()
	api := crm.New(crm.Options{DB: w.s.DB, Accounts: w.s.Account, Authz: auth})
	for _, rs := range [][]route.Route{auth.Routes(), api.Routes(), w.loginRoutes(), w.switchUserRoutes(), w.userRoutes(), w.joinRoutes(), w.devhubRoutes(), w.settingsRoutes(), w.webhookRoutes(), w.marketplaceRoutes(), w.consentRoutes()} {
		for _, rt := range rs {
			rt.Handler = w.secured(rt.Handler)
			mux.Handle(rt.Method+" "+rt.Pattern, auth.Guard(rt))
		}
	}
	return mux
}

func (g *gatePages) ok(err error) {
	g.t.Helper()
	if err != nil {
		g.t.Fatal(err)
	}
}

// newBrowser forgets every cookie. It does not follow redirects.
func (g *gatePages) newBrowser() {
	jar, err := cookiejar.New(nil)
	g.ok(err)
	g.browser = &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// answer is a page or a redirect.
type answer struct {
	status   int
	body     string
	location string
	header   http.Header
}

func (g *gatePages) do(req *http.Request) answer {
	g.t.Helper()
	resp, err := g.browser.Do(req)
	g.ok(err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	g.ok(err)
	return answer{resp.StatusCode, string(b), resp.Header.Get("Location"), resp.Header}
}

func (g *gatePages) get(path string) answer {
	g.t.Helper()
	req, err := http.NewRequestWithContext(g.t.Context(), http.MethodGet, g.base+path, nil)
	g.ok(err)
	return g.do(req)
}

func (g *gatePages) post(path string, pairs ...string) answer {
	g.t.Helper()
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	req, err := http.NewRequestWithContext(g.t.Context(), http.MethodPost, g.base+path, strings.NewReader(v.Encode()))
	g.ok(err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return g.do(req)
}

// upload sends a file in the field "manifest".
func (g *gatePages) upload(path string, content []byte) answer {
	g.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	f, err := m.CreateFormFile("manifest", "../manifest.json")
	g.ok(err)
	_, err = f.Write(content)
	g.ok(err)
	g.ok(m.WriteField("manifest_text", "not this"))
	g.ok(m.Close())
	req, err := http.NewRequestWithContext(g.t.Context(), http.MethodPost, g.base+path, &b)
	g.ok(err)
	req.Header.Set("Content-Type", m.FormDataContentType())
	return g.do(req)
}

// be switches to a demo user.
func (g *gatePages) be(user string) {
	g.t.Helper()
	g.get("/developer-hub")
	if a := g.post("/_dockwright/switch-user", "user", user); a.status != 303 || a.location != "/" {
		g.t.Fatalf("switching got %d to %q", a.status, a.location)
	}
}

func (g *gatePages) shows(a answer, status int, words ...string) {
	g.t.Helper()
	if a.status != status {
		g.t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	for _, w := range words {
		if !strings.Contains(a.body, w) {
			g.t.Errorf("the page does not show %q", w)
		}
	}
}

func (g *gatePages) lacks(a answer, words ...string) {
	g.t.Helper()
	for _, w := range words {
		if strings.Contains(a.body, w) {
			g.t.Errorf("the page shows %q", w)
		}
	}
}

var fieldValue = regexp.MustCompile(`name="(client_id|client_secret)" value="([^"]+)" readonly`)

const gateManifest = `{"version":"v202101","endpoints":{"getConversations":"http://127.0.0.1:8081/p/:providerChannelId/c",
	"getConversationById":"http://127.0.0.1:8081/p/:providerChannelId/c/:sourceConversationId","postMessage":"http://127.0.0.1:8081/p/:providerChannelId/m"}}`

// register makes an app through the forms and returns its client id.
func (g *gatePages) register(pairs ...string) string {
	g.t.Helper()
	a := g.post("/developer-hub/new", append([]string{"type", "private", "name", "Chat <b>bridge</b>", "scopes", "messengers-integration", "scopes", "contacts:full"}, pairs...)...)
	if a.status != 303 {
		g.t.Fatalf("creating got %d: %s", a.status, a.body)
	}
	return strings.TrimPrefix(a.location, "/developer-hub/app/")
}

// spec: devhub.apps
// spec: messaging.manifest.validated
func TestDeveloperHub(t *testing.T) {
	t.Parallel()
	g := newGatePages(t, true)
	g.shows(g.get("/developer-hub"), 200, "Register your first app")
	g.shows(g.get("/developer-hub/new"), 200, `value="messengers-integration"`, `value="http://localhost:3000/callback"`)
	id := g.register("callback_url", "http://127.0.0.1:8081/callback")
	path := "/developer-hub/app/" + id
	page := g.get(path)
	found := fieldValue.FindAllStringSubmatch(page.body, -1)
	if len(found) != 2 || found[0][2] != id || len(found[1][2]) != 40 {
		t.Fatalf("credentials %v", found)
	}
	g.shows(page, 200, "CLIENT_SECRET="+found[1][2], "Chat &lt;b&gt;bridge&lt;/b&gt;")
	g.lacks(page, "<b>bridge</b>")
	if a := g.upload(path+"/manifest", []byte(gateManifest)); a.status != 303 {
		t.Fatalf("upload got %d: %s", a.status, a.body)
	}
	g.shows(g.get(path+"/oauth"), 200, "http://127.0.0.1:8081/p/:providerChannelId/m", "v202101")
	g.shows(g.upload(path+"/manifest", []byte("{\n\"version\":\"v1\"}")), 400, "Line 2, version")
	g.shows(g.upload(path+"/manifest", bytes.Repeat([]byte{' '}, 10<<20)), 413, "1048576 bytes")
	g.shows(g.upload(path+"/manifest", bytes.Repeat([]byte{' '}, 20<<20)), 413, "manifest", "16777216 bytes")
	g.shows(g.post(path+"/manifest", "manifest_text", "<html>"), 400, "JSON")
	g.shows(g.post(path+"/manifest"), 400, "Choose a JSON file")
	g.shows(g.get(path+"/oauth"), 200, "http://127.0.0.1:8081/p/:providerChannelId/m")
	if a := g.post(path + "/secret"); a.status != 303 {
		t.Fatalf("regenerating got %d", a.status)
	}
	g.lacks(g.get(path), found[1][2])
	g.shows(g.post(path+"/oauth", "callback_url", "nowhere", "scopes", "contacts:full"), 400, "callback_url")
	g.shows(g.post(path+"/basic", "name", ""), 400, "name")
	if a := g.post(path+"/basic", "name", "Chat", "summary", "Chats", "category", "Messaging"); a.status != 303 {
		t.Fatalf("saving got %d: %s", a.status, a.body)
	}
	g.shows(g.get(path+"/oauth"), 200, `value="http://127.0.0.1:8081/callback"`)
	g.shows(g.post("/developer-hub/new", "type", "secret", "name", "x"), 400, "Expected public or private")
	g.shows(g.get("/developer-hub/app/ffff"), 404, "client id")
	if a := g.post(path + "/live"); a.status != 303 {
		t.Fatalf("going live got %d", a.status)
	}
	g.shows(g.get("/developer-hub"), 200, ">live<")

	g.be("2")
	page = g.get(path)
	g.shows(page, 200, "The secret is shown to admins")
	g.lacks(page, "client_secret", "CLIENT_SECRET", "Regenerate")
	for _, p := range []string{
		path + "/basic", path + "/oauth", path + "/icon", path + "/manifest", path + "/secret", path + "/live", path + "/check", path + "/delete",
		path + "/extensions/new", path + "/submit", "/developer-hub/new", "/developer-hub/reviews/" + id,
	} {
		g.shows(g.post(p, "name", "x", "type", "private"), 403, "admin")
	}
}

// spec: oauth.authorize
// spec: oauth.redirect-exact
// spec: authz.marketplace
// spec: authz.uninstall
func TestInstallAndUninstall(t *testing.T) {
	t.Parallel()
	g := newGatePages(t, true)
	g.be("1")
	const callback = "http://127.0.0.1:9/callback"
	id := g.register("callback_url", callback, "sharing_enabled", "1")
	path := "/marketplace/app/" + id
	g.shows(g.get("/marketplace"), 200, "Available", path)
	g.shows(g.get(path), 200, "It can bring conversations into the Messaging inbox", "Nobody in Nordwind Trading")
	a := g.post(path + "/install")
	if a.status != 303 || a.location != "/oauth/authorize?client_id="+id+"&redirect_uri="+url.QueryEscape(callback) {
		t.Fatalf("install got %d to %q", a.status, a.location)
	}
	g.shows(g.get(a.location+"&state=x%22y&response_type=code&scope=admin"), 200, "Allow and install", "Cancel", "Nordwind Trading", "Next you choose", `value="x&#34;y"`)
	wrong := g.get("/oauth/authorize?client_id=" + id + "&redirect_uri=https%3A%2F%2Fevil.example%2F")
	if wrong.status != 400 || strings.TrimSpace(wrong.body) != `{"error":"Invalid redirect URL"}` || wrong.location != "" {
		t.Errorf("a foreign redirect got %d %s", wrong.status, wrong.body)
	}
	g.shows(g.get("/oauth/authorize?client_id=ffff&redirect_uri="+url.QueryEscape(callback)), 400, "App cannot be installed for requested company")
	form := []string{"client_id", id, "redirect_uri", callback, "state", "x"}
	if a := g.post("/oauth/authorize", append(form, "decision", "deny")...); a.location != callback+"?error=user_denied&state=x" {
		t.Errorf("denied to %q", a.location)
	}
	g.shows(g.post("/oauth/authorize", form...), 400, "decision")
	// spec: messaging.sharing.step
	g.shows(g.post("/oauth/authorize", append(form, "decision", "allow")...), 200, "Only me", "Everyone in Nordwind Trading", "without installing it", `value="x"`, "Back")
	g.shows(g.post("/oauth/authorize", append(form, "decision", "allow", "share", "all")...), 400, "share")
	g.shows(g.get(path), 200, "Nobody in Nordwind Trading") // the choice is part of installing
	if a := g.post("/oauth/authorize", append(form, "decision", "allow", "share", "company")...); a.status != 303 || !strings.HasPrefix(a.location, callback+"?code=1.1.") {
		t.Fatalf("allowed to %q", a.location)
	}
	g.shows(g.get(path), 200, "Installed by you", "/uninstall")

	// A colleague sees the app, whose it is, and no way to remove it.
	g.be("2")
	page := g.get(path)
	g.shows(page, 200, "Helena Vaher shares this app", "Only admins can register messaging channels")
	g.lacks(page, path+"/uninstall")
	g.shows(g.get("/marketplace"), 200, "Shared by Helena Vaher")
	g.shows(g.get("/oauth/authorize?client_id="+id+"&redirect_uri="+url.QueryEscape(callback)), 200, "Only admins can register messaging channels")
	g.shows(g.post(path+"/uninstall"), 403, "Only the app owner can uninstall")

	g.shows(g.post(path+"/sharing", "share", "me"), 403, "Only the app owner")
	g.be("1")
	// spec: authz.share-later
	if a := g.post(path+"/sharing", "share", "me"); a.status != 303 {
		t.Fatalf("unsharing got %d: %s", a.status, a.body)
	}
	g.shows(g.get(path), 200, "only you", "Share with everyone")
	if a := g.post(path + "/uninstall"); a.status != 303 || a.location != path {
		t.Fatalf("uninstall got %d to %q", a.status, a.location)
	}
	g.shows(g.get(path), 200, "Nobody in Nordwind Trading")
	g.shows(g.post(path+"/uninstall"), 404, "not installed")
}

// spec: oauth.authorize.maintenance
func TestAuthorizeInMaintenance(t *testing.T) {
	t.Parallel()
	g := newGatePages(t, true)
	g.be("1")
	id := g.register("callback_url", "http://127.0.0.1:9/callback")
	g.ok(g.db.Close())
	a := g.get("/oauth/authorize?client_id=" + id + "&redirect_uri=" + url.QueryEscape("http://127.0.0.1:9/callback"))
	g.shows(a, 503, "Whoops! Something broke in our servers and we cannot serve you this page.")
	if ct := a.header.Get("Content-Type"); !strings.HasPrefix(ct, "text/html") {
		t.Errorf("content type %q", ct)
	}
}

// An app that wants installing to begin at its own page, and one that is not
// ready.
func TestInstallElsewhere(t *testing.T) {
	t.Parallel()
	g := newGatePages(t, true)
	g.get("/developer-hub")
	own := g.register("callback_url", "http://127.0.0.1:9/cb", "installation_url", "http://127.0.0.1:9/install")
	if a := g.post("/marketplace/app/" + own + "/install"); a.location != "http://127.0.0.1:9/install" {
		t.Errorf("sent to %q", a.location)
	}
	g.shows(g.get("/marketplace/app/"+own), 200, "Proceed to install")
	raw := g.register()
	g.shows(g.get("/marketplace/app/"+raw), 200, "Not ready to install")
	g.shows(g.post("/marketplace/app/"+raw+"/install"), 400, "callback_url")
	// Apps send people here after their installation, with settings or without.
	g.shows(g.get("/settings/marketplace/app/"+own+"/app-settings"), 200, "nothing to set up", "/marketplace/app/"+own)
}

// spec: web.login-cookie
// spec: account.setup-token
func TestSignInPages(t *testing.T) {
	t.Parallel()
	g := newGatePages(t, false)
	g.shows(g.get("/setup?token=x"), 403, "set-up link is not valid")
	token, err := g.account.SetupToken(t.Context())
	g.ok(err)
	g.shows(g.get("/setup?token="+token), 200, "Create company")
	const pw = "correct horse battery"
	g.shows(g.post("/setup", "token", token, "company", "Blue Harbour", "name", "Ann", "email", "ann@example.com", "password", "short"), 400, "Expected at least 10", `value="Blue Harbour"`)
	if a := g.post("/setup", "token", token, "company", "Blue Harbour", "name", "Ann", "email", "ann@example.com", "password", pw); a.status != 303 || a.location != "/developer-hub" {
		t.Fatalf("set-up got %d to %q: %s", a.status, a.location, a.body)
	}
	g.shows(g.get("/developer-hub"), 200, "Blue Harbour", "Sign out")
	if a := g.post("/_dockwright/switch-user", "user", "1"); a.status != 403 {
		t.Errorf("switching users outside of the demo got %d", a.status)
	}
	// spec: account.users
	g.shows(g.get("/settings/users"), 200, "Ann", "(you)", "Your password")
	_, err = g.account.CreateUser(t.Context(), 1, account.NewUser{Name: "Ben", Email: "ben@example.com", Password: pw})
	g.ok(err)
	g.shows(g.get("/settings/users"), 200, "ben@example.com", "/settings/users/2/deactivate")
	g.shows(g.post("/settings/users/1/deactivate"), 400, "only admin")
	g.shows(g.post("/settings/password", "current", "wrong", "password", pw+"!"), 400, "not your current password")
	if a := g.post("/settings/password", "current", pw, "password", pw); a.status != 303 {
		t.Fatalf("changing the password got %d", a.status)
	}
	if a := g.post("/settings/users/2/deactivate"); a.status != 303 {
		t.Fatalf("deactivating got %d", a.status)
	}
	if a := g.post("/logout"); a.location != "/login" {
		t.Fatalf("sign-out got %q", a.location)
	}
	if a := g.get("/marketplace?x=1"); a.location != "/login?next=%2Fmarketplace%3Fx%3D1" {
		t.Fatalf("signed out, sent to %q", a.location)
	}
	g.shows(g.get("/login?next=%2Fmarketplace%3Fx%3D1"), 200, `value="/marketplace?x=1"`)
	g.shows(g.get("/login?next=https%3A%2F%2Fevil.example"), 200, `name="next" value="/"`)
	g.shows(g.post("/login", "email", "ann@example.com", "password", "wrong", "next", "/"), 401, "The email or the password is wrong", `value="ann@example.com"`)
	if a := g.post("/login", "email", "ann@example.com", "password", pw, "next", "//evil.example"); a.status != 303 || a.location != "/" {
		t.Fatalf("sign-in got %d to %q", a.status, a.location)
	}
	if a := g.get("/login?next=%2Fmarketplace"); a.location != "/marketplace" {
		t.Errorf("signed in already, sent to %q", a.location)
	}
	g.newBrowser()
	for range 4 {
		g.post("/login", "email", "ann@example.com", "password", "wrong")
	}
	for range 2 {
		g.post("/login", "email", "ann@example.com", "password", "wrong")
	}
	a := g.post("/login", "email", "ann@example.com", "password", pw)
	g.shows(a, 429, "Too many tries")
	if a.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

// A form of another site that the browser sends with the cookie changes nothing.
// spec: web.cross-site
func TestCrossSiteForms(t *testing.T) {
	t.Parallel()
	g := newGatePages(t, true)
	g.get("/developer-hub")
	id := g.register("callback_url", "http://127.0.0.1:9/cb")
	for _, path := range []string{"/login", "/setup", "/logout", "/developer-hub/new", "/developer-hub/app/" + id + "/secret", "/oauth/authorize", "/marketplace/app/" + id + "/install", "/_dockwright/switch-user"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, g.base+path, strings.NewReader("user=2"))
		g.ok(err)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", "https://evil.example")
		req.Header.Set("Sec-Fetch-Site", "cross-site")
		g.shows(g.do(req), 403, "came from another site")
	}
}
