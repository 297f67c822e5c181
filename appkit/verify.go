package appkit

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/dockwright/dockwright/internal/dial"
	"github.com/dockwright/dockwright/pipedrive/oauthapi"
)

// VerifyBasic reports whether r carries the app's credentials, as every call of
// a host to a provider endpoint does. It takes the same time whatever came, and
// never accepts empty credentials.
func VerifyBasic(r *http.Request, c Credentials) bool {
	id, secret, ok := r.BasicAuth()
	same := equal(id, c.ClientID) & equal(secret, c.Secret)
	return ok && same == 1 && c.ClientID != "" && c.Secret != ""
}

// equal compares digests, so that not even the length of a secret shows.
func equal(a, b string) int {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:])
}

// RequireBasic lets requests through that carry the app's credentials and has
// refuse answer the others. The credentials are asked for at each request, so
// they may change.
func RequireBasic(credentials func(*http.Request) (Credentials, error), refuse http.HandlerFunc, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := credentials(r)
		if err != nil || !VerifyBasic(r, c) {
			w.Header().Set("WWW-Authenticate", `Basic realm="provider"`)
			refuse(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Uninstall is what a host sends to the callback URL, by DELETE with the app's
// Basic credentials, after a user has uninstalled the app.
type Uninstall struct {
	Account
	ClientID string
	At       time.Time // zero when the host gives none that can be read
}

// Sharing is what a host sends to the callback URL, by POST, when an
// installation begins or ends to be shared with the whole company.
type Sharing struct {
	Account
	Shared bool
}

// callbackLimit bounds the body of a callback, in bytes.
const callbackLimit = 64 << 10

// ParseUninstall reads an uninstall callback. Check [VerifyBasic] before.
func ParseUninstall(r *http.Request) (Uninstall, error) {
	var body oauthapi.Uninstalled
	if err := readCallback(r, &body); err != nil {
		return Uninstall{}, err
	}
	u := Uninstall{Account: Account{body.CompanyID, body.UserID}, ClientID: body.ClientID}
	u.At, _ = time.Parse(time.RFC3339Nano, body.Timestamp)
	return u, u.Account.check()
}

// ParseSharing reads a sharing callback.
func ParseSharing(r *http.Request) (Sharing, error) {
	var body struct {
		CompanyID looseInt `json:"company_id"`
		UserID    looseInt `json:"user_id"`
		IsShared  *bool    `json:"isShared"`
	}
	if err := readCallback(r, &body); err != nil {
		return Sharing{}, err
	}
	s := Sharing{Account: Account{int64(body.CompanyID), int64(body.UserID)}}
	if body.IsShared == nil {
		return Sharing{}, errors.New("isShared: expected true or false")
	}
	s.Shared = *body.IsShared
	return s, s.Account.check()
}

func (a Account) check() error {
	if a.Company <= 0 {
		return errors.New("company_id: expected a number above 0")
	}
	if a.User <= 0 {
		return errors.New("user_id: expected a number above 0")
	}
	return nil
}

func readCallback(r *http.Request, into any) error {
	raw, err := dial.ReadAll(r.Body, callbackLimit)
	if err != nil {
		return fmt.Errorf("body: %w", err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("body: expected a JSON object: %w", err)
	}
	return nil
}

// looseInt is an id that some hosts send as a number and some as text.
type looseInt int64

// UnmarshalJSON implements json.Unmarshaler.
func (n *looseInt) UnmarshalJSON(raw []byte) error {
	var v json.Number
	if err := json.Unmarshal(raw, &v); err != nil {
		return fmt.Errorf("expected a whole number, got %.40s", raw)
	}
	i, err := v.Int64()
	if err != nil {
		return fmt.Errorf("expected a whole number, got %.40s", raw)
	}
	*n = looseInt(i)
	return nil
}
