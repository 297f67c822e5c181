package web

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/store"
)

// rowsPerPage are the numbers of rows that a page of a list can have; the most is
// what can be changed together.
var rowsPerPage = []int{50, 200, records.MaxBulk}

// sortedList is how a list is sorted and filtered, and which part of it is shown. It
// stands in the address, so that it can be kept and sent to others.
type sortedList struct {
	path  string
	By    string // one of Keys
	Desc  bool
	Owner int64 // 0: anybody's
	Rows  int   // per page
	after *records.Position
	keys  []sortKey
	also  url.Values // further filters

	Filter filterChoice // the zero one where none can be chosen

	Users []account.User
	Next  string // address of the next part, "" at the end
	First string // address of the first part, "" when that is shown
}

// sortKey is something that a list can be sorted by.
type sortKey struct {
	By, Label string
	Desc      bool // at first
}

// byName are the keys of lists of people and firms.
var byName = []sortKey{{By: "name", Label: "Name"}, {By: "add_time", Label: "Newest first", Desc: true}, {By: "update_time", Label: "Changed last", Desc: true}}

// sortedList reads the address of a list. also are the names of its filters beside
// the owner.
func (w *Web) sortedList(r *http.Request, path string, keys []sortKey, also ...string) (*sortedList, error) {
	l := &sortedList{path: path, keys: keys, By: keys[0].By, Desc: keys[0].Desc, Rows: rowsPerPage[0], also: url.Values{}}
	for _, name := range also {
		if v := r.FormValue(name); v != "" {
			l.also.Set(name, v)
		}
	}
	if n, _ := strconv.Atoi(r.FormValue("rows")); slices.Contains(rowsPerPage, n) {
		l.Rows = n
	}
	if i := slices.IndexFunc(keys, func(k sortKey) bool { return k.By == r.FormValue("sort") }); i >= 0 {
		l.By, l.Desc = keys[i].By, keys[i].Desc
	}
	if kind := kindOfList(path); kind != "" {
		var err error
		if l.Filter, err = w.filterChoiceOf(r, kind); err != nil {
			return nil, err
		}
		if l.Filter.Kept != 0 {
			l.also.Set("filter", strconv.FormatInt(l.Filter.Kept, 10))
		}
	}
	l.Owner, _ = strconv.ParseInt(r.FormValue("owner"), 10, 64) // anything else is anybody
	if mark := r.FormValue("after"); mark != "" {
		at, err := positionFrom(mark)
		if err != nil {
			return nil, fault.New(fault.Invalid, "after", "This address of a part of the list is not whole. Begin at the first part.")
		}
		l.after = &at
		l.First = l.URL(l.By, l.Owner)
	}
	err := w.s.DB.Company(caller(r).Company).View(r.Context(), func(tx *store.Tx) (err error) {
		l.Users, err = w.s.Account.Users(tx)
		return err
	})
	return l, err
}

// window is the part of the list to read.
func (l *sortedList) window() records.Window {
	return records.Window{Limit: l.Rows, Sort: []records.Order{{By: l.By, Desc: l.Desc}}, After: l.after}
}

// goesOn says that there is more behind a row.
func (l *sortedList) goesOn(at records.Position) {
	l.Next = l.URL(l.By, l.Owner) + "&after=" + positionText(at)
}

// URL is the address of the list sorted and filtered.
func (l *sortedList) URL(by string, owner int64) string {
	q := maps.Clone(l.also)
	q.Set("sort", by)
	if l.Rows != rowsPerPage[0] {
		q.Set("rows", strconv.Itoa(l.Rows))
	}
	if owner != 0 {
		q.Set("owner", strconv.FormatInt(owner, 10))
	}
	return l.path + "?" + q.Encode()
}

// Sorts are the choices of how to sort.
func (l *sortedList) Sorts() []formOption {
	var out []formOption
	for _, k := range l.keys {
		out = append(out, formOption{Value: k.By, Label: k.Label, Chosen: k.By == l.By})
	}
	return out
}

// Owners are the choices of whose records are listed.
func (l *sortedList) Owners() []formOption {
	out := []formOption{{Label: "Anybody's", Chosen: l.Owner == 0}}
	for _, u := range l.Users {
		out = append(out, formOption{Value: strconv.FormatInt(u.ID, 10), Label: u.Name, Chosen: u.ID == l.Owner})
	}
	return out
}

// RowChoices are the choices of how many rows a page has.
func (l *sortedList) RowChoices() []formOption {
	var out []formOption
	for _, n := range rowsPerPage {
		out = append(out, formOption{Value: strconv.Itoa(n), Label: fmt.Sprintf("%d rows", n), Chosen: n == l.Rows})
	}
	return out
}

// Active are the users whom records can be given to.
func (l *sortedList) Active() []formOption {
	var out []formOption
	for _, u := range l.Users {
		if u.Active {
			out = append(out, formOption{Value: strconv.FormatInt(u.ID, 10), Label: u.Name})
		}
	}
	return out
}

// Names are the users by id.
func (l *sortedList) Names() map[int64]string {
	names := map[int64]string{}
	for _, u := range l.Users {
		names[u.ID] = u.Name
	}
	return names
}

// positionText is a position in an address.
func positionText(at records.Position) string {
	raw, err := json.Marshal([]any{at.Value, at.ID})
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

func positionFrom(mark string) (records.Position, error) {
	raw, err := base64.RawURLEncoding.DecodeString(mark)
	if err != nil {
		return records.Position{}, err
	}
	var pair [2]json.RawMessage
	if err := json.Unmarshal(raw, &pair); err != nil {
		return records.Position{}, err
	}
	var at [2]any
	for i, part := range pair {
		var n int64
		var s string
		if json.Unmarshal(part, &n) == nil {
			at[i] = n
		} else if err := json.Unmarshal(part, &s); err == nil {
			at[i] = s
		} else {
			return records.Position{}, err
		}
	}
	return records.Position{Value: at[0], ID: at[1]}, nil
}
