package web

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
)

// bulkRoutes change what was chosen in a list: id, as often as needed, and do, what
// is done with all of them.
func (w *Web) bulkRoutes() []route.Route {
	const req = "records.bulk"
	return []route.Route{
		{Method: http.MethodPost, Pattern: "/deals/bulk", Access: route.Login, Req: req, Handler: w.handle(w.bulk(records.KindDeal, "/deals/list", w.bulkDeals))},
		{Method: http.MethodPost, Pattern: "/leads/bulk", Access: route.Login, Req: req, Handler: w.handle(w.bulk(records.KindLead, "/leads", w.bulkLeads))},
		{Method: http.MethodPost, Pattern: "/persons/bulk", Access: route.Login, Req: req, Handler: w.handle(w.bulk(records.KindPerson, "/persons", w.bulkPersons))},
		{Method: http.MethodPost, Pattern: "/organizations/bulk", Access: route.Login, Req: req, Handler: w.handle(w.bulk(records.KindOrganization, "/organizations", w.bulkOrganizations))},
	}
}

// bulk reads the form, has it done, and goes back to the list.
// spec: records.bulk
func (w *Web) bulk(kind, list string, do func(*http.Request, formValues) (next string, err error)) handler {
	return func(rw http.ResponseWriter, r *http.Request) error {
		v, err := w.filled(rw, r, kind)
		if err != nil {
			return err
		}
		if n := len(v.Values["id"]); n == 0 || n > records.MaxBulk {
			return fault.New(fault.Invalid, "", "Expected 1 to %d chosen rows, got %d.", records.MaxBulk, n)
		}
		next, err := do(r, v)
		if err == nil && next != "" {
			w.redirect(rw, r, next)
			return nil
		}
		return w.done(rw, r, list, err)
	}
}

// bulkWords is the refusal of an action that a list does not have.
func bulkWords(do string, known ...string) error {
	return fault.New(fault.Invalid, "do", "Expected %s, got %q.", strings.Join(known, ", "), do)
}

// newOwner is who is to look after the chosen records.
func (v formValues) newOwner() (int64, error) {
	owner, err := v.id("owner_id")
	if err == nil && owner == 0 {
		err = fault.New(fault.Invalid, "owner_id", "Expected a user, got nobody. Choose one.")
	}
	return owner, err
}

func (w *Web) bulkDeals(r *http.Request, v formValues) (string, error) {
	ctx, c := r.Context(), caller(r)
	ids, err := v.ids("id")
	if err != nil {
		return "", err
	}
	var p records.DealPatch
	switch do := v.Get("do"); do {
	case "owner":
		owner, err := v.newOwner()
		if err != nil {
			return "", err
		}
		p.Owner = &owner
	case "stage":
		stage, err := v.id("stage_id")
		if err != nil {
			return "", err
		}
		p.Stage = &stage
	case records.StatusWon:
		p.Status = &do
	case records.StatusLost:
		reason := strings.TrimSpace(v.Get("lost_reason"))
		p.Status, p.LostReason = &do, &reason
	case "delete":
		return "", w.s.Records.DeleteDeals(ctx, c, ids...)
	default:
		return "", bulkWords(do, "owner, stage, won, lost", "delete")
	}
	return "", w.s.Records.UpdateDeals(ctx, c, ids, p)
}

func (w *Web) bulkLeads(r *http.Request, v formValues) (string, error) {
	ctx, c, ids := r.Context(), caller(r), v.Values["id"]
	var p records.LeadPatch
	switch do := v.Get("do"); do {
	case "owner":
		owner, err := v.newOwner()
		if err != nil {
			return "", err
		}
		p.Owner = &owner
	case "archive", "unarchive":
		archived := do == "archive"
		p.Archived = &archived
	case "seen":
		seen := true
		p.Seen = &seen
	case "delete":
		return "", w.s.Records.DeleteLeads(ctx, c, ids)
	default:
		return "", bulkWords(do, "owner, archive, unarchive, seen", "delete")
	}
	return "", w.s.Records.UpdateLeads(ctx, c, ids, p)
}

func (w *Web) bulkPersons(r *http.Request, v formValues) (string, error) {
	ids, err := v.ids("id")
	if err != nil {
		return "", err
	}
	switch do := v.Get("do"); do {
	case "owner":
		owner, err := v.newOwner()
		if err != nil {
			return "", err
		}
		return "", w.s.Records.UpdatePersons(r.Context(), caller(r), ids, records.PersonPatch{Owner: &owner})
	case "merge":
		return mergeURL("/persons", ids)
	case "delete":
		return "", w.s.Records.DeletePersons(r.Context(), caller(r), ids...)
	default:
		return "", bulkWords(do, "owner, merge", "delete")
	}
}

func (w *Web) bulkOrganizations(r *http.Request, v formValues) (string, error) {
	ids, err := v.ids("id")
	if err != nil {
		return "", err
	}
	switch do := v.Get("do"); do {
	case "owner":
		owner, err := v.newOwner()
		if err != nil {
			return "", err
		}
		return "", w.s.Records.UpdateOrganizations(r.Context(), caller(r), ids, records.OrganizationPatch{Owner: &owner})
	case "merge":
		return mergeURL("/organizations", ids)
	case "delete":
		return "", w.s.Records.DeleteOrganizations(r.Context(), caller(r), ids...)
	default:
		return "", bulkWords(do, "owner, merge", "delete")
	}
}

// mergeURL is the page that compares two chosen records.
func mergeURL(path string, ids []int64) (string, error) {
	if len(ids) != 2 {
		return "", fault.New(fault.Invalid, "", "Expected two chosen rows to merge, got %d.", len(ids))
	}
	return fmt.Sprintf("%s/%d/merge?with_id=%d", path, ids[0], ids[1]), nil
}
