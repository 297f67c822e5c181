package control_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dockwright/dockwright/hosttest"
)

// ask talks to the desk of h and reads what it tells into v, if v is not nil.
func ask(t *testing.T, h *hosttest.Host, method, path string, body, v any) (status int, raw string) {
	t.Helper()
	status, _, b := h.Do(method, path, "", body)
	if v != nil {
		if status != http.StatusOK {
			t.Fatalf("%s %s: %d %s", method, path, status, b)
		}
		if err := json.Unmarshal(b, &struct{ Data any }{v}); err != nil {
			t.Fatalf("%s %s: %v in %s", method, path, err, b)
		}
	}
	return status, string(b)
}

type state struct {
	Clock     struct{ Now, Ahead string }
	Faults    []struct{ Fault, Path string }
	Database  string
	Companies []struct {
		ID     int64
		Domain string
		Users  []struct{ Email string }
		Apps   []struct {
			ClientID    string  `json:"client_id"`
			InstalledBy []int64 `json:"installed_by"`
		}
	}
}

// spec: control.clock
func TestClock(t *testing.T) {
	t.Parallel()
	h := hosttest.New(t, hosttest.Clock(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)))
	var told struct{ Now, Ahead string }
	ask(t, h, "POST", "/_dockwright/clock", map[string]string{"advance": "61m"}, &told)
	if told.Ahead != "1h1m0s" || told.Now != "2026-03-01T10:01:00Z" {
		t.Errorf("told %+v", told)
	}
	ask(t, h, "POST", "/_dockwright/clock", []byte("advance: 9m"), &told)
	if told.Ahead != "1h10m0s" {
		t.Errorf("after a second jump: %s ahead", told.Ahead)
	}
	if status, _, _ := h.Do("GET", "/v1/users/me", h.App.AccessToken, nil); status != http.StatusUnauthorized {
		t.Errorf("an access token of an hour ago: %d, want 401", status)
	}
	for _, bad := range []string{`{"advance":"-1m"}`, `{"advance":"0s"}`, `{"advance":"soon"}`, `{"advance":61}`, `{"advance":"2000000h"}`, `{}`, `{"ahead":"1m"}`, `[`, ``} {
		status, body := ask(t, h, "POST", "/_dockwright/clock", []byte(bad), nil)
		if status != http.StatusBadRequest || !strings.Contains(body, `"success":false`) {
			t.Errorf("%s: %d %s", bad, status, body)
		}
	}
}

// spec: control.faults, control.state
func TestFaults(t *testing.T) {
	t.Parallel()
	h := hosttest.New(t)
	ask(t, h, "POST", "/_dockwright/faults", []byte("fault: rate-limited\npath: /v1/users/me\ntimes: 2\nretry_after: 3"), nil)
	var now state
	if ask(t, h, "GET", "/_dockwright/state", nil, &now); len(now.Faults) != 1 || now.Faults[0].Fault != "rate-limited" {
		t.Errorf("planted: %+v", now.Faults)
	}
	status, header, body := h.Do("GET", "/v1/users/me", h.App.AccessToken, nil)
	if status != 429 || header.Get("Retry-After") != "3" || !strings.Contains(string(body), `"errorCode":429`) {
		t.Errorf("%d, Retry-After %q: %s", status, header.Get("Retry-After"), body)
	}
	ask(t, h, "DELETE", "/_dockwright/faults", nil, nil)
	if status, _, _ := h.Do("GET", "/v1/users/me", h.App.AccessToken, nil); status != 200 {
		t.Errorf("after the faults were cleared: %d", status)
	}
	for _, bad := range []string{
		`{}`, `{"fault":"fire","path":"/v1/*"}`, `{"fault":"slow","path":"/v1/*"}`, `{"fault":"slow","path":"/v1/*","delay":"1h"}`,
		`{"fault":"cut","path":"v1"}`, `{"fault":"cut","path":"/v1/*/x"}`, `{"fault":"cut","path":"/v1/a?b"}`, `{"fault":"cut","path":"/_dockwright/*"}`,
		`{"fault":"cut","path":"/v1/*","times":-1}`, `{"fault":"cut","path":"/v1/*","retry_after":3}`, `{"fault":"cut","path":"/v1/*","often":3}`,
		`{"fault":"server-error","path":"/v1/*","delay":"3s"}`,
	} {
		if status, body := ask(t, h, "POST", "/_dockwright/faults", []byte(bad), nil); status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", bad, status, body)
		}
	}
}

