package crm

import (
	"strconv"

	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/pipedrive/crmapi"
)

// activityV2 is an activity as version 2 writes it.
func activityV2(a records.Activity, attendees bool) crmapi.ActivityV2 {
	w := crmapi.ActivityV2{
		ID: a.ID, Subject: a.Subject, Type: a.Type, OwnerID: a.Owner, CreatorUserID: a.Creator, IsDeleted: a.Deleted,
		AddTime: rest.TimeText(rest.V2, a.AddedAt), UpdateTime: rest.TimeText(rest.V2, a.UpdatedAt),
		DealID: ref(a.Deal), LeadID: ref(a.Lead), PersonID: ref(a.Person), OrgID: ref(a.Organization),
		DueDate: ref(a.DueDate), DueTime: ref(a.DueTime), Duration: ref(a.Duration), Busy: a.Busy == records.Busy, Done: a.Done,
		MarkedAsDoneTime: rest.Time(rest.V2, a.DoneAt), Location: locationV2(a), Participants: []crmapi.ParticipantV2{},
		ConferenceMeetingClient: ref(a.Meeting.Client), ConferenceMeetingURL: ref(a.Meeting.URL), ConferenceMeetingID: ref(a.Meeting.ID),
		PublicDescription: ref(a.PublicDescription), Priority: ref(a.Priority), Note: ref(a.Note),
	}
	for _, p := range a.Participants {
		w.Participants = append(w.Participants, crmapi.ParticipantV2{PersonID: p.Person, Primary: p.Primary})
	}
	if !attendees {
		return w
	}
	list := []crmapi.AttendeeV2{}
	for _, t := range a.Attendees {
		list = append(list, crmapi.AttendeeV2{
			Email: t.Email, Name: ref(t.Name), Status: ref(t.Status), IsOrganizer: t.Organizer, PersonID: ref(t.Person), UserID: ref(t.User),
		})
	}
	w.Attendees = &list
	return w
}

func locationV2(a records.Activity) *crmapi.Address {
	if a.Location == "" {
		return nil
	}
	part := func(name string) *string { return ref(a.LocationParts[name]) }
	return &crmapi.Address{
		Value: &a.Location, Country: part("country"), AdminAreaLevel1: part("admin_area_level_1"), AdminAreaLevel2: part("admin_area_level_2"),
		Locality: part("locality"), Sublocality: part("sublocality"), Route: part("route"), StreetNumber: part("street_number"),
		Subpremise: part("subpremise"), PostalCode: part("postal_code"),
	}
}

// activityV1 is an activity as version 1 writes it. Calendars are not connected
// and activities do not repeat, so their fields are null.
// spec: rest.activities.v1-shape
func activityV1(a records.Activity, n names, company int64) crmapi.ActivityV1 {
	part := func(name string) *string { return ref(a.LocationParts[name]) }
	w := crmapi.ActivityV1{
		ID: a.ID, CompanyID: company, UserID: a.Owner, Done: a.Done, Type: a.Type,
		ConferenceMeetingClient: ref(a.Meeting.Client), ConferenceMeetingURL: ref(a.Meeting.URL), ConferenceMeetingID: ref(a.Meeting.ID),
		DueDate: ref(a.DueDate), DueTime: minutes(a.DueTime), Duration: minutes(a.Duration), AddTime: rest.TimeText(rest.V1, a.AddedAt),
		Subject: a.Subject, PublicDescription: a.PublicDescription, Location: ref(a.Location),
		OrgID: ref(a.Organization), PersonID: ref(a.Person), DealID: ref(a.Deal), LeadID: ref(a.Lead), ActiveFlag: !a.Deleted,
		UpdateTime: rest.TimeText(rest.V1, a.UpdatedAt), UpdateUserID: ref(a.Updater), Series: []any{}, Note: ref(a.Note), CreatedByUserID: a.Creator,
		LocationSubpremise: part("subpremise"), LocationStreetNumber: part("street_number"), LocationRoute: part("route"),
		LocationSublocality: part("sublocality"), LocationLocality: part("locality"), LocationAdminAreaLevel1: part("admin_area_level_1"),
		LocationAdminAreaLevel2: part("admin_area_level_2"), LocationCountry: part("country"), LocationPostalCode: part("postal_code"),
		LocationFormattedAddress: part("formatted_address"), OrgName: ref(a.OrganizationName), PersonName: ref(a.PersonName),
		DealTitle: ref(a.DealTitle), OwnerName: ref(n.users[a.Owner].Name), AssignedToUserID: a.Owner,
		Attendees: []crmapi.AttendeeV1{}, Participants: []crmapi.ParticipantV1{},
	}
	if a.Busy != "" {
		w.BusyFlag = new(bool)
		*w.BusyFlag = a.Busy == records.Busy
	}
	if !a.DoneAt.IsZero() {
		w.MarkedAsDoneTime = rest.TimeText(rest.V1, a.DoneAt)
	}
	if a.Person != 0 {
		w.PersonDropboxBcc = ref(n.dropbox("p" + strconv.FormatInt(a.Person, 10)))
	}
	if a.Deal != 0 {
		w.DealDropboxBcc = ref(n.dropbox("deal" + strconv.FormatInt(a.Deal, 10)))
	}
	for _, p := range a.Participants {
		w.Participants = append(w.Participants, crmapi.ParticipantV1{PersonID: p.Person, PrimaryFlag: p.Primary})
	}
	for _, t := range a.Attendees {
		at := crmapi.AttendeeV1{EmailAddress: t.Email, Name: ref(t.Name), PersonID: ref(t.Person), Status: ref(t.Status), UserID: ref(t.User)}
		if t.Organizer {
			at.IsOrganizer = 1
		}
		w.Attendees = append(w.Attendees, at)
	}
	return w
}

// minutes is HH:MM of HH:MM:SS.
func minutes(t string) string {
	if len(t) > len("13:30") {
		return t[:len("13:30")]
	}
	return t
}
