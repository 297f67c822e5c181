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
		{Method: http.MethodPost, Pattern: "/settings/users", Access: route.Admin, Req: "account.invite", Handler: w.handle(w.invite)},
		{Method: http.MethodPost, Pattern: "/settings/users/invites/{id}/withdraw", Access: route.Admin, Req: "account.invite", Handler: w.handle(w.withdrawInvite)},
		{Method: http.MethodPost, Pattern: "/settings/users/{id}/reactivate", Access: route.Admin, Req: "account.users", Handler: w.handle(w.reactivateUser)},
		{Method: http.MethodPost, Pattern: "/settings/users/{id}/role", Access: route.Admin, Req: "account.users", Handler: w.handle(w.setRole)},
		{Method: http.MethodPost, Pattern: "/settings/users/{id}/deactivate", Access: route.Admin, Req: "account.users", Handler: w.handle(w.deactivateUser)},
		{Method: http.MethodPost, Pattern: "/settings/password", Access: route.Login, Req: "account.users", Handler: w.handle(w.changePassword)},
	}
}

// usersData is what the page of users shows.
type usersData struct {
	Users   []account.User
	Invites []account.Invite
	// Link is that of an invite, right after it was made, and Email whom it is for.
	Link, Email string
}

// inviteCookie carries the link of a new invite over the redirect to the page that
// shows it once.
const inviteCookie = "dockwright_new_invite"

// users lists the people of the viewer's company, and for admins who was invited.
func (w *Web) users(rw http.ResponseWriter, r *http.Request) error {
	var d usersData
	var at string
	err := w.s.DB.Company(caller(r).Company).View(r.Context(), func(tx *store.Tx) (err error) {
		if d.Users, err = w.s.Account.Users(tx); err != nil || !caller(r).Admin {
			return err
		}
		if at, err = w.s.Authz.Origin(tx); err != nil {
			return err
		}
		d.Invites, err = w.s.Account.Invites(tx)
		return err
	})
	if err != nil {
		return err
	}
	if c, err := r.Cookie(inviteCookie); err == nil && caller(r).Admin {
		http.SetCookie(rw, w.onceCookie(inviteCookie, "/settings/users", "", -1))
		if in, err := w.s.Account.InviteByToken(r.Context(), c.Value); err == nil && in.Company.ID == caller(r).Company {
			d.Link, d.Email = at+"/join?token="+c.Value, in.Email
		}
	}
	w.render(rw, r, http.StatusOK, page{Title: "Users", Nav: "settings", Template: "login/users", Data: d})
	return nil
}

// invite makes a link that lets the owner of an email join the company.
// spec: account.invite
func (w *Web) invite(rw http.ResponseWriter, r *http.Request) error {
	c := caller(r)
	token, err := w.s.Account.Invite(r.Context(), c.Company, c.User, r.PostFormValue("email"), r.PostFormValue("role") == "admin")
	if err != nil {
		return err
	}
	http.SetCookie(rw, w.onceCookie(inviteCookie, "/settings/users", token, 60))
	w.redirect(rw, r, "/settings/users")
	return nil
}

func (w *Web) withdrawInvite(rw http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return fault.Missing("There is no invite %q.", r.PathValue("id"))
	}
	if err := w.s.Account.WithdrawInvite(r.Context(), caller(r).Company, id); err != nil {
		return err
	}
	w.redirect(rw, r, "/settings/users")
	return nil
}

func (w *Web) deactivateUser(rw http.ResponseWriter, r *http.Request) error {
	return w.changeUser(rw, r, func(id int64) error {
		return w.s.Account.Deactivate(r.Context(), caller(r).Company, id, caller(r).User)
	})
}

func (w *Web) reactivateUser(rw http.ResponseWriter, r *http.Request) error {
	return w.changeUser(rw, r, func(id int64) error {
		return w.s.Account.Reactivate(r.Context(), caller(r).Company, id, caller(r).User)
	})
}

// setRole makes a user an admin, or an agent.
func (w *Web) setRole(rw http.ResponseWriter, r *http.Request) error {
	role := r.PostFormValue("role")
	if role != "admin" && role != "agent" {
		return fault.New(fault.Invalid, "role", "Expected admin or agent, got %q.", role)
	}
	return w.changeUser(rw, r, func(id int64) error {
		return w.s.Account.SetAdmin(r.Context(), caller(r).Company, id, role == "admin", caller(r).User)
	})
}

// changeUser does something to the user whom the path names.
func (w *Web) changeUser(rw http.ResponseWriter, r *http.Request, do func(id int64) error) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return fault.Missing("There is no user %q.", r.PathValue("id"))
	}
	if err := do(id); err != nil {
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
