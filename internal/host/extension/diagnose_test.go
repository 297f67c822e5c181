package extension

import (
	"net/http"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/internal/host/outbound"
)

// What the headers of an app's page say to a browser that is to frame it.
// spec: surface.framing
func TestFramingIsReadAsBrowsersDo(t *testing.T) {
	t.Parallel()
	const here = "https://acme.crm.example.com"
	csp := func(policies ...string) http.Header { return http.Header{"Content-Security-Policy": policies} }
	xfo := func(values ...string) http.Header { return http.Header{"X-Frame-Options": values} }
	for name, c := range map[string]struct {
		origin string
		header http.Header
		reason string // "" if it may be framed
	}{
		"nothing said":                            {here, http.Header{}, ""},
		"another directive":                       {here, csp("default-src 'none'; script-src 'self'"), ""},
		"everybody":                               {here, csp("frame-ancestors *"), ""},
		"nobody":                                  {here, csp("frame-ancestors 'none'"), `"frame-ancestors 'none'"`},
		"an empty list is nobody":                 {here, csp("frame-ancestors"), "frame-ancestors"},
		"itself":                                  {here, csp("frame-ancestors 'self'"), "frame-ancestors 'self'"},
		"the origin":                              {here, csp("frame-ancestors 'self' https://acme.crm.example.com"), ""},
		"in capitals":                             {here, csp("Frame-Ancestors HTTPS://ACME.CRM.example.com"), ""},
		"with a slash":                            {here, csp("frame-ancestors https://acme.crm.example.com/"), ""},
		"without a scheme":                        {here, csp("frame-ancestors acme.crm.example.com"), ""},
		"with the port":                           {here, csp("frame-ancestors https://acme.crm.example.com:443"), ""},
		"with any port":                           {here, csp("frame-ancestors https://acme.crm.example.com:*"), ""},
		"with another port":                       {here, csp("frame-ancestors https://acme.crm.example.com:8443"), "8443"},
		"http becomes https":                      {here, csp("frame-ancestors http://acme.crm.example.com"), ""},
		"https does not become http":              {"http://acme.crm.example.com", csp("frame-ancestors https://acme.crm.example.com"), "https://acme"},
		"all subdomains":                          {here, csp("frame-ancestors https://*.example.com"), ""},
		"subdomains are not the domain":           {"https://example.com", csp("frame-ancestors https://*.example.com"), "*.example.com"},
		"the end of a name is no domain":          {"https://notexample.com", csp("frame-ancestors https://*.example.com"), "*.example.com"},
		"the original only":                       {here, csp("frame-ancestors https://*.pipedrive.com"), "https://*.pipedrive.com"},
		"a scheme":                                {here, csp("frame-ancestors https:"), ""},
		"another scheme":                          {"http://127.0.0.1:8080", csp("frame-ancestors https:"), "https:"},
		"a port of its own":                       {"http://127.0.0.1:8080", csp("frame-ancestors http://127.0.0.1:8080"), ""},
		"a port that is not named":                {"http://127.0.0.1:8080", csp("frame-ancestors http://127.0.0.1"), "127.0.0.1"},
		"all of several headers":                  {here, csp("frame-ancestors *", "frame-ancestors 'none'"), "'none'"},
		"all of several in one header":            {here, csp("frame-ancestors https:, default-src *; frame-ancestors 'self'"), "'self'"},
		"the first of two in a policy":            {here, csp("frame-ancestors *; frame-ancestors 'none'"), ""},
		"no frames":                               {here, xfo("DENY"), "X-Frame-Options: DENY"},
		"frames of its own":                       {here, xfo(" sameorigin "), "X-Frame-Options: sameorigin"},
		"the same said twice":                     {here, xfo("SAMEORIGIN, SAMEORIGIN"), "SAMEORIGIN"},
		"in two headers":                          {here, xfo("x", "DENY"), "DENY"},
		"what browsers do not know":               {here, xfo("ALLOW-FROM https://a.example"), ""},
		"the policy counts, not the older header": {here, http.Header{"Content-Security-Policy": {"frame-ancestors *"}, "X-Frame-Options": {"DENY"}}, ""},
		"a policy without a word on it does not":  {here, http.Header{"Content-Security-Policy": {"default-src *"}, "X-Frame-Options": {"DENY"}}, "DENY"},
	} {
		d, refused := refusesFraming(c.header, c.origin)
		if refused != (c.reason != "") || !strings.Contains(d.Reason, c.reason) {
			t.Errorf("%s: refused %v, %q, want %q", name, refused, d.Reason, c.reason)
		}
		if refused && !strings.Contains(d.Advice, "frame-ancestors "+c.origin) {
			t.Errorf("%s: the advice does not name the host: %q", name, d.Advice)
		}
	}
}

// What an answer says about a frame that did not come.
// spec: surface.framing
func TestAnswersAreExplained(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		answer         outbound.Response
		reason, advice string
	}{
		{outbound.Response{Status: 200, Header: http.Header{}}, "did not initialise", "Call initialize"},
		{outbound.Response{Status: 500, Header: http.Header{}}, "500 Internal Server Error", "log"},
		{outbound.Response{Status: 404, Header: http.Header{"X-Frame-Options": {"DENY"}}}, "404 Not Found", "log"},
		{outbound.Response{Status: 302, Header: http.Header{"Location": {"https://app.example.com/login?token=secret"}}}, `"https://app.example.com/login"`, "Keep the query"},
	} {
		d := diagnose(&c.answer, "https://crm.example.com")
		if !strings.Contains(d.Reason, c.reason) || !strings.Contains(d.Advice, c.advice) || strings.Contains(d.Reason, "secret") {
			t.Errorf("%d: %+v", c.answer.Status, d)
		}
	}
}

// FuzzAllowsAncestor looks for policies that stop the host, and for origins that
// are refused though they stand in the list.
func FuzzAllowsAncestor(f *testing.F) {
	f.Add("https://*.example.com 'self'", "https://crm.example.com")
	f.Add("http://127.0.0.1:*", "http://127.0.0.1:8080")
	f.Add("https: ://: *.", "https://[::1]:1")
	f.Fuzz(func(t *testing.T, policy, origin string) {
		sources := strings.Fields(policy)
		before := allowsAncestor(sources, origin)
		if after := allowsAncestor(append(sources, "data:"), origin); after != before && !strings.HasPrefix(origin, "data:") {
			t.Errorf("a scheme that is not the page's changes the answer for %q in %q", origin, policy)
		}
		const known = "https://crm.example.com"
		if !allowsAncestor(append(sources, known), known) || !allowsAncestor(append(sources, "*"), known) {
			t.Errorf("%q hides what stands beside it", policy)
		}
	})
}
