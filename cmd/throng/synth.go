package main

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/synth"
)

// synthCmd is throng synth.
type synthCmd struct {
	Out    string  `help:"Folder to write." required:"" placeholder:"DIR"`
	Days   int     `help:"Days." default:"1"`
	From   string  `help:"First day." default:"2026-02-02" placeholder:"DAY"`
	People int     `help:"People who live in or come to the region." default:"200000"`
	Seed   uint64  `help:"Seed." default:"1"`
	Events float64 `help:"Mean rows of a phone and day." default:"40"`
	Format string  `help:"parquet or csv." enum:"parquet,csv" default:"parquet"`
	Clean  bool    `help:"Leave out the rows that cannot be true."`
}

// Help is what throng synth --help adds.
func (synthCmd) Help() string {
	return `The folder holds a contract, the cell plan, zones and other public tables, the feed in in/ and the truth in truth/; and, in
folders of their own, tickets, purchases, bikes, cases and registers of the same people. Nobody in it exists. The same seed and options write the same bytes.

    throng synth --out region --people 20000 --days 7`
}

// Run writes a region, its feed and its truth.
func (c *synthCmd) Run(ctx context.Context, out *screen) error {
	world, err := synth.New(synth.Options{Seed: c.Seed, People: c.People, Days: c.Days, From: c.From, EventsPerDevice: c.Events, Clean: c.Clean, Format: c.Format})
	if err != nil {
		return &driver.Error{Kind: driver.Invalid, Text: err.Error()}
	}
	if err := world.WriteRegion(c.Out); err != nil {
		return err
	}
	for day := range c.Days {
		if err := world.WriteDay(ctx, c.Out, day, nil); err != nil {
			return err
		}
		out.say("wrote      %s", world.Period(day).Name)
	}
	if err := world.WriteCompanies(ctx, c.Out); err != nil {
		return err
	}
	out.say("wrote      %s", strings.Join(synth.Companies(), ", "))
	contract := here(filepath.Join(c.Out, "contract.yaml"))
	out.say("region     %s: %s people, %s phones", here(c.Out), number(int64(world.People())), number(int64(world.Devices())))
	if !c.Clean {
		out.say("           Some rows are wrong on purpose, as in every feed; throng check names them, a run leaves them out.")
	}
	out.say("next       throng check %s, throng run %s --out out", contract, contract)
	return nil
}
