package messaging

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
)

// Core is what a network gets to work with: the archive, and news for its pages.
type Core struct {
	db       *store.DB
	keys     *secret.Keyring
	base     string
	channels *channels
	links    *links
	hub      *live.Hub
	log      *appLog
	networks map[string]Network
	// noDedup is the planted fault of a crash test: messages that come again are
	// stored again.
	noDedup bool
}

// Channel finds a channel by the id that customers and hosts use. A network must
// look whether it is open before it takes messages.
func (c *Core) Channel(ctx context.Context, network, providerID string) (Channel, error) {
	ch, err := c.channels.find(ctx, providerID)
	if err == nil && ch.Network != network {
		return Channel{}, fault.Missing("there is no channel with the id %.60q", providerID)
	}
	return ch, err
}

// Now is the app's clock.
func (c *Core) Now() time.Time { return c.db.Now() }

// Keys signs what a network hands to customers.
func (c *Core) Keys() *secret.Keyring { return c.keys }

// BaseURL is the origin of the app.
func (c *Core) BaseURL() string { return c.base }

// Refused answers a request that failed with a JSON error, and notes it in the
// app's log if the fault lies with whoever sent it.
func (c *Core) Refused(w http.ResponseWriter, r *http.Request, err error) {
	c.log.refuse(r, err)
	writeFault(w, err)
}

// Receive stores a message from a customer and, in the same transaction, the
// work of telling the host. When it returns without an error the message is
// durable and the network may acknowledge it. fresh is false if the message was
// in the archive already.
// spec: app.messaging.commit-before-answer
func (c *Core) Receive(ctx context.Context, in Incoming) (m Message, fresh bool, err error) {
	info := c.networks[in.Channel.Network].Info()
	if err := info.Limits.check(info.Title, in.Text, in.Files); err != nil {
		return Message{}, false, err
	}
	if c.noDedup {
		in.ID += "-" + secret.Random(6)
	}
	files, bodies := filesOf(in.Files)
	err = c.db.Company(in.Channel.Company).Update(ctx, func(tx *store.Tx) error {
		m = Message{
			Channel: in.Channel.ID, Conversation: in.Conversation, ID: in.ID, SenderID: in.CustomerID,
			Text: in.Text, Status: StatusSent, Files: files,
		}
		return c.receive(tx, in, &m, bodies)
	})
	if errors.Is(err, errKnown) { // spec: app.messaging.once
		m, err = c.byID(ctx, in.Channel, in.ID)
		return m, false, err
	}
	return m, err == nil, err
}

func (c *Core) receive(tx *store.Tx, in Incoming, m *Message, bodies [][]byte) error {
	if err := lane.Lock(tx, laneOf(in.Channel.ID, in.Conversation)); err != nil {
		return err
	}
	p, err := touch(tx, in)
	if err != nil {
		return err
	}
	m.Seq, m.CreatedAt = p.seq, fromMilli(p.at)
	if err := insertMessage(tx, m, bodies); err != nil {
		return err
	}
	if err := addReport(tx, m.Channel, m.Conversation, m.Seq); err != nil {
		return err
	}
	return c.publish(tx, in.Channel, *m)
}

func (c *Core) byID(ctx context.Context, ch Channel, id string) (m Message, err error) {
	err = c.db.Company(ch.Company).View(ctx, func(tx *store.Tx) (err error) {
		m, err = messageByID(tx, ch.ID, id)
		return err
	})
	return m, err
}

