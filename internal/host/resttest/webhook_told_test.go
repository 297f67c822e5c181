package resttest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dockwright/dockwright/hosttest"
	"github.com/dockwright/dockwright/pipedrive/webhookapi"
)

// delivered is a delivery as a receiver gets it.
type delivered struct {
	header http.Header
	raw    string
	v2     webhookapi.Payload
	v1     webhookapi.PayloadV1
}

// listener is a receiver that answers with a status of the test's choice.
type listener struct {
	t    *testing.T
	url  string
	came chan delivered
	next chan int // statuses of the next answers; 200 when there is none
}

func listen(t *testing.T) *listener {
	t.Helper()
	l := &listener{t: t, came: make(chan delivered, 100), next: make(chan int, 100)}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost {
			return
		}
		d := delivered{header: r.Header, raw: string(body)}
		_ = json.Unmarshal(body, &d.v2)
		_ = json.Unmarshal(body, &d.v1)
		l.came <- d
		select {
		case status := <-l.next:
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
		default:
		}
	}))
	t.Cleanup(s.Close)
	l.url = s.URL + "/hooks"
	return l
}

func (l *listener) get() delivered {
	l.t.Helper()
	select {
	case d := <-l.came:
		return d
	case <-time.After(20 * time.Second):
		l.t.Fatal("nothing was delivered")
		return delivered{}
	}
}

// What an app does by REST is told to its webhook over HTTP, signed as it asked,
// and a merge is told as two changes.
// spec: webhooks.delivery
// spec: webhooks.basic-auth
// spec: records.merge-is-two-changes
func TestWebhookIsTold(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	l, old := listen(t), listen(t)
	hook := s.do(call{op: addWebhook, want: 201, body: newHook(l.url, "http_auth_user", "hook", "http_auth_password", "s3")})
	s.do(call{op: addWebhook, want: 201, body: newHook(old.url, "version", "1.0"), token: s.Admin.Token})

	person := s.do(call{op: "POST /api/v2/persons", body: map[string]any{"name": "Mari Kask", "emails": []any{map[string]any{"value": "mari@nord.test"}}}}).id("data.id")
	d := l.get()
	if user, password, _ := basicAuth(d.header); user != "hook" || password != "s3" || d.header.Get("Content-Type") != "application/json" ||
		d.header.Get("User-Agent") != "Dockwright-Webhooks" {
		t.Errorf("headers %v", d.header)
	}
	m := d.v2.Meta
	if m.Action != "create" || m.Entity != "person" || m.EntityID != text(person) || m.WebhookID != text(hook.id("data.id")) || m.Type != "application" ||
		m.ChangeSource != "api" || m.Attempt != 1 || m.Host != strings.TrimPrefix(s.URL, "http://") || !slices.Contains(m.PermittedUserIDs, text(s.Agent.ID)) {
		t.Errorf("told %s", d.raw)
	}
	var data webhookapi.Person
	if err := json.Unmarshal(d.v2.Data, &data); err != nil || data.Name != "Mari Kask" || data.Emails[0].Value != "mari@nord.test" || string(d.v2.Previous) != "null" {
		t.Errorf("told %s", d.raw)
	}
	if d := old.get(); d.v1.Event != "added.person" || d.v1.Retry != 0 {
		t.Errorf("told in version 1: %s", d.raw)
	}

	s.do(call{op: "PATCH /api/v2/persons/{id}", path: []any{person}, body: map[string]any{"name": "Mari Tamm"}})
	if d := l.get(); d.v2.Meta.Action != "change" || !strings.Contains(string(d.v2.Previous), `"name":"Mari Kask"`) || strings.Contains(string(d.v2.Previous), "emails") {
		t.Errorf("told %s", d.raw)
	}
	other := s.do(call{op: "POST /api/v2/persons", body: map[string]any{"name": "M. Tamm"}}).id("data.id")
	l.get()
	s.do(call{op: "PUT /v1/persons/{id}/merge", path: []any{other}, body: map[string]any{"merge_with_id": person}})
	gone, stays := l.get().v2.Meta, l.get().v2.Meta
	if gone.Action != "delete" || gone.EntityID != text(other) || gone.MergedToID != text(person) ||
		stays.Action != "change" || stays.EntityID != text(person) || stays.MergedFromID != text(other) {
		t.Errorf("a merge is told as %+v and %+v", gone, stays)
	}
	s.do(call{op: "DELETE /api/v2/persons/{id}", path: []any{person}})
	if d := l.get(); d.v2.Meta.Action != "delete" || string(d.v2.Data) != "null" || !strings.Contains(string(d.v2.Previous), "Mari Tamm") {
		t.Errorf("told %s", d.raw)
	}

	s.Uninstall(s.App)
	s.do(call{op: "POST /v1/persons", body: map[string]any{"name": "Nobody hears"}, want: 201, token: s.Admin.Token})
	for d := old.get(); !strings.Contains(d.raw, "Nobody hears"); d = old.get() {
	}
	if len(l.came) != 0 {
		t.Errorf("told after the uninstalling: %s", l.get().raw)
	}
}

// A redirect is a failure and is not followed; the next attempt says its number.
// spec: webhooks.success-is-2xx
// spec: webhooks.retries
func TestWebhookIsToldAgain(t *testing.T) {
	t.Parallel()
	s := newStreet(t, hosttest.Clock(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)))
	l := listen(t)
	s.do(call{op: addWebhook, want: 201, body: newHook(l.url)})
	statuses := []int{302, 500, 404}
	for _, status := range statuses {
		l.next <- status
	}
	s.do(call{op: "POST /api/v2/persons", body: map[string]any{"name": "Mari Kask"}})
	first := l.get()
	for i, pause := range []time.Duration{3 * time.Second, 30 * time.Second, 150 * time.Second} {
		s.noted(statuses[i])
		s.Advance(pause)
		if d := l.get(); d.v2.Meta.Attempt != i+2 || d.v2.Meta.ID != first.v2.Meta.ID {
			t.Errorf("attempt %d: %s", i+2, d.raw)
		}
	}
	if len(l.came) != 0 {
		t.Errorf("told more than four times: %s", l.get().raw)
	}
}

// noted waits until the host has stored that the last attempt was answered so.
func (s *street) noted(status int) {
	s.t.Helper()
	for range 1000 {
		if s.do(call{op: listWebhooks}).at("data.0.last_http_status") == float64(status) {
			return
		}
	}
	s.t.Fatalf("the host never says that the last answer was %d", status)
}

func text(n int64) string { return strconv.FormatInt(n, 10) }

func basicAuth(h http.Header) (user, password string, ok bool) {
	return (&http.Request{Header: h}).BasicAuth()
}
