package web

import (
	"errors"
	"io"
	"net/http"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/route"
)

func (w *Web) devhubRoutes() []route.Route {
	return []route.Route{
		{Method: http.MethodGet, Pattern: "/developer-hub", Access: route.Login, Req: "devhub.apps", Handler: w.handle(w.apps)},
		{Method: http.MethodGet, Pattern: "/developer-hub/new", Access: route.Admin, Req: "devhub.apps", Handler: w.handle(w.newApp)},
		{Method: http.MethodPost, Pattern: "/developer-hub/new", Access: route.Admin, Req: "devhub.apps", Handler: w.handle(w.createApp)},
		{Method: http.MethodGet, Pattern: "/developer-hub/app/{client_id}", Access: route.Login, Req: "devhub.apps", Handler: w.handle(w.app)},
		{Method: http.MethodPost, Pattern: "/developer-hub/app/{client_id}", Access: route.Admin, Req: "devhub.apps", Handler: w.handle(w.saveApp)},
		{Method: http.MethodPost, Pattern: "/developer-hub/app/{client_id}/manifest", Access: route.Admin, Req: "messaging.manifest.validated", Handler: w.handle(w.saveManifest)},
		{Method: http.MethodPost, Pattern: "/developer-hub/app/{client_id}/secret", Access: route.Admin, Req: "oauth.secret-regenerated", Handler: w.handle(w.newSecret)},
		{Method: http.MethodPost, Pattern: "/developer-hub/app/{client_id}/live", Access: route.Admin, Req: "devhub.live", Handler: w.handle(w.goLive)},
	}
}

// apps lists what the viewer's company registered.
func (w *Web) apps(rw http.ResponseWriter, r *http.Request) error {
	apps, err := w.s.DevHub.Apps(r.Context(), caller(r).Company)
	if err != nil {
		return err
	}
	w.render(rw, r, http.StatusOK, page{Title: "Developer Hub", Nav: "developer-hub", Template: "devhub/apps", Data: apps})
	return nil
}

// appForm is an app as the form shows it.
type appForm struct {
	App    devhub.App
	Scopes []devhub.Scope // all that exist
}

func (w *Web) newApp(rw http.ResponseWriter, r *http.Request) error {
	d := appForm{App: devhub.App{Scopes: []string{devhub.ScopeBase}}, Scopes: devhub.Scopes()}
	w.render(rw, r, http.StatusOK, page{Title: "New app", Nav: "developer-hub", Template: "devhub/new", Data: d})
	return nil
}

func (w *Web) createApp(rw http.ResponseWriter, r *http.Request) error {
	reg, err := registration(rw, r)
	if err != nil {
		return err
	}
	var public bool
	switch kind := r.PostFormValue("type"); kind {
	case "public":
		public = true
	case "private":
	default:
		return fault.New(fault.Invalid, "type", "Expected public or private, got %q.", kind)
	}
	a, err := w.s.DevHub.Create(r.Context(), caller(r), public, reg)
	if err != nil {
		return err
	}
	w.redirect(rw, r, "/developer-hub/app/"+a.ClientID)
	return nil
}

// registration reads what both forms have.
func registration(rw http.ResponseWriter, r *http.Request) (devhub.Registration, error) {
	r.Body = http.MaxBytesReader(rw, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		return devhub.Registration{}, badForm(err)
	}
	return devhub.Registration{
		Name: r.PostForm.Get("name"), Summary: r.PostForm.Get("summary"), IconURL: r.PostForm.Get("icon_url"),
		CallbackURL: r.PostForm.Get("callback_url"), InstallationURL: r.PostForm.Get("installation_url"),
		Scopes: r.PostForm["scopes"], SharingEnabled: r.PostForm.Get("sharing_enabled") != "",
	}, nil
}

// badForm says what is wrong with a form that could not be read.
func badForm(err error) error {
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fault.New(fault.TooLarge, "", "Expected at most %d bytes in this form.", tooLarge.Limit)
	}
	return &fault.Error{Kind: fault.Invalid, Message: "The form could not be read.", Err: err}
}

// ownApp is the app that the path names, if it belongs to the viewer's company.
func (w *Web) ownApp(r *http.Request) (devhub.App, error) {
	a, err := w.s.DevHub.ByClientID(r.Context(), r.PathValue("client_id"))
	if err == nil && a.Owner != caller(r).Company {
		err = fault.Missing("Your company has no app with the client id %q.", r.PathValue("client_id"))
	}
	return a, err
}

