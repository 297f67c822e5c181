package crm

import (
	"net/http"
	"strconv"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/pipedrive/crmapi"
)

// activityRoutes are the paths of this area.
func (s *Service) activityRoutes() []route.Route {
	read, write := []string{"activities:read", "activities:full"}, "activities:full"
	return append(s.activityTypeRoutes(),
		s.on(http.MethodGet, "/v1/activities", "rest.activities.list-v1", s.listActivitiesV1, read...),
		s.on(http.MethodPost, "/v1/activities", "rest.activities.create-v1", s.addActivityV1, write),
		s.on(http.MethodDelete, "/v1/activities", "rest.activities.delete-many", s.deleteActivities, write),
		s.on(http.MethodGet, "/v1/activities/collection", "rest.activities.collection", s.collectActivities, read...),
		s.on(http.MethodGet, "/v1/activities/{id}", "rest.activities.get-v1", s.getActivityV1, read...),
		s.on(http.MethodPut, "/v1/activities/{id}", "rest.activities.update-v1", s.updateActivityV1, write),
		s.on(http.MethodDelete, "/v1/activities/{id}", "rest.activities.delete", s.deleteActivity, write),
		s.on(http.MethodGet, "/api/v2/activities", "rest.activities.list-v2", s.listActivitiesV2, read...),
		s.on(http.MethodPost, "/api/v2/activities", "rest.activities.create-v2", s.addActivityV2, write),
		s.on(http.MethodGet, "/api/v2/activities/{id}", "rest.activities.get-v2", s.getActivityV2, read...),
		s.on(http.MethodPatch, "/api/v2/activities/{id}", "rest.activities.update-v2", s.updateActivityV2, write),
		s.on(http.MethodDelete, "/api/v2/activities/{id}", "rest.activities.delete", s.deleteActivity, write),
	)
}

// listActivitiesV2 is GET /api/v2/activities.
// spec: rest.activities.list-v2
func (s *Service) listActivitiesV2(c *rest.Call) (rest.Answer, error) {
	q := c.Query()
	f := records.ActivityFilter{
		IDs: q.IDs("ids", 100), Owner: q.Int("owner_id"), Deal: q.Int("deal_id"), Lead: q.UUID("lead_id"), Person: q.Int("person_id"),
		Organization: q.Int("org_id"), Done: q.Bool("done"), UpdatedSince: q.Time("updated_since"), UpdatedUntil: q.Time("updated_until"),
	}
	attendees := q.Words("include_fields", "attendees") != nil
	order := q.SortBy("id", "add_time", "update_time", "due_date")
	w := records.Window{Limit: q.Limit(rest.MaxLimit), Sort: []records.Order{records.Order(order)}}
	var err error
	if w.After, err = afterActivity(q.Cursor(order)); err != nil {
		return rest.Answer{}, err
	}
	if id := filterID(q); id != 0 {
		f = records.ActivityFilter{Filter: id, Done: f.Done, UpdatedSince: f.UpdatedSince, UpdatedUntil: f.UpdatedUntil}
	}
	if err := q.Err(); err != nil {
		return rest.Answer{}, err
	}
	list, more, err := s.records.ListActivities(c.Context(), c.Caller, f, w)
	if err != nil {
		return rest.Answer{}, err
	}
	out := make([]crmapi.ActivityV2, len(list))
	for i, a := range list {
		out[i] = activityV2(a, attendees)
	}
	next := ""
	if more {
		next = cursorBehind(order, list[len(list)-1])
	}
	return rest.Answer{Data: out, Additional: rest.Next(next)}, nil
}

// afterActivity is where a page of version 2 goes on.
func afterActivity(c *rest.Cursor) (*records.Position, error) {
	if c == nil {
		return nil, nil
	}
	id, err := strconv.ParseInt(c.ID, 10, 64)
	if err == nil && c.Field == "due_date" {
		return &records.Position{Value: c.FieldValue, ID: id}, nil
	}
	value, wrong := strconv.ParseInt(c.FieldValue, 10, 64)
	if err != nil || wrong != nil {
		return nil, fault.New(fault.Invalid, "cursor", "Expected the next_cursor of the page before.")
	}
	return &records.Position{Value: value, ID: id}, nil
}

// cursorBehind is the cursor of the page after a.
func cursorBehind(o rest.Order, a records.Activity) string {
	value := strconv.FormatInt(a.ID, 10)
	switch o.By {
	case "add_time":
		value = strconv.FormatInt(clock.Micros(a.AddedAt), 10)
	case "update_time":
		value = strconv.FormatInt(clock.Micros(a.UpdatedAt), 10)
	case "due_date":
		value = a.DueDate
	}
	return rest.CursorAfter(o, value, strconv.FormatInt(a.ID, 10))
}

