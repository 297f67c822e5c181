package rest

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dockwright/dockwright/internal/fault"
)

// ask serves one request with h.
func ask(t *testing.T, method, target, body string, h Handler) (int, http.Header, string) {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	WithSelector(Serve(slog.New(slog.DiscardHandler), h)).ServeHTTP(w, r)
	raw, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, w.Result().Header, strings.TrimSpace(string(raw))
}

// spec: rest.errors
func TestAnswers(t *testing.T) {
	t.Parallel()
	const info = `"error_info":"Please check developers.pipedrive.com for more information about Pipedrive API."`
	for _, c := range []struct {
		name   string
		a      Answer
		err    error
		status int
		body   string
	}{
		{"data", OK(map[string]int{"id": 5}), nil, 200, `{"success":true,"data":{"id":5}}`},
		{"created", Created([]int{}), nil, 201, `{"success":true,"data":[]}`},
		{"nothing", Answer{}, nil, 200, `{"success":true,"data":null}`},
		{"html is not escaped", OK("<p>"), nil, 200, `{"success":true,"data":"<p>"}`},
		{"page of version 1", Answer{Data: []int{1}, Additional: Paged(0, 1, true)}, nil, 200,
			`{"success":true,"data":[1],"additional_data":{"pagination":{"start":0,"limit":1,"more_items_in_collection":true,"next_start":1}}}`},
		{"end of version 1", Answer{Data: []int{1}, Additional: Paged(4, 2, false)}, nil, 200,
			`{"success":true,"data":[1],"additional_data":{"pagination":{"start":4,"limit":2,"more_items_in_collection":false}}}`},
		{"end of version 2", Answer{Data: []int{1}, Additional: Next("")}, nil, 200, `{"success":true,"data":[1],"additional_data":{"next_cursor":null}}`},
		{"a form of its own", Answer{Status: 201, Body: map[string]string{"status": "ok"}}, nil, 201, `{"status":"ok"}`},
		{"wrong field", Answer{}, fault.New(fault.Invalid, "name", "Expected a text."), 400,
			`{"success":false,"error":"name: Expected a text.",` + info + `,"data":null,"additional_data":null}`},
		{"missing", Answer{}, fault.Missing("Person not found"), 404,
			`{"success":false,"error":"Person not found",` + info + `,"data":null,"additional_data":null}`},
		{"a refusal of its own", Answer{}, &Refusal{422, map[string]bool{"success": false}}, 422, `{"success":false}`},
		{"a fault of the host", Answer{}, errors.New("the disk is on fire"), 500,
			`{"success":false,"error":"Internal Server Error",` + info + `,"data":null,"additional_data":null}`},
	} {
		status, h, body := ask(t, "GET", "/v1/things", "", func(*Call) (Answer, error) { return c.a, c.err })
		if status != c.status || body != c.body || h.Get("Content-Type") != "application/json; charset=utf-8" {
			t.Errorf("%s: %d %s\nwant %d %s", c.name, status, body, c.status, c.body)
		}
	}
	_, h, _ := ask(t, "GET", "/v1/things", "", func(*Call) (Answer, error) {
		return Answer{}, &fault.Error{Kind: fault.RateLimited, Message: "Slower.", After: 1500 * time.Millisecond}
	})
	if h.Get("Retry-After") != "2" {
		t.Errorf("Retry-After %q, want whole seconds, rounded up", h.Get("Retry-After"))
	}
}

// spec: rest.v1-selector
func TestSelector(t *testing.T) {
	t.Parallel()
	row := map[string]any{"id": 1, "title": "a", "value": 5}
	for target, want := range map[string]string{
		"/v1/deals:(id,title)":     `{"success":true,"data":[{"id":1,"title":"a"}]}`,
		"/v1/deals:(%20id%20)?x=1": `{"success":true,"data":[{"id":1}]}`,
		"/v1/deals":                `{"success":true,"data":[{"id":1,"title":"a","value":5}]}`,
		"/v1/deals:()":             `{"success":true,"data":[{}]}`,
	} {
		_, _, body := ask(t, "GET", target, "", func(c *Call) (Answer, error) {
			if c.Request.URL.Path != "/v1/deals" {
				t.Errorf("%s reached the routes as %s", target, c.Request.URL.Path)
			}
			return OK([]map[string]any{row}), nil
		})
		if body != want {
			t.Errorf("%s: %s, want %s", target, body, want)
		}
	}
	_, _, one := ask(t, "GET", "/v1/deals/1:(value)", "", func(*Call) (Answer, error) { return OK(row), nil })
	if one != `{"success":true,"data":{"value":5}}` {
		t.Errorf("one: %s", one)
	}
	ask(t, "GET", "/api/v2/deals:(id)", "", func(c *Call) (Answer, error) {
		if c.Request.URL.Path != "/api/v2/deals:(id)" {
			t.Errorf("version 2 has no selector, the path became %s", c.Request.URL.Path)
		}
		return Answer{}, nil
	})
}

