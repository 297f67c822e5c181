package messaging

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/dockwright/dockwright/appkit"
	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/store"
)

const (
	registering  = time.Second      // between looks whether the channel is registered
	refusedPause = 30 * time.Second // between looks whether the operator mended the channel
	unnamedPause = 5 * time.Second  // after a 429 that names no time
	longestPause = time.Hour        // however long a host asks to wait
)

// reporter tells the host what happens, one job at a time in each conversation.
type reporter struct {
	core *Core
	rest *appkit.REST
}

// report tells the host the newest status of a message: of a new one as well as
// of one that has come further. Jobs that find nothing new are done, so a row of
// statuses costs the host one call.
// spec: app.messaging.status-coalesced
func (r *reporter) report(ctx context.Context, j lane.Job) (func(*store.Tx) error, error) {
	var p report
	if err := json.Unmarshal(j.Payload, &p); err != nil {
		return nil, lane.Park(fmt.Errorf("read the job: %w", err))
	}
	var ch Channel
	var m Message
	err := r.core.db.Company(j.Company).View(ctx, func(tx *store.Tx) (err error) {
		if ch, err = r.core.channels.get(tx, p.Channel); err != nil {
			return err
		}
		m, err = messageBySeq(tx, p.Channel, p.Conversation, p.Seq)
		return err
	})
	if err != nil {
		return nil, err
	}
	switch ch.State {
	case ChannelClosed, ChannelRemoved:
		return nil, nil // the archive has it; a new registration reports it again
	case ChannelPending:
		return nil, lane.Wait(registering, errors.New("the channel is being registered"))
	case ChannelFailed:
		return nil, lane.Wait(refusedPause, errors.New("the host refused the channel"))
	}
	if m.Status <= m.Reported {
		return nil, nil
	}
	err = r.rest.Do(ctx, appkit.Account{Company: ch.Company, User: ch.User}, http.MethodPost, "/channels/messages/receive", r.core.wireReceived(ch, m), nil)
	if err != nil {
		err, _ = judge(err)
		return nil, err
	}
	return func(tx *store.Tx) error {
		if err := setReported(tx, p, m.Status); err != nil || m.Outgoing {
			return err
		}
		m.Reported = m.Status
		return r.core.publishStatus(tx, ch, m)
	}, nil
}

// judge says what becomes of a job whose call failed, and whether it is set
// aside because it will not heal by itself.
// spec: app.messaging.lane-outcomes
func judge(err error) (verdict error, parked bool) {
	switch {
	case errors.Is(err, appkit.ErrNotInstalled):
		return lane.Wait(unnamedPause, err), false // the uninstall closes the channel in a moment
	case errors.Is(err, appkit.ErrRevoked):
		return lane.Park(errors.New("the host no longer accepts this installation; connect the app again, then retry")), true
	}
	e, ok := errors.AsType[*appkit.APIError](err)
	if !ok {
		return err, false // the host could not be reached
	}
	if d, ok := pause(e); ok {
		return lane.Wait(d, err), false
	}
	if passing(e) {
		return err, false
	}
	return lane.Park(err), true
}

// passing reports whether a refusal is likely to end by itself.
func passing(e *appkit.APIError) bool {
	return e.Status >= 500 || e.Status == http.StatusRequestTimeout || e.Status == http.StatusTooEarly || e.Status == http.StatusTooManyRequests
}

// pause is how long the host wants to be left alone; false if it did not say.
func pause(e *appkit.APIError) (time.Duration, bool) {
	switch {
	case !passing(e):
		return 0, false
	case e.RetryAfter > 0:
		return min(e.RetryAfter, longestPause), true
	}
	return unnamedPause, e.Status == http.StatusTooManyRequests
}
