package extension

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/dockwright/dockwright/internal/host/outbound"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// Diagnosis is why a frame did not come, as far as a request of the server shows.
type Diagnosis struct {
	Reason string `json:"reason"` // a sentence
	Advice string `json:"advice"` // what to change, for the developer; may be empty
}

// Diagnose loads a frame's page as the browser did and says what is wrong: a page
// in the browser cannot see why an iframe stays empty.
// spec: surface.framing
func (s *Service) Diagnose(ctx context.Context, c route.Caller, r Request) (Diagnosis, error) {
	f, err := s.Open(ctx, c, r)
	if err != nil {
		return Diagnosis{}, err
	}
	var origin string
	if err := s.db.Company(c.Company).View(ctx, func(tx *store.Tx) (err error) {
		origin, err = s.o.Installs.Origin(tx)
		return err
	}); err != nil {
		return Diagnosis{}, err
	}
	answer, err := s.o.Door.Do(ctx, outbound.Call{
		Company: c.Company, User: c.User, Credentials: outbound.Credentials{ClientID: f.App.ClientID},
		Method: http.MethodGet, URL: f.URL, Header: http.Header{"Accept": {"text/html"}}, Requirement: "surface.framing",
	})
	if err != nil {
		return Diagnosis{
			Reason: fmt.Sprintf("The app's server did not answer: %v.", err),
			Advice: "Start the app's server, or correct the iframe URL in the Developer Hub.",
		}, nil
	}
	return diagnose(answer, origin), nil
}

// diagnose reads an answer as a browser does that is to frame it.
func diagnose(a *outbound.Response, origin string) Diagnosis {
	switch {
	case a.Status >= 300 && a.Status < 400:
		return Diagnosis{
			Reason: fmt.Sprintf("The app redirects the iframe to %q (%d), and the page there did not initialise.", withoutQuery(a.Header.Get("Location")), a.Status),
			Advice: "Keep the query parameters in the redirect: without id the SDK does not find the CRM.",
		}
	case a.Status >= 400:
		return Diagnosis{
			Reason: fmt.Sprintf("The app's server answered %d %s.", a.Status, http.StatusText(a.Status)),
			Advice: "Look into the log of the app's server; the request stands in the Inspector.",
		}
	}
	if d, refused := refusesFraming(a.Header, origin); refused {
		return d
	}
	return Diagnosis{
		Reason: "The app's page was loaded, but it did not initialise the SDK within ten seconds.",
		Advice: "Call initialize of the SDK as soon as the page is there, with the id from the address.",
	}
}

// refusesFraming reports whether headers keep a page out of iframes of origin.
// Every policy has to allow it, whether they come in one header or in several.
func refusesFraming(h http.Header, origin string) (Diagnosis, bool) {
	advice := fmt.Sprintf("Send Content-Security-Policy: frame-ancestors %s", origin)
	says := false // X-Frame-Options is ignored where frame-ancestors stands
	for policy := range strings.SplitSeq(strings.Join(h.Values("Content-Security-Policy"), ","), ",") {
		sources, ok := frameAncestors(policy)
		if !ok {
			continue
		}
		says = true
		if !allowsAncestor(sources, origin) {
			return Diagnosis{
				Reason: fmt.Sprintf("The app forbids this page to show it: its Content-Security-Policy has %q.", strings.Join(append([]string{"frame-ancestors"}, sources...), " ")),
				Advice: advice + " from the app's server, or add that address to the ones it allows.",
			}, true
		}
	}
	if says {
		return Diagnosis{}, false
	}
	for o := range strings.SplitSeq(strings.Join(h.Values("X-Frame-Options"), ","), ",") {
		if o = strings.TrimSpace(o); strings.EqualFold(o, "deny") || strings.EqualFold(o, "sameorigin") {
			return Diagnosis{
				Reason: fmt.Sprintf("The app forbids other pages to show it: it sends X-Frame-Options: %s.", o),
				Advice: advice + " instead of X-Frame-Options.",
			}, true
		}
	}
	return Diagnosis{}, false
}

// frameAncestors are the sources of that directive in a policy; of several, the
// first counts.
func frameAncestors(policy string) (sources []string, ok bool) {
	for directive := range strings.SplitSeq(policy, ";") {
		if words := strings.Fields(directive); len(words) > 0 && strings.EqualFold(words[0], "frame-ancestors") {
			return words[1:], true
		}
	}
	return nil, false
}

// allowsAncestor matches the sources of frame-ancestors with an origin (CSP 3,
// section 6.7.2.8): *, schemes, and hosts with or without scheme, port and
// leading wildcard.
func allowsAncestor(sources []string, origin string) bool {
	at, err := url.Parse(origin)
	if err != nil {
		return false
	}
	for _, source := range sources {
		source = strings.ToLower(source)
		switch {
		case strings.HasPrefix(source, "'"): // 'none'; 'self' is the app's own origin, which this host is not
		case source == "*" || source == at.Scheme+":" || source == "http:" && at.Scheme == "https":
			return true
		case matchesHost(source, at):
			return true
		}
	}
	return false
}

func matchesHost(source string, at *url.URL) bool {
	scheme, rest, ok := strings.Cut(source, "://")
	if !ok {
		scheme, rest = "", source
	}
	if scheme != "" && scheme != at.Scheme && (scheme != "http" || at.Scheme != "https") {
		return false
	}
	rest, _, _ = strings.Cut(rest, "/")
	host, port, hasPort := strings.Cut(rest, ":")
	if hasPort && port != "*" && port != portOf(at) || !hasPort && at.Port() != "" && at.Port() != defaultPort(at.Scheme) {
		return false
	}
	if suffix, ok := strings.CutPrefix(host, "*."); ok {
		return strings.HasSuffix(at.Hostname(), "."+suffix)
	}
	return host == at.Hostname()
}

func portOf(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	return defaultPort(u.Scheme)
}

func defaultPort(scheme string) string {
	if scheme == "https" {
		return "443"
	}
	return "80"
}

// withoutQuery leaves secrets of an address out of a sentence.
func withoutQuery(address string) string {
	address, _, _ = strings.Cut(address, "?")
	return address
}
