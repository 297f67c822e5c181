package web

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/extension"
	"github.com/dockwright/dockwright/internal/host/route"
)

// surfaceRoutes are what the pages' scripts ask while apps run in their iframes.
// They take and answer JSON.
func (w *Web) surfaceRoutes() []route.Route {
	post := func(path, req string, h handler) route.Route {
		return route.Route{Method: http.MethodPost, Pattern: "/_dockwright/surfaces/" + path, Access: route.Login, Req: req, Handler: w.handle(h)}
	}
	return []route.Route{
		post("open", "surface.params", w.openFrame),
		post("token", "surface.token", w.frameToken),
		post("diagnose", "surface.framing", w.diagnoseFrame),
		post("pin", "surface.dock", w.pinApp),
		post("place", "surface.floating.place", w.placeWindow),
		post("callers", "surface.calls", w.callers),
		post("panels", "surface.panel", w.arrangePanels),
		post("log", "surface.inspector", w.logMessages),
		post("form", "surface.command.open-modal", w.formForApp),
	}
}

// openFrame answers with the address of an iframe, which is loaded at once.
func (w *Web) openFrame(rw http.ResponseWriter, r *http.Request) error {
	var in extension.Request
	if err := readJSON(rw, r, &in); err != nil {
		return err
	}
	f, err := w.s.Extension.Open(r.Context(), caller(r), in)
	if err != nil {
		return err
	}
	return writeJSON(rw, f)
}

func (w *Web) frameToken(rw http.ResponseWriter, r *http.Request) error {
	var in struct {
		Extension string `json:"extension"`
	}
	if err := readJSON(rw, r, &in); err != nil {
		return err
	}
	token, err := w.s.Extension.Token(r.Context(), caller(r), in.Extension)
	if err != nil {
		return err
	}
	return writeJSON(rw, map[string]string{"token": token})
}

func (w *Web) diagnoseFrame(rw http.ResponseWriter, r *http.Request) error {
	var in extension.Request
	if err := readJSON(rw, r, &in); err != nil {
		return err
	}
	d, err := w.s.Extension.Diagnose(r.Context(), caller(r), in)
	if err != nil {
		return err
	}
	return writeJSON(rw, d)
}

func (w *Web) pinApp(rw http.ResponseWriter, r *http.Request) error {
	var in struct {
		ClientID string `json:"client_id"`
		Pinned   bool   `json:"pinned"`
	}
	if err := readJSON(rw, r, &in); err != nil {
		return err
	}
	if err := w.s.Extension.Pin(r.Context(), caller(r), in.ClientID, in.Pinned); err != nil {
		return err
	}
	return writeJSON(rw, struct{}{})
}

func (w *Web) placeWindow(rw http.ResponseWriter, r *http.Request) error {
	var in struct {
		ClientID string `json:"client_id"`
		extension.Place
	}
	if err := readJSON(rw, r, &in); err != nil {
		return err
	}
	if err := w.s.Extension.Move(r.Context(), caller(r), in.ClientID, in.Place); err != nil {
		return err
	}
	return writeJSON(rw, struct{}{})
}

// mostCallers is how many apps are suggested to who has none that calls.
const mostCallers = 4

// callerApp is an app that could be installed to call people.
type callerApp struct {
	ClientID string `json:"client_id"`
	Name     string `json:"name"`
	Summary  string `json:"summary"`
	IconURL  string `json:"icon_url"`
}

// callers suggests apps that call: those of the category, and others with a window
// that phone numbers open.
// spec: surface.calls
func (w *Web) callers(rw http.ResponseWriter, r *http.Request) error {
	all, err := w.allListings(r)
	if err != nil {
		return err
	}
	out := struct {
		Apps []callerApp `json:"apps"`
		More string      `json:"more"` // where all of the category are
	}{[]callerApp{}, "/marketplace?" + url.Values{"category": {devhub.CategoryCalls}}.Encode()}
	for _, l := range all {
		calls := slices.ContainsFunc(l.Extensions, func(e devhub.Extension) bool { return e.CallEntry })
		if (calls || l.App.Category == devhub.CategoryCalls) && l.Mine == nil && len(out.Apps) < mostCallers {
			out.Apps = append(out.Apps, callerApp{l.App.ClientID, l.App.Name, l.App.Summary, l.App.IconURL})
		}
	}
	return writeJSON(rw, out)
}

func (w *Web) arrangePanels(rw http.ResponseWriter, r *http.Request) error {
	var in struct {
		View   devhub.View             `json:"view"`
		Panels []extension.Arrangement `json:"panels"`
	}
	if err := readJSON(rw, r, &in); err != nil {
		return err
	}
	if err := w.s.Extension.Arrange(r.Context(), caller(r), in.View, in.Panels); err != nil {
		return err
	}
	return writeJSON(rw, struct{}{})
}

// maxAsked bounds the body of a question of a script, in bytes.
const maxAsked = 256 << 10

// readJSON reads the one JSON value of a body strictly.
func readJSON(rw http.ResponseWriter, r *http.Request, into any) error {
	return readJSONWithin(rw, r, into, maxAsked)
}

// readJSONWithin is readJSON with another bound, in bytes.
func readJSONWithin(rw http.ResponseWriter, r *http.Request, into any, most int64) error {
	d := json.NewDecoder(http.MaxBytesReader(rw, r.Body, most))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return fault.New(fault.TooLarge, "", "Expected at most %d bytes of JSON.", most)
	case err != nil:
		return fault.New(fault.Invalid, "", "Expected a JSON object: %v.", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fault.New(fault.Invalid, "", "Expected one JSON object and nothing after it.")
	}
	return nil
}

func writeJSON(rw http.ResponseWriter, v any) error {
	rw.Header().Set("Content-Type", "application/json")
	rw.Header().Set("Cache-Control", "no-store")
	return json.NewEncoder(rw).Encode(v)
}
