package authz

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/route"
)

// SessionCookie is the name of the login cookie.
const SessionCookie = "dockwright_session"

// sessionCookieLife is in seconds; the session itself may end before.
const sessionCookieLife = 90 * 24 * 60 * 60

// guardPage lets a signed-in browser through.
// spec: web.login-cookie
func (s *Service) guardPage(rt route.Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := s.CheckOrigin(r); err != nil {
			s.refuse(w, r, err)
			return
		}
		in, err := s.accounts.Session(r.Context(), SessionToken(r))
		if fault.KindOf(err) == fault.Unauthorized && s.demo && isRead(r) {
			if HostCompany(r.Context()) == 0 && !s.origins.isGeneric(r.Host) {
				// The cookie belongs to the one host name that links use.
				http.Redirect(w, r, s.origins.base.String()+r.URL.RequestURI(), http.StatusSeeOther)
				return
			}
			in, err = s.enterDemo(w, r)
		}
		if fault.KindOf(err) == fault.Unauthorized {
			s.askToSignIn(w, r, err)
			return
		}
		if err == nil {
			err = agrees(r.Context(), in.Company.ID)
		}
		if err == nil && rt.Access == route.Admin && !in.User.Admin {
			err = fault.New(fault.Forbidden, "", "This page is for admins of the company. Ask an admin to do it, or to make you one.")
		}
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		c := route.Caller{Company: in.Company.ID, User: in.User.ID, Admin: in.User.Admin}
		rt.Handler(w, r.WithContext(route.WithCaller(r.Context(), c)))
	})
}

// CheckOrigin refuses a request that another site made the browser send. Pages
// that take forms without a login, such as the sign-in, call it themselves.
// spec: web.cross-site
func (s *Service) CheckOrigin(r *http.Request) error {
	if err := s.cross.Check(r); err != nil {
		return &fault.Error{Kind: fault.Forbidden, Message: "This request came from another site and was not carried out. Open the page here and try again.", Err: err}
	}
	return nil
}

func isRead(r *http.Request) bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

// enterDemo signs the browser in as the demo admin, or the admin of the company
// that the Host names.
// spec: web.demo-sign-in
func (s *Service) enterDemo(w http.ResponseWriter, r *http.Request) (account.Session, error) {
	u, err := s.accounts.DemoAdminOf(r.Context(), HostCompany(r.Context()))
	if err != nil {
		return account.Session{}, err
	}
	token, err := s.accounts.SwitchDemo(r.Context(), u.Company, u.ID)
	if err != nil {
		return account.Session{}, err
	}
	s.SetSession(w, token)
	return s.accounts.Session(r.Context(), token)
}

// askToSignIn sends a browser that opens a page to the sign-in, which leads back
// to it. Whatever a page asks for by script is told 401.
func (s *Service) askToSignIn(w http.ResponseWriter, r *http.Request, err error) {
	login := "/login"
	if isRead(r) {
		login += "?next=" + url.QueryEscape(r.URL.RequestURI())
	}
	mode := r.Header.Get("Sec-Fetch-Mode")
	switch {
	case r.Header.Get("Dockwright-Fragment") != "", r.Header.Get("Upgrade") != "", mode != "" && mode != "navigate":
		w.Header().Set("Dockwright-Location", login)
		s.refuse(w, r, err)
	default:
		http.Redirect(w, r, login, http.StatusSeeOther)
	}
}

// SafeNext returns next if it is a path on this host, else "/". A full address,
// or a path that browsers read as one, would make the sign-in page a signpost to
// anywhere.
// spec: web.next-is-local
func SafeNext(next string) string {
	if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\x00\r\n\t") {
		return "/"
	}
	u, err := url.Parse(next)
	if err != nil || u.Host != "" || u.Scheme != "" {
		return "/"
	}
	return next
}

// SessionToken is what the browser's login cookie says, "" without one.
func SessionToken(r *http.Request) string {
	c, err := r.Cookie(SessionCookie)
	if err != nil {
		return ""
	}
	return c.Value
}

// SetSession gives the browser its login cookie.
func (s *Service) SetSession(w http.ResponseWriter, token string) {
	http.SetCookie(w, s.cookie(token, sessionCookieLife))
}

// ClearSession takes the login cookie away.
func (s *Service) ClearSession(w http.ResponseWriter) { http.SetCookie(w, s.cookie("", -1)) }

func (s *Service) cookie(value string, age int) *http.Cookie {
	return &http.Cookie{
		Name: SessionCookie, Value: value, Path: "/", MaxAge: age,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.origins.base.Scheme == "https",
	}
}

// SessionOf returns who is signed in, for pages that anybody may open.
func (s *Service) SessionOf(ctx context.Context, r *http.Request) (account.Session, error) {
	return s.accounts.Session(ctx, SessionToken(r))
}

// refusePlainly answers before the pages have said how.
func refusePlainly(w http.ResponseWriter, _ *http.Request, err error) {
	message := "Something went wrong here; it has been written to the host's log."
	if f, ok := fault.As(err); ok {
		message = f.Message
	}
	http.Error(w, message, fault.KindOf(err).Status())
}
