package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/throng-stats/throng"
)

// folder writes files into a temporary folder and returns its path.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// in is a base contract that lies in a folder.
func in(t *testing.T, dir, base, edits string) *Contract {
	t.Helper()
	c, err := Parse([]byte(change(t, bases[base], edits)), dir)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTablesAreRead(t *testing.T) {
	dir := folder(t, map[string]string{
		"residents.csv": "\ufeffpeople,zone,gender,age,note\n120,z1,F,18-24,x\n0,z1,M,18-24,y\n",
		"share.csv":     "zone,share\nz1,.4\nz2,1\n",
		"classes.csv":   "sd,zone,age,share,gender\n.01,z1,,.4,\n,z1,18-24,.5,\n.02,z1,65+,.3,F\n",
		"origins.csv":   "origin,group,residents\n01,north,200000\n",
		"countries.csv": "mcc,country,group,residents\n262,Germany,europe,80000000\n",
		"places.csv":    "id,name,kind,latitude,longitude\ns2,Gare,station,48.5,2\ns1,学校,school,-1,-2.5\n",
		"holidays.csv":  "date\n2026-05-01\n2026-01-01\n",
		"optout.txt":    "# said no\nabc\n\nabc\n",
	})
	c := in(t, dir, "events", "residents = residents.csv\nshare = share.csv\nplaces = places.csv\ncountries = countries.csv\nholidays = holidays.csv\noptout = optout.txt")
	residents, err := c.ReadResidents()
	check(t, err)
	if len(residents) != 2 || residents[0] != (Resident{"z1", "F", "18-24", 120}) {
		t.Errorf("got residents %+v", residents)
	}
	places, err := c.ReadPlaces()
	check(t, err)
	if len(places) != 2 || places[0] != (PlaceRow{"s1", "学校", "school", -1, -2.5}) {
		t.Errorf("got places %+v", places)
	}
	share, err := c.ReadShare()
	check(t, err)
	if len(share) != 2 || share[0] != (ShareRow{Zone: "z1", Share: .4}) {
		t.Errorf("got shares %+v", share)
	}
	c.Share = "classes.csv"
	share, err = c.ReadShare()
	check(t, err)
	if len(share) != 3 || share[0] != (ShareRow{"z1", "", "", .4, .01}) || share[1] != (ShareRow{"z1", "", "18-24", .5, 0}) || share[2] != (ShareRow{"z1", "F", "65+", .3, .02}) {
		t.Errorf("got shares %+v", share)
	}
	origins, err := c.ReadOrigins()
	check(t, err)
	countries, err := c.ReadCountries()
	check(t, err)
	if len(origins) != 1 || len(countries) != 1 || countries[0].MCC != 262 {
		t.Errorf("got origins %+v, countries %+v", origins, countries)
	}
	days, err := c.ReadHolidays()
	check(t, err)
	equal(t, "holidays", strings.Join(days, " "), "2026-01-01 2026-05-01")
	out, err := c.ReadOptOut()
	check(t, err)
	equal(t, "opted out", strings.Join(out, " "), "abc abc")
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestTableErrorsSayWhereAndWhatIsWanted(t *testing.T) {
	cases := []struct{ name, text, want string }{
		{"residents", "zone,gender,age,people\nz,X,18-24,1\n", `line 2: residents.csv: column gender: got "X", want one of F M U`},
		{"residents", "zone,gender,age,people\nz,F,18-30,1\n", `line 2: residents.csv: column age: got "18-30", want one of 0-17 18-24 25-44 45-64 65+ U`},
		{"residents", "zone,gender,age,people\nz,F,0-17,-1\n", `line 2: residents.csv: column people: got "-1", want a whole number of people of at least 0`},
		{"residents", "zone,gender,age,people\nz,F,0-17,1\nz,F,0-17,1\n", `line 3: residents.csv: column zone: got "z", want each once; line 2 has it too`},
		{"residents", "zone,gender,people\n", `line 1: residents.csv: no column age; got "zone,gender,people", want zone,gender,age,people`},
		{"residents", "", `line 1: residents.csv: got no header, want the columns zone,gender,age,people`},
		{"share", "zone,share\nz,0\n", `line 2: share.csv: column share: got "0", want a share above 0 and at most 1, such as 0.4`},
		{"share", "zone,share\nz,NaN\n", `line 2: share.csv: column share: got "NaN", want a share above 0 and at most 1, such as 0.4`},
		{"share", "zone,share\nz,.4,x\n", `line 2: share.csv: is not CSV: wrong number of fields; want 2 fields in each row`},
		{"share", "zone,gender,share\nz,X,.4\n", `line 2: share.csv: column gender: got "X", want nothing (all) or one of F M U`},
		{"share", "zone,age,share\nz,18-30,.4\n", `line 2: share.csv: column age: got "18-30", want nothing (all) or one of 0-17 18-24 25-44 45-64 65+ U`},
		{"share", "zone,share,sd\nz,.4,.1\ny,.4,2\n", `line 3: share.csv: column sd: got "2", want the standard deviation of the share, 0 to 1, or nothing`},
		{"share", "zone,age,share\nz,,.4\nz,18-24,.4\nz,,.3\n", `line 4: share.csv: column zone: got "z", want each once; line 2 has it too`},
		{"share", "zone,age\nz,18-24\n", `line 1: share.csv: no column share; got "zone,age", want zone,share`},
		{"origins", "origin,group,residents\n,a,1\n", `line 2: origins.csv: column origin: got "", want a value`},
		{"origins", "origin,group,residents\n1,=a,1\n", `line 2: origins.csv: column group: got "=a", want a name of at most 64 letters that is not U and does not begin with = + - @`},
		{"countries", "mcc,country,group,residents\n99,X,x,1\n", `line 2: countries.csv: column mcc: got "99", want a mobile country code from 100 to 999`},
		{"places", "id,name,kind,latitude,longitude\na b,X,x,1,1\n", `line 2: places.csv: column id: got "a b", want 1 to 64 letters, digits, _ and -`},
		{"places", "id,name,kind,latitude,longitude\na,=X,x,1,1\n", `line 2: places.csv: column name: got "=X", want a word of 1 to 64 bytes that does not begin with = + - @`},
		{"places", "id,name,kind,latitude,longitude\na,X,x,91,1\n", `line 2: places.csv: column latitude: got "91", want degrees from -90 to 90`},
		{"places", "id,name,kind,latitude,longitude\na,X,x,1,1\na,Y,x,1,1\n", `line 3: places.csv: column id: got "a", want each once; line 2 has it too`},
		{"holidays", "date\n1.5.2026\n", `line 2: holidays.csv: column date: got "1.5.2026", want a day such as 2026-02-03`},
	}
	for _, one := range cases {
		file := one.name + ".csv"
		dir := folder(t, map[string]string{file: one.text})
		c := in(t, dir, "events", one.name+" = "+file)
		var err error
		switch one.name {
		case "residents":
			_, err = c.ReadResidents()
		case "share":
			_, err = c.ReadShare()
		case "places":
			_, err = c.ReadPlaces()
		case "origins":
			_, err = c.ReadOrigins()
		case "countries":
			_, err = c.ReadCountries()
		case "holidays":
			_, err = c.ReadHolidays()
		}
		if err == nil {
			t.Errorf("%q is read", one.text)
			continue
		}
		equal(t, one.name, strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), ""), "config: "+one.want)
		equal(t, "kind", KindOf(err), Invalid)
	}
	_, err := in(t, t.TempDir(), "events", "share = share.csv").ReadShare()
	equal(t, "kind of a missing file", KindOf(err), Missing)
	dir := folder(t, map[string]string{"q": "area,from,to\na,2026-02-03,2026-02-02\n"})
	_, err = in(t, dir, "events", "residents = r\nquiet = q").ReadQuiet()
	equal(t, "kind of a quiet period that ends before it begins", KindOf(err), Invalid)
}

