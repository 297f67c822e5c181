package subscription

import (
	"context"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/event"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/webhookapi"
)

// Deliveries are the newest deliveries of a webhook, newest first: at most 100,
// none older than seven days.
// spec: webhooks.log
func (s *Service) Deliveries(ctx context.Context, c route.Caller, webhook int64) (list []Delivery, err error) {
	since := clock.Micros(s.db.Now().Add(-keep))
	err = s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		w, err := visible(tx, c, webhook)
		if err != nil {
			return err
		}
		list, err = store.Select(tx, scanDelivery, `SELECT `+deliveryColumns+` FROM subscription_delivery
			WHERE company_id = @company AND webhook_id = ? AND (created_at > ? OR state = ?) ORDER BY id DESC LIMIT ?`, webhook, since, string(Waiting), keepDeliveries)
		if err != nil {
			return err
		}
		for i, d := range list {
			if list[i].Body, err = numbered(d.Body, w.Version, max(d.Attempts, 1)); err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}

// Replay sends a delivery again, once, with the same id in it.
// spec: webhooks.replay
func (s *Service) Replay(ctx context.Context, c route.Caller, webhook, delivery int64) error {
	now := s.db.Now()
	return s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		w, err := s.usable(tx, c, webhook)
		if err != nil {
			return err
		}
		d, err := deliveryByID(tx, w.ID, delivery)
		if err != nil {
			return err
		}
		d.Purpose, d.CreatedAt = ForReplay, now
		return addAside(tx, d)
	})
}

// Test sends a made-up record, once, so that the receiver can be tried.
// spec: webhooks.test
func (s *Service) Test(ctx context.Context, c route.Caller, webhook int64) error {
	now := s.db.Now()
	return s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		w, err := s.usable(tx, c, webhook)
		if err != nil {
			return err
		}
		p, err := s.prepare(tx, sample(w, c.User, tx.Company(), now))
		if err != nil {
			return err
		}
		d, err := p.delivery(w)
		if err != nil {
			return err
		}
		d.Purpose, d.CreatedAt = ForTest, now
		return addAside(tx, d)
	})
}

// usable is a webhook that a person may look at and that is still there.
func (s *Service) usable(tx *store.Tx, c route.Caller, webhook int64) (Webhook, error) {
	w, err := visible(tx, c, webhook)
	if err != nil {
		return w, err
	}
	if !w.RemovedAt.IsZero() {
		return w, fault.New(fault.Conflict, "", "This webhook was removed; nothing is sent to it any more.")
	}
	why, err := s.silenced(tx, w)
	if err == nil && why != "" {
		err = fault.New(fault.Conflict, "", "Nothing is sent to this webhook: %s.", why)
	}
	return w, err
}

// addAside stores a delivery and adds its attempt to a lane of its own, where it
// waits for nothing.
func addAside(tx *store.Tx, d Delivery) error {
	id, err := insertDelivery(tx, d)
	if err != nil {
		return err
	}
	if err := addAttempt(tx, asideLane(d.Webhook, id), deliverPayload{Webhook: d.Webhook, Delivery: id, Attempt: 1}, time.Time{}); err != nil {
		return err
	}
	return announce(tx, d.Webhook)
}

// sample is an event that never happened, of a kind that the webhook asks for.
func sample(w Webhook, user, company int64, now time.Time) event.Event {
	entity := w.Object
	if entity == webhookapi.Any || !isRendered(entity) {
		entity = "person"
	}
	action := "updated"
	switch w.Action {
	case webhookapi.Create, webhookapi.Added:
		action = "added"
	case webhookapi.Delete, webhookapi.Deleted:
		action = "deleted"
	}
	before, after := sampleRecord(entity, user, now)
	e := event.Event{
		Kind: entity + "." + action, Entity: entity, Actor: user, Source: event.SourceApp, Company: company, At: now,
		Before: before, After: after,
	}
	if action == "added" {
		e.Before = nil
	}
	if action == "deleted" {
		e.After = nil
	}
	return e
}

// Delivery returns one delivery of a webhook that the person may look at.
func (s *Service) Delivery(ctx context.Context, c route.Caller, webhook, id int64) (d Delivery, err error) {
	err = s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		w, err := visible(tx, c, webhook)
		if err != nil {
			return err
		}
		if d, err = deliveryByID(tx, w.ID, id); err != nil {
			return err
		}
		d.Body, err = numbered(d.Body, w.Version, max(d.Attempts, 1))
		return err
	})
	return d, err
}
