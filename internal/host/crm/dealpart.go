package crm

import (
	"net/http"
	"strconv"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/pipedrive/crmapi"
)

// participants answers GET /v1/deals/{id}/participants.
// spec: rest.deals.participants
func (s *Service) participants(c *rest.Call) (rest.Answer, error) {
	d, err := s.dealOf(c)
	if err != nil {
		return rest.Answer{}, err
	}
	q := c.Query()
	w := startWindow(q, rest.MaxLimit)
	if err := q.Err(); err != nil {
		return rest.Answer{}, err
	}
	list, more, err := s.records.Participants(c.Context(), c.Caller, d.ID, w)
	if err != nil {
		return rest.Answer{}, err
	}
	n, err := s.participantNames(c, list)
	if err != nil {
		return rest.Answer{}, err
	}
	out := make([]crmapi.Participant, len(list))
	for i, p := range list {
		out[i] = n.participant(d, p)
	}
	return rest.Answer{Data: out, Additional: rest.Paged(w.Start, w.Limit, more), Related: n.relatedParticipants(list)}, nil
}

// dealOf is the deal of a path.
func (s *Service) dealOf(c *rest.Call) (records.Deal, error) {
	id, err := dealID(c)
	if err != nil {
		return records.Deal{}, err
	}
	d, err := s.records.Deal(c.Context(), c.Caller, id)
	return d, rest.NotFound(err, "Deal")
}

func (s *Service) participantNames(c *rest.Call, list []records.DealParticipant) (names, error) {
	var want refs
	for _, p := range list {
		want.persons = append(want.persons, p.Person)
	}
	return s.names(c.Context(), c.Caller, want)
}

func (n names) participant(d records.Deal, p records.DealParticipant) crmapi.Participant {
	w := crmapi.Participant{
		ID: p.ID, PersonID: n.personValue(p.Person), AddTime: rest.TimeText(rest.V1, p.AddedAt), ActiveFlag: true,
		RelatedItemData: crmapi.RelatedItemData{DealID: d.ID, Title: d.Title}, Person: n.person(p.Person),
		AddedByUserID: n.owner(p.AddedBy), RelatedItemType: "deal", RelatedItemID: d.ID,
	}
	if w.AddedByUserID != nil {
		w.AddedByUserID.HasPic = false
	}
	return w
}

func (n names) relatedParticipants(list []records.DealParticipant) any {
	var users, persons []int64
	for _, p := range list {
		users, persons = append(users, p.AddedBy), append(persons, p.Person)
	}
	return map[string]any{"user": byID(users, n.user), "person": byID(persons, n.person)}
}

// addParticipant answers POST /v1/deals/{id}/participants.
// spec: rest.deals.participants
func (s *Service) addParticipant(c *rest.Call) (rest.Answer, error) {
	d, err := s.dealOf(c)
	if err != nil {
		return rest.Answer{}, err
	}
	b, err := c.Body()
	if err != nil {
		return rest.Answer{}, err
	}
	person := b.Int("person_id")
	if isNone(person) {
		b.Wrong("person_id", "Expected the id of a person, got none.")
	}
	if err := b.Done(); err != nil {
		return rest.Answer{}, err
	}
	p, err := s.records.AddParticipant(c.Context(), c.Caller, d.ID, *person)
	if err != nil {
		return rest.Answer{}, rest.NotFound(err, "Deal")
	}
	list := []records.DealParticipant{p}
	n, err := s.participantNames(c, list)
	if err != nil {
		return rest.Answer{}, err
	}
	return rest.Answer{Data: n.participant(d, p), Related: n.relatedParticipants(list)}, nil
}

// removeParticipant answers DELETE /v1/deals/{id}/participants/{deal_participant_id}.
// spec: rest.deals.participants
func (s *Service) removeParticipant(c *rest.Call) (rest.Answer, error) {
	deal, err := dealID(c)
	if err != nil {
		return rest.Answer{}, err
	}
	id, err := c.PathID("deal_participant_id", "Participant")
	if err != nil {
		return rest.Answer{}, err
	}
	if err := s.records.RemoveParticipant(c.Context(), c.Caller, deal, id); err != nil {
		return rest.Answer{}, rest.NotFound(err, "Participant")
	}
	return rest.Removed(id), nil
}

