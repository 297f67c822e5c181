package webhookapi

// The objects of payloads of version 2. Instants are RFC 3339, days YYYY-MM-DD;
// what is not known is null. CustomFields hold a [Custom], or null, for each field
// of the company.

// Person is a person.
type Person struct {
	ID           int64          `json:"id"`
	Name         string         `json:"name"`
	FirstName    *string        `json:"first_name"`
	LastName     *string        `json:"last_name"`
	OwnerID      int64          `json:"owner_id"`
	OrgID        *int64         `json:"org_id"`
	Emails       []Contact      `json:"emails"`
	Phones       []Contact      `json:"phones"`
	Label        *int64         `json:"label"` // the first of LabelIDs
	LabelIDs     []int64        `json:"label_ids"`
	PictureID    *int64         `json:"picture_id"`
	VisibleTo    string         `json:"visible_to"`
	AddTime      string         `json:"add_time"`
	UpdateTime   string         `json:"update_time"`
	CustomFields map[string]any `json:"custom_fields"`
}

// Contact is an email address or a telephone number.
type Contact struct {
	Value   string `json:"value"`
	Primary bool   `json:"primary"`
	Label   string `json:"label"`
}

// Organization is a firm, a school, an authority.
type Organization struct {
	ID           int64          `json:"id"`
	Name         string         `json:"name"`
	OwnerID      int64          `json:"owner_id"`
	Address      *string        `json:"address"`
	CountryCode  *string        `json:"country_code"`
	Label        *int64         `json:"label"`
	LabelIDs     []int64        `json:"label_ids"`
	PictureID    *int64         `json:"picture_id"`
	VisibleTo    string         `json:"visible_to"`
	AddTime      string         `json:"add_time"`
	UpdateTime   string         `json:"update_time"`
	CustomFields map[string]any `json:"custom_fields"`
}

// Deal is business that may come to be.
type Deal struct {
	ID                int64          `json:"id"`
	Title             string         `json:"title"`
	CreatorUserID     int64          `json:"creator_user_id"`
	OwnerID           int64          `json:"owner_id"`
	Value             Decimal        `json:"value"`
	Currency          string         `json:"currency"`
	PersonID          *int64         `json:"person_id"`
	OrgID             *int64         `json:"org_id"`
	StageID           int64          `json:"stage_id"`
	PipelineID        int64          `json:"pipeline_id"`
	Status            string         `json:"status"`
	Probability       *int           `json:"probability"`
	LostReason        *string        `json:"lost_reason"`
	VisibleTo         string         `json:"visible_to"`
	LabelIDs          []int64        `json:"label_ids"`
	IsArchived        bool           `json:"is_archived"`
	IsDeleted         bool           `json:"is_deleted"`
	AddTime           string         `json:"add_time"`
	UpdateTime        string         `json:"update_time"`
	StageChangeTime   *string        `json:"stage_change_time"`
	ArchiveTime       *string        `json:"archive_time"`
	CloseTime         *string        `json:"close_time"`
	WonTime           *string        `json:"won_time"`
	LostTime          *string        `json:"lost_time"`
	ExpectedCloseDate *string        `json:"expected_close_date"`
	LocalWonDate      *string        `json:"local_won_date"`
	LocalLostDate     *string        `json:"local_lost_date"`
	LocalCloseDate    *string        `json:"local_close_date"`
	Origin            string         `json:"origin"`
	OriginID          *string        `json:"origin_id"`
	Channel           *int64         `json:"channel"`
	ChannelID         *string        `json:"channel_id"`
	ACV               *Decimal       `json:"acv"`
	ARR               *Decimal       `json:"arr"`
	MRR               *Decimal       `json:"mrr"`
	CustomFields      map[string]any `json:"custom_fields"`
}

// Lead is somebody who may become a customer.
type Lead struct {
	ID                string         `json:"id"` // UUID
	Title             string         `json:"title"`
	OwnerID           int64          `json:"owner_id"`
	CreatorID         int64          `json:"creator_id"`
	LabelIDs          []string       `json:"label_ids"` // UUIDs
	PersonID          *int64         `json:"person_id"`
	OrganizationID    *int64         `json:"organization_id"`
	SourceName        string         `json:"source_name"`
	Origin            string         `json:"origin"`
	OriginID          *string        `json:"origin_id"`
	Channel           *int64         `json:"channel"`
	ChannelID         *string        `json:"channel_id"`
	IsArchived        bool           `json:"is_archived"`
	WasSeen           bool           `json:"was_seen"`
	Value             *Money         `json:"value"`
	ExpectedCloseDate *string        `json:"expected_close_date"`
	NextActivityID    *int64         `json:"next_activity_id"`
	AddTime           string         `json:"add_time"`
	UpdateTime        string         `json:"update_time"`
	CustomFields      map[string]any `json:"custom_fields"`
}

