package web

import (
	"net/http"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/route"
)

func (w *Web) devhubFormRoutes() []route.Route {
	return []route.Route{
		{Method: http.MethodGet, Pattern: hubApp + "/basic", Access: route.Admin, Req: "devhub.apps", Handler: w.handle(w.appForm("basic"))},
		{Method: http.MethodPost, Pattern: hubApp + "/basic", Access: route.Admin, Req: "devhub.apps", Handler: w.handle(w.saveBasic)},
		{Method: http.MethodPost, Pattern: hubApp + "/icon", Access: route.Admin, Req: "devhub.icon", Handler: w.handle(w.saveIcon)},
		{Method: http.MethodGet, Pattern: hubApp + "/oauth", Access: route.Admin, Req: "devhub.apps", Handler: w.handle(w.appForm("oauth"))},
		{Method: http.MethodPost, Pattern: hubApp + "/oauth", Access: route.Admin, Req: "devhub.apps", Handler: w.handle(w.saveOAuth)},
		{Method: http.MethodPost, Pattern: hubApp + "/manifest", Access: route.Admin, Req: "messaging.manifest.validated", Handler: w.handle(w.saveManifest)},
		{Method: http.MethodPost, Pattern: hubApp + "/webhooks", Access: route.Admin, Req: "webhooks.manifest", Handler: w.handle(w.saveWebhooks)},
		{Method: http.MethodPost, Pattern: hubApp + "/video-manifest", Access: route.Admin, Req: "devhub.video-manifest", Handler: w.handle(w.saveVideoManifest)},
	}
}

// appForm shows one of the pages that are forms.
func (w *Web) appForm(tab string) handler {
	return func(rw http.ResponseWriter, r *http.Request) error {
		p, err := w.appPage(r, tab)
		if err != nil {
			return err
		}
		if p.Images, err = w.s.DevHub.Images(r.Context(), p.App.ClientID); err != nil {
			return err
		}
		p.Manifests = manifestForms(p.Next)
		raw, err := w.s.DevHub.WebhooksFile(r.Context(), caller(r), p.App.ClientID)
		if err != nil {
			return err
		}
		p.Manifests = append(p.Manifests, webhooksForm(p.Next, raw))
		return w.showApp(rw, r, p)
	}
}

// edit changes what a form is about and leads back to it.
func (w *Web) edit(rw http.ResponseWriter, r *http.Request, tab string, change func(*devhub.Registration)) error {
	if err := readForm(rw, r); err != nil {
		return err
	}
	id := r.PathValue("client_id")
	if _, err := w.s.DevHub.Edit(r.Context(), caller(r), id, change); err != nil {
		return err
	}
	w.redirect(rw, r, hubURL(id, tab))
	return nil
}

func (w *Web) saveBasic(rw http.ResponseWriter, r *http.Request) error {
	return w.edit(rw, r, "basic", func(to *devhub.Registration) {
		to.Name, to.Summary, to.Description = r.PostForm.Get("name"), r.PostForm.Get("summary"), r.PostForm.Get("description")
		to.Category, to.IconURL = r.PostForm.Get("category"), r.PostForm.Get("icon_url")
		to.SupportURL, to.LegalURL, to.ContactEmail = r.PostForm.Get("support_url"), r.PostForm.Get("legal_url"), r.PostForm.Get("contact_email")
		to.VideoURL = r.PostForm.Get("video_url")
	})
}

func (w *Web) saveOAuth(rw http.ResponseWriter, r *http.Request) error {
	return w.edit(rw, r, "oauth", func(to *devhub.Registration) {
		to.CallbackURL, to.InstallationURL, to.Scopes = r.PostForm.Get("callback_url"), r.PostForm.Get("installation_url"), r.PostForm["scopes"]
		to.SharingEnabled, to.ExtensionsShared = r.PostForm.Get("sharing_enabled") != "", r.PostForm.Get("extensions_shared") != ""
	})
}

func (w *Web) saveIcon(rw http.ResponseWriter, r *http.Request) error {
	if err := readUpload(rw, r, "icon"); err != nil {
		return err
	}
	raw, err := fileOf(r, "icon")
	if err != nil {
		return err
	}
	if r.PostFormValue("remove") != "" {
		raw = nil
	} else if len(raw) == 0 {
		return fault.New(fault.Invalid, "icon", "Choose a PNG or JPG file.")
	}
	id := r.PathValue("client_id")
	if _, err := w.s.DevHub.UploadIcon(r.Context(), caller(r), id, raw); err != nil {
		return err
	}
	w.redirect(rw, r, hubURL(id, "basic"))
	return nil
}

// manifestForm is the upload of one manifest.
type manifestForm struct {
	ID       string // of the element, and the last part of the form's path
	Field    string // of the file
	Title    string
	Scope    string // which opens it
	Version  string // the documented one
	Open     bool   // the scope is there
	Have     bool
	Text     string
	Rows     []endpointRow
	Warnings []string
	Missing  string // what the manifest is for, if none is there
	Optional bool   // an app may do without
	MaxMB    int
	HTTPS    bool
}

