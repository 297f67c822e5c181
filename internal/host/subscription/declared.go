package subscription

import (
	"errors"
	"fmt"
	"slices"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/event"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// installed makes the webhooks that an app declares, for who has installed it. What
// is there already stays; what cannot be made is logged, since nobody waits for an
// answer.
// spec: webhooks.manifest
func (s *Service) installed(tx *store.Tx, e event.Event) error {
	var of struct {
		ClientID string `json:"client_id"`
		User     int64  `json:"user_id"`
	}
	if err := e.DecodeAfter(&of); err != nil {
		return err
	}
	if s.apps == nil {
		return nil
	}
	declared, err := s.apps.DeclaredWebhooks(tx, of.ClientID)
	if err != nil || len(declared) == 0 {
		return err
	}
	i, err := s.installs.Installation(tx, of.ClientID, of.User)
	if fault.KindOf(err) == fault.NotFound || err == nil && i.ID != e.EntityID {
		return nil // it has gone since
	}
	if err != nil {
		return err
	}
	there, err := store.Select(tx, scanWebhook, `SELECT `+webhookColumns+` FROM subscription_webhook
		WHERE company_id = @company AND removed_at = 0 AND installation_id = ?`, i.ID)
	if err != nil {
		return err
	}
	own, err := s.originOf(tx)
	if err != nil {
		return err
	}
	c := route.Caller{Company: tx.Company(), User: of.User, ClientID: of.ClientID}
	for _, d := range declared {
		n := Draft{URL: d.URL, Action: d.Action, Object: d.Object, Version: d.Version, Name: d.Name, User: of.User, AuthUser: d.AuthUser, AuthPassword: d.AuthPassword}
		if slices.ContainsFunc(there, func(w Webhook) bool { return like(w, d) }) {
			continue
		}
		if p := s.check(n, own); len(p) > 0 {
			s.log.Warn("a webhook that an app declares was not made", "company", c.Company, "client_id", c.ClientID, "err", p)
			continue
		}
		_, err := s.insert(tx, c, Webhook{
			ClientID: c.ClientID, Owner: c.User, User: c.User, Action: n.Action, Object: n.Object, URL: n.URL, Version: n.Version,
			Name: n.Name, AuthUser: n.AuthUser, AuthPassword: n.AuthPassword, CreatedAt: s.db.Now(),
			afterSeq: e.Seq, // whatever happened since the installing is told
		})
		if errors.Is(err, errLimit) {
			s.log.Warn("a webhook that an app declares was not made", "company", c.Company, "client_id", c.ClientID, "err", err)
			return nil
		}
		if err != nil {
			return fmt.Errorf("make a webhook that %s declares: %w", c.ClientID, err)
		}
	}
	return nil
}

// like reports whether a webhook is the one declared.
func like(w Webhook, d devhub.DeclaredWebhook) bool {
	return w.URL == d.URL && w.Action == d.Action && w.Object == d.Object && w.Version == d.Version
}
