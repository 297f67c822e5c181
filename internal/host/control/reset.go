package control

import (
	"context"
	"fmt"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/store"
)

// Reset empties the host: it removes the companies with all that is theirs, puts
// the clock back and takes the faults away. It returns the domains of what was
// removed. With a domain it removes that company and touches nothing else.
//
// The demo company stays, with its users, its apps and the inbox: its apps keep
// their credentials in databases of their own, which the host cannot empty. Its
// records are made anew.
// spec: control.reset
func (s *Service) Reset(ctx context.Context, domain string) (removed []string, err error) {
	all, err := s.o.Accounts.Companies(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the companies: %w", err)
	}
	removed = []string{}
	found := false
	for _, c := range all {
		if domain != "" && c.Domain != domain {
			continue
		}
		found = true
		if s.isDemo(c) {
			if err := s.o.Records.ResetDemo(ctx, c.ID); err != nil {
				return nil, fmt.Errorf("make the records of the demo company anew: %w", err)
			}
			continue
		}
		if err := s.db.Update(ctx, func(tx *store.Tx) error { return s.remove(tx.Bind(c.ID)) }); err != nil {
			return nil, fmt.Errorf("remove the company %s: %w", c.Domain, err)
		}
		if err := s.o.Journal.Forget(ctx, c.ID); err != nil {
			return nil, fmt.Errorf("forget the exchanges of the company %s: %w", c.Domain, err)
		}
		removed = append(removed, c.Domain)
	}
	if domain != "" {
		if !found {
			return nil, fault.New(fault.NotFound, "company", "There is no company with the domain %q on this host.", domain)
		}
		return removed, nil
	}
	s.o.Faults.Clear()
	return removed, s.backToNow(ctx)
}

// isDemo reports whether c is the company that demo mode brings.
func (s *Service) isDemo(c account.Company) bool { return s.o.Demo && c.Domain == account.DemoDomain }

// remove deletes the company that tx is bound to.
func (s *Service) remove(tx *store.Tx) error {
	apps, err := s.o.Apps.ClientIDs(tx)
	if err != nil {
		return err
	}
	for _, clientID := range apps {
		if err := s.o.Authz.ForgetApp(tx, clientID); err != nil {
			return err
		}
	}
	if err := tx.Erase(""); err != nil {
		return err
	}
	return s.o.Accounts.ForgetLogins(tx)
}

// backToNow puts the clock where the machine's is.
func (s *Service) backToNow(ctx context.Context) error {
	if s.o.Clock == nil {
		return nil
	}
	if err := s.db.Update(ctx, func(tx *store.Tx) error { return writeAhead(tx, 0) }); err != nil {
		return fmt.Errorf("put the clock back: %w", err)
	}
	s.o.Clock.SetAhead(0)
	return nil
}

// companyState is a company in the answer to GET /_dockwright/state.
type companyState struct {
	ID     int64       `json:"id"`
	Name   string      `json:"name"`
	Domain string      `json:"domain"`
	Demo   bool        `json:"demo"`
	Users  []userState `json:"users"`
	Apps   []appState  `json:"apps"`
}

type userState struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	Email  string `json:"email"`
	Admin  bool   `json:"admin"`
	Active bool   `json:"active"`
}

type appState struct {
	ClientID    string  `json:"client_id"`
	Name        string  `json:"name"`
	InstalledBy []int64 `json:"installed_by"` // users of the company
}

// companies tells what there is on the host, without secrets.
// spec: control.state
func (s *Service) companies(ctx context.Context) ([]companyState, error) {
	all, err := s.o.Accounts.Companies(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]companyState, 0, len(all))
	for _, c := range all {
		state, err := s.companyState(ctx, c)
		if err != nil {
			return nil, fmt.Errorf("company %s: %w", c.Domain, err)
		}
		out = append(out, state)
	}
	return out, nil
}

func (s *Service) companyState(ctx context.Context, c account.Company) (companyState, error) {
	out := companyState{ID: c.ID, Name: c.Name, Domain: c.Domain, Demo: s.isDemo(c), Users: []userState{}, Apps: []appState{}}
	return out, s.db.Company(c.ID).View(ctx, func(tx *store.Tx) error {
		users, err := s.o.Accounts.Users(tx)
		if err != nil {
			return err
		}
		for _, u := range users {
			out.Users = append(out.Users, userState{u.ID, u.Name, u.Email, u.Admin, u.Active})
		}
		apps, err := s.o.Apps.AppsIn(tx)
		if err != nil {
			return err
		}
		installed, err := s.o.Authz.Installations(tx)
		if err != nil {
			return err
		}
		by := map[string][]int64{}
		for _, i := range installed {
			by[i.ClientID] = append(by[i.ClientID], i.User)
		}
		for _, a := range apps {
			out.Apps = append(out.Apps, appState{a.ClientID, a.Name, append([]int64{}, by[a.ClientID]...)})
		}
		return nil
	})
}
