package crmapi

import "encoding/json"

// DealV2 is a deal as version 2 writes it. Times are RFC 3339 in UTC. The last
// block is there only when include_fields names it.
type DealV2 struct {
	ID                int64          `json:"id"`
	Title             string         `json:"title"`
	CreatorUserID     int64          `json:"creator_user_id"`
	OwnerID           int64          `json:"owner_id"`
	Value             json.Number    `json:"value"`
	PersonID          *int64         `json:"person_id"`
	OrgID             *int64         `json:"org_id"`
	StageID           int64          `json:"stage_id"`
	PipelineID        int64          `json:"pipeline_id"`
	Currency          string         `json:"currency"`
	ArchiveTime       *string        `json:"archive_time"`
	AddTime           string         `json:"add_time"`
	UpdateTime        string         `json:"update_time"`
	StageChangeTime   *string        `json:"stage_change_time"`
	Status            string         `json:"status"` // open, won, lost, deleted
	IsArchived        bool           `json:"is_archived"`
	IsDeleted         bool           `json:"is_deleted"`
	Probability       *int           `json:"probability"`
	LostReason        *string        `json:"lost_reason"`
	VisibleTo         int64          `json:"visible_to"`
	CloseTime         *string        `json:"close_time"`
	WonTime           *string        `json:"won_time"`
	LostTime          *string        `json:"lost_time"`
	LocalWonDate      *string        `json:"local_won_date"` // in the owner's time zone
	LocalLostDate     *string        `json:"local_lost_date"`
	LocalCloseDate    *string        `json:"local_close_date"`
	ExpectedCloseDate *string        `json:"expected_close_date"`
	LabelIDs          []int64        `json:"label_ids"`
	Origin            string         `json:"origin"`
	OriginID          *string        `json:"origin_id"`
	Channel           *int64         `json:"channel"`
	ChannelID         *string        `json:"channel_id"`
	SourceLeadID      *string        `json:"source_lead_id"` // UUID
	ACV               *json.Number   `json:"acv"`
	ARR               *json.Number   `json:"arr"`
	MRR               *json.Number   `json:"mrr"`
	CustomFields      map[string]any `json:"custom_fields"`
}

// DealMoney is what deals of version 1 say of their value.
type DealMoney struct {
	Value                  json.Number `json:"value"`
	Currency               string      `json:"currency"`
	FormattedValue         string      `json:"formatted_value"` // "€480"
	WeightedValue          json.Number `json:"weighted_value"`
	FormattedWeightedValue string      `json:"formatted_weighted_value"`
	WeightedValueCurrency  string      `json:"weighted_value_currency"`
}

// DealNumbers are the numbers of what hangs on a deal of version 1.
type DealNumbers struct {
	ProductsCount         int64 `json:"products_count"`
	FilesCount            int64 `json:"files_count"`
	NotesCount            int64 `json:"notes_count"`
	FollowersCount        int64 `json:"followers_count"`
	EmailMessagesCount    int64 `json:"email_messages_count"`
	ActivitiesCount       int64 `json:"activities_count"`
	DoneActivitiesCount   int64 `json:"done_activities_count"`
	UndoneActivitiesCount int64 `json:"undone_activities_count"`
	ParticipantsCount     int64 `json:"participants_count"`
}

// DealActivities is what is to be done next for a deal of version 1, and what was
// done last.
type DealActivities struct {
	NextActivityDate     *string `json:"next_activity_date"`
	NextActivityTime     *string `json:"next_activity_time"` // HH:MM:SS
	NextActivityID       *int64  `json:"next_activity_id"`
	LastActivityID       *int64  `json:"last_activity_id"`
	LastActivityDate     *string `json:"last_activity_date"`
	NextActivitySubject  *string `json:"next_activity_subject"`
	NextActivityType     *string `json:"next_activity_type"`
	NextActivityDuration *string `json:"next_activity_duration"` // HH:MM:SS
	NextActivityNote     *string `json:"next_activity_note"`
}

