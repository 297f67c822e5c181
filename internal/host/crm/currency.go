package crm

import (
	"strings"

	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/pipedrive/crmapi"
)

// currencies is GET /v1/currencies. A currency's id is its place in the list.
// spec: rest.currencies
func (s *Service) currencies(c *rest.Call) (rest.Answer, error) {
	term := strings.ToLower(strings.TrimSpace(c.Query().String("term")))
	out := []crmapi.Currency{}
	for i, k := range records.Currencies() {
		if strings.Contains(strings.ToLower(k.Code), term) || strings.Contains(strings.ToLower(k.Name), term) {
			out = append(out, crmapi.Currency{ID: i + 1, Code: k.Code, Name: k.Name, DecimalPoints: k.Places, Symbol: k.Symbol, ActiveFlag: true})
		}
	}
	return rest.OK(out), nil
}
