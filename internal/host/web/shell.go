package web

import (
	"net/http"
	"strings"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
)

func (w *Web) shellRoutes() []route.Route {
	return []route.Route{
		{Method: http.MethodGet, Pattern: "/{$}", Access: route.Login, Req: "web.first-page", Handler: w.handle(w.first)},
		{Method: http.MethodGet, Pattern: staticRoot + "{version}/{path...}", Access: route.Public, Req: "web.static", Handler: w.handle(w.static)},
		{Method: http.MethodGet, Pattern: "/_dockwright/shell", Access: route.Login, Req: "web.live", Handler: w.handle(w.shell)},
		{Method: http.MethodPost, Pattern: "/_dockwright/theme", Access: route.Login, Req: "web.theme", Handler: w.handle(w.setTheme)},
	}
}

// first is where people begin: what came in.
// spec: web.first-page
func (w *Web) first(rw http.ResponseWriter, r *http.Request) error {
	w.redirect(rw, r, "/leads")
	return nil
}

// shell is a page with nothing in it. The rail's live parts are fetched from
// it, which costs less than the page a person happens to look at.
func (w *Web) shell(rw http.ResponseWriter, r *http.Request) error {
	w.render(rw, r, http.StatusOK, page{Title: "Dockwright", Template: "home/shell"})
	return nil
}

const themeCookie = "dockwright_theme"

type theme struct{ Key, Label, Icon string }

var themes = []theme{{"light", "Light", "sun"}, {"dark", "Dark", "moon"}, {"auto", "Auto", "contrast"}}

// themeOf is the viewer's choice; without one the machine's setting decides.
// spec: web.theme
func themeOf(r *http.Request) string {
	if c, err := r.Cookie(themeCookie); err == nil {
		for _, t := range themes {
			if t.Key == c.Value {
				return t.Key
			}
		}
	}
	return "auto"
}

func (w *Web) setTheme(rw http.ResponseWriter, r *http.Request) error {
	chosen := r.PostFormValue("theme")
	for _, t := range themes {
		if t.Key != chosen {
			continue
		}
		http.SetCookie(rw, &http.Cookie{
			Name: themeCookie, Value: chosen, Path: "/", MaxAge: 365 * 24 * 3600,
			SameSite: http.SameSiteLaxMode, HttpOnly: true, Secure: strings.HasPrefix(w.s.BaseURL, "https:"),
		})
		w.redirect(rw, r, localPath(r.PostFormValue("back")))
		return nil
	}
	return fault.New(fault.Invalid, "theme", "expected light, dark or auto, got %q", chosen)
}

// localPath is path if it leads to a page of this host, else the first page.
func localPath(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n") {
		return "/"
	}
	return path
}
