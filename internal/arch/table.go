package arch

import (
	"path"
	"slices"
	"strings"
)

// row says what the packages at one place may import. Whatever is not listed is
// banned; why is the reason that a finding gives. Patterns are import paths
// below the module; "x/*" is a folder directly in x, "x/**" is x and all below.
type row struct {
	at        string
	may       []string // of this module
	from      []string // of other modules: import path prefixes
	tests     []string // of this module, in tests only, beside anyTest
	testsFrom []string // of other modules, in tests only, beside anyTestFrom
	testOnly  bool     // nothing but tests and other such packages may import it
	why       string
}

// leaves are the packages below both buildings.
var leaves = []string{
	"internal/clock", "internal/dial", "internal/fault", "internal/lane",
	"internal/live", "internal/secret", "internal/store",
}

// anyTest may be imported by every test.
var (
	anyTest     = []string{"hosttest", "internal/browsertest", "internal/store/storetest", "internal/clock", "internal/fault"}
	anyTestFrom = []string{"github.com/chromedp", "go.uber.org/goleak", "pgregory.net/rapid", "golang.org/x/net"}
)

const (
	whyContract = "the contract and the register are read by host, apps and checker alike, and by other people's programs: they stand on the standard library alone"
	whyLeaf     = "a leaf is below both buildings and knows neither"
	whyFloors   = "a room knows the rooms below it; news goes up through the event log, and what a lower room must ask of a higher one is an interface that host wires"
	whyStreet   = "host and apps meet over HTTP and postMessage only, so that either can be replaced by the real thing"
	whyApp      = "an app is built from appkit, the contract and leaves, so that it runs against any host and beside any app"
	whyPlug     = "a connector knows its network and its parent's port, so that adding one changes its folder and one line of wiring"
	whyTests    = "what exists for tests must not reach the product"
)

// outside are the rows beside the host's rooms.
var outside = []row{
	{at: "pipedrive/**", may: []string{"pipedrive/**"}, why: whyContract},
	{at: "spec", why: whyContract},
	{at: "spec/gen", may: []string{"spec"}, why: "the generator renders the register and nothing else"},

	{at: "internal/clock", why: whyLeaf},
	{at: "internal/fault", why: whyLeaf},
	{at: "internal/secret", may: []string{"internal/fault"}, from: []string{"golang.org/x/crypto/argon2"}, why: whyLeaf},
	{at: "internal/dial", may: []string{"internal/fault"}, why: whyLeaf},
	{
		at: "internal/store", may: []string{"internal/clock", "internal/fault"},
		from: []string{"modernc.org/sqlite", "github.com/jackc/pgx/v5", "github.com/pressly/goose/v3"},
		why:  "store is the one place that knows the database drivers, and knows no room",
	},
	{at: "internal/lane", may: []string{"internal/clock", "internal/fault", "internal/store"}, why: whyLeaf},
	{
		at: "internal/live", may: []string{"internal/clock", "internal/fault", "internal/store"},
		from: []string{"github.com/coder/websocket"}, why: whyLeaf,
	},

	{at: "appkit", may: []string{"pipedrive/**", "internal/dial"}, from: []string{"golang.org/x/oauth2", "github.com/golang-jwt/jwt/v5"}, why: "appkit is public and goes into other people's apps: it brings the contract and guarded dialling, no storage and no room"},
	{at: "appkit/sqlvault", may: []string{"appkit"}, testsFrom: []string{"modernc.org/sqlite", "github.com/jackc/pgx/v5"}, why: "the store of tokens is written for database/sql, so that an app chooses its driver"},
	{at: "examples/*", may: []string{"appkit", "appkit/**", "pipedrive/**"}, why: "an example is what anybody could write with the kit alone"},
	{at: "internal/app/messaging", may: slices.Concat([]string{"appkit", "pipedrive/**"}, leaves), from: []string{"github.com/coder/websocket", "golang.org/x/time/rate", "github.com/google/uuid"}, tests: []string{"internal/lab/**", "internal/app/messaging/webchat"}, why: whyApp},
	{at: "internal/app/messaging/*", may: slices.Concat([]string{"internal/app/messaging"}, leaves), from: []string{"github.com/coder/websocket", "golang.org/x/time/rate", "github.com/google/uuid"}, tests: []string{"internal/lab/**"}, why: whyPlug},
	{at: "internal/lab/*", may: leaves, why: "the simulated outside world belongs to no building"},

	{at: "cmd/dockwright", may: []string{"**"}, from: []string{"github.com/alecthomas/kong", "github.com/prometheus/client_golang", "golang.org/x/net/html", "golang.org/x/sync"}, testsFrom: []string{"github.com/rogpeppe/go-internal/testscript", "github.com/coder/websocket", "github.com/chromedp"}, why: "the binary wires both buildings; only their flags live here"},
	{at: "bench", may: []string{"**"}, from: []string{"github.com/riverqueue/river", "github.com/jackc/pgx/v5"}, why: "the bench compares; River is here and nowhere else"},
	{at: "internal/arch", may: []string{"spec"}, why: "the rules read the source, they do not run it"},
	{at: "internal/store/storetest", may: []string{"internal/clock", "internal/fault", "internal/store"}, from: []string{"github.com/jackc/pgx/v5"}, testOnly: true, why: whyTests},
	{at: "internal/store/storetest/serve", may: []string{"internal/store/storetest"}, testOnly: true, why: whyTests},
	{at: "internal/browsertest", from: []string{"github.com/chromedp"}, testOnly: true, why: whyTests},
}

