package kitchensink_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dockwright/dockwright/appkit"
	"github.com/dockwright/dockwright/examples/kitchensink"
	"github.com/dockwright/dockwright/pipedrive/surfaceapi"
)

var paths = []string{"/panel", "/modal", "/floating", "/settings"}

// Each page has a button for each command of the SDK, listens to each event, and
// may be framed by the host and nobody else.
// spec: examples.kitchensink
func TestEverySurfaceHasEveryCommand(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for _, path := range paths {
		resp, body := r.get(r.address(path, nil))
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s\n%s", path, resp.Status, body)
		}
		for _, c := range surfaceapi.Commands() {
			if n := strings.Count(body, fmt.Sprintf(`data-command="%s"`, c)); n != 1 {
				t.Errorf("%s has %d forms for %s", path, n, c)
			}
		}
		for _, e := range surfaceapi.Events() {
			if n := strings.Count(body, fmt.Sprintf(`data-event="%s"`, e)); n != 1 {
				t.Errorf("%s has %d forms for %s", path, n, e)
			}
		}
		for _, m := range []surfaceapi.Modal{surfaceapi.DealModal, surfaceapi.OrganizationModal, surfaceapi.PersonModal, surfaceapi.ActivityModal, surfaceapi.JSONModal, surfaceapi.CustomModal} {
			if !strings.Contains(body, fmt.Sprintf(`&#34;type&#34;: &#34;%s&#34;`, m)) {
				t.Errorf("%s opens no modal of the type %s", path, m)
			}
		}
		for _, v := range surfaceapi.Views() {
			if !strings.Contains(body, fmt.Sprintf(`&#34;view&#34;: &#34;%s&#34;`, v)) {
				t.Errorf("%s redirects not to %s", path, v)
			}
		}
		policies := strings.Join(resp.Header.Values("Content-Security-Policy"), "; ")
		if !strings.Contains(policies, "frame-ancestors "+r.host.url) || !strings.Contains(policies, "script-src 'self'") {
			t.Errorf("%s: Content-Security-Policy: %s", path, policies)
		}
	}
}

// What the address and the token say stands on the page.
func TestFactsAreShown(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	_, body := r.get(r.address("/modal", func(p *surfaceapi.Params) {
		p.Theme, p.Resource, p.View, p.SelectedIDs = surfaceapi.Dark, "deal", "list", []int64{73, 74}
		p.Data, p.Context = []byte(`{"from":"a <button>"}`), []byte(`{"tab":"taps"}`)
	}))
	for _, want := range []string{
		`data-theme="dark"`, `data-fact="userId" class="verified">7<`, `data-fact="companyId" class="verified">40<`, `data-fact="token" class="verified">genuine, for `,
		`data-fact="resource">deal<`, `data-fact="view">list<`, `data-fact="selectedIds">73, 74<`, `data-fact="data">{&#34;from&#34;:&#34;a &lt;button&gt;&#34;}<`, `data-fact="context">{&#34;tab&#34;:&#34;taps&#34;}<`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not show %s", want)
		}
	}
}

// Nobody sees a page without a genuine token, and the page says why.
func TestRefusedTokens(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	now := time.Now()
	good := surfaceapi.Claims{UserID: 7, CompanyID: 40, IssuedAt: now.Unix(), Expires: now.Add(time.Minute).Unix()}
	old := surfaceapi.Claims{UserID: 7, CompanyID: 40, IssuedAt: now.Add(-time.Hour).Unix(), Expires: now.Add(-55 * time.Minute).Unix()}
	stranger := good
	stranger.CompanyID = 41
	for name, c := range map[string]struct {
		token, want string
	}{
		"none":          {"", "signed token: missing"},
		"not a token":   {"abc", "signed token: malformed"},
		"other secret":  {token("guessed", good), "signed token: wrong secret"},
		"too old":       {token(credentials.Secret, old), "signed token: expired"},
		"other company": {token(credentials.Secret, stranger), "signed token: other company"},
	} {
		resp, body := r.get(r.address("/panel", func(p *surfaceapi.Params) { p.Token = c.token }))
		if resp.StatusCode != http.StatusUnauthorized || !strings.Contains(body, c.want) {
			t.Errorf("%s: %s\n%s", name, resp.Status, body)
		}
	}
	if resp, body := r.get(r.url + "/panel?selectedIds=first"); resp.StatusCode != http.StatusBadRequest || !strings.Contains(body, "selectedIds: expected whole numbers") {
		t.Errorf("wrong parameter: %s\n%s", resp.Status, body)
	}
}

