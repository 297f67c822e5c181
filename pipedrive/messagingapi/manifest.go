package messagingapi

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// ManifestVersion is the only documented one.
const ManifestVersion = "v202101"

// Manifest tells the host where an app's provider endpoints are.
type Manifest struct {
	Version   string    `json:"version"`
	Endpoints Endpoints `json:"endpoints"`
	// Warnings say what is accepted but likely a mistake.
	Warnings []string `json:"-"`
}

// Endpoints are URLs with variables. The last four are optional, "" if absent.
type Endpoints struct {
	GetConversations    Endpoint `json:"getConversations"`
	GetConversationByID Endpoint `json:"getConversationById"`
	PostMessage         Endpoint `json:"postMessage"`
	GetMessageByID      Endpoint `json:"getMessageById,omitempty"`
	GetSenderByID       Endpoint `json:"getSenderById,omitempty"`
	GetTemplates        Endpoint `json:"getTemplates,omitempty"`
	DeleteChannelByID   Endpoint `json:"deleteChannelById,omitempty"`
}

// Endpoint is a URL in which :name stands for a variable.
type Endpoint string

// The variables, without the colon.
const (
	VarChannel      = "providerChannelId"
	VarConversation = "sourceConversationId"
	VarMessage      = "sourceMessageId"
	VarSender       = "senderId"
)

// ManifestRules are those that depend on who uploads.
type ManifestRules struct {
	RequireHTTPS bool // public apps
}

// endpointRule is what the manifest must say about one endpoint.
type endpointRule struct {
	key      string
	required bool
	vars     []string // must appear
	advised  []string // should appear
	set      func(*Endpoints, Endpoint)
}

var endpointRules = []endpointRule{
	{"getConversations", true, []string{VarChannel}, nil, func(e *Endpoints, u Endpoint) { e.GetConversations = u }},
	{"getConversationById", true, []string{VarChannel, VarConversation}, nil, func(e *Endpoints, u Endpoint) { e.GetConversationByID = u }},
	{"postMessage", true, []string{VarChannel}, nil, func(e *Endpoints, u Endpoint) { e.PostMessage = u }},
	// The documents disagree on whether :sourceConversationId must appear here.
	// spec: messaging.manifest.get-message-variables
	{"getMessageById", false, []string{VarChannel, VarMessage}, []string{VarConversation}, func(e *Endpoints, u Endpoint) { e.GetMessageByID = u }},
	{"getSenderById", false, []string{VarChannel, VarSender}, nil, func(e *Endpoints, u Endpoint) { e.GetSenderByID = u }},
	{"getTemplates", false, []string{VarChannel}, nil, func(e *Endpoints, u Endpoint) { e.GetTemplates = u }},
	{"deleteChannelById", false, []string{VarChannel}, nil, func(e *Endpoints, u Endpoint) { e.DeleteChannelByID = u }},
}

var knownVars = []string{VarChannel, VarConversation, VarMessage, VarSender}

// variable matches :name. A port begins with a digit and so is none.
var variable = regexp.MustCompile(`:([A-Za-z][A-Za-z0-9_]*)`)

// ParseManifest reads and checks a manifest. The error is an *Error that names
// the key.
// spec: messaging.manifest.validation
func ParseManifest(raw []byte, rules ManifestRules) (Manifest, error) {
	if len(raw) > MaxManifest {
		return Manifest{}, &Error{Message: fmt.Sprintf("expected a manifest of at most %d bytes, got %d", MaxManifest, len(raw))}
	}
	f, err := open(raw)
	if err != nil {
		return Manifest{}, err
	}
	m := Manifest{Version: f.one("version", required, ManifestVersion)}
	unknown(f, []string{"version", "endpoints"})
	e, ok := f.child("endpoints", required)
	if !ok {
		return Manifest{}, f.done()
	}
	var keys []string
	for _, r := range endpointRules {
		keys = append(keys, r.key)
		m.Warnings = append(m.Warnings, r.read(e, &m.Endpoints, rules)...)
	}
	unknown(e, keys)
	if err := f.done(); err != nil {
		return Manifest{}, err
	}
	return m, nil
}

