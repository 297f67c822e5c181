package kitchensink_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dockwright/dockwright/appkit"
	"github.com/dockwright/dockwright/examples/kitchensink"
	"github.com/dockwright/dockwright/pipedrive/surfaceapi"
)

var credentials = appkit.Credentials{ClientID: "5f0c1e7a9b3d2468", Secret: "0c1e7a9b3d24685f"}

// rig is the app beside a host that answers what an app asks of one.
type rig struct {
	t    *testing.T
	host *fakeHost
	app  *kitchensink.App
	url  string
}

// newRig starts both. change, if not nil, changes the app's settings.
func newRig(t *testing.T, change func(*kitchensink.Config)) *rig {
	t.Helper()
	r := &rig{t: t, host: &fakeHost{}}
	host := httptest.NewServer(r.host)
	t.Cleanup(host.Close)
	r.host.url = host.URL
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) { r.app.Handler().ServeHTTP(w, req) }))
	t.Cleanup(front.Close)
	r.url = front.URL
	cfg := kitchensink.Config{HostURL: host.URL, BaseURL: front.URL, Credentials: credentials, HTTP: host.Client()}
	if change != nil {
		change(&cfg)
	}
	var err error
	if r.app, err = kitchensink.New(cfg); err != nil {
		t.Fatal(err)
	}
	return r
}

// fakeHost has an OAuth server and a REST API with one deal.
type fakeHost struct {
	url string

	mu    sync.Mutex
	asked []string
}

func (h *fakeHost) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	h.asked = append(h.asked, r.Method+" "+r.URL.Path)
	h.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	switch {
	case r.URL.Path == "/oauth/token":
		if !appkit.VerifyBasic(r, credentials) || r.FormValue("code") != "the-code" {
			http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
			return
		}
		fmt.Fprintf(w, `{"access_token":"access","refresh_token":"refresh","token_type":"Bearer","expires_in":3600,"scope":"base","api_domain":%q}`, h.url)
	case r.Header.Get("Authorization") != "Bearer access":
		http.Error(w, `{"success":false}`, http.StatusUnauthorized)
	case r.URL.Path == "/v1/users/me":
		_, _ = io.WriteString(w, `{"success":true,"data":{"id":7,"company_id":40,"name":"Mari Tamm"}}`)
	case r.URL.Path == "/v1/deals/73":
		_, _ = io.WriteString(w, `{"success":true,"data":{"id":73,"title":"A new sink","status":"open","secret_notes":"no"}}`)
	default:
		http.NotFound(w, r)
	}
}

// token is what a host signs.
func token(secret string, claims surfaceapi.Claims) string {
	part := func(v any) string {
		raw, _ := json.Marshal(v) // both always marshal
		return base64.RawURLEncoding.EncodeToString(raw)
	}
	signed := part(map[string]string{"alg": "HS256", "typ": "JWT"}) + "." + part(claims)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// address is the address of a surface as a host makes it.
func (r *rig) address(path string, change func(*surfaceapi.Params)) string {
	r.t.Helper()
	now := time.Now()
	p := surfaceapi.Params{
		UserID: 7, CompanyID: 40, ID: "rt_1", Theme: surfaceapi.Light,
		Token: token(credentials.Secret, surfaceapi.Claims{UserID: 7, CompanyID: 40, IssuedAt: now.Unix(), Expires: now.Add(surfaceapi.TokenLife).Unix()}),
	}
	if change != nil {
		change(&p)
	}
	address, err := p.Address(r.url + path)
	if err != nil {
		r.t.Fatal(err)
	}
	return address
}

// do calls the app and returns the answer with its body.
func (r *rig) do(req *http.Request) (*http.Response, string) {
	r.t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp, string(body)
}

func (r *rig) get(address string) (*http.Response, string) {
	r.t.Helper()
	return r.do(r.request(http.MethodGet, address, ""))
}

func (r *rig) request(method, address, body string) *http.Request {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	return req
}

// install goes through the install flow as a browser does.
func (r *rig) install() {
	r.t.Helper()
	began, _ := r.get(r.url + "/install")
	to, err := began.Location()
	if err != nil || !strings.HasPrefix(to.String(), r.host.url+"/oauth/authorize?") {
		r.t.Fatalf("the install flow begins at %v, %v", to, err)
	}
	back := r.request(http.MethodGet, r.url+"/oauth/callback?code=the-code&state="+to.Query().Get("state"), "")
	for _, c := range began.Cookies() {
		back.AddCookie(c)
	}
	done, body := r.do(back)
	if want := r.host.url + "/settings/marketplace/app/" + credentials.ClientID + "/app-settings"; done.Header.Get("Location") != want {
		r.t.Fatalf("the install flow ends with %s at %q, want %s\n%s", done.Status, done.Header.Get("Location"), want, body)
	}
}
