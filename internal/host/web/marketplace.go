package web

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

func (w *Web) marketplaceRoutes() []route.Route {
	return []route.Route{
		{Method: http.MethodGet, Pattern: "/marketplace", Access: route.Login, Req: "authz.marketplace", Handler: w.handle(w.marketplace)},
		{Method: http.MethodGet, Pattern: "/settings/marketplace", Access: route.Login, Req: "surface.settings", Handler: w.handle(w.myApps)},
		{Method: http.MethodGet, Pattern: "/settings/marketplace/app/{client_id}/app-settings", Access: route.Login, Req: "surface.settings", Handler: w.handle(w.appSettings)},
		{Method: http.MethodGet, Pattern: "/marketplace/app/{client_id}", Access: route.Login, Req: "authz.marketplace", Handler: w.handle(w.listing)},
		{Method: http.MethodPost, Pattern: "/marketplace/app/{client_id}/install", Access: route.Login, Req: "oauth.authorize", Handler: w.handle(w.install)},
		{Method: http.MethodPost, Pattern: "/marketplace/app/{client_id}/uninstall", Access: route.Login, Req: "authz.uninstall", Handler: w.handle(w.uninstall)},
		{Method: http.MethodPost, Pattern: "/marketplace/app/{client_id}/sharing", Access: route.Login, Req: "authz.share-later", Handler: w.handle(w.share)},
	}
}

// listing is an app as the viewer's company sees it.
type listing struct {
	App devhub.App
	// Publisher is the company that registered the app.
	Publisher string
	// Mine is the viewer's own installation, nil without one.
	Mine *authz.Installation
	// Reauthorize is whether the viewer has to consent again.
	Reauthorize bool
	// Others are the installations of colleagues.
	Others []colleague
	Scopes []devhub.Scope
	// Messaging is whether the app brings conversations into the inbox.
	Messaging  bool
	Extensions []devhub.Extension
	// Images are read for the app's own page only.
	Images []devhub.Image
}

// colleague is somebody else's installation.
type colleague struct {
	User account.User
	authz.Installation
}

// SharedBy is the colleague who shares the app with the company, nil if none
// does.
func (l listing) SharedBy() *colleague {
	for i := range l.Others {
		if l.Others[i].Shared {
			return &l.Others[i]
		}
	}
	return nil
}

// InUse reports whether the viewer has the app, directly or by sharing.
func (l listing) InUse() bool { return l.Mine != nil || l.SharedBy() != nil }

// settingsLink leads to the settings of an app.
type settingsLink struct {
	URL     string
	Outside bool // a page of the app's own, in another tab
}

// Settings is where the app is set up, for who may use it; nil if it has no
// settings.
func (l listing) Settings() *settingsLink {
	i := slices.IndexFunc(l.Extensions, func(e devhub.Extension) bool { return e.Kind == devhub.AppSettings })
	if !l.InUse() || i < 0 {
		return nil
	}
	// Who has to allow the app first is told so on the page of the host.
	if e := l.Extensions[i]; e.External && l.Mine != nil {
		return &settingsLink{e.URL, true}
	}
	return &settingsLink{appSettingsURL(l.App.ClientID), false}
}

// listings says of each app who has it.
func (w *Web) listings(r *http.Request, apps []devhub.App, installed []authz.Installation) ([]listing, error) {
	ids := make([]string, len(apps))
	for i, a := range apps {
		ids[i] = a.ClientID
	}
	var extensions map[string][]devhub.Extension
	err := w.s.DB.Company(caller(r).Company).View(r.Context(), func(tx *store.Tx) (err error) {
		extensions, err = w.s.DevHub.ExtensionsOf(tx, ids)
		return err
	})
	if err != nil {
		return nil, err
	}
	users, err := w.usersOf(r, caller(r).Company)
	if err != nil {
		return nil, err
	}
	publishers, err := w.companyNames(r)
	if err != nil {
		return nil, err
	}
	of := map[string][]authz.Installation{}
	for _, i := range installed {
		of[i.ClientID] = append(of[i.ClientID], i)
	}
	out := make([]listing, 0, len(apps))
	for _, a := range apps {
		l := listing{App: a, Publisher: publishers[a.Owner], Messaging: a.Wants(devhub.ScopeMessengers), Scopes: scopesOf(a), Extensions: extensions[a.ClientID]}
		for _, i := range of[a.ClientID] {
			if i.User == caller(r).User {
				l.Mine = &i
				continue
			}
			l.Others = append(l.Others, colleague{users[i.User], i})
		}
		out = append(out, l)
	}
	return out, nil
}