// Money is an amount in a currency.
type Money struct {
	Amount   Decimal `json:"amount"`
	Currency string  `json:"currency"`
}

// Activity is something to do.
type Activity struct {
	ID                int64          `json:"id"`
	Subject           string         `json:"subject"`
	Type              string         `json:"type"`
	OwnerID           int64          `json:"owner_id"`
	UpdateUserID      *int64         `json:"update_user_id"`
	DealID            *int64         `json:"deal_id"`
	LeadID            *string        `json:"lead_id"`
	PersonID          *int64         `json:"person_id"`
	OrgID             *int64         `json:"org_id"`
	DueDate           *string        `json:"due_date"`
	DueTime           *Moment        `json:"due_time"`
	Duration          *Moment        `json:"duration"`
	BusyFlag          *bool          `json:"busy_flag"`
	Done              bool           `json:"done"`
	Location          *string        `json:"location"`
	PublicDescription *string        `json:"public_description"`
	Note              *string        `json:"note"`
	ActiveFlag        bool           `json:"active_flag"`
	AddTime           string         `json:"add_time"`
	UpdateTime        string         `json:"update_time"`
	CustomFields      map[string]any `json:"custom_fields"`
}

// Note is a text on one or more records.
type Note struct {
	ID                       int64   `json:"id"`
	UserID                   int64   `json:"user_id"`
	DealID                   *int64  `json:"deal_id"`
	PersonID                 *int64  `json:"person_id"`
	OrgID                    *int64  `json:"org_id"`
	LeadID                   *string `json:"lead_id"`
	ProjectID                *int64  `json:"project_id"`
	Content                  string  `json:"content"`
	ActiveFlag               bool    `json:"active_flag"`
	PinnedToDealFlag         bool    `json:"pinned_to_deal_flag"`
	PinnedToPersonFlag       bool    `json:"pinned_to_person_flag"`
	PinnedToOrganizationFlag bool    `json:"pinned_to_organization_flag"`
	PinnedToLeadFlag         bool    `json:"pinned_to_lead_flag"`
	AddTime                  string  `json:"add_time"`
	UpdateTime               string  `json:"update_time"`
}

// Pipeline is a way that deals go. Version 1 and version 2 name its fields alike.
type Pipeline struct {
	ID              int64  `json:"id"`
	Name            string `json:"name"`
	URLTitle        string `json:"url_title"`
	OrderNr         int    `json:"order_nr"`
	Active          bool   `json:"active"`
	ActiveFlag      bool   `json:"active_flag"`
	DealProbability bool   `json:"deal_probability"`
	AddTime         string `json:"add_time"`
	UpdateTime      string `json:"update_time"`
}

// Stage is a step of a pipeline.
type Stage struct {
	ID              int64  `json:"id"`
	Name            string `json:"name"`
	PipelineID      int64  `json:"pipeline_id"`
	OrderNr         int    `json:"order_nr"`
	ActiveFlag      bool   `json:"active_flag"`
	DealProbability int    `json:"deal_probability"`
	RottenFlag      bool   `json:"rotten_flag"`
	RottenDays      *int   `json:"rotten_days"`
	AddTime         string `json:"add_time"`
	UpdateTime      string `json:"update_time"`
}

// User is somebody who works in the company. Version 2 writes the id as a text,
// version 1 as a number; both write times with a space.
type User struct {
	ID              any     `json:"id"`
	Name            string  `json:"name"`
	Email           string  `json:"email"`
	Phone           *string `json:"phone"`
	DefaultCurrency string  `json:"default_currency"`
	Locale          string  `json:"locale"`
	Lang            int     `json:"lang"`
	IsAdmin         int     `json:"is_admin"` // 0 or 1
	ActiveFlag      bool    `json:"active_flag"`
	Activated       bool    `json:"activated"`
	TimezoneName    string  `json:"timezone_name"`
	IconURL         *string `json:"icon_url"`
	RoleID          int64   `json:"role_id"`
	Created         string  `json:"created"`
	Modified        *string `json:"modified"`
}

// Decimal is a number as it is written.
type Decimal string

// MarshalJSON writes the number without quotes; an empty one is 0.
func (d Decimal) MarshalJSON() ([]byte, error) {
	if d == "" {
		return []byte("0"), nil
	}
	return []byte(d), nil
}