func query(v Version, s string) *Query {
	values, _ := url.ParseQuery(s) // tests write well-formed ones
	return &Query{values: values, version: v}
}

// spec: rest.limit
func TestQuery(t *testing.T) {
	t.Parallel()
	q := query(V1, "a=5&b=true&c=x,y&d=1,2&e=2026-11-30&f=2026-11-30 09:00:00&g=6F1C9B7D-5f0d-4c60-8a7b-4f7e8a523c1f&h=0")
	if q.Int("a") != 5 || !*q.Bool("b") || *q.Bool("h") || q.Bool("z") != nil || !slices.Equal(q.Words("c", "x", "y"), []string{"x", "y"}) ||
		!slices.Equal(q.IDs("d", 2), []int64{1, 2}) || q.Day("e") != "2026-11-30" || q.Time("f").Hour() != 9 || q.Limit(500) != 100 || q.Start() != 0 ||
		q.UUID("g") != "6f1c9b7d-5f0d-4c60-8a7b-4f7e8a523c1f" || q.Err() != nil {
		t.Errorf("read wrong, %v", q.Err())
	}
	if got := query(V1, "limit=1000000").Limit(500); got != 500 {
		t.Errorf("a limit of a million became %d", got)
	}
	for _, c := range []struct {
		v     Version
		in    string
		field string
		read  func(*Query)
	}{
		{V1, "id=x", "id", func(q *Query) { q.Int("id") }},
		{V1, "id=99999999999999999999", "id", func(q *Query) { q.Int("id") }},
		{V1, "done=maybe", "done", func(q *Query) { q.Bool("done") }},
		{V1, "status=open,lots", "status", func(q *Query) { q.Words("status", "open", "won") }},
		{V1, "ids=1,2,3", "ids", func(q *Query) { q.IDs("ids", 2) }},
		{V1, "ids=1,b", "ids", func(q *Query) { q.IDs("ids", 2) }},
		{V1, "day=2026-02-30", "day", func(q *Query) { q.Day("day") }},
		{V1, "lead=7", "lead", func(q *Query) { q.UUID("lead") }},
		{V1, "limit=0", "limit", func(q *Query) { q.Limit(500) }},
		{V1, "limit=-1", "limit", func(q *Query) { q.Limit(500) }},
		{V1, "limit=ten", "limit", func(q *Query) { q.Limit(500) }},
		{V1, "start=-1", "start", func(q *Query) { q.Start() }},
		{V1, "sort=password", "sort", func(q *Query) { q.Sort("id", "name") }},
		{V1, "sort=id%3B DROP TABLE x", "sort", func(q *Query) { q.Sort("id", "name") }},
		{V2, "sort_by=password", "sort_by", func(q *Query) { q.SortBy("id") }},
		{V2, "sort_direction=up", "sort_direction", func(q *Query) { q.SortBy("id") }},
		{V2, "updated_since=2026-11-30T09:00:00.5Z", "updated_since", func(q *Query) { q.Time("updated_since") }},
		{V2, "updated_since=2026-11-30 09:00:00", "updated_since", func(q *Query) { q.Time("updated_since") }},
		{V2, "cursor=nonsense", "cursor", func(q *Query) { q.Cursor(Order{By: "id"}) }},
		{V2, "cursor=" + CursorAfter(Order{By: "id", Desc: true}, "7", "7"), "cursor", func(q *Query) { q.Cursor(Order{By: "id"}) }},
	} {
		q := query(c.v, c.in)
		c.read(q)
		if told, ok := fault.As(q.Err()); !ok || told.Kind != fault.Invalid || told.Field != c.field {
			t.Errorf("%s: %v, want %s named", c.in, q.Err(), c.field)
		}
	}
}

