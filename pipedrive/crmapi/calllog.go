package crmapi

// CallLog is a telephone call that was logged. Times are RFC 3339 with
// milliseconds; what a call has not is left out.
type CallLog struct {
	ID              string `json:"id"` // 32 hexadecimal digits
	ActivityID      int64  `json:"activity_id,omitempty"`
	PersonID        int64  `json:"person_id,omitempty"`
	OrgID           int64  `json:"org_id,omitempty"`
	DealID          int64  `json:"deal_id,omitempty"`
	LeadID          string `json:"lead_id,omitempty"` // UUID
	Subject         string `json:"subject,omitempty"`
	Duration        string `json:"duration,omitempty"` // seconds
	Outcome         string `json:"outcome"`
	FromPhoneNumber string `json:"from_phone_number,omitempty"`
	ToPhoneNumber   string `json:"to_phone_number"`
	HasRecording    bool   `json:"has_recording"`
	StartTime       string `json:"start_time"`
	EndTime         string `json:"end_time"`
	UserID          int64  `json:"user_id"`
	CompanyID       int64  `json:"company_id"`
	Note            string `json:"note,omitempty"` // HTML
}
