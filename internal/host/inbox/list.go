package inbox

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/messagingapi"
)

const (
	defaultPage = 30
	largestPage = 100
)

// Values of Filter.Assignee besides a user's id.
const (
	AnyAssignee int64 = 0
	Unassigned  int64 = -1
)

// Filter narrows the list of conversations.
type Filter struct {
	Channel  int64  // 0: all
	Status   string // open, closed, or "" for both
	Assignee int64  // a user, AnyAssignee or Unassigned
	Before   string // cursor: next of the page before
	Limit    int    // default 30, at most 100
}

// mark is a place in a list that is sorted by time and id.
type mark struct{ at, id int64 }

var beginning = mark{math.MaxInt64, math.MaxInt64}

func (m mark) String() string { return fmt.Sprintf("%d.%d", m.at, m.id) }

func parseMark(field, s string) (mark, error) {
	if s == "" {
		return beginning, nil
	}
	at, id, ok := strings.Cut(s, ".")
	a, err1 := strconv.ParseInt(at, 10, 64)
	i, err2 := strconv.ParseInt(id, 10, 64)
	if !ok || err1 != nil || err2 != nil {
		return mark{}, fault.New(fault.Invalid, field, "expected a cursor that this list gave, got %q", s)
	}
	return mark{a, i}, nil
}

func pageSize(n int) int {
	if n <= 0 {
		return defaultPage
	}
	return min(n, largestPage)
}

// Channels lists the channels the viewer may use, by name.
func (s *Service) Channels(ctx context.Context, v route.Caller) (all []Channel, err error) {
	err = s.db.Company(v.Company).View(ctx, func(tx *store.Tx) error {
		all, err = s.visible(tx, v)
		return err
	})
	return all, err
}

// Channel returns a channel that the viewer may use.
func (s *Service) Channel(ctx context.Context, v route.Caller, id int64) (c Channel, err error) {
	err = s.db.Company(v.Company).View(ctx, func(tx *store.Tx) error {
		c, err = s.channelFor(tx, v, id)
		return err
	})
	return c, err
}

// Templates lists the texts that a channel's provider approved.
func (s *Service) Templates(ctx context.Context, v route.Caller, channel int64) (all []Template, err error) {
	err = s.db.Company(v.Company).View(ctx, func(tx *store.Tx) error {
		if _, err := s.channelFor(tx, v, channel); err != nil {
			return err
		}
		all, err = store.Select(tx, func(r store.Scanner) (t Template, err error) {
			return t, r.Scan(&t.ID, &t.SourceID, &t.Name, &t.Content, &t.Language)
		}, `SELECT id, source_id, name, content, language FROM inbox_template WHERE company_id = @company AND channel_id = ? ORDER BY name, id`, channel)
		return err
	})
	return all, err
}

// Unread counts the messages nobody has seen, on the channels the viewer may use.
func (s *Service) Unread(ctx context.Context, v route.Caller) (total int, err error) {
	err = s.db.Company(v.Company).View(ctx, func(tx *store.Tx) error {
		total = 0
		channels, err := s.visible(tx, v)
		if err != nil {
			return err
		}
		for _, c := range channels {
			n, err := store.One(tx, store.Value[int64], queryUnread, c.ID)
			if err != nil {
				return err
			}
			total += int(n)
		}
		return nil
	})
	return total, err
}

