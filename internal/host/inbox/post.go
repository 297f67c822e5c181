package inbox

import (
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/outbound"
	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/messagingapi"
)

// postDeadline is longer than other calls have: files travel with the message,
// and the app may hand it on before it answers. A lane's lease is longer still.
const postDeadline = 30 * time.Second

// postPatience is how long a message waits for an app that is away. After it an
// agent should know rather than see "sending".
// spec: messaging.post.given-up
const postPatience = 24 * time.Hour

// letter is a message on its way out, with all that its body needs.
type letter struct {
	message    Message
	channel    Channel
	source     string // the conversation
	sender     string
	recipients []string
	files      []Upload
}

// post is postMessage. The message keeps its lane's place until the app has
// answered, so that what an agent wrote second never arrives first.
// spec: messaging.post
func (s *Service) post(ctx context.Context, j lane.Job, p postJob) (commit, error) {
	var l letter
	var ok bool
	err := s.db.Company(j.Company).View(ctx, func(tx *store.Tx) (err error) {
		l, ok, err = readLetter(tx, p)
		return err
	})
	if err != nil || !ok {
		return nil, err
	}
	switch {
	case !l.channel.Connected:
		return s.undelivered(l, p, fault.New(fault.Conflict, "", "The app of this channel was uninstalled before the message was sent.")), nil
	case l.sender == "" || len(l.recipients) == 0:
		return s.undelivered(l, p, fault.New(fault.Conflict, "", "The app has not told who takes part in this conversation.")), nil
	}
	id, err := s.deliver(ctx, j.Company, l)
	if err != nil {
		final, forLane := verdict(err)
		switch {
		case final:
			return s.undelivered(l, p, err), nil
		case s.db.Now().Sub(j.CreatedAt) > postPatience:
			s.log.WarnContext(ctx, "message given up", "company", j.Company, "message", p.Message, "err", err)
			return s.undelivered(l, p, fault.New(fault.Unavailable, "", "The app could not be reached for a day, so the message was given up.")), nil
		}
		return nil, forLane
	}
	return func(tx *store.Tx) error { return s.posted(tx, l, p, id) }, nil
}

func readLetter(tx *store.Tx, p postJob) (l letter, ok bool, err error) {
	if l.message, ok, err = messageByID(tx, p.Message, ""); err != nil || !ok {
		return l, false, err
	}
	if l.message.Status != Sending || l.message.attempt != p.Attempt {
		return l, false, nil // told by a report that overtook, or sent again
	}
	c, ok, err := conversationByID(tx, l.message.conversation, "")
	if err != nil || !ok {
		return l, false, err
	}
	if l.channel, ok, err = channelByID(tx, c.Channel.ID); err != nil || !ok {
		return l, false, err
	}
	parts, err := participantsOf(tx, []int64{c.ID})
	if err != nil {
		return l, false, err
	}
	_, business, recipients := roles(parts[c.ID])
	l.source, l.sender, l.recipients = c.SourceID, business.SourceID, recipients
	files, err := attachmentsOf(tx, []int64{l.message.ID})
	if err != nil {
		return l, false, err
	}
	for _, a := range files[l.message.ID] {
		f, err := uploadByID(tx, a.upload)
		if err != nil {
			return l, false, err
		}
		l.files = append(l.files, f)
	}
	return l, true, nil
}

// deliver makes the call and returns the app's id of the message.
func (s *Service) deliver(ctx context.Context, company int64, l letter) (string, error) {
	t, err := s.targetOf(ctx, company, l.channel)
	if err != nil {
		return "", err
	}
	to, err := t.app.PostMessage.Expand(map[string]string{messagingapi.VarChannel: l.channel.ProviderChannelID, messagingapi.VarConversation: l.source, messagingapi.VarSender: l.sender})
	if err != nil {
		return "", err
	}
	body, contentType, err := l.multipart()
	if err != nil {
		return "", err
	}
	c := outbound.Call{
		Method: http.MethodPost, URL: to, Body: body, ContentType: contentType, Requirement: "messaging.post", Header: http.Header{},
		Deadline: postDeadline,
	}
	if s.dedup {
		// The app must be able to tell a repeat from a second message of the same
		// text; the channel's UUID makes the key unique between companies.
		// spec: messaging.post.idempotency-key
		c.Header.Set(messagingapi.IdempotencyHeader, fmt.Sprintf("%s-%d-%d", l.channel.UUID, l.message.ID, l.message.attempt))
	}
	answer, err := s.call(ctx, t, c)
	if err != nil {
		return "", err
	}
	posted, err := messagingapi.ParsePosted(answer)
	if err != nil {
		return "", fmt.Errorf("the app took the message, but its answer is not what was agreed, so it may have been sent: %w", err)
	}
	return posted.ID, nil
}

