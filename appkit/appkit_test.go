package appkit_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dockwright/dockwright/appkit"
	"github.com/dockwright/dockwright/internal/dial"
	"github.com/dockwright/dockwright/pipedrive/messagingapi"
)

var account = appkit.Account{Company: 40, User: 7}

// memory is a vault for one account.
type memory struct {
	mu     sync.Mutex
	token  appkit.Token
	none   bool
	claims bool // whether it is held by another process
}

func (m *memory) Load(context.Context, appkit.Account) (appkit.Token, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.none {
		return appkit.Token{}, appkit.ErrNotInstalled
	}
	return m.token, nil
}

func (m *memory) Replace(_ context.Context, _ appkit.Account, old, fresh appkit.Token) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.token.Access != old.Access {
		return false, nil
	}
	m.token = fresh
	return true, nil
}

// shared is a vault whose claim another process holds.
type shared struct{ memory }

func (m *shared) Claim(context.Context, appkit.Account, appkit.Token, time.Duration) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return !m.claims, nil
}

// source counts refreshes.
type source struct {
	n   atomic.Int64
	err error
}

func (s *source) Refresh(_ context.Context, old appkit.Token) (appkit.Token, error) {
	n := s.n.Add(1)
	time.Sleep(50 * time.Millisecond) // inside a bubble: no time passes for real
	if s.err != nil {
		return appkit.Token{}, s.err
	}
	old.Access, old.Expiry = fmt.Sprint("fresh-", n), time.Now().Add(time.Hour)
	return old, nil
}

func TestTokens(t *testing.T) {
	t.Parallel()
	hundred := func(get func() (appkit.Token, error)) (tokens []string, errs int) {
		var mu sync.Mutex
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				tok, err := get()
				mu.Lock()
				defer mu.Unlock()
				tokens = append(tokens, tok.Access)
				if err != nil {
					errs++
				}
			})
		}
		wg.Wait()
		return tokens, errs
	}
	t.Run("a hundred requests notice that the token has expired: one refresh", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			src := &source{}
			toks := &appkit.Tokens{Vault: &memory{token: appkit.Token{Access: "old", Expiry: time.Now()}}, Source: src}
			got, errs := hundred(func() (appkit.Token, error) { return toks.Get(t.Context(), account) })
			for _, a := range got {
				if a != "fresh-1" {
					t.Errorf("got %q", a)
				}
			}
			if src.n.Load() != 1 || errs != 0 {
				t.Errorf("%d refreshes, %d errors", src.n.Load(), errs)
			}
		})
	})
	t.Run("a hundred requests are refused with 401: one refresh", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			src := &source{}
			toks := &appkit.Tokens{Vault: &memory{token: appkit.Token{Access: "old", Expiry: time.Now().Add(time.Hour)}}, Source: src}
			hundred(func() (appkit.Token, error) { return toks.Renew(t.Context(), account, "old") })
			if src.n.Load() != 1 {
				t.Errorf("%d refreshes", src.n.Load())
			}
		})
	})
	t.Run("a refresh that fails fails for all who waited, and is not tried a hundred times", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			src := &source{err: errors.New("away")}
			toks := &appkit.Tokens{Vault: &memory{token: appkit.Token{Access: "old"}}, Source: src}
			_, errs := hundred(func() (appkit.Token, error) { return toks.Get(t.Context(), account) })
			if src.n.Load() != 1 || errs != 100 {
				t.Errorf("%d refreshes, %d errors", src.n.Load(), errs)
			}
			if _, err := toks.Get(t.Context(), account); err == nil || src.n.Load() != 2 {
				t.Error("a later request does not try again")
			}
		})
	})
	t.Run("another process holds the claim: its token is taken", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			src := &source{}
			v := &shared{memory{token: appkit.Token{Access: "old"}, claims: true}}
			toks := &appkit.Tokens{Vault: v, Source: src}
			go func() {
				time.Sleep(time.Second)
				_, _ = v.Replace(t.Context(), account, appkit.Token{Access: "old"}, appkit.Token{Access: "theirs", Expiry: time.Now().Add(time.Hour)})
			}()
			tok, err := toks.Get(t.Context(), account)
			if err != nil || tok.Access != "theirs" || src.n.Load() != 0 {
				t.Errorf("%v %v, %d refreshes", tok, err, src.n.Load())
			}
		})
	})
	t.Run("waiting ends with the request", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			v := &shared{memory{token: appkit.Token{Access: "old"}, claims: true}}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if _, err := (&appkit.Tokens{Vault: v, Source: &source{}}).Get(ctx, account); !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
		})
	})
	t.Run("without an installation there is nothing to refresh", func(t *testing.T) {
		t.Parallel()
		if _, err := (&appkit.Tokens{Vault: &memory{none: true}, Source: &source{}}).Get(t.Context(), account); !errors.Is(err, appkit.ErrNotInstalled) {
			t.Error(err)
		}
	})
}

