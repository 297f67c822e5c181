package authz

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/outbound"
	"github.com/dockwright/dockwright/internal/host/route"
)

// CheckCallback calls an app's callback URL as if a person had said no, which
// every app must be able to hear, and keeps in words how that went.
// spec: devhub.check-callback
func (s *Service) CheckCallback(ctx context.Context, c route.Caller, clientID string) (devhub.Check, error) {
	if !c.Admin {
		return devhub.Check{}, fault.New(fault.Forbidden, "", "Only admins of the company can have its apps called. Ask an admin to do it.")
	}
	d, err := s.apps.Draft(ctx, c.Company, clientID)
	if err != nil {
		return devhub.Check{}, err
	}
	callback := d.Next.CallbackURL
	if callback == "" {
		return devhub.Check{}, fault.New(fault.Invalid, "callback_url", "Expected a callback URL to call, got none. Save one first.")
	}
	u, err := url.Parse(callback)
	if err != nil {
		return devhub.Check{}, fmt.Errorf("callback URL of app %s: %w", clientID, err)
	}
	q := u.Query()
	q.Set("error", "user_denied")
	q.Set("state", "dockwright-check")
	u.RawQuery = q.Encode()
	resp, err := s.door.Do(ctx, outbound.Call{
		Company: c.Company, User: c.User, Credentials: outbound.Credentials{ClientID: clientID},
		Method: http.MethodGet, URL: u.String(), Requirement: "devhub.check-callback", Limit: 1 << 20, Deadline: 5 * time.Second,
	})
	check := devhub.Check{At: s.db.Now()}
	if err != nil {
		check.Text = unreached(err)
	} else {
		check.OK, check.Text = judge(resp)
	}
	return check, s.apps.NoteCheck(ctx, c, clientID, check)
}

// unreached says why there is no answer, without the address, which the page
// shows anyway.
func unreached(err error) string {
	reason := err.Error()
	if cause := errors.Unwrap(err); cause != nil {
		reason = cause.Error()
	}
	return "No answer: " + reason + ". Start your app, or correct the callback URL."
}

// judge says what an answer means. A callback that is called without a code may
// say no; what matters is that it is there.
func judge(resp *outbound.Response) (ok bool, text string) {
	took := resp.Duration.Round(time.Millisecond)
	switch {
	case resp.Status >= 500:
		return false, fmt.Sprintf("The app answered %d, an error of its own. Look into its log.", resp.Status)
	case resp.Status == http.StatusNotFound, resp.Status == http.StatusMethodNotAllowed:
		return false, fmt.Sprintf("Something answers there, but does not know this path (%d). Compare the path with the app's routes.", resp.Status)
	case resp.Status >= 400:
		return true, fmt.Sprintf("The app answered %d in %s. That is fine: this call had no code.", resp.Status, took)
	default:
		return true, fmt.Sprintf("The app answered %d in %s.", resp.Status, took)
	}
}
