package web

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/internal/host/account"
)

const invitePassword = "correct horse battery"

// founded is a host with one company, whose admin Ann is signed in.
func founded(t *testing.T) *gatePages {
	t.Helper()
	g := newGatePages(t, false)
	token, err := g.account.SetupToken(t.Context())
	g.ok(err)
	a := g.post("/setup", "token", token, "company", "Blue Harbour", "name", "Ann", "email", "ann@example.com", "password", invitePassword)
	if a.status != 303 {
		t.Fatalf("set-up got %d: %s", a.status, a.body)
	}
	return g
}

// inviting makes an invite and returns its link, which the page shows once.
func (g *gatePages) inviting(email, role string) string {
	g.t.Helper()
	if a := g.post("/settings/users", "email", email, "role", role); a.status != 303 {
		g.t.Fatalf("inviting got %d: %s", a.status, a.body)
	}
	page := g.get("/settings/users")
	g.shows(page, 200, "No mail is sent", strings.ToLower(strings.TrimSpace(email)))
	link := regexp.MustCompile(`value="` + g.base + `(/join\?token=[0-9a-f]{40})"`).FindStringSubmatch(page.body)
	if link == nil {
		g.t.Fatalf("no link in %s", page.body)
	}
	g.lacks(g.get("/settings/users"), link[1])
	return link[1]
}

func tokenOf(link string) string { return link[strings.Index(link, "=")+1:] }

// An invited email without a login chooses a password; nobody else knows it.
// spec: account.invite
// spec: account.own-password
func TestInviteANewLogin(t *testing.T) {
	t.Parallel()
	g := founded(t)
	g.shows(g.post("/settings/users", "email", "ben", "role", "agent"), 400, "ann@example.com")
	g.shows(g.post("/settings/users", "email", "ann@example.com"), 409, "a user of this company already")
	old := g.inviting("ben@example.com", "admin")
	link := g.inviting("Ben@Example.com ", "agent") // replaces the first
	ann := g.browser
	g.newBrowser()
	g.shows(g.get(old), 404, "Ask for a new one")
	g.shows(g.get(link), 200, "Join Blue Harbour", "an agent", "ben@example.com", "Choose a password")
	join := func(pairs ...string) answer { return g.post("/join", append(pairs, "token", tokenOf(link))...) }
	g.shows(join("name", "Ben"), 400, "at least 10 characters, got none")
	g.shows(join("name", "Ben", "password", "short"), 400, "at least 10", `value="Ben"`)
	g.shows(join("password", invitePassword), 400, "Expected 1 to")
	if a := join("name", "Ben", "password", "a password of my own"); a.status != 303 || a.location != "/" {
		t.Fatalf("joining got %d: %s", a.status, a.body)
	}
	g.shows(g.get("/settings/users"), 200, "Ben", "(you)")
	g.shows(g.post("/settings/users", "email", "cleo@example.com"), 403, "admin") // an agent
	g.newBrowser()
	g.shows(join("name", "Eve", "password", invitePassword), 404, "not valid")
	if a := g.post("/login", "email", "ben@example.com", "password", "a password of my own"); a.status != 303 {
		t.Errorf("signing in got %d", a.status)
	}
	// A withdrawn invite is worth nothing.
	g.browser = ann
	link = g.inviting("dora@example.com", "agent")
	g.shows(g.get("/settings/users"), 200, "dora@example.com", "/settings/users/invites/3/withdraw")
	if a := g.post("/settings/users/invites/3/withdraw"); a.status != 303 {
		t.Errorf("withdrawing got %d", a.status)
	}
	g.shows(g.post("/settings/users/invites/3/withdraw"), 404, "gone already")
	g.shows(g.get(link), 404, "not valid")
}

