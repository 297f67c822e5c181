package records

import "slices"

// KindActivity is the kind of activities, whose fields the company cannot add to.
const KindActivity = "activity"

// firstCustomField is where the numbers of a company's own fields begin; those
// of standard fields are their places in the lists below, which only grow.
const firstCustomField = 1000

// firstOption is where the ids of options begin that a company adds, above those
// of defaultLabels.
const firstOption = 100

// defaultLabels can be chosen until a company changes the labels of a kind.
var defaultLabels = []Option{
	{ID: 1, Label: "Customer", Color: "green"},
	{ID: 2, Label: "Hot lead", Color: "red"},
	{ID: 3, Label: "Warm lead", Color: "yellow"},
	{ID: 4, Label: "Cold lead", Color: "blue"},
}

var (
	visibilities = []Option{
		{ID: 1, Label: "Owner & followers"}, {ID: 3, Label: "Entire company"}, {ID: 5, Label: "Owner's visibility group and sub-groups"}, {ID: 7, Label: "Everyone"},
	}
	marketingStatuses = words("no_consent", "No consent", "unsubscribed", "Unsubscribed", "subscribed", "Subscribed", "archived", "Archived")
	dealStatuses      = words("open", "Open", "won", "Won", "lost", "Lost", "deleted", "Deleted")
)

// words makes options that are known by a word: word, label, word, label …
func words(pairs ...string) []Option {
	var out []Option
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, Option{Word: pairs[i], Label: pairs[i+1]})
	}
	return out
}

// standard is a standard field: what can be written, what is computed, and what
// version 2 shows only when asked.
type standard struct {
	code, name string
	kind       FieldType
	flags      standardFlag
	options    []Option
}

type standardFlag int

const (
	written  standardFlag = iota
	readOnly              // by the room
	optional              // by the room, and in version 2 only with include_fields
)

// standardFields are the definitions in code for an entity.
// spec: rest.fields.standard
func standardFields(entity string) []Field {
	list := standards[entity]
	out := make([]Field, len(list))
	for i, f := range list {
		out[i] = Field{
			ID: int64(i + 1), Entity: entity, Code: f.code, Name: f.name, Type: f.kind, Options: slices.Clone(f.options),
			Optional: f.flags == optional, ReadOnly: f.flags != written, Position: int64(i + 1),
		}
	}
	return out
}

