package pack

import (
	"bytes"
	"math"
	"testing"

	"github.com/throng-stats/throng/release"
)

func TestFactors(t *testing.T) {
	rows := []release.Factor{{Zone: "X", People: 2.5, SD: math.NaN()}, {Zone: "X", Gender: "F", Age: "18-24", People: 1.0 / 3, SD: .25}}
	got, err := readFactors(factorsCSV(rows))
	if err != nil || len(got) != 2 || !math.IsNaN(got[0].SD) || got[0].People != 2.5 || got[1] != rows[1] {
		t.Errorf("got %v, %v", got, err)
	}
}

// FuzzFactors: what is taken is written and read again as the same text.
func FuzzFactors(f *testing.F) {
	f.Add([]byte("zone,gender,age,people,sd\nX,,,2,\nX,F,,3,.5\n"))
	f.Add([]byte("zone,gender,age,people,sd\nX,,,-2,\n"))
	f.Add([]byte(""))
	f.Fuzz(func(t *testing.T, text []byte) {
		rows, err := readFactors(text)
		if err != nil {
			return
		}
		once := factorsCSV(rows)
		again, err := readFactors(once)
		if err != nil || !bytes.Equal(factorsCSV(again), once) {
			t.Errorf("read again: %v, %v", again, err)
		}
	})
}
