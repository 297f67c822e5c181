package records

import (
	"strings"

	"github.com/dockwright/dockwright/internal/store"
)

// Where the fields of records stand. A filter reaches nothing that is not in these
// tables, and the fields of the company.

// column is where a field of a record stands. sql has "~" for the row of the
// record.
type column struct {
	sql string
	as  form
	// within is a condition around the one on sql, which stands at its "%s": there is
	// a row such as this.
	within string
}

// form is how a value is written in its column.
type form int

const (
	asIs       form = iota // a number or a text; null and "" are nothing
	asFolded               // in small letters, by fold
	asDigits               // a telephone number
	asMicros               // an instant; 0 is none
	asAmount               // ten-thousandths
	asNumberID             // an id that is a number
)

const (
	activityNext  = `EXISTS (SELECT 1 FROM records_activity y WHERE y.company_id = ~.company_id AND NOT y.deleted AND NOT y.done AND y.`
	activityLast  = `EXISTS (SELECT 1 FROM records_activity y WHERE y.company_id = ~.company_id AND NOT y.deleted AND y.done AND y.`
	activitiesBy  = `(SELECT COUNT(*) FROM records_activity y WHERE y.company_id = ~.company_id AND NOT y.deleted AND y.`
	takesPart     = `id IN (SELECT z.activity_id FROM records_activity_participant z WHERE z.company_id = ~.company_id AND z.person_id = ~.id))`
	dealsBy       = `(SELECT COUNT(*) FROM records_deal y WHERE y.company_id = ~.company_id AND NOT y.deleted AND y.`
	notesBy       = `(SELECT COUNT(*) FROM records_note y WHERE y.company_id = ~.company_id AND NOT y.deleted AND y.`
	filesBy       = `(SELECT COUNT(*) FROM records_file y WHERE y.company_id = ~.company_id AND NOT y.deleted AND y.`
	followersOf   = `(SELECT COUNT(*) FROM records_follower y WHERE y.company_id = ~.company_id AND y.entity_id = ~.id AND y.entity = `
	contactOf     = `EXISTS (SELECT 1 FROM records_contact k WHERE k.company_id = ~.company_id AND k.person_id = ~.id AND k.kind = `
	stagePipeline = `(SELECT y.pipeline_id FROM records_stage y WHERE y.company_id = ~.company_id AND y.id = ~.stage_id)`
)

