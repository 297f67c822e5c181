package surfaceapi

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// Params are the query parameters with which the CRM loads an iframe.
type Params struct {
	UserID    int64 // who looks at it
	CompanyID int64
	// Token is the signed token; see [Claims].
	Token string
	// ID names this loading of the iframe. The SDK reads it and says it in every
	// message.
	ID    string
	Theme Theme
	// Resource and View are where it is shown: deal, person, organization or
	// activity; details or list. Floating windows and settings pages have neither.
	Resource, View string
	// SelectedIDs are the record on whose page it is shown, or those ticked in a
	// list.
	SelectedIDs []int64
	// Data is what open_modal was given, as a JSON object of strings; nil without.
	Data json.RawMessage
	// Context is what redirect_to gave to a settings page, as a JSON object; nil
	// without.
	Context json.RawMessage
}

// Address is address with the parameters added. What the address has in its own
// query stays, unless it has the name of a parameter.
// spec: surface.params
func (p Params) Address(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", fmt.Errorf("address of an iframe: %w", err)
	}
	q := u.Query()
	set := func(name, value string) {
		q.Del(name)
		if value != "" {
			q.Set(name, value)
		}
	}
	set("userId", strconv.FormatInt(p.UserID, 10))
	set("companyId", strconv.FormatInt(p.CompanyID, 10))
	set("token", p.Token)
	set("id", p.ID)
	set("theme", string(p.Theme))
	set("resource", p.Resource)
	set("view", p.View)
	set("selectedIds", joinIDs(p.SelectedIDs))
	set("data", string(p.Data))
	set("context", string(p.Context))
	// Some pages read data with decodeURIComponent, which leaves a plus as it is.
	u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20")
	return u.String(), nil
}

// ParseParams reads the parameters of an iframe's address on the app's side. It
// takes what hosts are known to leave out, and refuses what cannot be read with
// an error that names the parameter.
func ParseParams(q url.Values) (Params, error) {
	p := Params{
		Token: q.Get("token"), ID: q.Get("id"), Theme: Light,
		Resource: q.Get("resource"), View: q.Get("view"),
	}
	if q.Get("theme") == string(Dark) {
		p.Theme = Dark
	}
	for _, n := range []struct {
		name string
		into *int64
	}{{"userId", &p.UserID}, {"companyId", &p.CompanyID}} {
		s := q.Get(n.name)
		if s == "" {
			continue
		}
		v, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return Params{}, fmt.Errorf("%s: expected a whole number, got %q", n.name, s)
		}
		*n.into = v
	}
	if s := q.Get("selectedIds"); s != "" {
		for part := range strings.SplitSeq(s, ",") {
			v, err := strconv.ParseInt(strings.TrimSpace(part), 10, 64)
			if err != nil {
				return Params{}, fmt.Errorf("selectedIds: expected whole numbers separated by commas, got %q", s)
			}
			p.SelectedIDs = append(p.SelectedIDs, v)
		}
	}
	for _, n := range []struct {
		name string
		into *json.RawMessage
	}{{"data", &p.Data}, {"context", &p.Context}} {
		if s := q.Get(n.name); s != "" {
			if !json.Valid([]byte(s)) {
				return Params{}, fmt.Errorf("%s: expected JSON, got %q", n.name, s)
			}
			*n.into = json.RawMessage(s)
		}
	}
	return p, nil
}

func joinIDs(ids []int64) string {
	var b strings.Builder
	for i, id := range ids {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatInt(id, 10))
	}
	return b.String()
}
