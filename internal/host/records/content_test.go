package records

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

var keeper = route.Caller{Company: 1, User: 1, Admin: true}

func contents(t *testing.T, fn func(t *testing.T, s *Service)) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(...store.Migrations) *store.DB) {
		fn(t, New(open(lane.Migrations, live.Migrations, Migrations)))
	})
}

func count(t *testing.T, s *Service, query string, args ...any) (n int64) {
	t.Helper()
	err := s.db.Company(1).View(t.Context(), func(tx *store.Tx) (err error) {
		n, err = store.One(tx, store.Value[int64], query, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

const (
	countParts    = `SELECT COUNT(*) FROM records_content_part WHERE company_id = @company`
	countContents = `SELECT COUNT(*) FROM records_content WHERE company_id = @company`
)

// A file is stored in parts and read from any place; one that is too large or
// ends early leaves nothing behind.
func TestContentInParts(t *testing.T) {
	contents(t, func(t *testing.T, s *Service) {
		body := bytes.Repeat([]byte("0123456789abcdef"), 3*partSize/16+1)
		u, err := s.Receive(t.Context(), keeper, "a.txt", iotest.HalfReader(bytes.NewReader(body)))
		if err != nil {
			t.Fatal(err)
		}
		if n := count(t, s, countParts); n != 4 || u.Size != int64(len(body)) {
			t.Errorf("%d parts of %d bytes, want 4 of %d", n, u.Size, len(body))
		}
		f, err := s.CreateFile(t.Context(), keeper, File{}, u)
		if err != nil {
			t.Fatal(err)
		}
		r, err := s.FileContent(t.Context(), keeper, f.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := iotest.TestReader(r, body); err != nil {
			t.Error(err)
		}
		if _, err := s.FileContent(t.Context(), route.Caller{Company: 2, User: 1, Admin: true}, f.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("another company's file: %v", err)
		}
		if _, err := s.keep(t.Context(), keeper, bytes.NewReader(body), partSize); fault.KindOf(err) != fault.TooLarge {
			t.Errorf("too large: %v", err)
		}
		cut := io.MultiReader(bytes.NewReader(body), iotest.ErrReader(errors.New("hung up")))
		if _, err := s.Receive(t.Context(), keeper, "b.txt", cut); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "hung up") {
			t.Errorf("a sender that hangs up: %v", err)
		}
		if n := count(t, s, countContents); n != 1 {
			t.Errorf("%d contents, want the one that was used", n)
		}
		if _, err := s.CreateFile(t.Context(), keeper, File{}, u); fault.KindOf(err) != fault.Conflict {
			t.Errorf("an upload used twice: %v", err)
		}
	})
}

// purgeAll does the jobs that are due at a moment.
func purgeAll(t *testing.T, s *Service, at time.Time) {
	t.Helper()
	err := s.db.Company(1).Update(t.Context(), func(tx *store.Tx) error {
		due, err := store.Select(tx, store.Value[[]byte], `SELECT payload FROM lane_job WHERE company_id = @company AND kind = ? AND not_before <= ?`, kindPurge, clock.Micros(at))
		if err != nil {
			return err
		}
		for _, payload := range due {
			commit, err := s.purge(t.Context(), lane.Job{Payload: json.RawMessage(payload)})
			if err != nil {
				return err
			}
			if err := commit(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// spec: rest.files.purge
func TestContentIsPurged(t *testing.T) {
	contents(t, func(t *testing.T, s *Service) {
		now := s.db.Now()
		if _, err := s.Receive(t.Context(), keeper, "never used", strings.NewReader("abc")); err != nil {
			t.Fatal(err)
		}
		u, err := s.Receive(t.Context(), keeper, "a.txt", strings.NewReader("abc"))
		if err != nil {
			t.Fatal(err)
		}
		f, err := s.CreateFile(t.Context(), keeper, File{}, u)
		if err != nil {
			t.Fatal(err)
		}
		purgeAll(t, s, now.Add(uploadTime-time.Minute))
		if n := count(t, s, countContents); n != 2 {
			t.Errorf("before a day is over: %d contents, want 2", n)
		}
		purgeAll(t, s, now.Add(uploadTime+time.Minute))
		if n := count(t, s, countContents); n != 1 {
			t.Errorf("after a day: %d contents, want the used one", n)
		}
		if err := s.DeleteFile(t.Context(), keeper, f.ID); err != nil {
			t.Fatal(err)
		}
		purgeAll(t, s, now.Add(purgeAfter-time.Minute))
		if n := count(t, s, countParts); n != 1 {
			t.Errorf("before 30 days: %d parts, want 1", n)
		}
		purgeAll(t, s, now.Add(purgeAfter+time.Hour))
		if n := count(t, s, countParts) + count(t, s, countContents); n != 0 {
			t.Errorf("after 30 days: %d rows, want none", n)
		}
	})
}
