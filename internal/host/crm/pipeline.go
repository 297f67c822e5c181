package crm

import "github.com/dockwright/dockwright/internal/host/route"

// pipelineRoutes are the paths of this area.
func (s *Service) pipelineRoutes() []route.Route { return nil }
