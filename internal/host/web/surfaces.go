package web

import (
	"context"
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
		post("open", "surface.params", asked(w.openFrame)),
		post("token", "surface.token", asked(w.frameToken)),
		post("diagnose", "surface.framing", asked(w.diagnoseFrame)),
		post("pin", "surface.dock", asked(w.pinApp)),
		post("place", "surface.floating.place", asked(w.placeWindow)),
		post("callers", "surface.calls", w.callers),
		post("panels", "surface.panel", asked(w.arrangePanels)),
		post("log", "surface.inspector", w.logMessages),
		post("form", "surface.command.open-modal", w.formForApp),
	}
}

// asked is the handler of a question in JSON: in is what a script sends, and what
// answer gives is what it gets.
func asked[In, Out any](answer func(ctx context.Context, c route.Caller, in In) (Out, error)) handler {
	return func(rw http.ResponseWriter, r *http.Request) error {
		var in In
		if err := readJSON(rw, r, &in); err != nil {
			return err
		}
		out, err := answer(r.Context(), caller(r), in)
		if err != nil {
			return err
		}
		return writeJSON(rw, out)
	}
}

// openFrame answers with the address of an iframe, which is loaded at once.
func (w *Web) openFrame(ctx context.Context, c route.Caller, in extension.Request) (extension.Frame, error) {
	return w.s.Extension.Open(ctx, c, in)
}

func (w *Web) diagnoseFrame(ctx context.Context, c route.Caller, in extension.Request) (extension.Diagnosis, error) {
	return w.s.Extension.Diagnose(ctx, c, in)
}

type ofExtension struct {
	Extension string `json:"extension"`
}

type tokenAnswer struct {
	Token string `json:"token"`
}

func (w *Web) frameToken(ctx context.Context, c route.Caller, in ofExtension) (tokenAnswer, error) {
	token, err := w.s.Extension.Token(ctx, c, in.Extension)
	return tokenAnswer{token}, err
}

// nothing is the answer to what is only done: {}.
type nothing struct{}

type pinning struct {
	ClientID string `json:"client_id"`
	Pinned   bool   `json:"pinned"`
}

func (w *Web) pinApp(ctx context.Context, c route.Caller, in pinning) (nothing, error) {
	return nothing{}, w.s.Extension.Pin(ctx, c, in.ClientID, in.Pinned)
}

type placing struct {
	ClientID string `json:"client_id"`
	extension.Place
}

func (w *Web) placeWindow(ctx context.Context, c route.Caller, in placing) (nothing, error) {
	return nothing{}, w.s.Extension.Move(ctx, c, in.ClientID, in.Place)
}

type arrangement struct {
	View   devhub.View             `json:"view"`
	Panels []extension.Arrangement `json:"panels"`
}

func (w *Web) arrangePanels(ctx context.Context, c route.Caller, in arrangement) (nothing, error) {
	return nothing{}, w.s.Extension.Arrange(ctx, c, in.View, in.Panels)
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
