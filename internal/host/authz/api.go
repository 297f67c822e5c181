package authz

import "github.com/dockwright/dockwright/internal/host/route"

// Routes are the room's paths. The authorize page is in web.
func (s *Service) Routes() []route.Route {
	return []route.Route{
		{Method: "POST", Pattern: "/oauth/token", Access: route.Public, Req: "oauth.token", Handler: s.serveToken},
		{Method: "POST", Pattern: "/oauth/token/{$}", Access: route.Public, Req: "oauth.token", Handler: s.serveToken},
		{Method: "POST", Pattern: "/oauth/revoke", Access: route.Public, Req: "oauth.revoke", Handler: s.serveRevoke},
	}
}
