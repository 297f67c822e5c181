//go:build !unix

package store

import (
	"os"
	"path/filepath"

	"github.com/dockwright/dockwright/internal/fault"
)

// fileLock keeps a second process away from a database file by holding it open
// under a name that cannot be opened for writing twice.
type fileLock struct {
	f    *os.File
	path string
}

func lockFile(path string) (*fileLock, error) {
	_ = os.Remove(path) // fails while another process holds it
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fault.New(fault.Conflict, "data", "another process is using the data in %s; stop it, or give this one a directory of its own with --data", filepath.Dir(path))
	}
	return &fileLock{f, path}, nil
}

func (l *fileLock) release() {
	_ = l.f.Close()
	_ = os.Remove(l.path)
}
