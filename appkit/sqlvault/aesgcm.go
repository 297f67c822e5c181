package sqlvault

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
)

// AESGCM seals with AES-GCM, each time with a nonce of its own.
type AESGCM struct {
	keys []cipher.AEAD // the first seals, each opens
}

// errKey is returned for what no key opens.
var errKey = errors.New("no key opens it: it was sealed with another key, for another place, or it is damaged")

// NewAESGCM seals with key, of 16, 24 or 32 random bytes, and opens what it or an
// older key has sealed. To change keys, give the new one and leave the old one
// behind it until every token was refreshed once, which takes an hour for apps in
// use.
func NewAESGCM(key []byte, older ...[]byte) (*AESGCM, error) {
	s := &AESGCM{}
	for i, k := range append([][]byte{key}, older...) {
		block, err := aes.NewCipher(k)
		if err != nil {
			return nil, fmt.Errorf("sqlvault: key %d: expected 16, 24 or 32 bytes, got %d", i+1, len(k))
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, fmt.Errorf("sqlvault: key %d: %w", i+1, err)
		}
		s.keys = append(s.keys, aead)
	}
	return s, nil
}

// Seal implements [Sealer].
func (s *AESGCM) Seal(plain []byte, place string) ([]byte, error) {
	return s.keys[0].Seal(nil, nil, plain, []byte(place)), nil
}

// Open implements [Sealer].
func (s *AESGCM) Open(sealed []byte, place string) ([]byte, error) {
	for _, k := range s.keys {
		if plain, err := k.Open(nil, nil, sealed, []byte(place)); err == nil {
			return plain, nil
		}
	}
	return nil, errKey
}
