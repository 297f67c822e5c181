package appkit_test

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/dockwright/dockwright/appkit"
	"github.com/dockwright/dockwright/pipedrive/surfaceapi"
)

const jwtSecret = "the secret of the extension"

var signedAt = time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)

// sign makes a token as a host does.
func sign(t testing.TB, method jwt.SigningMethod, key any, claims jwt.MapClaims) string {
	t.Helper()
	s, err := jwt.NewWithClaims(method, claims).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func hostClaims() jwt.MapClaims {
	return jwt.MapClaims{"userId": 7, "companyId": 40, "iat": signedAt.Unix(), "exp": signedAt.Add(surfaceapi.TokenLife).Unix()}
}

// with is the host's claims with some of them changed; nil takes one away.
func with(changes jwt.MapClaims) jwt.MapClaims {
	c := hostClaims()
	for k, v := range changes {
		if c[k] = v; v == nil {
			delete(c, k)
		}
	}
	return c
}

func checkAt(at time.Time) appkit.TokenCheck {
	return appkit.TokenCheck{Secret: jwtSecret, Company: 40, Now: func() time.Time { return at }}
}

// spec: appkit.token, appkit.token.numbers
func TestVerifyToken(t *testing.T) {
	t.Parallel()
	c, err := appkit.VerifyToken(sign(t, jwt.SigningMethodHS256, []byte(jwtSecret), hostClaims()), checkAt(signedAt))
	want := surfaceapi.Claims{UserID: 7, CompanyID: 40, IssuedAt: signedAt.Unix(), Expires: signedAt.Add(5 * time.Minute).Unix()}
	if err != nil || c != want {
		t.Errorf("%+v %v", c, err)
	}
	hs := func(claims jwt.MapClaims) string {
		return sign(t, jwt.SigningMethodHS256, []byte(jwtSecret), claims)
	}
	good := hs(hostClaims())
	part := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	for name, bad := range map[string]struct {
		token  string
		reason appkit.TokenReason
		says   string
	}{
		"none at all":           {"", appkit.TokenMissing, "query parameter token"},
		"no JWT":                {"hello", appkit.TokenMalformed, "segments"},
		"no base64":             {"a.b!.c", appkit.TokenMalformed, "JWT"},
		"too long":              {strings.Repeat("a", 9000), appkit.TokenMalformed, "8192"},
		"alg none":              {sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, hostClaims()), appkit.TokenWrongAlgorithm, `"none"`},
		"alg HS512":             {sign(t, jwt.SigningMethodHS512, []byte(jwtSecret), hostClaims()), appkit.TokenWrongAlgorithm, `"HS512"`},
		"alg unheard of":        {part(`{"alg":"ROT13"}`) + "." + part(`{}`) + ".", appkit.TokenWrongAlgorithm, `"ROT13"`},
		"no alg":                {part(`{}`) + "." + part(`{}`) + ".", appkit.TokenWrongAlgorithm, "HS256"},
		"another secret":        {sign(t, jwt.SigningMethodHS256, []byte("client secret"), hostClaims()), appkit.TokenWrongSecret, "client secret"},
		"claims exchanged":      {strings.Join([]string{strings.Split(good, ".")[0], part(`{"userId":1,"companyId":40,"exp":9999999999}`), strings.Split(good, ".")[2]}, "."), appkit.TokenWrongSecret, "not made with this secret"},
		"signature cut":         {good[:len(good)-4], appkit.TokenWrongSecret, "not made with this secret"},
		"expired":               {hs(with(jwt.MapClaims{"exp": signedAt.Add(-2 * time.Minute).Unix()})), appkit.TokenExpired, "2026-03-04T08:58:00Z"},
		"no expiry":             {hs(with(jwt.MapClaims{"exp": nil})), appkit.TokenMalformed, "exp"},
		"expiry in words":       {hs(with(jwt.MapClaims{"exp": "tomorrow"})), appkit.TokenMalformed, "JWT"},
		"not yet":               {hs(with(jwt.MapClaims{"nbf": signedAt.Add(2 * time.Minute).Unix()})), appkit.TokenNotYetValid, "compare the clocks"},
		"another company":       {hs(with(jwt.MapClaims{"companyId": 41})), appkit.TokenOtherCompany, "expected company 40, got 41"},
		"no user":               {hs(with(jwt.MapClaims{"userId": nil})), appkit.TokenMalformed, "userId"},
		"user as text":          {hs(with(jwt.MapClaims{"userId": "7"})), appkit.TokenMalformed, `numbers above 0, got "7"`},
		"half a user":           {hs(with(jwt.MapClaims{"userId": 7.5})), appkit.TokenMalformed, "numbers above 0, got 7.5"},
		"company null":          {hs(with(jwt.MapClaims{"companyId": (*int)(nil)})), appkit.TokenMalformed, "numbers above 0, got null"},
		"claims are not a list": {part(`{"alg":"HS256"}`) + "." + part(`[]`) + ".x", appkit.TokenMalformed, "JWT"},
	} {
		c, err := appkit.VerifyToken(bad.token, checkAt(signedAt))
		refused, ok := errors.AsType[*appkit.TokenError](err)
		if !ok || refused.Reason != bad.reason || !strings.Contains(err.Error(), bad.says) || c != (surfaceapi.Claims{}) {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
		if strings.Contains(err.Error(), jwtSecret) {
			t.Errorf("%s: the refusal tells the secret: %v", name, err)
		}
	}
	if _, err := appkit.VerifyToken(good, appkit.TokenCheck{}); !errors.Is(err, appkit.ErrNoSecret) {
		t.Errorf("without a secret: %v", err)
	}
	if _, err := appkit.VerifyToken(sign(t, jwt.SigningMethodHS256, []byte{}, hostClaims()), appkit.TokenCheck{}); !errors.Is(err, appkit.ErrNoSecret) {
		t.Errorf("signed with no secret, checked with none: %v", err)
	}
}

// spec: appkit.token
func TestTokensMayBeOffByTheSkew(t *testing.T) {
	t.Parallel()
	token := sign(t, jwt.SigningMethodHS256, []byte(jwtSecret), hostClaims())
	end := signedAt.Add(surfaceapi.TokenLife)
	for _, try := range []struct {
		name string
		at   time.Time
		skew time.Duration
		ok   bool
	}{
		{"a minute late", end.Add(59 * time.Second), 0, true},
		{"more than a minute late", end.Add(61 * time.Second), 0, false},
		{"ten minutes where that was allowed", end.Add(9 * time.Minute), 10 * time.Minute, true},
		{"a second late where none was allowed", end.Add(time.Second), -1, false},
		{"in time where none was allowed", end.Add(-time.Second), -1, true},
		{"the app's clock is behind", signedAt.Add(-time.Hour), 0, true},
	} {
		c := checkAt(try.at)
		c.Skew = try.skew
		_, err := appkit.VerifyToken(token, c)
		refused, isRefusal := errors.AsType[*appkit.TokenError](err)
		if (err == nil) != try.ok || isRefusal && refused.Reason != appkit.TokenExpired {
			t.Errorf("%s: %v", try.name, err)
		}
	}
}

// spec: appkit.token, appkit.token.address
func TestSurface(t *testing.T) {
	t.Parallel()
	s := appkit.Surface{Check: checkAt(signedAt), Ancestors: []string{"https://crm.example", "https://*.crm.example"}}
	var seen appkit.Viewer
	h := s.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen, _ = appkit.ViewerOf(r.Context()) }))
	get := func(address string, header ...string) *httptest.ResponseRecorder {
		seen = appkit.Viewer{}
		r := httptest.NewRequest(http.MethodGet, address, nil)
		if len(header) > 0 {
			r.Header.Set("Authorization", header[0])
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	token := sign(t, jwt.SigningMethodHS256, []byte(jwtSecret), hostClaims())
	p := surfaceapi.Params{UserID: 7, CompanyID: 40, Token: token, ID: "rt_1", Theme: surfaceapi.Dark, Resource: "deal", View: "details", SelectedIDs: []int64{73}}
	address, err := p.Address("https://app.example/panel?tenant=9")
	if err != nil {
		t.Fatal(err)
	}
	w := get(address)
	if w.Code != http.StatusOK || seen.Account != account || seen.Params.SelectedIDs[0] != 73 || seen.Params.Theme != surfaceapi.Dark || seen.Claims.UserID != 7 {
		t.Errorf("%d %+v", w.Code, seen)
	}
	if got := w.Header().Get("Content-Security-Policy"); got != "frame-ancestors https://crm.example https://*.crm.example" || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", w.Header())
	}
	if w := get("/api/note", "Bearer "+token); w.Code != http.StatusOK || seen.Account != account || seen.Params.UserID != 7 {
		t.Errorf("a call of the page: %d %+v", w.Code, seen)
	}
	if w := get("/api/note?selectedIds=73&token=ended", "Bearer "+token); w.Code != http.StatusOK || seen.Account != account || seen.Params.SelectedIDs[0] != 73 {
		t.Errorf("a call with the page's query and a fresh token: %d %+v", w.Code, seen)
	}
	if w := get(address, "Bearer ended"); w.Code != http.StatusUnauthorized {
		t.Errorf("a call with a token that is none, and the page's query: %d", w.Code)
	}
	q := url.QueryEscape(token)
	for address, want := range map[string]struct {
		status int
		says   string
	}{
		"/panel":                              {http.StatusUnauthorized, "expected a token"},
		"/panel?token=x":                      {http.StatusUnauthorized, "malformed"},
		"/panel?userId=8&token=" + q:          {http.StatusUnauthorized, "userId 8, the token says 7"},
		"/panel?companyId=41&token=" + q:      {http.StatusUnauthorized, "companyId 41, the token says 40"},
		"/panel?selectedIds=all&token=" + q:   {http.StatusBadRequest, "selectedIds: expected whole numbers"},
		"/panel?data=%7Bbroken%7D&token=" + q: {http.StatusBadRequest, "data: expected JSON"},
	} {
		w := get(address)
		if w.Code != want.status || !strings.Contains(w.Body.String(), want.says) || seen.User != 0 {
			t.Errorf("%s: %d %s, passed on: %+v", address, w.Code, w.Body, seen)
		}
	}
	if w := get("/api/note", "Basic "+token); w.Code != http.StatusUnauthorized {
		t.Errorf("a token in another scheme: %d", w.Code)
	}
	s.Check.Secret = ""
	h = s.Handler(http.NotFoundHandler())
	if w := get(address); w.Code != http.StatusInternalServerError {
		t.Errorf("an app without a secret: %d", w.Code)
	}
	s.Refuse = func(w http.ResponseWriter, _ *http.Request, err error) {
		http.Error(w, "no secret yet", appkit.RefusalStatus(err)+3)
	}
	h = s.Handler(http.NotFoundHandler())
	if w := get(address); w.Code != http.StatusServiceUnavailable {
		t.Errorf("the app's own refusal: %d", w.Code)
	}
}

