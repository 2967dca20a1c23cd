package config

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/throng-stats/throng"
)

// Resident is one row of residents.csv: public residents of a finest zone.
type Resident struct {
	Zone, Gender, Age string // Age is a band of the contract, such as 18-24
	People            int64
}

// ShareRow is one row of share.csv: the share of a zone's residents, or of a class of them, who are customers of the holder.
type ShareRow struct {
	Zone        string
	Gender, Age string  // Age is a band of the contract; "" for all
	Share       float64 // above 0, at most 1
	SD          float64 // standard deviation of Share, 0 where it is not known
}

// OriginRow is one row of origins.csv: a region of origin, its group and its public residents.
type OriginRow struct {
	Origin, Group string
	Residents     int64

	joined bool // with a neighbour, by protected_origins
}

// CountryRow is one row of countries.csv: a mobile country code, its country, group and public residents.
type CountryRow struct {
	MCC            uint16
	Country, Group string
	Residents      int64
}

// table reads a small public CSV file row by row and says where it stands.
type table struct {
	path   string
	reader *csv.Reader
	at     []int // of each wanted column: its index in the file
	names  []string
	row    []string
	line   int
	err    error
}

// openTable opens a public file, Missing when it is not there.
func openTable(path string) (*os.File, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &Error{Kind: Missing, Key: path, Text: "no such file; put it there or correct the contract"}
	}
	if err != nil {
		return nil, &Error{Kind: Invalid, Key: path, Text: fmt.Sprintf("cannot be opened: %v", err)}
	}
	return file, nil
}

// readTable calls each for every row of a CSV file that has the wanted columns, in any order and among others. A column whose
// name ends in ? may be missing or empty.
func readTable(path string, columns []string, each func(t *table)) error {
	file, err := openTable(path)
	if err != nil {
		return err
	}
	defer file.Close()
	return eachRow(path, file, columns, each)
}

func eachRow(path string, from io.Reader, columns []string, each func(t *table)) error {
	text := bufio.NewReader(from)
	if mark, err := text.Peek(3); err == nil && string(mark) == "\ufeff" {
		_, _ = text.Discard(3) // a byte order mark of three bytes that Peek has just seen
	}
	t := &table{path: path, reader: csv.NewReader(text), names: slices.Clone(columns)}
	header, err := t.reader.Read()
	if err != nil {
		return &Error{Kind: Invalid, Key: path, Line: 1, Text: fmt.Sprintf("got no header, want the columns %s", strings.Join(needed(columns), ","))}
	}
	for k, want := range columns {
		want, may := strings.CutSuffix(want, "?")
		t.names[k] = want
		i := slices.IndexFunc(header, func(h string) bool { return strings.TrimSpace(h) == want })
		if i < 0 && !may {
			return &Error{Kind: Invalid, Key: path, Line: 1, Text: fmt.Sprintf("no column %s; got %.120q, want %s", want, strings.Join(header, ","), strings.Join(needed(columns), ","))}
		}
		t.at = append(t.at, i)
	}
	for t.err == nil {
		t.row, err = t.reader.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			var parse *csv.ParseError
			line := 0
			if errors.As(err, &parse) {
				line = parse.Line
				err = parse.Err
			}
			return &Error{Kind: Invalid, Key: path, Line: line, Text: fmt.Sprintf("is not CSV: %v; want %d fields in each row", err, len(header))}
		}
		t.line, _ = t.reader.FieldPos(0)
		each(t)
	}
	return t.err
}

// needed are the columns that must be there.
func needed(columns []string) []string {
	return slices.DeleteFunc(slices.Clone(columns), func(c string) bool { return strings.HasSuffix(c, "?") })
}

// fail keeps the first error of a row.
func (t *table) fail(column int, want string) {
	if t.err == nil {
		t.err = &Error{Kind: Invalid, Key: t.path, Line: t.line, Text: fmt.Sprintf("column %s: got %.40q, want %s", t.names[column], t.row[t.at[column]], want)}
	}
}

// text is the value of a wanted column, which must not be empty.
func (t *table) text(column int) string {
	value := strings.TrimSpace(t.row[t.at[column]])
	if value == "" {
		t.fail(column, "a value")
	}
	return value
}

// option is the value of a column that may be missing or empty.
func (t *table) option(column int) string {
	if t.at[column] < 0 {
		return ""
	}
	return strings.TrimSpace(t.row[t.at[column]])
}

// people is a number of people, at least 0 and less than a planet has.
func (t *table) people(column int) int64 {
	n, err := strconv.ParseInt(t.text(column), 10, 64)
	if err != nil || n < 0 || n > 20_000_000_000 {
		t.fail(column, "a whole number of people of at least 0")
	}
	return n
}

