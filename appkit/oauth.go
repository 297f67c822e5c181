package appkit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/dockwright/dockwright/pipedrive/oauthapi"
)

// OAuth speaks with a host's OAuth server on behalf of one app. The zero values
// of HTTP and Now mean a client that dials public addresses only, and the
// machine's clock.
type OAuth struct {
	Credentials
	// HostURL is the origin of the OAuth server.
	HostURL string
	// RedirectURL must equal the callback URL in the Developer Hub exactly.
	RedirectURL string
	HTTP        *http.Client
	Now         func() time.Time
}

// OAuthError is a refusal of the token endpoint.
type OAuthError struct {
	Status  int
	Code    string // such as invalid_grant
	Message string
}

func (e *OAuthError) Error() string {
	return fmt.Sprintf("token endpoint answered %d %s: %s", e.Status, e.Code, e.Message)
}

func (o *OAuth) config() *oauth2.Config {
	base := strings.TrimRight(o.HostURL, "/")
	return &oauth2.Config{
		ClientID: o.ClientID, ClientSecret: o.Secret, RedirectURL: o.RedirectURL,
		Endpoint: oauth2.Endpoint{
			AuthURL: base + "/oauth/authorize", TokenURL: base + "/oauth/token",
			AuthStyle: oauth2.AuthStyleInHeader,
		},
	}
}

// AuthorizeURL is where the browser goes to ask the user for consent. Take state
// from [States.Begin].
func (o *OAuth) AuthorizeURL(state string) string { return o.config().AuthCodeURL(state) }

// Exchange turns the code from the callback into a token. A code works once and
// for five minutes. The error may be an *OAuthError.
func (o *OAuth) Exchange(ctx context.Context, code string) (Token, error) {
	t, err := o.config().Exchange(o.with(ctx), code)
	if err != nil {
		return Token{}, fmt.Errorf("exchange code: %w", readable(err))
	}
	return o.token(t)
}

// Refresh asks for a new access token. The error is ErrRevoked when the host
// says that the grant is gone.
func (o *OAuth) Refresh(ctx context.Context, old Token) (Token, error) {
	t, err := o.config().TokenSource(o.with(ctx), &oauth2.Token{RefreshToken: old.Refresh}).Token()
	if err != nil {
		err = readable(err)
		if oe, ok := errors.AsType[*OAuthError](err); ok && oe.Code == "invalid_grant" {
			return Token{}, fmt.Errorf("%w (%s)", ErrRevoked, oe.Message)
		}
		return Token{}, fmt.Errorf("refresh token: %w", err)
	}
	fresh, err := o.token(t)
	if err != nil {
		return Token{}, err
	}
	if fresh.Refresh == "" {
		fresh.Refresh = old.Refresh
	}
	return fresh, nil
}

// Revoke gives the refresh token back: the host then counts the app as
// uninstalled for that user.
func (o *OAuth) Revoke(ctx context.Context, t Token) error {
	form := url.Values{"token": {t.Refresh}, "token_type_hint": {"refresh_token"}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(o.HostURL, "/")+"/oauth/revoke", strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(o.ClientID, o.Secret)
	resp, err := clientOr(o.HTTP).Do(req)
	if err != nil {
		return fmt.Errorf("revoke token: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("revoke token: host answered %s", resp.Status)
	}
	return nil
}

func (o *OAuth) with(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, clientOr(o.HTTP))
}

// token reads what the contract adds to RFC 6749: api_domain, and a scope that
// is separated by commas.
func (o *OAuth) token(t *oauth2.Token) (Token, error) {
	domain, _ := t.Extra("api_domain").(string)
	api, err := origin(domain)
	if err != nil {
		return Token{}, fmt.Errorf("token response: api_domain: %w", err)
	}
	scope, _ := t.Extra("scope").(string)
	life := time.Duration(t.ExpiresIn) * time.Second
	if life <= 0 {
		life = time.Hour
	}
	return Token{
		Access: t.AccessToken, Refresh: t.RefreshToken, APIDomain: api, Expiry: nowOr(o.Now).Add(life).UTC(),
		Scopes: oauthapi.SplitScope(scope),
	}, nil
}

// readable turns the library's error, which quotes the whole body, into ours.
func readable(err error) error {
	re, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok || re.Response == nil {
		return err
	}
	e := &OAuthError{Status: re.Response.StatusCode, Code: re.ErrorCode, Message: re.ErrorDescription}
	// The library reads the body by its content type, which not all hosts set.
	if said, ok := oauthapi.ParseError(re.Body); ok {
		e.Code, e.Message = cmp.Or(e.Code, string(said.Code)), cmp.Or(e.Message, said.Message)
	}
	return e
}