// FuzzVerifyToken finds tokens that stop an app, and tokens that pass without
// the secret's signature.
func FuzzVerifyToken(f *testing.F) {
	good := sign(f, jwt.SigningMethodHS256, []byte(jwtSecret), hostClaims())
	f.Add(good)
	f.Add(sign(f, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, hostClaims()))
	f.Add(sign(f, jwt.SigningMethodHS256, []byte(""), hostClaims()))
	f.Add("a.b.c")
	f.Add(strings.Repeat(".", 100))
	f.Fuzz(func(t *testing.T, token string) {
		c, err := appkit.VerifyToken(token, checkAt(signedAt))
		if err != nil {
			if refused, ok := errors.AsType[*appkit.TokenError](err); !ok || refused.Text == "" {
				t.Errorf("refused without a reason: %v", err)
			}
			return
		}
		// Only the last character of a signature may differ: some of its bits count
		// for nothing.
		if token[:len(token)-1] != good[:len(good)-1] {
			t.Errorf("passed for %+v: %s", c, token)
		}
	})
}

// FuzzSurface finds addresses that stop an app, or that change who looks.
func FuzzSurface(f *testing.F) {
	token := sign(f, jwt.SigningMethodHS256, []byte(jwtSecret), hostClaims())
	f.Add("userId=7&companyId=40&selectedIds=1,2&data={}&context={}&theme=dark&id=x&resource=deal")
	f.Add("userId=8&companyId=41")
	f.Add("token=x&userId=%zz;a=b")
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest(http.MethodGet, "/panel", nil)
		r.URL.RawQuery = query
		r.Header.Set("Authorization", "Bearer "+token)
		v, err := appkit.Surface{Check: checkAt(signedAt)}.Viewer(r)
		if status := appkit.RefusalStatus(err); err != nil && status == http.StatusInternalServerError {
			t.Errorf("refused without a reason: %v", err)
		}
		if err == nil && (v.Account != account || v.Params.UserID != 7 || v.Params.CompanyID != 40) {
			t.Errorf("%q made it %+v", query, v)
		}
	})
}
