package rest

import (
	"bytes"
	"maps"
	"mime/multipart"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/dockwright/dockwright/internal/fault"
)

// maxNesting is how many brackets a name in a form may have.
const maxNesting = 5

// partsBody reads a form whose fields came in parts, as tools send one that have no
// file to send either.
// spec: rest.v1-forms-parts
func partsBody(raw []byte, boundary string) (*Body, error) {
	form, err := multipart.NewReader(bytes.NewReader(raw), boundary).ReadForm(MaxBody)
	if err != nil {
		return nil, fault.New(fault.Invalid, "", "Expected a whole form in parts: %v.", err)
	}
	for name := range form.File {
		return nil, fault.New(fault.Invalid, name, "Expected no file here.")
	}
	fields, err := nested(form.Value)
	if err != nil {
		return nil, err
	}
	return newBody(V1, fields), nil
}

// nested reads the names of a form as those who write forms for this API mean
// them: "email[]" is an item of a list, "value[amount]" a field of an object, and
// "email[0][value]" a field of an object in a list.
// spec: rest.v1-forms-nested
func nested(form url.Values) (map[string]any, error) {
	root := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(form)) {
		path, err := formPath(name)
		if err != nil {
			return nil, err
		}
		if err := plant(root, path, form[name], name); err != nil {
			return nil, err
		}
	}
	for key, v := range root {
		root[key] = listed(v)
	}
	return root, nil
}

// formPath takes a name apart: "email[0][value]" is email, 0, value. A name whose
// brackets do not pair is taken as it is.
func formPath(name string) ([]string, error) {
	head, rest, found := strings.Cut(name, "[")
	if !found || head == "" || !strings.HasSuffix(rest, "]") {
		return []string{name}, nil
	}
	path := append([]string{head}, strings.Split(strings.TrimSuffix(rest, "]"), "][")...)
	if len(path) > maxNesting+1 {
		return nil, fault.New(fault.Invalid, head, "Expected at most %d pairs of brackets, got %d.", maxNesting, len(path)-1)
	}
	if slices.Contains(path[1:len(path)-1], "") {
		return nil, fault.New(fault.Invalid, head, "Expected items with numbers, such as %s[0][value], got %q.", head, name)
	}
	return path, nil
}

// plant puts the values of a field where its path leads. Of a field that comes more
// than once the last counts, unless it is a list.
func plant(at map[string]any, path, values []string, name string) error {
	var v any = values[len(values)-1]
	if path[len(path)-1] == "" && len(path) > 1 {
		path, v = path[:len(path)-1], texts(values)
	}
	for len(path) > 1 {
		if _, taken := at[path[0]]; !taken {
			at[path[0]] = map[string]any{}
		}
		below, ok := at[path[0]].(map[string]any)
		if !ok {
			return twoForms(name)
		}
		at, path = below, path[1:]
	}
	if _, taken := at[path[0]]; taken {
		return twoForms(name)
	}
	at[path[0]] = v
	return nil
}

func twoForms(name string) error {
	field, _, _ := strings.Cut(name, "[")
	return fault.New(fault.Invalid, field, "Expected one spelling of the field, got %q beside another.", name)
}

func texts(values []string) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = v
	}
	return out
}

// listed makes lists of the objects whose fields are numbers.
func listed(v any) any {
	fields, ok := v.(map[string]any)
	if !ok {
		return v
	}
	var order []int
	for key := range fields {
		fields[key] = listed(fields[key])
		if n, err := strconv.Atoi(key); err == nil && strconv.Itoa(n) == key && n >= 0 {
			order = append(order, n)
		}
	}
	if len(order) < len(fields) {
		return fields
	}
	slices.Sort(order)
	out := make([]any, len(order))
	for i, n := range order {
		out[i] = fields[strconv.Itoa(n)]
	}
	return out
}
