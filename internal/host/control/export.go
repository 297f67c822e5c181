package control

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/inbox"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/store"
)

// Export writes companies as the seed file that would make them: one with a
// domain, else all. Each is as it was at one moment. Passwords, tokens and secrets
// are not in it; secrets adds the secrets of apps and the passwords of webhooks.
// spec: control.export
func (s *Service) Export(ctx context.Context, domain string, secrets bool) ([]byte, error) {
	list, err := s.o.Accounts.Companies(ctx)
	if domain != "" && err == nil {
		var one account.Company
		one, err = s.o.Accounts.CompanyByDomain(ctx, domain)
		list = []account.Company{one}
	}
	if err != nil {
		return nil, err
	}
	f := file{Companies: make([]company, 0, len(list))}
	for _, c := range list {
		x := exporter{s: s, secrets: secrets, names: map[string]map[any]string{}, own: map[string]records.Field{}}
		if err := s.db.Company(c.ID).View(ctx, func(tx *store.Tx) error { return x.read(tx, c) }); err != nil {
			return nil, fmt.Errorf("export the company %s: %w", c.Domain, err)
		}
		if err := x.fillSecrets(ctx); err != nil {
			return nil, err
		}
		f.Companies = append(f.Companies, x.out)
	}
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(f); err != nil {
		return nil, fmt.Errorf("write YAML: %w", err)
	}
	return b.Bytes(), e.Close()
}

// exporter turns a company into what a seed file says of it.
type exporter struct {
	s       *Service
	secrets bool
	out     company
	names   map[string]map[any]string // refs, by list and id
	own     map[string]records.Field  // the company's own fields, by code
	admin   int64                     // the first
}

// name gives a thing its ref: what it is, and its place in the list. Ids would do
// worse: they are others once the file has been read again.
func (x *exporter) name(list, what string, id any) string {
	if x.names[list] == nil {
		x.names[list] = map[any]string{}
	}
	ref := what + "-" + strconv.Itoa(len(x.names[list])+1)
	x.names[list][id] = ref
	return ref
}

func (x *exporter) read(tx *store.Tx, c account.Company) error {
	x.out = company{Domain: c.Domain, Name: c.Name, Country: c.Country, Industry: c.Industry, Currency: c.Currency}
	users, err := x.s.o.Accounts.Users(tx)
	if err != nil {
		return err
	}
	x.users(users)
	book, err := x.s.o.Records.Book(tx)
	if err != nil {
		return err
	}
	x.records(book)
	for i, p := range book.Persons {
		picture, err := x.s.o.Records.PictureIn(tx, p, maxExported)
		if err != nil {
			return err
		}
		x.out.Persons[i].Picture = base64.StdEncoding.EncodeToString(picture)
	}
	if err := x.calls(tx, book.Calls); err != nil {
		return err
	}
	if err := x.files(tx, book.Files); err != nil {
		return err
	}
	apps, err := x.s.o.Apps.AppsIn(tx)
	if err != nil {
		return err
	}
	slices.Reverse(apps) // oldest first
	if err := x.apps(tx, apps); err != nil {
		return err
	}
	if err := x.webhooks(tx); err != nil {
		return err
	}
	channels, err := x.s.o.Inbox.ChannelsIn(tx)
	if err != nil {
		return err
	}
	x.channels(channels)
	return nil
}

func (x *exporter) users(list []account.User) {
	for _, u := range list {
		if !u.Active { // what was theirs goes to the first admin
			continue
		}
		if u.Admin && x.admin == 0 {
			x.admin = u.ID
		}
		x.out.Users = append(x.out.Users, user{
			Ref: x.name("users", "user", u.ID), Name: u.Name, Email: u.Email, Admin: u.Admin, Phone: u.Phone, Timezone: u.Timezone, Locale: u.Locale,
		})
	}
}

// owner is the ref of whose a record is, none for the first admin, who has what
// nobody is named for.
func (x *exporter) owner(id int64) string {
	if id == x.admin {
		return ""
	}
	return x.names["users"][id]
}

