package web

import (
	"net/http"
	"strconv"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/route"
)

func (w *Web) switchUserRoutes() []route.Route {
	return []route.Route{
		{Method: http.MethodPost, Pattern: "/_dockwright/switch-user", Access: route.Login, Req: "web.demo-sign-in", Handler: w.handle(w.switchUser)},
	}
}

// switchUser makes the browser another user of the same company, in the demo.
// spec: web.demo-sign-in
func (w *Web) switchUser(rw http.ResponseWriter, r *http.Request) error {
	user, err := strconv.ParseInt(r.PostFormValue("user"), 10, 64)
	if err != nil {
		return fault.New(fault.Invalid, "user", "Expected the id of a user, got %q.", r.PostFormValue("user"))
	}
	token, err := w.s.Account.SwitchDemo(r.Context(), caller(r).Company, user)
	if err != nil {
		return err
	}
	if err := w.s.Account.SignOut(r.Context(), authz.SessionToken(r)); err != nil {
		return err
	}
	w.s.Authz.SetSession(rw, token)
	w.redirect(rw, r, authz.SafeNext(r.PostFormValue("next")))
	return nil
}
