package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
)

const activityTypesPath = "/settings/activity-types"

func (w *Web) activityTypeRoutes() []route.Route {
	return []route.Route{
		{Method: http.MethodGet, Pattern: "/settings/activity-types", Access: route.Admin, Req: "records.activity-types-page", Handler: w.handle(w.activityTypes)},
		{Method: http.MethodGet, Pattern: "/settings/activity-types/new", Access: route.Admin, Req: "records.activity-types-page", Handler: w.handle(w.newActivityType)},
		{Method: http.MethodPost, Pattern: "/settings/activity-types/new", Access: route.Admin, Req: "records.activity-types-page", Handler: w.handle(w.addActivityType)},
		{Method: http.MethodGet, Pattern: "/settings/activity-types/{id}", Access: route.Admin, Req: "records.activity-types-page", Handler: w.handle(w.editActivityType)},
		{Method: http.MethodPost, Pattern: "/settings/activity-types/{id}", Access: route.Admin, Req: "records.activity-types-page", Handler: w.handle(w.changeActivityType)},
		{Method: http.MethodPost, Pattern: "/settings/activity-types/{id}/move", Access: route.Admin, Req: "records.activity-types-page", Handler: w.handle(w.moveActivityType)},
		{Method: http.MethodPost, Pattern: "/settings/activity-types/{id}/deactivate", Access: route.Admin, Req: "records.activity-types-page", Handler: w.handle(w.deactivateActivityType)},
	}
}

type activityTypesPage struct{ Active, Inactive []activityTypeRow }

type activityTypeRow struct {
	records.ActivityType
	Sign string // of ours
}

// activityTypes is the page of the kinds of activities.
// spec: records.activity-types-page
func (w *Web) activityTypes(rw http.ResponseWriter, r *http.Request) error {
	list, err := w.s.Records.ActivityTypes(r.Context(), caller(r))
	if err != nil {
		return err
	}
	var d activityTypesPage
	for _, t := range list {
		row := activityTypeRow{t, activityIcon(t.Icon)}
		if t.Deleted {
			d.Inactive = append(d.Inactive, row)
		} else {
			d.Active = append(d.Active, row)
		}
	}
	w.render(rw, r, http.StatusOK, page{Title: "Activity types", Nav: "settings", Template: "fields/types", Data: d})
	return nil
}

func activityTypeForm(t records.ActivityType) []formInput {
	icons := formInput{Type: "select", Name: "icon_key", Label: "Icon", Hint: "Apps see it by this name; a few names share a sign on our pages."}
	for _, key := range records.ActivityIcons {
		icons.Options = append(icons.Options, formOption{Value: key, Label: key, Chosen: key == t.Icon})
	}
	return []formInput{{Type: "text", Name: "name", Label: "Name", Value: t.Name, Required: true}, icons}
}

func (w *Web) newActivityType(rw http.ResponseWriter, r *http.Request) error {
	return w.showForm(rw, r, "settings", recordForm{
		Title: "Add activity type", Action: activityTypesPath + "/new", Back: activityTypesPath, Submit: "Add type", Inputs: activityTypeForm(records.ActivityType{Icon: "calendar"}),
	})
}

func (w *Web) addActivityType(rw http.ResponseWriter, r *http.Request) error {
	t := records.ActivityType{Name: r.PostFormValue("name"), Icon: r.PostFormValue("icon_key")}
	if _, err := w.s.Records.CreateActivityType(r.Context(), caller(r), t); err != nil {
		return err
	}
	w.redirect(rw, r, activityTypesPath)
	return nil
}

// activityTypeOf is the one in the path, with all that can be chosen.
func (w *Web) activityTypeOf(r *http.Request) (records.ActivityType, []records.ActivityType, error) {
	id, err := idOf(r)
	if err != nil {
		return records.ActivityType{}, nil, err
	}
	list, err := w.s.Records.ActivityTypes(r.Context(), caller(r))
	if err != nil {
		return records.ActivityType{}, nil, err
	}
	list = slices.DeleteFunc(list, func(t records.ActivityType) bool { return t.Deleted })
	i := slices.IndexFunc(list, func(t records.ActivityType) bool { return t.ID == id })
	if i < 0 {
		return records.ActivityType{}, nil, fault.Missing("There is no activity type %d, or it was deactivated.", id)
	}
	return list[i], list, nil
}

func (w *Web) editActivityType(rw http.ResponseWriter, r *http.Request) error {
	t, _, err := w.activityTypeOf(r)
	if err != nil {
		return err
	}
	return w.showForm(rw, r, "settings", recordForm{
		Title: "Edit " + t.Name, Action: fmt.Sprintf("%s/%d", activityTypesPath, t.ID), Back: activityTypesPath, Submit: "Save", Inputs: activityTypeForm(t),
	})
}

func (w *Web) changeActivityType(rw http.ResponseWriter, r *http.Request) error {
	t, _, err := w.activityTypeOf(r)
	if err != nil {
		return err
	}
	name, icon := strings.TrimSpace(r.PostFormValue("name")), r.PostFormValue("icon_key")
	if _, err := w.s.Records.UpdateActivityType(r.Context(), caller(r), t.ID, records.ActivityTypePatch{Name: &name, Icon: &icon}); err != nil {
		return err
	}
	w.redirect(rw, r, activityTypesPath)
	return nil
}

// moveActivityType puts a type to a position among those that can be chosen.
func (w *Web) moveActivityType(rw http.ResponseWriter, r *http.Request) error {
	t, list, err := w.activityTypeOf(r)
	if err != nil {
		return err
	}
	to, err := position(r)
	if err != nil {
		return err
	}
	var ids []int64
	for _, other := range list {
		if other.ID != t.ID {
			ids = append(ids, other.ID)
		}
	}
	ids = slices.Insert(ids, min(to-1, len(ids)), t.ID)
	if err := w.s.Records.OrderActivityTypes(r.Context(), caller(r), ids...); err != nil {
		return err
	}
	w.redirect(rw, r, activityTypesPath)
	return nil
}

func (w *Web) deactivateActivityType(rw http.ResponseWriter, r *http.Request) error {
	t, _, err := w.activityTypeOf(r)
	if err != nil {
		return err
	}
	if err := w.s.Records.DeleteActivityTypes(r.Context(), caller(r), t.ID); err != nil {
		return err
	}
	w.redirect(rw, r, activityTypesPath)
	return nil
}
