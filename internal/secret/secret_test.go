package secret_test

import (
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/dockwright/dockwright/internal/secret"
)

func ring(t *testing.T, fill byte) *secret.Keyring {
	t.Helper()
	k, err := secret.NewKeyring([]byte(strings.Repeat(string(rune(fill)), secret.KeySize)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// spec: secret.sealed-place
func TestSealOpensAtItsPlaceOnly(t *testing.T) {
	t.Parallel()
	k := ring(t, 'a')
	for _, plain := range []string{"", "client secret", strings.Repeat("x", 100_000)} {
		sealed, err := k.Seal([]byte(plain), "app/secret/1")
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(sealed, "v1:") || strings.Contains(sealed, "client") {
			t.Fatalf("sealed form is %.60q", sealed)
		}
		got, err := k.Open(sealed, "app/secret/1")
		if err != nil || string(got) != plain {
			t.Fatalf("opened %.20q, %v", got, err)
		}
		if _, err := k.Open(sealed, "app/secret/2"); !errors.Is(err, secret.ErrOpen) {
			t.Fatalf("opened at another place: %v", err)
		}
		if _, err := ring(t, 'b').Open(sealed, "app/secret/1"); !errors.Is(err, secret.ErrOpen) || !strings.Contains(err.Error(), "sealed with key") {
			t.Fatalf("opened with another key: %v", err)
		}
	}
}

func TestSealNeverRepeats(t *testing.T) {
	t.Parallel()
	k := ring(t, 'a')
	one, _ := k.Seal([]byte("same"), "p")
	two, _ := k.Seal([]byte("same"), "p")
	if one == two {
		t.Fatal("the same text twice")
	}
}

func TestOpenRefusesDamage(t *testing.T) {
	t.Parallel()
	k := ring(t, 'a')
	good, _ := k.Seal([]byte("token"), "p")
	last := good[:len(good)-2] + "AA"
	if last == good {
		last = good[:len(good)-2] + "BB"
	}
	for _, bad := range []string{"", "v1", "v1:", "v2" + good[2:], good[:12], good + "!", last, strings.Replace(good, ":", ";", 1)} {
		if _, err := k.Open(bad, "p"); !errors.Is(err, secret.ErrOpen) {
			t.Errorf("Open(%q) = %v", bad, err)
		}
	}
}

func TestMAC(t *testing.T) {
	t.Parallel()
	k := ring(t, 'a')
	seen := map[string]string{}
	for name, mac := range map[string]string{
		"ab,c": k.MAC("visitor", "ab", "c"), "a,bc": k.MAC("visitor", "a", "bc"), "abc": k.MAC("visitor", "abc"),
		"abc,": k.MAC("visitor", "abc", ""), "none": k.MAC("visitor"), "purpose": k.MAC("file", "abc"), "key": ring(t, 'b').MAC("visitor", "abc"),
	} {
		if len(mac) != 43 {
			t.Errorf("MAC of %s has %d characters", name, len(mac))
		}
		if other, ok := seen[mac]; ok {
			t.Errorf("%s and %s have the same MAC", name, other)
		}
		seen[mac] = name
	}
	if k.MAC("visitor", "ab", "c") != ring(t, 'a').MAC("visitor", "ab", "c") {
		t.Error("MAC differs for the same key")
	}
}

func TestHashEqualRandom(t *testing.T) {
	t.Parallel()
	// The vector is FIPS 180-2's for "abc".
	if got := secret.Hash("abc"); got != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Errorf("Hash = %s", got)
	}
	if !secret.Equal("", "") || !secret.Equal("same", "same") || secret.Equal("same", "sam") || secret.Equal("same", "sane") {
		t.Error("Equal is wrong")
	}
	if a, b := secret.Random(16), secret.Random(16); len(a) != 32 || a == b {
		t.Errorf("Random gave %s and %s", a, b)
	}
}

// spec: secret.password
func TestPassword(t *testing.T) {
	t.Parallel()
	hash, err := secret.HashPassword("correct horse")
	if err != nil {
		t.Fatal(err)
	}
	again, _ := secret.HashPassword("correct horse")
	if hash == again || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("hash is %s", hash)
	}
	if !secret.CheckPassword(hash, "correct horse") || secret.CheckPassword(hash, "correct horsf") || secret.CheckPassword(hash, "") {
		t.Error("CheckPassword is wrong")
	}
	for _, bad := range []string{"", "$", "plain", "$argon2id$v=19$m=999999999,t=2,p=1$AAAA$AAAAAAAAAAAAAAAAAAAAAAAA", "$argon2id$v=19$m=19456,t=2,p=1$AAAA$",
		"$argon2id$v=19$m=19456,t=0,p=1$AAAA$AAAAAAAAAAAAAAAAAAAAAAAA", "$argon2i$v=19$m=19456,t=2,p=1$AAAA$AAAAAAAAAAAAAAAAAAAAAAAA"} {
		if secret.CheckPassword(bad, "") {
			t.Errorf("hash %q lets the empty password in", bad)
		}
	}
}

// spec: secret.key-file
func TestLoadMakesOneKeyFile(t *testing.T) {
	// Not parallel: it sets the environment.
	t.Setenv(secret.EnvKey, "")
	dir := filepath.Join(t.TempDir(), "data")
	sealed := make([]string, 8)
	var group sync.WaitGroup
	for i := range sealed {
		group.Go(func() {
			k, err := secret.Load(dir)
			if err != nil {
				t.Error(err)
				return
			}
			sealed[i], _ = k.Seal([]byte("x"), "p")
		})
	}
	group.Wait()
	k, err := secret.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sealed {
		if _, err := k.Open(s, "p"); err != nil {
			t.Errorf("programs that started together have different keys: %v", err)
		}
	}
	info, err := os.Stat(filepath.Join(dir, secret.KeyFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key file: %v, %v", info.Mode(), err)
	}
	left, _ := os.ReadDir(dir)
	if len(left) != 1 {
		t.Errorf("%d files in the data directory, want the key only", len(left))
	}
}

func TestLoadFromEnvironment(t *testing.T) {
	// Not parallel: it sets the environment.
	key := []byte(strings.Repeat("k", secret.KeySize))
	t.Setenv(secret.EnvKey, base64.StdEncoding.EncodeToString(key))
	k, err := secret.Load(filepath.Join(t.TempDir(), "none"))
	if err != nil {
		t.Fatal(err)
	}
	want, _ := secret.NewKeyring(key)
	if k.MAC("p", "x") != want.MAC("p", "x") {
		t.Error("the environment's key was not used")
	}
	for _, bad := range []string{"short", base64.StdEncoding.EncodeToString(key[:31]), "!!"} {
		t.Setenv(secret.EnvKey, bad)
		if _, err := secret.Load(t.TempDir()); err == nil || !strings.Contains(err.Error(), secret.EnvKey) {
			t.Errorf("key %q: %v", bad, err)
		}
	}
	if _, err := secret.NewKeyring(key[:16]); err == nil {
		t.Error("a short key was taken")
	}
}
