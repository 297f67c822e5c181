package crm

import (
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/crmapi"
)

const (
	scopeBase  = "base"
	scopeUsers = "users:read"
	scopeAdmin = "admin"
)

// What calls about users take from the daily budget, where it is not the usual.
const (
	costOfUsers       = 20
	costOfMe          = 2
	costOfFind        = 40
	costOfPermissions = 10
)

// userRoutes are the paths of this area.
func (s *Service) userRoutes() []route.Route {
	all := []route.Route{
		s.on(http.MethodGet, "/v1/users", "rest.users", s.users, scopeUsers, scopeAdmin),
		s.on(http.MethodGet, "/v1/users/find", "rest.users-find", s.findUsers, scopeUsers, scopeAdmin),
		s.on(http.MethodGet, "/v1/users/me", "rest.users-me", s.me, scopeBase),
		s.on(http.MethodGet, "/v1/users/{id}", "rest.users", s.user, scopeUsers, scopeAdmin),
		s.on(http.MethodGet, "/v1/users/{id}/permissions", "rest.users-permissions", s.permissions, scopeUsers, scopeAdmin),
		s.on(http.MethodGet, "/v1/userConnections", "rest.user-connections", s.userConnections, scopeBase),
		s.on(http.MethodGet, "/v1/userSettings", "rest.user-settings", s.userSettings, scopeBase),
		s.on(http.MethodGet, "/v1/currencies", "rest.currencies", s.currencies, scopeBase),
	}
	for i, cost := range []int{costOfUsers, costOfFind, costOfMe, 0, costOfPermissions, costOfUsers, costOfMe, 0} {
		all[i].Cost = cost
	}
	return all
}

// people are the users of the caller's company, oldest first.
func (s *Service) people(c *rest.Call) (list []account.User, err error) {
	err = s.db.Company(c.Caller.Company).View(c.Context(), func(tx *store.Tx) error {
		list, err = s.accounts.Users(tx)
		return err
	})
	return list, err
}

// peopleByID are the users of the caller's company, for naming owners.
func (s *Service) peopleByID(c *rest.Call) (map[int64]account.User, error) {
	list, err := s.people(c)
	out := make(map[int64]account.User, len(list))
	for _, u := range list {
		out[u.ID] = u
	}
	return out, err
}

// me is GET /v1/users/me.
// spec: rest.users-me
func (s *Service) me(c *rest.Call) (rest.Answer, error) {
	var u account.User
	var co account.Company
	err := s.db.Company(c.Caller.Company).View(c.Context(), func(tx *store.Tx) (err error) {
		if u, err = s.accounts.User(tx, c.Caller.User); err != nil {
			return err
		}
		co, err = s.accounts.Company(tx)
		return err
	})
	if err != nil {
		return rest.Answer{}, err
	}
	return rest.OK(crmapi.Me{
		User: wireUser(u, c.Caller, s.db.Now()), CompanyID: co.ID, CompanyName: co.Name, CompanyDomain: co.Domain,
		CompanyCountry: co.Country, CompanyIndustry: co.Industry,
		Language: crmapi.Language{LanguageCode: "en", CountryCode: "US"},
	}), nil
}

// users is GET /v1/users: all of the company, those who left too.
// spec: rest.users
func (s *Service) users(c *rest.Call) (rest.Answer, error) {
	return s.usersThat(c, func(account.User) bool { return true })
}

func (s *Service) usersThat(c *rest.Call, fit func(account.User) bool) (rest.Answer, error) {
	list, err := s.people(c)
	if err != nil {
		return rest.Answer{}, err
	}
	out := []crmapi.User{}
	for _, u := range list {
		if fit(u) {
			out = append(out, wireUser(u, c.Caller, s.db.Now()))
		}
	}
	return rest.OK(out), nil
}

// findUsers is GET /v1/users/find.
// spec: rest.users-find
func (s *Service) findUsers(c *rest.Call) (rest.Answer, error) {
	q := c.Query()
	term := strings.ToLower(strings.TrimSpace(q.String("term")))
	byEmail := q.Bool("search_by_email")
	if err := q.Err(); err != nil {
		return rest.Answer{}, err
	}
	if term == "" {
		return rest.Answer{}, fault.New(fault.Invalid, "term", "Expected a part of a name or an email, got nothing.")
	}
	return s.usersThat(c, func(u account.User) bool {
		in := u.Name
		if byEmail != nil && *byEmail {
			in = u.Email
		}
		return strings.Contains(strings.ToLower(in), term)
	})
}

