package inbox

import (
	"fmt"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/event"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// refresh brings Shared to what the installation says now. A channel whose
// installation is gone keeps what was last known, so that its history stays with
// those who could read it.
func (s *Service) refresh(tx *store.Tx, c Channel) (Channel, error) {
	if !c.Connected {
		return c, nil
	}
	i, err := s.installs.Installation(tx, c.ClientID, c.Owner)
	if fault.KindOf(err) == fault.NotFound {
		return c, nil
	}
	if err != nil {
		return c, fmt.Errorf("installation behind channel %d: %w", c.ID, err)
	}
	c.Shared = i.Shared
	return c, nil
}

// mayUse reports whether a user may use a channel that was refreshed: the owner,
// and colleagues once it is shared. By the newer documents they authorize the app
// themselves besides.
// spec: messaging.sharing.each-authorizes
func (s *Service) mayUse(tx *store.Tx, c Channel, user int64) (bool, error) {
	if c.Owner == user || !c.Shared || !s.eachAuthorizes {
		return c.Owner == user || c.Shared, nil
	}
	_, err := s.installs.Installation(tx, c.ClientID, user)
	if fault.KindOf(err) == fault.NotFound {
		return false, nil
	}
	return err == nil, err
}

// visible lists the channels that a viewer may use: their own and those of
// installations that are shared.
// spec: messaging.sharing.visibility
func (s *Service) visible(tx *store.Tx, v route.Caller) ([]Channel, error) {
	all, err := allChannels(tx)
	if err != nil {
		return nil, err
	}
	var mine []Channel
	for _, c := range all {
		if c, err = s.refresh(tx, c); err != nil {
			return nil, err
		}
		may, err := s.mayUse(tx, c, v.User)
		if err != nil {
			return nil, err
		}
		if may {
			mine = append(mine, c)
		}
	}
	return mine, nil
}

// channelFor returns a channel if the viewer may use it; else it does not exist
// for them.
func (s *Service) channelFor(tx *store.Tx, v route.Caller, id int64) (Channel, error) {
	c, ok, err := channelByID(tx, id)
	if err != nil {
		return c, err
	}
	if ok {
		if c, err = s.refresh(tx, c); err != nil {
			return c, err
		}
		if ok, err = s.mayUse(tx, c, v.User); err != nil {
			return c, err
		}
	}
	if !ok {
		return c, fault.Missing("there is no channel %d that you can see; its owner may have removed it or stopped sharing it", id)
	}
	return c, nil
}

// conversationFor returns a conversation with its channel if the viewer may use
// it. lock is the suffix of the query that reads it.
func (s *Service) conversationFor(tx *store.Tx, v route.Caller, id int64, lock string) (Conversation, error) {
	missing := fault.Missing("there is no conversation %d that you can see; it may have been deleted", id)
	c, ok, err := conversationByID(tx, id, lock)
	if err != nil {
		return c, err
	}
	if !ok {
		return c, missing
	}
	ch, err := s.channelFor(tx, v, c.Channel.ID)
	if fault.KindOf(err) == fault.NotFound {
		return c, missing
	}
	c.Channel = ch
	return c, err
}

// ownerOnly refuses who does not own the channel's installation.
// spec: messaging.sharing.owner-only
func ownerOnly(v route.Caller, c Channel, text string) error {
	if c.Owner == v.User {
		return nil
	}
	return fault.New(fault.Forbidden, "", "%s", text)
}

// textOwnerRemoves is the sentence for channels; the documents have one for
// conversations only.
const textOwnerRemoves = "Only the app owner can remove channels"

func conversationTopic(id int64) string { return fmt.Sprintf("conversation:%d", id) }
func channelTopic(id int64) string      { return fmt.Sprintf("channel:%d", id) }

// snapshot is what followers and browsers learn of a change.
type snapshot struct {
	Channel      int64  `json:"channel_id"`
	Conversation int64  `json:"conversation_id,omitempty"`
	Message      int64  `json:"message_id,omitempty"`
	Status       string `json:"status,omitempty"`
	Outgoing     bool   `json:"outgoing,omitempty"`
	Assignee     int64  `json:"assignee_id,omitempty"`
	Unread       int    `json:"unread,omitempty"`
	New          bool   `json:"new,omitempty"`
}

// tell appends an event about something on a channel.
func tell(tx *store.Tx, kind string, actor int64, ch Channel, after snapshot) error {
	e := event.Event{Kind: kind, Actor: actor, Entity: "channel", EntityID: ch.ID, Topics: []string{"inbox", channelTopic(ch.ID)}, After: after}
	if after.Conversation != 0 {
		e.Entity, e.EntityID = "conversation", after.Conversation
		e.Topics = []string{"inbox", conversationTopic(after.Conversation)}
	}
	if !ch.Shared {
		e.Audience = ch.Owner
	}
	return event.Append(tx, e)
}
