//go:build unix

package store

import (
	"os"
	"path/filepath"
	"syscall"

	"github.com/dockwright/dockwright/internal/fault"
)

// fileLock keeps a second process away from a database file. The kernel lets go
// of it when the process ends, however it ends.
type fileLock struct{ f *os.File }

func lockFile(path string) (*fileLock, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fault.New(fault.Conflict, "data", "another process is using the data in %s; stop it, or give this one a directory of its own with --data", filepath.Dir(path))
	}
	return &fileLock{f}, nil
}

func (l *fileLock) release() { _ = l.f.Close() }
