package crm

import "github.com/dockwright/dockwright/internal/host/route"

// activityRoutes are the paths of this area.
func (s *Service) activityRoutes() []route.Route { return nil }
