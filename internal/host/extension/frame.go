package extension

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/surfaceapi"
)

// Request asks for a frame.
type Request struct {
	// Extension is the UUID of the extension. A modal that another surface opens is
	// named by Action instead, its id or name, among the modals of ClientID.
	Extension string `json:"extension"`
	ClientID  string `json:"client_id"`
	Action    string `json:"action"`
	// JSON asks for a JSON modal of that id or name before a custom one.
	JSON bool `json:"json"`
	// View is where it is shown, "" for floating windows and settings pages.
	View devhub.View `json:"view"`
	// Selected are the record of a details view, or those ticked in a list.
	Selected []int64 `json:"selected"`
	// Data is what open_modal was given; Context what redirect_to was given. Each a
	// JSON object, or empty.
	Data    json.RawMessage  `json:"data"`
	Context json.RawMessage  `json:"context"`
	Theme   surfaceapi.Theme `json:"theme"`
}

// Frame is an iframe that may be loaded, once and soon: its token ends.
type Frame struct {
	ID        string             `json:"id"` // of this loading
	URL       string             `json:"url"`
	Extension string             `json:"extension"`
	Surface   surfaceapi.Surface `json:"surface"`
	Title     string             `json:"title"`
	Sizes     surfaceapi.Sizes   `json:"sizes"`
	App       FrameApp           `json:"app"`
}

// FrameApp is whose frame it is.
type FrameApp struct {
	ClientID string `json:"client_id"`
	Name     string `json:"name"`
	IconURL  string `json:"icon_url"`
}

// surfaces are the kinds of extension that are iframes.
var surfaces = map[devhub.Kind]surfaceapi.Surface{
	devhub.FloatingWindow: surfaceapi.FloatingWindow,
	devhub.CustomPanel:    surfaceapi.Panel,
	devhub.CustomModal:    surfaceapi.ModalSurface,
	devhub.AppSettings:    surfaceapi.AppSettings,
}

const (
	maxSelected = 1000     // records
	maxData     = 16 << 10 // bytes of data and of context; servers refuse longer addresses
)

// check refuses what no page asks for.
func (r Request) check() error {
	switch {
	case len(r.Selected) > maxSelected:
		return fault.New(fault.TooLarge, "selected", "Expected at most %d records, got %d.", maxSelected, len(r.Selected))
	case r.View != "" && r.View.Resource() == "":
		return fault.New(fault.Invalid, "view", "Expected one of the seven views, got %q.", r.View)
	case r.Theme != surfaceapi.Light && r.Theme != surfaceapi.Dark:
		return fault.New(fault.Invalid, "theme", "Expected light or dark, got %q.", r.Theme)
	}
	for _, o := range []struct {
		field string
		value json.RawMessage
	}{{"data", r.Data}, {"context", r.Context}} {
		if len(o.value) > maxData {
			return fault.New(fault.TooLarge, o.field, "Expected at most %d bytes of JSON, got %d: it travels in the address of the iframe.", maxData, len(o.value))
		}
		var object map[string]any
		if len(o.value) > 0 && (json.Unmarshal(o.value, &object) != nil || object == nil) {
			return fault.New(fault.Invalid, o.field, "Expected a JSON object, got %.60q.", o.value)
		}
	}
	return nil
}

// Open makes a frame of an extension that the caller may use.
func (s *Service) Open(ctx context.Context, c route.Caller, r Request) (Frame, error) {
	if err := r.check(); err != nil {
		return Frame{}, err
	}
	o, err := s.find(ctx, c, r)
	if err != nil {
		return Frame{}, err
	}
	surface, ok := surfaces[o.Kind]
	if !ok || o.External {
		return Frame{}, fault.New(fault.Invalid, "extension", "A %s is not an iframe.", o.Info().Label)
	}
	token, err := s.sign(ctx, c, o.Extension)
	if err != nil {
		return Frame{}, err
	}
	p := surfaceapi.Params{
		UserID: c.User, CompanyID: c.Company, Token: token, ID: rand.Text(), Theme: r.Theme,
		SelectedIDs: r.Selected, Data: r.Data, Context: r.Context,
	}
	if r.View != "" {
		p.Resource, p.View = r.View.Resource(), "list"
		if r.View.IsDetails() {
			p.View = "details"
		}
	}
	f := Frame{
		ID: p.ID, Extension: o.UUID, Surface: surface, Title: o.Title(),
		App: FrameApp{o.ClientID, o.App.Name, o.App.IconURL},
	}
	f.Sizes, _ = surface.Sizes()
	f.URL, err = p.Address(o.URL)
	return f, err
}

