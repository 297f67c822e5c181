package authz

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
)

const installationColumns = `company_id, id, client_id, user_id, scopes, shared, confirmed, installed_at`

func scanInstallation(s store.Scanner) (Installation, error) {
	var i Installation
	var scopes string
	var at int64
	err := s.Scan(&i.Company, &i.ID, &i.ClientID, &i.User, &scopes, &i.Shared, &i.Confirmed, &at)
	i.Scopes, i.InstalledAt = strings.Split(scopes, ","), clock.FromMicros(at)
	return i, err
}

func notInstalled(clientID string) error {
	return fault.New(fault.NotFound, "client_id", "The app %s is not installed by this user.", clientID)
}

// Installation returns a user's installation of an app in the company that tx is
// bound to.
func (s *Service) Installation(tx *store.Tx, clientID string, user int64) (Installation, error) {
	i, err := store.One(tx, scanInstallation, `SELECT `+installationColumns+` FROM authz_installation
		WHERE company_id = @company AND client_id = ? AND user_id = ?`, clientID, user)
	if errors.Is(err, store.ErrNoRows) {
		return Installation{}, notInstalled(clientID)
	}
	return i, err
}

// installationOf is Installation for those who go on without one.
func (s *Service) installationOf(tx *store.Tx, clientID string, user int64) (i Installation, ok bool, err error) {
	i, err = s.Installation(tx, clientID, user)
	if fault.KindOf(err) == fault.NotFound {
		return Installation{}, false, nil
	}
	return i, err == nil, err
}

// Installations lists those of the company that tx is bound to, oldest first.
func (s *Service) Installations(tx *store.Tx) ([]Installation, error) {
	return store.Select(tx, scanInstallation, `SELECT `+installationColumns+` FROM authz_installation
		WHERE company_id = @company ORDER BY id`)
}

// InstallationsFor lists those that matter to a user: their own and those that
// colleagues share, oldest first.
func (s *Service) InstallationsFor(tx *store.Tx, user int64) ([]Installation, error) {
	return store.Select(tx, scanInstallation, `SELECT `+installationColumns+` FROM authz_installation
		WHERE company_id = @company AND (user_id = ? OR shared) ORDER BY id`, user)
}

// saveInstallation adds an installation or renews the consent of one that is
// there; isNew tells which.
func (s *Service) saveInstallation(tx *store.Tx, i Installation) (out Installation, isNew bool, err error) {
	old, err := s.Installation(tx, i.ClientID, i.User)
	if err == nil {
		i.ID, i.InstalledAt = old.ID, old.InstalledAt
		_, err = tx.Exec(`UPDATE authz_installation SET scopes = ?, shared = ?, confirmed = ? WHERE company_id = @company AND id = ?`,
			strings.Join(i.Scopes, ","), i.Shared, i.Confirmed, i.ID)
		return i, false, err
	}
	if fault.KindOf(err) != fault.NotFound {
		return i, false, err
	}
	if i.ID, err = tx.NextID("installation"); err != nil {
		return i, false, err
	}
	_, err = tx.Exec(`INSERT INTO authz_installation (`+installationColumns+`) VALUES (@company, ?, ?, ?, ?, ?, ?, ?)`,
		i.ID, i.ClientID, i.User, strings.Join(i.Scopes, ","), i.Shared, i.Confirmed, clock.Micros(i.InstalledAt))
	return i, true, err
}

// grant is a code, refresh token or access token as it was found by its hash.
type grant struct {
	company, id  int64 // id of a refresh token
	installation int64
	user         int64
	clientID     string
	redirectURI  string // of a code
	scopes       []string
	expires      time.Time
	used         bool // of a code
}

func scanGrant(s store.Scanner) (grant, error) {
	var g grant
	var scopes string
	var expires, used int64
	err := s.Scan(&g.company, &g.id, &g.installation, &g.user, &g.clientID, &g.redirectURI, &scopes, &expires, &used)
	g.scopes, g.expires, g.used = strings.Split(scopes, ","), clock.FromMicros(expires), used != 0
	return g, err
}

// errNoGrant means that nothing has this hash.
var errNoGrant = store.ErrNoRows

