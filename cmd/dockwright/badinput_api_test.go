package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
)

// told is a message as the rude app tells it: a good one, but for the changes.
func (b *badInput) told(changes map[string]any) string {
	m := map[string]any{
		"id": "m-1", "channel_id": b.channel, "sender_id": "guest", "conversation_id": "talk-1", "message": "hello",
		"status": "sent", "created_at": "2026-01-02 03:04", "attachments": []any{},
	}
	maps.Copy(m, changes)
	for key, v := range m {
		if v == nil {
			delete(m, key)
		}
	}
	raw, _ := json.Marshal(m) // of strings, numbers and lists of them
	return string(raw)
}

func attachments(n int, name, address string) []any {
	var all []any
	for i := range n {
		all = append(all, map[string]any{"id": fmt.Sprint("f", i), "type": "image/png", "name": name, "url": address, "size": 1})
	}
	return all
}

// channels: what an app can send wrongly with a good token.
func (b *badInput) channels(t *testing.T) {
	theirs := b.theirChannel(t)
	const receive, channels = "/v1/channels/messages/receive", "/v1/channels"
	long := strings.Repeat("x", 5<<20)
	with := func(key string, v any) string { return b.told(map[string]any{key: v}) }
	type call struct {
		name, method, path, body string
		status                   int
		words                    []string
	}
	invalid := func(field string, more ...string) []string {
		return append(more, "INVALID_RECEIVE_MESSAGE_PAYLOAD", `"field":"`+field+`"`)
	}
	calls := []call{
		{"unknown channel", "POST", receive, with("channel_id", "nowhere"), 404, []string{"NOT_FOUND", "Channel not found.", `"field":"channel_id"`}},
		{"someone else's channel", "POST", receive, with("channel_id", theirs), 404, []string{"NOT_FOUND", "Channel not found.", `"field":"channel_id"`}},
		{"5 MB message", "POST", receive, with("message", long), 400, invalid("message", "65536", "5242880")},
		{"10 MB body", "POST", receive, with("message", long+long), 413, invalid("body", "8 MB")},
		{"invalid UTF-8", "POST", receive, strings.Replace(b.told(nil), "hello", "\xff\xfe", 1), 400, invalid("body", "UTF-8", "line 1")},
		{"U+0000", "POST", receive, with("message", "a\x00b"), 400, invalid("message", "U+0000")},
		{"year 0", "POST", receive, with("created_at", "0000-01-01 00:00"), 400, invalid("created_at", "1990")},
		{"year 99999", "POST", receive, with("created_at", "99999-01-01T00:00:00.000Z"), 400, invalid("created_at", "2100")},
		{"reply by year 0", "POST", receive, with("reply_by", "0000-01-01 00:00"), 400, invalid("reply_by", "1990")},
		{"next year", "POST", receive, with("created_at", "2099-01-01 00:00"), 400, invalid("created_at", "ahead")},
		{"seconds for a date", "POST", receive, with("created_at", 1700000000), 400, invalid("created_at")},
		{"10,000 attachments", "POST", receive, with("attachments", attachments(10_000, "a.png", "https://files.example/a.png")), 400, invalid("attachments", "100", "10000")},
		{"attachment with a script for an address", "POST", receive, with("attachments", attachments(1, "a.png", "javascript:alert(1)")), 400, invalid("attachments[0].url", "http")},
		{"attachment with a long name", "POST", receive, with("attachments", attachments(1, strings.Repeat("n", 300), "https://files.example/a")), 400, invalid("attachments[0].name", "255", "300")},
		{"attachment with NUL in its name", "POST", receive, with("attachments", attachments(1, "a\x00.png", "https://files.example/a")), 400, invalid("attachments[0].name", "U+0000")},
		{"a script for a link", "POST", receive, with("conversation_link", "javascript:alert(1)"), 400, invalid("conversation_link", "http")},
		{"an id with a path", "POST", receive, with("id", ".."), 400, invalid("id")},
		{"unknown status", "POST", receive, with("status", "eaten"), 400, invalid("status", "delivered", "eaten")},
		{"wrong letter case", "POST", receive, strings.Replace(b.told(nil), `"message"`, `"Message"`, 1), 400, invalid("message", "letter case")},
		{"a key twice", "POST", receive, strings.Replace(b.told(nil), `{`, `{"id":"x",`, 1), 400, invalid("id", "twice")},
		{"half a body", "POST", receive, b.told(nil)[:40], 400, invalid("body", "line 1")},
		{"channel without a name", "POST", channels, `{"provider_channel_id":"rude-2"}`, 400, []string{"INVALID_BODY", `"field":"name"`}},
		{"channel without an id", "POST", channels, `{"name":"Rude"}`, 400, []string{"INVALID_BODY", `"field":"provider_channel_id"`}},
		{"channel with a script for a picture", "POST", channels, `{"name":"Rude","provider_channel_id":"rude-2","avatar_url":"javascript:alert(1)"}`, 400, []string{"INVALID_BODY", `"field":"avatar_url"`}},
		{"channel of a strange kind", "POST", channels, `{"name":"Rude","provider_channel_id":"rude-2","provider_type":"pigeon"}`, 400, []string{"INVALID_BODY", `"field":"provider_type"`}},
		{"removing an unknown channel", "DELETE", channels + "/nowhere", "", 404, []string{"NOT_FOUND", `"field":"channel"`}},
		{"removing someone else's channel", "DELETE", channels + "/" + theirs, "", 404, []string{"NOT_FOUND", `"field":"channel"`}},
		{"removing a channel with NUL", "DELETE", channels + "/no%00where%ff", "", 404, []string{"NOT_FOUND", `"field":"channel"`}},
		{"removing an unknown conversation", "DELETE", channels + "/" + b.channel + "/conversations/nowhere", "", 404, []string{"NOT_FOUND", `"field":"conversation"`}},
		{"removing a conversation of someone else's channel", "DELETE", channels + "/" + theirs + "/conversations/x", "", 404, []string{"NOT_FOUND", `"field":"channel"`}},
	}
	for _, key := range []string{"id", "channel_id", "sender_id", "conversation_id", "message", "status", "created_at"} {
		calls = append(calls, call{"no " + key, "POST", receive, with(key, nil), 400, invalid(key, "missing")})
	}
	for _, c := range calls {
		t.Run(c.name, func(t *testing.T) {
			b.unchanged(t, func() {
				probe := b.probe()
				b.call(t, c.method, c.path, c.body, "X-Probe", probe).want(t, c.status, append(c.words, `"success":false`)...)
				b.inspected(t, probe, c.status)
			})
		})
	}
	t.Run("made-up token", func(t *testing.T) {
		probe := b.probe()
		b.call(t, http.MethodPost, receive, b.told(nil), "Authorization", "Bearer v1u:none", "X-Probe", probe).want(t, 401)
		b.inspected(t, probe, 401)
	})
}

