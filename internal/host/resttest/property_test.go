package resttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"pgregory.net/rapid"

	"github.com/dockwright/dockwright/hosttest"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

// raw is a piece of JSON that no value of Go is written as.
type raw = json.RawMessage

// hostile are values that a field of a body may have to hear, as JSON.
var hostile = []raw{
	raw(`"x'); DROP TABLE records_person; --"`), raw(`"<script>alert(1)</script>"`), raw(`"{{.}} ${7*7} <%= 1 %> %s %d"`), raw(`"a\u0000b"`),
	raw(`"\ud800"`), raw(`"e\u0301 \u202e gnp \ud83d\ude00"`), raw(`""`), raw(`" "`), raw(`"NaN"`), raw(`"2026-02-30"`), raw(`"0000-00-00 00:00:00"`),
	raw(`null`), raw(`true`), raw(`0`), raw(`-1`), raw(`1.5`), raw(`9007199254740993`), raw(`9223372036854775808`), raw(`-9223372036854775809`), raw(`1e999`),
	raw(`1e18`), raw(`[]`), raw(`{}`), raw(`[null]`), raw(`[{}]`), raw(`[[1]]`), raw(`{"value":{}}`), raw(`[-1,0,9007199254740993]`), raw(`["",1,null]`),
	raw(`"` + strings.Repeat("ä", 70_000) + `"`), raw(strings.Repeat("[", 300) + strings.Repeat("]", 300)), raw("[" + strings.Repeat("1,", 2_000) + "1]"),
}

// bodies are whole bodies that are none.
var bodies = []struct{ kind, body string }{
	{"application/json", `{`}, {"application/json", `{"name":"a"`}, {"application/json", `null`}, {"application/json", `[1]`}, {"application/json", `"text"`},
	{"application/json", `{"name":"a"} {"name":"b"}`}, {"application/json", "{\"name\":\"\xff\xfe\"}"}, {"application/json", "\x00\x01"}, {"application/json", "\xef\xbb\xbf{}"},
	{"application/json", `{"":1}`}, {"application/json", `{"id":1}`}, {"application/json", strings.Repeat(`{"a":`, 20_000)}, {"application/json", strings.Repeat(`[`, 20_000)},
	{"text/plain", `name=a`}, {"application/xml", `<a/>`}, {"multipart/form-data", `x`}, {"multipart/form-data; boundary=b", "--b\r\n\r\nx"}, {"", `{}`},
	{"application/x-www-form-urlencoded", `name=%00&title=%ff&content=%zz`}, {"application/x-www-form-urlencoded", `name[]=1&name[a]=2&id=1`}, {"a/b; c", `{}`},
}

// asked are values that a parameter may have to hear, as they stand in the query.
var asked = []string{
	"", "x", "0", "-1", "1.5", "501", "99999999999999999999", "2147483648", "%00", "%ff", "%27%3B+DROP+TABLE+x%3B--", "%25%5F", "%3Cscript%3E", "1,,2", ",", "null",
	"eyJmaWVsZCI6ImlkIn0", "eyJmaWVsZCI6ImlkIiwiZmllbGRWYWx1ZSI6IngiLCJzb3J0RGlyZWN0aW9uIjoiYXNjIiwiaWQiOiJ4In0", "2026-02-30", "2026-02-30T00:00:00Z",
	"0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "id+DESC,id", "id%3BDESC", "true", "%F0%9F%98%80", strings.Repeat("9,", 200), strings.Repeat("a", 9_000),
}

// places are values that a path may have to hear.
var places = []any{"0", "-1", "x", "1.5", "99999999999999999999", "\x00", "\xff", "'; DROP TABLE x;--", "../1", "%2e%2e", "1 ", strings.Repeat("7", 3_000), "0b7f6f1e-2a77-4f0e-9f53", "{id}", "*"}

// Whatever an app sends, no operation breaks: what is wrong is refused in the
// documented form and leaves everything as it was, and texts that are taken come
// back as they were sent.
// spec: rest.hostile-input
// spec: rest.no-nul
func TestHostileInput(t *testing.T) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		attack(t)
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		attack(t, hosttest.Postgres(storetest.PostgresURL(t)))
	})
}

