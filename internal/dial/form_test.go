package dial_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/dockwright/dockwright/internal/dial"
)

func TestWatchForm(t *testing.T) {
	t.Parallel()
	const body = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nnot --b-- here\r\n--b\r\nContent-Disposition: form-data; name=\"c\"\r\n\r\nd\r\n--b--\r\n"
	for end := range len(body) + 1 {
		for name, slow := range map[string]func(io.Reader) io.Reader{"at once": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader} {
			r := &http.Request{Method: http.MethodPost, Header: http.Header{"Content-Type": {"multipart/form-data; boundary=b"}}, Body: io.NopCloser(slow(strings.NewReader(body[:end])))}
			whole := dial.WatchForm(r)
			err := r.ParseMultipartForm(1 << 20)
			if got, want := err == nil && whole(), end == len(body) || end == len(body)-len("\r\n"); got != want {
				t.Errorf("%d bytes of %d, %s: whole %v, want %v (%v)", end, len(body), name, got, want, err)
			}
		}
	}
	if plain := (&http.Request{Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, Body: http.NoBody}); !dial.WatchForm(plain)() {
		t.Error("a form of another kind is not whole")
	}
}
