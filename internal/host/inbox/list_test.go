package inbox

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/store"
)

// many makes a channel with n conversations, every fifth closed, every third
// assigned to user 2, written to one after the other.
func (g *rig) many(n int) {
	g.t.Helper()
	ch := g.register()
	err := g.db.Company(1).Update(g.t.Context(), func(tx *store.Tx) error {
		for i := range n {
			c, _, err := g.s.openConversation(tx, ch.ID, fmt.Sprintf("thr-%03d", i))
			if err != nil {
				return err
			}
			c.Channel, c.known = ch, true
			c.LastMessageAt = g.clock.Now()
			if i%2 == 0 { // pairs share a moment, so that the id must decide
				g.clock.Advance(1e9)
			}
			c.Preview = fmt.Sprint(i)
			if i%5 == 0 {
				c.Status = "closed"
			}
			if i%3 == 0 {
				c.Assignee = 2
			}
			if i%4 == 0 {
				c.Unread = 3
			}
			if err := updateConversation(tx, c); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		g.t.Fatal(err)
	}
}

func TestListPages(t *testing.T) {
	each(t, func(t *testing.T, g *rig) {
		const n = 120
		g.many(n)
		for _, f := range []Filter{{}, {Status: "open"}, {Status: "closed"}, {Assignee: 2}, {Assignee: Unassigned, Status: "open"}, {Channel: 1}, {Channel: 2}} {
			var got []string
			f.Limit = 7
			for {
				page, next, err := g.s.ListConversations(t.Context(), owner, f)
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range page {
					got = append(got, c.Preview)
				}
				if f.Before = next; next == "" {
					break
				}
				if len(page) != f.Limit {
					t.Fatalf("%+v: a page of %d is followed by another", f, len(page))
				}
			}
			var want []string
			for i := n - 1; i >= 0; i-- {
				closed, mine := i%5 == 0, i%3 == 0
				if f.Status != "" && (f.Status == "closed") != closed || f.Assignee == 2 && !mine || f.Assignee == Unassigned && mine || f.Channel == 2 {
					continue
				}
				want = append(want, fmt.Sprint(i))
			}
			if strings.Join(got, " ") != strings.Join(want, " ") {
				t.Errorf("%+v: got  %v\nwant %v", f, got, want)
			}
		}
		if total, err := g.s.Unread(t.Context(), owner); err != nil || total != n/4*3 {
			t.Errorf("unread %d, %v", total, err)
		}
	})
}

func TestListRefuses(t *testing.T) {
	t.Parallel()
	g := newRig(t, sqlite(t))
	for _, f := range []Filter{{Status: "shut"}, {Before: "x"}, {Before: "1.x"}} {
		if _, _, err := g.s.ListConversations(t.Context(), owner, f); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%+v: %v", f, err)
		}
	}
}

// The queries of the list and the thread walk an index and stop: no sorting, no
// reading of all rows. So their cost does not depend on how much there is.
func TestQueriesWalkIndexes(t *testing.T) {
	t.Parallel()
	g := newRig(t, sqlite(t))
	queries := map[string][]any{
		queryList: {1, "open", 5, 5, 10}, queryMine: {1, "open", 2, 5, 5, 10}, queryUnread: {1}, queryThread: {1, 5, 5, 10},
		fmt.Sprintf(queryParticipants, "?, ?"): {1, 2}, fmt.Sprintf(queryAttachments, "?, ?"): {1, 2},
	}
	for q, args := range queries {
		var plan []string
		err := g.db.Company(1).View(t.Context(), func(tx *store.Tx) (err error) {
			plan, err = store.Select(tx, func(s store.Scanner) (line string, err error) {
				var a, b, c int
				return line, s.Scan(&a, &b, &c, &line)
			}, `EXPLAIN QUERY PLAN `+q, args...)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		// spec: messaging.list.cost
		if got := strings.Join(plan, "; "); len(plan) != 1 || !strings.HasPrefix(got, "SEARCH") || !strings.Contains(got, "INDEX inbox_") {
			t.Errorf("%s\nis done by %s", q, got)
		}
	}
}

// Where an app names several customers, the conversation is with the one it
// named first.
func TestFirstNamedCustomer(t *testing.T) {
	each(t, func(t *testing.T, g *rig) {
		two := strings.Replace(threadJSON(""), `{"id":"wa-1"`, `{"id":"wa-9","name":"Ants","role":"end_user"},{"id":"wa-1"`, 1)
		g.app.on("GET /pd/chan-88/threads", 200, `{"success":true,"data":[`+two+`]}`)
		g.want(200, owner, "POST", "/v1/channels", aChannel)
		g.synced(SyncReady)
		if c := g.only(); c.Customer.Name != "Ants" {
			t.Errorf("the customer is %q", c.Customer.Name)
		}
	})
}
