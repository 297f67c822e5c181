package web

import (
	"net/http"
	"strconv"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

func (w *Web) userRoutes() []route.Route {
	return []route.Route{
		{Method: http.MethodGet, Pattern: "/settings/users", Access: route.Login, Req: "account.users", Handler: w.handle(w.users)},
		{Method: http.MethodPost, Pattern: "/settings/users", Access: route.Admin, Req: "account.users", Handler: w.handle(w.addUser)},
		{Method: http.MethodPost, Pattern: "/settings/users/{id}/deactivate", Access: route.Admin, Req: "account.users", Handler: w.handle(w.deactivateUser)},
		{Method: http.MethodPost, Pattern: "/settings/password", Access: route.Login, Req: "account.users", Handler: w.handle(w.changePassword)},
	}
}

// users lists the people of the viewer's company.
func (w *Web) users(rw http.ResponseWriter, r *http.Request) error {
	var all []account.User
	err := w.s.DB.Company(caller(r).Company).View(r.Context(), func(tx *store.Tx) (err error) {
		all, err = w.s.Account.Users(tx)
		return err
	})
	if err != nil {
		return err
	}
	w.render(rw, r, http.StatusOK, page{Title: "Users", Nav: "settings", Template: "login/users", Data: all})
	return nil
}

func (w *Web) addUser(rw http.ResponseWriter, r *http.Request) error {
	n := account.NewUser{
		Name: r.PostFormValue("name"), Email: r.PostFormValue("email"), Password: r.PostFormValue("password"),
		Admin: r.PostFormValue("role") == "admin",
	}
	if n.Password == "" && !w.s.Demo {
		return fault.New(fault.Invalid, "password", "Choose a first password; the user can change it.")
	}
	if _, err := w.s.Account.CreateUser(r.Context(), caller(r).Company, n); err != nil {
		return err
	}
	w.redirect(rw, r, "/settings/users")
	return nil
}

func (w *Web) deactivateUser(rw http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return fault.Missing("There is no user %q.", r.PathValue("id"))
	}
	if err := w.s.Account.Deactivate(r.Context(), caller(r).Company, id); err != nil {
		return err
	}
	w.redirect(rw, r, "/settings/users")
	return nil
}

func (w *Web) changePassword(rw http.ResponseWriter, r *http.Request) error {
	c := caller(r)
	err := w.s.Account.ChangePassword(r.Context(), c.Company, c.User, r.PostFormValue("current"), r.PostFormValue("password"), authz.SessionToken(r))
	if err != nil {
		return err
	}
	w.redirect(rw, r, "/settings/users")
	return nil
}
