package secret

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// EnvKey is the environment variable that holds the key as base64.
const EnvKey = "DOCKWRIGHT_KEY"

// KeyFile is the name of the key file inside a data directory.
const KeyFile = "key"

// Load returns the keyring of the environment's DOCKWRIGHT_KEY, else of the file
// "key" in dir, which it makes with mode 0600 if there is none.
func Load(dir string) (*Keyring, error) {
	if text := os.Getenv(EnvKey); text != "" {
		return parse(text, EnvKey)
	}
	path := filepath.Join(dir, KeyFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := generate(dir, path); err != nil {
			return nil, fmt.Errorf("secret: make key file: %w", err)
		}
		text, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("secret: read key file: %w", err)
	}
	return parse(string(text), path)
}

func parse(text, where string) (*Keyring, error) {
	text = strings.TrimRight(strings.TrimSpace(text), "=")
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		if key, err := enc.DecodeString(text); err == nil && len(key) == KeySize {
			return NewKeyring(key)
		}
	}
	return nil, fmt.Errorf("secret: %s must hold %d random bytes as base64 (make one with: openssl rand -base64 %d)", where, KeySize, KeySize)
}

// generate writes a new key under another name and links it to its place, so
// that two programs that start together agree on whoever came first, and nobody
// reads half a key.
func generate(dir, path string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	// spec: secret.key-file
	f, err := os.CreateTemp(dir, ".key-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	key := make([]byte, KeySize)
	_, _ = rand.Read(key) // never fails: the runtime ends the program instead
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(key) + "\n")
	if e := f.Sync(); err == nil {
		err = e
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
