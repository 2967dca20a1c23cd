package embedded

import (
	"fmt"

	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/privacy/count"
)

// counter is what every kind of statistic says of itself.
type counter interface {
	Product() string
	Tables() []population.Table
}

// tally holds the tables of some statistics, and what the unit at hand contributes to them.
type tally struct {
	counted []Counted
	staged  [][][]uint64      // contributions of the unit at hand, by statistic and table
	emits   []population.Emit // of each statistic: into staged
}

func newTally[S counter](stats []S) (*tally, error) {
	t := &tally{}
	for _, s := range stats {
		c := Counted{Product: s.Product()}
		for _, one := range s.Tables() {
			table, err := count.For(one)
			if err != nil {
				return nil, fmt.Errorf("product %s: %w", s.Product(), err)
			}
			c.Tables = append(c.Tables, table)
		}
		staged := make([][]uint64, len(c.Tables))
		t.counted, t.staged = append(t.counted, c), append(t.staged, staged)
		t.emits = append(t.emits, func(table int, cell uint64) { staged[table] = append(staged[table], cell) })
	}
	return t, nil
}

// unit adds, bounded, what one unit contributes to the statistic with that index.
func (t *tally) unit(i int, contribute func(population.Emit)) {
	staged := t.staged[i]
	for k := range staged {
		staged[k] = staged[k][:0]
	}
	contribute(t.emits[i])
	for k, table := range t.counted[i].Tables {
		table.Unit(staged[k])
	}
}

func (t *tally) tables() []Counted { return t.counted }
