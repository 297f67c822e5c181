package records

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// Comment is what a user says about a note.
type Comment struct {
	ID                 string // UUID
	Note               int64
	Content            string // HTML that may be shown as it is
	Author             int64  // user
	Updater            int64  // user who changed it last, 0: nobody yet
	AddedAt, UpdatedAt time.Time
}

// CreateComment adds a comment by the caller to a note.
func (s *Service) CreateComment(ctx context.Context, v route.Caller, note int64, text string) (Comment, error) {
	m := Comment{ID: uuid.NewString(), Note: note, Author: v.User}
	err := s.onNote(ctx, v, note, func(tx *store.Tx, n Note) (err error) {
		if m.Content, err = cleanText("content", text); err != nil {
			return err
		}
		m.AddedAt = tx.Now()
		m.UpdatedAt = m.AddedAt
		_, err = tx.Exec(`INSERT INTO records_comment (company_id, id, note_id, content, author_id, updater_id, deleted, added_at, updated_at)
			VALUES (@company, ?, ?, ?, ?, 0, FALSE, ?, ?)`, m.ID, note, m.Content, m.Author, clock.Micros(m.AddedAt), clock.Micros(m.UpdatedAt))
		if err != nil {
			return err
		}
		return s.changed(tx, v, change{entity: KindComment, id: m.ID, action: Added, after: m, linked: n.links()})
	})
	return m, err
}

// onNote runs fn in a transaction that holds a note.
func (s *Service) onNote(ctx context.Context, v route.Caller, note int64, fn func(*store.Tx, Note) error) error {
	return s.db.Company(v.Company).Update(ctx, func(tx *store.Tx) error {
		if err := lockNote(tx, note); err != nil {
			return err
		}
		n, err := readNote(tx, v, note)
		if err != nil {
			return err
		}
		return fn(tx, n)
	})
}

const selectComment = `SELECT id, note_id, content, author_id, updater_id, added_at, updated_at FROM records_comment
	WHERE company_id = @company AND NOT deleted AND note_id = ?`

func scanComment(sc store.Scanner) (m Comment, err error) {
	var added, updated int64
	err = sc.Scan(&m.ID, &m.Note, &m.Content, &m.Author, &m.Updater, &added, &updated)
	m.AddedAt, m.UpdatedAt = clock.FromMicros(added), clock.FromMicros(updated)
	return m, err
}

func readComment(tx *store.Tx, note int64, id string) (Comment, error) {
	m, err := store.One(tx, scanComment, selectComment+` AND id = ?`, note, id)
	return found(m, err, "comment", id)
}

// Comment returns one of a note that was not deleted.
func (s *Service) Comment(ctx context.Context, v route.Caller, note int64, id string) (m Comment, err error) {
	err = s.db.Company(v.Company).View(ctx, func(tx *store.Tx) error {
		if _, err := readNote(tx, v, note); err != nil {
			return err
		}
		m, err = readComment(tx, note, id)
		return err
	})
	return m, err
}

// ListComments lists the comments on a note, oldest first.
func (s *Service) ListComments(ctx context.Context, v route.Caller, note int64, w Window) (list []Comment, more bool, err error) {
	err = s.db.Company(v.Company).View(ctx, func(tx *store.Tx) error {
		if _, err := readNote(tx, v, note); err != nil {
			return err
		}
		list, err = store.Select(tx, scanComment, selectComment+` ORDER BY added_at, id LIMIT ? OFFSET ?`, note, w.Limit+1, w.Start)
		return err
	})
	list, more = cut(list, w.Limit)
	return list, more, err
}

// UpdateComment replaces the text of a comment.
func (s *Service) UpdateComment(ctx context.Context, v route.Caller, note int64, id, text string) (m Comment, err error) {
	err = s.onNote(ctx, v, note, func(tx *store.Tx, n Note) error {
		before, err := readComment(tx, note, id)
		if err != nil {
			return err
		}
		m = before
		if m.Content, err = cleanText("content", text); err != nil {
			return err
		}
		m.Updater, m.UpdatedAt = v.User, tx.Now()
		_, err = tx.Exec(`UPDATE records_comment SET content = ?, updater_id = ?, updated_at = ? WHERE company_id = @company AND id = ?`,
			m.Content, m.Updater, clock.Micros(m.UpdatedAt), id)
		if err != nil {
			return err
		}
		return s.changed(tx, v, change{entity: KindComment, id: id, action: Updated, before: before, after: m, linked: n.links()})
	})
	return m, err
}

// DeleteComment takes a comment away.
func (s *Service) DeleteComment(ctx context.Context, v route.Caller, note int64, id string) error {
	return s.onNote(ctx, v, note, func(tx *store.Tx, n Note) error {
		m, err := readComment(tx, note, id)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`UPDATE records_comment SET deleted = TRUE, updated_at = ? WHERE company_id = @company AND id = ?`, clock.Micros(tx.Now()), id)
		if err != nil {
			return err
		}
		return s.changed(tx, v, change{entity: KindComment, id: id, action: Deleted, before: m, linked: n.links()})
	})
}
