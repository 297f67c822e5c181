package records

import (
	"slices"
	"time"

	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// The Add functions store one record inside the caller's transaction, which is
// bound to the company, as if it had been made at a moment; the room sets ids,
// except those of leads and labels. They are for filling a company from a file.

// AddPipeline stores a pipeline with its stages, last in the order.
func (s *Service) AddPipeline(tx *store.Tx, _ route.Caller, p Pipeline, at time.Time) (Pipeline, error) {
	return insertPipeline(tx, p, at)
}

// AddField stores a field of the company's own, under the code it has.
func (s *Service) AddField(tx *store.Tx, c route.Caller, f Field) (Field, error) {
	if err := s.checkNewField(&f); err != nil {
		return f, err
	}
	return s.insertField(tx, c, f, f.Options)
}

// AddOrganization stores an organization.
func (s *Service) AddOrganization(tx *store.Tx, c route.Caller, o Organization, at time.Time) (Organization, error) {
	return s.insertOrganization(tx, c, o, at)
}

// AddPerson stores a person.
func (s *Service) AddPerson(tx *store.Tx, c route.Caller, p Person, at time.Time) (Person, error) {
	return s.insertPerson(tx, c, p, at)
}

// AddDeal stores a deal.
func (s *Service) AddDeal(tx *store.Tx, c route.Caller, d Deal, at time.Time) (Deal, error) {
	d.Owner = orCaller(d.Owner, c)
	var err error
	if d.Custom, err = s.checkCustom(tx, c, KindDeal, d.Custom); err != nil {
		return d, err
	}
	if d, err = s.insertDeal(tx, c, d, at); err != nil {
		return d, err
	}
	if d, err = dealOf(tx, allSeeing(c), d.ID); err != nil {
		return d, err
	}
	return d, s.changed(tx, c, dealChange(Added, nil, d))
}

// AddLabel stores a label of leads.
func (s *Service) AddLabel(tx *store.Tx, _ route.Caller, b Label, at time.Time) (Label, error) {
	return insertLabel(tx, b, at)
}

// AddLead stores a lead.
func (s *Service) AddLead(tx *store.Tx, c route.Caller, l Lead, at time.Time) (Lead, error) {
	l.Owner = orCaller(l.Owner, c)
	var err error
	if l.Custom, err = s.checkCustom(tx, c, KindLead, l.Custom); err != nil {
		return l, err
	}
	if l, err = s.insertLead(tx, c, l, at); err != nil {
		return l, err
	}
	if l, err = leadOf(tx, allSeeing(c), l.ID); err != nil {
		return l, err
	}
	return l, s.changed(tx, c, leadChange(Added, nil, l))
}

// AddNote stores a note.
func (s *Service) AddNote(tx *store.Tx, c route.Caller, n Note, at time.Time) (Note, error) {
	n, err := s.insertNote(tx, c, n, at)
	if err != nil {
		return n, err
	}
	if n, err = readNote(tx, allSeeing(c), n.ID); err != nil {
		return n, err
	}
	return n, s.changed(tx, c, change{entity: KindNote, id: idText(n.ID), action: Added, after: n, linked: n.links()})
}

// PipelinesIn are the pipelines of the company that tx is bound to, with their
// stages, in order.
func (s *Service) PipelinesIn(tx *store.Tx) ([]Pipeline, error) { return pipelines(tx) }

// Book is everything that a company keeps here and has not deleted, oldest first.
type Book struct {
	Fields        []Field    // the company's own
	Pipelines     []Pipeline // in their order
	Organizations []Organization
	Persons       []Person
	Labels        []Label
	Deals         []Deal
	Leads         []Lead
	Notes         []Note

	RecordLabels  map[string][]Option // of persons, organizations and deals
	ActivityTypes []ActivityType      // in their order, deleted ones too
	Activities    []Activity
	Calls         []Call
	Files         []File
	Comments      map[int64][]Comment // by note
	Followers     map[Link][]int64    // users, by what they follow
	Participants  map[int64][]int64   // persons, by deal, in the order in which they came
}

// Book reads the company that tx is bound to, as it is at one moment.
func (s *Service) Book(tx *store.Tx) (b Book, err error) {
	for _, read := range []func() error{
		func() error { b.Fields, err = bookFields(tx); return err },
		func() error { b.Pipelines, err = pipelines(tx); return err },
		func() error { b.Organizations, err = bookOrganizations(tx); return err },
		func() error { b.Persons, err = bookPersons(tx); return err },
		func() error { b.Labels, err = bookLabels(tx); return err },
		func() error {
			b.Deals, err = store.Select(tx, scanDeal, selectDeal+` AND NOT d.deleted ORDER BY d.id`)
			return err
		},
		func() error { b.Leads, err = bookLeads(tx); return err },
		func() error { b.Notes, err = store.Select(tx, scanNote, selectNote+` ORDER BY n.id`); return err },
		func() error { b.RecordLabels, err = bookRecordLabels(tx); return err },
		func() error { b.ActivityTypes, err = readActivityTypes(tx); return err },
		func() error { b.Activities, err = bookActivities(tx); return err },
		func() error {
			b.Calls, err = store.Select(tx, scanCall, selectCall+` AND NOT k.deleted ORDER BY k.added_at, k.id`)
			return err
		},
		func() error { b.Files, err = store.Select(tx, scanFile, selectFile+` ORDER BY f.id`); return err },
		func() error { b.Comments, err = bookComments(tx); return err },
		func() error { b.Followers, err = bookFollowers(tx); return err },
		func() error { b.Participants, err = bookParticipants(tx); return err },
	} {
		if err := read(); err != nil {
			return b, err
		}
	}
	return b, nil
}

func bookFields(tx *store.Tx) (out []Field, err error) {
	for _, entity := range []string{KindPerson, KindOrganization, KindDeal} {
		list, err := fields(tx, entity)
		if err != nil {
			return nil, err
		}
		out = append(out, slices.DeleteFunc(list, func(f Field) bool { return !f.Custom })...)
	}
	return out, nil
}

func bookOrganizations(tx *store.Tx) ([]Organization, error) {
	return store.Select(tx, func(sc store.Scanner) (Organization, error) { return scanOrganization(sc) },
		`SELECT `+organizationColumns+` FROM records_organization o WHERE o.company_id = @company AND NOT o.deleted ORDER BY o.id`)
}

func bookPersons(tx *store.Tx) ([]Person, error) {
	list, err := store.Select(tx, scanPerson, `SELECT `+personColumns+fromPerson+` ORDER BY p.id`)
	if err != nil {
		return nil, err
	}
	for begin := 0; begin < len(list); begin += bookPart {
		if err := fillPersons(tx, list[begin:min(begin+bookPart, len(list))]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// bookPart is how many ids stand in one list of a query; databases bound it.
const bookPart = 500

func bookLabels(tx *store.Tx) ([]Label, error) {
	return store.Select(tx, func(sc store.Scanner) (b Label, err error) { return b, sc.Scan(&b.ID, &b.Name, &b.Color) },
		`SELECT id, name, color FROM records_label WHERE company_id = @company ORDER BY added_at, id`)
}

func bookLeads(tx *store.Tx) ([]Lead, error) {
	list, err := store.Select(tx, scanLead, selectLead+` ORDER BY l.added_at, l.id`)
	if err != nil {
		return nil, err
	}
	for begin := 0; begin < len(list); begin += bookPart {
		if err := fillLabels(tx, list[begin:min(begin+bookPart, len(list))]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func bookRecordLabels(tx *store.Tx) (map[string][]Option, error) {
	out := map[string][]Option{}
	for _, entity := range []string{KindPerson, KindOrganization, KindDeal} {
		f, err := fieldBy(tx, entity, func(f Field) bool { return f.Code == LabelsCode })
		if err != nil {
			return nil, err
		}
		out[entity] = f.Options
	}
	return out, nil
}

func bookActivities(tx *store.Tx) ([]Activity, error) {
	list, err := store.Select(tx, scanActivity, selectActivity+` ORDER BY a.id`)
	if err != nil {
		return nil, err
	}
	for begin := 0; begin < len(list); begin += bookPart {
		if err := fillPeople(tx, list[begin:min(begin+bookPart, len(list))]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func bookComments(tx *store.Tx) (map[int64][]Comment, error) {
	list, err := store.Select(tx, scanComment, `SELECT id, note_id, content, author_id, updater_id, added_at, updated_at FROM records_comment
		WHERE company_id = @company AND NOT deleted ORDER BY added_at, id`)
	out := map[int64][]Comment{}
	for _, m := range list {
		out[m.Note] = append(out[m.Note], m)
	}
	return out, err
}

func bookFollowers(tx *store.Tx) (map[Link][]int64, error) {
	list, err := store.Select(tx, scanFollower, `SELECT id, entity, entity_id, user_id, added_at FROM records_follower WHERE company_id = @company ORDER BY id`)
	out := map[Link][]int64{}
	for _, f := range list {
		of := Link{f.Entity, idText(f.Of)}
		out[of] = append(out[of], f.User)
	}
	return out, err
}

func bookParticipants(tx *store.Tx) (map[int64][]int64, error) {
	list, err := store.Select(tx, scanParticipant, selectParticipant+` ORDER BY t.id`)
	out := map[int64][]int64{}
	for _, p := range list {
		out[p.Deal] = append(out[p.Deal], p.Person)
	}
	return out, err
}
