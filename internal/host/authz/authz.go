// Package authz decides who may do what: it is the OAuth server of the host, the
// list of installed apps, and the guard before every route.
//
// An installation belongs to one user, in one company, of one app. Who installed
// an app owns the installation; only the owner can remove it.
package authz

import (
	"context"
	"embed"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/outbound"
	"github.com/dockwright/dockwright/internal/store"
)

//go:embed schema/*.sql
var schemaFS embed.FS

// Migrations are the room's tables.
var Migrations = store.Migrations{Room: "authz", FS: schemaFS}

// How long things live.
const (
	codeLife    = 5 * time.Minute
	accessLife  = 60 * time.Minute
	refreshLife = 60 * 24 * time.Hour // from the last use
	replayLife  = time.Minute
	// expiresIn is what the token answer says; a second less than the life, as
	// observed at the original.
	expiresIn = 3599
)

// Installation is an app that a user allowed to act for them.
type Installation struct {
	Company, ID int64
	User        int64 // the owner
	ClientID    string
	Scopes      []string // as granted at the last consent
	Shared      bool     // what the app brings is for the whole company
	// Confirmed is false for an installation that came by the exchange of a personal
	// token and that the user did not consent to yet.
	Confirmed   bool
	InstalledAt time.Time
}

// Allows reports whether a scope was granted.
func (i Installation) Allows(scope string) bool { return slices.Contains(i.Scopes, scope) }

// Options are what a Service needs besides its database.
type Options struct {
	Accounts *account.Service
	Apps     *devhub.Service
	Door     *outbound.Door
	// BaseURL is where browsers and apps reach the host, without a slash at the
	// end. It becomes api_domain, and the only Host that is answered.
	BaseURL string
	// CompanyURL gives each company an origin of its own, which becomes its
	// api_domain: https://{company}.example.com. Default: all are at BaseURL.
	CompanyURL string
	// TrustedProxies are believed when they say where a request came from.
	TrustedProxies []netip.Prefix
	// Demo signs a browser without a session in as the demo admin.
	Demo bool
	// Limits bound the use of REST. Default: none.
	Limits Limits
	// EachAuthorizes is what the consent page says about sharing: colleagues install
	// the app too before they use what it brings.
	EachAuthorizes bool
	// AccessTokens is what access tokens look like. Default: LongTokens.
	AccessTokens TokenForm
	Log          *slog.Logger // default: slog.Default()
}

// Service is the room.
type Service struct {
	db             *store.DB
	accounts       *account.Service
	apps           *devhub.Service
	door           *outbound.Door
	origins        origins
	proxies        []netip.Prefix
	demo           bool
	form           TokenForm
	eachAuthorizes bool
	log            *slog.Logger
	limiter        *limiter
	cross          *http.CrossOriginProtection
	refuse         func(http.ResponseWriter, *http.Request, error)
}

// New returns the room over db, which must have its Migrations and those of
// account and devhub.
func New(db *store.DB, o Options) (*Service, error) {
	at, err := newOrigins(o.BaseURL, o.CompanyURL)
	if err != nil {
		return nil, err
	}
	if o.AccessTokens == "" {
		o.AccessTokens = LongTokens
	}
	s := &Service{
		db: db, accounts: o.Accounts, apps: o.Apps, door: o.Door, origins: at, proxies: o.TrustedProxies, demo: o.Demo, form: o.AccessTokens, eachAuthorizes: o.EachAuthorizes, log: o.Log,
		limiter: newLimiter(db, o.Accounts, o.Limits),
		cross:   http.NewCrossOriginProtection(), refuse: refusePlainly,
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	if s.form != LongTokens && s.form != ClassicTokens {
		return nil, fmt.Errorf("access tokens: expected %s or %s, got %q", LongTokens, ClassicTokens, s.form)
	}
	s.apps.OnScopesAdded(endAccess)
	if err := s.cross.AddTrustedOrigin(at.base.String()); err != nil {
		return nil, fmt.Errorf("base URL: %w", err)
	}
	return s, nil
}

// OnRefused sets what answers when a page is refused, so that the pages can do it
// in their own look. It is called once, before the first request.
func (s *Service) OnRefused(fn func(http.ResponseWriter, *http.Request, error)) { s.refuse = fn }

// Run stores what calls have used until ctx ends, and once more then.
func (s *Service) Run(ctx context.Context) error {
	s.limiter.run(ctx, func(err error) { s.log.ErrorContext(ctx, "usage of the API is not stored", "err", err) })
	return nil
}
