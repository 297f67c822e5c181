package inbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/messagingapi"
)

// giveUpAvatar is the number of tries after which a sync goes on without one
// participant's avatar.
const giveUpAvatar = 5

// stage reads the channel of a sync job. ok is false when the job is of an
// earlier run, or the channel is gone: it then ends without a word.
func (s *Service) stage(ctx context.Context, j lane.Job, channel, run int64) (t target, ok bool, err error) {
	var ch Channel
	err = s.db.Company(j.Company).View(ctx, func(tx *store.Tx) error {
		ch, ok, err = channelByID(tx, channel)
		return err
	})
	if err != nil || !ok || ch.run != run || !ch.Connected {
		return t, false, err
	}
	t, err = s.targetOf(ctx, j.Company, ch)
	return t, true, err
}

// onRun is commit work that is dropped if the run is over.
func onRun(channel, run int64, fn func(*store.Tx, Channel) error) commit {
	return func(tx *store.Tx) error {
		ch, ok, err := lockChannel(tx, channel)
		if err != nil || !ok || ch.run != run {
			return err
		}
		return fn(tx, ch)
	}
}

// setSync stores how far the sync is, if that is news.
func setSync(tx *store.Tx, ch Channel, state SyncState, why string) error {
	why = reason(why)
	if ch.SyncState == state && ch.SyncError == why {
		return nil
	}
	ch.SyncState, ch.SyncError = state, why
	if err := updateChannel(tx, ch); err != nil {
		return err
	}
	return tell(tx, "channel.changed", 0, ch, snapshot{Channel: ch.ID, Status: string(state)})
}

// stop decides what a failed step does to the sync: it ends with its reason, or
// shows the reason and tries again.
// spec: messaging.sync.malformed-stops
func (s *Service) stop(ctx context.Context, j lane.Job, channel, run int64, step string, cause error) (commit, error) {
	why := fmt.Sprintf("%s: %s", step, cause)
	final, err := verdict(cause)
	if final {
		return onRun(channel, run, func(tx *store.Tx, ch Channel) error {
			if isSuspended(cause) {
				return suspend(tx, ch.ID, cause.Error())
			}
			return setSync(tx, ch, SyncFailed, why)
		}), nil
	}
	if ctx.Err() != nil {
		return nil, err
	}
	// The lane tries again; whoever looks at the channel meanwhile sees why.
	note := s.db.Company(j.Company).Update(ctx, onRun(channel, run, func(tx *store.Tx, ch Channel) error {
		return setSync(tx, ch, SyncSyncing, why+"; trying again")
	}))
	if note != nil {
		s.log.Warn("reason of a slow sync not stored", "company", j.Company, "channel", channel, "err", note)
	}
	return nil, err
}

// syncPage fetches one page of conversations.
// spec: messaging.sync.pages
func (s *Service) syncPage(ctx context.Context, j lane.Job, p pageJob) (commit, error) {
	const step = "getConversations"
	t, ok, err := s.stage(ctx, j, p.Channel, p.Run)
	if err == nil && !ok {
		return nil, nil
	}
	if err != nil {
		return s.stop(ctx, j, p.Channel, p.Run, step, err)
	}
	to, err := t.app.GetConversations.Expand(map[string]string{messagingapi.VarChannel: t.channel.ProviderChannelID})
	if err != nil {
		return s.stop(ctx, j, p.Channel, p.Run, step, err)
	}
	to = messagingapi.WithQuery(to, "conversations_limit", pageLimit, "messages_limit", pageLimit, "after", p.After)
	body, err := s.get(ctx, t, to, "messaging.sync.pages")
	if err != nil {
		return s.stop(ctx, j, p.Channel, p.Run, step, err)
	}
	page, err := messagingapi.ParseConversationPage(body)
	if err != nil {
		return s.stop(ctx, j, p.Channel, p.Run, step, err)
	}
	return onRun(p.Channel, p.Run, func(tx *store.Tx, ch Channel) error { return s.takePage(tx, ch, page) }), nil
}

func (s *Service) takePage(tx *store.Tx, ch Channel, page messagingapi.ConversationPage) error {
	if err := setSync(tx, ch, SyncSyncing, ""); err != nil {
		return err
	}
	ch.SyncState, ch.SyncError = SyncSyncing, ""
	for _, w := range page.Conversations {
		c, made, err := s.openConversation(tx, ch.ID, w.ID)
		if err != nil {
			return err
		}
		c.Channel = ch
		first := made || !c.known
		c.Link = w.Link
		if first {
			c.Status, c.cursor = w.Status, w.NextMessages
		}
		if err := s.takeHistory(tx, &c, w); err != nil {
			return err
		}
		if made && !w.Seen {
			if err := countUnread(tx, c, w); err != nil {
				return err
			}
		}
	}
	more, err := goesOn(tx, ch, page)
	if err != nil {
		return err
	}
	if more {
		return addJob(tx, kindPage, channelTopic(ch.ID), pageJob{Channel: ch.ID, Run: ch.run, After: page.After})
	}
	return addJob(tx, kindSender, channelTopic(ch.ID), senderJob{Channel: ch.ID, Run: ch.run})
}

