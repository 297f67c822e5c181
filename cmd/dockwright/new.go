package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"text/template"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/dockwright/dockwright/appkit"
)

// newCommand makes an app that runs.
type newCommand struct {
	Language string `arg:"" enum:"go,node" help:"What the app is written in: go or node."`
	Dir      string `arg:"" type:"path" help:"Folder to make."`
	Host     string `help:"Address of the CRM in which the app is registered, if it runs." default:"http://localhost:8080" env:"DOCKWRIGHT_HOST"`
	Name     string `help:"Name of the app, at most 30 characters. Default: that of the folder."`
	Port     int    `help:"Port of the app, on 127.0.0.1." default:"3000"`
	Kit      string `help:"Checkout of Dockwright whose appkit a Go app uses. Default: the one that this command came from." type:"path"`
}

// What a scaffolded app is made of: both for every language, and a folder for
// each.
//
//go:embed all:scaffold
var scaffold embed.FS

// scaffolded is what the templates know.
type scaffolded struct {
	Name     string // for people
	Module   string // for programs
	Host     string // origin of the CRM
	FramedBy string // origins of its pages
	BaseURL  string // origin of the app
	TokenKey string
	registered
	goModule
}

// registered is what the Developer Hub shows.
type registered struct{ ClientID, ClientSecret string }

// registering is how long the Developer Hub may take.
const registering = 30 * time.Second

// Run implements the command.
// spec: new.scaffold
func (c *newCommand) Run(p *process) error {
	app, err := c.plan()
	if err != nil {
		return err
	}
	unfinished, err := c.unfinished()
	if err != nil {
		return err
	}
	if !unfinished {
		if c.Language == "go" {
			if app.goModule, err = findKit(p.ctx, c.Kit); err != nil {
				return err
			}
		}
		if err := c.write(app); err != nil {
			return err
		}
		fmt.Fprintf(p.out, "Made %s.\n", c.Dir)
	}
	ctx, cancel := context.WithTimeout(p.ctx, registering)
	defer cancel()
	app.registered, err = register(ctx, app)
	if err == nil {
		err = c.fillIn(app)
	}
	if err != nil && unfinished {
		return fmt.Errorf("register the app: %w", err)
	}
	if err != nil {
		fmt.Fprintf(p.out, "It is not registered yet, because %v.\nStart the CRM (dockwright up) and repeat this command; README.md says how to do it by hand.\n", err)
	} else {
		fmt.Fprintf(p.out, "Registered in the Developer Hub of %s; .env has its client id and secret.\n", app.Host)
	}
	if c.Language == "go" && !unfinished {
		if err := completeModule(p.ctx, c.Dir); err != nil {
			fmt.Fprintf(p.out, "go.mod is not complete, run go mod tidy there: %v\n", err)
		}
	}
	return c.sayNext(p, app)
}

// sayNext tells what to type now.
func (c *newCommand) sayNext(p *process, app scaffolded) error {
	start := map[string]string{"go": "go run .", "node": "npm start"}[c.Language]
	at := c.Dir
	if wd, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(wd, c.Dir); err == nil && len(rel) < len(at) {
			at = rel
		}
	}
	_, err := fmt.Fprintf(p.out, "\n  cd %s\n  %s\n\nThen install it at %s/install and open a deal of %s.\n", at, start, app.BaseURL, app.Host)
	return err
}

