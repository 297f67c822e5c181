package inbox

import (
	"context"
	"time"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/messagingapi"
)

// future is how far ahead of ours an app's clock may be.
const future = 24 * time.Hour

// receive stores a message that an app tells, or what it tells anew about one
// that is known. When it returns the news is durable.
// spec: messaging.receive.updates-existing
func (s *Service) receive(ctx context.Context, v route.Caller, r messagingapi.Received) error {
	if r.CreatedAt.After(s.clock.Now().Add(future)) {
		return fault.New(fault.Invalid, "created_at", "expected a time that is not more than a day ahead, got %s", r.CreatedAt)
	}
	return s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) error {
		ch, ok, err := channelBySource(tx, v.ClientID, r.ChannelID, false)
		if err != nil {
			return err
		}
		if ok {
			if ch, err = s.refresh(tx, ch); err != nil {
				return err
			}
			if ok, err = s.mayUse(tx, ch, v.User); err != nil {
				return err
			}
		}
		// spec: messaging.receive.shared-token
		if !ok || !ch.Connected {
			return fault.New(fault.NotFound, "channel_id", messagingapi.TextChannelNotFound)
		}
		return s.receiveOn(tx, ch, r)
	})
}

func (s *Service) receiveOn(tx *store.Tx, ch Channel, r messagingapi.Received) error {
	source := r.ConversationID
	known, isKnown, err := s.seen(tx, ch.ID, r.ID, "")
	if err != nil {
		return err
	}
	var conv Conversation
	if isKnown { // where it stands decides, whatever conversation is named now
		conv, _, err = conversationByID(tx, known.conversation, "")
	} else {
		conv, _, err = conversationBySource(tx, ch.ID, source, "")
	}
	if err != nil {
		return err
	}
	if conv.ID != 0 {
		source = conv.SourceID
		if !conv.known { // lanes are locked before rows
			if err := lane.Lock(tx, conversationTopic(conv.ID)); err != nil {
				return err
			}
		}
	}
	conv, _, err = s.openConversation(tx, ch.ID, source)
	if err != nil {
		return err
	}
	conv.Channel = ch
	if r.ConversationLink != "" {
		conv.Link = r.ConversationLink
	}
	n, err := s.take(tx, &conv, fromReceived(r), true)
	if err != nil {
		return err
	}
	if !conv.known && n.inserted { // spec: messaging.receive.unknown-conversation
		if err := addJob(tx, kindConversation, conversationTopic(conv.ID), conversationJob{Conversation: conv.ID}); err != nil {
			return err
		}
	}
	if err := updateConversation(tx, conv); err != nil {
		return err
	}
	return n.tell(tx, conv)
}

// seen looks for a message of that id on the channel.
func (s *Service) seen(tx *store.Tx, channel int64, source, lock string) (Message, bool, error) {
	if !s.dedup {
		return Message{}, false, nil
	}
	return messageBySource(tx, channel, source, lock)
}

// news is what taking a message changed.
type news struct {
	message                     Message
	inserted, updated, shadowed bool
}

func (n news) tell(tx *store.Tx, c Conversation) error {
	after := snapshot{
		Channel: c.Channel.ID, Conversation: c.ID, Message: n.message.ID, Status: string(n.message.Status),
		Outgoing: n.message.Outgoing, Assignee: c.Assignee, Unread: c.Unread, New: n.inserted,
	}
	switch {
	case n.shadowed:
		return nil
	case n.inserted:
		return tell(tx, "message.received", 0, c.Channel, after)
	case n.updated:
		return tell(tx, "message.updated", 0, c.Channel, after)
	}
	return nil
}

