package resttest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

const (
	listWebhooks  = "GET /v1/webhooks"
	addWebhook    = "POST /v1/webhooks"
	deleteWebhook = "DELETE /v1/webhooks/{id}"
)

// receiver is a server that takes what is told to it and answers 200.
func receiver(t testing.TB) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(s.Close)
	return s.URL
}

func newHook(url string, more ...any) map[string]any {
	out := map[string]any{"subscription_url": url, "event_action": "*", "event_object": "person"}
	for i := 0; i < len(more); i += 2 {
		out[more[i].(string)] = more[i+1]
	}
	return out
}

// An app makes, lists and deletes webhooks; the answers have the platform's form.
// spec: webhooks.list
// spec: webhooks.create
// spec: webhooks.delete
// spec: webhooks.name-optional
func TestWebhookLife(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	at := receiver(t)
	made := s.do(call{op: addWebhook, want: 201, body: newHook(at, "name", "people sync", "http_auth_user", "hook", "http_auth_password", "s3")})
	made.is("status", "ok")
	made.is("data.subscription_url", at)
	made.is("data.type", "application")
	made.is("data.version", "2.0")
	made.is("data.user_id", s.Admin.ID)
	made.is("data.owner_id", s.Admin.ID)
	made.is("data.company_id", s.Company.ID)
	made.is("data.is_active", 1)
	made.is("data.http_auth_password", "s3")
	made.is("data.name", "people sync")

	old := s.do(call{op: addWebhook, want: 201, prefix: "/api", body: url.Values{
		"subscription_url": {at}, "event_action": {"updated"}, "event_object": {"activityType"}, "version": {"1.0"},
	}})
	old.is("data.version", "1.0")
	old.is("data.http_auth_user", nil)
	old.is("data.name", "")

	list := s.do(call{op: listWebhooks})
	if n := len(list.list("data")); n != 2 {
		t.Fatalf("%d webhooks, want 2: %s", n, list.raw)
	}
	list.is("data.0.id", made.id("data.id"))
	list.is("data.0.http_auth_password", "s3")

	s.do(call{op: deleteWebhook, path: []any{made.id("data.id")}})
	s.do(call{op: deleteWebhook, path: []any{made.id("data.id")}, want: 404}).is("errors.id.0", "not found")
	s.do(call{op: deleteWebhook, path: []any{"x"}, want: 404})
	if n := len(s.do(call{op: listWebhooks}).list("data")); n != 1 {
		t.Errorf("%d webhooks after the deletion, want 1", n)
	}
}

// What is wrong with a new webhook is said by field, in the documented form.
// spec: webhooks.errors
// spec: webhooks.words
// spec: webhooks.url
// spec: webhooks.url-reachable
func TestWebhookThatIsRefused(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	at := receiver(t)
	away := httptest.NewServer(http.RedirectHandler(at, http.StatusFound))
	t.Cleanup(away.Close)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	const unreachable = "invalid or non-reachable URL"
	for _, tc := range []struct {
		name, field, says string
		body              map[string]any
	}{
		{"no address", "subscription_url", unreachable, map[string]any{"event_action": "*", "event_object": "*"}},
		{"not an address", "subscription_url", unreachable, newHook("hooks.example.com")},
		{"plain http elsewhere", "subscription_url", unreachable, newHook("http://example.com/hooks")},
		{"the API itself", "subscription_url", unreachable, newHook(s.URL + "/v1/persons")},
		{"the API by another name", "subscription_url", unreachable, newHook(strings.Replace(s.URL, "127.0.0.1", "localhost", 1) + "/v1/persons")},
		{"a password in it", "subscription_url", unreachable, newHook("https://a:b@example.com/")},
		{"a redirect", "subscription_url", unreachable, newHook(away.URL)},
		{"nobody there", "subscription_url", unreachable, newHook(gone.URL)},
		{"a private network", "subscription_url", unreachable, newHook("https://10.0.0.1/hooks")},
		{"an action of version 1", "event_action", `got "added"`, newHook(at, "event_action", "added")},
		{"an action of version 2", "event_action", `got "create"`, newHook(at, "event_action", "create", "version", "1.0")},
		{"no action", "event_action", `got ""`, map[string]any{"subscription_url": at, "event_object": "*"}},
		{"an object in the plural", "event_object", `got "persons"`, newHook(at, "event_object", "persons")},
		{"leads in version 1", "event_object", `got "lead"`, newHook(at, "event_object", "lead", "version", "1.0")},
		{"activity types in version 2", "event_object", `got "activityType"`, newHook(at, "event_object", "activityType")},
		{"an unknown version", "version", `got "3.0"`, newHook(at, "version", "3.0")},
		{"a long name", "name", "at most 255", newHook(at, "name", strings.Repeat("n", 256))},
		{"an unknown user", "user_id", "got 99999", newHook(at, "user_id", 99999)},
		{"a user that is none", "user_id", "whole number", newHook(at, "user_id", "x")},
		{"a password without a user", "http_auth_user", "http_auth_password", newHook(at, "http_auth_password", "s3")},
		{"a colon in the user", "http_auth_user", "colon", newHook(at, "http_auth_user", "a:b")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := s.do(call{op: addWebhook, body: tc.body, want: 400})
			a.is("status", "error")
			a.is("success", false)
			if got := fmt.Sprint(a.at("errors." + tc.field)); !strings.Contains(got, tc.says) {
				t.Errorf("errors.%s is %s, want %q in it", tc.field, got, tc.says)
			}
		})
	}
	if n := len(s.do(call{op: listWebhooks}).list("data")); n != 0 {
		t.Errorf("%d webhooks were made all the same", n)
	}
}

