package subscription

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/outbound"
	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/webhookapi"
)

// deliverJob is the kind of lane work.
const deliverJob = "subscription.deliver"

// The contract's numbers.
const (
	deadline      = 10 * time.Second // for a whole answer
	strikesToBan  = 10               // first attempts that failed
	banTime       = 30 * time.Minute
	patience      = 3 * 24 * time.Hour // without a success
	maxAnswer     = 1 << 20            // bytes of an answer that are read
	pruneEvery    = 16                 // deliveries
	userAgent     = "Dockwright-Webhooks"
	reasonNoReply = "no delivery succeeded for three days"
)

// pauses are those before the second, third and fourth attempt.
// spec: webhooks.retries
var pauses = []time.Duration{3 * time.Second, 30 * time.Second, 150 * time.Second}

type deliverPayload struct {
	Webhook  int64 `json:"webhook"`
	Delivery int64 `json:"delivery"`
	Attempt  int   `json:"attempt"` // from 1
}

// laneOf is the lane in which a webhook hears of events.
// spec: webhooks.order
func laneOf(webhook int64) string { return fmt.Sprintf("webhook:%d", webhook) }

// asideLane is the lane of one delivery alone: a retry, a test, a replay.
func asideLane(webhook, delivery int64) string {
	return fmt.Sprintf("%s:%d", laneOf(webhook), delivery)
}

// addAttempt adds an attempt to a lane, to be made after a pause.
func addAttempt(tx *store.Tx, key string, p deliverPayload, notBefore time.Time) error {
	raw, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return lane.Add(tx, lane.Job{Kind: deliverJob, Key: key, Payload: raw, NotBefore: notBefore})
}

// deliver makes one attempt. What comes of it, be it a failure, is the job's end;
// another attempt is a job of its own.
// spec: webhooks.delivery
func (s *Service) deliver(ctx context.Context, j lane.Job) (func(*store.Tx) error, error) {
	var p deliverPayload
	if err := json.Unmarshal(j.Payload, &p); err != nil {
		return nil, lane.Park(fmt.Errorf("payload of %s: %w", j.Kind, err))
	}
	now := s.db.Now()
	var w Webhook
	var d Delivery
	var why string
	err := s.db.Company(j.Company).View(ctx, func(tx *store.Tx) (err error) {
		w, d, why, err = s.pending(tx, p, now)
		return err
	})
	if err != nil {
		return nil, err
	}
	if d.State != Waiting || d.Attempts >= p.Attempt {
		return nil, nil // made already, or removed
	}
	if why != "" {
		return func(tx *store.Tx) error { return lose(tx, p, why, now) }, nil
	}
	out, err := s.attempt(ctx, j.Company, w, d, p.Attempt)
	if err != nil {
		return nil, err
	}
	return func(tx *store.Tx) error { return settle(tx, p, out) }, nil
}

// pending reads what an attempt needs. why is set if nothing must be sent.
func (s *Service) pending(tx *store.Tx, p deliverPayload, now time.Time) (w Webhook, d Delivery, why string, err error) {
	d, err = deliveryByID(tx, p.Webhook, p.Delivery)
	if fault.KindOf(err) == fault.NotFound {
		return w, d, "", nil
	}
	if err != nil {
		return w, d, "", err
	}
	w, ok, err := webhookByID(tx, p.Webhook, "")
	if err != nil {
		return w, d, "", err
	}
	if !ok {
		return w, d, "the webhook was removed", nil
	}
	// spec: webhooks.ban
	if w.Banned(now) && p.Attempt == 1 && d.Purpose == ForEvent {
		return w, d, "the webhook is banned: too many first attempts failed", nil
	}
	why, err = s.silenced(tx, w)
	return w, d, why, err
}

// silenced says why a webhook hears nothing any more although it is there: the
// news that its app was uninstalled may still be on its way.
// spec: webhooks.uninstall
func (s *Service) silenced(tx *store.Tx, w Webhook) (string, error) {
	if w.OfApp() {
		i, err := s.installs.Installation(tx, w.ClientID, w.Owner)
		if fault.KindOf(err) == fault.NotFound || err == nil && i.ID != w.installation {
			return "the app was uninstalled", nil
		}
		if err != nil {
			return "", err
		}
	}
	all, err := s.users.Users(tx)
	if err != nil {
		return "", err
	}
	if !isActive(all, w.User) || w.OfApp() && !isActive(all, w.Owner) {
		return "the user whose permissions it has is not active any more", nil
	}
	return "", nil
}

func isActive(all []account.User, id int64) bool {
	for _, u := range all {
		if u.ID == id {
			return u.Active
		}
	}
	return false
}

// result is what came of an attempt.
type result struct {
	at       time.Time
	status   int // 0: no answer
	err      string
	duration time.Duration
}

func (r result) success() bool { return r.err == "" }