func findCode(tx *store.Tx, code string) (grant, error) {
	return store.One(tx.Unbound(), scanGrant, `SELECT c.company_id, 0, i.id, i.user_id, i.client_id, c.redirect_uri, i.scopes, c.expires_at, c.used_at
		FROM authz_code c JOIN authz_installation i ON i.company_id = c.company_id AND i.id = c.installation_id
		WHERE c.code_hash = ?`+tx.ForUpdate(), secret.Hash(code))
}

func findRefresh(tx *store.Tx, token string) (grant, error) {
	return store.One(tx.Unbound(), scanGrant, `SELECT r.company_id, r.id, i.id, i.user_id, i.client_id, '', i.scopes, r.expires_at, 0
		FROM authz_refresh r JOIN authz_installation i ON i.company_id = r.company_id AND i.id = r.installation_id
		WHERE r.token_hash = ?`+tx.ForUpdate(), secret.Hash(token))
}

func findAccess(tx *store.Tx, token string) (grant, error) {
	return store.One(tx.Unbound(), scanGrant, `SELECT a.company_id, 0, i.id, i.user_id, i.client_id, '', a.scopes, a.expires_at, 0
		FROM authz_access a JOIN authz_installation i ON i.company_id = a.company_id AND i.id = a.installation_id
		WHERE a.token_hash = ?`, secret.Hash(token))
}

// findPersonal finds the user of a personal API token.
func findPersonal(tx *store.Tx, token string) (grant, error) {
	return store.One(tx.Unbound(), func(sc store.Scanner) (g grant, err error) {
		err = sc.Scan(&g.company, &g.user)
		return g, err
	}, `SELECT company_id, user_id FROM authz_personal WHERE token_hash = ?`, secret.Hash(token))
}

// insertRefresh stores a new refresh token with the scopes of the consent behind
// it. tx is bound to the company.
func insertRefresh(tx *store.Tx, g grant, token string, now time.Time) error {
	id, err := tx.NextID("refresh")
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO authz_refresh (company_id, id, token_hash, installation_id, scopes, created_at, expires_at)
		VALUES (@company, ?, ?, ?, ?, ?, ?)`, id, secret.Hash(token), g.installation, strings.Join(g.scopes, ","),
		clock.Micros(now), clock.Micros(now.Add(refreshLife)))
	return err
}

// insertAccess stores a new access token and forgets those of the installation
// that have ended. tx is bound to the company.
func insertAccess(tx *store.Tx, installation int64, token string, scopes []string, now time.Time, life time.Duration) error {
	if _, err := tx.Exec(`DELETE FROM authz_access WHERE company_id = @company AND installation_id = ? AND expires_at <= ?`,
		installation, clock.Micros(now)); err != nil {
		return err
	}
	_, err := tx.Exec(`INSERT INTO authz_access (company_id, token_hash, installation_id, scopes, expires_at) VALUES (@company, ?, ?, ?, ?)`,
		secret.Hash(token), installation, strings.Join(scopes, ","), clock.Micros(now.Add(life)))
	return err
}

// callerOf finds the user behind a token that was found. A user who was
// deactivated has no way in.
func (s *Service) callerOf(tx *store.Tx, company, user int64) (route.Caller, error) {
	u, err := s.accounts.User(tx.Bind(company), user)
	if err != nil {
		return route.Caller{}, err
	}
	if !u.Active {
		return route.Caller{}, fault.New(fault.Unauthorized, "", "The user is not active any more.")
	}
	return route.Caller{Company: company, User: user, Admin: u.Admin}, nil
}

// ReplayToken issues an access token that lives for a minute, so that an exchange
// can be repeated in the Inspector: the token of the first time was never kept.
func (s *Service) ReplayToken(ctx context.Context, company, user int64, clientID string) (string, error) {
	token, now := s.newAccessToken(company, user), s.db.Now()
	err := s.db.Company(company).Update(ctx, func(tx *store.Tx) error {
		i, err := s.Installation(tx, clientID, user)
		if err != nil {
			return err
		}
		return insertAccess(tx, i.ID, token, i.Scopes, now, replayLife)
	})
	return token, err
}
