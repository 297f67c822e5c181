package records

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"regexp"
	"strconv"
	"strings"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// snapshot is what the room's types have in common that matters for searching.
type snapshot struct {
	Name, Title, Address       string
	Person, Organization, Deal json.RawMessage // a Ref, or a number in notes
	Lead                       json.RawMessage // a LeadRef, or a UUID
	Emails, Phones             []Contact
	Owner, User                int64
	VisibleTo                  int64
	Status, FileName           string
	Value                      Money
	Stage                      Ref
	Custom                     map[string]any
	Seen, Archived             bool
}

func snapshotOf(v any) (snapshot, error) {
	var n snapshot
	raw, err := json.Marshal(v)
	if err != nil {
		return n, err
	}
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	return n, d.Decode(&n)
}

// refID reads the id of a Ref or a bare id.
func refID(raw json.RawMessage) int64 {
	var r Ref
	if json.Unmarshal(raw, &r) == nil {
		return r.ID
	}
	var n int64
	_ = json.Unmarshal(raw, &n) // anything else is no reference
	return n
}

func leadID(raw json.RawMessage) string {
	var r LeadRef
	if json.Unmarshal(raw, &r) == nil {
		return r.ID
	}
	var id string
	_ = json.Unmarshal(raw, &id) // anything else is no reference
	return id
}

// index keeps what is searched in step with a change.
// spec: records.search-index
func (s *Service) index(tx *store.Tx, ch change) error {
	if ch.entity == "note" {
		return s.indexNote(tx, ch)
	}
	if searched[ch.entity] == nil {
		return nil
	}
	if ch.after == nil || ch.action == Deleted {
		return s.unput(tx, ch.entity, ch.id)
	}
	return s.indexRecord(tx, ch.entity, ch.id, ch.after)
}

func (s *Service) indexRecord(tx *store.Tx, kind, id string, record any) error {
	d, err := documentOf(tx, kind, id, record)
	if err != nil {
		return fmt.Errorf("gather what is searched of %s %s: %w", kind, id, err)
	}
	if d.Notes, err = notesOn(tx, kind, id); err != nil {
		return err
	}
	return s.put(tx, d)
}

func documentOf(tx *store.Tx, kind, id string, record any) (document, error) {
	n, err := snapshotOf(record)
	if err != nil {
		return document{}, err
	}
	d := document{
		kind: kind, id: id, owner: n.Owner, visible: n.VisibleTo, person: refID(n.Person), organization: refID(n.Organization), status: n.Status,
		Title: n.Title, Address: n.Address, Amount: n.Value.Amount, Currency: n.Value.Currency, Stage: n.Stage.ID, Archived: n.Archived, Seen: n.Seen,
	}
	if n.Name != "" {
		d.Title = n.Name
	}
	if d.visible == 0 {
		d.visible = defaultVisibility
	}
	if kind == KindFile {
		d.owner, d.Deal, d.Lead = n.User, refID(n.Deal), leadID(n.Lead)
	}
	for _, c := range n.Emails {
		d.Emails = append(d.Emails, c.Value)
	}
	for _, c := range n.Phones {
		d.Phones = append(d.Phones, c.Value)
	}
	d.Custom, err = customTexts(tx, kind, n.Custom)
	return d, err
}

// searchedTypes are the types of fields whose values are searched.
var searchedTypes = map[FieldType]bool{
	TypeAddress: true, TypeVarchar: true, TypeText: true, TypeVarcharAuto: true, TypeDouble: true, TypeMonetary: true, TypePhone: true,
}

// customTexts are the values that are searched, by the codes of their fields.
// spec: rest.search.custom
func customTexts(tx *store.Tx, kind string, values map[string]any) (map[string]string, error) {
	if len(values) == 0 {
		return nil, nil
	}
	types, err := fieldTypes(tx, customEntity(kind))
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for code, v := range values {
		if !searchedTypes[types[code]] {
			continue
		}
		if parts, ok := v.(map[string]any); ok {
			v = parts["value"]
		}
		if v != nil {
			out[code] = fmt.Sprint(v)
		}
	}
	return out, nil
}

