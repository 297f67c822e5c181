// Package appkit is what every app needs to live in a host that speaks
// Pipedrive's app-extension contract, whichever host that is: the install flow,
// tokens that renew themselves once however many requests notice, calls to the
// REST API with errors one can act on, pages in iframes that know who looks, and
// the checks an app must make on what a host sends to it.
//
// The parts stand alone. An app usually has one [OAuth], one [Installer] over a
// [Store] such as that of package sqlvault, one [Tokens] over the same store, one
// [REST] over those, and for its pages one [Surface] and the [SurfaceScript]. The
// command "dockwright new go DIR" makes such an app.
package appkit

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/dockwright/dockwright/internal/dial"
)

// Credentials are what the Developer Hub shows for an app.
type Credentials struct {
	ClientID string
	Secret   string
}

// Account names one installation: a user in a company. A person may belong to
// several companies, so neither id says enough alone.
type Account struct {
	Company int64
	User    int64
}

// Token is what an app holds for an installation. It is as secret as a password.
type Token struct {
	Access  string
	Refresh string
	// APIDomain is the origin for REST calls, without a path.
	APIDomain string
	Scopes    []string
	// Expiry is when Access stops working.
	Expiry time.Time
}

// ErrNotInstalled is returned when there is no token for an account: it never
// installed the app, or it uninstalled it.
var ErrNotInstalled = errors.New("appkit: the app is not installed for this account")

// ErrRevoked is returned when the host takes the refresh token no more. Only a
// new installation helps.
var ErrRevoked = errors.New("appkit: the host no longer accepts this installation's refresh token; install the app again")

// maxBody bounds what is read of a host's answer, in bytes.
const maxBody = 8 << 20

// publicClient dials public addresses only. It is used where no client is given.
var publicClient = sync.OnceValue(func() *http.Client { return dial.Client(dial.Guard{}, dial.Options{}) })

func clientOr(c *http.Client) *http.Client {
	if c == nil {
		return publicClient()
	}
	return c
}

func nowOr(now func() time.Time) time.Time {
	if now == nil {
		return time.Now()
	}
	return now()
}

// origin checks that s is a scheme and a host and nothing else, as api_domain
// has to be, and returns it without a trailing slash.
func origin(s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil ||
		strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("expected an origin such as https://acme.example.com, got %q", s)
	}
	return u.Scheme + "://" + u.Host, nil
}
