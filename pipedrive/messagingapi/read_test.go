package messagingapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

const goodReceived = `{"id":"wamid.C3","channel_id":"chan-88","sender_id":"wa-3725551234","conversation_id":"thr-7001","message":"Great 🎉","status":"sent","created_at":"2026-03-04T09:31:00.000Z","reply_by":"2026-03-05T09:31:00.000Z","conversation_link":"https://chat.acme.test/t/7001","attachments":[{"id":"att-9","type":"image/jpeg","name":"p.jpg","size":20480,"url":"https://cdn.acme.test/p?sig=new","preview_url":"","link_expires":true}]}`

const goodPage = `{"success":true,"data":[{"id":"thr-7001","link":"","status":"open","seen":false,"next_messages_cursor":"m:41",
 "messages":[{"id":"wamid.A1","status":"delivered","created_at":"2026-03-04 09:15","message":"In stock?","sender_id":"wa-1","reply_by":null}],
 "participants":[{"id":"biz-1","name":"Acme Support","role":"source_user","avatar_url":"https://cdn.acme.test/b1.png"},
 {"id":"wa-1","name":"Mari","role":"end_user","fetch_avatar":true,"avatar_expires":false}]}],"additional_data":{"after":"c:2"}}`

func TestReceivedEchoes(t *testing.T) {
	t.Parallel()
	r, err := ParseReceived([]byte(goodReceived))
	if err != nil {
		t.Fatal(err)
	}
	// The echo has the documented keys in the documented order.
	var echo bytes.Buffer
	enc := json.NewEncoder(&echo)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r); err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSpace(echo.String()); got != goodReceived {
		t.Errorf("got  %s\nwant %s", got, goodReceived)
	}
}

func TestReceivedRefused(t *testing.T) {
	t.Parallel()
	with := func(old, new string) string {
		if !strings.Contains(goodReceived, old) {
			t.Fatalf("%q is not in the payload", old)
		}
		return strings.Replace(goodReceived, old, new, 1)
	}
	many := strings.Repeat(`{"id":"a","type":"t","url":"https://a.test/"},`, 10000)
	tests := map[string]struct{ raw, key, says string }{
		"no id":         {with(`"id":"wamid.C3",`, ""), "id", "missing"},
		"empty id":      {with("wamid.C3", ""), "id", "empty"},
		"dots":          {with("thr-7001", ".."), "conversation_id", "means something else"},
		"number id":     {with(`"chan-88"`, "88"), "channel_id", "expected a string, got the number 88"},
		"letter case":   {with(`"sender_id"`, `"Sender_ID"`), "sender_id", "letter case counts"},
		"twice":         {with(`"id"`, `"id":"x","id"`), "id", "twice"},
		"status":        {with(`"sent"`, `"seen"`), "status", `expected "sent", "delivered", "read" or "failed", got "seen"`},
		"null message":  {with(`"Great 🎉"`, "null"), "message", "got null"},
		"NUL":           {with("Great", `\u0000`), "message", "U+0000"},
		"long message":  {with("Great", strings.Repeat("é", MaxText)), "message", "at most 65536 characters, got 65538"},
		"year 0":        {with("2026-03-04T09:31:00.000Z", "0000-01-01T00:00:00Z"), "created_at", "1990 to 2100"},
		"year 99999":    {with("2026-03-04T09:31:00.000Z", "99999-01-01T00:00:00Z"), "created_at", "1990 to 2100"},
		"unix time":     {with(`"2026-03-04T09:31:00.000Z"`, "1772616660"), "created_at", "expected a time, got the number"},
		"link":          {with("https://chat.acme.test/t/7001", "javascript:alert(1)"), "conversation_link", "http"},
		"attachments":   {strings.NewReplacer(`[{"id"`, `{"id"`, `}]}`, `}}`).Replace(goodReceived), "attachments", "expected an array, got an object"},
		"url":           {with("https://cdn.acme.test/p?sig=new", "/p"), "attachments[0].url", `got "/p"`},
		"size":          {with("20480", `"20 kB"`), "attachments[0].size", "expected a number"},
		"negative size": {with("20480", "-1"), "attachments[0].size", "2^53"},
		"10,000":        {with(`[{"id":"att-9"`, "["+many+`{"id":"att-9"`), "attachments", "at most 100 items, got 10001"}, // spec: messaging.limits
		"bad UTF-8":     {with("Great", "\xc3\x28"), "", "expected UTF-8, got the byte 0xc3"},
		"not an object": {`"x"`, "", "expected an object"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ParseReceived([]byte(tt.raw))
			wantError(t, err, tt.key, tt.says)
		})
	}
}

