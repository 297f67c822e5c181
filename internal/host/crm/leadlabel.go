package crm

import (
	"net/http"

	"github.com/google/uuid"

	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/pipedrive/crmapi"
)

// parseUUID is a UUID in small letters.
func parseUUID(s string) (string, error) {
	u, err := uuid.Parse(s)
	return u.String(), err
}

// cut shortens what a caller sent, for a refusal.
func cut(s string) string {
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}

func wireLeadLabel(b records.Label) crmapi.LeadLabel {
	return crmapi.LeadLabel{ID: b.ID, Name: b.Name, Color: b.Color, AddTime: rest.Milli(b.AddedAt), UpdateTime: rest.Milli(b.UpdatedAt)}
}

// leadLabels answers GET /v1/leadLabels, all at once.
// spec: rest.lead-labels
func (s *Service) leadLabels(c *rest.Call) (rest.Answer, error) {
	list, err := s.records.Labels(c.Context(), c.Caller)
	out := make([]crmapi.LeadLabel, len(list))
	for i, b := range list {
		out[i] = wireLeadLabel(b)
	}
	return rest.OK(out), err
}

func labelBody(c *rest.Call) (records.LabelPatch, error) {
	b, err := c.Body()
	if err != nil {
		return records.LabelPatch{}, err
	}
	p := records.LabelPatch{Name: b.String("name"), Color: b.Word("color", records.LabelColors...)}
	noNull(b, "name", "color")
	return p, b.Err()
}

// addLeadLabel answers POST /v1/leadLabels.
// spec: rest.lead-labels
func (s *Service) addLeadLabel(c *rest.Call) (rest.Answer, error) {
	p, err := labelBody(c)
	if err != nil {
		return rest.Answer{}, err
	}
	var b records.Label
	take(&b.Name, p.Name)
	take(&b.Color, p.Color)
	got, err := s.records.CreateLabel(c.Context(), c.Caller, b)
	return rest.Answer{Status: http.StatusOK, Data: wireLeadLabel(got)}, err
}

// updateLeadLabel answers PATCH /v1/leadLabels/{id}.
// spec: rest.lead-labels
func (s *Service) updateLeadLabel(c *rest.Call) (rest.Answer, error) {
	id, err := c.PathUUID("id", "Lead label")
	if err != nil {
		return rest.Answer{}, err
	}
	p, err := labelBody(c)
	if err != nil {
		return rest.Answer{}, err
	}
	got, err := s.records.UpdateLabel(c.Context(), c.Caller, id, p)
	return rest.OK(wireLeadLabel(got)), rest.NotFound(err, "Lead label")
}

// deleteLeadLabel answers DELETE /v1/leadLabels/{id}.
// spec: rest.lead-labels
func (s *Service) deleteLeadLabel(c *rest.Call) (rest.Answer, error) {
	id, err := c.PathUUID("id", "Lead label")
	if err != nil {
		return rest.Answer{}, err
	}
	return rest.Removed(id), rest.NotFound(s.records.DeleteLabel(c.Context(), c.Caller, id), "Lead label")
}

// leadSourceNames is the fixed list of where leads can come from.
// spec: rest.lead-sources
var leadSourceNames = []string{
	"API", "Automation", "Chatbot", "Deal", "Import", "Live chat", "Manually created", "Prospector", "Web forms", "Web visitors", "Workflow automation",
}

// leadSources answers GET /v1/leadSources.
// spec: rest.lead-sources
func (s *Service) leadSources(*rest.Call) (rest.Answer, error) {
	out := make([]crmapi.LeadSource, len(leadSourceNames))
	for i, name := range leadSourceNames {
		out[i] = crmapi.LeadSource{Name: name}
	}
	return rest.OK(out), nil
}
