package crm

import "github.com/dockwright/dockwright/internal/host/route"

// searchRoutes are the paths of this area.
func (s *Service) searchRoutes() []route.Route { return nil }