// DealV1 is a deal as version 1 writes it. Times are "2006-01-02 15:04:05" in UTC.
// The links are objects in most answers and plain ids in a few.
type DealV1 struct {
	ID               int64   `json:"id"`
	CreatorUserID    any     `json:"creator_user_id"`
	UserID           any     `json:"user_id"`
	PersonID         any     `json:"person_id"`
	OrgID            any     `json:"org_id"`
	StageID          int64   `json:"stage_id"`
	Title            string  `json:"title"`
	AddTime          string  `json:"add_time"`
	UpdateTime       string  `json:"update_time"`
	StageChangeTime  *string `json:"stage_change_time"`
	Active           bool    `json:"active"` // open, and not deleted
	Deleted          bool    `json:"deleted"`
	Status           string  `json:"status"` // open, won, lost, deleted
	Probability      *int    `json:"probability"`
	LostReason       *string `json:"lost_reason"`
	VisibleTo        string  `json:"visible_to"`
	CloseTime        *string `json:"close_time"`
	PipelineID       int64   `json:"pipeline_id"`
	WonTime          *string `json:"won_time"`
	FirstWonTime     *string `json:"first_won_time"`
	LostTime         *string `json:"lost_time"`
	ExpectedClose    *string `json:"expected_close_date"`
	LastIncomingMail *string `json:"last_incoming_mail_time"`
	LastOutgoingMail *string `json:"last_outgoing_mail_time"`
	Label            *string `json:"label"` // ids between commas
	LabelIDs         []int64 `json:"label_ids"`
	StageOrderNr     int     `json:"stage_order_nr"`
	PersonName       *string `json:"person_name"`
	OrgName          *string `json:"org_name"`
	RottenTime       *string `json:"rotten_time"`
	OwnerName        string  `json:"owner_name"`
	CcEmail          string  `json:"cc_email"`
	OrgHidden        bool    `json:"org_hidden"`
	PersonHidden     bool    `json:"person_hidden"`
	IsArchived       bool    `json:"is_archived"`
	ArchiveTime      *string `json:"archive_time"`
	Origin           string  `json:"origin"`
	OriginID         *string `json:"origin_id"`
	Channel          *int64  `json:"channel"`
	ChannelID        *string `json:"channel_id"`
	ACV              *string `json:"acv"`
	ARR              *string `json:"arr"`
	MRR              *string `json:"mrr"`
	ACVCurrency      *string `json:"acv_currency"`
	ARRCurrency      *string `json:"arr_currency"`
	MRRCurrency      *string `json:"mrr_currency"`
	DealMoney
	DealNumbers
	DealActivities
}

// DealDetails is what version 1 adds to one deal that is asked for by its id.
type DealDetails struct {
	DealV1
	AverageTimeToWon     Age     `json:"average_time_to_won"`
	AverageStageProgress float64 `json:"average_stage_progress"`
	Age                  Age     `json:"age"`
	StayInPipelineStages Stays   `json:"stay_in_pipeline_stages"`
	LastActivity         any     `json:"last_activity"`
	NextActivity         any     `json:"next_activity"`
}

// MergedDeal is the answer to a merge: the deal that stays, with plain ids.
type MergedDeal struct {
	DealV1
	MergeWhatID int64 `json:"merge_what_id"`
}

// Age is a span of time, taken apart.
type Age struct {
	Years        int64 `json:"y"`
	Months       int64 `json:"m"`
	Days         int64 `json:"d"`
	Hours        int64 `json:"h"`
	Minutes      int64 `json:"i"`
	Seconds      int64 `json:"s"`
	TotalSeconds int64 `json:"total_seconds"`
}

// Stays are the stages that a deal has been in.
type Stays struct {
	TimesInStages map[int64]int64 `json:"times_in_stages"` // stage → seconds
	OrderOfStages []int64         `json:"order_of_stages"`
}

// Participant is a person who takes part in a deal, as version 1 writes it.
type Participant struct {
	ID              int64           `json:"id"`
	PersonID        *PersonRef      `json:"person_id"`
	AddTime         string          `json:"add_time"`
	ActiveFlag      bool            `json:"active_flag"`
	RelatedItemData RelatedItemData `json:"related_item_data"`
	Person          *PersonRef      `json:"person"`
	AddedByUserID   *UserRef        `json:"added_by_user_id"`
	RelatedItemType string          `json:"related_item_type"` // "deal"
	RelatedItemID   int64           `json:"related_item_id"`
}

