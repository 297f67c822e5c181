package messaging

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/dockwright/dockwright/appkit"
	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
)

const (
	topicSettings = "messaging.settings"
	topicChannels = "messaging.channels"
	// cacheLife bounds how long a node may act on what another node has changed
	// when the notice of it was lost.
	cacheLife = 5 * time.Second

	settingClientID = "client_id"
	settingSecret   = "client_secret"
	placeSecret     = "setting/value/client_secret"
)

// settings keep the app's credentials: those of the configuration, else those
// that the operator has entered.
type settings struct {
	db    *store.DB
	keys  *secret.Keyring
	fixed appkit.Credentials

	mu     sync.Mutex
	cached appkit.Credentials
	until  time.Time
}

func newSettings(db *store.DB, keys *secret.Keyring, fixed appkit.Credentials) *settings {
	s := &settings{db: db, keys: keys, fixed: fixed}
	db.Listen(topicSettings, func(string) { s.forget() })
	return s
}

func (s *settings) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.until = time.Time{}
}

// credentials returns those in force; both are empty when there are none yet.
func (s *settings) credentials(ctx context.Context) (appkit.Credentials, error) {
	if s.fixed.ClientID != "" {
		return s.fixed, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Now().Before(s.until) {
		return s.cached, nil
	}
	values := map[string]string{}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		_, err := store.Select(tx, func(r store.Scanner) (struct{}, error) {
			var name, value string
			err := r.Scan(&name, &value)
			values[name] = value
			return struct{}{}, err
		}, `SELECT name, value FROM setting`)
		return err
	})
	if err != nil {
		return appkit.Credentials{}, err
	}
	c := appkit.Credentials{ClientID: values[settingClientID]}
	if values[settingSecret] != "" {
		plain, err := s.keys.Open(values[settingSecret], placeSecret)
		if err != nil {
			return appkit.Credentials{}, err
		}
		c.Secret = string(plain)
	}
	s.cached, s.until = c, time.Now().Add(cacheLife)
	return c, nil
}

// setCredentials stores what the operator entered.
func (s *settings) setCredentials(ctx context.Context, c appkit.Credentials) error {
	c.ClientID, c.Secret = strings.TrimSpace(c.ClientID), strings.TrimSpace(c.Secret)
	switch {
	case s.fixed.ClientID != "":
		return fault.New(fault.Conflict, "client_id", "the credentials are given by the app's configuration; change them there")
	case c.ClientID == "" || len(c.ClientID) > 255:
		return fault.New(fault.Invalid, "client_id", "expected the client id that the Developer Hub shows, got %d characters", len(c.ClientID))
	case c.Secret == "" || len(c.Secret) > 1024:
		return fault.New(fault.Invalid, "client_secret", "expected the client secret that the Developer Hub shows, got %d characters", len(c.Secret))
	}
	sealed, err := s.keys.Seal([]byte(c.Secret), placeSecret)
	if err != nil {
		return err
	}
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		for name, value := range map[string]string{settingClientID: c.ClientID, settingSecret: sealed} {
			if _, err := tx.Exec(`INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.forget()
	s.db.Notify(topicSettings, "")
	return nil
}

// milli is t with the precision of the wire, which is that of stored messages.
func milli(t time.Time) int64 { return clock.Micros(t.Truncate(time.Millisecond)) }

func fromMilli(us int64) time.Time { return clock.FromMicros(us) }
