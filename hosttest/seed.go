package hosttest

import (
	"github.com/dockwright/dockwright/internal/host/control"
)

// Seed makes what a seed file says, in YAML or JSON, when the host starts; its
// format is in docs/testing.md. The test's own company has the domain "nordwind":
// a file adds to it with existing: true. What was made is in [Host.Seeded].
func Seed(file string) Option {
	return func(s *settings) { s.seeds = append(s.seeds, file) }
}

// Seeded is what a seed file made in a company.
type Seeded struct {
	Company Company
	// Users and Apps are by their refs. An app's tokens are those of its first
	// installation.
	Users map[string]User
	Apps  map[string]App
	// IDs are those of records, by list and ref: IDs["deals"]["lobby"].
	IDs map[string]map[string]int64
	// UUIDs are those of leads and their labels, by list and ref.
	UUIDs map[string]map[string]string
}

// Seed makes what a seed file says in the running host and adds it to
// [Host.Seeded]. It fails the test if the file is refused.
// spec: hosttest.seed
func (h *Host) Seed(file string) {
	h.t.Helper()
	made, err := h.rooms.Control.Seed(h.t.Context(), []byte(file), false)
	if err != nil {
		h.t.Fatal("hosttest: seed: ", err)
	}
	if h.Seeded == nil {
		h.Seeded = map[string]*Seeded{}
	}
	for _, m := range made {
		h.Seeded[m.Domain] = seeded(m)
	}
}

// seeded is what the desk made, in words of this package.
func seeded(m control.Seeded) *Seeded {
	out := &Seeded{
		Company: Company{ID: m.ID, Name: m.Name, Domain: m.Domain}, Users: map[string]User{}, Apps: map[string]App{},
		IDs: map[string]map[string]int64{}, UUIDs: map[string]map[string]string{},
	}
	byID := map[int64]User{}
	for _, u := range m.Users {
		byID[u.ID] = User{Company: m.ID, ID: u.ID, Name: u.Name, Email: u.Email, Token: u.APIToken}
		if u.Ref != "" {
			out.Users[u.Ref] = byID[u.ID]
		}
	}
	for _, a := range m.Apps {
		app := App{ClientID: a.ClientID, ClientSecret: a.ClientSecret, CallbackURL: a.CallbackURL, Scopes: a.Scopes}
		if len(a.Installed) > 0 {
			first := a.Installed[0]
			app.AccessToken, app.RefreshToken, app.InstalledBy = first.AccessToken, first.RefreshToken, byID[first.UserID]
		}
		if a.Ref != "" {
			out.Apps[a.Ref] = app
		}
	}
	for list, refs := range m.Refs {
		out.IDs[list], out.UUIDs[list] = map[string]int64{}, map[string]string{}
		for ref, id := range refs {
			switch id := id.(type) {
			case int64:
				out.IDs[list][ref] = id
			case string:
				out.UUIDs[list][ref] = id
			}
		}
	}
	return out
}
