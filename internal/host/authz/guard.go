package authz

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/journal"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/crmapi"
)

// Guard returns a route's handler behind the check that its access asks for. The
// handler finds the caller in the request's context.
func (s *Service) Guard(rt route.Route) http.Handler {
	switch rt.Access {
	case route.Token:
		return s.guardToken(rt)
	case route.Login, route.Admin:
		return s.guardPage(rt)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		journal.Attribute(r.Context(), 0, "", rt.Req)
		rt.Handler(w, r)
	})
}

// errMalformed is an Authorization header that is not "Bearer" and a token.
var errMalformed = errors.New("malformed authorization header")

// guardToken lets a request with a good token and scope through. Cookies are not
// looked at.
// spec: rest.auth
func (s *Service) guardToken(rt route.Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		openToAll(w.Header())
		journal.Attribute(r.Context(), 0, "", rt.Req)
		c, token, err := s.identify(r)
		if err != nil {
			s.refuseCall(w, r, err)
			return
		}
		journal.Attribute(r.Context(), c.Company, c.ClientID, "")
		journal.AttributeUser(r.Context(), c.User)
		if err := agrees(r.Context(), c.Company); err != nil {
			writeJSON(w, http.StatusNotFound, crmapi.NewError(err.Error()))
			return
		}
		if ok, err := s.limiter.admit(w, r, rt, c, token); err != nil {
			s.refuseCall(w, r, err)
			return
		} else if !ok {
			return
		}
		if !mayUse(c, rt.Scopes) {
			writeJSON(w, http.StatusForbidden, crmapi.ScopeMismatch)
			return
		}
		c.Street = true
		rt.Handler(w, r.WithContext(route.WithCaller(r.Context(), c)))
	})
}

// mayUse reports whether any one of scopes is granted. A personal token has them
// all; the scope admin is worth nothing to a user who is none.
// spec: rest.scope-mismatch
func mayUse(c route.Caller, scopes []string) bool {
	if c.ClientID == "" {
		return true
	}
	return slices.ContainsFunc(scopes, func(sc string) bool {
		return slices.Contains(c.Scopes, sc) && (sc != "admin" || c.Admin)
	})
}

// identify finds out on whose behalf a call is made, and by which token.
func (s *Service) identify(r *http.Request) (c route.Caller, token string, err error) {
	header := r.Header.Get("Authorization")
	if header == "" {
		if personal := cmp.Or(r.Header.Get("x-api-token"), r.URL.Query().Get("api_token")); personal != "" {
			c, err = s.byPersonalToken(r.Context(), personal)
			return c, personal, err
		}
		return c, "", errNoGrant
	}
	scheme, token, _ := strings.Cut(header, " ")
	token = strings.TrimSpace(token)
	if !strings.EqualFold(scheme, "Bearer") || token == "" || strings.ContainsAny(token, " \t") {
		return c, "", errMalformed
	}
	c, err = s.byAccessToken(r.Context(), token)
	return c, token, err
}

func (s *Service) byAccessToken(ctx context.Context, token string) (route.Caller, error) {
	var c route.Caller
	err := s.db.View(ctx, func(tx *store.Tx) error {
		g, err := findAccess(tx, token)
		if err != nil {
			return err
		}
		// spec: oauth.access-sixty-minutes
		if !s.db.Now().Before(g.expires) {
			return errNoGrant
		}
		c, err = s.callerOf(tx, g.company, g.user)
		c.ClientID, c.Scopes = g.clientID, g.scopes
		return err
	})
	return c, err
}

// byPersonalToken finds the user of a personal API token.
// spec: rest.personal-token
func (s *Service) byPersonalToken(ctx context.Context, token string) (route.Caller, error) {
	var c route.Caller
	err := s.db.View(ctx, func(tx *store.Tx) error {
		g, err := findPersonal(tx, token)
		if err != nil {
			return err
		}
		c, err = s.callerOf(tx, g.company, g.user)
		return err
	})
	return c, err
}

// refuseCall answers as the gateway before the original's REST endpoints does.
func (s *Service) refuseCall(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, errMalformed):
		// spec: rest.malformed-authorization
		writeJSON(w, http.StatusBadRequest, crmapi.MalformedAuthorization)
	case errors.Is(err, errNoGrant), fault.KindOf(err) == fault.Unauthorized:
		// spec: rest.unauthorized
		w.Header().Set("x-401-by-gw", "true")
		w.Header().Set("x-correlation-id", uuid.NewString())
		writeJSON(w, http.StatusUnauthorized, crmapi.Unauthorized)
	case fault.KindOf(err) == fault.Unavailable:
		w.Header().Set("Retry-After", "1")
		writeJSON(w, http.StatusServiceUnavailable, crmapi.NewError("The host cannot reach its database just now, try again."))
	case r.Context().Err() != nil: // the caller has gone
	default:
		s.log.ErrorContext(r.Context(), "token check failed", "path", r.URL.Path, "err", err)
		writeJSON(w, http.StatusInternalServerError, crmapi.NewError("Internal Server Error"))
	}
}
