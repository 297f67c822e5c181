package kitchensink

import (
	"bytes"
	"encoding/json"
	"net/http"

	"github.com/dockwright/dockwright/appkit"
)

// frontPage is the app's own page, outside of the CRM.
type frontPage struct {
	Host, Base string
	Registered bool
	Installed  int
	Surfaces   []surface
	Callback   string
}

func (a *App) front(w http.ResponseWriter, r *http.Request) {
	installed, err := a.cfg.Accounts.Count(r.Context())
	if err != nil {
		a.fail(w, r, err)
		return
	}
	w.Header().Add("Content-Security-Policy", "frame-ancestors 'none'")
	a.render(w, http.StatusOK, "front.html", frontPage{
		Host: a.cfg.HostURL, Base: a.cfg.BaseURL, Registered: a.inForce().ClientID != "", Installed: installed,
		Surfaces: surfaces, Callback: a.cfg.BaseURL + callbackPath,
	})
}

// Status is what the app tells about itself at /status.json.
type Status struct {
	Credentials   bool `json:"credentials"`   // whether it has any
	Installations int  `json:"installations"` // how many accounts
}

func (a *App) status(w http.ResponseWriter, r *http.Request) {
	installed, err := a.cfg.Accounts.Count(r.Context())
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.writeJSON(w, http.StatusOK, Status{Credentials: a.inForce().ClientID != "", Installations: installed})
}

// notePage says one thing.
type notePage struct{ Title, Text, Link, LinkText string }

// refuse answers who was not let in.
func (a *App) refuse(w http.ResponseWriter, r *http.Request, err error) {
	a.cfg.Log.Warn("refused", "path", r.URL.Path, "err", err)
	if r.URL.Path == "/viewer" || r.URL.Path == "/record" {
		a.writeJSON(w, appkit.RefusalStatus(err), map[string]string{"error": err.Error()})
		return
	}
	a.render(w, appkit.RefusalStatus(err), "note.html", notePage{
		Title: "This page belongs into the CRM", Text: err.Error(), Link: "/", LinkText: "What the kitchen sink is",
	})
}

// elsewhere is where a page goes that leaves the SDK behind.
func (a *App) elsewhere(w http.ResponseWriter, _ *http.Request) {
	a.render(w, http.StatusOK, "note.html", notePage{
		Title: "The iframe went elsewhere", Text: "There is no SDK on this page. The CRM around it must not mind, and must not answer what is said from here.",
	})
}

func (a *App) fail(w http.ResponseWriter, r *http.Request, err error) {
	a.cfg.Log.Error("failed", "path", r.URL.Path, "err", err)
	a.render(w, http.StatusInternalServerError, "note.html", notePage{Title: "That did not work", Text: err.Error(), Link: "/", LinkText: "Back"})
}

func (a *App) render(w http.ResponseWriter, status int, name string, data any) {
	var b bytes.Buffer
	if err := a.pages.ExecuteTemplate(&b, name, data); err != nil {
		a.cfg.Log.Error("render "+name, "err", err)
		http.Error(w, "the page could not be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

func (a *App) writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
