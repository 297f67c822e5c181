package crm

import "github.com/dockwright/dockwright/internal/host/route"

// leadRoutes are the paths of this area.
func (s *Service) leadRoutes() []route.Route { return nil }
