package web

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
)

func (w *Web) searchRoutes() []route.Route {
	return []route.Route{
		{Method: http.MethodGet, Pattern: "/search", Access: route.Login, Req: "records.search", Handler: w.handle(w.search)},
		{Method: http.MethodGet, Pattern: "/records/pick", Access: route.Login, Req: "records.search", Handler: w.handle(w.pick)},
	}
}

type searchPage struct {
	Term   string
	Groups []searchGroup
}

type searchGroup struct {
	Label, Icon string
	Hits        []records.Hit
}

var searchKinds = []struct{ kind, label, icon string }{
	{records.KindPerson, "People", "person"},
	{records.KindOrganization, "Organizations", "building"},
	{records.KindDeal, "Deals", "deals"},
	{records.KindLead, "Leads", "leads"},
}

// search finds records of all kinds.
// spec: records.search
func (w *Web) search(rw http.ResponseWriter, r *http.Request) error {
	d := searchPage{Term: strings.TrimSpace(r.FormValue("term"))}
	hits, err := w.s.Records.Search(r.Context(), caller(r), d.Term, 25)
	if err != nil {
		return err
	}
	for _, k := range searchKinds {
		g := searchGroup{Label: k.label, Icon: k.icon}
		for _, h := range hits {
			if h.Kind == k.kind {
				g.Hits = append(g.Hits, h)
			}
		}
		if len(g.Hits) > 0 {
			d.Groups = append(d.Groups, g)
		}
	}
	w.render(rw, r, http.StatusOK, page{Title: "Search", Nav: "search", Template: "records/search", Data: d})
	return nil
}

// recordURL is the page of a record.
func recordURL(kind string, id any) string {
	base := map[string]string{
		records.KindPerson: "/persons/", records.KindOrganization: "/organizations/",
		records.KindDeal: "/deals/", records.KindLead: "/leads/inbox/",
	}[kind]
	return base + toString(id)
}

// pick answers an input that finds records while one types, as JSON.
func (w *Web) pick(rw http.ResponseWriter, r *http.Request) error {
	hits, err := w.s.Records.Search(r.Context(), caller(r), r.FormValue("term"), 8, r.FormValue("kind"))
	if err != nil {
		return err
	}
	type found struct {
		ID     string `json:"id"`
		Title  string `json:"title"`
		Detail string `json:"detail"`
	}
	list := []found{}
	for _, h := range hits {
		list = append(list, found{h.ID, h.Title, h.Detail})
	}
	rw.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(rw).Encode(list)
}