// mergeDeals answers PUT /v1/deals/{id}/merge: the deal of the path goes into the
// other.
// spec: rest.deals.merge
func (s *Service) mergeDeals(c *rest.Call) (rest.Answer, error) {
	id, err := dealID(c)
	if err != nil {
		return rest.Answer{}, err
	}
	b, err := c.Body()
	if err != nil {
		return rest.Answer{}, err
	}
	into := b.Int("merge_with_id")
	if isNone(into) {
		b.Wrong("merge_with_id", "Expected the id of the deal that stays, got none.")
	}
	if err := b.Done(); err != nil {
		return rest.Answer{}, err
	}
	d, err := s.records.MergeDeals(c.Context(), c.Caller, id, *into)
	if err != nil {
		return rest.Answer{}, rest.NotFound(err, "Deal")
	}
	v, err := s.dealView(c, d)
	if err != nil {
		return rest.Answer{}, err
	}
	w := crmapi.MergedDeal{DealV1: v.wireV1(d, false), MergeWhatID: id}
	return rest.OK(crmapi.WithCustom{Record: w, Custom: v.custom.v1(d.Custom, v.names)}), nil
}

// duplicateDeal answers POST /v1/deals/{id}/duplicate.
// spec: rest.deals.duplicate
func (s *Service) duplicateDeal(c *rest.Call) (rest.Answer, error) {
	id, err := dealID(c)
	if err != nil {
		return rest.Answer{}, err
	}
	d, err := s.records.DuplicateDeal(c.Context(), c.Caller, id)
	if err != nil {
		return rest.Answer{}, rest.NotFound(err, "Deal")
	}
	v, err := s.dealView(c, d)
	if err != nil {
		return rest.Answer{}, err
	}
	return rest.Answer{Status: http.StatusOK, Data: v.plainV1(d)}, nil
}

// convertDeal answers POST /api/v2/deals/{id}/convert/lead.
// spec: rest.deals.convert
func (s *Service) convertDeal(c *rest.Call) (rest.Answer, error) {
	id, err := c.PathID("id", "Entity")
	if err != nil {
		return rest.Answer{}, entityNotFound(err)
	}
	got, err := s.records.ConvertDeal(c.Context(), c.Caller, id)
	if err != nil {
		return rest.Answer{}, entityNotFound(err)
	}
	return rest.OK(crmapi.Conversion{ConversionID: got.ID}), nil
}

// dealConversion answers GET /api/v2/deals/{id}/convert/status/{conversion_id}.
// spec: rest.deals.convert
func (s *Service) dealConversion(c *rest.Call) (rest.Answer, error) {
	id, err := c.PathID("id", "Entity")
	if err != nil {
		return rest.Answer{}, entityNotFound(err)
	}
	return s.conversion(c, records.KindDeal, strconv.FormatInt(id, 10))
}

// conversion tells how one went.
func (s *Service) conversion(c *rest.Call, kind, of string) (rest.Answer, error) {
	id, err := c.PathUUID("conversion_id", "Entity")
	if err != nil {
		return rest.Answer{}, entityNotFound(err)
	}
	got, err := s.records.Conversion(c.Context(), c.Caller, kind, of, id)
	if err != nil {
		return rest.Answer{}, entityNotFound(err)
	}
	w := crmapi.ConversionStatus{ConversionID: got.ID, Status: got.Status}
	if kind == records.KindLead {
		w.DealID = got.Deal
	} else {
		w.LeadID = got.Lead
	}
	return rest.OK(w), nil
}

// entityNotFound is how the conversion endpoints say that something is not there.
// spec: rest.leads.convert-missing
func entityNotFound(err error) error {
	if fault.KindOf(err) == fault.NotFound {
		return fault.Missing("Entity was not found")
	}
	return err
}

// filesOfDeal answers GET /v1/deals/{id}/files.
// spec: rest.deals.files
func (s *Service) filesOfDeal(c *rest.Call) (rest.Answer, error) {
	d, err := s.dealOf(c)
	if err != nil {
		return rest.Answer{}, err
	}
	return s.filesOf(c, records.FileFilter{Deal: d.ID})
}

// usersOfDeal answers GET /v1/deals/{id}/permittedUsers.
// spec: rest.deals.permitted-users
func (s *Service) usersOfDeal(c *rest.Call) (rest.Answer, error) {
	d, err := s.dealOf(c)
	if err != nil {
		return rest.Answer{}, err
	}
	return s.permitted(c, records.KindDeal, d.ID, d.Owner, d.VisibleTo)
}
