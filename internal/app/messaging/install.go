package messaging

import (
	"context"
	"errors"
	"net/http"

	"github.com/dockwright/dockwright/appkit"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/store"
)

// callbackPath receives three things: browsers by GET, uninstalls by DELETE, and
// sharing by POST.
const callbackPath = "/oauth/callback"

func (a *App) installRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Pattern: "/install", Access: Public, Req: "app.messaging.install", Handler: a.beginInstall},
		{Method: http.MethodGet, Pattern: callbackPath, Access: Public, Req: "app.messaging.install", Handler: a.finishInstall},
		{Method: http.MethodDelete, Pattern: callbackPath, Access: Provider, Req: "app.messaging.uninstall", Handler: a.uninstall},
		{Method: http.MethodPost, Pattern: callbackPath, Access: Provider, Req: "app.messaging.sharing", Handler: a.sharing},
	}
}

// oauth is the app's side of the host's OAuth server, with the credentials that
// are in force now.
func (a *App) oauth(ctx context.Context) (*appkit.OAuth, error) {
	c, err := a.settings.credentials(ctx)
	if err != nil {
		return nil, err
	}
	if c.ClientID == "" {
		return nil, fault.New(fault.Conflict, "client_id", "enter the app's client id and secret first; the Developer Hub of the CRM shows them")
	}
	return &appkit.OAuth{
		Credentials: c, HostURL: a.cfg.HostURL, RedirectURL: a.cfg.BaseURL + callbackPath,
		HTTP: a.client, Now: a.cfg.DB.Now,
	}, nil
}

// refresher renews tokens with the credentials in force.
type refresher struct{ app *App }

// Refresh implements appkit.Refresher.
func (r refresher) Refresh(ctx context.Context, old appkit.Token) (appkit.Token, error) {
	o, err := r.app.oauth(ctx)
	if err != nil {
		return appkit.Token{}, err
	}
	return o.Refresh(ctx, old)
}

// beginInstall sends the browser to the consent screen.
func (a *App) beginInstall(w http.ResponseWriter, r *http.Request) {
	o, err := a.oauth(r.Context())
	if err != nil {
		a.failPage(w, r, err)
		return
	}
	http.Redirect(w, r, o.AuthorizeURL(a.states.Begin(w)), http.StatusFound)
}

// finishInstall turns the consent into an installation.
// spec: app.messaging.install-bound-to-browser
func (a *App) finishInstall(w http.ResponseWriter, r *http.Request) {
	err := a.states.Check(w, r)
	if errors.Is(err, appkit.ErrNoState) && r.URL.Query().Get("error") == "" {
		// The host began by itself. What it sent cannot be told from what a stranger
		// would send, so the flow begins again, from here.
		http.Redirect(w, r, "/install", http.StatusFound)
		return
	}
	if r.URL.Query().Get("error") != "" {
		a.failPage(w, r, fault.New(fault.Forbidden, "", "the CRM was not connected, because the consent was declined; nothing was stored"))
		return
	}
	if err != nil {
		a.core.log.refuse(r, fault.New(fault.Forbidden, "state", "the callback does not belong to a flow that this browser began"))
		a.failPage(w, r, fault.New(fault.Forbidden, "state", "this browser did not begin the installation, or began it more than 15 minutes ago; begin again"))
		return
	}
	u, err := a.connect(r.Context(), r.URL.Query().Get("code"))
	if err != nil {
		a.failPage(w, r, err)
		return
	}
	if a.signedIn(r) {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	a.render(w, http.StatusOK, "connected", pageData{Title: "Connected", Message: u.CompanyName, Back: a.cfg.HostURL})
}

// connect trades the code for tokens and stores the installation. Channels that
// the account had before are registered again, so that their history is fetched.
// spec: app.messaging.reinstall
func (a *App) connect(ctx context.Context, code string) (appkit.User, error) {
	o, err := a.oauth(ctx)
	if err != nil {
		return appkit.User{}, err
	}
	tok, err := o.Exchange(ctx, code)
	if err != nil {
		return appkit.User{}, hostFault(err)
	}
	u, err := a.rest.Me(ctx, tok)
	if err != nil {
		return appkit.User{}, hostFault(err)
	}
	err = a.cfg.DB.Company(u.Company).Update(ctx, func(tx *store.Tx) error {
		if err := a.vault.install(tx, u, tok); err != nil {
			return err
		}
		all, err := a.core.channels.ofUser(tx, u.User)
		if err != nil {
			return err
		}
		for _, ch := range all {
			if ch.State == ChannelRemoved {
				continue
			}
			if err := a.registerAgain(tx, ch); err != nil {
				return err
			}
		}
		return nil
	})
	return u, err
}

// hostFault says to a person what a host answered.
func hostFault(err error) error {
	return &fault.Error{Kind: fault.Unavailable, Message: "the CRM could not be connected: " + err.Error(), Err: err}
}

// uninstall forgets the tokens and closes the channels. The archive stays: it is
// the operator's, and a later installation makes use of it.
// spec: app.messaging.uninstall
func (a *App) uninstall(w http.ResponseWriter, r *http.Request) {
	u, err := appkit.ParseUninstall(r)
	if err != nil {
		a.core.refuseHost(w, r, fault.New(fault.Invalid, "", "%s", err))
		return
	}
	err = a.cfg.DB.Company(u.Company).Update(r.Context(), func(tx *store.Tx) error {
		had, err := a.vault.forget(tx, u.User)
		if err != nil || !had {
			return err
		}
		all, err := a.core.channels.ofUser(tx, u.User)
		if err != nil {
			return err
		}
		for _, ch := range all {
			if err := a.core.closeChannel(tx, ch, ChannelClosed, "the app was uninstalled in the CRM"); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		a.core.refuseHost(w, r, err)
		return
	}
	a.cfg.Log.Info("uninstalled", "company", u.Company, "user", u.User)
	writeJSON(w, http.StatusOK, map[string]bool{"success": true})
}

// sharing notes whether everybody in the company uses the installation.
func (a *App) sharing(w http.ResponseWriter, r *http.Request) {
	s, err := appkit.ParseSharing(r)
	if err != nil {
		a.core.refuseHost(w, r, fault.New(fault.Invalid, "", "%s", err))
		return
	}
	err = a.cfg.DB.Company(s.Company).Update(r.Context(), func(tx *store.Tx) error { return a.vault.share(tx, s.User, s.Shared) })
	if err != nil {
		a.core.refuseHost(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]bool{"success": true})
}

// dropParked discards parked jobs of one kind in one lane: what they were about
// is done anew.
func dropParked(tx *store.Tx, kind, key string) error {
	parked, err := lane.ListParked(tx)
	if err != nil {
		return err
	}
	for _, p := range parked {
		if p.Kind == kind && p.Key == key {
			if err := lane.Discard(tx, p.ID); err != nil {
				return err
			}
		}
	}
	return nil
}
