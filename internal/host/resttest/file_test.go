package resttest

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/hosttest"
)

// formPart is one part of a multipart body; with a file name it is a file.
type formPart struct {
	name, file, kind string
	body             []byte
}

func multipartBody(t testing.TB, parts ...formPart) (body []byte, kind string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range parts {
		h := textproto.MIMEHeader{}
		disposition := fmt.Sprintf(`form-data; name="%s"`, p.name)
		if p.file != "" {
			disposition += fmt.Sprintf(`; filename="%s"`, p.file)
		}
		h.Set("Content-Disposition", disposition)
		if p.kind != "" {
			h.Set("Content-Type", p.kind)
		}
		to, err := w.CreatePart(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := to.Write(p.body); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), w.FormDataContentType()
}

// upload posts a file.
func (s *street) upload(want int, parts ...formPart) answer {
	s.t.Helper()
	body, kind := multipartBody(s.t, parts...)
	return s.do(call{op: "POST /v1/files", body: body, kind: kind, want: want})
}

// spec: rest.files.add
// spec: rest.files.get
// spec: rest.files.list
// spec: rest.files.update
// spec: rest.files.delete
// spec: rest.files.remote-location
func TestFiles(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	// The fields stand before the file, between two, or behind: it is all the same.
	a := s.upload(200, formPart{name: "file", file: "quote.PDF", body: []byte("%PDF-1.7 chairs")}, formPart{name: "deal_id", body: []byte("")})
	id := a.id("data.id")
	a.is("data.user_id", s.Admin.ID)
	a.is("data.name", "quote.PDF")
	a.is("data.file_type", "pdf")
	a.is("data.file_size", 15)
	a.is("data.remote_location", "s3")
	a.is("data.deal_id", nil)
	a.is("data.url", fmt.Sprintf("%s/v1/files/%d/download", s.URL, id))
	if name := a.text("data.file_name"); name == "quote.PDF" || !strings.HasPrefix(name, "quote_") || !strings.HasSuffix(name, ".PDF") {
		t.Errorf("file_name is %q, want one of its own", name)
	}
	s.do(call{op: "GET /v1/files/{id}", path: []any{id}, prefix: "/api"}).is("data.id", id)
	a = s.do(call{op: "PUT /v1/files/{id}", path: []any{id}, body: url.Values{"name": {"Second quote"}, "description": {"With <b>cushions</b>"}}})
	a.is("data.name", "Second quote")
	a.is("data.description", "With <b>cushions</b>")
	s.do(call{op: "PUT /v1/files/{id}", path: []any{id}, body: url.Values{}}).is("data.name", "Second quote")

	second := s.upload(200, formPart{name: "file", file: "plan.png", body: []byte("png")}).id("data.id")
	a = s.do(call{op: "GET /v1/files", query: "limit=1&sort=id+DESC"})
	a.is("data.0.id", second)
	a.is("additional_data.pagination.next_start", 1)
	s.do(call{op: "GET /v1/files", query: "start=1&sort=id+DESC&limit=500"}).is("additional_data.pagination.limit", 100)

	s.do(call{op: "DELETE /v1/files/{id}", path: []any{second}}).is("data.id", second)
	s.do(call{op: "DELETE /v1/files/{id}", path: []any{second}, want: 404}).is("error", "File not found")
	s.do(call{op: "GET /v1/files/{id}", path: []any{second}, want: 404})
	s.do(call{op: "GET /v1/files/{id}/download", path: []any{second}, want: 404})
	if rest := s.do(call{op: "GET /v1/files"}).list("data"); len(rest) != 1 {
		t.Errorf("got %d files, want the one that was not deleted", len(rest))
	}
}

// spec: rest.files.download
// spec: rest.files.name
func TestFileDownload(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	long := bytes.Repeat([]byte("0123456789abcde\n"), 3<<16) // three parts in the database
	id := s.upload(200, formPart{name: "file", file: "../../etc/täis\u202efdp.html", kind: "text/html", body: long}).id("data.id")
	resp := s.get(fmt.Sprintf("/v1/files/%d/download", id), "")
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != 200 || sha256.Sum256(got) != sha256.Sum256(long) {
		t.Errorf("status %d, %d bytes; want the %d that were sent", resp.StatusCode, len(got), len(long))
	}
	how, params, err := mime.ParseMediaType(resp.Header.Get("Content-Disposition"))
	if err != nil || how != "attachment" || params["filename"] != "täisfdp.html" {
		t.Errorf("Content-Disposition %q (%q), %v; want an attachment without folders and marks of direction", resp.Header.Get("Content-Disposition"), params["filename"], err)
	}
	if kind := resp.Header.Get("Content-Type"); kind != "application/octet-stream" || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("Content-Type %q, nosniff %q", kind, resp.Header.Get("X-Content-Type-Options"))
	}
	covered("GET /v1/files/{id}/download", 200)

	part := s.get(fmt.Sprintf("/v1/files/%d/download", id), "bytes=1048570-1048585") // across two parts
	got, err = io.ReadAll(part.Body)
	if err != nil || part.StatusCode != 206 || !bytes.Equal(got, long[1048570:1048586]) {
		t.Errorf("a range: status %d, %q, %v", part.StatusCode, got, err)
	}
	if out := s.get(fmt.Sprintf("/v1/files/%d/download", id), "bytes=99999999-"); out.StatusCode != 416 {
		t.Errorf("a range beyond the end: status %d, want 416", out.StatusCode)
	}
	empty := s.upload(200, formPart{name: "file", file: "empty.txt", kind: "text/plain"})
	empty.is("data.file_size", 0)
	if got, err := io.ReadAll(s.get(fmt.Sprintf("/v1/files/%d/download", empty.id("data.id")), "").Body); err != nil || len(got) != 0 {
		t.Errorf("an empty file: %q, %v", got, err)
	}
}

