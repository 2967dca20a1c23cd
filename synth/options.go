package synth

import (
	"fmt"
	"time"

	"github.com/throng-stats/throng"
)

// Clock is the time zone of the invented country.
const Clock = "Europe/Paris"

// Formats of the feed.
const (
	Parquet = "parquet"
	CSV     = "csv"
)

// Options say what is invented. The zero value means the defaults. Everything else about the world is a constant with
// its source beside it, listed in docs/method/synthetic-region.md.
type Options struct {
	// Seed names the world: the same seed and options give the same bytes, on any number of processors. Default 0.
	Seed uint64
	// People is how many live in or come to the host province, all roles together. Default 200,000 (the design). Public tables
	// of large regions (origins, home provinces) do not shrink with it. At least 400.
	People int
	// Days is how many days the world lasts. Default 60 (the design: they hold a festival and a clock change).
	Days int
	// From is the first day, "2006-01-02". Default 2026-02-02, a Monday (the design).
	From string
	// FestivalDay is the day of the feast, counted from 0. Default 15: 2026-02-17. Ours.
	FestivalDay int
	// Share is the part of all people who carry a phone of this holder, 0.05 to 0.9. Default 0.40 (the design).
	Share float64
	// EventsPerDevice is the mean number of rows per phone and day, at least 4. Default 40 (the design; operators' public
	// figures for signalling without handovers in calls go from 20 to several hundred).
	EventsPerDevice float64
	// Clean leaves out all dirt in rows. Default false.
	Clean bool
	// Format is Parquet or CSV. Default Parquet.
	Format string
	// Estimate is the word that the contract has for it, linear or em. Default: the contract says nothing, which is linear.
	Estimate string
}

// EnsureDefaults fills in what is zero.
func (o *Options) EnsureDefaults() {
	if o.People == 0 {
		o.People = 200_000
	}
	if o.Days == 0 {
		o.Days = 60
	}
	if o.From == "" {
		o.From = "2026-02-02"
	}
	if o.FestivalDay == 0 {
		o.FestivalDay = 15
	}
	if o.Share == 0 {
		o.Share = .40
	}
	if o.EventsPerDevice == 0 {
		o.EventsPerDevice = 40
	}
	if o.Format == "" {
		o.Format = Parquet
	}
}

// Validate refuses options outside their ranges.
func (o *Options) Validate() error {
	switch {
	case o.People < 400 || o.People > 50_000_000:
		return fmt.Errorf("synth: got %d people, want 400 to 50,000,000", o.People)
	case o.Days < 1 || o.Days > 3660:
		return fmt.Errorf("synth: got %d days, want 1 to 3,660", o.Days)
	case !(o.Share >= .05 && o.Share <= .9):
		return fmt.Errorf("synth: got a share of %g, want 0.05 to 0.9", o.Share)
	case !(o.EventsPerDevice >= 4 && o.EventsPerDevice <= 5000):
		return fmt.Errorf("synth: got %g events per device and day, want 4 to 5,000", o.EventsPerDevice)
	case o.Format != Parquet && o.Format != CSV:
		return fmt.Errorf("synth: got format %.20q, want %s or %s", o.Format, Parquet, CSV)
	case o.Estimate != "" && o.Estimate != "linear" && o.Estimate != "em":
		return fmt.Errorf("synth: got the estimate %.20q, want linear or em", o.Estimate)
	}
	if _, err := throng.DayOf(o.From, time.UTC); err != nil {
		return fmt.Errorf("synth: from: %w", err)
	}
	return nil
}
