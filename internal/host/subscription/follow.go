package subscription

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/event"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/webhookapi"
)

const (
	installationAdded   = "installation.added"
	installationChanged = "installation.changed" // consented to again, or shared
	installationRemoved = "installation.removed"
)

// follower hears of changes and of apps that are uninstalled.
func (s *Service) follower() event.Follower {
	kinds := []string{installationAdded, installationChanged, installationRemoved}
	for _, entity := range entities {
		for _, action := range []string{webhookapi.Added, webhookapi.Updated, webhookapi.Deleted, webhookapi.Merged} {
			kinds = append(kinds, entity+"."+action)
		}
	}
	return event.Follower{Name: "subscription", Kinds: kinds, Do: s.follow}
}

func (s *Service) follow(tx *store.Tx, e event.Event) error {
	switch e.Kind {
	case installationRemoved:
		return uninstalled(tx, e)
	case installationAdded, installationChanged:
		return s.installed(tx, e)
	}
	hooks, err := asking(tx, e)
	if err != nil || len(hooks) == 0 {
		return err
	}
	p, err := s.prepare(tx, e)
	if err != nil {
		// The next event must not wait for a snapshot that nobody can read.
		s.log.Error("webhooks are not told of an event", "company", tx.Company(), "seq", e.Seq, "kind", e.Kind, "err", err)
		return nil
	}
	for _, w := range hooks {
		if !p.maySee(w) {
			continue
		}
		d, err := p.delivery(w)
		if err != nil {
			return fmt.Errorf("body for webhook %d: %w", w.ID, err)
		}
		d.Purpose, d.CreatedAt = ForEvent, e.At
		if d.ID, err = insertDelivery(tx, d); err != nil {
			return err
		}
		if err := addAttempt(tx, laneOf(w.ID), deliverPayload{Webhook: w.ID, Delivery: d.ID, Attempt: 1}, time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

// asking are the webhooks that want to hear of an event, as far as its kind goes.
// spec: webhooks.wildcards
func asking(tx *store.Tx, e event.Event) ([]Webhook, error) {
	entity, action, _ := strings.Cut(e.Kind, ".")
	all, err := store.Select(tx, scanWebhook, `SELECT `+webhookColumns+` FROM subscription_webhook
		WHERE company_id = @company AND removed_at = 0 AND object IN (?, ?) AND after_seq < ? ORDER BY id`, entity, webhookapi.Any, e.Seq)
	return slices.DeleteFunc(all, func(w Webhook) bool {
		return !slices.Contains(webhookapi.Objects(w.Version), entity) || w.Action != webhookapi.Any && w.Action != Word(w.Version, action)
	}), err
}

// Word is an action of the event log in a version's words. What version 1
// calls a merge is a change in version 2.
func Word(version, action string) string {
	if version == webhookapi.Version1 || action == webhookapi.Any {
		return action
	}
	switch action {
	case webhookapi.Added:
		return webhookapi.Create
	case webhookapi.Deleted:
		return webhookapi.Delete
	}
	return webhookapi.Change
}

// uninstalled removes the webhooks of an installation that is gone. One that was
// made anew since has another id.
// spec: webhooks.uninstall
func uninstalled(tx *store.Tx, e event.Event) error {
	ids, err := store.Select(tx, store.Value[int64], `SELECT id FROM subscription_webhook
		WHERE company_id = @company AND removed_at = 0 AND installation_id = ? ORDER BY id`, e.EntityID)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := remove(tx, id, "the app was uninstalled", e.At); err != nil {
			return err
		}
	}
	return nil
}

// permitted are the users who may see a record: all who are active, or, if it is
// not for everybody, those whom it is for and the admins.
// spec: webhooks.permissions
func permitted(users []account.User, a records.Audience) []int64 {
	var ids []int64
	for _, u := range users {
		if u.Active && (a.Everybody || u.Admin || slices.Contains(a.Users, u.ID)) {
			ids = append(ids, u.ID)
		}
	}
	return ids
}

func texts(ids []int64) []string {
	var out []string
	for _, id := range ids {
		out = append(out, strconv.FormatInt(id, 10))
	}
	return out
}
