package inbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/dockwright/dockwright/internal/host/outbound"
	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/messagingapi"
)

// Kinds of lane work. Each step of a channel's sync is a job of its own, so that
// a restart goes on where it was.
const (
	kindPage         = "inbox.conversations" // getConversations, one page
	kindSender       = "inbox.sender"        // getSenderById, one participant of the sync
	kindTemplates    = "inbox.templates"     // getTemplates, and the end of the sync
	kindAvatar       = "inbox.avatar"        // an avatar that may have expired
	kindConversation = "inbox.conversation"  // getConversationById for one that is not known
	kindPost         = "inbox.post"          // postMessage
	kindRemove       = "inbox.remove"        // deleteChannelById
	kindSweep        = "inbox.sweep"         // rows of a removed channel
)

type (
	pageJob struct {
		Channel int64  `json:"channel"`
		Run     int64  `json:"run"`
		After   string `json:"after,omitempty"`
	}
	senderJob struct {
		Channel int64 `json:"channel"`
		Run     int64 `json:"run"`
		After   int64 `json:"after"` // participant
	}
	avatarJob struct {
		Channel     int64 `json:"channel"`
		Participant int64 `json:"participant"`
	}
	conversationJob struct {
		Conversation int64 `json:"conversation"`
	}
	postJob struct {
		Message int64 `json:"message"`
		Attempt int64 `json:"attempt"`
	}
	sweepJob struct {
		Channel int64 `json:"channel"`
	}
	removeJob struct {
		ClientID          string `json:"client_id"`
		ProviderChannelID string `json:"provider_channel_id"`
	}
)

func addJob(tx *store.Tx, kind, key string, payload any) error {
	raw, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	return lane.Add(tx, lane.Job{Kind: kind, Key: key, Payload: raw})
}

// commit is what a job does in the transaction that ends it.
type commit = func(*store.Tx) error

// handle gives the room's work to the lanes.
func (s *Service) handle(r *lane.Runner) {
	r.Handle(kindPage, doing(s.syncPage))
	r.Handle(kindSender, doing(s.syncSender))
	r.Handle(kindTemplates, doing(s.syncTemplates))
	r.Handle(kindAvatar, doing(s.checkAvatar))
	r.Handle(kindConversation, doing(s.learnConversation))
	r.Handle(kindPost, doing(s.post))
	r.Handle(kindRemove, doing(s.tellRemoved))
	r.Handle(kindSweep, doing(s.sweep))
}

// doing reads a job's payload for fn.
func doing[T any](fn func(ctx context.Context, j lane.Job, p T) (commit, error)) lane.Handler {
	return func(ctx context.Context, j lane.Job) (func(*store.Tx) error, error) {
		var p T
		if err := json.Unmarshal(j.Payload, &p); err != nil {
			return nil, lane.Park(fmt.Errorf("payload of %s: %w", j.Kind, err))
		}
		return fn(ctx, j, p)
	}
}

// pageLimit is conversations_limit and messages_limit.
// spec: messaging.sync.limits
var pageLimit = strconv.Itoa(messagingapi.PageSize)

// target is where a channel's app listens and how the host signs.
type target struct {
	company     int64
	channel     Channel
	app         messagingapi.Endpoints
	credentials outbound.Credentials
}

func (s *Service) targetOf(ctx context.Context, company int64, ch Channel) (target, error) {
	t := target{company: company, channel: ch}
	app, err := s.apps.ByClientID(ctx, ch.ClientID)
	if err != nil {
		return t, fmt.Errorf("app of channel %q: %w", ch.Name, err)
	}
	if app.Manifest == nil {
		return t, &messagingapi.Error{Message: "the app has no messaging manifest any more"}
	}
	t.app = app.Manifest.Endpoints
	secret, err := s.apps.Secret(ctx, ch.ClientID)
	if err != nil {
		return t, fmt.Errorf("secret of the app of channel %q: %w", ch.Name, err)
	}
	t.credentials = outbound.Credentials{ClientID: ch.ClientID, Secret: secret}
	return t, nil
}

// refusal is an answer of an app that is no success.
type refusal struct {
	status int
	reason messagingapi.AppReason
	after  time.Duration // for 429: how long to wait
}

func (r *refusal) Error() string {
	if r.reason.Message != "" {
		return r.reason.Message
	}
	return fmt.Sprintf("the app answered %d %s", r.status, http.StatusText(r.status))
}

