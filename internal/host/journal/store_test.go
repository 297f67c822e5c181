package journal

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

func start(t *testing.T, db *store.DB, o Options) *Journal {
	t.Helper()
	j := New(db, o)
	t.Cleanup(func() { _ = j.Close() })
	return j
}

func flush(t *testing.T, j *Journal) {
	t.Helper()
	if err := j.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func paths(t *testing.T, j *Journal, f Filter) []string {
	t.Helper()
	all, err := j.List(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, e := range all.Exchanges {
		out = append(out, e.Path)
	}
	return out
}

func TestList(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(ms ...store.Migrations) *store.DB) {
		j := start(t, open(Migrations), Options{})
		for _, e := range []Exchange{
			{Path: "/a", Direction: In, Company: 1, ClientID: "x", Method: "GET", Status: 200, RequestHeader: http.Header{"X-Mark": {"Needle&1"}}},
			{Path: "/b", Direction: Out, Company: 1, ClientID: "x", Method: "POST", Status: 404, RequestBody: []byte("Grüße, Ärger 100%"), RequestHeader: http.Header{"Content-Type": {"text/plain"}}},
			{Path: "/c", Direction: Out, Company: 1, ClientID: "y", Method: "POST", Err: "no answer", URL: "http://h/c_d"},
			{Path: "/other", Direction: In, Company: 2, ClientID: "x", Method: "GET", Status: 200},
		} {
			j.Record(e)
		}
		flush(t, j)
		v := Viewer{Company: 1}
		for _, c := range []struct {
			name string
			f    Filter
			want []string
		}{
			{"all", Filter{}, []string{"/c", "/b", "/a"}},
			{"limit", Filter{Limit: 2}, []string{"/c", "/b"}},
			{"direction", Filter{Direction: Out}, []string{"/c", "/b"}},
			{"app", Filter{ClientID: "x"}, []string{"/b", "/a"}},
			{"method", Filter{Method: "get"}, []string{"/a"}},
			{"status", Filter{StatusClass: 4}, []string{"/b"}},
			{"no answer", Filter{StatusClass: -1}, []string{"/c"}},
			{"header text", Filter{Text: "x-mark: needle&1"}, []string{"/a"}},
			{"body text", Filter{Text: "grüße, ÄRGER 100%"}, []string{"/b"}},
			{"error text", Filter{Text: "NO ANSWER"}, []string{"/c"}},
			{"pattern signs mean themselves", Filter{Text: "c_d"}, []string{"/c"}},
			{"pattern signs match nothing else", Filter{Text: "_"}, []string{"/c"}},
			{"nothing", Filter{Text: "absent"}, []string{}},
			{"together", Filter{Direction: Out, StatusClass: 4, Text: "100%", ClientID: "x", Method: "POST"}, []string{"/b"}},
		} {
			c.f.Viewer = v
			if got := paths(t, j, c.f); !slices.Equal(got, c.want) {
				t.Errorf("%s: got %v, want %v", c.name, got, c.want)
			}
		}
		all, err := j.List(t.Context(), Filter{Viewer: v, Limit: 1})
		if err != nil || len(all.Exchanges) != 1 || all.Next != all.Exchanges[0].ID {
			t.Fatal(all, err)
		}
		if got := paths(t, j, Filter{Viewer: v, Before: all.Next}); !slices.Equal(got, []string{"/b", "/a"}) {
			t.Errorf("before: got %v", got)
		}
	})
}

// TestSearchWindow looks at a part of a long journal at a time, and goes on where
// it stopped.
func TestSearchWindow(t *testing.T) {
	t.Parallel()
	j := start(t, storetest.SQLite(t, Migrations), Options{})
	record := func(n int, path string) {
		for i := range n {
			j.Record(Exchange{Path: path, Company: 1})
			if i%1000 == 0 {
				flush(t, j)
			}
		}
		flush(t, j)
	}
	record(2, "/needle")
	record(searchWindow+10, "/hay")
	f := Filter{Viewer: Viewer{Company: 1}, Text: "NEEDLE"}
	p, err := j.List(t.Context(), f)
	if err != nil || len(p.Exchanges) != 0 || !p.Partial || p.Next == 0 {
		t.Fatalf("first part: %+v, %v", p, err)
	}
	f.Before = p.Next
	if p, err = j.List(t.Context(), f); err != nil || len(p.Exchanges) != 2 || p.Partial || p.Next != 0 {
		t.Errorf("second part: %+v, %v", p, err)
	}
	f.Limit = 1
	if p, err = j.List(t.Context(), f); err != nil || len(p.Exchanges) != 1 || p.Partial || p.Next != p.Exchanges[0].ID {
		t.Errorf("one of two: %+v, %v", p, err)
	}
}