// getActivityV2 is GET /api/v2/activities/{id}.
// spec: rest.activities.get-v2
func (s *Service) getActivityV2(c *rest.Call) (rest.Answer, error) {
	a, err := s.activityOfPath(c)
	if err != nil {
		return rest.Answer{}, err
	}
	q := c.Query()
	attendees := q.Words("include_fields", "attendees") != nil
	return rest.OK(activityV2(a, attendees)), q.Err()
}

// activityOfPath is the activity that the path names.
func (s *Service) activityOfPath(c *rest.Call) (records.Activity, error) {
	id, err := c.ID("Activity")
	if err != nil {
		return records.Activity{}, err
	}
	a, err := s.records.Activity(c.Context(), c.Caller, id)
	return a, rest.NotFound(err, "Activity")
}

// addActivityV2 is POST /api/v2/activities; it answers 200.
// spec: rest.activities.create-v2
func (s *Service) addActivityV2(c *rest.Call) (rest.Answer, error) {
	p, err := activityPatch(c)
	if err != nil {
		return rest.Answer{}, err
	}
	a, err := s.records.CreateActivity(c.Context(), c.Caller, p)
	return rest.OK(activityV2(a, true)), err
}

// updateActivityV2 is PATCH /api/v2/activities/{id}.
// spec: rest.activities.update-v2
func (s *Service) updateActivityV2(c *rest.Call) (rest.Answer, error) {
	a, err := s.changedActivity(c)
	return rest.OK(activityV2(a, true)), err
}

// changedActivity writes what the body says of the activity in the path.
func (s *Service) changedActivity(c *rest.Call) (records.Activity, error) {
	id, err := c.ID("Activity")
	if err != nil {
		return records.Activity{}, err
	}
	p, err := activityPatch(c)
	if err != nil {
		return records.Activity{}, err
	}
	a, err := s.records.UpdateActivity(c.Context(), c.Caller, id, p)
	return a, rest.NotFound(ownWords(c, err), "Activity")
}

// ownWords names the fields of a refusal as version 1 does.
func ownWords(c *rest.Call, err error) error {
	told, ok := fault.As(err)
	if !ok || c.Version != rest.V1 {
		return err
	}
	if name := map[string]string{"owner_id": "user_id", "busy": "busy_flag"}[told.Field]; name != "" {
		own := *told
		own.Field = name
		return &own
	}
	return err
}

// deleteActivity is DELETE /v1/activities/{id} and /api/v2/activities/{id}.
// spec: rest.activities.delete
func (s *Service) deleteActivity(c *rest.Call) (rest.Answer, error) {
	id, err := c.ID("Activity")
	if err != nil {
		return rest.Answer{}, err
	}
	return rest.Removed(id), rest.NotFound(s.records.DeleteActivities(c.Context(), c.Caller, id), "Activity")
}

// deleteActivities is DELETE /v1/activities?ids=.
// spec: rest.activities.delete-many
func (s *Service) deleteActivities(c *rest.Call) (rest.Answer, error) {
	ids, err := someIDs(c)
	if err != nil {
		return rest.Answer{}, err
	}
	return rest.Removed(ids), rest.NotFound(s.records.DeleteActivities(c.Context(), c.Caller, ids...), "Activity")
}

// listActivitiesV1 is GET /v1/activities: those of the caller unless user_id says
// otherwise; 0 is everybody.
// spec: rest.activities.list-v1
func (s *Service) listActivitiesV1(c *rest.Call) (rest.Answer, error) {
	q := c.Query()
	f := records.ActivityFilter{
		Owner: q.Int("user_id"), Types: q.Words("type"), DueFrom: q.Day("start_date"), DueTo: q.Day("end_date"), Done: q.Bool("done"),
	}
	if q.String("user_id") == "" {
		f.Owner = c.Caller.User
	}
	f.Filter = filterID(q) // narrows, beside user_id
	w := records.Window{Start: q.Start(), Limit: q.Limit(rest.MaxLimit)}
	if err := q.Err(); err != nil {
		return rest.Answer{}, err
	}
	list, more, err := s.records.ListActivities(c.Context(), c.Caller, f, w)
	if err != nil {
		return rest.Answer{}, err
	}
	return s.answerActivities(c, list, func(out []crmapi.ActivityV1) rest.Answer {
		return rest.Answer{Data: out, Additional: rest.Paged(w.Start, w.Limit, more)}
	})
}

// collectActivities is GET /v1/activities/collection: everybody's, unless user_id
// says otherwise.
// spec: rest.activities.collection
func (s *Service) collectActivities(c *rest.Call) (rest.Answer, error) {
	q := c.Query()
	f := records.ActivityFilter{
		Owner: q.Int("user_id"), Types: q.Words("type"), Done: q.Bool("done"), UpdatedSince: q.Time("since"), UpdatedUntil: q.Time("until"),
	}
	w, order, err := byIDWindow(q, rest.MaxLimit)
	if err == nil {
		err = adminsOnly(c)
	}
	if err != nil {
		return rest.Answer{}, err
	}
	list, more, err := s.records.ListActivities(c.Context(), c.Caller, f, w)
	if err != nil {
		return rest.Answer{}, err
	}
	out, next := make([]crmapi.ActivityRow, len(list)), ""
	for i, a := range list {
		out[i] = activityRow(a, c.Caller.Company)
		next = nextCursor(order, more, a.ID, a.AddedAt, a.UpdatedAt)
	}
	return rest.Answer{Data: out, Additional: rest.Next(next)}, nil
}

