package arch

import (
	"go/ast"
	"slices"
	"strings"
)

// Habits checks the tests themselves: none is skipped, none waits for the
// clock on the wall.
func Habits(t *Tree) []Finding {
	var out []Finding
	for _, p := range t.packages {
		for _, f := range p.files {
			if !f.test {
				continue
			}
			bubble := importsPath(f.ast, "testing/synctest")
			ast.Inspect(f.ast, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				sel, ok := call.Fun.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				x, isIdent := sel.X.(*ast.Ident)
				switch {
				case slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, sel.Sel.Name):
					out = append(out, Finding{RuleSkip, at(t.fset, call.Pos()), "a test that is skipped decides nothing; make test installs what tests need"})
				case isIdent && sel.Sel.Name == "Sleep" && (x.Name == "chromedp" || x.Name == "time" && !bubble):
					out = append(out, Finding{RuleSleep, at(t.fset, call.Pos()), "wait for a signal, or run in a synctest bubble, where time costs nothing"})
				}
				return true
			})
		}
	}
	return sorted(out)
}

func importsPath(f *ast.File, name string) bool {
	return slices.ContainsFunc(f.Imports, func(s *ast.ImportSpec) bool {
		return strings.Trim(s.Path.Value, `"`) == name
	})
}
