package oauthapi

import (
	"encoding/json"
	"net/url"
	"time"
)

// One callback URL receives three things: the browser with GET after consent,
// the host with DELETE after an uninstall, the host with POST when sharing
// changes.

// TimestampFormat is how the host writes Uninstalled.Timestamp. No source says
// which form the original uses.
const TimestampFormat = "2006-01-02T15:04:05.000Z"

// Uninstalled is the body of the DELETE.
type Uninstalled struct {
	ClientID  string `json:"client_id"`
	CompanyID int64  `json:"company_id"`
	UserID    int64  `json:"user_id"`
	Timestamp string `json:"timestamp"`
}

// NewUninstalled writes the time as the host does.
func NewUninstalled(clientID string, company, user int64, at time.Time) Uninstalled {
	return Uninstalled{ClientID: clientID, CompanyID: company, UserID: user, Timestamp: at.UTC().Format(TimestampFormat)}
}

// Sharing is the body of the POST. The mixed naming is the platform's.
type Sharing struct {
	CompanyID int64 `json:"company_id"`
	UserID    int64 `json:"user_id"`
	IsShared  bool  `json:"isShared"`
}

// UnmarshalJSON takes ids as numbers and as strings: no source shows which.
func (u *Uninstalled) UnmarshalJSON(b []byte) error {
	var w struct {
		ClientID  string      `json:"client_id"`
		CompanyID json.Number `json:"company_id"`
		UserID    json.Number `json:"user_id"`
		Timestamp any         `json:"timestamp"`
	}
	err := json.Unmarshal(b, &w)
	if err != nil {
		return err
	}
	u.ClientID = w.ClientID
	if s, ok := w.Timestamp.(string); ok {
		u.Timestamp = s
	}
	if u.CompanyID, err = w.CompanyID.Int64(); err != nil {
		return err
	}
	u.UserID, err = w.UserID.Int64()
	return err
}

// Approved is where the browser is sent after consent.
func Approved(callback, code, state string) (string, error) {
	return withQuery(callback, "code", code, state)
}

// Denied is where the browser is sent after "Cancel".
func Denied(callback, state string) (string, error) {
	return withQuery(callback, "error", UserDenied, state)
}

// withQuery keeps the parameters that the registered callback URL has itself.
func withQuery(callback, key, value, state string) (string, error) {
	u, err := url.Parse(callback)
	if err != nil {
		return "", err
	}
	q := url.Values{key: {value}}
	if state != "" {
		q.Set("state", state)
	}
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += q.Encode()
	return u.String(), nil
}
