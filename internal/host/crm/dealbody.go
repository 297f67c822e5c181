package crm

import (
	"net/http"
	"strconv"
	"time"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/pipedrive/crmapi"
)

// originAPI is the origin of what apps make.
const originAPI = "API"

// dealBody reads what both versions have in common.
func dealBody(b *rest.Body, owner string) records.DealPatch {
	p := records.DealPatch{
		Title: b.String("title"), Owner: b.Int(owner), Person: b.Int("person_id"), Organization: b.Int("org_id"),
		Pipeline: b.Int("pipeline_id"), Stage: b.Int("stage_id"), Currency: b.String("currency"),
		Status: b.Word("status", "open", "won", "lost", "deleted"), LostReason: b.String("lost_reason"), Archived: b.Bool("is_archived"),
		ArchivedAt: b.Time("archive_time"), ClosedAt: b.Time("close_time"), WonAt: b.Time("won_time"), LostAt: b.Time("lost_time"),
		ExpectedClose: b.Day("expected_close_date"), VisibleTo: visibleTo(b), Amount: amount(b, "value"),
	}
	p.Probability = percent(b, "probability")
	noNull(b, "title", owner, "stage_id", "pipeline_id", "currency", "status", "visible_to", "is_archived")
	return p
}

// noNull refuses null for fields that cannot be empty.
func noNull(b *rest.Body, names ...string) {
	for _, name := range names {
		if b.IsNull(name) {
			b.Wrong(name, "Expected a value, got null. Leave the field out to keep what is there.")
		}
	}
}

// amount is a decimal number as ten-thousandths.
func amount(b *rest.Body, name string) *int64 {
	n := b.Number(name)
	if n == nil {
		return nil
	}
	v, err := records.ParseAmount(name, *n)
	if told, ok := fault.As(err); ok {
		b.Wrong(name, "%s", told.Message)
	}
	return &v
}

// percent is a whole number from 0 to 100; null clears, which the records take as
// -1.
func percent(b *rest.Body, name string) *int {
	null := b.IsNull(name)
	n := b.Int(name)
	if n == nil {
		return nil
	}
	v := int(*n)
	if null {
		v = -1
	} else if *n < 0 || *n > 100 {
		b.Wrong(name, "Expected 0 to 100 per cent, got %d.", *n)
	}
	return &v
}

// channelBody reads where a deal or lead came from.
func channelBody(b *rest.Body) (originID *string, channel *int64, channelID *string) {
	return b.String("origin_id"), b.Int("channel"), b.String("channel_id")
}

// dealBodyV2 reads a body of version 2.
func dealBodyV2(b *rest.Body, k customFields) (records.DealPatch, error) {
	p := dealBody(b, "owner_id")
	p.Labels = b.Ints("label_ids")
	if gone := b.Bool("is_deleted"); gone != nil && *gone {
		b.Wrong("is_deleted", "Expected false. Use DELETE to delete a deal.") // spec: rest.deals.is-deleted
	}
	p.Custom = k.readV2(b)
	return p, b.Done()
}

// dealBodyV1 reads a body of version 1. Labels come as label, a number or a list,
// or as label_ids.
func dealBodyV1(b *rest.Body, k customFields) (records.DealPatch, error) {
	p := dealBody(b, "user_id")
	p.Labels = b.Ints("label")
	if ids := b.Ints("label_ids"); ids != nil {
		p.Labels = ids
	}
	p.OriginID, p.Channel, p.ChannelID = channelBody(b)
	p.AddedAt = b.Time("add_time")
	p.Custom = k.readV1(b)
	return p, b.Err()
}

// newDeal is a deal as a body asks for it.
func newDeal(p records.DealPatch) records.Deal {
	d := records.Deal{Origin: originAPI, Custom: p.Custom}
	for _, f := range []struct {
		to   *int64
		from *int64
	}{
		{&d.Owner, p.Owner}, {&d.Person.ID, p.Person}, {&d.Organization.ID, p.Organization}, {&d.Pipeline.ID, p.Pipeline},
		{&d.Stage.ID, p.Stage}, {&d.Value.Amount, p.Amount}, {&d.Channel, p.Channel},
	} {
		take(f.to, f.from)
	}
	for _, f := range []struct{ to, from *string }{
		{&d.Title, p.Title}, {&d.Value.Currency, p.Currency}, {&d.Status, p.Status}, {&d.LostReason, p.LostReason},
		{&d.ExpectedClose, p.ExpectedClose}, {&d.OriginID, p.OriginID}, {&d.ChannelID, p.ChannelID},
	} {
		take(f.to, f.from)
	}
	for _, f := range []struct{ to, from *time.Time }{
		{&d.ArchivedAt, p.ArchivedAt}, {&d.ClosedAt, p.ClosedAt}, {&d.WonAt, p.WonAt}, {&d.LostAt, p.LostAt}, {&d.AddedAt, p.AddedAt},
	} {
		take(f.to, f.from)
	}
	take(&d.Archived, p.Archived)
	take(&d.VisibleTo, p.VisibleTo)
	take(&d.Labels, p.Labels)
	if p.Probability != nil && *p.Probability >= 0 {
		d.Probability = p.Probability
	}
	return d
}

