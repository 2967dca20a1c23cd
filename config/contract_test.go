package config

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/goccy/go-yaml"
)

// bases are small valid contracts that the cases of testdata change.
var bases = map[string]string{
	"events": `
throng: 1
holder: {id: op-a}
agreement: {purpose: transport}
review: {by: officer, date: 2026-01-01, text: groups of provinces only}
data: synthetic
feed:
  id: signalling
  kind: events
  unit: subscriber
  files: in/{day}.parquet
  columns:
    user_id: {as: subscriber}
    timestamp: {as: time}
    cell_id: {as: cell}
clock: Europe/Paris
cells: {file: cells.csv}
zones: {file: zones.geojson, version: "1"}
attributes:
  file: people.parquet
  columns: {user_id: {as: subscriber}, birth_year: {as: age}, sex: {as: gender}, home_dep: {as: origin}}
origins: origins.csv
products: [present, flows-day]
`,
	"trips": `
throng: 1
holder: {id: bikes}
agreement: {purpose: transport}
data: public
feed:
  id: trips
  kind: trips
  unit: trip
  files: trips.csv
  columns:
    began: {as: start_time, format: "yyyy-MM-dd HH:mm", zone: UTC}
    ended: {as: end_time, format: "yyyy-MM-dd HH:mm", zone: UTC}
    dock_from: {as: from}
    dock_to: {as: to}
clock: America/Los_Angeles
cells: {file: stations.csv}
zones: {from: cells, version: "1"}
products: [vehicles]
publish: {licence: CC0-1.0}
`,
	"purchases": `
throng: 1
holder: {id: shops}
agreement: {purpose: own-market}
data: synthetic
feed:
  id: till
  kind: purchases
  unit: buyer
  files: purchases.csv
  columns:
    member: {as: buyer, type: text}
    at: {as: purchase_time}
    shop: {as: place}
    lives: {as: home}
    sort: {as: category, list: [wine, bread]}
    paid: {as: amount, type: decimal}
clock: Europe/Paris
cells: {file: towns.csv}
zones: {from: cells, version: "1"}
products: [spending, market]
money: {currency: EUR, bound: 200.00, source: household budget survey 2025}
`,
	"tickets": `
throng: 1
holder: {id: rooms}
agreement: {purpose: tourism}
review: {by: officer, date: 2026-01-01, text: countries only}
data: public
feed:
  id: bookings
  kind: tickets
  unit: ticket
  files: bookings.csv
  columns:
    arrival_date: {as: travel_time, format: "yyyy-MM-dd HH:mm", zone: UTC}
    hotel: {as: place}
    country: {as: residence, domain: countries.txt}
    stay: {as: nights, type: int}
    is_canceled: {as: cancelled}
clock: Europe/Lisbon
cells: {file: hotels.csv}
zones: {from: cells, version: "1"}
products: [bookings]
publish: {licence: CC0-1.0}
`,
	"cases": `
throng: 1
holder: {id: town}
agreement: {purpose: statistics}
data: synthetic
feed:
  id: complaints
  kind: cases
  unit: person
  files: cases.csv
  columns:
    who: {as: person}
    day: {as: time}
    quarter: {as: district}
    office: {as: authority, list: [registry, buses]}
    why: {as: reason, list: [waiting, refused, conduct]}
clock: Europe/Paris
cells: {file: quarters.csv}
zones: {from: cells, version: "1"}
products: [cases]
`,
	"reports": `
throng: 1
holder: {id: scooters}
agreement: {purpose: transport}
data: public
feed:
  id: parking
  kind: reports
  unit: report
  files: reports.csv
  columns:
    at: {as: time}
    zone: {as: place}
    code: {as: reason, list: [pavement, crossing]}
clock: Europe/Paris
cells: {file: zones.csv}
zones: {from: cells, version: "1"}
products: [reports]
publish: {licence: CC0-1.0}
`,
}

// TestContracts runs the cases of testdata: each changes a base contract, key by key, and shows what Parse answers.
// Redraw the answers with: go test ./config -run TestContracts -rewrite
func TestContracts(t *testing.T) {
	forbidden, sales := 0, 0
	datadriven.Walk(t, "testdata/contracts", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			text := d.Input + "\n"
			if d.Cmd != "raw" {
				text = change(t, bases[d.Cmd], d.Input)
			}
			c, err := Parse([]byte(text), "")
			if strings.HasSuffix(path, "refused_sales") {
				if sales++; KindOf(err) != Refused {
					t.Errorf("%s: got %v, want a refusal", d.Pos, err)
				}
			}
			if err == nil {
				return "valid\n" + strings.Join(append(c.Notes(), ""), "\n")
			}
			if KindOf(err) == Refused {
				forbidden++
			}
			return describe(err, d.Cmd == "raw")
		})
	})
	if sales < 25 {
		t.Errorf("got %d forbidden contracts of companies and public bodies, want at least 25", sales)
	}
	if forbidden < 30 {
		t.Errorf("got %d forbidden contracts in testdata, want at least 30", forbidden)
	}
}

var lineNumber = regexp.MustCompile(`line \d+: `)

func describe(err error, withLines bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "exit %d\n", KindOf(err).ExitCode())
	for _, one := range All(err) {
		text := one.Error()
		if !withLines {
			text = lineNumber.ReplaceAllString(text, "")
		}
		b.WriteString(text + "\n")
	}
	return b.String()
}