// spec: control.reset
func TestReset(t *testing.T) {
	t.Parallel()
	h := hosttest.New(t)
	other := h.Second()
	var told struct{ Removed []string }
	ask(t, h, "POST", "/_dockwright/reset", map[string]string{"company": h.Company.Domain}, &told)
	if len(told.Removed) != 1 || told.Removed[0] != h.Company.Domain {
		t.Errorf("removed %v", told.Removed)
	}
	if status, _, _ := h.Do("GET", "/v1/users/me", h.App.AccessToken, nil); status != http.StatusUnauthorized {
		t.Errorf("a token of a company that is gone: %d, want 401", status)
	}
	if status, _, _ := h.Do("GET", "/v1/users/me", other.App.AccessToken, nil); status != http.StatusOK {
		t.Errorf("a token of the other company: %d, want 200", status)
	}
	if status, body := ask(t, h, "POST", "/_dockwright/reset", map[string]string{"company": "nobody"}, nil); status != http.StatusNotFound {
		t.Errorf("an unknown company: %d %s", status, body)
	}
	h.Advance(time.Hour)
	h.Fail(hosttest.Fault{Kind: hosttest.Cut, Path: "/*"})
	ask(t, h, "POST", "/_dockwright/reset", nil, &told)
	var now state
	ask(t, h, "GET", "/_dockwright/state", nil, &now)
	if len(now.Companies) != 0 || len(now.Faults) != 0 || now.Clock.Ahead != "0s" {
		t.Errorf("after a reset: %+v", now)
	}
}

// spec: control.state
func TestState(t *testing.T) {
	t.Parallel()
	h := hosttest.New(t)
	var now state
	_, raw := ask(t, h, "GET", "/_dockwright/state", nil, &now)
	if len(now.Companies) != 1 || now.Database != "sqlite" {
		t.Fatalf("%+v", now)
	}
	c := now.Companies[0]
	if c.Domain != h.Company.Domain || len(c.Users) != 2 || len(c.Apps) != 1 || c.Apps[0].ClientID != h.App.ClientID || c.Apps[0].InstalledBy[0] != h.Admin.ID {
		t.Errorf("%+v", c)
	}
	for _, secret := range []string{h.App.ClientSecret, h.App.AccessToken, h.Admin.Token} {
		if strings.Contains(raw, secret) {
			t.Errorf("the state tells the secret %q", secret)
		}
	}
}

// spec: control.cross-site, control.local
func TestWhoMayEnter(t *testing.T) {
	t.Parallel()
	h := hosttest.New(t)
	for _, c := range []struct {
		method, path, name, value string
		status                    int
	}{
		{"GET", "/_dockwright/state", "", "", 200},
		{"GET", "/_dockwright/state", "Sec-Fetch-Site", "same-origin", 200},
		{"GET", "/_dockwright/state", "Sec-Fetch-Site", "cross-site", 403},
		{"GET", "/_dockwright/state", "Sec-Fetch-Site", "same-site", 403},
		{"POST", "/_dockwright/reset", "Sec-Fetch-Site", "cross-site", 403},
		{"POST", "/_dockwright/reset", "Origin", "https://elsewhere.example", 403},
		{"POST", "/_dockwright/clock", "Origin", "null", 403},
		{"GET", "/_dockwright/state", "X-Forwarded-For", "192.0.2.1", 403},
		{"GET", "/_dockwright/state", "Forwarded", "for=192.0.2.1", 403},
	} {
		req, err := http.NewRequestWithContext(t.Context(), c.method, h.URL+c.path, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		if c.name != "" {
			req.Header.Set(c.name, c.value)
		}
		resp, err := (&http.Client{Timeout: 10 * time.Second}).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != c.status {
			t.Errorf("%s %s with %s: %s: %d, want %d", c.method, c.path, c.name, c.value, resp.StatusCode, c.status)
		}
	}
}
