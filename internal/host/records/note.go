package records

import (
	"context"
	"strconv"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// The kinds of what is said about records, in history and events.
const (
	KindNote    = "note"
	KindComment = "comment"
)

// Note is a text on one or more records.
type Note struct {
	ID                 int64
	Content            string // HTML that may be shown as it is
	Author             int64  // user
	Updater            int64  // user who changed it last, 0: nobody yet
	Person             int64
	Organization       int64
	Deal               int64
	Lead               string // UUID
	Pinned             Pins
	AddedAt, UpdatedAt time.Time
	Deleted            bool

	// What the records are called; filled in when a note is read.
	PersonName, OrganizationName, DealTitle string
}

// Pins say on which of its records a note is kept on top.
type Pins struct {
	Person, Organization, Deal, Lead bool
}

// NotePatch changes a note: nil leaves alone, the zero value clears.
type NotePatch struct {
	Content                    *string
	Author                     *int64
	Person, Organization, Deal *int64
	Lead                       *string
	PinPerson, PinOrganization *bool
	PinDeal, PinLead           *bool
	AddedAt                    *time.Time
}

// New is the note that p makes of nothing.
func (p NotePatch) New() Note { return p.apply(Note{}) }

// NoteFilter says which notes are wanted; zero fields do not restrict.
type NoteFilter struct {
	Author                     int64
	Person, Organization, Deal int64
	Lead                       string
	From, To                   string // days on which it was added, YYYY-MM-DD in UTC, both included
	UpdatedSince               time.Time
	PinPerson, PinOrganization *bool
	PinDeal, PinLead           *bool
}

// CreateNote stores n, which must be on at least one record. Its id is set by the
// room, and so are its times unless n says when it was added.
func (s *Service) CreateNote(ctx context.Context, v route.Caller, n Note) (Note, error) {
	n.Author = orCaller(n.Author, v)
	err := s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) error {
		if err := s.mayWriteFor(tx, v, v.User, n.Author); err != nil {
			return err
		}
		made, err := s.insertNote(tx, v, n, tx.Now())
		if err != nil {
			return err
		}
		if made, err = readNote(tx, allSeeing(v), made.ID); err != nil {
			return err
		}
		n = made
		if err := s.changed(tx, v, change{entity: KindNote, id: strconv.FormatInt(n.ID, 10), action: Added, after: n, linked: n.links()}); err != nil {
			return err
		}
		return withoutHiddenIn(tx, v, &n, noteNames)
	})
	return n, err
}

func (s *Service) insertNote(tx *store.Tx, c route.Caller, n Note, now time.Time) (Note, error) {
	var err error
	if n, err = s.checkNote(tx, c, Note{}, n); err != nil {
		return n, err
	}
	if n.ID, err = tx.NextID(KindNote); err != nil {
		return n, err
	}
	n.AddedAt, n.UpdatedAt = orTime(n.AddedAt, now), orTime(n.UpdatedAt, now)
	_, err = tx.Exec(`INSERT INTO records_note (company_id, id, content, author_id, updater_id, person_id, org_id, deal_id, lead_id,
			pinned_person, pinned_org, pinned_deal, pinned_lead, deleted, added_at, updated_at)
		VALUES (@company, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, FALSE, ?, ?)`,
		n.ID, n.Content, n.Author, n.Updater, null(n.Person), null(n.Organization), null(n.Deal), null(n.Lead),
		n.Pinned.Person, n.Pinned.Organization, n.Pinned.Deal, n.Pinned.Lead, clock.Micros(n.AddedAt), clock.Micros(n.UpdatedAt))
	return n, err
}

