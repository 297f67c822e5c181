package crm

import "github.com/dockwright/dockwright/internal/host/route"

// callLogRoutes are the paths of this area.
func (s *Service) callLogRoutes() []route.Route { return nil }