func loopback() *http.Client {
	return dial.Client(dial.Guard{LoopbackOnly: true}, dial.Options{})
}

func TestOAuth(t *testing.T) {
	t.Parallel()
	answers := map[string]string{
		"good":   `{"access_token":"a","token_type":"Bearer","expires_in":3599,"refresh_token":"r","scope":"base,messengers-integration","api_domain":"https://acme.example"}`,
		"domain": `{"access_token":"a","token_type":"Bearer","expires_in":3599,"refresh_token":"r","scope":"base","api_domain":"https://acme.example/path"}`,
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, secret, _ := r.BasicAuth()
		if id != "id" || secret != "secret" || r.FormValue("redirect_uri") != "https://app.example/cb" && r.FormValue("grant_type") == "authorization_code" {
			t.Errorf("%s %s %v", id, secret, r.Form)
		}
		body, ok := answers[r.FormValue("code")]
		if !ok {
			w.WriteHeader(http.StatusBadRequest)
			body = `{"success":false,"message":"Invalid grant: refresh token is invalid","error":"invalid_grant"}`
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, body)
	}))
	t.Cleanup(srv.Close)
	now := time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)
	o := &appkit.OAuth{
		Credentials: appkit.Credentials{ClientID: "id", Secret: "secret"}, HostURL: srv.URL,
		RedirectURL: "https://app.example/cb", HTTP: loopback(), Now: func() time.Time { return now },
	}
	tok, err := o.Exchange(t.Context(), "good")
	if err != nil || tok.APIDomain != "https://acme.example" || strings.Join(tok.Scopes, "|") != "base|messengers-integration" || !tok.Expiry.Equal(now.Add(3599*time.Second)) {
		t.Errorf("%+v %v", tok, err)
	}
	if _, err := o.Exchange(t.Context(), "domain"); err == nil || !strings.Contains(err.Error(), "api_domain") {
		t.Errorf("an api_domain with a path: %v", err)
	}
	if _, err := o.Refresh(t.Context(), tok); !errors.Is(err, appkit.ErrRevoked) {
		t.Errorf("refresh: %v", err)
	}
}

func TestREST(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Authorization") != "Bearer fresh-1":
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == "/v1/busy":
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusTooManyRequests)
			fmt.Fprint(w, `{"success":false,"error":"request over limit"}`)
		case r.URL.Path == "/v1/busier":
			w.Header().Set("Retry-After", "9000000000000000000")
			w.WriteHeader(http.StatusServiceUnavailable)
		case r.URL.Path == "/v1/wrong":
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `{"success":false,"error":"Only admins can register channels","additional_data":{"code":"ADMIN_ONLY"}}`)
		case r.URL.Path == "/v1/users/me":
			fmt.Fprint(w, `{"success":true,"data":{"id":7,"company_id":40,"name":"Ada","company_name":"Nordwind","is_admin":1}}`)
		default:
			fmt.Fprint(w, `{"success":true,"data":{"id":"x"}}`)
		}
	}))
	t.Cleanup(srv.Close)
	src := &source{}
	tok := appkit.Token{Access: "old", APIDomain: srv.URL, Expiry: time.Now().Add(time.Hour)}
	c := &appkit.REST{Tokens: &appkit.Tokens{Vault: &memory{token: tok}, Source: src}, HTTP: loopback()}
	var out struct{ Data struct{ ID string } }
	if err := c.Do(t.Context(), account, http.MethodPost, "/things", map[string]string{"a": "b"}, &out); err != nil || out.Data.ID != "x" || src.n.Load() != 1 {
		t.Fatal(err, out, src.n.Load())
	}
	err := c.Do(t.Context(), account, http.MethodGet, "/busy", nil, nil)
	if e, ok := errors.AsType[*appkit.APIError](err); !ok || e.RetryAfter != 7*time.Second || e.Text != "request over limit" {
		t.Errorf("%v", err)
	}
	err = c.Do(t.Context(), account, http.MethodGet, "/busier", nil, nil)
	if e, ok := errors.AsType[*appkit.APIError](err); !ok || e.RetryAfter != 24*time.Hour {
		t.Errorf("a wait of millennia: %v", err)
	}
	err = c.Do(t.Context(), account, http.MethodGet, "/wrong", nil, nil)
	if e, ok := errors.AsType[*appkit.APIError](err); !ok || e.Code != "ADMIN_ONLY" || e.Status != 403 {
		t.Errorf("%v", err)
	}
	tok.Access = "fresh-1"
	if u, err := c.Me(t.Context(), tok); err != nil || u.Account != account || !u.Admin {
		t.Errorf("%+v %v", u, err)
	}
}

