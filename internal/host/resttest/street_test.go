package resttest

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/dockwright/dockwright/hosttest"
	"github.com/dockwright/dockwright/spec"
)

// street is a host and an app that calls it.
type street struct {
	*hosttest.Host
	t testing.TB
}

func newStreet(t testing.TB, opts ...hosttest.Option) *street {
	t.Helper()
	s := &street{hosttest.New(t, opts...), t}
	operations.Store(s.Operations())
	return s
}

// call is one request.
type call struct {
	op    string // as in the route table: "PUT /v1/persons/{id}"
	path  []any  // the values of the path's parameters, in order
	query string // "limit=5&start=2"
	// body is sent as JSON; url.Values as a form; []byte as it is, with kind as
	// its content type.
	body  any
	kind  string
	token string // default: the access token of the app that has every scope
	want  int    // status; default 200
	// prefix replaces /v1 by /api/v1 where a test is about that.
	prefix string
}

// answer is what came back.
type answer struct {
	t      testing.TB
	header http.Header
	raw    []byte
	json   any
}

// do makes a call and checks its answer.
func (s *street) do(c call) answer {
	s.t.Helper()
	req := s.request(c)
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	var raw bytes.Buffer
	if _, err := raw.ReadFrom(resp.Body); err != nil {
		s.t.Fatal(err)
	}
	a := answer{t: s.t, header: resp.Header, raw: raw.Bytes()}
	if c.want == 0 {
		c.want = http.StatusOK
	}
	if resp.StatusCode != c.want {
		s.t.Fatalf("%s %s: status %d, want %d: %s", req.Method, req.URL, resp.StatusCode, c.want, a.raw)
	}
	if !strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") {
		covered(c.op, c.want)
		return a
	}
	if err := json.Unmarshal(a.raw, &a.json); err != nil {
		s.t.Fatalf("%s: the answer is not JSON: %v: %s", c.op, err, a.raw)
	}
	if err := conforms(c.op, c.want, a.json); err != nil {
		s.t.Errorf("%s %d: not as spec/openapi describes it: %v\n%s", c.op, c.want, err, a.raw)
	}
	for _, d := range unlikeSample(c.op, c.want, a.json) {
		s.t.Errorf("%s %d: not like the sample in spec/exchanges: %s\n%s", c.op, c.want, d, a.raw)
	}
	covered(c.op, c.want)
	return a
}

var pathParameter = regexp.MustCompile(`\{[^}]+\}`)

