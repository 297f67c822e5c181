// Package arch holds the house rules and the checks that keep them: who may
// import whom, which functions only a few rooms may call, what every package,
// route and requirement must have. The rules are tables (table.go, calls.go);
// the tests run them over the module and over planted faults, because a rule
// that has never caught anything is not yet a rule.
package arch

import (
	"cmp"
	"fmt"
	"go/token"
	"slices"
)

// Finding is one breach of a rule.
type Finding struct {
	Rule string // the name of the rule
	Pos  string // file:line below the module's root, or a package's path
	Text string // what is wrong and why it matters
}

func (f Finding) String() string { return fmt.Sprintf("%s: [%s] %s", f.Pos, f.Rule, f.Text) }

// The names of the rules.
const (
	RuleImport      = "import"       // a package imports only what its row of the table allows
	RuleThirdParty  = "third-party"  // a library is imported only by the rooms that are listed for it
	RuleTestOnly    = "test-only"    // what exists for tests is imported by tests only
	RuleRow         = "row"          // every package has a row in the table
	RuleComment     = "comment"      // every package says what it is for
	RuleName        = "name"         // no two packages have one name
	RuleCall        = "call"         // some functions are for a few callers
	RulePanic       = "panic"        // product code returns errors
	RuleSkip        = "skip"         // no test is skipped
	RuleSleep       = "sleep"        // no test waits for the clock on the wall
	RuleRoute       = "route"        // every route names a requirement of the register
	RuleRequirement = "requirement"  // every requirement that is named exists
	RuleDecided     = "decided"      // every requirement marked yes is named by a test
	RuleTable       = "table"        // keys begin with the company; SQL names a room's own tables
	RuleTidyTable   = "unused-entry" // every entry of a list of callers is used
)

// sorted orders findings by place and removes repetitions.
func sorted(all []Finding) []Finding {
	slices.SortFunc(all, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Pos, b.Pos), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Text, b.Text))
	})
	return slices.Compact(all)
}

// at is a place as findings give it.
func at(fset *token.FileSet, pos token.Pos) string {
	p := fset.Position(pos)
	return fmt.Sprintf("%s:%d", p.Filename, p.Line)
}
