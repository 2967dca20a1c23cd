package throng

import (
	"fmt"
	"testing"
)

// TestPartition: parts are disjoint, cover everything that is finest, and have enough residents, as fine as that allows.
func TestPartition(t *testing.T) {
	z, err := NewZones([]Zone{
		{ID: "R", Level: 0, Residents: 100},
		{ID: "A", Parent: "R", Level: 1, Residents: 60}, {ID: "B", Parent: "R", Level: 1, Residents: 40},
		{ID: "A1", Parent: "A", Level: 2, Residents: 30}, {ID: "A2", Parent: "A", Level: 2, Residents: 30},
		{ID: "B1", Parent: "B", Level: 2, Residents: 35}, {ID: "B2", Parent: "B", Level: 2, Residents: 5},
		{ID: "S", Level: 0, Residents: 12},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		residents int64
		want      string
		small     int
	}{
		{1, "[S A1 A2 B1 B2]", 0},
		{10, "[S B A1 A2]", 0},
		{31, "[S A B]", 1},
		{50, "[R S]", 1},
		{1000, "[R S]", 2},
	} {
		parts, of, small := z.Partition(c.residents)
		if got := fmt.Sprint(z.IDs(parts...)); got != c.want || small != c.small {
			t.Errorf("%d residents: got %s and %d small, want %s and %d", c.residents, got, small, c.want, c.small)
		}
		for _, i := range z.Finest() {
			if p := of[i]; p < 0 || !z.Within(i, parts[p]) {
				t.Errorf("%d residents: zone %s is in no part above it", c.residents, z.At(i).ID)
			}
		}
	}
}
