package records

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// The users of the demo company, as the account room seeds them.
var demoUsers = []int64{1, 2, 3}

// SeedDemo fills the demo company with records to look at: people and firms of
// a furniture trader's day, shared out among its users in turn. If the company
// has a pipeline already it is left as it is.
func (s *Service) SeedDemo(ctx context.Context, company int64) error {
	return s.seedDemo(ctx, company, false)
}

// ResetDemo deletes all records of the demo company, whoever made them, and makes
// those of SeedDemo and SeedDemoDoings anew. Ids are not given out twice, so theirs are new.
func (s *Service) ResetDemo(ctx context.Context, company int64) error {
	if err := s.seedDemo(ctx, company, true); err != nil {
		return err
	}
	return s.SeedDemoDoings(ctx, company)
}

func (s *Service) seedDemo(ctx context.Context, company int64, anew bool) error {
	leads := make([]string, len(demoLeads))
	for i := range leads {
		leads[i] = uuid.NewString()
	}
	labels := make([]Label, len(demoLabels))
	for i, b := range demoLabels {
		labels[i] = Label{ID: uuid.NewString(), Name: b.Name, Color: b.Color}
	}
	now := s.db.Now()
	return s.db.Company(company).Update(ctx, func(tx *store.Tx) error {
		if anew {
			if err := tx.Erase("records_"); err != nil {
				return err
			}
		}
		there, err := pipelines(tx)
		if err != nil || len(there) > 0 {
			return err
		}
		d := seeder{s: s, tx: tx, now: now, leadIDs: leads, labels: labels}
		for _, step := range []func() error{d.pipeline, d.organizations, d.persons, d.deals, d.leads, d.notes} {
			if err := step(); err != nil {
				return fmt.Errorf("seed records: %w", err)
			}
		}
		return nil
	})
}

// seeder writes the demo records in the order in which they refer to each other.
type seeder struct {
	s       *Service
	tx      *store.Tx
	now     time.Time
	leadIDs []string
	labels  []Label

	stages        []Stage
	organizationN []int64 // by place in demoOrganizations
	personN       []int64
	dealN         []int64
}

// ago is a moment of an earlier day, spread over its working hours.
func (d *seeder) ago(days, i int) time.Time {
	return d.now.Add(-time.Duration(days)*24*time.Hour - time.Duration(i*37%480)*time.Minute)
}

// caller is who made a record: its owner.
func (d *seeder) caller(i int) route.Caller {
	return route.Caller{Company: d.tx.Company(), User: d.owner(i), Admin: true}
}

func (*seeder) owner(i int) int64 { return demoUsers[i%len(demoUsers)] }

func (d *seeder) pipeline() error {
	p, err := insertPipeline(d.tx, Pipeline{Name: "Sales", Weighted: true, Stages: []Stage{
		{Name: "Enquiry", Probability: 10}, {Name: "Contacted", Probability: 25}, {Name: "Showroom visit", Probability: 50},
		{Name: "Offer sent", Probability: 70}, {Name: "Negotiation", Probability: 90},
	}}, d.now)
	d.stages = p.Stages
	return err
}

func (d *seeder) organizations() error {
	for i, o := range demoOrganizations {
		got, err := d.s.insertOrganization(d.tx, d.caller(i), Organization{
			Name: o.name, Address: o.address, Website: o.website, Industry: o.industry, Owner: d.owner(i),
		}, d.ago(200-i*9, i))
		if err != nil {
			return err
		}
		d.organizationN = append(d.organizationN, got.ID)
	}
	return nil
}

func (d *seeder) persons() error {
	for i, p := range demoPersons {
		n := Person{Name: p.name, JobTitle: p.job, Owner: d.owner(i)}
		if p.organization >= 0 {
			n.Organization.ID = d.organizationN[p.organization]
		}
		if p.email != "" {
			n.Emails = []Contact{{Label: "work", Value: p.email, Main: true}}
		}
		if p.phone != "" {
			n.Phones = []Contact{{Label: "mobile", Value: p.phone, Main: true}}
		}
		got, err := d.s.insertPerson(d.tx, d.caller(i), n, d.ago(180-i*4, i))
		if err != nil {
			return err
		}
		d.personN = append(d.personN, got.ID)
	}
	return nil
}

func (d *seeder) deals() error {
	for i, b := range demoDeals {
		n := Deal{
			Title: b.title, Value: Units(b.euros, "EUR"), Stage: Ref{ID: d.stages[b.stage].ID}, Owner: d.owner(i), Status: b.status,
			LostReason: b.reason, Person: Ref{ID: d.personN[b.person]}, StageChangedAt: d.ago(b.waits, i),
			ExpectedClose: d.now.AddDate(0, 0, b.closes).Format(time.DateOnly),
		}
		if o := demoPersons[b.person].organization; o >= 0 {
			n.Organization.ID = d.organizationN[o]
		}
		if b.status != "open" {
			n.ClosedAt = n.StageChangedAt
		}
		got, err := d.s.insertDeal(d.tx, d.caller(i), n, d.ago(b.waits+9, i))
		if err != nil {
			return err
		}
		if err := d.s.changed(d.tx, d.caller(i), dealChange(Added, nil, got)); err != nil {
			return err
		}
		d.dealN = append(d.dealN, got.ID)
	}
	return nil
}

func (d *seeder) leads() error {
	for _, b := range d.labels {
		if _, err := insertLabel(d.tx, b, d.now); err != nil {
			return err
		}
	}
	for i, l := range demoLeads {
		n := Lead{
			ID: d.leadIDs[i], Title: l.title, Owner: d.owner(i), Person: Ref{ID: d.personN[l.person]}, Source: l.source, Seen: i > 2,
			Labels: []Label{d.labels[l.label]},
		}
		if l.euros > 0 {
			n.Value = Units(l.euros, "EUR")
		}
		if o := demoPersons[l.person].organization; o >= 0 {
			n.Organization.ID = d.organizationN[o]
		}
		got, err := d.s.insertLead(d.tx, d.caller(i), n, d.ago(l.days, i))
		if err != nil {
			return err
		}
		if err := d.s.changed(d.tx, d.caller(i), leadChange(Added, nil, got)); err != nil {
			return err
		}
	}
	return nil
}

func (d *seeder) notes() error {
	for i, t := range demoNotes {
		n := Note{Content: t.text, Author: d.owner(i)}
		switch t.kind {
		case KindPerson:
			n.Person = d.personN[t.at]
		case KindOrganization:
			n.Organization = d.organizationN[t.at]
		case KindDeal:
			n.Deal = d.dealN[t.at]
		case KindLead:
			n.Lead = d.leadIDs[t.at]
		}
		if _, err := d.s.insertNote(d.tx, d.caller(i), n, d.ago(t.days, i)); err != nil {
			return err
		}
	}
	return nil
}