// floors are the host's rooms from the lowest to the highest. A room may import
// the rooms of lower floors, never one of its own.
var floors = [][]row{
	{{at: "internal/host/route"}},
	{{at: "internal/host/rest", from: []string{"github.com/google/uuid"}}},
	{{at: "internal/host/event"}, {at: "internal/host/journal"}},
	{{at: "internal/host/outbound"}},
	{{at: "internal/host/account"}},
	{{at: "internal/host/devhub", from: []string{"github.com/google/uuid", "github.com/santhosh-tekuri/jsonschema/v6"}}},
	{{at: "internal/host/authz", from: []string{"github.com/google/uuid"}}},
	{{at: "internal/host/records", from: []string{"github.com/google/uuid", "github.com/microcosm-cc/bluemonday"}}},
	{{at: "internal/host/inbox", from: []string{"github.com/google/uuid"}}, {at: "internal/host/videocall"}, {at: "internal/host/extension", from: []string{"github.com/golang-jwt/jwt/v5", "github.com/santhosh-tekuri/jsonschema/v6"}}},
	{{at: "internal/host/crm", from: []string{"github.com/google/uuid"}}},
	{{at: "internal/host/subscription", from: []string{"github.com/google/uuid"}}},
	{{at: "internal/host/control", from: []string{"github.com/google/uuid", "go.yaml.in/yaml/v3"}}},
	{{at: "internal/host/web", from: []string{"go.yaml.in/yaml/v3"}, testsFrom: []string{"github.com/coder/websocket"}}},
	{{at: "internal/host", testsFrom: []string{"github.com/getkin/kin-openapi"}, from: []string{"github.com/prometheus/client_golang", "golang.org/x/sync"}}},
	{{at: "internal/host/resttest", tests: []string{"hosttest", "spec"}, testsFrom: []string{"github.com/getkin/kin-openapi", "github.com/coder/websocket"}, testOnly: true}},
	{{at: "hosttest", may: []string{"appkit"}, from: []string{"github.com/jackc/pgx/v5"}, testOnly: true}},
}

// Table is every row: those outside the host and the host's floors, spelled out.
func Table() []row {
	all := slices.Clone(outside)
	below := slices.Concat([]string{"pipedrive/**", "spec"}, leaves)
	for _, floor := range floors {
		var these []string
		for _, r := range floor {
			these = append(these, r.at)
			r.may, r.why = slices.Concat(r.may, below), whyFloors
			all = append(all, r)
		}
		below = slices.Concat(below, these)
	}
	return all
}

// rowFor is the row whose pattern fits p most closely.
func rowFor(table []row, p string) (row, bool) {
	best, found := row{}, false
	for _, r := range table {
		if match(r.at, p) && (!found || len(r.at) > len(best.at) || r.at == p) {
			best, found = r, true
			if r.at == p {
				break
			}
		}
	}
	return best, found
}

// match says whether the path p below the module fits pattern.
func match(pattern, p string) bool {
	if pattern == "**" {
		return true
	}
	if base, ok := strings.CutSuffix(pattern, "/**"); ok {
		return p == base || strings.HasPrefix(p, base+"/")
	}
	if base, ok := strings.CutSuffix(pattern, "/*"); ok {
		return path.Dir(p) == base
	}
	return pattern == p
}

func matchAny(patterns []string, p string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return match(pattern, p) })
}

// fromAny says whether the import path p lies in one of the prefixes.
func fromAny(prefixes []string, p string) bool {
	return slices.ContainsFunc(prefixes, func(prefix string) bool {
		return p == prefix || strings.HasPrefix(p, prefix+"/")
	})
}
