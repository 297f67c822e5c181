package arch

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/dockwright/dockwright/spec"
)

// plant is a small module with one fault in it.
type plant struct {
	name  string
	rule  string
	text  string            // what the finding must say
	files map[string]string // path below the module → source
}

const (
	header   = "id\tsource\tdate\tkind\tstate\twording\n"
	oneYes   = header + "oauth.code.single-use\tpage\t2026\tours\tyes\tA code works once.\n"
	oneNo    = header + "oauth.code.single-use\tpage\t2026\tours\tno\tA code works once.\n"
	floorDoc = "// Package account is a room.\npackage account\n"
)

// plants has at least one fault for each rule; TestPlantsCoverTheRules says so.
var plants = []plant{
	{
		name: "host imports app", rule: RuleImport, text: "replaced by the real thing",
		files: map[string]string{"internal/host/inbox/a.go": doc("inbox") + importing("internal/app/messaging")},
	},
	{
		name: "app imports host", rule: RuleImport, text: "replaced by the real thing",
		files: map[string]string{"internal/app/messaging/a.go": doc("messaging") + importing("internal/host/route")},
	},
	{
		name: "a test of the app imports the host", rule: RuleImport, text: "replaced by the real thing",
		files: map[string]string{
			"internal/app/messaging/a.go":      doc("messaging"),
			"internal/app/messaging/a_test.go": "package messaging_test\n" + importing("internal/host/inbox"),
		},
	},
	{
		name: "contract imports a leaf", rule: RuleImport, text: "standard library alone",
		files: map[string]string{"pipedrive/messagingapi/a.go": doc("messagingapi") + importing("internal/fault")},
	},
	{
		name: "contract imports a library", rule: RuleThirdParty, text: "github.com/google/uuid",
		files: map[string]string{"pipedrive/crmapi/a.go": doc("crmapi") + library("github.com/google/uuid")},
	},
	{
		name: "a leaf imports a room", rule: RuleImport, text: "knows neither",
		files: map[string]string{"internal/lane/a.go": doc("lane") + importing("internal/host/route")},
	},
	{
		name: "a low room imports a high one", rule: RuleImport, text: "interface that host wires",
		files: map[string]string{"internal/host/records/a.go": doc("records") + importing("internal/host/inbox")},
	},
	{
		name: "rooms of one floor", rule: RuleImport, text: "interface that host wires",
		files: map[string]string{"internal/host/inbox/a.go": doc("inbox") + importing("internal/host/videocall")},
	},
	{
		name: "a connector imports the contract", rule: RuleImport, text: "connector knows its network",
		files: map[string]string{"internal/app/messaging/webchat/a.go": doc("webchat") + importing("pipedrive/messagingapi")},
	},
	{
		name: "a connector imports its sibling", rule: RuleImport, text: "connector knows its network",
		files: map[string]string{"internal/app/messaging/webchat/a.go": doc("webchat") + importing("internal/app/messaging/telegram")},
	},
	{
		name: "appkit imports storage", rule: RuleImport, text: "other people's apps",
		files: map[string]string{"appkit/a.go": doc("appkit") + importing("internal/store")},
	},
	{
		name: "a room imports a database driver", rule: RuleThirdParty, text: "a new one is an ADR",
		files: map[string]string{"internal/host/records/a.go": doc("records") + library("github.com/jackc/pgx/v5")},
	},
	{
		name: "a driver outside its list by a longer name", rule: RuleThirdParty, text: "github.com/coder/websocketx",
		files: map[string]string{"internal/live/a.go": doc("live") + library("github.com/coder/websocketx")},
	},
	{
		name: "the product imports what tests need", rule: RuleTestOnly, text: "must not reach the product",
		files: map[string]string{"cmd/dockwright/a.go": "// Command dockwright runs.\npackage main\n" + importing("internal/store/storetest")},
	},
	{
		name: "a package without a row", rule: RuleRow, text: "no row in the table",
		files: map[string]string{"internal/util/a.go": doc("util")},
	},
	{
		name: "a folder of tests without a row", rule: RuleRow, text: "no row in the table",
		files: map[string]string{"internal/e2e/a_test.go": "package e2e\n"},
	},
	{
		name: "a package without a comment", rule: RuleComment, text: `"Package account "`,
		files: map[string]string{"internal/host/account/a.go": "package account\n"},
	},
	{
		name: "a package with another's comment", rule: RuleComment, text: `"Package account "`,
		files: map[string]string{"internal/host/account/a.go": "// Package devhub is a room.\npackage account\n"},
	},
	{
		name: "a comment in a test only", rule: RuleComment, text: `"Package account "`,
		files: map[string]string{"internal/host/account/a.go": "package account\n", "internal/host/account/a_test.go": floorDoc},
	},
	{
		name: "two packages of one name", rule: RuleName, text: "internal/host/account",
		files: map[string]string{"internal/host/account/a.go": floorDoc, "internal/host/devhub/a.go": floorDoc},
	},
	{
		name: "a test that is skipped", rule: RuleSkip, text: "decides nothing",
		files: map[string]string{
			"internal/clock/a.go":      doc("clock"),
			"internal/clock/a_test.go": "package clock\nimport \"testing\"\nfunc TestA(t *testing.T) { t.Skip(\"later\") }\n",
		},
	},
	{
		name: "a test that sleeps", rule: RuleSleep, text: "wait for a signal",
		files: map[string]string{
			"internal/clock/a.go":      doc("clock"),
			"internal/clock/a_test.go": "package clock\nimport \"time\"\nfunc wait() { time.Sleep(time.Second) }\n",
		},
	},
	{
		name: "a comment names a requirement that is not there", rule: RuleRequirement, text: "oauth.code.twice is not in",
		files: map[string]string{"spec/register.tsv": oneNo, "internal/clock/a.go": doc("clock") + "\n// spec: oauth.code.single-use, oauth.code.twice\nvar x int\n"},
	},
	{
		name: "a template names a requirement that is not there", rule: RuleRequirement, text: "page.nothing is not in",
		files: map[string]string{"spec/register.tsv": oneNo, "internal/host/web/templates/a.html": "<p>\n{{/* spec: page.nothing */}}\n</p>\n"},
	},
	{
		name: "a comment names nothing", rule: RuleRequirement, text: "expected the id",
		files: map[string]string{"spec/register.tsv": oneNo, "internal/clock/a.go": doc("clock") + "\n// spec: see above\nvar x int\n"},
	},
	{
		name: "a yes that only the code names", rule: RuleDecided, text: "no test names it",
		files: map[string]string{"spec/register.tsv": oneYes, "internal/clock/a.go": doc("clock") + "\n// spec: oauth.code.single-use\nvar x int\n"},
	},
	{
		name: "an unbound write in a room", rule: RuleCall, text: "every company's rows",
		files: map[string]string{"internal/host/inbox/a.go": doc("inbox") + importing("context", "internal/store") +
			"func f(ctx context.Context, db *store.DB) error { return db.Update(ctx, nil) }\n"},
	},
	{
		name: "an unbound write under another name", rule: RuleCall, text: "every company's rows",
		files: map[string]string{"internal/host/inbox/a.go": doc("inbox") + importing("internal/store") +
			"type hidden struct{ *store.DB }\nfunc f(h hidden) any { return h.View }\n"},
	},
	{
		name: "a transaction unbound in a room", rule: RuleCall, text: "learns the company",
		files: map[string]string{"internal/host/records/a.go": doc("records") + importing("internal/store") +
			"func f(tx *store.Tx) *store.Tx { return tx.Unbound() }\n"},
	},
	{
		name: "a path beside the tables", rule: RuleCall, text: "no guard",
		files: map[string]string{"internal/host/inbox/a.go": doc("inbox") + importing("net/http") +
			"func f(m *http.ServeMux) { m.HandleFunc(\"/\", nil) }\n"},
	},
	{
		name: "a call out past the door", rule: RuleCall, text: "guard the address",
		files: map[string]string{"internal/host/devhub/a.go": doc("devhub") + importing("net/http") +
			"func f() { http.DefaultClient.Do(nil) }\n"},
	},
	{
		name: "a global logger", rule: RuleCall, text: "logger is passed in",
		files: map[string]string{"internal/host/devhub/a.go": doc("devhub") + importing("log/slog") +
			"func f() { slog.Info(\"hello\") }\n"},
	},
	{
		name: "a setting from nowhere", rule: RuleCall, text: "flags of the binary",
		files: map[string]string{"internal/host/devhub/a.go": doc("devhub") + importing("os") +
			"func f() string { return os.Getenv(\"X\") }\n"},
	},
	{
		name: "a panic", rule: RulePanic, text: "returns errors",
		files: map[string]string{"internal/host/devhub/a.go": doc("devhub") + "func f() { panic(1) }\n"},
	},
	{
		name: "a table without the company in its key", rule: RuleTable, text: "primary key of note",
		files: map[string]string{"internal/host/records/schema/00001_records.sql": "CREATE TABLE note (\n    company_id BIGINT, -- PRIMARY KEY (company_id)\n    id BIGINT PRIMARY KEY\n);\n"},
	},
	{
		name: "a link that leaves the company", rule: RuleTable, text: "note (person_id)",
		files: map[string]string{"internal/host/records/schema/00001_records.sql": "CREATE TABLE note (\n    company_id BIGINT,\n    person_id BIGINT,\n    PRIMARY KEY (company_id, person_id),\n    FOREIGN KEY (person_id) REFERENCES person (id)\n);\n"},
	},
	{
		name: "a link in a column that leaves the company", rule: RuleTable, text: "note (person_id)",
		files: map[string]string{"internal/host/records/schema/00001_records.sql": "CREATE TABLE note (\n    company_id BIGINT,\n    person_id BIGINT NOT NULL REFERENCES person (id),\n    PRIMARY KEY (company_id, person_id)\n);\n"},
	},
	{
		name: "SQL over another room's table", rule: RuleTable, text: "must not name the table note",
		files: map[string]string{
			"internal/host/records/schema/00001_records.sql": "CREATE TABLE note (\n    company_id BIGINT,\n    PRIMARY KEY (company_id)\n);\n",
			"internal/host/inbox/a.go":                       doc("inbox") + "const q = `SELECT text\n\tFROM note WHERE company_id = @company`\n",
		},
	},
	{
		name: "a permission that nobody needs", rule: RuleTidyTable, text: "take it off the list",
		files: map[string]string{"internal/clock/a.go": doc("clock")},
	},
	{
		name: "a route without a requirement", rule: RuleRoute, text: "names no requirement",
		files: map[string]string{"internal/host/devhub/a.go": doc("devhub") + importing("internal/host/route") +
			"var routes = []route.Route{{Method: \"GET\", Pattern: \"/\"}}\n"},
	},
	{
		name: "a route with an empty requirement", rule: RuleRoute, text: "is empty",
		files: map[string]string{"internal/host/devhub/a.go": doc("devhub") + importing("internal/host/route") +
			"var r = &route.Route{Method: \"GET\", Pattern: \"/\", Req: \"\"}\n"},
	},
	{
		name: "a route with an unknown requirement", rule: RuleRoute, text: "oauth.code.twice is not in",
		files: map[string]string{"spec/register.tsv": oneNo, "internal/host/devhub/a.go": doc("devhub") + importing("internal/host/route") +
			"const id = \"oauth.code.twice\"\nvar routes = []route.Route{{Pattern: \"/\", Req: id}}\n"},
	},
	{
		name: "a route whose requirement is computed", rule: RuleRoute, text: "not a constant",
		files: map[string]string{"internal/host/devhub/a.go": doc("devhub") + importing("internal/host/route") +
			"func f(id string) route.Route { return route.Route{Pattern: \"/\", Req: id} }\n"},
	},
	{
		name: "a route made by a function with an unknown requirement", rule: RuleRoute, text: "oauth.code.twice is not in",
		files: map[string]string{"internal/host/devhub/a.go": doc("devhub") + importing("internal/host/route") +
			"func f() route.Route {\n\tat := func(req string) route.Route { return route.Route{Pattern: \"/\", Req: req} }\n\treturn at(\"oauth.code.twice\")\n}\n"},
	},
	{
		name: "a path of an app without a requirement", rule: RuleRoute, text: "names no requirement",
		files: map[string]string{"internal/app/messaging/webchat/a.go": doc("webchat") + importing("internal/app/messaging") +
			"var r = []messaging.Route{{Pattern: \"/\"}}\n"},
	},
	{
		name: "a call that names an unknown requirement", rule: RuleRoute, text: "oauth.code.twice is not in",
		files: map[string]string{"internal/host/inbox/a.go": doc("inbox") + importing("internal/host/outbound") +
			"func f(id string) []outbound.Call { return []outbound.Call{{Requirement: id}, {Requirement: \"oauth.code.twice\"}} }\n"},
	},
	{
		name: "a route without field names", rule: RuleRoute, text: "fields of a route are named",
		files: map[string]string{"internal/host/devhub/a.go": doc("devhub") + importing("internal/host/route") +
			"var r = route.Route{\"GET\", \"/\", 0, nil, \"x.y\", nil}\n"},
	},
}

