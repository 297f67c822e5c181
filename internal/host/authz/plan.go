package authz

import (
	"net/http"
	"strings"

	"github.com/dockwright/dockwright/internal/host/route"
)

// Limits bound how much REST may be used. The zero Limits bound nothing.
type Limits struct {
	// PerSeat is the daily budget of a company for each of its active users, in
	// tokens; 0 is no budget. Pages cost nothing.
	PerSeat int64
	// TopUp is added to the budget of each company.
	TopUp int64
	// Personal, OAuth and Search are how many calls a personal token, an access
	// token, and either of them on search routes may make in any two seconds; 0 is
	// no limit.
	Personal, OAuth, Search int
}

func (l Limits) none() bool { return l == Limits{} }

// budgetOfSeat is what one user of the smallest plan adds to the budget of a day.
const budgetOfSeat = 30_000

// plans are those of the original, by name in small letters.
// spec: rest.limits.plans
var plans = map[string]Limits{
	"off":      {},
	"lite":     {PerSeat: 1 * budgetOfSeat, Personal: 20, OAuth: 80, Search: 10},
	"growth":   {PerSeat: 2 * budgetOfSeat, Personal: 40, OAuth: 160, Search: 10},
	"premium":  {PerSeat: 5 * budgetOfSeat, Personal: 100, OAuth: 400, Search: 10},
	"ultimate": {PerSeat: 7 * budgetOfSeat, Personal: 120, OAuth: 480, Search: 10},
}

// PlanLimits returns the limits of lite, growth, premium, ultimate, or off.
func PlanLimits(plan string) (Limits, bool) {
	l, ok := plans[plan]
	return l, ok
}

// cost is what a call of the route takes from the budget, in tokens: what the
// route says, else what is usual for its method. Version 2 costs half.
// spec: rest.limits.costs
func cost(rt route.Route) int64 {
	if rt.Cost != 0 {
		return int64(rt.Cost)
	}
	pattern := strings.TrimSuffix(rt.Pattern, "/{$}")
	n := 10 // create, update
	switch {
	case rt.Search:
		n = 40
	case rt.Method == http.MethodGet && strings.HasSuffix(pattern, "}"):
		n = 2
	case rt.Method == http.MethodGet:
		n = 20
	case rt.Method == http.MethodDelete:
		n = 6
	}
	if strings.HasPrefix(pattern, "/api/v2/") || strings.HasPrefix(pattern, "/v2/") {
		n /= 2
	}
	return int64(n)
}
