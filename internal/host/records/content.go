package records

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/store"
)

// MaxFile is the most bytes of a file or a recording.
const MaxFile = 50 << 20

const (
	partSize = 1 << 20 // bytes in one row

	// uploadTime is how long an upload may take; what was not used by then never
	// will be.
	uploadTime = 24 * time.Hour
	// purgeAfter is how long the bytes of a deleted file are kept.
	// spec: rest.files.purge
	purgeAfter = 30 * 24 * time.Hour

	kindPurge = "records.purge"
)

// Work names the room's jobs to the runner of the lanes. It is called before the
// runner runs.
func (s *Service) Work(r *lane.Runner) { r.Handle(kindPurge, s.purge) }

// content is a body of bytes in the database.
type content struct {
	ID, Size int64
}

// keep writes all of r, of at most limit bytes, a part at a time: each part is a
// transaction of its own, so that a slow sender holds nobody up. It is nobody's
// until [use] is called, and is removed if that does not happen.
func (s *Service) keep(ctx context.Context, c route.Caller, r io.Reader, limit int64) (content, error) {
	var to content
	now := s.db.Now()
	err := s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) (err error) {
		if to.ID, err = tx.NextID("content"); err != nil {
			return err
		}
		if _, err = tx.Exec(`INSERT INTO records_content (company_id, id, size, free_at, added_at) VALUES (@company, ?, 0, ?, ?)`,
			to.ID, clock.Micros(now.Add(uploadTime)), clock.Micros(now)); err != nil {
			return err
		}
		return purgeLater(tx, to.ID, now.Add(uploadTime))
	})
	if err != nil {
		return content{}, fmt.Errorf("begin to store a file: %w", err)
	}
	if to.Size, err = s.write(ctx, c, to.ID, r, limit); err != nil {
		s.drop(context.WithoutCancel(ctx), c, to.ID)
		return content{}, err
	}
	return to, nil
}

func (s *Service) write(ctx context.Context, c route.Caller, id int64, r io.Reader, limit int64) (size int64, err error) {
	part := make([]byte, partSize)
	for position := int64(0); ; position++ {
		n, err := io.ReadFull(r, part)
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return 0, fault.New(fault.Invalid, "file", "Expected a whole file, but it ended early: %v.", err)
		}
		if size += int64(n); size > limit {
			return 0, fault.New(fault.TooLarge, "file", "Expected at most %d MB, got more.", limit>>20)
		}
		if n > 0 {
			if err := s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
				_, err := tx.Exec(`INSERT INTO records_content_part (company_id, content_id, position, body) VALUES (@company, ?, ?, ?)`, id, position, part[:n])
				return err
			}); err != nil {
				return 0, fmt.Errorf("store part %d of a file: %w", position, err)
			}
		}
		if last {
			return size, nil
		}
	}
}

// drop removes content that will not be used. If it fails the lane does it later.
func (s *Service) drop(ctx context.Context, c route.Caller, id int64) {
	_ = s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error { return removeContent(tx, id) })
}

func removeContent(tx *store.Tx, id int64) error {
	_, err := tx.Exec(`DELETE FROM records_content WHERE company_id = @company AND id = ?`, id)
	return err
}

// use makes kept bytes somebody's, in the transaction that names them.
func use(tx *store.Tx, of content) error {
	n, err := tx.Exec(`UPDATE records_content SET free_at = 0, size = ? WHERE company_id = @company AND id = ? AND free_at <> 0`, of.Size, of.ID)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "file", "The upload took more than %s and was given up; send the file again.", uploadTime)
	}
	return err
}

// release lets the bytes of something deleted be removed at a later moment.
func release(tx *store.Tx, id int64, at time.Time) error {
	if id == 0 {
		return nil
	}
	if _, err := tx.Exec(`UPDATE records_content SET free_at = ? WHERE company_id = @company AND id = ?`, clock.Micros(at), id); err != nil {
		return err
	}
	return purgeLater(tx, id, at)
}

type purgeJob struct {
	Content int64
	At      int64 // µs
}

func purgeLater(tx *store.Tx, id int64, at time.Time) error {
	payload, err := json.Marshal(purgeJob{id, clock.Micros(at)})
	if err != nil {
		return err
	}
	return lane.Add(tx, lane.Job{Kind: kindPurge, Key: fmt.Sprintf("content:%d:%d", id, clock.Micros(at)), Payload: payload, NotBefore: at})
}

// purge removes bytes that nobody uses. Those that were freed after the job was
// made have a later job of their own.
func (s *Service) purge(_ context.Context, j lane.Job) (func(*store.Tx) error, error) {
	var p purgeJob
	if err := json.Unmarshal(j.Payload, &p); err != nil {
		return nil, err
	}
	return func(tx *store.Tx) error {
		free, err := store.One(tx, store.Value[int64], `SELECT free_at FROM records_content WHERE company_id = @company AND id = ?`+tx.ForUpdate(), p.Content)
		if errors.Is(err, store.ErrNoRows) || err == nil && (free == 0 || free > p.At) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, forget := range []string{
			`UPDATE records_file SET content_id = NULL WHERE company_id = @company AND content_id = ?`,
			`UPDATE records_call SET recording_id = NULL WHERE company_id = @company AND recording_id = ?`,
		} {
			if _, err := tx.Exec(forget, p.Content); err != nil {
				return err
			}
		}
		return removeContent(tx, p.Content)
	}, nil
}

// Stream is the bytes of a file or a recording. It reads a part at a time, each
// in a snapshot of its own, and can be moved to any place in it.
type Stream struct {
	Name string // what people call it
	Type string // a media type
	Size int64  // bytes
	At   time.Time

	db   store.Company
	ctx  context.Context
	id   int64
	pos  int64
	part int64 // which part is in body, -1: none
	body []byte
}

func (s *Service) stream(ctx context.Context, c route.Caller, of content) *Stream {
	return &Stream{Size: of.Size, db: s.db.Company(c.Company), ctx: ctx, id: of.ID, part: -1}
}

// Read reads on from where the stream is.
func (r *Stream) Read(p []byte) (int, error) {
	if r.pos >= r.Size {
		return 0, io.EOF
	}
	if err := r.load(r.pos / partSize); err != nil {
		return 0, err
	}
	from := r.pos % partSize
	if from >= int64(len(r.body)) {
		return 0, fmt.Errorf("read part %d of content %d: it has %d bytes only", r.part, r.id, len(r.body))
	}
	n := copy(p, r.body[from:])
	r.pos += int64(n)
	return n, nil
}

func (r *Stream) load(part int64) error {
	if r.part == part {
		return nil
	}
	return r.db.View(r.ctx, func(tx *store.Tx) error {
		body, err := store.One(tx, store.Value[[]byte], `SELECT body FROM records_content_part WHERE company_id = @company AND content_id = ? AND position = ?`, r.id, part)
		if err != nil {
			return fmt.Errorf("read part %d of content %d: %w", part, r.id, err)
		}
		r.part, r.body = part, body
		return nil
	})
}

// Seek moves the stream, as io.Seeker says.
func (r *Stream) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.pos
	case io.SeekEnd:
		offset += r.Size
	}
	if offset < 0 {
		return 0, fmt.Errorf("seek to %d: before the beginning", offset)
	}
	r.pos = offset
	return offset, nil
}
