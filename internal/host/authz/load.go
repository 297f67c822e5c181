package authz

import (
	"fmt"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
)

// Granted are the tokens of an installation.
type Granted struct{ Access, Refresh string }

// AddInstallation stores an installation with tokens, as consent and the exchange
// of a code leave it, inside the caller's transaction, which is bound to the
// company. It is for the operator's desk: nobody was asked.
func (s *Service) AddInstallation(tx *store.Tx, i Installation, now time.Time) (Granted, error) {
	if err := Lock(tx, i.ClientID); err != nil {
		return Granted{}, err
	}
	i.Company, i.InstalledAt, i.Confirmed = tx.Company(), now, true
	i, isNew, err := s.saveInstallation(tx, i)
	if err != nil {
		return Granted{}, fmt.Errorf("install app %s: %w", i.ClientID, err)
	}
	g := grant{company: i.Company, installation: i.ID, user: i.User, clientID: i.ClientID, scopes: i.Scopes}
	out := Granted{Access: s.newAccessToken(i.Company, i.User), Refresh: newRefreshToken(i.Company, i.User)}
	if err := insertRefresh(tx, g, out.Refresh, now); err != nil {
		return Granted{}, err
	}
	if err := insertAccess(tx, i.ID, out.Access, i.Scopes, now, accessLife); err != nil {
		return Granted{}, err
	}
	if !isNew {
		return out, appendChange(tx, "installation.changed", i)
	}
	return out, appendChange(tx, "installation.added", i)
}

// PutPersonalToken is SetPersonalToken with a token that was chosen, inside the
// caller's transaction, which is bound to the company.
func (s *Service) PutPersonalToken(tx *store.Tx, user int64, token string, now time.Time) error {
	_, err := tx.Exec(`INSERT INTO authz_personal (company_id, user_id, token_hash, created_at) VALUES (@company, ?, ?, ?)
		ON CONFLICT (company_id, user_id) DO UPDATE SET token_hash = EXCLUDED.token_hash, created_at = EXCLUDED.created_at, exchanged_at = 0`,
		user, secret.Hash(token), clock.Micros(now))
	return err
}
