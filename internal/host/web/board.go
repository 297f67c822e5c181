package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
)

func (w *Web) boardRoutes() []route.Route {
	return []route.Route{
		{Method: http.MethodGet, Pattern: "/deals", Access: route.Login, Req: "records.board", Handler: w.handle(w.board)},
	}
}

const (
	// cardsPerStage is how many cards of a stage are shown at first, and how many
	// more each time.
	cardsPerStage = 50
	// mostCards of a stage are shown on the board; the list has all.
	mostCards = 500
)

// boardPage is what the board shows. What it is about stands in its address:
// pipeline, owner, and as often as needed show=stage.cards.
type boardPage struct {
	Pipelines []formOption
	Owners    []formOption
	Pipeline  records.Pipeline
	Columns   []column
	Count     int
	Total     string
}

// column is a stage of the board with what stands in it.
type column struct {
	records.BoardStage
	Cards []card
	Total string
	More  string // address of the board with more of these cards; "" if all are shown
	List  string // address of the list, where more are than the board shows
}

// card is a deal on the board.
type card struct {
	records.Deal
	OwnerName string
	Waiting   int  // days in this stage
	Rotten    bool // it was left alone for longer than its stage allows
	Overdue   bool // it was expected to be closed by now
}

// boardAddress is what the address of a board says.
type boardAddress struct {
	records.BoardFilter
	shown map[int64]int // cards by stage, where they are more than at first
}

func boardAddressOf(r *http.Request) boardAddress {
	a := boardAddress{shown: map[int64]int{}}
	a.Pipeline, _ = strconv.ParseInt(r.FormValue("pipeline"), 10, 64) // anything else is the first
	a.Owner, _ = strconv.ParseInt(r.FormValue("owner"), 10, 64)       // anything else is anybody
	for _, s := range r.Form["show"] {
		stage, cards, _ := strings.Cut(s, ".")
		id, err := strconv.ParseInt(stage, 10, 64)
		n, err2 := strconv.Atoi(cards)
		if err == nil && err2 == nil && n > cardsPerStage {
			a.shown[id] = min(n, mostCards)
		}
	}
	return a
}

// more is the address of the board with more cards of a stage.
func (a boardAddress) more(stage int64, cards int) string {
	q := url.Values{"pipeline": {strconv.FormatInt(a.Pipeline, 10)}}
	if a.Owner != 0 {
		q.Set("owner", strconv.FormatInt(a.Owner, 10))
	}
	q.Add("show", fmt.Sprintf("%d.%d", stage, cards))
	for id, n := range a.shown {
		if id != stage {
			q.Add("show", fmt.Sprintf("%d.%d", id, n))
		}
	}
	return "/deals?" + q.Encode()
}

// board shows the open deals of a pipeline, stage by stage.
// spec: records.board
func (w *Web) board(rw http.ResponseWriter, r *http.Request) error {
	ctx, c, a := r.Context(), caller(r), boardAddressOf(r)
	pipelines, err := w.s.Records.Pipelines(ctx, c)
	if err != nil {
		return err
	}
	l, err := w.sortedList(r, "/deals", dealKeys)
	if err != nil {
		return err
	}
	d := boardPage{Owners: l.Owners(), Pipeline: pipelineOf(pipelines, a.Pipeline)}
	a.Pipeline = d.Pipeline.ID
	d.Pipelines = pipelineOptions(pipelines, a.Pipeline)
	stages, err := w.s.Records.Board(ctx, c, a.BoardFilter, cardsPerStage, a.shown)
	if err != nil {
		return err
	}
	d.fill(stages, a, l.Names(), w.s.Clock)
	w.render(rw, r, http.StatusOK, page{Title: "Deals", Nav: "deals", Template: "records/board", Data: d})
	return nil
}

// pipelineOf is the pipeline with an id, else the first.
func pipelineOf(list []records.Pipeline, id int64) records.Pipeline {
	for _, p := range list {
		if p.ID == id {
			return p
		}
	}
	if len(list) > 0 {
		return list[0]
	}
	return records.Pipeline{}
}

func pipelineOptions(list []records.Pipeline, chosen int64) []formOption {
	var out []formOption
	for _, p := range list {
		out = append(out, formOption{Value: strconv.FormatInt(p.ID, 10), Label: p.Name, Chosen: p.ID == chosen})
	}
	return out
}

func (d *boardPage) fill(stages []records.BoardStage, a boardAddress, users map[int64]string, c clock.Clock) {
	now := c.Now()
	var all []records.Money
	for _, st := range stages {
		col := column{BoardStage: st, Total: sums(st.Sums)}
		for _, deal := range st.Deals {
			col.Cards = append(col.Cards, newCard(deal, st.Stage, users, now))
		}
		if n := len(st.Deals); int64(n) < st.Count {
			if n < mostCards {
				col.More = a.more(st.ID, min(n+cardsPerStage, mostCards))
			} else {
				col.List = fmt.Sprintf("/deals/list?status=open&pipeline=%d&stage=%d", st.Pipeline, st.ID)
			}
		}
		all = addUp(all, st.Sums)
		d.Count += int(st.Count)
		d.Columns = append(d.Columns, col)
	}
	d.Total = sums(all)
}

func newCard(d records.Deal, st records.Stage, users map[int64]string, now time.Time) card {
	return card{
		Deal: d, OwnerName: users[d.Owner], Waiting: int(now.Sub(d.StageChangedAt) / (24 * time.Hour)), Rotten: rotten(d, st, now),
		Overdue: d.ExpectedClose != "" && d.ExpectedClose < now.Format(time.DateOnly),
	}
}

// rotten tells whether an open deal was left alone for longer than its stage
// allows, by the rule of rotten_time.
// spec: rest.deals.rotten-time
func rotten(d records.Deal, st records.Stage, now time.Time) bool {
	return d.Status == records.StatusOpen && st.Rots && now.Sub(d.UpdatedAt) > time.Duration(st.RotDays)*24*time.Hour
}

// addUp adds sums to others, currency by currency.
func addUp(to, more []records.Money) []records.Money {
next:
	for _, m := range more {
		for i := range to {
			if to[i].Currency == m.Currency {
				to[i].Amount += m.Amount
				continue next
			}
		}
		to = append(to, m)
	}
	return to
}

// sums writes amounts of several currencies.
func sums(list []records.Money) string {
	var words []string
	for _, m := range list {
		words = append(words, money(m))
	}
	return strings.Join(words, " + ")
}
