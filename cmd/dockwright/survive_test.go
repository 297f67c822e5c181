package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/internal/browsertest"
	"github.com/dockwright/dockwright/pipedrive/surfaceapi"
)

// trialResults are what a host makes of the trials of the kitchen sink, by name.
// Each has a look at the result; that the host answers afterwards is looked at for
// all.
var trialResults = []struct {
	name, args string
	check      func(t *testing.T, result json.RawMessage)
}{
	{"garbage", "", func(t *testing.T, result json.RawMessage) {
		// What names the frame and makes no sense may be refused in words; nothing is
		// carried out.
		var got struct{ Answers []struct{ Data, Error any } }
		decode(t, result, &got)
		for _, a := range got.Answers {
			if text, ok := a.Error.(string); a.Data != nil || !ok || text == "" {
				t.Errorf("garbage was answered with %+v", a)
			}
		}
	}},
	{"wrong-id", `{"id":"rt_of_somebody_else"}`, func(t *testing.T, result json.RawMessage) {
		if !sameJSON(string(result), `{"answers":[]}`) {
			t.Errorf("another's name was answered: %s", result)
		}
	}},
	{"unknown-event", `["moonrise", "constructor"]`, func(t *testing.T, result json.RawMessage) {
		var got struct{ Pushes []struct{ Data, Error any } }
		decode(t, result, &got)
		for _, p := range got.Pushes {
			if p.Data != nil || p.Error == nil {
				t.Errorf("an event that does not exist was pushed: %+v", p)
			}
		}
	}},
	{"sizes", "", func(t *testing.T, result json.RawMessage) {
		var got struct{ Unchanged bool }
		if decode(t, result, &got); !got.Unchanged {
			t.Errorf("sizes out of range had an effect: %s", result)
		}
	}},
	{"huge", `{"megabytes":5}`, func(t *testing.T, result json.RawMessage) {
		var got struct{ Error string }
		if decode(t, result, &got); got.Error == "" {
			t.Errorf("five megabytes were answered with %s", result)
		}
	}},
	{"top", "", func(t *testing.T, result json.RawMessage) {
		var got struct{ Location, Opened string }
		if decode(t, result, &got); !strings.HasPrefix(got.Location, "SecurityError") {
			t.Errorf("the app may navigate the CRM's page: %s", result)
		}
	}},
	{"reach", "", func(t *testing.T, result json.RawMessage) {
		var got struct{ Document, Storage string }
		if decode(t, result, &got); !strings.HasPrefix(got.Document, "SecurityError") || !strings.HasPrefix(got.Storage, "SecurityError") {
			t.Errorf("the app reaches into the CRM's page: %s", result)
		}
	}},
	{"listeners", `{"listeners":500}`, func(*testing.T, json.RawMessage) {}},
	{"flood", `{"commands":1000}`, func(t *testing.T, result json.RawMessage) {
		var got struct{ Data, Errors, Silence int }
		if decode(t, result, &got); got.Data == 0 || got.Data+got.Errors != 1000 || got.Silence != 0 {
			t.Errorf("of a thousand commands: %s", result)
		}
	}},
}

func decode(t *testing.T, raw json.RawMessage, into any) {
	t.Helper()
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
}

// What careless apps do leaves the page usable, on every surface; here with the
// kit's own script.
// spec: surface.message-guard, surface.flood, surface.sandbox
func TestHostSurvivesTheKitchenSink(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil)
	s.page.Allow("Unsafe attempt to initiate navigation")
	s.page.Allow("Failed to execute 'postMessage'")
	s.page.Allow("sandbox")
	for _, surface := range []surfaceapi.Surface{surfaceapi.Panel, surfaceapi.ModalSurface, surfaceapi.FloatingWindow, surfaceapi.AppSettings} {
		// One after the other: they share the browser.
		t.Run(string(surface), func(t *testing.T) {
			s.tab = s.page.In(t)
			s.enter(t, surface)
			at := browsertest.Eval[string](s.tab, `location.href`)
			for _, trial := range trialResults {
				t.Run(trial.name, func(t *testing.T) {
					var got struct {
						Result      json.RawMessage
						HostAnswers any
					}
					s.frame.run(t, "trial-"+trial.name, trial.args).json(t, &got)
					trial.check(t, got.Result)
					if got.HostAnswers != true {
						t.Errorf("afterwards the host does not answer: %v", got.HostAnswers)
					}
				})
			}
			if now := browsertest.Eval[string](s.tab, `location.href`); now != at {
				t.Errorf("the page is at %s now", now)
			}
		})
	}
}
