package web_test

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/store"
)

// surfaceScript speaks the protocol of the SDK by hand, and does what the test
// says.
//
//go:embed testdata/surface_app.js
var surfaceScript string

// surfaceApp is an app at an origin of its own whose pages do what a test tells
// them, from inside their iframes.
type surfaceApp struct {
	t        testing.TB
	url      string // origin; localhost, where the host is at 127.0.0.1: another site
	ClientID string
	Secret   string
	// Extensions are those it was made with, in that order.
	Extensions []devhub.Extension

	mu     sync.Mutex
	loads  []url.Values // query of each page that was loaded
	paths  []string     // and its path
	frames map[string]*appFrame
	pages  map[string]http.HandlerFunc // by path, instead of the page that obeys
}

// appFrame is what the pages of one path of an app do.
type appFrame struct {
	orders, again chan string // again is what a page has left undone
	answers       chan appAnswer

	mu       sync.Mutex
	instance string // the page that has an order, "" if none has
	order    string
}

// take waits for an order to a page.
func (f *appFrame) take(gone <-chan struct{}, instance string) (order string) {
	select {
	case order = <-f.again:
	case order = <-f.orders:
	case <-gone:
		return ""
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.instance, f.order = instance, order
	return order
}

// finish takes an order off a page; it reports false if the page has none.
func (f *appFrame) finish(instance string) (order string, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if instance == "" || f.instance != instance {
		return "", false
	}
	f.instance = ""
	return f.order, true
}

type appAnswer struct {
	Value json.RawMessage `json:"value"`
	Err   string          `json:"error"`
}

// newSurfaceApp registers an app with extensions, whose URLs are paths of the
// app, and installs it for user 1 of company 1.
func (s *site) newSurfaceApp(name string, list ...devhub.NewExtension) *surfaceApp {
	s.t.Helper()
	a := &surfaceApp{t: s.t, frames: map[string]*appFrame{}, pages: map[string]http.HandlerFunc{}}
	server := httptest.NewServer(http.HandlerFunc(a.serve))
	s.t.Cleanup(func() {
		server.CloseClientConnections() // pages that wait for orders; their browser may still be there
		server.Close()
	})
	a.url = strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	prepared, secret, err := s.apps.PrepareApp(devhub.NewApp{
		Registration: devhub.Registration{Name: name, CallbackURL: a.url + "/oauth/callback", Scopes: []string{"base"}, SharingEnabled: true, ExtensionsShared: true},
		State:        devhub.StatusLive,
	})
	s.ok(err)
	a.ClientID, a.Secret = prepared.ClientID(), secret
	var uuids []string
	for i, e := range list {
		if strings.HasPrefix(e.URL, "/") {
			e.URL = a.url + e.URL
		}
		uuids = append(uuids, fmt.Sprintf("%s-0000-4000-8000-%012d", a.ClientID[:8], i+1))
		s.ok(s.apps.PrepareExtension(&prepared, devhub.FileExtension{UUID: uuids[i], NewExtension: e}))
	}
	s.ok(s.db.Company(1).Update(s.t.Context(), func(tx *store.Tx) error {
		if _, err := s.apps.AddApp(tx, 1, prepared); err != nil {
			return err
		}
		a.Extensions = nil
		for _, id := range uuids {
			e, err := s.apps.ExtensionByUUID(tx, id)
			if err != nil {
				return err
			}
			a.Extensions = append(a.Extensions, e)
		}
		return nil
	}))
	s.install(a, 1, false)
	return a
}

// install gives a user of the first company an app.
func (s *site) install(a *surfaceApp, user int64, shared bool) {
	s.t.Helper()
	s.ok(s.db.Company(1).Update(s.t.Context(), func(tx *store.Tx) error {
		_, err := s.auth.AddInstallation(tx, authz.Installation{User: user, ClientID: a.ClientID, Scopes: []string{"base"}, Shared: shared}, s.db.Now())
		return err
	}))
}

// answer lets a path of the app answer otherwise; nil takes that back.
func (a *surfaceApp) answer(path string, h http.HandlerFunc) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.pages[path] = h; h == nil {
		delete(a.pages, path)
	}
}

// loaded is how often a path was loaded into an iframe, and the query of the last
// time.
func (a *surfaceApp) loaded(path string) (times int, last url.Values) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, p := range a.paths {
		if p == path {
			times, last = times+1, a.loads[i]
		}
	}
	return times, last
}

// do runs the body of an async JavaScript function in the page that was loaded
// last from a path, as soon as one is there, and returns what it returns. It has
// the functions of testdata/surface_app.js.
func (a *surfaceApp) do(path, js string) string {
	a.t.Helper()
	answer := a.try(path, js)
	if answer.Err != "" {
		a.t.Fatalf("%s of the app: %s: %s", path, js, answer.Err)
	}
	return string(answer.Value)
}

func (a *surfaceApp) try(path, js string) appAnswer {
	a.t.Helper()
	f := a.frame(path)
	patience := time.After(45 * time.Second)
	select {
	case f.orders <- js:
	case <-patience:
		a.t.Fatalf("no page of %s asked what to do", path)
	}
	select {
	case answer := <-f.answers:
		return answer
	case <-patience:
		a.t.Fatalf("%s of the app never finished: %s", path, js)
	}
	return appAnswer{}
}

func (a *surfaceApp) frame(path string) *appFrame {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.frames[path] == nil {
		a.frames[path] = &appFrame{orders: make(chan string), again: make(chan string, 8), answers: make(chan appAnswer, 8)}
	}
	return a.frames[path]
}

func (a *surfaceApp) serve(w http.ResponseWriter, r *http.Request) {
	page, instance := r.Header.Get("App-Page"), r.Header.Get("App-Instance")
	switch {
	case r.URL.Path == "/app.js":
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = io.WriteString(w, surfaceScript)
	case r.URL.Path == "/order":
		_, _ = io.WriteString(w, a.frame(page).take(r.Context().Done(), instance))
	case r.URL.Path == "/done":
		var answer appAnswer
		if err := json.NewDecoder(r.Body).Decode(&answer); err != nil {
			answer.Err = err.Error()
		}
		f := a.frame(page)
		if _, ok := f.finish(instance); ok {
			f.answers <- answer
		}
	case r.URL.Path == "/gone":
		f := a.frame(r.URL.Query().Get("page"))
		if order, ok := f.finish(r.URL.Query().Get("instance")); ok {
			f.again <- order
		}
	case r.URL.Path == "/favicon.ico":
		w.WriteHeader(http.StatusNoContent)
	default:
		a.mu.Lock()
		a.paths, a.loads = append(a.paths, r.URL.Path), append(a.loads, r.URL.Query())
		h := a.pages[r.URL.Path]
		a.mu.Unlock()
		if h == nil {
			h = a.obey
		}
		h(w, r)
	}
}

// obey is the page that asks what to do.
func (a *surfaceApp) obey(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, `<!DOCTYPE html><html lang="en"><title>App</title><body><h1>%s</h1><script src="/app.js"></script></body></html>`, html.EscapeString(r.URL.Path))
}
