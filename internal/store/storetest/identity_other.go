//go:build !unix

package storetest

import (
	"errors"
	"os/exec"
)

// identity is the user a server runs as.
type identity struct{}

func servant(string) (*identity, error) {
	return nil, errors.New("the tests start PostgreSQL on Unix only; name a server by " + EnvURL)
}

func (*identity) apply(*exec.Cmd, string) {}

func alone(*exec.Cmd) {}
