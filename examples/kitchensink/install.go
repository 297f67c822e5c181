package kitchensink

import (
	"context"
	"net/http"
	"strings"

	"github.com/dockwright/dockwright/appkit"
)

// callbackPath receives three things: browsers by GET, uninstalls by DELETE, and
// sharing by POST.
const callbackPath = "/oauth/callback"

// states binds install flows to browsers.
func (cfg Config) states(key []byte) *appkit.States {
	return &appkit.States{
		Cookie: "kitchensink_install", Path: callbackPath, Key: key,
		Secure: strings.HasPrefix(cfg.BaseURL, "https:"), Now: cfg.Now,
	}
}

// installer is the install flow with the credentials that are in force now. It
// ends at the app's settings page in the CRM.
func (a *App) installer() *appkit.Installer {
	o := a.oauth()
	return &appkit.Installer{
		OAuth: o, States: a.states, Store: a.cfg.Accounts, Log: a.cfg.Log, Fail: a.notInstalled,
		After: func(i appkit.Installation) string { return appkit.SettingsURL(i.Token, o.ClientID) },
		Installed: func(_ context.Context, i appkit.Installation) error {
			a.cfg.Log.Info("installed", "company", i.Company, "user", i.User.User)
			return nil
		},
		Uninstalled: func(_ context.Context, u appkit.Uninstall) error {
			a.cfg.Log.Info("uninstalled", "company", u.Company, "user", u.User)
			return nil
		},
	}
}

// oauth speaks with the credentials that are in force now.
func (a *App) oauth() *appkit.OAuth {
	return &appkit.OAuth{
		Credentials: a.inForce(), HostURL: a.cfg.HostURL, RedirectURL: a.cfg.BaseURL + callbackPath,
		HTTP: a.cfg.HTTP, Now: a.cfg.Now,
	}
}

// refresher renews tokens with the credentials in force.
type refresher struct{ app *App }

// Refresh implements appkit.Refresher.
func (r refresher) Refresh(ctx context.Context, old appkit.Token) (appkit.Token, error) {
	return r.app.oauth().Refresh(ctx, old)
}

// begin sends the browser to the consent screen.
func (a *App) begin(w http.ResponseWriter, r *http.Request) {
	in := a.installer()
	if in.OAuth.ClientID == "" {
		a.render(w, http.StatusConflict, "note.html", notePage{
			Title: "Not registered yet", Text: "Register the app in the CRM's Developer Hub, and start it with the client id and the client secret.",
			Link: "/", LinkText: "The addresses that the Developer Hub asks for",
		})
		return
	}
	in.Begin(w, r)
}

func (a *App) callback(w http.ResponseWriter, r *http.Request) { a.installer().Callback(w, r) }

func (a *App) notInstalled(w http.ResponseWriter, _ *http.Request, e *appkit.InstallError) {
	text := e.Text
	if e.Reason == appkit.InstallRefused && e.Err != nil {
		text += ": " + e.Err.Error()
	}
	a.render(w, e.Status, "note.html", notePage{Title: "Not installed", Text: text, Link: "/install", LinkText: "Begin again"})
}
