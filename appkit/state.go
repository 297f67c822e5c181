package appkit

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// stateLife is how long a person may take over the consent screen.
const stateLife = 15 * time.Minute

// ErrState is returned by [States.Check] when the callback does not belong to a
// flow that this browser began: somebody may be trying to connect their account
// in another person's browser.
var ErrState = errors.New("appkit: this browser did not begin this installation, or began it too long ago")

// ErrNoState is returned by [States.Check] when the callback has no state at
// all, as when the host began the flow by itself. Begin again with
// [States.Begin].
var ErrNoState = errors.New("appkit: the callback has no state")

// States binds an install flow to the browser that began it: a cookie holds a
// random value, and the state parameter is its signature with an expiry.
type States struct {
	// Cookie is the cookie's name. Prefix it with the app's name: ports do not
	// separate cookies.
	Cookie string
	// Path is the callback's path.
	Path string
	// Key signs states. All nodes of an app need the same.
	Key []byte
	// Secure marks the cookie for https only.
	Secure bool
	Now    func() time.Time
}

// Begin sets the cookie and returns the state for [OAuth.AuthorizeURL].
func (s *States) Begin(w http.ResponseWriter) string {
	nonce := make([]byte, 18)
	_, _ = rand.Read(nonce) // never fails: the runtime ends the program instead
	value := base64.RawURLEncoding.EncodeToString(nonce)
	until := strconv.FormatInt(nowOr(s.Now).Add(stateLife).Unix(), 10)
	s.set(w, value, int(stateLife/time.Second))
	return until + "." + s.sign(value, until)
}

// Check compares the request's state with its cookie, and takes the cookie away:
// a state works once per browser.
func (s *States) Check(w http.ResponseWriter, r *http.Request) error {
	state := r.URL.Query().Get("state")
	if state == "" {
		return ErrNoState
	}
	cookie, err := r.Cookie(s.Cookie)
	if err != nil {
		return ErrState
	}
	s.set(w, "", -1)
	until, sig, _ := strings.Cut(state, ".")
	if subtle.ConstantTimeCompare([]byte(sig), []byte(s.sign(cookie.Value, until))) != 1 {
		return ErrState
	}
	unix, err := strconv.ParseInt(until, 10, 64)
	if err != nil || nowOr(s.Now).Unix() > unix {
		return ErrState
	}
	return nil
}

func (s *States) sign(value, until string) string {
	h := hmac.New(sha256.New, s.Key)
	h.Write([]byte("oauth state\x00" + value + "\x00" + until))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// set writes the cookie. Lax, because the callback is a navigation that comes
// from the host's site.
func (s *States) set(w http.ResponseWriter, value string, age int) {
	http.SetCookie(w, &http.Cookie{
		Name: s.Cookie, Value: value, Path: s.Path, MaxAge: age,
		HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteLaxMode,
	})
}
