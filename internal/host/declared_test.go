package host_test

import (
	"strings"
	"testing"
	"time"

	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/route"
)

// An app that declares webhooks is told of what happens from its installing on, and
// of nothing after it was uninstalled.
// spec: webhooks.manifest
func TestDeclaredWebhooksAreTold(t *testing.T) {
	t.Parallel()
	g := newCompany(t, nil)
	admin := route.Caller{Company: 1, User: 1, Admin: true}
	base := strings.TrimSuffix(g.app.CallbackURL, "/callback")
	app, err := g.rooms.DevHub.Create(t.Context(), admin, false, devhub.Registration{
		Name: "Hooks", CallbackURL: base + "/callback", Scopes: []string{"webhooks:full", "contacts:read"},
	})
	g.ok(err)
	g.ok(g.rooms.DevHub.UploadWebhooks(t.Context(), admin, app.ClientID,
		[]byte(`{"webhooks": [{"subscription_url": "`+base+`/hook", "event_action": "create", "event_object": "person", "http_auth_user": "hook", "http_auth_password": "s3"}]}`)))
	_, err = g.rooms.Authz.Approve(t.Context(), admin, authz.Request{ClientID: app.ClientID, RedirectURI: app.CallbackURL}, false)
	g.ok(err)
	_, err = g.rooms.Records.CreatePerson(t.Context(), admin, records.Person{Name: "Ada"})
	g.ok(err)
	if body := g.hears(t); !strings.HasPrefix(body, "POST ") || !strings.Contains(body, `"Ada"`) || !strings.Contains(body, `"type":"application"`) {
		t.Fatalf("told %s", body)
	}
	g.ok(g.rooms.Authz.Uninstall(t.Context(), admin, app.ClientID))
	_, err = g.rooms.Records.CreatePerson(t.Context(), admin, records.Person{Name: "Grace"})
	g.ok(err)
	if body := g.hears(t); !strings.HasPrefix(body, "DELETE ") {
		t.Fatalf("after the uninstalling: %s", body)
	}
}

// hears is the next thing that the app's server is asked, besides GET and HEAD.
func (g *company) hears(t *testing.T) string {
	t.Helper()
	for {
		select {
		case body := <-g.told:
			if !strings.HasPrefix(body, "HEAD ") {
				return body
			}
		case <-time.After(20 * time.Second):
			t.Fatal("the app was asked nothing")
		}
	}
}
