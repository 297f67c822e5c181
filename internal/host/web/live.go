package web

import (
	"context"
	"net/http"
	"strconv"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/store"
)

func (w *Web) liveRoutes() []route.Route {
	return []route.Route{
		{Method: http.MethodGet, Pattern: "/_dockwright/live", Access: route.Login, Req: "web.live", Handler: w.handle(w.listen)},
	}
}

// listen opens the page's line to the event log. The frames carry topics and no
// data: what changed is fetched as a fragment, by the rules of its page.
// spec: web.live
func (w *Web) listen(rw http.ResponseWriter, r *http.Request) error {
	since, err := strconv.ParseInt(r.FormValue("since"), 10, 64)
	if err != nil || since < 0 {
		return fault.New(fault.Invalid, "since", "Expected the number of the last event that was seen, got %q.", r.FormValue("since"))
	}
	c := caller(r)
	w.s.Hub.ServeWebSocket(rw, r, live.Subscription{
		Company: c.Company, Since: since, Bare: true,
		// spec: account.ended-sessions-hang-up
		Over: func(ctx context.Context) bool {
			_, err := w.s.Authz.SessionOf(ctx, r)
			return fault.KindOf(err) == fault.Unauthorized
		},
		Allow: func(e live.Event) bool { return e.Audience == 0 || e.Audience == c.User },
	})
	return nil
}

type seqKey struct{}

// atSeq notes the number of the last event before the page reads anything, so
// that the browser asks for all that came after.
func (w *Web) atSeq(r *http.Request) (context.Context, error) {
	c := caller(r)
	if c.Company == 0 || r.Method != http.MethodGet {
		return r.Context(), nil
	}
	var seq int64
	err := w.s.DB.Company(c.Company).View(r.Context(), func(tx *store.Tx) (err error) {
		seq, err = live.Last(tx)
		return err
	})
	return context.WithValue(r.Context(), seqKey{}, seq), err
}

func seqOf(ctx context.Context) int64 {
	seq, _ := ctx.Value(seqKey{}).(int64)
	return seq
}
