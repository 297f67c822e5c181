package arch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"

	"github.com/dockwright/dockwright/spec"
)

const root = "../.."

// spec: street.http-only, spec.named-by-test, crm.routes.requirement
func TestHouseRules(t *testing.T) {
	t.Parallel()
	tree, err := Load(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	register, err := spec.Load()
	if err != nil {
		t.Fatal(err)
	}
	all := append(Imports(tree, Table()), Habits(tree)...)
	named, err := Requirements(os.DirFS(root), register)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := Tables(tree)
	if err != nil {
		t.Fatal(err)
	}
	calls, err := Calls(tree, exported, known(register))
	if err != nil {
		t.Error(err)
	}
	for _, f := range sorted(slices.Concat(all, named, tables, calls)) {
		t.Error(f)
	}
}

func known(register []spec.Requirement) map[string]bool {
	ids := map[string]bool{}
	for _, r := range register {
		ids[r.ID] = true
	}
	return ids
}

// exported finds the compiled form of a package in the build cache.
func exported(importPath string) (string, error) {
	files, err := exports()
	if err != nil {
		return "", err
	}
	if files[importPath] == "" {
		return "", fmt.Errorf("no compiled form of %s", importPath)
	}
	return files[importPath], nil
}

// exports asks the go command once for every package the module is built from.
var exports = sync.OnceValues(func() (map[string]string, error) {
	cmd := exec.Command("go", "list", "-e", "-export", "-deps", "-json=ImportPath,Export", "./...")
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w: %s", err, stderr.String())
	}
	files := map[string]string{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct{ ImportPath, Export string }
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return files, nil
		} else if err != nil {
			return nil, fmt.Errorf("read go list: %w", err)
		}
		files[p.ImportPath] = p.Export
	}
})
