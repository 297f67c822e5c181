package hosttest_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/dockwright/dockwright/hosttest"
	"github.com/dockwright/dockwright/pipedrive/crmapi"
)

// me asks the host whom it takes the bearer of a token for.
func me(t *testing.T, h *hosttest.Host, token string) crmapi.Me {
	t.Helper()
	status, _, body := h.Do(http.MethodGet, "/v1/users/me", token, nil)
	if status != http.StatusOK {
		t.Fatalf("GET /v1/users/me: %d %s", status, body)
	}
	var got struct{ Data crmapi.Me }
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	return got.Data
}

func TestPeopleAndTokens(t *testing.T) {
	t.Parallel()
	h := hosttest.New(t)
	for _, c := range []struct {
		who, token string
		user       hosttest.User
	}{
		{"the admin's personal token", h.Admin.Token, h.Admin},
		{"the agent's personal token", h.Agent.Token, h.Agent},
		{"the app", h.App.AccessToken, h.Admin},
	} {
		got := me(t, h, c.token)
		if got.ID != c.user.ID || got.Email != c.user.Email || got.CompanyID != h.Company.ID || (got.IsAdmin == 1) != (c.user == h.Admin) {
			t.Errorf("%s stands for user %d %s of company %d, admin %d", c.who, got.ID, got.Email, got.CompanyID, got.IsAdmin)
		}
	}
	if status, _, _ := h.Do(http.MethodGet, "/v1/users/me", "", nil); status != http.StatusUnauthorized {
		t.Errorf("without a token: %d, want 401", status)
	}
}

func TestSecondCompanyHasTheSameIDs(t *testing.T) {
	t.Parallel()
	h := hosttest.New(t)
	other := h.Second()
	if other != h.Second() {
		t.Error("a second call made a third company")
	}
	if other.Admin.ID != h.Admin.ID || other.Agent.ID != h.Agent.ID || other.Company.ID == h.Company.ID {
		t.Errorf("users %d and %d of company %d, want those of company %d in another", other.Admin.ID, other.Agent.ID, other.Company.ID, h.Company.ID)
	}
	if got := me(t, h, other.App.AccessToken); got.CompanyID != other.Company.ID {
		t.Errorf("its app is in company %d, want %d", got.CompanyID, other.Company.ID)
	}
}

func TestInstallForAnAgent(t *testing.T) {
	t.Parallel()
	h := hosttest.New(t)
	app := h.Install(h.Second().Agent, "contacts:read")
	if got := me(t, h, app.AccessToken); got.Email != h.Second().Agent.Email {
		t.Errorf("installed for %s, want %s", got.Email, h.Second().Agent.Email)
	}
	if len(app.Scopes) != 2 || app.Scopes[0] != "base" || app.Scopes[1] != "contacts:read" {
		t.Errorf("scopes %v, want base and contacts:read", app.Scopes)
	}
}

// Hosts of parallel tests know nothing of each other.
func TestHostsAreAlone(t *testing.T) {
	t.Parallel()
	one, two := hosttest.New(t), hosttest.New(t)
	if status, _, _ := one.Do(http.MethodGet, "/v1/users/me", two.App.AccessToken, nil); status != http.StatusUnauthorized {
		t.Errorf("a token of another host: %d, want 401", status)
	}
}