// deliver carries an agent's message to the customer and stores it. A wish that
// was fulfilled before is answered from the archive.
// spec: app.messaging.post-idempotent
func (c *Core) deliver(ctx context.Context, ch Channel, conversation, key, text string, ups []Upload) (id string, err error) {
	if c.noDedup {
		key = ""
	}
	var conv Conversation
	var known Message
	err = c.db.Company(ch.Company).View(ctx, func(tx *store.Tx) (err error) {
		if conv, err = conversationByID(tx, ch, conversation); err != nil || key == "" {
			return err
		}
		if known, err = messageByKey(tx, ch.ID, conversation, key); errors.Is(err, store.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil || known.ID != "" {
		return known.ID, err
	}
	network := c.networks[ch.Network]
	info := network.Info()
	if err := info.Limits.check(info.Title, text, ups); err != nil {
		return "", err
	}
	got, err := network.Send(ctx, Outgoing{Channel: ch, Conversation: conv, Key: key, Text: text, Files: ups})
	if err != nil {
		return "", fmt.Errorf("send through %s: %w", info.Title, err)
	}
	return c.archiveSent(ctx, ch, Message{
		Channel: ch.ID, Conversation: conversation, ID: got.ID, Outgoing: true, SenderID: businessID(ch), Text: text,
		Status: got.Status, Reported: StatusSent, key: key, // our 200 says "sent"
	}, ups)
}

// archiveSent stores what the network has taken.
func (c *Core) archiveSent(ctx context.Context, ch Channel, sent Message, ups []Upload) (string, error) {
	files, bodies := filesOf(ups)
	err := c.db.Company(ch.Company).Update(ctx, func(tx *store.Tx) error {
		m := sent
		m.Files = files
		p, err := touchKnown(tx, ch.ID, m.Conversation)
		if err != nil {
			return err
		}
		m.Seq, m.CreatedAt = p.seq, fromMilli(p.at)
		if err := insertMessage(tx, &m, bodies); err != nil {
			return err
		}
		return c.publish(tx, ch, m)
	})
	if !errors.Is(err, errKnown) {
		return sent.ID, err
	}
	// Two attempts ran side by side and the other one was first.
	var known Message
	err = c.db.Company(ch.Company).View(ctx, func(tx *store.Tx) (err error) {
		if known, err = messageByKey(tx, ch.ID, sent.Conversation, sent.key); errors.Is(err, store.ErrNoRows) {
			known, err = messageByID(tx, ch.ID, sent.ID)
		}
		return err
	})
	return known.ID, err
}

// Progress notes that everything up to a place in the conversation has reached
// the customer, or was seen, and lets the host know.
// spec: app.messaging.status-forward
func (c *Core) Progress(ctx context.Context, ch Channel, conversation string, upTo int64, to Status) error {
	if to != StatusDelivered && to != StatusRead {
		return fault.New(fault.Invalid, "status", "expected delivered or read, got %q", to.String())
	}
	return c.db.Company(ch.Company).Update(ctx, func(tx *store.Tx) error {
		if err := lane.Lock(tx, laneOf(ch.ID, conversation)); err != nil {
			return err
		}
		risen, err := advance(tx, ch.ID, conversation, upTo, to)
		if err != nil {
			return err
		}
		for _, m := range risen {
			if err := addReport(tx, ch.ID, conversation, m.Seq); err != nil {
				return err
			}
			if err := c.publishStatus(tx, ch, m); err != nil {
				return err
			}
		}
		return nil
	})
}

// History is a piece of a conversation.
type History struct {
	Messages []Message // in order
	Older    bool      // there are messages before these
	Live     int64     // events up to this one are in it
}

// History returns up to limit messages before a place; 0 means the newest. A
// conversation that does not exist yet is empty.
func (c *Core) History(ctx context.Context, ch Channel, conversation string, before int64, limit int) (h History, err error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	err = c.db.Company(ch.Company).View(ctx, func(tx *store.Tx) (err error) {
		if h.Messages, h.Older, err = messagesBefore(tx, ch.ID, conversation, before, limit); err != nil {
			return err
		}
		h.Live, err = live.Last(tx)
		return err
	})
	return h, err
}

// View is a message as the pages of customers get it.
type View struct {
	ID        string     `json:"id"`
	Seq       int64      `json:"seq"`
	Outgoing  bool       `json:"outgoing"`
	Text      string     `json:"text"`
	CreatedAt time.Time  `json:"created_at"`
	Status    string     `json:"status"`
	Files     []FileView `json:"files"`
}

// FileView is an attachment as the pages of customers get it.
type FileView struct {
	Name  string `json:"name"`
	Size  int64  `json:"size"`
	URL   string `json:"url"`
	Image bool   `json:"image"`
}

// View returns m with fresh links.
func (c *Core) View(ch Channel, m Message) View {
	v := View{ID: m.ID, Seq: m.Seq, Outgoing: m.Outgoing, Text: m.Text, CreatedAt: m.CreatedAt, Status: viewStatus(m), Files: []FileView{}}
	for _, f := range m.Files {
		v.Files = append(v.Files, FileView{Name: f.Name, Size: f.Size, URL: c.links.sign(ch, f), Image: f.Image})
	}
	return v
}

// viewStatus is how far a message has come for the customer: their own is
// delivered once the host has it. Hosts do not say when an agent has read it.
func viewStatus(m Message) string {
	if !m.Outgoing && m.Reported >= StatusSent && m.Status == StatusSent {
		return StatusDelivered.String()
	}
	return m.Status.String()
}

// Kinds of events that customers' pages hear.
const (
	eventMessage = "chat.message"
	eventStatus  = "chat.status"
	eventChannel = "chat.channel"
)

func topicOf(channel int64, conversation string) string {
	return fmt.Sprintf("conversation:%d:%s", channel, conversation)
}

func topicOfChannel(channel int64) string { return fmt.Sprintf("channel:%d", channel) }

// publish tells the customer's pages about a new message.
func (c *Core) publish(tx *store.Tx, ch Channel, m Message) error {
	return c.tell(tx, ch, m, eventMessage, c.View(ch, m))
}

func (c *Core) publishStatus(tx *store.Tx, ch Channel, m Message) error {
	return c.tell(tx, ch, m, eventStatus, map[string]any{"id": m.ID, "seq": m.Seq, "status": viewStatus(m)})
}

func (c *Core) tell(tx *store.Tx, ch Channel, m Message, kind string, data any) error {
	if !c.networks[ch.Network].Info().Follows {
		return nil
	}
	raw, err := json.Marshal(data)
	if err != nil {
		return err
	}
	live.Append(tx, live.Event{Kind: kind, Topics: []string{topicOf(ch.ID, m.Conversation)}, Data: raw})
	return nil
}

// Follow serves a WebSocket with what happens in one conversation after the
// event that the customer's page saw last.
func (c *Core) Follow(w http.ResponseWriter, r *http.Request, ch Channel, conversation string, since int64) {
	mine, everybody := topicOf(ch.ID, conversation), topicOfChannel(ch.ID)
	c.hub.ServeWebSocket(w, r, live.Subscription{Company: ch.Company, Since: since, Allow: func(e live.Event) bool {
		for _, t := range e.Topics {
			if t == mine || t == everybody {
				return true
			}
		}
		return false
	}})
}
