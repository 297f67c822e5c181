package web

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/route"
)

const (
	hubPath = "/developer-hub"
	hubApp  = hubPath + "/app/{client_id}"
)

func (w *Web) devhubRoutes() []route.Route {
	return slices.Concat([]route.Route{
		{Method: http.MethodGet, Pattern: hubPath, Access: route.Login, Req: "devhub.apps", Handler: w.handle(w.apps)},
		{Method: http.MethodGet, Pattern: hubPath + "/new", Access: route.Admin, Req: "devhub.wizard", Handler: w.handle(w.newApp)},
		{Method: http.MethodPost, Pattern: hubPath + "/new", Access: route.Admin, Req: "devhub.wizard", Handler: w.handle(w.createApp)},
		{Method: http.MethodGet, Pattern: hubApp, Access: route.Login, Req: "devhub.apps", Handler: w.handle(w.app)},
		{Method: http.MethodPost, Pattern: hubApp + "/secret", Access: route.Admin, Req: "oauth.secret-regenerated", Handler: w.handle(w.newSecret)},
		{Method: http.MethodPost, Pattern: hubApp + "/check", Access: route.Admin, Req: "devhub.check-callback", Handler: w.handle(w.checkCallback)},
		{Method: http.MethodGet, Pattern: devhub.IconPath + "/{client_id}/{hash}", Access: route.Public, Req: "devhub.icon", Handler: w.handle(w.appIcon)},
		{Method: http.MethodGet, Pattern: devhub.ImagePath + "/{client_id}/{hash}", Access: route.Public, Req: "devhub.listing.images", Handler: w.handle(w.appImage)},
	}, w.devhubFormRoutes(), w.devhubImageRoutes(), w.devhubExtensionRoutes(), w.devhubPublishRoutes())
}

// hubURL is an app's page in the Developer Hub, or one of its tabs.
func hubURL(clientID string, tab ...string) string {
	return strings.Join(append([]string{hubPath, "app", url.PathEscape(clientID)}, tab...), "/")
}

// hubList is what the list of a company's apps shows.
type hubList struct {
	Apps     []devhub.App
	Operator bool
	Waiting  int // apps of any company that wait for the operator
}

// apps lists what the viewer's company registered.
func (w *Web) apps(rw http.ResponseWriter, r *http.Request) error {
	var d hubList
	var err error
	if d.Apps, err = w.s.DevHub.Apps(r.Context(), caller(r).Company); err != nil {
		return err
	}
	if d.Operator, err = w.s.Account.Operates(r.Context(), caller(r)); err != nil {
		return err
	}
	if d.Operator {
		queue, err := w.s.DevHub.Queue(r.Context())
		if err != nil {
			return err
		}
		d.Waiting = len(queue)
	}
	w.render(rw, r, http.StatusOK, page{Title: "Developer Hub", Nav: "developer-hub", Template: "devhub/apps", Data: d})
	return nil
}

// newAppForm is the wizard.
type newAppForm struct {
	App       devhub.App // as the form begins
	Templates []devhub.Template
	Scopes    []devhub.Scope
}

// localCallback is where example apps of the platform wait.
const localCallback = "http://localhost:3000/callback"

func (w *Web) newApp(rw http.ResponseWriter, r *http.Request) error {
	d := newAppForm{
		App:       devhub.App{Scopes: []string{devhub.ScopeBase}, CallbackURL: localCallback},
		Templates: devhub.Templates(), Scopes: devhub.Scopes(),
	}
	w.render(rw, r, http.StatusOK, page{Title: "New app", Nav: "developer-hub", Template: "devhub/new", Data: d})
	return nil
}

func (w *Web) createApp(rw http.ResponseWriter, r *http.Request) error {
	if err := readForm(rw, r); err != nil {
		return err
	}
	reg := devhub.Registration{
		Name: r.PostForm.Get("name"), Summary: r.PostForm.Get("summary"), IconURL: r.PostForm.Get("icon_url"),
		CallbackURL: r.PostForm.Get("callback_url"), InstallationURL: r.PostForm.Get("installation_url"),
		Scopes: r.PostForm["scopes"], SharingEnabled: r.PostForm.Get("sharing_enabled") != "",
	}
	var public bool
	switch kind := r.PostFormValue("type"); kind {
	case "public":
		public = true
	case "private":
	default:
		return fault.New(fault.Invalid, "type", "Expected public or private, got %q.", kind)
	}
	template := r.PostForm.Get("template")
	if template == "" {
		template = devhub.Templates()[0].Key
	}
	a, err := w.s.DevHub.CreateFrom(r.Context(), caller(r), template, public, reg)
	if err != nil {
		return err
	}
	w.redirect(rw, r, hubURL(a.ClientID))
	return nil
}

// readForm reads a form without files.
func readForm(rw http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(rw, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	return nil
}

// badForm says what is wrong with a form that could not be read.
func badForm(err error) error {
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fault.New(fault.TooLarge, "", "Expected at most %d bytes in this form.", tooLarge.Limit)
	}
	return &fault.Error{Kind: fault.Invalid, Message: "The form could not be read.", Err: err}
}

// hubTab is a page of an app. Another area adds its own here, one line.
type hubTab struct {
	Key, Label string
	Anybody    bool // not for admins only
}