// find is the extension that a request names.
func (s *Service) find(ctx context.Context, c route.Caller, r Request) (o Offer, err error) {
	err = s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		if r.Extension != "" {
			o, err = s.offer(tx, c.User, r.Extension)
			return err
		}
		o, err = s.modal(tx, c, r)
		return err
	})
	return o, err
}

// modal finds the modal of an app that a surface asks for. Apps ask for their custom
// modals as JSON modals too, an official sample among them.
// spec: surface.command.open-modal
// spec: surface.modal.as-json
func (s *Service) modal(tx *store.Tx, c route.Caller, r Request) (Offer, error) {
	all, err := s.offers(tx, c.User, func(e devhub.Extension) bool {
		return e.ClientID == r.ClientID && (e.Kind == devhub.CustomModal || r.JSON && e.Kind == devhub.JSONModal)
	})
	if err != nil {
		return Offer{}, err
	}
	if o, ok := named(all, devhub.JSONModal, r.Action); ok && r.JSON {
		return Offer{}, fault.New(fault.NotBuilt, "", "%q is a JSON modal. JSON modals are not built yet (surface.json-modal).", o.Name)
	}
	if o, ok := named(all, devhub.CustomModal, r.Action); ok {
		return o, nil
	}
	if r.JSON {
		return Offer{}, fault.Missing("The app has no modal %q. Expected the id or the name of one as in the Developer Hub; JSON modals are not built yet (surface.json-modal).", r.Action)
	}
	return Offer{}, fault.Missing("The app has no custom modal %q. Expected the id or the name of one as in the Developer Hub.", r.Action)
}

// named is the usable offer of a kind by its id, else by its name.
func named(all []Offer, kind devhub.Kind, action string) (Offer, bool) {
	for _, same := range []func(Offer) bool{
		func(o Offer) bool { return o.UUID == action },
		func(o Offer) bool { return o.Name == action },
		func(o Offer) bool { return strings.EqualFold(o.Name, action) },
	} {
		for _, o := range all {
			if o.Kind == kind && o.Usable() && same(o) {
				return o, true
			}
		}
	}
	return Offer{}, false
}

// Token is a fresh signed token for an extension that the caller uses.
// spec: surface.command.get-signed-token
func (s *Service) Token(ctx context.Context, c route.Caller, extension string) (string, error) {
	o, err := s.find(ctx, c, Request{Extension: extension})
	if err != nil {
		return "", err
	}
	return s.sign(ctx, c, o.Extension)
}

// sign makes the token that tells an app's server who looks at an iframe.
// spec: surface.token
func (s *Service) sign(ctx context.Context, c route.Caller, e devhub.Extension) (string, error) {
	secrets, err := s.o.Apps.ExtensionSecrets(ctx, e)
	if err != nil {
		return "", err
	}
	now := s.db.Now()
	claims := surfaceapi.Claims{
		UserID: c.User, CompanyID: c.Company, IssuedAt: now.Unix(), Expires: now.Add(surfaceapi.TokenLife).Unix(),
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, signedClaims(claims)).SignedString([]byte(secrets.JWT))
	if err != nil {
		return "", fmt.Errorf("sign a token of extension %s: %w", e.UUID, err)
	}
	return token, nil
}

// signedClaims are the claims in the library's form.
func signedClaims(c surfaceapi.Claims) jwt.MapClaims {
	return jwt.MapClaims{"userId": c.UserID, "companyId": c.CompanyID, "iat": c.IssuedAt, "exp": c.Expires}
}
