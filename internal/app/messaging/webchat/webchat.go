// Package webchat is the network that needs no account anywhere: a page on the
// app's own origin, which a site can also embed with one line of script. The
// visitor's browser keeps a signed token that names the conversation; there is no
// cookie, so it works in another site's frame.
//
// What a test may rely on in the page: #name, #text, #files and #send of the
// composer, and for each message an li[data-id] with data-status and
// data-outgoing.
package webchat

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/dockwright/dockwright/internal/app/messaging"
	"github.com/dockwright/dockwright/internal/secret"
)

// Name is how channels of this network are stored.
const Name = "webchat"

// Options bound what visitors may do. Zero values mean the defaults.
type Options struct {
	// PerSecond is how many messages a visitor may send in the long run. Default 5;
	// negative means as many as they like, which is for benches.
	PerSecond float64
	// Burst is how many may come at once. Default 20.
	Burst int
	// SessionsPerSecond is how many visitors one address may begin to be. Default
	// 20, with a burst of 500: an office shares one address. Negative as above.
	SessionsPerSecond float64
}

// WebChat is the network. Make one with New for each app.
type WebChat struct {
	o        Options
	core     *messaging.Core
	page     func() (*template.Template, error)
	version  string
	messages *limits
	sessions *limits
	forms    chan struct{} // a place for each body with files that is in memory
}

// Bodies with files are read into memory, so few at a time, and not for ever.
const (
	formsAtOnce = 8
	formTime    = time.Minute
)

var (
	_ messaging.Network = (*WebChat)(nil)
	_ messaging.Server  = (*WebChat)(nil)
	_ messaging.Visible = (*WebChat)(nil)
)

//go:embed templates/*.html static/*
var files embed.FS

// New returns the network.
func New(o Options) *WebChat {
	if o.PerSecond == 0 {
		o.PerSecond = 5
	}
	if o.Burst <= 0 {
		o.Burst = 20
	}
	if o.SessionsPerSecond == 0 {
		o.SessionsPerSecond = 20
	}
	c := &WebChat{
		o: o, version: version(), messages: newLimits(o.PerSecond, o.Burst), sessions: newLimits(o.SessionsPerSecond, 500),
		forms: make(chan struct{}, formsAtOnce),
	}
	c.page = sync.OnceValues(func() (*template.Template, error) {
		return template.New("").Funcs(template.FuncMap{"static": c.static}).ParseFS(files, "templates/*.html")
	})
	return c
}

func version() string {
	sum := sha256.New()
	_ = fs.WalkDir(files, "static", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			raw, _ := files.ReadFile(name) // embedded: it is there
			sum.Write(raw)
		}
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)[:6])
}

func (c *WebChat) static(file string) string { return "/chat/static/" + c.version + "/" + file }

// Info implements messaging.Network.
func (c *WebChat) Info() messaging.NetworkInfo {
	return messaging.NetworkInfo{
		Name: Name, Title: "Web chat", ProviderType: "other", Follows: true,
		Limits: messaging.Limits{Text: messaging.MaxText, Files: messaging.MaxFiles, File: messaging.MaxFile},
	}
}

// Send implements messaging.Network. The archive itself is what visitors read,
// so there is nothing to carry; the id follows from the key, so that a wish that
// is repeated has the same.
func (c *WebChat) Send(_ context.Context, m messaging.Outgoing) (messaging.Receipt, error) {
	id := secret.Random(16)
	if m.Key != "" {
		id = secret.Hash(m.Channel.ProviderID + "\x00" + m.Conversation.ID + "\x00" + m.Key)[:32]
	}
	return messaging.Receipt{ID: "a-" + id, Status: messaging.StatusSent}, nil
}

// Attach implements messaging.Server.
func (c *WebChat) Attach(core *messaging.Core) []messaging.Route {
	c.core = core
	const page, post = "app.webchat.page", "app.webchat.post"
	return []messaging.Route{
		{Method: http.MethodGet, Pattern: "/chat/{channel}", Access: messaging.Framed, Req: page, Handler: c.refusing(c.visitorPage)},
		{Method: http.MethodGet, Pattern: "/chat/{channel}/widget.js", Access: messaging.Public, Req: "app.webchat.widget", Handler: c.refusing(c.widget)},
		{Method: http.MethodGet, Pattern: "/chat/static/{version}/{file}", Access: messaging.Public, Req: page, Handler: func(w http.ResponseWriter, r *http.Request) {
			messaging.ServeStatic(w, r, files, "static/"+r.PathValue("file"))
		}},
		{Method: http.MethodPost, Pattern: "/chat/{channel}/session", Access: messaging.Public, Req: "app.webchat.session", Handler: c.refusing(c.session)},
		{Method: http.MethodGet, Pattern: "/chat/{channel}/messages", Access: messaging.Public, Req: page, Handler: c.refusing(c.history)},
		{Method: http.MethodPost, Pattern: "/chat/{channel}/messages", Access: messaging.Public, Req: post, Handler: c.refusing(c.post)},
		{Method: http.MethodPost, Pattern: "/chat/{channel}/progress", Access: messaging.Public, Req: "app.webchat.progress", Handler: c.refusing(c.progress)},
		{Method: http.MethodGet, Pattern: "/chat/{channel}/live", Access: messaging.Public, Req: "app.webchat.live", Handler: c.refusing(c.live)},
	}
}

// Handout implements messaging.Visible.
func (c *WebChat) Handout(ch messaging.Channel) messaging.Handout {
	at := c.core.BaseURL() + "/chat/" + url.PathEscape(ch.ProviderID)
	return messaging.Handout{Link: at, Script: fmt.Sprintf(`<script src="%s/widget.js" async></script>`, at)}
}

// refusing turns a handler's error into an answer and a line in the app's log.
func (c *WebChat) refusing(do func(w http.ResponseWriter, r *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := do(w, r); err != nil {
			c.core.Refused(w, r, err)
		}
	}
}

func (c *WebChat) channel(r *http.Request) (messaging.Channel, error) {
	return c.core.Channel(r.Context(), Name, r.PathValue("channel"))
}

// visitorPage is the page for visitors, alone or in a frame.
func (c *WebChat) visitorPage(w http.ResponseWriter, r *http.Request) error {
	ch, err := c.channel(r)
	if err != nil {
		return c.write(w, http.StatusNotFound, "gone", nil)
	}
	return c.write(w, http.StatusOK, "chat", map[string]any{
		"Name": ch.Name, "Avatar": ch.AvatarURL, "Open": ch.Open(), "Path": "/chat/" + url.PathEscape(ch.ProviderID),
		"Embedded": r.URL.Query().Has("embed"), "Channel": ch.ProviderID,
		"MaxFiles": messaging.MaxFiles, "MaxFile": messaging.MaxFile, "MaxText": messaging.MaxText,
	})
}

func (c *WebChat) write(w http.ResponseWriter, status int, name string, data any) error {
	t, err := c.page()
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := t.ExecuteTemplate(&out, name, data); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes())
	return nil
}

// widget is the script that a site embeds. It finds its channel in its own
// address.
func (c *WebChat) widget(w http.ResponseWriter, r *http.Request) error {
	if _, err := c.channel(r); err != nil {
		return err
	}
	raw, err := files.ReadFile("static/widget.js")
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/javascript; charset=utf-8")
	h.Set("Cache-Control", "public, max-age=300")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("ETag", `"`+c.version+`"`)
	if strings.Contains(r.Header.Get("If-None-Match"), c.version) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	_, _ = w.Write(raw)
	return nil
}
