package hosttest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/dockwright/dockwright/appkit"
	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/pipedrive/oauthapi"
)

// App is a registered app that a user has installed.
type App struct {
	ClientID, ClientSecret string
	// CallbackURL leads to a server of the test's own, which answers 200 and
	// remembers what it was asked; see [Host.Calls].
	CallbackURL               string
	AccessToken, RefreshToken string
	Scopes                    []string
	// InstalledBy is the user it acts for.
	InstalledBy User
}

// Call is what the host asked an app's callback URL.
type Call struct {
	ClientID string // of the app whose callback URL it was
	Method   string
	Path     string
	Header   http.Header
	Body     []byte
}

// Install registers another app in the user's company, with just these scopes and
// base, and installs it for the user. It fails the test if it cannot.
func (h *Host) Install(user User, scopes ...string) App {
	h.t.Helper()
	owner := h.Admin
	if h.second != nil && h.second.Company.ID == user.Company {
		owner = h.second.Admin
	}
	app, err := h.install(owner, user, scopes)
	if err != nil {
		h.t.Fatal(err)
	}
	return app
}

// Uninstall removes an app for the user who installed it, as the Marketplace
// does: its tokens end, and its callback URL gets a DELETE soon after.
func (h *Host) Uninstall(app App) {
	h.t.Helper()
	by := app.InstalledBy
	if err := h.rooms.Authz.Uninstall(h.t.Context(), route.Caller{Company: by.Company, User: by.ID}, app.ClientID); err != nil {
		h.t.Fatal(err)
	}
}

// Calls are what the host has asked the callback URLs of apps so far, such as the
// DELETE that tells of an uninstalling, in the order in which they came.
func (h *Host) Calls() []Call { return h.apps.all() }

// Called returns a channel that gets each call to a callback URL from now on. It
// holds a hundred that nobody has read.
func (h *Host) Called() <-chan Call { return h.apps.follow() }

// install registers an app as an admin of its company, consents as the user, and
// exchanges the code over HTTP as the app would.
func (h *Host) install(admin, user User, scopes []string) (App, error) {
	ctx := context.Background()
	made := App{CallbackURL: h.apps.callback(), InstalledBy: user}
	registered, err := h.rooms.DevHub.Create(ctx, route.Caller{Company: admin.Company, User: admin.ID, Admin: true}, false, devhub.Registration{
		Name: fmt.Sprintf("Test app %d", h.apps.made.Load()), CallbackURL: made.CallbackURL, Scopes: scopes,
	})
	if err != nil {
		return App{}, fmt.Errorf("register an app: %w", err)
	}
	if registered.Wants(devhub.ScopeMessengers) {
		if err := h.uploadManifest(ctx, admin, registered.ClientID, made.CallbackURL); err != nil {
			return App{}, err
		}
	}
	made.ClientID, made.Scopes = registered.ClientID, registered.Scopes
	h.apps.name(made.CallbackURL, made.ClientID)
	if made.ClientSecret, err = h.rooms.DevHub.Secret(ctx, made.ClientID); err != nil {
		return App{}, err
	}
	consent := route.Caller{Company: user.Company, User: user.ID, Admin: user == admin}
	back, err := h.rooms.Authz.Approve(ctx, consent, authz.Request{ClientID: made.ClientID, RedirectURI: made.CallbackURL}, false)
	if err != nil {
		return App{}, fmt.Errorf("consent to the app: %w", err)
	}
	to, err := url.Parse(back)
	if err != nil {
		return App{}, err
	}
	t, err := h.exchange(made, to.Query().Get("code"))
	made.AccessToken, made.RefreshToken = t.AccessToken, t.RefreshToken
	return made, err
}

// uploadManifest names the app's messaging endpoints, which lie below its callback
// URL and are remembered like it.
func (h *Host) uploadManifest(ctx context.Context, admin User, clientID, base string) error {
	raw, err := appkit.ManifestFile(appkit.MessagingManifest(base))
	if err != nil {
		return err
	}
	_, err = h.rooms.DevHub.UploadManifest(ctx, route.Caller{Company: admin.Company, User: admin.ID, Admin: true}, clientID, raw)
	if err != nil {
		return fmt.Errorf("upload the messaging manifest: %w", err)
	}
	return nil
}

// exchange turns a code into tokens.
func (h *Host) exchange(app App, code string) (oauthapi.Token, error) {
	form := url.Values{"grant_type": {oauthapi.GrantAuthorizationCode}, "code": {code}, "redirect_uri": {app.CallbackURL}}
	req, err := http.NewRequest(http.MethodPost, h.URL+"/oauth/token", strings.NewReader(form.Encode()))
	if err != nil {
		return oauthapi.Token{}, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(app.ClientID, app.ClientSecret)
	status, _, body, err := send(req)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("exchange the code: %d %s", status, body)
	}
	if err != nil {
		return oauthapi.Token{}, err
	}
	var t oauthapi.Token
	return t, json.Unmarshal(body, &t)
}

// everyScope is every scope that an app may ask for.
func everyScope() []string {
	var out []string
	for _, s := range devhub.Scopes() {
		out = append(out, s.ID)
	}
	return out
}

// appServer is where the callback URLs of a host's apps lead.
type appServer struct {
	server *httptest.Server
	made   atomic.Int64

	mu        sync.Mutex
	clients   map[string]string // by path
	calls     []Call
	followers []chan Call
}

func newAppServer(t testing.TB) *appServer {
	s := &appServer{clients: map[string]string{}}
	s.server = httptest.NewServer(s)
	t.Cleanup(s.server.Close)
	return s
}

// callback is a new callback URL.
func (s *appServer) callback() string {
	return s.server.URL + "/callback/" + strconv.FormatInt(s.made.Add(1), 10)
}

// name says whose callback URL it is.
func (s *appServer) name(callbackURL, clientID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients[strings.TrimPrefix(callbackURL, s.server.URL)] = clientID
}

func (s *appServer) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body) // what came until the line was cut is what there is to show
	s.mu.Lock()
	defer s.mu.Unlock()
	c := Call{ClientID: s.clients[r.URL.Path], Method: r.Method, Path: r.URL.Path, Header: r.Header.Clone(), Body: body}
	s.calls = append(s.calls, c)
	for _, f := range s.followers {
		select {
		case f <- c:
		default: // nobody reads; Calls has it
		}
	}
}

func (s *appServer) all() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Call(nil), s.calls...)
}

func (s *appServer) follow() <-chan Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := make(chan Call, 100)
	s.followers = append(s.followers, f)
	return f
}
