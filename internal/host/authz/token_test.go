package authz_test

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// spec: oauth.authorize
// spec: oauth.authorize.unknown-ignored
// spec: oauth.redirect-exact
// spec: oauth.user-denied
func TestAuthorize(t *testing.T) {
	t.Parallel()
	g := newGate(t, setting{})
	c, err := g.authz.Prepare(t.Context(), g.agent, g.request())
	g.ok(err)
	if c.Company.Name != "Nordwind Trading" || c.User.ID != 2 || len(c.Scopes) != 3 || !c.AskSharing || c.Installed != nil {
		t.Errorf("%+v", c)
	}
	// spec: messaging.channels.admins-only
	if !c.AdminsOnly {
		t.Error("an agent is not told that only admins may register channels")
	}
	to, err := g.authz.Approve(t.Context(), g.agent, g.request(), false)
	g.ok(err)
	if !regexp.MustCompile(`^https://app\.example\.com/callback\?from=crm&code=1\.2\.[0-9a-f]{42}&state=s\+t%26ate$`).MatchString(to) {
		t.Errorf("sent to %s", to)
	}
	to, err = g.authz.Deny(t.Context(), g.agent, g.request())
	g.ok(err)
	if to != "https://app.example.com/callback?from=crm&error=user_denied&state=s+t%26ate" {
		t.Errorf("denied to %s", to)
	}
	for name, r := range map[string]struct {
		authz.Request
		want error
	}{
		"unknown app":    {authz.Request{ClientID: "ffff", RedirectURI: callback}, authz.ErrNotInstallable},
		"no app":         {authz.Request{RedirectURI: callback}, authz.ErrNotInstallable},
		"no redirect":    {authz.Request{ClientID: g.app.ClientID}, authz.ErrRedirect},
		"foreign":        {authz.Request{ClientID: g.app.ClientID, RedirectURI: "https://evil.example/callback"}, authz.ErrRedirect},
		"longer":         {authz.Request{ClientID: g.app.ClientID, RedirectURI: callback + "&x=1"}, authz.ErrRedirect},
		"a part":         {authz.Request{ClientID: g.app.ClientID, RedirectURI: "https://app.example.com/callback"}, authz.ErrRedirect},
		"other case":     {authz.Request{ClientID: g.app.ClientID, RedirectURI: strings.ToUpper(callback)}, authz.ErrRedirect},
		"other encoding": {authz.Request{ClientID: g.app.ClientID, RedirectURI: strings.Replace(callback, "callback", "%63allback", 1)}, authz.ErrRedirect},
	} {
		if _, err := g.authz.Approve(t.Context(), g.agent, r.Request, false); err != r.want {
			t.Errorf("%s: got %v", name, err)
		}
		if _, err := g.authz.Deny(t.Context(), g.agent, r.Request); err != r.want {
			t.Errorf("%s: denying got %v", name, err)
		}
	}
}

// A draft is for its own company; others get the documented refusal.
func TestAuthorizeForeignDraft(t *testing.T) {
	t.Parallel()
	g := newGate(t, setting{})
	other := g.otherCompany()
	if _, err := g.authz.Prepare(t.Context(), other, g.request()); err != authz.ErrNotInstallable {
		t.Errorf("got %v", err)
	}
	_, err := g.apps.SetLive(t.Context(), g.admin, g.app.ClientID)
	g.ok(err)
	tok := g.install(other)
	if !strings.HasPrefix(tok.RefreshToken, "2:1:") || !g.works(tok.AccessToken) {
		t.Errorf("%+v", tok)
	}
}

