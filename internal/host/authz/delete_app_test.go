package authz_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/route"
)

// Deleting an app ends it for everybody, and tells it of each.
// spec: devhub.delete
func TestDeleteApp(t *testing.T) {
	t.Parallel()
	for name, postgres := range map[string]bool{"sqlite": false, "postgres": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			deleteApp(t, postgres)
		})
	}
}

func deleteApp(t *testing.T, postgres bool) {
	url, ch := newApp(t, http.StatusOK)
	g := newGate(t, setting{callback: url, postgres: postgres})
	stranger := g.otherCompany()
	_, err := g.apps.SetLive(t.Context(), g.admin, g.app.ClientID)
	g.ok(err)
	mine, theirs := g.install(g.admin), g.install(stranger)
	for name, c := range map[string]route.Caller{"an agent": g.agent, "another company": stranger} {
		want := fault.Forbidden
		if c.Company == stranger.Company {
			want = fault.NotFound
		}
		if err := g.authz.DeleteApp(t.Context(), c, g.app.ClientID); fault.KindOf(err) != want {
			t.Errorf("%s got %v", name, err)
		}
	}
	if !g.works(mine.AccessToken) || !g.works(theirs.AccessToken) {
		t.Fatal("a refused deletion took tokens")
	}
	g.ok(g.authz.DeleteApp(t.Context(), g.admin, g.app.ClientID))
	if g.works(mine.AccessToken) || g.works(theirs.AccessToken) {
		t.Error("tokens of a deleted app work")
	}
	if _, err := g.apps.ByClientID(t.Context(), g.app.ClientID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a deleted app is found: %v", err)
	}
	if apps, err := g.apps.Apps(t.Context(), g.admin.Company); err != nil || len(apps) != 0 {
		t.Errorf("%d apps, %v", len(apps), err)
	}
	if err := g.authz.DeleteApp(t.Context(), g.admin, g.app.ClientID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("deleted twice: %v", err)
	}
	if _, err := g.authz.Prepare(t.Context(), g.admin, g.request()); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a deleted app asks for consent: %v", err)
	}
	g.want(g.refresh(mine.RefreshToken), 400, `{"success":false,"message":"Invalid client: client is invalid","error":"invalid_client"}`)
	g.run()
	told := map[string]bool{}
	for len(told) < 2 {
		if h := <-ch; h.method == http.MethodDelete {
			if h.auth != g.app.ClientID+":"+g.secret {
				t.Errorf("called with %s", h.auth)
			}
			told[h.body[:strings.Index(h.body, `,"user_id"`)]] = true
		}
	}
}

// spec: devhub.check-callback
func TestCheckCallback(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.URL.Query().Get("error") != "user_denied" || r.URL.Query().Get("code") != "" || r.Header.Get("Authorization") != "" {
			t.Errorf("%s %s", r.Method, r.URL)
		}
		switch r.URL.Path {
		case "/broken":
			w.WriteHeader(http.StatusInternalServerError)
		case "/wants-code":
			w.WriteHeader(http.StatusBadRequest)
		case "/moved":
			http.Redirect(w, r, "/broken", http.StatusFound)
		case "/callback":
		default:
			http.NotFound(w, r)
		}
	}))
	defer srv.Close()
	g := newGate(t, setting{callback: srv.URL + "/callback"})
	for path, want := range map[string]struct {
		ok   bool
		word string
	}{
		srv.URL + "/callback": {true, "answered 200"}, srv.URL + "/callback?x=1": {true, "answered 200"}, srv.URL + "/wants-code": {true, "answered 400"},
		srv.URL + "/moved": {true, "answered 302"}, srv.URL + "/else": {false, "does not know this path"}, srv.URL + "/broken": {false, "answered 500"},
		"http://127.0.0.1:1/callback": {false, "nobody listens at 127.0.0.1:1"},
	} {
		_, err := g.apps.Edit(t.Context(), g.admin, g.app.ClientID, func(r *devhub.Registration) { r.CallbackURL = path })
		g.ok(err)
		check, err := g.authz.CheckCallback(t.Context(), g.admin, g.app.ClientID)
		if err != nil || check.OK != want.ok || !strings.Contains(check.Text, want.word) || strings.Contains(check.Text, "user_denied") {
			t.Errorf("%s: %+v, %v", path, check, err)
		}
		if a, err := g.apps.ByClientID(t.Context(), g.app.ClientID); err != nil || a.Check.Text != check.Text || a.Check.At.IsZero() {
			t.Errorf("%s: kept %+v, %v", path, a.Check, err)
		}
	}
	if _, err := g.authz.CheckCallback(t.Context(), g.agent, g.app.ClientID); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("an agent got %v", err)
	}
}
