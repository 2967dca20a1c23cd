package files

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
)

// TestCheckCounts reads a small file in which every reason occurs, without keys.
func TestCheckCounts(t *testing.T) {
	text := `timestamp,user_id,cell_id,mcc,plmn,machine
2026-02-02 08:00:00,a,c1,208,,false
2026-02-02 08:00:00,,c1,208,,false
,a,c1,208,,false
2026-02-02 08:00:00,a,,208,,false
02/02/2026,a,c1,208,,false
2026-03-29 02:30:00,a,c1,208,,false
2026-02-02 08:00:00,a,c1,FRA,,false
2026-02-02 08:00:00,a,c1,1000,,false
2026-02-02 08:00:00,a,c1,208,99,false
2026-02-02 08:00:00,a,mars,208,,false
2026-02-02 08:00:00,a,c1,208,,true
2026-02-02 08:00:00,out-of-it,c1,208,,false
2026-02-02 08:00:00,a,,208,22201,false
2026-02-02 09:00:00,a,mars,1000,99,false
`
	opts := feed.Options{Kind: feed.Events, Files: []string{write(t, "in.csv", text)}, Columns: eventColumns("text", "text", "yyyy-MM-dd HH:mm:ss", "Europe/Paris")}
	r, err := Check(t.Context(), opts, theGround(t), feed.NewDoor(nil, nil, [][]byte{[]byte("out-of-it")}))
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	fmt.Fprintf(&got, "%d rows, %d usable, %d unknown places, from %s to %s\n", r.Rows, r.Usable, r.Unknown, time.UnixMilli(r.First).UTC().Format(time.RFC3339), time.UnixMilli(r.Last).UTC().Format(time.RFC3339))
	for _, j := range r.Rejected {
		fmt.Fprintf(&got, "%s: %d, first in %s row %d column %s\n", j.Name, j.Rows, filepath.Base(j.File), j.Row, j.Column)
	}
	golden(t, "check.txt", got.String())
	opts.Strict = true
	if _, err := Check(t.Context(), opts, theGround(t), nil); err == nil || !strings.Contains(err.Error(), "row 5") {
		t.Errorf("a strict check: got %v, want an error in row 5", err)
	}
}

// TestDigest does not depend on names and order, and depends on every byte.
func TestDigest(t *testing.T) {
	columns := eventColumns("", "", "", "")[:3]
	head := "user_id,timestamp,cell_id\n"
	a, b, c := write(t, "a.csv", head+"a,,\n"), write(t, "b.csv", head+"b,,\n"), write(t, "c.csv", head+"b,, \n")
	of := func(paths ...string) string {
		return openTest(t, feed.Options{Files: paths, Columns: columns}).Digest()
	}
	if of(a, b) != of(b, a) || of(a, b) == of(a, c) || of(a) == of(a, b) || len(of(a)) != 64 {
		t.Error("the digest is not that of the contents")
	}
}

// TestPeople reads attributes and finds the people of a feed by their units.
func TestPeople(t *testing.T) {
	type person struct {
		User int64  `parquet:"user_id"`
		Born *int32 `parquet:"birth_year"`
		Sex  string `parquet:"sex,dict"`
		Home string `parquet:"home_dep,dict"`
	}
	born := func(year int32) *int32 { return &year }
	path := filepath.Join(t.TempDir(), "people.parquet")
	list := []person{{1, born(2008), "F", "75"}, {2, born(2007), "M", "2A"}, {3, nil, "", ""}, {4, born(1900), "X", "974"}, {2, born(2020), "M", "2A"}, {6, born(2009), "F", "75"}, {9000000000000000009, born(1980), "F", "75"}}
	if err := parquet.WriteFile(path, list); err != nil {
		t.Fatal(err)
	}
	door := theDoor(t)
	opts := feed.Options{Files: []string{path}, Strict: true, Columns: []feed.Column{{Name: "user_id", As: "subscriber"}, {Name: "birth_year", As: "age", Bands: throng.Bands{0, 18, 65}},
		{Name: "sex", As: "gender"}, {Name: "home_dep", As: "origin"}}}
	a := feed.Attributes{Origins: map[string]uint16{"75": 0, "2A": 1}, Other: 2, Unknown: 3}
	people, differing, err := People(t.Context(), opts, door, 1, a, "int")
	if err != nil {
		t.Fatal(err)
	}
	for user, want := range map[int64]event.Attr{
		1: {Gender: 0, Age: 1, Origin: 0}, 6: {Gender: 0, Age: 0, Origin: 0}, 2: {Gender: 1, Age: 1, Origin: 1}, 3: {Gender: 2, Age: 3, Origin: 3},
		4: {Gender: 2, Age: 2, Origin: 2}, 5: {Gender: 2, Age: 3, Origin: 3}, 9000000000000000009: {Gender: 2, Age: 3, Origin: 3},
	} {
		if got := people.Of(door.UnitInt(1, user)); got != want {
			t.Errorf("person %d: got %v, want %v", user, got, want)
		}
	}
	if people.Len() != 5 || differing != 1 {
		t.Errorf("got %d people and %d contradictions, want 5 and 1", people.Len(), differing)
	}
	if people.Of(door.UnitInt(0, 1)) != (event.Attr{Gender: 2, Age: 3, Origin: 3}) {
		t.Error("a person is found by the unit of another period")
	}
	if _, _, err := People(t.Context(), opts, door, 1, a, "text"); kindOf(err) != feed.Invalid {
		t.Errorf("a feed with pseudonyms of text: got %v, want invalid", err)
	}
}

