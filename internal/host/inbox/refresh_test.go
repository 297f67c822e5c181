package inbox

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
)

// open is a browser's request for an attachment.
func (g *rig) open(v route.Caller, path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", path, nil)
	w := httptest.NewRecorder()
	g.mux.ServeHTTP(w, r.WithContext(route.WithCaller(r.Context(), v)))
	return w
}

func TestAttachmentRefresh(t *testing.T) {
	each(t, func(t *testing.T, g *rig) {
		_, c := g.knowing()
		base := g.app.srv.URL + "/cdn/"
		var dead atomic.Bool
		g.app.do("HEAD /cdn/old", func(w http.ResponseWriter, _ *http.Request) {
			if dead.Load() {
				w.WriteHeader(http.StatusForbidden)
			}
		})
		g.app.on("HEAD /cdn/new", 200, "")
		file := func(name string) string {
			return `[{"id":"att-9","type":"image/jpeg","name":"p.jpg","size":20480,"url":"` + base + name + `","preview_url":"` + base + name + `-s","link_expires":true}]`
		}
		body := strings.Replace(messageJSON("m1", "wa-1", "", "sent", "2026-03-04 09:20"), "[]", file("old"), 1)
		g.want(200, owner, "POST", receivePath, body)
		if got := g.only().Preview; got != "p.jpg" {
			t.Errorf("preview is %q", got)
		}
		a := g.messages(c.ID)[1].Attachments[0]
		if !a.Image || a.URL != fmt.Sprint("/_dockwright/attachments/", a.ID) || a.PreviewURL != a.URL+"?preview=1" {
			t.Fatalf("attachment is %+v", a)
		}
		see := func(path, want string) {
			t.Helper()
			if w := g.open(colleague, path); w.Code != 302 || w.Header().Get("Location") != want {
				t.Errorf("%s answered %d %s, want %s", path, w.Code, w.Header().Get("Location"), want)
			}
		}
		see(a.URL, base+"old")
		see(a.PreviewURL, base+"old-s") // looked a moment ago: no second HEAD
		dead.Store(true)
		g.clock.Advance(time.Hour)
		// The app that cannot help is named; nothing changes.
		if w := g.open(colleague, a.URL); w.Code != 503 || !strings.Contains(w.Body.String(), "did not give the file") {
			t.Errorf("answered %d %s", w.Code, w.Body)
		}
		g.app.on("GET /pd/chan-88/threads/thr-7001/items/m1", 200, // bare, as the documents have it
			strings.Replace(strings.Replace(messageJSON("m1", "wa-1", "", "sent", "2026-03-04 09:20"), "[]", file("new"), 1), `"channel_id":"chan-88","conversation_id":"thr-7001",`, "", 1))
		see(a.URL, base+"new") // spec: messaging.attachments.refresh
		if again := g.messages(c.ID)[1].Attachments; len(again) != 1 || again[0].ID != a.ID {
			t.Errorf("attachments are %+v", again)
		}
		var asked []string
		for _, l := range g.app.lines() {
			if strings.Contains(l, "cdn") || strings.Contains(l, "items") {
				asked = append(asked, l)
			}
		}
		want := []string{"HEAD /cdn/old", "HEAD /cdn/old", "GET /pd/chan-88/threads/thr-7001/items/m1", "HEAD /cdn/old", "GET /pd/chan-88/threads/thr-7001/items/m1"}
		if !slices.Equal(asked, want) {
			t.Errorf("the app was asked %q", asked)
		}
		g.installs.set(client, owner.User, false)
		if w := g.open(colleague, a.URL); w.Code != 404 {
			t.Errorf("who may not see the conversation got %d", w.Code)
		}
	})
}

func TestAvatarsDaily(t *testing.T) {
	each(t, func(t *testing.T, g *rig) {
		avatar := g.app.srv.URL + "/cdn/mari"
		thread := strings.Replace(threadJSON(""), `"role":"end_user"`, `"role":"end_user","avatar_url":"`+avatar+`","avatar_expires":true`, 1)
		g.app.on("GET /pd/chan-88/threads", 200, `{"success":true,"data":[`+thread+`]}`)
		g.app.on("HEAD /cdn/mari", 404, "")
		g.app.on("GET /pd/chan-88/people/wa-1", 200, `{"success":true,"data":{"id":"wa-1","name":"Mari","avatar_url":"`+avatar+`2"}}`)
		g.app.on("HEAD /cdn/mari2", 200, "")
		g.want(200, owner, "POST", "/v1/channels", aChannel)
		g.synced(SyncReady)
		look := func() string {
			t.Helper()
			c, err := g.s.Conversation(t.Context(), owner, g.only().ID)
			if err != nil {
				t.Fatal(err)
			}
			return c.Customer.AvatarURL
		}
		look()
		g.until("a fresh avatar", func() bool { return look() == avatar+"2" })
		asked := len(g.app.lines())
		look()
		if n := len(g.app.lines()); n != asked { // spec: messaging.avatars.daily
			t.Errorf("%d calls on the same day", n-asked)
		}
		g.clock.Advance(25 * time.Hour)
		look()
		for c := range g.app.came {
			if c.line == "HEAD /cdn/mari2" {
				break
			}
		}
	})
}

