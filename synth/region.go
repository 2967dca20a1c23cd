package synth

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/synth/city"
	"github.com/throng-stats/throng/synth/dice"
	"github.com/throng-stats/throng/synth/people"
	"github.com/throng-stats/throng/synth/signal"
)

// noAttributes is the share of domestic subscribers of whom the holder knows nothing (ours).
const noAttributes = .02

// WriteRegion writes everything below dir that does not change from day to day: the contract, the cell plan, the zones, the
// public tables, what the holder knows of subscribers, and who opted out.
func (w *World) WriteRegion(dir string) error {
	tables := []struct {
		name  string
		write func(path string) error
	}{
		{"contract.yaml", w.writeContract},
		{"cells.csv", w.writeCells},
		{"zones.geojson", w.writeZones},
		{"protected.geojson", w.writeProtected},
		{"residents.csv", w.writeResidents},
		{"landuse.csv", w.writeLandUse},
		{"places.csv", w.writePlaces},
		{"share.csv", w.writeShare},
		{"origins.csv", w.writeOrigins},
		{"countries.csv", w.writeCountries},
		{"holidays.csv", w.writeHolidays},
		{"people.parquet", w.writePeople},
		{"optout.txt", w.writeOptOut},
	}
	for _, t := range tables {
		if err := t.write(filepath.Join(dir, t.name)); err != nil {
			return fmt.Errorf("synth: %s was not written: %w", t.name, err)
		}
	}
	return nil
}

// writeText writes a file as a whole.
func writeText(path, text string) error {
	return whole(path, func(f *os.File) error {
		_, err := io.WriteString(f, text)
		return err
	})
}

// writeTable writes a CSV file with a header.
func writeTable(path string, header string, rows [][]string) error {
	return whole(path, func(f *os.File) error {
		out := csv.NewWriter(f)
		if err := out.Write(strings.Split(header, ",")); err != nil {
			return err
		}
		return out.WriteAll(rows)
	})
}

// writeCells writes the plan with all columns; a retired cell ended a year before the world begins.
func (w *World) writeCells(path string) error {
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	var rows [][]string
	for _, c := range w.plan.Cells {
		site := w.plan.Sites[c.Site]
		at := city.Unproject(site.At)
		directional, azimuth, until := "0", "", ""
		if c.Directional {
			directional, azimuth = "1", number(c.Azimuth)
		}
		if c.Retired {
			until = w.start.AddDate(-1, 0, 0).Format("2006-01-02T15:04:05")
		}
		rows = append(rows, []string{
			c.ID, site.ID, degrees(at.Lat), degrees(at.Lon), number(c.Altitude), number(c.Height), directional, azimuth, number(c.Tilt),
			number(c.BeamH), number(c.BeamV), number(c.Power), number(c.Range), number(c.Frequency), c.Technology, c.Type,
			w.start.AddDate(-6, 0, 0).Format("2006-01-02T15:04:05"), until,
		})
	}
	return writeTable(path, "cell_id,site_id,latitude,longitude,altitude,antenna_height,directionality,azimuth_angle,elevation_angle,"+
		"horizontal_beam_width,vertical_beam_width,power,range,frequency,technology,cell_type,valid_date_start,valid_date_end", rows)
}

// degrees to 1e-7, about a centimetre. Equal points give equal texts, so shared borders stay shared.
func degrees(v float64) string { return strconv.FormatFloat(math.Round(v*1e7)/1e7, 'f', 7, 64) }

// writeZones writes CRS84 polygons, outer rings counter-clockwise (RFC 7946).
func (w *World) writeZones(path string) error {
	var features []string
	for _, z := range w.plan.Zones {
		kind, shape := "MultiPolygon", make([]string, len(z.Outline))
		for i, polygon := range z.Outline {
			shape[i] = polygonText(polygon)
		}
		coordinates := "[" + strings.Join(shape, ",") + "]"
		if len(shape) == 1 {
			kind, coordinates = "Polygon", shape[0]
		}
		parent := "null"
		if z.Parent != "" {
			parent = strconv.Quote(z.Parent)
		}
		features = append(features, fmt.Sprintf(
			`{"type":"Feature","properties":{"id":%q,"name":%q,"parent":%s,"level":%d},"geometry":{"type":%q,"coordinates":%s}}`,
			z.ID, z.Name, parent, z.Level, kind, coordinates))
	}
	return writeText(path, collection(features))
}

