package crm

import "github.com/dockwright/dockwright/internal/host/route"

// recentRoutes are the paths of this area.
func (s *Service) recentRoutes() []route.Route { return nil }
