package driver_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/release/disk"
)

// mds writes the example for MDS trips with two areas and forty trips, and reads it with one text replaced by another.
func mds(t *testing.T, old, with string) (dir string, c *config.Contract, err error) {
	t.Helper()
	dir = t.TempDir()
	text, err := os.ReadFile("../examples/mds-trips.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		t.Fatalf("the example has no %q", old)
	}
	rows := "provider_id,device_id,trip_id,start_time,end_time,start_location,end_location,start_zone,end_zone,duration,distance,journey_id,fare,trip_attributes\n"
	for i := range 40 {
		start := 1772442000000 + int64(i)*600_000 // 2026-03-02 10:00 in Paris
		rows += fmt.Sprintf("POISON-p,POISON-%d,t%d,%d,%d,POISON,POISON,north,south,600,900,POISON,POISON,POISON\n", i%3, i, start, start+540_000)
	}
	for name, content := range map[string]string{"c.yaml": strings.Replace(string(text), old, with, 1), "trips.csv": rows,
		"areas.csv": "id,name,latitude,longitude,parent\nnorth,North,48.90,2.35,city\nsouth,South,48.80,2.35,city\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err = config.Read(filepath.Join(dir, "c.yaml"))
	return dir, c, err
}

// TestTripsByMDS: the contract of twenty lines publishes flows and vehicles; nothing that links trips of a vehicle leaves.
func TestTripsByMDS(t *testing.T) {
	dir, c, err := mds(t, "throng: 1", "throng: 1")
	if err != nil {
		t.Fatal(err)
	}
	j, err := driver.Prepare(c)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out")
	if _, err := driver.Run(context.Background(), j, driver.RunOptions{Out: out, Code: "test 1"}); err != nil {
		t.Fatal(err)
	}
	store, err := disk.OpenReadOnly(out)
	if err != nil {
		t.Fatal(err)
	}
	list, err := store.List()
	if err != nil || len(list) != 2 {
		t.Fatalf("got %d releases, %v, want flows-month and vehicles", len(list), err)
	}
	for _, m := range list {
		for _, f := range m.Files {
			content, err := os.ReadFile(filepath.Join(out, "release", m.ID, f.Path))
			if err == nil && bytes.Contains(content, []byte("POISON")) {
				t.Errorf("%s of %s holds what is dropped", f.Path, m.Product)
			}
		}
	}
	for old, with := range map[string]string{
		"start_zone: {as: from, type: text}":              "start_zone: {as: from, type: text}\n    device_id: {as: vehicle, type: text}",
		"drop: [provider_id, device_id, ":                 "drop: [provider_id, ",
		"trip_id: {as: trip, type: text}\n    start_time": "rider_id: {as: trip, type: text}\n    start_time",
		"products: [flows-month, vehicles]":               "products: [status]",
		"kind: trips":                                     "kind: status",
	} {
		_, c, err := mds(t, old, with)
		if err == nil {
			var j *driver.Job
			if j, err = driver.Prepare(c); err == nil {
				_, err = driver.Run(context.Background(), j, driver.RunOptions{Out: filepath.Join(t.TempDir(), "out"), Code: "test 1"})
			}
		}
		if err == nil {
			t.Errorf("with %q it runs", with)
		} else if strings.Contains(err.Error(), "POISON") {
			t.Errorf("the error of %q tells a value: %v", with, err)
		} else {
			t.Log(err)
		}
	}
}
