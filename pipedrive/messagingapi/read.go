package messagingapi

// open parses raw and returns the members of the object in it.
func open(raw []byte) (*fields, error) {
	v, err := parseJSON(raw)
	if err != nil {
		return nil, err
	}
	f := newFields("", v)
	return f, f.done()
}

// ParseNewChannel reads the body of POST /channels.
func ParseNewChannel(raw []byte) (NewChannel, error) {
	f, err := open(raw)
	if err != nil {
		return NewChannel{}, err
	}
	c := NewChannel{
		Name:              f.label("name", required),
		ProviderChannelID: f.id("provider_channel_id", required),
		AvatarURL:         f.url("avatar_url", optional, true),
		ProviderType:      f.one("provider_type", optional, ProviderFacebook, ProviderWhatsApp, ProviderOther),
		TemplateSupport:   f.flag("template_support", optional),
	}
	if c.ProviderType == "" {
		c.ProviderType = ProviderOther
	}
	return c, f.done()
}

// ParseReceived reads the body of POST /channels/messages/receive. The documents
// disagree on whether attachments and the keys inside are mandatory; here they
// are not.
// spec: messaging.receive.attachments-optional
func ParseReceived(raw []byte) (Received, error) {
	f, err := open(raw)
	if err != nil {
		return Received{}, err
	}
	r := Received{
		ID:               f.id("id", required),
		ChannelID:        f.id("channel_id", required),
		SenderID:         f.id("sender_id", required),
		ConversationID:   f.id("conversation_id", required),
		Text:             f.str("message", required, MaxText),
		Status:           f.one("status", required, StatusSent, StatusDelivered, StatusRead, StatusFailed),
		CreatedAt:        f.time("created_at", required),
		ReplyBy:          f.time("reply_by", optional),
		ConversationLink: f.url("conversation_link", optional, true),
		Attachments:      readAttachments(f),
	}
	return r, f.done()
}

// ParseConversationPage reads the answer of getConversations.
func ParseConversationPage(raw []byte) (ConversationPage, error) {
	f, err := openSuccess(raw)
	if err != nil {
		return ConversationPage{}, err
	}
	var p ConversationPage
	f.each("data", required, MaxPage, func(c *fields) {
		v := readConversation(c)
		checkParticipants(c, v)
		p.Conversations = append(p.Conversations, v)
	})
	if a, ok := f.child("additional_data", optional); ok {
		p.After = a.str("after", optional, MaxCursor)
	}
	return p, f.done()
}

// ParseConversation reads the answer of getConversationById. Participants may be
// left out, as the schema of the documents allows; if they are there they must be
// complete.
func ParseConversation(raw []byte) (Conversation, error) {
	f, err := openSuccess(raw)
	if err != nil {
		return Conversation{}, err
	}
	d, ok := f.child("data", required)
	if !ok {
		return Conversation{}, f.done()
	}
	c := readConversation(d)
	if len(c.Participants) > 0 {
		checkParticipants(d, c)
	}
	return c, f.done()
}

// ParseMessage reads the answer of getMessageById: a bare message, or one in the
// usual envelope.
// spec: messaging.get-message.bare
func ParseMessage(raw []byte) (Message, error) {
	f, err := open(raw)
	if err != nil {
		return Message{}, err
	}
	from := f
	if _, bare := f.v.members["id"]; !bare && f.v.members["data"].kind == object {
		from, _ = f.child("data", required)
	}
	m := readMessage(from)
	return m, f.done()
}

// ParseSender reads the answer of getSenderById.
func ParseSender(raw []byte) (Sender, error) {
	f, err := openSuccess(raw)
	if err != nil {
		return Sender{}, err
	}
	d, ok := f.child("data", required)
	if !ok {
		return Sender{}, f.done()
	}
	s := Sender{ID: d.id("id", required), Name: d.label("name", required), AvatarURL: d.url("avatar_url", required, true)}
	return s, f.done()
}

// ParseTemplates reads the answer of getTemplates.
func ParseTemplates(raw []byte) ([]Template, error) {
	f, err := openSuccess(raw)
	if err != nil {
		return nil, err
	}
	d, ok := f.child("data", required)
	if !ok {
		return nil, f.done()
	}
	var all []Template
	d.each("templates", required, MaxPage, func(t *fields) {
		all = append(all, Template{
			ID: t.id("id", required), Name: t.label("name", required),
			Content: t.str("content", required, MaxText), Language: t.str("language", required, MaxName),
		})
	})
	return all, f.done()
}

