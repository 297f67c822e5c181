package web

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/spec"
)

// unknownRoutes catch what no other table has.
func (w *Web) unknownRoutes() []route.Route {
	var rs []route.Route
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		rs = append(rs, route.Route{Method: method, Pattern: "/{rest...}", Access: route.Public, Req: "web.unknown", Handler: w.handle(w.unknown)})
	}
	return rs
}

// unknown says to people that there is no such page, and to programs that this
// part of the API is not built.
// spec: web.unknown, rest.unbuilt
func (w *Web) unknown(rw http.ResponseWriter, r *http.Request) error {
	if !route.OnStreet(r.URL.Path) || strings.HasPrefix(r.URL.Path, "/oauth/") {
		return fault.Missing("There is no page %s. It may have moved, or the address was cut off.", r.URL.Path)
	}
	h := rw.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	id, err := unbuiltRequirement(r)
	if err != nil {
		return err
	}
	rw.WriteHeader(http.StatusNotImplemented)
	return json.NewEncoder(rw).Encode(map[string]any{
		"success": false, "error": "Not built yet: " + r.Method + " " + r.URL.Path + " (" + id + ")",
		"error_info": "docs/COMPATIBILITY.md lists what this host answers.",
	})
}

// unbuiltRequirement is the register's line for a part of the API that is not
// built: that of the operation, if the platform is known to have it.
func unbuiltRequirement(r *http.Request) (string, error) {
	all, err := spec.Unbuilt()
	if err != nil {
		return "", err
	}
	for _, e := range all {
		if e.Matches(r.Method, r.URL.Path) {
			return e.Requirement, nil
		}
	}
	return "rest.unbuilt", nil
}