// spec: rest.v2-cursor
func TestCursor(t *testing.T) {
	t.Parallel()
	o := Order{By: "add_time", Desc: true}
	q := query(V2, "cursor="+CursorAfter(o, "1700000000", "7"))
	c := q.Cursor(o)
	if q.Err() != nil || c == nil || c.FieldValue != "1700000000" || c.ID != "7" {
		t.Errorf("%+v, %v", c, q.Err())
	}
	if got := query(V1, "sort=add_time DESC, id").Sort("id", "add_time"); !slices.Equal(got, []Order{{"add_time", true}, {"id", false}}) {
		t.Errorf("sorting: %v", got)
	}
}

// spec: rest.strict-types, rest.v2-unknown-field
func TestBody(t *testing.T) {
	t.Parallel()
	lenient := `{"n":"5","s":7,"b":"1","list":"1,2","t":"2026-11-30 09:00:00","gone":null,"o":{"x":1},"extra":1}`
	b, err := ParseBody(V1, []byte(lenient))
	if err != nil {
		t.Fatal(err)
	}
	if *b.Int("n") != 5 || *b.String("s") != "7" || !*b.Bool("b") || !slices.Equal(*b.Ints("list"), []int64{1, 2}) || b.Time("t").Hour() != 9 ||
		*b.String("gone") != "" || b.Int("absent") != nil || *b.Object("o").Int("x") != 1 || b.Done() != nil || !slices.Equal(b.Left(), []string{"extra"}) {
		t.Errorf("version 1 read wrong: %v, left %v", b.Done(), b.Left())
	}
	for _, c := range []struct {
		in, field string
		read      func(*Body)
	}{
		{`{"n":"5"}`, "n", func(b *Body) { b.Int("n") }},
		{`{"n":1.5}`, "n", func(b *Body) { b.Int("n") }},
		{`{"n":9007199254740993}`, "n", func(b *Body) { b.Int("n") }},
		{`{"s":7}`, "s", func(b *Body) { b.String("s") }},
		{`{"s":{}}`, "s", func(b *Body) { b.String("s") }},
		{`{"b":1}`, "b", func(b *Body) { b.Bool("b") }},
		{`{"w":"blue"}`, "w", func(b *Body) { b.Word("w", "red") }},
		{`{"v":"5"}`, "v", func(b *Body) { b.Number("v") }},
		{`{"list":[1,"2"]}`, "list", func(b *Body) { b.Ints("list") }},
		{`{"list":5}`, "list", func(b *Body) { b.Ints("list") }},
		{`{"list":[1,null]}`, "list", func(b *Body) { b.Ints("list") }},
		{`{"names":[1]}`, "names", func(b *Body) { b.Strings("names") }},
		{`{"o":[]}`, "o", func(b *Body) { b.Object("o") }},
		{`{"rows":[{"value":1}]}`, "rows[0].value", func(b *Body) { (*b.Objects("rows"))[0].String("value") }},
		{`{"d":"2026-13-01"}`, "d", func(b *Body) { b.Day("d") }},
		{`{"t":"yesterday"}`, "t", func(b *Body) { b.Time("t") }},
		{`{"u":"7"}`, "u", func(b *Body) { b.UUID("u") }},
		{`{"unknown":1}`, "unknown", func(*Body) {}},
	} {
		b, err := ParseBody(V2, []byte(c.in))
		if err != nil {
			t.Fatal(err)
		}
		c.read(b)
		if told, ok := fault.As(b.Done()); !ok || told.Field != c.field {
			t.Errorf("%s: %v, want %s named", c.in, b.Done(), c.field)
		}
	}
	for _, in := range []string{`[]`, `null`, `{"a":1} {"b":2}`, `{"a":`, `"text"`, "\x00"} {
		if _, err := ParseBody(V2, []byte(in)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", in, err)
		}
	}
}

