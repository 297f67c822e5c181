package messaging_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"
	"unicode/utf8"

	"github.com/dockwright/dockwright/internal/app/messaging"
	"github.com/dockwright/dockwright/internal/fault"
)

// FuzzReadForm: whatever arrives, the answer is a form within its limits or a
// fault that names what was wrong.
func FuzzReadForm(f *testing.F) {
	whole, _ := form(map[string][]string{"message": {"hello"}, "recipientIds[]": {"a", "b"}}, messaging.Upload{Name: "../x.png", Body: picture})
	boundary := bytes.TrimPrefix(whole[:bytes.IndexByte(whole, '\r')], []byte("--"))
	f.Add(string(boundary), whole)
	f.Add(string(boundary), whole[:len(whole)/2])
	f.Add("x", []byte("--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"\"\r\n\r\n\r\n--x--"))
	f.Add("x", []byte("--x--"))
	f.Fuzz(func(t *testing.T, boundary string, body []byte) {
		r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
		r.Header.Set("Content-Type", `multipart/form-data; boundary="`+boundary+`"`)
		got, err := messaging.ReadForm(r, messaging.NetworkInfo{Title: "Web chat"})
		if err != nil {
			if fe, ok := fault.As(err); !ok || fe.Field == "" || fe.Message == "" {
				t.Fatalf("not a fault that names a field: %v", err)
			}
			return
		}
		if len(got.Files) > messaging.MaxFiles {
			t.Fatalf("%d files", len(got.Files))
		}
	})
}

// FuzzCleanName: a name is never a path, never empty, and always text.
func FuzzCleanName(f *testing.F) {
	for _, s := range []string{"a.png", "../..", `\\server\share\x`, "\u202e", "con.txt", "a/b\\c\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name := messaging.CleanName(s)
		if name == "" || name == "." || name == ".." || !utf8.ValidString(name) || bytes.ContainsAny([]byte(name), "/\\\x00\n\r\"<>") || utf8.RuneCountInString(name) > 120 {
			t.Fatalf("%q became %q", s, name)
		}
		if again := messaging.CleanName(name); again != name {
			t.Fatalf("%q became %q, then %q", s, name, again)
		}
	})
}
