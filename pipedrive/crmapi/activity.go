package crmapi

// ActivityV2 is an activity of version 2. Times are RFC 3339.
type ActivityV2 struct {
	ID                      int64           `json:"id"`
	Subject                 string          `json:"subject"`
	Type                    string          `json:"type"` // key_string of its type
	OwnerID                 int64           `json:"owner_id"`
	CreatorUserID           int64           `json:"creator_user_id"`
	IsDeleted               bool            `json:"is_deleted"`
	AddTime                 string          `json:"add_time"`
	UpdateTime              string          `json:"update_time"`
	DealID                  *int64          `json:"deal_id"`
	LeadID                  *string         `json:"lead_id"`
	PersonID                *int64          `json:"person_id"`
	OrgID                   *int64          `json:"org_id"`
	ProjectID               *int64          `json:"project_id"`
	DueDate                 *string         `json:"due_date"` // YYYY-MM-DD
	DueTime                 *string         `json:"due_time"` // HH:MM:SS
	Duration                *string         `json:"duration"` // HH:MM:SS
	Busy                    bool            `json:"busy"`
	Done                    bool            `json:"done"`
	MarkedAsDoneTime        *string         `json:"marked_as_done_time"`
	Location                *Address        `json:"location"`
	Participants            []ParticipantV2 `json:"participants"`
	Attendees               *[]AttendeeV2   `json:"attendees,omitempty"` // when asked for
	ConferenceMeetingClient *string         `json:"conference_meeting_client"`
	ConferenceMeetingURL    *string         `json:"conference_meeting_url"`
	ConferenceMeetingID     *string         `json:"conference_meeting_id"`
	PublicDescription       *string         `json:"public_description"`
	Priority                *int64          `json:"priority"`
	Note                    *string         `json:"note"` // HTML
}

// ParticipantV2 is a person who takes part.
type ParticipantV2 struct {
	PersonID int64 `json:"person_id"`
	Primary  bool  `json:"primary"`
}

// AttendeeV2 is somebody who is invited.
type AttendeeV2 struct {
	Email       string  `json:"email"`
	Name        *string `json:"name"`
	Status      *string `json:"status"`
	IsOrganizer bool    `json:"is_organizer"`
	PersonID    *int64  `json:"person_id"`
	UserID      *int64  `json:"user_id"`
}

// ActivityV1 is an activity of version 1. Times are "2006-01-02 15:04:05" in UTC.
type ActivityV1 struct {
	ID                       int64           `json:"id"`
	CompanyID                int64           `json:"company_id"`
	UserID                   int64           `json:"user_id"`
	Done                     bool            `json:"done"`
	Type                     string          `json:"type"`
	ReferenceType            *string         `json:"reference_type"`
	ReferenceID              *int64          `json:"reference_id"`
	ConferenceMeetingClient  *string         `json:"conference_meeting_client"`
	ConferenceMeetingURL     *string         `json:"conference_meeting_url"`
	ConferenceMeetingID      *string         `json:"conference_meeting_id"`
	DueDate                  *string         `json:"due_date"`
	DueTime                  string          `json:"due_time"` // HH:MM, or empty
	Duration                 string          `json:"duration"` // HH:MM, or empty
	BusyFlag                 *bool           `json:"busy_flag"`
	AddTime                  string          `json:"add_time"`
	MarkedAsDoneTime         string          `json:"marked_as_done_time"` // empty: not done
	LastNotificationTime     *string         `json:"last_notification_time"`
	LastNotificationUserID   *int64          `json:"last_notification_user_id"`
	NotificationLanguageID   *int64          `json:"notification_language_id"`
	Subject                  string          `json:"subject"`
	PublicDescription        string          `json:"public_description"`
	CalendarSyncContext      *string         `json:"calendar_sync_include_context"`
	Location                 *string         `json:"location"`
	OrgID                    *int64          `json:"org_id"`
	PersonID                 *int64          `json:"person_id"`
	DealID                   *int64          `json:"deal_id"`
	LeadID                   *string         `json:"lead_id"`
	ProjectID                *int64          `json:"project_id"`
	ActiveFlag               bool            `json:"active_flag"`
	UpdateTime               string          `json:"update_time"`
	UpdateUserID             *int64          `json:"update_user_id"`
	GcalEventID              *string         `json:"gcal_event_id"`
	GoogleCalendarID         *string         `json:"google_calendar_id"`
	GoogleCalendarEtag       *string         `json:"google_calendar_etag"`
	SourceTimezone           *string         `json:"source_timezone"`
	RecRule                  *string         `json:"rec_rule"`
	RecRuleExtension         *string         `json:"rec_rule_extension"`
	RecMasterActivityID      *int64          `json:"rec_master_activity_id"`
	Series                   []any           `json:"series"`
	Note                     *string         `json:"note"` // HTML
	CreatedByUserID          int64           `json:"created_by_user_id"`
	LocationSubpremise       *string         `json:"location_subpremise"`
	LocationStreetNumber     *string         `json:"location_street_number"`
	LocationRoute            *string         `json:"location_route"`
	LocationSublocality      *string         `json:"location_sublocality"`
	LocationLocality         *string         `json:"location_locality"`
	LocationAdminAreaLevel1  *string         `json:"location_admin_area_level_1"`
	LocationAdminAreaLevel2  *string         `json:"location_admin_area_level_2"`
	LocationCountry          *string         `json:"location_country"`
	LocationPostalCode       *string         `json:"location_postal_code"`
	LocationFormattedAddress *string         `json:"location_formatted_address"`
	Attendees                []AttendeeV1    `json:"attendees"`
	Participants             []ParticipantV1 `json:"participants"`
	OrgName                  *string         `json:"org_name"`
	PersonName               *string         `json:"person_name"`
	DealTitle                *string         `json:"deal_title"`
	OwnerName                *string         `json:"owner_name"`
	PersonDropboxBcc         *string         `json:"person_dropbox_bcc"`
	DealDropboxBcc           *string         `json:"deal_dropbox_bcc"`
	AssignedToUserID         int64           `json:"assigned_to_user_id"`
	File                     any             `json:"file"`
}

