package messaging

import (
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/dockwright/dockwright/appkit"
	"github.com/dockwright/dockwright/internal/dial"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/store"
)

const (
	formLimit   = 2 << 20 // bytes of an operator's form
	avatarLimit = 1 << 20
)

func (a *App) operatorRoutes() []Route {
	const page = "app.messaging.operator-page"
	return []Route{
		{Method: http.MethodGet, Pattern: "/{$}", Access: Operator, Req: page, Handler: a.home},
		{Method: http.MethodPost, Pattern: "/credentials", Access: Operator, Req: page, Handler: a.act(a.saveCredentials)},
		{Method: http.MethodPost, Pattern: "/channels", Access: Operator, Req: page, Handler: a.act(a.createChannel)},
		{Method: http.MethodPost, Pattern: "/channels/{channel}/register", Access: Operator, Req: page, Handler: a.act(a.registerChannel)},
		{Method: http.MethodPost, Pattern: "/channels/{channel}/remove", Access: Operator, Req: page, Handler: a.act(a.removeChannel)},
		{Method: http.MethodPost, Pattern: "/parked/{company}/{job}/retry", Access: Operator, Req: "app.messaging.parked", Handler: a.act(a.retryParked)},
		{Method: http.MethodPost, Pattern: "/parked/{company}/{job}/discard", Access: Operator, Req: "app.messaging.parked", Handler: a.act(a.discardParked)},
		{Method: http.MethodGet, Pattern: "/status.json", Access: Operator, Req: page, Handler: a.status},
		{Method: http.MethodPost, Pattern: "/sign-in", Access: Public, Req: "app.messaging.operator-key", Handler: a.signIn},
		{Method: http.MethodPost, Pattern: "/sign-out", Access: Operator, Req: "app.messaging.operator-key", Handler: a.signOut},
		{Method: http.MethodGet, Pattern: "/manifest.json", Access: Public, Req: "app.messaging.manifest", Handler: a.manifest},
		{Method: http.MethodGet, Pattern: "/static/{version}/{file}", Access: Public, Req: page, Handler: a.pages.static},
		{Method: http.MethodGet, Pattern: "/healthz", Access: Public, Req: "app.messaging.health", Handler: a.healthy},
		{Method: http.MethodGet, Pattern: "/readyz", Access: Public, Req: "app.messaging.health", Handler: a.ready},
	}
}

// act runs what a form asks for and goes back to the page, or shows the page
// with what was wrong.
func (a *App) act(do func(r *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, formLimit)
		if err := do(r); err != nil {
			a.core.log.refuse(r, err)
			a.showHome(w, r, err)
			return
		}
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
}

func (a *App) saveCredentials(r *http.Request) error {
	return a.settings.setCredentials(r.Context(), appkit.Credentials{ClientID: r.PostFormValue("client_id"), Secret: r.PostFormValue("client_secret")})
}

func (a *App) createChannel(r *http.Request) error {
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		whole := dial.WatchForm(r)
		if err := r.ParseMultipartForm(formLimit); err != nil {
			return broken(err)
		}
		if !whole() {
			return broken(io.ErrUnexpectedEOF)
		}
	}
	n := newChannel{Network: r.PostFormValue("network"), Name: r.PostFormValue("name")}
	company, user, _ := strings.Cut(r.PostFormValue("installation"), "-")
	var err1, err2 error
	n.Account.Company, err1 = strconv.ParseInt(company, 10, 64)
	n.Account.User, err2 = strconv.ParseInt(user, 10, 64)
	if err1 != nil || err2 != nil || n.Account.Company <= 0 {
		return fault.New(fault.Invalid, "installation", "expected one of the installations on this page; connect the app first")
	}
	if r.MultipartForm != nil && len(r.MultipartForm.File["avatar"]) > 0 {
		head := r.MultipartForm.File["avatar"][0]
		f, err := head.Open()
		if err != nil {
			return err
		}
		defer f.Close()
		if n.Avatar, err = dial.ReadAll(f, avatarLimit); err != nil {
			return fault.New(fault.TooLarge, "avatar", "expected a picture of at most %s", megabytes(avatarLimit))
		}
		n.AvatarType = kindOf(Upload{Body: n.Avatar})
		if len(n.Avatar) > 0 && n.AvatarType != "image/png" && n.AvatarType != "image/jpeg" {
			return fault.New(fault.Invalid, "avatar", "expected a PNG or JPEG picture; %q is neither", CleanName(head.Filename))
		}
	}
	_, err := a.addChannel(r.Context(), n)
	return err
}

