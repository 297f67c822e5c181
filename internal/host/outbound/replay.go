package outbound

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/dial"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/journal"
)

// replayWait is how long a replay waits for its own line in the journal.
const replayWait = 5 * time.Second

// ReplayOptions are what a replayer needs of the rooms above.
type ReplayOptions struct {
	Door    *Door
	Journal *journal.Journal
	// BaseURL is the host's own origin; what an app said is said to it again.
	BaseURL string
	// Roots are the authorities that a call to the host itself trusts. Default: the
	// machine's.
	Roots *x509.CertPool
	// Secret is the current client secret of an app.
	Secret func(ctx context.Context, clientID string) (string, error)
	// Token makes a fresh access token of an app's installation.
	Token func(ctx context.Context, company, user int64, clientID string) (string, error)
}

// Replayer sends exchanges of the journal again. The journal keeps no secrets,
// so each is signed afresh.
type Replayer struct {
	o    ReplayOptions
	self *Door
}

// NewReplayer returns a replayer.
func NewReplayer(o ReplayOptions) *Replayer {
	self := &Door{ // the host hears itself and records that
		client: dial.Client(dial.Guard{AllowAny: true, Roots: o.Roots}, dial.Options{Timeout: maxDeadline}),
		log:    o.Door.log,
	}
	return &Replayer{o: o, self: self}
}

// Replay sends the exchange with this id again, if v may see it, and returns the
// id of the exchange that became of it. An error of kind fault.Conflict says why
// it cannot be repeated.
// spec: journal.replay-marked
func (r *Replayer) Replay(ctx context.Context, v journal.Viewer, id int64) (int64, error) {
	e, err := r.o.Journal.Get(ctx, v, id)
	if err != nil {
		return 0, err
	}
	if why := e.Unrepeatable(); why != "" {
		return 0, fault.New(fault.Conflict, "", "%s", why)
	}
	call := Call{
		Company: e.Company, User: e.User, Method: e.Method, URL: e.URL, Header: repeatable(e.RequestHeader),
		Body: e.RequestBody, Requirement: e.Requirement,
	}
	door := r.o.Door
	if e.Direction == journal.In {
		door = r.self
		if call.URL, err = r.ownURL(e.URL); err != nil {
			return 0, err
		}
	}
	if err := r.sign(ctx, e, &call); err != nil {
		return 0, err
	}
	if call.ReplayKey, err = r.o.Journal.BeginReplay(ctx, id); err != nil {
		return 0, err
	}
	if e.Direction == journal.In {
		call.Header.Set(journal.ReplayKeyHeader, call.ReplayKey)
	}
	if _, err := door.Do(ctx, call); err != nil && e.Direction == journal.In {
		return 0, fault.New(fault.Unavailable, "", "the host could not reach itself at %s: %v", r.o.BaseURL, err)
	}
	// A call out that failed is in the journal with its reason.
	wait, cancel := context.WithTimeout(ctx, replayWait)
	defer cancel()
	return r.o.Journal.Replayed(wait, call.ReplayKey)
}

// ownURL is raw at the host's own origin, without a token in the query.
func (r *Replayer) ownURL(raw string) (string, error) {
	base, err := url.Parse(r.o.BaseURL)
	if err != nil {
		return "", fmt.Errorf("base URL: %w", err)
	}
	u, err := url.Parse(raw)
	if err != nil {
		return "", fault.New(fault.Conflict, "", "the address %q cannot be read", raw)
	}
	u.Scheme, u.Host, u.User, u.Fragment = base.Scheme, base.Host, nil, ""
	var kept []string
	for field := range strings.SplitSeq(u.RawQuery, "&") {
		if name, _, _ := strings.Cut(field, "="); name != "" && name != "api_token" {
			kept = append(kept, field)
		}
	}
	u.RawQuery = strings.Join(kept, "&")
	return u.String(), nil
}

// webhookDelivery is the requirement of what is sent to webhooks.
const webhookDelivery = "webhooks.delivery"

// sign puts fresh credentials in the place of those that were masked. A request
// that came without any is sent without any.
func (r *Replayer) sign(ctx context.Context, e journal.Exchange, c *Call) error {
	c.ClientID = e.ClientID
	scheme, _, _ := strings.Cut(e.RequestHeader.Get("Authorization"), " ")
	switch {
	case e.Requirement == webhookDelivery && scheme != "":
		// The credentials are the webhook's; those of its app are for the app alone.
		return fault.New(fault.Conflict, "", "this call was signed with the webhook's own user and password; replay the delivery on the webhook's page")
	case strings.EqualFold(scheme, "Basic"):
		secret, err := r.o.Secret(ctx, e.ClientID)
		if err != nil {
			return fmt.Errorf("secret of app %s: %w", e.ClientID, err)
		}
		c.Secret = secret
		return nil
	case e.Direction == journal.Out && scheme != "":
		return fault.New(fault.Conflict, "", "this call was signed with %s, which a replay cannot make afresh", scheme)
	case e.Direction == journal.Out:
		return nil
	case scheme == "" && e.RequestHeader.Get("X-Api-Token") == "" && !strings.Contains(e.URL, "api_token="):
		return nil
	case e.Company == 0 || e.ClientID == "":
		return fault.New(fault.Conflict, "", "the token of this request was not recognised, so no other can be made in its place")
	}
	token, err := r.o.Token(ctx, e.Company, e.User, e.ClientID)
	if err != nil {
		return fmt.Errorf("token for a replay: %w", err)
	}
	c.Header.Set("Authorization", "Bearer "+token)
	return nil
}

// notRepeated are headers that belong to one connection, or that sign.
var notRepeated = []string{
	"Authorization", "Connection", "Content-Length", "Cookie", "Host", "Keep-Alive", "Proxy-Authorization",
	"Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Accept-Encoding", "X-Api-Token",
	"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", journal.ReplayKeyHeader,
}

// repeatable is h without what a replay must not or cannot repeat.
func repeatable(h http.Header) http.Header {
	kept := http.Header{}
	for name, values := range h {
		if slices.Contains(notRepeated, http.CanonicalHeaderKey(name)) {
			continue
		}
		for _, v := range values {
			if !strings.Contains(v, journal.Mask) {
				kept.Add(name, v)
			}
		}
	}
	return kept
}