// day is a civil day.
func (t *table) day(column int) string {
	value := t.text(column)
	if _, err := time.Parse(time.DateOnly, value); err != nil {
		t.fail(column, "a day such as 2026-02-03")
	}
	return value
}

// once refuses a key that an earlier row has.
func (t *table) once(seen map[string]int, column int, key string) {
	if before, twice := seen[key]; twice {
		t.fail(column, fmt.Sprintf("each once; line %d has it too", before))
	}
	seen[key] = t.line
}

// ReadResidents reads residents.csv (zone,gender,age,people) against the genders and age bands of the contract. No file
// gives no rows.
func (c *Contract) ReadResidents() ([]Resident, error) {
	if c.Residents == "" {
		return nil, nil
	}
	var rows []Resident
	ages, seen := c.Bands().Codes(), map[string]int{}
	err := readTable(c.Path(c.Residents), []string{"zone", "gender", "age", "people"}, func(t *table) {
		r := Resident{Zone: t.text(0), Gender: t.text(1), Age: t.text(2), People: t.people(3)}
		if !slices.Contains(throng.Genders, r.Gender) {
			t.fail(1, "one of "+strings.Join(throng.Genders, " "))
		}
		if !slices.Contains(ages, r.Age) {
			t.fail(2, "one of "+strings.Join(ages, " "))
		}
		t.once(seen, 0, r.Zone+"\x00"+r.Gender+"\x00"+r.Age)
		rows = append(rows, r)
	})
	return rows, err
}

// LandUseRow is one row of landuse.csv: a square of a public grid, and how much of a zone's people are there.
type LandUseRow struct {
	Lat, Lon     float64 // centre, degrees
	Side, Weight float64 // metres; any unit, 0 or more
}

// ReadLandUse reads landuse.csv (latitude,longitude,side,weight). No file gives no rows.
func (c *Contract) ReadLandUse() ([]LandUseRow, error) {
	if c.LandUse == "" {
		return nil, nil
	}
	var rows []LandUseRow
	err := readTable(c.Path(c.LandUse), []string{"latitude", "longitude", "side", "weight"}, func(t *table) {
		rows = append(rows, LandUseRow{t.number(0, -90, 90, "degrees from -90 to 90"), t.number(1, -180, 180, "degrees from -180 to 180"),
			t.number(2, 1, 100_000, "metres from 1 to 100000"), t.number(3, 0, 1e15, "a number of 0 or more")})
	})
	return rows, err
}

// maxPlaces is the most rows of places.csv: an answer has one for each of them and each hour.
const maxPlaces = 500

// PlaceRow is one row of places.csv: a place of a public list, such as a school or a station.
type PlaceRow struct {
	ID, Name, Kind string
	Lat, Lon       float64 // degrees
}

// ReadPlaces reads places.csv (id,name,kind,latitude,longitude), by id. No file gives no rows.
func (c *Contract) ReadPlaces() ([]PlaceRow, error) {
	if c.Places == "" {
		return nil, nil
	}
	var rows []PlaceRow
	seen := map[string]int{}
	err := readTable(c.Path(c.Places), []string{"id", "name", "kind", "latitude", "longitude"}, func(t *table) {
		p := PlaceRow{t.text(0), t.text(1), t.text(2), t.number(3, -90, 90, "degrees from -90 to 90"), t.number(4, -180, 180, "degrees from -180 to 180")}
		if !placeID.MatchString(p.ID) {
			t.fail(0, "1 to 64 letters, digits, _ and -")
		}
		for i, text := range []string{p.Name, p.Kind} {
			if len(text) > 64 || text == "" || strings.ContainsAny(text[:1], "=+-@\t") {
				t.fail(1+i, "a word of 1 to 64 bytes that does not begin with = + - @")
			}
		}
		t.once(seen, 0, p.ID)
		if rows = append(rows, p); len(rows) > maxPlaces {
			t.fail(0, "at most "+strconv.Itoa(maxPlaces)+" places")
		}
	})
	slices.SortFunc(rows, func(a, b PlaceRow) int { return strings.Compare(a.ID, b.ID) })
	return rows, err
}

var placeID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// number is a decimal number within bounds.
func (t *table) number(column int, least, most float64, want string) float64 {
	v, err := strconv.ParseFloat(t.text(column), 64)
	if err != nil || !(v >= least && v <= most) {
		t.fail(column, want)
	}
	return v
}

