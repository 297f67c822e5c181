package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// upload sends a manifest as the Developer Hub's form does; the address carries a
// word by which the Inspector finds it.
func (b *badInput) upload(t *testing.T, app, manifest, probe string) answer {
	t.Helper()
	body, kind := multipartForm(t, nil, map[string]file{"manifest": {"manifest.json", []byte(manifest)}})
	return b.do(t, b.admin, http.MethodPost, b.at.Host+"/developer-hub/app/"+app+"/manifest?probe="+probe, http.Header{"Content-Type": {kind}}, strings.NewReader(body))
}

// manifests: none of these replaces the one that is there.
func (b *badInput) manifests(t *testing.T) {
	good := b.app.manifest()
	public := b.register(t, map[string]string{"name": "Public", "type": "public", "callback_url": "https://app.example.com/callback"})
	for _, c := range []struct {
		name, app, manifest string
		status              int
		words               []string
	}{
		{"unknown version", b.own.id, strings.Replace(good, "v202101", "v209901", 1), 400, []string{"manifest", "version", "v202101", "v209901"}},
		{"no version", b.own.id, strings.Replace(good, `"version":"v202101",`, "", 1), 400, []string{"manifest", "version"}},
		{"missing variable", b.own.id, strings.Replace(good, ":sourceConversationId", "all", 1), 400, []string{"endpoints.getConversationById", ":sourceConversationId"}},
		{"missing endpoint", b.own.id, `{"version":"v202101","endpoints":{}}`, 400, []string{"endpoints.getConversations"}},
		{"braces", b.own.id, strings.Replace(good, ":providerChannelId", "{providerChannelId}", 1), 400, []string{"endpoints.getConversations", ":providerChannelId", "{providerChannelId}"}},
		{"http for a public app", public.id, good, 400, []string{"endpoints.getConversations", "https", "public"}},
		{"javascript", b.own.id, strings.ReplaceAll(good, "http://", "javascript://"), 400, []string{"endpoints.getConversations", "http"}},
		{"not JSON", b.own.id, "endpoints: none", 400, []string{"manifest", "JSON", "line 1"}},
		{"markup for a key", b.own.id, `{"version":"v202101","<img src=x onerror=alert(1)>":1}`, 400, []string{"manifest", "<img"}},
		{"invalid UTF-8", b.own.id, strings.Replace(good, "v202101", "v\xff\xfe", 1), 400, []string{"manifest", "UTF-8"}},
		{"a list", b.own.id, "[]", 400, []string{"manifest", "object"}},
		{"nothing", b.own.id, "", 400, []string{"manifest"}},
		{"10 MB", b.own.id, `{"version":"` + strings.Repeat("v", 10<<20) + `"}`, 413, []string{"manifest", "1048576"}},
		{"20 MB", b.own.id, `{"version":"` + strings.Repeat("v", 20<<20) + `"}`, 413, []string{"manifest"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			page := b.at.Host + "/developer-hub/app/" + c.app
			before := b.get(t, page).words()
			probe := b.probe()
			a := b.upload(t, c.app, c.manifest, probe).want(t, c.status, c.words...)
			assertTame(t, a.root)
			b.inspected(t, probe, c.status) // spec: inspector.refusals
			if after := b.get(t, page).words(); after != before {
				t.Errorf("the app's page changed: %s\nbefore: %s", after, before)
			}
		})
	}
}

// schemas: a refused schema of a panel is told by line and key, shown in the
// Inspector, and adds nothing.
func (b *badInput) schemas(t *testing.T) {
	page := b.at.Host + "/developer-hub/app/" + b.own.id + "/extensions"
	field := `"properties": {"a": {"$ref": "#/definitions/%s"}}`
	for _, c := range []struct {
		name, schema string
		status       int
		words        []string
	}{
		{"not JSON", "{\n'type': 'object'}", 400, []string{"schema", "Line 2", "JSON"}},
		{"unknown definition", "{\"type\": \"object\",\n" + fmt.Sprintf(field, "money") + "}", 400, []string{"Line 2", "properties.a.$ref", "#/definitions/money"}},
		{"markup for a key", "{\"type\": \"object\",\n\"<img src=x onerror=alert(1)>\": 1,\n" + fmt.Sprintf(field, "text") + "}", 400, []string{"Line 2", "<img"}},
		{"invalid UTF-8", "{\"type\": \"\xff\"}", 400, []string{"Line 1", "UTF-8"}},
		{"nested a thousand times", strings.Repeat("[", 1000), 400, []string{"Line 1", "levels"}},
		{"10 MB", "{" + strings.Repeat(" ", 10<<20) + "}", 413, []string{"schema", "1048576"}},
		{"20 MB", "{" + strings.Repeat(" ", 20<<20) + "}", 413, []string{"schema"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			before, probe := b.get(t, page).words(), b.probe()
			body, kind := multipartForm(t, url.Values{"kind": {"json_panel"}, "name": {"Parcels"}, "url": {"http://127.0.0.1:9/p"}, "views": {"deal-details"}},
				map[string]file{"schema": {"panel.json", []byte(c.schema)}})
			a := b.do(t, b.admin, http.MethodPost, page+"/new?probe="+probe, http.Header{"Content-Type": {kind}}, strings.NewReader(body)).want(t, c.status, c.words...)
			assertTame(t, a.root)
			if c.name != "20 MB" { // the form was not read, so nobody knows what was in it
				b.inspected(t, probe, c.status) // spec: inspector.refusals
			}
			if after := b.get(t, page).words(); after != before {
				t.Errorf("the list changed: %s\nbefore: %s", after, before)
			}
		})
	}
}

