package appkit

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/dockwright/dockwright/pipedrive/surfaceapi"
)

// Viewer is who looks at a surface and where it is shown. Who comes from the
// signed token; where comes from the address, which anybody who holds a token
// could change.
type Viewer struct {
	Account
	Params surfaceapi.Params
	Claims surfaceapi.Claims
}

// Surface guards the pages that a host shows in iframes, and the app's own
// routes that such a page calls. The token is taken from the header
// "Authorization: Bearer", for calls of the page with a fresh token from
// get_signed_token, else from the query, as in the iframe's address.
type Surface struct {
	// Check is what tokens are held against. Each extension may have a secret of its
	// own, so each may need a Surface of its own.
	Check TokenCheck
	// Ancestors are the origins that may frame the page, such as
	// "https://*.example.com": the header Content-Security-Policy says so to the
	// browser. Empty leaves the header to the app.
	Ancestors []string
	// Refuse answers a request whose token or parameters are refused. The error is a
	// *TokenError, a *ParamsError or ErrNoSecret. Default: a text with the reason.
	Refuse func(w http.ResponseWriter, r *http.Request, err error)
}

// ParamsError is an iframe's address with parameters that cannot be read.
type ParamsError struct{ Err error }

func (e *ParamsError) Error() string { return "iframe address: " + e.Err.Error() }

// Unwrap gives the cause.
func (e *ParamsError) Unwrap() error { return e.Err }

type viewerKey struct{}

// ViewerOf is who looks, in a request that passed [Surface.Handler].
func ViewerOf(ctx context.Context) (Viewer, bool) {
	v, ok := ctx.Value(viewerKey{}).(Viewer)
	return v, ok
}

// Handler lets requests through that a host signed, with their [Viewer] in the
// context.
// spec: appkit.token
func (s Surface) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Whom a page is for stands in its address and nowhere else.
		w.Header().Set("Cache-Control", "no-store")
		if len(s.Ancestors) > 0 {
			w.Header().Add("Content-Security-Policy", "frame-ancestors "+strings.Join(s.Ancestors, " "))
		}
		v, err := s.Viewer(r)
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), viewerKey{}, v)))
	})
}

// Viewer verifies the token of a request and reads its parameters. The error is a
// *TokenError, a *ParamsError or ErrNoSecret.
// spec: appkit.token.address
func (s Surface) Viewer(r *http.Request) (Viewer, error) {
	p, err := surfaceapi.ParseParams(r.URL.Query())
	if err != nil {
		return Viewer{}, &ParamsError{err}
	}
	// Pages pass their query on, whose token has ended when they ask for another.
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") {
		p.Token = strings.TrimSpace(token)
	}
	c, err := VerifyToken(p.Token, s.Check)
	if err != nil {
		return Viewer{}, err
	}
	if p.CompanyID != 0 && p.CompanyID != c.CompanyID {
		return Viewer{}, refuseToken(TokenOtherCompany, "the address says companyId %d, the token says %d", p.CompanyID, c.CompanyID)
	}
	if p.UserID != 0 && p.UserID != c.UserID {
		return Viewer{}, refuseToken(TokenOtherUser, "the address says userId %d, the token says %d", p.UserID, c.UserID)
	}
	p.UserID, p.CompanyID = c.UserID, c.CompanyID
	return Viewer{Account: Account{Company: c.CompanyID, User: c.UserID}, Params: p, Claims: c}, nil
}

func (s Surface) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if s.Refuse != nil {
		s.Refuse(w, r, err)
		return
	}
	http.Error(w, err.Error(), RefusalStatus(err))
}

// RefusalStatus is the HTTP status that fits an error of [Surface.Viewer].
func RefusalStatus(err error) int {
	if _, ok := errors.AsType[*ParamsError](err); ok {
		return http.StatusBadRequest
	}
	if _, ok := errors.AsType[*TokenError](err); ok {
		return http.StatusUnauthorized
	}
	return http.StatusInternalServerError
}