// trip is a host without a network, so that waiting costs no time.
type trip func(*http.Request) *http.Response

func (f trip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r), nil }

func TestRESTWaits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		patience time.Duration
		wait     string // Retry-After, in seconds
		refusals int
		calls    int
		took     time.Duration
		ok       bool
	}{
		"not at all":            {0, "7", 1, 1, 0, false},
		"as long as asked":      {time.Minute, "7", 1, 2, 7 * time.Second, true},
		"twice":                 {time.Minute, "7", 2, 3, 14 * time.Second, true},
		"no longer than it may": {10 * time.Second, "7", 5, 2, 7 * time.Second, false},
		"not that long":         {10 * time.Second, "11", 1, 1, 0, false},
		"not for ever":          {time.Minute, "0", 9, 1, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				calls, paths := 0, ""
				host := trip(func(r *http.Request) *http.Response {
					calls++
					paths += r.URL.Path
					w := httptest.NewRecorder()
					if calls <= c.refusals {
						w.Header().Set("Retry-After", c.wait)
						w.WriteHeader(http.StatusTooManyRequests)
					}
					fmt.Fprint(w, `{"success":true,"data":{"title":"Lamps"}}`)
					return w.Result()
				})
				tok := appkit.Token{Access: "a", APIDomain: "https://acme.example", Expiry: time.Now().Add(time.Hour)}
				rest := &appkit.REST{Tokens: &appkit.Tokens{Vault: &memory{token: tok}}, HTTP: &http.Client{Transport: host}, Patience: c.patience}
				began := time.Now()
				deal, err := appkit.Get[struct{ Title string }](t.Context(), rest, account, "/api/v2/deals/7")
				if took := time.Since(began); (err == nil) != c.ok || calls != c.calls || took != c.took || c.ok && deal.Title != "Lamps" {
					t.Errorf("%d calls in %s: %+v %v", calls, took, deal, err)
				}
				if paths != strings.Repeat("/api/v2/deals/7", calls) {
					t.Errorf("called %s", paths)
				}
				calls = -100
				ctx, stop := context.WithTimeout(t.Context(), time.Second)
				defer stop()
				rest.Patience = time.Hour
				c.refusals, c.wait = 0, "30"
				if err := rest.Do(ctx, account, http.MethodGet, "/deals", nil, nil); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("waiting does not end with the request: %v", err)
				}
			})
		})
	}
}

func TestStates(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)
	s := &appkit.States{Cookie: "app_state", Path: "/cb", Key: []byte("key"), Now: func() time.Time { return now }}
	begin := httptest.NewRecorder()
	state := s.Begin(begin)
	cookie := begin.Result().Cookies()[0]
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode {
		t.Errorf("cookie %+v", cookie)
	}
	check := func(state string, c *http.Cookie) error {
		r := httptest.NewRequest(http.MethodGet, "/cb?code=c&state="+state, nil)
		if c != nil {
			r.AddCookie(c)
		}
		return s.Check(httptest.NewRecorder(), r)
	}
	if err := check(state, cookie); err != nil {
		t.Error(err)
	}
	for name, err := range map[string]error{
		"another browser":  check(state, nil),
		"another's cookie": check(state, &http.Cookie{Name: "app_state", Value: "other"}),
		"a forged state":   check("9"+state, cookie),
	} {
		if !errors.Is(err, appkit.ErrState) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := check("", cookie); !errors.Is(err, appkit.ErrNoState) {
		t.Error(err)
	}
	now = now.Add(16 * time.Minute)
	if err := check(state, cookie); !errors.Is(err, appkit.ErrState) {
		t.Errorf("too late: %v", err)
	}
}

