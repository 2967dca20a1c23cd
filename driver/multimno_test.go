package driver_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/driver/embedded"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/feed/feedtest"
	"github.com/throng-stats/throng/feed/files"
	"github.com/throng-stats/throng/filter"
	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/population/flow"
	"github.com/throng-stats/throng/population/present"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/disk"
)

// layouts is one feed and plan in two layouts: CSV, and the Parquet folders of the European reference pipeline.
type layouts struct {
	csv, lake string
	days      []string
}

func point[T any](v T) *T { return &v }

// drawLayouts draws two days of 60 pseudonyms at 24 antennas, and writes them twice. Some rows have coordinates in place
// of a cell, some are of guests, some were abroad, some have no place or no pseudonym.
func drawLayouts(t *testing.T, seed uint64) layouts {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 7))
	l := layouts{csv: t.TempDir(), lake: t.TempDir(), days: []string{"2026-02-03", "2026-02-04"}}
	for _, dir := range []string{l.csv, l.lake} {
		writeFile(t, dir, "zones.geojson", worldZones())
		writeFile(t, dir, "residents.csv", "zone,gender,age,people\nNW,F,0-17,60000\nNE,F,18-24,60000\nSW,M,25-44,60000\nSE,M,65+,60000\n")
		writeFile(t, dir, "countries.csv", "mcc,country,group,residents\n310,US,US,300000000\n208,FR,FR,60000000\n")
	}
	spot := func(i int) (lat, lon float32) { return 48.705 + float32(i/6)*.045, 2.105 + float32(i%6)*.032 }
	var plan []feedtest.MultimnoCell
	text := "cell_id,latitude,longitude,antenna_height,directionality,azimuth_angle,power,range,technology,cell_type,valid_date_start\n"
	for i := range 24 {
		c := feedtest.MultimnoCell{Cell: fmt.Sprintf("20801%010d", i), Height: point(float32(20 + i)), Directional: point(int32(i % 2)), Power: point(float32(9.5)),
			Range: point(float32(2000)), Technology: point("LTE"), Start: point("2026-01-01T00:00:00"), Type: point("macrocell")}
		if c.Latitude, c.Longitude = spot(i); i%2 == 1 {
			c.Azimuth = point(float32(15 * i))
		}
		plan = append(plan, c)
		azimuth := ""
		if c.Azimuth != nil {
			azimuth = fmt.Sprint(*c.Azimuth)
		}
		text += fmt.Sprintf("%s,%v,%v,%v,%d,%s,%v,%v,LTE,macrocell,2026-01-01T00:00:00\n", c.Cell, c.Latitude, c.Longitude, *c.Height, *c.Directional, azimuth, *c.Power, *c.Range)
	}
	feedtest.WriteHive(t, filepath.Join(l.lake, "mno_network"), "2026-02-03", plan, 3)
	writeFile(t, l.csv, "cells.csv", text)
	for _, day := range l.days {
		var rows []feedtest.MultimnoEvent
		lines := "user_id,timestamp,cell_id,latitude,longitude,mcc,plmn\n"
		for range 3000 {
			user := r.IntN(60)
			e := feedtest.MultimnoEvent{User: fmt.Appendf(nil, "zq-pseudonym-of-32-bytes-%07d", user), MNC: point("01"), Error: point(float32(10)),
				Timestamp: point(fmt.Sprintf("%s %02d:%02d:%02d", day, r.IntN(24), r.IntN(60), r.IntN(60)))}
			cell, lat, lon, mcc, plmn := plan[(user+r.IntN(3))%24].Cell, "", "", 208, ""
			if user%10 == 9 {
				mcc = 310
			}
			switch e.MCC = point(int32(mcc)); r.IntN(20) {
			case 0:
				cell, e.Latitude, e.Longitude = "", point(float32(48.7512)), point(float32(2.1371)+float32(user)*.001)
				lat, lon = fmt.Sprint(*e.Latitude), fmt.Sprint(*e.Longitude)
			case 1:
				cell, e.PLMN, plmn = "", point(int32(26201)), "26201"
			case 2:
				cell = ""
			case 3:
				e.User = nil
			case 4:
				e.PLMN, plmn = point(int32(20801)), "20801"
			}
			if cell != "" {
				e.Cell = point(cell)
			}
			rows = append(rows, e)
			lines += fmt.Sprintf("%s,%s,%s,%s,%s,%d,%s\n", e.User, *e.Timestamp, cell, lat, lon, mcc, plmn)
		}
		feedtest.WriteHive(t, filepath.Join(l.lake, "mno_events"), day, rows, 2)
		writeFile(t, l.csv, "in/"+day+".csv", lines)
	}
	return l
}

