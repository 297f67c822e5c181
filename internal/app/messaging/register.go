package messaging

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/dockwright/dockwright/appkit"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/messagingapi"
)

const (
	kindRegister = "messaging.register"
	kindRemove   = "messaging.remove"
)

// channelJob is the payload of both.
type channelJob struct {
	Channel int64 `json:"channel"`
}

func addChannelJob(tx *store.Tx, kind string, id int64) error {
	raw, err := json.Marshal(channelJob{id})
	if err != nil {
		return err
	}
	return lane.Add(tx, lane.Job{Kind: kind, Key: laneOfChannel(id), Payload: raw})
}

// newChannel is what an operator enters.
type newChannel struct {
	Account    appkit.Account
	Network    string
	Name       string
	Avatar     []byte // "" for one that the app makes
	AvatarType string
}

// addChannel stores a channel and the work of registering it with the host.
func (a *App) addChannel(ctx context.Context, n newChannel) (Channel, error) {
	n.Name = strings.TrimSpace(n.Name)
	switch {
	case n.Name == "" || utf8.RuneCountInString(n.Name) > 100 || !utf8.ValidString(n.Name):
		return Channel{}, fault.New(fault.Invalid, "name", "expected a name of 1 to 100 characters, got %d", utf8.RuneCountInString(n.Name))
	case a.core.networks[n.Network] == nil:
		return Channel{}, fault.New(fault.Invalid, "network", "expected one of the networks on this page, got %.60q", n.Network)
	}
	if len(n.Avatar) == 0 {
		n.Avatar, n.AvatarType = channelPicture(n.Name), "image/png"
	}
	ch := Channel{
		Company: n.Account.Company, ProviderID: n.Network + "-" + secret.Random(8), Network: n.Network,
		Name: n.Name, User: n.Account.User, State: ChannelPending,
	}
	err := a.cfg.DB.Company(ch.Company).Update(ctx, func(tx *store.Tx) error {
		connected, err := store.Select(tx, store.Value[int64], `SELECT user_id FROM installation WHERE company_id = @company AND user_id = ? AND token <> ''`, ch.User)
		if err != nil {
			return err
		}
		if len(connected) == 0 {
			return fault.New(fault.Invalid, "installation", "expected a connected installation; connect the app first")
		}
		if ch.ID, err = tx.NextID("channel"); err != nil {
			return err
		}
		ch.CreatedAt = tx.Now()
		if err := addChannelJob(tx, kindRegister, ch.ID); err != nil {
			return err
		}
		return a.core.channels.insert(tx, ch, n.Avatar, n.AvatarType)
	})
	return ch, err
}

// registerAgain tells the host about a channel once more.
func (a *App) registerAgain(tx *store.Tx, ch Channel) error {
	if ch.State == ChannelRemoved {
		return fault.New(fault.Conflict, "channel", "this channel was removed; add a new one")
	}
	if err := addChannelJob(tx, kindRegister, ch.ID); err != nil {
		return err
	}
	if err := a.core.channels.setState(tx, ch, ChannelPending, ""); err != nil {
		return err
	}
	if err := dropParked(tx, kindRegister, laneOfChannel(ch.ID)); err != nil {
		return err
	}
	if err := reportUntold(tx, ch.ID); err != nil {
		return err
	}
	return a.core.tellChannel(tx, ch.ID, true)
}

// reportUntold adds the reports again that were dropped while the channel was
// closed. The host fetches only the newest messages of a conversation by itself,
// and does not count them as unread; what it has already it takes as known.
// spec: app.messaging.reinstall-untold
func reportUntold(tx *store.Tx, channel int64) error {
	untold, err := store.Select(tx, func(s store.Scanner) (p report, err error) {
		p.Channel = channel
		return p, s.Scan(&p.Conversation, &p.Seq)
	}, `SELECT conversation_id, seq FROM message WHERE company_id = @company AND channel_id = ? AND reported = 0 ORDER BY conversation_id, seq`, channel)
	if err != nil || len(untold) == 0 {
		return err
	}
	keys := make([]string, len(untold))
	for i, p := range untold {
		keys[i] = laneOf(channel, p.Conversation)
	}
	if err := lane.Lock(tx, keys...); err != nil {
		return err
	}
	for _, p := range untold {
		if err := addReport(tx, channel, p.Conversation, p.Seq); err != nil {
			return err
		}
	}
	return nil
}

