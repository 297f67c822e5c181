package resttest

import (
	"fmt"
	"maps"
	"net/url"
	"strings"
)

// operation is what the tests that walk over all operations know of one.
type operation struct {
	// of is the thing that the path names, "" for paths without parameters.
	of string
	// ids is the thing that the parameter ids names.
	ids string
	// body is one that is taken as it is; path are the values of the path. It is
	// JSON, a form (url.Values) or a form in parts ([]formPart).
	body func(m *member, path []any) any
	// query is what has to be asked, or reaches more.
	query func(m *member) string
	// refs are the fields of the body that name something, and what. "x[]" is a
	// list, "x[].y" a list of objects.
	refs map[string]string
	// filters are parameters that name something, and what.
	filters map[string]string
	// finds is the query of a search for a term.
	finds  string
	status int // of a success, 200 when 0
	// foreign is the status for a path that another company has; 404 when 0.
	foreign int
	// unknown is the status for a body that names what is not there; 400 when 0.
	unknown int
}

func (o operation) success() int {
	if o.status == 0 {
		return 200
	}
	return o.status
}

// member is an app in a company, and what it has made there. All its texts have
// the company's mark in them.
type member struct {
	s       *street
	token   string
	company string // domain
	number  int64  // of the company
	app     string // client id
	mark    string
	user    int64 // somebody else in the company
	own     int64 // the user whose app it is
	hooks   string
	fixed   map[string][]any // the first of each thing, which stays
	option  map[any]int64    // an option of each field, by id and code
	made    int
}

// do makes a call in the member's company.
func (m *member) do(c call) answer {
	m.s.t.Helper()
	c.token = m.token
	return m.s.do(c)
}

// text is a text with the company's mark, another one each time.
func (m *member) text(what string) string {
	m.made++
	return fmt.Sprintf("%s %s %d", m.mark, what, m.made)
}

// id is that of the thing that stays.
func (m *member) id(thing string) any {
	path := m.path(thing)
	return path[len(path)-1]
}

// meetingLink is a new link of the app's user for video calls.
func (m *member) meetingLink() object {
	m.made++
	return object{
		"user_provider_id": fmt.Sprintf("%08d-0000-4000-8000-%012d", m.number, m.made), "user_id": m.own, "company_id": m.number, "marketplace_client_id": m.app,
	}
}

// path is the path to the thing that stays. It is made by the first call.
func (m *member) path(thing string) []any {
	m.s.t.Helper()
	if _, ok := m.fixed[thing]; !ok {
		m.fixed[thing] = m.another(thing)
	}
	return m.fixed[thing]
}

// another makes a thing and returns the values of the path to it.
func (m *member) another(thing string) []any {
	m.s.t.Helper()
	makeIt, ok := things[thing]
	if !ok {
		m.s.t.Fatalf("nobody knows how to make a %s", thing)
	}
	return makeIt(m)
}

// things are what paths name, and how each is made.
var things map[string]func(m *member) []any

