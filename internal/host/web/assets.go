package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"

	"github.com/dockwright/dockwright/internal/fault"
)

//go:embed static
var staticFS embed.FS

// staticRoot is followed by the version of all files taken together, so that
// modules may import each other by relative paths.
const staticRoot = "/_dockwright/static/"

// assets are the static files, held in memory, plain and compressed.
type assets struct {
	version string // hash over all names and contents
	files   map[string]asset
}

type asset struct {
	kind        string // Content-Type
	etag        string
	plain, gzip []byte // gzip is nil where it saves nothing
}

var kinds = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

// loadAssets compresses the files once in a process, however many hosts it runs.
var loadAssets = sync.OnceValues(func() (*assets, error) {
	a := &assets{files: map[string]asset{}}
	all := sha256.New()
	err := fs.WalkDir(staticFS, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := staticFS.ReadFile(name)
		if err != nil {
			return err
		}
		rel := strings.TrimPrefix(name, "static/")
		sum := sha256.Sum256(text)
		_, _ = fmt.Fprintf(all, "%s %x\n", rel, sum)
		a.files[rel] = asset{
			kind:  contentType(rel),
			etag:  `"` + hex.EncodeToString(sum[:8]) + `"`,
			plain: text,
			gzip:  compress(text),
		}
		return nil
	})
	a.version = hex.EncodeToString(all.Sum(nil)[:6])
	return a, err
})

func contentType(name string) string {
	ext := path.Ext(name)
	if k := kinds[ext]; k != "" {
		return k
	}
	if k := mime.TypeByExtension(ext); k != "" {
		return k
	}
	return "application/octet-stream"
}

func compress(text []byte) []byte {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is a valid constant
	if _, err := z.Write(text); err != nil || z.Close() != nil || b.Len() >= len(text) {
		return nil
	}
	return b.Bytes()
}

// url is the address of a static file, "css/base.css" for example.
func (a *assets) url(name string) string { return staticRoot + a.version + "/" + name }

// static serves a file. Under the current version it may be kept for ever; an
// older page's version gets the present file, uncached.
// spec: web.static
func (w *Web) static(rw http.ResponseWriter, r *http.Request) error {
	f, ok := w.assets.files[r.PathValue("path")]
	if !ok {
		return fault.Missing("there is no static file %q", r.PathValue("path"))
	}
	h := rw.Header()
	h.Set("Content-Type", f.kind)
	h.Set("ETag", f.etag)
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cache-Control", "no-cache")
	if r.PathValue("version") == w.assets.version {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if r.Header.Get("If-None-Match") == f.etag {
		rw.WriteHeader(http.StatusNotModified)
		return nil
	}
	body := f.plain
	if f.gzip != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = f.gzip
	}
	_, _ = rw.Write(body) // the reader has gone; nobody to tell
	return nil
}

// loadIcons reads static/icons/*.svg, each a drawing in a 20 by 20 box, and
// wraps it so that it takes the text's colour and is silent to screen readers.
func loadIcons() (map[string]template.HTML, error) {
	names, err := fs.Glob(staticFS, "static/icons/*.svg")
	if err != nil {
		return nil, err
	}
	icons := map[string]template.HTML{}
	for _, name := range names {
		text, err := staticFS.ReadFile(name)
		if err != nil {
			return nil, err
		}
		s := strings.TrimSpace(string(text))
		if !strings.HasPrefix(s, "<svg ") {
			return nil, fmt.Errorf("%s does not begin with <svg", name)
		}
		// The text is a file of this program, never a person's input.
		icons[strings.TrimSuffix(path.Base(name), ".svg")] =
			template.HTML(`<svg class="icon" aria-hidden="true" focusable="false" ` + s[len("<svg "):])
	}
	return icons, nil
}
