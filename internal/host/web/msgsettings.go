package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/inbox"
	"github.com/dockwright/dockwright/internal/host/route"
)

// msgsettingsRoutes are Tools and apps > Integrations > Messaging.
func (w *Web) msgsettingsRoutes() []route.Route {
	one := messagingPath + "/channel/{id}"
	return []route.Route{
		{Method: http.MethodGet, Pattern: messagingPath, Access: route.Login, Req: "messaging.settings", Handler: w.handle(w.messagingApps)},
		{Method: http.MethodGet, Pattern: one, Access: route.Login, Req: "messaging.settings.channel", Handler: w.handle(w.messagingChannel)},
		{Method: http.MethodPost, Pattern: one + "/remove", Access: route.Login, Req: "messaging.settings.remove", Handler: w.handle(w.removeChannel)},
		{Method: http.MethodPost, Pattern: one + "/retry", Access: route.Login, Req: "messaging.settings.retry", Handler: w.handle(w.retryChannel)},
	}
}

// messagingPage is the data of the list of apps.
type messagingPage struct {
	Apps []messagingApp
}

// messagingApp is an app with the channels that the viewer may use.
type messagingApp struct {
	Name, IconURL, ClientID string
	Summary                 string
	URL                     string // its page in the Marketplace
	Channels                []settingsChannel
}

// settingsChannel is a channel as the settings show it.
type settingsChannel struct {
	ID          int64
	URL         string
	Name        string
	AvatarURL   string
	Provider    string // facebook, whatsapp or other
	Network     string // for people
	Owner       string
	Mine        bool
	Shared      bool
	Connected   bool
	State       syncView
	Error       string // names the key that was wrong
	ProviderID  string
	CanTemplate bool
	MayRetry    bool
	Inspector   string // the app's exchanges, "" for who may not see them
	Inbox       string
	App         string
	Created     time.Time
}

// syncView is a state in words, with the badge's colour.
type syncView struct {
	Label, Tone, Text string
}

func syncOf(ch inbox.Channel) syncView {
	if !ch.Connected {
		return syncView{"Disconnected", "", "The app was uninstalled. The conversations stay readable; install the app again to go on."}
	}
	switch ch.SyncState {
	case inbox.SyncReady:
		return syncView{"Ready", "success", "Messages come in and go out."}
	case inbox.SyncFailed:
		return syncView{"Sync failed", "danger", "The app's answer could not be used, so its earlier conversations were not taken over. New messages still come in."}
	case inbox.SyncSuspended:
		return syncView{"Suspended", "danger", "The account behind this channel is suspended. Settle that with the provider, then try again."}
	case inbox.SyncSyncing:
		return syncView{"Syncing", "info", "Earlier conversations are being fetched from the app."}
	default:
		return syncView{"Waiting", "info", "The app will be asked for its conversations in a moment."}
	}
}

// messagingApps lists each app with its channels.
func (w *Web) messagingApps(rw http.ResponseWriter, r *http.Request) error {
	ctx, c := r.Context(), caller(r)
	channels, err := w.s.Inbox.Channels(ctx, c)
	if err != nil {
		return err
	}
	m, err := w.inboxMaker(ctx, c, inboxFilter{Status: "open", Assignee: "any"})
	if err != nil {
		return err
	}
	var p messagingPage
	for _, ch := range channels {
		i := slices.IndexFunc(p.Apps, func(a messagingApp) bool { return a.ClientID == ch.ClientID })
		if i < 0 {
			app, err := w.messagingApp(ctx, ch.ClientID)
			if err != nil {
				return err
			}
			i, p.Apps = len(p.Apps), append(p.Apps, app)
		}
		p.Apps[i].Channels = append(p.Apps[i].Channels, m.settingsChannel(c, ch))
	}
	w.render(rw, r, http.StatusOK, page{Title: "Messaging", Nav: "settings", Template: "msgsettings/index", Data: p})
	return nil
}