func TestReceivedMinimal(t *testing.T) {
	t.Parallel()
	const head = `{"id":"1","channel_id":"c","sender_id":"s","conversation_id":"v","message":"","status":"read","created_at":"2026-03-04 09:31"`
	for _, tail := range []string{`}`, `,"attachments":null}`, `,"attachments":[],"reply_by":null,"extra":{"a":[1]}}`,
		`,"attachments":[{"id":"a","type":"t","url":"https://a.test/","name":null,"size":null,"preview_url":null}]}`} {
		r, err := ParseReceived([]byte(head + tail))
		// spec: messaging.receive.attachments-optional
		if err != nil || r.Attachments == nil {
			t.Errorf("%s: got %v, attachments %v", tail, err, r.Attachments)
		}
	}
}

func TestConversationPage(t *testing.T) {
	t.Parallel()
	p, err := ParseConversationPage([]byte(goodPage))
	if err != nil {
		t.Fatal(err)
	}
	if p.After != "c:2" || len(p.Conversations) != 1 || p.Conversations[0].NextMessages != "m:41" || len(p.Conversations[0].Participants) != 2 {
		t.Fatalf("got %+v", p)
	}
	if got := p.Conversations[0].Messages[0].CreatedAt.String(); got != "2026-03-04T09:15:00.000Z" {
		t.Errorf("created_at is %s", got)
	}
	raw, err := json.Marshal(p.Wire())
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseConversationPage(raw)
	if err != nil || !reflect.DeepEqual(again, p) {
		t.Errorf("written and read again: %v\n%+v\n%+v", err, again, p)
	}
	for _, raw := range []string{`{"success":true,"data":[]}`, `{"success":true,"data":[],"additional_data":null}`, `{"success":true,"data":[],"additional_data":{"after":null}}`} {
		if p, err := ParseConversationPage([]byte(raw)); err != nil || p.After != "" {
			t.Errorf("%s: %v, %+v", raw, err, p)
		}
	}
}

func TestConversationPageRefused(t *testing.T) {
	t.Parallel()
	with := func(old, new string) string { return strings.Replace(goodPage, old, new, 1) }
	tests := map[string]struct{ raw, key, says string }{
		"role":       {with("source_user", "owner"), "data[0].participants[0].role", `expected "source_user" or "end_user", got "owner"`},
		"two owners": {with("end_user", "source_user"), "data[0].participants", "exactly one"}, // spec: messaging.participants.roles
		"same id":    {with(`"id":"biz-1"`, `"id":"wa-1"`), "data[0].participants[1].id", "earlier participant"},
		"stranger":   {with(`"sender_id":"wa-1"`, `"sender_id":"wa-2"`), "data[0].messages[0].sender_id", `got "wa-2"`},
		"no seen":    {with(`"seen":false,`, ""), "data[0].seen", "missing"},
		"failure":    {with(`"success":true`, `"success":false`), "success", "expected true"},
		"no data":    {`{"success":true}`, "data", "expected an array"},
		"nobody":     {`{"success":true,"data":[{"id":"a","link":"","status":"open","seen":true}]}`, "data[0].participants", "got 0"},
		"HTML":       {"<html>", "", "expected JSON"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ParseConversationPage([]byte(tt.raw))
			wantError(t, err, tt.key, tt.says)
		})
	}
}

func TestMessageBareAndEnveloped(t *testing.T) {
	t.Parallel()
	const bare = `{"id":"wamid.A2","status":"read","created_at":"2026-03-04T09:20:00.000Z","message":"photo","sender_id":"wa-1","attachments":[]}`
	for _, raw := range []string{bare, `{"success":true,"data":` + bare + `}`} {
		m, err := ParseMessage([]byte(raw))
		// spec: messaging.get-message.bare
		if err != nil || m.ID != "wamid.A2" || m.Text != "photo" {
			t.Errorf("%s: %v, %+v", raw, err, m)
		}
	}
	_, err := ParseMessage([]byte(`{"success":true,"data":{"id":"x"}}`))
	wantError(t, err, "data.status", "missing")
}

func TestSmallAnswers(t *testing.T) {
	t.Parallel()
	if s, err := ParseSender([]byte(`{"success":true,"data":{"id":"wa-1","name":"Mari","avatar_url":"https://cdn.acme.test/u/5.jpg"}}`)); err != nil || s.Name != "Mari" {
		t.Error(err, s)
	}
	_, err := ParseSender([]byte(`{"success":true,"data":{"id":"wa-1","name":"Mari"}}`))
	wantError(t, err, "data.avatar_url", "missing")
	if l, err := ParseTemplates([]byte(`{"success":true,"data":{"templates":[{"id":"t","name":"Order ready","content":"Hi {{1}}","language":"en_US"}]}}`)); err != nil || len(l) != 1 {
		t.Error(err, l)
	}
	_, err = ParseTemplates([]byte(`{"success":true,"data":{"templates":[{"id":"t","name":"Order ready","content":"Hi"}]}}`))
	wantError(t, err, "data.templates[0].language", "missing")
	if p, err := ParsePosted([]byte(`{"success":true,"data":{"id":"wamid.B7"}}`)); err != nil || p.ID != "wamid.B7" {
		t.Error(err, p)
	}
	_, err = ParsePosted([]byte(`{"success":true,"data":{"id":7}}`))
	wantError(t, err, "data.id", "the number 7")
	if c, err := ParseNewChannel([]byte(`{"name":"Shop line","provider_channel_id":"chan-88","avatar_url":null}`)); err != nil || c.ProviderType != ProviderOther {
		t.Error(err, c)
	}
	_, err = ParseNewChannel([]byte(`{"name":" ","provider_channel_id":"chan-88"}`))
	wantError(t, err, "name", "expected a name")
}

