package subscription

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/pipedrive/webhookapi"
)

func (r *renderer) deal(d records.Deal) (view, error) {
	custom, extra := r.custom(d.Custom)
	v2 := webhookapi.Deal{
		ID: d.ID, Title: d.Title, CreatorUserID: d.Creator, OwnerID: d.Owner,
		Value: webhookapi.Decimal(d.Value.Decimal()), Currency: r.currency(d.Value), PersonID: orNull(d.Person.ID), OrgID: orNull(d.Organization.ID),
		StageID: d.Stage.ID, PipelineID: d.Pipeline.ID, Status: statusOf(d), Probability: d.Probability, LostReason: orNull(d.LostReason),
		VisibleTo: decimal(d.VisibleTo), LabelIDs: ids(d.Labels), IsArchived: d.Archived, IsDeleted: d.Deleted,
		AddTime: timeV2(d.AddedAt), UpdateTime: timeV2(d.UpdatedAt), StageChangeTime: rest.Time(rest.V2, d.StageChangedAt),
		ArchiveTime: rest.Time(rest.V2, d.ArchivedAt), CloseTime: rest.Time(rest.V2, d.ClosedAt), WonTime: rest.Time(rest.V2, d.WonAt),
		LostTime: rest.Time(rest.V2, d.LostAt), ExpectedCloseDate: orNull(d.ExpectedClose), LocalWonDate: r.localDay(d.WonAt, d.Owner),
		LocalLostDate: r.localDay(d.LostAt, d.Owner), LocalCloseDate: r.localDay(d.ClosedAt, d.Owner), Origin: d.Origin, OriginID: orNull(d.OriginID),
		Channel: orNull(d.Channel), ChannelID: orNull(d.ChannelID), CustomFields: custom,
	}
	v1 := webhookapi.DealV1{
		ID: d.ID, CreatorUserID: d.Creator, UserID: d.Owner, PersonID: v2.PersonID, OrgID: v2.OrgID, StageID: d.Stage.ID, PipelineID: d.Pipeline.ID,
		Title: d.Title, Value: v2.Value, Currency: v2.Currency, Status: v2.Status, Probability: d.Probability, LostReason: v2.LostReason,
		VisibleTo: v2.VisibleTo, Label: labelsV1(d.Labels), Active: d.Status == records.StatusOpen && !d.Deleted, Deleted: d.Deleted,
		AddTime: timeV1(d.AddedAt), UpdateTime: timeV1(d.UpdatedAt), StageChangeTime: rest.Time(rest.V1, d.StageChangedAt),
		CloseTime: rest.Time(rest.V1, d.ClosedAt), WonTime: rest.Time(rest.V1, d.WonAt), FirstWonTime: rest.Time(rest.V1, d.FirstWonAt),
		LostTime: rest.Time(rest.V1, d.LostAt), ExpectedCloseDate: v2.ExpectedCloseDate,
		PersonName: orNull(d.Person.Name), OrgName: orNull(d.Organization.Name), OwnerName: r.nameOf(d.Owner),
	}
	audience, err := r.s.records.AudienceOf(r.tx, entityDeal, d.ID, d.Owner, d.VisibleTo)
	return view{v2: v2, v1: v1, extra: extra, access: audience}, err
}

// currency is that of an amount; one without has the company's.
func (r *renderer) currency(m records.Money) string {
	if m.Currency == "" {
		return r.of.Currency
	}
	return m.Currency
}

// statusOf is the word for a deal's state; deleted ones have one of their own.
func statusOf(d records.Deal) string {
	if d.Deleted {
		return "deleted"
	}
	return d.Status
}

// localDay is the day of an instant where a user is, nil for no instant.
func (r *renderer) localDay(t time.Time, user int64) *string {
	if t.IsZero() {
		return nil
	}
	zone := time.UTC
	if i := slices.IndexFunc(r.users, func(u account.User) bool { return u.ID == user }); i >= 0 {
		if z, err := time.LoadLocation(r.users[i].Timezone); err == nil {
			zone = z
		}
	}
	day := t.In(zone).Format(time.DateOnly)
	return &day
}

// labelsV1 are ids between commas.
func labelsV1(labels []int64) *string {
	words := make([]string, len(labels))
	for i, id := range labels {
		words[i] = strconv.FormatInt(id, 10)
	}
	return orNull(strings.Join(words, ","))
}

// lead has no form in version 1, which tells of no leads.
func (r *renderer) lead(l records.Lead) (view, error) {
	custom, _ := r.custom(l.Custom)
	v2 := webhookapi.Lead{
		ID: l.ID, Title: l.Title, OwnerID: l.Owner, CreatorID: l.Creator, LabelIDs: []string{}, PersonID: orNull(l.Person.ID),
		OrganizationID: orNull(l.Organization.ID), SourceName: l.Source, Origin: l.Origin, OriginID: orNull(l.OriginID), Channel: orNull(l.Channel),
		ChannelID: orNull(l.ChannelID), IsArchived: l.Archived, WasSeen: l.Seen, ExpectedCloseDate: orNull(l.ExpectedClose),
		AddTime: rest.Milli(l.AddedAt), UpdateTime: rest.Milli(l.UpdatedAt), CustomFields: custom,
	}
	for _, label := range l.Labels {
		v2.LabelIDs = append(v2.LabelIDs, label.ID)
	}
	if l.Value.Currency != "" {
		v2.Value = &webhookapi.Money{Amount: webhookapi.Decimal(l.Value.Decimal()), Currency: l.Value.Currency}
	}
	next, err := r.s.records.NextActivity(r.tx, l.ID)
	if err != nil {
		return view{}, err
	}
	v2.NextActivityID = orNull(next)
	return view{v2: v2, access: records.Audience{Everybody: l.VisibleTo != forOwner, Users: []int64{l.Owner}}}, nil
}

func (r *renderer) pipeline(p records.Pipeline) (view, error) {
	v2 := webhookapi.Pipeline{
		ID: p.ID, Name: p.Name, URLTitle: urlTitle(p.Name), OrderNr: p.Position, Active: true, ActiveFlag: true, DealProbability: p.Weighted,
		AddTime: timeV2(p.AddedAt), UpdateTime: timeV2(p.UpdatedAt),
	}
	v1 := v2
	v1.AddTime, v1.UpdateTime = timeV1(p.AddedAt), timeV1(p.UpdatedAt)
	return forAll(v2, v1), nil
}

// urlTitle is a name as it stands in an address.
func urlTitle(name string) string { return strings.Join(strings.Fields(name), "-") }

func (r *renderer) stage(st records.Stage) (view, error) {
	v2 := webhookapi.Stage{
		ID: st.ID, Name: st.Name, PipelineID: st.Pipeline, OrderNr: st.Position, ActiveFlag: true, DealProbability: st.Probability,
		RottenFlag: st.Rots, RottenDays: orNull(st.RotDays), AddTime: timeV2(st.AddedAt), UpdateTime: timeV2(st.UpdatedAt),
	}
	v1 := v2
	v1.AddTime, v1.UpdateTime = timeV1(st.AddedAt), timeV1(st.UpdatedAt)
	return forAll(v2, v1), nil
}
