package web

import (
	"net/http"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/journal"
)

// noteRefusal writes down that what a developer brought was refused: a manifest,
// or the address to which an app sends a browser for consent. A person's browser
// carried it, so it did not cross the street by itself; the developer looks for
// it in the Inspector all the same. body is what was brought, without the form
// around it.
// spec: inspector.refusals
func (w *Web) noteRefusal(r *http.Request, clientID, requirement string, body []byte, err error) {
	known, ok := fault.As(err)
	if !ok || known.Kind == fault.Internal {
		return // the host's own trouble is in its log
	}
	header := r.Header.Clone()
	header.Del("Content-Length")
	if body != nil {
		header.Set("Content-Type", "application/json") // what is inside, not the form
	}
	text := []byte(known.Message)
	if known.Field != "" {
		text = []byte(known.Field + ": " + known.Message)
	}
	if _, err := w.s.DevHub.ByClientID(r.Context(), clientID); err != nil {
		clientID = "" // nobody's; the address shows what was asked for
	}
	c := caller(r)
	w.s.Journal.Record(journal.Exchange{
		Direction: journal.In, Company: c.Company, User: c.User, ClientID: clientID, Requirement: requirement,
		Method: r.Method, URL: w.s.BaseURL + r.URL.RequestURI(), Path: r.URL.Path, Status: known.Kind.Status(),
		RequestHeader: header, RequestBody: body[:min(len(body), journal.BodyLimit)], RequestSize: int64(len(body)),
		ResponseHeader: http.Header{"Content-Type": {"text/plain; charset=utf-8"}}, ResponseBody: text, ResponseSize: int64(len(text)),
	})
}
