// Package secret keeps what must not be read by whoever gets hold of a database
// file: tokens are looked up by their hash, what must be sent again is sealed,
// links and visitor tokens are signed, passwords are hashed slowly.
package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// KeySize is the length of a key in bytes.
const KeySize = 32

const sealVersion = "v1"

// ErrOpen is returned by Open for a text that was not sealed with this key for
// this place: damaged, moved from another row, or sealed with an older key.
var ErrOpen = errors.New("secret: cannot be opened with this key at this place")

// A Keyring seals and signs with keys that are all derived from one master key.
// It is safe for concurrent use.
type Keyring struct {
	id   string
	seal cipher.AEAD
	prk  []byte   // from which purposes get their keys
	subs sync.Map // purpose → sub-key
}

// NewKeyring returns a Keyring over a master key of KeySize random bytes.
func NewKeyring(key []byte) (*Keyring, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("secret: a key has %d bytes, got %d", KeySize, len(key))
	}
	prk, err := hkdf.Extract(sha256.New, key, []byte("dockwright"))
	if err != nil {
		return nil, err
	}
	k := &Keyring{prk: prk}
	sealing, err := k.derive("seal")
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(sealing)
	if err != nil {
		return nil, err
	}
	if k.seal, err = cipher.NewGCM(block); err != nil {
		return nil, err
	}
	id := sha256.Sum256(append([]byte("dockwright key id\x00"), prk...))
	k.id = hex.EncodeToString(id[:4])
	return k, nil
}

func (k *Keyring) derive(info string) ([]byte, error) {
	return hkdf.Expand(sha256.New, k.prk, info, KeySize)
}

// Seal encrypts plain for one place, which names table, column and row. The
// text opens at that place only, so a row's secret cannot be copied to another.
// The form is "v1:<key id>:<base64url of nonce and ciphertext>".
// spec: secret.sealed-place
func (k *Keyring) Seal(plain []byte, place string) (string, error) {
	nonce := make([]byte, k.seal.NonceSize(), k.seal.NonceSize()+len(plain)+k.seal.Overhead())
	if _, err := rand.Read(nonce); err != nil {
		return "", fmt.Errorf("secret: seal %s: %w", place, err)
	}
	box := k.seal.Seal(nonce, nonce, plain, k.associated(place))
	return sealVersion + ":" + k.id + ":" + base64.RawURLEncoding.EncodeToString(box), nil
}

// Open decrypts what Seal made for the same place. Its error wraps ErrOpen.
func (k *Keyring) Open(sealed, place string) ([]byte, error) {
	version, rest, _ := strings.Cut(sealed, ":")
	id, text, ok := strings.Cut(rest, ":")
	if !ok || version != sealVersion {
		return nil, fmt.Errorf("%w: %s: not a sealed text", ErrOpen, place)
	}
	if id != k.id {
		return nil, fmt.Errorf("%w: %s: sealed with key %s, this is key %s", ErrOpen, place, id, k.id)
	}
	box, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(box) < k.seal.NonceSize() {
		return nil, fmt.Errorf("%w: %s: damaged", ErrOpen, place)
	}
	n := k.seal.NonceSize()
	plain, err := k.seal.Open(nil, box[:n], box[n:], k.associated(place))
	if err != nil {
		return nil, fmt.Errorf("%w: %s", ErrOpen, place)
	}
	return plain, nil
}

func (k *Keyring) associated(place string) []byte {
	return []byte(sealVersion + ":" + k.id + ":" + place)
}

// MAC signs parts for a purpose with HMAC-SHA256 and returns base64url without
// padding, 43 characters. Each purpose has a key of its own; it is a constant of
// the program. Parts are signed with their lengths, so ("ab", "c") and
// ("a", "bc") differ.
func (k *Keyring) MAC(purpose string, parts ...string) string {
	sub, ok := k.subs.Load(purpose)
	if !ok {
		// Expand fails only for lengths far beyond KeySize.
		key, _ := k.derive("mac:" + purpose)
		sub, _ = k.subs.LoadOrStore(purpose, key)
	}
	h := hmac.New(sha256.New, sub.([]byte))
	var size [8]byte
	for _, p := range parts {
		binary.BigEndian.PutUint64(size[:], uint64(len(p)))
		h.Write(size[:])
		h.Write([]byte(p))
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// Hash is the SHA-256 of a token in hex, under which it is stored and looked
// up. It is for random tokens only: a password needs HashPassword.
func Hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Equal compares two secrets of any lengths in a time that tells nothing about
// either.
func Equal(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// Random returns so many random bytes as hex, twice as many characters.
func Random(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails: the runtime ends the program instead
	return hex.EncodeToString(b)
}
