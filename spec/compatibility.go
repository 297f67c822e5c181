package spec

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// areaTitles are the headings of the compatibility page. An area without one is
// headed by its name.
var areaTitles = map[string]string{
	"account":   "Companies, users and sign-in",
	"app":       "The messaging app and its networks",
	"authz":     "Installing and uninstalling",
	"crm":       "The host as a whole",
	"devhub":    "Developer Hub",
	"event":     "Committed changes",
	"inspector": "Inspector",
	"journal":   "Exchanges on the street",
	"lane":      "Ordered work",
	"live":      "Live updates",
	"meeting":   "Video calls",
	"messaging": "Messaging: manifest, provider endpoints, Channels API, inbox",
	"oauth":     "OAuth 2.0",
	"records":   "People, organizations, deals and leads",
	"rest":      "REST API",
	"secret":    "Secrets",
	"spec":      "This register",
	"store":     "Storage",
	"street":    "Between host and apps",
	"surface":   "Custom UI surfaces",
	"web":       "Pages",
	"webhooks":  "Webhooks",
}

// Markdown renders the register as docs/COMPATIBILITY.md: a summary, then one
// table an area. The order is that of the ids, so that the page does not change
// when lines of the register are moved.
func Markdown(all []Requirement, built []Exchange, missing []Endpoint) string {
	areas := map[string][]Requirement{}
	for _, r := range all {
		areas[r.Area()] = append(areas[r.Area()], r)
	}
	names := slices.Sorted(maps.Keys(areas))

	var b strings.Builder
	b.WriteString("# Compatibility\n\n" +
		"Generated from [`spec/register.tsv`](../spec/register.tsv) by `make generate`. Do not edit.\n\n" +
		"Kinds: *documented*, a public page or file of the platform says so; *observed*, seen on the wire or in\n" +
		"code that runs against it; *guessed*, sources are silent or disagree; *ours*, our own choice.\n" +
		"States: **yes**, kept, and a test decides it; **partial**; **no**, not yet; **unknown**, nobody has looked.\n\n")
	writeSummary(&b, names, areas)
	writeEndpoints(&b, built, missing)
	for _, name := range names {
		writeArea(&b, name, areas[name])
	}
	return b.String()
}

func writeSummary(b *strings.Builder, names []string, areas map[string][]Requirement) {
	b.WriteString("| Area | yes | partial | no | unknown |\n|---|---:|---:|---:|---:|\n")
	total := map[State]int{}
	for _, name := range names {
		count := map[State]int{}
		for _, r := range areas[name] {
			count[r.State]++
			total[r.State]++
		}
		fmt.Fprintf(b, "| [%s](#%s) | %d | %d | %d | %d |\n", title(name), name, count[Yes], count[Partial], count[No], count[Unknown])
	}
	fmt.Fprintf(b, "| All | %d | %d | %d | %d |\n", total[Yes], total[Partial], total[No], total[Unknown])
}

func writeArea(b *strings.Builder, name string, rows []Requirement) {
	slices.SortFunc(rows, func(x, y Requirement) int { return cmp.Compare(x.ID, y.ID) })
	fmt.Fprintf(b, "\n## <a id=\"%s\"></a>%s\n\n| Requirement | State | Kind | Wording | Source |\n|---|---|---|---|---|\n", name, title(name))
	for _, r := range rows {
		state := string(r.State)
		if r.State == Yes {
			state = "**yes**"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s, %s |\n", r.ID, state, r.Kind, cell(r.Wording), cell(r.Source), r.Date)
	}
}

func title(area string) string {
	if t, ok := areaTitles[area]; ok {
		return t
	}
	return strings.ToUpper(area[:1]) + area[1:]
}

// cell keeps a text inside one cell of a Markdown table.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", ">", "&gt;").Replace(s)
}

// writeEndpoints lists the operations of the REST API: those that have a sample
// exchange, which tests call, and those that are known to be missing.
func writeEndpoints(b *strings.Builder, built []Exchange, missing []Endpoint) {
	state := map[string]string{} // by "path method"
	for _, e := range built {
		if e.Status < 300 {
			method, path, _ := strings.Cut(e.Operation, " ")
			state[path+" "+method] = "**yes**"
		}
	}
	yes := len(state)
	for _, e := range missing {
		state[e.Path+" "+e.Method] = "no: " + e.Requirement
	}
	fmt.Fprintf(b, "\n## <a id=\"endpoints\"></a>Endpoints of the REST API\n\n"+
		"%d operations are answered; each is called by a test that checks the answer against the OpenAPI description and a sample\n"+
		"from another source. %d that the platform has are not, and answer 501 with the requirement named here. Whatever is under\n"+
		"`/v1` is under `/api/v1` too.\n\n| Path | Method | State |\n|---|---|---|\n", yes, len(missing))
	for _, key := range slices.Sorted(maps.Keys(state)) {
		path, method, _ := strings.Cut(key, " ")
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", path, method, state[key])
	}
}
