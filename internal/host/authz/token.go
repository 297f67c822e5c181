package authz

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/journal"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/pipedrive/oauthapi"
)

// maxTokenBody is in bytes; a token request is a few hundred.
const maxTokenBody = 64 << 10

// TokenForm is what access tokens look like. Apps should not look; some do.
type TokenForm string

// The two forms that were seen in the wild.
const (
	LongTokens    TokenForm = "long"    // "v1u:" and 96 hex digits
	ClassicTokens TokenForm = "classic" // company, user and 40 hex digits, joined by colons
)

// newAccessToken makes a token in the form that the host was set to.
// spec: oauth.token-forms
func (s *Service) newAccessToken(company, user int64) string {
	if s.form == ClassicTokens {
		return fmt.Sprintf("%d:%d:%s", company, user, secret.Random(20))
	}
	return "v1u:" + secret.Random(48)
}

func newRefreshToken(company, user int64) string {
	return fmt.Sprintf("%d:%d:%s", company, user, secret.Random(20))
}

func newCode(company, user int64) string {
	return fmt.Sprintf("%d.%d.%s", company, user, secret.Random(21))
}

// serveToken is POST /oauth/token, with and without a slash at the end.
// spec: oauth.token
func (s *Service) serveToken(w http.ResponseWriter, r *http.Request) {
	form, app, err := s.clientForm(w, r)
	if err != nil {
		s.refuseToken(w, r, err)
		return
	}
	var t oauthapi.Token
	switch g := form.Get("grant_type"); g {
	case "":
		err = oauthapi.ErrMissingGrantType
	case oauthapi.GrantAuthorizationCode:
		t, err = s.exchangeCode(r.Context(), app, form)
	case oauthapi.GrantRefreshToken:
		t, err = s.refresh(r.Context(), app, form)
	case oauthapi.GrantExchangeAPIToken:
		t, err = s.exchangePersonal(r.Context(), app, form)
	default:
		err = oauthapi.ErrUnsupportedGrant
	}
	if err != nil {
		s.refuseToken(w, r, err)
		return
	}
	writeOAuth(w, http.StatusOK, t)
}

// clientForm reads the form and finds out which app sends it.
// spec: oauth.client-credentials
func (s *Service) clientForm(w http.ResponseWriter, r *http.Request) (url.Values, devhub.App, error) {
	if ct, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || ct != "application/x-www-form-urlencoded" {
		return nil, devhub.App{}, oauthapi.ErrContentType
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxTokenBody)
	if err := r.ParseForm(); err != nil {
		return nil, devhub.App{}, &oauthapi.Error{Message: "Invalid request: " + err.Error(), Code: oauthapi.InvalidRequest}
	}
	form := r.PostForm
	id, sec, ok := r.BasicAuth()
	if !ok {
		id, sec = form.Get("client_id"), form.Get("client_secret")
	}
	if id == "" || sec == "" {
		return nil, devhub.App{}, oauthapi.ErrNoClientCredentials
	}
	journal.Attribute(r.Context(), 0, id, "")
	app, err := s.apps.ByClientID(r.Context(), id)
	if fault.KindOf(err) == fault.NotFound {
		return nil, devhub.App{}, oauthapi.ErrClientInvalid
	}
	if err != nil {
		return nil, devhub.App{}, err
	}
	want, err := s.apps.Secret(r.Context(), id)
	if err != nil {
		return nil, devhub.App{}, err
	}
	if !secret.Equal(want, sec) {
		return nil, devhub.App{}, oauthapi.ErrClientInvalid
	}
	return form, app, nil
}

// refuseToken writes an error of the token and revoke endpoints.
func (s *Service) refuseToken(w http.ResponseWriter, r *http.Request, err error) {
	if e, ok := errors.AsType[*oauthapi.Error](err); ok {
		writeOAuth(w, e.Status(), e)
		return
	}
	switch f, _ := fault.As(err); fault.KindOf(err) {
	case fault.Unavailable:
		w.Header().Set("Retry-After", "1")
		writeOAuth(w, http.StatusServiceUnavailable, &oauthapi.Error{Message: f.Message, Code: oauthapi.ServerError})
	default:
		s.log.ErrorContext(r.Context(), "token request failed", "path", r.URL.Path, "err", err)
		writeOAuth(w, http.StatusInternalServerError, oauthapi.ErrInternal)
	}
}

func writeOAuth(w http.ResponseWriter, status int, body any) {
	openToAll(w.Header())
	w.Header().Set("Pragma", "no-cache")
	writeJSON(w, status, body)
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the reader has gone; nobody to tell
}