// ListConversations returns a page of the conversations on the channels the
// viewer may use, the one with the newest message first, and the cursor of the
// next page, "" if this is the last. Its cost depends on the page's size and the
// number of channels, not on how many conversations or messages there are.
func (s *Service) ListConversations(ctx context.Context, v route.Caller, f Filter) (page []Conversation, next string, err error) {
	from, err := parseMark("before", f.Before)
	if err != nil {
		return nil, "", err
	}
	statuses := []string{messagingapi.ConversationOpen, messagingapi.ConversationClosed}
	if f.Status != "" {
		if !slices.Contains(statuses, f.Status) {
			return nil, "", fault.New(fault.Invalid, "status", `expected "open" or "closed", got %q`, f.Status)
		}
		statuses = []string{f.Status}
	}
	f.Limit = pageSize(f.Limit)
	err = s.db.Company(v.Company).View(ctx, func(tx *store.Tx) error {
		page, err = s.listPage(tx, v, f, statuses, from)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	if len(page) > f.Limit {
		page = page[:f.Limit]
		last := page[len(page)-1]
		next = mark{micros(last.LastMessageAt), last.ID}.String()
	}
	return page, next, nil
}

// listPage takes one more than a page from each channel and status, so that each
// query walks one index and stops, and merges them.
func (s *Service) listPage(tx *store.Tx, v route.Caller, f Filter, statuses []string, from mark) ([]Conversation, error) {
	channels, err := s.visible(tx, v)
	if err != nil {
		return nil, err
	}
	var all []Conversation
	for _, ch := range channels {
		if f.Channel != 0 && f.Channel != ch.ID {
			continue
		}
		for _, status := range statuses {
			some, err := listOne(tx, ch.ID, status, f.Assignee, from, f.Limit+1)
			if err != nil {
				return nil, err
			}
			for i := range some {
				some[i].Channel = ch
			}
			all = append(all, some...)
		}
	}
	slices.SortFunc(all, func(a, b Conversation) int {
		if c := b.LastMessageAt.Compare(a.LastMessageAt); c != 0 {
			return c
		}
		return int(b.ID - a.ID)
	})
	all = all[:min(len(all), f.Limit+1)]
	return all, fillSides(tx, all)
}

// Each of these walks one index and stops, however much there is.
// spec: messaging.list.cost
const (
	queryList = `SELECT ` + conversationColumns + ` FROM inbox_conversation WHERE company_id = @company AND channel_id = ? AND status = ?
		AND (last_message_at, id) < (?, ?) ORDER BY last_message_at DESC, id DESC LIMIT ?`
	queryMine = `SELECT ` + conversationColumns + ` FROM inbox_conversation WHERE company_id = @company AND channel_id = ? AND status = ? AND assignee_id = ?
		AND (last_message_at, id) < (?, ?) ORDER BY last_message_at DESC, id DESC LIMIT ?`
	queryUnread = `SELECT CAST(COALESCE(SUM(unread), 0) AS BIGINT) FROM inbox_conversation
		WHERE company_id = @company AND channel_id = ? AND unread > 0`
	queryThread = `SELECT ` + messageColumns + ` FROM inbox_message WHERE company_id = @company AND conversation_id = ?
		AND (created_at, id) < (?, ?) AND shadow_of = 0 ORDER BY created_at DESC, id DESC LIMIT ?`
	// Sorted as the index is that finds the rows: for an order by id alone SQLite
	// walks the whole table.
	queryParticipants = `SELECT ` + participantColumns + ` FROM inbox_participant
		WHERE company_id = @company AND conversation_id IN (%s) ORDER BY conversation_id, source_id`
	queryAttachments = `SELECT ` + attachmentColumns + ` FROM inbox_attachment
		WHERE company_id = @company AND message_id IN (%s) ORDER BY message_id, id`
)

func listOne(tx *store.Tx, channel int64, status string, assignee int64, from mark, limit int) ([]Conversation, error) {
	switch assignee {
	case AnyAssignee:
		return store.Select(tx, scanConversation, queryList, channel, status, from.at, from.id, limit)
	case Unassigned:
		assignee = 0
	}
	return store.Select(tx, scanConversation, queryMine, channel, status, assignee, from.at, from.id, limit)
}

// fillSides tells who takes part.
func fillSides(tx *store.Tx, all []Conversation) error {
	ids := make([]int64, len(all))
	for i, c := range all {
		ids[i] = c.ID
	}
	parts, err := participantsOf(tx, ids)
	if err != nil {
		return err
	}
	for i := range all {
		c := &all[i]
		c.Customer, c.Business, _ = roles(parts[c.ID])
		if c.Customer.SourceID == "" { // the app has not told yet
			c.Customer = Participant{SourceID: c.SourceID, Name: c.SourceID, Role: messagingapi.RoleEndUser}
		}
		if c.Business.Name == "" {
			c.Business.Name = c.Channel.Name
		}
	}
	return nil
}

// Conversation returns a conversation with its links.
func (s *Service) Conversation(ctx context.Context, v route.Caller, id int64) (c Conversation, err error) {
	var stale []int64
	err = s.db.Company(v.Company).View(ctx, func(tx *store.Tx) error {
		if c, err = s.conversationFor(tx, v, id, ""); err != nil {
			return err
		}
		one := []Conversation{c}
		if err := fillSides(tx, one); err != nil {
			return err
		}
		c = one[0]
		if c.Links, err = s.links(tx, v, id); err != nil {
			return err
		}
		stale, err = s.staleAvatars(tx, id)
		return err
	})
	if err != nil {
		return Conversation{}, err
	}
	if len(stale) > 0 && c.Channel.Connected {
		// A page must not fail because a picture is old.
		if err := s.refreshAvatars(ctx, v.Company, c, stale); err != nil {
			s.log.Warn("avatars not refreshed", "company", v.Company, "conversation", id, "err", err)
		}
	}
	return c, nil
}
