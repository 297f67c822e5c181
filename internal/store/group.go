package store

import (
	"context"
	"errors"
	"runtime"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/dockwright/dockwright/internal/fault"
)

// write is a transaction on its way through the writer.
type write struct {
	fn      func(*Tx) error
	company int64
	tx      *Tx
	err     error
	paniced any
	exited  bool // the function ended its goroutine
	done    chan struct{}
}

func (db *sqliteDB) update(ctx context.Context, company int64, fn func(*Tx) error) error {
	w := &write{fn: fn, company: company, done: make(chan struct{})}
	if err := db.enqueue(ctx, w); err != nil {
		return err
	}
	// spec: store.durable-answer
	// The write is under way and cannot be called back: its outcome must be known.
	<-w.done
	switch {
	case w.paniced != nil:
		panic(w.paniced) // the caller's own, carried over from the writer's goroutine
	case w.exited:
		runtime.Goexit()
	case w.err == nil:
		w.tx.committed()
	}
	return w.err
}

func (db *sqliteDB) enqueue(ctx context.Context, w *write) error {
	db.mu.RLock()
	defer db.mu.RUnlock()
	if db.closing {
		return errClosing()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case db.queue <- w:
		return nil
	default:
		return errFull()
	}
}

func errFull() error {
	return &fault.Error{Kind: fault.Unavailable, Message: "too many writes are waiting, try again", After: time.Second}
}

func errClosing() error { return fault.New(fault.Unavailable, "", "the database is closing") }

// writeLoop owns the write connection. It gathers the writes that came while
// the last commit was under way into the next one.
func (db *sqliteDB) writeLoop() {
	var batch []*write
	finished := false
	defer func() {
		if finished {
			close(db.done)
			return
		}
		// A function ended this goroutine (as a test's FailNow does).
		db.undo(batch, nil)
		answer(batch)
		go db.writeLoop()
	}()
	for first := range db.queue {
		batch = db.gather(first)
		db.store(batch)
		answer(batch)
	}
	finished = true
}

func (db *sqliteDB) gather(first *write) []*write {
	batch := append(make([]*write, 0, 16), first)
	for len(batch) < db.batch {
		select {
		case w, open := <-db.queue:
			if !open {
				return batch
			}
			batch = append(batch, w)
		default:
			return batch
		}
	}
	return batch
}

func answer(batch []*write) {
	for _, w := range batch {
		close(w.done)
	}
}

// outcome is what became of a batch.
type outcome int

const (
	settled outcome = iota // each write knows how it went
	failed                 // one has failed after it changed something
	refused                // the commit found a broken reference
)

// store commits a batch. The first try does without savepoints: then a write
// that fails after it changed something leaves no other way than to undo the
// batch and run it again with a savepoint around each write, so that the one
// that fails takes nothing with it. Such failures are rare, and two statements
// less per write are not. What only shows at the commit, a deferred reference,
// is found by giving each write a commit of its own.
// spec: store.batch-apart
func (db *sqliteDB) store(batch []*write) {
	what := db.commit(batch, false)
	if what == failed {
		what = db.commit(batch, true)
	}
	if what == refused {
		for i := range batch {
			db.commit(batch[i:i+1], false)
		}
	}
}

// commit runs the writes of a batch in one transaction. A batch of one is always
// settled.
func (db *sqliteDB) commit(batch []*write, savepoints bool) outcome {
	if err := db.step("BEGIN IMMEDIATE"); err != nil {
		db.undo(batch, err)
		return settled
	}
	for _, w := range batch {
		w.tx, w.err, w.paniced = newTx(context.Background(), db.owner, db.writer, w.company), nil, nil
		if savepoints {
			if err := db.inSavepoint(w); err != nil {
				db.undo(batch, err)
				return settled
			}
			continue
		}
		if w.run(); w.left() {
			_ = db.step("ROLLBACK")
			if len(batch) > 1 {
				return failed
			}
			return settled
		}
	}
	if err := db.step("COMMIT"); err != nil {
		return db.notCommitted(batch, err)
	}
	return settled
}

func (db *sqliteDB) notCommitted(batch []*write, err error) outcome {
	if e, ok := errors.AsType[*sqlite.Error](err); ok && e.Code() == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY {
		_ = db.step("ROLLBACK")
		if len(batch) > 1 {
			return refused
		}
		batch[0].err = err // the write's own fault, whatever it said
		return settled
	}
	db.log.Error("commit failed", "writes", len(batch), "err", err)
	db.undo(batch, err)
	return settled
}

// inSavepoint runs one write so that it can be undone alone. Its error is about
// the transaction, not about the write.
func (db *sqliteDB) inSavepoint(w *write) error {
	if err := db.step("SAVEPOINT one"); err != nil {
		return err
	}
	w.run()
	if w.err != nil || w.paniced != nil {
		if err := db.step("ROLLBACK TO one"); err != nil {
			return err
		}
	}
	return db.step("RELEASE one")
}

func (db *sqliteDB) step(stmt string) error {
	_, err := db.writer.exec(context.Background(), stmt, nil)
	return err
}

// undo rolls the batch back and tells those that would have been stored.
func (db *sqliteDB) undo(batch []*write, err error) {
	_ = db.step("ROLLBACK") // fails if SQLite has done it already
	for _, w := range batch {
		if w.err == nil && w.paniced == nil && !w.exited {
			w.err = notStored(err)
		}
	}
}

func notStored(err error) error {
	// spec: store.unavailable
	return &fault.Error{Kind: fault.Unavailable, Message: "the database could not store this, try again", After: time.Second, Err: err}
}

// run calls the function; a panic in it belongs to its caller, not to the writer.
func (w *write) run() {
	w.exited = true
	defer func() {
		if w.paniced = recover(); w.paniced != nil {
			w.exited = false
		}
	}()
	w.err = w.tx.run(w.fn)
	w.exited = false
}

// left reports whether a write that failed may have left something behind. A
// failed statement counts, because some failures end the whole transaction.
func (w *write) left() bool {
	return (w.err != nil || w.paniced != nil) && (w.tx.shared.wrote || w.tx.shared.failed != nil)
}