// ReadShare reads share.csv (zone,share and, where they are there, gender,age,sd) against the genders and age bands of the
// contract. No file gives no rows.
func (c *Contract) ReadShare() ([]ShareRow, error) {
	if c.Share == "" {
		return nil, nil
	}
	var rows []ShareRow
	ages, seen := c.Bands().Codes(), map[string]int{}
	err := readTable(c.Path(c.Share), []string{"zone", "share", "gender?", "age?", "sd?"}, func(t *table) {
		r := ShareRow{Zone: t.text(0), Gender: t.option(2), Age: t.option(3)}
		var err error
		r.Share, err = strconv.ParseFloat(t.text(1), 64)
		if err != nil || !(r.Share > 0 && r.Share <= 1) {
			t.fail(1, "a share above 0 and at most 1, such as 0.4")
		}
		if r.Gender != "" && !slices.Contains(throng.Genders, r.Gender) {
			t.fail(2, "nothing (all) or one of "+strings.Join(throng.Genders, " "))
		}
		if r.Age != "" && !slices.Contains(ages, r.Age) {
			t.fail(3, "nothing (all) or one of "+strings.Join(ages, " "))
		}
		if t.option(4) != "" {
			r.SD = t.number(4, 0, 1, "the standard deviation of the share, 0 to 1, or nothing")
		}
		t.once(seen, 0, r.Zone+"\x00"+r.Gender+"\x00"+r.Age)
		rows = append(rows, r)
	})
	return rows, err
}

// ReadOrigins reads origins.csv (origin,group,residents), with the groups of protected_origins merged with their
// neighbours. No file gives no rows.
func (c *Contract) ReadOrigins() ([]OriginRow, error) {
	if c.Origins == "" {
		return nil, nil
	}
	var rows []OriginRow
	seen := map[string]int{}
	err := readTable(c.Path(c.Origins), []string{"origin", "group", "residents"}, func(t *table) {
		r := OriginRow{Origin: t.text(0), Group: t.text(1), Residents: t.people(2)}
		checkGroup(t, 0, r.Origin)
		checkGroup(t, 1, r.Group)
		t.once(seen, 0, r.Origin)
		rows = append(rows, r)
	})
	if err != nil {
		return nil, err
	}
	return c.mergeProtected(rows)
}

// checkGroup refuses names of groups that stand for something else or that spreadsheets run as a formula.
func checkGroup(t *table, column int, group string) {
	if group == throng.Unknown || len(group) > 64 || strings.ContainsAny(group[:min(1, len(group))], "=+-@\t") {
		t.fail(column, "a name of at most 64 letters that is not U and does not begin with = + - @")
	}
}

// ReadCountries reads countries.csv (mcc,country,group,residents). No file gives no rows.
func (c *Contract) ReadCountries() ([]CountryRow, error) {
	if c.Countries == "" {
		return nil, nil
	}
	var rows []CountryRow
	seen := map[string]int{}
	err := readTable(c.Path(c.Countries), []string{"mcc", "country", "group", "residents"}, func(t *table) {
		code, err := strconv.ParseUint(t.text(0), 10, 16)
		if err != nil || code < 100 || code > 999 {
			t.fail(0, "a mobile country code from 100 to 999")
		}
		r := CountryRow{MCC: uint16(code), Country: t.text(1), Group: t.text(2), Residents: t.people(3)}
		checkGroup(t, 1, r.Country)
		checkGroup(t, 2, r.Group)
		t.once(seen, 0, t.text(0))
		rows = append(rows, r)
	})
	return rows, err
}

// ReadHolidays reads holidays.csv (date), ascending. No file gives no days.
func (c *Contract) ReadHolidays() ([]string, error) {
	if c.Holidays == "" {
		return nil, nil
	}
	var days []string
	seen := map[string]int{}
	err := readTable(c.Path(c.Holidays), []string{"date"}, func(t *table) {
		day := t.day(0)
		t.once(seen, 0, day)
		days = append(days, day)
	})
	slices.Sort(days)
	return days, err
}

// BusinessRow is one row of businesses.csv: who sells what at which place, and for how much in a year.
type BusinessRow struct {
	Place, Category, Business string
	Turnover                  float64
}

// ReadBusinesses reads businesses.csv (place,category,business,turnover), a declared register that is fixed before the period. No
// file gives no rows.
func (c *Contract) ReadBusinesses() ([]BusinessRow, error) {
	if c.Businesses == "" {
		return nil, nil
	}
	var rows []BusinessRow
	err := readTable(c.Path(c.Businesses), []string{"place", "category", "business", "turnover"}, func(t *table) {
		rows = append(rows, BusinessRow{t.text(0), t.text(1), t.text(2), t.number(3, 1e-9, 1e15, "a turnover above 0")})
	})
	return rows, err
}
