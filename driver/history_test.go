package driver_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/throng-stats/throng/driver"
)

type inside struct {
	Days []struct {
		Day     string           `json:"day"`
		Rows    int64            `json:"rows"`
		Used    int64            `json:"used"`
		Reasons map[string]int64 `json:"reasons"`
	} `json:"days"`
}

func readInside(t *testing.T, path string) (h inside) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &h); err != nil {
		t.Fatal(err)
	}
	return h
}

// TestHistoryOfTheFeed: a hundred days of 20,000 rows stand before a day of a few thousand, of which many are left out. The run
// says so, publishes all the same, keeps the day and forgets the oldest; run again, nothing is read and nothing changes. The
// figures and the findings are in no file of the releases.
func TestHistoryOfTheFeed(t *testing.T) {
	w := newWorld(t)
	w.write(t)
	path := filepath.Join(w.state(), "inside", "history.json")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	first, days := worldDay(0), []string{}
	at, _ := time.Parse(time.DateOnly, first)
	for i := range 100 {
		days = append(days, fmt.Sprintf(`{"day":%q,"rows":%d,"used":%d,"reasons":{"duplicate":%d}}`, at.AddDate(0, 0, i-100).Format(time.DateOnly), 20000+i%7, 19990, 10+i%3))
	}
	if err := os.WriteFile(path, []byte(`{"days":[`+strings.Join(days, ",")+`]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func() *driver.Summary {
		sum, err := driver.Run(t.Context(), w.job(t), driver.RunOptions{Out: w.out(), State: w.state(), From: first, To: first})
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	sum := run()
	h := readInside(t, path)
	last := h.Days[len(h.Days)-1]
	if len(h.Days) != 100 || last.Day != first || last.Rows != sum.Counts.Rows || last.Used != sum.Counts.Kept || h.Days[0].Day != at.AddDate(0, 0, -99).Format(time.DateOnly) {
		t.Errorf("the history has %d days from %s to %+v; the run read %d rows", len(h.Days), h.Days[0].Day, last, sum.Counts.Rows)
	}
	gates := []string{}
	for _, l := range sum.Look {
		gates = append(gates, l.Gate)
		if l.Day != first || l.Level != "warn" {
			t.Errorf("got %+v, want a warning of %s", l, first)
		}
	}
	if !slices.Contains(gates, "rows") || !slices.Contains(gates, "share left out") || len(sum.Published) == 0 {
		t.Errorf("the run found %v and published %d releases; want rows, what is left out, and releases", gates, len(sum.Published))
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the history is %v, %v; want nobody else to read it", info.Mode(), err)
	}
	if again := run(); len(again.Look) != 0 || len(readInside(t, path).Days) != 100 {
		t.Errorf("run again, it found %v", again.Look)
	}
	neverLeaves(t, w.out(), sum)
}

// neverLeaves looks for the history, its figures and what was found in every file of the releases.
func neverLeaves(t *testing.T, out string, sum *driver.Summary) {
	t.Helper()
	words := []string{"history", "share left out", fmt.Sprintf("%d", sum.Counts.Rows), fmt.Sprintf("%d", sum.Counts.Kept)}
	for _, l := range sum.Look {
		words = append(words, l.Text)
	}
	files := 0
	err := filepath.WalkDir(out, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		files++
		for i, word := range words {
			digits := i == 2 || i == 3
			if strings.Contains(string(text), word) && !(digits && strings.HasSuffix(path, ".parquet")) && !(digits && len(word) < 5) {
				t.Errorf("%s says %q", filepath.Base(path), word)
			}
		}
		return err
	})
	if err != nil || files < 10 {
		t.Errorf("looked through %d files, %v", files, err)
	}
}

// TestHistoryBeginsAnew: a history that cannot be read stops nothing, and is begun again.
func TestHistoryBeginsAnew(t *testing.T) {
	w := newWorld(t)
	w.write(t)
	path := filepath.Join(w.state(), "inside", "history.json")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(`{"days":`), 0o600); err != nil {
		t.Fatal(err)
	}
	sum, err := driver.Run(t.Context(), w.job(t), driver.RunOptions{Out: w.out(), State: w.state()})
	if err != nil {
		t.Fatal(err)
	}
	h := readInside(t, path)
	if len(h.Days) != worldDays || h.Days[0].Rows+h.Days[1].Rows != sum.Counts.Rows {
		t.Errorf("got %+v, want %d days", h.Days, worldDays)
	}
	for _, l := range sum.Look {
		if l.Gate == "rows" {
			t.Errorf("got %+v; two days are no history", l)
		}
	}
}
