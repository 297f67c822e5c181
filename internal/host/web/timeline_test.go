package web_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
)

// What a person writes on a record, adds to it and changes of it stands in its
// timeline; what was typed as markup is shown as it was typed.
// spec: records.timeline
func TestTimeline(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get("/persons/1") // signs in
	if res, body := s.post("/records/person/1/notes", url.Values{"content": {"Called <b>them</b>.\nTwice.\n\nWants two chairs."}}); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	var form bytes.Buffer
	m := multipart.NewWriter(&form)
	part, err := m.CreateFormFile("file", "offer.txt")
	s.ok(err)
	_, err = part.Write([]byte("<h1>not a page</h1>"))
	s.ok(err)
	s.ok(m.Close())
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/records/person/1/files", &form)
	s.ok(err)
	r.Header.Set("Content-Type", m.FormDataContentType())
	if res, body := s.do(r, nil); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	name, colleague := "Camille Roux-Weber", int64(2)
	_, err = s.people.UpdatePerson(t.Context(), route.Caller{Company: 1, User: 1, Admin: true}, 1, records.PersonPatch{Name: &name, Labels: &[]int64{2}, Owner: &colleague})
	s.ok(err)
	_, page := s.get("/persons/1")
	for _, want := range []string{"<p>Called &lt;b&gt;them&lt;/b&gt;.<br", "offer.txt", "to <q>Camille Roux-Weber</q>", "to <q>Hot lead</q>", "to <q>Jonas Lindqvist</q>"} {
		if !strings.Contains(page, want) {
			t.Errorf("the timeline does not have %q", want)
		}
	}
	if _, notes := s.get("/persons/1?show=note", "timeline"); !strings.Contains(notes, "Wants two chairs") || strings.Contains(notes, "offer.txt") {
		t.Errorf("notes only: %s", notes)
	}
	at := page[strings.Index(page, "/_dockwright/files/record/"):]
	at = at[:strings.IndexByte(at, '"')]
	res, body := s.get(at)
	if body != "<h1>not a page</h1>" || !strings.HasPrefix(res.Header.Get("Content-Disposition"), "attachment") || strings.Contains(res.Header.Get("Content-Type"), "html") {
		t.Errorf("the file came as %q, %v", body, res.Header)
	}
	for path, want := range map[string]int{
		"/records/person/999/notes": http.StatusBadRequest, "/records/person/x/notes": http.StatusNotFound, "/records/spaceship/1/notes": http.StatusNotFound,
	} {
		if res, body := s.post(path, url.Values{"content": {"a"}}); res.StatusCode != want {
			t.Errorf("%s: %d, want %d: %s", path, res.StatusCode, want, body)
		}
	}
}
