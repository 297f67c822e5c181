package inbox

import (
	"context"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/messagingapi"
)

// Limits of what an agent sends.
// spec: messaging.send.limits
const (
	MaxFiles    = 10
	MaxFileSize = 16 << 20 // bytes of one file
	maxSendKey  = 200
	maxFileName = 200
)

// SendRequest is a message that an agent wants to send.
type SendRequest struct {
	Conversation int64
	Key          string // one per wish, from the form: the same key never sends twice
	Text         string
	Files        []Upload
	// Template is the SourceID of the template that Text was made from, if it
	// was. Templates may be sent after the reply window has closed.
	Template string
}

// Send stores a message as sending and lets the conversation's lane take it to
// the app. A request with a key that was used returns the message of the first.
func (s *Service) Send(ctx context.Context, v route.Caller, r SendRequest) (m Message, err error) {
	if err := r.check(); err != nil {
		return Message{}, err
	}
	err = s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) error {
		m, err = s.send(tx, v, r)
		return err
	})
	return m, err
}

func (r *SendRequest) check() error {
	switch {
	case r.Key == "" || len(r.Key) > maxSendKey || !storable(r.Key):
		return fault.New(fault.Invalid, "key", "expected a key of 1 to %d characters that is new for each message", maxSendKey)
	case !storable(r.Text):
		return fault.New(fault.Invalid, "text", "expected text, got bytes that are not UTF-8 or the character U+0000")
	case strings.TrimSpace(r.Text) == "" && len(r.Files) == 0:
		return fault.New(fault.Invalid, "text", "write something or attach a file first")
	case utf8.RuneCountInString(r.Text) > messagingapi.MaxText:
		return fault.New(fault.Invalid, "text", "a message has at most %d characters, this one has %d; send it in parts", messagingapi.MaxText, utf8.RuneCountInString(r.Text))
	case !storable(r.Template):
		return fault.New(fault.Invalid, "template", "expected the id of a template")
	case len(r.Files) > MaxFiles:
		return fault.New(fault.Invalid, "files", "a message has at most %d files, this one has %d; send the others in a second message", MaxFiles, len(r.Files))
	}
	for i := range r.Files {
		f := &r.Files[i]
		f.Name, f.Type = cleanName(f.Name), cleanType(f.Type, f.Body)
		if len(f.Body) > MaxFileSize {
			return fault.New(fault.TooLarge, "files", "%s has %d bytes; a file may have %d (16 MB)", f.Name, len(f.Body), MaxFileSize)
		}
	}
	return nil
}

// cleanName keeps the last part of a path and drops what could mislead a person
// or a file system.
// spec: messaging.send.file-names
func cleanName(name string) string {
	name = strings.ToValidUTF8(name, "")
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune(`"<>:|?*`, r) {
			return -1
		}
		return r
	}, name)
	name = strings.TrimLeft(strings.TrimSpace(name), ".")
	if r := []rune(name); len(r) > maxFileName {
		name = string(r[len(r)-maxFileName:]) // the ending says what it is
	}
	if name == "" {
		return "file"
	}
	return name
}

// cleanType keeps a well-formed type; a picture must be one.
func cleanType(told string, body []byte) string {
	t, _, err := mime.ParseMediaType(told)
	if err != nil || !strings.Contains(t, "/") {
		t = "application/octet-stream"
	}
	if sniffed := http.DetectContentType(body); pictures[sniffed] {
		return sniffed
	}
	if pictures[t] {
		return "application/octet-stream"
	}
	return t
}

func (s *Service) send(tx *store.Tx, v route.Caller, r SendRequest) (Message, error) {
	if err := lane.Lock(tx, conversationTopic(r.Conversation)); err != nil {
		return Message{}, err
	}
	c, err := s.conversationFor(tx, v, r.Conversation, tx.ForUpdate())
	if err != nil {
		return Message{}, err
	}
	m, ok, err := found(store.One(tx, scanMessage, `SELECT `+messageColumns+` FROM inbox_message
		WHERE company_id = @company AND conversation_id = ? AND send_key = ? AND send_key <> ''`, c.ID, r.Key))
	if err == nil && !ok {
		if err = s.maySend(tx, c, r); err == nil {
			m, err = s.store(tx, v, c, r)
		}
	}
	if err != nil {
		return Message{}, err
	}
	one := []Message{m}
	err = fillFiles(tx, one)
	return one[0], err
}

// store writes a new message of an agent, and the job that takes it to the app.
func (s *Service) store(tx *store.Tx, v route.Caller, c Conversation, r SendRequest) (Message, error) {
	parts, err := participantsOf(tx, []int64{c.ID})
	if err != nil {
		return Message{}, err
	}
	_, business, _ := roles(parts[c.ID])
	m := Message{
		channel: c.Channel.ID, conversation: c.ID, SenderID: business.SourceID, Outgoing: true, Author: v.User,
		Status: Sending, Text: r.Text, CreatedAt: s.after(c.LastMessageAt),
	}
	if m.ID, err = insertMessage(tx, m, r.Key); err != nil {
		return m, err
	}
	files, err := storeFiles(tx, m.ID, r.Files)
	if err != nil {
		return m, err
	}
	c.add(m, files, true)
	if err := updateConversation(tx, c); err != nil {
		return m, err
	}
	if err := addJob(tx, kindPost, conversationTopic(c.ID), postJob{Message: m.ID}); err != nil {
		return m, err
	}
	return m, tell(tx, "message.sent", v.User, c.Channel, snapshot{
		Channel: c.Channel.ID, Conversation: c.ID, Message: m.ID, Status: string(Sending), Outgoing: true, Assignee: c.Assignee, Unread: c.Unread, New: true,
	})
}

