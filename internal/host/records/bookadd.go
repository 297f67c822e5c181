package records

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// AddLabels makes labels of persons, organizations or deals. Those with the names
// of labels that are there keep their ids; others that are there stay if keep says
// so.
func (s *Service) AddLabels(tx *store.Tx, entity string, list []Option, keep bool) error {
	f, err := fieldBy(tx, entity, func(f Field) bool { return f.Code == LabelsCode })
	if err != nil {
		return err
	}
	want := make([]Option, 0, len(list))
	if keep {
		want = slices.Clone(f.Options)
	}
	for _, o := range list {
		if i := slices.IndexFunc(f.Options, func(old Option) bool { return fold(old.Label) == fold(o.Label) }); i >= 0 {
			o.ID = f.Options[i].ID
			want = slices.DeleteFunc(want, func(old Option) bool { return old.ID == o.ID })
		}
		want = append(want, o)
	}
	_, err = setOptions(tx, f, want)
	return err
}

// LabelsIn are the labels of persons, organizations or deals of the company that
// tx is bound to, in their order.
func (s *Service) LabelsIn(tx *store.Tx, entity string) ([]Option, error) {
	f, err := fieldBy(tx, entity, func(f Field) bool { return f.Code == LabelsCode })
	return f.Options, err
}

// StandardLabels are the labels that every company begins with.
func StandardLabels(entity string) []Option {
	for _, f := range standardFields(entity) {
		if f.Code == LabelsCode {
			return f.Options
		}
	}
	return nil
}

// AddActivityType stores a type under its key, in place of the one that has it.
func (s *Service) AddActivityType(tx *store.Tx, _ route.Caller, t ActivityType, at time.Time) error {
	list, err := ensureActivityTypes(tx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(old ActivityType) bool { return old.Key == t.Key })
	if i >= 0 {
		t.ID = list[i].ID
	}
	if t.Position == 0 {
		t.Position = int64(len(list) + 1)
	}
	deleted := t.Deleted
	if t, err = checkActivityType(t, slices.DeleteFunc(list, func(old ActivityType) bool { return old.Key == t.Key })); err != nil {
		return err
	}
	t.AddedAt, t.UpdatedAt = at, at
	if i < 0 {
		if t.Custom = true; t.Key == "" {
			t.Key = freeKey(t.Name, list)
		}
		if t.ID, err = tx.NextID(KindActivityType); err != nil {
			return err
		}
		if err := insertActivityType(tx, t); err != nil {
			return err
		}
	}
	_, err = tx.Exec(`UPDATE records_activity_type SET name = ?, icon = ?, color = ?, position = ?, deleted = ?, updated_at = ? WHERE company_id = @company AND id = ?`,
		t.Name, t.Icon, t.Color, t.Position, deleted, clock.Micros(at), t.ID)
	return err
}

// AddActivity stores an activity, done when it says so.
func (s *Service) AddActivity(tx *store.Tx, c route.Caller, a Activity, at time.Time) (Activity, error) {
	done, p := a.DoneAt, ActivityPatch{Participants: &a.Participants}
	a.Owner = orCaller(a.Owner, c)
	if a.Creator == 0 {
		a.Creator = a.Owner
	}
	a, err := s.checkActivity(tx, c, nil, a, p)
	if err != nil {
		return a, err
	}
	if a.Done {
		a.DoneAt = orTime(done, at)
	}
	a.AddedAt, a.UpdatedAt = at, orTime(a.UpdatedAt, at)
	if a.ID, err = tx.NextID(KindActivity); err != nil {
		return a, err
	}
	if err := insertActivity(tx, a); err != nil {
		return a, err
	}
	if err := writePeople(tx, a); err != nil {
		return a, err
	}
	if a, err = readActivity(tx, allSeeing(c), a.ID); err != nil {
		return a, err
	}
	return a, s.changed(tx, c, change{entity: KindActivity, id: idText(a.ID), action: Added, after: a, linked: a.links()})
}

// Recording is what was recorded of a call.
type Recording struct {
	Name, Type string // Type is a media type
	Bytes      []byte
}

// AddCall stores a call. Its activity stays as it is; one is made if it has none.
func (s *Service) AddCall(tx *store.Tx, c route.Caller, call Call, rec *Recording, at time.Time) (Call, error) {
	updated := orTime(call.UpdatedAt, at)
	if err := call.check(); err != nil {
		return call, err
	}
	call.User, call.Note = orCaller(call.User, c), CleanHTML(call.Note)
	var err error
	if call.Activity == 0 {
		call, err = s.callActivity(tx, c, call)
	} else {
		err = s.checkLinks(tx, c, call.Person, call.Organization, call.Deal, call.Lead)
	}
	if err != nil {
		return call, err
	}
	if call, err = s.storeCall(tx, c, call, at); err != nil {
		return call, err
	}
	call.UpdatedAt = updated
	var recording int64
	if rec != nil {
		call.HasRecording, call.recordingName, call.recordingType = true, rec.Name, rec.Type
		if recording, err = putContent(tx, rec.Bytes); err != nil {
			return call, err
		}
	}
	_, err = tx.Exec(`UPDATE records_call SET recording_id = ?, recording_name = ?, recording_type = ?, updated_at = ? WHERE company_id = @company AND id = ?`,
		null(recording), call.recordingName, call.recordingType, clock.Micros(updated), call.ID)
	return call, err
}

