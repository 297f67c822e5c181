// Package extension puts apps into the pages of the CRM: which surface of which
// app a user sees where, the address and the signed token with which its iframe
// is loaded, and what the user made of docks, windows and panels.
//
// What is said between a page and an iframe stays in the browser; see
// internal/host/web/static/js/frames.js.
package extension

import (
	"cmp"
	"context"
	"embed"
	"slices"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/outbound"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

//go:embed schema/*.sql
var schemaFS embed.FS

// Migrations are the room's tables.
var Migrations = store.Migrations{Room: "extension", FS: schemaFS}

// Options are what the room needs.
type Options struct {
	Apps     *devhub.Service
	Installs *authz.Service
	Door     *outbound.Door // to apps that do not come
}

// Service answers for all companies.
type Service struct {
	db *store.DB
	o  Options
}

// New returns the room.
func New(db *store.DB, o Options) *Service {
	return &Service{db, o}
}

// Offer is an extension that a user sees, and what they may do with it.
type Offer struct {
	devhub.Extension
	App    devhub.App
	Access devhub.Access
	// Again is whether the user has installed the app, and it waits for their consent
	// to be used further; else a colleague shares it.
	Again bool
}

// Usable reports whether its iframe may be loaded; otherwise the user is led to
// the app's page in the Marketplace.
func (o Offer) Usable() bool { return o.Access == devhub.AccessUse }

// held is an app of the company as one user has it.
type held struct {
	app    devhub.App
	mine   bool  // installed by the user, and nothing to consent to again
	shared bool  // by a colleague
	again  bool  // installed, and waits for the user's consent
	since  int64 // when the user installed it, in microseconds UTC; 0 if they did not
}

func (h held) access(k devhub.Kind) devhub.Access {
	if h.again && !h.mine {
		return devhub.AccessAuthorize
	}
	return h.app.Access(k, h.mine, h.shared)
}

// held lists the apps that the user or a colleague who shares has installed, by
// client id.
func (s *Service) held(tx *store.Tx, user int64) (map[string]held, error) {
	installed, err := s.o.Installs.InstallationsFor(tx, user)
	if err != nil {
		return nil, err
	}
	out := map[string]held{}
	for _, i := range installed {
		h, seen := out[i.ClientID]
		if !seen {
			if h.app, err = s.o.Apps.AppIn(tx, i.ClientID); fault.KindOf(err) == fault.NotFound {
				continue
			} else if err != nil {
				return nil, err
			}
		}
		if i.User != user {
			h.shared = true
		} else if h.again, err = s.o.Installs.NeedsReauthorization(tx, i); err != nil {
			return nil, err
		} else {
			h.mine, h.since = !h.again, clock.Micros(i.InstalledAt)
		}
		out[i.ClientID] = h
	}
	return out, nil
}

// offers are those of the user's extensions that keep wants, in the order of the
// apps' names.
func (s *Service) offers(tx *store.Tx, user int64, keep func(devhub.Extension) bool) ([]Offer, error) {
	apps, err := s.held(tx, user)
	if err != nil {
		return nil, err
	}
	return s.offersOf(tx, apps, keep)
}

// offersOf is offers for who has read the apps already.
func (s *Service) offersOf(tx *store.Tx, apps map[string]held, keep func(devhub.Extension) bool) ([]Offer, error) {
	if len(apps) == 0 {
		return nil, nil
	}
	var ids []string
	for id := range apps {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	found, err := s.o.Apps.ExtensionsOf(tx, ids)
	if err != nil {
		return nil, err
	}
	var out []Offer
	for _, id := range ids {
		for _, e := range found[id] {
			h := apps[id]
			if access := h.access(e.Kind); access != devhub.AccessNone && keep(e) {
				out = append(out, Offer{e, h.app, access, h.again})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Offer) int { return compareNames(a.App, b.App) })
	return out, nil
}

func compareNames(a, b devhub.App) int {
	return cmp.Or(cmp.Compare(fold(a.Name), fold(b.Name)), cmp.Compare(a.ClientID, b.ClientID))
}

// Modals are the custom modals in the actions menu of a view.
// spec: surface.modal
func (s *Service) Modals(ctx context.Context, c route.Caller, view devhub.View) ([]Offer, error) {
	var out []Offer
	err := s.db.Company(c.Company).View(ctx, func(tx *store.Tx) (err error) {
		out, err = s.offers(tx, c.User, func(e devhub.Extension) bool { return e.Kind == devhub.CustomModal && e.In(view) })
		return err
	})
	return out, err
}

// Settings is the settings page of an app that the user has installed.
// spec: surface.settings
func (s *Service) Settings(ctx context.Context, c route.Caller, clientID string) (Offer, error) {
	var out []Offer
	err := s.db.Company(c.Company).View(ctx, func(tx *store.Tx) (err error) {
		out, err = s.offers(tx, c.User, func(e devhub.Extension) bool { return e.Kind == devhub.AppSettings && e.ClientID == clientID })
		return err
	})
	if err == nil && len(out) == 0 {
		err = fault.Missing("You have no app %q with a settings page.", clientID)
	}
	if err != nil {
		return Offer{}, err
	}
	return out[0], nil
}

// offer is one extension by its UUID, if the user may use it.
// spec: surface.access
func (s *Service) offer(tx *store.Tx, user int64, uuid string) (Offer, error) {
	e, err := s.o.Apps.ExtensionByUUID(tx, uuid)
	if err != nil {
		return Offer{}, err
	}
	apps, err := s.held(tx, user)
	if err != nil {
		return Offer{}, err
	}
	h, ok := apps[e.ClientID]
	o := Offer{e, h.app, h.access(e.Kind), h.again}
	switch {
	case !ok || o.Access == devhub.AccessNone:
		return Offer{}, fault.Missing("There is no app extension %q.", uuid)
	case !o.Usable():
		return Offer{}, fault.New(fault.Forbidden, "extension", "You have not authorised %s yet. Open it in the Marketplace to do so.", h.app.Name)
	}
	return o, nil
}
