package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/throng-stats/throng/synth"
)

// phoneShare is how many of all people carry a phone of the holder, the default of synth. Second SIMs and the SIMs of
// things come on top, so that a day is a little longer than was asked for.
const phoneShare = .40

// day is an invented day of a region and where its files are.
type day struct {
	options synth.Options
	dir     string
}

// dayOf names the day of about so many rows of so many phones; 0 phones are one for each 40 rows.
func dayOf(events, phones int, dir string) (*day, error) {
	if phones == 0 {
		phones = events / 40
	}
	d := &day{dir: filepath.Join(dir, fmt.Sprintf("%d-events-%d-phones", events, phones))}
	d.options = synth.Options{Seed: 1, People: int(float64(phones) / phoneShare), Days: 1, EventsPerDevice: float64(events) / float64(max(phones, 1))}
	d.options.EnsureDefaults()
	return d, d.options.Validate()
}

// contract is the file that says what a run of the day is.
func (d *day) contract() string { return filepath.Join(d.dir, "contract.yaml") }

// feed is the one file of rows.
func (d *day) feed() string { return filepath.Join(d.dir, "in", d.options.From+".parquet") }

// done is the file that is written when everything else is there.
func (d *day) done() string { return filepath.Join(d.dir, "complete") }

// isThere reports whether an earlier run has invented the day.
func (d *day) isThere() bool {
	_, err := os.Stat(d.done())
	return err == nil
}

// invent is the word of the flag -do for making the day.
const invent = "invent"

// invent writes the region and the rows of the day.
func (d *day) invent(ctx context.Context) error {
	if err := os.MkdirAll(d.dir, 0o755); err != nil {
		return err
	}
	world, err := synth.New(d.options)
	if err != nil {
		return err
	}
	if err := world.WriteRegion(d.dir); err != nil {
		return err
	}
	if err := world.WriteDay(ctx, d.dir, 0, nil); err != nil {
		return err
	}
	return os.WriteFile(d.done(), nil, 0o644)
}
