package kitchensink

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"strings"

	"github.com/dockwright/dockwright/appkit"
)

// callbackPath receives three things: browsers by GET, uninstalls by DELETE, and
// sharing by POST.
const callbackPath = "/oauth/callback"

// installs is the install flow.
type installs struct {
	app    *App
	states *appkit.States
}

func (a *App) wireInstall() error {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return err
	}
	a.install = &installs{app: a, states: &appkit.States{
		Cookie: "kitchensink_install", Path: callbackPath, Key: key,
		Secure: strings.HasPrefix(a.cfg.BaseURL, "https:"), Now: a.cfg.Now,
	}}
	a.rest = &appkit.REST{
		Tokens: &appkit.Tokens{Vault: a.cfg.Accounts, Source: refresher{a}, Now: a.cfg.Now},
		HTTP:   a.cfg.HTTP, Now: a.cfg.Now,
	}
	return nil
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
func (i *installs) begin(w http.ResponseWriter, r *http.Request) {
	o := i.app.oauth()
	if o.ClientID == "" {
		i.app.say(w, http.StatusConflict, "Not registered yet", "Register the app in the CRM's Developer Hub, and start it with the client id and the client secret.")
		return
	}
	http.Redirect(w, r, o.AuthorizeURL(i.states.Begin(w)), http.StatusFound)
}

// finish turns the consent into an account, and leads to the app's settings page
// in the CRM.
func (i *installs) finish(w http.ResponseWriter, r *http.Request) {
	err := i.states.Check(w, r)
	switch {
	case r.URL.Query().Get("error") != "":
		i.app.say(w, http.StatusForbidden, "Not installed", "The consent was declined; nothing was stored.")
		return
	case errors.Is(err, appkit.ErrNoState): // the CRM began by itself; the flow begins again, from here
		http.Redirect(w, r, "/install", http.StatusFound)
		return
	case err != nil:
		i.app.say(w, http.StatusForbidden, "Not installed", err.Error())
		return
	}
	o := i.app.oauth()
	token, err := o.Exchange(r.Context(), r.URL.Query().Get("code"))
	if err != nil {
		i.app.say(w, http.StatusBadGateway, "Not installed", err.Error())
		return
	}
	user, err := i.app.rest.Me(r.Context(), token)
	if err == nil {
		err = i.app.cfg.Accounts.Install(r.Context(), user.Account, token)
	}
	if err != nil {
		i.app.say(w, http.StatusBadGateway, "Not installed", err.Error())
		return
	}
	i.app.cfg.Log.Info("installed", "company", user.Company, "user", user.User)
	http.Redirect(w, r, token.APIDomain+"/settings/marketplace/app/"+o.ClientID+"/app-settings", http.StatusSeeOther)
}

// uninstall forgets the account.
func (i *installs) uninstall(w http.ResponseWriter, r *http.Request) {
	if !i.host(w, r) {
		return
	}
	u, err := appkit.ParseUninstall(r)
	if err != nil {
		i.app.writeJSON(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	if err := i.app.cfg.Accounts.Uninstall(r.Context(), u.Account); err != nil {
		i.app.writeJSON(w, http.StatusInternalServerError, map[string]string{"error": err.Error()})
		return
	}
	i.app.cfg.Log.Info("uninstalled", "company", u.Company, "user", u.User)
	i.app.writeJSON(w, http.StatusOK, map[string]bool{"success": true})
}

// sharing is told to an app that has nothing to share: each user's iframes are
// their own.
func (i *installs) sharing(w http.ResponseWriter, r *http.Request) {
	if !i.host(w, r) {
		return
	}
	if _, err := appkit.ParseSharing(r); err != nil {
		i.app.writeJSON(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	i.app.writeJSON(w, http.StatusOK, map[string]bool{"success": true})
}

// host reports whether it is the CRM that calls, and answers if not.
func (i *installs) host(w http.ResponseWriter, r *http.Request) bool {
	if appkit.VerifyBasic(r, i.app.inForce()) {
		return true
	}
	w.Header().Set("WWW-Authenticate", `Basic realm="kitchensink"`)
	i.app.writeJSON(w, http.StatusUnauthorized, map[string]string{"error": "expected HTTP Basic with the app's client id and client secret"})
	return false
}

// say shows a note.
func (a *App) say(w http.ResponseWriter, status int, title, text string) {
	a.render(w, status, "note.html", notePage{Title: title, Text: text, Link: "/", LinkText: "What the kitchen sink is"})
}
