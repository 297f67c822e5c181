package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// anotherSite: pages elsewhere can neither frame the CRM, nor post to it, nor be
// taken for it by name.
func (b *badInput) anotherSite(t *testing.T) {
	form := url.Values{"name": {"Evil"}, "type": {"private"}, "decision": {"allow"}, "client_id": {"x"}}
	for _, address := range []string{
		b.at.Host + "/developer-hub/new", b.at.Host + "/developer-hub/app/" + b.own.id + "/secret",
		b.at.Host + "/oauth/authorize", b.at.Host + "/marketplace/app/" + b.messaging.id + "/uninstall",
		b.at.Host + "/login", b.at.Host + "/_dockwright/switch-user",
		b.at.Messaging + "/channels", b.at.Messaging + "/credentials",
	} {
		for _, h := range []http.Header{{"Origin": {"http://evil.example"}}, {"Origin": {"null"}}, {"Sec-Fetch-Site": {"cross-site"}}} {
			if a := b.submit(t, address, form, h); a.status != http.StatusForbidden {
				t.Errorf("%s with %v: status %d: %.200s", address, h, a.status, a.words())
			}
		}
	}
	socket := http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-WebSocket-Version": {"13"}, "Sec-WebSocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="},
		"Origin": {"http://evil.example"},
	}
	for _, address := range []string{b.at.Host + "/_dockwright/live?since=0", b.chat + "/live?token=" + b.stranger(t, "").token} {
		b.do(t, b.admin, http.MethodGet, address, socket, nil).want(t, 403)
	}
	for address, status := range map[string]int{b.at.Host + "/": 421, b.at.Host + "/v1/users/me": 421, b.at.Messaging + "/": 403, b.at.Messaging + "/status.json": 403} {
		b.do(t, newVisitor(), http.MethodGet, address, http.Header{"Host": {"evil.example"}}, nil).want(t, status, "evil.example")
	}
	for address, framed := range map[string]string{
		b.at.Host + "/": "'none'", b.at.Host + "/leads/messaging": "'none'", b.at.Host + "/login": "'none'", b.at.Host + "/nowhere": "'none'",
		b.at.Host + "/oauth/authorize": "'none'", b.at.Messaging + "/": "'none'", b.chat: "*",
	} {
		a := b.get(t, address)
		if p := a.header.Get("Content-Security-Policy"); !strings.HasSuffix(p, "frame-ancestors "+framed) || strings.Contains(p, "unsafe") {
			t.Errorf("%s: policy %q, want frame-ancestors %s", address, p, framed)
		}
		if a.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s may be taken for another type", address)
		}
	}
}

