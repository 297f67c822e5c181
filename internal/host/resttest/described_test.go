package resttest

import (
	"slices"
	"testing"

	"github.com/dockwright/dockwright/spec"
)

// Every operation of the route tables stands in the description and has a sample
// from elsewhere; nothing is described that is not there.
// spec: rest.described
func TestEveryOperationIsDescribed(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	doc, err := description()
	if err != nil {
		t.Fatal(err)
	}
	sampled := map[string]bool{}
	all, err := spec.Exchanges()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if e.Status < 300 {
			sampled[e.Operation] = true
		}
	}
	served := s.Operations()
	for _, op := range served {
		if described(doc, op) == nil {
			t.Errorf("%s: spec/openapi does not describe it", op)
		}
		if !sampled[op] {
			t.Errorf("%s: spec/exchanges has no sample of a success", op)
		}
	}
	missing, err := spec.Unbuilt()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range missing {
		if slices.ContainsFunc(served, func(op string) bool { return nameless(op) == nameless(e.Method+" "+e.Path) }) {
			t.Errorf("%s %s: spec/unbuilt.tsv says that it is not built", e.Method, e.Path)
		}
	}
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			if op := method + " " + path; !slices.Contains(served, op) {
				t.Errorf("%s: spec/openapi describes it, but no route table has it", op)
			}
		}
	}
}

// nameless is an operation without the names of its path's parameters.
func nameless(op string) string { return pathParameter.ReplaceAllString(op, "{}") }
