package web

import (
	"net/http"
	"strconv"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/route"
)

func (w *Web) joinRoutes() []route.Route {
	return []route.Route{
		{Method: http.MethodGet, Pattern: "/join", Access: route.Public, Req: "account.invite", Handler: w.handle(w.joinForm)},
		{Method: http.MethodPost, Pattern: "/join", Access: route.Public, Req: "account.invite", Handler: w.handle(w.join)},
		{Method: http.MethodPost, Pattern: "/switch-company", Access: route.Login, Req: "account.switch-company", Handler: w.handle(w.switchCompany)},
	}
}

// joinData is what the opener of an invite's link sees.
type joinData struct {
	account.Invited
	Token, Name string
	// Signed is whether this browser is signed in by the invited email.
	Signed       bool
	Field, Error string
}

// joinForm is open to the holder of an invite's link.
func (w *Web) joinForm(rw http.ResponseWriter, r *http.Request) error {
	return w.showJoin(rw, r, http.StatusOK, joinData{Token: r.FormValue("token")})
}

func (w *Web) showJoin(rw http.ResponseWriter, r *http.Request, status int, d joinData) error {
	var err error
	if d.Invited, err = w.s.Account.InviteByToken(r.Context(), d.Token); err != nil {
		return err
	}
	if in, err := w.s.Authz.SessionOf(r.Context(), r); err == nil && in.User.Email == d.Email {
		d.Signed = true
		if d.Name == "" {
			d.Name = in.User.Name
		}
	}
	rw.Header().Set("Referrer-Policy", "no-referrer") // the address holds the token
	w.render(rw, r, status, page{Title: "Join " + d.Company.Name, Template: "login/join", Bare: true, Data: d})
	return nil
}

// join makes the opener a user of the company.
func (w *Web) join(rw http.ResponseWriter, r *http.Request) error {
	if err := w.s.Authz.CheckOrigin(r); err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(rw, r.Body, 16<<10)
	d := joinData{Token: r.PostFormValue("token"), Name: r.PostFormValue("name")}
	session, err := w.s.Account.Join(r.Context(), account.Joining{
		Token: d.Token, Name: d.Name, Password: r.PostFormValue("password"), Address: w.s.Authz.AddressOf(r), Session: authz.SessionToken(r),
	})
	if f, ok := fault.As(err); ok && (f.Kind == fault.Invalid || f.Kind == fault.Unauthorized || f.Kind == fault.RateLimited) {
		if f.After > 0 {
			rw.Header().Set("Retry-After", strconv.Itoa(int(f.After.Seconds())+1))
		}
		d.Field, d.Error = f.Field, f.Message
		return w.showJoin(rw, r, f.Kind.Status(), d)
	}
	if err != nil {
		return err
	}
	if err := w.s.Account.SignOut(r.Context(), authz.SessionToken(r)); err != nil {
		return err
	}
	w.s.Authz.SetSession(rw, session)
	w.redirect(rw, r, "/")
	return nil
}

// switchCompany goes on in another company of the same login. Where that one has
// an origin of its own, its sign-in comes first: a login cookie stays where it is.
// spec: account.switch-company
func (w *Web) switchCompany(rw http.ResponseWriter, r *http.Request) error {
	to, err := strconv.ParseInt(r.PostFormValue("company"), 10, 64)
	if err != nil {
		return fault.New(fault.Invalid, "company", "Expected the id of a company, got %q.", r.PostFormValue("company"))
	}
	if authz.HostCompany(r.Context()) != 0 {
		others, err := w.s.Account.OtherCompanies(r.Context(), caller(r).Company, caller(r).User)
		if err != nil {
			return err
		}
		for _, c := range others {
			if c.ID == to {
				w.redirect(rw, r, w.s.Authz.OriginOf(c)+"/")
				return nil
			}
		}
		return fault.Missing("You are not a user of this company, or not any more.")
	}
	session, err := w.s.Account.SwitchCompany(r.Context(), authz.SessionToken(r), to)
	if err != nil {
		return err
	}
	w.s.Authz.SetSession(rw, session)
	w.redirect(rw, r, "/")
	return nil
}
