package subscription

import (
	"errors"
	"fmt"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/event"
	"github.com/dockwright/dockwright/internal/store"
)

// keep is how long deliveries and removed webhooks are shown.
const keep = 7 * 24 * time.Hour

// keepDeliveries is how many deliveries of a webhook are kept at most.
const keepDeliveries = 100

const webhookColumns = `id, client_id, installation_id, owner_id, user_id, action, object, url, version, name, auth_user, auth_sealed,
	after_seq, created_at, removed_at, remove_reason, last_delivery_at, last_status, strikes, banned_until, failing_since`

func scanWebhook(s store.Scanner) (Webhook, error) {
	var w Webhook
	var created, removed, last, banned, failing int64
	err := s.Scan(&w.ID, &w.ClientID, &w.installation, &w.Owner, &w.User, &w.Action, &w.Object, &w.URL, &w.Version, &w.Name, &w.AuthUser, &w.sealed,
		&w.afterSeq, &created, &removed, &w.RemoveReason, &last, &w.LastStatus, &w.Strikes, &banned, &failing)
	w.CreatedAt, w.RemovedAt, w.LastDeliveryAt = clock.FromMicros(created), clock.FromMicros(removed), clock.FromMicros(last)
	w.BannedUntil, w.failingSince = clock.FromMicros(banned), clock.FromMicros(failing)
	return w, err
}

func insertWebhook(tx *store.Tx, w Webhook) error {
	_, err := tx.Exec(`INSERT INTO subscription_webhook (company_id, `+webhookColumns+`)
		VALUES (@company, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, '', 0, 0, 0, 0, 0)`,
		w.ID, w.ClientID, w.installation, w.Owner, w.User, w.Action, w.Object, w.URL, w.Version, w.Name, w.AuthUser, w.sealed,
		w.afterSeq, clock.Micros(w.CreatedAt))
	return err
}

// webhookByID finds a webhook that was not removed; lock is the suffix of the
// query.
func webhookByID(tx *store.Tx, id int64, lock string) (Webhook, bool, error) {
	w, err := store.One(tx, scanWebhook, `SELECT `+webhookColumns+` FROM subscription_webhook
		WHERE company_id = @company AND id = ? AND removed_at = 0`+lock, id)
	if errors.Is(err, store.ErrNoRows) {
		return w, false, nil
	}
	return w, err == nil, err
}

// remove takes a webhook away. What waits for it is lost.
func remove(tx *store.Tx, id int64, reason string, now time.Time) error {
	us := clock.Micros(now)
	_, err := tx.Exec(`UPDATE subscription_webhook SET removed_at = ?, remove_reason = ? WHERE company_id = @company AND id = ? AND removed_at = 0`, us, reason, id)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`UPDATE subscription_delivery SET state = ?, error = ?, next_at = 0, ended_at = ?
		WHERE company_id = @company AND webhook_id = ? AND state = ?`, string(Lost), "the webhook was removed", us, id, string(Waiting)); err != nil {
		return err
	}
	if _, err := tx.Exec(`DELETE FROM subscription_webhook WHERE company_id = @company AND removed_at <> 0 AND removed_at < ?`, clock.Micros(now.Add(-keep))); err != nil {
		return err
	}
	return announce(tx, id)
}

// announce tells open pages that something about a webhook is new.
func announce(tx *store.Tx, webhook int64) error {
	return event.Append(tx, event.Event{
		Kind: "webhook.changed", Entity: "webhook", EntityID: webhook, Topics: []string{"webhooks", topicOf(webhook)},
	})
}

func topicOf(webhook int64) string { return fmt.Sprintf("webhook:%d", webhook) }

const deliveryColumns = `id, webhook_id, event, entity_id, purpose, body, state, attempts, status, error, duration, created_at, next_at, ended_at`

func scanDelivery(s store.Scanner) (Delivery, error) {
	var d Delivery
	var body string
	var duration, created, next, ended int64
	err := s.Scan(&d.ID, &d.Webhook, &d.Event, &d.EntityID, &d.Purpose, &body, &d.State, &d.Attempts, &d.Status, &d.Error, &duration, &created, &next, &ended)
	d.Body, d.Duration = []byte(body), time.Duration(duration)*time.Microsecond
	d.CreatedAt, d.NextAt, d.EndedAt = clock.FromMicros(created), clock.FromMicros(next), clock.FromMicros(ended)
	return d, err
}

// insertDelivery stores a delivery that waits and returns its id.
func insertDelivery(tx *store.Tx, d Delivery) (int64, error) {
	id, err := tx.NextID("webhook_delivery")
	if err != nil {
		return 0, err
	}
	_, err = tx.Exec(`INSERT INTO subscription_delivery (company_id, `+deliveryColumns+`)
		VALUES (@company, ?, ?, ?, ?, ?, ?, ?, 0, 0, '', 0, ?, 0, 0)`,
		id, d.Webhook, d.Event, d.EntityID, string(d.Purpose), string(d.Body), string(Waiting), clock.Micros(d.CreatedAt))
	return id, err
}

func deliveryByID(tx *store.Tx, webhook, id int64) (Delivery, error) {
	d, err := store.One(tx, scanDelivery, `SELECT `+deliveryColumns+` FROM subscription_delivery
		WHERE company_id = @company AND webhook_id = ? AND id = ?`, webhook, id)
	if errors.Is(err, store.ErrNoRows) {
		return d, fault.Missing("There is no delivery %d of this webhook; the newest %d of the last 7 days are kept.", id, keepDeliveries)
	}
	return d, err
}

func updateDelivery(tx *store.Tx, d Delivery) error {
	_, err := tx.Exec(`UPDATE subscription_delivery SET state = ?, attempts = ?, status = ?, error = ?, duration = ?, next_at = ?, ended_at = ?
		WHERE company_id = @company AND id = ?`,
		string(d.State), d.Attempts, d.Status, d.Error, d.Duration.Microseconds(), clock.Micros(d.NextAt), clock.Micros(d.EndedAt), d.ID)
	return err
}

// updateHealth stores what an attempt did to its webhook.
func updateHealth(tx *store.Tx, w Webhook) error {
	_, err := tx.Exec(`UPDATE subscription_webhook SET last_delivery_at = ?, last_status = ?, strikes = ?, banned_until = ?, failing_since = ?
		WHERE company_id = @company AND id = ?`,
		clock.Micros(w.LastDeliveryAt), w.LastStatus, w.Strikes, clock.Micros(w.BannedUntil), clock.Micros(w.failingSince), w.ID)
	return err
}

// prune removes what is too old, or too much, of a webhook's deliveries.
// spec: webhooks.log-bounded
func prune(tx *store.Tx, webhook int64, now time.Time) error {
	_, err := tx.Exec(`DELETE FROM subscription_delivery WHERE company_id = @company AND webhook_id = ? AND state <> ? AND (created_at < ? OR id <= COALESCE((
		SELECT d.id FROM subscription_delivery d WHERE d.company_id = @company AND d.webhook_id = ? ORDER BY d.id DESC LIMIT 1 OFFSET ?), 0))`,
		webhook, string(Waiting), clock.Micros(now.Add(-keep)), webhook, keepDeliveries)
	return err
}
