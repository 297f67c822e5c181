package inbox

import (
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/pipedrive/messagingapi"
)

// told is a message as an app tells it.
type told struct {
	source, sender, text string
	status               Status
	createdAt, replyBy   time.Time
	files                []attachment
}

func fromReceived(r messagingapi.Received) told {
	return fromMessage(messagingapi.Message{
		ID: r.ID, Status: r.Status, CreatedAt: r.CreatedAt, Text: r.Text, SenderID: r.SenderID, ReplyBy: r.ReplyBy, Attachments: r.Attachments,
	})
}

func fromMessage(m messagingapi.Message) told {
	t := told{
		source: m.ID, sender: m.SenderID, text: m.Text, status: Status(m.Status),
		createdAt: m.CreatedAt.Time, replyBy: m.ReplyBy.Time,
	}
	for _, a := range m.Attachments {
		t.files = append(t.files, attachment{
			source: a.ID, mime: a.Type, name: a.Name, size: a.Size, url: a.URL, preview: a.PreviewURL, expires: a.LinkExpires,
		})
	}
	return t
}

// channelWire is a channel as POST /channels answers it.
func channelWire(company int64, c Channel) messagingapi.Channel {
	return messagingapi.Channel{
		ID: c.UUID, Name: c.Name, AvatarURL: c.AvatarURL, ProviderChannelID: c.ProviderChannelID, MarketplaceClientID: c.ClientID,
		CompanyID: company, UserID: c.Owner, CreatedAt: messagingapi.ChannelTime{Time: messagingapi.At(c.CreatedAt)},
		ProviderType: c.ProviderType, TemplateSupport: c.TemplateSupport,
	}
}

// invalid is what the contract's readers found wrong, as a fault.
func invalid(err error) error {
	if e, ok := errors.AsType[*messagingapi.Error](err); ok {
		return fault.New(fault.Invalid, e.Key, "%s", e.Message)
	}
	return err
}

const previewLength = 140

// preview is the line that the list shows of a message.
func preview(text string, files []attachment) string {
	line := strings.Join(strings.Fields(text), " ")
	if line == "" && len(files) > 0 {
		line = files[0].name
		if line == "" {
			line = "Attachment"
		}
	}
	if r := []rune(line); len(r) > previewLength {
		line = string(r[:previewLength]) + "…"
	}
	return line
}

// pictures are the types that browsers show inside a page.
var pictures = map[string]bool{"image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true}

// shown is an attachment as pages see it. A link that expires, and each look at
// it, goes by way of the room.
func (a attachment) shown() Attachment {
	out := Attachment{ID: a.ID, Type: a.mime, Name: a.name, Size: a.size, URL: a.url, PreviewURL: a.preview, Image: pictures[strings.ToLower(a.mime)]}
	switch {
	case a.upload != 0:
		out.URL, out.PreviewURL = filePath(a.upload), ""
	case a.expires:
		out.URL = attachmentPath(a.ID)
		if a.preview != "" {
			out.PreviewURL = out.URL + "?preview=1"
		}
	}
	return out
}

func (p participant) shown() Participant { return p.Participant }

// roles picks the two sides of a conversation. Until the app has told who takes
// part, and where an app names more customers than one, the first has to do.
func roles(all []participant) (customer, business Participant, recipients []string) {
	for _, p := range all {
		switch p.Role {
		case messagingapi.RoleSourceUser:
			business = p.shown()
		case messagingapi.RoleEndUser:
			if customer.SourceID == "" {
				customer = p.shown()
			}
			recipients = append(recipients, p.SourceID)
		}
	}
	return customer, business, recipients
}

// storable reports whether both databases can hold s.
func storable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

const reasonLength = 1000

// reason is an app's words as they may be stored and shown: on one line, not too
// long, without characters that control anything.
func reason(s string) string {
	s = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))), " ")
	if r := []rune(s); len(r) > reasonLength {
		s = string(r[:reasonLength]) + "…"
	}
	return s
}

func micros(t time.Time) int64 { return clock.Micros(t) }
