package embedded_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/throng-stats/throng/driver/drivertest"
	"github.com/throng-stats/throng/driver/drivertest/embeddedtest"
)

var seed = flag.Uint64("seed", 1, "seed of the metamorphic test; 0 draws one")

func theSeed(t testing.TB) uint64 {
	s := *seed
	if s == 0 {
		s = rand.Uint64()
	}
	t.Logf("seed %d (repeat with -seed %d)", s, s)
	return s
}

// TestSameTables: any number of shards and workers, any order and cut of the rows, any memory.
func TestSameTables(t *testing.T) {
	drivertest.Run(t, theSeed(t), func(t *testing.T, s *drivertest.Scenario, d drivertest.Division) map[string]string {
		digests := map[string]string{}
		for i, counted := range embeddedtest.Tables(t, s, d) {
			for _, c := range counted {
				for _, table := range c.Tables {
					digests[fmt.Sprintf("%s/%s/%s", s.Periods[i].Name, c.Product, table.Shape.Name)] = table.Digest([]byte("test"))
				}
			}
		}
		return digests
	})
}
