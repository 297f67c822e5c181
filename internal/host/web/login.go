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

func (w *Web) loginRoutes() []route.Route {
	return []route.Route{
		{Method: http.MethodGet, Pattern: "/login", Access: route.Public, Req: "web.login-cookie", Handler: w.handle(w.login)},
		{Method: http.MethodPost, Pattern: "/login", Access: route.Public, Req: "web.login-cookie", Handler: w.handle(w.signIn)},
		{Method: http.MethodPost, Pattern: "/logout", Access: route.Login, Req: "web.login-cookie", Handler: w.handle(w.signOut)},
		{Method: http.MethodGet, Pattern: "/setup", Access: route.Public, Req: "account.setup-token", Handler: w.handle(w.setupForm)},
		{Method: http.MethodPost, Pattern: "/setup", Access: route.Public, Req: "account.setup-token", Handler: w.handle(w.setup)},
	}
}

// loginData is what the sign-in page shows.
type loginData struct {
	Next  string
	Email string
	Field string // where Error belongs
	Error string
}

// login shows the sign-in page, and passes on who is signed in already or will
// be at the next page, as everybody is in the demo.
func (w *Web) login(rw http.ResponseWriter, r *http.Request) error {
	next := authz.SafeNext(r.FormValue("next"))
	if _, err := w.s.Authz.SessionOf(r.Context(), r); err == nil || w.s.Demo {
		w.redirect(rw, r, next)
		return nil
	}
	return w.showLogin(rw, r, http.StatusOK, loginData{Next: next})
}

func (w *Web) showLogin(rw http.ResponseWriter, r *http.Request, status int, d loginData) error {
	w.render(rw, r, status, page{Title: "Sign in", Template: "login/login", Bare: true, Data: d})
	return nil
}

func (w *Web) signIn(rw http.ResponseWriter, r *http.Request) error {
	if err := w.s.Authz.CheckOrigin(r); err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(rw, r.Body, 16<<10)
	d := loginData{Next: authz.SafeNext(r.PostFormValue("next")), Email: r.PostFormValue("email")}
	token, err := w.s.Account.SignIn(r.Context(), account.Credentials{
		Email: d.Email, Password: r.PostFormValue("password"), Address: w.s.Authz.AddressOf(r), Company: authz.HostCompany(r.Context()),
	})
	if f, ok := fault.As(err); ok && (f.Kind == fault.Unauthorized || f.Kind == fault.RateLimited) {
		if f.After > 0 {
			rw.Header().Set("Retry-After", strconv.Itoa(int(f.After.Seconds())+1))
		}
		d.Field, d.Error = f.Field, f.Message
		return w.showLogin(rw, r, f.Kind.Status(), d)
	}
	if err != nil {
		return err
	}
	w.s.Authz.SetSession(rw, token)
	w.redirect(rw, r, d.Next)
	return nil
}

func (w *Web) signOut(rw http.ResponseWriter, r *http.Request) error {
	if err := w.s.Account.SignOut(r.Context(), authz.SessionToken(r)); err != nil {
		return err
	}
	w.s.Authz.ClearSession(rw)
	w.redirect(rw, r, "/login")
	return nil
}

// setupData is what the first page of a new host shows.
type setupData struct {
	Token, Company, Name, Email string
	Field, Error                string
}

// setupForm is open to the holder of the token that the host printed.
func (w *Web) setupForm(rw http.ResponseWriter, r *http.Request) error {
	token := r.FormValue("token")
	open, err := w.s.Account.SetupOpen(r.Context(), token)
	if err != nil {
		return err
	}
	if !open {
		return fault.New(fault.Forbidden, "", "This set-up link is not valid, or not any more. The operator of the host can make a new one.")
	}
	return w.showSetup(rw, r, http.StatusOK, setupData{Token: token})
}

func (w *Web) showSetup(rw http.ResponseWriter, r *http.Request, status int, d setupData) error {
	rw.Header().Set("Referrer-Policy", "no-referrer") // the address holds the token
	w.render(rw, r, status, page{Title: "Set up Dockwright", Template: "login/setup", Bare: true, Data: d})
	return nil
}

func (w *Web) setup(rw http.ResponseWriter, r *http.Request) error {
	if err := w.s.Authz.CheckOrigin(r); err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(rw, r.Body, 16<<10)
	d := setupData{Token: r.PostFormValue("token"), Company: r.PostFormValue("company"), Name: r.PostFormValue("name"), Email: r.PostFormValue("email")}
	session, err := w.s.Account.Setup(r.Context(), d.Token, account.NewCompany{Name: d.Company},
		account.NewUser{Name: d.Name, Email: d.Email, Password: r.PostFormValue("password")}, w.s.Authz.AddressOf(r))
	if f, ok := fault.As(err); ok && (f.Kind == fault.Invalid || f.Kind == fault.RateLimited) {
		d.Field, d.Error = f.Field, f.Message
		return w.showSetup(rw, r, f.Kind.Status(), d)
	}
	if err != nil {
		return err
	}
	w.s.Authz.SetSession(rw, session)
	w.redirect(rw, r, "/developer-hub")
	return nil
}

// usersOf lists the active users of a company.
func (w *Web) usersOf(r *http.Request, company int64) (map[int64]account.User, error) {
	out := map[int64]account.User{}
	err := w.s.DB.Company(company).View(r.Context(), func(tx *store.Tx) error {
		all, err := w.s.Account.Users(tx)
		for _, u := range all {
			out[u.ID] = u
		}
		return err
	})
	return out, err
}

// refuse shows what the guard says no to, in the look of the pages.
func (w *Web) refuse(rw http.ResponseWriter, r *http.Request, err error) {
	w.secured(func(rw http.ResponseWriter, r *http.Request) { w.fail(rw, r, err) })(rw, r)
}
