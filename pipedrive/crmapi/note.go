package crmapi

// Note is a note as version 1 writes it. Times are "2006-01-02 15:04:05" in UTC.
type Note struct {
	ID                       int64      `json:"id"`
	UserID                   int64      `json:"user_id"`
	DealID                   *int64     `json:"deal_id"`
	PersonID                 *int64     `json:"person_id"`
	OrgID                    *int64     `json:"org_id"`
	LeadID                   *string    `json:"lead_id"`
	ProjectID                *int64     `json:"project_id"`
	Content                  string     `json:"content"` // HTML
	AddTime                  string     `json:"add_time"`
	UpdateTime               string     `json:"update_time"`
	ActiveFlag               bool       `json:"active_flag"`
	PinnedToDealFlag         bool       `json:"pinned_to_deal_flag"`
	PinnedToPersonFlag       bool       `json:"pinned_to_person_flag"`
	PinnedToOrganizationFlag bool       `json:"pinned_to_organization_flag"`
	PinnedToLeadFlag         bool       `json:"pinned_to_lead_flag"`
	PinnedToProjectFlag      bool       `json:"pinned_to_project_flag"`
	LastUpdateUserID         *int64     `json:"last_update_user_id"`
	Organization             *NamedOnly `json:"organization"`
	Person                   *NamedOnly `json:"person"`
	Deal                     *TitleOnly `json:"deal"`
	Project                  *TitleOnly `json:"project"`
	User                     *NoteUser  `json:"user"`
}

// NamedOnly is a record of which only the name is told.
type NamedOnly struct {
	Name string `json:"name"`
}

// TitleOnly is a record of which only the title is told.
type TitleOnly struct {
	Title string `json:"title"`
}

// NoteUser is who wrote a note.
type NoteUser struct {
	Email   string  `json:"email"`
	Name    string  `json:"name"`
	IconURL *string `json:"icon_url"`
	IsYou   bool    `json:"is_you"`
}

// Comment is what was said about a note. Times are RFC 3339 with milliseconds.
type Comment struct {
	UUID       string `json:"uuid"`
	ActiveFlag bool   `json:"active_flag"`
	AddTime    string `json:"add_time"`
	UpdateTime string `json:"update_time"`
	Content    string `json:"content"`   // HTML
	ObjectID   string `json:"object_id"` // the note's id
	ObjectType string `json:"object_type"`
	UserID     int64  `json:"user_id"`
	UpdaterID  *int64 `json:"updater_id"`
	CompanyID  int64  `json:"company_id"`
}
