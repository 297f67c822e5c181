package host_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// The description is served whole, and the page names each operation with its
// scopes and a sample.
// spec: rest.description
func TestDescription(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	status, raw := ask(h, http.MethodGet, "/_dockwright/openapi.yaml", elsewhere)
	if status != http.StatusOK {
		t.Fatalf("description: %d", status)
	}
	doc, err := openapi3.NewLoader().LoadFromData([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	status, page := ask(h, http.MethodGet, "/_dockwright/api", here)
	if status != http.StatusOK {
		t.Fatalf("page: %d %s", status, page)
	}
	for _, op := range h.Operations() {
		method, pattern, _ := strings.Cut(op, " ")
		if doc.Paths.Value(pattern).GetOperation(method) == nil {
			t.Errorf("%s is not in the description that is served", op)
		}
		if !strings.Contains(page, `<code class="grow api-path">`+pattern+`</code>`) {
			t.Errorf("%s is not on the page", op)
		}
	}
	for _, want := range []string{"messengers-integration", "provider_channel_id", "json-text", "rest.users-me"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not have %q", want)
		}
	}
}