// Apps see and delete their own webhooks only, users the general ones; nobody
// learns of another company's.
// spec: webhooks.app-sees-its-own
// spec: webhooks.own-permissions
func TestWhoseWebhook(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	at := receiver(t)
	other := s.Install(s.Admin, "webhooks:full")
	reader := s.Install(s.Admin, "webhooks:read")
	agents := s.Install(s.Agent, "webhooks:full")
	mine := s.do(call{op: addWebhook, want: 201, body: newHook(at)}).id("data.id")
	general := s.do(call{op: addWebhook, want: 201, body: newHook(at), token: s.Admin.Token})
	general.is("data.type", "general")
	agentsOwn := s.do(call{op: addWebhook, want: 201, body: newHook(at), token: s.Agent.Token}).id("data.id")

	count := func(token string) int { return len(s.do(call{op: listWebhooks, token: token}).list("data")) }
	for _, tc := range []struct {
		who, token string
		want       int
	}{
		{"the app", "", 1}, {"another app", other.AccessToken, 0}, {"an admin", s.Admin.Token, 2}, {"an agent", s.Agent.Token, 1},
		{"an app of another company", s.Second().App.AccessToken, 0}, {"an admin of another company", s.Second().Admin.Token, 0},
	} {
		if got := count(tc.token); got != tc.want {
			t.Errorf("%s sees %d webhooks, want %d", tc.who, got, tc.want)
		}
	}
	refused := func(token string, id int64, want int) {
		t.Helper()
		a := s.do(call{op: deleteWebhook, path: []any{id}, token: token, want: want})
		if want == 403 && a.at("message") != "Forbidden" {
			t.Errorf("refused with %s", a.raw)
		}
	}
	refused(other.AccessToken, mine, 403)
	refused(s.Admin.Token, mine, 403)
	refused("", general.id("data.id"), 403)
	refused(s.Agent.Token, general.id("data.id"), 403)
	refused(s.Second().App.AccessToken, 999, 404)
	s.do(call{op: deleteWebhook, path: []any{agentsOwn}, token: s.Admin.Token})

	// A user who is no admin cannot borrow an admin's eyes.
	s.do(call{op: addWebhook, want: 400, body: newHook(at, "user_id", s.Admin.ID), token: agents.AccessToken})
	s.do(call{op: addWebhook, want: 400, body: newHook(at, "user_id", s.Admin.ID), token: s.Agent.Token})
	s.do(call{op: addWebhook, want: 201, body: newHook(at, "user_id", s.Agent.ID), token: s.Admin.Token}).is("data.user_id", s.Agent.ID)

	if status, _, body := s.Do(http.MethodPost, "/v1/webhooks", reader.AccessToken, newHook(at)); status != 403 || !strings.Contains(string(body), "Scope and URL mismatch") {
		t.Errorf("without the scope: %d %s", status, body)
	}
}

// The forty-first webhook of a user, and of an app's user, is refused; the two are
// counted apart.
// spec: webhooks.limit
func TestWebhookLimit(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	at := receiver(t)
	for _, token := range []string{s.App.AccessToken, s.Admin.Token} {
		var last int64
		for range 40 {
			last = s.do(call{op: addWebhook, want: 201, body: newHook(at), token: token}).id("data.id")
		}
		a := s.do(call{op: addWebhook, want: 422, body: newHook(at), token: token})
		a.is("status", "error")
		s.do(call{op: deleteWebhook, path: []any{last}, token: token})
		s.do(call{op: addWebhook, want: 201, body: newHook(at), token: token})
	}
}
