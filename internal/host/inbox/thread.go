package inbox

import (
	"context"
	"errors"
	"slices"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/messagingapi"
)

// Messages returns up to limit messages of a conversation before a cursor, the
// oldest first, and the cursor of what is older, "" if there is nothing. When
// ours have run out, the app is asked for older ones; if it cannot give them the
// error says so and is worth another try.
// spec: messaging.history.older
func (s *Service) Messages(ctx context.Context, v route.Caller, conversation int64, before string, limit int) (page []Message, older string, err error) {
	from, err := parseMark("before", before)
	if err != nil {
		return nil, "", err
	}
	limit = pageSize(limit)
	for asked := 0; ; asked++ {
		var c Conversation
		var more bool
		err = s.db.Company(v.Company).View(ctx, func(tx *store.Tx) error {
			if c, err = s.conversationFor(tx, v, conversation, ""); err != nil {
				return err
			}
			page, more, err = thread(tx, conversation, from, limit)
			return err
		})
		if err != nil {
			return nil, "", err
		}
		if len(page) > 0 || c.cursor == "" || !c.Channel.Connected {
			if len(page) > 0 && (more || c.cursor != "" && c.Channel.Connected) {
				older = mark{micros(page[0].CreatedAt), page[0].ID}.String()
			}
			return page, older, nil
		}
		if asked == mostAsked {
			return nil, "", unavailable("older messages", errNothingOlder)
		}
		if err := s.fetchOlder(ctx, v.Company, c); err != nil {
			return nil, "", err
		}
	}
}

// mostAsked is how often an app is asked in a row for messages that are older
// than what is there. Its pages may overlap ours, but not for ever.
// spec: messaging.cursors.stop
const mostAsked = 8

var errNothingOlder = errors.New("it keeps giving messages that are here already")

// thread reads a page of what is stored, the oldest first.
func thread(tx *store.Tx, conversation int64, from mark, limit int) (page []Message, more bool, err error) {
	page, err = store.Select(tx, scanMessage, queryThread, conversation, from.at, from.id, limit+1)
	if err != nil {
		return nil, false, err
	}
	if more = len(page) > limit; more {
		page = page[:limit]
	}
	slices.Reverse(page)
	return page, more, fillFiles(tx, page)
}

func fillFiles(tx *store.Tx, page []Message) error {
	ids := make([]int64, len(page))
	for i, m := range page {
		ids[i] = m.ID
	}
	files, err := attachmentsOf(tx, ids)
	if err != nil {
		return err
	}
	for i := range page {
		for _, a := range files[page[i].ID] {
			page[i].Attachments = append(page[i].Attachments, a.shown())
		}
	}
	return nil
}

// fetchOlder asks the app for the page behind the conversation's cursor. A
// person waits for it, so it is a call and not a lane.
func (s *Service) fetchOlder(ctx context.Context, company int64, c Conversation) error {
	t, err := s.targetOf(ctx, company, c.Channel)
	if err != nil {
		return err
	}
	to, err := t.app.GetConversationByID.Expand(map[string]string{messagingapi.VarChannel: c.Channel.ProviderChannelID, messagingapi.VarConversation: c.SourceID})
	if err != nil {
		return invalid(err)
	}
	body, err := s.get(ctx, t, messagingapi.WithQuery(to, "after", c.cursor, "messages_limit", pageLimit), "messaging.history.older")
	if err != nil {
		return unavailable("older messages", err)
	}
	wire, err := messagingapi.ParseConversation(body)
	if err != nil {
		return unavailable("older messages", err)
	}
	return s.db.Company(company).Update(ctx, func(tx *store.Tx) error {
		now, ok, err := conversationByID(tx, c.ID, tx.ForUpdate())
		if err != nil || !ok || now.cursor != c.cursor { // somebody else was quicker
			return err
		}
		now.Channel = c.Channel
		now.cursor = wire.NextMessages
		if len(wire.Messages) == 0 || now.cursor == c.cursor { // spec: messaging.cursors.stop
			now.cursor = ""
		}
		return s.takeHistory(tx, &now, wire)
	})
}

// takeHistory stores messages of the past and who takes part, and the
// conversation itself.
func (s *Service) takeHistory(tx *store.Tx, c *Conversation, wire messagingapi.Conversation) error {
	if err := s.putParticipants(tx, c, wire.Participants); err != nil {
		return err
	}
	for _, m := range wire.Messages {
		if _, err := s.take(tx, c, fromMessage(m), false); err != nil {
			return err
		}
	}
	if err := updateConversation(tx, *c); err != nil {
		return err
	}
	return tell(tx, "conversation.changed", 0, c.Channel, snapshot{Channel: c.Channel.ID, Conversation: c.ID, Unread: c.Unread, Assignee: c.Assignee, Status: c.Status})
}

// unavailable is a failure of a call that a person waits for.
func unavailable(what string, err error) error {
	e := fault.New(fault.Unavailable, "", "The app behind this channel did not give %s: %s. Try again in a moment.", what, err)
	e.Err = err
	return e
}

// putParticipants stores who takes part. The first time it also settles which of
// the messages so far are ours.
func (s *Service) putParticipants(tx *store.Tx, c *Conversation, told []messagingapi.Participant) error {
	if len(told) == 0 {
		return nil
	}
	for _, p := range told {
		id, err := tx.NextID("inbox_participant")
		if err != nil {
			return err
		}
		// An avatar that was fetched stays until the app names one itself.
		_, err = tx.Exec(`INSERT INTO inbox_participant (company_id, channel_id, `+participantColumns+`)
			VALUES (@company, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT (company_id, conversation_id, source_id) DO UPDATE SET
			name = excluded.name, role = excluded.role, fetch_avatar = excluded.fetch_avatar, avatar_expires = excluded.avatar_expires,
			avatar_url = CASE WHEN excluded.avatar_url = '' THEN inbox_participant.avatar_url ELSE excluded.avatar_url END`,
			c.Channel.ID, id, c.ID, p.ID, p.Name, p.Role, p.AvatarURL, p.FetchAvatar, p.AvatarExpires)
		if err != nil {
			return err
		}
	}
	if c.known {
		return nil
	}
	c.known = true
	for _, p := range told {
		if p.Role != messagingapi.RoleSourceUser {
			continue
		}
		n, err := tx.Exec(`UPDATE inbox_message SET outgoing = ? WHERE company_id = @company AND conversation_id = ? AND sender_id = ? AND author_id = 0 AND outgoing = ?`,
			true, c.ID, p.ID, false)
		if err != nil {
			return err
		}
		c.Unread = max(0, c.Unread-int(n))
		if n > 0 {
			return c.repaint(tx)
		}
	}
	return nil
}