// installations are those of the viewer's company.
func (w *Web) installations(r *http.Request) (all []authz.Installation, err error) {
	err = w.s.DB.Company(caller(r).Company).View(r.Context(), func(tx *store.Tx) (err error) {
		all, err = w.s.Authz.Installations(tx)
		return err
	})
	return all, err
}

// scopesOf are the scopes that an app asks for, in words.
func scopesOf(a devhub.App) []devhub.Scope {
	var out []devhub.Scope
	for _, id := range a.Scopes {
		if sc, ok := devhub.ScopeByID(id); ok {
			out = append(out, sc)
		}
	}
	return out
}

func (w *Web) companyNames(r *http.Request) (map[int64]string, error) {
	all, err := w.s.Account.Companies(r.Context())
	out := map[int64]string{}
	for _, c := range all {
		out[c.ID] = c.Name
	}
	return out, err
}

// listed is the app that the path names, if the viewer's company may install it.
func (w *Web) listed(r *http.Request) (devhub.App, error) {
	a, err := w.s.DevHub.ByClientID(r.Context(), r.PathValue("client_id"))
	if fault.KindOf(err) == fault.NotFound || (err == nil && !a.InstallableIn(caller(r).Company)) {
		err = fault.Missing("There is no app with the client id %q that your company can install.", r.PathValue("client_id"))
	}
	return a, err
}

func (w *Web) listing(rw http.ResponseWriter, r *http.Request) error {
	a, err := w.listed(r)
	if err != nil {
		return err
	}
	installed, err := w.installations(r)
	if err != nil {
		return err
	}
	ls, err := w.listings(r, []devhub.App{a}, installed)
	if err != nil {
		return err
	}
	l := ls[0]
	if l.Images, err = w.s.DevHub.Images(r.Context(), a.ClientID); err != nil {
		return err
	}
	if l.Mine != nil {
		err := w.s.DB.Company(caller(r).Company).View(r.Context(), func(tx *store.Tx) (err error) {
			l.Reauthorize, err = w.s.Authz.NeedsReauthorization(tx, *l.Mine)
			return err
		})
		if err != nil {
			return err
		}
	}
	w.render(rw, r, http.StatusOK, page{Title: a.Name, Nav: "marketplace", Template: "marketplace/app", Data: l})
	return nil
}

// install begins where the app wants it to begin, else at the consent page.
func (w *Web) install(rw http.ResponseWriter, r *http.Request) error {
	a, err := w.listed(r)
	if err != nil {
		return err
	}
	switch {
	case a.InstallationURL != "":
		w.redirect(rw, r, a.InstallationURL)
	case a.CallbackURL == "":
		return fault.New(fault.Invalid, "callback_url", "This app has no callback URL yet, so it cannot be installed. Its developer sets one in the Developer Hub.")
	default:
		q := url.Values{"client_id": {a.ClientID}, "redirect_uri": {a.CallbackURL}}
		w.redirect(rw, r, "/oauth/authorize?"+q.Encode())
	}
	return nil
}

func (w *Web) uninstall(rw http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("client_id")
	if err := w.s.Authz.Uninstall(r.Context(), caller(r), id); err != nil {
		return err
	}
	w.redirect(rw, r, "/marketplace/app/"+url.PathEscape(id))
	return nil
}

// share changes who sees what the viewer's installation brings.
func (w *Web) share(rw http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("client_id")
	if err := w.s.Authz.SetShared(r.Context(), caller(r), id, r.PostFormValue("share") == "company"); err != nil {
		return err
	}
	w.redirect(rw, r, "/marketplace/app/"+url.PathEscape(id))
	return nil
}
