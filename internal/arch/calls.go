package arch

import (
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/build/constraint"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
)

// restriction is a function that only some packages may use, in code that is not
// a test.
type restriction struct {
	names   []string // as go/types writes them, "~" for the module's path
	callers []string // patterns below the module
	why     string
}

// restrictions is the list.
var restrictions = []restriction{
	{
		names: []string{"(*~/internal/store.DB).Update", "(*~/internal/store.DB).View"},
		callers: []string{
			"internal/host", "internal/host/account", "internal/host/authz", "internal/host/control", "internal/host/devhub", "internal/host/event",
			"internal/host/journal", "internal/lane", "internal/live", "internal/app/messaging",
		},
		why: "a transaction that is not bound to a company can read every company's rows; take a Company handle",
	},
	{
		names:   []string{"(*~/internal/store.Tx).Unbound", "(*~/internal/store.Tx).Bind"},
		callers: []string{"internal/host/account", "internal/host/authz", "internal/host/control", "internal/host/devhub", "internal/live", "internal/store"},
		why:     "only who learns the company inside the transaction may change what it is bound to",
	},
	{
		names: []string{
			"(*net/http.ServeMux).Handle", "(*net/http.ServeMux).HandleFunc", "net/http.Handle", "net/http.HandleFunc",
		},
		callers: []string{"examples/kitchensink", "internal/host", "internal/app/messaging"},
		why:     "a path that is not in a room's route table has no guard, no requirement and no test that walks it",
	},
	{
		names: []string{
			"net/http.Get", "net/http.Head", "net/http.Post", "net/http.PostForm",
			"net/http.DefaultClient", "net/http.DefaultTransport",
		},
		why: "calls go out through dial (apps) or outbound (host), which guard the address, cap the body and set a deadline",
	},
	{
		names: []string{
			"log.Print", "log.Printf", "log.Println", "log.Fatal", "log.Fatalf", "log.Fatalln",
			"log/slog.Debug", "log/slog.Info", "log/slog.Warn", "log/slog.Error", "log/slog.SetDefault",
		},
		why: "a logger is passed in, and things are logged once, at the edge",
	},
	{
		names:   []string{"os.Exit", "os.Getenv", "os.LookupEnv", "os.Environ"},
		callers: []string{"cmd/dockwright", "spec/gen", "internal/secret", "internal/store/storetest", "internal/store/storetest/serve", "bench"},
		why:     "settings are flags of the binary with an environment variable each, so that one list names them all",
	},
}

// panics are the packages that may panic, each with the reason.
var panics = map[string]string{
	"internal/store": "a caller's own panic is carried from the writer's goroutine back to the caller",
}

// Exports opens the compiled form of a package, by import path.
type Exports func(importPath string) (string, error)

// Calls checks the restricted functions, panics and route tables of everything
// that is not a test. It reads types, so that a rule cannot be passed by giving a
// handle another name. What does not compile is an error, beside the findings of
// the rest.
func Calls(t *Tree, exports Exports, known map[string]bool) ([]Finding, error) {
	imp := importer.ForCompiler(t.fset, "gc", func(p string) (io.ReadCloser, error) {
		name, err := exports(p)
		if err != nil {
			return nil, err
		}
		return os.Open(name)
	})
	var (
		out    []Finding
		faults []error
		used   = map[string]bool{}
	)
	for _, p := range t.packages {
		info, files, err := check(t, p, imp)
		if err != nil {
			faults = append(faults, err)
		}
		for _, f := range files {
			ast.Inspect(f, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.Ident:
					out = append(out, use(t, p, n, info.Uses[n], used)...)
				case *ast.CompositeLit:
					out = append(out, literal(t, n, info, known)...)
				case *ast.CallExpr:
					out = append(out, passedOn(t, n, info, known)...)
				}
				return true
			})
		}
	}
	return sorted(append(out, unusedCallers(used)...)), errors.Join(faults...)
}

// check type-checks the package's product code.
func check(t *Tree, p *Package, imp types.Importer) (*types.Info, []*ast.File, error) {
	var files []*ast.File
	for _, f := range p.files {
		if !f.test && !excluded(f.ast) {
			files = append(files, f.ast)
		}
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}, Types: map[ast.Expr]types.TypeAndValue{}}
	var faults []error
	conf := types.Config{Importer: imp, Error: func(err error) { faults = append(faults, err) }}
	conf.Check(Module+"/"+p.Path, t.fset, files, info) //nolint:errcheck // gathered above, all of them
	return info, files, errors.Join(faults...)
}

// excluded says whether a build constraint leaves the file out here.
func excluded(f *ast.File) bool {
	for _, group := range f.Comments {
		if group.Pos() > f.Package {
			break
		}
		for _, c := range group.List {
			if !constraint.IsGoBuild(c.Text) {
				continue
			}
			expr, err := constraint.Parse(c.Text)
			return err == nil && !expr.Eval(func(tag string) bool {
				return slices.Contains(build.Default.ReleaseTags, tag) ||
					tag == runtime.GOOS || tag == runtime.GOARCH || tag == "unix" && runtime.GOOS != "windows"
			})
		}
	}
	return false
}