// A login that exists joins by its password, which stays as it is, and switches
// between its companies from then on.
// spec: account.invite
// spec: account.own-password
// spec: account.switch-company
func TestInviteAKnownLogin(t *testing.T) {
	t.Parallel()
	g := founded(t)
	other, err := g.account.CreateCompany(t.Context(), account.NewCompany{Name: "Second"})
	g.ok(err)
	const own = "a password of my own"
	_, err = g.account.CreateUser(t.Context(), other.ID, account.NewUser{Name: "Ben", Email: "ben@example.com", Password: own, Admin: true})
	g.ok(err)
	g.lacks(g.get("/settings/users"), "Switch company")
	link := g.inviting("ben@example.com", "agent")
	g.newBrowser()
	g.shows(g.get(link), 200, "stays as it is")
	g.shows(g.post("/join", "token", tokenOf(link), "name", "Ben", "password", invitePassword), 401, "password is wrong")
	if a := g.post("/login", "email", "ben@example.com", "password", own); a.status != 303 {
		t.Fatalf("signing in got %d", a.status)
	}
	g.shows(g.get(link), 200, "no password is asked")
	if a := g.post("/join", "token", tokenOf(link), "name", "Benjamin"); a.status != 303 {
		t.Fatalf("joining got %d: %s", a.status, a.body)
	}
	g.shows(g.get("/settings/users"), 200, "The people of Blue Harbour", "Benjamin", "Switch company", "Second")
	if a := g.post("/switch-company", "company", "2"); a.status != 303 || a.location != "/" {
		t.Fatalf("switching got %d to %q", a.status, a.location)
	}
	g.shows(g.get("/settings/users"), 200, "The people of Second", "Switch company", "Blue Harbour")
	g.shows(g.post("/switch-company", "company", "7"), 404, "not a user of this company")
	g.shows(g.post("/switch-company", "company", "x"), 400, "company")
	// Ann works in one company only, and cannot get into the other.
	g.newBrowser()
	g.post("/login", "email", "ann@example.com", "password", invitePassword)
	g.shows(g.post("/switch-company", "company", "2"), 404, "not a user of this company")
}

// spec: account.users
func TestRolesAndActivity(t *testing.T) {
	t.Parallel()
	g := founded(t)
	_, err := g.account.CreateUser(t.Context(), 1, account.NewUser{Name: "Ben", Email: "ben@example.com", Password: invitePassword})
	g.ok(err)
	ann := g.browser
	g.newBrowser()
	g.post("/login", "email", "ben@example.com", "password", invitePassword)
	ben := g.browser
	as := func(who string, status int, path string, pairs ...string) {
		t.Helper()
		g.browser = map[string]*http.Client{"ann": ann, "ben": ben}[who]
		if a := g.post(path, pairs...); a.status != status {
			t.Errorf("%s, %s: %d, want %d", who, path, a.status, status)
		}
	}
	as("ben", 403, "/settings/users/1/deactivate")
	as("ann", 400, "/settings/users/1/role", "role", "agent") // the only admin
	as("ann", 400, "/settings/users/2/role", "role", "owner")
	as("ann", 303, "/settings/users/2/role", "role", "admin")
	as("ben", 303, "/settings/users/1/role", "role", "agent")
	as("ann", 403, "/settings/users/2/deactivate")
	as("ben", 303, "/settings/users/1/deactivate")
	if g.browser = ann; g.get("/settings/users").status != 303 {
		t.Error("a deactivated user is still signed in")
	}
	g.browser = ben
	g.shows(g.get("/settings/users"), 200, "not active", "Activate again")
	g.shows(g.post("/settings/users", "email", "ann@example.com", "role", "agent"), 409, "activate Ann again instead")
	as("ben", 303, "/settings/users/1/reactivate")
	g.browser = ann
	if a := g.post("/login", "email", "ann@example.com", "password", invitePassword); a.status != 303 {
		t.Errorf("signing in again got %d", a.status)
	}
	as("ann", 303, "/settings/api") // whoever may open pages
	as("ben", 404, "/settings/users/9/deactivate")
}

// An operator's link makes one further company. A login that exists is proved by
// its password.
// spec: account.further-companies
// spec: account.own-password
func TestFurtherCompany(t *testing.T) {
	t.Parallel()
	g := founded(t)
	token, err := g.account.FurtherSetup(t.Context())
	g.ok(err)
	g.newBrowser()
	g.shows(g.get("/setup?token="+token), 200, "Create company")
	set := func(email, password string) answer {
		return g.post("/setup", "token", token, "company", "Second", "name", "Ann", "email", email, "password", password)
	}
	g.shows(set("ann@example.com", "some other password"), 400, "Give its password")
	if a := set("ann@example.com", invitePassword); a.status != 303 {
		t.Fatalf("set-up got %d: %s", a.status, a.body)
	}
	g.shows(g.get("/settings/users"), 200, "The people of Second", "Switch company", "Blue Harbour")
	g.shows(set("eve@example.com", invitePassword), 403, "not valid")
}
