package kitchensink

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/dockwright/dockwright/appkit"
	"github.com/dockwright/dockwright/pipedrive/surfaceapi"
)

// surface is one of the four pages.
type surface struct {
	Path  string
	Kind  surfaceapi.Surface
	Title string
	// Size is what the page asks for when it initialises.
	Size size
}

// size is in CSS pixels; 0 leaves a length as it is.
type size struct {
	Height int `json:"height,omitempty"`
	Width  int `json:"width,omitempty"`
}

var surfaces = []surface{
	{"/panel", surfaceapi.Panel, "Panel", size{Height: 480}},
	{"/modal", surfaceapi.ModalSurface, "Modal", size{Height: 560, Width: 640}},
	{"/floating", surfaceapi.FloatingWindow, "Floating window", size{Height: 520, Width: 380}},
	{"/settings", surfaceapi.AppSettings, "Settings page", size{Height: 900}},
}

// surface lets those in whom the CRM signed for, and says who may frame the page.
func (a *App) surface(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.guard(r).Handler(next).ServeHTTP(w, r)
	})
}

// guard is made for each request: credentials may come, and companies with
// origins of their own may install, while the app runs.
func (a *App) guard(r *http.Request) appkit.Surface {
	secret := a.cfg.JWTSecret
	if secret == "" {
		secret = a.inForce().Secret
	}
	return appkit.Surface{
		Check:     appkit.TokenCheck{Secret: secret, Now: a.cfg.Now},
		Ancestors: a.framers(r),
		Refuse:    a.refuse,
	}
}

// framed says who may frame a page that needs no token.
func (a *App) framed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Content-Security-Policy", "frame-ancestors "+strings.Join(a.framers(r), " "))
		next.ServeHTTP(w, r)
	})
}

// framers are the origins of the CRM: that of the host, and that of the company
// which the address names, where companies have origins of their own.
func (a *App) framers(r *http.Request) []string {
	out := []string{a.cfg.HostURL}
	p, err := surfaceapi.ParseParams(r.URL.Query())
	if err != nil {
		return out
	}
	t, err := a.cfg.Accounts.Load(r.Context(), appkit.Account{Company: p.CompanyID, User: p.UserID})
	if err != nil && !errors.Is(err, appkit.ErrNotInstalled) {
		a.cfg.Log.Error("read the account", "err", err)
	}
	if t.APIDomain != "" && t.APIDomain != a.cfg.HostURL {
		out = append(out, t.APIDomain)
	}
	return out
}

// surfacePage is what the template of a surface shows.
type surfacePage struct {
	surface
	Theme    surfaceapi.Theme
	Facts    []fact
	Commands []command
	Events   []event
	Trials   []trial
	SizeJSON string
	Record   bool // whether there is a record to read
	Script   bool
}

// fact is one thing that the CRM said about who looks at what.
type fact struct {
	Name, Value string
	Verified    bool // the signed token says so, not the address alone
}

// page shows a surface.
func (a *App) page(s surface) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, _ := appkit.ViewerOf(r.Context())
		size, err := json.Marshal(s.Size)
		if err != nil {
			a.fail(w, r, err)
			return
		}
		a.render(w, http.StatusOK, "surface.html", surfacePage{
			surface: s, Theme: v.Params.Theme, Facts: a.facts(v), Commands: commandsOn(s), Events: events, Trials: trials,
			SizeJSON: string(size), Record: recordPath(v.Params) != "", Script: a.cfg.Script != nil,
		})
	})
}

func (a *App) facts(v appkit.Viewer) []fact {
	p := v.Params
	out := []fact{
		{"userId", strconv.FormatInt(v.User, 10), true},
		{"companyId", strconv.FormatInt(v.Company, 10), true},
		{"token", fmt.Sprintf("genuine, for %s more", time.Unix(v.Claims.Expires, 0).Sub(a.now()).Round(time.Second)), true},
		{"id", p.ID, false},
		{"theme", string(p.Theme), false},
		{"resource", p.Resource, false},
		{"view", p.View, false},
		{"selectedIds", ids(p.SelectedIDs), false},
		{"data", string(p.Data), false},
		{"context", string(p.Context), false},
	}
	return out
}

func ids(all []int64) string {
	words := make([]string, len(all))
	for i, id := range all {
		words[i] = strconv.FormatInt(id, 10)
	}
	return strings.Join(words, ", ")
}

// viewer tells a page what a fresh token of get_signed_token says.
func (a *App) viewer(w http.ResponseWriter, r *http.Request) {
	v, _ := appkit.ViewerOf(r.Context())
	a.writeJSON(w, http.StatusOK, v.Claims)
}

// record reads, by REST and with the token of the installation, the record that
// the viewer looks at.
func (a *App) record(w http.ResponseWriter, r *http.Request) {
	v, _ := appkit.ViewerOf(r.Context())
	path := recordPath(v.Params)
	if path == "" {
		a.writeJSON(w, http.StatusBadRequest, map[string]string{"error": "expected resource (deal, person or organization) and selectedIds, got neither: this page is not shown at a record"})
		return
	}
	var body struct {
		Data map[string]any `json:"data"`
	}
	if err := a.rest.Do(r.Context(), v.Account, http.MethodGet, path, nil, &body); err != nil {
		a.writeJSON(w, http.StatusBadGateway, map[string]string{"error": err.Error()})
		return
	}
	out := map[string]any{}
	for _, key := range []string{"id", "title", "name", "status", "value", "currency", "owner_name"} {
		if v, ok := body.Data[key]; ok {
			out[key] = v
		}
	}
	a.writeJSON(w, http.StatusOK, out)
}

// recordPath is where the REST API has what the viewer looks at, "" if that is
// not a record.
func recordPath(p surfaceapi.Params) string {
	collection := map[string]string{"deal": "deals", "person": "persons", "organization": "organizations", "activity": "activities"}[p.Resource]
	if collection == "" || len(p.SelectedIDs) == 0 {
		return ""
	}
	return "/" + collection + "/" + url.PathEscape(strconv.FormatInt(p.SelectedIDs[0], 10))
}
