package demo_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/driver/embedded"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/feed/files"
	"github.com/throng-stats/throng/filter"
	"github.com/throng-stats/throng/mobility"
	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/population/present"
	"github.com/throng-stats/throng/population/usual"
	"github.com/throng-stats/throng/synth"
)

const (
	phonesOf = 4000 // people
	homeDays = 28
)

// keeper is a statistic that counts nothing and keeps the records of every phone, in memory of the test.
type keeper struct {
	unit uint64
	seen map[uint64][]mobility.Seen
}

func (k *keeper) Product() string            { return "kept" }
func (k *keeper) Tables() []population.Table { return nil }
func (k *keeper) Contribute(u *population.Unit, _ population.Emit) {
	k.seen[k.unit] = append(k.seen[k.unit], u.Day.Seen...)
}

// TestHomesOfPhones: of the phones that are seen in four weeks, nine of ten have the home zone of the person who carries
// them, by the modal rule. It is the one test that looks at phones: it compares rules on invented people, not releases.
func TestHomesOfPhones(t *testing.T) {
	if testing.Short() {
		t.Skip("invents four weeks of events")
	}
	world, err := synth.New(synth.Options{People: phonesOf, Days: homeDays, From: "2026-02-01", Seed: 9})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := world.WriteRegion(dir); err != nil {
		t.Fatal(err)
	}
	contract, err := config.Read(filepath.Join(dir, "contract.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	job, err := driver.Prepare(contract)
	if err != nil {
		t.Fatal(err)
	}
	month, err := throng.MonthOf("2026-02", contract.Location())
	if err != nil {
		t.Fatal(err)
	}
	truth, err := world.MonthTruth(context.Background(), "2026-02")
	if err != nil {
		t.Fatal(err)
	}
	seen := monthOfPhones(t, world, dir, job, month)
	door := feed.NewDoor([]throng.Period{month}, make([][16]byte, 1), nil)
	for _, rule := range []string{usual.Modal, usual.Permanence} {
		right, with, all := 0, 0, 0
		finder := usual.NewHomes(job.Ground, usual.Options{Rule: rule, Clock: contract.Location()})
		zones := job.Ground.Zones.Finest()
		machine := mobility.New(mobility.Options{}, job.Ground)
		for id, zone := range world.DeviceHomes(truth) {
			records := seen[door.UnitInt(0, id)]
			if len(records) == 0 {
				continue
			}
			all++
			m := &population.Month{Period: month, Days: month.DaysOf(contract.Location()), Seen: records}
			for i, d := range m.Days {
				for _, s := range records {
					if d.Contains(s.Time) {
						m.Active = append(m.Active, int32(i))
						break
					}
				}
			}
			m.Segments, m.Spans = machine.Month(records, month.Start, month.End)
			home := finder.Home(m)
			if len(home) == 0 {
				continue
			}
			with++
			var got int
			if rule == usual.Modal {
				got = zones[home[0]]
			} else {
				got = zoneOfLeaves(job, home)
			}
			if job.Ground.Zones.At(got).ID == zone {
				right++
			}
		}
		t.Logf("%s: of %d phones %d have a home, and %d (%.1f %% of those, %.1f %% of all) the right one", rule, all, with, right, 100*float64(right)/float64(with), 100*float64(right)/float64(all))
		if rule == usual.Modal && right*10 < with*9 {
			t.Errorf("the modal rule is right for %d of %d phones, want nine of ten", right, with)
		}
	}
}

// zoneOfLeaves is the zone of most of the leaves of a home, the smallest of several.
func zoneOfLeaves(job *driver.Job, home population.Home) int {
	of := present.LeafZones(job.Ground)
	count := make([]int, len(job.Ground.Zones.Finest()))
	best := 0
	for _, leaf := range home {
		if z := of[leaf]; z >= 0 {
			count[z]++
		}
	}
	for z, n := range count {
		if n > count[best] {
			best = z
		}
	}
	return job.Ground.Zones.Finest()[best]
}

// columns are those of the contract of the invented region.
var columns = []feed.Column{{Name: "user_id", As: "subscriber", Type: "int"}, {Name: "timestamp", As: "time", Type: "timestamp"}, {Name: "cell_id", As: "cell", Type: "text"},
	{Name: "mcc", As: "sim_country", Type: "int"}, {Name: "plmn", As: "visited_network", Type: "int"}, {Name: "machine", As: "machine", Type: "bool"}}

// monthOfPhones reads four weeks through door and filter, and returns the thinned records of each pseudonym.
func monthOfPhones(t *testing.T, world *synth.World, dir string, job *driver.Job, month throng.Period) map[uint64][]mobility.Seen {
	t.Helper()
	seen := map[uint64][]mobility.Seen{}
	for day := range homeDays {
		if err := world.WriteDay(context.Background(), dir, day, nil); err != nil {
			t.Fatal(err)
		}
		period := world.Period(day)
		door := feed.NewDoor([]throng.Period{period}, make([][16]byte, 1), nil)
		path := filepath.Join(dir, "in", period.Name+".parquet")
		input, err := files.Open(context.Background(), feed.Options{Kind: feed.Events, Files: []string{path}, Format: "parquet", Unit: "subscriber", Clock: job.Contract.Location(), Columns: columns}, job.Ground, door)
		if err != nil {
			t.Fatal(err)
		}
		keep := &keeper{seen: seen}
		engine := embedded.New(embedded.Pass{Periods: []throng.Period{period}, Ground: job.Ground, Filter: filter.Options{Local: []uint16{208}},
			Statistics: func(throng.Period) []population.Statistic { return []population.Statistic{keep} },
			Classify:   func(unit uint64, _ uint16, _ bool) event.Attr { keep.unit = unit; return event.Attr{} },
		}, embedded.Tuning{Workers: 1, Scratch: t.TempDir()})
		if err := engine.Read(context.Background(), input.Parts()); err != nil {
			t.Fatal(err)
		}
		if _, err := engine.Period(context.Background(), 0); err != nil {
			t.Fatal(err)
		}
		engine.Close()
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	return seen
}