// oneUser is the user whom the path names.
// spec: rest.users-missing
func (s *Service) oneUser(c *rest.Call) (u account.User, err error) {
	missing := &rest.Refusal{Status: http.StatusNotFound, Body: crmapi.PlainError{Error: "User not found or not accessible."}}
	id, err := c.ID("User")
	if err != nil {
		return u, missing
	}
	err = s.db.Company(c.Caller.Company).View(c.Context(), func(tx *store.Tx) error {
		u, err = s.accounts.User(tx, id)
		return err
	})
	if fault.KindOf(err) == fault.NotFound {
		return u, missing
	}
	return u, err
}

// user is GET /v1/users/{id}.
func (s *Service) user(c *rest.Call) (rest.Answer, error) {
	u, err := s.oneUser(c)
	if err != nil {
		return rest.Answer{}, err
	}
	return rest.OK(wireUser(u, c.Caller, s.db.Now())), nil
}

// permissions is GET /v1/users/{id}/permissions. There are no permission sets to
// choose from: admins may do all, others all that does not change the company's
// settings or look over colleagues' shoulders.
// spec: rest.users-permissions
func (s *Service) permissions(c *rest.Call) (rest.Answer, error) {
	u, err := s.oneUser(c)
	if err != nil {
		return rest.Answer{}, err
	}
	return rest.OK(crmapi.Permissions{
		AddCustomFields: u.Admin, EditCustomFields: u.Admin, DeleteCustomFields: u.Admin,
		EditSharedFilters: u.Admin, UseImport: u.Admin, SeeHiddenItemsNames: u.Admin, SeeSecurityDashboard: u.Admin,
		SeeCompanyWideStatistics: u.Admin, SeeOtherUsersStatistics: u.Admin,

		AddProducts: true, AddProspectsAsLeads: true, BulkEditItems: true, ChangeVisibilityOfItems: true,
		ConvertDealsToLeads: true, CreateOwnWorkflow: true, DeleteActivities: true, DeleteDeals: true,
		EditDealsClosedDate: true, EditProducts: true, ExportDataFromLists: true, FollowOtherUsers: true,
		MergeDeals: true, MergeOrganizations: true, MergePeople: true, ModifyLabels: true, SeeDealsListSummary: true,
		SeeOtherUsers: true, ShareFilters: true, ShareInsights: true, UseAPI: true, UseEmailTracking: true,
	}), nil
}

// userConnections is GET /v1/userConnections. No user has a calendar or mail
// account connected.
// spec: rest.user-connections
func (s *Service) userConnections(*rest.Call) (rest.Answer, error) {
	return rest.OK(crmapi.UserConnections{Google: false}), nil
}

// userSettings is GET /v1/userSettings.
// spec: rest.user-settings
func (s *Service) userSettings(*rest.Call) (rest.Answer, error) {
	return rest.OK(crmapi.UserSettings{
		ListLimit: rest.DefaultLimit, FileUploadDestination: "s3", CalltoLinkSyntax: "callto:[number]", PersonDuplicateCondition: "name",
	}), nil
}

// wireUser is a user as the caller sees it.
func wireUser(u account.User, c route.Caller, now time.Time) crmapi.User {
	w := crmapi.User{
		ID: u.ID, Name: u.Name, DefaultCurrency: u.Currency, Locale: u.Locale, Lang: 1, Email: u.Email, Phone: ref(u.Phone),
		Activated: true, Created: rest.TimeText(rest.V1, u.CreatedAt), Modified: rest.Time(rest.V1, u.ModifiedAt),
		HasCreatedCompany: u.ID == 1, ActiveFlag: u.Active, IsDeleted: !u.Active, IsYou: u.ID == c.User, RoleID: 1,
		IconURL: ref(u.IconURL), TimezoneName: u.Timezone, TimezoneOffset: offset(u.Timezone, now),
	}
	w.LastLogin = w.Created
	if !u.LastLogin.IsZero() {
		w.LastLogin = rest.TimeText(rest.V1, u.LastLogin)
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

// offset is a time zone's distance from UTC now. A zone that this machine does
// not know counts as UTC.
func offset(zone string, now time.Time) string {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return "+00:00"
	}
	return now.In(loc).Format("-07:00")
}