// spec: oauth.token
// spec: oauth.code-single-use
// spec: oauth.code-reuse-keeps-tokens
func TestExchange(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *gate) {
		code := g.consent(g.agent)
		r := g.exchange(code)
		if cc := r.Header.Get("Cache-Control"); cc != "no-store" {
			t.Errorf("Cache-Control %q", cc)
		}
		tok := g.tokens(r)
		if !regexp.MustCompile(`^v1u:[0-9a-f]{96}$`).MatchString(tok.AccessToken) || !regexp.MustCompile(`^1:2:[0-9a-f]{40}$`).MatchString(tok.RefreshToken) {
			t.Errorf("%+v", tok)
		}
		if tok.TokenType != "Bearer" || tok.ExpiresIn != 3599 || tok.Scope != "base,contacts:full,messengers-integration" || tok.APIDomain != base {
			t.Errorf("%+v", tok)
		}
		g.want(g.exchange(code), 400, `{"success":false,"message":"Invalid grant: authorization_code is invalid","error":"invalid_grant"}`)
		if !g.works(tok.AccessToken) {
			t.Error("a reloaded callback page took the tokens away")
		}
		g.tokens(g.refresh(tok.RefreshToken))
	})
}

// Of many that bring the same code at once, one gets tokens.
// spec: oauth.code-single-use
func TestExchangeAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *gate) {
		code := g.consent(g.admin)
		var mu sync.Mutex
		got := map[int]int{}
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				r := g.exchange(code)
				mu.Lock()
				defer mu.Unlock()
				got[r.StatusCode]++
			})
		}
		wg.Wait()
		if got[200] != 1 || got[400] != 15 {
			t.Errorf("statuses %v", got)
		}
	})
}

// Many that refresh at once all succeed, with the same refresh token.
// spec: oauth.refresh-stable
func TestRefreshAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *gate) {
		tok := g.install(g.admin)
		seen := map[string]bool{tok.AccessToken: true}
		var mu sync.Mutex
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				next := g.tokens(g.refresh(tok.RefreshToken))
				mu.Lock()
				defer mu.Unlock()
				seen[next.AccessToken] = true
				if next.RefreshToken != tok.RefreshToken {
					t.Errorf("refresh token changed to %s", next.RefreshToken)
				}
			})
		}
		wg.Wait()
		if len(seen) != 17 {
			t.Errorf("%d access tokens of 17", len(seen))
		}
		for access := range seen {
			if !g.works(access) {
				t.Errorf("%s does not work", access)
			}
		}
	})
}

// spec: oauth.access-sixty-minutes
// spec: oauth.refresh-stable
// spec: oauth.code-five-minutes
func TestLives(t *testing.T) {
	t.Parallel()
	g := newGate(t, setting{})
	code := g.consent(g.admin)
	g.clock.Advance(5*time.Minute - time.Microsecond)
	tok := g.tokens(g.exchange(code))
	late := g.consent(g.admin)
	g.clock.Advance(5 * time.Minute)
	g.want(g.exchange(late), 400, `{"success":false,"message":"Invalid grant: authorization_code has expired","error":"invalid_grant"}`)
	g.clock.Advance(55*time.Minute - time.Microsecond)
	if !g.works(tok.AccessToken) {
		t.Error("the access token ended before its hour")
	}
	g.clock.Advance(time.Microsecond)
	if g.works(tok.AccessToken) {
		t.Error("the access token outlives its hour")
	}
	g.tokens(g.refresh(tok.RefreshToken))
	for range 3 { // each use begins 60 days anew
		g.clock.Advance(60*24*time.Hour - time.Second)
		g.tokens(g.refresh(tok.RefreshToken))
	}
	g.clock.Advance(60 * 24 * time.Hour)
	g.want(g.refresh(tok.RefreshToken), 400, `{"success":false,"message":"Invalid grant: refresh token is invalid","error":"invalid_grant"}`)
}

