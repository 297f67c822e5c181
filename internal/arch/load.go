package arch

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// Module is the path of this module, the prefix of its packages' import paths.
const Module = "github.com/dockwright/dockwright"

// Tree is the module's Go source, parsed.
type Tree struct {
	fset     *token.FileSet
	packages []*Package
	fsys     fs.FS
}

// Package is one folder of Go files: the package and its tests.
type Package struct {
	Path  string // below the module's root
	Name  string // without "_test"
	files []file
}

// file is one Go file.
type file struct {
	name string // below the module's root
	test bool
	ast  *ast.File
}

// skipped are folders that hold nothing of the module.
var skipped = map[string]bool{"testdata": true, "node_modules": true, "dockwright-data": true, "vendor": true}

// Load parses every Go file of the module whose root is fsys.
func Load(fsys fs.FS) (*Tree, error) {
	t := &Tree{fset: token.NewFileSet(), fsys: fsys}
	byDir := map[string]*Package{}
	err := walk(fsys, func(name string) error {
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		src, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		parsed, err := parser.ParseFile(t.fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("parse: %w", err)
		}
		dir := path.Dir(name)
		if byDir[dir] == nil {
			byDir[dir] = &Package{Path: dir}
		}
		p := byDir[dir]
		p.Name = strings.TrimSuffix(parsed.Name.Name, "_test")
		p.files = append(p.files, file{name: name, test: strings.HasSuffix(name, "_test.go"), ast: parsed})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the module's source: %w", err)
	}
	for _, dir := range slices.Sorted(maps.Keys(byDir)) {
		t.packages = append(t.packages, byDir[dir])
	}
	return t, nil
}

// walk calls fn for each file of the module.
func walk(fsys fs.FS, fn func(name string) error) error {
	return fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (skipped[d.Name()] || strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case d.IsDir():
			return nil
		}
		return fn(name)
	})
}

// testOnlyFolder says whether the package consists of test files.
func (p *Package) testOnlyFolder() bool {
	return !slices.ContainsFunc(p.files, func(f file) bool { return !f.test })
}
