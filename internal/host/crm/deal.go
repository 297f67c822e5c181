package crm

import "github.com/dockwright/dockwright/internal/host/route"

// dealRoutes are the paths of this area.
func (s *Service) dealRoutes() []route.Route { return nil }