// spec: oauth.refresh-scopes
// spec: oauth.scopes-added-invalidate
// spec: authz.re-authorize
func TestScopesChange(t *testing.T) {
	t.Parallel()
	g := newGate(t, setting{})
	tok := g.install(g.admin)
	_, err := g.apps.Update(t.Context(), g.admin, g.app.ClientID, devhub.Registration{
		Name: g.app.Name, CallbackURL: g.app.CallbackURL, Scopes: []string{devhub.ScopeMessengers, "deals:full"},
	})
	g.ok(err)
	if g.works(tok.AccessToken) {
		t.Error("an access token outlives the adding of a scope")
	}
	if !g.needsConsent(1) {
		t.Error("a scope was added and nobody has to consent")
	}
	next := g.tokens(g.refresh(tok.RefreshToken))
	if next.Scope != "base,messengers-integration" || !g.works(next.AccessToken) {
		t.Errorf("after the app's scopes changed: %s", next.Scope)
	}
	again := g.install(g.admin)
	if again.Scope != "base,deals:full,messengers-integration" || g.needsConsent(1) {
		t.Errorf("after a new consent: %s", again.Scope)
	}
	if got := g.tokens(g.refresh(tok.RefreshToken)).Scope; got != again.Scope {
		t.Errorf("after a new consent the old refresh token gives %s", got)
	}
	// Giving a scope up ends nothing before its time.
	_, err = g.apps.Update(t.Context(), g.admin, g.app.ClientID, devhub.Registration{Name: g.app.Name, CallbackURL: g.app.CallbackURL})
	g.ok(err)
	if !g.works(again.AccessToken) || g.needsConsent(1) {
		t.Error("a scope that the app gave up asks for something")
	}
	if got := g.tokens(g.refresh(again.RefreshToken)).Scope; got != "base" {
		t.Errorf("after scopes were given up: %s", got)
	}
}

// needsConsent reports whether a user of the first company has to allow the app
// again.
func (g *gate) needsConsent(user int64) (needs bool) {
	g.t.Helper()
	g.ok(g.db.Company(1).View(g.t.Context(), func(tx *store.Tx) error {
		i, err := g.authz.Installation(tx, g.app.ClientID, user)
		if err != nil {
			return err
		}
		needs, err = g.authz.NeedsReauthorization(tx, i)
		return err
	}))
	return needs
}

// Installations whose refresh tokens have all ended have to be made again.
// spec: authz.re-authorize
func TestReauthorizeWhenEnded(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *gate) {
		code := g.consent(g.agent)
		if g.needsConsent(2) {
			t.Error("a code that was not used yet asks for consent")
		}
		g.tokens(g.exchange(code))
		g.clock.Advance(60*24*time.Hour - time.Second)
		if g.needsConsent(2) {
			t.Error("a refresh token that lives asks for consent")
		}
		g.clock.Advance(time.Second)
		if !g.needsConsent(2) {
			t.Error("a refresh token that has ended asks for nothing")
		}
	})
}

// A personal token is exchanged once; the user still has to confirm.
// spec: oauth.exchange-api-token
func TestExchangePersonalToken(t *testing.T) {
	t.Parallel()
	const refused = `{"success":false,"message":"Invalid grant: api_token is invalid","error":"invalid_grant"}`
	each(t, func(t *testing.T, g *gate) {
		swap := func(token string) *http.Response {
			return g.form("/oauth/token", url.Values{"grant_type": {"exchange_api_token"}, "api_token": {token}})
		}
		g.want(swap(""), 400, `{"success":false,"message":"Missing parameter: api_token","error":"invalid_request"}`)
		g.want(swap("ffff"), 400, refused)
		personal, err := g.authz.SetPersonalToken(t.Context(), 1, 2)
		g.ok(err)
		tok := g.tokens(swap(personal))
		if tok.Scope != "base,contacts:full,messengers-integration" || tok.APIDomain != base || !strings.HasPrefix(tok.RefreshToken, "1:2:") || !g.works(tok.AccessToken) {
			t.Errorf("%+v", tok)
		}
		if !g.needsConsent(2) {
			t.Error("nobody has to confirm what the token was exchanged for")
		}
		g.want(swap(personal), 400, refused)
		g.tokens(g.refresh(tok.RefreshToken))
		if r := g.say("GET /v1/users/me HTTP/1.1\nx-api-token: " + personal); r.StatusCode != 200 {
			t.Errorf("the personal token itself got %d", r.StatusCode)
		}
		g.install(g.agent)
		if g.needsConsent(2) || g.installed(1) != 1 {
			t.Error("consent does not confirm the installation")
		}
		// A new personal token may be exchanged again; it finds the installation.
		personal, err = g.authz.SetPersonalToken(t.Context(), 1, 2)
		g.ok(err)
		g.tokens(swap(personal))
		if g.needsConsent(2) || g.installed(1) != 1 {
			t.Error("an exchange undoes what was confirmed")
		}
		// A draft is nothing for another company's users.
		other := g.otherCompany()
		personal, err = g.authz.SetPersonalToken(t.Context(), other.Company, other.User)
		g.ok(err)
		g.want(swap(personal), 400, refused)
		_, err = g.apps.SetLive(t.Context(), g.admin, g.app.ClientID)
		g.ok(err)
		g.tokens(swap(personal))
	})
}