func (x *exporter) records(b records.Book) {
	x.fields(b.Fields)
	x.recordLabels(b)
	for _, p := range b.Pipelines {
		out := pipeline{Name: p.Name, Unweighted: !p.Weighted}
		for _, st := range p.Stages {
			out.Stages = append(out.Stages, stage{Ref: x.name("stages", "stage", st.ID), Name: st.Name, Probability: st.Probability, Rots: st.Rots, RotDays: st.RotDays})
		}
		x.out.Pipelines = append(x.out.Pipelines, out)
	}
	for _, o := range b.Organizations {
		x.out.Organizations = append(x.out.Organizations, organization{
			Ref: x.name("organizations", "organization", o.ID), Name: o.Name, Address: o.Address, Website: o.Website, Industry: o.Industry,
			LinkedIn: o.LinkedIn, Revenue: amount(o.AnnualRevenue), Employees: int(o.Employees), VisibleTo: visibility(o.VisibleTo), Custom: x.custom(o.Custom),
			AddressParts: o.AddressParts, Labels: x.labelNames(b, records.KindOrganization, o.Labels),
			Followers: x.followers(b, records.KindOrganization, o.ID), Owner: x.owner(o.Owner), Added: instant(o.AddedAt), Updated: later(o.AddedAt, o.UpdatedAt),
		})
	}
	for _, p := range b.Persons {
		x.out.Persons = append(x.out.Persons, person{
			Ref: x.name("persons", "person", p.ID), Name: p.Name, FirstName: p.FirstName, LastName: p.LastName, JobTitle: p.JobTitle,
			Marketing: p.MarketingStatus, VisibleTo: visibility(p.VisibleTo), Custom: x.custom(p.Custom), Organization: x.names["organizations"][p.Organization.ID],
			Emails: written(p.Emails), Phones: written(p.Phones),
			Labels: x.labelNames(b, records.KindPerson, p.Labels), Followers: x.followers(b, records.KindPerson, p.ID),
			Owner: x.owner(p.Owner), Added: instant(p.AddedAt), Updated: later(p.AddedAt, p.UpdatedAt),
		})
	}
	for _, b := range b.Labels {
		x.out.LeadLabels = append(x.out.LeadLabels, label{Ref: x.name("lead_labels", "label", b.ID), ID: b.ID, Name: b.Name, Color: b.Color})
	}
	for _, d := range b.Deals {
		x.out.Deals = append(x.out.Deals, x.deal(b, d))
	}
	x.leads(b.Leads)
	x.activityTypes(b.ActivityTypes)
	x.activities(b.Activities)
	for _, n := range b.Notes {
		if out := x.note(b, n); out.Person+out.Organization+out.Deal+out.Lead != "" { // else what it was on was deleted
			x.out.Notes = append(x.out.Notes, out)
		}
	}
}

func (x *exporter) leads(list []records.Lead) {
	for _, l := range list {
		person, organization := x.names["persons"][l.Person.ID], x.names["organizations"][l.Organization.ID]
		if person+organization == "" { // both were deleted since
			continue
		}
		out := lead{
			Ref: x.name("leads", "lead", l.ID), ID: l.ID, Title: l.Title, Person: person, Organization: organization,
			Owner: x.owner(l.Owner), Source: l.Source,
			ExpectedClose: l.ExpectedClose, Seen: l.Seen, Archived: l.Archived, ArchivedAt: orNever(l.ArchivedAt),
			Creator: x.other(l.Creator, l.Owner), VisibleTo: visibility(l.VisibleTo), Origin: l.Origin, OriginID: l.OriginID, Channel: int(l.Channel),
			ChannelID: l.ChannelID, Custom: x.custom(l.Custom), Added: instant(l.AddedAt), Updated: later(l.AddedAt, l.UpdatedAt),
		}
		if l.Value.Currency != "" {
			out.Value, out.Currency = amount(l.Value.Decimal()), l.Value.Currency
		}
		for _, b := range l.Labels {
			out.Labels = append(out.Labels, x.names["lead_labels"][b.ID])
		}
		slices.Sort(out.Labels)
		x.out.Leads = append(x.out.Leads, out)
	}
}

// channels writes those of the company's own apps: another company's app must
// register its channels itself.
func (x *exporter) channels(list []inbox.Channel) {
	for _, c := range list {
		of, by := x.names["apps"][c.ClientID], x.names["users"][c.Owner]
		if of == "" || by == "" || !c.Connected {
			continue
		}
		x.out.Channels = append(x.out.Channels, channel{
			App: of, User: by, Name: c.Name, ProviderChannelID: c.ProviderChannelID, ProviderType: c.ProviderType,
			AvatarURL: c.AvatarURL, TemplateSupport: c.TemplateSupport,
		})
	}
}

// visibility is who sees a record, 0 for the usual: everybody in the company.
func visibility(to int64) int {
	if to == 3 {
		return 0
	}
	return int(to)
}

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func written(list []records.Contact) []contact {
	var out []contact
	for _, c := range list {
		out = append(out, contact{Value: c.Value, Label: c.Label, Main: c.Main})
	}
	return out
}
