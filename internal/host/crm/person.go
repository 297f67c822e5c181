package crm

import "github.com/dockwright/dockwright/internal/host/route"

// personRoutes are the paths of this area.
func (s *Service) personRoutes() []route.Route { return nil }
