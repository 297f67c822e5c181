package crmapi

// PersonV2 is a person of version 2. Times are RFC 3339.
type PersonV2 struct {
	ID           int64          `json:"id"`
	Name         string         `json:"name"`
	FirstName    *string        `json:"first_name"`
	LastName     *string        `json:"last_name"`
	OwnerID      int64          `json:"owner_id"`
	OrgID        *int64         `json:"org_id"`
	AddTime      string         `json:"add_time"`
	UpdateTime   string         `json:"update_time"`
	Emails       []ContactItem  `json:"emails"`
	Phones       []ContactItem  `json:"phones"`
	IsDeleted    bool           `json:"is_deleted"`
	VisibleTo    int64          `json:"visible_to"`
	LabelIDs     []int64        `json:"label_ids"`
	PictureID    *int64         `json:"picture_id"`
	CustomFields map[string]any `json:"custom_fields"`
}

// DealCounts are numbers of deals, as persons and organizations of version 1
// carry them.
type DealCounts struct {
	OpenDealsCount          int64 `json:"open_deals_count"`
	RelatedOpenDealsCount   int64 `json:"related_open_deals_count"`
	ClosedDealsCount        int64 `json:"closed_deals_count"`
	RelatedClosedDealsCount int64 `json:"related_closed_deals_count"`
	WonDealsCount           int64 `json:"won_deals_count"`
	RelatedWonDealsCount    int64 `json:"related_won_deals_count"`
	LostDealsCount          int64 `json:"lost_deals_count"`
	RelatedLostDealsCount   int64 `json:"related_lost_deals_count"`
}

// ActivityCounts are numbers of what belongs to a person or an organization of version
// 1, and its next and last activity.
type ActivityCounts struct {
	EmailMessagesCount    int64   `json:"email_messages_count"`
	ActivitiesCount       int64   `json:"activities_count"`
	DoneActivitiesCount   int64   `json:"done_activities_count"`
	UndoneActivitiesCount int64   `json:"undone_activities_count"`
	FilesCount            int64   `json:"files_count"`
	NotesCount            int64   `json:"notes_count"`
	FollowersCount        int64   `json:"followers_count"`
	NextActivityDate      *string `json:"next_activity_date"`
	NextActivityTime      *string `json:"next_activity_time"`
	NextActivityID        *int64  `json:"next_activity_id"`
	LastActivityID        *int64  `json:"last_activity_id"`
	LastActivityDate      *string `json:"last_activity_date"`
}

// PersonV1 is a person of version 1. Times are "2006-01-02 15:04:05" in UTC.
type PersonV1 struct {
	ID        int64            `json:"id"`
	CompanyID int64            `json:"company_id"`
	OwnerID   *UserRef         `json:"owner_id"`
	OrgID     *OrganizationRef `json:"org_id"`
	Name      string           `json:"name"`
	FirstName *string          `json:"first_name"`
	LastName  *string          `json:"last_name"`
	DealCounts
	ParticipantOpenDealsCount   int64 `json:"participant_open_deals_count"`
	ParticipantClosedDealsCount int64 `json:"participant_closed_deals_count"`
	ActivityCounts
	ActiveFlag           bool          `json:"active_flag"`
	Phone                []ContactItem `json:"phone"`
	Email                []ContactItem `json:"email"`
	PrimaryEmail         *string       `json:"primary_email"`
	FirstChar            string        `json:"first_char"`
	UpdateTime           string        `json:"update_time"`
	AddTime              string        `json:"add_time"`
	VisibleTo            string        `json:"visible_to"`
	MarketingStatus      string        `json:"marketing_status"`
	PictureID            *PictureRef   `json:"picture_id"`
	LastIncomingMailTime *string       `json:"last_incoming_mail_time"`
	LastOutgoingMailTime *string       `json:"last_outgoing_mail_time"`
	Label                *int64        `json:"label"` // the first of LabelIDs
	LabelIDs             []int64       `json:"label_ids"`
	OrgName              *string       `json:"org_name"`
	OwnerName            *string       `json:"owner_name"`
	CcEmail              string        `json:"cc_email"`
}

// MergedPerson is the person that stays after PUT /v1/persons/{id}/merge: ids
// instead of objects, and who went.
type MergedPerson struct {
	PersonV1
	OwnerID     int64  `json:"owner_id"`
	OrgID       *int64 `json:"org_id"`
	PictureID   *int64 `json:"picture_id"`
	MergeWhatID int64  `json:"merge_what_id"`
}

// PlainPerson is a person with ids instead of objects, as recents have it.
type PlainPerson struct {
	PersonV1
	OwnerID   int64  `json:"owner_id"`
	OrgID     *int64 `json:"org_id"`
	PictureID *int64 `json:"picture_id"`
}

// PersonRow is a person in GET /v1/persons/collection: ids, no objects.
type PersonRow struct {
	ID         int64         `json:"id"`
	ActiveFlag bool          `json:"active_flag"`
	OwnerID    int64         `json:"owner_id"`
	OrgID      *int64        `json:"org_id"`
	Name       string        `json:"name"`
	Email      []ContactItem `json:"email"`
	Phone      []ContactItem `json:"phone"`
	UpdateTime string        `json:"update_time"`
	DeleteTime *string       `json:"delete_time"`
	AddTime    string        `json:"add_time"`
	VisibleTo  string        `json:"visible_to"`
	PictureID  *int64        `json:"picture_id"`
	Label      *int64        `json:"label"`
	LabelIDs   []int64       `json:"label_ids"`
	CcEmail    string        `json:"cc_email"`
}

// Related are the related_objects of version 1, by id as text.
type Related struct {
	User         map[string]*UserRef         `json:"user"`
	Organization map[string]*OrganizationRef `json:"organization,omitempty"`
	Person       map[string]*PersonRef       `json:"person,omitempty"`
	Deal         map[string]*DealRef         `json:"deal,omitempty"`
	Picture      map[string]*Picture         `json:"picture,omitempty"`
}

// DropboxEmail is the additional_data of one record of version 1.
type DropboxEmail struct {
	DropboxEmail string `json:"dropbox_email"`
}