func init() {
	things = map[string]func(m *member) []any{
		"user": func(m *member) []any { return []any{m.user} },
		"person": func(m *member) []any {
			mail := strings.ToLower(m.mark) + fmt.Sprint(m.made) + "@mail.example"
			return m.post("POST /v1/persons", 201, object{"name": m.text("person"), "email": mail, "phone": "+3725550100"})
		},
		"pictured person": func(m *member) []any {
			person := m.another("person")
			body, kind := multipartBody(m.s.t, face(m.s.t, "png", 128, 128))
			m.do(call{op: "POST /v1/persons/{id}/picture", path: person, body: body, kind: kind})
			return person
		},
		"organization": func(m *member) []any {
			return m.post("POST /v1/organizations", 201, object{"name": m.text("organization"), "address": m.text("street")})
		},
		"deal": func(m *member) []any {
			return m.post("POST /v1/deals", 201, object{"title": m.text("deal"), "person_id": m.id("person"), "org_id": m.id("organization"), "value": 10})
		},
		"lead": func(m *member) []any {
			return m.post("POST /v1/leads", 201, object{"title": m.text("lead"), "person_id": m.id("person")})
		},
		"lead label": func(m *member) []any {
			return m.post("POST /v1/leadLabels", 200, object{"name": m.text("label"), "color": "blue"})
		},
		"pipeline": func(m *member) []any {
			return m.post("POST /v1/pipelines", 200, object{"name": m.text("pipeline")})
		},
		"stage": func(m *member) []any {
			return m.post("POST /v1/stages", 200, object{"name": m.text("stage"), "pipeline_id": m.id("pipeline")})
		},
		"activity": func(m *member) []any {
			return m.post("POST /v1/activities", 201, object{"subject": m.text("activity"), "type": "call", "note": m.text("said"), "deal_id": m.id("deal"), "due_date": "2026-11-20"})
		},
		"activity type": func(m *member) []any {
			return m.post("POST /v1/activityTypes", 200, object{"name": m.text("type"), "icon_key": "car"})
		},
		"note": func(m *member) []any {
			return m.post("POST /v1/notes", 200, object{"content": m.text("note"), "deal_id": m.id("deal")})
		},
		"comment": func(m *member) []any {
			note := m.another("note")[0]
			return []any{note, m.do(call{op: "POST /v1/notes/{id}/comments", path: []any{note}, body: object{"content": m.text("comment")}}).at("data.uuid")}
		},
		"file": func(m *member) []any {
			body, kind := multipartBody(m.s.t, formPart{name: "file", file: m.text("file") + ".txt", body: []byte(m.text("bytes"))})
			return []any{m.do(call{op: "POST /v1/files", body: body, kind: kind}).id("data.id")}
		},
		"call log": func(m *member) []any {
			return m.post("POST /v1/callLogs", 200, callWith(object{"subject": m.text("call"), "note": m.text("spoken"), "person_id": m.id("person")}))
		},
		"deal filter": func(m *member) []any {
			title := object{"object": "deal", "field_id": "title", "operator": "LIKE '%$%'", "value": m.text("said")}
			return m.post("POST /v1/filters", 200, object{"name": m.text("filter"), "type": "deals", "visible_to": 3, "conditions": allOf(title)})
		},
		"webhook": func(m *member) []any {
			return m.post("POST /v1/webhooks", 201, object{"subscription_url": m.hooks, "event_action": "*", "event_object": "product", "name": m.text("hook")})
		},
		"meeting link": func(m *member) []any {
			link := m.meetingLink()
			m.do(call{op: "POST /v1/meetings/userProviderLinks", body: link})
			return []any{link["user_provider_id"]}
		},
		"channel": func(m *member) []any {
			id := "chan-" + strings.ToLower(m.mark) + fmt.Sprint(m.made)
			m.do(call{op: "POST /v1/channels", body: object{"name": m.text("channel"), "provider_channel_id": id}})
			return []any{id}
		},
		"conversation": func(m *member) []any {
			channel, id := m.another("channel")[0], fmt.Sprintf("thr-%s-%d", strings.ToLower(m.mark), m.made)
			m.do(call{op: "POST /v1/channels/messages/receive", body: m.message(channel, id)})
			return []any{channel, id}
		},
		"participant": func(m *member) []any {
			deal := m.another("deal")[0]
			return []any{deal, m.do(call{op: "POST /v1/deals/{id}/participants", path: []any{deal}, body: object{"person_id": m.another("person")[0]}}).id("data.id")}
		},
		"conversion of a deal": func(m *member) []any {
			deal := m.another("deal")[0]
			return []any{deal, m.do(call{op: "POST /api/v2/deals/{id}/convert/lead", path: []any{deal}}).text("data.conversion_id")}
		},
		"conversion of a lead": func(m *member) []any {
			lead := m.another("lead")[0]
			return []any{lead, m.do(call{op: "POST /api/v2/leads/{id}/convert/deal", path: []any{lead}}).text("data.conversion_id")}
		},
	}
	things["activity type key"] = func(m *member) []any {
		a := m.do(call{op: "POST /v1/activityTypes", body: object{"name": m.text("type"), "icon_key": "car"}})
		return []any{a.text("data.key_string")}
	}
	things["activity field code"] = func(*member) []any { return []any{"subject"} }
	for _, entity := range []string{"person", "organization", "deal"} {
		things[entity+" field"] = func(m *member) []any { id, _ := m.field(entity + "Fields"); return []any{id} }
		things[entity+" field code"] = func(m *member) []any { _, code := m.field(entity + "Fields"); return []any{code} }
		things[entity+" follower"] = func(m *member) []any { return m.follow(entity, m.another(entity)[0]) }
		things[entity+" following"] = func(m *member) []any { return m.following(entity) }
		things[entity+" option"] = func(m *member) []any { return []any{m.option[m.id(entity+" field code")]} }
	}
}