// use checks one mention of a function or variable.
func use(t *Tree, p *Package, id *ast.Ident, obj types.Object, used map[string]bool) []Finding {
	if obj == nil {
		return nil
	}
	if b, ok := obj.(*types.Builtin); ok && b.Name() == "panic" {
		if panics[p.Path] != "" {
			return nil
		}
		return []Finding{{RulePanic, at(t.fset, id.Pos()), "product code returns errors; a panic takes every other request's process with it"}}
	}
	name := fullName(obj)
	for i, r := range restrictions {
		if !slices.Contains(r.names, name) {
			continue
		}
		for _, c := range r.callers {
			if match(c, p.Path) {
				used[callerKey(i, c)] = true
			}
		}
		if !matchAny(r.callers, p.Path) {
			return []Finding{{RuleCall, at(t.fset, id.Pos()), fmt.Sprintf("%s must not use %s: %s", p.Path, name, r.why)}}
		}
	}
	return nil
}

// fullName is how restrictions name obj, "" for what they never name.
func fullName(obj types.Object) string {
	var name string
	switch o := obj.(type) {
	case *types.Func:
		name = o.FullName()
	case *types.Var:
		if o.Pkg() == nil || o.Parent() != o.Pkg().Scope() {
			return ""
		}
		name = o.Pkg().Path() + "." + o.Name()
	}
	return strings.ReplaceAll(name, Module, "~")
}

func callerKey(i int, caller string) string { return fmt.Sprint(i, " ", caller) }

// unusedCallers finds permissions that nobody needs.
func unusedCallers(used map[string]bool) []Finding {
	var out []Finding
	for i, r := range restrictions {
		for _, c := range r.callers {
			if !used[callerKey(i, c)] {
				out = append(out, Finding{RuleTidyTable, "internal/arch/calls.go", fmt.Sprintf("%s is allowed to use %s and does not; take it off the list", c, r.names[0])})
			}
		}
	}
	return out
}

// literal checks the requirement that a route, or a call out to an app, names.
func literal(t *Tree, lit *ast.CompositeLit, info *types.Info, known map[string]bool) []Finding {
	field, must := requirementField(info.Types[lit].Type)
	if field == "" {
		return nil
	}
	found := func(pos token.Pos, format string, args ...any) []Finding {
		return []Finding{{RuleRoute, at(t.fset, pos), fmt.Sprintf(format, args...)}}
	}
	for _, e := range lit.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			return found(lit.Pos(), "the fields of a route are named, so that its requirement can be read")
		}
		if key, ok := kv.Key.(*ast.Ident); !ok || key.Name != field {
			continue
		}
		return requirementValue(kv.Value, must, info, known, found)
	}
	if must && len(lit.Elts) > 0 {
		return found(lit.Pos(), "the route names no requirement; say which line of spec/register.tsv it falls under")
	}
	return nil
}

// requirementField is the field of the type that names a requirement, and whether
// it must be there.
func requirementField(typ types.Type) (field string, must bool) {
	if typ == nil {
		return "", false
	}
	switch strings.TrimPrefix(typ.String(), Module+"/") {
	case "internal/host/route.Route", "internal/app/messaging.Route":
		return "Req", true
	case "internal/host/outbound.Call", "internal/host/journal.Exchange":
		return "Requirement", false
	}
	return "", false
}

// parameter is what a function calls the requirement that it is given to put
// into a route or a call.
const parameter = "req"

// passedOn checks the ids that are given to functions of our own for a route.
func passedOn(t *Tree, call *ast.CallExpr, info *types.Info, known map[string]bool) []Finding {
	sig, ok := info.Types[call.Fun].Type.(*types.Signature)
	if !ok {
		return nil
	}
	var out []Finding
	for i := range min(sig.Params().Len(), len(call.Args)) {
		p := sig.Params().At(i)
		if p.Name() != parameter || !types.Identical(p.Type(), types.Typ[types.String]) {
			continue
		}
		out = append(out, requirementValue(call.Args[i], true, info, known, func(pos token.Pos, format string, args ...any) []Finding {
			return []Finding{{RuleRoute, at(t.fset, pos), fmt.Sprintf(format, args...)}}
		})...)
	}
	return out
}

// requirementValue checks an id that is written as a constant. A route's is one,
// or a parameter named req, whose constants passedOn checks. That of a call or an
// exchange may come from anywhere.
func requirementValue(e ast.Expr, must bool, info *types.Info, known map[string]bool, found func(token.Pos, string, ...any) []Finding) []Finding {
	value := info.Types[e].Value
	if value == nil {
		if id, ok := e.(*ast.Ident); !must || ok && id.Name == parameter {
			return nil
		}
		return found(e.Pos(), "the requirement is not a constant; write the id in the table, so that it can be read and checked there")
	}
	id := strings.Trim(value.ExactString(), `"`)
	switch {
	case id == "":
		return found(e.Pos(), "the requirement is empty; say which line of spec/register.tsv it falls under")
	case !known[id]:
		return found(e.Pos(), "the requirement %s is not in spec/register.tsv; add its line or mend the id", id)
	}
	return nil
}
