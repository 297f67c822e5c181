package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
)

// storage is the flag group for where data lives.
type storage struct {
	Data     string `help:"Directory for databases and the key file." default:"./dockwright-data" env:"DOCKWRIGHT_DATA" type:"path"`
	Database string `help:"PostgreSQL to use instead of SQLite files: postgres://user:password@host/name." env:"DOCKWRIGHT_DATABASE"`
}

// open opens the database of one building, which is its own file or schema.
func (s storage) open(ctx context.Context, building string, p *process, ms ...store.Migrations) (*store.DB, error) {
	return s.openAt(ctx, clock.System{}, building, p, ms...)
}

// openAt is open with a clock.
func (s storage) openAt(ctx context.Context, now clock.Clock, building string, p *process, ms ...store.Migrations) (*store.DB, error) {
	url := s.Database
	if url == "" {
		url = "sqlite:" + filepath.Join(s.Data, building+".db")
	}
	return store.Open(ctx, store.Config{
		URL: url, Schema: building, Migrations: ms, Clock: now, Log: p.logger.With("database", building), OneCommitPerWrite: p.oneCommitPerWrite,
	})
}

// keys loads the key that seals secrets. Every building on this data directory
// shares it.
func (s storage) keys() (*secret.Keyring, error) {
	k, err := secret.Load(s.Data)
	if err != nil {
		return nil, fmt.Errorf("load the key: %w", err)
	}
	return k, nil
}
