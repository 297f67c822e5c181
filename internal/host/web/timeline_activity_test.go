package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dockwright/dockwright/internal/host/records"
)

// What is planned stands on top of a record's timeline, also for who takes part
// beside others; what is done stands among the entries.
// spec: records.timeline-activities
func TestTimelineActivities(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get("/persons/1")
	later, sooner, done := s.plan("Later", "2031-05-06", "", false), s.plan("Sooner", "2031-05-05", "09:00", false), s.plan("Was done", "2026-01-01", "", true)
	main := []records.Participant{{Person: 2, Primary: true}, {Person: 1}}
	deal := int64(1)
	for _, a := range []records.Activity{later, sooner, done} {
		_, err := s.people.UpdateActivity(t.Context(), boss, a.ID, records.ActivityPatch{Participants: &main, Deal: &deal})
		s.ok(err)
	}
	for _, at := range []string{"/persons/1", "/persons/2", "/deals/1"} {
		_, planned := s.get(at, "planned")
		_, entries := s.get(at, "timeline")
		if i := strings.Index(planned, ">Sooner<"); i < 0 || strings.Index(planned, ">Later<") < i || strings.Contains(planned, "Was done") {
			t.Errorf("%s: planned is %s", at, planned)
		}
		if !strings.Contains(entries, ">Was done<") || strings.Contains(entries, ">Later<") {
			t.Errorf("%s: the entries are %s", at, entries)
		}
	}
	if _, page := s.get("/deals/1"); !strings.Contains(page, `/activities/new?back=%2Fdeals%2F1&amp;deal_id=1`) {
		t.Error("the composer does not lead to the form")
	}
	if _, planned := s.get("/deals/1?show=note", "planned"); strings.Contains(planned, "Sooner") {
		t.Error("notes only shows what is planned")
	}
}

// A call that was logged stands in the timeline in place of its activity, and its
// recording can be listened to from anywhere in it.
// spec: records.timeline-calls
func TestTimelineCalls(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get("/persons/1")
	begun := time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)
	call, err := s.people.CreateCall(t.Context(), boss, records.Call{
		Subject: "About the bar stools", Outcome: "left_voicemail", From: "+372 6001000", To: "+33 1 2345", Duration: "95", Note: "<p>Rings <b>again</b>.</p>",
		StartedAt: begun, EndedAt: begun.Add(2 * time.Minute), Person: 1,
	})
	s.ok(err)
	sound, err := s.people.Receive(t.Context(), boss, "call.mp3", strings.NewReader("ID3 and what was said"))
	s.ok(err)
	s.ok(s.people.AddRecording(t.Context(), boss, call.ID, "audio/mpeg", sound))
	for _, show := range []string{"", "?show=call"} {
		_, body := s.get("/persons/1"+show, "timeline")
		if n := strings.Count(body, "About the bar stools"); n != 2 { // the heading, and the name of the player
			t.Errorf("%q: the call stands there %d times: %s", show, n, body)
		}
		for _, want := range []string{"1 min 35 s", "left voicemail", `data-phone="&#43;33 1 2345"`, "<b>again</b>", "<audio", "/_dockwright/files/recording/" + call.ID} {
			if !strings.Contains(body, want) {
				t.Errorf("%q: the call lacks %q", show, want)
			}
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/_dockwright/files/recording/"+call.ID, nil)
	s.ok(err)
	r.Header.Set("Range", "bytes=4-6")
	res, body := s.do(r, nil)
	if res.StatusCode != http.StatusPartialContent || body != "and" || res.Header.Get("Content-Type") != "audio/mpeg" {
		t.Errorf("the recording: %d %q %v", res.StatusCode, body, res.Header)
	}
	if res, _ := s.get("/_dockwright/files/recording/none"); res.StatusCode != http.StatusNotFound {
		t.Errorf("no such recording: %d", res.StatusCode)
	}
}
