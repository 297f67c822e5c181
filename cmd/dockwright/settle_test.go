package main

import (
	"context"
	"log/slog"
	"path"

	"github.com/dockwright/dockwright/internal/app/messaging"
	"github.com/dockwright/dockwright/internal/host"
	"github.com/dockwright/dockwright/internal/store"
)

// demoCompany is the company that "--demo" makes on an empty host.
const demoCompany = 1

// settle waits until nothing is under way any more, then looks everywhere: in
// the agent's and the visitor's page while the processes run, and in both
// databases once they have ended.
func (c *crash) settle() finding {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.deadline, settleTime)
	defer cancel()
	var total finding
	for _, k := range c.talkers {
		total.add(c.judgePage(ctx, "agent's page", k, k.rendered))
		total.add(c.judgePage(ctx, "visitor's page", k, k.seen))
	}
	c.rig.host.stop()
	c.rig.app.stop()
	total.add(c.judgeDatabase("host", host.Migrations(), hostThread))
	total.add(c.judgeDatabase("messaging", messaging.Migrations(), appThread))
	return total
}

// judgePage reads a page until it holds everything that was acknowledged, or
// until time is up, and judges what it holds then.
func (c *crash) judgePage(ctx context.Context, place string, k *talker, read func(context.Context) ([]spoken, error)) finding {
	var f finding
	err := eventually(ctx, func() (bool, error) {
		found, err := read(ctx)
		if err != nil {
			return false, err
		}
		us := utterances(found)
		f = c.ledger.judge('v', k.who, us)
		f.add(c.ledger.judge('a', k.who, us))
		return f.lost == 0, nil
	})
	if err != nil || !f.clean() {
		c.t.Logf("%s of conversation %d: %+v (%v)", place, k.who, f, err)
	}
	return f
}

// judgeDatabase opens a building's database, whose process has ended, and judges
// each thread that it holds.
func (c *crash) judgeDatabase(building string, ms []store.Migrations, thread string) finding {
	c.t.Helper()
	db, err := store.Open(c.deadline, store.Config{URL: c.rig.databaseURL(building), Schema: building, Migrations: ms, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		c.t.Fatal(err)
	}
	defer db.Close()
	var found []spoken
	err = db.Company(demoCompany).View(c.deadline, func(tx *store.Tx) error {
		found, err = store.Select(tx, func(s store.Scanner) (m spoken, err error) {
			return m, s.Scan(&m.text, &m.pictures)
		}, thread)
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
	var total finding
	us := utterances(found)
	for _, k := range c.talkers {
		f := c.ledger.judge('v', k.who, us)
		f.add(c.ledger.judge('a', k.who, us))
		if !f.clean() {
			c.t.Logf("database %s, conversation %d: %+v", building, k.who, f)
		}
		total.add(f)
	}
	return total
}

// How each building keeps a thread, in the order in which it is shown.
const (
	hostThread = `SELECT m.body, (SELECT COUNT(*) FROM inbox_attachment a WHERE a.company_id = @company AND a.message_id = m.id)
		FROM inbox_message m WHERE m.company_id = @company AND m.shadow_of = 0 ORDER BY m.conversation_id, m.created_at, m.id`
	appThread = `SELECT m.body, m.files FROM message m WHERE m.company_id = @company ORDER BY m.channel_id, m.conversation_id, m.seq`
)

func (r *crashRig) databaseURL(building string) string {
	if r.database != "" {
		return r.database
	}
	return "sqlite:" + path.Join(r.data, building+".db")
}
