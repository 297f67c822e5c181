package web

import (
	"time"

	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/inbox"
)

// inboxPage is the data of the three columns. On a narrow window only the one
// that Step names is shown.
type inboxPage struct {
	Step   string // "list", "thread", "details", or "blank" without a channel
	List   inboxList
	Open   *inboxTalk // nil when no conversation is chosen
	Unread int
}

// inboxList is the left column.
type inboxList struct {
	Channels []inboxChoice // empty when the viewer has no channel at all
	Statuses []inboxChoice
	Agents   []inboxChoice
	Items    []inboxItem
	Next     string // address of the next page, "" at the end
	Filtered bool   // the filters are not the ones the page begins with
	Ever     bool   // there is a conversation, perhaps not under these filters
}

// inboxChoice is an option of a select.
type inboxChoice struct {
	Value, Label string
	Selected     bool
}

// inboxFace is a picture with the network's sign at its corner.
type inboxFace struct {
	Name, URL string
	Provider  string // "" for no sign
}

// inboxItem is a conversation in the list.
type inboxItem struct {
	ID       int64
	URL      string
	Face     inboxFace
	Name     string
	Preview  string
	Ours     bool // the preview is of a message from this side
	When     time.Time
	Order    string // the browser keeps the list in this order
	Unread   int
	Selected bool
	Closed   bool
	Assignee string // the agent's name
	Channel  string
	Version  string // differs when anything shown differs
}

// inboxTalk is the conversation in the middle and right columns.
type inboxTalk struct {
	ID        int64
	URL       string
	Back      string // the list with its filters
	Filter    string // the filters as a query, with "?", or ""
	Return    string // the query to come back to from the details
	Details   string // the page with the details, for narrow windows
	Name      string
	SourceID  string
	Face      inboxFace
	Channel   inboxChannel
	Link      string // the conversation at the provider, "" if there is none
	Closed    bool
	Unread    int
	Agents    []inboxChoice
	Links     []inboxLink
	Find      inboxFind
	Thread    inboxThread
	Composer  inboxComposer
	MayDelete bool
}

// inboxChannel names a channel.
type inboxChannel struct {
	Name, URL string
	Provider  string // for people: "WhatsApp"
}

// inboxLink is a record that the conversation is, or may be, linked to.
type inboxLink struct {
	Kind, Word, Icon, Title, URL, TargetID string
	Detail                                 string // what tells it from others of that title
}

// inboxFind is the search for records to link.
type inboxFind struct {
	Term   string
	Short  bool // too short to search for
	Linked bool // all that was found is linked already
	Groups []inboxFindGroup
}

type inboxFindGroup struct {
	Word  string // "People"
	Found []inboxLink
}

// inboxThread is a page of messages, oldest first.
type inboxThread struct {
	Messages []bubble
	Older    string // address of the page before, "" when there is none
	Newest   string // address of the newest page, when this is not it
}

// bubble is a bubble.
type bubble struct {
	ID        int64
	Day       string // label of the separator before it, "" if none
	DayKey    string
	Outgoing  bool
	Author    string
	Segments  []segment
	OnlyEmoji bool
	Images    []bubbleFile
	Files     []bubbleFile
	When      time.Time
	Order     string
	Status    string
	Error     string
	Resend    string // where the button sends to, "" without one
	Version   string
}

// bubbleFile is a picture shown in the thread or a chip to download.
type bubbleFile struct {
	Name, URL, Preview, Size, Kind string
}

// inboxComposer is the state of the place to write in.
type inboxComposer struct {
	Action      string
	Key         string    // makes a second click the same message
	ReplyBy     time.Time // zero when there is no limit
	Soon        string    // how long one may still answer, when that is short
	Blocked     composerBlock
	MaxFiles    int
	MaxFileSize int64 // bytes
	Templates   []inboxTemplate
	CanTemplate bool // the channel knows templates, even if it has none yet
}

// composerBlock is why nothing can be written in one's own words; "" when one can.
type composerBlock string

const (
	blockedByTime       composerBlock = "time"       // the provider's window has closed
	blockedByRemoval    composerBlock = "removal"    // the app was uninstalled
	blockedBySuspension composerBlock = "suspension" // the account behind the channel is closed for now
)

// inboxTemplate is a text the provider has approved.
type inboxTemplate struct {
	ID, Name, Language string
	Key                string
	Parts              []inboxTemplatePart
	Places             []string // the names of its places, each once
}

// inboxTemplatePart is plain text, or the place of a value if Place is set.
type inboxTemplatePart struct {
	Text, Place string
}

// inboxMaker turns what the room knows into what the templates show.
type inboxMaker struct {
	now    time.Time
	users  []account.User
	me     int64
	filter string // the list's query, with "?", or ""
	newKey func() string
}

// soonOver is how long before the end of the time to answer a person is told.
const soonOver = 3 * time.Hour

