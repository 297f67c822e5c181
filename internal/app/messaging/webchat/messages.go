package webchat

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/app/messaging"
	"github.com/dockwright/dockwright/internal/fault"
)

const (
	// textBody is the JSON around the longest text: a character takes up to twelve
	// bytes when it is escaped as two surrogates.
	textBody    = 12*messaging.MaxText + 1024
	historyPage = 50
)

// draft is a message as the page sends it.
type draft struct {
	ID   string `json:"id"` // made by the page: the same in each attempt
	Text string `json:"text"`

	files []messaging.Upload
}

// post takes a visitor's message: the token, the limits, one transaction, and
// only then the answer.
// spec: app.webchat.post
func (c *WebChat) post(w http.ResponseWriter, r *http.Request) error {
	ch, v, err := c.who(r)
	if err != nil {
		return err
	}
	if !ch.Open() {
		return closed()
	}
	if err := c.messages.take(ch.ProviderID+"/"+v.ID, "messages"); err != nil {
		return err
	}
	d, err := c.readDraft(w, r)
	if err != nil {
		return err
	}
	m, _, err := c.core.Receive(r.Context(), messaging.Incoming{
		Channel: ch, Conversation: v.ID, CustomerID: v.ID, CustomerName: v.Name,
		ID: "v-" + v.ID + "-" + d.ID, Text: d.Text, Files: d.files,
	})
	if err != nil {
		return inPageWords(err)
	}
	return answer(w, map[string]any{"message": c.core.View(ch, m)})
}

// inPageWords gives an error the name that the field has in the page.
func inPageWords(err error) error {
	if f, ok := fault.As(err); ok && f.Field == "message" {
		f.Field = "text"
	}
	return err
}

func (c *WebChat) readDraft(w http.ResponseWriter, r *http.Request) (d draft, err error) {
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		d, err = c.readForm(w, r)
	} else {
		err = readJSON(r, textBody, "text", &d)
	}
	if err != nil {
		return d, err
	}
	if d.ID == "" || len(d.ID) > idLimit || strings.Trim(d.ID, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
		return d, fault.New(fault.Invalid, "id", "expected an id of your own for this message, 1 to %d letters, digits, - or _, got %.80q", idLimit, d.ID)
	}
	return d, nil
}

func (c *WebChat) readForm(w http.ResponseWriter, r *http.Request) (draft, error) {
	select {
	case c.forms <- struct{}{}:
		defer func() { <-c.forms }()
	case <-r.Context().Done():
		return draft{}, r.Context().Err()
	}
	// Servers that cannot set it have a limit of their own.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(formTime))
	form, err := messaging.ReadForm(r, c.Info())
	return draft{ID: form.Get("id"), Text: form.Get("text"), files: form.Files}, err
}

// historyBody is a piece of the conversation for the page.
type historyBody struct {
	Messages []messaging.View `json:"messages"`
	Older    bool             `json:"older"`
	Live     int64            `json:"live"` // listen from here on
	Open     bool             `json:"open"`
}

func (c *WebChat) history(w http.ResponseWriter, r *http.Request) error {
	ch, v, err := c.who(r)
	if err != nil {
		return err
	}
	before, err := number(r, "before")
	if err != nil {
		return err
	}
	h, err := c.core.History(r.Context(), ch, v.ID, before, historyPage)
	if err != nil {
		return err
	}
	body := historyBody{Messages: []messaging.View{}, Older: h.Older, Live: h.Live, Open: ch.Open()}
	for _, m := range h.Messages {
		body.Messages = append(body.Messages, c.core.View(ch, m))
	}
	return answer(w, body)
}

// number reads a place from the query, 0 if there is none.
func number(r *http.Request, name string) (int64, error) {
	s := r.URL.Query().Get(name)
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0, fault.New(fault.Invalid, name, "expected a whole number from 0, got %.40q", s)
	}
	return n, nil
}

// progress notes what the visitor's page has received and shown.
func (c *WebChat) progress(w http.ResponseWriter, r *http.Request) error {
	ch, v, err := c.who(r)
	if err != nil {
		return err
	}
	var in struct {
		Delivered int64 `json:"delivered"`
		Read      int64 `json:"read"`
	}
	if err := readJSON(r, smallBody, "read", &in); err != nil {
		return err
	}
	if in.Read > 0 {
		err = c.core.Progress(r.Context(), ch, v.ID, in.Read, messaging.StatusRead)
	}
	if in.Delivered > in.Read {
		err = errors.Join(err, c.core.Progress(r.Context(), ch, v.ID, in.Delivered, messaging.StatusDelivered))
	}
	if err != nil {
		return err
	}
	return answer(w, map[string]bool{"ok": true})
}

// live is the WebSocket of the page.
func (c *WebChat) live(w http.ResponseWriter, r *http.Request) error {
	ch, v, err := c.who(r)
	if err != nil {
		return err
	}
	since, err := number(r, "since")
	if err != nil {
		return err
	}
	c.core.Follow(w, r, ch, v.ID, since)
	return nil
}