// TestFilesOfADay draws a feed folder and asks for its days.
func TestFilesOfADay(t *testing.T) {
	dir := folder(t, map[string]string{
		"in/2026-02-02.parquet": "", "in/2026-02-03.parquet": "", "in/2026-02-30.parquet": "", "in/other.parquet": "",
		"elsewhere/2026-02-02.parquet": "", "elsewhere/cells.csv": "", "cells.csv": "", "elsewhere/zones.geojson": "",
	})
	c := in(t, dir, "events", "state = state")
	equal(t, "days", strings.Join(c.Days(), " "), "2026-02-02 2026-02-03")
	files, err := c.FilesFor("2026-02-02")
	check(t, err)
	equal(t, "files", strings.Join(files, " "), filepath.Join(dir, "in", "2026-02-02.parquet"))
	if _, err := c.FilesFor("2026-02-04"); KindOf(err) != Missing {
		t.Errorf("a day without a file: got %v, want a missing file", err)
	}
	if _, err := c.FilesFor("../2026"); KindOf(err) != Invalid {
		t.Errorf("a day that is none: got %v, want it refused as invalid", err)
	}

	c.Rebase(filepath.Join(dir, "elsewhere"))
	equal(t, "days elsewhere", strings.Join(c.Days(), " "), "2026-02-02")
	files, err = c.FilesFor("2026-02-02")
	check(t, err)
	equal(t, "files elsewhere", strings.Join(files, " "), filepath.Join(dir, "elsewhere", "2026-02-02.parquet"))
	equal(t, "what lies beside the contract stays", c.Path("cells.csv"), filepath.Join(dir, "cells.csv"))
	equal(t, "what does not is found there", c.Path("zones.geojson"), filepath.Join(dir, "elsewhere", "zones.geojson"))
	equal(t, "state stays", c.StateDir(), filepath.Join(dir, "state"))
	if _, err := c.FilesFor("2026-02-03"); KindOf(err) != Missing {
		t.Errorf("a day that only lies beside the contract: got %v, want it missing: two sources are not mixed", err)
	}
}