func collection(features []string) string {
	return "{\"type\":\"FeatureCollection\",\"features\":[\n" + strings.Join(features, ",\n") + "\n]}\n"
}

func polygonText(polygon city.Polygon) string {
	rings := make([]string, len(polygon))
	for k, ring := range polygon {
		points := make([]string, 0, len(ring)+1)
		for i := range len(ring) + 1 {
			at := city.Unproject(ring[i%len(ring)])
			points = append(points, "["+degrees(at.Lon)+","+degrees(at.Lat)+"]")
		}
		rings[k] = "[" + strings.Join(points, ",") + "]"
	}
	return "[" + strings.Join(rings, ",") + "]"
}

// writeProtected invents six places that must not become a zone of their own, as squares of 120 m. None holds a place of the public list.
func (w *World) writeProtected(path string) error {
	d := dice.New(w.options.Seed, 60)
	var features []string
	for range 6 {
		at := w.plan.Places[city.Leisure].Draw(int16(d.IntN(city.Counties)), d).Point()
		for w.isListedAt(at) {
			at = w.plan.Places[city.Leisure].Draw(int16(d.IntN(city.Counties)), d).Point()
		}
		square := city.Ring{{X: at.X - 60, Y: at.Y - 60}, {X: at.X + 60, Y: at.Y - 60}, {X: at.X + 60, Y: at.Y + 60}, {X: at.X - 60, Y: at.Y + 60}}
		features = append(features, `{"type":"Feature","properties":{},"geometry":{"type":"Polygon","coordinates":`+polygonText(city.Polygon{square})+`}}`)
	}
	return writeText(path, collection(features))
}

// isListedAt reports whether a place of the public list lies in a square of 120 m about a point, or at its edge.
func (w *World) isListedAt(at city.Point) bool {
	listed := slices.Concat(w.plan.Gates, w.plan.Places[city.College].Largest(3), w.plan.Places[city.Sight].Largest(5))
	return slices.ContainsFunc(listed, func(s city.Spot) bool {
		p := s.Point()
		return math.Abs(p.X-at.X) < 62 && math.Abs(p.Y-at.Y) < 62
	})
}

// writeResidents writes the register of the host: its residents, without workers and guests. The home provinces get the
// host's composition, scaled to their census.
func (w *World) writeResidents(path string) error {
	bands := throng.DefaultBands
	cells := len(bands) * 2
	count, all, total := make([]int64, city.Municipalities*cells), make([]int64, cells), int64(0)
	for i := range w.all.List {
		p := &w.all.List[i]
		if p.Role != people.Resident {
			continue
		}
		class := p.Band(w.start.Year())
		if p.Sex == 'M' {
			class += len(bands)
		}
		count[int(p.Home.Zone)*cells+class]++
		all[class]++
		total++
	}
	var rows [][]string
	for z := range city.Finest {
		for class := range cells {
			n := int64(0)
			if z < city.Municipalities {
				n = count[z*cells+class]
			} else {
				census := city.ProvinceResidents(z - city.Municipalities + city.Home)
				n = int64(math.Round(float64(census) * float64(all[class]) / float64(total)))
			}
			rows = append(rows, []string{w.plan.FinestID(z), throng.Genders[class/len(bands)], bands.Codes()[class%len(bands)], strconv.FormatInt(n, 10)})
		}
	}
	return writeTable(path, "zone,gender,age,people", rows)
}

// landUseSide is the side of a square of the land-use grid, metres. Satellites see what is built in squares of 100 m (GHS-BUILT).
const landUseSide = 250

