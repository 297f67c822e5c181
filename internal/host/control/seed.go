package control

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
)

// Seeded is a company that Seed made or added to, with the secrets that are told
// this once.
type Seeded struct {
	ID     int64        `json:"id"`
	Name   string       `json:"name"`
	Domain string       `json:"domain"`
	Users  []SeededUser `json:"users"`
	Apps   []SeededApp  `json:"apps"`
	// Refs are the ids of records, by list and ref: Refs["deals"]["first"]. Those of
	// leads and labels are UUIDs.
	Refs map[string]map[string]any `json:"refs"`
}

// SeededUser is a user with a personal API token.
type SeededUser struct {
	Ref      string `json:"ref,omitempty"`
	ID       int64  `json:"id"`
	Name     string `json:"name"`
	Email    string `json:"email"`
	Admin    bool   `json:"admin"`
	APIToken string `json:"api_token,omitempty"` // not of a user who was there
}

// SeededApp is an app with its credentials and installations.
type SeededApp struct {
	Ref          string               `json:"ref,omitempty"`
	ClientID     string               `json:"client_id"`
	ClientSecret string               `json:"client_secret"`
	CallbackURL  string               `json:"callback_url"`
	Scopes       []string             `json:"scopes"`
	Installed    []SeededInstallation `json:"installed"`
}

// SeededInstallation is an installation with its tokens.
type SeededInstallation struct {
	UserID       int64  `json:"user_id"`
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
}

// Seed makes what a seed file in YAML or JSON says, all of it or nothing. An
// error names the line. With replace, companies of the file that are on the host
// are removed first, in the same transaction; that is how an export comes back.
// spec: control.seed
func (s *Service) Seed(ctx context.Context, raw []byte, replace bool) ([]Seeded, error) {
	var f file
	if err := read(raw, &f); err != nil {
		return nil, err
	}
	if len(f.Companies) == 0 {
		return nil, fault.New(fault.Invalid, "companies", "Expected a list of companies, got none.")
	}
	plans := make([]*plan, len(f.Companies))
	domains := map[string]bool{}
	for i, c := range f.Companies {
		var err error
		if plans[i], err = s.prepare(ctx, c, replace); err != nil {
			return nil, err
		}
		if domains[c.Domain] {
			return nil, at(c.Line, "domain", "The company %q comes twice; put all of it in one place.", c.Domain)
		}
		domains[c.Domain] = true
	}
	var out []Seeded
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		out = make([]Seeded, 0, len(plans))
		for _, p := range plans {
			made, err := s.carryOut(tx, p)
			if err != nil {
				return err
			}
			out = append(out, made)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.analyze(ctx, plans)
	for _, p := range plans {
		if p.remove {
			if err := s.o.Journal.Forget(ctx, p.there.ID); err != nil {
				return nil, fmt.Errorf("forget the exchanges of the company %s that was replaced: %w", p.Domain, err)
			}
		}
	}
	return out, nil
}

// manyRecords is what makes the database's idea of its tables wrong.
const manyRecords = 1000

// analyze lets the database count what a large file has put into it. The file is in
// it whether that succeeds or not.
func (s *Service) analyze(ctx context.Context, plans []*plan) {
	n := 0
	for _, p := range plans {
		n += len(p.Organizations) + len(p.Persons) + len(p.Deals) + len(p.Leads) + len(p.Activities) + len(p.Calls) + len(p.Notes)
	}
	if n < manyRecords {
		return
	}
	if err := s.db.Analyze(ctx); err != nil {
		s.o.Log.Warn("the database has not counted what was filled in; lists may be slow for some minutes", "err", err)
	}
}

// plan is a company of a file with all that must not be made inside of a
// transaction: what is random, and what is slow.
type plan struct {
	company
	there  account.Company // with Existing, or to be replaced
	remove bool
	fresh  account.Company
	users  []account.PreparedUser
	tokens []string
	apps   []devhub.PreparedApp
	secret []string // of apps
	// pictures are those of persons, by their place in the list.
	pictures map[int]records.PreparedPicture
	keys     []string // of fields
	labels   []string // ids
	leads    []string // ids
	made     []string // ids of comments and calls, in their order
	// extensions are UUIDs of extensions by their refs.
	extensions map[string]string
	now        time.Time
}

// minToken is how long a personal API token is that was chosen, in characters.
const minToken = 16

// prepare checks a company as far as that is possible without the others.
func (s *Service) prepare(ctx context.Context, c company, replace bool) (*plan, error) {
	p := &plan{company: c, now: s.db.Now()}
	there, err := s.o.Accounts.CompanyByDomain(ctx, c.Domain)
	isThere := err == nil
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return nil, err
	}
	switch {
	case c.Domain == "":
		return nil, at(c.Line, "domain", "Expected a domain such as acme, got none.")
	case c.Existing && !isThere:
		return nil, at(c.Line, "existing", "There is no company with the domain %q to add to.", c.Domain)
	case c.Existing && (c.Name != "" || c.Country != "" || c.Industry != "" || c.Currency != ""):
		return nil, at(c.Line, "existing", "Expected no name, country, industry and currency for a company that is there.")
	case isThere && !c.Existing && !replace:
		return nil, at(c.Line, "domain", "There is a company with the domain %q. Reset it first, import the file in its place, or add to it with existing: true.", c.Domain)
	case isThere && !c.Existing && s.isDemo(there):
		return nil, at(c.Line, "domain", "The demo company %q cannot be replaced: the apps of this host keep its credentials. Add to it with existing: true.", c.Domain)
	}
	p.there, p.remove = there, isThere && !c.Existing
	if !c.Existing {
		p.fresh, err = s.o.Accounts.PrepareCompany(account.NewCompany{Name: c.Name, Domain: c.Domain, Country: c.Country, Industry: c.Industry, Currency: c.Currency})
		if err != nil {
			return nil, onLine(c.Line, err)
		}
	}
	if err := s.prepareUsers(p); err != nil {
		return nil, err
	}
	for _, f := range c.Fields {
		key := cmp.Or(f.Key, newKey())
		if !keyForm.MatchString(key) {
			return nil, at(f.Line, "key", "Expected 40 hex digits, got %q.", key)
		}
		p.keys = append(p.keys, key)
	}
	if err := p.preparePictures(); err != nil {
		return nil, err
	}
	for range c.LeadLabels {
		p.labels = append(p.labels, uuid.NewString())
	}
	for range c.Leads {
		p.leads = append(p.leads, uuid.NewString())
	}
	for range c.Calls {
		p.made = append(p.made, uuid.NewString())
	}
	for _, n := range c.Notes {
		for range n.Comments {
			p.made = append(p.made, uuid.NewString())
		}
	}
	return p, s.prepareApps(p)
}