// noText: U+0000 and bytes that are no UTF-8 wherever text is expected. One of
// the databases takes none of it; nobody must be told that something broke here.
func (b *badInput) noText(t *testing.T) {
	channel := b.theirChannel(t)
	provider := http.Header{}
	(&http.Request{Header: provider}).SetBasicAuth(b.messaging.id, b.messaging.secret)
	body, kind := multipartForm(t, url.Values{"message": {"hi"}, "conversationId": {"a\x00b"}}, nil)
	provider.Set("Content-Type", kind)
	b.do(t, newVisitor(), http.MethodPost, b.at.Messaging+"/provider/"+channel+"/messages", provider, strings.NewReader(body)).
		want(t, 400, "INVALID_BODY", "conversationId: ")
	s := b.stranger(t, "Bytes")
	for _, bad := range []string{"a\x00b", "\xff\xfe"} {
		at := url.PathEscape(bad)
		for _, path := range []string{
			"/leads?q=", "/search?q=", "/search?term=", "/leads/messaging?find=", "/leads/messaging?cursor=", "/leads/messaging?assignee=",
			"/persons?q=", "/organizations?q=", "/deals?q=", "/persons/", "/leads/messaging/", "/deals/", "/marketplace/app/", "/marketplace?q=", "/marketplace?category=", "/developer-hub/app/", "/app-icons/x/", "/developer-hub/app/" + b.own.id + "/extensions/", "/developer-hub/app/" + b.own.id + "/extensions/new?kind=",
			"/_dockwright/inspector?q=", "/_dockwright/inspector?app=", "/_dockwright/inspector?method=", "/_dockwright/inspector?direction=",
			"/_dockwright/files/", "/oauth/authorize?client_id=", "/login?next=", "/settings/integrations/messaging/",
		} {
			b.notBroken(t, b.get(t, b.at.Host+path+at), path+at)
		}
		for _, path := range []string{"/provider/" + channel + "/conversations/", "/provider/", "/provider/" + channel + "/senders/", "/provider/" + channel + "/conversations?after=", "/provider/" + channel + "/conversations/x/messages/"} {
			b.notBroken(t, b.do(t, newVisitor(), http.MethodGet, b.at.Messaging+path+at, provider, nil), path+at)
		}
		for _, path := range []string{"/chat/", "/files/", "/files/" + channel + "/x/", "/channels/" + channel + "/people/", "/oauth/callback?code=x&state="} {
			b.notBroken(t, b.get(t, b.at.Messaging+path+at), path+at)
		}
		for path, fields := range map[string]url.Values{
			"/login":                   {"email": {bad}, "password": {bad}},
			"/developer-hub/new":       {"name": {bad}, "type": {"private"}, "summary": {bad}, "scopes": {bad}},
			"/_dockwright/switch-user": {"user": {bad}},
			"/developer-hub/app/" + b.own.id + "/basic": {"name": {"Rude"}, "summary": {bad}, "icon_url": {"http://x/" + bad}},
			"/developer-hub/app/" + b.own.id + "/oauth": {"callback_url": {"http://x/" + bad}, "scopes": {bad}},
			"/developer-hub/app/" + b.own.id + "/extensions/new": {
				"kind": {"panel"}, "name": {bad}, "url": {"http://x/" + bad}, "views": {bad}, "jwt_secret": {bad}, "target": {bad + "/" + bad},
			},
			"/developer-hub/app/" + b.own.id + "/extensions/" + at: {"kind": {bad}, "name": {bad}},
			"/developer-hub/app/" + b.own.id + "/delete":           {"confirm_name": {bad}},
			"/developer-hub/reviews/" + at:                         {"decision": {"reject"}, "note": {bad}},
			"/developer-hub/app/" + at + "/secret":                 {},
			"/marketplace/app/" + at + "/install":                  {},
			"/oauth/authorize":                                     {"decision": {"allow"}, "client_id": {bad}, "redirect_uri": {bad}, "state": {bad}},
			"/leads/messaging/1/messages":                          {"text": {bad}, "key": {bad}, "template": {bad}},
			"/leads/messaging/1/link":                              {"kind": {bad}, "target": {bad}},
			"/leads/messaging/1/unlink":                            {"kind": {bad}, "target": {bad}},
			"/leads/messaging/1/assign":                            {"assignee": {bad}},
			"/settings/integrations/messaging/1/retry":             {"x": {bad}},
		} {
			b.notBroken(t, b.submit(t, b.at.Host+path, fields, nil), path)
		}
		s.said++
		h := http.Header{"Authorization": {"Bearer " + s.token}, "Content-Type": {kind}}
		form, formKind := multipartForm(t, url.Values{"id": {"x"}, "text": {bad}}, nil)
		h.Set("Content-Type", formKind)
		b.do(t, newVisitor(), http.MethodPost, b.chat+"/messages", h, strings.NewReader(form)).want(t, 400, `"field":"text"`)
		b.notBroken(t, b.do(t, newVisitor(), http.MethodGet, b.at.Host+"/v1/users/me", http.Header{"Authorization": {"Bearer " + url.QueryEscape(bad)}}, nil), "token")
	}
}

func (b *badInput) notBroken(t *testing.T, a answer, what string) {
	t.Helper()
	if a.status >= 500 && a.status != http.StatusNotImplemented {
		t.Errorf("%s: status %d: %.200s", what, a.status, a.words())
	}
}