// ParsePosted reads the answer of postMessage.
func ParsePosted(raw []byte) (Posted, error) {
	f, err := openSuccess(raw)
	if err != nil {
		return Posted{}, err
	}
	d, ok := f.child("data", required)
	if !ok {
		return Posted{}, f.done()
	}
	p := Posted{ID: d.id("id", required)}
	return p, f.done()
}

// ParseAppError reads an error body of an app. A body that is none gives an empty
// reason: the status alone must do then.
func ParseAppError(raw []byte) AppReason {
	v, err := parseJSON(raw)
	if err != nil || v.kind != object {
		return AppReason{}
	}
	d := v.members["data"]
	r := AppReason{Message: d.members["message"].text, Code: d.members["code"].text}
	if t, err := ParseTime(d.members["retry_by"].text); err == nil {
		r.RetryBy = t
	}
	return r
}

// openSuccess opens an envelope and demands that it says it went well.
func openSuccess(raw []byte) (*fields, error) {
	f, err := open(raw)
	if err != nil {
		return nil, err
	}
	if v, ok := f.get("success", required, boolean, "true"); ok && !v.truth {
		f.fail("success", "expected true in an answer with status 200, got false")
	}
	return f, f.done()
}

func readConversation(f *fields) Conversation {
	c := Conversation{
		ID:           f.id("id", required),
		Link:         f.url("link", required, true),
		Status:       f.one("status", required, ConversationOpen, ConversationClosed),
		Seen:         f.flag("seen", required),
		NextMessages: f.str("next_messages_cursor", optional, MaxCursor),
	}
	ids := map[string]bool{}
	f.each("participants", optional, MaxPage, func(p *fields) {
		v := readParticipant(p)
		if ids[v.ID] {
			p.fail("id", "expected another id than an earlier participant's, got %q", clip(v.ID))
		}
		ids[v.ID] = true
		c.Participants = append(c.Participants, v)
	})
	f.each("messages", optional, MaxPage, func(m *fields) {
		v := readMessage(m)
		if len(ids) > 0 && !ids[v.SenderID] {
			m.fail("sender_id", "expected the id of a participant, got %q", clip(v.SenderID))
		}
		c.Messages = append(c.Messages, v)
	})
	return c
}

func readParticipant(f *fields) Participant {
	return Participant{
		ID:            f.id("id", required),
		Name:          f.str("name", required, MaxName),
		Role:          f.one("role", required, RoleSourceUser, RoleEndUser),
		AvatarURL:     f.url("avatar_url", optional, true),
		FetchAvatar:   f.flag("fetch_avatar", optional),
		AvatarExpires: f.flag("avatar_expires", optional),
	}
}

// checkParticipants keeps the rule of exactly one business side and at least one
// customer.
// spec: messaging.participants.roles
func checkParticipants(f *fields, c Conversation) {
	count := map[string]int{}
	for _, p := range c.Participants {
		count[p.Role]++
	}
	if n := count[RoleSourceUser]; n != 1 {
		f.fail("participants", "expected exactly one with the role %q, got %d", RoleSourceUser, n)
	}
	if count[RoleEndUser] == 0 {
		f.fail("participants", "expected at least one with the role %q, got none", RoleEndUser)
	}
}

func readMessage(f *fields) Message {
	return Message{
		ID:          f.id("id", required),
		Status:      f.one("status", required, StatusSent, StatusDelivered, StatusRead, StatusFailed),
		CreatedAt:   f.time("created_at", required),
		Text:        f.str("message", required, MaxText),
		SenderID:    f.id("sender_id", required),
		ReplyBy:     f.time("reply_by", optional),
		Attachments: readAttachments(f),
	}
}

func readAttachments(f *fields) []Attachment {
	all := []Attachment{}
	ids := map[string]bool{}
	f.each("attachments", optional, MaxAttachments, func(a *fields) {
		v := Attachment{
			ID:          a.id("id", required),
			Type:        a.str("type", required, MaxName),
			Name:        a.str("name", optional, MaxName),
			Size:        a.size("size", optional),
			URL:         a.url("url", required, false),
			PreviewURL:  a.url("preview_url", optional, true),
			LinkExpires: a.flag("link_expires", optional),
		}
		if ids[v.ID] {
			a.fail("id", "expected another id than an earlier attachment's, got %q", clip(v.ID))
		}
		ids[v.ID] = true
		all = append(all, v)
	})
	return all
}
