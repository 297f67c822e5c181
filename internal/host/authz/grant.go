package authz

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/journal"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/oauthapi"
)

// exchangeCode turns a code into tokens. A code that was used is refused; what it
// issued lives on, because a person who reloads the callback page sends the same
// code again, and a thief of codes has no client secret.
// spec: oauth.code-single-use
// spec: oauth.code-reuse-keeps-tokens
func (s *Service) exchangeCode(ctx context.Context, app devhub.App, form url.Values) (oauthapi.Token, error) {
	code, redirect := form.Get("code"), form.Get("redirect_uri")
	if code == "" {
		return oauthapi.Token{}, oauthapi.Missing("code")
	}
	// spec: oauth.redirect-exact
	if u, err := url.Parse(redirect); err != nil || u.Scheme == "" || u.Host == "" {
		return oauthapi.Token{}, oauthapi.ErrRedirectNotURI
	}
	now := s.db.Now()
	var g grant
	var access, refresh string
	err := s.db.Update(ctx, func(tx *store.Tx) (err error) {
		if g, err = findCode(tx, code); err != nil {
			return noGrantIs(err, oauthapi.ErrCodeInvalid)
		}
		if err := g.checkCode(app.ClientID, redirect, now); err != nil {
			return err
		}
		tx = tx.Bind(g.company)
		if err := s.mustBeActive(tx, g, oauthapi.ErrCodeInvalid); err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE authz_code SET used_at = ? WHERE company_id = @company AND code_hash = ?`, clock.Micros(now), secret.Hash(code)); err != nil {
			return err
		}
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

// noGrantIs replaces "no such hash" by what the app is told.
func noGrantIs(err error, told *oauthapi.Error) error {
	if errors.Is(err, errNoGrant) {
		return told
	}
	return err
}

// checkCode says why a code that exists is worth nothing to this app now. A wrong
// redirect URI does not use the code up.
func (g grant) checkCode(clientID, redirect string, now time.Time) error {
	switch {
	case g.used || g.clientID != clientID:
		return oauthapi.ErrCodeInvalid
	case !now.Before(g.expires):
		return oauthapi.ErrCodeExpired
	case g.redirectURI != redirect:
		return oauthapi.ErrRedirectInvalid
	}
	return nil
}

// refresh issues another access token. The refresh token stays the same, and so
// do access tokens that were issued before; many refreshes at once all succeed.
// spec: oauth.refresh-stable
func (s *Service) refresh(ctx context.Context, app devhub.App, form url.Values) (oauthapi.Token, error) {
	presented := form.Get("refresh_token")
	if presented == "" {
		return oauthapi.Token{}, oauthapi.Missing("refresh_token")
	}
	now := s.db.Now()
	var g grant
	var access string
	var scopes []string
	err := s.db.Update(ctx, func(tx *store.Tx) (err error) {
		if g, err = findRefresh(tx, presented); err != nil {
			return noGrantIs(err, oauthapi.ErrRefreshInvalid)
		}
		if g.clientID != app.ClientID || !now.Before(g.expires) {
			return oauthapi.ErrRefreshInvalid
		}
		tx = tx.Bind(g.company)
		if err := s.mustBeActive(tx, g, oauthapi.ErrRefreshInvalid); err != nil {
			return err
		}
		// A scope that the app gave up is gone with the next refresh; one that it
		// asks for anew waits for the user's consent, after which every refresh token
		// of the installation yields it.
		// spec: oauth.refresh-scopes
		scopes = slices.DeleteFunc(slices.Clone(g.scopes), func(sc string) bool { return !app.Wants(sc) })
		if _, err := tx.Exec(`UPDATE authz_refresh SET expires_at = ? WHERE company_id = @company AND id = ?`,
			clock.Micros(now.Add(refreshLife)), g.id); err != nil {
			return err
		}
		access = s.newAccessToken(g.company, g.user)
		return insertAccess(tx, g.installation, access, scopes, now, accessLife)
	})
	if err != nil {
		return oauthapi.Token{}, err
	}
	return s.answer(ctx, g, access, presented, scopes)
}

// mustBeActive refuses tokens to a user who was deactivated.
func (s *Service) mustBeActive(tx *store.Tx, g grant, refusal error) error {
	_, err := s.callerOf(tx, g.company, g.user)
	if fault.KindOf(err) == fault.Unauthorized {
		return refusal
	}
	return err
}

// answer is what the app gets once the tokens are stored.
func (s *Service) answer(ctx context.Context, g grant, access, refresh string, scopes []string) (oauthapi.Token, error) {
	journal.Attribute(ctx, g.company, "", "")
	journal.AttributeUser(ctx, g.user)
	var at string
	err := s.db.Company(g.company).View(ctx, func(tx *store.Tx) (err error) {
		at, err = s.Origin(tx)
		return err
	})
	return oauthapi.Token{
		AccessToken: access, TokenType: oauthapi.TokenType, ExpiresIn: expiresIn, RefreshToken: refresh,
		Scope: oauthapi.JoinScope(scopes), APIDomain: at,
	}, err
}