// post makes something by a call and returns its id.
func (m *member) post(op string, status int, body any) []any {
	m.s.t.Helper()
	switch id := m.do(call{op: op, body: body, want: status}).at("data.id").(type) {
	case float64:
		return []any{int64(id)}
	default:
		return []any{id}
	}
}

// field makes a custom field with one option.
func (m *member) field(path string) (id int64, code string) {
	m.s.t.Helper()
	a := m.do(call{op: "POST /v1/" + path, body: object{"name": m.text("field"), "field_type": "enum", "options": []any{object{"label": m.text("option")}, object{"label": m.text("option")}}}})
	id, code = a.id("data.id"), a.text("data.key")
	m.option[id], m.option[code] = a.id("data.options.0.id"), a.id("data.options.0.id")
	return id, code
}

// follow lets somebody follow a record; version 2 names who it is.
func (m *member) follow(of string, id any) []any {
	m.s.t.Helper()
	m.do(call{op: "POST /v1/" + of + "s/{id}/followers", path: []any{id}, body: object{"user_id": m.user}})
	return []any{id, m.user}
}

// following is a record and the number of its following, as version 1 names it.
func (m *member) following(of string) []any {
	m.s.t.Helper()
	id := m.another(of)[0]
	return []any{id, m.do(call{op: "POST /v1/" + of + "s/{id}/followers", path: []any{id}, body: object{"user_id": m.user}}).id("data.id")}
}

// message is one that comes in by a channel.
func (m *member) message(channel any, conversation string) object {
	return object{
		"id": "msg-" + conversation, "channel_id": channel, "sender_id": "visitor-1", "conversation_id": conversation, "message": m.text("message"),
		"status": "sent", "created_at": "2026-03-04 09:31", "attachments": []any{},
	}
}

// json is a body that is the same whatever the path is, but for the texts.
func body(fill func(m *member) object) func(*member, []any) any {
	return func(m *member, _ []any) any { return fill(m) }
}

func named(field, what string) func(*member, []any) any {
	return body(func(m *member) object { return object{field: m.text(what)} })
}

// with is a row with more references.
func with(more, refs map[string]string) map[string]string {
	out := maps.Clone(refs)
	maps.Copy(out, more)
	return out
}

// Fields that name something, as the kinds of records have them.
var (
	contactRefs  = map[string]string{"owner_id": "user", "label_ids[]": "person option"}
	dealRefsV2   = map[string]string{"owner_id": "user", "person_id": "person", "org_id": "organization", "pipeline_id": "pipeline", "stage_id": "stage", "label_ids[]": "deal option", "custom_fields{code}": "deal field code", "custom_fields{deal}": "deal option"}
	dealRefsV1   = map[string]string{"user_id": "user", "person_id": "person", "org_id": "organization", "pipeline_id": "pipeline", "stage_id": "stage", "label[]": "deal option", "{code}": "deal field code", "{deal}": "deal option"}
	leadRefs     = map[string]string{"owner_id": "user", "person_id": "person", "organization_id": "organization", "label_ids[]": "lead label"}
	activityRefs = map[string]string{
		"deal_id": "deal", "lead_id": "lead", "org_id": "organization", "type": "activity type key", "participants[].person_id": "person", "attendees[].person_id": "person",
	}
	noteRefs     = map[string]string{"deal_id": "deal", "person_id": "person", "org_id": "organization", "lead_id": "lead", "user_id": "user"}
	dealFilters  = map[string]string{"user_id": "user", "stage_id": "stage", "filter_id": "deal filter"}
	dealFilters2 = map[string]string{"owner_id": "user", "person_id": "person", "org_id": "organization", "pipeline_id": "pipeline", "stage_id": "stage", "ids": "deal", "filter_id": "deal filter"}
)

// table says of every operation what its path names, what it takes and what in
// it names something. Tests that walk over all operations refuse one that is not
// here.
var table = map[string]operation{}