func TestVerifyBasic(t *testing.T) {
	t.Parallel()
	c := appkit.Credentials{ClientID: "id", Secret: "secret"}
	for header, want := range map[string]bool{
		"Basic " + base64.StdEncoding.EncodeToString([]byte("id:secret")):  true,
		"Basic " + base64.StdEncoding.EncodeToString([]byte("id:secret2")): false,
		"Basic " + base64.StdEncoding.EncodeToString([]byte("ID:secret")):  false,
		"Basic " + base64.StdEncoding.EncodeToString([]byte(":")):          false,
		"Basic x": false, "": false, "Bearer secret": false,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Authorization", header)
		if got := appkit.VerifyBasic(r, c); got != want {
			t.Errorf("%q: %t", header, got)
		}
		if appkit.VerifyBasic(r, appkit.Credentials{}) {
			t.Errorf("%q passes for an app without credentials", header)
		}
	}
}

func TestCallbacks(t *testing.T) {
	t.Parallel()
	post := func(body string) *http.Request {
		return httptest.NewRequest(http.MethodPost, "/cb", strings.NewReader(body))
	}
	u, err := appkit.ParseUninstall(post(`{"client_id":"c","company_id":"40","user_id":7,"timestamp":"2026-03-04T11:00:00.000Z"}`))
	if err != nil || u.Account != account || u.At.IsZero() {
		t.Errorf("%+v %v", u, err)
	}
	s, err := appkit.ParseSharing(post(`{"company_id":40,"user_id":"7","isShared":true}`))
	if err != nil || s.Account != account || !s.Shared {
		t.Errorf("%+v %v", s, err)
	}
	for _, bad := range []string{``, `[]`, `{}`, `{"company_id":0,"user_id":7,"isShared":true}`, `{"company_id":1.5,"user_id":7,"isShared":true}`, `{"company_id":40,"user_id":7}`, strings.Repeat(" ", 100<<10)} {
		if _, err := appkit.ParseSharing(post(bad)); err == nil {
			t.Errorf("took %.40q", bad)
		}
	}
}

func TestManifest(t *testing.T) {
	t.Parallel()
	raw, err := appkit.ManifestFile(appkit.MessagingManifest("https://chat.example.com/provider/"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := messagingapi.ParseManifest(raw, messagingapi.ManifestRules{RequireHTTPS: true})
	if err != nil || len(m.Warnings) > 0 {
		t.Fatal(err, m.Warnings)
	}
	got, err := m.Endpoints.GetMessageByID.Expand(map[string]string{"providerChannelId": "c/1", "sourceConversationId": "k", "sourceMessageId": "m"})
	if err != nil || got != "https://chat.example.com/provider/c%2F1/conversations/k/messages/m" {
		t.Errorf("%s %v", got, err)
	}
}

// spec: appkit.manifests
func TestOtherManifests(t *testing.T) {
	t.Parallel()
	video, err := appkit.ManifestFile(appkit.VideoManifest("https://calls.example.com/provider/", "5f0c1e7a9b3d2468"))
	const wantVideo = `{
  "version": "v202049",
  "clientId": "5f0c1e7a9b3d2468",
  "endpoints": {
    "postMeeting": "https://calls.example.com/provider/:linkId/meetings",
    "patchUpdateMeeting": "https://calls.example.com/provider/:linkId/meetings/:meetingId",
    "deleteMeeting": "https://calls.example.com/provider/:linkId/meetings/:meetingId"
  }
}
`
	if err != nil || string(video) != wantVideo {
		t.Errorf("%s %v", video, err)
	}
	hooks, err := appkit.ManifestFile(appkit.WebhooksManifest(appkit.Webhook{URL: "https://app.example.com/hook", Action: "*", Object: "person"}))
	const wantHooks = `{
  "webhooks": [
    {
      "subscription_url": "https://app.example.com/hook",
      "event_action": "*",
      "event_object": "person",
      "version": "2.0"
    }
  ]
}
`
	if err != nil || string(hooks) != wantHooks {
		t.Errorf("%s %v", hooks, err)
	}
}
