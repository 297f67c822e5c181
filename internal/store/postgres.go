package store

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/dockwright/dockwright/internal/fault"
)

const (
	postgresTries  = 5
	noticeInterval = 20 * time.Millisecond // NOTIFY takes a global lock, so notices are gathered
	noticeChannel  = "dockwright"

	beginForgettable = "BEGIN; SET LOCAL synchronous_commit = off"
)

// postgresDB is one schema of a PostgreSQL server.
type postgresDB struct {
	pool   *pgxpool.Pool
	log    *slog.Logger
	owner  *DB
	stop   context.CancelFunc
	group  sync.WaitGroup
	mu     sync.Mutex
	writes atomic.Int64 // under way or waiting for a connection
	queued map[notice]bool
	wake   chan struct{}
}

type notice struct{ Topic, Payload string }

func openPostgres(ctx context.Context, cfg Config, owner *DB) (*postgresDB, error) {
	pc, err := pgxpool.ParseConfig(cfg.URL)
	if err != nil {
		return nil, fault.New(fault.Invalid, "database", "expected postgres://user:password@host/name, %v", err)
	}
	schema := pgx.Identifier{cfg.Schema}.Sanitize()
	pc.ConnConfig.RuntimeParams["search_path"] = schema
	if cfg.Unsafe {
		pc.ConnConfig.RuntimeParams["synchronous_commit"] = "off"
	}
	if pc.MaxConns < 16 {
		pc.MaxConns = 16
	}
	pool, err := pgxpool.NewWithConfig(ctx, pc)
	if err != nil {
		return nil, err
	}
	if !cfg.Migrated {
		if err := migratePostgres(ctx, pool, schema, cfg.Migrations); err != nil {
			pool.Close()
			return nil, err
		}
	}
	loop, stop := context.WithCancel(context.WithoutCancel(ctx))
	db := &postgresDB{pool: pool, log: cfg.Log, owner: owner, stop: stop, queued: map[notice]bool{}, wake: make(chan struct{}, 1)}
	db.group.Go(func() { db.tell(loop, cfg.Schema) })
	db.group.Go(func() { db.hear(loop, cfg.Schema) })
	return db, nil
}

func migratePostgres(ctx context.Context, pool *pgxpool.Pool, schema string, ms []Migrations) error {
	// Nodes that start together take turns: creating a schema or a table "if not
	// exists" is not safe against itself.
	lock, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer lock.Release()
	if _, err := lock.Exec(ctx, "SELECT pg_advisory_lock(72057594037927936)"); err != nil {
		return err
	}
	defer func() { _, _ = lock.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock(72057594037927936)") }()
	if _, err := lock.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+schema); err != nil {
		return err
	}
	std := stdlib.OpenDBFromPool(pool)
	defer std.Close()
	return migrate(ctx, std, Postgres, ms)
}

