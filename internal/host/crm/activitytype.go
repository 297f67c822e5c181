package crm

import (
	"net/http"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/pipedrive/crmapi"
)

// activityTypeRoutes are the paths of the kinds of activities.
func (s *Service) activityTypeRoutes() []route.Route {
	return []route.Route{
		s.on(http.MethodGet, "/v1/activityTypes", "rest.activity-types.list", s.activityTypes, "activities:read", "activities:full", "admin"),
		s.on(http.MethodPost, "/v1/activityTypes", "rest.activity-types.write", s.addActivityType, "admin"),
		s.on(http.MethodPut, "/v1/activityTypes/{id}", "rest.activity-types.write", s.updateActivityType, "admin"),
		s.on(http.MethodDelete, "/v1/activityTypes/{id}", "rest.activity-types.write", s.deleteActivityType, "admin"),
		s.on(http.MethodDelete, "/v1/activityTypes", "rest.activity-types.write", s.deleteActivityTypes, "admin"),
	}
}

// activityTypes is GET /v1/activityTypes.
// spec: rest.activity-types.list
func (s *Service) activityTypes(c *rest.Call) (rest.Answer, error) {
	list, err := s.records.ActivityTypes(c.Context(), c.Caller)
	if err != nil {
		return rest.Answer{}, err
	}
	out := make([]crmapi.ActivityType, len(list))
	for i, t := range list {
		out[i] = wireActivityType(t)
	}
	return rest.OK(out), nil
}

func wireActivityType(t records.ActivityType) crmapi.ActivityType {
	return crmapi.ActivityType{
		ID: t.ID, OrderNr: t.Position, Name: t.Name, KeyString: t.Key, IconKey: t.Icon, ActiveFlag: !t.Deleted, Color: ref(t.Color),
		IsCustomFlag: t.Custom, AddTime: rest.TimeText(rest.V1, t.AddedAt), UpdateTime: rest.Time(rest.V1, t.UpdatedAt),
	}
}

// onlyAdmins refuses who does not administer the company.
func onlyAdmins(c *rest.Call) error {
	if !c.Caller.Admin {
		return fault.New(fault.Forbidden, "", "Only admins may change activity types.")
	}
	return nil
}

// addActivityType is POST /v1/activityTypes; it answers 200.
// spec: rest.activity-types.write
func (s *Service) addActivityType(c *rest.Call) (rest.Answer, error) {
	p, err := activityTypePatch(c)
	if err != nil {
		return rest.Answer{}, err
	}
	if p.Name == nil {
		return rest.Answer{}, fault.New(fault.Invalid, "name", "Expected the name of the type, got none.")
	}
	t := records.ActivityType{Name: *p.Name}
	if p.Icon != nil {
		t.Icon = *p.Icon
	}
	if p.Color != nil {
		t.Color = *p.Color
	}
	if p.Position != nil {
		t.Position = *p.Position
	}
	t, err = s.records.CreateActivityType(c.Context(), c.Caller, t)
	return rest.OK(wireActivityType(t)), err
}

// updateActivityType is PUT /v1/activityTypes/{id}.
func (s *Service) updateActivityType(c *rest.Call) (rest.Answer, error) {
	id, err := c.ID("Activity type")
	if err != nil {
		return rest.Answer{}, err
	}
	p, err := activityTypePatch(c)
	if err != nil {
		return rest.Answer{}, err
	}
	t, err := s.records.UpdateActivityType(c.Context(), c.Caller, id, p)
	return rest.OK(wireActivityType(t)), rest.NotFound(err, "Activity type")
}

func activityTypePatch(c *rest.Call) (records.ActivityTypePatch, error) {
	if err := onlyAdmins(c); err != nil {
		return records.ActivityTypePatch{}, err
	}
	b, err := c.Body()
	if err != nil {
		return records.ActivityTypePatch{}, err
	}
	p := records.ActivityTypePatch{Name: b.String("name"), Icon: b.String("icon_key"), Color: b.String("color"), Position: b.Int("order_nr")}
	return p, b.Err()
}

// deleteActivityType is DELETE /v1/activityTypes/{id}; it answers the type as it
// is now.
func (s *Service) deleteActivityType(c *rest.Call) (rest.Answer, error) {
	id, err := c.ID("Activity type")
	if err != nil {
		return rest.Answer{}, err
	}
	if err := s.removeActivityTypes(c, id); err != nil {
		return rest.Answer{}, err
	}
	list, err := s.records.ActivityTypes(c.Context(), c.Caller)
	for _, t := range list {
		if t.ID == id {
			return rest.OK(wireActivityType(t)), nil
		}
	}
	return rest.Answer{}, err
}

// deleteActivityTypes is DELETE /v1/activityTypes?ids=.
func (s *Service) deleteActivityTypes(c *rest.Call) (rest.Answer, error) {
	ids, err := someIDs(c)
	if err != nil {
		return rest.Answer{}, err
	}
	return rest.Removed(ids), s.removeActivityTypes(c, ids...)
}

func (s *Service) removeActivityTypes(c *rest.Call, ids ...int64) error {
	if err := onlyAdmins(c); err != nil {
		return err
	}
	return rest.NotFound(s.records.DeleteActivityTypes(c.Context(), c.Caller, ids...), "Activity type")
}

// someIDs is the parameter ids of a deletion of many: at least one.
func someIDs(c *rest.Call) ([]int64, error) {
	q := c.Query()
	ids := some(q.IDs("ids", 100))
	if err := q.Err(); err != nil {
		return nil, err
	}
	if len(ids) == 0 {
		return nil, fault.New(fault.Invalid, "ids", "Expected ids between commas, got none.")
	}
	return ids, nil
}
