package spec

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
)

//go:embed unbuilt.tsv
var unbuilt string

// Endpoint is an operation of the platform's REST API that this host does not
// answer.
type Endpoint struct {
	Method, Path string // "GET", "/v1/products/{id}"
	Requirement  string // an id of the register, with state no
}

// Unbuilt lists the operations of the platform that are not built, by path.
func Unbuilt() ([]Endpoint, error) {
	var all []Endpoint
	for i, line := range strings.Split(strings.TrimSpace(unbuilt), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(line, "\t")
		if len(cells) != 3 {
			return nil, fmt.Errorf("spec/unbuilt.tsv:%d: expected method, path and requirement, got %q", i+1, line)
		}
		all = append(all, Endpoint{cells[0], cells[1], cells[2]})
	}
	return all, nil
}

// Matches reports whether a call is one of e's: the parameters of the path stand
// for any one segment, and /api/v1 is /v1.
func (e Endpoint) Matches(method, path string) bool {
	if method != e.Method {
		return false
	}
	if rest, ok := strings.CutPrefix(path, "/api/v1/"); ok {
		path = "/v1/" + rest
	}
	return slices.EqualFunc(strings.Split(e.Path, "/"), strings.Split(strings.TrimSuffix(path, "/"), "/"), func(want, got string) bool {
		return want == got || strings.HasPrefix(want, "{") && got != ""
	})
}
