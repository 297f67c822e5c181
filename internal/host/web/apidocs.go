package web

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/spec"
)

func (w *Web) apiDocsRoutes() []route.Route {
	return []route.Route{
		{Method: http.MethodGet, Pattern: "/_dockwright/openapi.yaml", Access: route.Public, Req: "rest.description", Handler: w.handle(w.openAPI)},
		{Method: http.MethodGet, Pattern: "/_dockwright/api", Access: route.Login, Req: "rest.description", Handler: w.handle(w.apiDocs)},
	}
}

// openAPI is the description of the REST endpoints, for programs.
// spec: rest.description
func (w *Web) openAPI(rw http.ResponseWriter, _ *http.Request) error {
	raw, err := spec.OpenAPI()
	if err != nil {
		return err
	}
	rw.Header().Set("Content-Type", "application/yaml")
	rw.Header().Set("Access-Control-Allow-Origin", "*")
	_, _ = rw.Write(raw) // whoever hung up hears nothing
	return nil
}

// The parts of the description that the page shows.
type (
	oasSchema struct {
		Ref        string                `yaml:"$ref"`
		Type       string                `yaml:"type"`
		Enum       []string              `yaml:"enum"`
		Nullable   bool                  `yaml:"nullable"`
		Required   []string              `yaml:"required"`
		Properties map[string]*oasSchema `yaml:"properties"`
		Items      *oasSchema            `yaml:"items"`
		AllOf      []*oasSchema          `yaml:"allOf"`
		Text       string                `yaml:"description"`
	}
	oasContent map[string]struct {
		Schema *oasSchema `yaml:"schema"`
	}
	oasParameter struct {
		Name     string     `yaml:"name"`
		In       string     `yaml:"in"`
		Required bool       `yaml:"required"`
		Text     string     `yaml:"description"`
		Schema   *oasSchema `yaml:"schema"`
	}
	oasOperation struct {
		ID         string         `yaml:"operationId"`
		Summary    string         `yaml:"summary"`
		Parameters []oasParameter `yaml:"parameters"`
		Body       struct {
			Content oasContent `yaml:"content"`
		} `yaml:"requestBody"`
		Responses map[string]struct {
			Text string `yaml:"description"`
		} `yaml:"responses"`
	}
	oasDocument struct {
		Paths      map[string]map[string]yaml.Node `yaml:"paths"`
		Components struct {
			Schemas map[string]*oasSchema `yaml:"schemas"`
		} `yaml:"components"`
	}
)

// apiGroup are the operations on one resource.
type apiGroup struct {
	Name string // "persons"
	Ops  []apiOperation
}

// apiOperation is what the page says about one operation.
type apiOperation struct {
	Anchor, Method, Path, Summary, Requirement string
	Scopes                                     []string
	Parameters, Fields                         []apiField
	Kinds                                      []string // content types of the body
	Request, Answer                            []jsonPiece
	Source                                     string
}

// apiField is a parameter, or a field of a body.
type apiField struct {
	Name, In, Type, Text string
	Required             bool
}

// apiDocs shows every operation with its parameters and a sample.
func (w *Web) apiDocs(rw http.ResponseWriter, r *http.Request) error {
	groups, err := w.apiGroups()
	if err != nil {
		return err
	}
	w.render(rw, r, http.StatusOK, page{Title: "REST API", Nav: "developer-hub", Template: "apidocs/index", Data: groups})
	return nil
}

// onceGroups reads the description when the page is first asked for, so that a
// start does not wait for it.
func (w *Web) onceGroups() func() ([]apiGroup, error) {
	return sync.OnceValues(func() ([]apiGroup, error) {
		raw, err := spec.OpenAPI()
		if err != nil {
			return nil, err
		}
		var doc oasDocument
		if err := yaml.Unmarshal(raw, &doc); err != nil {
			return nil, fmt.Errorf("read the description of the API: %w", err)
		}
		samples, err := spec.Exchanges()
		if err != nil {
			return nil, err
		}
		return doc.groups(w.s.API, samples)
	})
}

