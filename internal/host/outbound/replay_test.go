package outbound

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/journal"
)

// street is a host that journals what it hears, an app, and a replayer between.
type street struct {
	journal   *journal.Journal
	door      *Door
	replayer  *Replayer
	host, app *httptest.Server
	heard     chan *http.Request // by host and app
}

func newStreet(t *testing.T) *street {
	t.Helper()
	s := &street{heard: make(chan *http.Request, 10)}
	s.door, s.journal = open(t)
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		s.heard <- r
		journal.Attribute(r.Context(), 1, "app-1", "messaging.receive")
		journal.AttributeUser(r.Context(), 5)
		w.WriteHeader(http.StatusCreated)
	})
	s.host = httptest.NewServer(s.journal.Inbound(answer))
	s.app = httptest.NewServer(answer)
	t.Cleanup(s.host.Close)
	t.Cleanup(s.app.Close)
	s.replayer = NewReplayer(ReplayOptions{
		Door: s.door, Journal: s.journal, BaseURL: s.host.URL,
		Secret: func(_ context.Context, clientID string) (string, error) { return "secret of " + clientID, nil },
		Token: func(_ context.Context, company, user int64, clientID string) (string, error) {
			if company != 1 || user != 5 || clientID != "app-1" {
				return "", fault.Missing("no installation of %s for %d/%d", clientID, company, user)
			}
			return "fresh", nil
		},
	})
	return s
}

var viewer = journal.Viewer{Company: 1}

// TestReplay repeats a call in each direction.
// spec: journal.replay-marked
func TestReplay(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	req, err := http.NewRequestWithContext(t.Context(), "POST", s.host.URL+"/v1/x?api_token=s3cret&a=%20b", strings.NewReader(`{"text":"hi"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer s3cret")
	req.Header.Set("Idempotency-Key", "k1")
	req.Header.Set("Cookie", "a=s3cret")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	<-s.heard
	first := last(t, s.journal)

	id, err := s.replayer.Replay(t.Context(), viewer, first.ID)
	if err != nil {
		t.Fatal(err)
	}
	again := <-s.heard
	body, _ := io.ReadAll(again.Body)
	if again.Header.Get("Authorization") != "Bearer fresh" || again.URL.RequestURI() != "/v1/x?a=%20b" || again.Header.Get("Cookie") != "" ||
		again.Header.Get("Idempotency-Key") != "k1" || again.Method != "POST" || string(body) != `{"text":"hi"}` {
		t.Errorf("the host heard %s %s %v %s", again.Method, again.URL, again.Header, body)
	}
	e, err := s.journal.Get(t.Context(), viewer, id)
	if err != nil || e.ReplayOf != first.ID || e.Direction != journal.In || e.Status != http.StatusCreated {
		t.Errorf("journal: %+v, %v", e, err)
	}

	if _, err := s.door.Do(t.Context(), Call{
		Company: 1, Credentials: Credentials{"app-1", "old"}, Method: "GET", URL: s.app.URL + "/conversations?after=2",
	}); err != nil {
		t.Fatal(err)
	}
	<-s.heard
	first = last(t, s.journal)
	if id, err = s.replayer.Replay(t.Context(), viewer, first.ID); err != nil {
		t.Fatal(err)
	}
	again = <-s.heard
	if name, secret, _ := again.BasicAuth(); name != "app-1" || secret != "secret of app-1" || again.URL.RequestURI() != "/conversations?after=2" {
		t.Errorf("the app heard %s %v", again.URL, again.Header)
	}
	if e, err = s.journal.Get(t.Context(), viewer, id); err != nil || e.ReplayOf != first.ID || e.Direction != journal.Out {
		t.Errorf("journal: %+v, %v", e, err)
	}

	s.app.Close()
	if id, err = s.replayer.Replay(t.Context(), viewer, first.ID); err != nil {
		t.Fatal(err)
	}
	if e, err = s.journal.Get(t.Context(), viewer, id); err != nil || e.ReplayOf != first.ID || e.Err == "" {
		t.Errorf("app gone: %+v, %v", e, err)
	}
}

func TestReplayRefused(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	js := http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer x"}}
	for _, c := range []struct {
		name string
		e    journal.Exchange
		want string
	}{
		{"masked", journal.Exchange{RequestHeader: js, RequestBody: []byte(`{"password":"x"}`)}, "masked before"},
		{"files", journal.Exchange{RequestHeader: http.Header{"Content-Type": {"image/png"}}, RequestBody: []byte("x")}, "files"},
		{"long", journal.Exchange{RequestHeader: js, RequestBody: []byte(strings.Repeat("x", 100_000))}, "64 kB"},
		{"not read", journal.Exchange{RequestHeader: js, RequestSize: 5}, "did not keep"},
		{"signed link", journal.Exchange{URL: s.host.URL + "/f?sig=x"}, "address held a secret"},
		{"unknown token", journal.Exchange{RequestHeader: js}, "not recognised"},
		{"a person's browser", journal.Exchange{RequestHeader: js, Path: "/oauth/authorize"}, "person's browser"}, // spec: inspector.refusals
		{"other signature", journal.Exchange{Direction: journal.Out, URL: s.app.URL, RequestHeader: js}, "signed with Bearer"},
		{"a webhook's credentials", journal.Exchange{ // spec: webhooks.basic-auth
			Direction: journal.Out, URL: s.app.URL, ClientID: "app-1", Requirement: "webhooks.delivery",
			RequestHeader: http.Header{"Content-Type": {"application/json"}, "Authorization": {"Basic x"}},
		}, "the webhook's page"},
		{"no installation", journal.Exchange{RequestHeader: js, ClientID: "gone"}, "no installation"},
	} {
		c.e.Company, c.e.Method = 1, "POST"
		if c.e.URL == "" {
			c.e.URL = s.host.URL + "/x"
		}
		if c.e.Direction == "" {
			c.e.Direction = journal.In
		}
		if c.e.Path == "" {
			c.e.Path = "/v1/x"
		}
		s.journal.Record(c.e)
		_, err := s.replayer.Replay(t.Context(), viewer, last(t, s.journal).ID)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want %q", c.name, err, c.want)
		}
	}
	_, err := s.replayer.Replay(t.Context(), journal.Viewer{Company: 2}, last(t, s.journal).ID)
	if fault.KindOf(err) != fault.NotFound {
		t.Errorf("another company's exchange: %v", err)
	}
	if len(s.heard) != 0 {
		t.Error("something was sent")
	}
}
