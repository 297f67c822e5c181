package inbox

import (
	"fmt"
	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/store"
)

const messageColumns = `id, channel_id, conversation_id, source_id, sender_id, outgoing, author_id, status, body, error, attempt, shadow_of, created_at`

func scanMessage(s store.Scanner) (Message, error) {
	var m Message
	var created int64
	err := s.Scan(&m.ID, &m.channel, &m.conversation, &m.SourceID, &m.SenderID, &m.Outgoing, &m.Author, &m.Status, &m.Text, &m.Error,
		&m.attempt, &m.shadowOf, &created)
	m.CreatedAt = clock.FromMicros(created)
	return m, err
}

func messageByID(tx *store.Tx, id int64, lock string) (Message, bool, error) {
	return found(store.One(tx, scanMessage, `SELECT `+messageColumns+` FROM inbox_message WHERE company_id = @company AND id = ?`+lock, id))
}

func messageBySource(tx *store.Tx, channel int64, source, lock string) (Message, bool, error) {
	return found(store.One(tx, scanMessage, `SELECT `+messageColumns+` FROM inbox_message
		WHERE company_id = @company AND channel_id = ? AND source_id = ? AND source_id <> ''`+lock, channel, source))
}

// insertMessage stores m under a new id, with the wish to send it (key) if it is
// ours.
func insertMessage(tx *store.Tx, m Message, key string) (int64, error) {
	id, err := tx.NextID("inbox_message")
	if err != nil {
		return 0, err
	}
	_, err = tx.Exec(`INSERT INTO inbox_message (company_id, `+messageColumns+`, send_key)
		VALUES (@company, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		id, m.channel, m.conversation, m.SourceID, m.SenderID, m.Outgoing, m.Author, string(m.Status), m.Text, m.Error,
		m.attempt, m.shadowOf, clock.Micros(m.CreatedAt), key)
	return id, err
}

// updateMessage stores what may change of a message. Its place in the thread
// does not.
func updateMessage(tx *store.Tx, m Message) error {
	_, err := tx.Exec(`UPDATE inbox_message SET source_id = ?, sender_id = ?, outgoing = ?, status = ?, body = ?, error = ?, attempt = ?, shadow_of = ?
		WHERE company_id = @company AND id = ?`,
		m.SourceID, m.SenderID, m.Outgoing, string(m.Status), m.Text, m.Error, m.attempt, m.shadowOf, m.ID)
	return err
}

func deleteMessage(tx *store.Tx, id int64) error {
	_, err := tx.Exec(`DELETE FROM inbox_message WHERE company_id = @company AND id = ?`, id)
	return err
}

// newest is the last message of a conversation that is shown.
func newest(tx *store.Tx, conversation int64) (Message, bool, error) {
	return found(store.One(tx, scanMessage, `SELECT `+messageColumns+` FROM inbox_message
		WHERE company_id = @company AND conversation_id = ? AND shadow_of = 0 ORDER BY created_at DESC, id DESC LIMIT 1`, conversation))
}

// attachment is a file of a message as it is stored.
type attachment struct {
	ID, message        int64
	source, mime, name string
	size               int64
	url, preview       string
	expires            bool
	checkedAt, upload  int64
}

const attachmentColumns = `id, message_id, source_id, type, name, size, url, preview_url, link_expires, checked_at, upload_id`

func scanAttachment(s store.Scanner) (attachment, error) {
	var a attachment
	err := s.Scan(&a.ID, &a.message, &a.source, &a.mime, &a.name, &a.size, &a.url, &a.preview, &a.expires, &a.checkedAt, &a.upload)
	return a, err
}

func insertAttachment(tx *store.Tx, a attachment) error {
	id, err := tx.NextID("inbox_attachment")
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO inbox_attachment (company_id, `+attachmentColumns+`) VALUES (@company, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		id, a.message, a.source, a.mime, a.name, a.size, a.url, a.preview, a.expires, a.checkedAt, a.upload)
	return err
}

func updateAttachment(tx *store.Tx, a attachment) error {
	_, err := tx.Exec(`UPDATE inbox_attachment SET type = ?, name = ?, size = ?, url = ?, preview_url = ?, link_expires = ?, checked_at = ?
		WHERE company_id = @company AND id = ?`, a.mime, a.name, a.size, a.url, a.preview, a.expires, a.checkedAt, a.ID)
	return err
}

func attachmentsOf(tx *store.Tx, messages []int64) (map[int64][]attachment, error) {
	by := map[int64][]attachment{}
	if len(messages) == 0 {
		return by, nil
	}
	list, args := places(messages)
	all, err := store.Select(tx, scanAttachment, fmt.Sprintf(queryAttachments, list), args...)
	for _, a := range all {
		by[a.message] = append(by[a.message], a)
	}
	return by, err
}

// putAttachments brings the stored files of a message to what the app tells now,
// and reports whether anything changed. Files keep their ids. An empty list
// changes nothing: status reports come with one.
func putAttachments(tx *store.Tx, message int64, told []attachment) (changed bool, err error) {
	if len(told) == 0 {
		return false, nil
	}
	have, err := attachmentsOf(tx, []int64{message})
	if err != nil {
		return false, err
	}
	by := map[string]attachment{}
	for _, a := range have[message] {
		by[a.source] = a
	}
	for _, a := range told {
		a.message = message
		old, known := by[a.source]
		if !known {
			if err := insertAttachment(tx, a); err != nil {
				return false, err
			}
			changed = true
			continue
		}
		a.ID, a.checkedAt, a.upload = old.ID, old.checkedAt, old.upload
		if a == old {
			continue
		}
		a.checkedAt = 0
		if err := updateAttachment(tx, a); err != nil {
			return false, err
		}
		changed = true
	}
	return changed, nil
}