// filtered are the columns of the standard fields that filters can ask for, by kind
// and code. The others are refused by name.
// spec: rest.filters.fields
var filtered = map[string]map[string]column{
	KindPerson: {
		"id": {sql: "~.id"}, "name": {sql: "~.folded", as: asFolded}, "first_name": {sql: "~.first_name"}, "last_name": {sql: "~.last_name"},
		"label_ids": {sql: "~.labels"}, "org_id": {sql: "~.org_id", as: asNumberID}, "owner_id": {sql: "~.owner_id", as: asNumberID},
		"email":    {sql: "k.folded", as: asFolded, within: contactOf + `'email' AND %s)`},
		"phone":    {sql: "k.folded", as: asDigits, within: contactOf + `'phone' AND %s)`},
		"add_time": {sql: "~.added_at", as: asMicros}, "update_time": {sql: "~.updated_at", as: asMicros},
		"visible_to": {sql: "~.visible_to", as: asNumberID}, "marketing_status": {sql: "~.marketing_status"},
		"next_activity_id": {sql: activityNext + takesPart}, "last_activity_id": {sql: activityLast + takesPart},
		"activities_count":        {sql: activitiesBy + takesPart},
		"done_activities_count":   {sql: activitiesBy + "done AND y." + takesPart},
		"undone_activities_count": {sql: activitiesBy + "done = FALSE AND y." + takesPart},
		"open_deals_count":        {sql: dealsBy + "status = 'open' AND y.person_id = ~.id)"},
		"closed_deals_count":      {sql: dealsBy + "status <> 'open' AND y.person_id = ~.id)"},
		"won_deals_count":         {sql: dealsBy + "status = 'won' AND y.person_id = ~.id)"},
		"lost_deals_count":        {sql: dealsBy + "status = 'lost' AND y.person_id = ~.id)"},
		"notes_count":             {sql: notesBy + "person_id = ~.id)"}, "files_count": {sql: filesBy + "person_id = ~.id)"},
		"followers_count": {sql: followersOf + "'person')"},
	},
	KindOrganization: {
		"id": {sql: "~.id"}, "name": {sql: "~.folded", as: asFolded}, "label_ids": {sql: "~.labels"}, "address": {sql: "~.address"},
		"owner_id": {sql: "~.owner_id", as: asNumberID}, "add_time": {sql: "~.added_at", as: asMicros}, "update_time": {sql: "~.updated_at", as: asMicros},
		"visible_to": {sql: "~.visible_to", as: asNumberID}, "website": {sql: "~.website"}, "industry": {sql: "~.industry"},
		"next_activity_id": {sql: activityNext + "org_id = ~.id)"}, "last_activity_id": {sql: activityLast + "org_id = ~.id)"},
		"activities_count":        {sql: activitiesBy + "org_id = ~.id)"},
		"done_activities_count":   {sql: activitiesBy + "done AND y.org_id = ~.id)"},
		"undone_activities_count": {sql: activitiesBy + "done = FALSE AND y.org_id = ~.id)"},
		"people_count":            {sql: `(SELECT COUNT(*) FROM records_person y WHERE y.company_id = ~.company_id AND NOT y.deleted AND y.org_id = ~.id)`},
		"open_deals_count":        {sql: dealsBy + "status = 'open' AND y.org_id = ~.id)"},
		"closed_deals_count":      {sql: dealsBy + "status <> 'open' AND y.org_id = ~.id)"},
		"won_deals_count":         {sql: dealsBy + "status = 'won' AND y.org_id = ~.id)"},
		"lost_deals_count":        {sql: dealsBy + "status = 'lost' AND y.org_id = ~.id)"},
		"notes_count":             {sql: notesBy + "org_id = ~.id)"}, "files_count": {sql: filesBy + "org_id = ~.id)"},
		"followers_count": {sql: followersOf + "'organization')"},
	},
	KindDeal: {
		"id": {sql: "~.id"}, "title": {sql: "~.folded", as: asFolded}, "creator_user_id": {sql: "~.creator_id", as: asNumberID},
		"owner_id": {sql: "~.owner_id", as: asNumberID}, "value": {sql: "~.amount", as: asAmount}, "currency": {sql: "~.currency"},
		"person_id": {sql: "~.person_id", as: asNumberID}, "org_id": {sql: "~.org_id", as: asNumberID}, "pipeline_id": {sql: stagePipeline},
		"stage_id": {sql: "~.stage_id", as: asNumberID}, "status": {sql: "~.status"}, "label_ids": {sql: "~.label_ids"},
		"add_time": {sql: "~.added_at", as: asMicros}, "update_time": {sql: "~.updated_at", as: asMicros},
		"stage_change_time": {sql: "~.stage_changed_at", as: asMicros}, "close_time": {sql: "~.closed_at", as: asMicros},
		"won_time": {sql: "~.won_at", as: asMicros}, "lost_time": {sql: "~.lost_at", as: asMicros}, "first_won_time": {sql: "~.first_won_at", as: asMicros},
		"lost_reason": {sql: "~.lost_reason"}, "expected_close_date": {sql: "~.expected_close"}, "probability": {sql: "~.probability"},
		"visible_to": {sql: "~.visible_to", as: asNumberID}, "is_archived": {sql: "~.archived"}, "archive_time": {sql: "~.archived_at", as: asMicros},
		"origin": {sql: "~.origin"}, "origin_id": {sql: "~.origin_id"}, "channel": {sql: "NULLIF(~.channel, 0)", as: asNumberID}, "channel_id": {sql: "~.channel_id"},
		"next_activity_id": {sql: activityNext + "deal_id = ~.id)"}, "last_activity_id": {sql: activityLast + "deal_id = ~.id)"},
		"activities_count":        {sql: activitiesBy + "deal_id = ~.id)"},
		"done_activities_count":   {sql: activitiesBy + "done AND y.deal_id = ~.id)"},
		"undone_activities_count": {sql: activitiesBy + "done = FALSE AND y.deal_id = ~.id)"},
		"participants_count":      {sql: `(SELECT COUNT(*) FROM records_participant y WHERE y.company_id = ~.company_id AND y.deal_id = ~.id)`},
		"notes_count":             {sql: notesBy + "deal_id = ~.id)"}, "files_count": {sql: filesBy + "deal_id = ~.id)"},
		"followers_count": {sql: followersOf + "'deal')"},
	},
	KindLead: {
		"id": {sql: "~.id"}, "title": {sql: "~.folded", as: asFolded}, "creator_id": {sql: "~.creator_id", as: asNumberID},
		"owner_id": {sql: "~.owner_id", as: asNumberID}, "value": {sql: "CASE WHEN ~.currency = '' THEN NULL ELSE ~.amount END", as: asAmount},
		"person_id": {sql: "~.person_id", as: asNumberID}, "organization_id": {sql: "~.org_id", as: asNumberID},
		"expected_close_date": {sql: "~.expected_close"}, "visible_to": {sql: "~.visible_to", as: asNumberID},
		"was_seen": {sql: "~.seen"}, "is_archived": {sql: "~.archived"}, "source_name": {sql: "~.source"}, "origin": {sql: "~.origin"},
		"origin_id": {sql: "~.origin_id"}, "channel": {sql: "NULLIF(~.channel, 0)", as: asNumberID}, "channel_id": {sql: "~.channel_id"},
		"next_activity_id": {sql: activityNext + "lead_id = ~.id)"},
		"add_time":         {sql: "~.added_at", as: asMicros}, "update_time": {sql: "~.updated_at", as: asMicros},
	},
	KindActivity: {
		"id": {sql: "~.id"}, "subject": {sql: "~.subject"}, "type": {sql: "~.type"}, "owner_id": {sql: "~.owner_id", as: asNumberID},
		"creator_user_id": {sql: "~.creator_id", as: asNumberID}, "deal_id": {sql: "~.deal_id", as: asNumberID}, "lead_id": {sql: "~.lead_id"},
		"person_id": {sql: "~.person_id", as: asNumberID}, "org_id": {sql: "~.org_id", as: asNumberID}, "due_date": {sql: "~.due_date"},
		"due_time": {sql: "~.due_time"}, "duration": {sql: "~.duration"}, "busy": {sql: "~.busy = 'busy'"}, "done": {sql: "~.done"},
		"marked_as_done_time":       {sql: "~.done_at", as: asMicros},
		"conference_meeting_client": {sql: "~.meeting_client"}, "conference_meeting_url": {sql: "~.meeting_url"}, "conference_meeting_id": {sql: "~.meeting_id"},
		"public_description": {sql: "~.public_description"}, "priority": {sql: "NULLIF(~.priority, 0)", as: asNumberID}, "note": {sql: "~.note"},
		"add_time": {sql: "~.added_at", as: asMicros}, "update_time": {sql: "~.updated_at", as: asMicros},
	},
}

