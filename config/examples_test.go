package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const examples = "../examples"

func readExample(t *testing.T, name string) *Contract {
	t.Helper()
	c, err := Read(filepath.Join(examples, name))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEveryExampleIsAContract(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(examples, "*.yaml"))
	if err != nil || len(files) < 3 {
		t.Fatalf("got %d examples (%v), want at least 3", len(files), err)
	}
	guide, err := os.ReadFile(filepath.Join(examples, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		readExample(t, filepath.Base(file))
		if !strings.Contains(string(guide), filepath.Base(file)) {
			t.Errorf("examples/README.md does not name %s", filepath.Base(file))
		}
	}
}

func TestBikesAreTripsByOrigin(t *testing.T) {
	c := readExample(t, "bay-area-bikes.yaml")
	equal(t, "unit", c.UnitOfPrivacy(), "trip")
	equal(t, "tables", strings.Join(c.allTables(), " "), "flows-month/total flows-month/origin vehicles/departures vehicles/arrivals")
	equal(t, "profile", c.Privacy.Profile, "trips")

	zip := c.FeedOptions().Columns[slices.IndexFunc(c.FeedOptions().Columns, func(col FeedColumn) bool { return col.As == "origin" })]
	domain, err := ReadList(zip.Domain)
	if err != nil {
		t.Fatal(err)
	}
	classes, at := c.ClassesOfTrips(domain)
	if n := len(classes.Origin); n != len(domain)+2 || classes.Origin[n-2] != "other" || classes.Origin[n-1] != "U" {
		t.Errorf("got %d codes of origin ending with %q, want %d ending with other, U", n, classes.Origin[n-2:], len(domain)+2)
	}
	if got := classes.Origin[at["941"]]; got != "941" {
		t.Errorf("index of 941 leads to %q", got)
	}
}

func TestFlightsAreEventsOnLocalTime(t *testing.T) {
	c := readExample(t, "houston-flights.yaml")
	equal(t, "unit", c.UnitOfPrivacy(), "device-day")
	equal(t, "tables", strings.Join(c.allTables(), " "), "present/total flows-month/total")
	for _, col := range c.FeedOptions().Columns {
		if col.As == "time" && (col.Zone != "cell" || col.Format != "yyyy-MM-dd HH:mm" || col.Fold != "first") {
			t.Errorf("got %+v, want local times of the airport", col)
		}
	}
}

func TestMobileRunsUnderStrict(t *testing.T) {
	c := readExample(t, "mobile.yaml")
	equal(t, "tables", strings.Join(c.allTables(), " "),
		"present/total present/gender present/age present/origin flows-hour/total flows-day/total flows-month/total")
	equal(t, "profile", c.Privacy.Profile, "strict")
	equal(t, "scope", c.Scope(), "op-a/signalling")
}

// TestExamplesFindTheRealFiles checks columns and --input against the public data, which are not in the repository.
func TestExamplesFindTheRealFiles(t *testing.T) {
	for name, folder := range map[string]string{"bay-area-bikes.yaml": "bikes", "houston-flights.yaml": "flights"} {
		dir := filepath.Join("..", "..", "shared", "data", folder)
		if _, err := os.Stat(dir); err != nil {
			t.Skipf("the public data are not there (%s); nothing to check", dir)
		}
		c := readExample(t, name)
		c.Rebase(dir)
		files, err := c.FilesFor("2014-01-01")
		if err != nil || len(files) != 1 {
			t.Errorf("%s: got files %v (%v), want one", name, files, err)
		}
		if _, err := os.Stat(c.Path(c.Cells.File)); err != nil {
			t.Errorf("%s: cells are not found: %v", name, err)
		}
	}
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
