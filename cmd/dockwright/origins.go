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
		return s.writeOrigins(path, at)
	}
	if err != nil {
		return err
	}
	var before addresses
	if err := json.Unmarshal(raw, &before); err != nil {
		return fmt.Errorf("%s does not say where up ran first: %w", path, err)
	}
	if before.KitchenSink == "" { // written before there was one
		before.KitchenSink = at.KitchenSink
	}
	if before != at {
		return fmt.Errorf("the data in %s belongs to %s, where its apps are registered, and not to %s; choose the ports with --port, --messaging-port and --kitchensink-port, http or https with --tls, or another directory with --data",
			s.Data, before, at)
	}
	return s.writeOrigins(path, at)
}

func (s storage) writeOrigins(path string, at addresses) error {
	raw, err := json.Marshal(at)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.Data, 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, append(raw, '\n'), 0o600)
}

// String lists the origins for an error message.
func (a addresses) String() string {
	return a.Host + ", " + a.Messaging + " and " + a.KitchenSink
}