// AddFile stores a file with its bytes, or one whose bytes another service keeps.
func (s *Service) AddFile(tx *store.Tx, c route.Caller, f File, bytes []byte, at time.Time) (File, error) {
	var err error
	if f.Name, err = fileName(f.Name); err != nil {
		return f, err
	}
	if f.RemoteLocation == "" {
		if f.Type == "" {
			f.Type = ending(f.Name)
		}
		f.Size = int64(len(bytes))
	}
	updated, description := f.UpdatedAt, f.Description
	var kept int64
	if f.RemoteLocation == "" {
		if kept, err = putContent(tx, bytes); err != nil {
			return f, err
		}
	}
	if f, err = s.insertFile(tx, c, f, at); err != nil {
		return f, err
	}
	f.content, f.Description, f.UpdatedAt = kept, description, orTime(updated, at)
	_, err = tx.Exec(`UPDATE records_file SET content_id = ?, updated_at = ? WHERE company_id = @company AND id = ?`, null(kept), clock.Micros(f.UpdatedAt), f.ID)
	return f, err
}

// putContent stores bytes that somebody uses at once.
func putContent(tx *store.Tx, bytes []byte) (int64, error) {
	id, err := tx.NextID("content")
	if err != nil {
		return 0, err
	}
	if _, err := tx.Exec(`INSERT INTO records_content (company_id, id, size, free_at, added_at) VALUES (@company, ?, ?, 0, ?)`,
		id, len(bytes), clock.Micros(tx.Now())); err != nil {
		return 0, err
	}
	position := 0
	for part := range slices.Chunk(bytes, partSize) {
		if _, err := tx.Exec(`INSERT INTO records_content_part (company_id, content_id, position, body) VALUES (@company, ?, ?, ?)`, id, position, part); err != nil {
			return 0, fmt.Errorf("store part %d of a file: %w", position, err)
		}
		position++
	}
	return id, nil
}

// bytesOf reads content whole, nil if it is longer than most.
func bytesOf(tx *store.Tx, id, most int64) ([]byte, error) {
	size, err := store.Select(tx, store.Value[int64], `SELECT size FROM records_content WHERE company_id = @company AND id = ?`, id)
	if err != nil || len(size) == 0 || size[0] > most {
		return nil, err
	}
	parts, err := store.Select(tx, store.Value[[]byte], `SELECT body FROM records_content_part WHERE company_id = @company AND content_id = ? ORDER BY position`, id)
	return slices.Concat(parts...), err
}

// FileIn reads the bytes of a file, nil if they are more than most or kept
// elsewhere.
func (s *Service) FileIn(tx *store.Tx, f File, most int64) ([]byte, error) {
	return bytesOf(tx, f.content, most)
}

// RecordingIn reads the recording of a call, nil if there is none or it is longer
// than most bytes.
func (s *Service) RecordingIn(tx *store.Tx, k Call, most int64) (*Recording, error) {
	if k.recording == 0 {
		return nil, nil
	}
	bytes, err := bytesOf(tx, k.recording, most)
	if err != nil || bytes == nil {
		return nil, err
	}
	return &Recording{k.recordingName, k.recordingType, bytes}, nil
}

// AddComment stores a comment on a note.
func (s *Service) AddComment(tx *store.Tx, _ route.Caller, m Comment, at time.Time) error {
	var err error
	if m.Content, err = cleanText("content", m.Content); err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO records_comment (company_id, id, note_id, content, author_id, updater_id, deleted, added_at, updated_at)
		VALUES (@company, ?, ?, ?, ?, ?, FALSE, ?, ?)`, m.ID, m.Note, m.Content, m.Author, m.Updater, clock.Micros(at), clock.Micros(orTime(m.UpdatedAt, at)))
	return err
}

// AddFollower lets a user follow a person, an organization or a deal.
func (s *Service) AddFollower(tx *store.Tx, c route.Caller, entity string, id, user int64, at time.Time) error {
	if !slices.Contains([]string{KindPerson, KindOrganization, KindDeal}, entity) {
		return fault.New(fault.Invalid, "followers", "Persons, organizations and deals can be followed, not a %s.", entity)
	}
	n, err := tx.NextID("follower")
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`INSERT INTO records_follower (company_id, entity, entity_id, user_id, id, added_at) VALUES (@company, ?, ?, ?, ?, ?)
		ON CONFLICT DO NOTHING`, entity, id, user, n, clock.Micros(at)); err != nil {
		return err
	}
	return rememberFollowing(tx, c, entity, id, user, "added")
}

// AddParticipants lets persons take part in a deal, beside its own person.
func (s *Service) AddParticipants(tx *store.Tx, c route.Caller, deal int64, persons ...int64) error {
	for _, p := range persons {
		if err := s.takePart(tx, deal, p, c.User); err != nil {
			return fmt.Errorf("let person %s take part in deal %s: %w", strconv.FormatInt(p, 10), idText(deal), err)
		}
	}
	return nil
}
