package messaging

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/store"
)

// errKnown rolls back a transaction that finds its message stored already.
var errKnown = errors.New("messaging: the message is in the archive already")

const kindReport = "messaging.receive"

// laneOf is the lane in which everything about a conversation goes to the host.
func laneOf(channel int64, conversation string) string {
	return fmt.Sprintf("conversation:%d:%s", channel, conversation)
}

// report is the payload of a report job: tell the host the message's newest
// status, if it does not have it yet.
type report struct {
	Channel      int64  `json:"channel"`
	Conversation string `json:"conversation"`
	Seq          int64  `json:"seq"`
}

func addReport(tx *store.Tx, channel int64, conversation string, seq int64) error {
	raw, err := json.Marshal(report{channel, conversation, seq})
	if err != nil {
		return err
	}
	return lane.Add(tx, lane.Job{Kind: kindReport, Key: laneOf(channel, conversation), Payload: raw})
}

// place is where a new message stands in its conversation.
type place struct {
	seq int64
	at  int64 // microseconds, a whole number of milliseconds
}

func scanPlace(r store.Scanner) (p place, err error) { return p, r.Scan(&p.seq, &p.at) }

// touch makes the conversation if it is new and takes the next place in it. Its
// row lock is what puts messages of a conversation in order. Times rise by a
// millisecond at least, because the wire has no more and hosts sort by them.
func touch(tx *store.Tx, in Incoming) (place, error) {
	now := milli(tx.Now())
	return store.One(tx, scanPlace, `INSERT INTO conversation
			(company_id, channel_id, id, customer_id, customer_name, last_seq, last_at, seen_seq, created_at)
		VALUES (@company, ?, ?, ?, ?, 1, ?, 0, ?)
		ON CONFLICT (company_id, channel_id, id) DO UPDATE SET
			last_seq = conversation.last_seq + 1,
			last_at = CASE WHEN conversation.last_at >= excluded.last_at THEN conversation.last_at + 1000 ELSE excluded.last_at END,
			customer_name = CASE WHEN excluded.customer_name = '' THEN conversation.customer_name ELSE excluded.customer_name END
		RETURNING last_seq, last_at`,
		in.Channel.ID, in.Conversation, in.CustomerID, in.CustomerName, now, now)
}

// touchKnown takes the next place in a conversation that exists.
func touchKnown(tx *store.Tx, channel int64, conversation string) (place, error) {
	now := milli(tx.Now())
	p, err := store.One(tx, scanPlace, `UPDATE conversation SET last_seq = last_seq + 1,
			last_at = CASE WHEN last_at >= ? THEN last_at + 1000 ELSE ? END
		WHERE company_id = @company AND channel_id = ? AND id = ? RETURNING last_seq, last_at`, now, now, channel, conversation)
	if errors.Is(err, store.ErrNoRows) {
		return place{}, noConversation(conversation)
	}
	return p, err
}

func noConversation(id string) error {
	return fault.Missing("this channel has no conversation %.80q", id)
}

// insertMessage stores m and its files, or returns errKnown.
func insertMessage(tx *store.Tx, m *Message, bodies [][]byte) error {
	n, err := tx.Exec(`INSERT INTO message (company_id, channel_id, conversation_id, seq, id, dedup_key, outgoing, sender_id, body, files, status, reported, created_at)
		VALUES (@company, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		m.Channel, m.Conversation, m.Seq, m.ID, sql.NullString{String: m.key, Valid: m.key != ""}, m.Outgoing, m.SenderID, m.Text,
		len(m.Files), int(m.Status), int(m.Reported), clock.Micros(m.CreatedAt))
	if err != nil {
		return err
	}
	if n == 0 {
		return errKnown
	}
	for i, f := range m.Files {
		if _, err := tx.Exec(`INSERT INTO attachment (company_id, id, channel_id, conversation_id, seq, position, name, type, size, body)
			VALUES (@company, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			f.ID, m.Channel, m.Conversation, m.Seq, i, f.Name, f.Type, f.Size, bodies[i]); err != nil {
			return err
		}
	}
	return nil
}

