package appkit_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/dockwright/dockwright/appkit"
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
