package records_test

import (
	"fmt"
	"testing"

	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// A flow reads on where rows of the history tell of nothing that is wanted, and
// keeps to what the caller sees.
// spec: rest.flow
func TestFlowReadsOn(t *testing.T) {
	each(t, func(t *testing.T, s *records.Service, _ *store.DB) {
		ctx := t.Context()
		field := must[records.Field](t)(s.CreateField(ctx, ours, records.Field{Entity: records.KindDeal, Name: "Colour", Type: records.TypeVarchar}))
		org := must[records.Organization](t)(s.CreateOrganization(ctx, ours, records.Organization{Name: "Nordwind"}))
		deal := must[records.Deal](t)(s.CreateDeal(ctx, ours, records.Deal{Title: "Chairs", Organization: records.Ref{ID: org.ID}, VisibleTo: 1}))
		for i := range 9 {
			custom := map[string]any{field.Code: fmt.Sprint("blue ", i)}
			must[records.Deal](t)(s.UpdateDeal(ctx, ours, deal.ID, records.DealPatch{Custom: custom}))
		}
		title := "Blue chairs"
		must[records.Deal](t)(s.UpdateDeal(ctx, ours, deal.ID, records.DealPatch{Title: &title}))
		must[records.Note](t)(s.CreateNote(ctx, ours, records.Note{Content: "Called", Deal: deal.ID}))
		other := route.Caller{Company: ours.Company, User: ours.User + 1}
		ofDeal := records.FlowFilter{Kind: records.KindDeal, ID: deal.ID, Kinds: []string{records.KindNote, records.KindFile, records.KindActivity, records.KindDeal}}
		ofOrg := records.FlowFilter{Kind: records.KindOrganization, ID: org.ID, Kinds: []string{records.KindNote, records.KindOrganization, records.KindDeal}}
		whole := ofDeal
		whole.Custom = true
		for _, c := range []struct {
			of            records.FlowFilter
			caller        route.Caller
			start, limit  int
			want          string
			more, refused bool
		}{
			{ofDeal, ours, 0, 3, "[note title add_time]", false, false},
			{ofDeal, ours, 0, 2, "[note title]", true, false},
			{ofDeal, ours, 1, 1, "[title]", true, false},
			{ofDeal, ours, 2, 1, "[add_time]", false, false},
			{whole, ours, 10, 5, "[" + field.Code + " add_time]", false, false},
			{ofOrg, ours, 0, 9, "[title add_time add_time]", false, false},
			{ofDeal, other, 0, 9, "[]", false, true},
			{ofOrg, other, 0, 9, "[add_time]", false, false},
			{ofDeal, theirs, 0, 9, "[]", false, false},
		} {
			list, of, more, err := s.Flow(ctx, c.caller, c.of, records.Window{Start: c.start, Limit: c.limit})
			got := []string{}
			for _, u := range list {
				if u.Kind == records.KindNote && of.Notes[u.ID].Content == "Called" {
					got = append(got, "note")
				} else {
					got = append(got, u.Entry.Field)
				}
			}
			if fmt.Sprint(got) != c.want || more != c.more || (err != nil) != c.refused {
				t.Errorf("from %d, %d of %s %d for %+v: %v, more %v, %v; want %s", c.start, c.limit, c.of.Kind, c.of.ID, c.caller, got, more, err, c.want)
			}
		}
	})
}
