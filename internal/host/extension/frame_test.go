package extension_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/dial"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/event"
	"github.com/dockwright/dockwright/internal/host/extension"
	"github.com/dockwright/dockwright/internal/host/outbound"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
	"github.com/dockwright/dockwright/pipedrive/surfaceapi"
)

// frameRoom is the room over the rooms below it, with two companies: the demo's
// three users in the first, one in the second.
type frameRoom struct {
	*extension.Service
	t     *testing.T
	db    *store.DB
	clock *clock.Manual
	apps  *devhub.Service
	auth  *authz.Service
	other route.Caller // in the second company
}

var me = route.Caller{Company: 1, User: 1, Admin: true}

func newFrameRoom(t *testing.T) *frameRoom {
	t.Helper()
	r := &frameRoom{t: t, clock: clock.NewManual(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC))}
	r.db = storetest.Open(t, store.Config{
		URL: "sqlite:" + filepath.Join(t.TempDir(), "host.db"), Clock: r.clock, Unsafe: true,
		Migrations: []store.Migrations{lane.Migrations, live.Migrations, event.Migrations, account.Migrations, devhub.Migrations, authz.Migrations, extension.Migrations},
	})
	accounts := account.New(r.db, account.Options{Demo: true})
	keys, err := secret.NewKeyring(make([]byte, secret.KeySize))
	r.ok(err)
	r.apps = devhub.New(r.db, keys)
	door := outbound.New(outbound.Options{Guard: dial.Guard{AllowLoopback: true}})
	r.auth, err = authz.New(r.db, authz.Options{Accounts: accounts, Apps: r.apps, Door: door, BaseURL: "https://crm.example.com", Demo: true, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	r.ok(err)
	r.ok(accounts.SeedDemo(t.Context()))
	company, err := accounts.CreateCompany(t.Context(), account.NewCompany{Name: "Elsewhere", Domain: "elsewhere"})
	r.ok(err)
	user, err := accounts.CreateUser(t.Context(), company.ID, account.NewUser{Name: "Ines", Email: "ines@elsewhere.example", Admin: true})
	r.ok(err)
	r.other = route.Caller{Company: company.ID, User: user.ID, Admin: true}
	r.Service = extension.New(r.db, extension.Options{Apps: r.apps, Installs: r.auth, Door: door})
	return r
}

func (r *frameRoom) ok(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// app is an app of the first company with extensions, installed for me.
type app struct {
	id, secret string
	extensions []devhub.Extension
}

func (r *frameRoom) app(public bool, list ...devhub.NewExtension) app {
	r.t.Helper()
	p, clientSecret, err := r.apps.PrepareApp(devhub.NewApp{
		Registration: devhub.Registration{Name: "Quotes", CallbackURL: "https://quotes.example.com/cb", Scopes: []string{"base"}, SharingEnabled: true},
		Public:       public, State: devhub.StatusLive,
	})
	r.ok(err)
	a := app{id: p.ClientID(), secret: clientSecret}
	for i, e := range list {
		r.ok(r.apps.PrepareExtension(&p, devhub.FileExtension{UUID: fmt.Sprintf("%s-0000-4000-8000-%012d", a.id[:8], i+1), NewExtension: e}))
	}
	r.ok(r.db.Company(1).Update(r.t.Context(), func(tx *store.Tx) (err error) {
		if _, err = r.apps.AddApp(tx, 1, p); err == nil {
			a.extensions, err = r.apps.Extensions(tx, a.id)
		}
		return err
	}))
	r.install(me, a, false)
	return a
}

func (r *frameRoom) install(c route.Caller, a app, shared bool) {
	r.t.Helper()
	r.ok(r.db.Company(c.Company).Update(r.t.Context(), func(tx *store.Tx) error {
		_, err := r.auth.AddInstallation(tx, authz.Installation{User: c.User, ClientID: a.id, Scopes: []string{"base"}, Shared: shared}, r.db.Now())
		return err
	}))
}

// params are the parameters of a frame's address.
func (r *frameRoom) params(f extension.Frame) surfaceapi.Params {
	r.t.Helper()
	u, err := url.Parse(f.URL)
	r.ok(err)
	p, err := surfaceapi.ParseParams(u.Query())
	r.ok(err)
	return p
}

// claims verifies a token as an app does.
func (r *frameRoom) claims(token, key string) (jwt.MapClaims, error) {
	r.t.Helper()
	claims := jwt.MapClaims{}
	_, err := jwt.ParseWithClaims(token, claims, func(*jwt.Token) (any, error) { return []byte(key), nil },
		jwt.WithValidMethods([]string{"HS256"}), jwt.WithTimeFunc(r.clock.Now), jwt.WithExpirationRequired())
	return claims, err
}

var (
	panel     = devhub.NewExtension{Kind: devhub.CustomPanel, Name: "Panel", URL: "https://quotes.example.com/panel?tenant=7", Views: []devhub.View{devhub.DealDetails}}
	modal     = devhub.NewExtension{Kind: devhub.CustomModal, Name: "Pick template", URL: "https://quotes.example.com/modal", JWTSecret: "of the modal alone"}
	softphone = devhub.NewExtension{Kind: devhub.FloatingWindow, Name: "Phone", Description: "Calls", URL: "https://quotes.example.com/softphone"}
	page      = devhub.NewExtension{Kind: devhub.AppSettings, URL: "https://quotes.example.com/settings"}
)

// spec: surface.params
// spec: surface.sizes
func TestFramesHaveTheirAddress(t *testing.T) {
	t.Parallel()
	r := newFrameRoom(t)
	a := r.app(false, panel, modal, softphone, page)
	f, err := r.Open(t.Context(), me, extension.Request{Extension: a.extensions[0].UUID, View: devhub.DealDetails, Selected: []int64{73}, Theme: surfaceapi.Dark})
	r.ok(err)
	if f.Title != "Panel" || f.App.ClientID != a.id || f.App.Name != "Quotes" || f.Surface != surfaceapi.Panel || f.Sizes.Height != (surfaceapi.Range{Min: 100, Max: 750}) || !f.Sizes.FixedWidth {
		t.Errorf("%+v", f)
	}
	p := r.params(f)
	if p.UserID != 1 || p.CompanyID != 1 || p.Theme != surfaceapi.Dark || p.Resource != "deal" || p.View != "details" || len(p.SelectedIDs) != 1 || p.SelectedIDs[0] != 73 || p.ID != f.ID || p.Token == "" || !strings.Contains(f.URL, "tenant=7") {
		t.Errorf("%s", f.URL)
	}
	again, err := r.Open(t.Context(), me, extension.Request{Extension: a.extensions[0].UUID, View: devhub.DealDetails, Selected: []int64{73}, Theme: surfaceapi.Dark})
	r.ok(err)
	if again.ID == f.ID {
		t.Error("two loads have one id")
	}
	// A list, with what open_modal was given; by name in any spelling of its letters, or by id.
	for _, action := range []string{"Pick template", "pick TEMPLATE", a.extensions[1].UUID} {
		f, err = r.Open(t.Context(), me, extension.Request{
			ClientID: a.id, Action: action, View: devhub.ActivitiesList, Selected: []int64{3, 5}, Data: json.RawMessage(`{"quoteId":"Q-118"}`), Theme: surfaceapi.Light,
		})
		r.ok(err)
		if p := r.params(f); f.Surface != surfaceapi.ModalSurface || p.Resource != "activity" || p.View != "list" || len(p.SelectedIDs) != 2 || string(p.Data) != `{"quoteId":"Q-118"}` {
			t.Errorf("%s: %s", action, f.URL)
		}
	}
	// Neither of these is at a record.
	for i, kind := range map[int]surfaceapi.Surface{2: surfaceapi.FloatingWindow, 3: surfaceapi.AppSettings} {
		f, err = r.Open(t.Context(), me, extension.Request{Extension: a.extensions[i].UUID, Context: json.RawMessage(`{"a":1}`), Theme: surfaceapi.Light})
		r.ok(err)
		if p := r.params(f); f.Surface != kind || p.Resource != "" || p.View != "" || p.SelectedIDs != nil || string(p.Context) != `{"a":1}` {
			t.Errorf("%s: %s", kind, f.URL)
		}
	}
}

// spec: surface.token
// spec: surface.command.get-signed-token
func TestFramesAreSigned(t *testing.T) {
	t.Parallel()
	r := newFrameRoom(t)
	a := r.app(false, panel, modal)
	for i, key := range []string{a.secret, "of the modal alone"} {
		f, err := r.Open(t.Context(), me, extension.Request{Extension: a.extensions[i].UUID, Theme: surfaceapi.Light})
		r.ok(err)
		token, err := r.Token(t.Context(), me, a.extensions[i].UUID)
		r.ok(err)
		for _, token := range []string{r.params(f).Token, token} {
			claims, err := r.claims(token, key)
			now := float64(r.clock.Now().Unix())
			if err != nil || len(claims) != 4 || claims["userId"] != 1.0 || claims["companyId"] != 1.0 || claims["iat"] != now || claims["exp"] != now+300 {
				t.Errorf("%d: %v, %v", i, claims, err)
			}
			for _, wrong := range []string{"", "of another", map[int]string{0: "of the modal alone", 1: a.secret}[i]} {
				if _, err := r.claims(token, wrong); err == nil {
					t.Errorf("%d: verified with %q", i, wrong)
				}
			}
		}
		r.clock.Advance(surfaceapi.TokenLife - time.Second)
		if _, err := r.claims(token, key); err != nil {
			t.Errorf("%d: ended early: %v", i, err)
		}
		r.clock.Advance(2 * time.Second)
		if _, err := r.claims(token, key); err == nil {
			t.Errorf("%d: good for more than five minutes", i)
		}
	}
}

// Who has not installed an app gets neither address nor token of it.
// spec: surface.access
func TestFramesAreForWhoInstalledTheApp(t *testing.T) {
	t.Parallel()
	r := newFrameRoom(t)
	a := r.app(true, panel, modal, page)
	try := func(c route.Caller, want fault.Kind) {
		t.Helper()
		id := a.extensions[0].UUID
		_, open := r.Open(t.Context(), c, extension.Request{Extension: id, View: devhub.DealDetails, Selected: []int64{1}, Theme: surfaceapi.Light})
		_, token := r.Token(t.Context(), c, id)
		_, diagnosis := r.Diagnose(t.Context(), c, extension.Request{Extension: id, Theme: surfaceapi.Light})
		for name, err := range map[string]error{"open": open, "token": token, "diagnose": diagnosis} {
			if fault.KindOf(err) != want || err == nil {
				t.Errorf("%s for %d of company %d: %v, want %v", name, c.User, c.Company, err, want)
			}
		}
		// A modal that is opened by its name does not tell why.
		if _, err := r.Open(t.Context(), c, extension.Request{ClientID: a.id, Action: "Pick template", Theme: surfaceapi.Light}); fault.KindOf(err) != fault.NotFound {
			t.Errorf("modal for %d of company %d: %v", c.User, c.Company, err)
		}
	}
	seen := func(c route.Caller, panels int, usable bool) {
		t.Helper()
		list, err := r.Panels(t.Context(), c, devhub.DealDetails)
		if err != nil || len(list) != panels || panels > 0 && list[0].Usable() != usable {
			t.Errorf("panels of %d of company %d: %+v, %v", c.User, c.Company, list, err)
		}
	}
	seen(me, 1, true)
	seen(colleague, 0, false)
	try(colleague, fault.NotFound)
	try(r.other, fault.NotFound)
	r.install(me, a, true)
	seen(colleague, 1, false)
	seen(r.other, 0, false)
	try(colleague, fault.Forbidden)
	try(r.other, fault.NotFound)
	if o, err := r.Settings(t.Context(), colleague, a.id); err != nil || o.Usable() || o.Again {
		t.Errorf("settings for a colleague: %+v, %v", o, err)
	}
	if _, err := r.Settings(t.Context(), r.other, a.id); fault.KindOf(err) != fault.NotFound {
		t.Errorf("settings for another company: %v", err)
	}
	// Installed in the other company, it is signed for that company.
	r.install(r.other, a, false)
	token, err := r.Token(t.Context(), r.other, a.extensions[0].UUID)
	r.ok(err)
	if claims, err := r.claims(token, a.secret); err != nil || claims["companyId"] != float64(r.other.Company) || claims["userId"] != float64(r.other.User) {
		t.Errorf("%v, %v", claims, err)
	}
	// Installed with less than the app asks for, it has to be authorised again.
	r.install(colleague, a, false)
	seen(colleague, 1, true)
	third := route.Caller{Company: 1, User: 3}
	r.ok(r.db.Company(1).Update(t.Context(), func(tx *store.Tx) error {
		_, err := r.auth.AddInstallation(tx, authz.Installation{User: third.User, ClientID: a.id}, r.db.Now())
		return err
	}))
	seen(third, 1, false)
	try(third, fault.Forbidden)
	if o, err := r.Settings(t.Context(), third, a.id); err != nil || o.Usable() || !o.Again {
		t.Errorf("settings that wait for consent: %+v, %v", o, err)
	}
	r.ok(r.auth.Uninstall(t.Context(), me, a.id))
	seen(me, 0, false)
}

// What no page asks for is refused by its name.
// spec: surface.params
func TestRequestsForFramesAreChecked(t *testing.T) {
	t.Parallel()
	r := newFrameRoom(t)
	a := r.app(false, panel, modal, devhub.NewExtension{Kind: devhub.AppSettings, URL: "https://quotes.example.com/s", External: true},
		devhub.NewExtension{Kind: devhub.LinkAction, Name: "Link", URL: "https://quotes.example.com/l", Views: []devhub.View{devhub.DealDetails}})
	id := a.extensions[0].UUID
	large := json.RawMessage(`{"a":"` + strings.Repeat("x", 16<<10) + `"}`)
	for name, c := range map[string]struct {
		request extension.Request
		kind    fault.Kind
		field   string
	}{
		"theme":            {extension.Request{Extension: id, Theme: "pink"}, fault.Invalid, "theme"},
		"view":             {extension.Request{Extension: id, View: "leads-list", Theme: surfaceapi.Light}, fault.Invalid, "view"},
		"too many rows":    {extension.Request{Extension: id, Selected: make([]int64, 1001), Theme: surfaceapi.Light}, fault.TooLarge, "selected"},
		"data too large":   {extension.Request{Extension: id, Data: large, Theme: surfaceapi.Light}, fault.TooLarge, "data"},
		"data no object":   {extension.Request{Extension: id, Data: json.RawMessage(`[1]`), Theme: surfaceapi.Light}, fault.Invalid, "data"},
		"data null":        {extension.Request{Extension: id, Data: json.RawMessage(`null`), Theme: surfaceapi.Light}, fault.Invalid, "data"},
		"context":          {extension.Request{Extension: id, Context: json.RawMessage(`"x"`), Theme: surfaceapi.Light}, fault.Invalid, "context"},
		"a page elsewhere": {extension.Request{Extension: a.extensions[2].UUID, Theme: surfaceapi.Light}, fault.Invalid, "extension"},
		"a link":           {extension.Request{Extension: a.extensions[3].UUID, Theme: surfaceapi.Light}, fault.Invalid, "extension"},
		"nothing":          {extension.Request{Theme: surfaceapi.Light}, fault.NotFound, ""},
		"unknown":          {extension.Request{Extension: "none", Theme: surfaceapi.Light}, fault.NotFound, ""},
		"no such modal":    {extension.Request{ClientID: a.id, Action: "Panel", Theme: surfaceapi.Light}, fault.NotFound, ""},
	} {
		_, err := r.Open(t.Context(), me, c.request)
		f, _ := fault.As(err)
		if err == nil || f.Kind != c.kind || f.Field != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Just inside of the limits.
	_, err := r.Open(t.Context(), me, extension.Request{Extension: id, Selected: make([]int64, 1000), Data: json.RawMessage(`{"a":"` + strings.Repeat("x", 16<<10-8) + `"}`), Theme: surfaceapi.Light})
	r.ok(err)
}

// spec: surface.panel.arrange
func TestPanelsKeepTheirPlace(t *testing.T) {
	t.Parallel()
	r := newFrameRoom(t)
	var ids []string
	for i := range 3 {
		p := panel
		p.Name = fmt.Sprintf("Panel %d", i)
		ids = append(ids, r.app(false, p).extensions[0].UUID)
	}
	order := func(c route.Caller) string {
		t.Helper()
		list, err := r.Panels(t.Context(), c, devhub.DealDetails)
		r.ok(err)
		var out []string
		for _, p := range list {
			out = append(out, fmt.Sprintf("%s %v %v", p.Name[6:], p.Collapsed, p.Hidden))
		}
		return strings.Join(out, ", ")
	}
	r.ok(r.Arrange(t.Context(), me, devhub.DealDetails, []extension.Arrangement{{Extension: ids[2]}, {Extension: ids[0], Collapsed: true}, {Extension: ids[1], Hidden: true}}))
	if got := order(me); got != "2 false false, 0 true false, 1 false true" {
		t.Error(got)
	}
	r.ok(r.Arrange(t.Context(), me, devhub.DealDetails, []extension.Arrangement{{Extension: ids[1]}, {Extension: ids[2]}}))
	if got := order(me); !strings.HasPrefix(got, "1 false false, ") {
		t.Error(got)
	}
	// A panel that came since stands first; other views and other people are left alone.
	p := panel
	p.Name = "Panel 3"
	r.app(false, p)
	if got := order(me); !strings.HasPrefix(got, "3 false false, 1 false false") {
		t.Error(got)
	}
	for name, c := range map[string]struct {
		view   devhub.View
		panels []extension.Arrangement
		kind   fault.Kind
	}{
		"a list":      {devhub.DealsList, nil, fault.Invalid},
		"no view":     {"deal-nothing", nil, fault.Invalid},
		"looks right": {"lead-details", nil, fault.Invalid},
		"too many":    {devhub.DealDetails, make([]extension.Arrangement, 201), fault.TooLarge},
	} {
		if err := r.Arrange(t.Context(), me, c.view, c.panels); err == nil || fault.KindOf(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := order(me); !strings.HasPrefix(got, "3 false false, 1 false false") {
		t.Errorf("a refused arrangement counts: %s", got)
	}
	// What is not there any more, and what comes again, is passed over.
	r.ok(r.Arrange(t.Context(), me, devhub.DealDetails, []extension.Arrangement{{Extension: "none"}, {Extension: ids[2]}, {Extension: ids[2], Hidden: true}, {Extension: ids[0]}}))
	if got := order(me); !strings.Contains(got, "2 false false, 0 false false") {
		t.Error(got)
	}
}

// A frame that does not come is looked at from the server.
// spec: surface.framing
func TestFramesThatDoNotComeAreDiagnosed(t *testing.T) {
	t.Parallel()
	r := newFrameRoom(t)
	answer := func(w http.ResponseWriter, _ *http.Request) {}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { answer(w, q) }))
	t.Cleanup(server.Close)
	p := panel
	p.URL = server.URL + "/panel"
	a := r.app(false, p)
	says := func(reason, advice string) {
		t.Helper()
		d, err := r.Diagnose(t.Context(), me, extension.Request{Extension: a.extensions[0].UUID, View: devhub.DealDetails, Selected: []int64{1}, Theme: surfaceapi.Light})
		if err != nil || !strings.Contains(d.Reason, reason) || !strings.Contains(d.Advice, advice) {
			t.Errorf("%+v, %v, want %q and %q", d, err, reason, advice)
		}
	}
	says("did not initialise", "Call initialize")
	answer = func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Query().Get("token") == "" {
			t.Error("asked without a token")
		}
		w.Header().Set("Content-Security-Policy", "frame-ancestors https://*.pipedrive.com")
	}
	says("frame-ancestors https://*.pipedrive.com", "frame-ancestors https://crm.example.com")
	answer = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }
	says("502 Bad Gateway", "log")
	answer = func(w http.ResponseWriter, q *http.Request) { http.Redirect(w, q, "/login", http.StatusFound) }
	says("/login", "Keep the query")
	server.Close()
	says("did not answer", "Start the app's server")
}