func writeFile(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// prepareExample reads the ready contract with what a test must change in it: the place, the year, the files of the plan
// and of the feed.
func prepareExample(t *testing.T, dir string, change ...string) *driver.Job {
	t.Helper()
	text, err := os.ReadFile("../examples/multimno.yaml")
	if err != nil {
		t.Fatal(err)
	}
	change = append(change, "Europe/Madrid", "Europe/Paris", "local: [214]", "local: [208]", "day=1/*.parquet", "day=3/*.parquet", "month=1/", "month=2/",
		"{tile: 100}", "{tile: 1000}", "share: share.csv", "#", "holidays: holidays.csv", "#",
		"[present, usual, migration, tourism]", "[present, nights]", "state: /var/lib/throng/op-a-multimno", "state: "+filepath.Join(dir, "state"))
	for i := 0; i < len(change); i += 2 {
		if !strings.Contains(string(text), change[i]) {
			t.Fatalf("examples/multimno.yaml does not hold %q", change[i])
		}
	}
	writeFile(t, dir, "contract.yaml", strings.NewReplacer(change...).Replace(string(text)))
	c, err := config.Read(filepath.Join(dir, "contract.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	j, err := driver.Prepare(c)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// countedOf reads the days of a feed under fixed keys and returns the keyed digests of the tables before the noise, with
// the counters of rows.
func countedOf(t *testing.T, j *driver.Job, days []string) (map[string]string, filter.Counts) {
	t.Helper()
	options := feed.Options{Kind: feed.Events, Clock: j.Contract.Location(), Strict: true, Drop: j.Contract.FeedOptions().Drop}
	for _, c := range j.Contract.FeedOptions().Columns {
		options.Columns = append(options.Columns, feed.Column{Name: c.Name, As: c.As, Type: c.Type, Format: c.Format, Zone: c.Zone, Fold: c.Fold})
	}
	var periods []throng.Period
	for _, day := range days {
		p, err := throng.DayOf(day, j.Contract.Location())
		if err != nil {
			t.Fatal(err)
		}
		periods = append(periods, p)
		list, err := j.Contract.FilesFor(day)
		if err != nil {
			t.Fatal(err)
		}
		options.Files = append(options.Files, list...)
	}
	input, err := files.Open(context.Background(), options, j.Ground, feed.NewDoor(periods, make([][16]byte, len(periods)), nil))
	if err != nil {
		t.Fatal(err)
	}
	e := embedded.New(embedded.Pass{Periods: periods, Ground: j.Ground, Filter: filter.Options{Local: []uint16{208}}, Segments: true,
		Classify: func(uint64, uint16, bool) event.Attr { return event.Attr{} },
		Statistics: func(p throng.Period) []population.Statistic {
			return []population.Statistic{present.New(j.Ground, p, present.Options{}), present.NewNights(j.Ground, p, present.NightOptions{}),
				flow.Daily("flows-day", j.Ground, p, flow.Options{})}
		}}, embedded.Tuning{Workers: 1, Shards: 1, Memory: 1 << 26, Scratch: t.TempDir()})
	defer e.Close()
	if err := e.Read(context.Background(), input.Parts()); err != nil {
		t.Fatal(err)
	}
	digests := map[string]string{}
	for i, p := range periods {
		counted, err := e.Period(context.Background(), i)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range counted {
			for _, table := range c.Tables {
				digests[p.Name+"/"+c.Product+"/"+table.Shape.Name] = table.Digest([]byte("test"))
			}
		}
	}
	return digests, e.Counts
}

// TestMultimnoLayout: events and plan in the Parquet folders of the reference pipeline give the tables, before the noise,
// that the same rows give as CSV; with one row moved they do not.
func TestMultimnoLayout(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	l := drawLayouts(t, seed)
	lake := prepareExample(t, l.lake)
	plain := prepareExample(t, l.csv, "mno_events/year={yyyy}/month={M}/day={d}/*.parquet\n  arrival", "in/{day}.csv\n  arrival",
		"type: bytes", "type: text", "mno_network/year=2026/month=1/day=1/*.parquet", "cells.csv")
	if !reflect.DeepEqual(lake.Ground, plain.Ground) {
		t.Fatal("the plan in parts gives another ground")
	}
	got, counts := countedOf(t, lake, l.days)
	want, wantCounts := countedOf(t, plain, l.days)
	if len(want) != 6 || !reflect.DeepEqual(got, want) {
		t.Errorf("tables before the noise: got %v, want %v", got, want)
	}
	if !reflect.DeepEqual(counts, wantCounts) || counts.Admitted == counts.Rows {
		t.Errorf("counters: got %+v, want %+v with some rows left out", counts, wantCounts)
	}

	one := filepath.Join(l.csv, "in", l.days[0]+".csv")
	text, err := os.ReadFile(one)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, l.csv, "in/"+l.days[0]+".csv", string(text)+"zq-pseudonym-of-32-bytes-9999999,2026-02-03 10:00:00,208010000000003,,,208,\n")
	other, _ := countedOf(t, plain, l.days)
	if reflect.DeepEqual(other, want) {
		t.Error("another person changes no table; the test shows nothing")
	}
}

// TestOriginsAbroad: releases of nights say which codes of origin are countries; others do not.
func TestOriginsAbroad(t *testing.T) {
	l := drawLayouts(t, 2)
	out := filepath.Join(t.TempDir(), "out")
	if _, err := driver.Run(context.Background(), prepareExample(t, l.lake), driver.RunOptions{Out: out, To: l.days[0]}); err != nil {
		t.Fatal(err)
	}
	store, err := disk.OpenReadOnly(out)
	if err != nil {
		t.Fatal(err)
	}
	list, err := store.List()
	if err != nil || len(list) != 2 {
		t.Fatalf("got %d releases, %v", len(list), err)
	}
	for _, m := range list {
		if got, want := m.Options[release.OptionAbroad], map[string]string{"nights": `["US","abroad"]`}[m.Product]; got != want {
			t.Errorf("%s: got %s, want %s", m.Product, got, want)
		}
	}
}

// TestMultimnoTellsNoPseudonym: what check says of a lake holds neither a pseudonym nor its digits.
func TestMultimnoTellsNoPseudonym(t *testing.T) {
	l := drawLayouts(t, 1)
	report, err := driver.Check(context.Background(), prepareExample(t, l.lake), "", "", func(int64, int64) {})
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("%+v", report)
	if strings.Contains(text, "zq-pseudonym") || strings.Contains(text, hex.EncodeToString([]byte("zq-pseudonym"))) {
		t.Error("a report of a check tells a pseudonym")
	}
	if report.Rows != 6000 || report.Files != 4 || report.Period != "2026-02-03 to 2026-02-04" {
		t.Errorf("got %d rows of %d files, %s", report.Rows, report.Files, report.Period)
	}
}