const messageColumns = `channel_id, conversation_id, seq, id, outgoing, sender_id, body, files, status, reported, created_at`

func scanMessage(r store.Scanner) (m Message, err error) {
	var at int64
	err = r.Scan(&m.Channel, &m.Conversation, &m.Seq, &m.ID, &m.Outgoing, &m.SenderID, &m.Text, &m.files, &m.Status, &m.Reported, &at)
	m.CreatedAt = clock.FromMicros(at)
	return m, err
}

// oneMessage ends a query for a single message with its files.
func oneMessage(tx *store.Tx, m Message, err error, id string) (Message, error) {
	if errors.Is(err, store.ErrNoRows) {
		return Message{}, fault.Missing("there is no message %.80q", id)
	}
	if err != nil {
		return Message{}, err
	}
	all := []Message{m}
	err = addFiles(tx, all)
	return all[0], err
}

// messageByID finds a message by the network's id.
func messageByID(tx *store.Tx, channel int64, id string) (Message, error) {
	m, err := store.One(tx, scanMessage, `SELECT `+messageColumns+` FROM message WHERE company_id = @company AND channel_id = ? AND id = ?`, channel, id)
	return oneMessage(tx, m, err, id)
}

// messageBySeq finds a message by its place.
func messageBySeq(tx *store.Tx, channel int64, conversation string, seq int64) (Message, error) {
	m, err := store.One(tx, scanMessage, `SELECT `+messageColumns+` FROM message
		WHERE company_id = @company AND channel_id = ? AND conversation_id = ? AND seq = ?`, channel, conversation, seq)
	return oneMessage(tx, m, err, fmt.Sprint(conversation, " ", seq))
}

// messageByKey finds the message that a wish of the host's has made.
func messageByKey(tx *store.Tx, channel int64, conversation, key string) (Message, error) {
	return store.One(tx, scanMessage, `SELECT `+messageColumns+` FROM message
		WHERE company_id = @company AND channel_id = ? AND conversation_id = ? AND dedup_key = ?`, channel, conversation, key)
}

// messagesBefore returns up to limit messages that stand before a place, in
// order, and whether there are more before those.
func messagesBefore(tx *store.Tx, channel int64, conversation string, before int64, limit int) ([]Message, bool, error) {
	all, err := store.Select(tx, scanMessage, `SELECT `+messageColumns+` FROM message
		WHERE company_id = @company AND channel_id = ? AND conversation_id = ? AND seq < ? ORDER BY seq DESC LIMIT ?`,
		channel, conversation, before, limit+1)
	if err != nil {
		return nil, false, err
	}
	more := len(all) > limit
	if more {
		all = all[:limit]
	}
	for i, j := 0, len(all)-1; i < j; i, j = i+1, j-1 {
		all[i], all[j] = all[j], all[i]
	}
	return all, more, addFiles(tx, all)
}

// addFiles reads the attachments of messages of one conversation, which stand in
// order.
func addFiles(tx *store.Tx, all []Message) error {
	first, last := -1, -1
	at := map[int64]int{}
	for i, m := range all {
		if m.files > 0 {
			if first < 0 {
				first = i
			}
			last, at[m.Seq] = i, i
		}
	}
	if first < 0 {
		return nil
	}
	_, err := store.Select(tx, func(r store.Scanner) (struct{}, error) {
		var f File
		var seq int64
		if err := r.Scan(&seq, &f.ID, &f.Name, &f.Type, &f.Size); err != nil {
			return struct{}{}, err
		}
		f.Image = showable(f.Type)
		if i, ok := at[seq]; ok {
			all[i].Files = append(all[i].Files, f)
		}
		return struct{}{}, nil
	}, `SELECT seq, id, name, type, size FROM attachment
		WHERE company_id = @company AND channel_id = ? AND conversation_id = ? AND seq BETWEEN ? AND ? ORDER BY seq, position`,
		all[0].Channel, all[0].Conversation, all[first].Seq, all[last].Seq)
	return err
}

