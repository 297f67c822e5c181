package records

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// KindFile names files in the event log and in what a search finds.
const KindFile = "file"

const maxDescription = 10_000 // characters

// File is a file on records.
type File struct {
	ID                 int64
	User               int64  // who brought it
	Name               string // what people see
	FileName           string // unlike that of any other file
	Type               string // the ending in small letters, or empty
	Size               int64  // bytes
	Description        string
	RemoteLocation     string // the service that keeps the bytes, or empty
	RemoteID           string // its name there
	Person             Ref
	Organization       Ref
	Deal               Ref
	Lead               LeadRef
	Activity           int64
	AddedAt, UpdatedAt time.Time

	content int64
}

// LeadRef names a lead, for showing a link to it.
type LeadRef struct {
	ID   string // UUID
	Name string
}

// FileFilter says which files are wanted; zero fields do not restrict.
type FileFilter struct {
	Person, Organization, Deal, Activity int64
	Lead                                 string
	IDs                                  []int64
	Since                                time.Time // changed then or later
}

// Upload is a body of bytes that is whole in the database and does not belong to
// anything yet.
type Upload struct {
	Name string // as the sender called it
	Size int64  // bytes

	id int64
}

// Receive stores the bytes of r, which the sender calls name. Use the upload, or
// discard it.
// spec: rest.files.size
func (s *Service) Receive(ctx context.Context, c route.Caller, name string, r io.Reader) (Upload, error) {
	name, err := fileName(name)
	if err != nil {
		return Upload{}, err
	}
	kept, err := s.keep(ctx, c, r, MaxFile)
	return Upload{name, kept.Size, kept.ID}, err
}

// Discard removes an upload that will not be used.
func (s *Service) Discard(ctx context.Context, c route.Caller, u Upload) {
	if u.id != 0 {
		s.drop(context.WithoutCancel(ctx), c, u.id)
	}
}