func TestNotBeforeIsAnHourOfTheClock(t *testing.T) {
	c := parseBase(t, "events", `publish.not_before = "+1d06:00"`)
	for day, want := range map[string]string{ // the night of 29 March 2026 is an hour shorter
		"2026-03-27": "2026-03-28T06:00:00+01:00", "2026-03-28": "2026-03-29T06:00:00+02:00",
	} {
		period, err := throng.DayOf(day, c.Location())
		check(t, err)
		equal(t, day, c.NotBefore(time.UnixMilli(period.End)).Format(time.RFC3339), want)
	}
	for _, bad := range []string{"", "1d06:00", "+1d6:00", "+1d24:00", "+1d06:60", "+-1d06:00", "+1d06:00x", "+99999999999999999999d06:00", "+1d06:00 "} {
		if _, _, _, err := parseNotBefore(bad); err == nil {
			t.Errorf("%q is read as an hour", bad)
		}
	}
}

// TestOriginGroups draws groups of origin with their residents (in thousands) and what becomes of them.
func TestOriginGroups(t *testing.T) {
	cases := []struct{ name, regions, countries, want string }{
		{"large groups stay", "a=200 b=150", "", "a b | other U"},
		{"a small group is merged, and takes the next with it", "a=200 b=150 c=20", "", "a | other U"},
		{"several small groups make one that is not small", "a=200 b=60 c=50", "", "a | other U"},
		{"nothing but small groups", "a=20 b=20", "", " | other U"},
		{"countries that are small are abroad", "a=200", "mini=3 big=500", "a big | abroad other U"},
		{"at most eight groups: the smallest are merged", "a=900 b=800 c=700 d=600 e=500 f=400 g=300 h=200 i=100", "", "a b c d e f g h | other U"},
		{"at most eight groups: countries are one first", "a=900 b=800 c=700 d=600 e=500 f=400 g=300", "x=900 y=900", "a b c d e f g | abroad other U"},
		{"abroad is one of the eight", "a=900 b=800 c=700 d=600 e=500 f=400 g=300 h=200", "x=900", "a b c d e f g | abroad other U"},
	}
	c := parseBase(t, "events", "local = [208]")
	for _, one := range cases {
		var origins []OriginRow
		for _, r := range strings.Fields(one.regions) {
			name, thousands := named(t, r)
			// Two regions a group, so that groups are sums.
			origins = append(origins, OriginRow{Origin: name + "1", Group: name, Residents: thousands * 400}, OriginRow{Origin: name + "2", Group: name, Residents: thousands * 600})
		}
		countries := []CountryRow{}
		for i, r := range strings.Fields(one.countries) {
			name, thousands := named(t, r)
			countries = append(countries, CountryRow{uint16(300 + i), name, name, thousands * 1000})
		}
		classes, region, mcc := c.Classes(origins, countries)
		want := strings.Fields(strings.Replace(one.want, "|", "", 1))
		if !slices.Equal(classes.Origin, want) {
			t.Errorf("%s: got %v, want %v", one.name, classes.Origin, want)
		}
		if groups := len(classes.Origin) - 2; groups > 8 {
			t.Errorf("%s: got %d groups, want at most 8", one.name, groups)
		}
		for _, row := range origins {
			if code := classes.Origin[classes.OriginAt(region[row.Origin])]; code != row.Group && code != throng.Other {
				t.Errorf("%s: region %s is published as %s", one.name, row.Origin, code)
			}
		}
		if _, home := mcc[208]; home {
			t.Errorf("%s: a SIM at home has a group of countries", one.name)
		}
		if len(countries) > 0 && classes.Origin[classes.OriginAt(mcc[999])] != Abroad {
			t.Errorf("%s: a country without a row is published as %s, want abroad", one.name, classes.Origin[classes.OriginAt(mcc[999])])
		}
	}
}