// theirChannel is the messaging app's.
func (b *badInput) theirChannel(t *testing.T) string {
	t.Helper()
	var s messagingStatus
	if err := json.Unmarshal([]byte(b.get(t, b.at.Messaging+"/status.json").body), &s); err != nil || len(s.Channels) != 1 {
		t.Fatalf("%v: %+v", err, s)
	}
	return s.Channels[0].ProviderChannelID
}

// appAnswers: what the host asks an app for and gets wrongly is set aside with
// its reason, and nothing of it is taken.
func (b *badInput) appAnswers(t *testing.T) {
	for _, c := range []struct{ name, guest, avatar, link, field string }{
		{"a script for a link", "Rude guest", "", "javascript:alert(1)", "data.link"},
		{"a script for a picture", "Rude guest", "javascript:alert(1)", "", "data.participants[1].avatar_url"},
		{"a picture in the address itself", "Rude guest", "data:text/html,<script>alert(1)</script>", "", "data.participants[1].avatar_url"},
	} {
		t.Run(c.name, func(t *testing.T) {
			talk := "talk-" + b.probe()
			b.app.set(func(id string) string { return politeConversation(id, c.guest, c.avatar, c.link) })
			b.call(t, http.MethodPost, "/v1/channels/messages/receive", b.told(map[string]any{"id": "m-" + talk, "conversation_id": talk})).want(t, 200)
			b.inspected(t, talk, 200)
			var a answer
			b.eventually(t, "the reason on the channel's page", func() bool {
				a = b.settingsPage(t)
				return strings.Contains(a.words(), c.field)
			}, func() string { return a.words() })
			assertTame(t, a.root)
			if strings.Contains(b.visible(t), c.guest) {
				t.Error("a part of the answer was taken")
			}
		})
	}
	b.app.set(func(id string) string { return politeConversation(id, "A guest", "", "") })
}

// settingsPage is the page of the rude app's channel.
func (b *badInput) settingsPage(t *testing.T) answer {
	t.Helper()
	list := b.get(t, b.at.Host+"/settings/integrations/messaging").want(t, 200)
	for n := range list.root.Descendants() {
		if n.Data == "a" && strings.HasPrefix(attr(n, "href"), "/settings/integrations/messaging/") && strings.Contains(innerText(n), "Rude") {
			return b.get(t, b.at.Host+attr(n, "href"))
		}
	}
	t.Fatalf("the settings do not list the channel: %s", list.words())
	return answer{}
}
