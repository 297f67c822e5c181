package inbox

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/event"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/messagingapi"
)

// register stores a channel for the caller's installation and starts its sync.
// The same provider_channel_id again updates it and keeps its id; one that was
// disconnected revives with its history.
// spec: messaging.channels.register-again
func (s *Service) register(ctx context.Context, v route.Caller, n messagingapi.NewChannel) (ch Channel, err error) {
	err = s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) (err error) {
		ch, err = s.AddChannel(tx, v, n)
		return err
	})
	return ch, err
}

// AddChannel is the registration of a channel inside the caller's transaction,
// which is bound to the company; v names the app and who installed it.
func (s *Service) AddChannel(tx *store.Tx, v route.Caller, n messagingapi.NewChannel) (ch Channel, err error) {
	// Registrations take turns, else two of them could make one channel twice;
	// and with uninstalling, else a channel could outlive its installation.
	if err := authz.Lock(tx, v.ClientID); err != nil {
		return ch, err
	}
	if _, err := s.installs.Installation(tx, v.ClientID, v.User); err != nil {
		return ch, notInstalled(err)
	}
	app, err := s.apps.AppIn(tx, v.ClientID)
	if err != nil {
		return ch, err
	}
	if app.Manifest == nil {
		return ch, fault.New(fault.Invalid, "", "expected an app with a messaging manifest; upload one in the Developer Hub first")
	}
	old, ok, err := channelBySource(tx, v.ClientID, n.ProviderChannelID, false)
	if err != nil {
		return ch, err
	}
	if !ok {
		return s.newChannel(tx, v, n)
	}
	if err := lane.Lock(tx, channelTopic(old.ID)); err != nil {
		return ch, err
	}
	if old, ok, err = channelBySource(tx, v.ClientID, n.ProviderChannelID, true); err != nil || !ok {
		return ch, err
	}
	return s.sameChannel(tx, v, old, n)
}

// ChannelsIn are all channels of the company that tx is bound to, by name.
func (s *Service) ChannelsIn(tx *store.Tx) ([]Channel, error) { return allChannels(tx) }

// notInstalled is for an app whose installation ended while it called.
func notInstalled(err error) error {
	if fault.KindOf(err) == fault.NotFound {
		return fault.New(fault.Forbidden, "", "expected an installed app; it was uninstalled a moment ago")
	}
	return err
}

// nameIsFree refuses a name that another channel of the app has.
// spec: messaging.channels.unique-name
func nameIsFree(tx *store.Tx, clientID, name, except string) error {
	other, taken, err := found(store.One(tx, store.Value[string], `SELECT provider_channel_id FROM inbox_channel
		WHERE company_id = @company AND client_id = ? AND name = ? AND provider_channel_id <> ? AND connected = ? LIMIT 1`, clientID, name, except, true))
	if err == nil && taken {
		return fault.New(fault.Invalid, "name", "expected a name that no other channel of the app has; %q belongs to the channel %q", name, other)
	}
	return err
}

func (s *Service) newChannel(tx *store.Tx, v route.Caller, n messagingapi.NewChannel) (Channel, error) {
	if err := nameIsFree(tx, v.ClientID, n.Name, n.ProviderChannelID); err != nil {
		return Channel{}, err
	}
	id, err := tx.NextID("inbox_channel")
	if err != nil {
		return Channel{}, err
	}
	ch := Channel{
		ID: id, UUID: uuid.NewString(), ClientID: v.ClientID, ProviderChannelID: n.ProviderChannelID, CreatedAt: s.clock.Now(),
		Owner: v.User, Connected: true,
	}
	ch.describe(n)
	if ch, err = s.refresh(tx, ch); err != nil {
		return ch, err
	}
	ch.begin()
	if err := insertChannel(tx, ch); err != nil {
		return ch, err
	}
	if err := addJob(tx, kindPage, channelTopic(id), pageJob{Channel: id, Run: ch.run}); err != nil {
		return ch, err
	}
	return ch, tell(tx, "channel.added", v.User, ch, snapshot{Channel: id, Status: string(ch.SyncState), New: true})
}

