package web

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/dockwright/dockwright/internal/fault"
)

//go:embed all:templates
var templateFS embed.FS

// Headers between the shell in the browser and the pages.
const (
	// fragmentHeader of a request names the elements it wants, by id, separated
	// by commas; "main" is the page's body.
	fragmentHeader = "Dockwright-Fragment"
	// locationHeader of an answer without content says where to go next. The
	// shell needs it because a script cannot see where a redirect leads.
	locationHeader = "Dockwright-Location"
	// createdHeader of an answer to a form names the record that it made: "deal:12".
	createdHeader = "Dockwright-Created"
	// titleHeader of an answer is the page's title, percent-encoded.
	titleHeader = "Dockwright-Title"
	// navHeader of an answer is the entry of the rail to mark.
	navHeader = "Dockwright-Nav"
	// frameHeader of an answer is the frame the page belongs into: "shell" or
	// "bare". A script cannot swap one for the other; the browser loads the page.
	frameHeader = "Dockwright-Frame"
	// seqHeader of an answer is the number of the last event before the page was
	// made.
	seqHeader = "Dockwright-Seq"
)

// page is what a handler hands to render.
type page struct {
	Title string
	Nav   string // the rail's entry to mark: "leads", "inbox", "deals" …
	// Template is the file's name below templates, without ".html":
	// "inbox/index". The file defines "main" and a block for each fragment.
	Template string
	// Bare pages (sign-in, consent) stand alone, without rail and top bar.
	Bare bool
	Data any
}

// view is what templates see as "$".
type view struct {
	page
	Path      string
	Assets    string // version of the static files
	Seq       int64  // the last event before the page was made
	BaseURL   string
	Demo      bool
	Viewer    Viewer
	Sheets    []string // stylesheets, in order
	RailItems []railItem
}

// sheets are the stylesheets of the design system; what an area adds follows
// them in the order of names.
var sheets = []string{"tokens", "base", "components", "layout"}

// loadTemplates parses the templates once in a process, however many hosts it
// runs: what they call reads the static files only.
var loadTemplates = sync.OnceValues(func() (map[string]*template.Template, error) {
	w := &Web{}
	var err error
	if w.assets, err = loadAssets(); err != nil {
		return nil, err
	}
	if w.icons, err = loadIcons(); err != nil {
		return nil, err
	}
	return w.parseTemplates()
})

// parseTemplates makes one template set per page: the layout, the components,
// the area's files that begin with "_", and the page's own file.
func (w *Web) parseTemplates() (map[string]*template.Template, error) {
	base, err := template.New("").Funcs(w.funcs()).ParseFS(templateFS, "templates/layout/*.html", "templates/components/*.html")
	if err != nil {
		return nil, err
	}
	files, err := fs.Glob(templateFS, "templates/*/*.html")
	if err != nil {
		return nil, err
	}
	pages := map[string]*template.Template{}
	for _, file := range files {
		area, name := path.Split(strings.TrimPrefix(file, "templates/"))
		if area == "layout/" || area == "components/" || strings.HasPrefix(name, "_") {
			continue
		}
		set, err := base.Clone()
		if err != nil {
			return nil, err
		}
		if parts, _ := fs.Glob(templateFS, "templates/"+area+"_*.html"); len(parts) > 0 {
			if set, err = set.ParseFS(templateFS, parts...); err != nil {
				return nil, err
			}
		}
		if set, err = set.ParseFS(templateFS, file); err != nil {
			return nil, err
		}
		if set.Lookup("main") == nil {
			return nil, fmt.Errorf(`%s does not define "main"`, file)
		}
		pages[area+strings.TrimSuffix(name, ".html")] = set
	}
	return pages, nil
}

// render answers with the page, or with the elements the request asked for.
// Nothing is written before all of it has been made, so that a fault in a
// template is a clean error page.
func (w *Web) render(rw http.ResponseWriter, r *http.Request, status int, p page) {
	if err := w.write(rw, r, status, p); err != nil {
		w.fail(rw, r, fmt.Errorf("render %s: %w", p.Template, err))
	}
}

func (w *Web) write(rw http.ResponseWriter, r *http.Request, status int, p page) error {
	set := w.pages[p.Template]
	if set == nil {
		return fmt.Errorf("no such template")
	}
	names, err := fragments(r, set)
	if err != nil {
		return err
	}
	frame := "shell"
	if p.Bare {
		frame = "bare"
	}
	if len(names) == 0 {
		names = []string{frame}
	}
	v, err := w.view(r, p)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	for _, name := range names {
		if err := set.ExecuteTemplate(&b, name, v); err != nil {
			return err
		}
	}
	h := rw.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "private, no-store")
	h.Set("Vary", fragmentHeader+", Cookie")
	h.Set(titleHeader, encodeTitle(p.Title))
	h.Set(navHeader, p.Nav)
	h.Set(frameHeader, frame)
	h.Set(seqHeader, strconv.FormatInt(v.Seq, 10))
	rw.WriteHeader(status)
	_, _ = b.WriteTo(rw) // the reader has gone; nobody to tell
	return nil
}

