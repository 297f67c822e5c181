// Package web holds the pages of the host: templates, static files and thin
// handlers that ask the rooms. A page is one URL; the same handler gives the
// whole page or, when the request names fragments, only those elements of it.
// Anything that decides about business belongs into a room, not here.
package web

import (
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/extension"
	"github.com/dockwright/dockwright/internal/host/inbox"
	"github.com/dockwright/dockwright/internal/host/journal"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/host/subscription"
	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/store"
)

// Services are the rooms that pages show.
type Services struct {
	DB      *store.DB
	Clock   clock.Clock // default: clock.System
	Account *account.Service
	Records *records.Service
	Hub     *live.Hub
	DevHub  *devhub.Service
	Authz   *authz.Service
	Inbox   *inbox.Service
	// Extension is the apps in their iframes.
	Extension *extension.Service
	// Subscription is the webhooks.
	Subscription *subscription.Service
	Journal      *journal.Journal
	Replay       Replay // how the Inspector sends an exchange again
	// API are the routes that apps call, for the page that describes them.
	API []route.Route
	// BaseURL is the address under which browsers reach the host, without a
	// slash at the end.
	BaseURL string
	// CompanyURL is where each company has an origin of its own:
	// https://{company}.example.com; empty if none has.
	CompanyURL string
	// Demo is true when everybody on this machine may be any demo user. The
	// storybook is then public.
	Demo bool
	Log  *slog.Logger // default: slog.Default()
}

// Web serves the pages.
type Web struct {
	s      Services
	log    *slog.Logger
	assets *assets
	icons  map[string]template.HTML
	pages  map[string]*template.Template
	sheets []string
	csp    string
	// apiGroups are what the page of the REST API shows.
	apiGroups func() ([]apiGroup, error)
}

// New parses all templates and static files; a fault in any of them is an error
// here and not at the first request.
func New(s Services) (*Web, error) {
	w := &Web{s: s, log: s.Log}
	if w.log == nil {
		w.log = slog.Default()
	}
	if w.s.Clock == nil {
		w.s.Clock = clock.System{}
	}
	var err error
	if w.assets, err = loadAssets(); err != nil {
		return nil, fmt.Errorf("load static files: %w", err)
	}
	w.sheets = sheetURLs(w.assets)
	if w.icons, err = loadIcons(); err != nil {
		return nil, fmt.Errorf("load icons: %w", err)
	}
	if w.pages, err = loadTemplates(); err != nil {
		return nil, fmt.Errorf("parse templates: %w", err)
	}
	w.apiGroups = w.onceGroups()
	w.csp = contentSecurityPolicy(s.BaseURL, s.CompanyURL)
	if s.Authz != nil {
		s.Authz.OnRefused(w.refuse)
	}
	return w, nil
}

// Routes are the paths of all areas. Each area adds its own method here, one
// line, and keeps the table of its paths in its own file.
func (w *Web) Routes() []route.Route {
	rs := slices.Concat(
		w.shellRoutes(),
		w.liveRoutes(),
		w.storybookRoutes(),
		w.peopleRoutes(),
		w.peopleFormRoutes(),
		w.filterRoutes(),
		w.activityRoutes(),
		w.activityTypeRoutes(),
		w.fieldRoutes(),
		w.pipelineRoutes(),
		w.timelineRoutes(),
		w.salesRoutes(),
		w.searchRoutes(),
		w.inboxRoutes(),
		w.settingsRoutes(),
		w.msgsettingsRoutes(),
		w.webhookRoutes(),
		w.inspectorRoutes(),
		w.apiDocsRoutes(),
		w.loginRoutes(),
		w.switchUserRoutes(),
		w.userRoutes(),
		w.joinRoutes(),
		w.devhubRoutes(),
		w.marketplaceRoutes(),
		w.consentRoutes(),
		w.surfaceRoutes(),
		w.unknownRoutes(),
	)
	for i := range rs {
		rs[i].Handler = w.secured(rs[i].Handler)
	}
	return rs
}

// handler is how pages are written: what goes wrong is returned and shown by
// [Web.fail].
type handler func(rw http.ResponseWriter, r *http.Request) error

// handle turns a handler into what the route table wants.
func (w *Web) handle(h handler) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		if err := h(rw, r); err != nil {
			w.fail(rw, r, err)
		}
	}
}

// secured sets the headers that every answer of this package carries.
func (w *Web) secured(next http.HandlerFunc) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		h := rw.Header()
		h.Set("Content-Security-Policy", w.csp)
		h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Dockwright-Assets", w.assets.version)
		ctx, err := w.atSeq(r)
		if err != nil {
			w.fail(rw, r, fmt.Errorf("read the event log: %w", err))
			return
		}
		next(rw, r.WithContext(ctx))
	}
}

// contentSecurityPolicy allows nothing inline and nothing from elsewhere but
// pictures, sound, video and frames, which apps serve from their own origins.
// Forms may lead anywhere over HTTP, because installing and consenting end on the
// app's origin.
// spec: web.csp
func contentSecurityPolicy(base, company string) string {
	socket := "ws:"
	if u, err := url.Parse(base); err == nil && u.Host != "" {
		scheme := "ws://"
		if u.Scheme == "https" {
			scheme = "wss://"
		}
		socket = scheme + u.Host
		if _, host, ok := strings.Cut(company, "://{company}."); ok {
			socket += " " + scheme + "*." + host
		}
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; " +
		"connect-src 'self' " + socket + "; img-src * data: blob:; media-src * blob:; frame-src http: https:; " +
		"form-action 'self' http: https:; base-uri 'none'; frame-ancestors 'none'"
}
