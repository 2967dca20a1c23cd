package antenna

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"
)

// base is the row of the methods, section 3; its only flag is an empty end.
var base = map[string]string{
	fieldID: "A", fieldStart: "2024-01-01T00:00:00", fieldEnd: "", fieldLat: "41.1", fieldLon: "-8.6", fieldAltitude: "10", fieldHeight: "25",
	fieldDirectional: "1", fieldAzimuth: "120", fieldTilt: "5", fieldHBeam: "65", fieldVBeam: "9", fieldPower: "10", fieldRange: "8000",
	fieldFrequency: "1800", fieldTechnology: "LTE", fieldType: "macrocell",
}

var portugal = orb.Bound{Min: orb.Point{-10, 36.9}, Max: orb.Point{-6, 42.2}}

// plan writes rows that are the base with changes "field=value field=value".
func plan(changes ...string) string {
	fields := slices.DeleteFunc(slices.Clone(planFields), func(f string) bool { return f == fieldSite })
	lines := []string{strings.Join(fields, ",")}
	for _, change := range changes {
		values := make([]string, len(fields))
		for i, f := range fields {
			values[i] = base[f]
			for _, one := range strings.Fields(change) {
				if name, value, _ := strings.Cut(one, "="); name == f {
					values[i] = value
				}
			}
		}
		lines = append(lines, strings.Join(values, ","))
	}
	return strings.Join(lines, "\n") + "\n"
}

func flagsOf(r Report) string {
	var list []string
	for _, c := range r.Counts {
		if c.Field != fieldEnd || c.Flag != Null {
			list = append(list, c.Field+" "+c.Flag)
		}
	}
	return strings.Join(list, ", ")
}

// The table of the methods, section 3.
func TestReadPlanFlags(t *testing.T) {
	for _, c := range []struct {
		change, flags string
		keep          bool
	}{
		{"", "", true},
		{"latitude=36.0", "latitude RANGE", false},
		{"azimuth_angle=", "azimuth_angle NULL", false},
		{"azimuth_angle= directionality=0", "", true},
		{"antenna_height=0 technology=6G", "antenna_height RANGE, technology RANGE", true},
		{"valid_date_start=2024-01-02 valid_date_end=2023-12-31T00:00:00", "valid_date_start UNPARSABLE", true},
		{"valid_date_start=2024-02-01T00:00:00 valid_date_end=2024-01-01T00:00:00", "dates RANGE", true},
		{"cell_id= power=-1", "cell_id NULL, power RANGE", false},
		{"directionality=2 azimuth_angle=400", "directionality RANGE", false},
		{"azimuth_angle=360.1", "azimuth_angle RANGE", false},
		{"longitude= cell_type=metro", "cell_type RANGE, longitude NULL", false},
		{"directionality=0.5", "directionality RANGE", false},
		{"latitude=north", "latitude UNPARSABLE", false},
		{"power=NaN", "power UNPARSABLE", true},
		{"valid_date_start=2024-01-01T00:00:00.5", "valid_date_start UNPARSABLE", true},
	} {
		// A second, good row keeps the plan from being refused as a whole.
		cells, report, err := ReadPlan(strings.NewReader(plan(c.change, "cell_id=Z")), "plan.csv", PlanOptions{Box: portugal})
		if err != nil {
			t.Fatalf("%s: %v", c.change, err)
		}
		if got := flagsOf(report); got != c.flags {
			t.Errorf("%q: got the flags %q, want %q", c.change, got, c.flags)
		}
		if kept := cells[0].ID == "A"; kept != c.keep {
			t.Errorf("%q: kept %v, want %v", c.change, kept, c.keep)
		}
	}
}

func TestReferencePlanHasNoLowerBounds(t *testing.T) {
	cells, report, err := ReadPlan(strings.NewReader(plan("latitude=36.0")), "p", PlanOptions{Box: portugal, Reference: true})
	if err != nil || len(cells) != 1 || flagsOf(report) != "" {
		t.Errorf("got %v, %s, %v, want the row kept without a flag", cells, flagsOf(report), err)
	}
}