func attack(t *testing.T, opts ...hosttest.Option) {
	t.Helper()
	s := newStreet(t, append(opts, hosttest.Clock(time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)))...)
	m := s.member(s.Tenant, "Quillon")
	all := s.Operations()
	rapid.Check(t, func(rt *rapid.T) {
		op := rapid.SampledFrom(all).Draw(rt, "operation")
		c, sent := blow(rt, m, op)
		probe := m.probe(op, c.path)
		var before []byte
		if probe.op != "" {
			_, _, before = s.try(probe)
		}
		status, header, answer := s.try(c)
		if status >= 500 && status != http.StatusNotImplemented {
			rt.Fatalf("%s: status %d: %.300s", op, status, answer)
		}
		if status >= 400 {
			if err := refusal(header, answer); err != "" {
				rt.Fatalf("%s: status %d: %s: %.300s", op, status, err, answer)
			}
			if probe.op != "" {
				if _, _, after := s.try(probe); !bytes.Equal(before, after) {
					rt.Fatalf("%s is refused with %d and yet changes something: %.2000s\n%.2000s", op, status, before, after)
				}
			}
			return
		}
		for field, text := range sent {
			if got, ok := returned(answer, field); ok && got != text && got != strings.TrimSpace(text) && !sanitized[field] {
				rt.Fatalf("%s: %s was sent as %.200q and comes back as %.200q", op, field, text, got)
			}
		}
		if strings.HasPrefix(op, "DELETE ") {
			delete(m.fixed, table[op].of) // another one next time
		}
	})
}

// sanitized are fields that need not come back as they were sent: HTML loses what
// could do harm, parts of a name follow the name that is sent beside them, and the
// type of a field stays, whatever an update says.
var sanitized = map[string]bool{"field_type": true, "content": true, "note": true, "first_name": true, "last_name": true}

// blow is a call of an operation with one thing wrong in it, or strange. sent are
// the texts in it that must come back.
func blow(rt *rapid.T, m *member, op string) (c call, sent map[string]string) {
	row := table[op]
	c = call{op: op, token: m.token}
	if row.of != "" {
		c.path = slices.Clone(m.path(row.of))
	}
	if row.ids != "" {
		c.query = "ids=4000001"
	}
	if row.finds != "" {
		c.query = row.finds + m.mark
	}
	if row.query != nil {
		c.query = row.query(m)
	}
	if row.body != nil {
		c.body = row.body(m, c.path)
	}
	queries, fields := askable(op)
	var kinds []string
	if len(c.path) > 0 {
		kinds = append(kinds, "path")
	}
	if len(queries) > 0 {
		kinds = append(kinds, "query", "query")
	}
	if _, form := c.body.(url.Values); form || len(fields) > 0 {
		kinds = append(kinds, "field", "field", "field", "body")
	} else if row.body != nil {
		kinds = append(kinds, "body")
	}
	if len(kinds) == 0 {
		kinds = []string{"unknown"}
	}
	switch rapid.SampledFrom(kinds).Draw(rt, "where") {
	case "path":
		c.path[len(c.path)-1] = rapid.SampledFrom(places).Draw(rt, "place")
	case "query":
		name := rapid.SampledFrom(queries).Draw(rt, "parameter")
		c.query = name + "=" + rapid.SampledFrom(asked).Draw(rt, "asked") + "&" + c.query
	case "body":
		b := rapid.SampledFrom(bodies).Draw(rt, "body")
		c.body, c.kind = []byte(b.body), b.kind
	case "field":
		sent = m.strange(rt, &c, append(fields, "no_such_field"))
	default:
		c.query = "no_such_parameter=" + rapid.SampledFrom(asked).Draw(rt, "asked")
	}
	return c, sent
}