// authorize: a browser is never sent where the registration does not say.
func (b *badInput) authorize(t *testing.T) {
	for _, c := range []struct {
		name, id, redirect string
		words              []string
	}{
		{"foreign redirect", b.own.id, "http://evil.example/callback", []string{`{"error":"Invalid redirect URL"}`}},
		{"a path more", b.own.id, b.own.callback + "/", []string{`{"error":"Invalid redirect URL"}`}},
		{"a parameter more", b.own.id, b.own.callback + "?x=1", []string{"Invalid redirect URL"}},
		{"javascript", b.own.id, "javascript:alert(1)", []string{"Invalid redirect URL"}},
		{"no redirect", b.own.id, "", []string{"Invalid redirect URL"}},
		{"unknown app", "<b>nobody</b>", b.own.callback, []string{"client_id", "cannot be installed"}},
		{"NUL in the client id", "no\x00body", b.own.callback, []string{"client_id", "cannot be installed"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			ask := url.Values{"client_id": {c.id}, "redirect_uri": {c.redirect}, "state": {"<s>" + b.probe()}}
			a := b.get(t, b.at.Host+"/oauth/authorize?"+ask.Encode()).want(t, 400, c.words...)
			if a.place.Host != strings.TrimPrefix(b.at.Host, "http://") {
				t.Errorf("the browser was sent to %s", a.place)
			}
			b.inspected(t, strings.TrimPrefix(ask.Get("state"), "<s>"), 400) // spec: inspector.refusals
			ask.Set("decision", "allow")
			b.submit(t, b.at.Host+"/oauth/authorize", ask, nil).want(t, 400, c.words...)
		})
	}
}

// tokens: the documented errors of the token endpoint, each with its line.
func (b *badInput) tokens(t *testing.T) {
	fresh, used := b.code(t), b.code(t)
	b.exchange(t, used)
	wrong, nobody, messaging := b.own, b.own, b.messaging
	wrong.secret = strings.Repeat("0", len(wrong.secret))
	nobody.id = "nobody\x00"
	form := func(code, redirect string) url.Values {
		return url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {redirect}}
	}
	for _, c := range []struct {
		name  string
		app   client
		form  url.Values
		words []string
	}{
		{"wrong secret", wrong, form(fresh, b.own.callback), []string{"invalid_client", "client is invalid"}},
		{"unknown client", nobody, form(fresh, b.own.callback), []string{"invalid_client", "client is invalid"}},
		{"no client", client{}, form(fresh, b.own.callback), []string{"invalid_client", "client credentials"}},
		{"reused code", b.own, form(used, b.own.callback), []string{"invalid_grant", "authorization_code is invalid"}},
		{"made-up code", b.own, form("1.1.\x00\xff", b.own.callback), []string{"invalid_grant", "authorization_code is invalid"}},
		{"code of another app", messaging, form(fresh, b.own.callback), []string{"invalid_grant", "authorization_code is invalid"}},
		{"foreign redirect", b.own, form(fresh, "http://evil.example/callback"), []string{"invalid_request", "redirect_uri is invalid"}},
		{"redirect that is no address", b.own, form(fresh, "callback"), []string{"invalid_request", "redirect_uri is not a valid URI"}},
		{"no code", b.own, form("", b.own.callback), []string{"invalid_request", "Missing parameter: code"}},
		{"no grant type", b.own, url.Values{"code": {fresh}}, []string{"invalid_request", "Missing parameter: grant_type"}},
		{"another grant type", b.own, url.Values{"grant_type": {"password"}}, []string{"unsupported_grant_type", "grant_type is invalid"}},
		{"made-up refresh token", b.own, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"1:1:x"}}, []string{"invalid_grant", "refresh token is invalid"}},
		{"10 MB", b.own, form(strings.Repeat("c", 10<<20), b.own.callback), []string{"invalid_request", "too large"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			probe := b.probe()
			b.token(t, c.app, probe, c.form).want(t, 400, append(c.words, `"success":false`)...)
			b.inspected(t, probe, 400)
		})
	}
	// None of them used the code up.
	b.exchange(t, fresh)
}
