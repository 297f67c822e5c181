package arch

import (
	"fmt"
	"go/ast"
	"slices"
	"strconv"
	"strings"
)

// Imports checks every import of the tree against the table, and that each
// package has a row, a comment and a name of its own.
func Imports(t *Tree, table []row) []Finding {
	var out []Finding
	names := map[string]string{}
	for _, p := range t.packages {
		r, ok := rowFor(table, p.Path)
		if !ok {
			out = append(out, Finding{RuleRow, p.Path, "the package has no row in the table of internal/arch; say there what it may import, and why"})
			continue
		}
		for _, f := range p.files {
			out = append(out, fileImports(t, table, r, p, f)...)
		}
		if !commented(p) {
			out = append(out, Finding{RuleComment, p.Path, fmt.Sprintf("no file has a package comment; begin one with %q and say what the package is for", opening(p))})
		}
		if other, taken := names[p.Name]; taken && p.Name != "main" {
			out = append(out, Finding{RuleName, p.Path, fmt.Sprintf("the name %s is taken by %s; one name, one package, so that code can be read without its imports", p.Name, other)})
		}
		names[p.Name] = p.Path
	}
	return sorted(out)
}

// fileImports checks the imports of one file.
func fileImports(t *Tree, table []row, r row, p *Package, f file) []Finding {
	var out []Finding
	may, from := slices.Concat(r.may, []string{p.Path}), r.from
	if f.test {
		may, from = slices.Concat(may, r.tests, anyTest), slices.Concat(from, anyTestFrom, r.testsFrom)
	}
	for _, spec := range f.ast.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		found := func(rule, format string, args ...any) {
			out = append(out, Finding{rule, at(t.fset, spec.Pos()), fmt.Sprintf(format, args...)})
		}
		ours, isOurs := strings.CutPrefix(name, Module+"/")
		switch {
		case isOurs && !matchAny(may, ours):
			found(RuleImport, "%s must not import %s: %s", p.Path, ours, reason(r, ours))
		case isOurs && !f.test && !r.testOnly && testOnly(table, ours):
			found(RuleTestOnly, "%s must not import %s outside tests: %s", p.Path, ours, whyTests)
		case !isOurs && strings.Contains(strings.Split(name, "/")[0], ".") && !fromAny(from, name):
			found(RuleThirdParty, "%s must not import %s: %s is not in its list of libraries (table.go); a new one is an ADR", p.Path, name, name)
		}
	}
	return out
}

// reason is why r's packages must not import p.
func reason(r row, p string) string {
	crosses := match("internal/host/**", r.at) && match("internal/app/**", p) ||
		match("internal/app/**", r.at) && match("internal/host/**", p)
	if crosses {
		return whyStreet
	}
	return r.why
}

func testOnly(table []row, p string) bool {
	r, ok := rowFor(table, p)
	return ok && r.testOnly
}

// commented says whether some file opens with a comment that names the package.
// A folder of tests may have it in a test.
func commented(p *Package) bool {
	return slices.ContainsFunc(p.files, func(f file) bool {
		return (!f.test || p.testOnlyFolder()) && f.ast.Doc != nil && opens(f.ast.Doc, opening(p))
	})
}

func opens(doc *ast.CommentGroup, with string) bool {
	return strings.HasPrefix(doc.Text(), with)
}

// opening is how a package's comment begins.
func opening(p *Package) string {
	if p.Name == "main" {
		return "Command "
	}
	return "Package " + p.Name + " "
}
