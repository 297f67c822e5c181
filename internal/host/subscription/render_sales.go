package subscription

import (
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/pipedrive/webhookapi"
)

func (r *renderer) deal(d records.Deal) view {
	v2 := webhookapi.Deal{
		ID: d.ID, Title: d.Title, OwnerID: d.Owner, Value: webhookapi.Decimal(d.Value.Decimal()), Currency: d.Value.Currency,
		PersonID: orNull(d.Person.ID), OrgID: orNull(d.Organization.ID), StageID: d.Stage.ID, PipelineID: d.Pipeline.ID,
		Status: d.Status, LostReason: orNull(d.LostReason), VisibleTo: "3", LabelIDs: []int64{},
		AddTime: timeV2(d.AddedAt), UpdateTime: timeV2(d.UpdatedAt), StageChangeTime: rest.Time(rest.V2, d.StageChangedAt),
		CloseTime: rest.Time(rest.V2, d.ClosedAt), ExpectedCloseDate: orNull(d.ExpectedClose), CustomFields: map[string]any{},
	}
	v1 := webhookapi.DealV1{
		ID: d.ID, UserID: d.Owner, PersonID: v2.PersonID, OrgID: v2.OrgID, StageID: d.Stage.ID, PipelineID: d.Pipeline.ID, Title: d.Title,
		Value: v2.Value, Currency: v2.Currency, Status: d.Status, LostReason: v2.LostReason, VisibleTo: v2.VisibleTo,
		Active: d.Status == "open", AddTime: timeV1(d.AddedAt), UpdateTime: timeV1(d.UpdatedAt), StageChangeTime: rest.Time(rest.V1, d.StageChangedAt),
		CloseTime: rest.Time(rest.V1, d.ClosedAt), ExpectedCloseDate: v2.ExpectedCloseDate,
		PersonName: orNull(d.Person.Name), OrgName: orNull(d.Organization.Name), OwnerName: r.nameOf(d.Owner),
	}
	return view{v2: v2, v1: v1}
}

func (r *renderer) lead(l records.Lead) view {
	v2 := webhookapi.Lead{
		ID: l.ID, Title: l.Title, OwnerID: l.Owner, LabelIDs: []string{}, PersonID: orNull(l.Person.ID), OrganizationID: orNull(l.Organization.ID),
		SourceName: l.Source, IsArchived: l.Archived, WasSeen: l.Seen, ExpectedCloseDate: orNull(l.ExpectedClose),
		AddTime: rest.Milli(l.AddedAt), UpdateTime: rest.Milli(l.UpdatedAt), CustomFields: map[string]any{},
	}
	for _, label := range l.Labels {
		v2.LabelIDs = append(v2.LabelIDs, label.ID)
	}
	if l.Value.Currency != "" {
		v2.Value = &webhookapi.Money{Amount: webhookapi.Decimal(l.Value.Decimal()), Currency: l.Value.Currency}
	}
	return view{v2: v2}
}