// inside are standard fields that stand in a column of JSON; fields with parts have
// them there, beside what is in filtered.
var inside = map[string]map[string]struct {
	column       string
	value, parts []string
}{
	KindOrganization: {
		"address":        {column: "~.details", parts: []string{"address"}},
		"linkedin":       {column: "~.details", value: []string{"linkedin"}},
		"annual_revenue": {column: "~.details", value: []string{"annual_revenue"}},
		"employee_count": {column: "~.details", value: []string{"employee_count"}},
	},
	KindActivity: {
		"location": {column: "NULLIF(~.location, '')", value: []string{"value"}, parts: []string{"parts"}},
	},
}

// columnOf is where a field of a kind stands, or one part of it; ok is false for
// what filters cannot ask for.
func columnOf(d store.Dialect, kind string, f Field, part string) (k column, ok bool) {
	if f.Custom {
		return customColumn(d, f, part), part == "" || hasPart(f, part)
	}
	in, stands := inside[kind][f.Code]
	switch {
	case part != "":
		return column{sql: jsonAt(d, in.column, append(in.parts, part)...)}, len(in.parts) > 0 && hasPart(f, part)
	case stands && len(in.value) > 0:
		return column{sql: jsonAt(d, in.column, in.value...)}, true
	}
	k, ok = filtered[kind][f.Code]
	return k, ok
}