// Extensions with a secret of their own sign with that one.
func TestJWTSecretOfTheExtension(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *kitchensink.Config) { c.JWTSecret = "the extension's own" })
	claims := surfaceapi.Claims{UserID: 7, CompanyID: 40, Expires: time.Now().Add(time.Minute).Unix()}
	for secret, want := range map[string]int{"the extension's own": http.StatusOK, credentials.Secret: http.StatusUnauthorized} {
		if resp, _ := r.get(r.address("/floating", func(p *surfaceapi.Params) { p.Token = token(secret, claims) })); resp.StatusCode != want {
			t.Errorf("signed with %q: %s", secret, resp.Status)
		}
	}
}

// The app installs, reads the record at which it is shown with the token of the
// viewer's installation, and forgets the account when the host says so.
func TestInstallReadUninstall(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	record := r.address("/record", func(p *surfaceapi.Params) { p.Resource, p.View, p.SelectedIDs = "deal", "details", []int64{73} })
	if resp, body := r.get(record); resp.StatusCode != http.StatusBadGateway || !strings.Contains(body, "not installed") {
		t.Errorf("before: %s %s", resp.Status, body)
	}
	r.install()
	if _, body := r.get(r.url + "/status.json"); body != `{"credentials":true,"installations":1}`+"\n" {
		t.Errorf("status: %s", body)
	}
	if _, body := r.get(record); body != `{"id":73,"status":"open","title":"A new sink"}`+"\n" {
		t.Errorf("record: %s", body)
	}
	if resp, _ := r.get(r.address("/record", nil)); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("without a record: %s", resp.Status)
	}
	if resp, _ := r.get(strings.Replace(record, "companyId=40", "companyId=41", 1)); resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("another company's record: %s", resp.Status)
	}

	gone := r.request(http.MethodDelete, r.url+"/oauth/callback", `{"client_id":"5f0c1e7a9b3d2468","company_id":40,"user_id":7,"timestamp":"2026-11-21T10:00:00Z"}`)
	if resp, _ := r.do(gone); resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("uninstalled by a stranger: %s", resp.Status)
	}
	gone = r.request(http.MethodDelete, r.url+"/oauth/callback", `{"client_id":"5f0c1e7a9b3d2468","company_id":40,"user_id":7,"timestamp":"2026-11-21T10:00:00Z"}`)
	gone.SetBasicAuth(credentials.ClientID, credentials.Secret)
	if resp, body := r.do(gone); resp.StatusCode != http.StatusOK {
		t.Errorf("uninstall: %s %s", resp.Status, body)
	}
	if _, body := r.get(r.url + "/status.json"); body != `{"credentials":true,"installations":0}`+"\n" {
		t.Errorf("status afterwards: %s", body)
	}
}

// A callback that this browser did not ask for installs nothing.
func TestForeignCallbacks(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for query, want := range map[string]int{
		"?code=the-code":                http.StatusFound, // the host began by itself: once more, from here
		"?code=the-code&state=1.forged": http.StatusForbidden,
		"?error=user_denied&state=1.x":  http.StatusForbidden,
	} {
		if resp, body := r.get(r.url + "/oauth/callback" + query); resp.StatusCode != want {
			t.Errorf("%s: %s\n%s", query, resp.Status, body)
		}
	}
	if _, body := r.get(r.url + "/status.json"); !strings.Contains(body, `"installations":0`) {
		t.Errorf("status: %s", body)
	}
}