// unknown refuses keys that the manifest does not have: most are misspelt.
func unknown(f *fields, known []string) {
	for _, key := range slices.Sorted(maps.Keys(f.v.members)) {
		if !slices.Contains(known, key) {
			f.fail(clip(key), "expected only the keys %s; letter case counts", alternatives(known))
		}
	}
}

func (r endpointRule) read(f *fields, into *Endpoints, rules ManifestRules) (warnings []string) {
	need := optional
	if r.required {
		need = required
	}
	s := f.str(r.key, need, MaxURL)
	if f.v.members[r.key].kind != text {
		return nil
	}
	if err := checkEndpoint(s, rules); err != nil {
		f.fail(r.key, "%s", err)
		return nil
	}
	have := Endpoint(s).Variables()
	for _, v := range have {
		if !slices.Contains(knownVars, v) {
			f.fail(r.key, "expected variables out of :%s, got :%s", strings.Join(knownVars, ", :"), clip(v))
		}
	}
	for _, v := range r.vars {
		if !slices.Contains(have, v) {
			f.fail(r.key, "expected the variable :%s in the URL, got %q", v, clip(s))
		}
	}
	for _, v := range r.advised {
		if !slices.Contains(have, v) {
			warnings = append(warnings, fmt.Sprintf("endpoints.%s: the variable :%s is missing; some documents require it", r.key, v))
		}
	}
	r.set(into, Endpoint(s))
	return warnings
}

var braces = regexp.MustCompile(`\{:?([^{}]*)\}`)

// checkEndpoint says what is wrong with a URL as such.
func checkEndpoint(s string, rules ManifestRules) error {
	if b := braces.FindStringSubmatch(s); b != nil {
		return fmt.Errorf("expected the variable as :%s, got %s", clip(b[1]), clip(b[0])) // spec: messaging.manifest.colon-variables
	}
	scheme, rest, _ := strings.Cut(s, "://")
	switch {
	case scheme != "http" && scheme != "https":
		return fmt.Errorf("expected a URL that begins with https:// or http://, got %q", clip(s))
	case scheme == "http" && rules.RequireHTTPS:
		return fmt.Errorf("expected https, because the app is public, got %q", clip(s)) // spec: messaging.manifest.https
	}
	host := rest
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		host = rest[:i]
	}
	if variable.MatchString(host) {
		return fmt.Errorf("expected variables behind the host name only, got %q", clip(s))
	}
	u, err := url.Parse(variable.ReplaceAllString(s, "x"))
	switch {
	case err != nil, u.Host == "", !webURL(u.String()):
		return fmt.Errorf("expected a URL, got %q", clip(s))
	case u.Fragment != "" || strings.Contains(s, "#"):
		return fmt.Errorf("expected a URL without #, got %q", clip(s))
	}
	return nil
}

// Variables lists the variables in the URL, in order.
func (e Endpoint) Variables() []string {
	var all []string
	for _, m := range variable.FindAllStringSubmatch(string(e), -1) {
		all = append(all, m[1])
	}
	return all
}

// Expand puts values in the place of variables. Every character that means
// something in a URL is percent-encoded, so an id cannot leave its place.
// spec: messaging.manifest.percent-encoding
func (e Endpoint) Expand(vars map[string]string) (string, error) {
	if e == "" {
		return "", &Error{Message: "the app's manifest does not have this endpoint"}
	}
	var absent string
	s := variable.ReplaceAllStringFunc(string(e), func(m string) string {
		v, ok := vars[m[1:]]
		if !ok || v == "" {
			absent = m
		}
		return escape(v)
	})
	if absent != "" {
		return "", &Error{Message: fmt.Sprintf("no value for %s in %q", absent, clip(string(e)))}
	}
	return s, nil
}

// escape encodes everything but the characters that are never special.
func escape(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.', c == '~':
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}

// WithQuery returns the URL with one more query parameter. Empty values are left
// out.
func WithQuery(to string, pairs ...string) string {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			continue
		}
		sign := "?"
		if strings.Contains(to, "?") {
			sign = "&"
		}
		to += sign + pairs[i] + "=" + escape(pairs[i+1])
	}
	return to
}