func TestBadValuesBecomeMissing(t *testing.T) {
	cells, _, err := ReadPlan(strings.NewReader(plan("antenna_height=0 technology=6G")), "plan.csv", PlanOptions{Box: portugal})
	if err != nil {
		t.Fatal(err)
	}
	c := cells[0]
	if !math.IsNaN(c.Height) || c.Technology != "" || c.Power != 10 || c.Azimuth != 120 || c.Until != math.MaxInt64 || c.From != 1704067200000 {
		t.Errorf("got %+v", c)
	}
	if r := c.Radio(); r.Height != 30 || r.Range != 8000 {
		t.Errorf("radio: got height %v, range %v, want that of a macrocell, 30, and that of the plan, 8000", r.Height, r.Range)
	}
}

func TestBoxMayCrossTheAntimeridian(t *testing.T) {
	fiji := PlanOptions{Box: orb.Bound{Min: orb.Point{177, -20}, Max: orb.Point{-178, -15}}}
	_, report, err := ReadPlan(strings.NewReader(plan("latitude=-17 longitude=178", "cell_id=B latitude=-17 longitude=-179", "cell_id=C latitude=-17 longitude=0")), "p", fiji)
	if err != nil || report.Kept != 2 || flagsOf(report) != "longitude RANGE" {
		t.Errorf("kept %d, flags %s, %v", report.Kept, flagsOf(report), err)
	}
}

func TestOneRowAnID(t *testing.T) {
	text := plan("latitude=40 valid_date_start=2024-01-01T00:00:00", "latitude=41 valid_date_start=2024-03-01T00:00:00",
		"latitude=40.5 valid_date_start=2024-03-01T00:00:00")
	cells, report, err := ReadPlan(strings.NewReader(text), "p", PlanOptions{Box: portugal})
	if err != nil || len(cells) != 1 || cells[0].Lat != 40.5 {
		t.Fatalf("got %v, %v, want the row of March whose text is smallest", cells, err)
	}
	if flagsOf(report) != "cell_id DUPLICATE" || report.Kept != 1 || report.Rows != 3 {
		t.Errorf("report: %+v", report)
	}
}