// get fetches a path that does not answer JSON.
func (s *street) get(path, byteRange string) *http.Response {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), "GET", s.URL+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.App.AccessToken)
	if byteRange != "" {
		req.Header.Set("Range", byteRange)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

// spec: rest.files.size
// spec: rest.files.no-products
func TestFilesRefused(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	file := formPart{name: "file", file: "a.txt", body: []byte("a")}
	whole, kind := multipartBody(t, file, formPart{name: "deal_id", body: []byte("1")})
	for name, c := range map[string]struct {
		body []byte
		kind string
		want int
		text string
	}{
		"no body":            {nil, kind, 400, "file"},
		"JSON":               {[]byte(`{"file":"a"}`), "application/json", 400, "multipart/form-data"},
		"no boundary":        {whole, "multipart/form-data", 400, "multipart/form-data"},
		"cut in the file":    {whole[:len(whole)/2-40], kind, 400, "ended early"},
		"cut before the end": {whole[:len(whole)-4], kind, 400, "ended early"},
		"cut between parts":  {whole[:bytes.LastIndex(whole, []byte("Content-Disposition"))], kind, 400, "ended early"},
	} {
		a := s.do(call{op: "POST /v1/files", body: c.body, kind: c.kind, want: c.want})
		if !strings.Contains(a.text("error"), c.text) {
			t.Errorf("%s: %q, want something about %q", name, a.text("error"), c.text)
		}
	}
	for name, c := range map[string]struct {
		parts []formPart
		want  int
		text  string
	}{
		"no file":           {[]formPart{{name: "deal_id", body: []byte("1")}}, 400, "file: Expected a part named file"},
		"two files":         {[]formPart{file, file}, 400, "file: "},
		"a name of nothing": {[]formPart{{name: "file", file: "..", body: []byte("a")}}, 400, "file: Expected a file with a name"},
		"a huge name":       {[]formPart{{name: "file", file: strings.Repeat("n", 300), body: []byte("a")}}, 400, "255 characters, got 300"},
		"no such deal":      {[]formPart{file, {name: "deal_id", body: []byte("99999")}}, 400, "deal_id: "},
		"no such person":    {[]formPart{file, {name: "person_id", body: []byte("99999")}}, 400, "person_id: "},
		"no such activity":  {[]formPart{file, {name: "activity_id", body: []byte("99999")}}, 400, "activity_id: "},
		"no such product":   {[]formPart{file, {name: "product_id", body: []byte("5")}}, 400, "product_id: "},
		"not a number":      {[]formPart{file, {name: "org_id", body: []byte("nine")}}, 400, "org_id: Expected a whole number"},
		"not a UUID":        {[]formPart{file, {name: "lead_id", body: []byte("9")}}, 400, "lead_id: Expected a UUID"},
		"a huge field":      {[]formPart{file, {name: "org_id", body: bytes.Repeat([]byte("9"), 70_000)}}, 413, "org_id: "},
		"too large":         {[]formPart{{name: "file", file: "a.bin", body: make([]byte, 50<<20+1)}}, 413, "file: Expected at most 50 MB"},
	} {
		if a := s.upload(c.want, c.parts...); !strings.Contains(a.text("error"), c.text) {
			t.Errorf("%s: %q, want something about %q", name, a.text("error"), c.text)
		}
	}
	if left := s.do(call{op: "GET /v1/files"}).list("data"); len(left) != 0 {
		t.Errorf("refused uploads left %d files", len(left))
	}
	id := s.upload(200, file).id("data.id")
	for _, c := range []struct{ query, text string }{
		{"limit=-1", "limit"}, {"limit=x", "limit"}, {"start=-5", "start"}, {"sort=name", "sort"}, {"sort=id%3Bdrop+table", "sort"},
	} {
		if a := s.do(call{op: "GET /v1/files", query: c.query, want: 400}); !strings.Contains(a.text("error"), c.text) {
			t.Errorf("%s: %q", c.query, a.text("error"))
		}
	}
	for _, id := range []any{"0", "-1", "abc", "99999999999999999999", 4711} {
		s.do(call{op: "GET /v1/files/{id}", path: []any{id}, want: 404}).is("error", "File not found")
	}
	for _, body := range []url.Values{{"name": {""}}, {"name": {strings.Repeat("x", 256)}}, {"description": {strings.Repeat("x", 10_001)}}} {
		s.do(call{op: "PUT /v1/files/{id}", path: []any{id}, body: body, want: 400})
	}
	other := s.Second()
	s.do(call{op: "GET /v1/files/{id}", path: []any{id}, token: other.Admin.Token, want: 404})
	s.do(call{op: "DELETE /v1/files/{id}", path: []any{id}, token: other.Admin.Token, want: 404})
	s.do(call{op: "GET /v1/files/{id}/download", path: []any{id}, token: other.Admin.Token, want: 404})
}

// spec: rest.files.remote
func TestRemoteFilesRefused(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	good := url.Values{"file_type": {"gdoc"}, "title": {"Offer"}, "item_type": {"deal"}, "item_id": {"99999"}, "remote_location": {"googledrive"}, "remote_id": {"0B-7f"}}
	for _, op := range []string{"POST /v1/files/remote", "POST /v1/files/remoteLink"} {
		s.do(call{op: op, body: good, want: 400}).is("error", "item_id: Expected an existing record, got 99999, which does not exist.")
		for field, bad := range map[string]string{"item_type": "lead", "remote_location": "dropbox", "item_id": "x"} {
			with := url.Values{}
			for k, v := range good {
				with[k] = v
			}
			with.Set(field, bad)
			if a := s.do(call{op: op, body: with, want: 400}); !strings.HasPrefix(a.text("error"), field+": ") {
				t.Errorf("%s: %q, want something about %s", op, a.text("error"), field)
			}
			with.Del(field)
			if a := s.do(call{op: op, body: with, want: 400}); !strings.HasPrefix(a.text("error"), field+": ") {
				t.Errorf("%s without %s: %q", op, field, a.text("error"))
			}
		}
	}
}

// spec: rest.files.remote
func TestFilesOnRecords(t *testing.T) {
	t.Parallel()
	s := newStreet(t, hosttest.Records())
	a := s.upload(200, formPart{name: "file", file: "plan.png", body: []byte("png")}, formPart{name: "deal_id", body: []byte("1")}, formPart{name: "person_id", body: []byte("2")}, formPart{name: "org_id", body: []byte("3")})
	a.is("data.deal_id", 1)
	a.is("data.person_id", 2)
	a.is("data.org_id", 3)
	for _, name := range []string{"data.deal_name", "data.person_name", "data.org_name"} {
		if a.text(name) == "" {
			t.Errorf("%s is empty", name)
		}
	}
	made := s.do(call{op: "POST /v1/files/remote", body: url.Values{"file_type": {"gdoc"}, "title": {"Offer"}, "item_type": {"deal"}, "item_id": {"1"}, "remote_location": {"googledrive"}}})
	made.is("data.remote_location", "googledrive")
	made.is("data.file_type", "gdoc")
	made.is("data.deal_id", 1)
	linked := s.do(call{op: "POST /v1/files/remoteLink", body: url.Values{"remote_id": {"0B-7f"}, "item_type": {"person"}, "item_id": {"2"}, "remote_location": {"googledrive"}}})
	linked.is("data.remote_id", "0B-7f")
	linked.is("data.person_id", 2)
	s.do(call{op: "GET /v1/files/{id}/download", path: []any{linked.id("data.id")}, want: 404})
}
