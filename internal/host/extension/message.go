package extension

import (
	"context"
	"strings"

	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/surfaceapi"
)

// Frames are the extensions of which the caller may have an iframe, by UUID.
// spec: surface.inspector
func (s *Service) Frames(ctx context.Context, c route.Caller) (map[string]Offer, error) {
	out := map[string]Offer{}
	err := s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		offers, err := s.offers(tx, c.User, func(e devhub.Extension) bool { return surfaces[e.Kind] != "" })
		for _, o := range offers {
			if o.Usable() {
				out[o.UUID] = o
			}
		}
		return err
	})
	return out, err
}

// Where says in words where an iframe of e is: "deal panel", "deals list modal",
// "floating window".
func Where(e devhub.Extension, v devhub.View) string {
	words := map[devhub.Kind]string{
		devhub.FloatingWindow: "floating window", devhub.CustomPanel: "panel", devhub.CustomModal: "modal", devhub.AppSettings: "settings page",
	}[e.Kind]
	switch {
	case e.Kind != devhub.CustomPanel && e.Kind != devhub.CustomModal, v.Resource() == "":
		return words
	case v.IsDetails():
		return v.Resource() + " " + words
	}
	return strings.ToLower(v.Label()) + " " + words
}

// Requirement is the register's id for a message of the SDK, "" for one that the
// contract does not know.
func Requirement(kind, name string) string {
	switch kind {
	case "command":
		for _, c := range surfaceapi.Commands() {
			switch {
			case name == string(surfaceapi.Initialize):
				return "surface.initialize"
			case name == string(c):
				return "surface.command." + dashed(name)
			}
		}
	case "listener", "event":
		for _, e := range surfaceapi.Events() {
			if name == string(e) {
				return "surface.event." + dashed(name)
			}
		}
	case "track":
		return "surface.message-guard"
	case "note":
		return notes[name]
	}
	return ""
}

func dashed(name string) string { return strings.ReplaceAll(name, "_", "-") }

// notes are the requirements of what a page says about a frame by itself; see
// static/js/frames.js of the pages.
var notes = map[string]string{
	"not shown":                 "surface.ten-seconds",
	"message not understood":    "surface.message-guard",
	"message for another frame": "surface.message-guard",
	"listener without a port":   "surface.message-guard",
	"too many messages":         "surface.flood",
	"not resized":               "surface.command.resize",
}
