package authz

import (
	"slices"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/store"
)

// NeedsReauthorization reports whether an installation waits for its user to
// consent again: the app asks for scopes that were not granted, all its refresh
// tokens have ended, or it came by the exchange of a personal token and nobody has
// consented yet. tx is bound to the installation's company.
// spec: authz.re-authorize
func (s *Service) NeedsReauthorization(tx *store.Tx, i Installation) (bool, error) {
	if !i.Confirmed {
		return true, nil
	}
	app, err := s.apps.AppIn(tx, i.ClientID)
	if fault.KindOf(err) == fault.NotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if slices.ContainsFunc(app.Scopes, func(sc string) bool { return !i.Allows(sc) }) {
		return true, nil
	}
	// Before the app has fetched its first tokens there is nothing that could have
	// ended.
	last, err := store.One(tx, store.Value[int64], `SELECT COALESCE(MAX(expires_at), 0) FROM authz_refresh
		WHERE company_id = @company AND installation_id = ?`, i.ID)
	return last != 0 && last <= clock.Micros(s.db.Now()), err
}

// endAccess ends the access tokens of an app in all companies; it is called in
// the transaction in which the app gained a scope. Refreshing goes on, and yields
// the scopes that were granted, until the user consents again.
// spec: oauth.scopes-added-invalidate
func endAccess(tx *store.Tx, clientID string) error {
	_, err := tx.Unbound().Exec(`DELETE FROM authz_access WHERE EXISTS (SELECT 1 FROM authz_installation i
		WHERE i.company_id = authz_access.company_id AND i.id = authz_access.installation_id AND i.client_id = ?)`, clientID)
	return err
}
