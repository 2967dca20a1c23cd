package config

import (
	"strings"
	"testing"
)

// TestRegionsByDay: tables by day have provinces and countries one by one, tables by hour their groups; a small one is other
// or abroad, and what is small in one list keeps its group in the other.
func TestRegionsByDay(t *testing.T) {
	c := parseBase(t, "events", "local = [208]")
	origins := []OriginRow{{Origin: "p1", Group: "north", Residents: 300_000}, {Origin: "p2", Group: "north", Residents: 200_000},
		{Origin: "p3", Group: "south", Residents: 900_000}, {Origin: "p4", Group: "south", Residents: 20_000}, {Origin: "p5", Group: "south", Residents: 90_000}}
	countries := []CountryRow{{MCC: 262, Country: "DE", Group: "Europe", Residents: 80_000_000}, {MCC: 232, Country: "AT", Group: "Europe", Residents: 9_000_000},
		{MCC: 295, Country: "LI", Group: "Europe", Residents: 40_000}}
	classes, at, mcc := c.Classes(origins, countries)
	equal(t, "by hour", strings.Join(classes.Origin, " "), "Europe north south abroad other U")
	equal(t, "by day", strings.Join(classes.Region, " "), "AT DE p1 p2 p3 abroad other U")
	for origin, want := range map[uint16]string{at["p1"]: "north p1", at["p2"]: "north p2", at["p4"]: "south other", mcc[262]: "Europe DE", mcc[295]: "Europe abroad", mcc[460]: "abroad abroad"} {
		equal(t, want, classes.Origin[classes.OriginAt(origin)]+" "+classes.Region[classes.RegionAt(origin)], want)
	}
	n := uint16(classes.Origins())
	equal(t, "unknown", classes.Regions()[classes.RegionAt(n-1)], "U")
	equal(t, "other", classes.Regions()[classes.RegionAt(n-2)], "other")
}

// TestProtectedRegionsStayOne: provinces of groups that the privacy officer has made one are one by day too.
func TestProtectedRegionsStayOne(t *testing.T) {
	dir := folder(t, map[string]string{"origins.csv": "origin,group,residents\n1,north,300000\n2,south,300000\n3,west,300000\n4,west,300000\n", "p.csv": "group,neighbour\nnorth,south\n"})
	c := in(t, dir, "events", "protected_origins = p.csv")
	rows, err := c.ReadOrigins()
	if err != nil {
		t.Fatal(err)
	}
	classes, _, _ := c.Classes(rows, nil)
	equal(t, "by day", strings.Join(classes.Region, " "), "3 4 north and south other U")
}
