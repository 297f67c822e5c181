// Package hosttest is httptest for the CRM: it starts a whole host inside a
// test, on a port of its own, with a company, an admin, an agent and an
// installed app, and takes it down when the test ends.
//
//	func TestMyApp(t *testing.T) {
//		h := hosttest.New(t)
//		// h.URL is the host, h.App an app with every scope and live tokens.
//		status, _, body := h.Do("GET", "/v1/users/me", h.App.AccessToken, nil)
//		…
//	}
//
// What a test talks to is the product, with its databases, its guard on every
// path and its work in the background; only waiting for the disk is turned off.
// It is not in demo mode: nobody is signed in by himself. It may call apps on
// this machine and at public addresses. Each host is alone, so tests that have
// one may run in parallel.
package hosttest
