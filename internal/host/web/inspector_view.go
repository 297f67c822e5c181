package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dockwright/dockwright/internal/host/journal"
	"github.com/dockwright/dockwright/spec"
)

// exchangeRow is a line of the list.
type exchangeRow struct {
	ID          int64
	At          time.Time
	In          bool
	Message     string // of the SDK: the kind of it; "" for exchanges
	FromApp     bool   // a message that the app sent
	Surface     string // of a message
	Method      string
	Path, Query string
	Status      int
	StatusClass string // of the design system: ok, warn, bad
	Duration    string
	App         string
	Err         string
	ReplayOf    int64
}

func newExchangeRow(e journal.Exchange, names map[string]string) exchangeRow {
	_, query, _ := strings.Cut(e.URL, "?")
	row := exchangeRow{
		ID: e.ID, At: e.At, In: e.Direction == journal.In, Method: e.Method, Path: e.Path, Query: query,
		Status: e.Status, StatusClass: statusClass(e.Status), Duration: inWords(e.Duration),
		App: appName(e.ClientID, names), Err: e.Err, ReplayOf: e.ReplayOf,
	}
	if e.Direction == journal.SDK {
		row.Message, row.Surface = e.Method, e.Surface
		row.FromApp = e.Method == "command" || e.Method == "listener" || e.Method == "track"
		switch {
		case e.Method != "command":
			row.Duration = ""
		case e.Duration == 0: // browsers count whole milliseconds
			row.Duration = "< 1 ms"
		}
	}
	return row
}

// Way is who spoke, in words.
func (r exchangeRow) Way() string {
	switch {
	case r.Message == "note":
		return "Note"
	case r.FromApp:
		return "App to page"
	case r.Message != "":
		return "Page to app"
	case r.In:
		return "App to host"
	}
	return "Host to app"
}

// Incoming reports whether the app spoke.
func (r exchangeRow) Incoming() bool { return r.In || r.FromApp }

// Outcome is how a message ended: commands are answered, the rest is not.
func (r exchangeRow) Outcome() string {
	switch {
	case r.Err != "" && r.Message == "command":
		return "refused"
	case r.Err == "" && r.Message == "command":
		return "answered"
	}
	return ""
}

// OutcomeClass is of the design system, as StatusClass.
func (r exchangeRow) OutcomeClass() string {
	if r.Err != "" {
		return "warn"
	}
	return "ok"
}

// Href is the exchange's page.
func (r exchangeRow) Href() string { return exchangePath(r.ID) }

func statusClass(status int) string {
	switch {
	case status >= 500 || status == 0:
		return "bad"
	case status >= 400:
		return "warn"
	case status >= 300:
		return ""
	}
	return "ok"
}

// inWords is a duration as short as it can be read.
func inWords(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

func appName(clientID string, names map[string]string) string {
	if name := names[clientID]; name != "" || clientID == "" {
		return name
	}
	return "unknown app " + clientID
}

// exchangeView is the data of an exchange's page.
type exchangeView struct {
	exchangeRow
	URL               string
	StatusText        string
	User              string
	ClientID          string
	Requirement       string
	Wording           string // of the requirement
	Request, Response messageView
	Replays           []int64
	Unrepeatable      string
	AsksNothing       bool // a replay needs no confirmation
	Curl              string
	ByHand            bool // an event that was sent from the SDK console
}

// messageView is a request or a response.
type messageView struct {
	Headers []pair
	Body    bodyView
}

// pair is a name with its value.
type pair struct{ Name, Value string }

func newExchangeView(e journal.Exchange, names map[string]string) exchangeView {
	return exchangeView{
		exchangeRow: newExchangeRow(e, names),
		URL:         e.URL, StatusText: http.StatusText(e.Status), ClientID: e.ClientID,
		Requirement: e.Requirement, Wording: wordings()[e.Requirement],
		Request:      messageView{headerPairs(e.RequestHeader), newBodyView(e.RequestHeader, e.RequestBody, e.RequestSize, e.RequestChanges)},
		Response:     messageView{headerPairs(e.ResponseHeader), newBodyView(e.ResponseHeader, e.ResponseBody, e.ResponseSize, e.ResponseChanges)},
		Unrepeatable: e.Unrepeatable(), AsksNothing: asksNothing(e.Method), Curl: curl(e), ByHand: e.RequestHeader.Get("Sent") != "",
	}
}

// Heading is what the page of an exchange or a message is called.
func (v exchangeView) Heading() string {
	if v.Message != "" {
		return v.Surface + " → " + v.Path
	}
	return v.Method + " " + v.Path
}

// Sayer is the title of what was said.
func (v exchangeView) Sayer() string {
	if v.Message == "command" {
		return "Arguments"
	}
	return "Message"
}

// About are the facts of a message that the journal keeps as headers.
func (v exchangeView) About() []pair {
	return slices.DeleteFunc(slices.Clone(v.Request.Headers), func(p pair) bool { return p.Name == "Content-Type" || p.Name == "Sent" })
}

// ReplayHref is where a replay is asked for and sent.
func (v exchangeView) ReplayHref() string { return v.Href() + "/replay" }

// PathParts are the path cut behind its slashes, where a line may break.
func (v exchangeView) PathParts() []string { return strings.SplitAfter(v.Path, "/") }

// Receiver is who a replay goes to, in words.
func (v exchangeView) Receiver() string {
	if v.In {
		return "this host"
	}
	if u, err := url.Parse(v.URL); err == nil && u.Host != "" {
		return u.Host
	}
	return "the app"
}

// wordings are the sentences of the register, by id.
var wordings = sync.OnceValue(func() map[string]string {
	all, err := spec.Load()
	if err != nil { // the register is tested; without it ids are shown bare
		return nil
	}
	m := make(map[string]string, len(all))
	for _, r := range all {
		m[r.ID] = r.Wording
	}
	return m
})

// headerPairs are headers in the order of their names.
func headerPairs(h http.Header) []pair {
	var out []pair
	for name, values := range h {
		for _, v := range values {
			out = append(out, pair{name, v})
		}
	}
	slices.SortStableFunc(out, func(a, b pair) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// curl is the request as a command line, with its secrets masked.
func curl(e journal.Exchange) string {
	quote := func(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
	parts := []string{"curl"}
	switch {
	case e.Method == http.MethodHead:
		parts = append(parts, "--head")
	case e.Method != http.MethodGet:
		parts = append(parts, "-X", e.Method)
	}
	parts = append(parts, quote(e.URL))
	for _, p := range headerPairs(e.RequestHeader) {
		if p.Name != "Content-Length" && p.Name != "Accept-Encoding" {
			parts = append(parts, "-H", quote(p.Name+": "+p.Value))
		}
	}
	if len(e.RequestBody) > 0 {
		parts = append(parts, "--data-raw", quote(string(e.RequestBody)))
	}
	return strings.Join(parts, " ")
}
