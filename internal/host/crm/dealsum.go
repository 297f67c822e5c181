package crm

import (
	"encoding/json"

	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/pipedrive/crmapi"
)

// dealsSummary answers GET /v1/deals/summary.
// spec: rest.deals.summary
func (s *Service) dealsSummary(c *rest.Call) (rest.Answer, error) { return s.summary(c, false) }

// archivedDealsSummary answers GET /v1/deals/summary/archived.
// spec: rest.deals.summary
func (s *Service) archivedDealsSummary(c *rest.Call) (rest.Answer, error) { return s.summary(c, true) }

func (s *Service) summary(c *rest.Call, archived bool) (rest.Answer, error) {
	f := records.DealFilter{Archived: archived}
	if err := readDealFilterV1(c.Query(), c.Caller, &f); err != nil {
		return rest.Answer{}, err
	}
	sums, err := s.records.DealSums(c.Context(), c.Caller, f)
	if err != nil {
		return rest.Answer{}, err
	}
	n, err := s.names(c.Context(), c.Caller, refs{})
	if err != nil {
		return rest.Answer{}, err
	}
	return rest.OK(summed(sums, n.users[c.Caller.User].Currency)), nil
}

// summed adds deals up by currency. There are no exchange rates: what is in
// another currency than the caller's is not converted.
// spec: rest.deals.summary-no-rates
func summed(sums []records.DealSum, mine string) crmapi.Summary {
	total, weighted, count := map[string]records.Money{}, map[string]records.Money{}, map[string]int64{}
	out := crmapi.Summary{ValuesTotal: map[string]crmapi.ValuesTotal{}, WeightedValuesTotal: map[string]crmapi.WeightedTotal{}}
	for _, d := range sums {
		code := d.Value.Currency
		total[code] = records.Money{Amount: total[code].Amount + d.Value.Amount, Currency: code}
		weighted[code] = records.Money{Amount: weighted[code].Amount + d.Weighted.Amount, Currency: code}
		count[code] += d.Count
		out.TotalCount += d.Count
	}
	for code, m := range total {
		w := crmapi.ValuesTotal{Value: decimal(m), Count: count[code], ValueFormatted: m.Text()}
		if code == mine {
			w.ValueConverted, w.ValueConvertedFormatted = decimal(m), m.Text()
		}
		out.ValuesTotal[code] = w
		out.WeightedValuesTotal[code] = crmapi.WeightedTotal{Value: decimal(weighted[code]), Count: count[code], ValueFormatted: weighted[code].Text()}
	}
	whole, whole100 := records.Money{Amount: total[mine].Amount, Currency: mine}, records.Money{Amount: weighted[mine].Amount, Currency: mine}
	out.TotalConverted, out.TotalConvertedFormatted = decimal(whole), whole.Text()
	out.TotalWeighted, out.TotalWeightedFormatted = decimal(whole100), whole100.Text()
	return out
}

// summaryOf is what the open deals of a pipeline or stage are worth.
func summaryOf(sums []records.DealSum) crmapi.DealsSummary {
	out := crmapi.DealsSummary{
		PerStages: map[int64]map[string]crmapi.StageSum{}, PerCurrency: map[string]int64{}, PerCurrencyFull: map[string]crmapi.CurrencySum{},
	}
	value := map[string]records.Money{}
	for _, d := range sums {
		code := d.Value.Currency
		if out.PerStages[d.Stage] == nil {
			out.PerStages[d.Stage] = map[string]crmapi.StageSum{}
		}
		out.PerStages[d.Stage][code] = crmapi.StageSum{
			Count: d.Count, Value: decimal(d.Value), ValueFormatted: d.Value.Text(),
			WeightedValue: decimal(d.Weighted), WeightedValueFormatted: d.Weighted.Text(),
		}
		out.TotalCount += d.Count
		out.PerCurrency[code] += d.Count
		value[code] = records.Money{Amount: value[code].Amount + d.Value.Amount, Currency: code}
	}
	for code, m := range value {
		out.PerCurrencyFull[code] = crmapi.CurrencySum{Count: out.PerCurrency[code], Value: json.Number(m.Decimal())}
	}
	return out
}
