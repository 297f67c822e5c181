package messaging_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dockwright/dockwright/internal/app/messaging"
	"github.com/dockwright/dockwright/internal/app/messaging/webchat"
	"github.com/dockwright/dockwright/internal/dial"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
)

const (
	clientID     = "5f0c1e7a9b3d2468"
	clientSecret = "s3cret-of-the-app"
	patience     = 20 * time.Second // how long a test waits for what must happen
)

// fakeHost is across the street: it records what it hears and answers as told.
type fakeHost struct {
	*httptest.Server

	mu        sync.Mutex
	received  []map[string]any
	channels  []map[string]any
	removed   []string
	refreshes int
	access    string // the access token that works
	codes     int
	heard     chan struct{} // closed and renewed at each call
	// answer may answer a call to the REST API in the host's place: true if it did.
	answer func(w http.ResponseWriter, r *http.Request, n int) bool
	calls  map[string]int
	seen   func(body []byte) // hears each call to receive, answered or not
}

func newFakeHost(t *testing.T) *fakeHost {
	h := &fakeHost{heard: make(chan struct{}), calls: map[string]int{}, access: "access-0"}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /oauth/authorize", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		http.Redirect(w, r, q.Get("redirect_uri")+"?code=the-code&state="+url.QueryEscape(q.Get("state")), http.StatusFound)
	})
	mux.HandleFunc("POST /oauth/token", h.token)
	mux.HandleFunc("GET /v1/users/me", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"success":true,"data":{"id":7,"name":"Ada","company_id":40,"company_name":"Nordwind Trading","company_domain":"nordwind","is_admin":1}}`)
	})
	mux.HandleFunc("POST /v1/channels", h.rest(&h.channels))
	mux.HandleFunc("POST /v1/channels/messages/receive", h.rest(&h.received))
	mux.HandleFunc("DELETE /v1/channels/{id}", func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		h.removed = append(h.removed, r.PathValue("id"))
		h.tell()
		h.mu.Unlock()
		fmt.Fprint(w, `{"success":true}`)
	})
	h.Server = httptest.NewServer(mux)
	t.Cleanup(h.Close)
	return h
}

func (h *fakeHost) token(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	h.mu.Lock()
	defer h.mu.Unlock()
	if id != clientID || secret != clientSecret {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"success":false,"message":"Invalid client: client is invalid","error":"invalid_client"}`)
		return
	}
	if r.FormValue("grant_type") == "refresh_token" {
		h.refreshes++
	}
	h.codes++
	h.access = fmt.Sprintf("access-%d", h.codes)
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"access_token":%q,"token_type":"Bearer","expires_in":3599,"refresh_token":"refresh","scope":"base,messengers-integration","api_domain":%q}`, h.access, h.URL)
}

// tell wakes whoever waits. The lock is held.
func (h *fakeHost) tell() {
	close(h.heard)
	h.heard = make(chan struct{})
}

func (h *fakeHost) rest(into *[]map[string]any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h.mu.Lock()
		defer h.mu.Unlock()
		defer h.tell()
		h.calls[r.URL.Path]++
		if h.seen != nil {
			h.seen(body)
		}
		if h.answer != nil && h.answer(w, r, h.calls[r.URL.Path]) {
			return
		}
		if r.Header.Get("Authorization") != "Bearer "+h.access {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"success":false,"error":"Unauthorized access"}`)
			return
		}
		var m map[string]any
		_ = json.Unmarshal(body, &m)
		*into = append(*into, m)
		fmt.Fprintf(w, `{"success":true,"data":%s}`, body)
	}
}

// until waits until ok, which is asked after each call that the host hears.
func (h *fakeHost) until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(patience)
	for {
		h.mu.Lock()
		done, heard := ok(), h.heard
		h.mu.Unlock()
		if done {
			return
		}
		select {
		case <-heard:
		case <-deadline:
			h.mu.Lock()
			defer h.mu.Unlock()
			t.Fatalf("%s did not happen; received %v, channels %v, calls %v", what, h.received, h.channels, h.calls)
		}
	}
}

func (h *fakeHost) texts() []string {
	var all []string
	for _, m := range h.received {
		all = append(all, fmt.Sprint(m["message"], " ", m["status"]))
	}
	return all
}

// rig is the app on a socket, with the host it talks to.
type rig struct {
	t       *testing.T
	host    *fakeHost
	app     atomic.Pointer[messaging.App]
	cfg     messaging.Config
	chat    webchat.Options
	url     string
	db      *store.DB
	framed  atomic.Int64 // how often a page was loaded into a frame
	down    atomic.Bool  // the app answers nothing but 503
	stop    func()       // ends Run and waits for it
	browser *http.Client
}

type rigOptions struct {
	config func(*messaging.Config)
	chat   webchat.Options
}