func doc(name string) string { return "// Package " + name + " is planted.\npackage " + name + "\n" }

// importing writes the imports of packages of the module and of the standard
// library.
func importing(paths ...string) string {
	var b strings.Builder
	for _, p := range paths {
		if strings.HasPrefix(p, "internal/") || strings.HasPrefix(p, "pipedrive/") || p == "appkit" {
			p = Module + "/" + p
		}
		b.WriteString("import \"" + p + "\"\n")
	}
	return b.String()
}

func library(p string) string { return "import _ \"" + p + "\"\n" }

func TestPlantedFaultsAreCaught(t *testing.T) {
	t.Parallel()
	for _, p := range plants {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			found := inspect(t, p.files)
			for _, f := range found {
				if f.Rule == p.rule && strings.Contains(f.String(), p.text) {
					return
				}
			}
			t.Errorf("the rule %s did not say %q; it found %v", p.rule, p.text, found)
		})
	}
}

// inspect runs every check over a planted module. What does not type-check is
// left to the checks that read no types.
func inspect(t *testing.T, files map[string]string) []Finding {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, src := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(src)}
	}
	tree, err := Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	var register []spec.Requirement
	if text := files["spec/register.tsv"]; text != "" {
		if register, err = spec.Parse(text); err != nil {
			t.Fatal(err)
		}
	}
	found := append(Imports(tree, Table()), Habits(tree)...)
	named, err := Requirements(fsys, register)
	if err != nil {
		t.Fatal(err)
	}
	calls, err := Calls(tree, exported, known(register))
	if err != nil {
		t.Logf("types: %v", err)
	}
	tables, err := Tables(tree)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Concat(found, named, tables, calls)
}

