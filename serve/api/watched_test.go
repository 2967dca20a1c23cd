package api

import (
	"errors"
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
		leaves, needed, err := s.watched(q, list, nil, areas)
		if err != nil || leaves != one.leaves || needed != one.needed {
			t.Errorf("%d and %d leaves: got %d, %v, %v, want %d, %v", one.older, one.newer, leaves, needed, err, one.leaves, one.needed)
		}
	}
}

// TestFewestLeavesCount asks over a quiet day and the day after, both watched.
func TestFewestLeavesCount(t *testing.T) {
	store := &memory.Store{}
	if err := errors.Join(servetest.Fill(store), servetest.FillQuiet(store)); err != nil {
		t.Fatal(err)
	}
	var list []release.Manifest
	for _, id := range []string{servetest.Quiet, servetest.Day} {
		m, err := store.Manifest(id)
		if err != nil {
			t.Fatal(err)
		}
		m.Data = "real"
		list = append(list, m)
	}
	s := New(store, Options{Now: func() time.Time { return list[0].Period.End }}).(*server)
	q := query{polygon: orb.MultiPolygon{{}}, from: list[0].Period.Start, to: list[1].Period.End}
	for _, one := range [][3]int{{1, 9, 1}, {9, 1, 1}, {20, 5, 5}, {5, 20, 5}} {
		areas := map[release.GeoRef]allot.Area{list[0].Geo: {Leaf: make([]int32, one[0])}, list[1].Geo: {Leaf: make([]int32, one[1])}}
		if leaves, needed, err := s.watched(q, list, nil, areas); err != nil || leaves != one[2] || !needed {
			t.Errorf("%d and %d leaves: got %d, %v, %v, want %d", one[0], one[1], leaves, needed, err, one[2])
		}
	}
}