func init() {
	maps.Copy(table, contactOperations("persons", "person"))
	maps.Copy(table, contactOperations("organizations", "organization"))
	for _, entity := range []string{"person", "organization", "deal"} {
		maps.Copy(table, fieldOperations(entity))
		maps.Copy(table, watchedOperations(entity))
	}
	maps.Copy(table, searchOperations("/v1"))
	maps.Copy(table, searchOperations("/api/v2"))
	for op, row := range maps.Clone(doingOperations) { // notes are served below both versions
		if method, path, _ := strings.Cut(op, " "); strings.HasPrefix(path, "/v1/notes") {
			doingOperations[method+" /api/v2"+strings.TrimPrefix(path, "/v1")] = row
		}
	}
	for _, rows := range []map[string]operation{filterOperations, saleOperations, leadOperations, pipelineOperations, doingOperations, otherOperations} {
		maps.Copy(table, rows)
	}
}

// contactOperations are those of persons or organizations.
func contactOperations(path, thing string) map[string]operation {
	refs := with(map[string]string{"label_ids[]": thing + " option"}, contactRefs)
	custom := map[string]string{"custom_fields{code}": thing + " field code", "custom_fields{" + thing + "}": thing + " option"}
	customV1 := map[string]string{"{code}": thing + " field code", "{" + thing + "}": thing + " option"}
	filters := map[string]string{"owner_id": "user", "ids": thing, "filter_id": "deal filter"}
	if thing == "person" {
		refs = with(map[string]string{"org_id": "organization"}, refs)
		filters = with(map[string]string{"org_id": "organization", "deal_id": "deal"}, filters)
	}
	oneV1, oneV2 := "/v1/"+path+"/{id}", "/api/v2/"+path+"/{id}"
	merge := body(func(m *member) object { return object{"merge_with_id": m.id(thing)} })
	return map[string]operation{
		"GET /api/v2/" + path:  {filters: filters},
		"POST /api/v2/" + path: {body: named("name", thing), refs: with(custom, refs)},
		"GET " + oneV2:         {of: thing}, "PATCH " + oneV2: {of: thing, body: named("name", thing), refs: with(custom, refs)}, "DELETE " + oneV2: {of: thing},
		"GET /v1/" + path:                 {filters: map[string]string{"user_id": "user"}},
		"GET /v1/" + path + "/collection": {filters: map[string]string{"owner_id": "user"}},
		"POST /v1/" + path:                {body: named("name", thing), refs: with(customV1, refs), status: 201},
		"DELETE /v1/" + path:              {ids: thing},
		"GET " + oneV1:                    {of: thing}, "PUT " + oneV1: {of: thing, body: named("name", thing), refs: with(customV1, refs)}, "DELETE " + oneV1: {of: thing},
		"PUT " + oneV1 + "/merge": {of: thing, body: merge, refs: map[string]string{"merge_with_id": thing}},
		"GET " + oneV1 + "/deals": {of: thing},
	}
}

// watchedOperations are those about who follows and sees a record.
func watchedOperations(thing string) map[string]operation {
	oneV1, oneV2 := "/v1/"+thing+"s/{id}", "/api/v2/"+thing+"s/{id}"
	follow := operation{of: thing, body: body(func(m *member) object { return object{"user_id": m.user} }), refs: map[string]string{"user_id": "user"}}
	return map[string]operation{
		"GET " + oneV1 + "/activities": {of: thing}, "GET " + oneV1 + "/changelog": {of: thing}, "GET " + oneV1 + "/flow": {of: thing, query: func(*member) string { return "all_changes=1" }},
		"GET " + oneV1 + "/mailMessages": {of: thing}, "GET " + oneV1 + "/persons": {of: thing},
		"GET " + oneV1 + "/files":                      {of: thing},
		"GET " + oneV1 + "/permittedUsers":             {of: thing},
		"GET " + oneV1 + "/followers":                  {of: thing},
		"POST " + oneV1 + "/followers":                 follow,
		"DELETE " + oneV1 + "/followers/{follower_id}": {of: thing + " following"},
		"GET " + oneV2 + "/followers":                  {of: thing},
		"POST " + oneV2 + "/followers":                 follow,
		"DELETE " + oneV2 + "/followers/{follower_id}": {of: thing + " follower"},
		"GET " + oneV2 + "/followers/changelog":        {of: thing},
	}
}