type fieldTypesKey string

// fieldTypes are the types of a company's own fields, read once in a transaction.
func fieldTypes(tx *store.Tx, entity string) (map[string]FieldType, error) {
	type read struct {
		types map[string]FieldType
		err   error
	}
	got := tx.Local(fieldTypesKey(entity), func() any {
		r := read{types: map[string]FieldType{}}
		type row struct{ code, kind string }
		rows, err := store.Select(tx, func(sc store.Scanner) (r row, err error) {
			err = sc.Scan(&r.code, &r.kind)
			return r, err
		}, `SELECT code, type FROM records_field WHERE company_id = @company AND entity = ? AND NOT deleted`, entity)
		for _, f := range rows {
			r.types[f.code] = FieldType(f.kind)
		}
		r.err = err
		return r
	}).(read)
	return got.types, got.err
}

const (
	// searchedNotes are how many notes on a record are searched, the newest.
	searchedNotes = 100
	// searchedNote is how much of a note is searched, in characters.
	searchedNote = 10_000
)

var noteColumns = map[string]string{KindPerson: "person_id", KindOrganization: "org_id", KindDeal: "deal_id", KindLead: "lead_id"}

// notesOn are the texts of the notes on a record.
// spec: rest.search.notes
func notesOn(tx *store.Tx, kind, id string) ([]string, error) {
	column := noteColumns[kind]
	if column == "" {
		return nil, nil
	}
	list, err := store.Select(tx, store.Value[string], `SELECT content FROM records_note
		WHERE company_id = @company AND NOT deleted AND `+column+` = ? ORDER BY id DESC LIMIT `+strconv.Itoa(searchedNotes), keys(kind, []string{id})...)
	if err != nil {
		return nil, fmt.Errorf("read the notes on %s %s: %w", kind, id, err)
	}
	for i, content := range list {
		list[i] = plain(content)
	}
	return list, nil
}

var markup = regexp.MustCompile(`<[^<>]*>`)

// plain is the text of a note without its markup.
func plain(content string) string {
	text := strings.Join(strings.Fields(html.UnescapeString(markup.ReplaceAllString(content, " "))), " ")
	if runes := []rune(text); len(runes) > searchedNote {
		text = string(runes[:searchedNote])
	}
	return text
}

// indexNote brings a note into, or out of, the documents of the records it is or
// was on.
func (s *Service) indexNote(tx *store.Tx, ch change) error {
	on := map[Link]bool{}
	for _, side := range []any{ch.before, ch.after} {
		if side == nil {
			continue
		}
		n, err := snapshotOf(side)
		if err != nil {
			return err
		}
		for _, l := range linksOf(refID(n.Person), refID(n.Organization), refID(n.Deal), leadID(n.Lead)) {
			on[l] = true
		}
	}
	for l := range on {
		if err := s.indexNotesOf(tx, l); err != nil {
			return err
		}
	}
	return nil
}

// indexNotesOf reads the notes on a record afresh.
func (s *Service) indexNotesOf(tx *store.Tx, l Link) error {
	old, err := docOf(tx, l.Kind, l.ID)
	if errors.Is(err, store.ErrNoRows) {
		return nil // it was deleted, or is not in yet
	}
	if err != nil {
		return err
	}
	d := old.document
	if d.Notes, err = notesOn(tx, l.Kind, l.ID); err != nil {
		return err
	}
	return s.put(tx, d)
}

// buildBatch is how many records one transaction brings in.
const buildBatch = 200