// multipart is the body of postMessage. Its parts stand in the documented order;
// files repeat the name files.
// spec: messaging.post.recipient-ids
func (l letter) multipart() (body []byte, contentType string, err error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, part := range [][2]string{
		{messagingapi.PartMessage, l.message.Text},
		{messagingapi.PartSender, l.sender},
		{messagingapi.PartConversation, l.source},
		{messagingapi.PartRecipients, strings.Join(l.recipients, ",")},
	} {
		if err := w.WriteField(part[0], part[1]); err != nil {
			return nil, "", err
		}
	}
	for _, f := range l.files {
		h := textproto.MIMEHeader{}
		h.Set("Content-Disposition", multipart.FileContentDisposition(messagingapi.PartFiles, f.Name))
		h.Set("Content-Type", f.Type)
		part, err := w.CreatePart(h)
		if err != nil {
			return nil, "", err
		}
		if _, err := part.Write(f.Body); err != nil {
			return nil, "", err
		}
	}
	if err := w.Close(); err != nil {
		return nil, "", err
	}
	return b.Bytes(), w.FormDataContentType(), nil
}

// letterRow locks the conversation and the message of a letter. ok is false if
// they are gone or the job's attempt is not the present one.
func letterRow(tx *store.Tx, l letter, p postJob) (c Conversation, m Message, ok bool, err error) {
	if c, ok, err = conversationByID(tx, l.message.conversation, tx.ForUpdate()); err != nil || !ok {
		return c, m, false, err
	}
	c.Channel = l.channel
	m, ok, err = messageByID(tx, p.Message, tx.ForUpdate())
	return c, m, ok && m.attempt == p.Attempt, err
}

// posted stores the id the app gave. A report about that id may have come first:
// it is merged, so that the message stands once, as far on as either says.
// spec: messaging.post.report-overtakes
func (s *Service) posted(tx *store.Tx, l letter, p postJob, id string) error {
	c, m, ok, err := letterRow(tx, l, p)
	if err != nil || !ok || m.SourceID != "" {
		return err
	}
	if l.channel, err = s.refresh(tx, l.channel); err != nil {
		return err
	}
	c.Channel = l.channel
	other, taken, err := s.seen(tx, l.channel.ID, id, tx.ForUpdate())
	if err != nil {
		return err
	}
	m.Status = m.Status.later(Sent)
	switch {
	case taken && other.shadowOf == retired: // the app keeps to the id of an earlier attempt
		if err := deleteMessage(tx, other.ID); err != nil {
			return err
		}
	case taken && other.Author != 0:
		m.Status, m.Error = Failed, fmt.Sprintf("The app answered with the id of another message, %q, so it was probably not sent.", id)
		id = ""
	case taken:
		m.Status = m.Status.later(other.Status)
		if m.Status == Failed {
			m.Error = other.Error
		}
		if err := deleteMessage(tx, other.ID); err != nil {
			return err
		}
	}
	m.SourceID, m.SenderID = id, l.sender
	if err := updateMessage(tx, m); err != nil {
		return err
	}
	return s.settled(tx, c, m)
}

// undelivered marks the message as failed, with a reason the agent can read.
// spec: messaging.post.failure
func (s *Service) undelivered(l letter, p postJob, cause error) commit {
	return func(tx *store.Tx) error {
		if isSuspended(cause) {
			if err := suspend(tx, l.channel.ID, cause.Error()); err != nil {
				return err
			}
		}
		c, m, ok, err := letterRow(tx, l, p)
		if err != nil || !ok || m.Status != Sending {
			return err
		}
		m.Status, m.Error, m.SenderID = Failed, reason(cause.Error()), l.sender
		if err := updateMessage(tx, m); err != nil {
			return err
		}
		return s.settled(tx, c, m)
	}
}

// settled lets reports go that were kept back for a message whose fate is known
// now, and tells about it.
func (s *Service) settled(tx *store.Tx, c Conversation, m Message) error {
	kept, err := store.Select(tx, scanMessage, `SELECT `+messageColumns+` FROM inbox_message WHERE company_id = @company AND shadow_of = ? AND shadow_of <> 0 ORDER BY id`, m.ID)
	if err != nil {
		return err
	}
	for _, k := range kept {
		if k.shadowOf, err = overtaken(tx, c.ID, k.Text); err != nil {
			return err
		}
		if err := updateMessage(tx, k); err != nil {
			return err
		}
	}
	if err := c.repaint(tx); err != nil {
		return err
	}
	if err := updateConversation(tx, c); err != nil {
		return err
	}
	return tell(tx, "message.updated", 0, c.Channel, snapshot{
		Channel: c.Channel.ID, Conversation: c.ID, Message: m.ID, Status: string(m.Status), Outgoing: true, Assignee: c.Assignee, Unread: c.Unread,
	})
}
