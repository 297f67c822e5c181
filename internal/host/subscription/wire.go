package subscription

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/dockwright/dockwright/internal/host/event"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/webhookapi"
)

// prepared is an event with all that its deliveries need, read once for all
// webhooks.
type prepared struct {
	e             event.Event
	entity        string
	action        string // added, updated, deleted or merged
	company       int64
	host          string
	before, after *view
	permitted     []int64
}

// forOwner is the visible_to of a record that is for its owner alone.
const forOwner = 1

// view is a record as each version shows it; nil where a version has no such
// thing.
type view struct {
	v2, v1 any
	extra  map[string]any // of v1: custom fields by their keys
	access records.Audience
}

// prepare reads what an event says, and the names that go with it.
func (s *Service) prepare(tx *store.Tx, e event.Event) (*prepared, error) {
	entity, action, _ := strings.Cut(e.Kind, ".")
	p := &prepared{e: e, entity: entity, action: action, company: tx.Company()}
	at, err := s.originOf(tx)
	if err != nil {
		return nil, err
	}
	p.host = at.Host
	all, err := s.users.Users(tx)
	if err != nil {
		return nil, err
	}
	r := &renderer{s: s, tx: tx, company: tx.Company(), users: all}
	if r.of, err = s.users.Company(tx); err != nil {
		return nil, err
	}
	if p.before, p.after, err = r.render(entity, e); err != nil {
		return nil, fmt.Errorf("read %s %s: %w", entity, p.entityID(), err)
	}
	shown := p.after
	if shown == nil {
		shown = p.before
	}
	if shown == nil {
		return nil, fmt.Errorf("%s %s has no snapshot", entity, p.entityID())
	}
	p.permitted = permitted(all, shown.access)
	return p, nil
}

// originOf is where the company is reached.
func (s *Service) originOf(tx *store.Tx) (*url.URL, error) {
	at, err := s.installs.Origin(tx)
	if err != nil {
		return nil, fmt.Errorf("origin of the company: %w", err)
	}
	return url.Parse(at)
}

// maySee reports whether the webhook's user may see the record.
func (p *prepared) maySee(w Webhook) bool { return slices.Contains(p.permitted, w.User) }

func (p *prepared) entityID() string {
	if p.e.Key != "" {
		return p.e.Key
	}
	return strconv.FormatInt(p.e.EntityID, 10)
}

// namespace is what the ids of events are made in.
var namespace = uuid.MustParse("6d5b3f0e-7c0a-4a55-9d53-3f6f0a3d1c57")

// id is a UUID that is the same whenever the same parts are given, so that a
// transaction that is repeated writes the same.
func (p *prepared) id(parts ...int64) string {
	text := fmt.Sprint(p.company, "/", p.e.Seq, "/", p.e.At.UnixMicro(), parts)
	return uuid.NewSHA1(namespace, []byte(text)).String()
}

// delivery is the body for one webhook.
func (p *prepared) delivery(w Webhook) (Delivery, error) {
	word := Word(w.Version, p.action)
	d := Delivery{Webhook: w.ID, Event: word + "." + p.entity, EntityID: p.entityID()}
	var body any
	var err error
	if w.Version == webhookapi.Version1 {
		body, err = p.payloadV1(w)
	} else {
		body, err = p.payload(w, word)
	}
	if err != nil {
		return d, err
	}
	d.Body, err = encode(body)
	return d, err
}

// payload is the body of version 2.
// spec: webhooks.payload-v2
func (p *prepared) payload(w Webhook, word string) (webhookapi.Payload, error) {
	out := webhookapi.Payload{
		Meta: webhookapi.Meta{
			Action: word, Entity: p.entity, CompanyID: decimal(p.company), CorrelationID: p.id(), EntityID: p.entityID(),
			ID: p.id(w.ID), Timestamp: rest.Milli(p.e.At), Type: w.Type(), UserID: decimal(p.e.Actor), Version: webhookapi.Version2,
			WebhookID: decimal(w.ID), WebhookOwnerID: decimal(w.Owner), ChangeSource: p.source(), Attempt: 1, Host: p.host,
		},
		Data: null, Previous: null,
	}
	if p.entity != entityUser {
		out.Meta.PermittedUserIDs = texts(p.permitted)
	}
	var err error
	if out.Data, err = encodeView(p.after); err != nil {
		return out, err
	}
	before, err := encodeView(p.before)
	if err != nil {
		return out, err
	}
	switch word {
	case webhookapi.Delete:
		out.Data, out.Previous = null, before
		if p.e.Merged != 0 {
			out.Meta.MergedToID = decimal(p.e.Merged)
		}
	case webhookapi.Change:
		if out.Previous, err = changed(before, out.Data); err != nil {
			return out, err
		}
		if p.e.Merged != 0 {
			out.Meta.MergedFromID = decimal(p.e.Merged)
		}
	}
	return out, nil
}

// payloadV1 is the body of version 1.
// spec: webhooks.payload-v1
func (p *prepared) payloadV1(w Webhook) (webhookapi.PayloadV1, error) {
	none := webhookapi.Filters{Current: []int64{}, Previous: []int64{}}
	out := webhookapi.PayloadV1{
		V: 1, MatchesFilters: none, Event: p.action + "." + p.entity, Current: null, Previous: null,
		Meta: webhookapi.MetaV1{
			V: 1, Action: p.action, Object: p.entity, ID: p.e.EntityID, CompanyID: p.company, UserID: p.e.Actor, Host: p.host,
			Timestamp: p.e.At.Unix(), TimestampMicro: p.e.At.UnixMicro(), ChangeSource: p.source(), PermittedUserIDs: p.permitted,
			PipedriveServiceName: false, MatchesFilters: none, WebhookID: decimal(w.ID),
		},
	}
	var err error
	if p.action != webhookapi.Deleted {
		if out.Current, err = p.encodeV1(p.after); err != nil {
			return out, err
		}
	}
	if p.action != webhookapi.Added {
		out.Previous, err = p.encodeV1(p.before)
	}
	return out, err
}

func (p *prepared) source() string {
	if p.e.Source == "" {
		return event.SourceApp
	}
	return p.e.Source
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

var null = json.RawMessage("null")

// encode writes JSON that leaves <, > and & as they are.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

func encodeView(v *view) (json.RawMessage, error) {
	if v == nil {
		return null, nil
	}
	return encode(v.v2)
}

// encodeV1 is a record with its custom fields among the other keys. Users stand
// in a list.
func (p *prepared) encodeV1(v *view) (json.RawMessage, error) {
	if v == nil {
		return null, nil
	}
	if p.entity == entityUser {
		return encode([]any{v.v1})
	}
	raw, err := encode(v.v1)
	if err != nil || len(v.extra) == 0 {
		return raw, err
	}
	extra, err := encode(v.extra)
	if err != nil {
		return nil, err
	}
	return slices.Concat(raw[:len(raw)-1], []byte(","), extra[1:]), nil
}

// untold are fields whose change alone is no news.
var untold = []string{"update_time"}

// changed are the fields of before that are not alike in after; of custom_fields
// those inside it.
func changed(before, after json.RawMessage) (json.RawMessage, error) {
	was, is := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	if err := json.Unmarshal(before, &was); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(after, &is); err != nil {
		return nil, err
	}
	for _, name := range slices.Collect(maps.Keys(was)) {
		if bytes.Equal(was[name], is[name]) || slices.Contains(untold, name) {
			delete(was, name)
			continue
		}
		if name == "custom_fields" {
			inner, err := changed(was[name], is[name])
			if err != nil {
				return nil, err
			}
			was[name] = inner
		}
	}
	return encode(was)
}