// attempt sends a delivery. An error means that nothing can be said about the
// receiver.
func (s *Service) attempt(ctx context.Context, company int64, w Webhook, d Delivery, n int) (result, error) {
	body, err := numbered(d.Body, w.Version, n)
	if err != nil {
		return result{}, lane.Park(fmt.Errorf("body of delivery %d: %w", d.ID, err))
	}
	header := http.Header{"User-Agent": {userAgent}}
	if w.AuthUser != "" {
		password, err := s.unseal(company, w)
		if err != nil {
			return result{}, fmt.Errorf("password of webhook %d: %w", w.ID, err)
		}
		// spec: webhooks.basic-auth
		header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(w.AuthUser+":"+password)))
	}
	resp, err := s.door.Do(ctx, outbound.Call{
		Company: company, User: w.User, Credentials: outbound.Credentials{ClientID: w.ClientID},
		Method: http.MethodPost, URL: w.URL, Header: header, Body: body, ContentType: "application/json",
		Requirement: "webhooks.delivery", Deadline: deadline,
	})
	if err != nil && ctx.Err() != nil {
		return result{}, err // the program ends; the attempt is made again
	}
	out := result{at: s.db.Now()}
	switch {
	case err != nil:
		out.err = inWords(err)
	case resp.Status < 200 || resp.Status > 299:
		// spec: webhooks.success-is-2xx
		out.status, out.duration = resp.Status, resp.Duration
		out.err = fmt.Sprintf("answered %d %s", resp.Status, http.StatusText(resp.Status))
		if resp.Status >= 300 && resp.Status < 400 {
			out.err += "; redirects are not followed"
		}
	default:
		out.status, out.duration = resp.Status, resp.Duration
	}
	return out, nil
}

const maxReason = 500 // bytes

// inWords is why there was no answer, without the address.
func inWords(err error) string {
	if inner := errors.Unwrap(err); inner != nil {
		err = inner
	}
	text := err.Error()
	return strings.ToValidUTF8(text[:min(len(text), maxReason)], "")
}

// settle stores what came of an attempt, and adds the next one if there is to be
// one.
func settle(tx *store.Tx, p deliverPayload, out result) error {
	w, ok, err := webhookByID(tx, p.Webhook, tx.ForUpdate())
	if err != nil || !ok {
		return err // removed meanwhile, and its deliveries with it
	}
	d, err := deliveryByID(tx, p.Webhook, p.Delivery)
	if err != nil {
		return err
	}
	d.Attempts, d.Status, d.Error, d.Duration = p.Attempt, out.status, out.err, out.duration
	d.NextAt = time.Time{}
	w.LastDeliveryAt, w.LastStatus = out.at, out.status
	switch {
	case out.success():
		d.State, d.EndedAt = Delivered, out.at
		w.failingSince = time.Time{}
	case d.Purpose == ForEvent && p.Attempt <= len(pauses):
		d.NextAt = out.at.Add(pauses[p.Attempt-1])
		next := deliverPayload{Webhook: w.ID, Delivery: d.ID, Attempt: p.Attempt + 1}
		if err := addAttempt(tx, asideLane(w.ID, d.ID), next, d.NextAt); err != nil {
			return err
		}
	default:
		d.State, d.EndedAt = Failed, out.at
	}
	if !out.success() && d.Purpose == ForEvent {
		w = w.failed(p.Attempt, out.at)
	}
	if err := updateDelivery(tx, d); err != nil {
		return err
	}
	if err := updateHealth(tx, w); err != nil {
		return err
	}
	if d.ID%pruneEvery == 0 {
		if err := prune(tx, w.ID, out.at); err != nil {
			return err
		}
	}
	// spec: webhooks.three-days
	if d.State == Failed && !w.failingSince.IsZero() && out.at.Sub(w.failingSince) >= patience {
		return remove(tx, w.ID, reasonNoReply, out.at)
	}
	return announce(tx, w.ID)
}

// failed counts a failure against the webhook.
// spec: webhooks.ban
func (w Webhook) failed(attempt int, at time.Time) Webhook {
	if w.failingSince.IsZero() {
		w.failingSince = at
	}
	if attempt > 1 {
		return w
	}
	w.Strikes++
	if w.Strikes >= strikesToBan {
		w.Strikes, w.BannedUntil = 0, at.Add(banTime)
	}
	return w
}

// lose ends a delivery that is not sent.
func lose(tx *store.Tx, p deliverPayload, why string, now time.Time) error {
	d, err := deliveryByID(tx, p.Webhook, p.Delivery)
	if err != nil {
		return err
	}
	d.State, d.Error, d.NextAt, d.EndedAt = Lost, why, time.Time{}, now
	if err := updateDelivery(tx, d); err != nil {
		return err
	}
	if d.ID%pruneEvery == 0 {
		if err := prune(tx, p.Webhook, now); err != nil {
			return err
		}
	}
	return announce(tx, p.Webhook)
}

// numbered is a body with the number of the attempt in it.
// spec: webhooks.attempt-number
func numbered(body []byte, version string, attempt int) ([]byte, error) {
	if version == webhookapi.Version1 {
		var p webhookapi.PayloadV1
		if err := json.Unmarshal(body, &p); err != nil {
			return nil, err
		}
		p.Retry = attempt - 1
		return encode(p)
	}
	var p webhookapi.Payload
	if err := json.Unmarshal(body, &p); err != nil {
		return nil, err
	}
	p.Meta.Attempt = attempt
	return encode(p)
}