// spec: oauth.exchange-api-token
func TestExchangePersonalTokenAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *gate) {
		personal, err := g.authz.SetPersonalToken(t.Context(), 1, 2)
		g.ok(err)
		got := make(chan int, 8)
		var wg sync.WaitGroup
		for range cap(got) {
			wg.Go(func() {
				got <- g.form("/oauth/token", url.Values{"grant_type": {"exchange_api_token"}, "api_token": {personal}}).StatusCode
			})
		}
		wg.Wait()
		close(got)
		count := map[int]int{}
		for status := range got {
			count[status]++
		}
		if count[200] != 1 || count[400] != 7 {
			t.Errorf("statuses %v", count)
		}
	})
}

// Clients that take JSON only, such as simple-oauth2, revoke too.
// spec: oauth.revoke-body
func TestRevokeAnswersJSON(t *testing.T) {
	t.Parallel()
	g := newGate(t, setting{})
	for _, token := range []string{g.install(g.agent).AccessToken, "unknown"} {
		resp := g.form("/oauth/revoke", url.Values{"token": {token}})
		raw, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != 200 || !strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") || strings.TrimSpace(string(raw)) != `{"success":true}` {
			t.Errorf("%d %s %s %v", resp.StatusCode, resp.Header.Get("Content-Type"), raw, err)
		}
	}
}

// spec: oauth.token-forms
func TestClassicTokens(t *testing.T) {
	t.Parallel()
	g := newGate(t, setting{tokens: authz.ClassicTokens})
	tok := g.install(g.agent)
	if parts := strings.Split(tok.AccessToken, ":"); len(parts) != 3 || parts[0] != "1" || parts[1] != "2" || len(parts[2]) != 40 || !g.works(tok.AccessToken) {
		t.Errorf("access token %q", tok.AccessToken)
	}
	if next := g.tokens(g.refresh(tok.RefreshToken)); !g.works(next.AccessToken) || !strings.HasPrefix(next.AccessToken, "1:2:") {
		t.Errorf("%+v", next)
	}
	// Encoded once too often, its colons look like percent signs.
	g.form("/oauth/revoke?", url.Values{"token": {url.QueryEscape(tok.AccessToken)}})
	if g.works(tok.AccessToken) {
		t.Error("a revoked token works")
	}
	if _, err := authz.New(g.db, authz.Options{Apps: g.apps, BaseURL: base, AccessTokens: "short"}); err == nil || !strings.Contains(err.Error(), `got "short"`) {
		t.Errorf("got %v", err)
	}
}

