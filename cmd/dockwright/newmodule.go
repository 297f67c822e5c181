package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
)

// kitModule is the module that has appkit.
const kitModule = "github.com/dockwright/dockwright"

// goModule is what a scaffolded Go app requires.
type goModule struct {
	KitDir        string // as go.mod writes it; "" to use a published version
	KitVersion    string // "" when it is not known
	SQLiteVersion string
	GoVersion     string
	sums          []byte // go.sum to begin with, so that nothing has to be fetched
}

// findKit looks for the checkout whose appkit the app uses, and which versions
// that was tested with. named may be empty.
func findKit(ctx context.Context, named string) (goModule, error) {
	built := fromBuildInfo()
	for _, dir := range checkouts(ctx, named) {
		mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err != nil || !bytes.HasPrefix(mod, []byte("module "+kitModule+"\n")) {
			if named != "" {
				return goModule{}, fmt.Errorf("--kit: %s is no checkout of %s", named, kitModule)
			}
			continue
		}
		sums, err := os.ReadFile(filepath.Join(dir, "go.sum"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return goModule{}, err
		}
		if strings.ContainsAny(dir, " \t\"'`") {
			dir = strconv.Quote(dir)
		}
		return goModule{
			KitDir: dir, KitVersion: "v0.0.0", sums: sums,
			SQLiteVersion: cmp.Or(required(mod, "modernc.org/sqlite"), built.SQLiteVersion),
			GoVersion:     cmp.Or(required(mod, "go"), built.GoVersion),
		}, nil
	}
	return built, nil
}

// checkouts are folders in which the kit may be: the one named and no other, the
// module around the working folder, and where this program was compiled.
func checkouts(ctx context.Context, named string) []string {
	if named != "" {
		return []string{named}
	}
	var dirs []string
	if out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", kitModule).Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	if _, file, _, ok := runtime.Caller(0); ok && filepath.IsAbs(file) {
		dirs = append(dirs, filepath.Join(filepath.Dir(file), "..", ".."))
	}
	var found []string
	for _, dir := range dirs {
		if dir != "" && !strings.Contains(dir, "@") { // else a version in the module cache
			found = append(found, dir)
		}
	}
	return found
}

// fromBuildInfo is what this program was built from.
func fromBuildInfo() goModule {
	m := goModule{GoVersion: strings.TrimPrefix(strings.Fields(runtime.Version())[0], "go")}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return m
	}
	if v := info.Main.Version; v != "(devel)" && !strings.Contains(v, "+dirty") {
		m.KitVersion = v
	}
	for _, d := range info.Deps {
		if d.Path == "modernc.org/sqlite" {
			m.SQLiteVersion = d.Version
		}
	}
	return m
}

// required is the version at a path in a go.mod, "" if it is not there.
func required(mod []byte, path string) string {
	m := regexp.MustCompile(`(?m)^\s*` + regexp.QuoteMeta(path) + ` (\S+)`).FindSubmatch(mod)
	if m == nil {
		return ""
	}
	return string(m[1])
}

// completeModule adds what appkit itself requires to the go.mod in dir.
func completeModule(ctx context.Context, dir string) error {
	out, err := exec.CommandContext(ctx, "go", "-C", dir, "list", "-mod=mod", "-deps", ".").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(string(out[max(0, len(out)-500):])))
	}
	return nil
}