// The list of the methods, section 3: metro 30, latitude null 18, 6G 18, height 0 17, azimuth 400 12, power -1 5.
func TestMostFrequentErrors(t *testing.T) {
	c := newCounter()
	for _, e := range []struct {
		flag Flag
		n    int
	}{
		{Flag{fieldType, OutOfRange, "metro"}, 30}, {Flag{fieldLat, Null, ""}, 18}, {Flag{fieldTechnology, OutOfRange, "6G"}, 18},
		{Flag{fieldHeight, OutOfRange, "0"}, 17}, {Flag{fieldAzimuth, OutOfRange, "400"}, 12}, {Flag{fieldPower, OutOfRange, "-1"}, 5},
	} {
		for range e.n {
			c.add(e.flag, "", 7)
		}
	}
	r := c.finish(0)
	names := func(list []Error) string {
		var out []string
		for _, e := range list {
			out = append(out, e.Field+"="+e.Value)
		}
		return strings.Join(out, " ")
	}
	two := "cell_type=metro latitude="
	if got := names(r.MostFrequent(40.5)); got != two {
		t.Errorf("40.5 %%: got %s, want %s", got, two)
	}
	if got, want := names(r.MostFrequent(66)), two+" technology=6G"; got != want {
		t.Errorf("66 %%: got %s, want %s", got, want)
	}
	if got, want := names(r.ReferenceMostFrequent(66)), two+" technology=6G antenna_height=0"; got != want {
		t.Errorf("66 %%, reference: got %s, want %s", got, want)
	}
	if got := names(r.First(2)); got != two {
		t.Errorf("first two: got %s, want %s", got, two)
	}
	if got, want := r.Errors[0].String(), `row 7, column cell_type: got "metro", want macrocell, microcell, picocell or femtocell (30 times)`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestPlanErrorsNameThePlace(t *testing.T) {
	for _, c := range []struct{ why, text, want string }{
		{"empty", "", "cell plan p.csv: got no header"},
		{"no latitude", "cell_id,lat,longitude\n", "row 1: got the columns cell_id lat longitude, want one for latitude"},
		{"twice", "cell_id,latitude,longitude,latitude\n", "two columns are latitude"},
		{"short row", "cell_id,latitude,longitude\nA,1,2\nB,3\n", "cell plan p.csv: row 3: got 2 columns, want the 3 of the header"},
		{"quote", "cell_id,latitude,longitude\nA\"x,1,2\n", "row 2, character"},
		{"nothing useful", "cell_id,latitude,longitude\nA,91,2\n", `none of 1 rows can be used; want at least one cell; row 2, column latitude: got "91", want degrees`},
	} {
		_, _, err := ReadPlan(strings.NewReader(c.text), "p.csv", PlanOptions{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q in it", c.why, err, c.want)
		}
	}
}

func TestPlanColumnsMayHaveOtherNames(t *testing.T) {
	text := "\ufeffci;lat;lon;note\nA;1;2;x\n"
	cells, report, err := ReadPlan(strings.NewReader(text), "p", PlanOptions{Comma: ';', Columns: map[string]string{"ci": fieldID, "lat": fieldLat, "lon": fieldLon}})
	if err != nil || len(cells) != 1 || !cells[0].isBare() || fmt.Sprint(report.Ignored) != "[note]" || len(report.Counts) != 0 {
		t.Errorf("got %v, %+v, %v", cells, report, err)
	}
	_, _, err = ReadPlan(strings.NewReader(text), "p", PlanOptions{Comma: ';', Columns: map[string]string{"ci": "cellid"}})
	if err == nil || !strings.Contains(err.Error(), `"cellid"`) {
		t.Errorf("a field that does not exist: got %v", err)
	}
	_, report, err = ReadPlan(strings.NewReader(plan("", "cell_id=12345678901234")), "p", PlanOptions{LongIDs: true})
	if err != nil || report.Kept != 1 {
		t.Errorf("long ids: kept %d, %v", report.Kept, err)
	}
}

func FuzzReadPlan(f *testing.F) {
	f.Add(plan("", "cell_id=B azimuth_angle=400"))
	f.Add("cell_id,latitude,longitude,tilt\nA,1,2,3\nA,1,2,3\n")
	f.Add("\ufeffcell_id,latitude,longitude,valid_date_end\n\"A\",-90,180,2024-01-01T00:00:00\n")
	f.Fuzz(func(t *testing.T, text string) {
		cells, report, err := ReadPlan(strings.NewReader(text), "p", PlanOptions{})
		if err != nil {
			return
		}
		if len(cells) == 0 || report.Kept != len(cells) || report.Rows < len(cells) {
			t.Fatalf("got %d cells of %d rows, report says %d", len(cells), report.Rows, report.Kept)
		}
		for i, c := range cells {
			if c.ID == "" || !(math.Abs(c.Lat) <= 90 && math.Abs(c.Lon) <= 180) || c.Height <= 0 || c.Power < 0 || c.From != 0 && c.From > c.Until { // 0 is always: a cell may have ended before 1970
				t.Fatalf("an impossible cell was kept: %+v", c)
			}
			if i > 0 && cells[i-1].ID >= c.ID {
				t.Fatal("cells are not sorted by id, each once")
			}
		}
	})
}

// TestPlanInParts: a plan in two files is the plan of all their rows, in any order of the files; what is wrong names its file.
func TestPlanInParts(t *testing.T) {
	const one = "cell_id,latitude,longitude,valid_date_start\na,48,2,2026-01-01T00:00:00\nb,95,2,2026-01-01T00:00:00\n"
	const two = "longitude,cell_id,latitude,valid_date_start,year\n3,c,49,2026-01-01T00:00:00,2026\n4,a,49,2026-01-02T00:00:00,2026\n"
	read := func(texts ...string) ([]Cell, Report) {
		var files []PlanFile
		for _, text := range texts {
			files = append(files, PlanFile{map[string]string{one: "one.csv", two: "two.csv"}[text], strings.NewReader(text)})
		}
		cells, report, err := ReadPlanFiles(files, PlanOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return cells, report
	}
	cells, report := read(one, two)
	if got := fmt.Sprint(len(cells), cells[0].ID, cells[0].Lon, cells[1].ID, cells[1].Lat, report.Rows, report.Kept, report.Ignored); got != "2a4c49 4 2 [year]" {
		t.Errorf("got %s", got)
	}
	if got, want := report.Errors[1].String(), `one.csv: row 3, column latitude: got "95", want degrees inside the box of the plan (1 times)`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	other, _ := read(two, one)
	if fmt.Sprint(other) != fmt.Sprint(cells) {
		t.Errorf("in the other order: got %v, want %v", other, cells)
	}
	if _, _, err := ReadPlanFiles([]PlanFile{{"one.csv", strings.NewReader(one)}, {"part-1.parquet", strings.NewReader("PAR1 and no more")}}, PlanOptions{}); err == nil || !strings.Contains(err.Error(), "part-1.parquet") {
		t.Errorf("got %v, want the file that is damaged", err)
	}
}
