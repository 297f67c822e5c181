package inbox

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/store"
)

// places is "?, ?, …" for n values, and args the values.
func places(ids []int64) (list string, args []any) {
	for _, id := range ids {
		args = append(args, id)
	}
	return strings.TrimSuffix(strings.Repeat("?, ", len(ids)), ", "), args
}

// found turns "no rows" into false.
func found[T any](v T, err error) (T, bool, error) {
	if errors.Is(err, store.ErrNoRows) {
		return v, false, nil
	}
	return v, err == nil, err
}

const channelColumns = `id, uuid, client_id, owner_id, name, provider_channel_id, avatar_url, provider_type,
	template_support, shared, connected, sync_state, sync_error, sync_run, created_at`

func scanChannel(s store.Scanner) (Channel, error) {
	var c Channel
	var created int64
	err := s.Scan(&c.ID, &c.UUID, &c.ClientID, &c.Owner, &c.Name, &c.ProviderChannelID, &c.AvatarURL, &c.ProviderType,
		&c.TemplateSupport, &c.Shared, &c.Connected, &c.SyncState, &c.SyncError, &c.run, &created)
	c.CreatedAt = clock.FromMicros(created)
	return c, err
}

// A channel without a client is one that was removed and is being swept.
func channelByID(tx *store.Tx, id int64) (Channel, bool, error) {
	return found(store.One(tx, scanChannel, `SELECT `+channelColumns+` FROM inbox_channel WHERE company_id = @company AND id = ? AND client_id <> ''`, id))
}

// lockChannel is channelByID that holds the row until the transaction ends, for
// who will write it. Channels are locked before conversations.
func lockChannel(tx *store.Tx, id int64) (Channel, bool, error) {
	return found(store.One(tx, scanChannel, `SELECT `+channelColumns+` FROM inbox_channel WHERE company_id = @company AND id = ? AND client_id <> '' `+tx.ForUpdate(), id))
}

// channelBySource finds a channel as its app knows it. With lock the row is held
// until the transaction ends.
func channelBySource(tx *store.Tx, clientID, providerID string, lock bool) (Channel, bool, error) {
	q := `SELECT ` + channelColumns + ` FROM inbox_channel WHERE company_id = @company AND client_id = ? AND provider_channel_id = ?`
	if lock {
		q += tx.ForUpdate()
	}
	return found(store.One(tx, scanChannel, q, clientID, providerID))
}

func allChannels(tx *store.Tx) ([]Channel, error) {
	return store.Select(tx, scanChannel, `SELECT `+channelColumns+` FROM inbox_channel WHERE company_id = @company AND client_id <> '' ORDER BY name, id`)
}

