package crm

import "github.com/dockwright/dockwright/internal/host/route"

// organizationRoutes are the paths of this area.
func (s *Service) organizationRoutes() []route.Route { return nil }
