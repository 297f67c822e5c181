package authz_test

import (
	"net/http"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/dockwright/dockwright/internal/host/route"
)

// model is what a host promises about everything it issued to two users.
type model struct {
	g        *gate
	codes    []*issued
	refresh  []*issued
	access   []*issued
	lastSeen map[int64]int // user → how often the app was uninstalled
}

// issued is one code or token.
type issued struct {
	value   string
	user    int64
	install int // counts the user's installations, so that an old one is told from a new
	ends    time.Time
	gone    bool // used or revoked
}

func (m *model) alive(i *issued) bool {
	return !i.gone && i.install == m.lastSeen[i.user] && m.g.clock.Now().Before(i.ends)
}

func (m *model) caller(user int64) route.Caller {
	return route.Caller{Company: 1, User: user, Admin: user == 1}
}

func (m *model) issue(list *[]*issued, value string, user int64, life time.Duration) {
	*list = append(*list, &issued{value: value, user: user, install: m.lastSeen[user], ends: m.g.clock.Now().Add(life)})
}

// pick draws one of what was issued, nil before there is any.
func pick(t *rapid.T, list []*issued, what string) *issued {
	if len(list) == 0 {
		return nil
	}
	return list[rapid.IntRange(0, len(list)-1).Draw(t, what)]
}

func (m *model) consent(t *rapid.T) {
	user := rapid.Int64Range(1, 2).Draw(t, "user")
	m.issue(&m.codes, m.g.consent(m.caller(user)), user, 5*time.Minute)
}

func (m *model) exchange(t *rapid.T) {
	c := pick(t, m.codes, "code")
	if c == nil {
		return
	}
	r := m.g.exchange(c.value)
	if ok := r.StatusCode == http.StatusOK; ok != m.alive(c) {
		t.Fatalf("exchange got %d, alive %v: %s", r.StatusCode, m.alive(c), text(m.g.t, r))
	} else if !ok {
		return
	}
	c.gone = true
	tok := m.g.tokens(r)
	m.issue(&m.refresh, tok.RefreshToken, c.user, 60*24*time.Hour)
	m.issue(&m.access, tok.AccessToken, c.user, time.Hour)
}

func (m *model) renew(t *rapid.T) {
	f := pick(t, m.refresh, "refresh token")
	if f == nil {
		return
	}
	r := m.g.refresh(f.value)
	if ok := r.StatusCode == http.StatusOK; ok != m.alive(f) {
		t.Fatalf("refresh got %d, alive %v: %s", r.StatusCode, m.alive(f), text(m.g.t, r))
	} else if !ok {
		return
	}
	f.ends = m.g.clock.Now().Add(60 * 24 * time.Hour)
	m.issue(&m.access, m.g.tokens(r).AccessToken, f.user, time.Hour)
}

func (m *model) revokeAccess(t *rapid.T) {
	a := pick(t, m.access, "access token")
	if a == nil {
		return
	}
	m.g.form("/oauth/revoke", map[string][]string{"token": {a.value}})
	a.gone = true
}

// revokeRefresh uninstalls for the user, as long as the token is known.
func (m *model) revokeRefresh(t *rapid.T) {
	f := pick(t, m.refresh, "refresh token")
	if f == nil {
		return
	}
	m.g.form("/oauth/revoke", map[string][]string{"token": {f.value}})
	if f.install == m.lastSeen[f.user] {
		m.lastSeen[f.user]++
	}
}

func (m *model) uninstall(t *rapid.T) {
	user := rapid.Int64Range(1, 2).Draw(t, "user")
	if err := m.g.authz.Uninstall(t.Context(), m.caller(user), m.g.app.ClientID); err == nil {
		m.lastSeen[user]++
	}
}

func (m *model) wait(t *rapid.T) {
	m.g.clock.Advance(rapid.SampledFrom([]time.Duration{time.Second, 4 * time.Minute, 59 * time.Minute, 31 * 24 * time.Hour}).Draw(t, "wait"))
}

// check compares every access token with the model.
func (m *model) check(t *rapid.T) {
	for _, a := range m.access {
		if got := m.g.works(a.value); got != m.alive(a) {
			t.Fatalf("access token of user %d works: %v, alive: %v", a.user, got, m.alive(a))
		}
	}
}

// Whatever apps and users do in whatever order, a code or token works exactly as
// long as it should.
// spec: oauth.code-single-use
// spec: oauth.refresh-stable
// spec: authz.uninstall
func TestModel(t *testing.T) {
	t.Parallel()
	g := newGate(t, setting{})
	rapid.Check(t, func(rt *rapid.T) {
		m := &model{g: g, lastSeen: map[int64]int{}}
		for _, user := range []int64{1, 2} { // what an earlier round left
			_ = g.authz.Uninstall(t.Context(), m.caller(user), g.app.ClientID)
		}
		rt.Repeat(map[string]func(*rapid.T){
			"consent": m.consent, "exchange": m.exchange, "refresh": m.renew, "revoke access": m.revokeAccess,
			"revoke refresh": m.revokeRefresh, "uninstall": m.uninstall, "wait": m.wait, "": m.check,
		})
	})
}