// A fault of the host's own is status 500 with the documented message.
// spec: oauth.token.messages
func TestTokenInternalError(t *testing.T) {
	t.Parallel()
	g := newGate(t, setting{})
	g.ok(g.db.Update(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE devhub_app SET secret_sealed = 'x'`)
		return err
	}))
	g.want(g.refresh("1:1:00"), 500, `{"success":false,"message":"Internal Server Error","error":"server_error"}`)
}

// spec: oauth.client-credentials
// spec: oauth.token.messages
func TestTokenErrors(t *testing.T) {
	t.Parallel()
	g := newGate(t, setting{})
	foreign, err := g.apps.Create(t.Context(), g.admin, false, devhub.Registration{Name: "Other", CallbackURL: callback})
	g.ok(err)
	foreignSecret, err := g.apps.Secret(t.Context(), foreign.ClientID)
	g.ok(err)
	tok := g.install(g.admin)
	code := g.consent(g.admin)
	const formType = "application/x-www-form-urlencoded"
	creds := "client_id=" + g.app.ClientID + "&client_secret=" + g.secret
	theirs := "client_id=" + foreign.ClientID + "&client_secret=" + foreignSecret
	cb := "&redirect_uri=" + url.QueryEscape(callback)
	for name, c := range map[string]struct{ contentType, auth, body, message, code string }{
		"not a form":            {"application/json", "", `{}`, "Invalid request: content must be application/x-www-form-urlencoded", "invalid_request"},
		"no content type":       {"", "", creds, "Invalid request: content must be application/x-www-form-urlencoded", "invalid_request"},
		"no credentials":        {formType, "", "grant_type=refresh_token", "Invalid client: cannot retrieve client credentials", "invalid_client"},
		"no secret":             {formType, "", "client_id=" + g.app.ClientID, "Invalid client: cannot retrieve client credentials", "invalid_client"},
		"unknown client":        {formType, "", "client_id=ffff&client_secret=x", "Invalid client: client is invalid", "invalid_client"},
		"wrong secret":          {formType, "", "client_id=" + g.app.ClientID + "&client_secret=x", "Invalid client: client is invalid", "invalid_client"},
		"wrong basic":           {formType, "Basic eDp5", "grant_type=refresh_token", "Invalid client: client is invalid", "invalid_client"},
		"no grant type":         {formType, "", creds, "Missing parameter: grant_type", "invalid_request"},
		"unknown grant type":    {formType, "", creds + "&grant_type=password", "Unsupported grant type: grant_type is invalid", "unsupported_grant_type"},
		"no code":               {formType, "", creds + "&grant_type=authorization_code" + cb, "Missing parameter: code", "invalid_request"},
		"no redirect uri":       {formType, "", creds + "&grant_type=authorization_code&code=" + code, "Invalid request: redirect_uri is not a valid URI", "invalid_request"},
		"bad redirect uri":      {formType, "", creds + "&grant_type=authorization_code&code=" + code + "&redirect_uri=%3A", "Invalid request: redirect_uri is not a valid URI", "invalid_request"},
		"foreign redirect uri":  {formType, "", creds + "&grant_type=authorization_code&code=" + code + "&redirect_uri=https://evil.example/", "Invalid request: redirect_uri is invalid", "invalid_request"},
		"unknown code":          {formType, "", creds + "&grant_type=authorization_code&code=1.1.00" + cb, "Invalid grant: authorization_code is invalid", "invalid_grant"},
		"another app's code":    {formType, "", theirs + "&grant_type=authorization_code&code=" + code + cb, "Invalid grant: authorization_code is invalid", "invalid_grant"},
		"no refresh token":      {formType, "", creds + "&grant_type=refresh_token", "Missing parameter: refresh_token", "invalid_request"},
		"unknown refresh token": {formType, "", creds + "&grant_type=refresh_token&refresh_token=1:1:00", "Invalid grant: refresh token is invalid", "invalid_grant"},
		"another app's token":   {formType, "", theirs + "&grant_type=refresh_token&refresh_token=" + tok.RefreshToken, "Invalid grant: refresh token is invalid", "invalid_grant"},
		"an access token":       {formType, "", creds + "&grant_type=refresh_token&refresh_token=" + tok.AccessToken, "Invalid grant: refresh token is invalid", "invalid_grant"},
		"not a form inside":     {formType, "", "%zz=1", `Invalid request: invalid URL escape \"%zz\"`, "invalid_request"},
	} {
		raw := "POST /oauth/token HTTP/1.1\nContent-Type: " + c.contentType
		if c.auth != "" {
			raw += "\nAuthorization: " + c.auth
		}
		r := g.say(raw + "\n\n" + c.body)
		want := `{"success":false,"message":"` + c.message + `","error":"` + c.code + `"}`
		if got := text(t, r); r.StatusCode != 400 || got != want {
			t.Errorf("%s: got %d %s\nwant 400 %s", name, r.StatusCode, got, want)
		}
	}
	g.tokens(g.exchange(code)) // nothing above used it up
	if r := g.say("GET /oauth/token HTTP/1.1"); r.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET got %d", r.StatusCode)
	}
	g.clock.Advance(time.Minute)
	big := g.form("/oauth/token", url.Values{"grant_type": {strings.Repeat("x", 1<<17)}})
	if big.StatusCode != 400 {
		t.Errorf("a body of 128 kB got %d", big.StatusCode)
	}
}