// RelatedItemData names the deal of a participant.
type RelatedItemData struct {
	DealID int64  `json:"deal_id"`
	Title  string `json:"title"`
}

// AdditionalDropbox is the additional_data of one record: where copies of emails
// about it are sent.
type AdditionalDropbox struct {
	DropboxEmail string `json:"dropbox_email"`
}

// Conversion is the answer to a lead that shall become a deal, and the other way
// round.
type Conversion struct {
	ConversionID string `json:"conversion_id"` // UUID
}

// ConversionStatus is how a conversion went.
type ConversionStatus struct {
	ConversionID string `json:"conversion_id"`
	Status       string `json:"status"` // not_started, running, completed, failed, rejected
	DealID       int64  `json:"deal_id,omitempty"`
	LeadID       string `json:"lead_id,omitempty"`
}

// Summary adds deals up.
type Summary struct {
	ValuesTotal             map[string]ValuesTotal   `json:"values_total"`          // by currency
	WeightedValuesTotal     map[string]WeightedTotal `json:"weighted_values_total"` // by currency
	TotalCount              int64                    `json:"total_count"`
	TotalConverted          json.Number              `json:"total_currency_converted_value"`
	TotalWeighted           json.Number              `json:"total_weighted_currency_converted_value"`
	TotalConvertedFormatted string                   `json:"total_currency_converted_value_formatted"`
	TotalWeightedFormatted  string                   `json:"total_weighted_currency_converted_value_formatted"`
}

// ValuesTotal is what deals in one currency are worth.
type ValuesTotal struct {
	Value                   json.Number `json:"value"`
	Count                   int64       `json:"count"`
	ValueConverted          any         `json:"value_converted"` // a number, null where there is no rate
	ValueFormatted          string      `json:"value_formatted"`
	ValueConvertedFormatted any         `json:"value_converted_formatted"`
}

// WeightedTotal is what they are worth by their probability.
type WeightedTotal struct {
	Value          json.Number `json:"value"`
	Count          int64       `json:"count"`
	ValueFormatted string      `json:"value_formatted"`
}

// DealRow is a deal in a collection: ids instead of names.
type DealRow struct {
	ID                int64       `json:"id"`
	CreatorUserID     int64       `json:"creator_user_id"`
	UserID            int64       `json:"user_id"`
	PersonID          *int64      `json:"person_id"`
	OrgID             *int64      `json:"org_id"`
	StageID           int64       `json:"stage_id"`
	Title             string      `json:"title"`
	Value             json.Number `json:"value"`
	Currency          string      `json:"currency"`
	AddTime           string      `json:"add_time"`
	UpdateTime        string      `json:"update_time"`
	Status            string      `json:"status"`
	Probability       *int        `json:"probability"`
	LostReason        *string     `json:"lost_reason"`
	VisibleTo         string      `json:"visible_to"`
	CloseTime         *string     `json:"close_time"`
	PipelineID        int64       `json:"pipeline_id"`
	WonTime           *string     `json:"won_time"`
	LostTime          *string     `json:"lost_time"`
	ExpectedCloseDate *string     `json:"expected_close_date"`
	Label             *string     `json:"label"` // ids between commas
}

// TimelinePeriod is a part of a timeline of deals.
type TimelinePeriod struct {
	PeriodStart string         `json:"period_start"`
	PeriodEnd   string         `json:"period_end"`
	Deals       []any          `json:"deals,omitzero"` // absent where they were excluded
	Totals      TimelineTotals `json:"totals"`
}

// TimelineTotals is what the deals of a period are worth together, by currency.
type TimelineTotals struct {
	Count              int64                  `json:"count"`
	Values             map[string]json.Number `json:"values"`
	WeightedValues     map[string]json.Number `json:"weighted_values"`
	OpenCount          int64                  `json:"open_count"`
	OpenValues         map[string]json.Number `json:"open_values"`
	WeightedOpenValues map[string]json.Number `json:"weighted_open_values"`
	WonCount           int64                  `json:"won_count"`
	WonValues          map[string]json.Number `json:"won_values"`
}