// fragments are the names the request asks for, each of which must be a block
// of the page.
// spec: web.fragments
func fragments(r *http.Request, set *template.Template) ([]string, error) {
	header := r.Header.Get(fragmentHeader)
	if header == "" {
		return nil, nil
	}
	var names []string
	for name := range strings.SplitSeq(header, ",") {
		name = strings.TrimSpace(name)
		if set.Lookup(name) == nil || name == "shell" || name == "bare" {
			return nil, fault.New(fault.Invalid, fragmentHeader, "this page has no fragment %q", name)
		}
		names = append(names, name)
	}
	return names, nil
}

// isShell reports whether the request was made by shell.js and not by the
// browser itself.
func isShell(r *http.Request) bool { return r.Header.Get(fragmentHeader) != "" }

// redirect sends the browser to another page after a form was accepted (303).
// The shell is told where to go instead, so that it can go to another origin
// too.
func (w *Web) redirect(rw http.ResponseWriter, r *http.Request, to string) {
	if isShell(r) {
		rw.Header().Set(locationHeader, to)
		rw.Header().Set("Cache-Control", "no-store")
		rw.WriteHeader(http.StatusNoContent)
		return
	}
	http.Redirect(rw, r, to, http.StatusSeeOther)
}

// created sends the browser on after a form has made a record, and tells scripts
// which one.
func (w *Web) created(rw http.ResponseWriter, r *http.Request, kind string, id int64, to string) {
	rw.Header().Set(createdHeader, kind+":"+strconv.FormatInt(id, 10))
	w.redirect(rw, r, to)
}

// problem is what the shell gets when a form was refused: it shows the message
// at the field, and leaves what was typed as it is.
type problem struct {
	Status  int    `json:"status"`
	Field   string `json:"field,omitempty"`
	Message string `json:"message"`
}

// fail answers with an error: a page for a browser, a line for the shell's
// forms. Internal errors are logged in full and shown to nobody.
func (w *Web) fail(rw http.ResponseWriter, r *http.Request, err error) {
	kind := fault.KindOf(err)
	status := kind.Status()
	e := explanation{Status: status, Heading: headings[kind], Message: "It has been written to the host's log. Please try again."}
	if known, ok := fault.As(err); ok {
		e.Field, e.Message = known.Field, known.Message
		if known.After > 0 {
			rw.Header().Set("Retry-After", strconv.Itoa(max(1, int(known.After.Seconds()))))
		}
	}
	// spec: oauth.authorize.maintenance
	if kind == fault.Unavailable && r.URL.Path == "/oauth/authorize" {
		e.Message = textMaintenance
	}
	if kind == fault.Internal {
		w.log.ErrorContext(r.Context(), "page failed", "method", r.Method, "path", r.URL.Path, "err", err)
	}
	rw.Header().Set("Cache-Control", "no-store")
	if isShell(r) && r.Method != http.MethodGet && r.Method != http.MethodHead {
		rw.Header().Set("Content-Type", "application/json")
		rw.WriteHeader(status)
		_ = json.NewEncoder(rw).Encode(problem{status, e.Field, e.Message})
		return
	}
	r = r.Clone(r.Context())
	if isShell(r) {
		r.Header.Set(fragmentHeader, "main")
	}
	p := page{Title: e.Heading, Template: "error/error", Bare: !w.signedIn(r), Data: e}
	err = w.write(rw, r, status, p)
	if err != nil && !p.Bare {
		// The frame could not be filled, by the same fault perhaps.
		p.Bare = true
		err = w.write(rw, r, status, p)
	}
	if err != nil {
		w.log.ErrorContext(r.Context(), "error page failed", "path", r.URL.Path, "err", err)
		http.Error(rw, e.Message, status)
	}
}

// explanation is the data of the error page.
type explanation struct {
	Status                  int
	Heading, Field, Message string
}

var headings = map[fault.Kind]string{
	fault.Internal:     "Something went wrong here",
	fault.Invalid:      "That could not be accepted",
	fault.Unauthorized: "Please sign in",
	fault.Forbidden:    "You may not do this",
	fault.NotFound:     "There is nothing here",
	fault.Conflict:     "Somebody was faster",
	fault.TooLarge:     "That is too large",
	fault.RateLimited:  "Too many requests",
	fault.Unavailable:  "Not available just now",
	fault.NotBuilt:     "Not built yet",
}
