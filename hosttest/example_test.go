package hosttest_test

import (
	"fmt"
	"testing"

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