func (s *Service) sameChannel(tx *store.Tx, v route.Caller, ch Channel, n messagingapi.NewChannel) (Channel, error) {
	if ch.Connected && ch.Owner != v.User {
		return ch, fault.New(fault.Invalid, "provider_channel_id", "expected an id that is not in use; another user of the company has registered %q", n.ProviderChannelID)
	}
	if err := nameIsFree(tx, v.ClientID, n.Name, n.ProviderChannelID); err != nil {
		return ch, err
	}
	old := ch
	ch.Owner, ch.Connected = v.User, true
	ch.describe(n)
	var err error
	if ch, err = s.refresh(tx, ch); err != nil {
		return ch, err
	}
	// A repeat whose first answer got lost must not restart a sync that runs or
	// is done.
	again := !old.Connected || old.SyncState == SyncFailed || old.SyncState == SyncSuspended || ch.TemplateSupport && !old.TemplateSupport
	if again {
		ch.begin()
		if err := addJob(tx, kindPage, channelTopic(ch.ID), pageJob{Channel: ch.ID, Run: ch.run}); err != nil {
			return ch, err
		}
	}
	if ch == old {
		return ch, nil
	}
	if err := updateChannel(tx, ch); err != nil {
		return ch, err
	}
	return ch, tell(tx, "channel.changed", v.User, ch, snapshot{Channel: ch.ID, Status: string(ch.SyncState)})
}

func (c *Channel) describe(n messagingapi.NewChannel) {
	c.Name, c.AvatarURL, c.ProviderType = n.Name, n.AvatarURL, n.ProviderType
	c.TemplateSupport = n.TemplateSupport
}

// begin starts a new run of the sync; jobs of the one before end by themselves.
func (c *Channel) begin() {
	c.run++
	c.SyncState, c.SyncError = SyncPending, ""
}

// RetrySync starts a channel's sync over.
func (s *Service) RetrySync(ctx context.Context, v route.Caller, id int64) error {
	return s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) error {
		if err := lane.Lock(tx, channelTopic(id)); err != nil {
			return err
		}
		ch, err := s.channelFor(tx, v, id)
		if err != nil {
			return err
		}
		switch {
		case !v.Admin && ch.Owner != v.User:
			return fault.New(fault.Forbidden, "", "Only the channel's owner or an admin can start its synchronisation again")
		case !ch.Connected:
			return fault.New(fault.Conflict, "", "%s is disconnected because its app was uninstalled. Install the app again first.", ch.Name)
		}
		shared := ch.Shared
		ch, ok, err := lockChannel(tx, id)
		if err != nil || !ok {
			return err // removed a moment ago: nothing is left to synchronise
		}
		ch.Shared = shared
		ch.begin()
		if err := updateChannel(tx, ch); err != nil {
			return err
		}
		if err := addJob(tx, kindPage, channelTopic(id), pageJob{Channel: id, Run: ch.run}); err != nil {
			return err
		}
		return tell(tx, "channel.changed", v.User, ch, snapshot{Channel: id, Status: string(ch.SyncState)})
	})
}

// RemoveChannel deletes a channel with its conversations and tells the app. Only
// the owner of the installation may.
func (s *Service) RemoveChannel(ctx context.Context, v route.Caller, id int64) error {
	return s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) error {
		if err := lane.Lock(tx, channelTopic(id), sweepLane(id)); err != nil {
			return err
		}
		ch, err := s.channelFor(tx, v, id)
		if err != nil {
			return err
		}
		if err := ownerOnly(v, ch, textOwnerRemoves); err != nil {
			return err
		}
		if ch.Connected {
			job := removeJob{ClientID: ch.ClientID, ProviderChannelID: ch.ProviderChannelID}
			if err := addJob(tx, kindRemove, channelTopic(id), job); err != nil {
				return err
			}
		}
		return dropChannel(tx, v.User, ch)
	})
}

// dropChannel takes a channel out of everybody's sight and leaves its rows to a
// lane: a million messages deleted at once would hold up everybody's writes.
// spec: messaging.channels.delete
func dropChannel(tx *store.Tx, actor int64, ch Channel) error {
	ch.run++
	_, err := tx.Exec(`UPDATE inbox_channel SET client_id = '', provider_channel_id = uuid, connected = ?, sync_run = ? WHERE company_id = @company AND id = ?`,
		false, ch.run, ch.ID)
	if err != nil {
		return err
	}
	if err := addJob(tx, kindSweep, sweepLane(ch.ID), sweepJob{Channel: ch.ID}); err != nil {
		return err
	}
	return tell(tx, "channel.removed", actor, ch, snapshot{Channel: ch.ID})
}

func sweepLane(channel int64) string { return fmt.Sprintf("sweep:%d", channel) }

// sweepBatch is the number of messages that one transaction deletes.
const sweepBatch = 1000

