package inbox

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/messagingapi"
)

// linkTrust is how long a link that worked is taken to work.
const linkTrust = time.Minute

// AttachmentURL returns an address at which a file that the app keeps can be
// fetched now. A link that expires is looked at first; if it has, the app is
// asked for a fresh one.
// spec: messaging.attachments.refresh
func (s *Service) AttachmentURL(ctx context.Context, v route.Caller, id int64, preview bool) (string, error) {
	var a attachment
	var m Message
	var ch Channel
	err := s.db.Company(v.Company).View(ctx, func(tx *store.Tx) error {
		var ok bool
		var err error
		a, ok, err = found(store.One(tx, scanAttachment, `SELECT `+attachmentColumns+` FROM inbox_attachment WHERE company_id = @company AND id = ?`, id))
		if err != nil {
			return err
		}
		if ok {
			m, ok, err = messageByID(tx, a.message, "")
		}
		if err != nil {
			return err
		}
		if !ok {
			return fault.Missing("there is no attachment %d; its conversation may have been deleted", id)
		}
		c, err := s.conversationFor(tx, v, m.conversation, "")
		ch = c.Channel
		return err
	})
	if err != nil {
		return "", err
	}
	if a.upload != 0 {
		return filePath(a.upload), nil
	}
	if a, err = s.fresh(ctx, v.Company, ch, m, a); err != nil {
		return "", err
	}
	if preview && a.preview != "" {
		return a.preview, nil
	}
	return a.url, nil
}

// fresh returns the attachment with a link that works.
func (s *Service) fresh(ctx context.Context, company int64, ch Channel, m Message, a attachment) (attachment, error) {
	if !a.expires || s.clock.Now().Sub(time.UnixMicro(a.checkedAt)) < linkTrust {
		return a, nil
	}
	if status, err := s.door.Head(ctx, company, a.url); err == nil && status < http.StatusBadRequest {
		a.checkedAt = micros(s.clock.Now())
		return a, s.db.Company(company).Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE inbox_attachment SET checked_at = ? WHERE company_id = @company AND id = ? AND url = ?`, a.checkedAt, a.ID, a.url)
			return err
		})
	}
	told, err := s.messageAgain(ctx, company, ch, m)
	if err != nil {
		return a, unavailable("the file", err)
	}
	err = s.db.Company(company).Update(ctx, func(tx *store.Tx) error {
		if _, err := putAttachments(tx, m.ID, fromMessage(told).files); err != nil {
			return err
		}
		got, ok, err := found(store.One(tx, scanAttachment, `SELECT `+attachmentColumns+` FROM inbox_attachment WHERE company_id = @company AND id = ?`, a.ID))
		if err != nil || !ok {
			return err
		}
		got.checkedAt = micros(s.clock.Now())
		a = got
		return updateAttachment(tx, got)
	})
	return a, err
}

// messageAgain is getMessageById.
func (s *Service) messageAgain(ctx context.Context, company int64, ch Channel, m Message) (messagingapi.Message, error) {
	var source string
	err := s.db.Company(company).View(ctx, func(tx *store.Tx) error {
		c, _, err := conversationByID(tx, m.conversation, "")
		source = c.SourceID
		return err
	})
	if err != nil {
		return messagingapi.Message{}, err
	}
	t, err := s.targetOf(ctx, company, ch)
	if err != nil {
		return messagingapi.Message{}, err
	}
	to, err := t.app.GetMessageByID.Expand(map[string]string{
		messagingapi.VarChannel: ch.ProviderChannelID, messagingapi.VarConversation: source, messagingapi.VarMessage: m.SourceID,
	})
	if err != nil {
		return messagingapi.Message{}, err
	}
	body, err := s.get(ctx, t, to, "messaging.attachments.refresh")
	if err != nil {
		return messagingapi.Message{}, err
	}
	return messagingapi.ParseMessage(body)
}

// getAttachment sends the browser to where the file is now.
func (s *Service) getAttachment(w http.ResponseWriter, r *http.Request) {
	v, _ := route.CallerFrom(r.Context())
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		http.Error(w, "expected the number of an attachment", http.StatusNotFound)
		return
	}
	to, err := s.AttachmentURL(r.Context(), v, id, r.URL.Query().Get("preview") == "1")
	w.Header().Set("Cache-Control", "no-store")
	if err != nil {
		e, ok := fault.As(err)
		if !ok {
			s.log.Error("attachment", "company", v.Company, "attachment", id, "err", err)
			e = fault.New(fault.Internal, "", "something went wrong here; it was written to the log")
		}
		http.Error(w, e.Message, e.Kind.Status())
		return
	}
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, to, http.StatusFound)
}

// staleAvatars are the participants of a conversation whose avatars may have
// expired and were not looked at for a day.
func (s *Service) staleAvatars(tx *store.Tx, conversation int64) ([]int64, error) {
	return store.Select(tx, store.Value[int64], `SELECT id FROM inbox_participant WHERE company_id = @company AND conversation_id = ?
		AND avatar_expires = ? AND avatar_checked_at < ? ORDER BY id`, conversation, true, micros(s.clock.Now().Add(-avatarAge)))
}

// refreshAvatars lets the channel's lane look at avatars, each at most once a
// day.
// spec: messaging.avatars.daily
func (s *Service) refreshAvatars(ctx context.Context, company int64, c Conversation, participants []int64) error {
	return s.db.Company(company).Update(ctx, func(tx *store.Tx) error {
		if err := lane.Lock(tx, channelTopic(c.Channel.ID)); err != nil {
			return err
		}
		now := s.clock.Now()
		for _, id := range participants {
			n, err := tx.Exec(`UPDATE inbox_participant SET avatar_checked_at = ? WHERE company_id = @company AND id = ? AND avatar_checked_at < ?`,
				micros(now), id, micros(now.Add(-avatarAge)))
			if err != nil {
				return err
			}
			if n == 0 {
				continue // another page was quicker
			}
			if err := addJob(tx, kindAvatar, channelTopic(c.Channel.ID), avatarJob{Channel: c.Channel.ID, Participant: id}); err != nil {
				return err
			}
		}
		return nil
	})
}

// checkAvatar looks whether an avatar still works and fetches a fresh one if
// not. It tries once: tomorrow is another day.
func (s *Service) checkAvatar(ctx context.Context, j lane.Job, p avatarJob) (commit, error) {
	var who participant
	var ch Channel
	var ok bool
	err := s.db.Company(j.Company).View(ctx, func(tx *store.Tx) (err error) {
		if ch, ok, err = channelByID(tx, p.Channel); err != nil || !ok {
			return err
		}
		who, ok, err = found(store.One(tx, scanParticipant, `SELECT `+participantColumns+` FROM inbox_participant WHERE company_id = @company AND id = ?`, p.Participant))
		return err
	})
	if err != nil || !ok || !ch.Connected {
		return nil, err
	}
	if who.AvatarURL != "" {
		if status, err := s.door.Head(ctx, j.Company, who.AvatarURL); err == nil && status < http.StatusBadRequest {
			return nil, nil
		}
	}
	t, err := s.targetOf(ctx, j.Company, ch)
	if err != nil || t.app.GetSenderByID == "" {
		return nil, nil
	}
	told, err := s.sender(ctx, t, who.SourceID)
	if err != nil {
		s.log.Info("avatar not refreshed", "company", j.Company, "channel", ch.ID, "participant", who.ID, "err", err)
		return nil, nil
	}
	return func(tx *store.Tx) error { return s.putSender(tx, ch, who.SourceID, told) }, nil
}