func (p *plan) preparePictures() error {
	p.pictures = map[int]records.PreparedPicture{}
	for i, one := range p.Persons {
		if one.Picture == "" {
			continue
		}
		raw, err := unpacked(one.Line, "picture", one.Picture)
		if err != nil {
			return err
		}
		if p.pictures[i], err = records.PreparePicture(raw); err != nil {
			return onLine(one.Line, err)
		}
	}
	return nil
}

func (s *Service) prepareUsers(p *plan) error {
	if len(p.Users) == 0 && !p.Existing {
		return at(p.Line, "users", "Expected users with an admin among them, got none.")
	}
	if !p.Existing && !slices.ContainsFunc(p.Users, func(u user) bool { return u.Admin }) {
		return at(p.Line, "users", "Expected an admin among the users; write admin: true for one of them.")
	}
	for _, u := range p.Users {
		ready, err := s.o.Accounts.PrepareUser(account.NewUser{
			Name: u.Name, Email: u.Email, Password: u.Password, Phone: u.Phone, Timezone: u.Timezone, Locale: u.Locale, Admin: u.Admin,
		})
		if err != nil {
			return onLine(u.Line, err)
		}
		token := u.APIToken
		if token == "" {
			token = secret.Random(20)
		}
		if len(token) < minToken || len(token) > 200 || strings.ContainsAny(token, " \t\r\n") {
			return at(u.Line, "api_token", "Expected %d to 200 characters without spaces.", minToken)
		}
		p.users, p.tokens = append(p.users, ready), append(p.tokens, token)
	}
	return nil
}

