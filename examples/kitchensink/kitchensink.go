// Package kitchensink is an example app that uses every command and every event
// of the app extensions SDK, from every surface, by buttons. It is how one sees
// that a host works: whatever an app may ask for, a button asks for it and shows
// the answer; whatever a host may tell, a log shows it; and what a host must
// survive can be done to it.
//
// It is also an app as anybody could write one, with the kit alone: it installs
// by OAuth, verifies the signed token of each page, reads the record that the
// user looks at by REST, and forgets the account when it is uninstalled.
package kitchensink

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/dockwright/dockwright/appkit"
)

//go:embed static
var staticFiles embed.FS

//go:embed templates
var templateFiles embed.FS

// Config is what the app needs to know.
type Config struct {
	// HostURL is the origin of the CRM, such as https://crm.example.com.
	HostURL string
	// BaseURL is the app's own origin, as browsers and the CRM reach it.
	BaseURL string
	// Credentials are what the Developer Hub shows. [App.Use] may bring them later.
	Credentials appkit.Credentials
	// JWTSecret verifies signed tokens where the extensions have one of their own;
	// empty means the client secret.
	JWTSecret string
	// Accounts keeps who installed the app; nil keeps them in memory.
	Accounts Accounts
	// SDK is the script that is served to the pages instead of the kit's own, such
	// as the UMD build of the official package. It must define the global
	// AppExtensionsSDK.
	SDK []byte
	// Script is loaded as a module after each page's own, and Driver answers it below
	// /driver/: so tests drive pages that stand in iframes of another origin.
	Script []byte
	Driver http.Handler
	// HTTP calls the CRM; nil is a client that dials public addresses only.
	HTTP *http.Client
	// Log hears of installations and faults; nil says nothing.
	Log *slog.Logger
	// Now is the clock; nil is the machine's.
	Now func() time.Time
}

// Accounts keeps the tokens of those who installed the app.
type Accounts interface {
	appkit.Store
	// Count is how many there are.
	Count(ctx context.Context) (int, error)
}

// App is the kitchen sink. Make one with [New] and serve [App.Handler].
type App struct {
	cfg     Config
	pages   *template.Template
	states  *appkit.States
	rest    *appkit.REST
	handler http.Handler

	mu          sync.Mutex
	credentials appkit.Credentials // guarded by mu
}

// New assembles the app.
// spec: examples.kitchensink
func New(cfg Config) (*App, error) {
	for name, at := range map[string]*string{"host": &cfg.HostURL, "base-url": &cfg.BaseURL} {
		u, err := url.Parse(*at)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || strings.Trim(u.Path, "/") != "" {
			return nil, fmt.Errorf("%s: expected an origin such as https://sink.example.com, got %q", name, *at)
		}
		*at = u.Scheme + "://" + u.Host
	}
	if (cfg.Credentials.ClientID == "") != (cfg.Credentials.Secret == "") {
		return nil, errors.New("client-secret: expected client id and client secret together, or neither")
	}
	if cfg.Accounts == nil {
		cfg.Accounts = &memory{all: map[appkit.Account]bool{}}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	pages, err := template.ParseFS(templateFiles, "templates/*.html")
	if err != nil {
		return nil, err
	}
	a := &App{cfg: cfg, pages: pages, credentials: cfg.Credentials}
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails: the runtime ends the program instead
	a.states = cfg.states(key)
	a.rest = &appkit.REST{
		Tokens: &appkit.Tokens{Vault: cfg.Accounts, Source: refresher{a}, Now: cfg.Now},
		HTTP:   cfg.HTTP, Now: cfg.Now,
	}
	mux := http.NewServeMux()
	for pattern, h := range a.routes() {
		mux.Handle(pattern, h)
	}
	a.handler = secure(mux)
	return a, nil
}

// Handler serves everything that the app answers.
func (a *App) Handler() http.Handler { return a.handler }

// Use puts other credentials in force, as when the app is registered after it
// was started.
func (a *App) Use(c appkit.Credentials) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.credentials = c
}

func (a *App) inForce() appkit.Credentials {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.credentials
}

// routes is every path of the app.
func (a *App) routes() map[string]http.Handler {
	all := map[string]http.Handler{
		"GET /{$}":           http.HandlerFunc(a.front),
		"GET /status.json":   http.HandlerFunc(a.status),
		"GET /elsewhere":     a.framed(http.HandlerFunc(a.elsewhere)),
		"GET /sdk.js":        a.sdk(),
		"GET /script.js":     script(a.cfg.Script),
		"GET /static/{file}": http.FileServerFS(staticFiles),
		"GET /viewer":        a.surface(http.HandlerFunc(a.viewer)),
		"GET /record":        a.surface(http.HandlerFunc(a.record)),
		"GET /install":       http.HandlerFunc(a.begin),
		callbackPath:         http.HandlerFunc(a.callback),
	}
	if a.cfg.Driver != nil {
		all["/driver/"] = a.cfg.Driver
	}
	for _, s := range surfaces {
		all["GET "+s.Path] = a.surface(a.page(s))
	}
	return all
}

// sdk is the script with which pages speak to the CRM.
func (a *App) sdk() http.Handler {
	if a.cfg.SDK == nil {
		return appkit.SurfaceScript()
	}
	return script(a.cfg.SDK)
}

func script(text []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		_, _ = w.Write(text)
	})
}

// secure says to browsers that pages load what is theirs and nothing else. Who
// may frame a page is for the page to say.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Add("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
		if strings.HasPrefix(r.URL.Path, "/static/") {
			h.Set("Cache-Control", "no-cache")
		}
		next.ServeHTTP(w, r)
	})
}

// now is the app's clock.
func (a *App) now() time.Time {
	if a.cfg.Now != nil {
		return a.cfg.Now()
	}
	return time.Now()
}