func (d oasDocument) groups(routes []route.Route, samples []spec.Exchange) ([]apiGroup, error) {
	byName := map[string]*apiGroup{}
	for _, rt := range routes {
		node, ok := d.Paths[rt.Pattern][strings.ToLower(rt.Method)]
		if rt.Access != route.Token || !ok {
			continue
		}
		var o oasOperation
		if err := node.Decode(&o); err != nil {
			return nil, fmt.Errorf("description of %s %s: %w", rt.Method, rt.Pattern, err)
		}
		name := resource(rt.Pattern)
		g := byName[name]
		if g == nil {
			g = &apiGroup{Name: name}
			byName[name] = g
		}
		g.Ops = append(g.Ops, d.operation(rt, o, samples))
	}
	var out []apiGroup
	for _, g := range byName {
		slices.SortStableFunc(g.Ops, func(a, b apiOperation) int {
			return cmp.Or(cmp.Compare(b.Path[:3], a.Path[:3]), cmp.Compare(a.Path, b.Path))
		})
		out = append(out, *g)
	}
	slices.SortFunc(out, func(a, b apiGroup) int { return cmp.Compare(a.Name, b.Name) })
	return out, nil
}

// resource is what a path is about: "persons" of "/api/v2/persons/{id}".
func resource(pattern string) string {
	pattern = strings.TrimPrefix(strings.TrimPrefix(pattern, "/api/v2/"), "/v1/")
	name, _, _ := strings.Cut(pattern, "/")
	return name
}

func (d oasDocument) operation(rt route.Route, o oasOperation, samples []spec.Exchange) apiOperation {
	op := apiOperation{
		Anchor: o.ID, Method: rt.Method, Path: rt.Pattern, Summary: o.Summary, Requirement: rt.Req, Scopes: rt.Scopes,
	}
	if op.Summary == "" {
		op.Summary = o.Responses["200"].Text
	}
	for _, p := range o.Parameters {
		op.Parameters = append(op.Parameters, apiField{Name: p.Name, In: p.In, Type: d.typeOf(p.Schema), Text: p.Text, Required: p.Required})
	}
	for kind, c := range o.Body.Content {
		op.Kinds = append(op.Kinds, kind)
		if op.Fields == nil {
			op.Fields = d.fields(c.Schema)
		}
	}
	slices.Sort(op.Kinds)
	for _, e := range samples {
		if e.Operation == rt.Method+" "+rt.Pattern && e.Status < 300 {
			op.Request, op.Answer, op.Source = prettyJSON(e.Request), prettyJSON(unmarked(e.Response)), e.Source
			break
		}
	}
	return op
}

// unmarked takes the marks off the keys of a sample that may be absent.
func unmarked(sample json.RawMessage) []byte {
	return []byte(strings.ReplaceAll(string(sample), `"?`, `"`))
}

func (d oasDocument) resolve(s *oasSchema) *oasSchema {
	for s != nil && s.Ref != "" {
		s = d.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
	}
	return s
}

// fields are the properties of an object, those that are required first.
func (d oasDocument) fields(s *oasSchema) []apiField {
	s = d.resolve(s)
	if s == nil {
		return nil
	}
	var out []apiField
	for _, part := range s.AllOf {
		out = append(out, d.fields(part)...)
	}
	for name, p := range s.Properties {
		out = append(out, apiField{Name: name, Type: d.typeOf(p), Text: d.resolve(p).text(), Required: slices.Contains(s.Required, name)})
	}
	slices.SortFunc(out, func(a, b apiField) int {
		if a.Required != b.Required {
			if a.Required {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.Name, b.Name)
	})
	return out
}

func (s *oasSchema) text() string {
	if s == nil {
		return ""
	}
	return s.Text
}

// typeOf is a type in words: "integer or null", "list of object".
func (d oasDocument) typeOf(s *oasSchema) string {
	s = d.resolve(s)
	if s == nil {
		return "any"
	}
	words := cmp.Or(s.Type, "any")
	switch {
	case len(s.Enum) > 0:
		words = strings.Join(s.Enum, ", ")
	case s.Type == "array":
		words = "list of " + d.typeOf(s.Items)
	}
	if s.Nullable {
		words += " or null"
	}
	return words
}