// fileName is what the sender calls a file, without folders and without what
// cannot be shown.
// spec: rest.files.name
func fileName(name string) (string, error) {
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, name)
	name = strings.TrimSpace(path.Base(strings.ReplaceAll(name, `\`, "/")))
	if name == "" || name == "." || name == ".." || name == "/" {
		return "", fault.New(fault.Invalid, "file", "Expected a file with a name, got none.")
	}
	if n := utf8.RuneCountInString(name); n > maxTitle || !utf8.ValidString(name) {
		return "", fault.New(fault.Invalid, "file", "Expected a name of 1 to %d characters, got %d.", maxTitle, n)
	}
	return name, nil
}

// distinct is a name that no other file has: "offer.pdf" becomes "offer_1k2….pdf".
func distinct(name string) string {
	ending := path.Ext(name)
	return strings.TrimSuffix(name, ending) + "_" + strings.ToLower(rand.Text()) + ending
}

func ending(name string) string { return strings.ToLower(strings.TrimPrefix(path.Ext(name), ".")) }

// CreateFile makes a file of an upload, on the records that f names. The upload
// is gone if that fails.
func (s *Service) CreateFile(ctx context.Context, c route.Caller, f File, u Upload) (File, error) {
	f.Name, f.Type, f.Size, f.content = u.Name, ending(u.Name), u.Size, u.id
	f, err := s.createFile(ctx, c, f)
	if err != nil {
		s.Discard(ctx, c, u)
	}
	return f, err
}

// CreateRemoteFile makes a file whose bytes another service keeps; only its name
// and place are known here.
// spec: rest.files.remote
func (s *Service) CreateRemoteFile(ctx context.Context, c route.Caller, f File) (File, error) {
	var err error
	if f.Name, err = title("title", f.Name); err != nil {
		return f, err
	}
	return s.createFile(ctx, c, f)
}

func (s *Service) createFile(ctx context.Context, c route.Caller, f File) (File, error) {
	f.FileName = distinct(f.Name)
	var made File
	err := s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) (err error) {
		made, err = s.insertFile(tx, c, f, s.db.Now())
		return err
	})
	return made, err
}

func (s *Service) insertFile(tx *store.Tx, c route.Caller, f File, now time.Time) (File, error) {
	f.User = orCaller(f.User, c)
	if err := s.checkLinks(tx, c, f.Person.ID, f.Organization.ID, f.Deal.ID, f.Lead.ID); err != nil {
		return f, err
	}
	if f.Activity != 0 {
		if _, err := readActivity(tx, c, f.Activity); err != nil {
			return f, reference("activity_id", f.Activity, err)
		}
	}
	if f.content != 0 {
		if err := use(tx, content{f.content, f.Size}); err != nil {
			return f, err
		}
	}
	var err error
	if f.ID, err = tx.NextID("file"); err != nil {
		return f, err
	}
	us := clock.Micros(now)
	if f.FileName == "" {
		f.FileName = distinct(f.Name)
	}
	if _, err = tx.Exec(`INSERT INTO records_file (company_id, id, user_id, name, folded, file_name, file_type, size, description, remote_location,
			remote_id, content_id, person_id, org_id, deal_id, lead_id, activity_id, deleted, deleted_at, added_at, updated_at)
		VALUES (@company, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, FALSE, 0, ?, ?)`,
		f.ID, f.User, f.Name, fold(f.Name), f.FileName, f.Type, f.Size, f.Description, f.RemoteLocation, f.RemoteID, null(f.content),
		null(f.Person.ID), null(f.Organization.ID), null(f.Deal.ID), null(f.Lead.ID), null(f.Activity), us, us); err != nil {
		return f, fmt.Errorf("insert file: %w", err)
	}
	if f, err = fileBy(tx, allSeeing(c), f.ID); err != nil {
		return f, err
	}
	return f, s.changed(tx, c, change{entity: KindFile, id: strconv.FormatInt(f.ID, 10), action: Added, after: f, linked: f.links()})
}

// checkLinks refuses references to records that are not there or that the caller
// does not see; 0 and "" are none.
func (s *Service) checkLinks(tx *store.Tx, c route.Caller, person, organization, deal int64, lead string) error {
	for _, ref := range []struct {
		field, kind string
		id          any
	}{
		{"person_id", KindPerson, null(person)}, {"org_id", KindOrganization, null(organization)},
		{"deal_id", KindDeal, null(deal)}, {"lead_id", KindLead, null(lead)},
	} {
		if err := s.refers(tx, c, ref.field, ref.kind, ref.id); err != nil {
			return err
		}
	}
	return nil
}

// links are the records that the file is on.
func (f File) links() []Link { return linksOf(f.Person.ID, f.Organization.ID, f.Deal.ID, f.Lead.ID) }

func linksOf(person, organization, deal int64, lead string) []Link {
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

const selectAnyFile = `SELECT f.id, f.user_id, f.name, f.file_name, f.file_type, f.size, f.description, f.remote_location, f.remote_id,
		COALESCE(f.content_id, 0), COALESCE(p.id, 0), COALESCE(p.name, ''), COALESCE(o.id, 0), COALESCE(o.name, ''),
		COALESCE(d.id, 0), COALESCE(d.title, ''), COALESCE(l.id, ''), COALESCE(l.title, ''), COALESCE(f.activity_id, 0), f.added_at, f.updated_at
	FROM records_file f
	LEFT JOIN records_person p ON p.company_id = f.company_id AND p.id = f.person_id AND NOT p.deleted
	LEFT JOIN records_organization o ON o.company_id = f.company_id AND o.id = f.org_id AND NOT o.deleted
	LEFT JOIN records_deal d ON d.company_id = f.company_id AND d.id = f.deal_id AND NOT d.deleted
	LEFT JOIN records_lead l ON l.company_id = f.company_id AND l.id = f.lead_id AND NOT l.deleted
	WHERE f.company_id = @company`

const selectFile = selectAnyFile + ` AND NOT f.deleted`

func scanFile(sc store.Scanner) (File, error) {
	var f File
	var added, updated int64
	err := sc.Scan(&f.ID, &f.User, &f.Name, &f.FileName, &f.Type, &f.Size, &f.Description, &f.RemoteLocation, &f.RemoteID,
		&f.content, &f.Person.ID, &f.Person.Name, &f.Organization.ID, &f.Organization.Name,
		&f.Deal.ID, &f.Deal.Name, &f.Lead.ID, &f.Lead.Name, &f.Activity, &added, &updated)
	f.AddedAt, f.UpdatedAt = clock.FromMicros(added), clock.FromMicros(updated)
	return f, err
}

// fileBy reads one that the caller sees.
func fileBy(tx *store.Tx, c route.Caller, id int64) (File, error) {
	var q finding
	q.and("f.id = ?", id)
	q.seen(c, seesFile, "f")
	f, err := store.One(tx, scanFile, selectFile+q.where.String(), q.args...)
	return found(f, err, "file", id)
}

// File returns one that was not deleted.
func (s *Service) File(ctx context.Context, c route.Caller, id int64) (f File, err error) {
	err = s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		if f, err = fileBy(tx, c, id); err != nil {
			return err
		}
		return withoutHiddenIn(tx, c, &f, fileNames)
	})
	return f, err
}

// fileColumns are what files are sorted by.
var fileColumns = map[string]string{"id": "f.id", "update_time": "f.updated_at"}

// ListFiles lists what fits the filter; it is sorted by id or update_time.
func (s *Service) ListFiles(ctx context.Context, c route.Caller, filter FileFilter, w Window) (list []File, more bool, err error) {
	var q finding
	for _, is := range []struct {
		column string
		id     int64
	}{
		{"f.person_id", filter.Person}, {"f.org_id", filter.Organization}, {"f.deal_id", filter.Deal}, {"f.activity_id", filter.Activity},
	} {
		if is.id != 0 {
			q.and(is.column+" = ?", is.id)
		}
	}
	if filter.Lead != "" {
		q.and("f.lead_id = ?", filter.Lead)
	}
	if filter.IDs != nil {
		q.oneOf("f.id", filter.IDs)
	}
	if !filter.Since.IsZero() {
		q.and("f.updated_at >= ?", clock.Micros(filter.Since))
	}
	q.seen(c, seesFile, "f")
	tail, args, err := q.page(w, fileColumns, "f.id")
	if err != nil {
		return nil, false, err
	}
	err = s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		if list, err = store.Select(tx, scanFile, selectFile+tail, args...); err != nil {
			return err
		}
		list, more = cut(list, w.Limit)
		return withoutHidden(tx, c, list, fileNames)
	})
	return list, more, err
}

// FilesOf lists the newest files on a record, limit at most. The id of a lead is
// its UUID, of anything else its decimal number.
func (s *Service) FilesOf(ctx context.Context, c route.Caller, kind, id string, limit int) ([]File, error) {
	filter, err := fileFilterFor(kind, id)
	if err != nil {
		return nil, err
	}
	list, _, err := s.ListFiles(ctx, c, filter, Window{Limit: limit, Sort: []Order{{By: "id", Desc: true}}})
	return list, err
}

func fileFilterFor(kind, id string) (FileFilter, error) {
	if kind == KindLead {
		return FileFilter{Lead: id}, nil
	}
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || n <= 0 {
		return FileFilter{}, fault.Missing("There is no %s %s.", kind, id)
	}
	switch kind {
	case KindPerson:
		return FileFilter{Person: n}, nil
	case KindOrganization:
		return FileFilter{Organization: n}, nil
	case KindDeal:
		return FileFilter{Deal: n}, nil
	}
	return FileFilter{}, fault.New(fault.Invalid, "kind", "Expected person, organization, deal or lead, got %q.", kind)
}

// FilePatch says what to change; nil leaves alone.
type FilePatch struct {
	Name, Description *string
}

// UpdateFile changes what people see of a file.
func (s *Service) UpdateFile(ctx context.Context, c route.Caller, id int64, p FilePatch) (f File, err error) {
	err = s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		if f, err = s.updateFile(tx, c, id, p); err != nil {
			return err
		}
		return withoutHiddenIn(tx, c, &f, fileNames)
	})
	return f, err
}

func (s *Service) updateFile(tx *store.Tx, c route.Caller, id int64, p FilePatch) (File, error) {
	if err := lockFile(tx, id); err != nil {
		return File{}, err
	}
	was, err := fileBy(tx, c, id)
	if err != nil {
		return was, err
	}
	f := was
	if p.Name != nil {
		if f.Name, err = title("name", *p.Name); err != nil {
			return f, err
		}
	}
	if p.Description != nil {
		if f.Description = *p.Description; utf8.RuneCountInString(f.Description) > maxDescription {
			return f, fault.New(fault.Invalid, "description", "Expected at most %d characters, got %d.", maxDescription, utf8.RuneCountInString(f.Description))
		}
	}
	f.UpdatedAt = s.db.Now()
	if _, err := tx.Exec(`UPDATE records_file SET name = ?, folded = ?, description = ?, updated_at = ? WHERE company_id = @company AND id = ?`,
		f.Name, fold(f.Name), f.Description, clock.Micros(f.UpdatedAt), id); err != nil {
		return f, err
	}
	return f, s.changed(tx, c, change{entity: KindFile, id: strconv.FormatInt(id, 10), action: Updated, before: was, after: f, linked: f.links()})
}

// lockFile keeps others from changing a file until the transaction ends. It is a
// statement of its own: PostgreSQL locks no rows of outer joins.
func lockFile(tx *store.Tx, id int64) error {
	_, err := store.One(tx, store.Value[int64], `SELECT id FROM records_file WHERE company_id = @company AND id = ? AND NOT deleted`+tx.ForUpdate(), id)
	_, err = found(id, err, "file", id)
	return err
}

// DeleteFile deletes a file. Its bytes are kept for thirty days more.
func (s *Service) DeleteFile(ctx context.Context, c route.Caller, id int64) error {
	return s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		if err := lockFile(tx, id); err != nil {
			return err
		}
		f, err := fileBy(tx, c, id)
		if err != nil {
			return err
		}
		now := s.db.Now()
		if _, err := tx.Exec(`UPDATE records_file SET deleted = TRUE, deleted_at = ?, updated_at = ? WHERE company_id = @company AND id = ?`,
			clock.Micros(now), clock.Micros(now), id); err != nil {
			return err
		}
		if err := release(tx, f.content, now.Add(purgeAfter)); err != nil {
			return err
		}
		return s.changed(tx, c, change{entity: KindFile, id: strconv.FormatInt(id, 10), action: Deleted, before: f, linked: f.links()})
	})
}

// FileContent returns the bytes of a file that the host keeps itself.
func (s *Service) FileContent(ctx context.Context, c route.Caller, id int64) (*Stream, error) {
	f, err := s.File(ctx, c, id)
	if err != nil {
		return nil, err
	}
	if f.content == 0 {
		return nil, fault.Missing("The bytes of file %d are kept by %s; only its name and place are known here.", id, f.RemoteLocation)
	}
	r := s.stream(ctx, c, content{f.content, f.Size})
	r.Name, r.Type, r.At = f.Name, "application/octet-stream", f.UpdatedAt
	return r, nil
}
