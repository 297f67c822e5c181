package subscription

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/webhookapi"
)

// What happens to callers who ask for what is not theirs to have.
var (
	errForbidden = fault.New(fault.Forbidden, "", "Only who made a webhook, or an admin, can change it; an app's webhooks only the app.")
	errLimit     = fault.New(fault.Conflict, "user_id", "The limit of %d webhooks per user is reached; delete one first.", webhookapi.MaxPerUser)
)

// Create makes a webhook of the caller: of the app if one calls, of the user
// otherwise. What is wrong with it is a [Problems]. Somebody must answer at its
// address. A user who is no admin makes webhooks under their own permissions
// only.
// spec: webhooks.create
func (s *Service) Create(ctx context.Context, c route.Caller, n Draft) (Webhook, error) {
	n.Version = cmp.Or(n.Version, webhookapi.Version2)
	n.User = cmp.Or(n.User, c.User)
	var own *url.URL
	err := s.db.Company(c.Company).View(ctx, func(tx *store.Tx) (err error) {
		own, err = s.originOf(tx)
		return err
	})
	if err != nil {
		return Webhook{}, err
	}
	p := s.check(n, own)
	if n.User != c.User && !c.Admin {
		// spec: webhooks.own-permissions
		p.add("user_id", "only admins make webhooks under another user's permissions")
	}
	if len(p) > 0 {
		return Webhook{}, p
	}
	if why := s.reach(ctx, c.Company, c.User, c.ClientID, n.URL); why != "" {
		return Webhook{}, Problems{"subscription_url": {webhookapi.TextURL, why}}
	}
	w := Webhook{
		ClientID: c.ClientID, Owner: c.User, User: n.User, Action: n.Action, Object: n.Object, URL: n.URL, Version: n.Version,
		Name: n.Name, AuthUser: n.AuthUser, AuthPassword: n.AuthPassword, CreatedAt: s.db.Now(),
	}
	err = s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) (err error) {
		w, err = s.insert(tx, c, w)
		return err
	})
	return w, err
}

func (s *Service) insert(tx *store.Tx, c route.Caller, w Webhook) (Webhook, error) {
	var err error
	// The company's counter is locked first, so that those who make webhooks at the
	// same time are counted one after the other.
	if w.ID, err = tx.NextID("webhook"); err != nil {
		return w, err
	}
	if err := s.mustBeActive(tx, w.User); err != nil {
		return w, err
	}
	if w.OfApp() {
		i, err := s.installs.Installation(tx, w.ClientID, w.Owner)
		if err != nil {
			return w, fmt.Errorf("installation behind a new webhook: %w", err)
		}
		w.installation = i.ID
	}
	if err := underLimit(tx, w); err != nil {
		return w, err
	}
	if w.afterSeq == 0 {
		if w.afterSeq, err = live.Last(tx); err != nil {
			return w, err
		}
	}
	if w.sealed, err = s.seal(tx.Company(), w); err != nil {
		return w, err
	}
	if err := insertWebhook(tx, w); err != nil {
		return w, err
	}
	return w, announce(tx, w.ID)
}

func (s *Service) mustBeActive(tx *store.Tx, user int64) error {
	all, err := s.users.Users(tx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(u account.User) bool { return u.ID == user && u.Active }) {
		return Problems{"user_id": {fmt.Sprintf("expected an active user of the company, got %d", user)}}
	}
	return nil
}

// underLimit refuses more webhooks under one user's permissions, or of one
// installation of an app, than are allowed.
// spec: webhooks.limit
func underLimit(tx *store.Tx, w Webhook) error {
	query, id := `SELECT COUNT(*) FROM subscription_webhook WHERE company_id = @company AND removed_at = 0 AND client_id = '' AND user_id = ?`, w.User
	if w.OfApp() {
		query, id = `SELECT COUNT(*) FROM subscription_webhook WHERE company_id = @company AND removed_at = 0 AND installation_id = ?`, w.installation
	}
	n, err := store.One(tx, store.Value[int], query, id)
	if err == nil && n >= webhookapi.MaxPerUser {
		err = errLimit
	}
	return err
}

// place is what a sealed password is bound to.
func place(company, webhook int64) string {
	return fmt.Sprintf("subscription_webhook.auth/%d/%d", company, webhook)
}

func (s *Service) seal(company int64, w Webhook) (string, error) {
	if w.AuthUser == "" {
		return "", nil
	}
	return s.keys.Seal([]byte(w.AuthPassword), place(company, w.ID))
}

