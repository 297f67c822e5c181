package main

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/hosttest"
)

// block is the part of docs/testing.md in a language that is marked as run here.
func block(t *testing.T, language string) string {
	t.Helper()
	raw, err := os.ReadFile("../../docs/testing.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, ok := strings.Cut(string(raw), "<!-- run by cmd/dockwright/docs_test.go -->\n```"+language+"\n")
	text, _, end := strings.Cut(after, "\n```")
	if !ok || !end {
		t.Fatalf("docs/testing.md has no marked block of %s", language)
	}
	return text + "\n"
}

// The test in the guide, as a reader would run it.
// spec: control.guide
func TestGuideInNode(t *testing.T) {
	t.Parallel()
	at, _ := upNow(t)
	file := filepath.Join(t.TempDir(), "guide.test.mjs")
	if err := os.WriteFile(file, []byte(block(t, "js")), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "--test", file)
	cmd.Env = append(os.Environ(), "DOCKWRIGHT_HOST="+at.Host)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("node (Debian: apt-get install nodejs): %v\n%s", err, out)
	}
	// The demo company and the messaging app in it are as they were.
	s, err := (&installer{at: at, v: newVisitor()}).status(t.Context())
	if err != nil || len(s.Installations) != 1 || len(s.Channels) != 1 {
		t.Errorf("after the guide's reset the messaging app has %+v, %v", s, err)
	}
}

// The seed file in the guide.
// spec: control.guide
func TestGuideSeedFile(t *testing.T) {
	t.Parallel()
	h := hosttest.New(t)
	if status, _, body := h.Do(http.MethodPost, "/_dockwright/seed", "", []byte(block(t, "yaml"))); status != http.StatusOK {
		t.Errorf("%d %s", status, body)
	}
}
