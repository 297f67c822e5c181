package authz

import (
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/crmapi"
)

// Routes are the room's paths. The authorize page is in web.
func (s *Service) Routes() []route.Route {
	return []route.Route{
		{Method: "POST", Pattern: "/oauth/token", Access: route.Public, Req: "oauth.token", Handler: s.serveToken},
		{Method: "POST", Pattern: "/oauth/token/{$}", Access: route.Public, Req: "oauth.token", Handler: s.serveToken},
		{Method: "POST", Pattern: "/oauth/revoke", Access: route.Public, Req: "oauth.revoke", Handler: s.serveRevoke},
		{Method: "GET", Pattern: "/v1/users/me", Access: route.Token, Scopes: []string{devhub.ScopeBase}, Req: "rest.users-me", Handler: s.serveMe},
	}
}

// serveMe is GET /v1/users/me.
// spec: rest.users-me
func (s *Service) serveMe(w http.ResponseWriter, r *http.Request) {
	c, _ := route.CallerFrom(r.Context())
	var u account.User
	var co account.Company
	err := s.db.Company(c.Company).View(r.Context(), func(tx *store.Tx) (err error) {
		if u, err = s.accounts.User(tx, c.User); err != nil {
			return err
		}
		co, err = s.accounts.Company(tx)
		return err
	})
	if err != nil {
		s.refuseCall(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, crmapi.Of(wireMe(u, co, s.db.Now())))
}

// timeFormat is that of users, in UTC.
const timeFormat = "2006-01-02 15:04:05"

func wireMe(u account.User, co account.Company, now time.Time) crmapi.Me {
	return crmapi.Me{
		User: wireUser(u, now), CompanyID: co.ID, CompanyName: co.Name, CompanyDomain: co.Domain,
		CompanyCountry: co.Country, CompanyIndustry: co.Industry,
		Language: crmapi.Language{LanguageCode: "en", CountryCode: "US"},
	}
}

func wireUser(u account.User, now time.Time) crmapi.User {
	w := crmapi.User{
		ID: u.ID, Name: u.Name, DefaultCurrency: u.Currency, Locale: u.Locale, Lang: 1, Email: u.Email, Phone: orNull(u.Phone),
		Activated: true, LastLogin: u.LastLogin.Format(timeFormat), Created: u.CreatedAt.Format(timeFormat),
		Modified: orNull(u.ModifiedAt.Format(timeFormat)), HasCreatedCompany: u.ID == 1,
		ActiveFlag: u.Active, IsDeleted: !u.Active, IsYou: true, RoleID: 1, IconURL: orNull(u.IconURL),
		TimezoneName: u.Timezone, TimezoneOffset: offset(u.Timezone, now),
	}
	if u.LastLogin.IsZero() {
		w.LastLogin = w.Created
	}
	if u.Admin {
		w.IsAdmin = 1
	}
	for _, app := range []string{"global", "sales", "account_settings"} {
		set := "regular"
		if u.Admin {
			set = "admin"
		}
		w.Access = append(w.Access, crmapi.Access{App: app, Admin: u.Admin, PermissionSetID: uuid.NewSHA1(uuid.NameSpaceURL, []byte(app+"/"+set)).String()})
	}
	return w
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// offset is a time zone's distance from UTC now. A zone that this machine does
// not know counts as UTC.
func offset(zone string, now time.Time) string {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return "+00:00"
	}
	return now.In(loc).Format("-07:00")
}