// ParticipantV1 is a person who takes part.
type ParticipantV1 struct {
	PersonID    int64 `json:"person_id"`
	PrimaryFlag bool  `json:"primary_flag"`
}

// AttendeeV1 is somebody who is invited.
type AttendeeV1 struct {
	EmailAddress string  `json:"email_address"`
	IsOrganizer  int     `json:"is_organizer"` // 0 or 1
	Name         *string `json:"name"`
	PersonID     *int64  `json:"person_id"`
	Status       *string `json:"status"`
	UserID       *int64  `json:"user_id"`
}

// AdditionalScheduled is the additional_data of an activity that was made in
// version 1.
type AdditionalScheduled struct {
	MoreActivitiesScheduledInContext bool `json:"more_activities_scheduled_in_context"`
}

// ActivityType is a kind of activity. Times are "2006-01-02 15:04:05" in UTC.
type ActivityType struct {
	ID           int64   `json:"id"`
	OrderNr      int64   `json:"order_nr"`
	Name         string  `json:"name"`
	KeyString    string  `json:"key_string"`
	IconKey      string  `json:"icon_key"`
	ActiveFlag   bool    `json:"active_flag"`
	Color        *string `json:"color"`
	IsCustomFlag bool    `json:"is_custom_flag"`
	AddTime      string  `json:"add_time"`
	UpdateTime   *string `json:"update_time"`
}

// ActivityRow is an activity in a collection: ids instead of names.
type ActivityRow struct {
	ID                       int64   `json:"id"`
	Done                     bool    `json:"done"`
	Subject                  string  `json:"subject"`
	Type                     string  `json:"type"`
	UserID                   int64   `json:"user_id"`
	BusyFlag                 *bool   `json:"busy_flag"`
	CompanyID                int64   `json:"company_id"`
	ConferenceMeetingClient  *string `json:"conference_meeting_client"`
	ConferenceMeetingURL     *string `json:"conference_meeting_url"`
	ConferenceMeetingID      *string `json:"conference_meeting_id"`
	AddTime                  string  `json:"add_time"`
	MarkedAsDoneTime         string  `json:"marked_as_done_time"` // empty: not done
	ActiveFlag               bool    `json:"active_flag"`
	UpdateTime               string  `json:"update_time"`
	UpdateUserID             *int64  `json:"update_user_id"`
	SourceTimezone           *string `json:"source_timezone"`
	LocationSubpremise       *string `json:"location_subpremise"`
	LocationStreetNumber     *string `json:"location_street_number"`
	LocationRoute            *string `json:"location_route"`
	LocationSublocality      *string `json:"location_sublocality"`
	LocationLocality         *string `json:"location_locality"`
	LocationAdminAreaLevel1  *string `json:"location_admin_area_level_1"`
	LocationAdminAreaLevel2  *string `json:"location_admin_area_level_2"`
	LocationCountry          *string `json:"location_country"`
	LocationPostalCode       *string `json:"location_postal_code"`
	LocationFormattedAddress *string `json:"location_formatted_address"`
	DueDate                  *string `json:"due_date"`
	DueTime                  string  `json:"due_time"` // HH:MM, or empty
	Duration                 string  `json:"duration"` // HH:MM, or empty
	DealID                   *int64  `json:"deal_id"`
	LeadID                   *string `json:"lead_id"`
	PersonID                 *int64  `json:"person_id"`
	ProjectID                *int64  `json:"project_id"`
	OrgID                    *int64  `json:"org_id"`
	Location                 *string `json:"location"`
	PublicDescription        string  `json:"public_description"`
}
