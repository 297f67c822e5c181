package spec_test

import (
	"os"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/spec"
)

func TestRegisterParses(t *testing.T) {
	t.Parallel()
	all, err := spec.Load()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatal("the register is empty")
	}
}

// spec: spec.register
func TestCompatibilityPageIsGenerated(t *testing.T) {
	t.Parallel()
	all, err := spec.Load()
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../docs/COMPATIBILITY.md")
	if err != nil {
		t.Fatal(err)
	}
	built, err := spec.Exchanges()
	if err != nil {
		t.Fatal(err)
	}
	missing, err := spec.Unbuilt()
	if err != nil {
		t.Fatal(err)
	}
	if spec.Markdown(all, built, missing) != string(page) {
		t.Error("docs/COMPATIBILITY.md differs from what spec/register.tsv says; run: make generate")
	}
}

func TestParseNamesTheLine(t *testing.T) {
	t.Parallel()
	const head = "id\tsource\tdate\tkind\tstate\twording\n"
	const good = "oauth.code.single-use\tdoc page\t2026-11\tdocumented\tyes\tA code works once.\n"
	for name, c := range map[string]struct{ text, want string }{
		"empty":          {"", "no header line"},
		"only comments":  {"# nothing\n\n", "no header line"},
		"no header":      {good, "line 1: expected the header"},
		"spaces":         {head + "oauth.code one 2026 ours yes text\n", "line 2: expected 6 columns separated by tabs"},
		"too many":       {head + strings.TrimSuffix(good, "\n") + "\tmore\n", "line 2: expected 6 columns"},
		"id in capitals": {head + strings.Replace(good, "oauth.", "OAuth.", 1), "line 2: id: expected dotted lower-case words"},
		"id of one word": {head + strings.Replace(good, "oauth.code.single-use", "oauth", 1), `got "oauth"`},
		"no source":      {head + strings.Replace(good, "doc page", "", 1), "source of oauth.code.single-use"},
		"date":           {head + strings.Replace(good, "2026-11", "Nov 2026", 1), `date of oauth.code.single-use: expected YYYY-MM-DD, YYYY-MM or YYYY, got "Nov 2026"`},
		"month 13":       {head + strings.Replace(good, "2026-11", "2026-13", 1), "date of"},
		"kind":           {head + strings.Replace(good, "documented", "believed", 1), `got "believed"`},
		"state":          {head + strings.Replace(good, "\tyes\t", "\tmaybe\t", 1), `got "maybe"`},
		"no wording":     {head + strings.Replace(good, "A code works once.", "", 1), "wording of"},
		"twice":          {head + good + "\n" + good, "line 4: oauth.code.single-use is also on line 2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := spec.Parse(c.text)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error that contains %q", err, c.want)
			}
		})
	}
}

func TestParseReportsEveryBadLine(t *testing.T) {
	t.Parallel()
	_, err := spec.Parse("id\tsource\tdate\tkind\tstate\twording\nx\n\n# comment\ny\n")
	if err == nil || !strings.Contains(err.Error(), "line 2:") || !strings.Contains(err.Error(), "line 5:") {
		t.Errorf("got %v, want lines 2 and 5", err)
	}
}

func TestParseKeepsTheLine(t *testing.T) {
	t.Parallel()
	all, err := spec.Parse("# top\nid\tsource\tdate\tkind\tstate\twording\r\n\r\na.b\tpage\t2026\tours\tno\tSome | text.\r\n")
	if err != nil {
		t.Fatal(err)
	}
	want := spec.Requirement{ID: "a.b", Source: "page", Date: "2026", Kind: spec.Ours, State: spec.No, Wording: "Some | text.", Line: 4}
	if len(all) != 1 || all[0] != want {
		t.Errorf("got %+v, want %+v", all, want)
	}
	if page := spec.Markdown(all, nil, nil); !strings.Contains(page, `Some \| text.`) {
		t.Errorf("a bar in the wording breaks the table:\n%s", page)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("id\tsource\tdate\tkind\tstate\twording\na.b\tpage\t2026\tours\tno\ttext\n")
	f.Add("id\tsource\n")
	f.Fuzz(func(t *testing.T, text string) {
		all, err := spec.Parse(text)
		if err == nil && len(all) > strings.Count(text, "\n")+1 {
			t.Errorf("%d requirements from %d lines", len(all), strings.Count(text, "\n")+1)
		}
		spec.Markdown(all, nil, nil)
	})
}

// What is not built names a line of the register that says so.
// spec: rest.unbuilt
func TestUnbuiltEndpointsNameRequirements(t *testing.T) {
	t.Parallel()
	all, err := spec.Load()
	if err != nil {
		t.Fatal(err)
	}
	state := map[string]spec.State{}
	for _, r := range all {
		state[r.ID] = r.State
	}
	missing, err := spec.Unbuilt()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range missing {
		if state[e.Requirement] != spec.No {
			t.Errorf("%s %s names %s, which is %q in the register, want no", e.Method, e.Path, e.Requirement, state[e.Requirement])
		}
	}
	for path, want := range map[string]bool{
		"/v1/products/7": true, "/api/v1/products/7": true, "/v1/products/7/": true, "/v1/products": false, "/v1/products//": false, "/v1/products/7/deals": false,
	} {
		if got := (spec.Endpoint{Method: "GET", Path: "/v1/products/{id}"}).Matches("GET", path); got != want {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
}