// take puts in what a body has.
func take[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// addDealV2 answers POST /api/v2/deals.
// spec: rest.deals.create-v2
func (s *Service) addDealV2(c *rest.Call) (rest.Answer, error) {
	d, err := s.addDeal(c, dealBodyV2)
	if err != nil {
		return rest.Answer{}, err
	}
	return s.answerDealV2(c, d)
}

func (s *Service) answerDealV2(c *rest.Call, d records.Deal) (rest.Answer, error) {
	v, err := s.dealView(c, d)
	if err != nil {
		return rest.Answer{}, err
	}
	return rest.OK(v.v2(d, nil, nil)), nil
}

// addDealV1 answers POST /v1/deals with 201.
// spec: rest.deals.create-v1
func (s *Service) addDealV1(c *rest.Call) (rest.Answer, error) {
	d, err := s.addDeal(c, dealBodyV1)
	if err != nil {
		return rest.Answer{}, err
	}
	return s.answerDealV1(c, d, http.StatusCreated)
}

type readDeal func(*rest.Body, customFields) (records.DealPatch, error)

func (s *Service) addDeal(c *rest.Call, read readDeal) (records.Deal, error) {
	p, err := s.dealPatch(c, read)
	if err != nil {
		return records.Deal{}, err
	}
	if p.Status != nil && *p.Status == "deleted" {
		return records.Deal{}, fault.New(fault.Invalid, "status", "Expected open, won or lost for a new deal, got %q.", *p.Status)
	}
	// spec: rest.deals.v1-person-or-org
	if c.Version == rest.V1 && isNone(p.Person) && isNone(p.Organization) {
		return records.Deal{}, fault.New(fault.Invalid, "person_id", "Expected a person or an organization (org_id), got neither.")
	}
	return s.records.CreateDeal(c.Context(), c.Caller, newDeal(p))
}

func isNone(id *int64) bool { return id == nil || *id == 0 }

func (s *Service) dealPatch(c *rest.Call, read readDeal) (records.DealPatch, error) {
	k, err := s.customFields(c.Context(), c.Caller, records.KindDeal)
	if err != nil {
		return records.DealPatch{}, err
	}
	b, err := c.Body()
	if err != nil {
		return records.DealPatch{}, err
	}
	if b.Has("id") && c.Request.Method == http.MethodPost {
		return records.DealPatch{}, fault.New(fault.Invalid, "id", "Expected no id for a new deal; leave it out.")
	}
	return read(b, k)
}

// updateDealV2 answers PATCH /api/v2/deals/{id}.
// spec: rest.deals.update-v2
func (s *Service) updateDealV2(c *rest.Call) (rest.Answer, error) {
	d, err := s.updateDeal(c, dealBodyV2)
	if err != nil {
		return rest.Answer{}, err
	}
	return s.answerDealV2(c, d)
}

// updateDealV1 answers PUT /v1/deals/{id}. A status of "deleted" deletes.
// spec: rest.deals.update-v1
func (s *Service) updateDealV1(c *rest.Call) (rest.Answer, error) {
	d, err := s.updateDeal(c, dealBodyV1)
	if err != nil {
		return rest.Answer{}, err
	}
	return s.answerDealV1(c, d, http.StatusOK)
}

func (s *Service) updateDeal(c *rest.Call, read readDeal) (records.Deal, error) {
	id, err := dealID(c)
	if err != nil {
		return records.Deal{}, err
	}
	p, err := s.dealPatch(c, read)
	if err != nil {
		return records.Deal{}, err
	}
	if p.Status != nil && *p.Status == "deleted" {
		return s.deleteByStatus(c, id)
	}
	d, err := s.records.UpdateDeal(c.Context(), c.Caller, id, p)
	return d, rest.NotFound(err, "Deal")
}

// deleteByStatus deletes as version 1 can with a status; version 2 cannot.
func (s *Service) deleteByStatus(c *rest.Call, id int64) (records.Deal, error) {
	if c.Version == rest.V2 {
		return records.Deal{}, fault.New(fault.Invalid, "status", "Expected open, won or lost. Use DELETE to delete a deal.")
	}
	d, err := s.records.Deal(c.Context(), c.Caller, id)
	if err == nil {
		err = s.records.DeleteDeals(c.Context(), c.Caller, id)
	}
	d.Deleted = true
	return d, rest.NotFound(err, "Deal")
}

// dropbox is additional_data of one deal.
func dropbox(v *dealView, d records.Deal) any {
	return crmapi.AdditionalDropbox{DropboxEmail: v.dropbox("deal" + strconv.FormatInt(d.ID, 10))}
}