// writeLandUse writes a public grid of what is built, in units of one dwelling's or workplace's room: it tells where people can
// be, not who is there.
func (w *World) writeLandUse(path string) error {
	count := map[[2]int]int{}
	add := func(s city.Spot) {
		if s.Zone >= 0 {
			count[[2]int{int(math.Floor(float64(s.X) / landUseSide)), int(math.Floor(float64(s.Y) / landUseSide))}]++
		}
	}
	for i := range w.all.List {
		if p := &w.all.List[i]; p.Role == people.Resident {
			add(p.Home)
			if p.Work != (city.Spot{}) {
				add(p.Work)
			}
		}
	}
	var rows [][]string
	for square, n := range count {
		g := city.Unproject(city.Point{X: (float64(square[0]) + .5) * landUseSide, Y: (float64(square[1]) + .5) * landUseSide})
		rows = append(rows, []string{strconv.FormatFloat(g.Lat, 'f', 6, 64), strconv.FormatFloat(g.Lon, 'f', 6, 64), strconv.Itoa(landUseSide), strconv.Itoa(n)})
	}
	slices.SortFunc(rows, slices.Compare)
	return writeTable(path, "latitude,longitude,side,weight", rows)
}

// writePlaces writes a public list: station and airport, the colleges, the largest sights.
func (w *World) writePlaces(path string) error {
	var rows [][]string
	add := func(kind string, spots []city.Spot) {
		for i, at := range spots {
			g, name := city.Unproject(at.Point()), strings.ToUpper(kind[:1])+kind[1:]
			if len(spots) > 1 {
				name += " " + strconv.Itoa(i+1)
			}
			for _, z := range w.plan.Zones {
				if z.ID == w.plan.FinestID(int(max(at.Zone, 0))) {
					name += ", " + z.Name
				}
			}
			rows = append(rows, []string{fmt.Sprintf("%s-%d", kind, i+1), name, kind, degrees(g.Lat), degrees(g.Lon)})
		}
	}
	add("station", w.plan.Gates[:1])
	add("airport", w.plan.Gates[1:])
	add("college", w.plan.Places[city.College].Largest(3))
	add("sight", w.plan.Places[city.Sight].Largest(5))
	slices.SortFunc(rows, slices.Compare)
	return writeTable(path, "id,name,kind,latitude,longitude", rows)
}

// writeShare writes expected shares of all and by age, not the drawn ones: a regulator's figure, which does not tell who has a
// phone. The standard deviation is how far the drawn shares scatter about them.
func (w *World) writeShare(path string) error {
	var rows [][]string
	add := func(zone, age string, m people.Market) {
		rows = append(rows, []string{zone, "", age, strconv.FormatFloat(max(m.Share, .001), 'f', 3, 64), strconv.FormatFloat(max(m.SD, .001), 'f', 3, 64)})
	}
	all, byAge := w.all.MarketShares()
	for z, share := range all {
		add(w.plan.FinestID(z), "", share)
		codes := throng.DefaultBands.Codes()
		for band, of := range byAge[z] {
			if of.Share > 0 { // somebody of that age is there
				add(w.plan.FinestID(z), codes[band], of)
			}
		}
	}
	return writeTable(path, "zone,gender,age,share,sd", rows)
}

func (w *World) writeOrigins(path string) error {
	var rows [][]string
	for i := range city.Provinces {
		n := city.ProvinceResidents(i)
		if i == city.Host {
			n = max(n, w.residents())
		}
		rows = append(rows, []string{city.ProvinceID(i), city.ProvinceGroup(i), strconv.FormatInt(n, 10)})
	}
	return writeTable(path, "origin,group,residents", rows)
}

func (w *World) residents() int64 {
	n := int64(0)
	for i := range w.all.List {
		if w.all.List[i].Role == people.Resident {
			n++
		}
	}
	return n
}

func (w *World) writeCountries(path string) error {
	var rows [][]string
	for _, c := range city.Countries {
		rows = append(rows, []string{strconv.Itoa(c.MCC), c.Code, c.Group, strconv.FormatInt(c.Residents, 10)})
	}
	return writeTable(path, "mcc,country,group,residents", rows)
}

func (w *World) writeHolidays(path string) error {
	var rows [][]string
	for day := range w.options.Days {
		if w.all.Calendar.Holiday(day) {
			rows = append(rows, []string{w.DayName(day), "Lantern days"})
		}
	}
	return writeTable(path, "date,name", rows)
}

// personRow is a row of people.parquet.
type personRow struct {
	User     int64  `parquet:"user_id"`
	Birth    int32  `parquet:"birth_year"`
	Sex      string `parquet:"sex,dict"`
	Province string `parquet:"home_dep,dict"`
}