// spec: rest.v1-forms-nested
func TestForm(t *testing.T) {
	t.Parallel()
	b, err := formBody([]byte("name=Mari&email[]=a@b.test&email[]=c@d.test&done=1"))
	if err != nil || *b.String("name") != "Mari" || !slices.Equal(*b.Strings("email"), []string{"a@b.test", "c@d.test"}) || !*b.Bool("done") {
		t.Errorf("%v", err)
	}
	_, err = formBody([]byte("value[amount]=480&value[currency]=EUR&phone[1][value]=2&phone[0][value]=1&phone[0][primary]=true&set[][]=&odd[=1&0=z"))
	if err == nil {
		t.Error("items without numbers are taken")
	}
	b, err = formBody([]byte("value[amount]=480&value[currency]=EUR&phone[1][value]=2&phone[0][value]=1&phone[0][primary]=true&tags[x][]=a&tags[x][]=b&odd[=1&0=z"))
	want := map[string]any{
		"value": map[string]any{"amount": "480", "currency": "EUR"},
		"phone": []any{map[string]any{"value": "1", "primary": "true"}, map[string]any{"value": "2"}},
		"tags":  map[string]any{"x": []any{"a", "b"}}, "odd[": "1", "0": "z",
	}
	if err != nil || !reflect.DeepEqual(b.fields, want) {
		t.Errorf("%v, %v", b, err)
	}
	for _, two := range []string{"a=1&a[]=2", "a[b]=1&a=2", "a[b]=1&a[b][c]=2", "a[1][2][3][4][5][6]=7"} {
		if _, err := formBody([]byte(two)); fault.KindOf(err) != fault.Invalid || !strings.HasPrefix(err.Error(), "a: ") {
			t.Errorf("%s: %v", two, err)
		}
	}
	if _, err := formBody([]byte("a=%zz")); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a broken form: %v", err)
	}
}

// spec: rest.v1-forms-parts
func TestFormInParts(t *testing.T) {
	t.Parallel()
	part := func(name, more, value string) string {
		return "--x\r\nContent-Disposition: form-data; name=\"" + name + "\"" + more + "\r\n\r\n" + value + "\r\n"
	}
	b, err := partsBody([]byte(part("name", "", "Mari")+part("email[]", "", "a@b.test")+"--x--\r\n"), "x")
	if err != nil || *b.String("name") != "Mari" || !slices.Equal(*b.Strings("email"), []string{"a@b.test"}) {
		t.Errorf("%v", err)
	}
	for _, bad := range []string{part("name", "", "Mari"), part("name", `; filename="a.txt"`, "Mari") + "--x--\r\n", ""} {
		if _, err := partsBody([]byte(bad), "x"); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// spec: rest.dates
func TestTimes(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 4, 9, 0, 0, 120_000_000, time.FixedZone("", 7200))
	if a, b, c := TimeText(V1, at), TimeText(V2, at), Milli(at); a != "2026-03-04 07:00:00" || b != "2026-03-04T07:00:00Z" || c != "2026-03-04T07:00:00.120Z" {
		t.Error(a, b, c)
	}
	if Time(V1, time.Time{}) != nil {
		t.Error("no time is null")
	}
}

func TestTooLongBody(t *testing.T) {
	t.Parallel()
	status, _, body := ask(t, "POST", "/v1/things", `{"a":"`+strings.Repeat("x", MaxBody)+`"}`, func(c *Call) (Answer, error) {
		_, err := c.Body()
		return Answer{}, err
	})
	if status != http.StatusRequestEntityTooLarge || !strings.Contains(body, "8 MB") {
		t.Errorf("%d %s", status, body)
	}
}

// Whatever is sent, a body is read or refused in words; what was read is what JSON
// says.
func FuzzParseBody(f *testing.F) {
	f.Add([]byte(`{"n":5,"s":"x","b":true,"list":[1],"o":{"x":null}}`))
	f.Add([]byte(`{"n":1e400}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, v := range []Version{V1, V2} {
			b, err := ParseBody(v, raw)
			if err != nil {
				if fault.KindOf(err) != fault.Invalid {
					t.Fatal(err)
				}
				continue
			}
			for name := range b.fields {
				b.String(name)
				b.Int(name)
				b.Bool(name)
				b.Number(name)
				b.Ints(name)
				b.Time(name)
				b.UUID(name)
				b.Object(name)
			}
			if err := b.Done(); err != nil && fault.KindOf(err) != fault.Invalid {
				t.Fatal(err)
			}
			if !json.Valid(raw) && len(strings.TrimSpace(string(raw))) > 0 {
				t.Fatalf("read %q, which is not JSON", raw)
			}
		}
	})
}
