package devhub_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

var (
	admin = route.Caller{Company: 1, User: 1, Admin: true}
	agent = route.Caller{Company: 1, User: 2}
)

func newHub(t *testing.T, db *store.DB) *devhub.Service {
	t.Helper()
	keys, err := secret.NewKeyring(make([]byte, secret.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	a := account.New(db, account.Options{})
	if err := a.SeedDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	c, err := a.CreateCompany(t.Context(), account.NewCompany{Name: "Second"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.CreateUser(t.Context(), c.ID, account.NewUser{Name: "Ann", Email: "ann@example.com", Admin: true}); err != nil {
		t.Fatal(err)
	}
	return devhub.New(db, keys)
}

// manifest has its endpoints on an origin.
func manifest(origin string) []byte {
	return fmt.Appendf(nil, `{"version":"v202101","endpoints":{"getConversations":"%[1]s/:providerChannelId/c",
		"getConversationById":"%[1]s/:providerChannelId/c/:sourceConversationId","postMessage":"%[1]s/:providerChannelId/m"}}`, origin)
}

func refused(t *testing.T, what string, err error, kind fault.Kind, field string) {
	t.Helper()
	f, ok := fault.As(err)
	if !ok || f.Kind != kind || f.Field != field {
		t.Errorf("%s: got %v, want an error of kind %d about %q", what, err, kind, field)
	}
}

// spec: oauth.scopes
// spec: devhub.live
func TestRegister(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(...store.Migrations) *store.DB) {
		h := newHub(t, open(live.Migrations, account.Migrations, devhub.Migrations))
		a, err := h.Create(t.Context(), admin, false, devhub.Registration{
			Name: "  Chat bridge ", CallbackURL: "http://127.0.0.1:8081/callback", Scopes: []string{"messengers-integration", "deals:full", "deals:full", " "},
		})
		if err != nil {
			t.Fatal(err)
		}
		if !regexp.MustCompile(`^[0-9a-f]{16}$`).MatchString(a.ClientID) || a.Name != "Chat bridge" || strings.Join(a.Scopes, ",") != "base,deals:full,messengers-integration" {
			t.Errorf("%+v", a)
		}
		sec, err := h.Secret(t.Context(), a.ClientID)
		if err != nil || !regexp.MustCompile(`^[0-9a-f]{40}$`).MatchString(sec) {
			t.Errorf("%q, %v", sec, err)
		}
		if a.InstallableIn(2) || !a.InstallableIn(1) || a.Status() != "draft" {
			t.Error("a draft is not for its own company only")
		}
		live, err := h.SetLive(t.Context(), admin, a.ClientID)
		if err != nil || !live.InstallableIn(2) {
			t.Errorf("%+v, %v", live, err)
		}
		_, err = h.Update(t.Context(), admin, a.ClientID, devhub.Registration{Name: "Chat"})
		refused(t, "a live app without callback", err, fault.Invalid, "callback_url")
		upd, err := h.Update(t.Context(), admin, a.ClientID, devhub.Registration{Name: "Chat", CallbackURL: "https://app.example.com/cb", SharingEnabled: true})
		if err != nil {
			t.Fatal(err)
		}
		got, err := h.ByClientID(t.Context(), a.ClientID)
		if err != nil || got.Name != "Chat" || !got.SharingEnabled || !got.Live || got.ClientID != a.ClientID || upd.ID != got.ID {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

// Only admins of the owning company change an app; another company's admin does
// not even learn that it exists.
func TestWhoMayEdit(t *testing.T) {
	t.Parallel()
	h := newHub(t, storetest.SQLite(t, live.Migrations, account.Migrations, devhub.Migrations))
	a, err := h.Create(t.Context(), admin, false, devhub.Registration{Name: "A", CallbackURL: "https://app.example.com/cb", Scopes: []string{devhub.ScopeMessengers}})
	if err != nil {
		t.Fatal(err)
	}
	stranger := route.Caller{Company: 2, User: 1, Admin: true}
	for name, call := range map[string]func(route.Caller) error{
		"update": func(c route.Caller) error {
			_, err := h.Update(t.Context(), c, a.ClientID, devhub.Registration{Name: "B"})
			return err
		},
		"live":     func(c route.Caller) error { _, err := h.SetLive(t.Context(), c, a.ClientID); return err },
		"secret":   func(c route.Caller) error { _, err := h.RegenerateSecret(t.Context(), c, a.ClientID); return err },
		"manifest": func(c route.Caller) error { _, err := h.UploadManifest(t.Context(), c, a.ClientID, nil); return err },
	} {
		refused(t, name+" by an agent", call(agent), fault.Forbidden, "")
		refused(t, name+" by a stranger", call(stranger), fault.NotFound, "client_id")
	}
	_, err = h.Create(t.Context(), agent, false, devhub.Registration{Name: "B"})
	refused(t, "create by an agent", err, fault.Forbidden, "")
	for company, want := range map[int64]int{1: 1, 2: 0} {
		if apps, err := h.Listed(t.Context(), company); err != nil || len(apps) != want {
			t.Errorf("company %d sees %d apps, %v", company, len(apps), err)
		}
	}
}

// spec: devhub.public-https
func TestBadRegistration(t *testing.T) {
	t.Parallel()
	h := newHub(t, storetest.SQLite(t, live.Migrations, account.Migrations, devhub.Migrations))
	for name, c := range map[string]struct {
		public bool
		r      devhub.Registration
		field  string
	}{
		"no name":         {false, devhub.Registration{Name: " "}, "name"},
		"long name":       {false, devhub.Registration{Name: strings.Repeat("é", 101)}, "name"},
		"broken name":     {false, devhub.Registration{Name: "a\xff"}, "name"},
		"long summary":    {false, devhub.Registration{Name: "A", Summary: strings.Repeat("é", 151)}, "summary"},
		"unknown scope":   {false, devhub.Registration{Name: "A", Scopes: []string{"contacts"}}, "scopes"},
		"no scheme":       {false, devhub.Registration{Name: "A", CallbackURL: "app.example.com/cb"}, "callback_url"},
		"script":          {false, devhub.Registration{Name: "A", InstallationURL: "javascript:alert(1)"}, "installation_url"},
		"data":            {false, devhub.Registration{Name: "A", IconURL: "data:image/png;base64,AA"}, "icon_url"},
		"fragment":        {false, devhub.Registration{Name: "A", CallbackURL: "https://app.example.com/cb#x"}, "callback_url"},
		"password":        {false, devhub.Registration{Name: "A", CallbackURL: "https://u:p@app.example.com/cb"}, "callback_url"},
		"long":            {false, devhub.Registration{Name: "A", CallbackURL: "https://app.example.com/" + strings.Repeat("a", 2000)}, "callback_url"},
		"public and http": {true, devhub.Registration{Name: "A", CallbackURL: "http://127.0.0.1:8081/cb"}, "callback_url"},
	} {
		_, err := h.Create(t.Context(), admin, c.public, c.r)
		refused(t, name, err, fault.Invalid, c.field)
	}
	a, err := h.Create(t.Context(), admin, false, devhub.Registration{Name: "A"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.SetLive(t.Context(), admin, a.ClientID)
	refused(t, "live without a callback", err, fault.Invalid, "callback_url")
}

// spec: messaging.manifest.validated
func TestManifest(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(...store.Migrations) *store.DB) {
		h := newHub(t, open(live.Migrations, account.Migrations, devhub.Migrations))
		register := func(public bool, scopes ...string) string {
			a, err := h.Create(t.Context(), admin, public, devhub.Registration{Name: "A", CallbackURL: "https://app.example.com/cb", Scopes: scopes})
			if err != nil {
				t.Fatal(err)
			}
			return a.ClientID
		}
		private, public, none := register(false, devhub.ScopeMessengers), register(true, devhub.ScopeMessengers), register(false)
		up := func(id string, raw []byte) error {
			_, err := h.UploadManifest(t.Context(), admin, id, raw)
			return err
		}
		if err := up(private, manifest("http://127.0.0.1:8081")); err != nil {
			t.Error(err)
		}
		if err := up(public, manifest("https://app.example.com")); err != nil {
			t.Error(err)
		}
		refused(t, "http of a public app", up(public, manifest("http://app.example.com")), fault.Invalid, "manifest")
		refused(t, "without the scope", up(none, manifest("https://app.example.com")), fault.Invalid, "scopes")
		for want, raw := range map[string]string{
			"version":                       `{"version":"v1","endpoints":{}}`,
			"endpoints":                     `{"version":"v202101"}`,
			"endpoints.getConversations":    strings.Replace(string(manifest("https://a.example")), "getConversations", "getConversation", 1),
			"endpoints.postMessage":         strings.Replace(string(manifest("https://a.example")), ":providerChannelId/m", "{providerChannelId}/m", 1),
			"endpoints.getConversationById": strings.Replace(string(manifest("https://a.example")), ":sourceConversationId", "x", 1),
		} {
			err := up(private, []byte(raw))
			refused(t, raw, err, fault.Invalid, "manifest")
			if err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%v does not name %s", err, want)
			}
		}
		refused(t, "not JSON", up(private, []byte("<html>")), fault.Invalid, "manifest")
		refused(t, "too large", up(private, bytes.Repeat([]byte(" "), 10<<20)), fault.TooLarge, "manifest")
		// What was refused left the good one in place.
		a, err := h.ByClientID(t.Context(), private)
		if err != nil || a.Manifest == nil || string(a.ManifestRaw) != string(manifest("http://127.0.0.1:8081")) {
			t.Errorf("%+v, %v", a, err)
		}
		if err := up(private, nil); err != nil {
			t.Error(err)
		}
		if a, err := h.ByClientID(t.Context(), private); err != nil || a.Manifest != nil {
			t.Errorf("not removed: %+v, %v", a.Manifest, err)
		}
	})
}
