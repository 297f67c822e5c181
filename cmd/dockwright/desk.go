package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/dockwright/dockwright/internal/dial"
)

// desk is the flag group of the commands that go to a running host's desk, under
// /_dockwright/. They never open a data directory: the host is the only one who
// writes there.
type desk struct {
	Host         string `help:"Address of the running host." default:"http://localhost:8080" env:"DOCKWRIGHT_HOST"`
	ControlToken string `help:"What the host was given as --control-token." env:"DOCKWRIGHT_CONTROL_TOKEN"`
}

const (
	deskTimeout = 5 * time.Minute // a large file takes a while
	deskLimit   = 256 << 20       // bytes of an export
)

// ask sends a request to the desk and returns what it answered.
func (d desk) ask(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	base, err := url.Parse(d.Host)
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("--host: expected an address such as http://localhost:8080, got %q", d.Host)
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(d.Host, "/")+"/_dockwright/"+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if d.ControlToken != "" {
		req.Header.Set("Authorization", "Bearer "+d.ControlToken)
	}
	resp, err := dial.Client(dial.Guard{AllowAny: true}, dial.Options{Timeout: deskTimeout}).Do(req)
	if errors.Is(err, syscall.ECONNREFUSED) {
		return nil, fmt.Errorf("nobody answers at %s; start it (dockwright up), or name the host with --host", d.Host)
	}
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	raw, err := dial.ReadAll(resp.Body, deskLimit)
	if err != nil {
		return nil, fmt.Errorf("read the answer of %s: %w", d.Host, err)
	}
	return raw, d.refused(resp, raw)
}

// refused is the desk's refusal in words.
func (d desk) refused(resp *http.Response, raw []byte) error {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	var no struct{ Field, Error string }
	if err := json.Unmarshal(raw, &no); err != nil || no.Error == "" {
		if resp.StatusCode == http.StatusNotFound {
			return fmt.Errorf("%s has no desk; start the host with --control-token TOKEN, or as dockwright up", d.Host)
		}
		return fmt.Errorf("%s answered %s", d.Host, resp.Status)
	}
	if no.Field == "" {
		return errors.New(no.Error)
	}
	return fmt.Errorf("%s: %s", no.Field, no.Error)
}

// seedFile reads a file that a person named; "-" is the standard input.
func seedFile(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(os.Stdin)
	}
	return os.ReadFile(name)
}

// seedCommand makes companies from a file.
type seedCommand struct {
	desk
	File string `arg:"" help:"Seed file in YAML or JSON; - reads the standard input."`
	JSON bool   `name:"json" help:"Print all that was made, with ids and tokens, as JSON."`
}

// Run implements the command.
func (c *seedCommand) Run(p *process) error { return sow(p, c.desk, "seed", c.File, c.JSON) }

// importCommand puts an export back.
type importCommand struct {
	desk
	File string `arg:"" help:"What dockwright export wrote; - reads the standard input."`
	JSON bool   `name:"json" help:"Print all that was made, with ids and tokens, as JSON."`
}

// Run implements the command.
func (c *importCommand) Run(p *process) error { return sow(p, c.desk, "import", c.File, c.JSON) }

func sow(p *process, d desk, path, name string, asJSON bool) error {
	raw, err := seedFile(name)
	if err != nil {
		return err
	}
	answer, err := d.ask(p.ctx, http.MethodPost, path, raw)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if asJSON {
		_, err = p.out.Write(answer)
		return err
	}
	return printSeeded(p.out, answer)
}

// printSeeded shows what can be used at once: who there is, and with what token.
func printSeeded(out io.Writer, answer []byte) error {
	var told struct {
		Data struct {
			Companies []struct {
				Domain string
				Users  []struct {
					Name, Email string
					Admin       bool
					APIToken    string `json:"api_token"`
				}
				Apps []struct {
					ClientID     string `json:"client_id"`
					ClientSecret string `json:"client_secret"`
				}
			}
		}
	}
	if err := json.Unmarshal(answer, &told); err != nil {
		return fmt.Errorf("read the host's answer: %w", err)
	}
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	for _, c := range told.Data.Companies {
		fmt.Fprintf(w, "%s\n", c.Domain)
		for _, u := range c.Users {
			fmt.Fprintf(w, "  %s\t%s\tx-api-token: %s\n", u.Name, u.Email, cmp.Or(u.APIToken, "(as before)"))
		}
		for _, a := range c.Apps {
			fmt.Fprintf(w, "  app\tclient id %s\tsecret %s\n", a.ClientID, a.ClientSecret)
		}
	}
	return w.Flush()
}

// exportCommand writes companies as a seed file.
type exportCommand struct {
	desk
	Company string `help:"Domain of the company. All of them without it."`
	Secrets bool   `help:"Write the secrets of apps and webhooks too."`
	Output  string `short:"o" help:"File to write, readable for you only; the standard output without it." type:"path"`
}

// Run implements the command.
func (c *exportCommand) Run(p *process) error {
	q := url.Values{}
	if c.Company != "" {
		q.Set("company", c.Company)
	}
	if c.Secrets {
		q.Set("secrets", "1")
	}
	raw, err := c.ask(p.ctx, http.MethodGet, "export?"+q.Encode(), nil)
	if err != nil {
		return err
	}
	if c.Output != "" {
		return os.WriteFile(c.Output, raw, 0o600)
	}
	_, err = p.out.Write(raw)
	return err
}

// resetCommand empties a host.
type resetCommand struct {
	desk
	Company string `help:"Domain of the one company to remove. All of them without it."`
}

// Run implements the command.
func (c *resetCommand) Run(p *process) error {
	body, err := json.Marshal(map[string]string{"company": c.Company})
	if err != nil {
		return err
	}
	raw, err := c.ask(p.ctx, http.MethodPost, "reset", body)
	if err != nil {
		return err
	}
	var told struct{ Data struct{ Removed []string } }
	if err := json.Unmarshal(raw, &told); err != nil {
		return fmt.Errorf("read the host's answer: %w", err)
	}
	if len(told.Data.Removed) == 0 {
		_, err = fmt.Fprintln(p.out, "There was no company to remove.")
		return err
	}
	_, err = fmt.Fprintln(p.out, "Removed:", strings.Join(told.Data.Removed, ", "))
	return err
}
