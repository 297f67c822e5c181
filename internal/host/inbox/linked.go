package inbox

import (
	"context"

	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

const queryLinked = `SELECT ` + conversationColumns + ` FROM inbox_conversation WHERE company_id = @company AND channel_id = ?
	AND id IN (SELECT l.conversation_id FROM inbox_link l WHERE l.company_id = @company AND l.kind = ? AND l.target_id = ?)
	ORDER BY last_message_at DESC, id DESC LIMIT ?`

// LinkedConversations are those that are tied to a record, on the channels the
// viewer may use, limit of each channel at most.
func (s *Service) LinkedConversations(ctx context.Context, v route.Caller, kind, id string, limit int) (all []Conversation, err error) {
	err = s.db.Company(v.Company).View(ctx, func(tx *store.Tx) error {
		all = nil
		channels, err := s.visible(tx, v)
		if err != nil {
			return err
		}
		for _, ch := range channels {
			some, err := store.Select(tx, scanConversation, queryLinked, ch.ID, kind, id, limit)
			if err != nil {
				return err
			}
			for i := range some {
				some[i].Channel = ch
			}
			all = append(all, some...)
		}
		return fillSides(tx, all)
	})
	return all, err
}
