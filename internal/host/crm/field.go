package crm

import "github.com/dockwright/dockwright/internal/host/route"

// fieldRoutes are the paths of this area.
func (s *Service) fieldRoutes() []route.Route { return nil }