// TestViewer shows each viewer what is its own, and nothing of another company.
// spec: journal.own-company
func TestViewer(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(ms ...store.Migrations) *store.DB) {
		j := start(t, open(Migrations), Options{OwnerOf: func(_ context.Context, clientID string) int64 {
			return map[string]int64{"mine": 1, "theirs": 2}[clientID]
		}})
		j.Record(Exchange{Path: "/1", Company: 1, ClientID: "mine"})
		j.Record(Exchange{Path: "/2", Company: 2, ClientID: "mine"})
		j.Record(Exchange{Path: "/wrong-secret", ClientID: "mine"})
		j.Record(Exchange{Path: "/wrong-secret-too", ClientID: "theirs"})
		j.Record(Exchange{Path: "/unknown-app", ClientID: "invented"})
		j.Record(Exchange{Path: "/nobody"})
		flush(t, j)
		for _, c := range []struct {
			name string
			v    Viewer
			want []string
		}{
			{"zero", Viewer{}, []string{}},
			{"zero, demo", Viewer{Unattributed: true}, []string{}},
			{"owner", Viewer{Company: 1}, []string{"/wrong-secret", "/1"}},
			{"other", Viewer{Company: 2}, []string{"/wrong-secret-too", "/2"}},
			{"neither", Viewer{Company: 3}, []string{}},
			{"demo", Viewer{Company: 1, Unattributed: true}, []string{"/nobody", "/unknown-app", "/wrong-secret", "/1"}},
		} {
			if got := paths(t, j, Filter{Viewer: c.v}); !slices.Equal(got, c.want) {
				t.Errorf("%s: got %v, want %v", c.name, got, c.want)
			}
			for id := range int64(8) {
				e, err := j.Get(t.Context(), c.v, id)
				if seen := slices.Contains(c.want, e.Path); seen != (err == nil) {
					t.Errorf("%s: get %d: %v %v", c.name, id, e.Path, err)
				}
				if err != nil && fault.KindOf(err) != fault.NotFound {
					t.Errorf("%s: get %d: %v", c.name, id, err)
				}
			}
		}
	})
}

// spec: journal.bounded
func TestEviction(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(ms ...store.Migrations) *store.DB) {
		const maxBytes = 100 << 10
		db := open(Migrations)
		j := start(t, db, Options{MaxBytes: maxBytes})
		body := []byte(strings.Repeat("x", 1000))
		for i := range 400 {
			j.Record(Exchange{Path: fmt.Sprintf("/%d", i), Company: 1, RequestBody: body, RequestHeader: http.Header{"Content-Type": {"text/plain"}}})
			if i%50 == 0 {
				flush(t, j)
			}
		}
		flush(t, j)
		got := paths(t, j, Filter{Viewer: Viewer{Company: 1}, Limit: 1000})
		if len(got) < 60 || len(got) > 100 || got[0] != "/399" || got[len(got)-1] != fmt.Sprintf("/%d", 400-len(got)) {
			t.Errorf("%d kept, from %s to %s", len(got), got[len(got)-1], got[0])
		}
		var total, sum int64
		err := db.View(t.Context(), func(tx *store.Tx) (err error) {
			if total, err = store.One(tx, store.Value[int64], `SELECT stored_size FROM exchange_total`); err != nil {
				return err
			}
			sum, err = store.One(tx, store.Value[int64], `SELECT CAST(SUM(stored_size) AS BIGINT) FROM exchange`)
			return err
		})
		if err != nil || total != sum || total > maxBytes {
			t.Errorf("total is %d, sum of the rows %d, bound %d, %v", total, sum, maxBytes, err)
		}
	})
}