// countUnread takes what the customer wrote last as unread in a conversation
// that comes with the first sync and nobody has seen.
// spec: messaging.sync.unread
func countUnread(tx *store.Tx, c Conversation, w messagingapi.Conversation) error {
	page, _, err := thread(tx, c.ID, beginning, len(w.Messages)+1)
	if err != nil {
		return err
	}
	c.Unread = 0
	for i := len(page) - 1; i >= 0 && !page[i].Outgoing; i-- {
		c.Unread++
	}
	return updateConversation(tx, c)
}

// goesOn reports whether there is another page: not after an empty one, nor
// without a cursor, nor with one that this run has followed already.
// spec: messaging.cursors.stop
func goesOn(tx *store.Tx, ch Channel, page messagingapi.ConversationPage) (bool, error) {
	if len(page.Conversations) == 0 || page.After == "" {
		return false, nil
	}
	sum := sha256.Sum256([]byte(page.After))
	n, err := tx.Exec(`INSERT INTO inbox_sync_cursor (company_id, channel_id, run, cursor_hash) VALUES (@company, ?, ?, ?) ON CONFLICT DO NOTHING`,
		ch.ID, ch.run, hex.EncodeToString(sum[:]))
	return n > 0, err
}

// syncSender fetches the name and avatar of the next participant who has none and
// whom the app wants asked about.
// spec: messaging.sync.fetch-avatar
func (s *Service) syncSender(ctx context.Context, j lane.Job, p senderJob) (commit, error) {
	const step = "getSenderById"
	t, ok, err := s.stage(ctx, j, p.Channel, p.Run)
	if err == nil && !ok {
		return nil, nil
	}
	if err != nil {
		return s.stop(ctx, j, p.Channel, p.Run, step, err)
	}
	var who participant
	err = s.db.Company(j.Company).View(ctx, func(tx *store.Tx) error {
		who, ok, err = found(store.One(tx, scanParticipant, `SELECT `+participantColumns+` FROM inbox_participant WHERE company_id = @company
			AND channel_id = ? AND id > ? AND fetch_avatar = ? AND avatar_url = '' AND avatar_checked_at = 0 ORDER BY id LIMIT 1`, p.Channel, p.After, true))
		return err
	})
	if err != nil {
		return nil, err
	}
	if !ok || t.app.GetSenderByID == "" {
		return onRun(p.Channel, p.Run, func(tx *store.Tx, ch Channel) error {
			return addJob(tx, kindTemplates, channelTopic(ch.ID), pageJob{Channel: ch.ID, Run: ch.run})
		}), nil
	}
	sender, err := s.sender(ctx, t, who.SourceID)
	if err != nil {
		final, _ := verdict(err)
		_, refused := errors.AsType[*refusal](err)
		if isSuspended(err) || final && !refused || !final && j.Attempts < giveUpAvatar {
			return s.stop(ctx, j, p.Channel, p.Run, step, err)
		}
		sender = messagingapi.Sender{} // an avatar is not worth the whole sync
	}
	return onRun(p.Channel, p.Run, func(tx *store.Tx, ch Channel) error {
		if err := s.putSender(tx, ch, who.SourceID, sender); err != nil {
			return err
		}
		return addJob(tx, kindSender, channelTopic(ch.ID), senderJob{Channel: ch.ID, Run: ch.run, After: who.ID})
	}), nil
}

func (s *Service) sender(ctx context.Context, t target, id string) (messagingapi.Sender, error) {
	to, err := t.app.GetSenderByID.Expand(map[string]string{messagingapi.VarChannel: t.channel.ProviderChannelID, messagingapi.VarSender: id})
	if err != nil {
		return messagingapi.Sender{}, err
	}
	body, err := s.get(ctx, t, to, "messaging.sync.fetch-avatar")
	if err != nil {
		return messagingapi.Sender{}, err
	}
	return messagingapi.ParseSender(body)
}

// putSender stores what the app told about somebody, in every conversation of
// the channel that they take part in. An empty sender notes only that the app was
// asked.
func (s *Service) putSender(tx *store.Tx, ch Channel, source string, told messagingapi.Sender) error {
	now := micros(s.clock.Now())
	if told.ID == "" {
		_, err := tx.Exec(`UPDATE inbox_participant SET avatar_checked_at = ? WHERE company_id = @company AND channel_id = ? AND source_id = ?`, now, ch.ID, source)
		return err
	}
	_, err := tx.Exec(`UPDATE inbox_participant SET avatar_checked_at = ?, avatar_url = ?, name = ? WHERE company_id = @company AND channel_id = ? AND source_id = ?`,
		now, told.AvatarURL, told.Name, ch.ID, source)
	if err != nil {
		return err
	}
	return tell(tx, "channel.changed", 0, ch, snapshot{Channel: ch.ID, Status: string(ch.SyncState)})
}