func named(t *testing.T, text string) (string, int64) {
	t.Helper()
	name, number, _ := strings.Cut(text, "=")
	n, err := parseNano(number)
	check(t, err)
	return name, int64(n) / nanoPerRho
}

func TestOriginsOfTripsAreTheirDomain(t *testing.T) {
	c := parseBase(t, "trips", "")
	classes, at := c.ClassesOfTrips([]string{"941", "940"})
	equal(t, "codes", strings.Join(classes.Origin, " "), "941 940 other U")
	equal(t, "index", at["940"], 1)
	_, err := ReadList(filepath.Join(folder(t, map[string]string{"l": "a\nb\na\n"}), "l"))
	if err == nil || !strings.Contains(err.Error(), "line 3") {
		t.Errorf("a value twice: got %v, want line 3", err)
	}
}

// FuzzTable: whatever a public table holds, it is read or an error says what is wanted.
func FuzzTable(f *testing.F) {
	for _, text := range []string{"zone,share\nz,.4\n", "", "zone", "zone,share\n\"", "share,zone,zone\n1,2,3\n", "\ufeffzone,share\nz,1e309\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		err := eachRow("t.csv", strings.NewReader(text), []string{"zone", "share"}, func(tb *table) {
			tb.text(0)
			tb.people(1)
		})
		if err != nil && KindOf(err) != Invalid {
			t.Errorf("error without a kind: %v", err)
		}
	})
}

