package outbound

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dockwright/dockwright/internal/dial"
	"github.com/dockwright/dockwright/internal/host/journal"
	"github.com/dockwright/dockwright/internal/store"
)

func open(t *testing.T) (*Door, *journal.Journal) {
	t.Helper()
	db, err := store.Open(t.Context(), store.Config{
		URL: "sqlite:" + filepath.Join(t.TempDir(), "journal.db"), Schema: "journal",
		Migrations: []store.Migrations{journal.Migrations}, Unsafe: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	j := journal.New(db, journal.Options{})
	t.Cleanup(func() { _ = j.Close() })
	return New(Options{Journal: j, Guard: dial.Guard{LoopbackOnly: true}}), j
}

// last is the newest exchange of company 1.
func last(t *testing.T, j *journal.Journal) journal.Exchange {
	t.Helper()
	if err := j.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	v := journal.Viewer{Company: 1}
	all, err := j.List(t.Context(), journal.Filter{Viewer: v, Limit: 1})
	if err != nil || len(all.Exchanges) != 1 {
		t.Fatalf("list: %v, %v", all, err)
	}
	e, err := j.Get(t.Context(), v, all.Exchanges[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestDo(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, secret, _ := r.BasicAuth()
		body, _ := io.ReadAll(r.Body)
		if id != "app-1" || secret != "s3cret" || string(body) != `{"a":1}` || r.Header.Get("Content-Type") != "application/json" || r.Header.Get("X-Extra") != "yes" {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, `{"ok":true}`)
	}))
	defer srv.Close()
	d, j := open(t)
	resp, err := d.Do(t.Context(), Call{
		Company: 1, User: 2, Credentials: Credentials{"app-1", "s3cret"}, Method: "POST", URL: srv.URL + "/p?sig=s3cret",
		Header: http.Header{"x-extra": {"yes"}}, Body: []byte(`{"a":1}`), ContentType: "application/json", Requirement: "messaging.post",
	})
	if err != nil || resp.Status != http.StatusAccepted || string(resp.Body) != `{"ok":true}` {
		t.Fatalf("answer %+v, %v", resp, err)
	}
	e := last(t, j)
	if e.Direction != journal.Out || e.ClientID != "app-1" || e.User != 2 || e.Status != http.StatusAccepted || e.Path != "/p" || e.Requirement != "messaging.post" {
		t.Errorf("exchange is %+v", e)
	}
	if strings.Contains(e.URL, "s3cret") || e.RequestHeader.Get("Authorization") != "Basic ***" || string(e.RequestBody) != `{"a":1}` {
		t.Errorf("kept: %s %v %s", e.URL, e.RequestHeader, e.RequestBody)
	}
}

func TestDoFailures(t *testing.T) {
	t.Parallel()
	stop := make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("/slow", func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-stop:
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("/big", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("x", 100)) })
	mux.HandleFunc("/cut", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "half")
	})
	mux.Handle("/away", http.RedirectHandler("http://10.0.0.1/", http.StatusFound))
	srv := httptest.NewServer(mux)
	defer srv.Close()
	defer close(stop)
	gone := httptest.NewServer(nil)
	gone.Close()
	d, j := open(t)

	for _, c := range []struct {
		call Call
		want string
	}{
		{Call{URL: srv.URL + "/slow", Deadline: 10 * time.Millisecond}, "no answer within 10ms"},
		{Call{URL: srv.URL + "/big", Limit: 99}, "body is larger than 99 bytes"},
		{Call{URL: gone.URL}, "nobody listens at 127.0.0.1"},
		{Call{URL: srv.URL + "/cut"}, "closed before the answer was complete"},
		{Call{URL: "http://10.0.0.1/?sig=s3cret"}, "demo mode calls this machine only"},
	} {
		c.call.Company, c.call.Method = 1, "GET"
		_, err := d.Do(t.Context(), c.call)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: error is %v, want %q", c.call.URL, err, c.want)
		}
		if e := last(t, j); !strings.Contains(e.Err, c.want) || strings.Contains(e.Err, "http://") || strings.Contains(e.Err, "s3cret") {
			t.Errorf("%s: journal says %q", c.call.URL, e.Err)
		}
	}
	if _, err := d.Do(t.Context(), Call{Company: 1, Method: "GET", URL: "ftp://127.0.0.1/x"}); err == nil {
		t.Error("ftp was dialled")
	}
	resp, err := d.Do(t.Context(), Call{Company: 1, Method: "GET", URL: srv.URL + "/away"})
	if err != nil || resp.Status != http.StatusFound {
		t.Errorf("redirect: %+v, %v; want the 302 itself", resp, err)
	}
	_, err = d.Do(t.Context(), Call{Company: 1, Method: "GET", URL: srv.URL + "/big", Limit: 9})
	if _, ok := errors.AsType[*dial.TooLargeError](err); !ok {
		t.Errorf("too large: %v", err)
	}
}

func TestHead(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		w.WriteHeader(http.StatusNotFound)
	}))
	defer srv.Close()
	d, j := open(t)
	if status, err := d.Head(t.Context(), 1, srv.URL+"/file"); err != nil || status != http.StatusNotFound {
		t.Errorf("head: %d, %v", status, err)
	}
	if e := last(t, j); e.Method != "HEAD" || e.Status != http.StatusNotFound {
		t.Errorf("exchange is %+v", e)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.Head(ctx, 1, srv.URL); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}
