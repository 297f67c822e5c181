package web_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/dockwright/dockwright/internal/live"
)

// The open line of a session that ended is closed, and those of others stay.
// spec: account.ended-sessions-hang-up
func TestEndedSessionHangsUp(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	line := func() *websocket.Conn {
		t.Helper()
		c, _, err := websocket.Dial(t.Context(), strings.Replace(s.url, "http", "ws", 1)+"/_dockwright/live?since=0", &websocket.DialOptions{HTTPClient: s.client})
		s.ok(err)
		t.Cleanup(func() { _ = c.CloseNow() })
		return c
	}
	s.get("/leads")
	mine := line()
	first := s.client.Jar
	jar, err := cookiejar.New(nil)
	s.ok(err)
	s.client.Jar = jar
	s.get("/leads") // the same user in another browser
	other := line()
	s.client.Jar = first
	if res, _ := s.post("/_dockwright/switch-user", url.Values{"user": {"2"}}); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("switching got %d", res.StatusCode)
	}
	for {
		if _, _, err := mine.Read(t.Context()); err != nil {
			if websocket.CloseStatus(err) != live.CloseOver {
				t.Errorf("the line closed with %v", err)
			}
			break
		}
	}
	s.news("inbox")
	for {
		_, text, err := other.Read(t.Context())
		if err != nil {
			t.Fatalf("the other browser's line: %v", err)
		}
		if strings.Contains(string(text), "test.news") {
			break
		}
	}
}
