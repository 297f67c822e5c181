package webhookapi

// The objects of payloads of version 1. They are flat: other records are named by
// id, with their names beside. Instants are "2006-01-02 15:04:05" in UTC. Custom
// fields stand among the other keys, under their hashes; that is Extra, which is
// merged in when the payload is made.

// PersonV1 is a person.
type PersonV1 struct {
	ID         int64       `json:"id"`
	CompanyID  int64       `json:"company_id"`
	OwnerID    int64       `json:"owner_id"`
	OrgID      *int64      `json:"org_id"`
	Name       string      `json:"name"`
	FirstName  *string     `json:"first_name"`
	LastName   *string     `json:"last_name"`
	Phone      []ContactV1 `json:"phone"` // never empty
	Email      []ContactV1 `json:"email"` // never empty
	FirstChar  string      `json:"first_char"`
	Label      *int64      `json:"label"`
	LabelIDs   []int64     `json:"label_ids"`
	PictureID  *int64      `json:"picture_id"`
	VisibleTo  string      `json:"visible_to"`
	ActiveFlag bool        `json:"active_flag"`
	AddTime    string      `json:"add_time"`
	UpdateTime string      `json:"update_time"`
	OrgName    *string     `json:"org_name"`
	OwnerName  string      `json:"owner_name"`
}

// ContactV1 is an email address or a telephone number; an empty one stands where
// there is none.
type ContactV1 struct {
	Label   string `json:"label,omitempty"`
	Value   string `json:"value"`
	Primary bool   `json:"primary"`
}

// OrganizationV1 is a firm, a school, an authority.
type OrganizationV1 struct {
	ID          int64   `json:"id"`
	CompanyID   int64   `json:"company_id"`
	OwnerID     int64   `json:"owner_id"`
	Name        string  `json:"name"`
	FirstChar   string  `json:"first_char"`
	Address     *string `json:"address"`
	CountryCode *string `json:"country_code"`
	Label       *int64  `json:"label"`
	LabelIDs    []int64 `json:"label_ids"`
	PictureID   *int64  `json:"picture_id"`
	VisibleTo   string  `json:"visible_to"`
	ActiveFlag  bool    `json:"active_flag"`
	AddTime     string  `json:"add_time"`
	UpdateTime  string  `json:"update_time"`
	OwnerName   string  `json:"owner_name"`
}

// DealV1 is business that may come to be.
type DealV1 struct {
	ID                int64   `json:"id"`
	CreatorUserID     int64   `json:"creator_user_id"`
	UserID            int64   `json:"user_id"`
	PersonID          *int64  `json:"person_id"`
	OrgID             *int64  `json:"org_id"`
	StageID           int64   `json:"stage_id"`
	PipelineID        int64   `json:"pipeline_id"`
	Title             string  `json:"title"`
	Value             Decimal `json:"value"`
	Currency          string  `json:"currency"`
	Status            string  `json:"status"`
	Probability       *int    `json:"probability"`
	LostReason        *string `json:"lost_reason"`
	VisibleTo         string  `json:"visible_to"`
	Label             *string `json:"label"` // ids between commas
	Active            bool    `json:"active"`
	Deleted           bool    `json:"deleted"`
	AddTime           string  `json:"add_time"`
	UpdateTime        string  `json:"update_time"`
	StageChangeTime   *string `json:"stage_change_time"`
	CloseTime         *string `json:"close_time"`
	WonTime           *string `json:"won_time"`
	FirstWonTime      *string `json:"first_won_time"`
	LostTime          *string `json:"lost_time"`
	ExpectedCloseDate *string `json:"expected_close_date"`
	PersonName        *string `json:"person_name"`
	OrgName           *string `json:"org_name"`
	OwnerName         string  `json:"owner_name"`
}

// ActivityV1 is something to do.
type ActivityV1 struct {
	ID                int64   `json:"id"`
	CompanyID         int64   `json:"company_id"`
	UserID            int64   `json:"user_id"`
	AssignedToUserID  int64   `json:"assigned_to_user_id"`
	CreatedByUserID   int64   `json:"created_by_user_id"`
	UpdateUserID      *int64  `json:"update_user_id"`
	Subject           string  `json:"subject"`
	Type              string  `json:"type"`
	DealID            *int64  `json:"deal_id"`
	LeadID            *string `json:"lead_id"`
	PersonID          *int64  `json:"person_id"`
	OrgID             *int64  `json:"org_id"`
	DueDate           *string `json:"due_date"`
	DueTime           string  `json:"due_time"` // HH:MM or empty
	Duration          string  `json:"duration"` // HH:MM or empty
	BusyFlag          *bool   `json:"busy_flag"`
	Done              bool    `json:"done"`
	MarkedAsDoneTime  *string `json:"marked_as_done_time"`
	Location          *string `json:"location"`
	PublicDescription *string `json:"public_description"`
	Note              *string `json:"note"`
	ActiveFlag        bool    `json:"active_flag"`
	AddTime           string  `json:"add_time"`
	UpdateTime        string  `json:"update_time"`
	OwnerName         string  `json:"owner_name"`
}

// ActivityType is a kind of activity. Only version 1 tells of these.
type ActivityType struct {
	ID           int64   `json:"id"`
	Name         string  `json:"name"`
	KeyString    string  `json:"key_string"`
	IconKey      string  `json:"icon_key"`
	Color        *string `json:"color"`
	OrderNr      int64   `json:"order_nr"`
	ActiveFlag   bool    `json:"active_flag"`
	IsCustomFlag bool    `json:"is_custom_flag"`
	AddTime      string  `json:"add_time"`
	UpdateTime   string  `json:"update_time"`
}
