package videocall

import (
	"net/http"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/pipedrive/crmapi"
)

// Routes are the room's paths, in the three spellings that sources have.
// spec: rest.meetings.spellings
func (s *Service) Routes() []route.Route {
	on := func(method, pattern string, h rest.Handler) route.Route {
		return route.Route{
			Method: method, Pattern: pattern, Access: route.Token, Scopes: []string{devhub.ScopeVideoCalls},
			Req: "rest.meetings.user-provider-links", Handler: rest.Serve(s.log, inWords(h)),
		}
	}
	return []route.Route{
		on(http.MethodPost, "/v1/meetings/userProviderLinks", s.postLink),
		on(http.MethodPost, "/v1/meetings/userProviderLink", s.postLink),
		on(http.MethodPost, "/v1/meetings/user-provider-links", s.postLink),
		on(http.MethodDelete, "/v1/meetings/userProviderLinks/{id}", s.deleteLink),
		on(http.MethodDelete, "/v1/meetings/user-provider-links/{id}", s.deleteLink),
	}
}

// inWords gives refusals the form of these endpoints: {success, message}.
func inWords(h rest.Handler) rest.Handler {
	return func(c *rest.Call) (rest.Answer, error) {
		a, err := h(c)
		f, ok := fault.As(err)
		if !ok {
			return a, err
		}
		text := f.Message
		if f.Field != "" {
			text = f.Field + ": " + text
		}
		return a, &rest.Refusal{Status: f.Kind.Status(), Body: crmapi.MessageError{Message: text}}
	}
}

// postLink is POST /v1/meetings/userProviderLinks.
func (s *Service) postLink(c *rest.Call) (rest.Answer, error) {
	b, err := c.Body()
	if err != nil {
		return rest.Answer{}, err
	}
	id, user, company, client := b.UUID("user_provider_id"), b.Int("user_id"), b.Int("company_id"), b.String("marketplace_client_id")
	if err := b.Done(); err != nil {
		return rest.Answer{}, err
	}
	switch {
	case user == nil || *user == 0 || company == nil || *company == 0:
		return rest.Answer{}, fault.New(fault.Unauthorized, "", "Missing user id or company id")
	case id == nil || *id == "":
		return rest.Answer{}, fault.New(fault.Invalid, "user_provider_id", "Expected a UUID, got none.")
	case *user != c.Caller.User || *company != c.Caller.Company || client == nil || *client != c.Caller.ClientID:
		return rest.Answer{}, fault.New(fault.Forbidden, "", "Expected user_id, company_id and marketplace_client_id of the access token's own user, company and app.")
	}
	if err := s.Add(c.Context(), c.Caller, *id); err != nil {
		return rest.Answer{}, err
	}
	return rest.OK(said{"The user was added successfully"}), nil
}

// deleteLink is DELETE /v1/meetings/userProviderLinks/{id}.
func (s *Service) deleteLink(c *rest.Call) (rest.Answer, error) {
	if err := s.Remove(c.Context(), c.Caller, c.Request.PathValue("id")); err != nil {
		return rest.Answer{}, err
	}
	return rest.OK(said{"The user data was successfully removed"}), nil
}

// said is the data of these endpoints.
type said struct {
	Message string `json:"message"`
}
