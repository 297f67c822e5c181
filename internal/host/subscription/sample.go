package subscription

import (
	"time"

	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/records"
)

const sampleName = "Test from the webhook's page"

// sampleRecord is a made-up record before and after a change. Its id is 0, which
// no record has.
func sampleRecord(entity string, owner int64, now time.Time) (before, after any) {
	switch entity {
	case entityOrganization:
		o := records.Organization{Name: sampleName, Owner: owner, VisibleTo: 3, AddedAt: now, UpdatedAt: now}
		return o, with(o, func(o *records.Organization) { o.Address = "1 Test Street" })
	case entityDeal:
		d := records.Deal{Title: sampleName, Owner: owner, Status: records.StatusOpen, VisibleTo: 3, AddedAt: now, UpdatedAt: now}
		return d, with(d, func(d *records.Deal) { d.Value = records.Units(100, "EUR") })
	case entityLead:
		l := records.Lead{Title: sampleName, Owner: owner, VisibleTo: 3, AddedAt: now, UpdatedAt: now}
		return l, with(l, func(l *records.Lead) { l.Seen = true })
	case entityActivity:
		a := records.Activity{Subject: "A test", Type: "task", Owner: owner, Creator: owner, AddedAt: now, UpdatedAt: now}
		return a, with(a, func(a *records.Activity) { a.Subject = sampleName })
	case entityActivityType:
		t := records.ActivityType{Name: "A test", Key: "a_test", AddedAt: now, UpdatedAt: now}
		return t, with(t, func(t *records.ActivityType) { t.Name = sampleName })
	case entityNote:
		n := records.Note{Content: "A test", Author: owner, AddedAt: now, UpdatedAt: now}
		return n, with(n, func(n *records.Note) { n.Content = sampleName })
	case entityPipeline:
		p := records.Pipeline{Name: "A test"}
		return p, with(p, func(p *records.Pipeline) { p.Name = sampleName })
	case entityStage:
		st := records.Stage{Name: "A test"}
		return st, with(st, func(st *records.Stage) { st.Name = sampleName })
	case entityUser:
		u := account.User{Name: "A test", CreatedAt: now, ModifiedAt: now}
		return u, with(u, func(u *account.User) { u.Name = sampleName })
	}
	p := records.Person{Name: "A test", FirstName: "A test", Owner: owner, VisibleTo: 3, AddedAt: now, UpdatedAt: now}
	return p, with(p, func(p *records.Person) { p.Name, p.FirstName = sampleName, sampleName })
}

func with[T any](v T, change func(*T)) T {
	change(&v)
	return v
}