var standards = map[string][]standard{
	KindPerson: {
		{"id", "ID", "int", readOnly, nil},
		{"name", "Name", "varchar", written, nil},
		{"first_name", "First name", "varchar", written, nil},
		{"last_name", "Last name", "varchar", written, nil},
		{"label_ids", "Labels", "set", written, defaultLabels},
		{"phone", "Phone", "phone", written, nil},
		{"email", "Email", "varchar", written, nil},
		{"org_id", "Organization", "org", written, nil},
		{"owner_id", "Owner", "user", written, nil},
		{"add_time", "Person created", "date", written, nil},
		{"update_time", "Update time", "date", readOnly, nil},
		{"visible_to", "Visible to", "visible_to", written, visibilities},
		{"marketing_status", "Marketing status", "enum", optional, marketingStatuses},
		{"doi_status", "Double opt-in", "int", optional, nil},
		{"picture_id", "Profile picture", "picture", readOnly, nil},
		{"next_activity_id", "Next activity", "activity", optional, nil},
		{"last_activity_id", "Last activity", "activity", optional, nil},
		{"open_deals_count", "Open deals", "int", optional, nil},
		{"related_open_deals_count", "Open deals of related contacts", "int", optional, nil},
		{"closed_deals_count", "Closed deals", "int", optional, nil},
		{"related_closed_deals_count", "Closed deals of related contacts", "int", optional, nil},
		{"participant_open_deals_count", "Open deals as participant", "int", optional, nil},
		{"participant_closed_deals_count", "Closed deals as participant", "int", optional, nil},
		{"won_deals_count", "Won deals", "int", optional, nil},
		{"related_won_deals_count", "Won deals of related contacts", "int", optional, nil},
		{"lost_deals_count", "Lost deals", "int", optional, nil},
		{"related_lost_deals_count", "Lost deals of related contacts", "int", optional, nil},
		{"activities_count", "Total activities", "int", optional, nil},
		{"done_activities_count", "Done activities", "int", optional, nil},
		{"undone_activities_count", "Activities to do", "int", optional, nil},
		{"email_messages_count", "Email messages count", "int", optional, nil},
		{"files_count", "Files", "int", optional, nil},
		{"notes_count", "Notes", "int", optional, nil},
		{"followers_count", "Followers", "int", optional, nil},
		{"last_incoming_mail_time", "Last email received", "date", optional, nil},
		{"last_outgoing_mail_time", "Last email sent", "date", optional, nil},
		{"smart_bcc_email", "Smart Bcc email", "varchar", optional, nil},
	},
	KindOrganization: {
		{"id", "ID", "int", readOnly, nil},
		{"name", "Name", "varchar", written, nil},
		{"label_ids", "Labels", "set", written, defaultLabels},
		{"address", "Address", "address", written, nil},
		{"owner_id", "Owner", "user", written, nil},
		{"add_time", "Organization created", "date", written, nil},
		{"update_time", "Update time", "date", readOnly, nil},
		{"visible_to", "Visible to", "visible_to", written, visibilities},
		{"website", "Website", "varchar", written, nil},
		{"linkedin", "LinkedIn profile", "varchar", written, nil},
		{"industry", "Industry", "varchar", written, nil},
		{"annual_revenue", "Annual revenue", "double", written, nil},
		{"employee_count", "Number of employees", "int", written, nil},
		{"picture_id", "Profile picture", "picture", readOnly, nil},
		{"next_activity_id", "Next activity", "activity", optional, nil},
		{"last_activity_id", "Last activity", "activity", optional, nil},
		{"people_count", "People", "int", optional, nil},
		{"open_deals_count", "Open deals", "int", optional, nil},
		{"related_open_deals_count", "Open deals of related contacts", "int", optional, nil},
		{"closed_deals_count", "Closed deals", "int", optional, nil},
		{"related_closed_deals_count", "Closed deals of related contacts", "int", optional, nil},
		{"won_deals_count", "Won deals", "int", optional, nil},
		{"related_won_deals_count", "Won deals of related contacts", "int", optional, nil},
		{"lost_deals_count", "Lost deals", "int", optional, nil},
		{"related_lost_deals_count", "Lost deals of related contacts", "int", optional, nil},
		{"activities_count", "Total activities", "int", optional, nil},
		{"done_activities_count", "Done activities", "int", optional, nil},
		{"undone_activities_count", "Activities to do", "int", optional, nil},
		{"email_messages_count", "Email messages count", "int", optional, nil},
		{"files_count", "Files", "int", optional, nil},
		{"notes_count", "Notes", "int", optional, nil},
		{"followers_count", "Followers", "int", optional, nil},
		{"smart_bcc_email", "Smart Bcc email", "varchar", optional, nil},
	},
	KindDeal: {
		{"id", "ID", "int", readOnly, nil},
		{"title", "Title", "varchar", written, nil},
		{"creator_user_id", "Creator", "user", readOnly, nil},
		{"owner_id", "Owner", "user", written, nil},
		{"value", "Value", "monetary", written, nil},
		{"currency", "Currency of value", "varchar", written, nil},
		{"person_id", "Contact person", "people", written, nil},
		{"org_id", "Organization", "org", written, nil},
		{"pipeline_id", "Pipeline", "int", written, nil},
		{"stage_id", "Stage", "stage", written, nil},
		{"status", "Status", "status", written, dealStatuses},
		{"label_ids", "Labels", "set", written, defaultLabels},
		{"add_time", "Deal created", "date", written, nil},
		{"update_time", "Update time", "date", readOnly, nil},
		{"stage_change_time", "Last stage change", "date", readOnly, nil},
		{"close_time", "Deal closed on", "date", written, nil},
		{"won_time", "Won time", "date", written, nil},
		{"lost_time", "Lost time", "date", written, nil},
		{"lost_reason", "Lost reason", "varchar_options", written, nil},
		{"expected_close_date", "Expected close date", "date", written, nil},
		{"probability", "Probability", "int", written, nil},
		{"visible_to", "Visible to", "visible_to", written, visibilities},
		{"is_archived", "Is archived", "boolean", written, nil},
		{"archive_time", "Archive time", "date", written, nil},
		{"origin", "Source origin", "varchar", readOnly, nil},
		{"origin_id", "Source origin ID", "varchar", written, nil},
		{"channel", "Source channel", "enum", written, nil},
		{"channel_id", "Source channel ID", "varchar", written, nil},
		{"acv", "Annual contract value", "double", readOnly, nil},
		{"arr", "Annual recurring revenue", "double", readOnly, nil},
		{"mrr", "Monthly recurring revenue", "double", readOnly, nil},
		{"next_activity_id", "Next activity", "activity", optional, nil},
		{"last_activity_id", "Last activity", "activity", optional, nil},
		{"first_won_time", "First won time", "date", optional, nil},
		{"products_count", "Products", "int", optional, nil},
		{"files_count", "Files", "int", optional, nil},
		{"notes_count", "Notes", "int", optional, nil},
		{"followers_count", "Followers", "int", optional, nil},
		{"email_messages_count", "Email messages count", "int", optional, nil},
		{"activities_count", "Total activities", "int", optional, nil},
		{"done_activities_count", "Done activities", "int", optional, nil},
		{"undone_activities_count", "Activities to do", "int", optional, nil},
		{"participants_count", "Participants", "int", optional, nil},
		{"last_incoming_mail_time", "Last email received", "date", optional, nil},
		{"last_outgoing_mail_time", "Last email sent", "date", optional, nil},
		{"smart_bcc_email", "Smart Bcc email", "varchar", optional, nil},
	},
	KindLead: {
		{"id", "ID", "varchar", readOnly, nil},
		{"title", "Title", "varchar", written, nil},
		{"creator_id", "Creator", "user", readOnly, nil},
		{"owner_id", "Owner", "user", written, nil},
		{"value", "Value", "monetary", written, nil},
		{"person_id", "Contact person", "people", written, nil},
		{"organization_id", "Organization", "org", written, nil},
		{"expected_close_date", "Expected close date", "date", written, nil},
		{"visible_to", "Visible to", "visible_to", written, visibilities},
		{"was_seen", "Seen", "boolean", written, nil},
		{"is_archived", "Archived", "boolean", written, nil},
		{"source_name", "Source", "varchar", readOnly, nil},
		{"origin", "Source origin", "varchar", readOnly, nil},
		{"origin_id", "Source origin ID", "varchar", written, nil},
		{"channel", "Source channel", "enum", written, nil},
		{"channel_id", "Source channel ID", "varchar", written, nil},
		{"next_activity_id", "Next activity", "activity", readOnly, nil},
		{"add_time", "Lead created", "date", readOnly, nil},
		{"update_time", "Update time", "date", readOnly, nil},
	},
	KindActivity: {
		{"id", "ID", "int", readOnly, nil},
		{"subject", "Subject", "varchar", written, nil},
		{"type", "Type", "enum", written, nil},
		{"owner_id", "Assigned to user", "user", written, nil},
		{"creator_user_id", "Creator", "user", readOnly, nil},
		{"deal_id", "Deal", "deal", written, nil},
		{"lead_id", "Lead", "lead", written, nil},
		{"person_id", "Contact person", "people", written, nil},
		{"org_id", "Organization", "org", written, nil},
		{"project_id", "Project", "project", written, nil},
		{"due_date", "Due date", "date", written, nil},
		{"due_time", "Due time", "time", written, nil},
		{"duration", "Duration", "time", written, nil},
		{"busy", "Free/busy", "boolean", written, nil},
		{"done", "Done", "boolean", written, nil},
		{"marked_as_done_time", "Marked as done time", "date", readOnly, nil},
		{"location", "Location", "address", written, nil},
		{"participants", "Participants", "json", written, nil},
		{"attendees", "Attendees", "json", written, nil},
		{"conference_meeting_client", "Video call provider", "varchar", readOnly, nil},
		{"conference_meeting_url", "Video call link", "varchar", readOnly, nil},
		{"conference_meeting_id", "Video call ID", "varchar", readOnly, nil},
		{"public_description", "Public description", "text", written, nil},
		{"priority", "Priority", "enum", written, nil},
		{"note", "Note", "text", written, nil},
		{"add_time", "Add time", "date", readOnly, nil},
		{"update_time", "Update time", "date", readOnly, nil},
	},
	// spec: rest.note-fields
	KindNote: {
		{"id", "ID", "int", readOnly, nil},
		{"content", "Content", "text", written, nil},
		{"user_id", "Author", "user", written, nil},
		{"deal_id", "Deal", "deal", written, nil},
		{"person_id", "Contact person", "people", written, nil},
		{"org_id", "Organization", "org", written, nil},
		{"lead_id", "Lead", "lead", written, nil},
		{"project_id", "Project", "project", written, nil},
		{"pinned_to_deal_flag", "Pinned to deal", "boolean", written, nil},
		{"pinned_to_person_flag", "Pinned to person", "boolean", written, nil},
		{"pinned_to_organization_flag", "Pinned to organization", "boolean", written, nil},
		{"pinned_to_lead_flag", "Pinned to lead", "boolean", written, nil},
		{"pinned_to_project_flag", "Pinned to project", "boolean", written, nil},
		{"add_time", "Add time", "date", written, nil},
		{"update_time", "Update time", "date", readOnly, nil},
	},
}
