package web

import (
	"context"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/extension"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// Viewer is the person who looks at a page.
type Viewer struct {
	ID                       int64
	Name, Email, CompanyName string
	Admin                    bool
	// Others are the users one may switch to; empty outside the demo.
	Others []account.User
	// Companies are the further ones in which the viewer's login works.
	Companies []account.Company
	Theme     string // light, dark or auto
	Unread    int    // messages in the inbox that nobody has seen
	Dock      extension.Dock
}

// caller is on whose behalf the page is made; zero on public pages.
func caller(r *http.Request) route.Caller {
	c, _ := route.CallerFrom(r.Context())
	return c
}

func (w *Web) signedIn(r *http.Request) bool { return caller(r).Company != 0 }

// view gathers what the layout needs beside the page's own data.
func (w *Web) view(r *http.Request, p page) (view, error) {
	v := view{
		page: p, Path: r.URL.RequestURI(), Assets: w.assets.version, BaseURL: w.s.BaseURL,
		Demo: w.s.Demo, Sheets: w.sheets, RailItems: railItems, Seq: seqOf(r.Context()),
		Viewer: Viewer{Theme: themeOf(r)},
	}
	c := caller(r)
	if p.Bare || c.Company == 0 {
		return v, nil
	}
	if err := w.fillViewer(r.Context(), c, &v.Viewer); err != nil {
		return view{}, err
	}
	if wantsPart(r, "user-menu") {
		var err error
		if v.Viewer.Companies, err = w.s.Account.OtherCompanies(r.Context(), c.Company, c.User); err != nil {
			return view{}, err
		}
	}
	var err error
	if w.s.Extension != nil && wantsPart(r, "app-dock") {
		if v.Viewer.Dock, err = w.s.Extension.Dock(r.Context(), c); err != nil {
			return view{}, err
		}
	}
	if w.s.Inbox == nil || !wantsPart(r, "unread") {
		return v, nil
	}
	v.Viewer.Unread, err = w.s.Inbox.Unread(r.Context(), c)
	return v, err
}

func (w *Web) fillViewer(ctx context.Context, c route.Caller, v *Viewer) error {
	return w.s.DB.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		company, err := w.s.Account.Company(tx)
		if err != nil {
			return err
		}
		me, err := w.s.Account.User(tx, c.User)
		if err != nil {
			return err
		}
		v.ID, v.Name, v.Email, v.Admin, v.CompanyName = me.ID, me.Name, me.Email, me.Admin, company.Name
		if !w.s.Demo {
			return nil
		}
		all, err := w.s.Account.Users(tx)
		v.Others = slices.DeleteFunc(all, func(u account.User) bool { return u.ID == me.ID || !u.Active })
		return err
	})
}

// railItem is an entry of the left rail.
type railItem struct {
	Key, Label, Href, Icon string
	Sub                    bool // below the entry before it
	Gap                    bool // with some room above
}

var railItems = []railItem{
	{Key: "leads", Label: "Leads", Href: "/leads", Icon: "leads"},
	{Key: "inbox", Label: "Messaging", Href: "/leads/messaging", Icon: "inbox", Sub: true},
	{Key: "deals", Label: "Deals", Href: "/deals", Icon: "deals"},
	{Key: "persons", Label: "People", Href: "/persons", Icon: "contacts"},
	{Key: "organizations", Label: "Organizations", Href: "/organizations", Icon: "building"},
	{Key: "activities", Label: "Activities", Href: "/activities", Icon: "activities"},
	{Key: "marketplace", Label: "Marketplace", Href: "/marketplace", Icon: "marketplace", Gap: true},
	{Key: "settings", Label: "Tools and apps", Href: "/settings", Icon: "tools"},
	{Key: "developer-hub", Label: "Developer Hub", Href: "/developer-hub", Icon: "code"},
	{Key: "inspector", Label: "Inspector", Href: "/_dockwright/inspector", Icon: "inspector"},
}

// sheetURLs are the design system's stylesheets in their order, then those of
// the areas in the order of their names.
func sheetURLs(a *assets) []string {
	var urls []string
	for _, name := range sheets {
		urls = append(urls, a.url("css/"+name+".css"))
	}
	var more []string
	for name := range a.files {
		base := strings.TrimSuffix(path.Base(name), ".css")
		if strings.HasPrefix(name, "css/") && !slices.Contains(sheets, base) {
			more = append(more, a.url(name))
		}
	}
	slices.Sort(more)
	return append(urls, more...)
}