// Without credentials the app says what to do; with them it works at once.
func TestCredentialsMayComeLater(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *kitchensink.Config) { c.Credentials = appkit.Credentials{} })
	if resp, body := r.get(r.url + "/install"); resp.StatusCode != http.StatusConflict || !strings.Contains(body, "Developer Hub") {
		t.Errorf("before: %s\n%s", resp.Status, body)
	}
	if resp, body := r.get(r.url + "/"); resp.StatusCode != http.StatusOK || !strings.Contains(body, "no client id and secret yet") || !strings.Contains(body, r.url+"/floating") {
		t.Errorf("its own page: %s\n%s", resp.Status, body)
	}
	r.app.Use(credentials)
	r.install()
}

// Another script can take the kit's place, and a further one be added.
func TestScriptsOfTests(t *testing.T) {
	t.Parallel()
	plain, other := newRig(t, nil), newRig(t, func(c *kitchensink.Config) { c.SDK, c.Script = []byte("// another SDK"), []byte("// a driver") })
	if _, body := plain.get(plain.url + "/sdk.js"); body != string(appkit.SurfaceScriptFile()) {
		t.Errorf("the kit's script begins with %.40q", body)
	}
	if _, body := other.get(other.url + "/sdk.js"); body != "// another SDK" {
		t.Errorf("the other SDK is %q", body)
	}
	if _, body := other.get(other.url + "/script.js"); body != "// a driver" {
		t.Errorf("the script is %q", body)
	}
	_, without := plain.get(plain.address("/panel", nil))
	_, with := other.get(other.address("/panel", nil))
	if strings.Contains(without, "script.js") || !strings.Contains(with, `src="/script.js"`) {
		t.Error("the script is loaded where it should not be, or not where it should")
	}
}

// Settings that cannot work are refused by name.
func TestRefusedSettings(t *testing.T) {
	t.Parallel()
	good := kitchensink.Config{HostURL: "https://crm.example.com", BaseURL: "https://sink.example.com"}
	for want, change := range map[string]func(*kitchensink.Config){
		"host: expected an origin":     func(c *kitchensink.Config) { c.HostURL = "crm.example.com" },
		"base-url: expected an origin": func(c *kitchensink.Config) { c.BaseURL = "https://sink.example.com/app" },
		"client-secret: expected":      func(c *kitchensink.Config) { c.Credentials.ClientID = "5f0c" },
	} {
		cfg := good
		change(&cfg)
		if _, err := kitchensink.New(cfg); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s…", err, want)
		}
	}
}

// ofCompany has one account, whose company has an origin of its own.
type ofCompany struct{ appkit.Memory }

func (*ofCompany) Count(context.Context) (int, error) { return 1, nil }

// Where companies have origins of their own, theirs may frame the pages too.
func TestCompanyMayFrame(t *testing.T) {
	t.Parallel()
	accounts := &ofCompany{}
	if err := accounts.Install(t.Context(), appkit.Account{Company: 40, User: 7}, appkit.Token{APIDomain: "https://acme.example.com"}); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, func(c *kitchensink.Config) { c.Accounts = accounts })
	for address, want := range map[string]string{
		r.address("/panel", nil):     "frame-ancestors " + r.host.url + " https://acme.example.com",
		r.address("/elsewhere", nil): "frame-ancestors " + r.host.url + " https://acme.example.com",
		r.address("/panel", func(p *surfaceapi.Params) { p.CompanyID = 41 }): "frame-ancestors " + r.host.url,
		r.url + "/": "frame-ancestors 'none'",
	} {
		resp, _ := r.get(address)
		if got := resp.Header.Values("Content-Security-Policy"); !slices.Contains(got, want) {
			t.Errorf("%s: %q, want %s", address, got, want)
		}
	}
}
