package files

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/feed/feedtest"
	"github.com/throng-stats/throng/locate"
)

// theGround has ten cells along a road, c0 to c9, and two stations with clocks of their own.
func theGround(t testing.TB) *locate.Ground {
	t.Helper()
	g := &locate.Ground{}
	for i := range 10 {
		g.Places = append(g.Places, locate.Place{ID: fmt.Sprintf("c%d", i), Lat: 48 + float64(i)/10, Lon: 2})
	}
	g.Places = append(g.Places, locate.Place{ID: "denver", Lat: 39.7, Lon: -105, Clock: zone(t, "America/Denver")},
		locate.Place{ID: "houston", Lat: 29.8, Lon: -95.4, Clock: zone(t, "America/Chicago")})
	g.Index()
	return g
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// theDoor has the days 2 and 3 February 2026 in UTC, and knows that one number and one text opted out.
func theDoor(t testing.TB) *feed.Door {
	t.Helper()
	var days []throng.Period
	for _, name := range []string{"2026-02-02", "2026-02-03"} {
		day, err := throng.DayOf(name, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		days = append(days, day)
	}
	return feed.NewDoor(days, [][16]byte{{1}, {2}}, [][]byte{[]byte("9000000000000000009"), []byte("out-of-it")})
}

// monday is 2026-02-02 00:00 UTC in milliseconds.
const monday = 1769990400000

// fact is a row as the operator knows it; zero values are missing where the column may be missing.
type fact struct {
	user    int64
	ms      int64
	cell    string
	mcc     int32
	plmn    int32
	machine bool
}

// facts makes n rows; some have no cell, an unknown one, no user, a wrong country, or a network abroad.
func facts(n int) []fact {
	random := rand.New(rand.NewPCG(1, 0))
	list := make([]fact, n)
	for i := range list {
		f := fact{user: 1<<62 + random.Int64N(500), ms: monday + int64(i)*100 - 50000, cell: fmt.Sprintf("c%d", random.IntN(10)), mcc: 208}
		switch random.IntN(40) {
		case 0:
			f.cell = ""
		case 1:
			f.cell = "nowhere"
		case 2:
			f.user = 0
		case 3:
			f.mcc = 17
		case 4:
			f.cell, f.plmn = "", 22201
		case 5:
			f.plmn = 99
		case 6:
			f.machine = true
		case 7:
			f.user = 9000000000000000009
		case 8:
			f.mcc = 0
		}
		list[i] = f
	}
	return list
}

// rows says what a batch must hold for each fact, written without looking at the code under test.
func rows(t testing.TB, list []fact, unit func(period int, user int64) uint64) []feedtest.Row {
	t.Helper()
	ground := theGround(t)
	var want []feedtest.Row
	for _, f := range list {
		r := feedtest.Row{Time: f.ms, Place: event.NoPlace}
		if period := int((f.ms - monday + 86400000) / 86400000); f.user != 0 && period >= 1 && period <= 2 {
			r.Unit = unit(period-1, f.user)
		}
		switch f.user {
		case 0:
			r.Bad |= event.NullUnit
		case 9000000000000000009:
			r.Bad, r.Unit = r.Bad|event.OptedOut, 0
		}
		for i, p := range ground.Places {
			if p.ID == f.cell {
				r.Place = uint32(i)
			}
		}
		if f.plmn >= 10000 {
			r.Network = uint32(f.plmn)
		} else if f.plmn != 0 {
			r.Bad |= event.BadNetwork
		}
		if f.mcc >= 100 {
			r.SIM = uint16(f.mcc)
		} else if f.mcc != 0 {
			r.Bad |= event.BadSIM
		}
		if f.cell == "" && r.Network == 0 {
			r.Bad |= event.NullPlace
		}
		if f.cell == "nowhere" {
			r.Bad |= event.UnknownPlace
		}
		if f.machine {
			r.Bad |= event.Machine
		}
		want = append(want, r)
	}
	return want
}

// columns of the facts; the pseudonym and time are as the test says.
func eventColumns(userType, timeType, timeFormat, timeZone string) []feed.Column {
	return []feed.Column{
		{Name: "user_id", As: "subscriber", Type: userType},
		{Name: "timestamp", As: "time", Type: timeType, Format: timeFormat, Zone: timeZone},
		{Name: "cell_id", As: "cell"},
		{Name: "mcc", As: "sim_country", Type: "int"},
		{Name: "plmn", As: "visited_network", Type: "int"},
		{Name: "machine", As: "machine"},
	}
}

func csvOf(list []fact, stamp func(ms int64) string) string {
	var s bytes.Buffer
	s.WriteString("timestamp,user_id,cell_id,loc_error,mcc,plmn,machine\n")
	blank := func(v int64) string {
		if v == 0 {
			return ""
		}
		return fmt.Sprint(v)
	}
	for _, f := range list {
		fmt.Fprintf(&s, "%s,%s,%s,50,%s,%s,%v\n", stamp(f.ms), blank(f.user), f.cell, blank(int64(f.mcc)), blank(int64(f.plmn)), f.machine)
	}
	return s.String()
}

// write puts a file into the test's folder, packed as its name says.
func write(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	var b bytes.Buffer
	switch filepath.Ext(name) {
	case ".gz":
		z := gzip.NewWriter(&b)
		z.Write([]byte(content))
		z.Close()
	case ".zst":
		z, err := zstd.NewWriter(&b)
		if err != nil {
			t.Fatal(err)
		}
		z.Write([]byte(content))
		z.Close()
	default:
		b.WriteString(content)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func openTest(t testing.TB, opts feed.Options) *Files {
	t.Helper()
	if opts.Kind == "" {
		opts.Kind = feed.Events
	}
	f, err := Open(t.Context(), opts, theGround(t), theDoor(t))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func readRows(t testing.TB, f *Files) (got []feedtest.Row) {
	t.Helper()
	for _, p := range f.Parts() {
		if err := feed.Each(t.Context(), p, func(b *event.Batch) error { got = append(got, feedtest.Rows(b)...); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	return got
}

func kindOf(err error) feed.Kind {
	var e *feed.Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return ""
}