// writePeople writes what the holder knows of domestic subscribers, ordered by id. Roamers and things have no row, and 2 % of
// the others have none either.
func (w *World) writePeople(path string) error {
	var rows []personRow
	for i := range w.devices {
		dev := &w.devices[i]
		if dev.Person < 0 || dev.MCC != signal.Home || dice.Unit(w.options.Seed, 61, dev.ID) < noAttributes {
			continue
		}
		p := &w.all.List[dev.Person]
		rows = append(rows, personRow{int64(dev.ID), int32(p.Birth), string(rune(p.Sex)), city.ProvinceID(int(p.Origin))})
	}
	slices.SortFunc(rows, func(a, b personRow) int { return int(min(1, max(-1, a.User-b.User))) })
	return writeParquet(path, rows)
}

func (w *World) writeOptOut(path string) error {
	var ids []uint64
	for i := range w.devices {
		if w.devices[i].OptedOut {
			ids = append(ids, w.devices[i].ID)
		}
	}
	slices.Sort(ids)
	var text strings.Builder
	for _, id := range ids {
		fmt.Fprintln(&text, id)
	}
	return writeText(path, text.String())
}

// writeContract writes the contract of the feed.
func (w *World) writeContract(path string) error {
	stamp := "{as: time, type: timestamp}"
	if w.options.Format == CSV {
		stamp = `{as: time, type: text, format: "yyyy-MM-dd HH:mm:ss.SSS", zone: UTC}`
	}
	estimate := ""
	if w.options.Estimate != "" {
		estimate = "estimate: " + w.options.Estimate + "\n"
	}
	last := w.start.AddDate(0, 0, w.options.Days).Year()
	return writeText(path, fmt.Sprintf(contractText,
		w.start.Format(time.DateOnly), fmt.Sprintf("%d-12-31", last),
		w.start.AddDate(0, 0, -21).Format(time.DateOnly), w.options.Format, stamp, Clock, signal.Home, w.options.From, estimate, 1/w.all.GuestShare()))
}

const contractText = `# The contract of an invented feed of an invented country.
throng: 1
holder: {id: lumera, name: Lumera Mobile}
agreement: {id: aurelande-1, purpose: [planning, statistics], text: "Who is in Corvande, and how people move in it", from: %s, until: %s}
recipients: [statistics-office, municipality, public]
review:
  by: Panel of residents and workers of Corvande
  date: %s
  text: Origin is shown by macro-region only. Lodgings of workers stand beside other buildings, and no area below 5,000 residents is shown by origin.
data: synthetic
state: state
optout: optout.txt
feed:
  id: signalling
  kind: events
  unit: subscriber
  files: "in/{day}.%s"
  arrival: file-time
  columns:
    user_id: {as: subscriber, type: int}
    timestamp: %s
    cell_id: {as: cell, type: text}
    mcc: {as: sim_country, type: int}
    plmn: {as: visited_network, type: int}
    machine: {as: machine, type: bool}
clock: %s
local: [%d]
cells: {file: cells.csv, kind: antennas}
zones: {file: zones.geojson, id: id, parent: parent, name: name, level: level, version: "%s"}
grid: {tile: 500}
attributes:
  file: people.parquet
  columns:
    user_id: {as: subscriber, type: int}
    birth_year: {as: age, type: int, bands: [0, 18, 25, 45, 65]}
    sex: {as: gender, type: code, list: [F, M]}
    home_dep: {as: origin, type: text}
origins: origins.csv
countries: countries.csv
residents: residents.csv
landuse: landuse.csv
places: places.csv
share: share.csv
protected: protected.geojson
holidays: holidays.csv
products: [present, visitors, arrivals, nights, flows-hour, flows-day, flows-month, usual, migration, tourism]
flows: stay
roles: same-day
purposes: true
%sscaling: {dedup: 0.926, inbound: %.3f} # 8 in 100 customers have two subscriptions: 1/1.08; guests: 1 / the holder's share of them
privacy: {profile: standard}
publish: {not_before: "+1d06:00", licence: CC-BY-4.0}
`
