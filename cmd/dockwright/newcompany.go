package main

import (
	"fmt"
	"strings"

	"github.com/dockwright/dockwright/internal/host"
	"github.com/dockwright/dockwright/internal/host/account"
)

// newCompanyCommand makes a link by which somebody sets a further company up.
type newCompanyCommand struct {
	storage
	BaseURL string `help:"The host's address, for the link." required:"" env:"DOCKWRIGHT_BASE_URL"`
}

// Run implements the command.
func (c *newCompanyCommand) Run(p *process) error {
	db, err := c.open(p.ctx, "host", p, host.Migrations()...)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	token, err := account.New(db, account.Options{}).FurtherSetup(p.ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.out, "Whoever opens this link makes a company and becomes its admin. It works once, and for a week:\n%s/setup?token=%s\n", strings.TrimSuffix(c.BaseURL, "/"), token)
	return err
}
