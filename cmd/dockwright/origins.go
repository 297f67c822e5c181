package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// originsFile remembers, beside the data, where "up" ran first.
const originsFile = "up.json"

// keepOrigins makes sure that "up" runs where it ran before on this data: the
// app's callback, its tokens and the links in old messages name these origins.
func (s storage) keepOrigins(at addresses) error {
	path := filepath.Join(s.Data, originsFile)
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		raw, err := json.Marshal(at)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(s.Data, 0o700); err != nil {
			return err
		}
		return os.WriteFile(path, append(raw, '\n'), 0o600)
	}
	if err != nil {
		return err
	}
	var before addresses
	if err := json.Unmarshal(raw, &before); err != nil {
		return fmt.Errorf("%s does not say where up ran first: %w", path, err)
	}
	if before != at {
		return fmt.Errorf("the data in %s belongs to %s and %s, where its app is registered, and not to %s and %s; choose the ports with --port and --messaging-port, http or https with --tls, or another directory with --data",
			s.Data, before.Host, before.Messaging, at.Host, at.Messaging)
	}
	return nil
}
