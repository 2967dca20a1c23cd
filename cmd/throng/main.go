// Command throng turns event feeds into published population statistics.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	_ "time/tzdata" // one binary: time zones come with it

	"github.com/alecthomas/kong"

	"github.com/throng-stats/throng/driver"
)

// Exit codes (docs/ARCHITECTURE.md): 2 usage; 3 the contract or the input; 4 refused, busy or unsafe; 1 a fault of ours;
// 130 interrupted.
const usage = 2

// cli is the command line.
type cli struct {
	Quiet bool `help:"Print errors only." short:"q"`
	JSON  bool `help:"Print results as JSON, one object."`

	Demo     demoCmd     `cmd:"" help:"Invent a region, publish it, compare with the truth, serve the page."`
	Check    checkCmd    `cmd:"" help:"Say what is wrong with an input; publish nothing."`
	Plan     planCmd     `cmd:"" help:"Say what a contract costs in privacy, error and machine; read no data."`
	Run      runCmd      `cmd:"" help:"Read a feed under its contract and publish private statistics."`
	Live     liveCmd     `cmd:"" help:"Follow a feed for ever and publish the crowd as it is now."`
	Serve    serveCmd    `cmd:"" help:"Serve the page and the API from a folder of releases."`
	Ledger   ledgerCmd   `cmd:"" help:"Show or verify what privacy has been spent."`
	Rotate   rotateCmd   `cmd:"" help:"Give a state folder a new key, and destroy the old one."`
	Audit    auditCmd    `cmd:"" help:"Attack the releases, ours and those of three other rules, and check the noise and the ledger."`
	Balance  balanceCmd  `cmd:"" help:"Set published spending, trips and nights beside each other by country: the tourism balance."`
	Combine  combineCmd  `cmd:"" help:"Add the published tables of several holders, with their margins."`
	Compare  compareCmd  `cmd:"" help:"Rank what is published by place or category, with shares, means and changes."`
	Register registerCmd `cmd:"" help:"Read a public register of public bodies: outliers, and rates by class of firm."`
	Export   exportCmd   `cmd:"" help:"Write a published table as CSV or GeoJSON."`
	Synth    synthCmd    `cmd:"" help:"Write an invented region of any size, with its truth."`

	Methods methodsCmd `cmd:"" help:"List the definitions of what is published, or print one."`
	Version versionCmd `cmd:"" help:"Print the version."`

	BuiltIn builtIn `embed:""`
}

const description = `Throng counts crowds, never people. It turns the event feeds that companies already hold into population statistics,
under a differential-privacy guarantee that anyone can check.

Begin here; it needs no data and takes a minute:

    throng demo --once                 from an invented feed to numbers with margins

Then with your own feed and its contract (examples/ has some):

    throng plan contract.yaml          what will it cost, and how exact will it be?
    throng check contract.yaml         is the input what was agreed?
    throng run contract.yaml --out out
    throng serve out                   the page and the API
    throng ledger verify out-state     what was spent, and that nobody spent more

Exit codes: 0 done; 2 the command line; 3 the contract or the input is wrong; 4 a privacy rule says no, or the state on disk
does not allow it; 130 interrupted; 1 a fault of throng itself. Every command explains itself: throng run --help`

func main() { os.Exit(run(os.Args[1:])) }

// run parses and runs one command, and returns its exit code.
func run(args []string) int {
	var c cli
	parser, err := kong.New(&c, kong.Name("throng"), kong.Description(description), kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}), kong.Exit(func(code int) { os.Exit(code) }))
	if err != nil {
		panic(err)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "throng: %v; see throng %s\n", err, helpOf(err))
		return usage
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends at once; what that leaves behind, the next run settles
	out := &screen{out: os.Stdout, err: os.Stderr, quiet: c.Quiet, json: c.JSON}
	command.BindTo(ctx, (*context.Context)(nil))
	err = command.Run(out)
	out.endProgress()
	if err != nil {
		complain(err)
	}
	return driver.ExitCode(err)
}

// helpOf is what to add to throng to be told how the command is written that was meant.
func helpOf(err error) string {
	if parse := (*kong.ParseError)(nil); errors.As(err, &parse) && parse.Context != nil {
		var words []string
		for _, step := range parse.Context.Path {
			if step.Command != nil {
				words = append(words, step.Command.Name)
			}
		}
		return strings.Join(append(words, "--help"), " ")
	}
	return "--help"
}

// complain prints an error for the person who must act.
func complain(err error) {
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "throng: interrupted; what is published is whole, the rest is not begun; run again to go on")
		return
	}
	for _, line := range strings.Split(err.Error(), "\n") {
		fmt.Fprintln(os.Stderr, line)
	}
}
