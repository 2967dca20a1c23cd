package api

import (
	"testing"
	"time"

	"github.com/paulmach/orb"

	"github.com/throng-stats/throng/reckon/allot"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/memory"
	"github.com/throng-stats/throng/serve/servetest"
)

// TestTenLeavesAreFree counts the leaves of perimeters on one ground, and on two: the fewest count.
func TestTenLeavesAreFree(t *testing.T) {
	store := &memory.Store{}
	if err := servetest.Fill(store); err != nil {
		t.Fatal(err)
	}
	s := New(store, Options{Now: func() time.Time { return servetest.EmbargoAt }}).(*server)
	var list []release.Manifest
	for i, id := range []string{servetest.Day, servetest.Embargo} {
		m, err := store.Manifest(id)
		if err != nil {
			t.Fatal(err)
		}
		m.Data = "real"
		if i == 0 {
			m.Geo.Version = "older" // its ground is not looked at: the day is too old
		}
		list = append(list, m)
	}
	q := query{polygon: orb.MultiPolygon{{}}, from: list[0].Period.Start, to: list[1].Period.End}
	for _, one := range []struct {
		older, newer int
		leaves       int
		needed       bool
	}{{10, 10, 0, false}, {10, 9, 9, true}, {1, 10, 0, false}, {1, 1, 1, true}, {100, 0, 0, true}} {
		areas := map[release.GeoRef]allot.Area{list[0].Geo: {Leaf: make([]int32, one.older)}, list[1].Geo: {Leaf: make([]int32, one.newer)}}
		leaves, needed, err := s.watched(q, list, areas)
		if err != nil || leaves != one.leaves || needed != one.needed {
			t.Errorf("%d and %d leaves: got %d, %v, %v, want %d, %v", one.older, one.newer, leaves, needed, err, one.leaves, one.needed)
		}
	}
}
