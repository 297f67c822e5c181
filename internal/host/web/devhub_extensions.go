package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/route"
)

func (w *Web) devhubExtensionRoutes() []route.Route {
	const all, one = hubApp + "/extensions", hubApp + "/extensions/{uuid}"
	return []route.Route{
		{Method: http.MethodGet, Pattern: all, Access: route.Login, Req: "devhub.extensions", Handler: w.handle(w.extensions)},
		{Method: http.MethodGet, Pattern: all + "/new", Access: route.Admin, Req: "devhub.extensions", Handler: w.handle(w.newExtension)},
		{Method: http.MethodPost, Pattern: all + "/new", Access: route.Admin, Req: "devhub.extensions", Handler: w.handle(w.saveExtension)},
		{Method: http.MethodGet, Pattern: one, Access: route.Admin, Req: "devhub.extensions", Handler: w.handle(w.extension)},
		{Method: http.MethodPost, Pattern: one, Access: route.Admin, Req: "devhub.extensions", Handler: w.handle(w.saveExtension)},
		{Method: http.MethodPost, Pattern: one + "/remove", Access: route.Admin, Req: "devhub.extensions", Handler: w.handle(w.removeExtension)},
	}
}

// extensionsPage lists an app's extensions and what could be added.
type extensionsPage struct {
	appPage
	Kinds []kindRow
}

// kindRow is a type of extension that an app may have.
type kindRow struct {
	devhub.KindInfo
	Have int
	Full bool // the app has all it may have
}

func (w *Web) extensions(rw http.ResponseWriter, r *http.Request) error {
	p, err := w.appPage(r, "extensions")
	if err != nil {
		return err
	}
	d := extensionsPage{appPage: p}
	for _, k := range devhub.Kinds() {
		row := kindRow{KindInfo: k}
		for _, e := range p.Extensions {
			if e.Kind == k.Kind {
				row.Have++
			}
		}
		row.Full = k.Once && row.Have > 0
		d.Kinds = append(d.Kinds, row)
	}
	w.render(rw, r, http.StatusOK, page{Title: p.App.Name, Nav: "developer-hub", Template: "devhub/extensions", Data: d})
	return nil
}

// extensionPage is the form of one extension.
type extensionPage struct {
	appPage
	Info      devhub.KindInfo
	Extension devhub.Extension
	IsNew     bool
	// Taken are the views that have no room for it, with the reason.
	Taken map[devhub.View]string
	// Targets are the panels and fields on which an action can stand.
	Targets []hubOption
	Target  string
	Mains   []mainAction
	Action  string // where the form goes
}

// hubOption is an option of a select.
type hubOption struct{ Value, Label string }

// mainAction is the select of a panel's main action in one view.
type mainAction struct {
	View    devhub.View
	Options []hubOption
	Chosen  string
}

func (w *Web) newExtension(rw http.ResponseWriter, r *http.Request) error {
	info, ok := devhub.Kind(r.FormValue("kind")).Info()
	if !ok {
		return fault.New(fault.Invalid, "kind", "There is no extension of the type %q.", r.FormValue("kind"))
	}
	return w.showExtension(rw, r, func(p appPage) (devhub.Extension, error) {
		e := devhub.Extension{Kind: info.Kind, Schema: info.Kind.Sample()}
		if info.MinViews > 0 {
			e.Views = []devhub.View{devhub.DealDetails}
		}
		return e, nil
	})
}

func (w *Web) extension(rw http.ResponseWriter, r *http.Request) error {
	return w.showExtension(rw, r, func(p appPage) (devhub.Extension, error) {
		id := r.PathValue("uuid")
		i := slices.IndexFunc(p.Extensions, func(e devhub.Extension) bool { return e.UUID == id })
		if i < 0 {
			return devhub.Extension{}, fault.Missing("The app has no extension %q. Somebody may have removed it.", id)
		}
		return p.Extensions[i], nil
	})
}

func (w *Web) showExtension(rw http.ResponseWriter, r *http.Request, find func(appPage) (devhub.Extension, error)) error {
	p, err := w.appPage(r, "extensions")
	if err != nil {
		return err
	}
	e, err := find(p)
	if err != nil {
		return err
	}
	d := extensionPage{appPage: p, Info: e.Info(), Extension: e, IsNew: e.UUID == "", Taken: taken(e, p.Extensions)}
	d.Action = p.Path + "/extensions/new"
	if !d.IsNew {
		d.Action = p.Path + "/extensions/" + e.UUID
	}
	if d.IsNew {
		d.Extension.Views = slices.DeleteFunc(slices.Clone(e.Views), func(v devhub.View) bool { return d.Taken[v] != "" })
	}
	if d.Info.PanelAction {
		d.Targets = targets(p.Extensions)
		if d.Target = e.Panel; e.Field != "" {
			d.Target += "/" + e.Field
		}
	}
	if e.Kind == devhub.JSONPanel && !d.IsNew {
		d.Mains = mains(e, p.Extensions)
	}
	title := "New " + inSentence(d.Info.Label)
	if !d.IsNew {
		title = e.Title()
	}
	w.render(rw, r, http.StatusOK, page{Title: title, Nav: "developer-hub", Template: "devhub/extension", Data: d})
	return nil
}

