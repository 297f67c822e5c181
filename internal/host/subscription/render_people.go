package subscription

import (
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/pipedrive/webhookapi"
)

func (r *renderer) person(p records.Person) (view, error) {
	custom, extra := r.custom(p.Custom)
	v2 := webhookapi.Person{
		ID: p.ID, Name: p.Name, FirstName: orNull(p.FirstName), LastName: orNull(p.LastName), OwnerID: p.Owner, OrgID: orNull(p.Organization.ID),
		Emails: contacts(p.Emails), Phones: contacts(p.Phones), Label: first(p.Labels), LabelIDs: ids(p.Labels), PictureID: orNull(p.Picture),
		VisibleTo: decimal(p.VisibleTo), AddTime: timeV2(p.AddedAt), UpdateTime: timeV2(p.UpdatedAt), CustomFields: custom,
	}
	v1 := webhookapi.PersonV1{
		ID: p.ID, CompanyID: r.company, OwnerID: p.Owner, OrgID: v2.OrgID, Name: p.Name, FirstName: v2.FirstName, LastName: v2.LastName,
		Phone: contactsV1(p.Phones), Email: contactsV1(p.Emails), FirstChar: firstChar(p.Name), Label: v2.Label, LabelIDs: v2.LabelIDs, PictureID: v2.PictureID,
		VisibleTo: v2.VisibleTo, ActiveFlag: !p.Deleted, AddTime: timeV1(p.AddedAt), UpdateTime: timeV1(p.UpdatedAt),
		OrgName: orNull(p.Organization.Name), OwnerName: r.nameOf(p.Owner),
	}
	audience, err := r.s.records.AudienceOf(r.tx, entityPerson, p.ID, p.Owner, p.VisibleTo)
	return view{v2: v2, v1: v1, extra: extra, access: audience}, err
}

// first is the first of some labels, null if there are none.
func first(labels []int64) *int64 {
	if len(labels) == 0 {
		return nil
	}
	return &labels[0]
}

// ids are never null.
func ids(list []int64) []int64 {
	if list == nil {
		return []int64{}
	}
	return list
}

func contacts(list []records.Contact) []webhookapi.Contact {
	out := []webhookapi.Contact{}
	for _, c := range list {
		out = append(out, webhookapi.Contact{Value: c.Value, Primary: c.Main, Label: c.Label})
	}
	return out
}

// contactsV1 has one empty element where there is none.
func contactsV1(list []records.Contact) []webhookapi.ContactV1 {
	out := []webhookapi.ContactV1{}
	for _, c := range list {
		out = append(out, webhookapi.ContactV1{Value: c.Value, Primary: c.Main, Label: c.Label})
	}
	if len(out) == 0 {
		out = append(out, webhookapi.ContactV1{Primary: true})
	}
	return out
}

func (r *renderer) organization(o records.Organization) (view, error) {
	custom, extra := r.custom(o.Custom)
	v2 := webhookapi.Organization{
		ID: o.ID, Name: o.Name, OwnerID: o.Owner, Address: orNull(o.Address), Label: first(o.Labels), LabelIDs: ids(o.Labels),
		VisibleTo: decimal(o.VisibleTo), AddTime: timeV2(o.AddedAt), UpdateTime: timeV2(o.UpdatedAt), CustomFields: custom,
	}
	v1 := webhookapi.OrganizationV1{
		ID: o.ID, CompanyID: r.company, OwnerID: o.Owner, Name: o.Name, FirstChar: firstChar(o.Name), Address: v2.Address,
		CountryCode: v2.CountryCode, Label: v2.Label, LabelIDs: v2.LabelIDs, VisibleTo: v2.VisibleTo, ActiveFlag: !o.Deleted,
		AddTime: timeV1(o.AddedAt), UpdateTime: timeV1(o.UpdatedAt), OwnerName: r.nameOf(o.Owner),
	}
	audience, err := r.s.records.AudienceOf(r.tx, entityOrganization, o.ID, o.Owner, o.VisibleTo)
	return view{v2: v2, v1: v1, extra: extra, access: audience}, err
}
