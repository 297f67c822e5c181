package messaging

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/dockwright/dockwright/appkit"
	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
)

// vault keeps installations and their sealed tokens.
type vault struct {
	db   *store.DB
	keys *secret.Keyring
}

var (
	_ appkit.Vault   = (*vault)(nil)
	_ appkit.Claimer = (*vault)(nil)
)

// Installation is a user who connected the app, without tokens.
type Installation struct {
	Company     int64
	User        int64
	UserName    string
	CompanyName string
	APIDomain   string
	Shared      bool
	Connected   bool
	InstalledAt time.Time
	RemovedAt   time.Time
}

func placeToken(a appkit.Account) string {
	return fmt.Sprintf("installation/token/%d/%d", a.Company, a.User)
}

func (v *vault) seal(a appkit.Account, t appkit.Token) (string, error) {
	raw, err := json.Marshal(t)
	if err != nil {
		return "", err
	}
	return v.keys.Seal(raw, placeToken(a))
}

// Load implements appkit.Vault.
func (v *vault) Load(ctx context.Context, a appkit.Account) (appkit.Token, error) {
	var sealed string
	err := v.db.Company(a.Company).View(ctx, func(tx *store.Tx) (err error) {
		sealed, err = store.One(tx, store.Value[string], `SELECT token FROM installation WHERE company_id = @company AND user_id = ?`, a.User)
		return err
	})
	if errors.Is(err, store.ErrNoRows) || (err == nil && sealed == "") {
		return appkit.Token{}, appkit.ErrNotInstalled
	}
	if err != nil {
		return appkit.Token{}, err
	}
	raw, err := v.keys.Open(sealed, placeToken(a))
	if err != nil {
		return appkit.Token{}, err
	}
	var t appkit.Token
	return t, json.Unmarshal(raw, &t)
}

// Replace implements appkit.Vault.
func (v *vault) Replace(ctx context.Context, a appkit.Account, old, fresh appkit.Token) (bool, error) {
	sealed, err := v.seal(a, fresh)
	if err != nil {
		return false, err
	}
	var n int64
	err = v.db.Company(a.Company).Update(ctx, func(tx *store.Tx) (err error) {
		n, err = tx.Exec(`UPDATE installation SET token = ?, token_hash = ?, api_domain = ?, claimed_until = 0
			WHERE company_id = @company AND user_id = ? AND token_hash = ?`,
			sealed, secret.Hash(fresh.Access), fresh.APIDomain, a.User, secret.Hash(old.Access))
		return err
	})
	return n == 1, err
}

// Claim implements appkit.Claimer.
// spec: app.messaging.refresh-once
func (v *vault) Claim(ctx context.Context, a appkit.Account, seen appkit.Token, last time.Duration) (bool, error) {
	var n int64
	err := v.db.Company(a.Company).Update(ctx, func(tx *store.Tx) (err error) {
		now := tx.Now()
		n, err = tx.Exec(`UPDATE installation SET claimed_until = ?
			WHERE company_id = @company AND user_id = ? AND token_hash = ? AND claimed_until <= ?`,
			clock.Micros(now.Add(last)), a.User, secret.Hash(seen.Access), clock.Micros(now))
		return err
	})
	return n == 1, err
}

// install stores a new consent inside tx, which is bound to the company.
func (v *vault) install(tx *store.Tx, u appkit.User, t appkit.Token) error {
	sealed, err := v.seal(u.Account, t)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO installation (company_id, user_id, token, token_hash, claimed_until, user_name, company_name, api_domain, shared, installed_at, removed_at)
		VALUES (@company, ?, ?, ?, 0, ?, ?, ?, FALSE, ?, 0)
		ON CONFLICT (company_id, user_id) DO UPDATE SET token = excluded.token, token_hash = excluded.token_hash, claimed_until = 0,
			user_name = excluded.user_name, company_name = excluded.company_name, api_domain = excluded.api_domain,
			installed_at = excluded.installed_at, removed_at = 0`,
		u.User, sealed, secret.Hash(t.Access), u.Name, u.CompanyName, t.APIDomain, clock.Micros(tx.Now()))
	return err
}

// forget takes the tokens away and reports whether there were any.
func (v *vault) forget(tx *store.Tx, user int64) (bool, error) {
	n, err := tx.Exec(`UPDATE installation SET token = '', token_hash = '', claimed_until = 0, shared = FALSE, removed_at = ?
		WHERE company_id = @company AND user_id = ? AND token <> ''`, clock.Micros(tx.Now()), user)
	return n > 0, err
}

func (v *vault) share(tx *store.Tx, user int64, shared bool) error {
	_, err := tx.Exec(`UPDATE installation SET shared = ? WHERE company_id = @company AND user_id = ?`, shared, user)
	return err
}

// list returns every installation there ever was, the connected ones first.
func (v *vault) list(ctx context.Context) ([]Installation, error) {
	var all []Installation
	err := v.db.View(ctx, func(tx *store.Tx) (err error) {
		all, err = store.Select(tx, func(r store.Scanner) (i Installation, err error) {
			var at, gone int64
			var token string
			err = r.Scan(&i.Company, &i.User, &i.UserName, &i.CompanyName, &i.APIDomain, &i.Shared, &token, &at, &gone)
			i.Connected, i.InstalledAt, i.RemovedAt = token != "", clock.FromMicros(at), clock.FromMicros(gone)
			return i, err
		}, `SELECT company_id, user_id, user_name, company_name, api_domain, shared, token_hash, installed_at, removed_at
			FROM installation ORDER BY removed_at, company_id, user_id`)
		return err
	})
	return all, err
}
