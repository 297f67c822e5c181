package subscription

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/rest"
	"github.com/dockwright/dockwright/pipedrive/webhookapi"
)

func (s *Service) getWebhooks(c *rest.Call) (rest.Answer, error) {
	list, err := s.Webhooks(c.Context(), c.Caller)
	if err != nil {
		return rest.Answer{}, err
	}
	out := make([]webhookapi.Webhook, len(list))
	for i, w := range list {
		out[i] = wire(c.Caller.Company, w)
	}
	return rest.Answer{Body: webhookapi.OK(out)}, nil
}

func (s *Service) postWebhook(c *rest.Call) (rest.Answer, error) {
	b, err := c.Body()
	if err != nil {
		return rest.Answer{}, err
	}
	text := func(name string) string {
		if s := b.String(name); s != nil {
			return *s
		}
		return ""
	}
	n := Draft{
		URL: text("subscription_url"), Action: text("event_action"), Object: text("event_object"), Version: text("version"),
		Name: text("name"), AuthUser: text("http_auth_user"), AuthPassword: text("http_auth_password"),
	}
	if id := b.Int("user_id"); id != nil {
		n.User = *id
	}
	if wrong, ok := fault.As(b.Err()); ok {
		return rest.Answer{}, refuse(http.StatusBadRequest, webhookapi.Refuse(wrong.Field, wrong.Message))
	}
	w, err := s.Create(c.Context(), c.Caller, n)
	if err != nil {
		return rest.Answer{}, inOurForm(err)
	}
	return rest.Answer{Status: http.StatusCreated, Body: webhookapi.OK(wire(c.Caller.Company, w))}, nil
}

func (s *Service) deleteWebhook(c *rest.Call) (rest.Answer, error) {
	id, err := strconv.ParseInt(c.Request.PathValue("id"), 10, 64)
	if err != nil {
		return rest.Answer{}, refuse(http.StatusNotFound, webhookapi.Refuse("id", webhookapi.TextNotFound))
	}
	if err := s.Delete(c.Context(), c.Caller, id); err != nil {
		return rest.Answer{}, inOurForm(err)
	}
	return rest.Answer{Body: webhookapi.OK(nil)}, nil
}

// inOurForm gives refusals the bodies that these endpoints have.
// spec: webhooks.errors
func inOurForm(err error) error {
	if p, ok := errors.AsType[Problems](err); ok {
		return refuse(http.StatusBadRequest, webhookapi.Refusal{Status: "error", Errors: p})
	}
	switch {
	case errors.Is(err, errLimit):
		return refuse(http.StatusUnprocessableEntity, webhookapi.Refuse(errLimit.Field, errLimit.Message))
	case fault.KindOf(err) == fault.Forbidden:
		return refuse(http.StatusForbidden, webhookapi.Forbidden{Message: "Forbidden"})
	case fault.KindOf(err) == fault.NotFound:
		return refuse(http.StatusNotFound, webhookapi.Refuse("id", webhookapi.TextNotFound))
	}
	return err
}

func refuse(status int, body any) error { return &rest.Refusal{Status: status, Body: body} }

// wire is a webhook as the endpoints show it.
func wire(company int64, w Webhook) webhookapi.Webhook {
	out := webhookapi.Webhook{
		ID: w.ID, CompanyID: company, OwnerID: w.Owner, UserID: w.User, EventAction: w.Action, EventObject: w.Object,
		SubscriptionURL: w.URL, Version: w.Version, IsActive: 1, AddTime: rest.Milli(w.CreatedAt), Type: w.Type(),
		AdminID: w.Owner, Name: w.Name,
	}
	if w.AuthUser != "" {
		out.HTTPAuthUser, out.HTTPAuthPassword = &w.AuthUser, &w.AuthPassword
	}
	if !w.LastDeliveryAt.IsZero() {
		at, status := rest.Milli(w.LastDeliveryAt), w.LastStatus
		out.LastDeliveryTime = &at
		if status != 0 {
			out.LastHTTPStatus = &status
		}
	}
	return out
}