func (s *street) request(c call) *http.Request {
	s.t.Helper()
	method, pattern, _ := strings.Cut(c.op, " ")
	i := 0
	path := pathParameter.ReplaceAllStringFunc(pattern, func(string) string {
		if i >= len(c.path) {
			s.t.Fatalf("%s: wants a value for each parameter of its path, got %v", c.op, c.path)
		}
		i++
		return url.PathEscape(fmt.Sprint(c.path[i-1]))
	})
	if c.query != "" {
		path += "?" + c.query
	}
	var raw []byte
	kind := "application/json"
	switch b := c.body.(type) {
	case nil:
		kind = ""
	case []byte:
		raw, kind = b, c.kind
	case url.Values:
		raw, kind = []byte(b.Encode()), "application/x-www-form-urlencoded"
	default:
		var err error
		if raw, err = json.Marshal(b); err != nil {
			s.t.Fatal(err)
		}
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.URL+c.prefix+path, bytes.NewReader(raw))
	if err != nil {
		s.t.Fatal(err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	switch token := c.token; {
	case token == "none":
	case token == "":
		req.Header.Set("Authorization", "Bearer "+s.App.AccessToken)
	case strings.HasPrefix(token, "v1u:"):
		req.Header.Set("Authorization", "Bearer "+token)
	default:
		req.Header.Set("x-api-token", token)
	}
	return req
}

// at is the value at a path such as "data.0.id"; numbers are float64. A missing
// value fails the test.
func (a answer) at(path string) any {
	a.t.Helper()
	v := a.json
	for step := range strings.SplitSeq(path, ".") {
		switch in := v.(type) {
		case map[string]any:
			next, ok := in[step]
			if !ok {
				a.t.Fatalf("no %q on the way to %s: %s", step, path, a.raw)
			}
			v = next
		case []any:
			n, err := strconv.Atoi(step)
			if err != nil || n >= len(in) {
				a.t.Fatalf("no %q on the way to %s: %s", step, path, a.raw)
			}
			v = in[n]
		default:
			a.t.Fatalf("no %q on the way to %s: %s", step, path, a.raw)
		}
	}
	return v
}

// id is the whole number at a path.
func (a answer) id(path string) int64 {
	a.t.Helper()
	n, ok := a.at(path).(float64)
	if !ok {
		a.t.Fatalf("%s is %v, want a number", path, a.at(path))
	}
	return int64(n)
}

// text is the text at a path.
func (a answer) text(path string) string {
	a.t.Helper()
	s, ok := a.at(path).(string)
	if !ok {
		a.t.Fatalf("%s is %v, want a text", path, a.at(path))
	}
	return s
}

// list is the list at a path.
func (a answer) list(path string) []any {
	a.t.Helper()
	l, ok := a.at(path).([]any)
	if !ok {
		a.t.Fatalf("%s is %v, want a list", path, a.at(path))
	}
	return l
}

// is compares the value at a path, numbers as float64.
func (a answer) is(path string, want any) {
	a.t.Helper()
	got := a.at(path)
	if n, ok := want.(int); ok {
		want = float64(n)
	}
	if n, ok := want.(int64); ok {
		want = float64(n)
	}
	if fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", want) {
		a.t.Errorf("%s is %#v, want %#v\n%s", path, got, want, a.raw)
	}
}

// description is the OpenAPI description that the host serves.
var description = sync.OnceValues(func() (*openapi3.T, error) {
	raw, err := spec.OpenAPI()
	if err != nil {
		return nil, err
	}
	doc, err := openapi3.NewLoader().LoadFromData(raw)
	if err != nil {
		return nil, err
	}
	return doc, doc.Validate(openapi3.NewLoader().Context)
})

// conforms checks a JSON answer against the description. Refusals that an
// operation does not describe have the form of all.
func conforms(op string, status int, body any) error {
	doc, err := description()
	if err != nil {
		return err
	}
	o := described(doc, op)
	if o == nil {
		return fmt.Errorf("the operation is not described")
	}
	schema := doc.Components.Schemas["Error"]
	if r := o.Responses.Status(status); r != nil {
		content := r.Value.Content.Get("application/json")
		if content == nil || content.Schema == nil {
			return fmt.Errorf("status %d has no schema", status)
		}
		schema = content.Schema
	} else if status < 400 {
		return fmt.Errorf("status %d is not described", status)
	}
	return schema.Value.VisitJSON(body, openapi3.VisitAsResponse(), openapi3.MultiErrors())
}

func described(doc *openapi3.T, op string) *openapi3.Operation {
	method, pattern, _ := strings.Cut(op, " ")
	item := doc.Paths.Value(pattern)
	if item == nil {
		return nil
	}
	return item.GetOperation(method)
}

var samples = sync.OnceValues(spec.Exchanges)

// unlikeSample says how an answer differs in key names and types from the samples
// of its operation with this status; it has to be like one of them.
func unlikeSample(op string, status int, body any) []string {
	all, err := samples()
	if err != nil {
		return []string{err.Error()}
	}
	var first []string
	for _, e := range all {
		if e.Operation != op || e.Status != status || len(e.Response) == 0 {
			continue
		}
		var sample any
		if err := json.Unmarshal(e.Response, &sample); err != nil {
			return []string{err.Error()}
		}
		diff := unlike("", sample, body)
		if len(diff) == 0 {
			return nil
		}
		if first == nil {
			first = diff
		}
	}
	return first
}

var (
	number    = regexp.MustCompile(`^\d+$`)
	customKey = regexp.MustCompile(`^[0-9a-f]{40}(_[a-z0-9_]+)?$`)
)

// unlike lists the places where body has other keys or types than sample.
func unlike(at string, sample, body any) []string {
	if sample == nil || body == nil {
		return nil
	}
	switch s := sample.(type) {
	case []any:
		list, ok := body.([]any)
		if !ok {
			return []string{fmt.Sprintf("%s is %T, in the sample a list", at, body)}
		}
		if len(s) == 0 {
			return nil
		}
		var out []string
		for i, item := range list {
			out = append(out, unlike(fmt.Sprintf("%s[%d]", at, i), s[0], item)...)
		}
		return out
	case map[string]any:
		o, ok := body.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s is %T, in the sample an object", at, body)}
		}
		return unlikeObject(at, s, o)
	}
	if fmt.Sprintf("%T", sample) != fmt.Sprintf("%T", body) {
		return []string{fmt.Sprintf("%s is %T, in the sample %T", at, body, sample)}
	}
	return nil
}

func unlikeObject(at string, sample, body map[string]any) []string {
	var out []string
	if len(sample) > 0 && allNumbers(sample) {
		for key, v := range body {
			for _, s := range sample {
				out = append(out, unlike(at+"."+key, s, v)...)
				break
			}
		}
		return out
	}
	for key, s := range sample {
		name, optional := strings.CutPrefix(key, "?")
		v, there := body[name]
		switch {
		case there:
			out = append(out, unlike(at+"."+name, s, v)...)
		case !optional:
			out = append(out, fmt.Sprintf("%s.%s is missing", at, name))
		}
	}
	for key := range body {
		_, there := sample[key]
		_, optional := sample["?"+key]
		if !there && !optional && !customKey.MatchString(key) {
			out = append(out, fmt.Sprintf("%s.%s is not in the sample", at, key))
		}
	}
	slices.Sort(out)
	return out
}

func allNumbers(o map[string]any) bool {
	for key := range o {
		if !number.MatchString(key) {
			return false
		}
	}
	return true
}

// calledWell are the operations that have been called with success.
var calledWell sync.Map

func covered(op string, status int) {
	if status < 300 {
		calledWell.Store(op, true)
	}
}

func TestMain(m *testing.M) {
	flag.Parse()
	// TestHostileInput makes the same calls in each run, unless it is told to look
	// further: -rapid.checks=20000 -rapid.seed=7.
	for name, value := range map[string]string{"rapid.checks": "600", "rapid.seed": "20261120"} {
		if f := flag.Lookup(name); f.Value.String() == f.DefValue {
			if err := f.Value.Set(value); err != nil {
				fmt.Println(err)
				os.Exit(2)
			}
		}
	}
	code := m.Run()
	if code == 0 && flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.skip").Value.String() == "" {
		code = report(uncalled())
	}
	os.Exit(code)
}

// report prints the operations that no test has called.
func report(missing []string) int {
	if len(missing) == 0 {
		return 0
	}
	fmt.Printf("FAIL: no test has called with success:\n  %s\n", strings.Join(missing, "\n  "))
	return 1
}

func uncalled() []string {
	var out []string
	all, _ := operations.Load().([]string)
	for _, op := range all {
		if _, ok := calledWell.Load(op); !ok {
			out = append(out, op)
		}
	}
	return out
}

// operations are those of the route tables, a []string that newStreet fills in.
var operations atomic.Value
