package web

import (
	"net/http"
	"strconv"
	"strings"
)

// fact is a custom field with its value, as a record's page shows it.
type fact struct {
	Name, Value string
	Href        string // where a reference leads
	Phone       bool
}

// customFacts are the company's own fields that have a value.
func (w *Web) customFacts(r *http.Request, entity string, values map[string]any) ([]fact, error) {
	if len(values) == 0 {
		return nil, nil
	}
	m, err := w.formMaker(r, entity)
	if err != nil {
		return nil, err
	}
	return m.facts(values), nil
}

// facts are the company's own fields that have a value in values.
func (m formMaker) facts(values map[string]any) []fact {
	var out []fact
	for _, in := range m.custom(values) {
		if f, ok := factOf(in); ok {
			out = append(out, f)
		}
	}
	return out
}

// factOf is a field's input as a text.
func factOf(in formInput) (fact, bool) {
	f := fact{Name: in.Label, Value: in.Value}
	switch in.Type {
	case "select", "checks":
		var chosen []string
		for _, o := range in.Options {
			if o.Chosen && o.Value != "" {
				chosen = append(chosen, o.Label)
			}
		}
		f.Value = strings.Join(chosen, ", ")
	case "record":
		f.Value = in.Record.Name
		f.Href, _ = recordPath(in.Kind, strconv.FormatInt(in.Record.ID, 10))
	case "money":
		if f.Value != "" {
			f.Value += " " + in.Until
		}
	case "days":
		if f.Value != "" {
			f.Value = day(in.Value) + " to " + day(in.Until)
		}
	case "hours":
		if f.Value != "" {
			f.Value += " to " + in.Until
		}
	case "date":
		f.Value = day(in.Value)
	case "tel":
		f.Phone = true
	}
	return f, f.Value != ""
}
