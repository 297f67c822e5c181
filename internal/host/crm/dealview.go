package crm

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/pipedrive/crmapi"
)

// dealView is what an answer says beside the deals themselves, read with a
// constant number of queries.
type dealView struct {
	names
	caller    route.Caller
	custom    customFields
	pipelines map[int64]records.Pipeline
	stages    map[int64]records.Stage
	counts    map[int64]records.DealNumbers
	deals     []records.Deal
}

func (s *Service) dealView(c *rest.Call, deals ...records.Deal) (*dealView, error) {
	v := &dealView{caller: c.Caller, deals: deals, pipelines: map[int64]records.Pipeline{}, stages: map[int64]records.Stage{}}
	var err error
	if v.custom, err = s.customFields(c.Context(), c.Caller, records.KindDeal); err != nil {
		return nil, err
	}
	var want refs
	ids := make([]int64, len(deals))
	for i, d := range deals {
		ids[i] = d.ID
		want.persons = append(want.persons, d.Person.ID)
		want.organizations = append(want.organizations, d.Organization.ID)
		if c.Version == rest.V1 {
			v.custom.refer(d.Custom, &want)
		}
	}
	if v.names, err = s.names(c.Context(), c.Caller, want); err != nil {
		return nil, err
	}
	if v.counts, err = s.records.DealNumbers(c.Context(), c.Caller, ids); err != nil {
		return nil, err
	}
	return v, s.readStages(c.Context(), v)
}

func (s *Service) readStages(ctx context.Context, v *dealView) error {
	all, err := s.records.Pipelines(ctx, v.caller)
	for _, p := range all {
		v.pipelines[p.ID] = p
		for _, st := range p.Stages {
			v.stages[st.ID] = st
		}
	}
	return err
}

// decimal is an amount as a JSON number, exactly.
func decimal(m records.Money) json.Number { return json.Number(m.Decimal()) }

// currency is that of a deal; one without a value has the company's.
func (v *dealView) currency(d records.Deal) string {
	if d.Value.Currency == "" {
		return v.company.Currency
	}
	return d.Value.Currency
}

// status is the word for a deal's state; deleted ones have one of their own.
func status(d records.Deal) string {
	if d.Deleted {
		return "deleted"
	}
	return d.Status
}