// activityRow is an activity of version 1 without what it refers to.
func activityRow(a records.Activity, company int64) crmapi.ActivityRow {
	v := activityV1(a, names{}, company)
	return crmapi.ActivityRow{
		ID: v.ID, Done: v.Done, Subject: v.Subject, Type: v.Type, UserID: v.UserID, BusyFlag: v.BusyFlag, CompanyID: v.CompanyID,
		ConferenceMeetingClient: v.ConferenceMeetingClient, ConferenceMeetingURL: v.ConferenceMeetingURL, ConferenceMeetingID: v.ConferenceMeetingID,
		AddTime: v.AddTime, MarkedAsDoneTime: v.MarkedAsDoneTime, ActiveFlag: v.ActiveFlag, UpdateTime: v.UpdateTime, UpdateUserID: v.UpdateUserID,
		SourceTimezone: v.SourceTimezone, LocationSubpremise: v.LocationSubpremise, LocationStreetNumber: v.LocationStreetNumber,
		LocationRoute: v.LocationRoute, LocationSublocality: v.LocationSublocality, LocationLocality: v.LocationLocality,
		LocationAdminAreaLevel1: v.LocationAdminAreaLevel1, LocationAdminAreaLevel2: v.LocationAdminAreaLevel2, LocationCountry: v.LocationCountry,
		LocationPostalCode: v.LocationPostalCode, LocationFormattedAddress: v.LocationFormattedAddress, DueDate: v.DueDate, DueTime: v.DueTime,
		Duration: v.Duration, DealID: v.DealID, LeadID: v.LeadID, PersonID: v.PersonID, ProjectID: v.ProjectID, OrgID: v.OrgID,
		Location: v.Location, PublicDescription: v.PublicDescription,
	}
}

// answerActivities makes an answer of version 1 with what it refers to.
func (s *Service) answerActivities(c *rest.Call, list []records.Activity, answer func([]crmapi.ActivityV1) rest.Answer) (rest.Answer, error) {
	var want refs
	var users, deals []int64
	for _, a := range list {
		users, deals = append(users, a.Owner), append(deals, a.Deal)
		want.organizations = append(want.organizations, a.Organization)
		for _, p := range a.Participants {
			want.persons = append(want.persons, p.Person)
		}
	}
	n, err := s.names(c.Context(), c.Caller, want)
	if err != nil {
		return rest.Answer{}, err
	}
	deal, err := s.dealRefs(c, deals)
	if err != nil {
		return rest.Answer{}, err
	}
	out := make([]crmapi.ActivityV1, len(list))
	for i, a := range list {
		out[i] = activityV1(a, n, c.Caller.Company)
	}
	answered := answer(out)
	answered.Related = crmapi.Related{
		User: byID(users, n.user), Person: byID(want.persons, n.person), Organization: byID(want.organizations, n.organization),
		Deal: byID(deals, deal),
	}
	return answered, nil
}

// getActivityV1 is GET /v1/activities/{id}.
// spec: rest.activities.get-v1
func (s *Service) getActivityV1(c *rest.Call) (rest.Answer, error) {
	a, err := s.activityOfPath(c)
	if err != nil {
		return rest.Answer{}, err
	}
	return s.answerActivity(c, a)
}

func (s *Service) answerActivity(c *rest.Call, a records.Activity) (rest.Answer, error) {
	return s.answerActivities(c, []records.Activity{a}, func(out []crmapi.ActivityV1) rest.Answer { return rest.OK(out[0]) })
}

// addActivityV1 is POST /v1/activities; it answers 201.
// spec: rest.activities.create-v1
func (s *Service) addActivityV1(c *rest.Call) (rest.Answer, error) {
	p, err := activityPatch(c)
	if err != nil {
		return rest.Answer{}, err
	}
	a, err := s.records.CreateActivity(c.Context(), c.Caller, p)
	if err != nil {
		return rest.Answer{}, ownWords(c, err)
	}
	more, err := s.records.OtherUndone(c.Context(), c.Caller, a)
	if err != nil {
		return rest.Answer{}, err
	}
	answer, err := s.answerActivity(c, a)
	answer.Status, answer.Additional = http.StatusCreated, crmapi.AdditionalScheduled{MoreActivitiesScheduledInContext: more}
	return answer, err
}

// updateActivityV1 is PUT /v1/activities/{id}.
// spec: rest.activities.update-v1
func (s *Service) updateActivityV1(c *rest.Call) (rest.Answer, error) {
	a, err := s.changedActivity(c)
	if err != nil {
		return rest.Answer{}, err
	}
	return s.answerActivity(c, a)
}