// onLine puts the line before what a room says is wrong.
func onLine(line int, err error) error {
	f, ok := fault.As(err)
	if !ok {
		return err
	}
	// A manifest's own lines are those of a text that nobody has seen.
	message := strings.TrimPrefix(f.Message, "Line 1, ")
	return &fault.Error{Kind: f.Kind, Field: f.Field, Message: fmt.Sprintf("Line %d: %s", line, message), Err: f.Err}
}

// seeder carries out a plan in a transaction.
type seeder struct {
	s    *Service
	tx   *store.Tx
	plan *plan
	out  Seeded
	refs map[string]map[string]any // by list
	as   route.Caller              // who made everything: the first admin
	// own are the fields of the company's own, by what they are of and their ref.
	own map[fieldRef]records.Field
	// labels are ids of the labels of records, by what they are of and their name.
	labelled map[fieldRef]int64
	used     int // of plan.made
}

func (s *Service) carryOut(tx *store.Tx, p *plan) (Seeded, error) {
	if p.remove {
		if err := s.remove(tx.Bind(p.there.ID)); err != nil {
			return Seeded{}, fmt.Errorf("remove the company %s: %w", p.Domain, err)
		}
	}
	c := p.there
	if !p.Existing {
		var err error
		if c, err = s.o.Accounts.AddCompany(tx, p.fresh); err != nil {
			return Seeded{}, onLine(p.Line, err)
		}
	}
	d := &seeder{
		s: s, tx: tx.Bind(c.ID), plan: p, refs: map[string]map[string]any{}, own: map[fieldRef]records.Field{}, labelled: map[fieldRef]int64{},
		out: Seeded{ID: c.ID, Name: c.Name, Domain: c.Domain, Users: []SeededUser{}, Apps: []SeededApp{}},
	}
	for _, step := range []func() error{
		d.users, d.fields, d.recordLabels, d.pipelines, d.organizations, d.persons, d.labels, d.leads, d.deals, d.activityTypes, d.activities, d.calls, d.notes, d.files, d.apps, d.webhooks, d.channels,
	} {
		if err := step(); err != nil {
			return Seeded{}, err
		}
	}
	for list, ids := range d.refs {
		if list == "users" || list == "apps" || len(ids) == 0 { // told with more
			delete(d.refs, list)
		}
	}
	d.out.Refs = d.refs
	return d.out, nil
}

var refForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)

// name remembers what a ref stands for.
func (d *seeder) name(line int, list, ref string, id any) error {
	if d.refs[list] == nil {
		d.refs[list] = map[string]any{}
	}
	if ref == "" {
		return nil
	}
	if !refForm.MatchString(ref) {
		return at(line, "ref", "Expected letters, digits, dots and dashes, got %q.", ref)
	}
	if _, taken := d.refs[list][ref]; taken {
		return at(line, "ref", "Two of the %s have the ref %q; give each its own.", list, ref)
	}
	d.refs[list][ref] = id
	return nil
}

// refer is what a ref stands for, none if it is empty.
func refer[T any](d *seeder, line int, field, list, ref string) (id T, err error) {
	if ref == "" {
		return id, nil
	}
	found, ok := d.refs[list][ref]
	if !ok {
		return id, at(line, field, "There is none of the %s with the ref %q in this company.", list, ref)
	}
	return found.(T), nil
}

// owner is the user whose a record is.
func (d *seeder) owner(line int, field, ref string) (int64, error) {
	if ref == "" {
		return d.as.User, nil
	}
	return refer[int64](d, line, field, "users", ref)
}

// added is when a record was made.
func (d *seeder) added(line int, s string) (time.Time, error) {
	if s == "" {
		return d.plan.now, nil
	}
	return d.moment(line, "added", s)
}

// moment is an instant, zero if there is none.
func (d *seeder) moment(line int, field, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return t, at(line, field, "Expected an instant such as 2026-11-30T09:15:00Z, got %q.", s)
	}
	return t.UTC().Truncate(time.Microsecond), nil
}

