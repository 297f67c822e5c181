package messaging

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/dockwright/dockwright/appkit"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/messagingapi"
)

// providerPath is where the endpoints of the manifest are.
const providerPath = "/provider"

// provider answers the seven endpoints that the host calls.
type provider struct{ core *Core }

// endpoint answers a host. The error becomes the contract's body.
type endpoint func(p *provider, r *http.Request, ch Channel) (any, error)

func (p *provider) routes() []Route {
	at := func(method, path, req string, e endpoint) Route {
		return Route{Method: method, Pattern: providerPath + path, Access: Provider, Req: req, Handler: p.serve(e)}
	}
	return []Route{
		at(http.MethodGet, appkit.PathConversations, "app.messaging.get-conversations", (*provider).conversations),
		at(http.MethodGet, appkit.PathConversation, "app.messaging.get-conversation", (*provider).conversation),
		at(http.MethodPost, appkit.PathMessages, "app.messaging.post-message", (*provider).post),
		at(http.MethodGet, appkit.PathMessage, "app.messaging.get-message", (*provider).message),
		at(http.MethodGet, appkit.PathSender, "app.messaging.get-sender", (*provider).sender),
		at(http.MethodGet, appkit.PathTemplates, "app.messaging.get-templates", (*provider).templates),
		at(http.MethodDelete, appkit.PathChannel, "app.messaging.delete-channel", (*provider).remove),
	}
}

func (p *provider) serve(e endpoint) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ch, err := p.core.channels.find(r.Context(), r.PathValue("channel"))
		if err == nil && ch.State == ChannelRemoved && r.Method != http.MethodDelete {
			err = fault.Missing("the channel %.60q was removed", ch.ProviderID)
		}
		var body any
		if err == nil {
			body, err = e(p, r, ch)
		}
		if err != nil {
			p.core.refuseHost(w, r, err)
			return
		}
		writeJSON(w, http.StatusOK, body)
	}
}

// refuseHost answers in the contract's form.
// spec: app.messaging.provider-errors
func (c *Core) refuseHost(w http.ResponseWriter, r *http.Request, err error) {
	c.log.refuse(r, err)
	f, ok := fault.As(err)
	if !ok {
		f = &fault.Error{Message: "the app could not do this; try again later"}
	}
	text := f.Message
	if f.Field != "" {
		text = f.Field + ": " + text
	}
	status, body := f.Kind.Status(), messagingapi.Fail("INTERNAL_ERROR", text)
	switch f.Kind {
	case fault.Invalid, fault.Conflict, fault.TooLarge:
		// The contract has one status for whatever is wrong with a message.
		status, body.Data.Code = http.StatusBadRequest, messagingapi.CodeInvalidBody
	case fault.Unauthorized:
		body.Data.Code = messagingapi.CodeUnauthorized
	case fault.Forbidden:
		body.Data.Code = messagingapi.CodeForbidden
	case fault.NotFound:
		body.Data.Code = messagingapi.CodeNotFound
	case fault.RateLimited:
		body.Data.Code = messagingapi.CodeRateLimit
		body.Data.RetryBy = messagingapi.At(c.db.Now().Add(f.After))
	}
	writeJSON(w, status, body)
}

// limitOf reads a page size; a missing one is the contract's 30.
func limitOf(r *http.Request, name string) (int, error) {
	s := r.URL.Query().Get(name)
	if s == "" {
		return messagingapi.PageSize, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return 0, fault.New(fault.Invalid, name, "expected a whole number above 0, got %.40q", s)
	}
	return min(n, messagingapi.MaxPage/10), nil
}

func (p *provider) conversations(r *http.Request, ch Channel) (any, error) {
	limit, err := limitOf(r, "conversations_limit")
	if err != nil {
		return nil, err
	}
	messages, err := limitOf(r, "messages_limit")
	if err != nil {
		return nil, err
	}
	at, id := endOfTime, ""
	if after := r.URL.Query().Get("after"); after != "" {
		if at, id, err = readCursor("c", after); err != nil {
			return nil, err
		}
	}
	var page messagingapi.ConversationPage
	err = p.core.db.Company(ch.Company).View(r.Context(), func(tx *store.Tx) error {
		page = messagingapi.ConversationPage{}
		convs, more, err := conversationsBefore(tx, ch, at, id, limit)
		if err != nil {
			return err
		}
		for _, conv := range convs {
			ms, older, err := messagesBefore(tx, ch.ID, conv.ID, math.MaxInt64, messages)
			if err != nil {
				return err
			}
			page.Conversations = append(page.Conversations, p.core.wireConversation(conv, ms, older))
		}
		if more { // spec: app.messaging.cursors-stop
			last := convs[len(convs)-1]
			page.After = cursor("c", milli(last.CreatedAt), last.ID)
		}
		return nil
	})
	return page.Wire(), err
}

