package journal

import (
	"context"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/store"
)

// rowOverhead is what a row costs besides its texts: numbers and indexes.
const rowOverhead = 200

// record is an exchange as it is written: masked, shortened, texts only.
type record struct {
	Exchange
	seenBy                        int64
	requestHeader, responseHeader string
	requestBody, responseBody     string
}

func (r record) size() int64 {
	return int64(rowOverhead + len(r.URL) + len(r.Path) + len(r.ClientID) + len(r.Err) + len(r.Requirement) + len(r.Surface) +
		len(r.requestHeader) + len(r.responseHeader) + len(r.requestBody) + len(r.responseBody))
}

// insert writes rows and drops the oldest ones when the whole has grown over
// maxBytes.
func insert(tx *store.Tx, rows []record, maxBytes int64) error {
	var added int64
	for _, r := range rows {
		if err := resolveReplay(tx, &r); err != nil {
			return err
		}
		var replayKey any
		if r.ReplayKey != "" {
			replayKey = r.ReplayKey
		}
		size := r.size()
		id, err := store.One(tx, store.Value[int64], `INSERT INTO exchange (at, direction, company_id, seen_by, user_id, client_id,
			method, url, path, status, duration_us, request_size, request_changes, response_size, response_changes,
			error, requirement, replay_of, replay_key, surface, stored_size)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
			clock.Micros(r.At), string(r.Direction), r.Company, r.seenBy, r.User, r.ClientID,
			r.Method, r.URL, r.Path, int64(r.Status), r.Duration.Microseconds(), r.RequestSize, int64(r.RequestChanges),
			r.ResponseSize, int64(r.ResponseChanges), r.Err, r.Requirement, r.ReplayOf, replayKey, r.Surface, size)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO exchange_text (exchange_id, request_header, request_body, response_header, response_body)
			VALUES (?, ?, ?, ?, ?)`, id, r.requestHeader, r.requestBody, r.responseHeader, r.responseBody); err != nil {
			return err
		}
		added += size
	}
	total, err := store.One(tx, store.Value[int64],
		`UPDATE exchange_total SET stored_size = stored_size + ? WHERE one = 1 RETURNING stored_size`, added)
	if err != nil {
		return err
	}
	return evict(tx, total, maxBytes)
}

// evict drops the oldest rows until total is under maxBytes. A little more is
// dropped than must be, so that not every batch has to.
func evict(tx *store.Tx, total, maxBytes int64) error {
	if total <= maxBytes {
		return nil
	}
	goal := maxBytes - maxBytes/50
	type row struct{ id, size int64 }
	for total > goal {
		oldest, err := store.Select(tx, func(s store.Scanner) (r row, err error) {
			return r, s.Scan(&r.id, &r.size)
		}, `SELECT id, stored_size FROM exchange ORDER BY id LIMIT 200`)
		if err != nil {
			return err
		}
		if len(oldest) == 0 {
			total = 0
			break
		}
		var upTo int64
		for _, r := range oldest {
			total -= r.size
			upTo = r.id
			if total <= goal {
				break
			}
		}
		if _, err := tx.Exec(`DELETE FROM exchange_text WHERE exchange_id <= ?`, upTo); err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM exchange WHERE id <= ?`, upTo); err != nil {
			return err
		}
	}
	_, err := tx.Exec(`UPDATE exchange_total SET stored_size = ? WHERE one = 1`, total)
	return err
}

// Forget deletes the exchanges of a company that is removed from the host.
// spec: control.reset
func (j *Journal) Forget(ctx context.Context, company int64) error {
	if j == nil {
		return nil
	}
	if err := j.Flush(ctx); err != nil {
		return err
	}
	return j.db.Update(ctx, func(tx *store.Tx) error {
		size, err := store.One(tx, store.Value[int64],
			`SELECT COALESCE(SUM(stored_size), 0) FROM exchange WHERE company_id = ? OR seen_by = ?`, company, company)
		if err != nil {
			return err
		}
		for _, query := range []string{
			`DELETE FROM exchange_text WHERE exchange_id IN (SELECT id FROM exchange WHERE company_id = ? OR seen_by = ?)`,
			`DELETE FROM exchange WHERE company_id = ? OR seen_by = ?`,
		} {
			if _, err := tx.Exec(query, company, company); err != nil {
				return err
			}
		}
		_, err = tx.Exec(`UPDATE exchange_total SET stored_size = stored_size - ? WHERE one = 1`, size)
		return err
	})
}