// zone is the time zone of a user; UTC for nobody.
func (v *dealView) zone(user int64) *time.Location {
	zone, err := time.LoadLocation(v.users[user].Timezone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// localDay is the day of an instant where the deal's owner is, nil for no instant.
func (v *dealView) localDay(t time.Time, owner int64) *string {
	if t.IsZero() {
		return nil
	}
	return text(t.In(v.zone(owner)).Format(time.DateOnly))
}

// v2 is a deal as version 2 writes it, with what include_fields asked for.
// spec: rest.deals.object-v2
func (v *dealView) v2(d records.Deal, fields, include []string) any {
	w := crmapi.DealV2{
		ID: d.ID, Title: d.Title, CreatorUserID: d.Creator, OwnerID: d.Owner, Value: decimal(d.Value), Currency: v.currency(d),
		PersonID: number(d.Person.ID), OrgID: number(d.Organization.ID), StageID: d.Stage.ID, PipelineID: d.Pipeline.ID,
		ArchiveTime: rest.Time(rest.V2, d.ArchivedAt), AddTime: rest.TimeText(rest.V2, d.AddedAt), UpdateTime: rest.TimeText(rest.V2, d.UpdatedAt),
		StageChangeTime: rest.Time(rest.V2, d.StageChangedAt), Status: status(d), IsArchived: d.Archived, IsDeleted: d.Deleted,
		Probability: d.Probability, LostReason: text(d.LostReason), VisibleTo: d.VisibleTo,
		CloseTime: rest.Time(rest.V2, d.ClosedAt), WonTime: rest.Time(rest.V2, d.WonAt), LostTime: rest.Time(rest.V2, d.LostAt),
		LocalWonDate: v.localDay(d.WonAt, d.Owner), LocalLostDate: v.localDay(d.LostAt, d.Owner), LocalCloseDate: v.localDay(d.ClosedAt, d.Owner),
		ExpectedCloseDate: text(d.ExpectedClose), LabelIDs: v.custom.label(d.Labels),
		Origin: d.Origin, OriginID: text(d.OriginID), Channel: number(d.Channel), ChannelID: text(d.ChannelID), SourceLeadID: text(d.Lead),
		CustomFields: v.custom.v2(d.Custom, fields),
	}
	extra := map[string]any{}
	for _, name := range include {
		extra[name] = v.included(d, name)
	}
	return crmapi.WithCustom{Record: w, Custom: extra}
}

// dealIncludes are the fields that version 2 adds on request.
var dealIncludes = []string{
	"next_activity_id", "last_activity_id", "first_won_time", "products_count", "files_count", "notes_count", "followers_count",
	"email_messages_count", "activities_count", "done_activities_count", "undone_activities_count", "participants_count",
	"last_incoming_mail_time", "last_outgoing_mail_time", "smart_bcc_email",
}

// included is the value of one of dealIncludes. No mail is read and there are no
// products.
func (v *dealView) included(d records.Deal, name string) any {
	n := v.counts[d.ID]
	switch name {
	case "next_activity_id":
		return orNull(activityID(n.Next))
	case "last_activity_id":
		return orNull(activityID(n.Last))
	case "first_won_time":
		return orNull(rest.Time(rest.V2, d.FirstWonAt))
	case "notes_count":
		return n.Notes
	case "files_count":
		return n.Files
	case "followers_count":
		return n.Followers
	case "activities_count":
		return n.Done + n.Undone
	case "done_activities_count":
		return n.Done
	case "undone_activities_count":
		return n.Undone
	case "participants_count":
		return n.Participants
	case "smart_bcc_email":
		return v.dropbox("deal" + strconv.FormatInt(d.ID, 10))
	case "last_incoming_mail_time", "last_outgoing_mail_time":
		return nil
	}
	return 0
}

func activityID(a *records.ActivityBrief) *int64 {
	if a == nil {
		return nil
	}
	return &a.ID
}

// v1 is a deal as version 1 writes it, with objects for what it refers to.
// spec: rest.deals.object-v1
func (v *dealView) v1(d records.Deal) any {
	return crmapi.WithCustom{Record: v.wireV1(d, true), Custom: v.custom.v1(d.Custom, v.names)}
}

// plainV1 is a deal as a few answers of version 1 have it, with plain ids.
func (v *dealView) plainV1(d records.Deal) any {
	return crmapi.WithCustom{Record: v.wireV1(d, false), Custom: v.custom.v1(d.Custom, v.names)}
}

func (v *dealView) wireV1(d records.Deal, whole bool) crmapi.DealV1 {
	at := func(t time.Time) *string { return rest.Time(rest.V1, t) }
	stage := v.stages[d.Stage.ID]
	w := crmapi.DealV1{
		ID: d.ID, CreatorUserID: d.Creator, UserID: d.Owner, PersonID: number(d.Person.ID), OrgID: number(d.Organization.ID),
		StageID: d.Stage.ID, Title: d.Title, AddTime: rest.TimeText(rest.V1, d.AddedAt), UpdateTime: rest.TimeText(rest.V1, d.UpdatedAt),
		StageChangeTime: at(d.StageChangedAt), Active: d.Status == records.StatusOpen && !d.Deleted, Deleted: d.Deleted, Status: status(d),
		Probability: d.Probability, LostReason: text(d.LostReason), VisibleTo: strconv.FormatInt(d.VisibleTo, 10), CloseTime: at(d.ClosedAt),
		PipelineID: d.Pipeline.ID, WonTime: at(d.WonAt), FirstWonTime: at(d.FirstWonAt), LostTime: at(d.LostAt), ExpectedClose: text(d.ExpectedClose),
		LabelIDs: v.custom.label(d.Labels), Label: text(commas(v.custom.label(d.Labels))), StageOrderNr: stage.Position,
		PersonName: text(d.Person.Name), PersonHidden: v.Persons[d.Person.ID].Hidden, OrgHidden: v.Organizations[d.Organization.ID].Hidden, OrgName: text(d.Organization.Name), RottenTime: at(v.rotten(d)), OwnerName: v.users[d.Owner].Name,
		CcEmail: v.dropbox("deal" + strconv.FormatInt(d.ID, 10)), IsArchived: d.Archived, ArchiveTime: at(d.ArchivedAt),
		Origin: d.Origin, OriginID: text(d.OriginID), Channel: number(d.Channel), ChannelID: text(d.ChannelID),
		DealMoney: v.money(d), DealNumbers: wireCounts(v.counts[d.ID]), DealActivities: wireActivities(v.counts[d.ID]),
	}
	if whole {
		w.CreatorUserID, w.UserID = orNull(v.dealUser(d.Creator)), orNull(v.dealUser(d.Owner))
		w.PersonID, w.OrgID = orNull(v.personValue(d.Person.ID)), orNull(v.orgValue(d.Organization.ID))
	}
	return w
}

// dealUser is a user as the value of user_id and creator_user_id; has_pic is a
// truth there.
func (v *dealView) dealUser(id int64) *crmapi.UserRef {
	u := v.owner(id)
	if u != nil {
		u.HasPic = false
	}
	return u
}

func commas(ids []int64) string {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = strconv.FormatInt(id, 10)
	}
	return strings.Join(words, ",")
}

// money is the value and the value by probability: the deal's own, or else that
// of its stage where the pipeline counts them.
// spec: rest.deals.weighted-value
func (v *dealView) money(d records.Deal) crmapi.DealMoney {
	value := records.Money{Amount: d.Value.Amount, Currency: v.currency(d)}
	percent := 100
	switch {
	case d.Probability != nil:
		percent = *d.Probability
	case v.pipelines[d.Pipeline.ID].Weighted:
		percent = v.stages[d.Stage.ID].Probability
	}
	weighted := value.Share(percent)
	return crmapi.DealMoney{
		Value: decimal(value), Currency: value.Currency, FormattedValue: value.Text(),
		WeightedValue: decimal(weighted), FormattedWeightedValue: weighted.Text(), WeightedValueCurrency: value.Currency,
	}
}

// rotten is when an open deal has rested too long in a stage where deals rot,
// counted from its last change.
// spec: rest.deals.rotten-time
func (v *dealView) rotten(d records.Deal) time.Time {
	stage := v.stages[d.Stage.ID]
	if !stage.Rots || d.Status != records.StatusOpen {
		return time.Time{}
	}
	return d.UpdatedAt.AddDate(0, 0, stage.RotDays)
}

func wireCounts(n records.DealNumbers) crmapi.DealNumbers {
	return crmapi.DealNumbers{
		FilesCount: n.Files, NotesCount: n.Notes, FollowersCount: n.Followers, ActivitiesCount: n.Done + n.Undone,
		DoneActivitiesCount: n.Done, UndoneActivitiesCount: n.Undone, ParticipantsCount: n.Participants,
	}
}

func wireActivities(n records.DealNumbers) crmapi.DealActivities {
	var w crmapi.DealActivities
	if a := n.Next; a != nil {
		w.NextActivityID, w.NextActivityDate, w.NextActivityTime = &a.ID, text(a.DueDate), text(a.DueTime)
		w.NextActivitySubject, w.NextActivityType = text(a.Subject), text(a.Type)
		w.NextActivityDuration, w.NextActivityNote = text(a.Duration), text(a.Note)
	}
	if a := n.Last; a != nil {
		w.LastActivityID, w.LastActivityDate = &a.ID, text(a.DueDate)
	}
	return w
}

// related is related_objects of the deals: users, persons, organizations.
// spec: rest.deals.related-objects
func (v *dealView) related() any {
	var users, persons, organizations []int64
	for _, d := range v.deals {
		users = append(users, d.Owner, d.Creator)
		persons, organizations = append(persons, d.Person.ID), append(organizations, d.Organization.ID)
	}
	return map[string]any{"user": byID(users, v.user), "person": byID(persons, v.person), "organization": byID(organizations, v.organization)}
}

// details is what version 1 adds to one deal.
// spec: rest.deals.details-v1
func (s *Service) details(c *rest.Call, v *dealView, d records.Deal) (any, error) {
	order, times, err := s.records.DealStays(c.Context(), c.Caller, d)
	if err != nil {
		return nil, err
	}
	stays := crmapi.Stays{TimesInStages: map[int64]int64{}, OrderOfStages: order}
	for id, t := range times {
		stays.TimesInStages[id] = int64(t / time.Second)
	}
	until := s.db.Now()
	if !d.ClosedAt.IsZero() {
		until = d.ClosedAt
	}
	w := crmapi.DealDetails{DealV1: v.wireV1(d, true), Age: age(until.Sub(d.AddedAt)), StayInPipelineStages: stays}
	if !d.WonAt.IsZero() {
		w.AverageTimeToWon = age(d.WonAt.Sub(d.AddedAt))
	}
	if all := v.pipelines[d.Pipeline.ID].Stages; len(all) > 0 {
		at := slices.IndexFunc(all, func(st records.Stage) bool { return st.ID == d.Stage.ID })
		w.AverageStageProgress = float64(at+1) / float64(len(all))
	}
	n := v.counts[d.ID]
	w.LastActivity, w.NextActivity = orNull(brief(n.Last)), orNull(brief(n.Next))
	return crmapi.WithCustom{Record: w, Custom: v.custom.v1(d.Custom, v.names)}, nil
}

// brief is an activity inside a deal.
func brief(a *records.ActivityBrief) *map[string]any {
	if a == nil {
		return nil
	}
	return &map[string]any{
		"id": a.ID, "subject": a.Subject, "type": a.Type, "due_date": text(a.DueDate), "due_time": text(a.DueTime),
		"duration": text(a.Duration), "note": text(a.Note),
	}
}

// age takes a span apart; a month has 30 days and a year 365.
func age(d time.Duration) crmapi.Age {
	total := int64(max(d, 0) / time.Second)
	days := total / 86400
	return crmapi.Age{
		Years: days / 365, Months: days % 365 / 30, Days: days % 365 % 30,
		Hours: total % 86400 / 3600, Minutes: total % 3600 / 60, Seconds: total % 60, TotalSeconds: total,
	}
}
