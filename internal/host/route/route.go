// Package route is the form in which every room of the host lists its paths: one
// table from which the mux, the scope guard and the lists that tests walk are
// built.
package route

import (
	"context"
	"net/http"
	"strings"
)

// Access says who may use a route at all.
type Access int

// The ways in.
const (
	// Public routes check for themselves or need nobody: sign-in, static files.
	Public Access = iota
	// Token routes take an access token or a personal API token and ignore
	// cookies. They answer CORS with any origin and no credentials.
	Token
	// Login routes are pages and what pages call; they take the login cookie and
	// refuse cross-site requests.
	Login
	// Admin routes are Login routes for users who administer their company.
	Admin
)

// Route is one path of a room.
type Route struct {
	Method  string // GET also answers HEAD
	Pattern string // as net/http wants it; "/v1/…" is served under "/api/v1/…" too
	Access  Access
	Scopes  []string // Token routes: any one of these opens the door
	Req     string   // id of the requirement in spec/register.tsv
	Handler http.HandlerFunc
	// Cost is what a call takes from the company's daily budget, in tokens. 0 is the
	// usual cost of the method in this version of the API.
	Cost int
	// Search routes have a limit of their own on calls in two seconds, and cost
	// more.
	Search bool
}

// Caller is on whose behalf a request is made. The guard puts it into the
// request's context; a room never reads a cookie or a token itself.
type Caller struct {
	Company int64
	User    int64
	Admin   bool
	// ClientID is the app that calls with an access token, "" for pages and
	// personal API tokens.
	ClientID string
	// Scopes are those of the access token.
	Scopes []string
	// Street is true for calls that came with a token of any kind, and false for
	// pages.
	Street bool
}

// OnStreet reports whether a path is one that apps call, with tokens or their own
// credentials, and not one of the pages.
func OnStreet(path string) bool {
	for _, prefix := range []string{"/v1/", "/v2/", "/api/", "/oauth/token", "/oauth/revoke"} {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}

type callerKey struct{}

// WithCaller returns ctx with c in it.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerFrom returns the caller that the guard found. On Token, Login and Admin
// routes there is always one.
func CallerFrom(ctx context.Context) (Caller, bool) {
	c, ok := ctx.Value(callerKey{}).(Caller)
	return c, ok
}