func (m inboxMaker) item(c inbox.Conversation, selected int64) inboxItem {
	it := inboxItem{
		ID: c.ID, URL: conversationURL(c.ID) + m.filter, Name: visitorName(c), Face: m.face(c, true),
		Preview: c.Preview, Ours: c.PreviewOutgoing, When: c.LastMessageAt, Order: orderOf(c.LastMessageAt, c.ID), Unread: c.Unread,
		Selected: c.ID == selected, Closed: c.Status == "closed", Channel: c.Channel.Name,
	}
	if c.Assignee != 0 {
		it.Assignee = m.userName(c.Assignee)
	}
	it.Version = versionOf(it)
	return it
}

func (m inboxMaker) face(c inbox.Conversation, sign bool) inboxFace {
	f := inboxFace{Name: visitorName(c), URL: safePicture(c.Customer.AvatarURL)}
	if sign {
		f.Provider = c.Channel.ProviderType
	}
	return f
}

func (m inboxMaker) talk(c inbox.Conversation) *inboxTalk {
	t := &inboxTalk{
		ID: c.ID, URL: conversationURL(c.ID), Filter: m.filter, Back: inboxPath + m.filter,
		Name: visitorName(c), SourceID: c.Customer.SourceID, Face: m.face(c, true),
		Channel: inboxChannel{Name: c.Channel.Name, URL: channelURL(c.Channel.ID), Provider: networkName(c.Channel.ProviderType)},
		Link:    safeLink(c.Link), Closed: c.Status == "closed", Unread: c.Unread,
		MayDelete: c.Channel.Owner == m.me,
	}
	for _, l := range c.Links {
		t.Links = append(t.Links, inboxLinkOf(l))
	}
	t.Composer = inboxComposer{
		Action: t.URL + "/messages", Key: m.newKey(), ReplyBy: c.ReplyBy,
		CanTemplate: c.Channel.TemplateSupport && c.Channel.ProviderType == "whatsapp",
	}
	t.Composer.MaxFiles, t.Composer.MaxFileSize = inbox.MaxFiles, inbox.MaxFileSize
	t.Composer.Blocked = m.composerBlock(c)
	if left := c.ReplyBy.Sub(m.now); left > 0 && left <= soonOver {
		t.Composer.Soon = remaining(c.ReplyBy, m.now)
	}
	return t
}

func (m inboxMaker) composerBlock(c inbox.Conversation) composerBlock {
	switch {
	case !c.Channel.Connected:
		return blockedByRemoval
	case c.Channel.SyncState == inbox.SyncSuspended:
		return blockedBySuspension
	case !c.ReplyBy.IsZero() && !m.now.Before(c.ReplyBy):
		return blockedByTime
	}
	return ""
}

// thread turns messages, oldest first, into bubbles with a separator before the
// first of each day.
func (m inboxMaker) thread(conversation int64, ms []inbox.Message) []bubble {
	out := make([]bubble, 0, len(ms))
	day := ""
	for _, msg := range ms {
		v := m.message(conversation, msg)
		if key := msg.CreatedAt.UTC().Format("2006-01-02"); key != day {
			day, v.DayKey, v.Day = key, key, dayLabel(msg.CreatedAt, m.now)
		}
		out = append(out, v)
	}
	return out
}

func (m inboxMaker) message(conversation int64, msg inbox.Message) bubble {
	v := bubble{
		ID: msg.ID, Outgoing: msg.Outgoing, Segments: linkify(msg.Text), OnlyEmoji: onlyEmoji(msg.Text),
		When: msg.CreatedAt, Order: orderOf(msg.CreatedAt, msg.ID), Status: string(msg.Status), Error: msg.Error,
	}
	if msg.Outgoing && msg.Author != 0 {
		v.Author = m.userName(msg.Author)
	}
	if msg.Outgoing && v.Status == "failed" && msg.Author != 0 {
		v.Resend = bubbleURL(conversation, msg.ID) + "/resend"
	}
	for _, a := range msg.Attachments {
		f := bubbleFileOf(a)
		switch {
		case f.URL == "":
			// An address that no browser should be led to; nothing to show.
		case a.Image:
			v.Images = append(v.Images, f)
		default:
			v.Files = append(v.Files, f)
		}
	}
	v.Version = versionOf(v)
	return v
}

func bubbleFileOf(a inbox.Attachment) bubbleFile {
	f := bubbleFile{Name: displayFileName(a.Name), URL: safeLink(a.URL), Preview: safePicture(a.PreviewURL), Size: displaySize(a.Size)}
	f.Kind = fileKind(f.Name, a.Type)
	if f.Preview == "" {
		f.Preview = f.URL
	}
	return f
}

func (m inboxMaker) userName(id int64) string {
	if id == m.me {
		return "You"
	}
	for _, u := range m.users {
		if u.ID == id {
			return u.Name
		}
	}
	return "Former user"
}

// visitorName is the customer's name, or the network's id of one without name.
func visitorName(c inbox.Conversation) string {
	for _, s := range []string{c.Customer.Name, c.Customer.SourceID, c.SourceID} {
		if s != "" {
			return s
		}
	}
	return "Unknown visitor"
}