// messagingApp describes the app behind channels. One that was deleted since
// keeps its client id as name.
func (w *Web) messagingApp(ctx context.Context, clientID string) (messagingApp, error) {
	a := messagingApp{ClientID: clientID, Name: clientID}
	app, err := w.s.DevHub.ByClientID(ctx, clientID)
	if fault.KindOf(err) == fault.NotFound {
		return a, nil
	}
	a.Name, a.Summary, a.IconURL = app.Name, app.Summary, app.IconURL // an upload of ours, or an address that was checked
	a.URL = "/marketplace/app/" + url.PathEscape(clientID)
	return a, err
}

func (m inboxMaker) settingsChannel(c route.Caller, ch inbox.Channel) settingsChannel {
	v := settingsChannel{
		ID: ch.ID, URL: channelURL(ch.ID), Name: ch.Name, AvatarURL: safePicture(ch.AvatarURL), Provider: ch.ProviderType,
		Network: networkName(ch.ProviderType), Owner: m.ownerName(ch.Owner), Mine: ch.Owner == c.User, Shared: ch.Shared,
		Connected: ch.Connected, State: syncOf(ch), Error: ch.SyncError, ProviderID: ch.ProviderChannelID,
		CanTemplate: ch.TemplateSupport && ch.ProviderType == "whatsapp", Created: ch.CreatedAt,
		Inbox: inboxPath + inboxFilter{Status: "any", Assignee: "any", Channel: ch.ID}.query(),
	}
	v.MayRetry = ch.Connected && (v.Mine || c.Admin) && (ch.SyncState == inbox.SyncFailed || ch.SyncState == inbox.SyncSuspended)
	if c.Admin {
		v.Inspector = "/_dockwright/inspector?app=" + url.QueryEscape(ch.ClientID)
	}
	return v
}

// ownerName is a user's name also where it is the viewer's own.
func (m inboxMaker) ownerName(id int64) string {
	if id != m.me {
		return m.userName(id)
	}
	m.me = 0
	return m.userName(id) + " (you)"
}

// channelPage is the data of a channel's own page.
type channelPage struct {
	settingsChannel
	Templates []inboxTemplate
}

func (w *Web) messagingChannel(rw http.ResponseWriter, r *http.Request) error {
	ctx, c := r.Context(), caller(r)
	id, err := pathNumber(r, "id")
	if err != nil {
		return err
	}
	ch, err := w.s.Inbox.Channel(ctx, c, id)
	if err != nil {
		return err
	}
	m, err := w.inboxMaker(ctx, c, inboxFilter{Status: "open", Assignee: "any"})
	if err != nil {
		return err
	}
	p := channelPage{settingsChannel: m.settingsChannel(c, ch)}
	app, err := w.messagingApp(ctx, ch.ClientID)
	if err != nil {
		return err
	}
	p.App = app.Name
	templates, err := w.s.Inbox.Templates(ctx, c, id)
	if err != nil {
		return err
	}
	p.Templates = m.templates(templates)
	w.render(rw, r, http.StatusOK, page{Title: ch.Name + " · Messaging", Nav: "settings", Template: "msgsettings/channel", Data: p})
	return nil
}

// removeChannel is for the owner of the installation; the room says no to
// everybody else.
//
// spec: messaging.sharing.owner-only
func (w *Web) removeChannel(rw http.ResponseWriter, r *http.Request) error {
	id, err := pathNumber(r, "id")
	if err != nil {
		return err
	}
	if err := w.s.Inbox.RemoveChannel(r.Context(), caller(r), id); err != nil {
		return err
	}
	w.redirect(rw, r, messagingPath)
	return nil
}

func (w *Web) retryChannel(rw http.ResponseWriter, r *http.Request) error {
	id, err := pathNumber(r, "id")
	if err != nil {
		return err
	}
	if err := w.s.Inbox.RetrySync(r.Context(), caller(r), id); err != nil {
		return err
	}
	w.redirect(rw, r, channelURL(id))
	return nil
}