const conversationColumns = `id, customer_id, customer_name, last_seq, seen_seq, created_at`

func scanConversation(ch Channel) func(store.Scanner) (Conversation, error) {
	return func(r store.Scanner) (c Conversation, err error) {
		var at int64
		err = r.Scan(&c.ID, &c.CustomerID, &c.CustomerName, &c.LastSeq, &c.SeenSeq, &at)
		c.Channel, c.CreatedAt = ch, clock.FromMicros(at)
		return c, err
	}
}

func conversationByID(tx *store.Tx, ch Channel, id string) (Conversation, error) {
	c, err := store.One(tx, scanConversation(ch), `SELECT `+conversationColumns+` FROM conversation
		WHERE company_id = @company AND channel_id = ? AND id = ?`, ch.ID, id)
	if errors.Is(err, store.ErrNoRows) {
		return Conversation{}, noConversation(id)
	}
	return c, err
}

// conversationByCustomer finds a conversation of the customer's.
func conversationByCustomer(tx *store.Tx, ch Channel, customer string) (Conversation, error) {
	c, err := store.One(tx, scanConversation(ch), `SELECT `+conversationColumns+` FROM conversation
		WHERE company_id = @company AND channel_id = ? AND customer_id = ? ORDER BY id LIMIT 1`, ch.ID, customer)
	if errors.Is(err, store.ErrNoRows) {
		return Conversation{}, fault.Missing("this channel has no participant %.80q", customer)
	}
	return c, err
}

// conversationsBefore pages through conversations from the youngest to the
// oldest. The order never changes, so a page is never missed; who writes for the
// first time meanwhile is reported by the message itself.
func conversationsBefore(tx *store.Tx, ch Channel, at int64, id string, limit int) ([]Conversation, bool, error) {
	all, err := store.Select(tx, scanConversation(ch), `SELECT `+conversationColumns+` FROM conversation
		WHERE company_id = @company AND channel_id = ? AND (created_at < ? OR (created_at = ? AND id < ?))
		ORDER BY created_at DESC, id DESC LIMIT ?`, ch.ID, at, at, id, limit+1)
	if err != nil {
		return nil, false, err
	}
	if len(all) > limit {
		return all[:limit], true, nil
	}
	return all, false, nil
}

// advance raises the status of what the customer was sent, up to a place, and
// returns which messages rose.
func advance(tx *store.Tx, channel int64, conversation string, upTo int64, to Status) ([]Message, error) {
	risen, err := store.Select(tx, scanMessage, `UPDATE message SET status = ?
		WHERE company_id = @company AND channel_id = ? AND conversation_id = ? AND outgoing AND status < ? AND seq <= ?
			AND seq > (SELECT seen_seq FROM conversation WHERE company_id = @company AND channel_id = ? AND id = ?)
		RETURNING `+messageColumns, int(to), channel, conversation, int(to), upTo, channel, conversation)
	if err != nil || to != StatusRead || len(risen) == 0 {
		return risen, err
	}
	_, err = tx.Exec(`UPDATE conversation SET seen_seq = ? WHERE company_id = @company AND channel_id = ? AND id = ? AND seen_seq < ?`,
		upTo, channel, conversation, upTo)
	return risen, err
}

// setReported notes what the host is known to have.
func setReported(tx *store.Tx, r report, s Status) error {
	_, err := tx.Exec(`UPDATE message SET reported = ? WHERE company_id = @company AND channel_id = ? AND conversation_id = ? AND seq = ? AND reported < ?`,
		int(s), r.Channel, r.Conversation, r.Seq, int(s))
	return err
}
