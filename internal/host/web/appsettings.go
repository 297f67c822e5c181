package web

import (
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/extension"
)

// appSettingsURL is the address of an app's settings page, which apps use as the
// place to land after their installation.
func appSettingsURL(clientID string) string {
	return "/settings/marketplace/app/" + url.PathEscape(clientID) + "/app-settings"
}

// myApps lists the apps that the viewer uses, each with its settings. The original
// has the page under this address.
func (w *Web) myApps(rw http.ResponseWriter, r *http.Request) error {
	all, err := w.allListings(r)
	if err != nil {
		return err
	}
	var mine []listing
	for _, l := range all {
		if l.InUse() {
			mine = append(mine, l)
		}
	}
	w.render(rw, r, http.StatusOK, page{Title: "Marketplace apps", Nav: "settings", Template: "marketplace/mine", Data: mine})
	return nil
}

// settingsPage is the settings page of an app, as far as the viewer has one.
type settingsPage struct {
	App devhub.App
	// Offer is the extension, nil if the app has none for the viewer; only one that
	// is usable is shown.
	Offer   *extension.Offer
	Context string // of redirect_to: a JSON object, or empty
}

// Shown reports whether the app's iframe is on the page.
func (p settingsPage) Shown() bool { return p.Offer != nil && p.Offer.Usable() && !p.Offer.External }

// appSettings is the page behind the gear of an app.
// spec: surface.settings
func (w *Web) appSettings(rw http.ResponseWriter, r *http.Request) error {
	a, err := w.listed(r)
	if err != nil {
		return err
	}
	d := settingsPage{App: a, Context: r.URL.Query().Get("context")}
	var object map[string]any
	if d.Context != "" && (json.Unmarshal([]byte(d.Context), &object) != nil || object == nil) {
		return fault.New(fault.Invalid, "context", "Expected a JSON object, got %.60q. Leave it out to open the settings as they are.", d.Context)
	}
	if w.s.Extension != nil {
		o, err := w.s.Extension.Settings(r.Context(), caller(r), a.ClientID)
		if err == nil {
			d.Offer = &o
		} else if fault.KindOf(err) != fault.NotFound {
			return err
		}
	}
	w.render(rw, r, http.StatusOK, page{Title: a.Name + " settings", Nav: "settings", Template: "marketplace/settings", Data: d})
	return nil
}
