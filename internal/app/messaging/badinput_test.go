package messaging_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/internal/app/messaging"
	"github.com/dockwright/dockwright/internal/app/messaging/webchat"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

// TestBadInput: a documented status, an error that names the field, a line in
// the app's log, and nothing stored half.
func TestBadInput(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(ms ...store.Migrations) *store.DB) {
		r := newRig(t, open, rigOptions{chat: webchat.Options{PerSecond: -1}})
		channel := r.install()
		g := r.guest(channel, "")
		g.say("first", "hello").want(t, 200)
		at := "/chat/" + channel + "/messages"

		whole, kind := form(url.Values{"id": {"cut"}, "text": {"hello"}}, messaging.Upload{Name: "a.png", Body: bytes.Repeat(picture, 100)})
		multi := g.auth()
		multi.Set("Content-Type", kind)
		big := func(n int) string { return strings.Repeat("x", n) }
		eleven := make([]messaging.Upload, 11)
		for i := range eleven {
			eleven[i] = messaging.Upload{Name: "f", Body: []byte("x")}
		}
		tooMany, manyKind := form(url.Values{"id": {"many"}}, eleven...)
		many := g.auth()
		many.Set("Content-Type", manyKind)
		large, largeKind := form(url.Values{"id": {"large"}}, messaging.Upload{Name: "film.mp4", Body: make([]byte, messaging.MaxFile+1)})
		larger := g.auth()
		larger.Set("Content-Type", largeKind)

		for name, c := range map[string]struct {
			header http.Header
			body   []byte
			status int
			words  []string
		}{
			"no token":            {asJSON(nil), []byte(`{"id":"a","text":"x"}`), 401, []string{`"field":"token"`}},
			"forged token":        {http.Header{"Authorization": {"Bearer v1." + g.id + ".TWFyaQ.xxxx"}}, []byte(`{"id":"a","text":"x"}`), 401, []string{`"field":"token"`}},
			"not JSON":            {asJSON(g.auth()), []byte(`hello`), 400, []string{`"field":"body"`}},
			"no id":               {asJSON(g.auth()), []byte(`{"text":"x"}`), 400, []string{`"field":"id"`}},
			"an id with a path":   {asJSON(g.auth()), []byte(`{"id":"../x","text":"x"}`), 400, []string{`"field":"id"`}},
			"a number for a text": {asJSON(g.auth()), []byte(`{"id":"a","text":7}`), 400, []string{`"field":"text"`}},
			"nothing to say":      {asJSON(g.auth()), []byte(`{"id":"a","text":"  "}`), 400, []string{`"field":"text"`}},
			"5 MB of text":        {asJSON(g.auth()), []byte(`{"id":"a","text":"` + big(5<<20) + `"}`), 413, []string{`"field":"text"`}},
			"a long text":         {asJSON(g.auth()), []byte(`{"id":"a","text":"` + big(messaging.MaxText+1) + `"}`), 413, []string{`"field":"text"`, "65536", "65537"}},
			"invalid UTF-8":       {asJSON(g.auth()), []byte("{\"id\":\"a\",\"text\":\"\xff\xfe\"}"), 400, []string{`"field":"text"`, "UTF-8"}},
			"U+0000":              {asJSON(g.auth()), []byte(`{"id":"a","text":"a\u0000b"}`), 400, []string{`"field":"text"`, "U+0000"}},
			// spec: app.messaging.multipart-whole
			"multipart cut in half":          {multi, whole[:len(whole)/2], 400, []string{`"field":"body"`, "too early"}},
			"multipart without end":          {multi, whole[:len(whole)-8], 400, []string{`"field":"body"`}},
			"multipart cut before a part":    {multi, whole[:bytes.LastIndex(whole, []byte("Content-Disposition"))], 400, []string{`"field":"body"`, "too early"}},
			"multipart cut in a part's head": {multi, whole[:bytes.LastIndex(whole, []byte("filename"))], 400, []string{`"field":"body"`, "too early"}},
			"multipart cut in a boundary":    {multi, whole[:bytes.LastIndex(whole, []byte("Content-Disposition"))-8], 400, []string{`"field":"body"`, "too early"}},
			"multipart of nothing":           {multi, nil, 400, []string{`"field":"body"`, "too early"}},
			"eleven files":                   {many, tooMany, 413, []string{`"field":"files"`, "10 files"}},
			"a file too large":               {larger, large, 413, []string{`"field":"files"`, "film.mp4", "16 MB"}},
		} {
			t.Run(name, func(t *testing.T) {
				r.do(http.MethodPost, at, c.header, bytes.NewReader(c.body)).want(t, c.status, c.words...)
			})
		}
		t.Run("the host's multipart cut in half", func(t *testing.T) {
			body, kind := form(url.Values{"message": {"hi"}, "conversationId": {g.id}}, messaging.Upload{Name: "a.png", Body: bytes.Repeat(picture, 100)})
			h := basic()
			h.Set("Content-Type", kind)
			r.do(http.MethodPost, "/provider/"+channel+"/messages", h, bytes.NewReader(body[:len(body)/2])).want(t, 400, `"code":"INVALID_BODY"`, "too early")
		})
		t.Run("nothing was stored", func(t *testing.T) {
			if n := len(g.history().Messages); n != 1 {
				t.Errorf("%d messages", n)
			}
		})
		t.Run("and the app's log has a line for each, without secrets", func(t *testing.T) { // spec: app.messaging.log-bad-input
			r.eventually("the log is written", func() bool {
				page := string(r.do(http.MethodGet, "/", nil, nil).body)
				return strings.Contains(page, "film.mp4") && strings.Contains(page, "UTF-8") && !strings.Contains(page, g.token)
			})
		})
	})
}

