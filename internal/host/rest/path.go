package rest

import (
	"strconv"

	"github.com/google/uuid"

	"github.com/dockwright/dockwright/internal/fault"
)

// ID is the whole number {id} of the path. Anything else names no record: what,
// such as "Person", is not found then.
func (c *Call) ID(what string) (int64, error) { return c.PathID("id", what) }

// PathID is ID for a parameter of another name.
func (c *Call) PathID(name, what string) (int64, error) {
	n, err := strconv.ParseInt(c.Request.PathValue(name), 10, 64)
	if err != nil || n <= 0 {
		return 0, missing(what)
	}
	return n, nil
}

// NotFound tells of a record that is not there in the platform's words, "Person
// not found", and passes every other error on.
func NotFound(err error, what string) error {
	if fault.KindOf(err) == fault.NotFound {
		return missing(what)
	}
	return err
}

func missing(what string) error { return fault.Missing("%s not found", what) }

// PathUUID is the UUID of the path at name, in small letters; otherwise as
// [Call.PathID].
func (c *Call) PathUUID(name, what string) (string, error) {
	id, err := uuid.Parse(c.Request.PathValue(name))
	if err != nil {
		return "", missing(what)
	}
	return id.String(), nil
}
