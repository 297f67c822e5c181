package web

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/dockwright/dockwright/internal/host/route"
)

func (w *Web) storybookRoutes() []route.Route {
	access := route.Admin
	if w.s.Demo {
		access = route.Public
	}
	return []route.Route{
		{Method: http.MethodGet, Pattern: "/_dockwright/storybook", Access: access, Req: "web.storybook", Handler: w.handle(w.storybook)},
	}
}

// story is the sample data of the storybook: every state, and texts that are too
// long on purpose.
type story struct {
	Long, Word, Hostile string
	Colours             []string
	Sizes               []int
	Names               []string
	Networks, Statuses  []string
	Icons               []string
	Past, Yesterday     time.Time
	Bubbles             []storyBubble
	Broken              string
}

type storyBubble struct {
	Side, Status, Text, Error string
	At                        time.Time
	File, Image               bool
}

// storybook shows all components with sample data.
func (w *Web) storybook(rw http.ResponseWriter, r *http.Request) error {
	now := w.s.Clock.Now()
	s := story{
		Long:      "A text that goes on for longer than its place was made for, because customers write as they like and names are not chosen for our layouts: Johannes Maria van den Berg-Oosterhuis, Haupteinkauf Gastronomie und Hotellerie",
		Word:      "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
		Hostile:   `<script>alert(1)</script> "><img src=x onerror=alert(2)>`,
		Colours:   []string{"bg", "surface", "surface-2", "surface-3", "line", "line-strong", "text", "muted", "accent", "accent-soft", "info", "success", "warning", "danger"},
		Sizes:     []int{48, 32, 24},
		Names:     []string{"Camille Roux", "Kristjan Tamm", "Нина Орлова", "Siobhán Murphy", "Nadia", "Ø", "", "Haruka Mori"},
		Networks:  []string{"facebook", "whatsapp", "other"},
		Statuses:  []string{"sending", "sent", "delivered", "read", "failed"},
		Past:      now.Add(-42 * time.Minute),
		Yesterday: now.Add(-26 * time.Hour),
		Broken:    "/_dockwright/static/none/broken.png",
	}
	s.Icons = slices.Sorted(maps.Keys(w.icons))
	s.Bubbles = []storyBubble{
		{Side: "in", Text: "Hello! Do you deliver to Strasbourg? 🙂", At: now.Add(-44 * time.Minute)},
		{Side: "out", Status: "read", Text: "Good morning Camille, yes, every Tuesday and Friday.", At: now.Add(-41 * time.Minute)},
		{Side: "in", Text: s.Hostile, At: now.Add(-30 * time.Minute)},
		{Side: "in", File: true, Text: "Here is the plan of the terrace.", At: now.Add(-25 * time.Minute)},
		{Side: "out", Status: "delivered", Text: s.Long, At: now.Add(-20 * time.Minute)},
		{Side: "out", Status: "sent", Text: s.Word, At: now.Add(-9 * time.Minute)},
		{Side: "out", Status: "sending", Text: "I will send the offer today.", At: now.Add(-10 * time.Second)},
		{Side: "out", Status: "failed", Text: "And a picture of the chairs.", Error: "The customer last wrote more than 24 hours ago; only templates can be sent now.", At: now.Add(-5 * time.Second)},
	}
	w.render(rw, r, http.StatusOK, page{Title: "Storybook", Template: "storybook/index", Bare: true, Data: s})
	return nil
}
