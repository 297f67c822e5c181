package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/devhub"
)

// marketplaceData is what the list of apps shows.
type marketplaceData struct {
	Filter           marketFilter
	InUse, Available []listing
	Total            int // before filtering
	Shows            []marketLink
	Categories       []marketLink
	Features         []marketLink
}

// marketFilter is what the viewer looks for.
type marketFilter struct {
	Words    string
	Category string // "" all
	Feature  string // "" all, "any", or a key of features
	Show     string // "" all, "installed" or "available"
}

// marketLink is one choice of a filter.
type marketLink struct {
	Label  string
	URL    string
	Count  int // apps that the other filters leave
	Active bool
}

// feature is an interactive feature that apps can be filtered by.
type feature struct{ Key, Label, Icon string }

// anyFeature is the filter for apps that show something inside the CRM.
const anyFeature = "any"

// features are the types of extensions, and the two that manifests bring.
func features() []feature {
	var out []feature
	for _, k := range devhub.Kinds() {
		out = append(out, feature{string(k.Kind), k.Label, k.Icon})
	}
	return append(out, feature{"messaging", "Messaging inbox", "inbox"}, feature{"video_calls", "Video calls", "play"})
}

// Features are the keys of the interactive features that the app has.
// spec: marketplace.interactive
func (l listing) Features() []string {
	var out []string
	for _, e := range l.Extensions {
		if !slices.Contains(out, string(e.Kind)) {
			out = append(out, string(e.Kind))
		}
	}
	if l.App.Manifest != nil {
		out = append(out, "messaging")
	}
	if l.App.VideoManifest != nil {
		out = append(out, "video_calls")
	}
	return out
}

// Interactive reports whether the app shows anything inside the CRM.
func (l listing) Interactive() bool { return len(l.Features()) > 0 }

func (f marketFilter) url(change func(*marketFilter)) string {
	change(&f)
	q := url.Values{}
	for key, v := range map[string]string{"q": f.Words, "category": f.Category, "feature": f.Feature, "show": f.Show} {
		if v != "" {
			q.Set(key, v)
		}
	}
	if len(q) == 0 {
		return "/marketplace"
	}
	return "/marketplace?" + q.Encode()
}

// Any reports whether anything is filtered away.
func (f marketFilter) Any() bool { return f != marketFilter{} }

// matches reports whether an app is looked for.
// spec: marketplace.categories
func (f marketFilter) matches(l listing) bool {
	switch {
	case f.Category != "" && l.App.Category != f.Category,
		f.Feature == anyFeature && !l.Interactive(),
		f.Feature != "" && f.Feature != anyFeature && !slices.Contains(l.Features(), f.Feature),
		f.Show == "installed" && !l.InUse(),
		f.Show == "available" && l.InUse():
		return false
	}
	return f.Words == "" || l.says(f.Words)
}

// says reports whether the app's words have all of those looked for.
func (l listing) says(words string) bool {
	text := strings.ToLower(strings.Join([]string{l.App.Name, l.App.Summary, l.App.Description, l.Publisher, l.App.Category}, "\n"))
	for word := range strings.FieldsSeq(strings.ToLower(words)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

func (w *Web) marketplace(rw http.ResponseWriter, r *http.Request) error {
	all, err := w.allListings(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	d := marketplaceData{Filter: marketFilter{Words: strings.TrimSpace(q.Get("q")), Category: q.Get("category"), Feature: q.Get("feature"), Show: q.Get("show")}, Total: len(all)}
	for _, l := range all {
		switch {
		case !d.Filter.matches(l):
		case l.InUse():
			d.InUse = append(d.InUse, l)
		default:
			d.Available = append(d.Available, l)
		}
	}
	d.links(all)
	w.render(rw, r, http.StatusOK, page{Title: "Marketplace", Nav: "marketplace", Template: "marketplace/list", Data: d})
	return nil
}

// allListings are the apps that the viewer's company can see, and those that are
// installed though not listed, because they came by an install link.
func (w *Web) allListings(r *http.Request) ([]listing, error) {
	apps, err := w.s.DevHub.Listed(r.Context(), caller(r).Company)
	if err != nil {
		return nil, err
	}
	installed, err := w.installations(r)
	if err != nil {
		return nil, err
	}
	there := map[string]bool{}
	for _, a := range apps {
		there[a.ClientID] = true
	}
	var missing []string
	for _, i := range installed {
		if !there[i.ClientID] {
			there[i.ClientID] = true
			missing = append(missing, i.ClientID)
		}
	}
	more, err := w.s.DevHub.ByClientIDs(r.Context(), missing)
	if err != nil {
		return nil, err
	}
	all, err := w.listings(r, slices.Concat(apps, more), installed)
	for i := range all {
		all[i].Reauthorize = all[i].Mine != nil && behind(*all[i].Mine, all[i].App)
	}
	return all, err
}

// behind reports whether an app asks for more than was granted. The app's own
// page looks closer.
func behind(i authz.Installation, a devhub.App) bool {
	return !i.Confirmed || slices.ContainsFunc(a.Scopes, func(sc string) bool { return !i.Allows(sc) })
}

// links are the filters with what each would leave.
func (d *marketplaceData) links(all []listing) {
	link := func(label string, active bool, change func(*marketFilter)) marketLink {
		f := d.Filter
		change(&f)
		n := 0
		for _, l := range all {
			if f.matches(l) {
				n++
			}
		}
		return marketLink{Label: label, URL: d.Filter.url(change), Count: n, Active: active}
	}
	for _, s := range []struct{ key, label string }{{"", "All apps"}, {"installed", "Installed"}, {"available", "Not installed"}} {
		d.Shows = append(d.Shows, link(s.label, d.Filter.Show == s.key, func(f *marketFilter) { f.Show = s.key }))
	}
	d.Categories = append(d.Categories, link("All categories", d.Filter.Category == "", func(f *marketFilter) { f.Category = "" }))
	for _, c := range devhub.Categories() {
		l := link(c, d.Filter.Category == c, func(f *marketFilter) { f.Category = c })
		if l.Count > 0 || l.Active {
			d.Categories = append(d.Categories, l)
		}
	}
	d.Features = append(d.Features,
		link("All apps", d.Filter.Feature == "", func(f *marketFilter) { f.Feature = "" }),
		link("Interactive features", d.Filter.Feature == anyFeature, func(f *marketFilter) { f.Feature = anyFeature }))
	for _, ft := range features() {
		l := link(ft.Label, d.Filter.Feature == ft.Key, func(f *marketFilter) { f.Feature = ft.Key })
		if l.Count > 0 || l.Active {
			d.Features = append(d.Features, l)
		}
	}
}
