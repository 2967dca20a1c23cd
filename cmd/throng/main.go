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

	Demo   demoCmd   `cmd:"" help:"Invent a region, run its feeds, compare each release with the truth, and serve the page."`
	Check  checkCmd  `cmd:"" help:"Say what is wrong with an input, without running or publishing anything."`
	Run    runCmd    `cmd:"" help:"Read a feed under its contract and publish private statistics."`
	Serve  serveCmd  `cmd:"" help:"Serve the page and the API from a folder of releases."`
	Ledger ledgerCmd `cmd:"" help:"Show or verify what privacy has been spent."`
	Export exportCmd `cmd:"" help:"Write a published table as CSV or GeoJSON."`
	Synth  synthCmd  `cmd:"" help:"Write an invented region of any size, with its truth beside it."`

	Version versionCmd `cmd:"" help:"Print the version."`
}

const description = `Throng counts crowds, never people. It turns the event feeds that companies already hold into population statistics,
under a differential-privacy guarantee that anyone can check.

Begin with:   throng demo --once          an invented region, from feed to published numbers with margins
Then:         throng check CONTRACT       is my input as the contract says?
              throng run CONTRACT --out DIR
              throng serve DIR`

func main() { os.Exit(run(os.Args[1:])) }

// run parses and runs one command, and returns its exit code.
func run(args []string) int {
	var c cli
	parser, err := kong.New(&c, kong.Name("throng"), kong.Description(description), kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}), kong.Exit(func(code int) { os.Exit(code) }))
	if err != nil {
		panic(err)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "throng: %v; see throng --help\n", err)
		return usage
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	out := &screen{out: os.Stdout, err: os.Stderr, quiet: c.Quiet, json: c.JSON}
	command.BindTo(ctx, (*context.Context)(nil))
	err = command.Run(out)
	out.endProgress()
	if err != nil {
		complain(err)
	}
	return driver.ExitCode(err)
}

// complain prints an error for the person who must act.
func complain(err error) {
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "throng: interrupted; nothing half-done was published")
		return
	}
	for _, line := range strings.Split(err.Error(), "\n") {
		fmt.Fprintln(os.Stderr, line)
	}
}
