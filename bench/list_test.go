package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/host"
	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/inbox"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

const (
	listCompany = 1
	listReads   = 300
)

// sizes are small and large inboxes: conversations, and messages over all.
var sizes = []struct{ conversations, messages int }{{1_000, 1_000}, {1_000, 1_000_000}, {50_000, 1_000_000}}

// BenchmarkConversationList reads the first page of the list, filtered by status,
// and the newest page of a thread, over inboxes of different size.
func BenchmarkConversationList(b *testing.B) {
	viewer := route.Caller{Company: listCompany, User: 1, Admin: true}
	var rows [][]string
	var first float64
	for i, size := range sizes {
		db := storetest.SQLite(b, host.Migrations()...)
		fillInbox(b, db, size.conversations, size.messages)
		s := inbox.New(db, inbox.Options{Installs: everybodys{}})
		var list, thread []time.Duration
		for range b.N * listReads {
			began := time.Now()
			page, _, err := s.ListConversations(context.Background(), viewer, inbox.Filter{Status: "open"})
			if err != nil || len(page) != 30 {
				b.Fatalf("%d conversations, %v", len(page), err)
			}
			list = append(list, time.Since(began))
			began = time.Now()
			if _, _, err := s.Messages(context.Background(), viewer, page[0].ID, "", 30); err != nil {
				b.Fatal(err)
			}
			thread = append(thread, time.Since(began))
		}
		p50 := percentile(list, .5)
		if i == 0 {
			first = p50
		}
		b.ReportMetric(p50/first, fmt.Sprintf("x-list-%d", i))
		rows = append(rows, []string{fmt.Sprint(size.conversations), fmt.Sprint(size.messages),
			fmt.Sprintf("%.2f ms", p50), fmt.Sprintf("%.2f ms", percentile(list, .99)), fmt.Sprintf("%.2f ms", percentile(thread, .5)), ratio(p50, first)})
	}
	table(b, "A page of 30 conversations, and the newest 30 messages of one (SQLite)",
		[]string{"conversations", "messages", "list p50", "list p99", "thread p50", "list beside the first row"}, rows)
}

// everybodys says that each installation exists and is shared.
type everybodys struct{}

func (everybodys) Installation(_ *store.Tx, clientID string, user int64) (authz.Installation, error) {
	return authz.Installation{Company: listCompany, User: user, ClientID: clientID, Shared: true}, nil
}

func fillInbox(b *testing.B, db *store.DB, conversations, messages int) {
	b.Helper()
	now := clock.Micros(time.Now())
	err := db.Company(listCompany).Update(context.Background(), func(tx *store.Tx) error {
		if _, err := tx.Exec(`INSERT INTO inbox_channel (company_id, id, uuid, client_id, owner_id, name, provider_channel_id, avatar_url, provider_type,
			template_support, shared, connected, sync_state, sync_error, sync_run, created_at)
			VALUES (@company, 1, 'u', 'c', 1, 'Chat', 'p', '', 'other', FALSE, TRUE, TRUE, 'ready', '', 0, ?)`, now); err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO inbox_conversation (company_id, id, channel_id, source_id, link, status, known, next_cursor, preview, preview_outgoing,
			last_message_at, unread, assignee_id, reply_by, created_at)
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
			SELECT @company, i, 1, 's-' || i, '', CASE WHEN i % 10 = 0 THEN 'closed' ELSE 'open' END, TRUE, '', 'hello', FALSE, ? - i, 0, 0, 0, ? FROM n`,
			conversations, now, now); err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO inbox_participant (company_id, id, channel_id, conversation_id, source_id, name, role, avatar_url, fetch_avatar, avatar_expires, avatar_checked_at)
			SELECT @company, id * 2, 1, id, 'e-' || id, 'Visitor ' || id, 'end_user', '', FALSE, FALSE, 0 FROM inbox_conversation WHERE company_id = @company
			UNION ALL SELECT @company, id * 2 + 1, 1, id, 'b-' || id, 'Shop', 'source_user', '', FALSE, FALSE, 0 FROM inbox_conversation WHERE company_id = @company`); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO inbox_message (company_id, id, channel_id, conversation_id, source_id, sender_id, outgoing, author_id, status, body, error, send_key, attempt, shadow_of, created_at)
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
			SELECT @company, i, 1, 1 + i % ?, 'm-' || i, 'e-' || (1 + i % ?), FALSE, 0, 'sent', 'hello, is the blue one in stock?', '', '', 0, 0, ? - i FROM n`,
			messages, conversations, conversations, now)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}