func TestNames(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"photo.png": "photo.png", "../../etc/passwd": "passwd", `C:\temp\a.txt`: "a.txt", "": "file", "..": "file", "/": "file",
		"<img src=x onerror=1>.png": "img src=x onerror=1.png", "a\x00b\n.txt": "ab.txt", "evil\u202Egnp.exe": "evilgnp.exe", "\xff\xfe": "file",
		strings.Repeat("ä", 300) + ".png": strings.Repeat("ä", 116) + ".png",
	} {
		if got := messaging.CleanName(in); got != want {
			t.Errorf("CleanName(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestFlood(t *testing.T) { // spec: app.webchat.rate-limit
	t.Parallel()
	sqlite := func(ms ...store.Migrations) *store.DB { return storetest.SQLite(t, ms...) }
	r := newRig(t, sqlite, rigOptions{chat: webchat.Options{PerSecond: 0.1, Burst: 2}})
	g := r.guest(r.install(), "")
	g.say("1", "a").want(t, 200)
	g.say("2", "b").want(t, 200)
	refused := g.say("3", "c").want(t, 429, `"field":"messages"`, "wait")
	if s := refused.Header.Get("Retry-After"); s == "" || s == "0" {
		t.Errorf("Retry-After %q", s)
	}
	r.guest(g.channel, "").say("1", "another visitor").want(t, 200)
}

func TestToken(t *testing.T) { // spec: app.webchat.token
	t.Parallel()
	sqlite := func(ms ...store.Migrations) *store.DB { return storetest.SQLite(t, ms...) }
	r := newRig(t, sqlite, rigOptions{})
	g := r.guest(r.install(), "Mari")
	g.say("1", "hello").want(t, 200)
	raw, _ := json.Marshal(map[string]string{"name": "Mari Tamm", "token": g.token})
	var s struct{ Token, Visitor, Name string }
	r.do(http.MethodPost, "/chat/"+g.channel+"/session", asJSON(nil), bytes.NewReader(raw)).want(t, 200).json(t, &s) // spec: app.webchat.session
	if s.Visitor != g.id || s.Name != "Mari Tamm" || s.Token == g.token {
		t.Fatalf("%+v", s)
	}
	r.do(http.MethodGet, "/chat/none/messages", g.auth(), nil).want(t, 401) // a token is for one channel
	r.do(http.MethodPost, "/chat/"+g.channel+"/session", asJSON(nil), strings.NewReader(`{"name":"`+strings.Repeat("n", 200)+`"}`)).want(t, 400, `"field":"name"`)
	r.do(http.MethodPost, "/chat/none/session", asJSON(nil), strings.NewReader(`{}`)).want(t, 404)
	r.do(http.MethodGet, "/chat/none", nil, nil).want(t, 404, "There is no chat here")
}