// fieldOperations are those of the definitions of fields.
func fieldOperations(entity string) map[string]operation {
	v1, v2, id, code, option := "/v1/"+entity+"Fields", "/api/v2/"+entity+"Fields", entity+" field", entity+" field code", entity+" option"
	renamed := func(m *member, path []any) any {
		return []any{object{"id": max(m.option[path[0]], 1), "label": m.text("option")}}
	}
	return map[string]operation{
		"GET " + v1: {}, "GET " + v2: {},
		"POST " + v1:          {body: body(func(m *member) object { return object{"name": m.text("field"), "field_type": "varchar"} })},
		"POST " + v2:          {body: body(func(m *member) object { return object{"field_name": m.text("field"), "field_type": "varchar"} })},
		"GET " + v1 + "/{id}": {of: id}, "DELETE " + v1 + "/{id}": {of: id}, "DELETE " + v1: {ids: id},
		"PUT " + v1 + "/{id}":   {of: id, body: named("name", "field")},
		"GET " + v2 + "/{code}": {of: code}, "DELETE " + v2 + "/{code}": {of: code},
		"PATCH " + v2 + "/{code}":          {of: code, body: named("field_name", "field")},
		"POST " + v2 + "/{code}/options":   {of: code, body: func(m *member, _ []any) any { return []any{object{"label": m.text("option")}} }},
		"PATCH " + v2 + "/{code}/options":  {of: code, body: renamed, refs: map[string]string{"[].id": option}},
		"DELETE " + v2 + "/{code}/options": {of: code, body: renamed, refs: map[string]string{"[].id": option}},
	}
}

func searchOperations(base string) map[string]operation {
	people := map[string]string{"organization_id": "organization"}
	sales := map[string]string{"organization_id": "organization", "person_id": "person"}
	field := "field_type=personField&field_key=name&term="
	if base == "/api/v2" {
		field = "entity_type=person&field=name&match=middle&term="
	}
	return map[string]operation{
		"GET " + base + "/persons/search":       {finds: "term=", filters: people},
		"GET " + base + "/organizations/search": {finds: "term="},
		"GET " + base + "/deals/search":         {finds: "term=", filters: sales},
		"GET " + base + "/leads/search":         {finds: "term=", filters: sales},
		"GET " + base + "/itemSearch":           {finds: "search_for_related_items=true&term="},
		"GET " + base + "/itemSearch/field":     {finds: field},
	}
}

var saleOperations = map[string]operation{
	"GET /api/v2/deals": {filters: dealFilters2}, "GET /api/v2/deals/archived": {filters: dealFilters2},
	"GET /api/v2/deals/{id}":                                   {of: "deal"},
	"POST /api/v2/deals":                                       {body: named("title", "deal"), refs: dealRefsV2},
	"PATCH /api/v2/deals/{id}":                                 {of: "deal", body: named("title", "deal"), refs: dealRefsV2},
	"DELETE /api/v2/deals/{id}":                                {of: "deal"},
	"POST /api/v2/deals/{id}/convert/lead":                     {of: "deal"},
	"GET /api/v2/deals/{id}/convert/status/{conversion_id}":    {of: "conversion of a deal"},
	"GET /v1/deals":                                            {filters: dealFilters},
	"GET /v1/deals/archived":                                   {filters: dealFilters},
	"GET /v1/deals/summary":                                    {filters: dealFilters},
	"GET /v1/deals/summary/archived":                           {filters: dealFilters},
	"GET /v1/deals/{id}":                                       {of: "deal"},
	"POST /v1/deals":                                           {status: 201, refs: dealRefsV1, body: body(func(m *member) object { return object{"title": m.text("deal"), "person_id": m.id("person")} })},
	"PUT /v1/deals/{id}":                                       {of: "deal", body: named("title", "deal"), refs: dealRefsV1},
	"DELETE /v1/deals/{id}":                                    {of: "deal"},
	"DELETE /v1/deals":                                         {ids: "deal"},
	"PUT /v1/deals/{id}/merge":                                 {of: "deal", body: body(func(m *member) object { return object{"merge_with_id": m.id("deal")} }), refs: map[string]string{"merge_with_id": "deal"}},
	"POST /v1/deals/{id}/duplicate":                            {of: "deal"},
	"GET /v1/deals/{id}/participants":                          {of: "deal"},
	"POST /v1/deals/{id}/participants":                         {of: "deal", body: body(func(m *member) object { return object{"person_id": m.id("person")} }), refs: map[string]string{"person_id": "person"}},
	"DELETE /v1/deals/{id}/participants/{deal_participant_id}": {of: "participant"},
	"GET /v1/organizations/{id}/persons":                       {of: "organization"},
	"GET /v1/pipelines/{id}/deals":                             {of: "pipeline", filters: dealFilters},
	"GET /v1/stages/{id}/deals":                                {of: "stage", filters: dealFilters},
}

