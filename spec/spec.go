// Package spec is the platform as data: what an app extension may expect of the
// host and the host of an app, one requirement a line, each with where it is
// written, how sure that is, and whether this project keeps it.
//
// The register is spec/register.tsv. Lines that begin with "#" are comments, the
// first other line is the header, and every further line has these columns,
// separated by tabs:
//
//	id       dotted lower-case words, most general first: messaging.receive.updates-existing
//	source   the page, file or observation the requirement is read from
//	date     when that source was written or seen: YYYY-MM-DD, YYYY-MM, or YYYY
//	kind     documented, observed, guessed or ours
//	state    yes, partial, no or unknown
//	wording  one sentence of our own
//
// The code names an id at the line that implements it and a test at the line
// that decides it, both as a comment "spec:" with the id. internal/arch fails on
// an id that is not in the register and on a "yes" that no test names.
package spec

import (
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

//go:generate go run ./gen -o ../docs/COMPATIBILITY.md

//go:embed register.tsv
var register string

// Kind says how sure a requirement is.
type Kind string

// The kinds, surest first.
const (
	Documented Kind = "documented" // a public page or file of the platform says so
	Observed   Kind = "observed"   // seen in a live exchange or in code that runs against the platform
	Guessed    Kind = "guessed"    // sources are silent or disagree; the likeliest reading
	Ours       Kind = "ours"       // our own choice, where the platform leaves one or has no say
)

// State says how far this project keeps a requirement.
type State string

// The states.
const (
	Yes     State = "yes"     // kept, and a test decides it
	Partial State = "partial" // kept in part; the wording says which
	No      State = "no"      // not kept yet
	Unknown State = "unknown" // nobody has looked
)

// Requirement is one line of the register.
type Requirement struct {
	ID      string
	Source  string
	Date    string // as written: a day, a month or a year
	Kind    Kind
	State   State
	Wording string
	Line    int // in register.tsv, counted from 1
}

// Area is the first word of the id.
func (r Requirement) Area() string {
	area, _, _ := strings.Cut(r.ID, ".")
	return area
}

// Load returns the embedded register in the order of its lines.
func Load() ([]Requirement, error) { return Parse(register) }

// header are the columns, as the register's first line must name them.
var header = []string{"id", "source", "date", "kind", "state", "wording"}

var (
	idForm   = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)+$`)
	dateForm = regexp.MustCompile(`^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$`)
)

// Parse reads a register. The error names every bad line, not only the first.
func Parse(text string) ([]Requirement, error) {
	var (
		all        []Requirement
		faults     []error
		lines      = map[string]int{}
		headerSeen bool
	)
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSuffix(line, "\r")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		columns := strings.Split(line, "\t")
		if !headerSeen {
			if strings.Join(columns, " ") != strings.Join(header, " ") {
				return nil, fmt.Errorf("register line %d: expected the header %q, got %q", i+1, strings.Join(header, " "), strings.Join(columns, " "))
			}
			headerSeen = true
			continue
		}
		r, err := parseLine(columns)
		if err != nil {
			faults = append(faults, fmt.Errorf("register line %d: %w", i+1, err))
			continue
		}
		r.Line = i + 1
		if first, twice := lines[r.ID]; twice {
			faults = append(faults, fmt.Errorf("register line %d: %s is also on line %d; an id stands once", r.Line, r.ID, first))
			continue
		}
		lines[r.ID] = r.Line
		all = append(all, r)
	}
	if !headerSeen {
		return nil, errors.New("register: no header line; the file is empty")
	}
	return all, errors.Join(faults...)
}

// parseLine checks one line's columns.
func parseLine(columns []string) (Requirement, error) {
	if len(columns) != len(header) {
		return Requirement{}, fmt.Errorf("expected %d columns separated by tabs (%s), got %d", len(header), strings.Join(header, ", "), len(columns))
	}
	for i, c := range columns {
		columns[i] = strings.TrimSpace(c)
	}
	r := Requirement{
		ID: columns[0], Source: columns[1], Date: columns[2],
		Kind: Kind(columns[3]), State: State(columns[4]), Wording: columns[5],
	}
	switch {
	case !idForm.MatchString(r.ID):
		return r, fmt.Errorf("id: expected dotted lower-case words such as messaging.receive.updates-existing, got %q", r.ID)
	case r.Source == "":
		return r, fmt.Errorf("source of %s: expected the page, file or observation it is read from, got nothing", r.ID)
	case !dateForm.MatchString(r.Date):
		return r, fmt.Errorf("date of %s: expected YYYY-MM-DD, YYYY-MM or YYYY, got %q", r.ID, r.Date)
	case !r.Kind.known():
		return r, fmt.Errorf("kind of %s: expected documented, observed, guessed or ours, got %q", r.ID, r.Kind)
	case !r.State.known():
		return r, fmt.Errorf("state of %s: expected yes, partial, no or unknown, got %q", r.ID, r.State)
	case r.Wording == "":
		return r, fmt.Errorf("wording of %s: expected one sentence, got nothing", r.ID)
	}
	return r, nil
}

func (k Kind) known() bool {
	return k == Documented || k == Observed || k == Guessed || k == Ours
}

func (s State) known() bool {
	return s == Yes || s == Partial || s == No || s == Unknown
}
