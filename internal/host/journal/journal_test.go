package journal

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/internal/store"
)

// openSQLite is a journal over a new database.
func openSQLite(t *testing.T, o Options) *Journal {
	t.Helper()
	db, err := store.Open(t.Context(), store.Config{
		URL: "sqlite:" + filepath.Join(t.TempDir(), "journal.db"), Schema: "journal",
		Migrations: []store.Migrations{Migrations}, Unsafe: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	j := New(db, o)
	t.Cleanup(func() { _ = j.Close() })
	return j
}

// only returns the one exchange that company may see, whole.
func only(t *testing.T, j *Journal, company int64) Exchange {
	t.Helper()
	if err := j.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	v := Viewer{Company: company}
	all, err := j.List(t.Context(), Filter{Viewer: v})
	if err != nil || len(all.Exchanges) != 1 {
		t.Fatalf("list: %d exchanges, %v; want 1", len(all.Exchanges), err)
	}
	e, err := j.Get(t.Context(), v, all.Exchanges[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestInbound(t *testing.T) {
	t.Parallel()
	j := openSQLite(t, Options{})
	h := j.Inbound(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		Attribute(r.Context(), 7, "app-1", "channels.register")
		AttributeUser(r.Context(), 3)
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"success":true,"access_token":"s3cret"}`)
	}))
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/v1/channels?api_token=s3cret&x=1", strings.NewReader(`{"name":"Blümchen","client_secret":"s3cret"}`))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer s3cret")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusCreated || !strings.Contains(w.Body.String(), "s3cret") {
		t.Fatalf("the answer was changed: %d %s", w.Code, w.Body)
	}

	e := only(t, j, 7)
	if e.Direction != In || e.ClientID != "app-1" || e.User != 3 || e.Requirement != "channels.register" ||
		e.Method != "POST" || e.Path != "/v1/channels" || e.Status != http.StatusCreated || e.At.IsZero() {
		t.Errorf("exchange is %+v", e)
	}
	if e.URL != "http://example.com/v1/channels?api_token=***&x=1" {
		t.Errorf("url is %s", e.URL)
	}
	if got := string(e.RequestBody); got != `{"name":"Blümchen","client_secret":"***"}` || e.RequestChanges != Masked {
		t.Errorf("request body is %s (%b)", got, e.RequestChanges)
	}
	if got := string(e.ResponseBody); got != `{"success":true,"access_token":"***"}` {
		t.Errorf("response body is %s", got)
	}
	if got := e.RequestHeader.Get("Authorization"); got != "Bearer ***" {
		t.Errorf("authorization is %s", got)
	}
}

func TestNilJournal(t *testing.T) {
	t.Parallel()
	var j *Journal
	j.Record(Exchange{})
	if err := j.Flush(context.Background()); err != nil {
		t.Error(err)
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
	w := httptest.NewRecorder()
	j.Inbound(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("status is %d", w.Code)
	}
}
