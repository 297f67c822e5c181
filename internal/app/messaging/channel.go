package messaging

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/store"
)

// channels finds channels by the id that hosts and customers use. Each message
// needs one, so they are kept for a moment; who changes one gives notice.
type channels struct {
	db   *store.DB
	base string

	mu   sync.RWMutex
	kept map[string]keptChannel
}

type keptChannel struct {
	Channel
	until time.Time
}

// keptChannels bounds the memory that requests for made-up ids can take.
const keptChannels = 10_000

func newChannels(db *store.DB, base string) *channels {
	c := &channels{db: db, base: base, kept: map[string]keptChannel{}}
	db.Listen(topicChannels, func(providerID string) {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.kept, providerID)
	})
	return c
}

const channelColumns = `company_id, id, provider_channel_id, network, name, user_id, state, problem, created_at`

func (c *channels) scan(r store.Scanner) (ch Channel, err error) {
	var at int64
	err = r.Scan(&ch.Company, &ch.ID, &ch.ProviderID, &ch.Network, &ch.Name, &ch.User, &ch.State, &ch.Problem, &at)
	ch.CreatedAt = clock.FromMicros(at)
	ch.AvatarURL = c.base + "/channels/" + ch.ProviderID + "/avatar.png"
	return ch, err
}

// find returns the channel with this provider id, in whatever state.
func (c *channels) find(ctx context.Context, providerID string) (Channel, error) {
	c.mu.RLock()
	k, ok := c.kept[providerID]
	c.mu.RUnlock()
	if ok && time.Now().Before(k.until) {
		return k.Channel, nil
	}
	var ch Channel
	err := c.db.View(ctx, func(tx *store.Tx) (err error) {
		ch, err = store.One(tx, c.scan, `SELECT `+channelColumns+` FROM channel WHERE provider_channel_id = ?`, providerID)
		return err
	})
	if errors.Is(err, store.ErrNoRows) {
		return Channel{}, fault.Missing("there is no channel with the id %.60q", providerID)
	}
	if err != nil {
		return Channel{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.kept) >= keptChannels {
		clear(c.kept)
	}
	c.kept[providerID] = keptChannel{ch, time.Now().Add(cacheLife)}
	return ch, nil
}

// list returns every channel but those that were removed.
func (c *channels) list(ctx context.Context) ([]Channel, error) {
	var all []Channel
	err := c.db.View(ctx, func(tx *store.Tx) (err error) {
		all, err = store.Select(tx, c.scan, `SELECT `+channelColumns+` FROM channel WHERE state <> ? ORDER BY company_id, id`, string(ChannelRemoved))
		return err
	})
	return all, err
}

// get reads a channel inside a transaction of its company.
func (c *channels) get(tx *store.Tx, id int64) (Channel, error) {
	ch, err := store.One(tx, c.scan, `SELECT `+channelColumns+` FROM channel WHERE company_id = @company AND id = ?`, id)
	if errors.Is(err, store.ErrNoRows) {
		return Channel{}, fault.Missing("there is no channel %d", id)
	}
	return ch, err
}

// ofUser lists a user's channels inside a transaction of the company.
func (c *channels) ofUser(tx *store.Tx, user int64) ([]Channel, error) {
	return store.Select(tx, c.scan, `SELECT `+channelColumns+` FROM channel WHERE company_id = @company AND user_id = ? ORDER BY id`, user)
}

// setState stores a new state, and tells every node after the commit.
func (c *channels) setState(tx *store.Tx, ch Channel, to ChannelState, problem string) error {
	if _, err := tx.Exec(`UPDATE channel SET state = ?, problem = ? WHERE company_id = @company AND id = ?`, string(to), problem, ch.ID); err != nil {
		return err
	}
	tx.Notify(topicChannels, ch.ProviderID)
	return nil
}

// insert stores a new channel, whose installation must exist.
func (c *channels) insert(tx *store.Tx, ch Channel, avatar []byte, avatarType string) error {
	_, err := tx.Exec(`INSERT INTO channel (company_id, id, provider_channel_id, network, name, user_id, state, problem, avatar, avatar_type, created_at)
		VALUES (@company, ?, ?, ?, ?, ?, ?, '', ?, ?, ?)`,
		ch.ID, ch.ProviderID, ch.Network, ch.Name, ch.User, string(ch.State), avatar, avatarType, clock.Micros(ch.CreatedAt))
	return err
}

// avatar returns the channel's picture.
func (c *channels) avatar(ctx context.Context, ch Channel) (body []byte, kind string, err error) {
	err = c.db.Company(ch.Company).View(ctx, func(tx *store.Tx) error {
		_, err := store.One(tx, func(r store.Scanner) (struct{}, error) {
			return struct{}{}, r.Scan(&body, &kind)
		}, `SELECT avatar, avatar_type FROM channel WHERE company_id = @company AND id = ?`, ch.ID)
		return err
	})
	return body, kind, err
}