func (d *seeder) users() error {
	there, err := d.s.o.Accounts.Users(d.tx)
	if err != nil {
		return err
	}
	known := map[string]account.User{}
	for _, u := range there {
		known[u.Email] = u
		if d.as.User == 0 && u.Admin && u.Active {
			d.as = route.Caller{Company: u.Company, User: u.ID, Admin: true}
		}
	}
	for i, u := range d.plan.Users {
		made, isThere := known[strings.ToLower(strings.TrimSpace(u.Email))]
		token := ""
		if !isThere {
			if made, err = d.s.o.Accounts.AddUser(d.tx, d.plan.users[i]); err != nil {
				return onLine(u.Line, err)
			}
			token = d.plan.tokens[i]
		} else if u.APIToken != "" {
			token = u.APIToken
		}
		if token != "" {
			if err := d.s.o.Authz.PutPersonalToken(d.tx, made.ID, token, d.plan.now); err != nil {
				return fmt.Errorf("line %d: store the personal token: %w", u.Line, err)
			}
		}
		if d.as.User == 0 && made.Admin {
			d.as = route.Caller{Company: made.Company, User: made.ID, Admin: true}
		}
		if err := d.name(u.Line, "users", u.Ref, made.ID); err != nil {
			return err
		}
		d.out.Users = append(d.out.Users, SeededUser{u.Ref, made.ID, made.Name, made.Email, made.Admin, token})
	}
	return nil
}

