package inbox

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/pipedrive/messagingapi"
)

// postChannel is POST /v1/channels.
func (s *Service) postChannel(w http.ResponseWriter, r *http.Request) {
	v, ok := s.appCaller(w, r)
	if !ok {
		return
	}
	if !v.Admin { // spec: messaging.channels.refuses-non-admins
		answer(w, http.StatusForbidden, messagingapi.Refuse(messagingapi.CodeAdminOnly, messagingapi.TextAdminOnly))
		return
	}
	raw, err := readBody(w, r)
	if err == nil {
		var n messagingapi.NewChannel
		if n, err = messagingapi.ParseNewChannel(raw); err == nil {
			var ch Channel
			if ch, err = s.register(r.Context(), v, n); err == nil {
				answer(w, http.StatusOK, messagingapi.OK(channelWire(v.Company, ch)))
				return
			}
		}
	}
	s.refuse(w, r, err, messagingapi.RefuseChannel)
}

// deleteChannel is DELETE /v1/channels/{id}.
func (s *Service) deleteChannel(w http.ResponseWriter, r *http.Request) {
	v, ok := s.appCaller(w, r)
	if !ok {
		return
	}
	if err := s.dropByApp(r.Context(), v, r.PathValue("id")); err != nil {
		s.refuse(w, r, err, messagingapi.RefuseChannel)
		return
	}
	answer(w, http.StatusOK, messagingapi.OK(nil))
}

// postReceive is POST /v1/channels/messages/receive. The answer says that the
// message is stored for good.
func (s *Service) postReceive(w http.ResponseWriter, r *http.Request) {
	v, ok := s.appCaller(w, r)
	if !ok {
		return
	}
	raw, err := readBody(w, r)
	if err == nil {
		var told messagingapi.Received
		if told, err = messagingapi.ParseReceived(raw); err == nil {
			if err = s.receive(r.Context(), v, told); err == nil {
				answer(w, http.StatusOK, messagingapi.OK(told))
				return
			}
		}
	}
	s.refuse(w, r, err, messagingapi.RefuseReceive)
}

// deleteConversation is DELETE /v1/channels/{channel}/conversations/{conversation}.
func (s *Service) deleteConversation(w http.ResponseWriter, r *http.Request) {
	v, ok := s.appCaller(w, r)
	if !ok {
		return
	}
	if err := s.dropConversationByApp(r.Context(), v, r.PathValue("channel"), r.PathValue("conversation")); err != nil {
		s.refuse(w, r, err, messagingapi.RefuseChannel)
		return
	}
	answer(w, http.StatusOK, messagingapi.OK(nil))
}

// appCaller is the caller, who must be an app: channels belong to one.
func (s *Service) appCaller(w http.ResponseWriter, r *http.Request) (route.Caller, bool) {
	v, ok := route.CallerFrom(r.Context())
	if ok && v.ClientID != "" {
		return v, true
	}
	e := messagingapi.Refuse(messagingapi.CodeForbidden, "Only an app can use this endpoint")
	e.Additional.Message = "expected the access token of an installed app, got a personal API token"
	answer(w, http.StatusForbidden, e)
	return v, false
}

// readBody reads a body of at most 8 MB.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, messagingapi.MaxBody))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, fault.New(fault.TooLarge, "body", "expected at most %d bytes (8 MB), got more; send files as links", messagingapi.MaxBody)
	}
	if err != nil {
		return nil, fault.New(fault.Invalid, "body", "expected a whole body, but it ended early: %s", err)
	}
	return raw, nil
}

// refuse answers an error in the documented form; bad is the form of a 400.
func (s *Service) refuse(w http.ResponseWriter, r *http.Request, err error, bad func(field, message string) messagingapi.HostError) {
	e, ok := fault.As(invalid(err))
	if !ok {
		if r.Context().Err() == nil {
			s.log.Error("channels API", "path", r.URL.Path, "err", err)
		}
		answer(w, http.StatusInternalServerError, messagingapi.Refuse("INTERNAL_ERROR", "Something went wrong here. It was written to the log; try again later."))
		return
	}
	var body messagingapi.HostError
	field := e.Field
	switch e.Kind {
	case fault.Invalid:
		field = cmp.Or(field, "body")
		body = bad(field, e.Message)
	case fault.NotFound:
		body = messagingapi.Refuse(messagingapi.CodeNotFound, e.Message)
	case fault.Forbidden:
		body = messagingapi.Refuse(messagingapi.CodeForbiddenUser, e.Message)
	case fault.TooLarge:
		body = bad(e.Field, e.Message)
		body.Text = fmt.Sprintf("The %s is too large", e.Field)
	default:
		body = messagingapi.Refuse("UNAVAILABLE", e.Message)
		if e.After > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(e.After.Seconds()+0.999)))
		}
	}
	body.Additional.Field = field // also where the documents have only a sentence
	answer(w, e.Kind.Status(), body)
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(body) // whoever hung up hears nothing
}