// TestTrips reads trips without an id: every row is a unit of its own, the same one each time.
func TestTrips(t *testing.T) {
	text := "start,end,a,b,zip,kind\n2026-02-02 08:00:00,2026-02-02 08:10:00,c1,c2,94107-1234,x\n2026-02-02 08:00:00,2026-02-02 08:10:00,c1,c2,94107-1234,x\n" +
		"2026-02-02 08:00:00,,c1,,,x\n2026-02-02 08:00:00,2026-02-02 08:10:00,mars,c2,10001,x\n"
	columns := []feed.Column{{Name: "start", As: "start_time", Format: "yyyy-MM-dd HH:mm:ss", Zone: "UTC"}, {Name: "end", As: "end_time", Format: "yyyy-MM-dd HH:mm:ss", Zone: "UTC"},
		{Name: "a", As: "from"}, {Name: "b", As: "to"}, {Name: "zip", As: "origin", Take: 3, Domain: []string{"941", "950"}}, {Name: "kind", As: "category"}}
	f := openTest(t, feed.Options{Kind: feed.Trips, Files: []string{write(t, "in.csv", text)}, Columns: columns, Strict: true})
	got := readRows(t, f)
	if got[0].Unit == 0 || got[0].Unit == got[1].Unit {
		t.Error("two trips are one unit")
	}
	if !slices.Equal(got, readRows(t, f)) {
		t.Error("a trip is another unit when it is read again")
	}
	codes := feed.OriginCodes([]string{"941", "950"})
	var s []string
	for _, r := range got {
		s = append(s, fmt.Sprint(r.Place, " ", r.To, " ", (r.End-r.Time)/60000, " ", codes[r.Origin], " ", r.Bad))
	}
	want := []string{"1 2 10 941 0", "1 2 10 941 0", fmt.Sprint("1 ", uint32(event.NoPlace), " ", -int64(monday+8*3600000)/60000, " U ", event.NullPlace|event.NullSecondTime),
		fmt.Sprint(uint32(event.NoPlace), " 2 10 other ", event.UnknownPlace)}
	if !slices.Equal(s, want) {
		t.Errorf("got %q, want %q", s, want)
	}
}

// realData is the folder of public files, or skips the test.
func realData(t *testing.T, name string) string {
	path := filepath.Join("..", "..", "..", "shared", "data", name)
	if _, err := os.Stat(path); err != nil {
		t.Skip("the public test data are not beside the repository; the rest of the suite needs none")
	}
	return path
}

// TestBikes reads the trips of the Bay Area Bike Share in 2014, whose quoted names hold no commas.
func TestBikes(t *testing.T) {
	columns := []feed.Column{{Name: "trip_id", As: "trip", Type: "int"}, {Name: "start_date", As: "start_time", Format: "yyyy-MM-dd HH:mm:ss", Zone: "America/Los_Angeles"},
		{Name: "end_date", As: "end_time", Format: "yyyy-MM-dd HH:mm:ss", Zone: "America/Los_Angeles"}, {Name: "start_terminal", As: "from"}, {Name: "end_terminal", As: "to"},
		{Name: "zip_code", As: "origin", Take: 3, Domain: []string{"941", "950"}}, {Name: "subscription_type", As: "category"}}
	opts := feed.Options{Kind: feed.Trips, Files: []string{realData(t, "bikes/bay_area_2014_trips.csv.gz")}, Columns: columns, Strict: true,
		Drop: []string{"duration", "start_station", "end_station", "bike_id"}}
	r, err := Check(t.Context(), opts, theGround(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Rows != 326339 || r.Unknown != r.Rows {
		t.Errorf("got %d rows and %d unknown stations, want 326339 of both, for our ground has other places", r.Rows, r.Unknown)
	}
}

// TestFlights reads local times of the airport of each row.
func TestFlights(t *testing.T) {
	columns := []feed.Column{{Name: "aircraft", As: "device"}, {Name: "local_time", As: "time", Format: "yyyy-MM-dd HH:mm", Zone: "cell"}, {Name: "airport", As: "cell"}, {Name: "kind", As: "kind"}}
	opts := feed.Options{Kind: feed.Events, Files: []string{realData(t, "flights/houston_2011_events.csv.gz")}, Columns: columns, Strict: true, Clock: zone(t, "America/Chicago")}
	r, err := Check(t.Context(), opts, theGround(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Rows < 400000 {
		t.Errorf("got %d rows, want two for each of more than 200,000 flights", r.Rows)
	}
}
