package subscription

import (
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/pipedrive/webhookapi"
)

// activity is told to those who may see a record that it is on, to its owner
// and to the users it invites.
// spec: webhooks.of-private-records
func (r *renderer) activity(a records.Activity) (view, error) {
	v2 := webhookapi.Activity{
		ID: a.ID, Subject: a.Subject, Type: a.Type, OwnerID: a.Owner, UpdateUserID: orNull(a.Updater), DealID: orNull(a.Deal),
		LeadID: orNull(a.Lead), PersonID: orNull(a.Person), OrgID: orNull(a.Organization), DueDate: orNull(a.DueDate),
		DueTime: moment(a.DueTime), Duration: moment(a.Duration), BusyFlag: busy(a.Busy), Done: a.Done, Location: orNull(a.Location),
		PublicDescription: orNull(a.PublicDescription), Note: orNull(a.Note), ActiveFlag: !a.Deleted,
		AddTime: timeV2(a.AddedAt), UpdateTime: timeV2(a.UpdatedAt), CustomFields: map[string]any{},
	}
	v1 := webhookapi.ActivityV1{
		ID: a.ID, CompanyID: r.company, UserID: a.Owner, AssignedToUserID: a.Owner, CreatedByUserID: a.Creator, UpdateUserID: v2.UpdateUserID,
		Subject: a.Subject, Type: a.Type, DealID: v2.DealID, LeadID: v2.LeadID, PersonID: v2.PersonID, OrgID: v2.OrgID, DueDate: v2.DueDate,
		DueTime: minutes(a.DueTime), Duration: minutes(a.Duration), BusyFlag: v2.BusyFlag, Done: a.Done, MarkedAsDoneTime: rest.Time(rest.V1, a.DoneAt),
		Location: v2.Location, PublicDescription: v2.PublicDescription, Note: v2.Note, ActiveFlag: v2.ActiveFlag,
		AddTime: timeV1(a.AddedAt), UpdateTime: timeV1(a.UpdatedAt), OwnerName: r.nameOf(a.Owner),
	}
	audience, err := r.s.records.AudienceOn(r.tx, a.Links())
	audience.Users = append(audience.Users, a.Owner)
	for _, t := range a.Attendees {
		audience.Users = append(audience.Users, t.User)
	}
	return view{v2: v2, v1: v1, access: audience}, err
}

// moment is a time of day or a length of time in version 2; they are kept in UTC.
func moment(s string) *webhookapi.Moment {
	if s == "" {
		return nil
	}
	return &webhookapi.Moment{Value: s}
}

// minutes is HH:MM of HH:MM:SS, as version 1 writes it.
func minutes(s string) string {
	const form = len("15:04")
	return s[:min(len(s), form)]
}

// busy is null where nobody said it.
func busy(s string) *bool {
	if s == "" {
		return nil
	}
	is := s == records.Busy
	return &is
}

func (r *renderer) activityType(t records.ActivityType) (view, error) {
	return forAll(nil, webhookapi.ActivityType{
		ID: t.ID, Name: t.Name, KeyString: t.Key, IconKey: t.Icon, Color: orNull(t.Color), OrderNr: t.Position, ActiveFlag: !t.Deleted,
		IsCustomFlag: t.Custom, AddTime: timeV1(t.AddedAt), UpdateTime: timeV1(t.UpdatedAt),
	}), nil
}

// note is told to those who may see a record that it is on.
// spec: webhooks.of-private-records
func (r *renderer) note(n records.Note) (view, error) {
	show := webhookapi.Note{
		ID: n.ID, UserID: n.Author, DealID: orNull(n.Deal), PersonID: orNull(n.Person), OrgID: orNull(n.Organization), LeadID: orNull(n.Lead),
		Content: n.Content, ActiveFlag: !n.Deleted, PinnedToDealFlag: n.Pinned.Deal, PinnedToPersonFlag: n.Pinned.Person,
		PinnedToOrganizationFlag: n.Pinned.Organization, PinnedToLeadFlag: n.Pinned.Lead,
	}
	v1 := show
	show.AddTime, show.UpdateTime = timeV2(n.AddedAt), timeV2(n.UpdatedAt)
	v1.AddTime, v1.UpdateTime = timeV1(n.AddedAt), timeV1(n.UpdatedAt)
	audience, err := r.s.records.AudienceOn(r.tx, n.Links())
	return view{v2: show, v1: v1, access: audience}, err
}