// spec: oauth.secret-regenerated
func TestSecretRegenerated(t *testing.T) {
	t.Parallel()
	g := newGate(t, setting{})
	tok := g.install(g.admin)
	next, err := g.apps.RegenerateSecret(t.Context(), g.admin, g.app.ClientID)
	g.ok(err)
	g.want(g.refresh(tok.RefreshToken), 400, `{"success":false,"message":"Invalid client: client is invalid","error":"invalid_client"}`)
	g.secret = next
	if !g.works(tok.AccessToken) {
		t.Error("the access token died with the old secret")
	}
	g.tokens(g.refresh(tok.RefreshToken))
}

// spec: oauth.revoke
// spec: oauth.revoke-refresh-uninstalls
func TestRevoke(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *gate) {
		tok := g.install(g.admin)
		revoke := func(path, token string) {
			t.Helper()
			if r := g.form(path, url.Values{"token": {token}}); r.StatusCode != 200 || strings.TrimSpace(text(t, r)) != `{"success":true}` {
				t.Errorf("revoke got %d", r.StatusCode)
			}
		}
		revoke("/oauth/revoke", "unknown")
		// The official client calls with an empty query and encodes once too often.
		revoke("/oauth/revoke?", url.QueryEscape(tok.AccessToken))
		if g.works(tok.AccessToken) {
			t.Error("a revoked access token works")
		}
		next := g.tokens(g.refresh(tok.RefreshToken))
		if r := g.form("/oauth/revoke", url.Values{"token": {next.RefreshToken}, "token_type_hint": {"access_token"}}); r.StatusCode != 200 {
			t.Errorf("revoke got %d", r.StatusCode)
		}
		if g.works(next.AccessToken) {
			t.Error("an access token outlives the installation")
		}
		g.want(g.refresh(tok.RefreshToken), 400, `{"success":false,"message":"Invalid grant: refresh token is invalid","error":"invalid_grant"}`)
		if n := g.installed(1); n != 0 {
			t.Errorf("%d installations left", n)
		}
		g.want(g.form("/oauth/revoke", url.Values{}), 400, `{"success":false,"message":"Missing parameter: token","error":"invalid_request"}`)
		if jobs := g.jobs(); jobs != 0 {
			t.Errorf("%d callbacks although the app asked for it itself", jobs)
		}
	})
}

func (g *gate) installed(company int64) (n int) {
	g.t.Helper()
	g.ok(g.db.Company(company).View(g.t.Context(), func(tx *store.Tx) error {
		is, err := g.authz.Installations(tx)
		n = len(is)
		return err
	}))
	return n
}

// otherCompany is an admin of a second company.
func (g *gate) otherCompany() route.Caller {
	g.t.Helper()
	u := g.newCompany("Second")
	return route.Caller{Company: u, User: 1, Admin: true}
}

// No token, code or secret may be readable in the database.
func TestNothingReadable(t *testing.T) {
	t.Parallel()
	g := newGate(t, setting{})
	code := g.consent(g.admin)
	tok := g.tokens(g.exchange(code))
	for _, table := range []string{"authz_code", "authz_refresh", "authz_access", "devhub_app"} {
		column := map[string]string{"authz_code": "code_hash", "devhub_app": "secret_sealed"}[table]
		if column == "" {
			column = "token_hash"
		}
		g.ok(g.db.View(t.Context(), func(tx *store.Tx) error {
			rows, err := store.Select(tx, store.Value[string], `SELECT `+column+` FROM `+table)
			if len(rows) == 0 {
				t.Errorf("%s is empty", table)
			}
			for _, v := range rows {
				for _, plain := range []string{code, tok.AccessToken, tok.RefreshToken, g.secret} {
					if strings.Contains(v, plain) {
						t.Errorf("%s holds %s", table, v)
					}
				}
			}
			return err
		}))
	}
}
