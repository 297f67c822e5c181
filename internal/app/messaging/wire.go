package messaging

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/pipedrive/messagingapi"
)

// businessID is the participant that stands for the business in a channel.
func businessID(ch Channel) string { return "business-" + ch.ProviderID }

func (c *Core) wireAttachments(ch Channel, files []File) []messagingapi.Attachment {
	all := []messagingapi.Attachment{} // spec: app.messaging.attachments-always
	for _, f := range files {
		a := messagingapi.Attachment{ID: f.ID, Type: f.Type, Name: f.Name, Size: f.Size, URL: c.links.sign(ch, f), LinkExpires: true}
		if f.Image {
			a.PreviewURL = a.URL
		}
		all = append(all, a)
	}
	return all
}

func (c *Core) wireMessage(ch Channel, m Message) messagingapi.Message {
	return messagingapi.Message{
		ID: m.ID, Status: m.Status.String(), CreatedAt: messagingapi.At(m.CreatedAt), Text: m.Text,
		SenderID: m.SenderID, Attachments: c.wireAttachments(ch, m.Files),
	}
}

func (c *Core) wireReceived(ch Channel, m Message) messagingapi.Received {
	return messagingapi.Received{
		ID: m.ID, ChannelID: ch.ProviderID, SenderID: m.SenderID, ConversationID: m.Conversation, Text: m.Text,
		Status: m.Status.String(), CreatedAt: messagingapi.At(m.CreatedAt), Attachments: c.wireAttachments(ch, m.Files),
	}
}

// wireConversation has exactly one participant for the business and one for the
// customer, whose picture the host is to fetch by getSenderById.
func (c *Core) wireConversation(conv Conversation, messages []Message, older bool) messagingapi.Conversation {
	ch := conv.Channel
	w := messagingapi.Conversation{
		ID: conv.ID, Status: messagingapi.ConversationOpen, Seen: true, Messages: []messagingapi.Message{},
		Participants: []messagingapi.Participant{
			{ID: businessID(ch), Name: ch.Name, Role: messagingapi.RoleSourceUser, AvatarURL: ch.AvatarURL},
			{ID: conv.CustomerID, Name: customerName(conv), Role: messagingapi.RoleEndUser, FetchAvatar: true},
		},
	}
	for _, m := range messages {
		w.Seen = w.Seen && (!m.Outgoing || m.Status == StatusRead)
		w.Messages = append(w.Messages, c.wireMessage(ch, m))
	}
	if older && len(messages) > 0 {
		w.NextMessages = cursor("m", messages[0].Seq, "")
	}
	return w
}

// customerName is the name given, else one by which agents can tell strangers
// apart.
func customerName(conv Conversation) string {
	if conv.CustomerName != "" {
		return conv.CustomerName
	}
	id := conv.CustomerID
	return "Visitor " + strings.ToUpper(id[max(0, len(id)-4):])
}

func (c *Core) wireSender(ch Channel, id, name string) messagingapi.Sender {
	return messagingapi.Sender{ID: id, Name: name, AvatarURL: c.base + "/channels/" + ch.ProviderID + "/people/" + personMark(id) + ".png"}
}

// cursor writes a place in a list so that hosts need not know what it means.
func cursor(list string, n int64, id string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(list + ":" + strconv.FormatInt(n, 10) + ":" + id))
}

// readCursor is the inverse of cursor.
func readCursor(list, s string) (n int64, id string, err error) {
	bad := fault.New(fault.Invalid, "after", "expected a cursor that this endpoint gave out, got %.60q", s)
	raw, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		return 0, "", bad
	}
	rest, ok := strings.CutPrefix(string(raw), list+":")
	number, id, cut := strings.Cut(rest, ":")
	n, err = strconv.ParseInt(number, 10, 64)
	if !ok || !cut || err != nil || n < 0 || strconv.FormatInt(n, 10) != number || strings.ContainsRune(id, 0) {
		return 0, "", bad
	}
	return n, id, nil
}

// endOfTime is later than any conversation; paging from the youngest begins there.
var endOfTime = clock.Micros(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC))