// checkNote cleans the text and refuses records that are not there and pins
// without a record. A record that the note was on before may be deleted by now.
// spec: rest.notes.target
// spec: rest.notes.pins
func (s *Service) checkNote(tx *store.Tx, c route.Caller, before, n Note) (Note, error) {
	var err error
	if n.Content, err = cleanText("content", n.Content); err != nil {
		return n, err
	}
	if n.Person == 0 && n.Organization == 0 && n.Deal == 0 && n.Lead == "" {
		return n, fault.New(fault.Invalid, "deal_id", "Expected a deal, person, organization or lead that the note is on, got none.")
	}
	for _, on := range []struct {
		field, kind string
		was, id     any
		pin         string
		pinned      bool
	}{
		{"person_id", KindPerson, null(before.Person), null(n.Person), "pinned_to_person_flag", n.Pinned.Person},
		{"org_id", KindOrganization, null(before.Organization), null(n.Organization), "pinned_to_organization_flag", n.Pinned.Organization},
		{"deal_id", KindDeal, null(before.Deal), null(n.Deal), "pinned_to_deal_flag", n.Pinned.Deal},
		{"lead_id", KindLead, null(before.Lead), null(n.Lead), "pinned_to_lead_flag", n.Pinned.Lead},
	} {
		if on.id == nil {
			if on.pinned {
				return n, fault.New(fault.Invalid, on.pin, "Expected %s beside it: a note is pinned to a record that it is on.", on.field)
			}
			continue
		}
		if on.id == on.was {
			continue
		}
		if err := s.refers(tx, c, on.field, on.kind, on.id); err != nil {
			return n, err
		}
	}
	return n, nil
}

// mayWriteFor refuses another author than there was: admins may name any user of
// their company, others themselves.
// spec: rest.notes.user-id
func (s *Service) mayWriteFor(tx *store.Tx, c route.Caller, was, author int64) error {
	if author == was || author == c.User {
		return nil
	}
	if !c.Admin {
		return fault.New(fault.Forbidden, "user_id", "Only admins may write for another user; leave it out.")
	}
	if author <= 0 {
		return fault.New(fault.Invalid, "user_id", "Expected a user of this company, got %d.", author)
	}
	return s.existsUser(tx, "user_id", author)
}

// links are the records that the note is on.
func (n Note) links() []Link {
	return linksTo(n.Person, n.Organization, n.Deal, n.Lead)
}

// linksTo names those of the records that are there.
func linksTo(person, organization, deal int64, lead string) []Link {
	var out []Link
	for _, l := range []struct {
		kind string
		id   int64
	}{{KindPerson, person}, {KindOrganization, organization}, {KindDeal, deal}} {
		if l.id != 0 {
			out = append(out, Link{l.kind, strconv.FormatInt(l.id, 10)})
		}
	}
	if lead != "" {
		out = append(out, Link{KindLead, lead})
	}
	return out
}

const selectAnyNote = `SELECT n.id, n.content, n.author_id, n.updater_id, COALESCE(n.person_id, 0), COALESCE(n.org_id, 0), COALESCE(n.deal_id, 0),
		COALESCE(n.lead_id, ''), n.pinned_person, n.pinned_org, n.pinned_deal, n.pinned_lead, n.added_at, n.updated_at, n.deleted,
		COALESCE(p.name, ''), COALESCE(o.name, ''), COALESCE(d.title, '')
	FROM records_note n
	LEFT JOIN records_person p ON p.company_id = n.company_id AND p.id = n.person_id
	LEFT JOIN records_organization o ON o.company_id = n.company_id AND o.id = n.org_id
	LEFT JOIN records_deal d ON d.company_id = n.company_id AND d.id = n.deal_id
	WHERE n.company_id = @company`

const selectNote = selectAnyNote + ` AND NOT n.deleted`

func scanNote(sc store.Scanner) (n Note, err error) {
	var added, updated int64
	err = sc.Scan(&n.ID, &n.Content, &n.Author, &n.Updater, &n.Person, &n.Organization, &n.Deal, &n.Lead,
		&n.Pinned.Person, &n.Pinned.Organization, &n.Pinned.Deal, &n.Pinned.Lead, &added, &updated, &n.Deleted,
		&n.PersonName, &n.OrganizationName, &n.DealTitle)
	n.AddedAt, n.UpdatedAt = clock.FromMicros(added), clock.FromMicros(updated)
	return n, err
}

// readNote reads one that the caller sees.
func readNote(tx *store.Tx, c route.Caller, id int64) (Note, error) {
	var q finding
	q.and("n.id = ?", id)
	q.seen(c, seesNote, "n")
	n, err := store.One(tx, scanNote, selectNote+q.where.String(), q.args...)
	return found(n, err, "note", id)
}

