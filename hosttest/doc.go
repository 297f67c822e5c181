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
// # Options
//
// [Seed] fills companies from a file, [Clock] lets the host's clock stand still,
// [Postgres] keeps the data on a PostgreSQL server. [Host.Advance] moves the
// clock, so that a test of expired tokens does not wait; [Host.Fail] plants
// faults: a rate limit, a lost answer, a webhook that comes twice.
// [Host.Install] makes apps with few scopes, [Host.Calls] tells what the host
// asked of them, and [Host.Second] is another company to prove that nothing
// reaches it.
//
// # Cost
//
// A host costs some 20 ms on a machine with two cores (21 ms in the best of several
// runs beside other work): its databases are copies of images that are made once in
// a test binary. Measure it with
//
//	go test ./hosttest -run '^$' -bench New
//
// # What it is
//
// It is not in demo mode: nobody is signed in by himself. It may call apps on
// this machine and at public addresses. Each host is alone, so tests that have
// one may run in parallel.
package hosttest
