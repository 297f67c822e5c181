package spec

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
)

//go:embed exchanges/*.json
var exchanges embed.FS

// Exchange is a sample of what an endpoint answers, written down from a source
// that is not this project's code. Its values are invented; its key names and
// types are the source's.
//
// In a response, null stands for a value of any type, a key that begins with "?"
// may be absent, the first element of a list stands for all of them, and an
// object whose keys are numbers stands for a map with any numbers as keys.
type Exchange struct {
	// Operation is method and path of the route table: "GET /v1/persons/{id}".
	Operation string `json:"operation"`
	Source    string `json:"source"` // the page, description or type file
	Status    int    `json:"status"`
	// Request is a body that such a call may carry, absent where it has none.
	Request  json.RawMessage `json:"request,omitempty"`
	Response json.RawMessage `json:"response"` // absent where the answer is not JSON
}

// Exchanges are all samples, by the files of spec/exchanges.
func Exchanges() ([]Exchange, error) {
	files, err := fs.ReadDir(exchanges, "exchanges")
	if err != nil {
		return nil, err
	}
	var all []Exchange
	for _, f := range files {
		raw, err := exchanges.ReadFile("exchanges/" + f.Name())
		if err != nil {
			return nil, err
		}
		var some []Exchange
		d := json.NewDecoder(bytes.NewReader(raw))
		d.DisallowUnknownFields()
		if err := d.Decode(&some); err != nil {
			return nil, fmt.Errorf("spec/exchanges/%s: %w", f.Name(), err)
		}
		for _, e := range some {
			if e.Operation == "" || e.Source == "" || e.Status == 0 {
				return nil, fmt.Errorf("spec/exchanges/%s: an exchange needs operation, source and status, got %+v", f.Name(), e)
			}
		}
		all = append(all, some...)
	}
	return all, nil
}