// TestReplayKey marks a replay by its key and by nothing else, through another
// journal on the same database too.
func TestReplayKey(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(ms ...store.Migrations) *store.DB) {
		db := open(Migrations)
		asking, answering := start(t, db, Options{}), start(t, db, Options{})
		answering.Record(Exchange{Path: "/first", Company: 1})
		flush(t, answering)
		key, err := asking.BeginReplay(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		h := answering.Inbound(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { Attribute(r.Context(), 1, "", "") }))
		for _, k := range []string{"invented", key, key} {
			r := httptest.NewRequestWithContext(t.Context(), "GET", "/again", nil)
			r.Header.Set(ReplayKeyHeader, k)
			h.ServeHTTP(httptest.NewRecorder(), r)
		}
		id, err := asking.Replayed(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		flush(t, answering)
		all, err := asking.List(t.Context(), Filter{Viewer: Viewer{Company: 1}})
		if err != nil || len(all.Exchanges) != 4 {
			t.Fatal(len(all.Exchanges), err)
		}
		for _, e := range all.Exchanges {
			want := int64(0)
			if e.ID == id {
				want = 1
			}
			if e.ReplayOf != want {
				t.Errorf("exchange %d is a replay of %d, want %d", e.ID, e.ReplayOf, want)
			}
			whole, err := asking.Get(t.Context(), Viewer{Company: 1}, e.ID)
			if err != nil || whole.RequestHeader.Get(ReplayKeyHeader) != "" {
				t.Errorf("the key was kept: %v %v", whole.RequestHeader, err)
			}
		}
		if got, err := asking.List(t.Context(), Filter{Viewer: Viewer{Company: 1}, ReplayOf: 1}); err != nil || len(got.Exchanges) != 1 || got.Exchanges[0].ID != id {
			t.Errorf("replays of 1: %v, %v", got, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := asking.Replayed(ctx, "never sent"); err == nil {
			t.Error("a replay that was never sent was found")
		}
	})
}

func TestHeadersOnly(t *testing.T) {
	t.Parallel()
	j := start(t, storetest.SQLite(t, Migrations), Options{HeadersOnly: true})
	j.Record(Exchange{Path: "/a", Company: 1, RequestBody: []byte("a customer's words"), RequestHeader: http.Header{"X-A": {"b"}}})
	e := only(t, j, 1)
	if len(e.RequestBody) != 0 || e.RequestChanges != Left || e.RequestSize != 18 || e.RequestHeader.Get("X-A") != "b" {
		t.Errorf("kept %+v", e)
	}
}

func TestRecordedNotice(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	told := map[int64]int{}
	j := start(t, storetest.SQLite(t, Migrations), Options{OnRecorded: func(company int64) {
		mu.Lock()
		defer mu.Unlock()
		told[company]++
	}})
	heard := make(chan int64, 10)
	stop := j.Listen(func(company int64) { heard <- company })
	defer stop()
	j.Record(Exchange{Company: 7})
	flush(t, j)
	if got := <-heard; got != 7 {
		t.Errorf("heard of company %d", got)
	}
	mu.Lock()
	defer mu.Unlock()
	if told[7] != 1 {
		t.Errorf("told %v", told)
	}
}

// TestOverwhelmed fills the queue of a journal whose writer never comes.
func TestOverwhelmed(t *testing.T) {
	t.Parallel()
	j := &Journal{queue: make(chan *entry, 2), o: Options{}, db: storetest.SQLite(t, Migrations)}
	for range 5 {
		j.Record(Exchange{})
	}
	if len(j.queue) != 2 || j.Dropped() != 3 {
		t.Errorf("%d queued, %d dropped", len(j.queue), j.Dropped())
	}
	j = &Journal{queue: make(chan *entry, 10), db: j.db}
	for range 3 {
		j.Record(Exchange{RequestBody: make([]byte, queueBytes/2)})
	}
	if len(j.queue) != 1 || j.Dropped() != 2 {
		t.Errorf("by bytes: %d queued, %d dropped", len(j.queue), j.Dropped())
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t, Migrations)
	j := New(db, Options{})
	for i := range 1000 {
		j.Record(Exchange{Path: fmt.Sprint(i), Company: 1})
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if got := paths(t, j, Filter{Viewer: Viewer{Company: 1}, Limit: 2000}); len(got) != 1000 {
		t.Errorf("%d of 1000 were written before Close returned", len(got))
	}
	j.Record(Exchange{})
	if j.Dropped() != 1 || j.Flush(t.Context()) != nil || j.Close() != nil {
		t.Error("a closed journal must count and not block")
	}
}

// TestBrokenOff records a handler that panicked: the server handles the panic.
func TestBrokenOff(t *testing.T) {
	t.Parallel()
	j := start(t, storetest.SQLite(t, Migrations), Options{})
	h := j.Inbound(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		Attribute(r.Context(), 1, "", "")
		panic(http.ErrAbortHandler)
	}))
	func() {
		defer func() {
			if err, _ := recover().(error); !errors.Is(err, http.ErrAbortHandler) {
				t.Errorf("recovered %v", err)
			}
		}()
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), "GET", "/x", nil))
	}()
	if e := only(t, j, 1); e.Status != 0 || e.Err == "" {
		t.Errorf("exchange is %+v", e)
	}
}