var hubTabs = []hubTab{
	{Key: "", Label: "Overview", Anybody: true},
	{Key: "basic", Label: "Basic info"},
	{Key: "oauth", Label: "OAuth & access scopes"},
	{Key: "extensions", Label: "App extensions", Anybody: true},
	{Key: "publish", Label: "Publishing"},
}

// appPage is what the pages of an app share.
type appPage struct {
	devhub.Draft
	Tab        string
	Tabs       []hubTab
	Path       string // of the app's first page
	Secret     string // "" to those who may not change the app
	Granted    []devhub.Scope
	AllScopes  []devhub.Scope
	Categories []string
	Images     []devhub.Image
	Manifests  []manifestForm
	MaxIconMB  int
	MaxImageMB int
	Webhooks   []webhookRow // that the app made in the viewer's company
}

// lifeStep is a stage in the life of a public app.
type lifeStep struct {
	Label     string
	Now, Done bool
}

// Life is the way of a public app, with where it is.
func (p appPage) Life() []lifeStep {
	steps := []lifeStep{{Label: "Draft"}, {Label: "In review"}, {Label: "Approved, not listed"}, {Label: "Live"}}
	at := slices.Index([]devhub.Status{devhub.StatusDraft, devhub.StatusInReview, devhub.StatusUnpublished, devhub.StatusLive}, p.App.State)
	for i := range steps {
		steps[i].Now, steps[i].Done = i == at, i < at
	}
	return steps
}

// Gaps are what the app lacks before its review.
func (p appPage) Gaps() []devhub.Gap { return p.Next.Gaps() }

// appPage reads the app that the path names, if it belongs to the viewer's
// company.
func (w *Web) appPage(r *http.Request, tab string) (appPage, error) {
	id := r.PathValue("client_id")
	d, err := w.s.DevHub.Draft(r.Context(), caller(r).Company, id)
	if fault.KindOf(err) == fault.NotFound {
		err = fault.Missing("Your company has no app with the client id %q.", id)
	}
	if err != nil {
		return appPage{}, err
	}
	p := appPage{
		Draft: d, Tab: tab, Tabs: hubTabs, Path: hubURL(id), Granted: scopesOf(d.Next), AllScopes: devhub.Scopes(),
		Categories: devhub.Categories(), MaxIconMB: devhub.MaxIcon >> 20, MaxImageMB: devhub.MaxImage >> 20,
	}
	if caller(r).Admin {
		p.Secret, err = w.s.DevHub.Secret(r.Context(), id)
	}
	return p, err
}

// showApp renders one of an app's pages.
func (w *Web) showApp(rw http.ResponseWriter, r *http.Request, p appPage) error {
	name := p.Tab
	if name == "" {
		name = "app"
	}
	w.render(rw, r, http.StatusOK, page{Title: p.App.Name, Nav: "developer-hub", Template: "devhub/" + name, Data: p})
	return nil
}

func (w *Web) app(rw http.ResponseWriter, r *http.Request) error {
	p, err := w.appPage(r, "")
	if err != nil {
		return err
	}
	if p.Webhooks, err = w.appWebhooks(r, p.App.ClientID); err != nil {
		return err
	}
	return w.showApp(rw, r, p)
}

func (w *Web) newSecret(rw http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("client_id")
	if _, err := w.s.DevHub.RegenerateSecret(r.Context(), caller(r), id); err != nil {
		return err
	}
	w.redirect(rw, r, hubURL(id))
	return nil
}

// checkCallback calls the app; the page shows how it went.
func (w *Web) checkCallback(rw http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("client_id")
	if _, err := w.s.Authz.CheckCallback(r.Context(), caller(r), id); err != nil {
		return err
	}
	w.redirect(rw, r, hubURL(id))
	return nil
}

// appIcon serves an uploaded icon. Its address has its hash, so what is behind an
// address never changes; an old address leads to the icon of today.
// spec: devhub.icon
func (w *Web) appIcon(rw http.ResponseWriter, r *http.Request) error {
	icon, err := w.s.DevHub.Icon(r.Context(), r.PathValue("client_id"))
	if err != nil {
		return err
	}
	h := rw.Header()
	h.Set("ETag", `"`+icon.Hash+`"`)
	h.Set("Cache-Control", "public, max-age=300")
	if icon.Hash == r.PathValue("hash") {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if r.Header.Get("If-None-Match") == `"`+icon.Hash+`"` {
		rw.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", icon.ContentType)
	_, _ = rw.Write(icon.Body) // the reader has gone; nobody to tell
	return nil
}

// maxUpload is how much of a form with a file is read, in bytes. It is far above
// what is accepted, so that a large file gets a sentence and not a cut line.
const maxUpload = 16 << 20

// readUpload reads a form that may have files.
func readUpload(rw http.ResponseWriter, r *http.Request, field string) error {
	r.Body = http.MaxBytesReader(rw, r.Body, maxUpload)
	// A form without a file field is no multipart form; it is read all the same.
	if err := r.ParseMultipartForm(maxUpload); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		err = badForm(err)
		if f, ok := fault.As(err); ok {
			f.Field = field
		}
		return err
	}
	return nil
}

// fileOf is the file of a form that was read, nil if none was chosen.
func fileOf(r *http.Request, field string) ([]byte, error) {
	f, _, err := r.FormFile(field)
	if err != nil {
		return nil, nil //nolint:nilerr // no file was chosen
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(f)
}