// built makes sure that everything of the caller's company can be searched. A
// company whose records are older than the index is brought in at its first
// search; changes meanwhile are kept, because each batch reads and writes in one
// transaction.
func (s *Service) built(ctx context.Context, c route.Caller) error {
	db := s.db.Company(c.Company)
	var ready int64
	err := db.View(ctx, func(tx *store.Tx) (err error) {
		ready, err = store.One(tx, store.Value[int64], `SELECT COUNT(*) FROM records_search_built WHERE company_id = @company`)
		return err
	})
	if err != nil || ready > 0 {
		return err
	}
	for _, kind := range []string{KindPerson, KindOrganization, KindDeal, KindLead, KindFile} {
		if err := s.build(ctx, db, kind); err != nil {
			return fmt.Errorf("bring every %s into the search: %w", kind, err)
		}
	}
	return db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO records_search_built (company_id, built_at) VALUES (@company, ?) ON CONFLICT (company_id) DO NOTHING`, clock.Micros(tx.Now()))
		return err
	})
}

func (s *Service) build(ctx context.Context, db store.Company, kind string) error {
	after := ""
	for {
		n := 0
		var last string
		err := db.Update(ctx, func(tx *store.Tx) error {
			batch, err := recordsAfter(tx, kind, after)
			n, last = len(batch), after
			for _, r := range batch {
				if err := s.indexRecord(tx, kind, r.id, r.record); err != nil {
					return err
				}
				last = r.id
			}
			return err
		})
		if err != nil {
			return err
		}
		if n < buildBatch {
			return nil
		}
		after = last
	}
}

// stored is a record as it is in its table.
type stored struct {
	id     string
	record any
}

// recordsAfter are the next records of a kind in the order of their ids.
func recordsAfter(tx *store.Tx, kind, after string) ([]stored, error) {
	from, limit := int64(0), strconv.Itoa(buildBatch)
	if n, err := strconv.ParseInt(after, 10, 64); err == nil {
		from = n
	}
	// Rows that are read here and changed by others before this transaction ends
	// would be put back as they were: the lock makes the others wait.
	if table := "records_" + kind; kind != KindLead {
		if _, err := store.Select(tx, store.Value[int64], `SELECT id FROM `+table+` WHERE company_id = @company AND NOT deleted AND id > ? ORDER BY id LIMIT `+limit+tx.ForUpdate(), from); err != nil {
			return nil, err
		}
	} else if _, err := store.Select(tx, store.Value[string], `SELECT id FROM `+table+` WHERE company_id = @company AND NOT deleted AND id > ? ORDER BY id LIMIT `+limit+tx.ForUpdate(), after); err != nil {
		return nil, err
	}
	switch kind {
	case KindPerson:
		list, err := store.Select(tx, scanPerson, `SELECT `+personColumns+fromPerson+` AND p.id > ? ORDER BY p.id LIMIT `+limit, from)
		if err == nil {
			err = fillPersons(tx, list)
		}
		return storedAs(list, func(p Person) string { return strconv.FormatInt(p.ID, 10) }), err
	case KindOrganization:
		list, err := store.Select(tx, scanOrganization, `SELECT `+organizationColumns+` FROM records_organization o
			WHERE o.company_id = @company AND NOT o.deleted AND o.id > ? ORDER BY o.id LIMIT `+limit, from)
		return storedAs(list, func(o Organization) string { return strconv.FormatInt(o.ID, 10) }), err
	case KindDeal:
		list, err := store.Select(tx, scanDeal, selectDeal+` AND NOT d.deleted AND d.id > ? ORDER BY d.id LIMIT `+limit, from)
		return storedAs(list, func(d Deal) string { return strconv.FormatInt(d.ID, 10) }), err
	case KindLead:
		list, err := store.Select(tx, scanLead, selectLead+` AND NOT l.deleted AND l.id > ? ORDER BY l.id LIMIT `+limit, after)
		return storedAs(list, func(l Lead) string { return l.ID }), err
	}
	list, err := store.Select(tx, scanFile, selectFile+` AND f.id > ? ORDER BY f.id LIMIT `+limit, from)
	return storedAs(list, func(f File) string { return strconv.FormatInt(f.ID, 10) }), err
}

func storedAs[T any](list []T, id func(T) string) []stored {
	out := make([]stored, len(list))
	for i, r := range list {
		out[i] = stored{id(r), r}
	}
	return out
}