func (p *provider) conversation(r *http.Request, ch Channel) (any, error) {
	limit, err := limitOf(r, "messages_limit")
	if err != nil {
		return nil, err
	}
	before := int64(math.MaxInt64)
	if after := r.URL.Query().Get("after"); after != "" {
		if before, _, err = readCursor("m", after); err != nil {
			return nil, err
		}
	}
	var w messagingapi.Conversation
	err = p.core.db.Company(ch.Company).View(r.Context(), func(tx *store.Tx) error {
		conv, err := conversationByID(tx, ch, r.PathValue("conversation"))
		if err != nil {
			return err
		}
		ms, older, err := messagesBefore(tx, ch.ID, conv.ID, before, limit)
		w = p.core.wireConversation(conv, ms, older)
		return err
	})
	return messagingapi.OK(w), err
}

// post takes an agent's message.
func (p *provider) post(r *http.Request, ch Channel) (any, error) {
	form, err := ReadForm(r, p.core.networks[ch.Network].Info())
	if err != nil {
		return nil, err
	}
	conversation := form.Get(messagingapi.PartConversation)
	if conversation == "" || len(conversation) > messagingapi.MaxID || !store.Storable(conversation) {
		return nil, fault.New(fault.Invalid, messagingapi.PartConversation, "expected the id of a conversation, got %.80q", conversation)
	}
	key := r.Header.Get(messagingapi.IdempotencyHeader)
	if len(key) > 200 {
		return nil, fault.New(fault.Invalid, messagingapi.IdempotencyHeader, "expected at most 200 characters, got %d", len(key))
	}
	if !ch.Open() {
		return nil, fault.New(fault.Forbidden, "", "the channel %q is closed", ch.Name)
	}
	if err := p.checkRecipients(r, ch, conversation, form); err != nil {
		return nil, err
	}
	id, err := p.core.deliver(r.Context(), ch, conversation, key, form.Get(messagingapi.PartMessage), form.Files)
	if err != nil {
		return nil, err
	}
	return messagingapi.OK(messagingapi.Posted{ID: id}), nil
}

// checkRecipients takes the recipients under either name, joined or repeated.
// Conversations have one customer, so there is nothing to choose: a stranger
// among them is a mistake of the host's.
// spec: app.messaging.recipients-either-form
func (p *provider) checkRecipients(r *http.Request, ch Channel, conversation string, form Form) error {
	var ids []string
	for _, name := range []string{messagingapi.PartRecipients, "recipientIds"} {
		for _, v := range form.Fields[name] {
			ids = append(ids, strings.Split(v, ",")...)
		}
	}
	ids = slices.DeleteFunc(ids, func(s string) bool { return strings.TrimSpace(s) == "" })
	if len(ids) == 0 {
		return nil
	}
	return p.core.db.Company(ch.Company).View(r.Context(), func(tx *store.Tx) error {
		conv, err := conversationByID(tx, ch, conversation)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if strings.TrimSpace(id) != conv.CustomerID {
				return fault.New(fault.Invalid, messagingapi.PartRecipients, "expected %q, the customer of this conversation, got %.80q", conv.CustomerID, id)
			}
		}
		return nil
	})
}

// message answers bare, without the envelope, with links made just now.
func (p *provider) message(r *http.Request, ch Channel) (any, error) {
	m, err := p.core.byID(r.Context(), ch, r.PathValue("message"))
	if err == nil && m.Conversation != r.PathValue("conversation") {
		err = fault.Missing("the conversation %.80q has no message %.80q", r.PathValue("conversation"), m.ID)
	}
	return p.core.wireMessage(ch, m), err
}

func (p *provider) sender(r *http.Request, ch Channel) (any, error) {
	id := r.PathValue("sender")
	if id == businessID(ch) {
		return messagingapi.OK(messagingapi.Sender{ID: id, Name: ch.Name, AvatarURL: ch.AvatarURL}), nil
	}
	var conv Conversation
	err := p.core.db.Company(ch.Company).View(r.Context(), func(tx *store.Tx) (err error) {
		conv, err = conversationByCustomer(tx, ch, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	return messagingapi.OK(p.core.wireSender(ch, id, customerName(conv))), nil
}

func (p *provider) templates(_ *http.Request, ch Channel) (any, error) {
	list := messagingapi.TemplateList{Templates: []messagingapi.Template{}}
	for _, t := range p.core.networks[ch.Network].Info().Templates {
		list.Templates = append(list.Templates, messagingapi.Template(t))
	}
	return messagingapi.OK(list), nil
}

// remove takes a channel away because the host did. Asked twice it has nothing
// left to do and says so.
func (p *provider) remove(r *http.Request, ch Channel) (any, error) {
	err := p.core.db.Company(ch.Company).Update(r.Context(), func(tx *store.Tx) error {
		return p.core.closeChannel(tx, ch, ChannelRemoved, "removed in the CRM")
	})
	return messagingapi.OK(nil), err
}

// needProvider is the guard of Provider routes.
// spec: app.messaging.provider-basic
func (a *App) needProvider(next http.Handler) http.Handler {
	return appkit.RequireBasic(
		func(r *http.Request) (appkit.Credentials, error) {
			c, err := a.settings.credentials(r.Context())
			if err == nil && c.ClientID == "" {
				err = errors.New("the app has no credentials yet")
			}
			return c, err
		},
		func(w http.ResponseWriter, r *http.Request) {
			a.core.refuseHost(w, r, &fault.Error{Kind: fault.Unauthorized, Field: "Authorization", Message: fmt.Sprintf("expected Basic with the app's client id and secret on %s", r.Method)})
		}, next)
}
