package extension_test

import (
	"testing"

	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/extension"
	"github.com/dockwright/dockwright/pipedrive/surfaceapi"
	"github.com/dockwright/dockwright/spec"
)

// Every message that the contract knows falls under a requirement that stands in
// the register.
// spec: surface.inspector
func TestRequirementsOfMessages(t *testing.T) {
	t.Parallel()
	all, err := spec.Load()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, r := range all {
		known[r.ID] = true
	}
	check := func(kind, name string) {
		t.Helper()
		if id := extension.Requirement(kind, name); !known[id] {
			t.Errorf("%s %s falls under %q, which is not in the register", kind, name, id)
		}
	}
	for _, c := range surfaceapi.Commands() {
		check("command", string(c))
	}
	for _, e := range surfaceapi.Events() {
		check("listener", string(e))
		check("event", string(e))
	}
	check("track", surfaceapi.TrackFocused)
	for _, note := range []string{"not shown", "message not understood", "message for another frame", "listener without a port", "too many messages", "not resized"} {
		check("note", note)
	}
	for _, m := range [][2]string{{"command", "make_coffee"}, {"event", "resize"}, {"shout", "resize"}, {"note", "hello"}} {
		if id := extension.Requirement(m[0], m[1]); id != "" {
			t.Errorf("%v falls under %q", m, id)
		}
	}
}

func TestWhere(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind devhub.Kind
		view devhub.View
		want string
	}{
		{devhub.CustomPanel, devhub.DealDetails, "deal panel"},
		{devhub.CustomModal, devhub.OrganizationDetails, "organization modal"},
		{devhub.CustomModal, devhub.PeopleList, "people list modal"},
		{devhub.CustomModal, "", "modal"},
		{devhub.FloatingWindow, "", "floating window"},
		{devhub.FloatingWindow, devhub.DealDetails, "floating window"},
		{devhub.AppSettings, "", "settings page"},
	} {
		if got := extension.Where(devhub.Extension{Kind: c.kind}, c.view); got != c.want {
			t.Errorf("%s in %q is %q, want %q", c.kind, c.view, got, c.want)
		}
	}
}
