package webchat

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dockwright/dockwright/internal/app/messaging"
	"github.com/dockwright/dockwright/internal/dial"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/secret"
)

const (
	purposeVisitor = "web chat visitor"
	nameLimit      = 80       // characters
	smallBody      = 16 << 10 // bytes
	idLimit        = 64       // characters of a message id that the page makes
)

// visitor is who the token names. Whoever has the token is that visitor.
type visitor struct {
	ID   string // also the conversation's id
	Name string // "" if they gave none
}

// token signs v for a channel: "v1.ID.NAME.SIGNATURE", the name in base64url.
// spec: app.webchat.token
func (c *WebChat) token(channel string, v visitor) string {
	return "v1." + v.ID + "." + base64.RawURLEncoding.EncodeToString([]byte(v.Name)) + "." + c.signature(channel, v)
}

func (c *WebChat) signature(channel string, v visitor) string {
	return c.core.Keys().MAC(purposeVisitor, channel, v.ID, v.Name)
}

// read is the inverse of token.
func (c *WebChat) read(channel, token string) (visitor, error) {
	bad := fault.New(fault.Unauthorized, "token", "expected the token that POST /chat/%s/session gives; reload the page", channel)
	parts := strings.Split(token, ".")
	if len(parts) != 4 || parts[0] != "v1" {
		return visitor{}, bad
	}
	name, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return visitor{}, bad
	}
	v := visitor{ID: parts[1], Name: string(name)}
	if !secret.Equal(parts[3], c.signature(channel, v)) {
		return visitor{}, bad
	}
	return v, nil
}

// bearer finds the token where scripts put it; a WebSocket can only have it in
// its address.
func bearer(r *http.Request) string {
	if t, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return t
	}
	return r.URL.Query().Get("token")
}

// who reads the channel and the visitor of a request.
func (c *WebChat) who(r *http.Request) (messaging.Channel, visitor, error) {
	v, err := c.read(r.PathValue("channel"), bearer(r))
	if err != nil {
		return messaging.Channel{}, visitor{}, err
	}
	ch, err := c.channel(r)
	return ch, v, err
}

// closed is the answer while the app is not installed.
func closed() error {
	return &fault.Error{Kind: fault.Unavailable, Field: "channel", Message: "this chat is closed at the moment", After: 60e9}
}

// session makes a stranger into a visitor, or lets a visitor change their name.
func (c *WebChat) session(w http.ResponseWriter, r *http.Request) error {
	ch, err := c.channel(r)
	if err != nil {
		return err
	}
	var in struct {
		Name  string `json:"name"`
		Token string `json:"token"`
	}
	if err := readJSON(r, smallBody, "name", &in); err != nil {
		return err
	}
	name := strings.Join(strings.Fields(strings.Map(visible, in.Name)), " ")
	if n := utf8.RuneCountInString(name); n > nameLimit {
		return fault.New(fault.Invalid, "name", "expected a name of up to %d characters, got %d", nameLimit, n)
	}
	v := visitor{ID: secret.Random(8)}
	if in.Token != "" {
		if v, err = c.read(ch.ProviderID, in.Token); err != nil {
			return err
		}
	} else {
		if !ch.Open() {
			return closed()
		}
		address, _, _ := net.SplitHostPort(r.RemoteAddr)
		if err := c.sessions.take(address, "session"); err != nil {
			return err
		}
	}
	if name != "" {
		v.Name = name
	}
	return answer(w, map[string]string{"token": c.token(ch.ProviderID, v), "visitor": v.ID, "name": v.Name})
}

// visible drops what hides or steers text.
func visible(r rune) rune {
	if unicode.IsControl(r) && !unicode.IsSpace(r) || unicode.Is(unicode.Bidi_Control, r) {
		return -1
	}
	return r
}

// readJSON reads a small body. Errors about its size or form name field.
func readJSON(r *http.Request, limit int64, field string, into any) error {
	raw, err := dial.ReadAll(r.Body, limit)
	if _, big := errors.AsType[*dial.TooLargeError](err); big {
		return fault.New(fault.TooLarge, field, "expected a body of at most %d bytes; send less", limit)
	}
	if err != nil {
		return &fault.Error{Kind: fault.Invalid, Field: "body", Message: "expected a complete body; this one ends too early", Err: err}
	}
	if !utf8.Valid(raw) {
		return fault.New(fault.Invalid, field, "expected text in UTF-8, got bytes that are none")
	}
	if err := json.Unmarshal(raw, into); err != nil {
		if te, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && te.Field != "" {
			return fault.New(fault.Invalid, te.Field, "expected another type than a JSON %s", te.Value)
		}
		return fault.New(fault.Invalid, "body", "expected a JSON object: %s", err)
	}
	return nil
}

func answer(w http.ResponseWriter, body any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(raw)
	return nil
}
