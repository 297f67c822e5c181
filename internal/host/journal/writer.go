package journal

import (
	"context"
	"strconv"
	"time"

	"github.com/dockwright/dockwright/internal/store"
)

// topic is the notice that tells other nodes about new rows.
const topic = "journal"

// writeLoop gathers entries into batches and writes them until the queue is
// closed and empty.
func (j *Journal) writeLoop() {
	defer close(j.done)
	for first := range j.queue {
		batch, waiting, open := j.gather(first)
		j.write(batch)
		for _, s := range waiting {
			close(s)
		}
		if !open {
			return
		}
	}
}

// gather collects what comes within the flush interval after first, and stops
// early when somebody waits for the batch.
func (j *Journal) gather(first *entry) (batch []*entry, waiting []chan struct{}, open bool) {
	timer := time.NewTimer(flushInterval)
	defer timer.Stop()
	for n := first; ; {
		if n.sync != nil {
			return batch, []chan struct{}{n.sync}, true
		}
		j.queued.Add(-n.bytes)
		batch = append(batch, n)
		if len(batch) >= batchEntries {
			return batch, nil, true
		}
		select {
		case n, open = <-j.queue:
			if !open {
				return batch, nil, false
			}
		case <-timer.C:
			return batch, nil, true
		}
	}
}

// write masks and stores a batch and tells who listens. What cannot be stored is
// counted as lost: the journal is a help, not a ledger.
func (j *Journal) write(batch []*entry) {
	if len(batch) == 0 {
		return
	}
	rows := make([]record, len(batch))
	for i, n := range batch {
		rows[i] = newRecord(n.e, j.o.HeadersOnly)
	}
	j.attribute(rows)
	err := j.db.Update(context.Background(), func(tx *store.Tx) error {
		return insert(tx, rows, j.o.MaxBytes)
	})
	if err != nil {
		j.lost.Add(int64(len(batch)))
		j.o.Log.Warn("journal: exchanges not kept", "exchanges", len(batch), "err", err)
		return
	}
	j.tell(rows)
}

// attribute finds out who may see the rows.
func (j *Journal) attribute(rows []record) {
	owners := map[string]int64{}
	for i := range rows {
		r := &rows[i]
		r.seenBy = r.Company
		if r.Company != 0 || r.ClientID == "" || j.o.OwnerOf == nil {
			continue
		}
		owner, known := owners[r.ClientID]
		if !known {
			owner = j.o.OwnerOf(context.Background(), r.ClientID)
			owners[r.ClientID] = owner
		}
		r.seenBy = owner
	}
}

// tell says for whom exchanges were written, each company once.
func (j *Journal) tell(rows []record) {
	told := map[int64]bool{}
	for _, r := range rows {
		if told[r.seenBy] {
			continue
		}
		told[r.seenBy] = true
		j.db.Notify(topic, strconv.FormatInt(r.seenBy, 10))
		if j.o.OnRecorded != nil {
			j.o.OnRecorded(r.seenBy)
		}
	}
}

func parseCompany(payload string) int64 {
	id, err := strconv.ParseInt(payload, 10, 64)
	if err != nil {
		return 0
	}
	return id
}
