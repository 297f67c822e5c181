package hosttest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/dockwright/dockwright/hosttest"
)

// A whole host in a test: the app is installed and has tokens.
func ExampleNew() {
	example(func(t testing.TB) {
		h := hosttest.New(t)
		status, _, _ := h.Do("GET", "/v1/users/me", h.App.AccessToken, nil)
		fmt.Println(h.Company.Name, status)
	})
	// Output: Nordwind Trading 200
}

// Tokens expire when the host's clock says so; no test waits for it.
func ExampleHost_Advance() {
	example(func(t testing.TB) {
		h := hosttest.New(t)
		h.Advance(61 * time.Minute)
		status, _, _ := h.Do("GET", "/v1/users/me", h.App.AccessToken, nil)
		fmt.Println(status)
	})
	// Output: 401
}

// With a clock that stands still, answers with times in them are always the same.
func ExampleClock() {
	example(func(t testing.TB) {
		h := hosttest.New(t, hosttest.Clock(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)))
		h.Advance(30 * time.Minute)
		_, _, body := h.Do("GET", "/_dockwright/state", "", nil)
		fmt.Printf("%.55s\n", body)
	})
	// Output: {"success":true,"data":{"clock":{"now":"2026-03-01T09:3
}

// The next call meets a limit, the one after it does not.
func ExampleHost_Fail() {
	example(func(t testing.TB) {
		h := hosttest.New(t)
		h.Fail(hosttest.Fault{Kind: hosttest.RateLimited, Path: "/v1/users/me", RetryAfter: 2})
		for range 2 {
			status, header, _ := h.Do("GET", "/v1/users/me", h.App.AccessToken, nil)
			fmt.Println(status, header.Get("Retry-After"))
		}
	})
	// Output:
	// 429 2
	// 200
}

// A company comes from a file, with tokens for its people.
func ExampleSeed() {
	example(func(t testing.TB) {
		h := hosttest.New(t, hosttest.Seed(`
companies:
  - domain: acme
    name: Acme Lamps
    users:
      - {ref: ann, name: Ann Lee, email: ann@acme.example, admin: true}
    organizations:
      - {ref: hotel, name: Hotel Aurora}
`))
		acme := h.Seeded["acme"]
		status, _, _ := h.Do("GET", "/v1/users/me", acme.Users["ann"].Token, nil)
		fmt.Println(acme.Company.Name, status, acme.IDs["organizations"]["hotel"])
	})
	// Output: Acme Lamps 200 1
}

// What an app may do with few scopes, and that it is told when it is removed.
func ExampleHost_Install() {
	example(func(t testing.TB) {
		h := hosttest.New(t)
		app := h.Install(h.Agent, "deals:read")
		fmt.Println(app.Scopes)
		called := h.Called()
		h.Uninstall(app)
		fmt.Println((<-called).Method)
	})
	// Output:
	// [base deals:read]
	// DELETE
}

// Another company in the same host, whose people and records have the same ids.
func ExampleHost_Second() {
	example(func(t testing.TB) {
		h := hosttest.New(t)
		other := h.Second()
		fmt.Println(h.Admin.ID == other.Admin.ID, h.Company.ID == other.Company.ID)
	})
	// Output: true false
}