// withChannel runs fn in a transaction of the channel's company.
func (a *App) withChannel(r *http.Request, fn func(tx *store.Tx, ch Channel) error) error {
	ch, err := a.core.channels.find(r.Context(), r.PathValue("channel"))
	if err != nil {
		return err
	}
	return a.cfg.DB.Company(ch.Company).Update(r.Context(), func(tx *store.Tx) error {
		now, err := a.core.channels.get(tx, ch.ID)
		if err != nil {
			return err
		}
		return fn(tx, now)
	})
}

func (a *App) registerChannel(r *http.Request) error { return a.withChannel(r, a.registerAgain) }

func (a *App) removeChannel(r *http.Request) error {
	return a.withChannel(r, func(tx *store.Tx, ch Channel) error {
		if ch.State == ChannelRemoved {
			return nil
		}
		if err := addChannelJob(tx, kindRemove, ch.ID); err != nil {
			return err
		}
		return a.core.closeChannel(tx, ch, ChannelRemoved, "removed on this page")
	})
}

func (a *App) retryParked(r *http.Request) error   { return a.withParked(r, lane.Retry) }
func (a *App) discardParked(r *http.Request) error { return a.withParked(r, lane.Discard) }

// spec: app.messaging.parked
func (a *App) withParked(r *http.Request, do func(*store.Tx, int64) error) error {
	company, err1 := strconv.ParseInt(r.PathValue("company"), 10, 64)
	job, err2 := strconv.ParseInt(r.PathValue("job"), 10, 64)
	if err1 != nil || err2 != nil || company <= 0 {
		return fault.Missing("there is no such job")
	}
	return a.cfg.DB.Company(company).Update(r.Context(), func(tx *store.Tx) error { return do(tx, job) })
}

// manifest is the file to upload in the Developer Hub.
func (a *App) manifest(w http.ResponseWriter, r *http.Request) {
	raw, err := appkit.ManifestFile(appkit.MessagingManifest(a.cfg.BaseURL + providerPath))
	if err != nil {
		a.core.Refused(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", `attachment; filename="manifest.json"`)
	_, _ = w.Write(raw)
}

// statusBody is /status.json.
type statusBody struct {
	Credentials   bool                 `json:"credentials"`
	Installations []statusInstallation `json:"installations"`
	Channels      []statusChannel      `json:"channels"`
	Parked        int                  `json:"parked"`
	Waiting       int                  `json:"waiting"`
}

type statusInstallation struct {
	CompanyID int64 `json:"company_id"`
	UserID    int64 `json:"user_id"`
	Connected bool  `json:"connected"`
}

type statusChannel struct {
	ProviderChannelID string `json:"provider_channel_id"`
	Name              string `json:"name"`
	Network           string `json:"network"`
	State             string `json:"state"`
	Link              string `json:"link,omitempty"`
}

func (a *App) status(w http.ResponseWriter, r *http.Request) {
	d, err := a.overview(r.Context())
	if err != nil {
		a.core.Refused(w, r, err)
		return
	}
	s := statusBody{Credentials: d.ClientID != "", Parked: len(d.Parked), Waiting: d.Waiting, Installations: []statusInstallation{}, Channels: []statusChannel{}}
	for _, i := range d.Installations {
		if i.Connected {
			s.Installations = append(s.Installations, statusInstallation{i.Company, i.User, true})
		}
	}
	for _, ch := range d.Channels {
		s.Channels = append(s.Channels, statusChannel{ch.ProviderID, ch.Name, ch.Network, string(ch.State), ch.Link})
	}
	writeJSON(w, http.StatusOK, s)
}

// healthy says that the process answers.
func (a *App) healthy(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]bool{"ok": true})
}

// ready says that the database answers too.
func (a *App) ready(w http.ResponseWriter, r *http.Request) {
	err := a.cfg.DB.View(r.Context(), func(tx *store.Tx) error {
		_, err := store.Select(tx, store.Value[string], `SELECT name FROM setting LIMIT 1`)
		return err
	})
	if err != nil {
		writeFault(w, &fault.Error{Kind: fault.Unavailable, Message: "the database does not answer", Err: err})
		return
	}
	writeJSON(w, http.StatusOK, map[string]bool{"ok": true})
}
