package appkit_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/dockwright/dockwright/appkit"
	"github.com/dockwright/dockwright/pipedrive/surfaceapi"
)

// An app sends the browser to the host's consent screen and checks, when it
// comes back, that it is the same browser.
func ExampleStates() {
	oauth := &appkit.OAuth{
		Credentials: appkit.Credentials{ClientID: "5f0c1e7a9b3d2468", Secret: os.Getenv("CLIENT_SECRET")},
		HostURL:     "https://crm.example.com", RedirectURL: "https://app.example.com/callback",
	}
	states := &appkit.States{Cookie: "myapp_state", Path: "/callback", Key: []byte("a key that all nodes share")}

	begin := func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, oauth.AuthorizeURL(states.Begin(w)), http.StatusFound)
	}
	callback := func(w http.ResponseWriter, r *http.Request) {
		if err := states.Check(w, r); err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		// oauth.Exchange(r.Context(), r.URL.Query().Get("code")) gives the token.
		fmt.Fprintln(w, "connected")
	}

	w := httptest.NewRecorder()
	begin(w, httptest.NewRequest(http.MethodGet, "/install", nil))
	fmt.Println(w.Code, len(w.Result().Cookies()), "cookie")

	stranger := httptest.NewRecorder()
	callback(stranger, httptest.NewRequest(http.MethodGet, "/callback?code=1&state=2", nil))
	fmt.Println(stranger.Code)
	// Output:
	// 302 1 cookie
	// 403
}

// Every provider endpoint checks that it is the host who calls.
func ExampleRequireBasic() {
	credentials := func(*http.Request) (appkit.Credentials, error) {
		return appkit.Credentials{ClientID: "id", Secret: "secret"}, nil
	}
	refuse := func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"success":false,"data":{"message":"wrong credentials","code":"UNAUTHORIZED"}}`)
	}
	h := appkit.RequireBasic(credentials, refuse, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"success":true}`)
	}))

	for _, secret := range []string{"secret", "guess"} {
		r := httptest.NewRequest(http.MethodGet, "/provider/shop/conversations", nil)
		r.SetBasicAuth("id", secret)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 200 {"success":true}
	// 401 {"success":false,"data":{"message":"wrong credentials","code":"UNAUTHORIZED"}}
}

// The manifest goes into the Developer Hub as a file.
func ExampleMessagingManifest() {
	m := appkit.MessagingManifest("https://chat.example.com/provider")
	fmt.Println(m.Version)
	fmt.Println(m.Endpoints.PostMessage)
	// Output:
	// v202101
	// https://chat.example.com/provider/:providerChannelId/messages
}

// An app's page is loaded in an iframe. Its server learns from the signed token
// who looks, and refuses whoever made the address up.
func ExampleSurface() {
	panel := appkit.Surface{
		Check:     appkit.TokenCheck{Secret: "the JWT secret of the panel", Now: func() time.Time { return time.Unix(1767225700, 0) }},
		Ancestors: []string{"https://*.crm.example.com"},
	}
	page := panel.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, _ := appkit.ViewerOf(r.Context())
		fmt.Fprintf(w, "user %d of company %d looks at %s %v", v.User, v.Company, v.Params.Resource, v.Params.SelectedIDs)
	}))

	// What the host puts into the iframe's address.
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"userId": 1187, "companyId": 402, "iat": 1767225600, "exp": 1767225900,
	}).SignedString([]byte("the JWT secret of the panel"))
	if err != nil {
		fmt.Println(err)
		return
	}
	address, err := surfaceapi.Params{
		UserID: 1187, CompanyID: 402, Token: token, ID: "rt_7f31c0", Theme: surfaceapi.Light,
		Resource: "deal", View: "details", SelectedIDs: []int64{73},
	}.Address("https://app.example.com/panel")
	if err != nil {
		fmt.Println(err)
		return
	}

	for _, address := range []string{address, "https://app.example.com/panel?userId=1&companyId=402"} {
		w := httptest.NewRecorder()
		page.ServeHTTP(w, httptest.NewRequest(http.MethodGet, address, nil))
		fmt.Println(w.Code, strings.TrimSpace(w.Body.String()))
	}
	// Output:
	// 200 user 1187 of company 402 looks at deal [73]
	// 401 signed token: missing: expected a token, got none; hosts send it as the query parameter token
}

// A refused token says why, in words and in a reason that a program can tell
// apart.
func ExampleVerifyToken() {
	_, err := appkit.VerifyToken("eyJhbGciOiJub25lIn0.e30.", appkit.TokenCheck{Secret: "secret"})
	fmt.Println(err)
	refused, ok := errors.AsType[*appkit.TokenError](err)
	fmt.Println(ok, refused.Reason == appkit.TokenWrongAlgorithm)
	// Output:
	// signed token: wrong algorithm: expected alg HS256, got "none"
	// true true
}

// The whole install flow is two handlers, and a store for the tokens.
func ExampleInstaller() {
	credentials := appkit.Credentials{ClientID: "5f0c1e7a9b3d2468", Secret: "client secret"}
	installer := &appkit.Installer{
		OAuth: &appkit.OAuth{
			Credentials: credentials, HostURL: "https://crm.example.com", RedirectURL: "https://app.example.com/oauth/callback",
		},
		States: &appkit.States{Cookie: "myapp_state", Path: "/oauth/callback", Key: []byte(credentials.Secret), Secure: true},
		Store:  &appkit.Memory{}, // in production one that lasts: package sqlvault
		After:  func(i appkit.Installation) string { return appkit.SettingsURL(i.Token, credentials.ClientID) },
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /install", installer.Begin)
	mux.HandleFunc("/oauth/callback", installer.Callback)

	// Afterwards the app calls the API with the tokens of whoever installed it.
	rest := &appkit.REST{Tokens: &appkit.Tokens{Vault: installer.Store, Source: installer.OAuth}}
	err := rest.Do(context.Background(), appkit.Account{Company: 402, User: 1187}, http.MethodGet, "/deals/73", nil, nil)
	fmt.Println(errors.Is(err, appkit.ErrNotInstalled))

	// An uninstall needs the app's credentials.
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest(http.MethodDelete, "/oauth/callback", strings.NewReader(`{"company_id":402,"user_id":1187}`)))
	fmt.Println(w.Code)
	// Output:
	// true
	// 401
}

// A page in an iframe loads the script and shakes hands with the CRM.
func ExampleSurfaceScript() {
	mux := http.NewServeMux()
	mux.Handle("GET /surface.js", appkit.SurfaceScript())
	mux.HandleFunc("GET /panel", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `<!DOCTYPE html>
<script src="surface.js"></script>
<script type="module">
  const sdk = new AppExtensionsSDK();
  await sdk.initialize({ size: { height: 300 } });
  sdk.listen(AppExtensionsSDK.Event.VISIBILITY, ({ data }) => console.log(data.is_visible));
</script>`)
	})

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/surface.js", nil))
	fmt.Println(w.Code, w.Header().Get("Content-Type"))
	// Output: 200 text/javascript; charset=utf-8
}