// pipelines makes pipelines. In a company that is there, a pipeline of the same
// name is used as it is, with its stages.
func (d *seeder) pipelines() error {
	there, err := d.s.o.Records.PipelinesIn(d.tx)
	if err != nil {
		return err
	}
	for _, p := range d.plan.Pipelines {
		if i := slices.IndexFunc(there, func(old records.Pipeline) bool { return old.Name == p.Name }); i >= 0 {
			if err := d.useStages(p, there[i].Stages); err != nil {
				return err
			}
			continue
		}
		n := records.Pipeline{Name: p.Name, Weighted: !p.Unweighted}
		for _, st := range p.Stages {
			n.Stages = append(n.Stages, records.Stage{Name: st.Name, Probability: st.Probability, Rots: st.Rots, RotDays: st.RotDays})
		}
		made, err := d.s.o.Records.AddPipeline(d.tx, d.as, n, d.plan.now)
		if err != nil {
			return onLine(p.Line, err)
		}
		for i, st := range p.Stages {
			if err := d.name(st.Line, "stages", st.Ref, made.Stages[i].ID); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *seeder) useStages(p pipeline, there []records.Stage) error {
	for _, st := range p.Stages {
		i := slices.IndexFunc(there, func(old records.Stage) bool { return old.Name == st.Name })
		if i < 0 {
			return at(st.Line, "stages", "The pipeline %q is there and has no stage %q.", p.Name, st.Name)
		}
		if err := d.name(st.Line, "stages", st.Ref, there[i].ID); err != nil {
			return err
		}
	}
	return nil
}

func (d *seeder) organizations() error {
	for _, o := range d.plan.Organizations {
		owner, err := d.owner(o.Line, "owner", o.Owner)
		if err != nil {
			return err
		}
		when, err := d.added(o.Line, o.Added)
		if err != nil {
			return err
		}
		n := records.Organization{
			Name: o.Name, Address: o.Address, Website: o.Website, Industry: o.Industry, Owner: owner,
			LinkedIn: o.LinkedIn, AnnualRevenue: string(o.Revenue), Employees: int64(o.Employees), VisibleTo: int64(o.VisibleTo),
		}
		if n.Custom, err = d.custom(o.Line, records.KindOrganization, o.Custom); err != nil {
			return err
		}
		n.AddressParts = o.AddressParts
		if n.Labels, err = d.labelIDs(o.Line, records.KindOrganization, o.Labels); err != nil {
			return err
		}
		if n.UpdatedAt, err = d.moment(o.Line, "updated", o.Updated); err != nil {
			return err
		}
		made, err := d.s.o.Records.AddOrganization(d.tx, d.as, n, when)
		if err != nil {
			return onLine(o.Line, err)
		}
		if err := d.followers(o.Line, records.KindOrganization, made.ID, o.Followers, when); err != nil {
			return err
		}
		if err := d.name(o.Line, "organizations", o.Ref, made.ID); err != nil {
			return err
		}
	}
	return nil
}

func (d *seeder) persons() error {
	for i, p := range d.plan.Persons {
		n := records.Person{
			Name: p.Name, FirstName: p.FirstName, LastName: p.LastName, JobTitle: p.JobTitle, Emails: contacts(p.Emails), Phones: contacts(p.Phones),
			MarketingStatus: p.Marketing, VisibleTo: int64(p.VisibleTo),
		}
		var err error
		if n.Custom, err = d.custom(p.Line, records.KindPerson, p.Custom); err != nil {
			return err
		}
		if n.Owner, err = d.owner(p.Line, "owner", p.Owner); err != nil {
			return err
		}
		if n.Organization.ID, err = refer[int64](d, p.Line, "organization", "organizations", p.Organization); err != nil {
			return err
		}
		when, err := d.added(p.Line, p.Added)
		if err != nil {
			return err
		}
		if n.Labels, err = d.labelIDs(p.Line, records.KindPerson, p.Labels); err != nil {
			return err
		}
		if n.UpdatedAt, err = d.moment(p.Line, "updated", p.Updated); err != nil {
			return err
		}
		made, err := d.s.o.Records.AddPerson(d.tx, d.as, n, when)
		if err != nil {
			return onLine(p.Line, err)
		}
		if ready, ok := d.plan.pictures[i]; ok {
			if err := d.s.o.Records.AddPicture(d.tx, d.as, made, ready); err != nil {
				return err
			}
		}
		if err := d.followers(p.Line, records.KindPerson, made.ID, p.Followers, when); err != nil {
			return err
		}
		if err := d.name(p.Line, "persons", p.Ref, made.ID); err != nil {
			return err
		}
	}
	return nil
}

// contacts are addresses as a person keeps them: the first is the main one if
// none is said to be.
func contacts(list []contact) []records.Contact {
	chosen := slices.ContainsFunc(list, func(c contact) bool { return c.Main })
	var out []records.Contact
	for i, c := range list {
		if c.Label == "" {
			c.Label = "work"
		}
		out = append(out, records.Contact{Label: c.Label, Value: c.Value, Main: c.Main || !chosen && i == 0})
	}
	return out
}

func (d *seeder) labels() error {
	for i, b := range d.plan.LeadLabels {
		id, err := chosenID(b.Line, b.ID, d.plan.labels[i])
		if err != nil {
			return err
		}
		if b.Color == "" {
			b.Color = "gray"
		}
		if _, err := d.s.o.Records.AddLabel(d.tx, d.as, records.Label{ID: id, Name: b.Name, Color: b.Color}, d.plan.now); err != nil {
			return onLine(b.Line, err)
		}
		if err := d.name(b.Line, "lead_labels", b.Ref, id); err != nil {
			return err
		}
	}
	return nil
}

// chosenID is the UUID that a file says, else the one that was made for it.
func chosenID(line int, said, made string) (string, error) {
	if said == "" {
		return made, nil
	}
	id, err := uuid.Parse(said)
	if err != nil || len(said) != 36 {
		return "", at(line, "id", "Expected a UUID such as 5f0c1e7a-9b3d-4468-8a11-2f6d0c9e7b51, got %q.", said)
	}
	return id.String(), nil
}

// money reads an amount; without a currency it is in the company's.
func (d *seeder) money(line int, value amount, currency string) (records.Money, error) {
	if value == "" {
		return records.Money{Currency: currency}, nil
	}
	n, err := records.ParseAmount("value", string(value))
	if err != nil {
		return records.Money{}, onLine(line, err)
	}
	if currency == "" {
		currency = d.currency()
	}
	return records.Money{Amount: n, Currency: currency}, nil
}

func (d *seeder) currency() string {
	if d.plan.Existing {
		return d.plan.there.Currency
	}
	return d.plan.fresh.Currency
}

func (d *seeder) deals() error {
	for _, x := range d.plan.Deals {
		n := records.Deal{Title: x.Title, Status: x.Status, LostReason: x.LostReason, ExpectedClose: x.ExpectedClose}
		if x.Stage == "" {
			return at(x.Line, "stage", "Expected the ref of a stage, got none.")
		}
		var err error
		if n.Stage.ID, err = refer[int64](d, x.Line, "stage", "stages", x.Stage); err != nil {
			return err
		}
		if n.Owner, err = d.owner(x.Line, "owner", x.Owner); err != nil {
			return err
		}
		if n.Person.ID, err = refer[int64](d, x.Line, "person", "persons", x.Person); err != nil {
			return err
		}
		if n.Organization.ID, err = refer[int64](d, x.Line, "organization", "organizations", x.Organization); err != nil {
			return err
		}
		if n.Value, err = d.money(x.Line, x.Value, x.Currency); err != nil {
			return err
		}
		if n.Value.Currency == "" {
			n.Value.Currency = d.currency()
		}
		when, err := d.added(x.Line, x.Added)
		if err != nil {
			return err
		}
		if err := d.moreOfDeal(x, &n, when); err != nil {
			return err
		}
		made, err := d.s.o.Records.AddDeal(d.tx, d.as, n, when)
		if err != nil {
			return onLine(x.Line, err)
		}
		if err := d.peopleOfDeal(x, made, when); err != nil {
			return err
		}
		if err := d.name(x.Line, "deals", x.Ref, made.ID); err != nil {
			return err
		}
	}
	return nil
}

func (d *seeder) leads() error {
	for i, x := range d.plan.Leads {
		n := records.Lead{Title: x.Title, Source: x.Source, ExpectedClose: x.ExpectedClose, Seen: x.Seen, Archived: x.Archived}
		var err error
		if n.ID, err = chosenID(x.Line, x.ID, d.plan.leads[i]); err != nil {
			return err
		}
		if n.Owner, err = d.owner(x.Line, "owner", x.Owner); err != nil {
			return err
		}
		if n.Person.ID, err = refer[int64](d, x.Line, "person", "persons", x.Person); err != nil {
			return err
		}
		if n.Organization.ID, err = refer[int64](d, x.Line, "organization", "organizations", x.Organization); err != nil {
			return err
		}
		if n.Value, err = d.money(x.Line, x.Value, x.Currency); err != nil {
			return err
		}
		for _, ref := range x.Labels {
			id, err := refer[string](d, x.Line, "labels", "lead_labels", ref)
			if err != nil {
				return err
			}
			n.Labels = append(n.Labels, records.Label{ID: id})
		}
		when, err := d.added(x.Line, x.Added)
		if err != nil {
			return err
		}
		if err := d.moreOfLead(x, &n); err != nil {
			return err
		}
		if _, err := d.s.o.Records.AddLead(d.tx, d.as, n, when); err != nil {
			return onLine(x.Line, err)
		}
		if err := d.name(x.Line, "leads", x.Ref, n.ID); err != nil {
			return err
		}
	}
	return nil
}

func (d *seeder) notes() error {
	for _, x := range d.plan.Notes {
		n := records.Note{Content: x.Content}
		var err error
		if n.Author, err = d.owner(x.Line, "author", x.Author); err != nil {
			return err
		}
		if n.Person, err = refer[int64](d, x.Line, "person", "persons", x.Person); err != nil {
			return err
		}
		if n.Organization, err = refer[int64](d, x.Line, "organization", "organizations", x.Organization); err != nil {
			return err
		}
		if n.Deal, err = refer[int64](d, x.Line, "deal", "deals", x.Deal); err != nil {
			return err
		}
		if n.Lead, err = refer[string](d, x.Line, "lead", "leads", x.Lead); err != nil {
			return err
		}
		when, err := d.added(x.Line, x.Added)
		if err != nil {
			return err
		}
		if err := d.moreOfNote(x, &n); err != nil {
			return err
		}
		made, err := d.s.o.Records.AddNote(d.tx, d.as, n, when)
		if err != nil {
			return onLine(x.Line, err)
		}
		if err := d.comments(x, made.ID, when); err != nil {
			return err
		}
	}
	return nil
}
