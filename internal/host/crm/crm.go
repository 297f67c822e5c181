// Package crm is the platform's REST face of the records: the endpoints of
// version 1 and version 2 for users, persons, organizations, deals, leads,
// activities, notes, files, call logs, fields and search.
//
// Handlers read parameters and bodies with package rest, ask the rooms, and write
// the shapes of crmapi. The records know neither version; every oddity of the
// wire stops here.
package crm

import (
	"log/slog"
	"slices"

	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// Options are what a Service asks.
type Options struct {
	DB       *store.DB
	Accounts *account.Service
	Authz    *authz.Service
	Records  *records.Service
	Log      *slog.Logger // default: slog.Default()
}

// Service answers the endpoints.
type Service struct {
	db       *store.DB
	accounts *account.Service
	authz    *authz.Service
	records  *records.Service
	log      *slog.Logger
}

// New returns the endpoints.
func New(o Options) *Service {
	s := &Service{db: o.DB, accounts: o.Accounts, authz: o.Authz, records: o.Records, log: o.Log}
	if s.log == nil {
		s.log = slog.Default()
	}
	return s
}

// Routes are the paths of all areas. Each area keeps its own table.
func (s *Service) Routes() []route.Route {
	return slices.Concat(
		s.personRoutes(), s.pictureRoutes(),
		s.organizationRoutes(),
		s.followerRoutes(),
		s.fieldRoutes(),
		s.dealRoutes(),
		s.leadRoutes(),
		s.pipelineRoutes(),
		s.activityRoutes(),
		s.noteRoutes(),
		s.userRoutes(),
		s.fileRoutes(),
		s.callLogRoutes(),
		s.searchRoutes(),
		s.recentRoutes(),
		s.filterRoutes(),
		s.belowRoutes(),
	)
}

// on is a row of a route table whose handler is written against [rest.Call].
func (s *Service) on(method, pattern, req string, h rest.Handler, scopes ...string) route.Route {
	return route.Route{Method: method, Pattern: pattern, Access: route.Token, Scopes: scopes, Req: req, Handler: rest.Serve(s.log, h)}
}