func (r *refusal) suspended() bool {
	return r.status == http.StatusUnauthorized && r.reason.Code == messagingapi.CodeAccountSuspended
}

func (s *Service) get(ctx context.Context, t target, url, requirement string) ([]byte, error) {
	return s.call(ctx, t, outbound.Call{Method: http.MethodGet, URL: url, Requirement: requirement})
}

// call makes a call to the channel's app and returns the body of a success.
func (s *Service) call(ctx context.Context, t target, c outbound.Call) ([]byte, error) {
	c.Company, c.Credentials, c.Limit = t.company, t.credentials, messagingapi.MaxBody
	resp, err := s.door.Do(ctx, c)
	if err != nil {
		return nil, err
	}
	if resp.Status >= 200 && resp.Status < 300 {
		return resp.Body, nil
	}
	r := &refusal{status: resp.Status, reason: messagingapi.ParseAppError(resp.Body)}
	r.reason.Message = reason(r.reason.Message)
	if r.status == http.StatusTooManyRequests {
		r.after = s.pause(r.reason, resp.Header)
	}
	return nil, r
}

const (
	shortPause   = time.Second
	defaultPause = 30 * time.Second
	longPause    = 24 * time.Hour
)

// pause is how long a 429 asks to wait: retry_by, else Retry-After, else half a
// minute.
// spec: messaging.errors.retry-by
func (s *Service) pause(reason messagingapi.AppReason, h http.Header) time.Duration {
	d := defaultPause
	if seconds, err := strconv.Atoi(h.Get("Retry-After")); err == nil {
		d = time.Duration(min(max(seconds, 0), int(longPause/time.Second))) * time.Second
	}
	if !reason.RetryBy.IsZero() {
		d = reason.RetryBy.Sub(s.clock.Now())
	}
	return min(max(d, shortPause), longPause)
}

// verdict says what becomes of a job whose call failed. The first result is true
// if another try cannot help: the app said no, or broke the contract. Else the
// error is for the lane: it waits as long as the app wants, or tries again with a
// growing pause.
func verdict(err error) (final bool, forLane error) {
	if _, malformed := errors.AsType[*messagingapi.Error](err); malformed {
		return true, err
	}
	r, ok := errors.AsType[*refusal](err)
	switch {
	case !ok, r.status >= 500, r.status == http.StatusRequestTimeout:
		return false, err
	case r.status == http.StatusTooManyRequests:
		return false, lane.Wait(r.after, err)
	}
	return true, err
}

// suspend marks a channel whose app says that the account is suspended.
// spec: messaging.errors.account-suspended
func suspend(tx *store.Tx, channel int64, why string) error {
	ch, ok, err := lockChannel(tx, channel)
	if err != nil || !ok || ch.SyncState == SyncSuspended {
		return err
	}
	ch.SyncState, ch.SyncError = SyncSuspended, reason(why)
	ch.run++
	if err := updateChannel(tx, ch); err != nil {
		return err
	}
	return tell(tx, "channel.changed", 0, ch, snapshot{Channel: ch.ID, Status: string(ch.SyncState)})
}

func isSuspended(err error) bool {
	r, ok := errors.AsType[*refusal](err)
	return ok && r.suspended()
}

// tellRemoved is deleteChannelById. A channel that the app does not have is
// removed as well as one can be.
// spec: messaging.channels.remove-tells-app
func (s *Service) tellRemoved(ctx context.Context, j lane.Job, p removeJob) (commit, error) {
	t, err := s.targetOf(ctx, j.Company, Channel{ClientID: p.ClientID, ProviderChannelID: p.ProviderChannelID})
	if final, _ := verdict(err); err != nil && final || err == nil && t.app.DeleteChannelByID == "" {
		return nil, nil // there is nobody to tell
	}
	if err != nil {
		return nil, err
	}
	to, err := t.app.DeleteChannelByID.Expand(map[string]string{messagingapi.VarChannel: p.ProviderChannelID})
	if err != nil {
		return nil, lane.Park(err)
	}
	_, err = s.call(ctx, t, outbound.Call{Method: http.MethodDelete, URL: to, Requirement: "messaging.channels.remove-tells-app"})
	if r, ok := errors.AsType[*refusal](err); ok && r.status == http.StatusNotFound {
		return nil, nil
	}
	if err == nil {
		return nil, nil
	}
	final, err := verdict(err)
	if final {
		return nil, lane.Park(fmt.Errorf("tell the app that the channel %s was removed: %w", p.ProviderChannelID, err))
	}
	return nil, err
}