// allOf are conditions that must all hold, as filters have them.
func allOf(lines ...any) object {
	return object{"glue": "and", "conditions": []any{object{"glue": "and", "conditions": append([]any{}, lines...)}, object{"glue": "or", "conditions": []any{}}}}
}

var filterBody = body(func(m *member) object {
	return object{"name": m.text("filter"), "type": "people", "conditions": allOf(object{"object": "person", "field_id": "name", "operator": "=", "value": m.text("person")})}
})

func timelineOf(*member) string {
	return "start_date=2026-01-01&interval=month&amount=24&field_key=add_time"
}

var timelineFilters = map[string]string{"user_id": "user", "pipeline_id": "pipeline", "filter_id": "deal filter"}

var filterOperations = map[string]operation{
	"GET /v1/filters": {}, "GET /v1/filters/helpers": {},
	"POST /v1/filters": {body: filterBody}, "DELETE /v1/filters": {ids: "deal filter"},
	"GET /v1/filters/{id}": {of: "deal filter"}, "PUT /v1/filters/{id}": {of: "deal filter", body: named("name", "filter")}, "DELETE /v1/filters/{id}": {of: "deal filter"},
	"GET /v1/deals/timeline": {query: timelineOf, filters: timelineFilters}, "GET /v1/deals/timeline/archived": {query: timelineOf, filters: timelineFilters},
	"GET /v1/deals/collection":      {filters: map[string]string{"user_id": "user", "stage_id": "stage"}},
	"GET /v1/activities/collection": {filters: map[string]string{"user_id": "user", "type": "activity type key"}},
}

var leadFilters = map[string]string{"owner_id": "user", "person_id": "person", "organization_id": "organization", "filter_id": "deal filter"}

var leadOperations = map[string]operation{
	"GET /v1/leads": {filters: leadFilters}, "GET /v1/leads/archived": {filters: leadFilters},
	"GET /v1/leads/{id}": {of: "lead"}, "GET /v1/leads/{id}/permittedUsers": {of: "lead"},
	"POST /v1/leads":        {status: 201, refs: leadRefs, body: body(func(m *member) object { return object{"title": m.text("lead"), "person_id": m.id("person")} })},
	"PATCH /v1/leads/{id}":  {of: "lead", body: named("title", "lead"), refs: leadRefs},
	"DELETE /v1/leads/{id}": {of: "lead"},
	"GET /v1/leadLabels":    {}, "GET /v1/leadSources": {}, "GET /v1/leadFields": {}, "GET /v1/noteFields": {},
	"POST /v1/leadLabels":                                   {body: body(func(m *member) object { return object{"name": m.text("label"), "color": "red"} })},
	"PATCH /v1/leadLabels/{id}":                             {of: "lead label", body: named("name", "label")},
	"DELETE /v1/leadLabels/{id}":                            {of: "lead label"},
	"POST /api/v2/leads/{id}/convert/deal":                  {of: "lead", refs: map[string]string{"stage_id": "stage", "pipeline_id": "pipeline"}},
	"GET /api/v2/leads/{id}/convert/status/{conversion_id}": {of: "conversion of a lead"},
}

var (
	stageBody = body(func(m *member) object { return object{"name": m.text("stage"), "pipeline_id": m.id("pipeline")} })
	stageRefs = map[string]string{"pipeline_id": "pipeline"}
)

