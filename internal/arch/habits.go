package arch

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"
)

// Habits checks the tests themselves: none is skipped, none waits for the clock
// on the wall.
func Habits(t *Tree) []Finding {
	var out []Finding
	for _, p := range t.packages {
		for _, f := range p.files {
			if !f.test {
				continue
			}
			bubble := importsPath(f.ast, "testing/synctest")
			ast.PreorderStack(f.ast, nil, func(n ast.Node, stack []ast.Node) bool {
				if rule, why := habit(n, stack, bubble); rule != "" {
					out = append(out, Finding{rule, at(t.fset, n.Pos()), why})
				}
				return true
			})
		}
	}
	return sorted(out)
}

// habit says which rule a call in a test breaks, "" if none.
func habit(n ast.Node, stack []ast.Node, bubble bool) (rule, why string) {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return "", ""
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return "", ""
	}
	x, ok := sel.X.(*ast.Ident)
	switch {
	case !ok:
	case slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, sel.Sel.Name) && !rapid(x.Name, stack):
		return RuleSkip, "a test that is skipped decides nothing; make test installs what tests need"
	case sel.Sel.Name == "Sleep" && (x.Name == "chromedp" || x.Name == "time" && !bubble):
		return RuleSleep, "wait for a signal, or run in a synctest bubble, where time costs nothing"
	}
	return "", ""
}

// rapid says whether name is a property's *rapid.T: skipping there discards a
// history that cannot be, and another is drawn.
func rapid(name string, stack []ast.Node) bool {
	for _, n := range slices.Backward(stack) {
		var typ *ast.FuncType
		switch fn := n.(type) {
		case *ast.FuncDecl:
			typ = fn.Type
		case *ast.FuncLit:
			typ = fn.Type
		default:
			continue
		}
		for _, field := range typ.Params.List {
			if slices.ContainsFunc(field.Names, func(id *ast.Ident) bool { return id.Name == name }) {
				return types.ExprString(field.Type) == "*rapid.T"
			}
		}
	}
	return false
}

func importsPath(f *ast.File, name string) bool {
	return slices.ContainsFunc(f.Imports, func(s *ast.ImportSpec) bool {
		return strings.Trim(s.Path.Value, `"`) == name
	})
}
