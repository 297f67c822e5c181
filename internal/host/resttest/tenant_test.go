package resttest

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dockwright/dockwright/hosttest"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

// neighbours are two companies of a host, filled by the same calls, so that both
// have a person 1, a deal 1 and so on. The rich one has three of each thing where
// the poor one has one, and a user more.
type neighbours struct {
	*street
	poor, rich *member
}

// everywhere are things that each company has alike.
var everywhere = []string{"activity field code"}

// password opens the door for an admin of each company.
const password = "correct horse battery"

// newNeighbours fills two companies; the rich one is the second, or the first if
// turned.
func newNeighbours(t *testing.T, turned bool, opts ...hosttest.Option) *neighbours {
	t.Helper()
	s := newStreet(t, append(opts, hosttest.Clock(time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)))...)
	poor, rich := s.Tenant, s.Second()
	if turned {
		poor, rich = rich, poor
	}
	n := &neighbours{s, s.member(poor, "Quillon"), s.member(rich, "Vexmoor")}
	s.Seed(`companies: [{domain: ` + rich.Company.Domain + `, existing: true, users: [{ref: third, name: Vexmoor Third, email: third@vexmoor.example}]}]`)
	n.rich.user = s.Seeded[rich.Company.Domain].Users["third"].ID
	return n
}

// member fills a company with one of each thing.
func (s *street) member(of *hosttest.Tenant, mark string) *member {
	s.t.Helper()
	s.Seed(fmt.Sprintf(`companies: [{domain: %s, existing: true, users: [{ref: boss, name: %s Boss, email: boss@%s.example, admin: true, password: %s}]}]`,
		of.Company.Domain, mark, strings.ToLower(mark), password))
	boss := s.Seeded[of.Company.Domain].Users["boss"]
	app := s.Install(boss, of.App.Scopes...)
	m := &member{
		s: s, token: app.AccessToken, company: of.Company.Domain, mark: mark, user: of.Agent.ID, own: boss.ID, app: app.ClientID,
		number: of.Company.ID, hooks: receiver(s.t), fixed: map[string][]any{}, option: map[any]int64{},
	}
	for _, thing := range slices.Sorted(maps.Keys(things)) {
		m.path(thing)
	}
	return m
}

// beyond are paths to things that only the rich company has, by thing.
func (n *neighbours) beyond() map[string][]any {
	n.t.Helper()
	out := map[string][]any{}
	for _, thing := range slices.Sorted(maps.Keys(things)) {
		path := n.rich.another(thing)
		if strings.HasSuffix(thing, " option") {
			_, code := n.rich.field(strings.TrimSuffix(thing, " option") + "Fields")
			path = []any{n.rich.option[code]}
		}
		own := n.poor.path(thing)
		for i, id := range path {
			if number, ok := id.(int64); ok && number <= own[i].(int64) {
				n.t.Errorf("%s: %v is no id beyond those of the other company, which has %v", thing, path, own)
			}
		}
		out[thing] = path
	}
	return out
}

// try makes a call and returns what comes, whatever it is.
func (s *street) try(c call) (status int, header http.Header, raw []byte) {
	s.t.Helper()
	if parts, ok := c.body.([]formPart); ok {
		c.body, c.kind = multipartBody(s.t, parts...)
	}
	resp, err := http.DefaultTransport.RoundTrip(s.request(c))
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(resp.Body); err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, b.Bytes()
}

// leaks reports whether an answer tells anything of a company.
func (m *member) leaks(raw []byte) bool {
	text := bytes.ToLower(raw)
	return bytes.Contains(text, []byte(strings.ToLower(m.mark))) || bytes.Contains(text, []byte(m.company))
}

// nobody is an id of the same kind that no company has.
func nobody(id any) any {
	switch id := id.(type) {
	case int64:
		return int64(4_000_001)
	case string:
		switch {
		case uuids.MatchString(id):
			return "0b7f6f1e-2a77-4f0e-9f53-5d2f6a1c7e10"
		case hexes.MatchString(id):
			return strings.Repeat("9", len(id))
		}
		return "nobodys"
	}
	return id
}

var (
	uuids = regexp.MustCompile(`^[0-9a-f]{8}-`)
	hexes = regexp.MustCompile(`^[0-9a-f]{32,40}$`)
)

// without is raw with ids taken out, so that two refusals can be compared.
func without(raw []byte, ids ...any) string {
	text := string(raw)
	for _, id := range ids {
		text = regexp.MustCompile(`\b`+regexp.QuoteMeta(fmt.Sprint(id))+`\b`).ReplaceAllString(text, "ID")
	}
	return text
}

