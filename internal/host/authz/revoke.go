package authz

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/oauthapi"
)

// serveRevoke is POST /oauth/revoke. An unknown token is a success, as RFC 7009
// wants. The hint says where to look first; both kinds are looked for anyway.
// The body says so in JSON, which clients that read nothing else wait for.
// spec: oauth.revoke, oauth.revoke-body
func (s *Service) serveRevoke(w http.ResponseWriter, r *http.Request) {
	form, app, err := s.clientForm(w, r)
	if err == nil && form.Get("token") == "" {
		err = oauthapi.Missing("token")
	}
	if err == nil {
		err = s.revoke(r.Context(), app.ClientID, form.Get("token"))
	}
	if err != nil {
		s.refuseToken(w, r, err)
		return
	}
	openToAll(w.Header())
	writeJSON(w, http.StatusOK, map[string]bool{"success": true})
}

// revoke tries the token as it came and then without one more layer of percent
// encoding, which the official client adds.
func (s *Service) revoke(ctx context.Context, clientID, token string) error {
	tries := []string{token}
	if plain, err := url.QueryUnescape(token); err == nil && plain != token {
		tries = append(tries, plain)
	}
	return s.db.Update(ctx, func(tx *store.Tx) error {
		for _, t := range tries {
			if done, err := s.revokeRefresh(tx, clientID, t); done || err != nil {
				return err
			}
			if done, err := revokeAccess(tx, clientID, t); done || err != nil {
				return err
			}
		}
		return nil
	})
}

// revokeRefresh uninstalls the app for the token's user. The app asked for it
// itself, so there is no callback.
// spec: oauth.revoke-refresh-uninstalls
func (s *Service) revokeRefresh(tx *store.Tx, clientID, token string) (bool, error) {
	g, err := findRefresh(tx, token)
	if errors.Is(err, errNoGrant) || (err == nil && g.clientID != clientID) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	tx = tx.Bind(g.company)
	i, err := s.Installation(tx, clientID, g.user)
	if fault.KindOf(err) == fault.NotFound {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	return true, removeInstallation(tx, i)
}

func revokeAccess(tx *store.Tx, clientID, token string) (bool, error) {
	g, err := findAccess(tx, token)
	if errors.Is(err, errNoGrant) || (err == nil && g.clientID != clientID) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	_, err = tx.Bind(g.company).Exec(`DELETE FROM authz_access WHERE company_id = @company AND token_hash = ?`, secret.Hash(token))
	return true, err
}