// Note returns one that was not deleted.
func (s *Service) Note(ctx context.Context, v route.Caller, id int64) (n Note, err error) {
	err = s.db.Company(v.Company).View(ctx, func(tx *store.Tx) error {
		if n, err = readNote(tx, v, id); err != nil {
			return err
		}
		return withoutHiddenIn(tx, v, &n, noteNames)
	})
	return n, err
}

// ListNotes lists the notes that fit f; the keys of its order are those of the
// contract.
func (s *Service) ListNotes(ctx context.Context, v route.Caller, f NoteFilter, w Window) (list []Note, more bool, err error) {
	var q finding
	q.number("n.author_id", f.Author)
	q.number("n.person_id", f.Person)
	q.number("n.org_id", f.Organization)
	q.number("n.deal_id", f.Deal)
	if f.Lead != "" {
		q.and("n.lead_id = ?", f.Lead)
	}
	for _, pin := range []struct {
		column string
		is     *bool
	}{{"n.pinned_person", f.PinPerson}, {"n.pinned_org", f.PinOrganization}, {"n.pinned_deal", f.PinDeal}, {"n.pinned_lead", f.PinLead}} {
		if pin.is != nil {
			q.and(pin.column+" = ?", *pin.is)
		}
	}
	if err := q.days("n.added_at", f.From, f.To); err != nil {
		return nil, false, err
	}
	if !f.UpdatedSince.IsZero() {
		q.and("n.updated_at >= ?", clock.Micros(f.UpdatedSince))
	}
	q.seen(v, seesNote, "n")
	tail, args, err := q.page(w, map[string]string{
		"id": "n.id", "user_id": "n.author_id", "deal_id": "n.deal_id", "person_id": "n.person_id", "org_id": "n.org_id",
		"content": "n.content", "add_time": "n.added_at", "update_time": "n.updated_at",
	}, "n.id")
	if err != nil {
		return nil, false, err
	}
	err = s.db.Company(v.Company).View(ctx, func(tx *store.Tx) error {
		if list, err = store.Select(tx, scanNote, selectNote+tail, args...); err != nil {
			return err
		}
		list, more = cut(list, w.Limit)
		return withoutHidden(tx, v, list, noteNames)
	})
	return list, more, err
}

// number adds that a column has this number; 0 does not restrict.
func (f *finding) number(column string, n int64) {
	if n != 0 {
		f.and(column+" = ?", n)
	}
}

// days adds that a column of instants lies in the days from first to last, in
// UTC; an empty day is no border.
func (f *finding) days(column, first, last string) error {
	for _, border := range []struct {
		field, day, condition string
		days                  int
	}{{"start_date", first, " >= ?", 0}, {"end_date", last, " < ?", 1}} {
		if border.day == "" {
			continue
		}
		t, err := time.Parse(time.DateOnly, border.day)
		if err != nil {
			return fault.New(fault.Invalid, border.field, "Expected a day such as 2026-11-30, got %q.", border.day)
		}
		f.and(column+border.condition, clock.Micros(t.AddDate(0, 0, border.days)))
	}
	return nil
}

// Notes lists the notes on a record, newest first, at most 200. The id of a lead
// is its UUID, of anything else its number.
func (s *Service) Notes(ctx context.Context, v route.Caller, kind string, id any) (list []Note, err error) {
	column, ok := map[string]string{KindPerson: "person_id", KindOrganization: "org_id", KindDeal: "deal_id", KindLead: "lead_id"}[kind]
	if !ok {
		return nil, fault.New(fault.Invalid, "kind", "Expected person, organization, deal or lead, got %q.", kind)
	}
	err = s.db.Company(v.Company).View(ctx, func(tx *store.Tx) error {
		var q finding
		q.and("n."+column+" = ?", id)
		q.seen(v, seesNote, "n")
		list, err = store.Select(tx, scanNote, selectNote+q.where.String()+` ORDER BY n.added_at DESC, n.id DESC LIMIT 200`, q.args...)
		if err != nil {
			return err
		}
		return withoutHidden(tx, v, list, noteNames)
	})
	return list, err
}

