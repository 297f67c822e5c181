package messaging_test

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"

	"github.com/dockwright/dockwright/internal/app/messaging"
)

// guest is a visitor of the web chat.
type guest struct {
	r       *rig
	channel string
	token   string
	id      string
}

func (r *rig) guest(channel, name string) *guest {
	r.t.Helper()
	var s struct{ Token, Visitor string }
	raw, _ := json.Marshal(map[string]string{"name": name})
	r.do(http.MethodPost, "/chat/"+channel+"/session", asJSON(nil), bytes.NewReader(raw)).want(r.t, 200).json(r.t, &s)
	return &guest{r, channel, s.Token, s.Visitor}
}

func (g *guest) auth() http.Header { return http.Header{"Authorization": {"Bearer " + g.token}} }

func (g *guest) say(id, text string) reply {
	g.r.t.Helper()
	raw, _ := json.Marshal(map[string]string{"id": id, "text": text})
	return g.r.do(http.MethodPost, "/chat/"+g.channel+"/messages", asJSON(g.auth()), bytes.NewReader(raw))
}

func (g *guest) history() (h struct {
	Messages []messaging.View
	Older    bool
	Open     bool
}) {
	g.r.t.Helper()
	g.r.do(http.MethodGet, "/chat/"+g.channel+"/messages", g.auth(), nil).want(g.r.t, 200).json(g.r.t, &h)
	return h
}

// form is a multipart body, fields first.
func form(fields url.Values, files ...messaging.Upload) (body []byte, contentType string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, name := range slices.Sorted(maps(fields)) {
		for _, v := range fields[name] {
			_ = w.WriteField(name, v)
		}
	}
	for _, f := range files {
		p, _ := w.CreateFormFile("files", f.Name)
		_, _ = p.Write(f.Body)
	}
	_ = w.Close()
	return b.Bytes(), w.FormDataContentType()
}

func maps(v url.Values) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for k := range v {
			if !yield(k) {
				return
			}
		}
	}
}

// reply posts an agent's message as the host does.
func (g *guest) reply(key, text string, files ...messaging.Upload) reply {
	g.r.t.Helper()
	body, kind := form(url.Values{
		"message": {text}, "senderId": {"business-" + g.channel}, "conversationId": {g.id}, "recipientIds[]": {g.id},
	}, files...)
	h := basic()
	h.Set("Content-Type", kind)
	if key != "" {
		h.Set("Idempotency-Key", key)
	}
	return g.r.do(http.MethodPost, "/provider/"+g.channel+"/messages", h, bytes.NewReader(body))
}
