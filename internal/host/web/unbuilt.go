package web

import (
	"net/http"

	"github.com/dockwright/dockwright/internal/host/route"
)

func (w *Web) unbuiltRoutes() []route.Route {
	return []route.Route{
		{Method: http.MethodGet, Pattern: "/activities", Access: route.Login, Req: "records.activities", Handler: w.unbuilt(unbuiltPage{
			Title: "Activities", Nav: "activities", Icon: "activities", Req: "records.activities",
			Text: "Calls, meetings and tasks will stand here, in a list and in a calendar, and video calls will be made from them.",
		})},
	}
}

// unbuiltPage says kindly what is not there yet.
type unbuiltPage struct{ Title, Nav, Icon, Req, Text string }

// unbuilt answers 501 with a page that names the requirement.
// spec: web.unbuilt
func (w *Web) unbuilt(p unbuiltPage) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		w.render(rw, r, http.StatusNotImplemented, page{Title: p.Title, Nav: p.Nav, Template: "error/unbuilt", Data: p})
	}
}
