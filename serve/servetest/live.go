package servetest

import (
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/reckon/allot"
	"github.com/throng-stats/throng/reckon/balance"
	"github.com/throng-stats/throng/release"
)

// LiveAt is a clock at which three of the bins of FillLive may be read.
var LiveAt = time.Date(2026, 2, 10, 11, 5, 0, 0, time.UTC)

// LiveBins are the bins that FillLive publishes: a quarter of an hour is missing, and the last may be read from 11:11 on.
var LiveBins = []time.Time{bin(9, 45), bin(10, 0), bin(10, 30), bin(10, 45)}

func bin(hour, minute int) time.Time { return time.Date(2026, 2, 10, hour, minute, 0, 0, time.UTC) }

// LiveID is the id of a bin.
func LiveID(start time.Time) string { return "live-" + start.Format("2006-01-02T1504") }

// FillLive publishes bins of present-live on the Tuesday after the one of Fill, with data of a kind.
func FillLive(store release.Store, data string) error {
	for _, start := range LiveBins {
		if err := PutLive(store, start, data); err != nil {
			return err
		}
	}
	return nil
}

// PutLive publishes one bin, which may be read 26 minutes after it began: its end, ten minutes of lateness and one more.
func PutLive(store release.Store, start time.Time, data string) error {
	g := Region()
	m := manifest(g, "present-live", start.Format(time.DateOnly), start.Add(26*time.Minute).Format(time.RFC3339))
	m.ID, m.Data = LiveID(start), data
	m.Period.Name, m.Period.Start, m.Period.End = start.Format("2006-01-02T15:04Z"), start, start.Add(15*time.Minute)
	when := throng.Dim{Name: throng.DimTime, Codes: []string{start.Format(time.RFC3339)}}
	level := func(name string, ids []string) (throng.Dim, throng.Dim) {
		return throng.Dim{Name: throng.DimZone, Level: name, Codes: ids}, when
	}
	var measured []release.Table
	for _, one := range []struct {
		name   string
		ids    []string
		level  float64
		sigma2 uint64
	}{{throng.LevelLeaf, g.Tree.LeafIDs(), 600, 100}, {throng.LevelBlock, g.Tree.BlockIDs(), 1200, 400}, {throng.LevelArea, g.Tree.AreaIDs(), 2400, 400}} {
		zones, bins := level(one.name, one.ids)
		t := measure(&m, one.name, one.level, one.sigma2, zones, bins)
		for i := range t.Raw {
			t.Raw[i] += int64(start.Minute() * (1 + i%3)) // so that bins differ
		}
		m.Parts[len(m.Parts)-1].D2 = 1
		measured = append(measured, t)
	}
	index, err := allot.NewIndex(g)
	if err != nil {
		return err
	}
	r, err := balance.NewReckoner(index, measured)
	if err != nil {
		return err
	}
	d := release.Draft{Manifest: m, Tables: append(measured, totals(r, g, throng.Dim{Name: throng.DimZone, Level: throng.LevelZone, Codes: g.Zones.IDs()}, when)),
		Texts: map[string][]byte{"claim.json": []byte("{}\n"), "quality.json": []byte("{\"gates\":[]}\n")}}
	_, err = store.Put(d)
	return err
}
