package web

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
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
	Kind   string // the tab; "" for all
	Tabs   []searchTab
	Groups []searchGroup
}

// searchTab shows one kind of hits.
type searchTab struct{ Kind, Label, Icon string }

type searchGroup struct {
	searchTab
	Hits []hit
	All  string // address of the tab with all of them; "" if these are all
}

// hit is what a search found, with the page it is on.
type hit struct {
	Title, Detail, URL string
	Download           bool
}

const (
	kindNote = "note" // a tab only: hits are the records with the notes

	hitsInMenu = 4   // of each kind
	hitsInAll  = 8   // of each kind
	hitsInTab  = 100 // at most
)

var searchTabs = []searchTab{
	{records.KindPerson, "People", "person"},
	{records.KindOrganization, "Organizations", "building"},
	{records.KindDeal, "Deals", "deals"},
	{records.KindLead, "Leads", "leads"},
	{kindNote, "Notes", "note"},
	{records.KindFile, "Files", "paperclip"},
}

// search finds records of all kinds, or those of a tab. The menu below the field in
// the top bar asks for a few of each.
// spec: records.search
// spec: records.search-tabs
func (w *Web) search(rw http.ResponseWriter, r *http.Request) error {
	d := searchPage{Term: strings.TrimSpace(r.FormValue("term")), Tabs: searchTabs}
	limit := hitsInAll
	if r.FormValue("few") != "" {
		limit = hitsInMenu
	}
	tabs := searchTabs
	for _, t := range searchTabs {
		if t.Kind == r.FormValue("kind") {
			d.Kind, tabs, limit = t.Kind, []searchTab{t}, hitsInTab
		}
	}
	for _, t := range tabs {
		g := searchGroup{searchTab: t}
		found, err := w.hits(r.Context(), caller(r), d.Term, t.Kind, limit+1)
		if err != nil {
			return err
		}
		if len(found) > limit {
			found, g.All = found[:limit], searchURL(d.Term, t.Kind)
		}
		if g.Hits = found; len(found) > 0 {
			d.Groups = append(d.Groups, g)
		}
	}
	w.render(rw, r, http.StatusOK, page{Title: "Search", Nav: "search", Template: "records/search", Data: d})
	return nil
}

// URL is the address of a tab.
func (d searchPage) URL(kind string) string { return searchURL(d.Term, kind) }

func searchURL(term, kind string) string {
	q := url.Values{"term": {term}}
	if kind != "" {
		q.Set("kind", kind)
	}
	return "/search?" + q.Encode()
}

// hits are what a term finds in one tab.
func (w *Web) hits(ctx context.Context, c route.Caller, term, kind string, limit int) ([]hit, error) {
	if len([]rune(term)) < 2 || len([]rune(term)) > 255 {
		return nil, nil
	}
	f := records.Find{Term: term, Limit: limit}
	switch kind {
	case kindNote:
		f.Kinds, f.Fields = []string{records.KindPerson, records.KindOrganization, records.KindDeal, records.KindLead}, []string{"notes"}
	case records.KindFile:
		f.Kinds = []string{records.KindFile}
	default:
		found, err := w.s.Records.Search(ctx, c, term, limit, kind)
		var out []hit
		for _, h := range found {
			out = append(out, hit{Title: h.Title, Detail: h.Detail, URL: recordURL(h.Kind, h.ID)})
		}
		return out, err
	}
	found, _, err := w.s.Records.FindRecords(ctx, c, f)
	var out []hit
	for _, h := range found {
		out = append(out, hitOf(h))
	}
	return out, err
}

// hitOf is a note or a file among the hits.
func hitOf(f records.Found) hit {
	if f.Kind != records.KindFile {
		h := hit{Title: f.Title, URL: recordURL(f.Kind, f.ID)}
		if len(f.Notes) > 0 {
			h.Detail = shortened(f.Notes[0], 160)
		}
		return h
	}
	for _, on := range []struct {
		kind, id, name string
	}{
		{records.KindDeal, toString(f.Deal.ID), f.Deal.Name}, {records.KindLead, f.Lead.ID, f.Lead.Name},
		{records.KindPerson, toString(f.Person.ID), f.Person.Name}, {records.KindOrganization, toString(f.Organization.ID), f.Organization.Name},
	} {
		if on.name != "" { // its timeline has the file
			return hit{Title: f.Title, Detail: on.name, URL: recordURL(on.kind, on.id) + "?show=file"}
		}
	}
	return hit{Title: f.Title, URL: "/_dockwright/files/record/" + f.ID, Download: true}
}

// shortened is the beginning of a text, so many characters at most.
func shortened(s string, most int) string {
	runes := []rune(strings.Join(strings.Fields(s), " "))
	if len(runes) <= most {
		return string(runes)
	}
	return string(runes[:most-1]) + "…"
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
