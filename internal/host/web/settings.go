package web

import (
	"net/http"

	"github.com/dockwright/dockwright/internal/host/route"
)

func (w *Web) settingsRoutes() []route.Route {
	return []route.Route{
		{Method: http.MethodGet, Pattern: "/settings", Access: route.Login, Req: "web.settings", Handler: w.handle(w.settings)},
	}
}

// settingsEntry is a card on the settings page. An entry that is not built says
// which requirement brings it.
type settingsEntry struct {
	Icon, Title, Text, Href string
	Req                     string
}

var settingsEntries = []settingsEntry{
	{Icon: "inbox", Title: "Messaging", Text: "The channels that apps bring to the Messaging inbox: who owns them, and whether they are in order.", Href: "/settings/integrations/messaging"},
	{Icon: "marketplace", Title: "Marketplace apps", Text: "What is installed, and what could be.", Href: "/marketplace"},
	{Icon: "code", Title: "Developer Hub", Text: "Register an app of your own: client id, callback, scopes, manifest.", Href: "/developer-hub"},
	{Icon: "inspector", Title: "Inspector", Text: "Every exchange between this host and its apps, with Replay.", Href: "/_dockwright/inspector"},
	{Icon: "person", Title: "Users", Text: "Who works here, who administers the company, and your own password.", Href: "/settings/users"},
	{Icon: "phone", Title: "Video calls", Text: "Which meeting service activities use.", Req: "meeting.activity"},
	{Icon: "refresh", Title: "Webhooks", Text: "Where changes are told to.", Req: "webhooks.delivery"},
}

func (w *Web) settings(rw http.ResponseWriter, r *http.Request) error {
	w.render(rw, r, http.StatusOK, page{Title: "Tools and apps", Nav: "settings", Template: "settings/index", Data: settingsEntries})
	return nil
}
