package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/extension"
	"github.com/dockwright/dockwright/internal/host/journal"
	"github.com/dockwright/dockwright/internal/host/route"
)

// Bounds of what a page reports of messages at once; static/js/frame-log.js keeps
// them.
const (
	maxMessages    = 200
	maxMessageName = 100      // characters
	maxMessageText = 16 << 10 // characters of a payload, a reply or an error
	maxLogged      = 1 << 20  // bytes of the whole report
	// maxLogAge bounds how long a message may have waited in the page.
	maxLogAge = time.Minute
	// maxMessageSize and maxMessageTime bound what is said about a message: more
	// than any browser does.
	maxMessageSize = 1 << 30            // characters
	maxMessageTime = 7 * 24 * time.Hour // for an answer, which a person may give days later
)

// messageKinds are the kinds of message in a report.
var messageKinds = []string{"command", "listener", "track", "event", "note"}

// messageReport is what a page says about the messages between it and iframes.
type messageReport struct {
	Now     int64           `json:"now"` // the page's clock, in milliseconds since 1970
	Dropped int             `json:"dropped"`
	Entries []loggedMessage `json:"entries"`
}

// loggedMessage is one message. Payload and Reply are JSON as text, which may be
// cut; their sizes are those of the whole, in characters.
type loggedMessage struct {
	At          int64       `json:"at"` // by the page's clock, in milliseconds since 1970
	Extension   string      `json:"extension"`
	Frame       string      `json:"frame"`
	View        devhub.View `json:"view"`
	Type        string      `json:"type"`
	Name        string      `json:"name"`
	Payload     string      `json:"payload"`
	PayloadSize int64       `json:"payload_size"`
	Reply       string      `json:"reply"`
	ReplySize   int64       `json:"reply_size"`
	Error       string      `json:"error"`
	ByHand      bool        `json:"by_hand"` // sent from the SDK console
	Millis      int64       `json:"ms"`
}

// check refuses what no page of the host reports. field is the message's place.
func (m loggedMessage) check(field string) error {
	switch {
	case !slices.Contains(messageKinds, m.Type):
		return fault.New(fault.Invalid, field+".type", "Expected one of %s, got %.40q.", strings.Join(messageKinds, ", "), m.Type)
	case m.Name == "" || utf8.RuneCountInString(m.Name) > maxMessageName:
		return fault.New(fault.Invalid, field+".name", "Expected 1 to %d characters, got %d.", maxMessageName, utf8.RuneCountInString(m.Name))
	case m.View != "" && m.View.Resource() == "":
		return fault.New(fault.Invalid, field+".view", "Expected one of the seven views or none, got %.40q.", string(m.View))
	case m.Millis < 0 || m.Millis > maxMessageTime.Milliseconds():
		return fault.New(fault.Invalid, field+".ms", "Expected 0 to %d milliseconds, got %d.", maxMessageTime.Milliseconds(), m.Millis)
	case utf8.RuneCountInString(m.Frame) > maxMessageName:
		return fault.New(fault.TooLarge, field+".frame", "Expected at most %d characters, got %d.", maxMessageName, utf8.RuneCountInString(m.Frame))
	}
	for _, t := range []struct {
		name, text string
		size       int64
	}{{"payload", m.Payload, m.PayloadSize}, {"reply", m.Reply, m.ReplySize}, {"error", m.Error, 0}} {
		n := utf8.RuneCountInString(t.text)
		if n > maxMessageText {
			return fault.New(fault.TooLarge, field+"."+t.name, "Expected at most %d characters, got %d.", maxMessageText, n)
		}
		if t.size < 0 || t.size > maxMessageSize {
			return fault.New(fault.Invalid, field+"."+t.name+"_size", "Expected 0 to %d characters, got %d.", maxMessageSize, t.size)
		}
	}
	return nil
}

// logMessages keeps what a page reports, for the Inspector. What belongs to an app
// that the caller does not have, or has no more, is left out and counted.
// spec: surface.inspector
func (w *Web) logMessages(rw http.ResponseWriter, r *http.Request) error {
	var in messageReport
	if err := readJSONWithin(rw, r, &in, maxLogged); err != nil {
		return err
	}
	switch {
	case len(in.Entries) > maxMessages:
		return fault.New(fault.TooLarge, "entries", "Expected at most %d messages, got %d.", maxMessages, len(in.Entries))
	case in.Dropped < 0:
		return fault.New(fault.Invalid, "dropped", "Expected 0 or more messages, got %d.", in.Dropped)
	}
	for i, m := range in.Entries {
		if err := m.check(fmt.Sprintf("entries.%d", i)); err != nil {
			return err
		}
	}
	c := caller(r)
	frames, err := w.s.Extension.Frames(r.Context(), c)
	if err != nil {
		return err
	}
	now, kept, foreign := w.s.DB.Now(), 0, 0
	for _, m := range in.Entries {
		o, ok := frames[m.Extension]
		if !ok {
			foreign++
			continue
		}
		kept++
		w.s.Journal.Record(m.exchange(c, o, now.Add(-m.age(in.Now))))
	}
	if in.Dropped > 0 {
		w.s.Journal.Record(journal.Exchange{
			At: now, Direction: journal.SDK, Company: c.Company, User: c.User, Method: "note", Path: "messages not noted", Surface: "page",
			Err: fmt.Sprintf("%d messages of apps came faster than the page reports them.", in.Dropped), Requirement: "surface.flood",
		})
	}
	return writeJSON(rw, map[string]int{"kept": kept, "foreign": foreign})
}

// age is how long ago the message was said when the page reported it. Only the
// difference counts: clocks of browsers differ, and a test may have moved the
// host's.
func (m loggedMessage) age(pageNow int64) time.Duration {
	return time.Duration(min(max(pageNow-m.At, 0), maxLogAge.Milliseconds())) * time.Millisecond
}

// exchange is the message as the journal keeps it.
func (m loggedMessage) exchange(c route.Caller, o extension.Offer, at time.Time) journal.Exchange {
	about := http.Header{"Extension": {o.Title() + " (" + o.UUID + ")"}, "Content-Type": {"application/json"}}
	if m.Frame != "" {
		about.Set("Frame", m.Frame)
	}
	if m.View != "" {
		about.Set("View", m.View.Label())
	}
	if m.ByHand {
		about.Set("Sent", "by hand")
	}
	return journal.Exchange{
		At: at, Direction: journal.SDK, Company: c.Company, User: c.User, ClientID: o.ClientID, Duration: time.Duration(m.Millis) * time.Millisecond,
		Method: m.Type, Path: m.Name, Surface: extension.Where(o.Extension, m.View), Err: m.Error, Requirement: extension.Requirement(m.Type, m.Name),
		RequestHeader: about, RequestBody: []byte(m.Payload), RequestSize: m.PayloadSize,
		ResponseHeader: http.Header{"Content-Type": {"application/json"}}, ResponseBody: []byte(m.Reply), ResponseSize: m.ReplySize,
	}
}