func TestOlderMessages(t *testing.T) {
	each(t, func(t *testing.T, g *rig) {
		var broken atomic.Bool
		g.app.do("GET /pd/chan-88/threads/thr-7001", func(w http.ResponseWriter, r *http.Request) {
			if broken.Load() {
				w.WriteHeader(http.StatusBadGateway)
				return
			}
			page := map[string]string{
				"m:1": strings.Replace(threadJSON(messageJSON("o2", "wa-1", "two", "sent", "2026-03-02 09:00")+","+messageJSON("o1", "biz-1", "one", "read", "2026-03-01 09:00")), "null", `"m:2"`, 1),
				"m:2": strings.Replace(threadJSON(messageJSON("o0", "wa-1", "zero", "sent", "2026-02-01 09:00")), "null", `"m:2"`, 1), // a cursor that repeats
			}[r.URL.Query().Get("after")]
			_, _ = w.Write([]byte(`{"success":true,"data":` + page + `}`))
		})
		newest := strings.Replace(threadJSON(messageJSON("o3", "wa-1", "three", "sent", "2026-03-03 09:00")), "null", `"m:1"`, 1)
		g.app.on("GET /pd/chan-88/threads", 200, `{"success":true,"data":[`+newest+`]}`)
		g.want(200, owner, "POST", "/v1/channels", aChannel)
		g.synced(SyncReady)
		c := g.only()
		page := func(before string) (string, string) {
			t.Helper()
			all, older, err := g.s.Messages(t.Context(), owner, c.ID, before, 10)
			if err != nil {
				t.Fatal(err)
			}
			return brief(all), older
		}
		got, older := page("")
		if got != "< three (sent)" || older == "" || !c.HasOlder {
			t.Fatalf("first page %s, %q", got, older)
		}
		broken.Store(true)
		if _, _, err := g.s.Messages(t.Context(), owner, c.ID, older, 10); fault.KindOf(err) != fault.Unavailable || !strings.Contains(err.Error(), "502") {
			t.Errorf("an app that is down gave %v", err)
		}
		broken.Store(false)
		if got, older = page(older); got != "> one (read), < two (sent)" || older == "" { // spec: messaging.history.older
			t.Fatalf("second page %s, %q", got, older)
		}
		if got, older = page(older); got != "< zero (sent)" || older != "" { // spec: messaging.cursors.stop
			t.Fatalf("third page %s, %q", got, older)
		}
		if c := g.only(); c.HasOlder || c.Preview != "three" {
			t.Errorf("conversation is %+v", c)
		}
		if lines := g.app.lines(); !slices.Contains(lines, "GET /pd/chan-88/threads/thr-7001?after=m%3A1&messages_limit=30") {
			t.Errorf("the app was asked %q", lines)
		}
	})
}

// Cursors that lead in a circle of known messages end with a word about it.
func TestOlderMessagesInACircle(t *testing.T) {
	each(t, func(t *testing.T, g *rig) {
		newest := messageJSON("o3", "wa-1", "three", "sent", "2026-03-03 09:00")
		g.app.on("GET /pd/chan-88/threads", 200, `{"success":true,"data":[`+strings.Replace(threadJSON(newest), "null", `"m:1"`, 1)+`]}`)
		var asked atomic.Int64
		g.app.do("GET /pd/chan-88/threads/thr-7001", func(w http.ResponseWriter, _ *http.Request) {
			next := fmt.Sprintf("%q", fmt.Sprint("m:", 1-asked.Add(1)%2))
			_, _ = w.Write([]byte(`{"success":true,"data":` + strings.Replace(threadJSON(newest), "null", next, 1) + `}`))
		})
		g.want(200, owner, "POST", "/v1/channels", aChannel)
		g.synced(SyncReady)
		c := g.only()
		_, older, err := g.s.Messages(t.Context(), owner, c.ID, "", 10)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := g.s.Messages(t.Context(), owner, c.ID, older, 10); fault.KindOf(err) != fault.Unavailable || asked.Load() > mostAsked { // spec: messaging.cursors.stop
			t.Errorf("asked %d times: %v", asked.Load(), err)
		}
	})
}
