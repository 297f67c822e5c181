package crmapi

// UserSettings is the answer to GET /v1/userSettings.
type UserSettings struct {
	MarketplaceTeam                 bool   `json:"marketplace_team"`
	ListLimit                       int    `json:"list_limit"` // rows of a list page
	BetaApp                         bool   `json:"beta_app"`
	PreventSalesphoneCalltoOverride bool   `json:"prevent_salesphone_callto_override"`
	FileUploadDestination           string `json:"file_upload_destination"`
	CalltoLinkSyntax                string `json:"callto_link_syntax"` // holds "[number]"
	AutofillDealExpectedCloseDate   bool   `json:"autofill_deal_expected_close_date"`
	PersonDuplicateCondition        string `json:"person_duplicate_condition"`
}

// UserConnections is the answer to GET /v1/userConnections.
type UserConnections struct {
	Google any `json:"google"` // the account's id, or false
}

// Currency is an item of GET /v1/currencies.
type Currency struct {
	ID            int    `json:"id"`
	Code          string `json:"code"` // three letters
	Name          string `json:"name"`
	DecimalPoints int    `json:"decimal_points"`
	Symbol        string `json:"symbol"`
	ActiveFlag    bool   `json:"active_flag"`
	IsCustomFlag  bool   `json:"is_custom_flag"`
}

// Permissions is the answer to GET /v1/users/{id}/permissions.
type Permissions struct {
	AddCustomFields          bool `json:"can_add_custom_fields"`
	AddProducts              bool `json:"can_add_products"`
	AddProspectsAsLeads      bool `json:"can_add_prospects_as_leads"`
	BulkEditItems            bool `json:"can_bulk_edit_items"`
	ChangeVisibilityOfItems  bool `json:"can_change_visibility_of_items"`
	ConvertDealsToLeads      bool `json:"can_convert_deals_to_leads"`
	CreateOwnWorkflow        bool `json:"can_create_own_workflow"`
	DeleteActivities         bool `json:"can_delete_activities"`
	DeleteCustomFields       bool `json:"can_delete_custom_fields"`
	DeleteDeals              bool `json:"can_delete_deals"`
	EditCustomFields         bool `json:"can_edit_custom_fields"`
	EditDealsClosedDate      bool `json:"can_edit_deals_closed_date"`
	EditProducts             bool `json:"can_edit_products"`
	EditSharedFilters        bool `json:"can_edit_shared_filters"`
	ExportDataFromLists      bool `json:"can_export_data_from_lists"`
	FollowOtherUsers         bool `json:"can_follow_other_users"`
	MergeDeals               bool `json:"can_merge_deals"`
	MergeOrganizations       bool `json:"can_merge_organizations"`
	MergePeople              bool `json:"can_merge_people"`
	ModifyLabels             bool `json:"can_modify_labels"`
	SeeCompanyWideStatistics bool `json:"can_see_company_wide_statistics"`
	SeeDealsListSummary      bool `json:"can_see_deals_list_summary"`
	SeeHiddenItemsNames      bool `json:"can_see_hidden_items_names"`
	SeeOtherUsers            bool `json:"can_see_other_users"`
	SeeOtherUsersStatistics  bool `json:"can_see_other_users_statistics"`
	SeeSecurityDashboard     bool `json:"can_see_security_dashboard"`
	ShareFilters             bool `json:"can_share_filters"`
	ShareInsights            bool `json:"can_share_insights"`
	UseAPI                   bool `json:"can_use_api"`
	UseEmailTracking         bool `json:"can_use_email_tracking"`
	UseImport                bool `json:"can_use_import"`
}
