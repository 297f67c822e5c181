package web

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/extension"
)

// appsHere is what apps add to a record's page or to a list.
type appsHere struct {
	View   devhub.View
	Record int64 // 0 in lists
	Panels []placedPanel
	Modals []extension.Offer
}

// placedPanel is a panel with its place in the sidebar. Panels are written in an
// order that never changes and put into their places by the browser, so that no
// iframe is ever moved, which would load it again.
type placedPanel struct {
	extension.Panel
	Place int
}

// Key names the panel's element. A panel that may be used is another element than
// the message that stands in its place, so that a merge takes away the one and
// makes the other.
func (p placedPanel) Key() string {
	if p.Usable() {
		return "panel-" + p.UUID
	}
	return "panel-locked-" + p.UUID
}

// appsOn is what apps add to the page of a record: deal, person or organization.
func (w *Web) appsOn(r *http.Request, kind string, record int64) (appsHere, error) {
	view, _ := devhub.DetailsView(kind)
	a, err := w.appsAt(r, view)
	if err != nil || w.s.Extension == nil {
		return a, err
	}
	a.Record = record
	panels, err := w.s.Extension.Panels(r.Context(), caller(r), view)
	for i, p := range panels {
		a.Panels = append(a.Panels, placedPanel{p, i})
	}
	slices.SortFunc(a.Panels, func(x, y placedPanel) int { return cmp.Compare(x.UUID, y.UUID) })
	return a, err
}

// appsIn is what apps add to a list of deals, people, organizations or activities.
func (w *Web) appsIn(r *http.Request, kind string) (appsHere, error) {
	view, _ := devhub.ListView(kind)
	return w.appsAt(r, view)
}

func (w *Web) appsAt(r *http.Request, view devhub.View) (appsHere, error) {
	a := appsHere{View: view}
	if w.s.Extension == nil {
		return a, nil
	}
	var err error
	a.Modals, err = w.s.Extension.Modals(r.Context(), caller(r), view)
	return a, err
}