// change sets keys of a contract: lines of "feed.columns.x = {as: cell}"; a line "key =" takes the key out.
func change(t *testing.T, base, edits string) string {
	t.Helper()
	var root map[string]any
	if err := yaml.Unmarshal([]byte(base), &root); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(edits) {
		key, text, ok := strings.Cut(strings.TrimSpace(line), " =")
		if !ok {
			t.Fatalf("got the line %q, want key = value", line)
		}
		var value any
		if err := yaml.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		set(root, strings.Split(key, "."), value)
	}
	text, err := yaml.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func set(at map[string]any, path []string, value any) {
	for _, step := range path[:len(path)-1] {
		next, ok := at[step].(map[string]any)
		if !ok {
			next = map[string]any{}
			at[step] = next
		}
		at = next
	}
	last := path[len(path)-1]
	if value == nil {
		delete(at, last)
		return
	}
	at[last] = value
}

func parseBase(t *testing.T, base, edits string) *Contract {
	t.Helper()
	c, err := Parse([]byte(change(t, bases[base], edits)), "")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestRefusedColumnMayBeDropped: what may not enter may be named, so that it is never read.
func TestRefusedColumnMayBeDropped(t *testing.T) {
	parseBase(t, "events", "feed.drop = [msisdn, imei, email, nom, adresse, 身份证号, religion, score]")
	parseBase(t, "trips", "feed.drop = [bike_id, subscription_type, photo_url]")
}

func TestCanonicalReadsBackToItself(t *testing.T) {
	for _, base := range slices.Sorted(maps.Keys(bases)) {
		c := parseBase(t, base, "privacy.cap_30 = .5")
		first := c.Canonical()
		again, err := Parse(first, "elsewhere")
		if err != nil {
			t.Fatalf("%s: the canonical text is no contract: %v\n%s", base, err, first)
		}
		if second := again.Canonical(); !bytes.Equal(first, second) {
			t.Errorf("%s: canonical text changes when it is read back\n%s\n%s", base, first, second)
		}
		if c.SHA256() != again.SHA256() || len(c.SHA256()) != 64 {
			t.Errorf("%s: got digests %s and %s, want one of 64 characters", base, c.SHA256(), again.SHA256())
		}
	}
}

// TestDefaultsAreWrittenOut: a contract that spells a default out is the same contract; one that changes it is another.
func TestDefaultsAreWrittenOut(t *testing.T) {
	plain := parseBase(t, "events", "").SHA256()
	equal(t, "spelled out", parseBase(t, "events", "bounds.trips = 6\nfeed.arrival = file-time\nscaling.dedup = 1").SHA256(), plain)
	if parseBase(t, "events", "bounds.trips = 7").SHA256() == plain {
		t.Error("another bound has the same digest")
	}
}

func TestOptionsKeepTheHoldersMachineToThemselves(t *testing.T) {
	c := parseBase(t, "events", "state = /srv/secret\noptout = /srv/secret/no.txt\nprotected = /srv/secret/p.geojson\nfeed.drop = [inhouse_tariff]\nprivacy.shares = {present/total: .0078}")
	for key, value := range c.Options() {
		if strings.Contains(value, "secret") || strings.Contains(value, "inhouse") || strings.Contains(key, "signed") {
			t.Errorf("option %s tells %q", key, value)
		}
	}
	for key, want := range map[string]string{"bounds.trips": "6", "clock": "Europe/Paris", "privacy.shares.present/total": "0.0078",
		"feed.columns.timestamp.as": "time", "products": `["present","flows-day"]`, "attributes.columns.birth_year.bands": "[0,18,25,45,65]"} {
		equal(t, key, c.Options()[key], want)
	}
}

func TestSharesAreExact(t *testing.T) {
	c := parseBase(t, "events", `privacy.shares = {present/total: .0078, present/age: "0.000000001", present/gender: 0}`)
	equal(t, "total", c.Privacy.Shares["present/total"], 7_800_000)
	equal(t, "age", c.Privacy.Shares["present/age"], 1)
	equal(t, "gender", c.Privacy.Shares["present/gender"], 0)
	for _, bad := range []string{"-.1", "1e-3", ".", "", "0.0000000001", "NaN", "99999999999999999999", "1.-5"} {
		if n, err := parseNano(bad); err == nil {
			t.Errorf("%q is read as %d", bad, n)
		}
	}
}

func TestReadSaysThatAContractIsMissing(t *testing.T) {
	_, err := Read("testdata/no-such.yaml")
	equal(t, "kind", KindOf(err), Missing)
	equal(t, "exit", KindOf(err).ExitCode(), 3)
	equal(t, "other errors have no kind", KindOf(errors.New("x")), 0)
}

// FuzzParse: whatever the text, Parse answers with a contract or an error of a kind, and a contract's canonical text is
// a contract again.
func FuzzParse(f *testing.F) {
	for _, base := range bases {
		f.Add([]byte(base))
	}
	for _, text := range []string{"", "a", "- a", "{", "a: &x {b: *x}", "throng: !!int 1", "feed: {columns: {x: {as: [", "throng: 1\nthrong: 2", "? a\n: b", "\ufeffthrong: 1",
		strings.Repeat("[", 100), "local: [208, x]", "holder: 1", "products: {a: b}", "scaling: {dedup: .nan}", "a: |\n  b", "---\n...\n---\n"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Parse(text, "dir")
		if err != nil {
			if KindOf(err) == 0 {
				t.Errorf("error without a kind: %v", err)
			}
			return
		}
		if _, err := Parse(c.Canonical(), "dir"); err != nil {
			t.Errorf("canonical text is refused: %v\n%s", err, c.Canonical())
		}
	})
}