// strange puts a hostile value into a field of a call's body.
func (m *member) strange(rt *rapid.T, c *call, fields []string) map[string]string {
	field := rapid.SampledFrom(fields).Draw(rt, "field")
	value := rapid.SampledFrom(hostile).Draw(rt, "value")
	var text string
	isText := json.Unmarshal(value, &text) == nil && string(value) != "null"
	switch b := c.body.(type) {
	case url.Values:
		b = maps.Clone(b)
		b.Set(field, text)
		c.body = b
		return nil
	case []formPart:
		c.body = append(slices.Clone(b), formPart{name: field, body: []byte(text)})
		return nil
	}
	given, _ := c.body.(object)
	given = maps.Clone(given)
	if given == nil {
		given = object{}
	}
	given[field] = value
	body, err := json.Marshal(given)
	if err != nil { // 1e999 and its like are not for Marshal
		rt.Fatal(err)
	}
	if rapid.IntRange(0, 9).Draw(rt, "twice") == 0 { // of a field that comes twice the last counts
		body = append([]byte(`{"`+field+`":"first",`), body[1:]...)
	}
	c.body, c.kind = body, "application/json"
	if !isText || strings.TrimSpace(text) == "" { // an empty text clears, or stands for what is usual
		return nil
	}
	return map[string]string{field: text}
}

// askable are the names of an operation's parameters and of the fields of its
// body.
func askable(op string) (queries, fields []string) {
	doc, err := description()
	if err != nil {
		return nil, nil
	}
	o := described(doc, op)
	if o == nil {
		return nil, nil
	}
	for _, p := range o.Parameters {
		if p.Value.In == "query" {
			queries = append(queries, p.Value.Name)
		}
	}
	if o.RequestBody == nil {
		return queries, nil
	}
	for _, content := range o.RequestBody.Value.Content {
		fields = append(fields, properties(content.Schema)...)
	}
	slices.Sort(fields)
	return queries, slices.Compact(fields)
}

func properties(s *openapi3.SchemaRef) []string {
	if s == nil || s.Value == nil {
		return nil
	}
	out := slices.Collect(maps.Keys(s.Value.Properties))
	for _, part := range s.Value.AllOf {
		out = append(out, properties(part)...)
	}
	return out
}

// probe is a call that shows what a writing operation would change; none for one
// that reads.
func (m *member) probe(op string, path []any) call {
	method, pattern, _ := strings.Cut(op, " ")
	if method == http.MethodGet {
		return call{}
	}
	row := table[op]
	for pattern != "" {
		if of, ok := table["GET "+pattern]; ok && (of.of == row.of || of.of == "") && of.finds == "" {
			c := call{op: "GET " + pattern, token: m.token}
			if of.of != "" {
				c.path = m.path(of.of)
			}
			if of.query != nil {
				c.query = of.query(m)
			}
			return c
		}
		pattern = pattern[:strings.LastIndex(pattern, "/")]
	}
	return call{}
}

// refusal says what is wrong with the form of a refusal.
func refusal(header http.Header, answer []byte) string {
	var b struct {
		Success *bool
		Error   *string
		Message *string
		Errors  map[string][]string
	}
	switch {
	case !strings.HasPrefix(header.Get("Content-Type"), "application/json"):
		return "is not JSON but " + header.Get("Content-Type")
	case json.Unmarshal(answer, &b) != nil:
		return "is not the JSON of a refusal"
	case b.Success == nil || *b.Success:
		return "does not say success false"
	case (b.Error == nil || *b.Error == "") && (b.Message == nil || *b.Message == "") && len(b.Errors) == 0:
		return "does not say why"
	}
	for _, word := range []string{"SQLSTATE", "sqlite", "UNIQUE constraint", "goroutine", "no rows", "reflect.", "json: cannot"} {
		if strings.Contains(string(answer), word) {
			return fmt.Sprintf("tells of the inside: %q", word)
		}
	}
	return ""
}

// returned is the text of a field in the data of an answer.
func returned(answer []byte, field string) (string, bool) {
	var b struct{ Data map[string]any }
	if json.Unmarshal(answer, &b) != nil {
		return "", false
	}
	text, ok := b.Data[field].(string)
	return text, ok
}