// TestRecordDoesNotWait records while the writer is held up.
// spec: journal.off-the-path
func TestRecordDoesNotWait(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t, Migrations)
	held, release := make(chan struct{}), make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		if err := db.Update(context.Background(), func(*store.Tx) error {
			close(held)
			<-release
			return nil
		}); err != nil {
			t.Error(err)
		}
	})
	<-held
	j := start(t, db, Options{})
	for range 2 * queueEntries { // would hang if Record waited
		j.Record(Exchange{Company: 1})
	}
	if j.Dropped() == 0 {
		t.Error("nothing was dropped although nothing could be written")
	}
	close(release)
	group.Wait()
}

// A company that is removed leaves nothing behind; the others keep what they have.
// spec: control.reset
func TestForget(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(ms ...store.Migrations) *store.DB) {
		j := start(t, open(Migrations), Options{})
		for company := range int64(3) {
			j.Record(Exchange{Company: company, Direction: In, Method: "GET", Path: fmt.Sprintf("/of/%d", company), RequestBody: []byte("text")})
		}
		if err := j.Forget(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		if got := paths(t, j, Filter{Viewer: Viewer{Company: 1}}); len(got) != 0 {
			t.Errorf("left of company 1: %v", got)
		}
		if got := paths(t, j, Filter{Viewer: Viewer{Company: 2}}); !slices.Equal(got, []string{"/of/2"}) {
			t.Errorf("left of company 2: %v", got)
		}
		err := j.db.View(t.Context(), func(tx *store.Tx) error {
			whole, err := store.One(tx, store.Value[int64], `SELECT COALESCE(SUM(stored_size), 0) FROM exchange`)
			if err != nil {
				return err
			}
			total, err := store.One(tx, store.Value[int64], `SELECT stored_size FROM exchange_total WHERE one = 1`)
			if err == nil && whole != total {
				t.Errorf("the total says %d bytes, the rows %d", total, whole)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// Messages of the SDK stand beside the exchanges, with their surface, without
// secrets, and without a status that a filter could take for no answer.
// spec: surface.inspector
func TestMessagesOfTheSDK(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(ms ...store.Migrations) *store.DB) {
		j := start(t, open(Migrations), Options{})
		j.Record(Exchange{Direction: SDK, Company: 1, Method: "command", Path: "get_signed_token", Surface: "deal panel", ResponseBody: []byte(`{"token":"eyJ.s3cret"}`)})
		j.Record(Exchange{Direction: SDK, Company: 1, Method: "event", Path: "visibility", Surface: strings.Repeat("w", 500), RequestBody: []byte(`{"da`), RequestSize: 4000})
		j.Record(Exchange{Direction: Out, Company: 1, Method: "GET", Path: "/down", Err: "refused"})
		flush(t, j)
		v := Viewer{Company: 1}
		for _, c := range []struct {
			f    Filter
			want []string
		}{
			{Filter{Direction: SDK}, []string{"visibility", "get_signed_token"}},
			{Filter{Direction: Out}, []string{"/down"}},
			{Filter{StatusClass: -1}, []string{"/down"}},
			{Filter{Text: "DEAL panel → get"}, []string{"get_signed_token"}},
			{Filter{Text: "s3cret"}, []string{}},
		} {
			c.f.Viewer = v
			if got := paths(t, j, c.f); !slices.Equal(got, c.want) {
				t.Errorf("%+v: got %v, want %v", c.f, got, c.want)
			}
		}
		p, err := j.List(t.Context(), Filter{Viewer: v, Direction: SDK})
		if err != nil {
			t.Fatal(err)
		}
		cut, token := p.Exchanges[0], p.Exchanges[1]
		if token.Surface != "deal panel" || !token.ResponseChanges.Has(Masked) || token.Unrepeatable() == "" {
			t.Errorf("kept %+v", token)
		}
		if len(cut.Surface) > 100 || !cut.RequestChanges.Has(Truncated) {
			t.Errorf("kept %+v", cut)
		}
	})
}