// plan checks the flags and derives the names.
func (c *newCommand) plan() (scaffolded, error) {
	host, err := url.Parse(c.Host)
	if err != nil || host.Host == "" || host.Scheme != "http" && host.Scheme != "https" || strings.Trim(host.Path, "/") != "" {
		return scaffolded{}, fmt.Errorf("--host: expected an address such as http://localhost:8080, got %q", c.Host)
	}
	if c.Port < 1 || c.Port > 65535 {
		return scaffolded{}, fmt.Errorf("--port: expected 1 to 65535, got %d", c.Port)
	}
	base := filepath.Base(c.Dir)
	if c.Name == "" {
		c.Name = sentence(base)
	}
	if n := utf8.RuneCountInString(c.Name); n == 0 || n > maxAppName || !utf8.ValidString(c.Name) || strings.ContainsFunc(c.Name, unicode.IsControl) {
		return scaffolded{}, fmt.Errorf("--name: expected 1 to %d printable characters, got %q", maxAppName, c.Name)
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails: the runtime ends the program instead
	return scaffolded{
		Name: c.Name, Module: identifier(base), Host: host.Scheme + "://" + host.Host, FramedBy: framedBy(host),
		// Another name than the demo host's: cookies do not see ports, and in the wild
		// an app is on another site than the CRM.
		BaseURL: fmt.Sprintf("http://127.0.0.1:%d", c.Port), TokenKey: hex.EncodeToString(key),
	}, nil
}

// framedBy are the origins at which people may look at the CRM. On this machine
// they go by a name or by an address.
func framedBy(host *url.URL) string {
	own := host.Scheme + "://" + host.Host
	for from, to := range map[string]string{"localhost": "127.0.0.1", "127.0.0.1": "localhost"} {
		if host.Hostname() == from {
			return own + " " + strings.Replace(own, from, to, 1)
		}
	}
	return own
}

// maxAppName is what the names of extensions may have, in characters.
const maxAppName = 30

// sentence makes "my-first_app" into "My first app", as far as it fits.
func sentence(folder string) string {
	words := []rune(strings.TrimSpace(strings.NewReplacer("-", " ", "_", " ").Replace(folder)))
	if len(words) > 0 {
		words[0] = unicode.ToUpper(words[0])
	}
	return string(words[:min(len(words), maxAppName)])
}

// identifier is the folder's name as Go modules, npm packages and cookies take
// it.
func identifier(folder string) string {
	id := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(folder))
	if id = strings.Trim(id, "-"); id == "" {
		return "app"
	}
	return id
}

const (
	envFile   = ".env"
	noClients = "CLIENT_ID=\nCLIENT_SECRET=\n" // in an app that is not registered
)

// unfinished reports whether the folder has an app that was made when the host
// did not run. Any other folder must be empty, or not be there.
func (c *newCommand) unfinished() (bool, error) {
	entries, err := os.ReadDir(c.Dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	env, err := os.ReadFile(filepath.Join(c.Dir, envFile))
	if err == nil && strings.Contains(string(env), noClients) {
		return true, nil
	}
	if err == nil && strings.Contains(string(env), "CLIENT_ID=") {
		return false, fmt.Errorf("%s holds an app that is registered already; start it, or name another folder", c.Dir)
	}
	return false, fmt.Errorf("%s is not empty; name a folder that is not there yet", c.Dir)
}

// write makes the folder.
func (c *newCommand) write(app scaffolded) error {
	for _, part := range []string{"both", c.Language} {
		root := path.Join("scaffold", part)
		err := fs.WalkDir(scaffold, root, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			raw, err := scaffold.ReadFile(name)
			if err != nil {
				return err
			}
			return c.writeFile(strings.TrimPrefix(name, root+"/"), raw, app)
		})
		if err != nil {
			return err
		}
	}
	if c.Language == "node" {
		return c.writeFile("public/surface.js", appkit.SurfaceScriptFile(), app)
	}
	if app.sums == nil {
		return nil
	}
	return c.writeFile("go.sum", app.sums, app)
}

// writeFile writes one file of the scaffold: dot.x as .x, and x.tmpl with what
// stands between <% and %> filled in.
func (c *newCommand) writeFile(name string, raw []byte, app scaffolded) error {
	name, isTemplate := strings.CutSuffix(name, ".tmpl")
	if isTemplate {
		t, err := template.New(name).Delims("<%", "%>").Parse(string(raw))
		if err != nil {
			return err
		}
		var filled bytes.Buffer
		if err := t.Execute(&filled, app); err != nil {
			return err
		}
		raw = filled.Bytes()
	}
	if rest, ok := strings.CutPrefix(name, "dot."); ok {
		name = "." + rest
	}
	to := filepath.Join(c.Dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(to), 0o750); err != nil {
		return err
	}
	return os.WriteFile(to, raw, 0o600)
}

// fillIn puts the credentials into .env, and where they are good.
func (c *newCommand) fillIn(app scaffolded) error {
	name := filepath.Join(c.Dir, envFile)
	raw, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	values := map[string]string{"CLIENT_ID": app.ClientID, "CLIENT_SECRET": app.ClientSecret, "HOST": app.Host, "FRAMED_BY": app.FramedBy, "BASE_URL": app.BaseURL}
	var filled strings.Builder
	for line := range strings.Lines(string(raw)) {
		if key, _, ok := strings.Cut(line, "="); ok && values[key] != "" {
			line = key + "=" + values[key] + "\n"
		}
		filled.WriteString(line)
	}
	return os.WriteFile(name, []byte(filled.String()), 0o600)
}
