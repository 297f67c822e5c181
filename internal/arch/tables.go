package arch

import (
	"fmt"
	"go/ast"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// companyless are the tables whose rows belong to no company, or are ordered over
// all of them, each with the reason.
var companyless = map[string]string{
	"account_attempt":  "failed sign-ins are counted before anybody is known",
	"account_setup":    "a link to a company that is not made yet",
	"account_login":    "one login may have a user in several companies",
	"account_sequence": "companies and logins are numbered over all companies",
	"control_clock":    "the host has one clock for all companies",
	"app_log":          "the operator's own; what was refused often has no company",
	"event_lease":      "which node follows is not a company's matter",
	"exchange":         "a refused token call belongs to nobody; the journal is bounded over all companies",
	"exchange_text":    "the texts of an exchange, by its number; the journal is bounded over all companies",
	"exchange_total":   "the journal is bounded over all companies",
	"lane_job":         "one rising number is the order inside every lane",
	"replay":           "its key is the secret that finds it",
	"setting":          "the operator's own",
}

// linksOutside are the references that do not begin with the company.
var linksOutside = map[string]string{
	"authz_installation (client_id)": "an app of one company may be installed in another",
	"account_user (login_id)":        "one login may have a user in several companies",
}

var (
	sqlComment  = regexp.MustCompile(`--[^\n]*`)
	createTable = regexp.MustCompile(`(?s)CREATE TABLE (\w+) \((.*?)\n\);`)
	foreignKey  = regexp.MustCompile(`FOREIGN KEY \(([^)]*)\)`)
	inlineKey   = regexp.MustCompile(`(?m)^\s*(\w+) [^\n(]*\bREFERENCES\b`)
	usedTable   = regexp.MustCompile(`\b(?:FROM|INTO|UPDATE|JOIN)\s+([a-z][a-z0-9_]*)`)
)

// Tables checks that the key of every table begins with the company, that links
// do too, and that a package's SQL names its own tables only.
func Tables(t *Tree) ([]Finding, error) {
	var out []Finding
	owners := map[string][]string{}
	err := walk(t.fsys, func(name string) error {
		if path.Ext(name) != ".sql" || path.Base(path.Dir(name)) != "schema" {
			return nil
		}
		text, err := fs.ReadFile(t.fsys, name)
		if err != nil {
			return err
		}
		room := path.Dir(path.Dir(name))
		for _, m := range createTable.FindAllStringSubmatch(sqlComment.ReplaceAllString(string(text), ""), -1) {
			owners[m[1]] = append(owners[m[1]], room)
			out = append(out, tableKeys(name, m[1], m[2])...)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the tables: %w", err)
	}
	for table := range companyless {
		if len(owners[table]) == 0 {
			out = append(out, Finding{RuleTidyTable, "internal/arch/tables.go", fmt.Sprintf("there is no table %s; take it off the list", table)})
		}
	}
	for _, p := range t.packages {
		for _, f := range p.files {
			if !f.test {
				out = append(out, foreignTables(t, p, f, owners)...)
			}
		}
	}
	return sorted(out), nil
}

// tableKeys checks one table's keys.
func tableKeys(file, table, body string) []Finding {
	var out []Finding
	keyed := strings.Contains(body, "PRIMARY KEY (company_id") || regexp.MustCompile(`(?m)^\s*company_id [^\n]*PRIMARY KEY`).MatchString(body)
	if !keyed && companyless[table] == "" {
		out = append(out, Finding{RuleTable, file, fmt.Sprintf("the primary key of %s does not begin with company_id; the database could not keep companies apart", table)})
	}
	links := foreignKey.FindAllStringSubmatch(body, -1)
	links = append(links, inlineKey.FindAllStringSubmatch(body, -1)...)
	for _, m := range links {
		link := fmt.Sprintf("%s (%s)", table, m[1])
		if !strings.HasPrefix(m[1], "company_id") && linksOutside[link] == "" {
			out = append(out, Finding{RuleTable, file, fmt.Sprintf("the link %s does not begin with company_id; it could lead into another company", link)})
		}
	}
	return out
}

// foreignTables finds SQL in a file that names another room's table.
func foreignTables(t *Tree, p *Package, f file, owners map[string][]string) []Finding {
	var out []Finding
	ast.Inspect(f.ast, func(n ast.Node) bool {
		lit, ok := n.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return true
		}
		for _, m := range usedTable.FindAllStringSubmatch(lit.Value, -1) {
			rooms := owners[m[1]]
			if len(rooms) > 0 && !matchAny(rooms, p.Path) {
				out = append(out, Finding{RuleTable, at(t.fset, lit.Pos()), fmt.Sprintf("%s must not name the table %s of %s: each room owns its tables and answers questions about them", p.Path, m[1], strings.Join(rooms, ", "))})
			}
		}
		return true
	})
	return out
}