// closeChannel ends a channel without telling the host. Its archive stays.
func (c *Core) closeChannel(tx *store.Tx, ch Channel, to ChannelState, problem string) error {
	if ch.State == ChannelRemoved || ch.State == to {
		return nil
	}
	if err := c.channels.setState(tx, ch, to, problem); err != nil {
		return err
	}
	return c.tellChannel(tx, ch.ID, false)
}

// tellChannel tells customers' pages whether they may write.
func (c *Core) tellChannel(tx *store.Tx, id int64, open bool) error {
	raw, err := json.Marshal(map[string]bool{"open": open})
	if err != nil {
		return err
	}
	live.Append(tx, live.Event{Kind: eventChannel, Topics: []string{topicOfChannel(id)}, Data: raw})
	return nil
}

func (r *reporter) channelOf(ctx context.Context, j lane.Job) (ch Channel, err error) {
	var p channelJob
	if err := json.Unmarshal(j.Payload, &p); err != nil {
		return ch, lane.Park(fmt.Errorf("read the job: %w", err))
	}
	err = r.core.db.Company(j.Company).View(ctx, func(tx *store.Tx) (err error) {
		ch, err = r.core.channels.get(tx, p.Channel)
		return err
	})
	return ch, err
}

// register tells the host about a channel; the host then fetches its history.
// spec: app.messaging.register
func (r *reporter) register(ctx context.Context, j lane.Job) (func(*store.Tx) error, error) {
	ch, err := r.channelOf(ctx, j)
	if err != nil || ch.State == ChannelClosed || ch.State == ChannelRemoved {
		return nil, err
	}
	info := r.core.networks[ch.Network].Info()
	err = r.rest.Do(ctx, appkit.Account{Company: ch.Company, User: ch.User}, http.MethodPost, "/channels", messagingapi.NewChannel{
		Name: ch.Name, ProviderChannelID: ch.ProviderID, AvatarURL: ch.AvatarURL,
		ProviderType: info.ProviderType, TemplateSupport: len(info.Templates) > 0,
	}, nil)
	to, problem := ChannelRegistered, ""
	if err != nil {
		var parked bool
		if err, parked = judge(err); !parked {
			return nil, err
		}
		to, problem = ChannelFailed, err.Error()
	}
	return func(tx *store.Tx) error {
		now, err := r.core.channels.get(tx, ch.ID)
		if err != nil || now.State == ChannelClosed || now.State == ChannelRemoved {
			return err // it ended while the host was asked
		}
		return r.core.channels.setState(tx, now, to, problem)
	}, err
}

// remove tells the host that a channel is gone.
func (r *reporter) remove(ctx context.Context, j lane.Job) (func(*store.Tx) error, error) {
	ch, err := r.channelOf(ctx, j)
	if err != nil {
		return nil, err
	}
	err = r.rest.Do(ctx, appkit.Account{Company: ch.Company, User: ch.User}, http.MethodDelete, "/channels/"+url.PathEscape(ch.ProviderID), nil, nil)
	if e, ok := errors.AsType[*appkit.APIError](err); ok && e.Status == http.StatusNotFound || errors.Is(err, appkit.ErrNotInstalled) {
		return nil, nil // the host has none by that id
	}
	if err != nil {
		err, _ = judge(err)
	}
	return nil, err
}

func laneOfChannel(id int64) string { return fmt.Sprintf("channel:%d", id) }
