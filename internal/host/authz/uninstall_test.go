package authz_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/store"
)

// jobs counts the uninstall callbacks that wait.
func (g *gate) jobs() (n int) {
	g.t.Helper()
	g.ok(g.db.View(g.t.Context(), func(tx *store.Tx) (err error) {
		n, err = store.One(tx, store.Value[int], `SELECT COUNT(*) FROM lane_job WHERE kind = 'authz.uninstall_callback'`)
		return err
	}))
	return n
}

// heard is what an app's callback URL got.
type heard struct{ method, auth, contentType, body string }

// newApp is a callback URL that tells what it gets, and answers with status.
func newApp(t *testing.T, status int) (string, <-chan heard) {
	ch := make(chan heard, 16)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		id, sec, _ := r.BasicAuth()
		w.WriteHeader(status)
		ch <- heard{r.Method, id + ":" + sec, r.Header.Get("Content-Type"), string(b)}
	}))
	t.Cleanup(srv.Close)
	return srv.URL + "/callback", ch
}

// run does lane jobs until the test ends.
func (g *gate) run() {
	r := lane.NewRunner(g.db, lane.Options{Log: slog.New(slog.DiscardHandler)})
	g.authz.Work(r)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = r.Run(ctx) })
	g.t.Cleanup(func() { cancel(); wg.Wait() })
}

// spec: authz.uninstall
// spec: authz.uninstall-callback
// spec: authz.uninstall-callback-loopback
// spec: authz.sharing-callback
func TestUninstall(t *testing.T) {
	t.Parallel()
	url, ch := newApp(t, http.StatusInternalServerError) // the answer does not matter
	g := newGate(t, setting{callback: url})
	tok := g.install(g.admin)
	g.run()
	if got, want := <-ch, (heard{"POST", g.app.ClientID + ":" + g.secret, "application/json", `{"company_id":1,"user_id":1,"isShared":false}`}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if err := g.authz.Uninstall(t.Context(), g.agent, g.app.ClientID); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("a colleague got %v", err)
	}
	if err := g.authz.Uninstall(t.Context(), g.admin, "ffff"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an unknown app got %v", err)
	}
	if !g.works(tok.AccessToken) {
		t.Fatal("a refused uninstall took the tokens")
	}
	g.ok(g.authz.Uninstall(t.Context(), g.admin, g.app.ClientID))
	if g.works(tok.AccessToken) || g.refresh(tok.RefreshToken).StatusCode != 400 {
		t.Error("a token outlives the installation")
	}
	want := heard{"DELETE", g.app.ClientID + ":" + g.secret, "application/json",
		`{"client_id":"` + g.app.ClientID + `","company_id":1,"user_id":1,"timestamp":"2026-11-02T09:00:00.000Z"}`}
	if got := <-ch; got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if err := g.authz.Uninstall(t.Context(), g.admin, g.app.ClientID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a second time got %v", err)
	}
	var kinds []string
	g.ok(g.db.Company(1).View(t.Context(), func(tx *store.Tx) error {
		es, err := live.Since(tx, 0, 100)
		for _, e := range es {
			if strings.HasPrefix(e.Kind, "user.") {
				continue
			}
			kinds = append(kinds, e.Kind)
			var d struct {
				After struct {
					ClientID string `json:"client_id"`
					UserID   int64  `json:"user_id"`
				}
			}
			if json.Unmarshal(e.Data, &d) != nil || d.After.ClientID != g.app.ClientID || d.After.UserID != 1 {
				t.Errorf("event %s", e.Data)
			}
		}
		return err
	}))
	if len(kinds) != 2 || kinds[0] != "installation.added" || kinds[1] != "installation.removed" {
		t.Errorf("events %v", kinds)
	}
}

