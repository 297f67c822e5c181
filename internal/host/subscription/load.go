package subscription

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/webhookapi"
)

// AddWebhook stores a webhook inside the caller's transaction, which is bound to
// the company, as if it had been made at a moment: one of the app if c names one,
// of the user otherwise. It hears what happens after the transaction. It is for
// filling a company from a file; nobody is asked whether they answer.
func (s *Service) AddWebhook(tx *store.Tx, c route.Caller, n Draft, at time.Time) (Webhook, error) {
	n.Version, n.User = cmp.Or(n.Version, webhookapi.Version2), cmp.Or(n.User, c.User)
	own, err := s.originOf(tx)
	if err != nil {
		return Webhook{}, err
	}
	if p := s.check(n, own); len(p) > 0 {
		return Webhook{}, p.Fault()
	}
	w, err := s.insert(tx, c, Webhook{
		ClientID: c.ClientID, Owner: c.User, User: n.User, Action: n.Action, Object: n.Object, URL: n.URL, Version: n.Version,
		Name: n.Name, AuthUser: n.AuthUser, AuthPassword: n.AuthPassword, CreatedAt: at,
	})
	if p, ok := errors.AsType[Problems](err); ok {
		err = p.Fault()
	}
	if err != nil {
		return w, err
	}
	// Events get their numbers at the end of the transaction; what it does is over
	// then, for the webhook too.
	tx.BeforeCommit(fmt.Sprintf("subscription.hears-from/%d/%d", tx.Company(), w.ID), func(*store.Tx) error {
		last, err := live.Last(tx)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`UPDATE subscription_webhook SET after_seq = ? WHERE company_id = @company AND id = ?`, last, w.ID)
		return err
	})
	return w, nil
}

// WebhooksIn are all webhooks of the company that tx is bound to that were not
// removed, oldest first, with their passwords.
func (s *Service) WebhooksIn(tx *store.Tx) ([]Webhook, error) {
	list, err := store.Select(tx, scanWebhook, `SELECT `+webhookColumns+` FROM subscription_webhook
		WHERE company_id = @company AND removed_at = 0 ORDER BY id`)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if list[i].AuthPassword, err = s.unseal(tx.Company(), list[i]); err != nil {
			return nil, fmt.Errorf("open the password of webhook %d: %w", list[i].ID, err)
		}
	}
	return list, nil
}