func insertChannel(tx *store.Tx, c Channel) error {
	_, err := tx.Exec(`INSERT INTO inbox_channel (company_id, `+channelColumns+`)
		VALUES (@company, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		c.ID, c.UUID, c.ClientID, c.Owner, c.Name, c.ProviderChannelID, c.AvatarURL, c.ProviderType,
		c.TemplateSupport, c.Shared, c.Connected, string(c.SyncState), c.SyncError, c.run, clock.Micros(c.CreatedAt))
	return err
}

func updateChannel(tx *store.Tx, c Channel) error {
	_, err := tx.Exec(`UPDATE inbox_channel SET owner_id = ?, name = ?, avatar_url = ?, provider_type = ?, template_support = ?,
		shared = ?, connected = ?, sync_state = ?, sync_error = ?, sync_run = ? WHERE company_id = @company AND id = ?`,
		c.Owner, c.Name, c.AvatarURL, c.ProviderType, c.TemplateSupport,
		c.Shared, c.Connected, string(c.SyncState), c.SyncError, c.run, c.ID)
	return err
}

const conversationColumns = `id, channel_id, source_id, link, status, known, next_cursor, preview, preview_outgoing,
	last_message_at, unread, assignee_id, reply_by`

func scanConversation(s store.Scanner) (Conversation, error) {
	var c Conversation
	var last, replyBy, unread int64
	err := s.Scan(&c.ID, &c.Channel.ID, &c.SourceID, &c.Link, &c.Status, &c.known, &c.cursor, &c.Preview, &c.PreviewOutgoing,
		&last, &unread, &c.Assignee, &replyBy)
	c.LastMessageAt, c.ReplyBy = clock.FromMicros(last), clock.FromMicros(replyBy)
	c.Unread, c.HasOlder = int(unread), c.cursor != ""
	return c, err
}

func conversationByID(tx *store.Tx, id int64, lock string) (Conversation, bool, error) {
	return found(store.One(tx, scanConversation, `SELECT `+conversationColumns+` FROM inbox_conversation
		WHERE company_id = @company AND id = ?`+lock, id))
}

func conversationBySource(tx *store.Tx, channel int64, source, lock string) (Conversation, bool, error) {
	return found(store.One(tx, scanConversation, `SELECT `+conversationColumns+` FROM inbox_conversation
		WHERE company_id = @company AND channel_id = ? AND source_id = ?`+lock, channel, source))
}

// openConversation finds or makes the conversation that the app knows as source,
// and locks it.
func (s *Service) openConversation(tx *store.Tx, channel int64, source string) (c Conversation, made bool, err error) {
	c, ok, err := conversationBySource(tx, channel, source, tx.ForUpdate())
	if err != nil || ok {
		return c, false, err
	}
	id, err := tx.NextID("inbox_conversation")
	if err != nil {
		return c, false, err
	}
	n, err := tx.Exec(`INSERT INTO inbox_conversation (company_id, `+conversationColumns+`, created_at)
		VALUES (@company, ?, ?, ?, '', 'open', ?, '', '', ?, 0, 0, 0, 0, ?) ON CONFLICT (company_id, channel_id, source_id) DO NOTHING`,
		id, channel, source, false, false, clock.Micros(s.clock.Now()))
	if err != nil {
		return c, false, err
	}
	// Another node may have made it between the look and the insert.
	c, _, err = conversationBySource(tx, channel, source, tx.ForUpdate())
	return c, n > 0, err
}

func updateConversation(tx *store.Tx, c Conversation) error {
	_, err := tx.Exec(`UPDATE inbox_conversation SET link = ?, status = ?, known = ?, next_cursor = ?, preview = ?, preview_outgoing = ?,
		last_message_at = ?, unread = ?, assignee_id = ?, reply_by = ? WHERE company_id = @company AND id = ?`,
		c.Link, c.Status, c.known, c.cursor, c.Preview, c.PreviewOutgoing,
		clock.Micros(c.LastMessageAt), int64(c.Unread), c.Assignee, clock.Micros(c.ReplyBy), c.ID)
	return err
}

// participant is a Participant with what the refresh of avatars needs.
type participant struct {
	Participant
	conversation   int64
	fetch, expires bool
	checkedAt      int64
}

const participantColumns = `id, conversation_id, source_id, name, role, avatar_url, fetch_avatar, avatar_expires, avatar_checked_at`

func scanParticipant(s store.Scanner) (participant, error) {
	var p participant
	err := s.Scan(&p.ID, &p.conversation, &p.SourceID, &p.Name, &p.Role, &p.AvatarURL, &p.fetch, &p.expires, &p.checkedAt)
	return p, err
}

// participantsOf returns who takes part in conversations, in the order in which
// the app named them.
func participantsOf(tx *store.Tx, conversations []int64) (map[int64][]participant, error) {
	if len(conversations) == 0 {
		return nil, nil
	}
	list, args := places(conversations)
	all, err := store.Select(tx, scanParticipant, fmt.Sprintf(queryParticipants, list), args...)
	slices.SortFunc(all, func(a, b participant) int { return cmp.Compare(a.ID, b.ID) })
	by := map[int64][]participant{}
	for _, p := range all {
		by[p.conversation] = append(by[p.conversation], p)
	}
	return by, err
}
