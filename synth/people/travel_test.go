package people

import (
	"testing"

	"github.com/throng-stats/throng/synth/city"
)

// TestTravelsAreInDiaries: each absence begins in the diary of its day, lasts as many nights as the
// diaries of its days say, and no more.
func TestTravelsAreInDiaries(t *testing.T) {
	a := crowd()
	list, day := a.Diarist(), a.Diarist()
	abroad, provinces := 0, 0
	last := func(i, d int) Stay { s := day.Day(i, d); return s[len(s)-1] }
	for i := range a.List {
		if a.List[i].fate == mover {
			continue // may travel within the province in which he lives
		}
		before := -1
		for _, travel := range list.Travels(i, 0, 14) {
			if travel.Day <= before || travel.Nights < 1 {
				t.Fatalf("person %d: %+v after day %d", i, travel, before)
			}
			before = travel.Day
			for _, d := range []int{travel.Day, travel.Day + travel.Nights - 1, travel.Day - 1, travel.Day + travel.Nights} {
				in := d >= travel.Day && d < travel.Day+travel.Nights
				s := last(i, d)
				is := travel.Network != 0 && s.Network == travel.Network || travel.Network == 0 && s.Zone == travel.Zone
				if is != in && travel.Nights < longTravel {
					t.Fatalf("person %d, %+v: day %d ends at %+v", i, travel, d, s)
				}
			}
			if travel.Network != 0 {
				abroad++
			} else {
				provinces++
			}
		}
	}
	// 24 % of households travel in a fortnight, 14 % of these abroad and 43 % to provinces; workers go home besides.
	if n := float64(len(a.List)) * .75; float64(abroad) < .02*n || float64(abroad) > .06*n || float64(provinces) < .09*n {
		t.Errorf("%d journeys abroad and %d to provinces of %.0f residents", abroad, provinces, n)
	}
}

// TestHere: who is in the host at both midnights is where his dwelling or lodging is.
func TestHere(t *testing.T) {
	a := crowd()
	d, other := a.Diarist(), a.Diarist()
	here, gone := 0, 0
	for i := range a.List {
		if a.List[i].Role > Worker {
			continue
		}
		zone, ok := d.Here(i, 5)
		stays := other.Day(i, 5)
		first := stays[0]
		switch {
		case ok && (zone < 0 || zone >= city.Municipalities || first.Gone || first.Zone < 0 || first.Zone >= city.Municipalities):
			t.Fatalf("person %d is in zone %d and begins the day at %+v", i, zone, first)
		case ok:
			here++
		default:
			gone++
		}
	}
	if here < 10*gone || gone == 0 {
		t.Errorf("%d are here and %d are not", here, gone)
	}
}
