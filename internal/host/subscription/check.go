package subscription

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/outbound"
	"github.com/dockwright/dockwright/pipedrive/webhookapi"
)

// Draft is what a webhook is made from.
type Draft struct {
	URL      string
	Action   string
	Object   string
	Version  string // empty: webhookapi.Version2
	Name     string
	User     int64 // 0: the caller
	AuthUser string
	// AuthPassword may be empty with a user.
	AuthPassword string
}

// Problems are what is wrong with a new webhook, by the name of the field on the
// wire.
type Problems map[string][]string

func (p Problems) Error() string {
	var parts []string
	for _, field := range slices.Sorted(maps.Keys(p)) {
		parts = append(parts, field+": "+strings.Join(p[field], "; "))
	}
	return strings.Join(parts, ". ")
}

// Fault is the first problem as pages show it.
func (p Problems) Fault() error {
	field := slices.Sorted(maps.Keys(p))[0]
	return fault.New(fault.Invalid, field, "%s", strings.Join(p[field], ". "))
}

func (p Problems) add(field, format string, args ...any) {
	p[field] = append(p[field], fmt.Sprintf(format, args...))
}

const (
	maxURL  = 2048 // bytes
	maxAuth = 255  // characters of Basic auth's user and password
)

// check says what can be said without asking anybody. own is where the company is
// reached.
// spec: webhooks.name-optional
// spec: webhooks.words
func (s *Service) check(n Draft, own *url.URL) Problems {
	p := Problems{}
	if why := s.badURL(n.URL, own); why != "" {
		p.add("subscription_url", webhookapi.TextURL)
		p.add("subscription_url", "%s", why)
	}
	if n.Version != webhookapi.Version1 && n.Version != webhookapi.Version2 {
		p.add("version", "expected %s or %s, got %q", webhookapi.Version1, webhookapi.Version2, n.Version)
		return p // which words are right depends on it
	}
	oneOf(p, "event_action", n.Action, n.Version, webhookapi.Actions(n.Version))
	oneOf(p, "event_object", n.Object, n.Version, webhookapi.Objects(n.Version))
	for _, t := range []struct {
		field, value string
		most         int
	}{{"name", n.Name, webhookapi.MaxName}, {"http_auth_user", n.AuthUser, maxAuth}, {"http_auth_password", n.AuthPassword, maxAuth}} {
		if got := utf8.RuneCountInString(t.value); got > t.most {
			p.add(t.field, "expected at most %d characters, got %d", t.most, got)
		}
		if !utf8.ValidString(t.value) || strings.ContainsAny(t.value, "\x00\r\n") {
			p.add(t.field, "expected text in one line")
		}
	}
	if strings.Contains(n.AuthUser, ":") {
		p.add("http_auth_user", "must not contain a colon: it ends the user's name in Basic authentication")
	}
	if n.AuthUser == "" && n.AuthPassword != "" {
		p.add("http_auth_user", "expected a user's name with http_auth_password")
	}
	return p
}

func oneOf(p Problems, field, value, version string, words []string) {
	if !slices.Contains(words, value) {
		p.add(field, "expected one of %s for version %s, got %q", strings.Join(words, ", "), version, value)
	}
}

// badURL says why an address cannot be a webhook's, or "".
// spec: webhooks.url
func (s *Service) badURL(raw string, own *url.URL) string {
	u, err := url.Parse(raw)
	switch {
	case raw == "":
		return "expected an address such as https://example.com/hooks, got none"
	case len(raw) > maxURL:
		return fmt.Sprintf("expected at most %d bytes, got %d", maxURL, len(raw))
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.ContainsAny(raw, " \t\r\n\x00"):
		return fmt.Sprintf("expected an address such as https://example.com/hooks, got %q", raw)
	case u.User != nil:
		return "the address carries a user or password; give them as http_auth_user and http_auth_password"
	case u.Scheme == "http" && !s.plain:
		return "expected https, got http"
	case u.Scheme == "http" && !onThisMachine(u.Hostname()):
		return "expected https; http is for addresses on this machine only, as http://localhost:3000/hooks"
	case origin(u) == origin(s.base) || origin(u) == origin(own):
		return "this is the address of the API itself"
	}
	return ""
}

// onThisMachine reports whether a name is loopback by its form.
func onThisMachine(name string) bool {
	if ip, err := netip.ParseAddr(name); err == nil {
		return ip.Unmap().IsLoopback()
	}
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}

// origin is host and port, alike for all ways to write them.
func origin(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	name := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if onThisMachine(name) {
		name = "localhost"
	}
	return net.JoinHostPort(name, port)
}

// reach asks whether somebody answers at an address, whatever the answer is, and
// returns why not. It sends no body, so that a receiver does not take it for a
// delivery.
// spec: webhooks.url-reachable
func (s *Service) reach(ctx context.Context, company, user int64, clientID, address string) string {
	resp, err := s.door.Do(ctx, outbound.Call{
		Company: company, User: user, Credentials: outbound.Credentials{ClientID: clientID},
		Method: http.MethodHead, URL: address, Header: http.Header{"User-Agent": {userAgent}},
		Requirement: "webhooks.url-reachable", Deadline: deadline, Limit: maxAnswer,
	})
	switch {
	case err != nil:
		return fmt.Sprintf("nobody answers there: %v", err)
	case resp.Status >= 300 && resp.Status < 400 && resp.Status != http.StatusNotModified:
		return fmt.Sprintf("it redirects (status %d); give the address that it leads to", resp.Status)
	}
	return ""
}

// AllowsPlain reports whether http addresses on this machine may be used.
func (s *Service) AllowsPlain() bool { return s.plain }