// endpointRow is a line of the manifest's table.
type endpointRow struct{ Name, URL string }

func manifestForms(a devhub.App) []manifestForm {
	m := manifestForm{
		ID: "manifest", Field: "manifest", Title: "Messaging manifest", Scope: devhub.ScopeMessengers, Version: "v202101",
		Open: a.Wants(devhub.ScopeMessengers), Text: string(a.ManifestRaw), MaxMB: devhub.MaxManifest >> 20, HTTPS: a.Public,
		Missing: "The messaging inbox calls the endpoints that this file names.",
	}
	if a.Manifest != nil {
		e := a.Manifest.Endpoints
		m.Have, m.Warnings = true, a.Manifest.Warnings
		m.Rows = []endpointRow{
			{"getConversations", string(e.GetConversations)}, {"getConversationById", string(e.GetConversationByID)},
			{"postMessage", string(e.PostMessage)}, {"getMessageById", string(e.GetMessageByID)},
			{"getSenderById", string(e.GetSenderByID)}, {"getTemplates", string(e.GetTemplates)},
			{"deleteChannelById", string(e.DeleteChannelByID)},
		}
	}
	v := manifestForm{
		ID: "video-manifest", Field: "video_manifest", Title: "Video calling manifest", Scope: devhub.ScopeVideoCalls, Version: "v202049",
		Open: a.Wants(devhub.ScopeVideoCalls), Text: string(a.VideoManifestRaw), MaxMB: devhub.MaxManifest >> 20, HTTPS: a.Public,
		Missing: "Activities make, move and cancel meetings at the endpoints that this file names.",
	}
	if a.VideoManifest != nil {
		e := a.VideoManifest.Endpoints
		v.Have = true
		v.Rows = []endpointRow{{"postMeeting", e.PostMeeting}, {"patchUpdateMeeting", e.PatchUpdateMeeting}, {"deleteMeeting", e.DeleteMeeting}}
	}
	return []manifestForm{m, v}
}

func (w *Web) saveManifest(rw http.ResponseWriter, r *http.Request) error {
	return w.upload(rw, r, "manifest", "messaging.manifest.validated", func(raw []byte) error {
		_, err := w.s.DevHub.UploadManifest(r.Context(), caller(r), r.PathValue("client_id"), raw)
		return err
	})
}

func (w *Web) saveVideoManifest(rw http.ResponseWriter, r *http.Request) error {
	return w.upload(rw, r, "video_manifest", "devhub.video-manifest", func(raw []byte) error {
		_, err := w.s.DevHub.UploadVideoManifest(r.Context(), caller(r), r.PathValue("client_id"), raw)
		return err
	})
}

// saveWebhooks keeps the webhooks that the app declares.
// spec: webhooks.manifest
func (w *Web) saveWebhooks(rw http.ResponseWriter, r *http.Request) error {
	return w.upload(rw, r, "webhooks", "webhooks.manifest", func(raw []byte) error {
		return w.s.DevHub.UploadWebhooks(r.Context(), caller(r), r.PathValue("client_id"), raw)
	})
}

// webhooksForm is the upload of declared webhooks.
func webhooksForm(a devhub.App, raw []byte) manifestForm {
	return manifestForm{
		ID: "webhooks", Field: "webhooks", Title: "Webhooks", Scope: "webhooks:full", Optional: true,
		Open: a.Wants("webhooks:full") || a.Wants("admin"), Have: len(raw) > 0, Text: string(raw), MaxMB: devhub.MaxManifest >> 20, HTTPS: a.Public,
		Missing: `Whoever installs the app gets the webhooks that this file names; they go when it is uninstalled. It is JSON: {"webhooks": [{"subscription_url", "event_action", "event_object", …}]}.`,
	}
}

// upload reads a manifest and keeps it; the Inspector shows one that is refused.
func (w *Web) upload(rw http.ResponseWriter, r *http.Request, field, requirement string, keep func([]byte) error) error {
	id := r.PathValue("client_id")
	raw, err := uploaded(rw, r, field)
	if err == nil {
		err = keep(raw)
	}
	if err != nil {
		w.noteRefusal(r, id, requirement, raw, err)
		return err
	}
	w.redirect(rw, r, hubURL(id, "oauth"))
	return nil
}

// uploaded is the file of the form, else what was typed. Removing sends neither.
func uploaded(rw http.ResponseWriter, r *http.Request, field string) ([]byte, error) {
	if err := readUpload(rw, r, field); err != nil {
		return nil, err
	}
	if r.PostFormValue("remove") != "" {
		return nil, nil
	}
	raw, err := fileOf(r, field)
	if err != nil || len(raw) > 0 {
		return raw, err
	}
	if text := r.PostFormValue(field + "_text"); text != "" {
		return []byte(text), nil
	}
	return nil, fault.New(fault.Invalid, field, "Choose a JSON file, or paste its text.")
}
