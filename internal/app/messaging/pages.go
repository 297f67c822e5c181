package messaging

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/store"
)

//go:embed templates/*.html static/*
var pageFS embed.FS

// pages are the operator's templates and what they load.
type pages struct {
	templates *template.Template
	version   string // changes with the static files, so they can be cached for good
}

func newPages() (*pages, error) {
	p := &pages{}
	sum := sha256.New()
	files, err := fs.Glob(pageFS, "static/*")
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		raw, err := pageFS.ReadFile(name)
		if err != nil {
			return nil, err
		}
		sum.Write(raw)
	}
	p.version = hex.EncodeToString(sum.Sum(nil)[:6])
	p.templates, err = template.New("").Funcs(template.FuncMap{
		"static": func(file string) string { return "/static/" + p.version + "/" + file },
		"when":   func(t time.Time) string { return t.UTC().Format("2 Jan 2006, 15:04:05") },
		"iso":    func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	}).ParseFS(pageFS, "templates/*.html")
	return p, err
}

// static serves the files that pages load.
func (p *pages) static(w http.ResponseWriter, r *http.Request) {
	ServeStatic(w, r, pageFS, "static/"+r.PathValue("file"))
}

var staticTypes = map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}

// ServeStatic serves an embedded file whose address changes when it does.
func ServeStatic(w http.ResponseWriter, r *http.Request, files fs.FS, name string) {
	raw, err := fs.ReadFile(files, name)
	kind := staticTypes[path.Ext(name)]
	if err != nil || kind == "" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(raw))
}

// pageData is what templates get.
type pageData struct {
	Title   string
	Problem string // what was wrong with the form that was sent
	Field   string // the field it was about
	Message string
	Back    string // where the person goes on
	Demo    bool
	Home    *overview
}

func (a *App) render(w http.ResponseWriter, status int, name string, data pageData) {
	data.Demo = a.cfg.Demo
	var out bytes.Buffer
	if err := a.pages.templates.ExecuteTemplate(&out, name, data); err != nil {
		a.cfg.Log.Error("page not rendered", "page", name, "err", err)
		http.Error(w, "this page cannot be shown", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes())
}

// failPage shows an error to a person who is on no form of ours.
func (a *App) failPage(w http.ResponseWriter, r *http.Request, err error) {
	f, ok := fault.As(err)
	if !ok {
		a.cfg.Log.Error("request failed", "path", r.URL.Path, "err", err)
		f = &fault.Error{Message: "something went wrong here; try again in a moment"}
	}
	a.render(w, f.Kind.Status(), "message", pageData{Title: "That did not work", Message: sentence(f.Message), Back: "/"})
}

// sentence begins with a capital and ends with a full stop.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	s = strings.ToUpper(s[:1]) + s[1:]
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}

// overview is what the operator's page shows.
type overview struct {
	ClientID      string
	Fixed         bool // the credentials come from the configuration
	HostURL       string
	CallbackURL   string
	Installations []Installation
	Connected     []Installation
	Channels      []channelRow
	Networks      []NetworkInfo
	Parked        []parkedRow
	Waiting       int
	Oldest        time.Time
	Log           []logLine
}

type channelRow struct {
	Channel
	Handout
	Title   string // of the network
	Company string // name
}

type parkedRow struct {
	lane.Parked
	Title string
	About string
}

var jobTitles = map[string]string{kindReport: "Message to the CRM", kindRegister: "Registering a channel", kindRemove: "Removing a channel"}

func (a *App) home(w http.ResponseWriter, r *http.Request) { a.showHome(w, r, nil) }

// showHome renders the page, with what was wrong with a form if problem is not
// nil.
func (a *App) showHome(w http.ResponseWriter, r *http.Request, problem error) {
	o, err := a.overview(r.Context())
	if err != nil {
		a.failPage(w, r, err)
		return
	}
	data, status := pageData{Title: "Messaging", Home: o}, http.StatusOK
	if problem != nil {
		f, ok := fault.As(problem)
		if !ok {
			a.failPage(w, r, problem)
			return
		}
		status, data.Problem, data.Field = f.Kind.Status(), sentence(f.Message), f.Field
	}
	a.render(w, status, "home", data)
}

func (a *App) overview(ctx context.Context) (*overview, error) {
	c, err := a.settings.credentials(ctx)
	if err != nil {
		return nil, err
	}
	o := &overview{ClientID: c.ClientID, Fixed: a.cfg.ClientID != "", HostURL: a.cfg.HostURL, CallbackURL: a.cfg.BaseURL + callbackPath}
	for _, n := range a.networks {
		o.Networks = append(o.Networks, n.Info())
	}
	if o.Installations, err = a.vault.list(ctx); err != nil {
		return nil, err
	}
	names := map[int64]string{}
	for _, i := range o.Installations {
		names[i.Company] = i.CompanyName
		if i.Connected {
			o.Connected = append(o.Connected, i)
		}
	}
	chs, err := a.core.channels.list(ctx)
	if err != nil {
		return nil, err
	}
	for _, ch := range chs {
		row := channelRow{Channel: ch, Company: names[ch.Company], Title: ch.Network}
		if n := a.core.networks[ch.Network]; n != nil {
			row.Title = n.Info().Title
			if v, ok := n.(Visible); ok {
				row.Handout = v.Handout(ch)
			}
		}
		o.Channels = append(o.Channels, row)
	}
	for company := range names {
		if err := a.addWork(ctx, company, o); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(o.Parked, func(x, y parkedRow) int { return cmp.Compare(x.ID, y.ID) })
	o.Log, err = a.core.log.recent(ctx)
	return o, err
}

// addWork adds what waits and what was set aside in a company's lanes.
func (a *App) addWork(ctx context.Context, company int64, o *overview) error {
	return a.cfg.DB.Company(company).View(ctx, func(tx *store.Tx) error {
		parked, err := lane.ListParked(tx)
		if err != nil {
			return err
		}
		for _, p := range parked {
			row := parkedRow{Parked: p, Title: cmp.Or(jobTitles[p.Kind], p.Kind)}
			var payload report
			if json.Unmarshal(p.Payload, &payload) == nil && payload.Conversation != "" {
				row.About = fmt.Sprintf("message %d of conversation %s", payload.Seq, payload.Conversation)
			}
			o.Parked = append(o.Parked, row)
		}
		waiting, oldest, err := lane.Waiting(tx)
		o.Waiting += waiting
		if !oldest.IsZero() && (o.Oldest.IsZero() || oldest.Before(o.Oldest)) {
			o.Oldest = oldest
		}
		return err
	})
}