var pipelineOperations = map[string]operation{
	"GET /api/v2/pipelines": {}, "GET /v1/pipelines": {},
	"GET /api/v2/stages": {filters: stageRefs}, "GET /v1/stages": {filters: stageRefs},
	"GET /api/v2/pipelines/{id}": {of: "pipeline"}, "GET /v1/pipelines/{id}": {of: "pipeline"},
	"POST /api/v2/pipelines": {body: named("name", "pipeline")}, "POST /v1/pipelines": {body: named("name", "pipeline")},
	"PATCH /api/v2/pipelines/{id}": {of: "pipeline", body: named("name", "pipeline")}, "PUT /v1/pipelines/{id}": {of: "pipeline", body: named("name", "pipeline")},
	"DELETE /api/v2/pipelines/{id}": {of: "pipeline"}, "DELETE /v1/pipelines/{id}": {of: "pipeline"},
	"GET /api/v2/stages/{id}": {of: "stage"}, "GET /v1/stages/{id}": {of: "stage"},
	"POST /api/v2/stages": {body: stageBody, refs: stageRefs}, "POST /v1/stages": {body: stageBody, refs: stageRefs},
	"PATCH /api/v2/stages/{id}": {of: "stage", body: named("name", "stage"), refs: stageRefs}, "PUT /v1/stages/{id}": {of: "stage", body: named("name", "stage"), refs: stageRefs},
	"DELETE /api/v2/stages/{id}": {of: "stage"}, "DELETE /v1/stages/{id}": {of: "stage"}, "DELETE /v1/stages": {ids: "stage"},
}

var (
	activityRefsV1 = with(map[string]string{"user_id": "user"}, activityRefs)
	activityRefsV2 = with(map[string]string{"owner_id": "user", "attendees[].user_id": "user"}, activityRefs)
	typeBody       = body(func(m *member) object { return object{"name": m.text("type"), "icon_key": "car"} })
	noteBody       = body(func(m *member) object { return object{"content": m.text("note"), "deal_id": m.id("deal")} })
	noteFilters    = map[string]string{"user_id": "user", "lead_id": "lead", "deal_id": "deal", "person_id": "person", "org_id": "organization"}
)

var doingOperations = map[string]operation{
	"GET /v1/activityFields": {}, "GET /api/v2/activityFields": {}, "GET /api/v2/activityFields/{code}": {of: "activity field code"},
	"GET /v1/activityTypes": {}, "POST /v1/activityTypes": {body: typeBody}, "DELETE /v1/activityTypes": {ids: "activity type"},
	"PUT /v1/activityTypes/{id}": {of: "activity type", body: named("name", "type")}, "DELETE /v1/activityTypes/{id}": {of: "activity type"},
	"GET /v1/activities":             {query: func(*member) string { return "user_id=0" }, filters: map[string]string{"user_id": "user", "type": "activity type key"}},
	"POST /v1/activities":            {status: 201, body: named("subject", "activity"), refs: activityRefsV1},
	"DELETE /v1/activities":          {ids: "activity"},
	"GET /v1/activities/{id}":        {of: "activity"},
	"PUT /v1/activities/{id}":        {of: "activity", body: named("subject", "activity"), refs: activityRefsV1},
	"DELETE /v1/activities/{id}":     {of: "activity"},
	"GET /api/v2/activities":         {filters: map[string]string{"owner_id": "user", "deal_id": "deal", "lead_id": "lead", "person_id": "person", "org_id": "organization", "ids": "activity"}},
	"POST /api/v2/activities":        {body: named("subject", "activity"), refs: activityRefsV2},
	"GET /api/v2/activities/{id}":    {of: "activity"},
	"PATCH /api/v2/activities/{id}":  {of: "activity", body: named("subject", "activity"), refs: activityRefsV2},
	"DELETE /api/v2/activities/{id}": {of: "activity"},
	"GET /v1/notes":                  {filters: noteFilters}, "GET /api/v2/notes": {filters: noteFilters},
	"POST /v1/notes": {body: noteBody, refs: noteRefs}, "POST /api/v2/notes": {body: noteBody, refs: noteRefs},
	"GET /v1/notes/{id}":                         {of: "note"},
	"PUT /v1/notes/{id}":                         {of: "note", body: named("content", "note"), refs: noteRefs},
	"DELETE /v1/notes/{id}":                      {of: "note"},
	"GET /v1/notes/{id}/comments":                {of: "note"},
	"POST /v1/notes/{id}/comments":               {of: "note", body: named("content", "comment")},
	"GET /v1/notes/{id}/comments/{commentId}":    {of: "comment"},
	"PUT /v1/notes/{id}/comments/{commentId}":    {of: "comment", body: named("content", "comment")},
	"DELETE /v1/notes/{id}/comments/{commentId}": {of: "comment"},
}

func upload(m *member, _ []any) any {
	return []formPart{{name: "file", file: m.text("file") + ".txt", body: []byte(m.text("bytes"))}}
}

