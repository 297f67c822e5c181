package store

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"modernc.org/sqlite" // also registers the driver named "sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

const (
	sqliteReaders = 4    // snapshots that may be open at once
	queueLength   = 1024 // writes that may wait; more are answered "try again"
	batchLength   = 256  // writes that may share a commit
)

// sqliteDB has one write connection, owned by one goroutine that gathers
// waiting writes into shared commits, and a few read-only connections.
type sqliteDB struct {
	owner   *DB
	log     *slog.Logger
	lock    *fileLock
	pools   []*sql.DB
	writer  *sqliteConn
	readers chan *sqliteConn // that rest
	spare   chan struct{}    // for each connection that was not needed so far
	queue   chan *write
	batch   int

	mu      sync.RWMutex // guards closing: held for reading while sending to queue
	closing bool
	done    chan struct{} // closed when the last write is through
	ended   chan struct{} // closed when no snapshot is given any more
}

func openSQLite(ctx context.Context, cfg Config, owner *DB) (*sqliteDB, error) {
	path := strings.TrimPrefix(cfg.URL, "sqlite:")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	// spec: store.one-process
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, err
	}
	if err := touch(path); err != nil {
		lock.release()
		return nil, err
	}
	db := &sqliteDB{
		owner: owner,
		log:   cfg.Log, lock: lock, batch: batchLength,
		readers: make(chan *sqliteConn, sqliteReaders),
		spare:   make(chan struct{}, sqliteReaders),
		queue:   make(chan *write, queueLength),
		done:    make(chan struct{}),
		ended:   make(chan struct{}),
	}
	if cfg.OneCommitPerWrite {
		db.batch = 1
	}
	if err := db.connect(ctx, cfg, path); err != nil {
		for _, p := range db.pools {
			_ = p.Close()
		}
		lock.release()
		return nil, err
	}
	go db.writeLoop()
	return db, nil
}

// touch makes the file for nobody else to read, if it is not there; SQLite makes
// its side files like it. It needs the lock: closing a database file takes
// SQLite's own locks from a process that has it open.
// spec: store.private-files
func touch(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func (db *sqliteDB) connect(ctx context.Context, cfg Config, path string) error {
	// Pragmas belong to a connection, so they stand in the name it is opened by.
	sync := "FULL"
	if cfg.Unsafe {
		sync = "OFF"
	}
	common := "&_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)&_pragma=temp_store(MEMORY)&_pragma=cache_size(-8000)"
	// The log is copied back every 16 MB, not every 4: fewer waits for the disk
	// while messages pour in, for a log that is a little longer.
	file := "file:" + (&url.URL{Path: path}).EscapedPath()
	w, err := sql.Open("sqlite", file+"?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=wal_autocheckpoint(4000)&_pragma=synchronous("+sync+")"+common)
	if err != nil {
		return err
	}
	db.pools = append(db.pools, w)
	w.SetMaxOpenConns(1)
	if !cfg.Migrated {
		if err := migrate(ctx, w, SQLite, cfg.Migrations); err != nil {
			return err
		}
	}
	if db.writer, err = newSQLiteConn(ctx, w); err != nil {
		return err
	}
	r, err := sql.Open("sqlite", file+"?mode=ro&_pragma=query_only(1)"+common)
	if err != nil {
		return err
	}
	db.pools = append(db.pools, r)
	r.SetMaxOpenConns(sqliteReaders)
	for range sqliteReaders {
		db.spare <- struct{}{}
	}
	return nil
}

// reader is a connection that rests, else a new one: each reads the whole schema
// when it is opened, so there are only as many as were needed at once.
func (db *sqliteDB) reader(ctx context.Context) (*sqliteConn, error) {
	select {
	case c := <-db.readers:
		return c, nil
	default:
	}
	select {
	case c := <-db.readers:
		return c, nil
	case <-db.spare:
		c, err := newSQLiteConn(ctx, db.pools[1])
		if err != nil {
			db.spare <- struct{}{}
		}
		return c, err
	case <-db.ended:
		return nil, errClosing()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (db *sqliteDB) view(ctx context.Context, company int64, fn func(*Tx) error) error {
	c, err := db.reader(ctx)
	if err != nil {
		return err
	}
	defer func() { db.readers <- c }()
	if _, err := c.exec(ctx, "BEGIN", nil); err != nil {
		return err
	}
	defer func() {
		if _, err := c.exec(context.Background(), "ROLLBACK", nil); err != nil {
			db.log.Error("end of a snapshot failed", "err", err)
		}
	}()
	return newTx(ctx, db.owner, c, company).run(fn)
}

// notify has nobody else to tell: the file is locked by this process.
func (db *sqliteDB) notify(string, string) {}

func (db *sqliteDB) close() error {
	db.mu.Lock()
	if db.closing {
		db.mu.Unlock()
		return nil
	}
	db.closing = true
	close(db.queue)
	db.mu.Unlock()
	<-db.done
	close(db.ended)
	for range sqliteReaders {
		select {
		case c := <-db.readers:
			c.close()
		case <-db.spare:
		}
	}
	db.writer.close()
	// The writer's connection goes last: only it can copy the log back, so that
	// the database is one file again.
	var err error
	for _, p := range slices.Backward(db.pools) {
		if e := p.Close(); e != nil && err == nil {
			err = e
		}
	}
	db.lock.release()
	return err
}

// sqliteConn is one connection with its prepared statements.
type sqliteConn struct {
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
}

func newSQLiteConn(ctx context.Context, pool *sql.DB) (*sqliteConn, error) {
	c, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &sqliteConn{conn: c, stmts: map[string]*sql.Stmt{}}, nil
}

func (c *sqliteConn) stmt(query string) (*sql.Stmt, error) {
	if s, ok := c.stmts[query]; ok {
		return s, nil
	}
	s, err := c.conn.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, err
	}
	if len(c.stmts) > 1000 { // lists with many places make many texts
		for q, old := range c.stmts {
			_ = old.Close()
			delete(c.stmts, q)
		}
	}
	c.stmts[query] = s
	return s, nil
}

func (c *sqliteConn) exec(ctx context.Context, query string, args []any) (int64, error) {
	s, err := c.stmt(query)
	if err != nil {
		return 0, err
	}
	res, err := s.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (c *sqliteConn) query(ctx context.Context, query string, args []any) (rows, error) {
	s, err := c.stmt(query)
	if err != nil {
		return nil, err
	}
	rs, err := s.QueryContext(ctx, args...)
	if err != nil {
		return nil, err
	}
	return sqliteRows{rs}, nil
}

// explain tells a full or failing disk from a statement's own failure.
func (*sqliteConn) explain(err error) error {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_BUSY:
			return notStored(err)
		}
	}
	return err
}

func (c *sqliteConn) close() {
	for _, s := range c.stmts {
		_ = s.Close()
	}
	_ = c.conn.Close()
}

type sqliteRows struct{ *sql.Rows }

// Close drops the error of closing, which Err has told already.
func (r sqliteRows) Close() { _ = r.Rows.Close() }