// sweep deletes what a removed channel left behind, a piece at a time.
func (s *Service) sweep(_ context.Context, _ lane.Job, p sweepJob) (commit, error) {
	return func(tx *store.Tx) error {
		left, ok, err := found(store.One(tx, store.Value[int64], `SELECT id FROM inbox_conversation WHERE company_id = @company AND channel_id = ? LIMIT 1`, p.Channel))
		if err != nil {
			return err
		}
		if !ok {
			n, err := tx.Exec(`DELETE FROM inbox_channel WHERE company_id = @company AND id = ? AND client_id = ''`, p.Channel)
			if err != nil || n == 0 {
				return err
			}
			return event.Append(tx, event.Event{Kind: "channel.swept", Entity: "channel", EntityID: p.Channel})
		}
		n, err := tx.Exec(`DELETE FROM inbox_message WHERE company_id = @company AND id IN
			(SELECT id FROM inbox_message WHERE company_id = @company AND conversation_id = ? LIMIT ?)`, left, sweepBatch)
		if err != nil {
			return err
		}
		if n < sweepBatch {
			if _, err := tx.Exec(`DELETE FROM inbox_conversation WHERE company_id = @company AND id = ?`, left); err != nil {
				return err
			}
		}
		return addJob(tx, kindSweep, sweepLane(p.Channel), p)
	}, nil
}

// ownedByApp finds the channel that a call of the Channels API names. Channels of
// other apps and companies do not exist for the caller; one of another user's
// installation of the same app may not be touched.
func (s *Service) ownedByApp(tx *store.Tx, v route.Caller, providerID, refusal string) (Channel, error) {
	if !storable(providerID) {
		return Channel{}, fault.New(fault.NotFound, "channel", messagingapi.TextChannelNotFound)
	}
	ch, ok, err := channelBySource(tx, v.ClientID, providerID, false)
	if err != nil {
		return ch, err
	}
	if !ok {
		return ch, fault.New(fault.NotFound, "channel", messagingapi.TextChannelNotFound)
	}
	if ch, err = s.refresh(tx, ch); err != nil {
		return ch, err
	}
	return ch, ownerOnly(v, ch, refusal)
}

// dropByApp is DELETE /channels/{id}. The app is not called back.
func (s *Service) dropByApp(ctx context.Context, v route.Caller, providerID string) error {
	return s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) error {
		ch, err := s.ownedByApp(tx, v, providerID, textOwnerRemoves)
		if err != nil {
			return err
		}
		return dropChannel(tx, v.User, ch)
	})
}

// dropConversationByApp is DELETE /channels/{channel}/conversations/{conversation}.
func (s *Service) dropConversationByApp(ctx context.Context, v route.Caller, providerID, source string) error {
	return s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) error {
		ch, err := s.ownedByApp(tx, v, providerID, messagingapi.TextOwnerOnly)
		if err != nil {
			return err
		}
		var c Conversation
		ok := false
		if storable(source) {
			if c, ok, err = conversationBySource(tx, ch.ID, source, ""); err != nil {
				return err
			}
		}
		if !ok {
			return fault.New(fault.NotFound, "conversation", "Conversation not found.")
		}
		c.Channel = ch
		return dropConversation(tx, v.User, c)
	})
}

// follower hears what becomes of installations. Channels of one that is gone stay
// readable, and revive when the app registers them again.
// spec: messaging.uninstall.keeps-history
func (s *Service) follower() event.Follower {
	return event.Follower{Name: "inbox", Kinds: []string{"installation.removed", "installation.changed"}, Do: func(tx *store.Tx, e event.Event) error {
		var i struct {
			ClientID string `json:"client_id"`
			User     int64  `json:"user_id"`
			Shared   bool   `json:"shared"`
		}
		if err := e.DecodeAfter(&i); err != nil {
			return err
		}
		_, err := s.installs.Installation(tx, i.ClientID, i.User)
		gone := fault.KindOf(err) == fault.NotFound
		if err != nil && !gone {
			return err
		}
		// Who installed again in the meantime is connected; that news is old.
		return followInstallation(tx, i.ClientID, i.User, i.Shared, gone)
	}}
}

func followInstallation(tx *store.Tx, clientID string, user int64, shared, gone bool) error {
	all, err := allChannels(tx)
	if err != nil {
		return err
	}
	for _, ch := range all {
		if ch.ClientID != clientID || ch.Owner != user || !ch.Connected || ch.Shared == shared && !gone {
			continue
		}
		ch, ok, err := lockChannel(tx, ch.ID)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		ch.Shared = shared // who could read it still can
		if gone {
			ch.Connected = false
			ch.run++ // a sync that runs ends
		}
		if err := updateChannel(tx, ch); err != nil {
			return err
		}
		// Everybody's list changes, also of those who may not see it any more.
		everybody := ch
		everybody.Shared = true
		if err := tell(tx, "channel.changed", 0, everybody, snapshot{Channel: ch.ID}); err != nil {
			return err
		}
	}
	return nil
}