func TestAppError(t *testing.T) {
	t.Parallel()
	r := ParseAppError([]byte(`{"success":false,"data":{"message":"WhatsApp limit","code":"RATE_LIMIT_EXCEEDED","retry_by":"2026-03-04T10:00:00.000Z"}}`))
	if r.Code != CodeRateLimit || r.Message != "WhatsApp limit" || !r.RetryBy.Equal(time.Date(2026, 3, 4, 10, 0, 0, 0, time.UTC)) {
		t.Errorf("got %+v", r)
	}
	for _, raw := range []string{"", "<html>", "[]", `{"data":7}`} {
		if r := ParseAppError([]byte(raw)); r != (AppReason{}) {
			t.Errorf("%q gave %+v", raw, r)
		}
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"2026-03-04T09:15:00.000Z":       "2026-03-04T09:15:00.000Z",
		"2026-03-04T11:15:00+02:00":      "2026-03-04T09:15:00.000Z",
		"2026-03-04 09:15":               "2026-03-04T09:15:00.000Z",
		"2026-03-04 09:15:30":            "2026-03-04T09:15:30.000Z",
		"2026-03-04T09:15:00.123456789Z": "2026-03-04T09:15:00.123Z",
	} {
		got, err := ParseTime(in)
		// spec: messaging.time.both-formats
		if err != nil || got.String() != want {
			t.Errorf("%s became %s, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "today", "1772616660", "2026-13-04 09:15", "0000-01-01 00:00", "1989-12-31 23:59", "2101-01-01 00:00", "99999-01-01 00:00"} {
		if _, err := ParseTime(in); err == nil || !strings.Contains(err.Error(), "1990") {
			t.Errorf("%q gave %v", in, err)
		}
	}
	c := ChannelTime{At(time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC))}
	if raw, _ := json.Marshal(c); string(raw) != `"2026-03-04 09:00:00"` {
		t.Errorf("a channel's time is %s", raw)
	}
}

func TestErrorBodies(t *testing.T) {
	t.Parallel()
	raw, _ := json.Marshal(RefuseReceive("status", "expected …"))
	var e map[string]any
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatal(err)
	}
	// spec: messaging.receive.invalid-body
	text := fmt.Sprint(e["error"])
	if !strings.HasPrefix(text, "Expected { ") || !strings.HasSuffix(text, " }, but was incompatible") || e["success"] != false {
		t.Errorf("got %s", raw)
	}
	if !strings.Contains(string(raw), `"additional_data":{"code":"INVALID_RECEIVE_MESSAGE_PAYLOAD","field":"status"`) {
		t.Errorf("got %s", raw)
	}
	raw, _ = json.Marshal(RefuseChannel("name", "x"))
	// spec: messaging.channels.invalid-body
	if !strings.Contains(string(raw), `"error":"Expected { name: string; avatar_url?: string; provider_channel_id: string; }, but was incompatible"`) {
		t.Errorf("got %s", raw)
	}
}

func FuzzReceived(f *testing.F) {
	f.Add([]byte(goodReceived))
	f.Add([]byte(`{"id":"\ud800","attachments":[[]]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := ParseReceived(raw)
		if err != nil {
			demandError(t, err)
			return
		}
		roundTrip(t, r, ParseReceived)
	})
}

func FuzzConversationPage(f *testing.F) {
	f.Add([]byte(goodPage))
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := ParseConversationPage(raw)
		if err != nil {
			demandError(t, err)
			return
		}
		roundTrip(t, p.Wire(), func(raw []byte) (Success, error) {
			p, err := ParseConversationPage(raw)
			return p.Wire(), err
		})
	})
}

func FuzzMessage(f *testing.F) {
	f.Add([]byte(`{"id":"a","status":"read","created_at":"2026-03-04 09:20","message":"m","sender_id":"s"}`))
	f.Add([]byte(`{"success":true,"data":{"id":"a","status":"read","created_at":"2026-03-04T09:20:00Z","message":"m","sender_id":"s"}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := ParseMessage(raw)
		if err != nil {
			demandError(t, err)
			return
		}
		roundTrip(t, m, ParseMessage)
	})
}

// roundTrip demands that what was accepted is accepted again as we write it, and
// is written the same then.
func roundTrip[T any](t *testing.T, v T, parse func([]byte) (T, error)) {
	t.Helper()
	once, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	again, err := parse(once)
	if err != nil {
		t.Fatalf("our own %s is refused: %v", once, err)
	}
	twice, err := json.Marshal(again)
	if err != nil || !bytes.Equal(once, twice) {
		t.Fatalf("%s became %s, %v", once, twice, err)
	}
}