// syncTemplates fetches the templates where the channel has them, and ends the
// sync.
// spec: messaging.sync.templates
func (s *Service) syncTemplates(ctx context.Context, j lane.Job, p pageJob) (commit, error) {
	const step = "getTemplates"
	t, ok, err := s.stage(ctx, j, p.Channel, p.Run)
	if err == nil && !ok {
		return nil, nil
	}
	if err != nil {
		return s.stop(ctx, j, p.Channel, p.Run, step, err)
	}
	var all []messagingapi.Template
	if t.channel.TemplateSupport && t.channel.ProviderType == messagingapi.ProviderWhatsApp {
		if all, err = s.templates(ctx, t); err != nil {
			return s.stop(ctx, j, p.Channel, p.Run, step, err)
		}
	}
	return onRun(p.Channel, p.Run, func(tx *store.Tx, ch Channel) error {
		if err := putTemplates(tx, ch.ID, all); err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM inbox_sync_cursor WHERE company_id = @company AND channel_id = ?`, ch.ID); err != nil {
			return err
		}
		return setSync(tx, ch, SyncReady, "")
	}), nil
}

func (s *Service) templates(ctx context.Context, t target) ([]messagingapi.Template, error) {
	to, err := t.app.GetTemplates.Expand(map[string]string{messagingapi.VarChannel: t.channel.ProviderChannelID})
	if err != nil {
		return nil, err
	}
	body, err := s.get(ctx, t, to, "messaging.sync.templates")
	if err != nil {
		return nil, err
	}
	return messagingapi.ParseTemplates(body)
}

func putTemplates(tx *store.Tx, channel int64, all []messagingapi.Template) error {
	if _, err := tx.Exec(`DELETE FROM inbox_template WHERE company_id = @company AND channel_id = ?`, channel); err != nil {
		return err
	}
	for _, t := range all {
		id, err := tx.NextID("inbox_template")
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO inbox_template (company_id, id, channel_id, source_id, name, content, language) VALUES (@company, ?, ?, ?, ?, ?, ?)`,
			id, channel, t.ID, t.Name, t.Content, t.Language); err != nil {
			return err
		}
	}
	return nil
}

// learnConversation is getConversationById for a conversation that a message
// named and the host did not know.
// spec: messaging.receive.unknown-conversation
func (s *Service) learnConversation(ctx context.Context, j lane.Job, p conversationJob) (commit, error) {
	var c Conversation
	var ok bool
	err := s.db.Company(j.Company).View(ctx, func(tx *store.Tx) (err error) {
		if c, ok, err = conversationByID(tx, p.Conversation, ""); err != nil || !ok {
			return err
		}
		c.Channel, _, err = channelByID(tx, c.Channel.ID)
		return err
	})
	if err != nil || !ok || c.known || !c.Channel.Connected {
		return nil, err
	}
	wire, err := s.conversation(ctx, j.Company, c)
	if err != nil {
		return s.notLearned(c, err)
	}
	return func(tx *store.Tx) error {
		now, ok, err := conversationByID(tx, c.ID, tx.ForUpdate())
		if err != nil || !ok || now.known {
			return err
		}
		now.Channel = c.Channel
		now.Link, now.Status, now.cursor = wire.Link, wire.Status, wire.NextMessages
		if now.Unread > 0 {
			now.Status = messagingapi.ConversationOpen
		}
		return s.takeHistory(tx, &now, wire)
	}, nil
}

func (s *Service) conversation(ctx context.Context, company int64, c Conversation) (messagingapi.Conversation, error) {
	t, err := s.targetOf(ctx, company, c.Channel)
	if err != nil {
		return messagingapi.Conversation{}, err
	}
	to, err := t.app.GetConversationByID.Expand(map[string]string{messagingapi.VarChannel: c.Channel.ProviderChannelID, messagingapi.VarConversation: c.SourceID})
	if err != nil {
		return messagingapi.Conversation{}, err
	}
	body, err := s.get(ctx, t, messagingapi.WithQuery(to, "messages_limit", pageLimit), "messaging.receive.unknown-conversation")
	if err != nil {
		return messagingapi.Conversation{}, err
	}
	wire, err := messagingapi.ParseConversation(body)
	if err == nil && wire.ID != c.SourceID {
		err = &messagingapi.Error{Key: "data.id", Message: fmt.Sprintf("expected %q, got %q", c.SourceID, wire.ID)}
	}
	if err == nil && len(wire.Participants) == 0 {
		err = &messagingapi.Error{Key: "data.participants", Message: "expected who takes part, got nobody"}
	}
	return wire, err
}

// notLearned leaves the conversation as the message made it; the channel shows
// why. The next message asks again.
func (s *Service) notLearned(c Conversation, cause error) (commit, error) {
	final, err := verdict(cause)
	if !final {
		return nil, err
	}
	return func(tx *store.Tx) error {
		if isSuspended(cause) {
			return suspend(tx, c.Channel.ID, cause.Error())
		}
		ch, ok, err := lockChannel(tx, c.Channel.ID)
		if err != nil || !ok {
			return err
		}
		return setSync(tx, ch, SyncFailed, fmt.Sprintf("getConversationById of %q: %s", c.SourceID, cause))
	}, nil
}

// avatarAge is how long an avatar that may expire is trusted.
// spec: messaging.avatars.daily
const avatarAge = 24 * time.Hour