// inSentence is a label as it stands inside of a sentence: "custom panel", "JSON
// panel".
func inSentence(label string) string {
	if strings.HasPrefix(label, "JSON") {
		return label
	}
	return strings.ToLower(label[:1]) + label[1:]
}

// taken says of each view why it has no room for an extension.
func taken(e devhub.Extension, all []devhub.Extension) map[devhub.View]string {
	out := map[devhub.View]string{}
	for _, v := range e.Info().Views {
		menu := 0
		for _, o := range all {
			switch {
			case o.UUID == e.UUID || !o.In(v):
			case e.Kind.InSidebar() && o.Kind.InSidebar():
				out[v] = "has the panel " + o.Title()
			case e.Kind.InMenu() && o.Kind.InMenu():
				menu++
			}
		}
		if menu >= 3 {
			out[v] = "has three already"
		}
	}
	return out
}

// targets are the places in JSON panels where an action can stand.
func targets(all []devhub.Extension) []hubOption {
	var out []hubOption
	for _, e := range all {
		if e.Kind != devhub.JSONPanel {
			continue
		}
		many, fields := e.PanelShape()
		if many {
			out = append(out, hubOption{e.UUID, "On each object of " + e.Title()})
		}
		for _, f := range fields {
			if f != "header" && f != "id" {
				out = append(out, hubOption{e.UUID + "/" + f, "At the field " + f + " of " + e.Title()})
			}
		}
	}
	return out
}

// mains are the actions that a panel's button can run in each of its views.
func mains(panel devhub.Extension, all []devhub.Extension) []mainAction {
	var out []mainAction
	for _, v := range panel.Views {
		m := mainAction{View: v, Chosen: panel.MainActions[v]}
		for _, o := range all {
			if o.In(v) && (o.Kind == devhub.LinkAction || o.Kind == devhub.JSONModal) {
				m.Options = append(m.Options, hubOption{o.UUID, o.Title()})
			}
		}
		if len(m.Options) > 0 {
			out = append(out, m)
		}
	}
	return out
}

// saveExtension adds an extension, or changes the one that the path names.
func (w *Web) saveExtension(rw http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("client_id")
	raw, err := readExtension(rw, r)
	if err == nil {
		_, err = w.s.DevHub.SaveExtension(r.Context(), caller(r), id, r.PathValue("uuid"), raw)
	}
	if err != nil {
		if raw.Schema != "" {
			w.noteRefusal(r, id, "devhub.extensions", []byte(raw.Schema), err)
		}
		return err
	}
	w.redirect(rw, r, hubURL(id, "extensions"))
	return nil
}

func readExtension(rw http.ResponseWriter, r *http.Request) (devhub.NewExtension, error) {
	if err := readUpload(rw, r, "schema"); err != nil {
		return devhub.NewExtension{}, err
	}
	n := devhub.NewExtension{
		Kind: devhub.Kind(r.PostFormValue("kind")), Name: r.PostFormValue("name"), Description: r.PostFormValue("description"),
		URL: r.PostFormValue("url"), CallEntry: r.PostFormValue("call_entry") != "", External: r.PostFormValue("external") == "1",
		JWTSecret: r.PostFormValue("jwt_secret"), HTTPUser: r.PostFormValue("http_user"), HTTPPass: r.PostFormValue("http_password"),
		ForgetJWT: r.PostFormValue("forget_jwt") != "", ForgetAuth: r.PostFormValue("forget_auth") != "",
	}
	n.Panel, n.Field, _ = strings.Cut(r.PostFormValue("target"), "/")
	for _, v := range r.PostForm["views"] {
		n.Views = append(n.Views, devhub.View(v))
	}
	for key, values := range r.PostForm {
		if v, ok := strings.CutPrefix(key, "main_action/"); ok && values[0] != "" {
			if n.MainActions == nil {
				n.MainActions = map[devhub.View]string{}
			}
			n.MainActions[devhub.View(v)] = values[0]
		}
	}
	raw, err := fileOf(r, "schema")
	if n.Schema = string(raw); n.Schema == "" {
		n.Schema = r.PostFormValue("schema_text")
	}
	return n, err
}

func (w *Web) removeExtension(rw http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("client_id")
	if err := w.s.DevHub.RemoveExtension(r.Context(), caller(r), id, r.PathValue("uuid")); err != nil {
		return err
	}
	w.redirect(rw, r, hubURL(id, "extensions"))
	return nil
}