// appData is what an app's page shows.
type appData struct {
	appForm
	Secret         string // "" to those who may not change the app
	Granted        []devhub.Scope
	Messaging      bool // the app asks for the messaging scope
	ManifestRows   []endpointRow
	ManifestText   string
	MaxManifestMiB int
}

// endpointRow is a line of the manifest's table.
type endpointRow struct{ Name, URL string }

func (w *Web) app(rw http.ResponseWriter, r *http.Request) error {
	a, err := w.ownApp(r)
	if err != nil {
		return err
	}
	d := appData{
		appForm: appForm{App: a, Scopes: devhub.Scopes()}, Granted: scopesOf(a), Messaging: a.Wants(devhub.ScopeMessengers),
		ManifestRows: endpoints(a), ManifestText: string(a.ManifestRaw), MaxManifestMiB: devhub.MaxManifest >> 20,
	}
	if caller(r).Admin {
		if d.Secret, err = w.s.DevHub.Secret(r.Context(), a.ClientID); err != nil {
			return err
		}
	}
	w.render(rw, r, http.StatusOK, page{Title: a.Name, Nav: "developer-hub", Template: "devhub/app", Data: d})
	return nil
}

// endpoints are those of the manifest, in the order of the documents.
func endpoints(a devhub.App) []endpointRow {
	if a.Manifest == nil {
		return nil
	}
	e := a.Manifest.Endpoints
	return []endpointRow{
		{"getConversations", string(e.GetConversations)}, {"getConversationById", string(e.GetConversationByID)},
		{"postMessage", string(e.PostMessage)}, {"getMessageById", string(e.GetMessageByID)},
		{"getSenderById", string(e.GetSenderByID)}, {"getTemplates", string(e.GetTemplates)},
		{"deleteChannelById", string(e.DeleteChannelByID)},
	}
}

func (w *Web) saveApp(rw http.ResponseWriter, r *http.Request) error {
	reg, err := registration(rw, r)
	if err != nil {
		return err
	}
	a, err := w.s.DevHub.Update(r.Context(), caller(r), r.PathValue("client_id"), reg)
	if err != nil {
		return err
	}
	w.redirect(rw, r, "/developer-hub/app/"+a.ClientID)
	return nil
}

// maxUpload is how much of a manifest form is read, in bytes. It is far above
// what is accepted, so that a large file gets a sentence and not a cut line.
const maxUpload = 16 << 20

func (w *Web) saveManifest(rw http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(rw, r.Body, maxUpload)
	raw, err := manifestOf(r)
	if f, ok := fault.As(err); ok {
		f.Field = "manifest" // of whatever kind: the form has no other
	}
	var a devhub.App
	if err == nil {
		a, err = w.s.DevHub.UploadManifest(r.Context(), caller(r), r.PathValue("client_id"), raw)
	}
	if err != nil {
		w.noteRefusal(r, r.PathValue("client_id"), "messaging.manifest.validated", raw, err)
		return err
	}
	w.redirect(rw, r, "/developer-hub/app/"+a.ClientID)
	return nil
}

// manifestOf is the file of the form, else what was typed. Removing sends
// neither.
func manifestOf(r *http.Request) ([]byte, error) {
	// A form without a file field is no multipart form; it is read all the same.
	if err := r.ParseMultipartForm(maxUpload); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return nil, badForm(err)
	}
	if r.PostFormValue("remove") != "" {
		return nil, nil
	}
	f, _, err := r.FormFile("manifest")
	if err == nil {
		defer func() { _ = f.Close() }()
		raw, err := io.ReadAll(f)
		if err != nil || len(raw) > 0 {
			return raw, err
		}
	}
	if text := r.PostFormValue("manifest_text"); text != "" {
		return []byte(text), nil
	}
	return nil, fault.New(fault.Invalid, "manifest", "Choose a manifest file, or paste its text.")
}

func (w *Web) newSecret(rw http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("client_id")
	if _, err := w.s.DevHub.RegenerateSecret(r.Context(), caller(r), id); err != nil {
		return err
	}
	w.redirect(rw, r, "/developer-hub/app/"+id)
	return nil
}

func (w *Web) goLive(rw http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("client_id")
	if _, err := w.s.DevHub.SetLive(r.Context(), caller(r), id); err != nil {
		return err
	}
	w.redirect(rw, r, "/developer-hub/app/"+id)
	return nil
}