func TestPlantsCoverTheRules(t *testing.T) {
	t.Parallel()
	planted := map[string]bool{}
	for _, p := range plants {
		planted[p.rule] = true
	}
	all := []string{
		RuleImport, RuleThirdParty, RuleTestOnly, RuleRow, RuleComment, RuleName, RuleCall,
		RulePanic, RuleSkip, RuleSleep, RuleRoute, RuleRequirement, RuleDecided, RuleTidyTable, RuleTable,
	}
	slices.Sort(all)
	if got := slices.Sorted(maps.Keys(planted)); !slices.Equal(got, all) {
		t.Errorf("faults are planted for %v, the rules are %v", got, all)
	}
}

// What the rules allow must pass, or they would be kept by nobody.
func TestWhatIsAllowedPasses(t *testing.T) {
	t.Parallel()
	found := inspect(t, map[string]string{
		"spec/register.tsv":                   oneYes,
		"internal/host/account/a.go":          doc("account") + importing("internal/store") + "func f(tx *store.Tx) *store.Tx { return tx.Bind(1) }\n",
		"internal/host/account/a_test.go":     "package account_test\n" + importing("internal/store/storetest") + library("pgregory.net/rapid") + "\n// spec: oauth.code.single-use\nvar x int\n",
		"internal/host/devhub/a.go":           doc("devhub") + importing("internal/host/route", "internal/host/account") + "var routes = []route.Route{{Pattern: \"/\", Req: \"oauth.code.single-use\"}}\nvar none route.Route = route.Route{}\n",
		"internal/app/messaging/webchat/a.go": doc("webchat") + library("github.com/coder/websocket"),
		"internal/clock/a_test.go":            "// Package clock is tested.\npackage clock\nimport (\"testing/synctest\"; \"time\")\nvar _ = synctest.Wait\nfunc wait() { time.Sleep(1) }\n",
		"internal/host/account/rapid_test.go": "package account_test\n" + "import \"pgregory.net/rapid\"\nfunc f(t *rapid.T) { t.Skip(\"cannot be\") }\n",
		"internal/clock/testdata/bad.go":      "package nothing\nimport \"github.com/nobody/nothing\"\n",
	})
	for _, f := range found {
		if f.Rule != RuleTidyTable {
			t.Error(f)
		}
	}
}
