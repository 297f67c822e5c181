package crmapi

// Address is an address of version 2, as one line and in parts.
type Address struct {
	Value           *string `json:"value"`
	Country         *string `json:"country"`
	AdminAreaLevel1 *string `json:"admin_area_level_1"`
	AdminAreaLevel2 *string `json:"admin_area_level_2"`
	Locality        *string `json:"locality"`
	Sublocality     *string `json:"sublocality"`
	Route           *string `json:"route"`
	StreetNumber    *string `json:"street_number"`
	Subpremise      *string `json:"subpremise"`
	PostalCode      *string `json:"postal_code"`
}

// OrganizationV2 is an organization of version 2. Times are RFC 3339.
type OrganizationV2 struct {
	ID            int64          `json:"id"`
	Name          string         `json:"name"`
	OwnerID       int64          `json:"owner_id"`
	AddTime       string         `json:"add_time"`
	UpdateTime    string         `json:"update_time"`
	IsDeleted     bool           `json:"is_deleted"`
	VisibleTo     int64          `json:"visible_to"`
	Address       *Address       `json:"address"`
	LabelIDs      []int64        `json:"label_ids"`
	Website       *string        `json:"website"`
	LinkedIn      *string        `json:"linkedin"`
	Industry      *string        `json:"industry"`
	AnnualRevenue any            `json:"annual_revenue"` // number or null
	EmployeeCount *int64         `json:"employee_count"`
	CustomFields  map[string]any `json:"custom_fields"`
}

// AddressV1 is an address of version 1, flat.
type AddressV1 struct {
	Address          *string `json:"address"`
	Subpremise       *string `json:"address_subpremise"`
	StreetNumber     *string `json:"address_street_number"`
	Route            *string `json:"address_route"`
	Sublocality      *string `json:"address_sublocality"`
	Locality         *string `json:"address_locality"`
	AdminAreaLevel1  *string `json:"address_admin_area_level_1"`
	AdminAreaLevel2  *string `json:"address_admin_area_level_2"`
	Country          *string `json:"address_country"`
	PostalCode       *string `json:"address_postal_code"`
	FormattedAddress *string `json:"address_formatted_address"`
}

// OrganizationV1 is an organization of version 1. Times are "2006-01-02 15:04:05"
// in UTC.
type OrganizationV1 struct {
	ID        int64    `json:"id"`
	CompanyID int64    `json:"company_id"`
	OwnerID   *UserRef `json:"owner_id"`
	Name      string   `json:"name"`
	DealCounts
	ActivityCounts
	PeopleCount int64 `json:"people_count"`
	ActiveFlag  bool  `json:"active_flag"`
	AddressV1
	CountryCode *string `json:"country_code"`
	PictureID   *int64  `json:"picture_id"`
	FirstChar   string  `json:"first_char"`
	UpdateTime  string  `json:"update_time"`
	AddTime     string  `json:"add_time"`
	VisibleTo   string  `json:"visible_to"`
	Label       *int64  `json:"label"` // the first of LabelIDs
	LabelIDs    []int64 `json:"label_ids"`
	OwnerName   *string `json:"owner_name"`
	CcEmail     string  `json:"cc_email"`
}

// OrganizationDetails is an organization that was asked for by its id.
type OrganizationDetails struct {
	OrganizationV1
	EditName     bool             `json:"edit_name"`
	LastActivity *ActivityOutline `json:"last_activity"`
	NextActivity *ActivityOutline `json:"next_activity"`
}

// ActivityOutline is an activity inside another record of version 1.
type ActivityOutline struct {
	ID       int64   `json:"id"`
	Subject  string  `json:"subject"`
	Type     string  `json:"type"`
	DueDate  *string `json:"due_date"`
	DueTime  *string `json:"due_time"`
	Duration *string `json:"duration"`
	Note     *string `json:"note"`
}

// OrganizationRow is an organization in GET /v1/organizations/collection.
type OrganizationRow struct {
	ID         int64   `json:"id"`
	ActiveFlag bool    `json:"active_flag"`
	OwnerID    int64   `json:"owner_id"`
	Name       string  `json:"name"`
	UpdateTime string  `json:"update_time"`
	DeleteTime *string `json:"delete_time"`
	AddTime    string  `json:"add_time"`
	VisibleTo  string  `json:"visible_to"`
	Label      *int64  `json:"label"`
	LabelIDs   []int64 `json:"label_ids"`
	CcEmail    string  `json:"cc_email"`
}

// OrganizationExtra is the additional_data of GET /v1/organizations/{id}.
type OrganizationExtra struct {
	Followers    map[string]FollowerV1 `json:"followers"` // by user id as text
	DropboxEmail string                `json:"dropbox_email"`
}

// FollowerV1 is who follows a record, in version 1.
type FollowerV1 struct {
	UserID  int64  `json:"user_id"`
	ID      int64  `json:"id"`
	AddTime string `json:"add_time"`
	// One of these is set: what is followed.
	PersonID *int64 `json:"person_id,omitempty"`
	OrgID    *int64 `json:"org_id,omitempty"`
	DealID   *int64 `json:"deal_id,omitempty"`
}

// FollowerV2 is who follows a record, in version 2.
type FollowerV2 struct {
	UserID  int64  `json:"user_id"`
	AddTime string `json:"add_time"`
}

// Following is an entry of followers/changelog in version 2.
type Following struct {
	Action         string `json:"action"` // added or removed
	ActorUserID    int64  `json:"actor_user_id"`
	FollowerUserID int64  `json:"follower_user_id"`
	Time           string `json:"time"`
}