// TestFilesInFoldersOfADay draws the folders that a cluster writes: year=2026/month=2/day=3, with the parts of a day below.
func TestFilesInFoldersOfADay(t *testing.T) {
	dir := folder(t, map[string]string{
		"bronze/events/year=2026/month=2/day=3/part-0.parquet": "", "bronze/events/year=2026/month=2/day=3/part-1.parquet": "",
		"bronze/events/year=2026/month=2/day=3/.part-0.parquet.crc": "", "bronze/events/year=2026/month=11/day=12/part-0.parquet": "",
		"bronze/events/year=2026/month=2/day=30/part-0.parquet": "", "bronze/events/year=2026/month=02/day=04/part-0.parquet": "",
		"bronze/events/year=2026/month=2/part-0.parquet": "", "elsewhere/part-0.parquet": "", "elsewhere/events/year=2026/month=2/day=5/p.parquet": "",
	})
	for _, one := range []struct{ pattern, day, days, files string }{
		{"bronze/events/year={yyyy}/month={M}/day={d}/*.parquet", "2026-02-03", "2026-02-03 2026-11-12", "day=3/part-0.parquet day=3/part-1.parquet"},
		{"bronze/events/year={yyyy}/month={MM}/day={dd}/*.parquet", "2026-02-04", "2026-02-04 2026-11-12", "day=04/part-0.parquet"},
		{"bronze/*/year=[12]*{yyyy}/m?nth={M}/day={d}/part-[^0].parquet", "2026-02-03", "", ""},
		{"bronze/*/year={yyyy}/m?nth={M}/day={d}/part-[^0].parquet", "2026-02-03", "2026-02-03", "day=3/part-1.parquet"},
	} {
		c := in(t, dir, "events", "feed.files = "+one.pattern)
		equal(t, one.pattern, strings.Join(c.Days(), " "), one.days)
		equal(t, one.pattern+" is daily", c.Daily(), true)
		files, err := c.FilesFor(one.day)
		if (err == nil) != (one.files != "") {
			t.Errorf("%s: got %v", one.pattern, err)
		}
		for i, f := range files {
			files[i] = filepath.Base(filepath.Dir(f)) + "/" + filepath.Base(f)
		}
		equal(t, one.pattern, strings.Join(files, " "), one.files)
	}

	c := in(t, dir, "events", "feed.files = events/year={yyyy}/month={M}/day={d}/*.parquet")
	c.Rebase(filepath.Join(dir, "elsewhere"))
	equal(t, "days elsewhere", strings.Join(c.Days(), " "), "2026-02-05")
	if files, err := c.FilesFor("2026-02-03"); KindOf(err) != Missing {
		t.Errorf("a file whose folder does not name the day is no file of that day: got %v, %v", files, err)
	}
}

// TestDaysOfOddNames: what stands before the pattern may be any name that a folder can have.
func TestDaysOfOddNames(t *testing.T) {
	for pattern, path := range map[string]string{"a\xff/[x-z]?\\*{day}": "a\xff/yé*2026-02-03", "a.b(/{yyyy}{MM}{dd}*": "a.b(/20260203-1", "{d}.{M}.{yyyy}/{day}": "3.2.2026/2026-02-03"} {
		equal(t, pattern, findDays(pattern).in(path), "2026-02-03")
	}
	equal(t, "days that differ", findDays("{d}.{M}.{yyyy}/{day}").in("4.2.2026/2026-02-03"), "")
}

// TestPlanInParts: cells.file may be a pattern.
func TestPlanInParts(t *testing.T) {
	dir := folder(t, map[string]string{"net/day=3/part-1.parquet": "", "net/day=3/part-0.parquet": "", "far/net/day=4/part-2.parquet": "", "cells.csv": ""})
	for pattern, want := range map[string]string{"net/day=3/*.parquet": "part-0.parquet part-1.parquet", "net/day=4/*": "part-2.parquet", "cells.csv": "cells.csv", "net/day=5/*": ""} {
		c := in(t, dir, "events", "cells.file = "+pattern)
		c.Rebase(filepath.Join(dir, "far"))
		files, err := c.PlanFiles()
		if (err == nil) != (want != "") || err != nil && KindOf(err) != Missing {
			t.Errorf("%s: got %v", pattern, err)
		}
		for i := range files {
			files[i] = filepath.Base(files[i])
		}
		equal(t, pattern, strings.Join(files, " "), want)
	}
}
