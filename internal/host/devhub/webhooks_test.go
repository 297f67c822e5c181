package devhub_test

import (
	"strings"
	"testing"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

// What an app declares is checked with the line of what is wrong, and kept as it
// came.
// spec: webhooks.manifest
func TestDeclaredWebhooks(t *testing.T) {
	t.Parallel()
	h := newHub(t, storetest.SQLite(t, live.Migrations, account.Migrations, devhub.Migrations))
	register := func(scopes ...string) string {
		a, err := h.Create(t.Context(), admin, false, devhub.Registration{Name: "Hooks", CallbackURL: "http://127.0.0.1:3000/callback", Scopes: scopes})
		if err != nil {
			t.Fatal(err)
		}
		return a.ClientID
	}
	id := register("webhooks:full")
	good := `{"webhooks": [{"subscription_url": "http://localhost:3000/hook", "event_action": "*", "event_object": "person"}]}`
	if err := h.UploadWebhooks(t.Context(), admin, id, []byte(good)); err != nil {
		t.Fatal(err)
	}
	if raw, err := h.WebhooksFile(t.Context(), admin, id); err != nil || string(raw) != good {
		t.Errorf("kept %q, %v", raw, err)
	}
	if err := h.UploadWebhooks(t.Context(), agent, id, []byte(good)); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("by an agent: %v", err)
	}
	for raw, want := range map[string]string{
		"{\n\"webhooks\": [{\"subscription_url\": \"nonsense\", \"event_action\": \"*\", \"event_object\": \"person\"}]}":                   "Line 2",
		`{"webhooks": [{"subscription_url": "http://a.test/h", "event_action": "added", "event_object": "person"}]}`:                        "event_action",
		`{"webhooks": [{"subscription_url": "http://a.test/h", "event_action": "*", "event_object": "lead", "version": "1.0"}]}`:            "event_object",
		`{"webhooks": [{"subscription_url": "http://a.test/h", "event_action": "*", "event_object": "person", "http_auth_password": "s"}]}`: "http_auth_user",
		`{"webhooks": []}`: "webhooks", `{"hooks": []}`: "webhooks", `[`: "Line 1", `{"webhooks": [{"event_action": "*"}]}`: "subscription_url",
	} {
		err := h.UploadWebhooks(t.Context(), admin, id, []byte(raw))
		if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q named", raw, err, want)
		}
	}
	if err := h.UploadWebhooks(t.Context(), admin, id, nil); err != nil {
		t.Fatal(err)
	}
	if raw, err := h.WebhooksFile(t.Context(), admin, id); err != nil || len(raw) > 0 {
		t.Errorf("after removing there is %q, %v", raw, err)
	}
	if err := h.UploadWebhooks(t.Context(), admin, register(), []byte(good)); !strings.Contains(err.Error(), "scope") {
		t.Errorf("without the scope: %v", err)
	}
}