// Whatever an app of one company calls, with whatever ids, it reaches nothing of
// another company, and cannot tell an id that only the other has from one that
// nobody has.
// spec: tenancy.isolated
func TestTenantIsolation(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(t *testing.T) *neighbours{
		"from the first company": func(t *testing.T) *neighbours { return newNeighbours(t, false) },
		"from the second company, on PostgreSQL": func(t *testing.T) *neighbours {
			return newNeighbours(t, true, hosttest.Postgres(storetest.PostgresURL(t)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			isolated(t, open(t))
		})
	}
}

func isolated(t *testing.T, n *neighbours) {
	t.Helper()
	for _, op := range n.Operations() {
		if _, ok := table[op]; !ok {
			t.Errorf("TestTenantIsolation does not know %s: say in operations_test.go what its path names, what it takes and what in it names something", op)
		}
	}
	if t.Failed() {
		return
	}
	theirs := n.beyond()
	before := n.snapshot(n.rich)
	own := n.snapshot(n.poor)
	for _, op := range n.Operations() {
		row := table[op]
		n.foreignPaths(op, row, theirs)
		n.foreignReferences(op, row, theirs)
		n.foreignFilters(op, row, theirs)
	}
	if now := n.snapshot(n.poor); !maps.Equal(now, own) {
		t.Errorf("what was refused has changed something: %s", differing(own, now))
	}
	for _, op := range n.Operations() {
		n.ownPaths(op, table[op])
	}
	if now := n.snapshot(n.rich); !maps.Equal(now, before) {
		t.Errorf("the other company has changed: %s", differing(before, now))
	}
}

// foreignPaths calls an operation with paths of the other company.
func (n *neighbours) foreignPaths(op string, row operation, theirs map[string][]any) {
	n.t.Helper()
	thing := row.of + row.ids
	if thing == "" || slices.Contains(everywhere, thing) {
		return
	}
	path, mine := theirs[thing], n.poor.path(thing)
	paths := [][]any{path}
	if len(path) > 1 { // below something of one's own
		paths = append(paths, []any{mine[0], path[1]})
		mine = []any{mine[0], nil}
	}
	for _, path := range paths {
		absent := slices.Clone(path)
		for i, id := range path {
			if fmt.Sprint(id) != fmt.Sprint(mine[i]) {
				absent[i] = nobody(id)
			}
		}
		status, raw := n.callOn(op, row, path)
		emptyStatus, empty := n.callOn(op, row, absent)
		if n.rich.leaks([]byte(without(raw, path...))) {
			n.t.Errorf("%s %v: tells of the other company: %s", op, path, raw)
		}
		want := 404
		if row.foreign != 0 {
			want = row.foreign
		}
		if status != want && (row.ids == "" || status >= 500) {
			n.t.Errorf("%s %v: status %d, want %d: %s", op, path, status, want, raw)
		}
		if got, want := without(raw, path...), without(empty, absent...); status != emptyStatus || got != want {
			n.t.Errorf("%s %v: answers %d %s; for an id that nobody has %d %s", op, path, status, got, emptyStatus, want)
		}
	}
}

// callOn calls an operation on a path, with what it takes.
func (n *neighbours) callOn(op string, row operation, path []any) (status int, raw []byte) {
	n.t.Helper()
	c := call{op: op, token: n.poor.token}
	if row.query != nil {
		c.query = row.query(n.poor)
	}
	if row.of != "" {
		c.path = path
	}
	if row.ids != "" {
		c.query = "ids=" + fmt.Sprint(path[0])
	}
	if row.body != nil {
		made := n.poor.made
		c.body = row.body(n.poor, path)
		n.poor.made = made // both calls say the same
	}
	status, _, raw = n.try(c)
	return status, raw
}

// foreignReferences calls an operation of one's own with bodies that name things
// of the other company.
func (n *neighbours) foreignReferences(op string, row operation, theirs map[string][]any) {
	n.t.Helper()
	for _, field := range slices.Sorted(maps.Keys(row.refs)) {
		thing := row.refs[field]
		id := theirs[thing][len(theirs[thing])-1]
		ask := func(id any) (int, []byte) {
			c := call{op: op, token: n.poor.token}
			if row.of != "" {
				c.path = n.poor.path(row.of)
			}
			var given any = object{}
			if row.body != nil {
				made := n.poor.made
				given = row.body(n.poor, c.path)
				n.poor.made = made
			}
			c.body = n.poor.naming(given, field, id)
			status, _, raw := n.try(c)
			return status, raw
		}
		status, raw := ask(id)
		emptyStatus, empty := ask(nobody(id))
		want := 400
		if row.unknown != 0 {
			want = row.unknown
		}
		if status != want {
			n.t.Errorf("%s with %s of the other company: status %d, want %d: %s", op, field, status, want, raw)
		}
		if n.rich.leaks([]byte(without(raw, id))) {
			n.t.Errorf("%s with %s of the other company: tells of it: %s", op, field, raw)
		}
		if got, want := without(raw, id), without(empty, nobody(id)); status != emptyStatus || got != want {
			n.t.Errorf("%s with %s of the other company: answers %d %s; for an id that nobody has %d %s", op, field, status, got, emptyStatus, want)
		}
	}
}

// naming is a body in which a field names id. "{code}" is the key of a custom
// field, "{person}" the value of one's own custom field of persons.
func (m *member) naming(body any, field string, id any) any {
	switch b := body.(type) {
	case url.Values:
		out := maps.Clone(b)
		out.Set(field, fmt.Sprint(id))
		return out
	case []formPart:
		return append(slices.Clone(b), formPart{name: field, body: []byte(fmt.Sprint(id))})
	case []any:
		first := maps.Clone(b[0].(object))
		first[strings.TrimPrefix(field, "[].")] = id
		return []any{first}
	}
	out := maps.Clone(body.(object))
	if place, of, custom := strings.Cut(field, "{"); custom {
		key, value := any(id), id
		if of == "code}" {
			value = "x"
		} else {
			key = m.id(strings.TrimSuffix(of, "}") + " field code")
		}
		if place == "" {
			out[fmt.Sprint(key)] = value
		} else {
			out[place] = object{fmt.Sprint(key): value}
		}
		return out
	}
	list, inner, nested := strings.Cut(field, "[]")
	switch {
	case !nested:
		out[field] = id
	case inner == "":
		out[list] = []any{id}
	default:
		item := object{strings.TrimPrefix(inner, "."): id}
		if list == "attendees" {
			item["email"], item["email_address"] = "guest@mail.example", "guest@mail.example"
		}
		out[list] = []any{item}
	}
	return out
}

// foreignFilters asks lists for what belongs to things of the other company, and
// searches for its texts.
func (n *neighbours) foreignFilters(op string, row operation, theirs map[string][]any) {
	n.t.Helper()
	queries := []string{}
	for _, name := range slices.Sorted(maps.Keys(row.filters)) {
		thing := row.filters[name]
		queries = append(queries, name+"="+fmt.Sprint(theirs[thing][len(theirs[thing])-1]))
	}
	if row.finds != "" {
		for i, q := range queries {
			queries[i] = row.finds + n.poor.mark + "&" + q
		}
		queries = append(queries, row.finds+n.rich.mark)
	}
	for _, q := range queries {
		c := call{op: op, token: n.poor.token, query: q}
		if row.of != "" {
			c.path = n.poor.path(row.of)
		}
		status, _, raw := n.try(c)
		if status != 200 && status != 400 && status != 404 {
			n.t.Errorf("%s?%s: status %d: %s", op, q, status, raw)
		}
		if n.rich.leaks(raw) {
			n.t.Errorf("%s?%s: tells of the other company: %s", op, q, raw)
		}
		if strings.Contains(q, n.rich.mark) && n.poor.leaks(bytes.ReplaceAll(raw, []byte(n.poor.company), nil)) {
			n.t.Errorf("%s?%s: finds what does not fit: %s", op, q, raw)
		}
	}
}

// ownPaths calls an operation as it is meant, with ids that both companies have.
func (n *neighbours) ownPaths(op string, row operation) {
	n.t.Helper()
	c := call{op: op, want: row.success()}
	if row.of != "" {
		c.path = n.poor.path(row.of)
		if method, _, _ := strings.Cut(op, " "); method != http.MethodGet { // it may be gone afterwards
			c.path = n.poor.another(row.of)
		}
	}
	switch {
	case row.ids != "":
		c.query = "ids=" + fmt.Sprint(n.poor.another(row.ids)[0])
	case row.finds != "":
		c.query = row.finds + n.poor.mark
	case row.query != nil:
		c.query = row.query(n.poor)
	}
	if row.body != nil {
		c.body = row.body(n.poor, c.path)
	}
	if parts, ok := c.body.([]formPart); ok {
		c.body, c.kind = multipartBody(n.t, parts...)
	}
	a := n.poor.do(c)
	if n.rich.leaks(a.raw) {
		n.t.Errorf("%s %v: tells of the other company: %s", op, c.path, a.raw)
	}
	if row.finds != "" && !n.poor.leaks(a.raw) {
		n.t.Errorf("%s?%s: finds nothing of one's own: %s", op, c.query, a.raw)
	}
}

// snapshot is everything of a company that can be read, by operation.
func (n *neighbours) snapshot(m *member) map[string]string {
	n.t.Helper()
	out := map[string]string{}
	for _, op := range n.Operations() {
		row := table[op]
		if !strings.HasPrefix(op, "GET ") {
			continue
		}
		c := call{op: op, token: m.token}
		if row.of != "" {
			c.path = m.path(row.of)
		}
		switch {
		case row.finds != "":
			c.query = row.finds + m.mark
		case row.query != nil:
			c.query = row.query(m)
		}
		status, _, raw := n.try(c)
		if status != 200 {
			n.t.Errorf("%s %v of %s: status %d: %s", op, c.path, m.company, status, raw)
		}
		out[op] = string(raw)
	}
	_, _, raw := n.Do("GET", "/_dockwright/export?secrets=1&company="+m.company, "", nil)
	out["export"] = string(raw)
	return out
}

// differing names what is not alike in two snapshots.
func differing(a, b map[string]string) string {
	var out []string
	for _, key := range slices.Sorted(maps.Keys(a)) {
		if a[key] != b[key] {
			out = append(out, fmt.Sprintf("%s\n  was %s\n  is  %s", key, a[key], b[key]))
		}
	}
	return strings.Join(out, "\n")
}