// UpdateNote changes what p says, if that is something new. A pin goes with the record it was on.
func (s *Service) UpdateNote(ctx context.Context, v route.Caller, id int64, p NotePatch) (n Note, err error) {
	err = s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) error {
		if err := lockNote(tx, id); err != nil {
			return err
		}
		before, err := readNote(tx, v, id)
		if err != nil {
			return err
		}
		if n, err = s.checkNote(tx, v, before, p.apply(before)); err != nil {
			return err
		}
		if err := s.mayWriteFor(tx, v, before.Author, n.Author); err != nil {
			return err
		}
		if n == before {
			return nil
		}
		n.Updater, n.UpdatedAt = v.User, tx.Now()
		if err := writeNote(tx, n); err != nil {
			return err
		}
		if n, err = readNote(tx, allSeeing(v), id); err != nil {
			return err
		}
		if err := s.changed(tx, v, change{
			entity: KindNote, id: strconv.FormatInt(id, 10), action: Updated, before: before, after: n, linked: append(before.links(), n.links()...),
		}); err != nil {
			return err
		}
		return withoutHiddenIn(tx, v, &n, noteNames)
	})
	return n, err
}

// lockNote holds the row against other changes until the transaction ends. It is
// apart from reading, because rows of an outer join cannot be locked.
func lockNote(tx *store.Tx, id int64) error {
	_, err := store.One(tx, store.Value[int64], `SELECT id FROM records_note WHERE company_id = @company AND id = ? AND NOT deleted`+tx.ForUpdate(), id)
	_, err = found(id, err, "note", id)
	return err
}

func (p NotePatch) apply(n Note) Note {
	set(&n.Content, p.Content)
	set(&n.Author, p.Author)
	set(&n.Person, p.Person)
	set(&n.Organization, p.Organization)
	set(&n.Deal, p.Deal)
	set(&n.Lead, p.Lead)
	set(&n.AddedAt, p.AddedAt)
	n.Pinned.Person = n.Pinned.Person && n.Person != 0
	n.Pinned.Organization = n.Pinned.Organization && n.Organization != 0
	n.Pinned.Deal = n.Pinned.Deal && n.Deal != 0
	n.Pinned.Lead = n.Pinned.Lead && n.Lead != ""
	set(&n.Pinned.Person, p.PinPerson)
	set(&n.Pinned.Organization, p.PinOrganization)
	set(&n.Pinned.Deal, p.PinDeal)
	set(&n.Pinned.Lead, p.PinLead)
	return n
}

func writeNote(tx *store.Tx, n Note) error {
	_, err := tx.Exec(`UPDATE records_note SET content = ?, author_id = ?, updater_id = ?, person_id = ?, org_id = ?, deal_id = ?, lead_id = ?,
			pinned_person = ?, pinned_org = ?, pinned_deal = ?, pinned_lead = ?, added_at = ?, updated_at = ?
		WHERE company_id = @company AND id = ?`,
		n.Content, n.Author, n.Updater, null(n.Person), null(n.Organization), null(n.Deal), null(n.Lead),
		n.Pinned.Person, n.Pinned.Organization, n.Pinned.Deal, n.Pinned.Lead, clock.Micros(n.AddedAt), clock.Micros(n.UpdatedAt), n.ID)
	return err
}

// DeleteNote takes a note away, with its comments.
func (s *Service) DeleteNote(ctx context.Context, v route.Caller, id int64) error {
	return s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) error {
		if err := lockNote(tx, id); err != nil {
			return err
		}
		n, err := readNote(tx, v, id)
		if err != nil {
			return err
		}
		now := clock.Micros(tx.Now())
		if _, err := tx.Exec(`UPDATE records_note SET deleted = TRUE, deleted_at = ?, updated_at = ? WHERE company_id = @company AND id = ?`, now, now, id); err != nil {
			return err
		}
		return s.changed(tx, v, change{entity: KindNote, id: strconv.FormatInt(id, 10), action: Deleted, before: n, linked: n.links()})
	})
}
