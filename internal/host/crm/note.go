package crm

import "github.com/dockwright/dockwright/internal/host/route"

// noteRoutes are the paths of this area.
func (s *Service) noteRoutes() []route.Route { return nil }
