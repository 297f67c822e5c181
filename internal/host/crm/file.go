package crm

import "github.com/dockwright/dockwright/internal/host/route"

// fileRoutes are the paths of this area.
func (s *Service) fileRoutes() []route.Route { return nil }
