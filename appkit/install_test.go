package appkit_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/appkit"
)

// crm is the host's side of an install flow: one code is good, once.
type crm struct {
	*httptest.Server
	code string
	gone bool // /users/me is down
}

func newCRM(t *testing.T) *crm {
	t.Helper()
	c := &crm{code: "good"}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /oauth/token", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("code") != c.code {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"success":false,"message":"Invalid grant: authorization code is invalid","error":"invalid_grant"}`)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token":"a","token_type":"Bearer","expires_in":3599,"refresh_token":"r","scope":"base","api_domain":%q}`, c.URL)
	})
	mux.HandleFunc("GET /v1/users/me", func(w http.ResponseWriter, _ *http.Request) {
		if c.gone {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		fmt.Fprint(w, `{"success":true,"data":{"id":7,"company_id":40,"name":"Ada","company_name":"Nordwind"}}`)
	})
	c.Server = httptest.NewServer(mux)
	t.Cleanup(c.Close)
	return c
}

func newInstaller(host string) *appkit.Installer {
	return &appkit.Installer{
		OAuth: &appkit.OAuth{
			Credentials: appkit.Credentials{ClientID: "id", Secret: "secret"}, HostURL: host,
			RedirectURL: "https://app.example/oauth/callback", HTTP: loopback(),
		},
		States: &appkit.States{Cookie: "app_state", Path: "/oauth/callback", Key: []byte("key")},
		Store:  &appkit.Memory{},
		Log:    slog.New(slog.DiscardHandler),
	}
}

// browser is one that keeps the flow's cookie.
type browser struct{ cookies []*http.Cookie }

func (b *browser) get(h http.HandlerFunc, address string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, address, nil)
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	h(w, r)
	b.cookies = append(b.cookies, w.Result().Cookies()...)
	return w
}

// begin goes to the consent screen and returns the state.
func (b *browser) begin(t *testing.T, in *appkit.Installer) string {
	t.Helper()
	w := b.get(in.Begin, "/install")
	u, err := url.Parse(w.Header().Get("Location"))
	if err != nil || w.Code != http.StatusFound || u.Path != "/oauth/authorize" || u.Query().Get("client_id") != "id" || u.Query().Get("redirect_uri") != in.OAuth.RedirectURL {
		t.Fatalf("%d %s", w.Code, w.Header().Get("Location"))
	}
	return u.Query().Get("state")
}

// spec: appkit.install
func TestInstaller(t *testing.T) {
	t.Parallel()
	host := newCRM(t)
	t.Run("a browser installs the app", func(t *testing.T) {
		t.Parallel()
		in := newInstaller(host.URL)
		var told appkit.Installation
		in.Installed = func(_ context.Context, i appkit.Installation) error { told = i; return nil }
		b := &browser{}
		state := b.begin(t, in)
		w := b.get(in.Callback, "/oauth/callback?code=good&state="+url.QueryEscape(state))
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != host.URL {
			t.Fatalf("%d %s %s", w.Code, w.Header().Get("Location"), w.Body)
		}
		tok, err := in.Store.Load(t.Context(), account)
		if err != nil || tok.Access != "a" || tok.Refresh != "r" || told.Account != account || told.CompanyName != "Nordwind" {
			t.Errorf("%+v %v, told %+v", tok, err, told)
		}
		in.After = func(i appkit.Installation) string { return appkit.SettingsURL(i.Token, "id") }
		b = &browser{}
		w = b.get(in.Callback, "/oauth/callback?code=good&state="+url.QueryEscape(b.begin(t, in)))
		if want := host.URL + "/settings/marketplace/app/id/app-settings"; w.Header().Get("Location") != want {
			t.Errorf("sent to %s, want %s", w.Header().Get("Location"), want)
		}
	})
	t.Run("what does not become an installation", func(t *testing.T) {
		t.Parallel()
		for name, c := range map[string]struct {
			query   string // STATE is the browser's
			foreign bool   // another browser comes back
			damage  func(*appkit.Installer)
			reason  appkit.InstallReason
			status  int
		}{
			"declined":               {query: "error=user_denied&state=STATE", reason: appkit.InstallDenied, status: 403},
			"declined, state lost":   {query: "error=user_denied", reason: appkit.InstallDenied, status: 403},
			"another error":          {query: "error=%3Cscript%3E&state=STATE", reason: appkit.InstallRefused, status: 502},
			"another browser":        {query: "code=good&state=STATE", foreign: true, reason: appkit.InstallForeign, status: 403},
			"a state of one's own":   {query: "code=good&state=1.x", reason: appkit.InstallForeign, status: 403},
			"a code that is no good": {query: "code=bad&state=STATE", reason: appkit.InstallRefused, status: 502},
			"no code":                {query: "state=STATE", reason: appkit.InstallRefused, status: 400},
			"a store that is down":   {query: "code=good&state=STATE", damage: func(in *appkit.Installer) { in.Store = brokenStore{in.Store} }, reason: appkit.InstallUnstored, status: 500},
			"a hook that does not do": {query: "code=good&state=STATE", damage: func(in *appkit.Installer) {
				in.Installed = func(context.Context, appkit.Installation) error { return errors.New("full") }
			}, reason: appkit.InstallUnstored, status: 500},
		} {
			in := newInstaller(host.URL)
			if c.damage != nil {
				c.damage(in)
			}
			b := &browser{}
			query := strings.ReplaceAll(c.query, "STATE", url.QueryEscape(b.begin(t, in)))
			if c.foreign {
				b = &browser{}
			}
			w := b.get(in.Callback, "/oauth/callback?"+query)
			if w.Code != c.status || !strings.Contains(w.Body.String(), `href="/install"`) || strings.Contains(w.Body.String(), "<script>") || strings.Contains(w.Body.String(), "disk full") {
				t.Errorf("%s: %d %s", name, w.Code, w.Body)
			}
			var failure *appkit.InstallError
			in.Fail = func(_ http.ResponseWriter, _ *http.Request, e *appkit.InstallError) { failure = e }
			b.cookies = nil
			query = strings.ReplaceAll(c.query, "STATE", url.QueryEscape(b.begin(t, in)))
			if c.foreign {
				b.cookies = nil
			}
			b.get(in.Callback, "/oauth/callback?"+query)
			if failure == nil || failure.Reason != c.reason || failure.Status != c.status {
				t.Errorf("%s: %+v", name, failure)
			}
			if _, err := in.Store.Load(t.Context(), account); c.reason != appkit.InstallUnstored && !errors.Is(err, appkit.ErrNotInstalled) {
				t.Errorf("%s: something was stored: %v", name, err)
			}
		}
	})
	t.Run("a host that does not say whose token it is", func(t *testing.T) {
		t.Parallel()
		host := newCRM(t)
		host.gone = true
		in := newInstaller(host.URL)
		b := &browser{}
		w := b.get(in.Callback, "/oauth/callback?code=good&state="+url.QueryEscape(b.begin(t, in)))
		if _, err := in.Store.Load(t.Context(), account); w.Code != http.StatusBadGateway || !errors.Is(err, appkit.ErrNotInstalled) {
			t.Errorf("%d, %v", w.Code, err)
		}
	})
	t.Run("a host that began by itself", func(t *testing.T) {
		t.Parallel()
		in := newInstaller(host.URL)
		in.InstallPath = "/connect"
		if w := (&browser{}).get(in.Callback, "/oauth/callback?code=good"); w.Code != http.StatusFound || w.Header().Get("Location") != "/connect" {
			t.Errorf("%d %s", w.Code, w.Header().Get("Location"))
		}
	})
}

// brokenStore keeps nothing.
type brokenStore struct{ appkit.Store }

func (brokenStore) Install(context.Context, appkit.Account, appkit.Token) error {
	return errors.New("disk full")
}

func (brokenStore) Uninstall(context.Context, appkit.Account) error { return errors.New("disk full") }

// spec: appkit.install, appkit.notice-credentials
func TestInstallerHearsTheHost(t *testing.T) {
	t.Parallel()
	in := newInstaller("https://crm.example")
	var gone []appkit.Uninstall
	var shared []appkit.Sharing
	in.Uninstalled = func(_ context.Context, u appkit.Uninstall) error { gone = append(gone, u); return nil }
	in.Shared = func(_ context.Context, s appkit.Sharing) error { shared = append(shared, s); return nil }
	if err := in.Store.Install(t.Context(), account, appkit.Token{Access: "a"}); err != nil {
		t.Fatal(err)
	}
	call := func(method, secret, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "/oauth/callback", strings.NewReader(body))
		if secret != "" {
			r.SetBasicAuth("id", secret)
		}
		w := httptest.NewRecorder()
		in.Callback(w, r)
		return w
	}
	installed := func() bool {
		_, err := in.Store.Load(t.Context(), account)
		return err == nil
	}
	const uninstall, sharing = `{"client_id":"id","company_id":40,"user_id":7,"timestamp":"2026-03-04T11:00:00.000Z"}`, `{"company_id":40,"user_id":7,"isShared":true}`
	for _, c := range []struct {
		name, method, secret, body string
		status                     int
		says                       string
	}{
		{"a stranger uninstalls", http.MethodDelete, "", uninstall, 401, "Basic"},
		{"a guesser uninstalls", http.MethodDelete, "guess", uninstall, 401, "Basic"},
		{"no body", http.MethodDelete, "secret", ``, 400, "body"},
		{"another app's", http.MethodDelete, "secret", strings.Replace(uninstall, `"id"`, `"other"`, 1), 400, "client_id: expected id"},
		{"no user", http.MethodDelete, "secret", `{"company_id":40}`, 400, "body"},
		{"a stranger shares", http.MethodPost, "", sharing, 401, "Basic"},
		{"sharing unsaid", http.MethodPost, "secret", `{"company_id":40,"user_id":7}`, 400, "isShared"},
		{"another method", http.MethodPut, "secret", sharing, 405, "expected GET, DELETE or POST"},
	} {
		if w := call(c.method, c.secret, c.body); w.Code != c.status || !strings.Contains(w.Body.String(), c.says) {
			t.Errorf("%s: %d %s", c.name, w.Code, w.Body)
		}
	}
	if !installed() || len(gone) != 0 || len(shared) != 0 {
		t.Fatalf("refused calls had an effect: %v %v", gone, shared)
	}
	if w := call(http.MethodPost, "secret", sharing); w.Code != 200 || len(shared) != 1 || !shared[0].Shared || shared[0].Account != account {
		t.Errorf("sharing: %d %+v", w.Code, shared)
	}
	if w := call(http.MethodDelete, "secret", uninstall); w.Code != 200 || w.Body.String() != "{\"success\":true}\n" || len(gone) != 1 || installed() {
		t.Errorf("uninstall: %d %s %v", w.Code, w.Body, gone)
	}
	if w := call(http.MethodDelete, "secret", uninstall); w.Code != 200 {
		t.Errorf("uninstalled twice: %d", w.Code)
	}
	in.Store = brokenStore{in.Store}
	if w := call(http.MethodDelete, "secret", uninstall); w.Code != 500 || strings.Contains(w.Body.String(), "disk") {
		t.Errorf("a store that is down: %d %s", w.Code, w.Body)
	}
}

func TestMemory(t *testing.T) {
	t.Parallel()
	var m appkit.Memory
	ctx := t.Context()
	if ok, err := m.Replace(ctx, account, appkit.Token{}, appkit.Token{Access: "x"}); ok || err != nil {
		t.Errorf("replaced what is not there: %v %v", ok, err)
	}
	if err := m.Install(ctx, account, appkit.Token{Access: "a"}); err != nil {
		t.Fatal(err)
	}
	if ok, _ := m.Replace(ctx, account, appkit.Token{Access: "stale"}, appkit.Token{Access: "x"}); ok {
		t.Error("replaced another token")
	}
	if ok, _ := m.Replace(ctx, account, appkit.Token{Access: "a"}, appkit.Token{Access: "b"}); !ok {
		t.Error("did not replace")
	}
	if tok, err := m.Load(ctx, account); err != nil || tok.Access != "b" {
		t.Errorf("%+v %v", tok, err)
	}
	if _, err := m.Load(ctx, appkit.Account{Company: 41, User: 7}); !errors.Is(err, appkit.ErrNotInstalled) {
		t.Error(err)
	}
}
