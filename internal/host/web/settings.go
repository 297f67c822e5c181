package web

import (
	"net/http"
	"strings"

	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/route"
)

func (w *Web) settingsRoutes() []route.Route {
	return []route.Route{
		{Method: http.MethodGet, Pattern: "/settings", Access: route.Login, Req: "web.settings", Handler: w.handle(w.settings)},
		{Method: http.MethodGet, Pattern: "/settings/api", Access: route.Login, Req: "rest.personal-token-page", Handler: w.handle(w.personalToken)},
		{Method: http.MethodPost, Pattern: "/settings/api", Access: route.Login, Req: "rest.personal-token-page", Handler: w.handle(w.newPersonalToken)},
		{Method: http.MethodPost, Pattern: "/settings/api/remove", Access: route.Login, Req: "rest.personal-token-page", Handler: w.handle(w.removePersonalToken)},
	}
}

// settingsEntry is a card on the settings page. An entry that is not built says
// which requirement brings it.
type settingsEntry struct {
	Icon, Title, Text, Href string
	Req                     string
	Admin                   bool // for admins only
}

var settingsEntries = []settingsEntry{
	{Icon: "inbox", Title: "Messaging", Text: "The channels that apps bring to the Messaging inbox: who owns them, and whether they are in order.", Href: "/settings/integrations/messaging"},
	{Icon: "marketplace", Title: "Marketplace apps", Text: "The apps that you use: their settings, and who shares them.", Href: "/settings/marketplace"},
	{Icon: "code", Title: "Developer Hub", Text: "Register an app of your own: client id, callback, scopes, manifest.", Href: "/developer-hub"},
	{Icon: "inspector", Title: "Inspector", Text: "Every exchange between this host and its apps, with Replay.", Href: "/_dockwright/inspector"},
	{Icon: "person", Title: "Users", Text: "Who works here, who administers the company, and your own password.", Href: "/settings/users"},
	{Icon: "key", Title: "Personal API token", Text: "For scripts and clients that call the API in your own name, without an app.", Href: "/settings/api"},
	{Icon: "tag", Title: "Data fields", Text: "What is known about people, organizations and deals: your own fields, and labels.", Href: "/settings/fields", Admin: true},
	{Icon: "activities", Title: "Activity types", Text: "The kinds of activities that can be chosen, and their order.", Href: "/settings/activity-types", Admin: true},
	{Icon: "deals", Title: "Pipelines", Text: "The stages that deals go through, with probabilities and how long a deal may rest.", Href: "/settings/pipelines", Admin: true},
	{Icon: "phone", Title: "Video calls", Text: "Which meeting service activities use.", Req: "meeting.activity"},
	{Icon: "refresh", Title: "Webhooks", Text: "The addresses that are told what changes here, and how each delivery went.", Href: "/settings/webhooks"},
}

func (w *Web) settings(rw http.ResponseWriter, r *http.Request) error {
	w.render(rw, r, http.StatusOK, page{Title: "Tools and apps", Nav: "settings", Template: "settings/index", Data: settingsEntries})
	return nil
}

// personalTokenCookie carries a new personal API token over the redirect to the
// one page that shows it. No script reads it, and that page takes it away.
const personalTokenCookie = "dockwright_new_token"

// personalTokenData is what the page of one's own API token shows.
type personalTokenData struct {
	authz.PersonalToken
	New string // right after it was made, and never again
}

// personalToken shows a user whether there is a token, and a new one once.
// spec: rest.personal-token-page
func (w *Web) personalToken(rw http.ResponseWriter, r *http.Request) error {
	var d personalTokenData
	var err error
	if d.PersonalToken, err = w.s.Authz.PersonalToken(r.Context(), caller(r)); err != nil {
		return err
	}
	if c, err := r.Cookie(personalTokenCookie); err == nil && !d.MadeAt.IsZero() {
		d.New = c.Value
		http.SetCookie(rw, w.onceCookie(personalTokenCookie, "/settings/api", "", -1))
	}
	w.render(rw, r, http.StatusOK, page{Title: "Personal API token", Nav: "settings", Template: "settings/api", Data: d})
	return nil
}

func (w *Web) newPersonalToken(rw http.ResponseWriter, r *http.Request) error {
	c := caller(r)
	token, err := w.s.Authz.SetPersonalToken(r.Context(), c.Company, c.User)
	if err != nil {
		return err
	}
	http.SetCookie(rw, w.onceCookie(personalTokenCookie, "/settings/api", token, 60))
	w.redirect(rw, r, "/settings/api")
	return nil
}

// onceCookie holds what one page shows once, for age seconds and on that page only.
func (w *Web) onceCookie(name, path, value string, age int) *http.Cookie {
	return &http.Cookie{
		Name: name, Value: value, Path: path, MaxAge: age,
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: strings.HasPrefix(w.s.BaseURL, "https:"),
	}
}

func (w *Web) removePersonalToken(rw http.ResponseWriter, r *http.Request) error {
	if err := w.s.Authz.RemovePersonalToken(r.Context(), caller(r)); err != nil {
		return err
	}
	w.redirect(rw, r, "/settings/api")
	return nil
}
