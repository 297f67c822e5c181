package crm

import "github.com/dockwright/dockwright/internal/host/route"

// userRoutes are the paths of this area.
func (s *Service) userRoutes() []route.Route { return nil }
