package main

import (
	"crypto/sha256"
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/throng-stats/throng/feed/feedtest"
)

// lakehouse FROM TO writes the events and the cell plan of an invented region (CSV) as eurostat/multimno keeps them: folders
// of a day, in parts, with the hash of the pseudonym as bytes and times of the local clock.
func lakehouse(ts *testscript.TestScript, neg bool, args []string) {
	clock, err := time.LoadLocation("Europe/Paris")
	ts.Check(err)
	days, err := filepath.Glob(ts.MkAbs(args[0] + "/in/*.csv"))
	ts.Check(err)
	var t lakeTest
	t.ts = ts
	for _, path := range days {
		var rows []feedtest.MultimnoEvent
		eachLine(ts, path, func(get func(string) string) {
			at, err := time.Parse("2006-01-02 15:04:05.000", get("timestamp"))
			ts.Check(err)
			user := sha256.Sum256([]byte(get("user_id")))
			stamp, mcc := at.In(clock).Format("2006-01-02 15:04:05.000"), whole(ts, get("mcc"))
			rows = append(rows, feedtest.MultimnoEvent{User: user[:], Timestamp: &stamp, MCC: mcc, PLMN: whole(ts, get("plmn")), Cell: text(get("cell_id"))})
		})
		feedtest.WriteHive(&t, ts.MkAbs(args[1]+"/mno_events"), strings.TrimSuffix(filepath.Base(path), ".csv"), rows, 2)
	}
	var plan []feedtest.MultimnoCell
	eachLine(ts, ts.MkAbs(args[0]+"/cells.csv"), func(get func(string) string) {
		plan = append(plan, feedtest.MultimnoCell{Cell: get("cell_id"), Latitude: *real(ts, get("latitude")), Longitude: *real(ts, get("longitude")), Altitude: real(ts, get("altitude")),
			Height: real(ts, get("antenna_height")), Directional: whole(ts, get("directionality")), Azimuth: real(ts, get("azimuth_angle")), Elevation: real(ts, get("elevation_angle")),
			HBeam: real(ts, get("horizontal_beam_width")), VBeam: real(ts, get("vertical_beam_width")), Power: real(ts, get("power")), Range: real(ts, get("range")),
			Frequency: whole(ts, get("frequency")), Technology: text(get("technology")), Start: text(get("valid_date_start")), End: text(get("valid_date_end")), Type: text(get("cell_type"))})
	})
	feedtest.WriteHive(&t, ts.MkAbs(args[1]+"/mno_network"), strings.TrimSuffix(filepath.Base(days[0]), ".csv"), plan, 3)
}

// counters A B wants the same counts of rows, read, used and left out by reason, in two transcripts of runs.
func counters(ts *testscript.TestScript, neg bool, args []string) {
	of := func(name string) string {
		lines := strings.Split(ts.ReadFile(name), "\n")
		from := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "read  ") })
		to := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "published ") })
		if from < 0 || to < from {
			ts.Fatalf("%s is no transcript of a run", name)
		}
		return strings.Join(lines[from:to], "\n")
	}
	if one, two := of(args[0]), of(args[1]); one != two {
		ts.Fatalf("the counts differ:\n%s\n%s", one, two)
	}
}

// lakeTest lets the writers of feedtest stop a transcript.
type lakeTest struct {
	testing.TB
	ts *testscript.TestScript
}

func (*lakeTest) Helper() {}

func (t *lakeTest) Fatal(args ...any) { t.ts.Fatalf("%v", args) }

func eachLine(ts *testscript.TestScript, path string, use func(get func(column string) string)) {
	f, err := os.Open(path)
	ts.Check(err)
	defer f.Close()
	in := csv.NewReader(f)
	header, err := in.Read()
	ts.Check(err)
	at := map[string]int{}
	for i, name := range header {
		at[name] = i
	}
	for {
		row, err := in.Read()
		if err == io.EOF {
			return
		}
		ts.Check(err)
		use(func(column string) string { return row[at[column]] })
	}
}

// text, whole and real are the values of a column, nil where there is none.
func text(v string) *string {
	if v == "" {
		return nil
	}
	return &v
}

func whole(ts *testscript.TestScript, v string) *int32 {
	if v == "" {
		return nil
	}
	n, err := strconv.ParseInt(v, 10, 32)
	ts.Check(err)
	short := int32(n)
	return &short
}

func real(ts *testscript.TestScript, v string) *float32 {
	if v == "" {
		return nil
	}
	x, err := strconv.ParseFloat(v, 32)
	ts.Check(err)
	short := float32(x)
	return &short
}
