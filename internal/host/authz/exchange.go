package authz

import (
	"context"
	"net/url"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/oauthapi"
)

// exchangePersonal turns a personal API token into tokens of the app for the
// token's user, once for each token. The app is installed with all its scopes at
// once, but as something that the user has to confirm; where it is installed
// already, that installation and its scopes stand. The personal token itself goes
// on working.
// spec: oauth.exchange-api-token
func (s *Service) exchangePersonal(ctx context.Context, app devhub.App, form url.Values) (oauthapi.Token, error) {
	personal := form.Get("api_token")
	if personal == "" {
		return oauthapi.Token{}, oauthapi.Missing("api_token")
	}
	now := s.db.Now()
	var g grant
	var access, refresh string
	err := s.db.Update(ctx, func(tx *store.Tx) (err error) {
		if g, err = findPersonal(tx, personal); err != nil {
			return noGrantIs(err, oauthapi.ErrAPITokenInvalid)
		}
		if !app.InstallableIn(g.company) {
			return oauthapi.ErrAPITokenInvalid
		}
		tx = tx.Bind(g.company)
		if err := Lock(tx, app.ClientID); err != nil {
			return err
		}
		if err := s.mustBeActive(tx, g, oauthapi.ErrAPITokenInvalid); err != nil {
			return err
		}
		n, err := tx.Exec(`UPDATE authz_personal SET exchanged_at = ? WHERE company_id = @company AND token_hash = ? AND exchanged_at = 0`,
			clock.Micros(now), secret.Hash(personal))
		if err != nil {
			return err
		}
		if n == 0 {
			return oauthapi.ErrAPITokenInvalid
		}
		i, err := s.migrated(tx, app, g.user)
		if err != nil {
			return err
		}
		g.installation, g.clientID, g.scopes = i.ID, i.ClientID, i.Scopes
		access, refresh = s.newAccessToken(g.company, g.user), newRefreshToken(g.company, g.user)
		if err := insertRefresh(tx, g, refresh, now); err != nil {
			return err
		}
		return insertAccess(tx, g.installation, access, g.scopes, now, accessLife)
	})
	if err != nil {
		return oauthapi.Token{}, err
	}
	return s.answer(ctx, g, access, refresh, g.scopes)
}

// migrated is the installation that an exchange leads to.
func (s *Service) migrated(tx *store.Tx, app devhub.App, user int64) (Installation, error) {
	i, ok, err := s.installationOf(tx, app.ClientID, user)
	if ok || err != nil {
		return i, err
	}
	i, _, err = s.saveInstallation(tx, Installation{
		Company: tx.Company(), User: user, ClientID: app.ClientID, Scopes: app.Scopes, InstalledAt: s.db.Now(),
	})
	if err != nil {
		return i, err
	}
	if app.SharingEnabled && app.CallbackURL != "" {
		if err := s.addSharingCallback(tx, i); err != nil {
			return i, err
		}
	}
	return i, appendChange(tx, "installation.added", i)
}
