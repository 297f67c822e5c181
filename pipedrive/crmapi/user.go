package crmapi

// User is a user as GET /v1/users/… writes it. Times are "2006-01-02 15:04:05"
// in UTC.
type User struct {
	ID                int64    `json:"id"`
	Name              string   `json:"name"`
	DefaultCurrency   string   `json:"default_currency"`
	Locale            string   `json:"locale"` // how numbers and dates are written
	Lang              int      `json:"lang"`
	Email             string   `json:"email"`
	Phone             *string  `json:"phone"`
	Activated         bool     `json:"activated"`
	LastLogin         string   `json:"last_login"`
	Created           string   `json:"created"`
	Modified          *string  `json:"modified"`
	HasCreatedCompany bool     `json:"has_created_company"`
	IsAdmin           int      `json:"is_admin"` // 0 or 1
	Access            []Access `json:"access"`
	ActiveFlag        bool     `json:"active_flag"`
	TimezoneName      string   `json:"timezone_name"`
	TimezoneOffset    string   `json:"timezone_offset"` // "+02:00"
	RoleID            int64    `json:"role_id"`
	IconURL           *string  `json:"icon_url"`
	IsYou             bool     `json:"is_you"`
	IsDeleted         bool     `json:"is_deleted"`
}

// Access is a user's standing in one part of the platform.
type Access struct {
	App             string `json:"app"` // global, sales, account_settings …
	Admin           bool   `json:"admin"`
	PermissionSetID string `json:"permission_set_id"` // UUID
}

// Me is the answer to GET /v1/users/me: the caller and the caller's company.
type Me struct {
	User
	CompanyID       int64    `json:"company_id"`
	CompanyName     string   `json:"company_name"`
	CompanyDomain   string   `json:"company_domain"` // the short name only
	CompanyCountry  string   `json:"company_country"`
	CompanyIndustry string   `json:"company_industry"`
	Language        Language `json:"language"`
}

// Language is that of the pages a user sees.
type Language struct {
	LanguageCode string `json:"language_code"` // "en"
	CountryCode  string `json:"country_code"`  // "US"
}