// after is the present, or a moment after the newest message if the app's clock
// is ahead of ours: an answer stands below what it answers.
func (s *Service) after(last time.Time) time.Time {
	now := s.clock.Now().Truncate(time.Microsecond)
	if ahead := last.Sub(now); ahead >= 0 && ahead < time.Minute {
		return last.Add(time.Microsecond)
	}
	return now
}

// maySend refuses what the app could only refuse later.
func (s *Service) maySend(tx *store.Tx, c Conversation, r SendRequest) error {
	switch {
	case !c.Channel.Connected:
		return fault.New(fault.Conflict, "", "%s is disconnected because its app was uninstalled. Install the app again to answer.", c.Channel.Name)
	case c.Channel.SyncState == SyncSuspended:
		return fault.New(fault.Conflict, "", "The account behind %s is suspended. Settle that with the provider, then try the channel again in the settings.", c.Channel.Name)
	case c.ReplyBy.IsZero() || s.clock.Now().Before(c.ReplyBy):
		return nil
	case r.Template == "": // spec: messaging.reply-by.closes
		return fault.New(fault.Conflict, "text", "The time to answer ended at %s UTC. Only a template can be sent until the customer writes again.", c.ReplyBy.Format("2006-01-02 15:04"))
	}
	_, ok, err := found(store.One(tx, store.Value[int64], `SELECT id FROM inbox_template WHERE company_id = @company AND channel_id = ? AND source_id = ?`, c.Channel.ID, r.Template))
	if err == nil && !ok {
		return fault.New(fault.Invalid, "template", "%s has no template %q", c.Channel.Name, r.Template)
	}
	return err
}

func storeFiles(tx *store.Tx, message int64, files []Upload) ([]attachment, error) {
	var all []attachment
	for _, f := range files {
		id, err := tx.NextID("inbox_upload")
		if err != nil {
			return nil, err
		}
		if _, err := tx.Exec(`INSERT INTO inbox_upload (company_id, id, message_id, name, type, body) VALUES (@company, ?, ?, ?, ?, ?)`,
			id, message, f.Name, f.Type, f.Body); err != nil {
			return nil, err
		}
		a := attachment{message: message, source: fmt.Sprintf("upload-%d", id), mime: f.Type, name: f.Name, size: int64(len(f.Body)), upload: id}
		if err := insertAttachment(tx, a); err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

// Resend sends a message that failed once more, as a new wish.
func (s *Service) Resend(ctx context.Context, v route.Caller, message int64) error {
	return s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) error {
		m, ok, err := messageByID(tx, message, "")
		if err != nil {
			return err
		}
		if !ok || m.Author == 0 {
			return fault.Missing("there is no message %d that was written here", message)
		}
		if err := lane.Lock(tx, conversationTopic(m.conversation)); err != nil {
			return err
		}
		c, err := s.conversationFor(tx, v, m.conversation, tx.ForUpdate())
		if err != nil {
			return err
		}
		if m, ok, err = messageByID(tx, message, tx.ForUpdate()); err != nil {
			return err
		}
		if !ok || m.Status != Failed {
			return fault.New(fault.Conflict, "", "only a message that failed can be sent again; this one is %s", m.Status)
		}
		if !c.Channel.Connected {
			return s.maySend(tx, c, SendRequest{})
		}
		if err := again(tx, m); err != nil {
			return err
		}
		m.attempt++
		if err := addJob(tx, kindPost, conversationTopic(c.ID), postJob{Message: m.ID, Attempt: m.attempt}); err != nil {
			return err
		}
		return tell(tx, "message.updated", v.User, c.Channel, snapshot{Channel: c.Channel.ID, Conversation: c.ID, Message: m.ID, Status: string(Sending), Outgoing: true})
	})
}

// retired marks a hidden row that keeps the id under which the app knew an
// earlier attempt: late reports about it must not come back as a new message.
const retired = -1

// again makes a failed message one that is being sent.
func again(tx *store.Tx, m Message) error {
	id := m.SourceID
	m.Status, m.Error, m.SourceID = Sending, "", ""
	m.attempt++
	if err := updateMessage(tx, m); err != nil || id == "" {
		return err
	}
	m.SourceID, m.Status, m.shadowOf = id, Failed, retired
	_, err := insertMessage(tx, m, "")
	return err
}

// File returns a file that an agent attached.
func (s *Service) File(ctx context.Context, v route.Caller, id int64) (f Upload, err error) {
	err = s.db.Company(v.Company).View(ctx, func(tx *store.Tx) error {
		conversation, ok, err := found(store.One(tx, store.Value[int64], `SELECT m.conversation_id FROM inbox_upload u JOIN inbox_message m
			ON m.company_id = u.company_id AND m.id = u.message_id WHERE u.company_id = @company AND u.id = ?`, id))
		if err != nil {
			return err
		}
		if !ok {
			return fault.Missing("there is no file %d; its conversation may have been deleted", id)
		}
		if _, err := s.conversationFor(tx, v, conversation, ""); err != nil {
			return err
		}
		f, err = uploadByID(tx, id)
		return err
	})
	return f, err
}

func uploadByID(tx *store.Tx, id int64) (Upload, error) {
	return store.One(tx, func(r store.Scanner) (f Upload, err error) {
		return f, r.Scan(&f.Name, &f.Type, &f.Body)
	}, `SELECT name, type, body FROM inbox_upload WHERE company_id = @company AND id = ?`, id)
}

// filePath is where pages serve File.
func filePath(upload int64) string { return fmt.Sprintf("/_dockwright/files/%d", upload) }

func attachmentPath(id int64) string { return fmt.Sprintf("/_dockwright/attachments/%d", id) }
