package inbox

import (
	"context"
	"fmt"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/messagingapi"
)

// change runs fn on a conversation whose row is locked. If fn reports a change
// it is stored and told.
func (s *Service) change(ctx context.Context, v route.Caller, id int64, fn func(*store.Tx, *Conversation) (bool, error)) error {
	return s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) error {
		c, err := s.conversationFor(tx, v, id, tx.ForUpdate())
		if err != nil {
			return err
		}
		changed, err := fn(tx, &c)
		if err != nil || !changed {
			return err
		}
		if err := updateConversation(tx, c); err != nil {
			return err
		}
		return tell(tx, "conversation.changed", v.User, c.Channel, snapshot{Channel: c.Channel.ID, Conversation: id, Status: c.Status, Assignee: c.Assignee, Unread: c.Unread})
	})
}

// MarkSeen takes a conversation's unread count away, for everybody. The app is
// not told: the contract has no read receipts in that direction.
// spec: messaging.unread.shared
func (s *Service) MarkSeen(ctx context.Context, v route.Caller, id int64) error {
	return s.change(ctx, v, id, func(_ *store.Tx, c *Conversation) (bool, error) {
		seen := c.Unread > 0
		c.Unread = 0
		return seen, nil
	})
}

// Assign gives a conversation to a user, or to nobody if user is 0.
func (s *Service) Assign(ctx context.Context, v route.Caller, id, user int64) error {
	return s.change(ctx, v, id, func(tx *store.Tx, c *Conversation) (bool, error) {
		if user == c.Assignee {
			return false, nil
		}
		if user != 0 {
			if err := s.mayBeAssigned(tx, c.Channel, user); err != nil {
				return false, err
			}
		}
		c.Assignee = user
		return true, nil
	})
}

// mayBeAssigned refuses who could not see the conversation.
func (s *Service) mayBeAssigned(tx *store.Tx, ch Channel, user int64) error {
	no := fault.New(fault.Invalid, "assignee", "expected an active user of the company, got user %d", user)
	if user < 0 {
		return no
	}
	if s.users != nil {
		u, err := s.users.User(tx, user)
		if fault.KindOf(err) == fault.NotFound || err == nil && !u.Active {
			return no
		}
		if err != nil {
			return err
		}
	}
	may, err := s.mayUse(tx, ch, user)
	if err != nil {
		return err
	}
	if !may && ch.Shared {
		return fault.New(fault.Invalid, "assignee", "user %d has not installed the app behind %s; colleagues install it themselves before they use what is shared", user, ch.Name)
	}
	if !may {
		return fault.New(fault.Invalid, "assignee", "%s is not shared, so only its owner can have its conversations; share the installation first", ch.Name)
	}
	return nil
}

// SetStatus closes or reopens a conversation. The app is not told: the contract
// has no call for it.
func (s *Service) SetStatus(ctx context.Context, v route.Caller, id int64, status string) error {
	if status != messagingapi.ConversationOpen && status != messagingapi.ConversationClosed {
		return fault.New(fault.Invalid, "status", `expected "open" or "closed", got %q`, status)
	}
	return s.change(ctx, v, id, func(_ *store.Tx, c *Conversation) (bool, error) {
		changed := c.Status != status
		c.Status = status
		return changed, nil
	})
}

// Kinds of record that a conversation can be linked to.
const (
	LinkPerson = "person"
	LinkLead   = "lead"
	LinkDeal   = "deal"
)

// LinkTo ties a conversation to a record, of each kind as many as wanted.
func (s *Service) LinkTo(ctx context.Context, v route.Caller, id int64, l Link) error {
	if l.Kind != LinkPerson && l.Kind != LinkLead && l.Kind != LinkDeal {
		return fault.New(fault.Invalid, "kind", `expected "person", "lead" or "deal", got %q`, l.Kind)
	}
	if l.TargetID == "" || len(l.TargetID) > messagingapi.MaxID || !storable(l.TargetID) {
		return fault.New(fault.Invalid, "target", "expected the id of a %s", l.Kind)
	}
	return s.change(ctx, v, id, func(tx *store.Tx, _ *Conversation) (bool, error) {
		if s.records != nil {
			titles, err := s.records.Titles(tx, v, l.Kind, []string{l.TargetID})
			if err != nil {
				return false, err
			}
			if _, ok := titles[l.TargetID]; !ok {
				return false, fault.New(fault.Invalid, "target", "there is no %s %s", l.Kind, l.TargetID)
			}
		}
		n, err := tx.Exec(`INSERT INTO inbox_link (company_id, conversation_id, kind, target_id, created_at) VALUES (@company, ?, ?, ?, ?)
			ON CONFLICT DO NOTHING`, id, l.Kind, l.TargetID, micros(s.clock.Now()))
		return n > 0, err
	})
}

// Unlink takes a link away.
func (s *Service) Unlink(ctx context.Context, v route.Caller, id int64, l Link) error {
	if !storable(l.Kind) || !storable(l.TargetID) {
		return fault.New(fault.Invalid, "target", "expected a link that the conversation has")
	}
	return s.change(ctx, v, id, func(tx *store.Tx, _ *Conversation) (bool, error) {
		n, err := tx.Exec(`DELETE FROM inbox_link WHERE company_id = @company AND conversation_id = ? AND kind = ? AND target_id = ?`, id, l.Kind, l.TargetID)
		return n > 0, err
	})
}

// links are a conversation's links with their titles. A record that is gone
// or that the viewer does not see keeps its kind and id as title.
func (s *Service) links(tx *store.Tx, v route.Caller, conversation int64) ([]Link, error) {
	all, err := store.Select(tx, func(r store.Scanner) (l Link, err error) {
		return l, r.Scan(&l.Kind, &l.TargetID)
	}, `SELECT kind, target_id FROM inbox_link WHERE company_id = @company AND conversation_id = ? ORDER BY created_at, kind, target_id`, conversation)
	if err != nil {
		return nil, err
	}
	byKind := map[string][]string{}
	for _, l := range all {
		byKind[l.Kind] = append(byKind[l.Kind], l.TargetID)
	}
	for kind, ids := range byKind {
		titles := map[string]string{}
		if s.records != nil {
			if titles, err = s.records.Titles(tx, v, kind, ids); err != nil {
				return nil, err
			}
		}
		for i := range all {
			if all[i].Kind != kind {
				continue
			}
			if all[i].Title = titles[all[i].TargetID]; all[i].Title == "" {
				all[i].Title = fmt.Sprintf("%s %s", kind, all[i].TargetID)
			}
		}
	}
	return all, nil
}

// DeleteConversation deletes a conversation and all in it. Only the owner of the
// installation may. If the app tells of it again, it begins anew.
// spec: messaging.conversation.reappears
func (s *Service) DeleteConversation(ctx context.Context, v route.Caller, id int64) error {
	return s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) error {
		c, err := s.conversationFor(tx, v, id, "")
		if err != nil {
			return err
		}
		if err := ownerOnly(v, c.Channel, messagingapi.TextOwnerOnly); err != nil {
			return err
		}
		return dropConversation(tx, v.User, c)
	})
}

func dropConversation(tx *store.Tx, actor int64, c Conversation) error {
	if _, err := tx.Exec(`DELETE FROM inbox_conversation WHERE company_id = @company AND id = ?`, c.ID); err != nil {
		return err
	}
	return tell(tx, "conversation.deleted", actor, c.Channel, snapshot{Channel: c.Channel.ID, Conversation: c.ID})
}