func hasPart(f Field, part string) bool {
	for _, p := range f.Type.Parts() {
		if p == part {
			return true
		}
	}
	return false
}

// customColumn is where the value of a company's field stands.
func customColumn(d store.Dialect, f Field, part string) column {
	switch {
	case part != "":
		return column{sql: jsonAt(d, "~.custom", f.Code, part)}
	case f.Type == TypeSet:
		return column{sql: jsonList(d, "~.custom", f.Code)}
	case len(f.Type.Parts()) > 0:
		return column{sql: jsonAt(d, "~.custom", f.Code, "value")}
	}
	return column{sql: jsonAt(d, "~.custom", f.Code)}
}

// jsonAt is a text or number inside a column of JSON. The path is made of words of
// this program and codes of fields, which are hexadecimal, never of what a caller
// says.
func jsonAt(d store.Dialect, sql string, path ...string) string {
	if d == store.Postgres {
		return "(CAST(" + sql + " AS JSON) #>> '{" + strings.Join(path, ",") + "}')"
	}
	return "(" + sql + ` ->> '$."` + strings.Join(path, `"."`) + `"')`
}

// jsonList is a list inside a column of JSON, as it is written there: "[1,2]".
func jsonList(d store.Dialect, sql, key string) string {
	if d == store.Postgres {
		return "CAST(CAST(" + sql + " AS JSON) -> '" + key + "' AS TEXT)"
	}
	return "(" + sql + ` -> '$."` + key + `"')`
}

// relations say, for each kind that filters find, which other records a condition
// can ask for, and how these are linked: "~" is the row of the record that is found,
// "x" the other one.
// spec: rest.filters.related
var relations = map[string]map[string]string{
	KindPerson: {
		KindOrganization: "x.id = ~.org_id", KindDeal: "x.person_id = ~.id AND NOT x.archived", KindLead: "x.person_id = ~.id AND NOT x.archived",
		KindActivity: "x.id IN (SELECT z.activity_id FROM records_activity_participant z WHERE z.company_id = ~.company_id AND z.person_id = ~.id)",
	},
	KindOrganization: {
		KindPerson: "x.org_id = ~.id", KindDeal: "x.org_id = ~.id AND NOT x.archived", KindLead: "x.org_id = ~.id AND NOT x.archived", KindActivity: "x.org_id = ~.id",
	},
	KindDeal: {KindPerson: "x.id = ~.person_id", KindOrganization: "x.id = ~.org_id", KindActivity: "x.deal_id = ~.id"},
	KindLead: {KindPerson: "x.id = ~.person_id", KindOrganization: "x.id = ~.org_id", KindActivity: "x.lead_id = ~.id"},
	KindActivity: {
		KindPerson: "x.id = ~.person_id", KindOrganization: "x.id = ~.org_id", KindDeal: "x.id = ~.deal_id", KindLead: "x.id = ~.lead_id",
	},
}