// take puts a message into a conversation whose row is locked, or updates it.
// live says that it is news, not history: it then counts as unread and reopens
// what was closed. The caller stores c.
func (s *Service) take(tx *store.Tx, c *Conversation, t told, live bool) (news, error) {
	if t.replyBy.After(c.ReplyBy) {
		c.ReplyBy = t.replyBy
	}
	m, ok, err := s.seen(tx, c.Channel.ID, t.source, tx.ForUpdate())
	if err != nil {
		return news{}, err
	}
	if ok {
		return s.renew(tx, c, m, t)
	}
	parts, err := participantsOf(tx, []int64{c.ID})
	if err != nil {
		return news{}, err
	}
	_, business, _ := roles(parts[c.ID])
	m = Message{
		channel: c.Channel.ID, conversation: c.ID, SourceID: t.source, SenderID: t.sender, Status: t.status, Text: t.text, CreatedAt: t.createdAt,
		Outgoing: business.SourceID != "" && t.sender == business.SourceID,
	}
	if !s.dedup {
		m.SourceID = ""
	}
	if m.Status == Failed {
		m.Error = reportedFailure
	}
	if m.Outgoing && live {
		if m.shadowOf, err = overtaken(tx, c.ID, t.text); err != nil {
			return news{}, err
		}
	}
	if m.ID, err = insertMessage(tx, m, ""); err != nil {
		return news{}, err
	}
	if _, err := putAttachments(tx, m.ID, t.files); err != nil {
		return news{}, err
	}
	if m.shadowOf == 0 {
		c.add(m, t.files, live)
	}
	return news{message: m, inserted: true, shadowed: m.shadowOf != 0}, nil
}

const reportedFailure = "The provider reported that this message was not delivered."

// add counts a message that is new in the thread.
func (c *Conversation) add(m Message, files []attachment, live bool) {
	if !m.CreatedAt.Before(c.LastMessageAt) {
		c.LastMessageAt, c.Preview, c.PreviewOutgoing = m.CreatedAt, preview(m.Text, files), m.Outgoing
	}
	if live && !m.Outgoing {
		c.Unread++
		c.Status = messagingapi.ConversationOpen // spec: messaging.conversation.reopens
	}
}

// renew brings a known message to what the app tells now. What an agent wrote
// here stays as written: the app only knows how far it came.
func (s *Service) renew(tx *store.Tx, c *Conversation, m Message, t told) (news, error) {
	old := m
	m.Status = m.Status.later(t.status)
	switch {
	case m.Status == Failed && old.Status != Failed:
		m.Error = reportedFailure
	case m.Status != Failed:
		m.Error = ""
	}
	changed := m.Status != old.Status
	if m.Author == 0 {
		if t.text != "" && t.text != m.Text {
			m.Text, changed = t.text, true
		}
		files, err := putAttachments(tx, m.ID, t.files)
		if err != nil {
			return news{}, err
		}
		changed = changed || files
	}
	if !changed {
		return news{message: m}, nil
	}
	if err := updateMessage(tx, m); err != nil {
		return news{}, err
	}
	if m.Text != old.Text {
		if err := c.repaint(tx); err != nil {
			return news{}, err
		}
	}
	return news{message: m, updated: true, shadowed: m.shadowOf != 0}, nil
}

// repaint sets preview and time from the newest message that is shown.
func (c *Conversation) repaint(tx *store.Tx) error {
	m, ok, err := newest(tx, c.ID)
	if err != nil || !ok {
		return err
	}
	files, err := attachmentsOf(tx, []int64{m.ID})
	if err != nil {
		return err
	}
	c.LastMessageAt, c.Preview, c.PreviewOutgoing = m.CreatedAt, preview(m.Text, files[m.ID]), m.Outgoing
	return nil
}

// overtaken finds a message of ours that is on its way to the app and has the
// same text: a report about it may come before the answer that tells its id.
// The report is then kept out of sight until the answer decides.
// spec: messaging.post.report-overtakes
func overtaken(tx *store.Tx, conversation int64, text string) (int64, error) {
	id, _, err := found(store.One(tx, store.Value[int64], `SELECT id FROM inbox_message WHERE company_id = @company AND conversation_id = ?
		AND status = 'sending' AND source_id = '' AND body = ? ORDER BY id LIMIT 1`, conversation, text))
	return id, err
}