func remote(more url.Values) func(*member, []any) any {
	return func(m *member, _ []any) any {
		out := url.Values{"item_type": {"deal"}, "item_id": {fmt.Sprint(m.id("deal"))}, "remote_location": {"googledrive"}}
		maps.Copy(out, more)
		return out
	}
}

var otherOperations = map[string]operation{
	"GET /v1/users": {}, "GET /v1/users/me": {}, "GET /v1/userConnections": {}, "GET /v1/userSettings": {}, "GET /v1/currencies": {},
	"GET /v1/users/find":               {query: func(*member) string { return "term=jonas" }},
	"GET /v1/users/{id}":               {of: "user"},
	"GET /v1/users/{id}/permissions":   {of: "user"},
	"GET /api/v2/persons/{id}/picture": {of: "pictured person"},
	"POST /v1/persons/{id}/picture":    {of: "person", body: func(m *member, _ []any) any { return []formPart{face(m.s.t, "png", 128, 128)} }},
	"DELETE /v1/persons/{id}/picture":  {of: "pictured person"},
	"GET /v1/files":                    {},
	"POST /v1/files":                   {body: upload, refs: map[string]string{"deal_id": "deal", "person_id": "person", "org_id": "organization", "activity_id": "activity", "lead_id": "lead"}},
	"POST /v1/files/remote":            {body: remote(url.Values{"file_type": {"gdoc"}, "title": {"Offer"}}), refs: map[string]string{"item_id": "deal"}},
	"POST /v1/files/remoteLink":        {body: remote(url.Values{"remote_id": {"0B-7f"}}), refs: map[string]string{"item_id": "deal"}},
	"GET /v1/files/{id}":               {of: "file"},
	"PUT /v1/files/{id}":               {of: "file", body: func(m *member, _ []any) any { return url.Values{"name": {m.text("file")}} }},
	"DELETE /v1/files/{id}":            {of: "file"},
	"GET /v1/files/{id}/download":      {of: "file"},
	"GET /v1/callLogs":                 {},
	"POST /v1/callLogs": {
		unknown: 404,
		body:    body(func(m *member) object { return callWith(object{"subject": m.text("call")}) }),
		refs:    map[string]string{"user_id": "user", "activity_id": "activity", "person_id": "person", "org_id": "organization", "deal_id": "deal", "lead_id": "lead"},
	},
	"GET /v1/callLogs/{id}":    {of: "call log"},
	"DELETE /v1/callLogs/{id}": {of: "call log"},
	"POST /v1/callLogs/{id}/recordings": {of: "call log", body: func(m *member, _ []any) any {
		return []formPart{{name: "file", file: "call.mp3", kind: "audio/mpeg", body: append([]byte("ID3"), m.text("sound")...)}}
	}},
	"POST /v1/channels": {body: body(func(m *member) object {
		return object{"name": m.text("channel"), "provider_channel_id": fmt.Sprintf("own-%d", m.made)}
	})},
	"DELETE /v1/channels/{id}": {of: "channel"},
	"POST /v1/channels/messages/receive": {
		unknown: 404, body: body(func(m *member) object { return m.message(m.id("channel"), fmt.Sprintf("new-%d", m.made)) }), refs: map[string]string{"channel_id": "channel"},
	},
	"DELETE /v1/channels/{channel}/conversations/{conversation}": {of: "conversation"},
	"GET /v1/webhooks": {},
	"POST /v1/webhooks": {
		status: 201, refs: map[string]string{"user_id": "user"},
		body: body(func(m *member) object {
			return object{"subscription_url": m.hooks, "event_action": "*", "event_object": "product", "name": m.text("hook")}
		}),
	},
	"DELETE /v1/webhooks/{id}":                     {of: "webhook"},
	"POST /v1/meetings/userProviderLinks":          {body: body((*member).meetingLink)},
	"POST /v1/meetings/userProviderLink":           {body: body((*member).meetingLink)},
	"POST /v1/meetings/user-provider-links":        {body: body((*member).meetingLink)},
	"DELETE /v1/meetings/userProviderLinks/{id}":   {of: "meeting link"},
	"DELETE /v1/meetings/user-provider-links/{id}": {of: "meeting link"},
	"GET /v1/recents":                              {query: func(*member) string { return "since_timestamp=2020-01-01+00:00:00" }},
}