// The owner shares and unshares; the app hears of each change once.
// spec: authz.share-later
// spec: authz.sharing-callback
func TestShareLater(t *testing.T) {
	t.Parallel()
	url, ch := newApp(t, http.StatusOK)
	g := newGate(t, setting{callback: url})
	g.install(g.admin)
	if err := g.authz.SetShared(t.Context(), g.agent, g.app.ClientID, true); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("a colleague got %v", err)
	}
	for _, shared := range []bool{true, true, false} {
		g.ok(g.authz.SetShared(t.Context(), g.admin, g.app.ClientID, shared))
	}
	g.run()
	for _, want := range []string{"false", "true", "false"} {
		if got := <-ch; got.method != "POST" || got.body != `{"company_id":1,"user_id":1,"isShared":`+want+`}` {
			t.Errorf("got %+v, want isShared %s", got, want)
		}
	}
	none, err := g.apps.Create(t.Context(), g.admin, false, devhub.Registration{Name: "B", CallbackURL: url})
	g.ok(err)
	if err := g.authz.SetShared(t.Context(), g.admin, none.ClientID, true); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an app that is not installed got %v", err)
	}
	_, err = g.authz.Approve(t.Context(), g.admin, authz.Request{ClientID: none.ClientID, RedirectURI: url}, false)
	g.ok(err)
	if err := g.authz.SetShared(t.Context(), g.admin, none.ClientID, true); fault.KindOf(err) != fault.Invalid {
		t.Errorf("an app without sharing got %v", err)
	}
}

// An app that could not be reached and was installed again meanwhile is not told
// about the end of the old installation.
func TestUninstallOvertaken(t *testing.T) {
	t.Parallel()
	url, ch := newApp(t, http.StatusOK)
	g := newGate(t, setting{callback: url})
	g.install(g.admin)
	g.ok(g.authz.Uninstall(t.Context(), g.admin, g.app.ClientID))
	g.clock.Advance(time.Second)
	tok := g.install(g.admin)
	g.run()
	for range 2 {
		if got := <-ch; got.method != "POST" {
			t.Errorf("got %+v", got)
		}
	}
	if !g.works(tok.AccessToken) || g.jobs() != 0 {
		t.Errorf("%d jobs left", g.jobs())
	}
}

// Each user installs for themselves; removing one leaves the other.
func TestTwoOwners(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *gate) {
		a, b := g.install(g.admin), g.install(g.agent)
		c := g.install(g.agent) // consent again issues more tokens
		g.ok(g.authz.Uninstall(t.Context(), g.admin, g.app.ClientID))
		if g.works(a.AccessToken) || !g.works(b.AccessToken) || !g.works(c.AccessToken) || b.RefreshToken == c.RefreshToken {
			t.Error("the wrong tokens live on")
		}
		g.tokens(g.refresh(b.RefreshToken))
		g.tokens(g.refresh(c.RefreshToken))
		if n := g.installed(1); n != 1 {
			t.Errorf("%d installations", n)
		}
	})
}

// An app that is away is told when it is back, within a day.
// spec: authz.uninstall-callback
func TestUninstallOfAnAppThatIsAway(t *testing.T) {
	t.Parallel()
	came := make(chan struct{}, 16)
	away := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		came <- struct{}{}
		panic(http.ErrAbortHandler) // hangs up without an answer
	}))
	t.Cleanup(away.Close)
	g := newGate(t, setting{callback: away.URL})
	g.install(g.admin)
	g.ok(g.db.Update(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(`DELETE FROM lane_job`) // the sharing callback
		return err
	}))
	g.ok(g.authz.Uninstall(t.Context(), g.admin, g.app.ClientID))
	state := func() (tries int64, parked bool) {
		g.ok(g.db.View(t.Context(), func(tx *store.Tx) error {
			_, err := store.One(tx, func(r store.Scanner) (struct{}, error) { return struct{}{}, r.Scan(&tries, &parked) },
				`SELECT attempts, parked_at <> 0 FROM lane_job`)
			return err
		}))
		return tries, parked
	}
	g.run()
	for try, later := range []time.Duration{12 * time.Hour, 13 * time.Hour, 0} {
		<-came
		tries, parked := state()
		for ; tries <= int64(try); tries, parked = state() {
			runtime.Gosched() // until the result of this try is stored
		}
		if parked != (later == 0) {
			t.Errorf("try %d: parked %t", try, parked)
		}
		g.clock.Advance(later)
	}
}
