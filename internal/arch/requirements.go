package arch

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/dockwright/dockwright/spec"
)

// mention is a comment that names requirements, in any of the languages of the
// tree.
var mention = regexp.MustCompile(`(?:^|\s)(?://|--|#|\*|/\*|<!--|\{\{/\*)\s*spec:\s+(.*)$`)

// idWord is a requirement's id at the start of what is left of the line.
var idWord = regexp.MustCompile(`^[,\s]*([a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+)`)

// sources are the endings of files whose comments may name requirements.
var sources = []string{".go", ".js", ".css", ".html", ".sql", ".tmpl"}

// Requirements checks that every id named in a comment is in the register and
// that every requirement marked yes is named by a test.
func Requirements(fsys fs.FS, register []spec.Requirement) ([]Finding, error) {
	known := map[string]spec.Requirement{}
	for _, r := range register {
		known[r.ID] = r
	}
	var out []Finding
	decided := map[string]bool{}
	err := walk(fsys, func(name string) error {
		if !slices.Contains(sources, path.Ext(name)) {
			return nil
		}
		src, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		for i, line := range strings.Split(string(src), "\n") {
			m := mention.FindStringSubmatch(line)
			if m == nil {
				continue
			}
			pos := fmt.Sprintf("%s:%d", name, i+1)
			ids := named(m[1])
			if len(ids) == 0 {
				out = append(out, Finding{RuleRequirement, pos, fmt.Sprintf("expected the id of a requirement after spec:, got %q", m[1])})
			}
			for _, id := range ids {
				if _, ok := known[id]; !ok {
					out = append(out, Finding{RuleRequirement, pos, fmt.Sprintf("%s is not in spec/register.tsv; add its line or mend the id", id)})
				}
				if isTest(name) {
					decided[id] = true
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read comments: %w", err)
	}
	for _, id := range slices.Sorted(maps.Keys(known)) {
		if r := known[id]; r.State == spec.Yes && !decided[id] {
			out = append(out, Finding{RuleDecided, fmt.Sprintf("spec/register.tsv:%d", r.Line), fmt.Sprintf("%s is marked yes and no test names it; put a comment spec: %s at the line that decides it, or mark it partial", id, id)})
		}
	}
	return sorted(out), nil
}

// named are the ids at the start of text, separated by commas or blanks.
func named(text string) []string {
	var ids []string
	for {
		m := idWord.FindStringSubmatch(text)
		if m == nil {
			return ids
		}
		ids = append(ids, strings.TrimRight(m[1], "-."))
		text = text[len(m[0]):]
	}
}

func isTest(name string) bool {
	return strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, ".test.js")
}
