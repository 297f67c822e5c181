package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"

	"github.com/alecthomas/kong"

	"github.com/dockwright/dockwright/examples/kitchensink"
	"github.com/dockwright/dockwright/internal/app/messaging/webchat"
)

// options are what a person cannot set on the command line: where the output
// goes, and what tests plant or wait for.
type options struct {
	out, log io.Writer
	// ready, if set, is called with the addresses once everything answers.
	ready func(addresses)
	// disableDedup plants a fault: repeated messages are stored again. It is how
	// the crash test shows that it would notice.
	disableDedup bool
	// oneCommitPerWrite turns off group commit, for the bench that shows its worth.
	oneCommitPerWrite bool
	// lookup finds the addresses of a name, as net.Resolver does; nil asks the machine.
	lookup func(ctx context.Context, network, host string) ([]netip.Addr, error)
	// chat bounds the web chat's visitors; tests and benches write faster than people.
	chat webchat.Options
	// sink changes the kitchen sink's settings: tests give it other scripts.
	sink func(*kitchensink.Config)
}

// addresses are the origins of what runs.
type addresses struct {
	Host        string `json:"host"`
	Messaging   string `json:"messaging"`
	KitchenSink string `json:"kitchensink"`
}

// cli is the command line. Every flag has an environment variable.
type cli struct {
	Up         upCommand         `cmd:"" help:"Run the host and the apps with demo data, on this machine only."`
	Host       hostCommand       `cmd:"" help:"Run the host: the CRM side."`
	App        appCommand        `cmd:"" help:"Run one of the apps against a host."`
	Seed       seedCommand       `cmd:"" help:"Make companies from a file in a running host."`
	Export     exportCommand     `cmd:"" help:"Write a running host's companies as a seed file."`
	Import     importCommand     `cmd:"" help:"Put exported companies in the place of those with the same domain."`
	Reset      resetCommand      `cmd:"" help:"Remove a running host's companies, put its clock back and take planted faults away."`
	New        newCommand        `cmd:"" help:"Make an app that runs: a folder with a panel, a floating window and the install flow, registered at the running host."`
	NewCompany newCompanyCommand `cmd:"" help:"Make a link by which somebody makes a further company. On SQLite the host is stopped meanwhile."`
	Version    versionCommand    `cmd:"" help:"Print the version."`
}

// appCommand gathers the apps.
type appCommand struct {
	Messaging   messagingCommand   `cmd:"" help:"Run the messaging app: web chat in the host's inbox."`
	KitchenSink kitchensinkCommand `cmd:"" name:"kitchensink" help:"Run the kitchen sink: an example that uses every command of the SDK."`
}

// process is what each command gets: where to write, and the planted faults.
type process struct {
	options
	ctx    context.Context
	logger *slog.Logger
}

// run parses args and runs the command that they name until ctx ends. End-to-end
// tests call it as main does.
func run(ctx context.Context, args []string, o options) error {
	var c cli
	status := -1
	parser, err := kong.New(&c,
		kong.Name("dockwright"),
		kong.Description("The open home of CRM app extensions."),
		kong.UsageOnError(),
		kong.Writers(o.out, o.log),
		kong.Exit(func(code int) { status = code }),
	)
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(args)
	if status == 0 { // --help has been answered
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w (see dockwright --help)", err)
	}
	p := &process{options: o, ctx: ctx, logger: slog.New(slog.NewTextHandler(o.log, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	err = parsed.Run(p)
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return nil
	}
	return err
}

// logging is the flag group for how much is said.
type logging struct {
	LogLevel  slog.Level `help:"The least important lines to log: debug, info, warn or error." default:"info" env:"DOCKWRIGHT_LOG_LEVEL"`
	LogFormat string     `help:"How log lines look." enum:"text,json" default:"text" env:"DOCKWRIGHT_LOG_FORMAT"`
}

func (l logging) logger(w io.Writer) *slog.Logger {
	o := &slog.HandlerOptions{Level: l.LogLevel}
	if l.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// versionCommand prints what this binary was built from.
type versionCommand struct{}

// Run implements the command.
func (versionCommand) Run(p *process) error {
	_, err := fmt.Fprintln(p.out, "dockwright", version())
	return err
}