func (db *postgresDB) update(ctx context.Context, company int64, fn func(*Tx) error) error {
	if db.writes.Add(1) > queueLength {
		db.writes.Add(-1)
		return errFull()
	}
	defer db.writes.Add(-1)
	var opts pgx.TxOptions
	if ctx.Value(forgettable{}) != nil {
		opts.BeginQuery = beginForgettable
	}
	var err error
	for try := range postgresTries {
		if err = db.try(ctx, company, fn, opts); !again(err) {
			return err
		}
		select {
		case <-time.After(time.Duration(try+1) * 5 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return &fault.Error{Kind: fault.Unavailable, Message: "the database is contended, try again", After: time.Second, Err: err}
}

func (db *postgresDB) view(ctx context.Context, company int64, fn func(*Tx) error) error {
	return db.try(ctx, company, fn, pgx.TxOptions{AccessMode: pgx.ReadOnly, IsoLevel: pgx.RepeatableRead})
}

func (db *postgresDB) try(ctx context.Context, company int64, fn func(*Tx) error, opts pgx.TxOptions) error {
	ptx, err := db.pool.BeginTx(ctx, opts)
	if err != nil {
		return unavailable(ctx, err)
	}
	defer func() { _ = ptx.Rollback(context.WithoutCancel(ctx)) }()
	tx := newTx(ctx, db.owner, postgresConn{ptx}, company)
	if err := tx.run(fn); err != nil {
		return err
	}
	if err := ptx.Commit(ctx); err != nil {
		return unavailable(ctx, err)
	}
	tx.committed()
	return nil
}

// unavailable marks what went wrong with the server, not with the request.
func unavailable(ctx context.Context, err error) error {
	if pe, ok := errors.AsType[*pgconn.PgError](err); ctx.Err() != nil || ok && !serverGone(pe.Code) {
		return err
	}
	return unreachable(err)
}

func unreachable(err error) error {
	return &fault.Error{Kind: fault.Unavailable, Message: "the database could not be reached, try again", After: time.Second, Err: err}
}

// again reports whether PostgreSQL asks for the transaction to be run once more.
func again(err error) bool {
	pe, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (pe.Code == "40001" || pe.Code == "40P01")
}

func (db *postgresDB) notify(topic, payload string) {
	db.mu.Lock()
	db.queued[notice{topic, payload}] = true
	db.mu.Unlock()
	select {
	case db.wake <- struct{}{}:
	default:
	}
}

// tell sends the gathered notices outside of any write.
func (db *postgresDB) tell(ctx context.Context, schema string) {
	for {
		select {
		case <-db.wake:
		case <-ctx.Done():
			return
		}
		db.mu.Lock()
		batch := db.queued
		db.queued = map[notice]bool{}
		db.mu.Unlock()
		if err := db.send(ctx, schema, batch); err != nil && ctx.Err() == nil {
			db.log.Warn("notices not sent; others will see the news at their next look", "err", err)
		}
		select {
		case <-time.After(noticeInterval):
		case <-ctx.Done():
			return
		}
	}
}

// send gives all notices in one short transaction, because the server delivers
// notices one transaction at a time.
func (db *postgresDB) send(ctx context.Context, schema string, batch map[notice]bool) error {
	texts := make([]string, 0, len(batch))
	for n := range batch {
		texts = append(texts, schema+"\x1f"+n.Topic+"\x1f"+n.Payload)
	}
	return pgx.BeginTxFunc(ctx, db.pool, pgx.TxOptions{BeginQuery: beginForgettable}, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "SELECT pg_notify($1, text) FROM unnest($2::text[]) AS text", noticeChannel, texts)
		return err
	})
}

// hear passes other nodes' notices on, and reconnects when the line is cut.
func (db *postgresDB) hear(ctx context.Context, schema string) {
	for ctx.Err() == nil {
		if err := db.listen(ctx, schema); err != nil && ctx.Err() == nil {
			db.log.Warn("listening for notices interrupted", "err", err)
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
			}
		}
	}
}

func (db *postgresDB) listen(ctx context.Context, schema string) error {
	c, err := pgx.ConnectConfig(ctx, db.pool.Config().ConnConfig)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	if _, err := c.Exec(ctx, "LISTEN "+noticeChannel); err != nil {
		return err
	}
	for {
		n, err := c.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		db.owner.bus.publishRemote(n.Payload, schema)
	}
}

func (db *postgresDB) close() error {
	db.stop()
	db.group.Wait()
	db.pool.Close()
	return nil
}

type postgresConn struct{ tx pgx.Tx }

func (c postgresConn) exec(ctx context.Context, query string, args []any) (int64, error) {
	tag, err := c.tx.Exec(ctx, query, args...)
	return tag.RowsAffected(), err
}

func (c postgresConn) query(ctx context.Context, query string, args []any) (rows, error) {
	return c.tx.Query(ctx, query, args...)
}

// explain tells a broken line or a server that is going down from a statement's
// own failure.
func (postgresConn) explain(err error) error {
	pe, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case ok && !serverGone(pe.Code):
		return err
	case !ok && !brokenLine(err):
		return err
	}
	return unreachable(err)
}

// serverGone reports the classes of PostgreSQL's appendix A that speak of the
// server: connection exception, insufficient resources, operator intervention.
func serverGone(code string) bool {
	return strings.HasPrefix(code, "08") || strings.HasPrefix(code, "53") || strings.HasPrefix(code, "57P")
}

func brokenLine(err error) bool {
	_, network := errors.AsType[net.Error](err)
	return network || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}
