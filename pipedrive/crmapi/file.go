package crmapi

// File is a file on records. Times are "2006-01-02 15:04:05" in UTC. The keys of
// references are null when there is none; the names of what they point to are
// empty then.
type File struct {
	ID             int64   `json:"id"`
	UserID         int64   `json:"user_id"`
	DealID         *int64  `json:"deal_id"`
	PersonID       *int64  `json:"person_id"`
	OrgID          *int64  `json:"org_id"`
	ProductID      *int64  `json:"product_id"`
	ActivityID     *int64  `json:"activity_id"`
	LeadID         *string `json:"lead_id"` // UUID
	LogID          *int64  `json:"log_id"`
	AddTime        string  `json:"add_time"`
	UpdateTime     string  `json:"update_time"`
	FileName       string  `json:"file_name"` // unlike that of any other file
	FileType       string  `json:"file_type"` // pdf, png …
	FileSize       int64   `json:"file_size"` // bytes
	ActiveFlag     bool    `json:"active_flag"`
	InlineFlag     bool    `json:"inline_flag"`
	RemoteLocation string  `json:"remote_location"` // s3, googledrive
	RemoteID       string  `json:"remote_id"`
	CID            string  `json:"cid"`
	S3Bucket       string  `json:"s3_bucket"`
	MailMessageID  string  `json:"mail_message_id"`
	MailTemplateID string  `json:"mail_template_id"`
	DealName       string  `json:"deal_name"`
	PersonName     string  `json:"person_name"`
	OrgName        string  `json:"org_name"`
	ProductName    string  `json:"product_name"`
	LeadName       string  `json:"lead_name"`
	URL            string  `json:"url"` // of its bytes
	Name           string  `json:"name"`
	Description    string  `json:"description"`
}
