package throng_test

import (
	"testing"
	"time"

	"github.com/throng-stats/throng"
)

// TestDaysOfManyZones: days follow each other without gap or overlap, whatever clocks do at midnight: forward at midnight
// (Santiago, Havana, Asuncion), back at midnight (Havana), by half an hour (Lord Howe), over a whole day (Apia 2011).
func TestDaysOfManyZones(t *testing.T) {
	for _, c := range []struct {
		zone string
		year int
	}{{"America/Santiago", 2026}, {"America/Havana", 2026}, {"America/Asuncion", 2023}, {"America/Sao_Paulo", 2017}, {"Africa/Cairo", 2026},
		{"Australia/Lord_Howe", 2026}, {"Europe/Paris", 2026}, {"America/Chicago", 2011}, {"Pacific/Apia", 2012}, {"Asia/Beirut", 2026}} {
		loc, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Skip("no time zone database on this machine")
		}
		var end int64
		for day := time.Date(c.year, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() == c.year; day = day.AddDate(0, 0, 1) {
			name := day.Format(time.DateOnly)
			p, err := throng.DayOf(name, loc)
			if err != nil {
				t.Fatal(err)
			}
			if hours := (p.End - p.Start) / 3600e3; hours < 22 || hours > 25 {
				t.Fatalf("%s: %s has %d hours", c.zone, name, hours)
			}
			if end != 0 && p.Start != end {
				t.Fatalf("%s: %s starts %d ms after the day before ended", c.zone, name, p.Start-end)
			}
			end = p.End
			if days := p.DaysOf(loc); len(days) != 1 || days[0] != p {
				t.Fatalf("%s: %s is made of the days %v", c.zone, name, days)
			}
			if first := time.UnixMilli(p.Start).In(loc); first.Format(time.DateOnly) != name {
				t.Fatalf("%s: %s starts at %s", c.zone, name, first)
			}
		}
	}
}
