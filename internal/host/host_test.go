package host_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/internal/host"
	"github.com/dockwright/dockwright/internal/host/journal"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

// newHost assembles a host in demo mode; it does not run.
func newHost(t *testing.T) *host.Host {
	t.Helper()
	return newHostWith(t, storetest.SQLite(t, journal.Migrations))
}

func newHostWith(t *testing.T, journalDB *store.DB) *host.Host {
	t.Helper()
	keys, err := secret.NewKeyring(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	h, err := host.New(t.Context(), host.Config{
		DB: storetest.SQLite(t, host.Migrations()...), JournalDB: journalDB,
		Keys: keys, BaseURL: "http://crm.test", Demo: true, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func ask(h *host.Host, method, path, peer string, header ...string) (status int, body string) {
	r := httptest.NewRequest(method, "http://crm.test"+path, nil)
	r.RemoteAddr = peer
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.Handler().ServeHTTP(w, r)
	raw, _ := io.ReadAll(w.Body) // a recorder's body does not fail
	return w.Code, string(raw)
}

const here, elsewhere = "127.0.0.1:4000", "192.0.2.7:4000"

// spec: rest.both-prefixes
func TestBothPrefixes(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	for _, prefix := range []string{"/v1", "/api/v1"} {
		status, body := ask(h, http.MethodGet, prefix+"/users/me", here, "Authorization", "Bearer nothing")
		if status != http.StatusUnauthorized || !strings.Contains(body, `"success":false`) {
			t.Errorf("%s: %d %s", prefix, status, body)
		}
	}
}

// What apps call is in the journal, also if nothing is built there; pages are not.
// spec: rest.unbuilt
func TestStreetIsRecorded(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t, journal.Migrations)
	h := newHostWith(t, db)
	called := []string{"/v1/products", "/api/v2/products", "/v2/deals"}
	for _, path := range append(called, "/nowhere") {
		ask(h, http.MethodGet, path, here)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.Run(ctx); err != nil { // writes what is queued
		t.Fatal(err)
	}
	j := journal.New(db, journal.Options{})
	defer j.Close()
	page, err := j.List(t.Context(), journal.Filter{Viewer: journal.Viewer{Company: 1, Unattributed: true}})
	if err != nil || len(page.Exchanges) != len(called) {
		t.Fatalf("%d exchanges, %v", len(page.Exchanges), err)
	}
	for _, e := range page.Exchanges {
		if !slices.Contains(called, e.Path) || e.Status != http.StatusNotImplemented {
			t.Errorf("%s: %d", e.Path, e.Status)
		}
	}
}

// spec: host.metrics-are-local
func TestMetricsAreForThisMachine(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	ask(h, http.MethodGet, "/healthz", here)
	if status, body := ask(h, http.MethodGet, "/metrics", here); status != http.StatusOK || !strings.Contains(body, "go_goroutines") {
		t.Errorf("here: %d", status)
	}
	if status, _ := ask(h, http.MethodGet, "/metrics", elsewhere); status != http.StatusForbidden {
		t.Errorf("from elsewhere: %d, want 403", status)
	}
	if status, _ := ask(h, http.MethodGet, "/metrics", here, "X-Forwarded-For", "192.0.2.7"); status != http.StatusForbidden {
		t.Errorf("through a proxy: %d, want 403", status)
	}
}

func TestReady(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	for _, path := range []string{"/healthz", "/readyz"} {
		if status, body := ask(h, http.MethodGet, path, elsewhere); status != http.StatusOK {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
}

// Run ends when it is told to, and leaves nothing running.
func TestRunEnds(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.Run(ctx); err != nil {
		t.Error(err)
	}
}