func newRig(t *testing.T, open func(ms ...store.Migrations) *store.DB, o rigOptions) *rig {
	t.Helper()
	host := newFakeHost(t)
	keys, err := secret.NewKeyring(bytes.Repeat([]byte{7}, secret.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(nil)
	cfg := messaging.Config{
		DB: open(messaging.Migrations()...), Keys: keys, HostURL: host.URL, BaseURL: "http://" + srv.Listener.Addr().String(),
		ClientID: clientID, Secret: clientSecret, Demo: true, Guard: dial.Guard{LoopbackOnly: true},
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	if o.config != nil {
		o.config(&cfg)
	}
	jar, _ := cookiejar.New(nil)
	r := &rig{t: t, host: host, url: cfg.BaseURL, db: cfg.DB, browser: &http.Client{Jar: jar}, cfg: cfg, chat: o.chat}
	r.start()
	srv.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if r.down.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		r.app.Load().Handler().ServeHTTP(w, req)
		if req.Header.Get("Sec-Fetch-Dest") == "iframe" {
			r.framed.Add(1)
		}
	})
	srv.Start()
	t.Cleanup(srv.Close)
	return r
}

// start makes the app and runs it, as a process does that begins; stop ends it.
func (r *rig) start() {
	app, err := messaging.New(context.Background(), r.cfg, webchat.New(r.chat))
	if err != nil {
		r.t.Fatal(err)
	}
	r.app.Store(app)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- app.Run(ctx) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			r.t.Errorf("Run: %v", err)
		}
	})
	r.t.Cleanup(r.stop)
}

// reply is an answer with its body read.
type reply struct {
	*http.Response
	body []byte
}

func (r *rig) do(method, path string, header http.Header, body io.Reader) reply {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, body)
	if err != nil {
		r.t.Fatal(err)
	}
	for k, v := range header {
		req.Header[k] = v
	}
	resp, err := r.browser.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return reply{resp, raw}
}

// want fails unless the status is as wanted and the body has all the words.
func (r reply) want(t *testing.T, status int, words ...string) reply {
	t.Helper()
	if r.StatusCode != status {
		t.Fatalf("status %d, want %d: %s", r.StatusCode, status, r.body)
	}
	for _, w := range words {
		if !strings.Contains(string(r.body), w) {
			t.Fatalf("body lacks %q: %s", w, r.body)
		}
	}
	return r
}

func (r reply) json(t *testing.T, into any) {
	t.Helper()
	if err := json.Unmarshal(r.body, into); err != nil {
		t.Fatalf("%v: %s", err, r.body)
	}
}

func basic() http.Header {
	h := http.Header{}
	req := http.Request{Header: h}
	req.SetBasicAuth(clientID, clientSecret)
	return h
}

func asJSON(h http.Header) http.Header {
	h = h.Clone()
	if h == nil {
		h = http.Header{}
	}
	h.Set("Content-Type", "application/json")
	return h
}

type status struct {
	Installations []struct {
		CompanyID int64 `json:"company_id"`
		UserID    int64 `json:"user_id"`
	} `json:"installations"`
	Channels []struct {
		ID    string `json:"provider_channel_id"`
		State string `json:"state"`
		Link  string `json:"link"`
	} `json:"channels"`
	Parked  int `json:"parked"`
	Waiting int `json:"waiting"`
}

func (r *rig) status() (s status) {
	r.t.Helper()
	r.do(http.MethodGet, "/status.json", nil, nil).want(r.t, 200).json(r.t, &s)
	return s
}

// install goes through consent and adds a channel, as an operator does.
func (r *rig) install() (channel string) {
	r.t.Helper()
	r.do(http.MethodGet, "/install", nil, nil).want(r.t, 200, "Nordwind Trading")
	form := url.Values{"installation": {"40-7"}, "network": {"webchat"}, "name": {"Shop chat"}}
	r.do(http.MethodPost, "/channels", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, strings.NewReader(form.Encode())).want(r.t, 200, "Shop chat")
	r.registered()
	return r.status().Channels[0].ID
}

func (r *rig) registered() {
	r.t.Helper()
	r.eventually("the channel is registered", func() bool {
		s := r.status()
		return len(s.Channels) == 1 && s.Channels[0].State == "registered"
	})
}

// eventually asks until ok. It is for what no signal tells of.
func (r *rig) eventually(what string, ok func() bool) {
	r.t.Helper()
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if time.Now().After(deadline) {
			r.t.Fatalf("%s: did not happen", what)
		}
		<-tick.C
	}
}

func uninstall(r *rig) reply {
	r.t.Helper()
	body := fmt.Sprintf(`{"client_id":%q,"company_id":40,"user_id":7,"timestamp":"2026-03-04T11:00:00.000Z"}`, clientID)
	return r.do(http.MethodDelete, "/oauth/callback", asJSON(basic()), strings.NewReader(body))
}

func has(s, part string) bool { return strings.Contains(s, part) }