func (s *Service) unseal(company int64, w Webhook) (string, error) {
	if w.sealed == "" {
		return "", nil
	}
	plain, err := s.keys.Open(w.sealed, place(company, w.ID))
	return string(plain), err
}

// Webhooks lists what the caller may manage, oldest first: an app sees those of
// its installation by the user, an admin the general ones of the company, others
// their own.
// spec: webhooks.app-sees-its-own
func (s *Service) Webhooks(ctx context.Context, c route.Caller) (list []Webhook, err error) {
	err = s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		all, err := store.Select(tx, scanWebhook, `SELECT `+webhookColumns+` FROM subscription_webhook
			WHERE company_id = @company AND removed_at = 0 AND client_id = ? ORDER BY id`, c.ClientID)
		if err != nil {
			return err
		}
		current, err := s.currentInstallation(tx, c)
		if err != nil {
			return err
		}
		list = slices.DeleteFunc(all, func(w Webhook) bool { return !mine(c, w, current) })
		for i := range list {
			if list[i].AuthPassword, err = s.unseal(c.Company, list[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}

// currentInstallation is that of the app that calls, 0 for users.
func (s *Service) currentInstallation(tx *store.Tx, c route.Caller) (int64, error) {
	if c.ClientID == "" {
		return 0, nil
	}
	i, err := s.installs.Installation(tx, c.ClientID, c.User)
	return i.ID, err
}

// mine reports whether the caller manages a webhook; installation is the current
// one of the app that calls.
func mine(c route.Caller, w Webhook, installation int64) bool {
	if c.ClientID != w.ClientID {
		return false
	}
	if w.OfApp() {
		return w.installation == installation
	}
	return c.Admin || w.Owner == c.User
}

// Delete removes a webhook. One that is not the caller's is fault.Forbidden, one
// that is not there fault.NotFound.
// spec: webhooks.delete
func (s *Service) Delete(ctx context.Context, c route.Caller, id int64) error {
	now := s.db.Now()
	return s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		w, ok, err := webhookByID(tx, id, tx.ForUpdate())
		if err != nil {
			return err
		}
		if !ok {
			return missing(id)
		}
		current, err := s.currentInstallation(tx, c)
		if err != nil {
			return err
		}
		if !mine(c, w, current) {
			return errForbidden
		}
		return remove(tx, id, "", now)
	})
}

func missing(id int64) error {
	return fault.Missing("There is no webhook %d, or it was removed.", id)
}

// RemovedByHost lists webhooks of users that the host removed in the last seven
// days, newest first, for those who may manage them.
func (s *Service) RemovedByHost(ctx context.Context, c route.Caller) (list []Webhook, err error) {
	since := clock.Micros(s.db.Now().Add(-keep))
	err = s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		all, err := store.Select(tx, scanWebhook, `SELECT `+webhookColumns+` FROM subscription_webhook
			WHERE company_id = @company AND removed_at > ? AND remove_reason <> '' AND client_id = '' ORDER BY removed_at DESC, id DESC LIMIT 100`, since)
		list = slices.DeleteFunc(all, func(w Webhook) bool { return !mine(c, w, 0) })
		return err
	})
	return list, err
}

// OfApp lists the webhooks of an app in the caller's company, oldest first, to
// its admins; to others those of their own installation.
func (s *Service) OfApp(ctx context.Context, c route.Caller, clientID string) (list []Webhook, err error) {
	err = s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		all, err := store.Select(tx, scanWebhook, `SELECT `+webhookColumns+` FROM subscription_webhook
			WHERE company_id = @company AND removed_at = 0 AND client_id = ? AND client_id <> '' ORDER BY id`, clientID)
		list = slices.DeleteFunc(all, func(w Webhook) bool { return !maySee(c, w) })
		return err
	})
	return list, err
}

// maySee reports whether a person may look at a webhook and what was told to it.
func maySee(c route.Caller, w Webhook) bool { return c.Admin || w.Owner == c.User }

// Webhook returns one that the person may look at, be it of an app or removed.
func (s *Service) Webhook(ctx context.Context, c route.Caller, id int64) (w Webhook, err error) {
	err = s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		w, err = visible(tx, c, id)
		return err
	})
	return w, err
}

func visible(tx *store.Tx, c route.Caller, id int64) (Webhook, error) {
	w, err := store.One(tx, scanWebhook, `SELECT `+webhookColumns+` FROM subscription_webhook WHERE company_id = @company AND id = ?`, id)
	if errors.Is(err, store.ErrNoRows) || err == nil && !maySee(c, w) {
		return w, missing(id)
	}
	return w, err
}
