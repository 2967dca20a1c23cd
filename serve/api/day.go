package api

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/throng-stats/throng/reckon/balance"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/serve/export"
)

// day is one release of present, fitted once and asked often.
type day struct {
	manifest release.Manifest
	reckoner *balance.Reckoner
	ground   *ground
	starts   []time.Time
	width    time.Duration
}

// day loads and fits a release. The key holds the digests of its files, so another content is another day.
func (s *server) day(m release.Manifest) (*day, error) {
	if m.Combined() {
		return nil, newProblem("not-found", "release "+m.ID+" is combined from those of several holders and has no ground of its own").hint("GET /v1/releases/" + m.ID + " lists its tables")
	}
	text, _ := json.Marshal(m) // encodes as it was decoded
	return s.days.get(tagOf(string(text)), func() (*day, error) {
		g, err := s.groundOf(m.Geo)
		if err != nil {
			return nil, err
		}
		var tables []release.Table
		for _, n := range export.Names(m) {
			if n.Kind == release.Measured {
				t, err := s.store.Table(m.ID, "", n.Table)
				if err != nil {
					return nil, fmt.Errorf("measured table %s of %s: %v (%w)", n.Table, m.ID, err, release.ErrCorrupt)
				}
				tables = append(tables, t)
			}
		}
		r, err := balance.NewReckoner(g.index, tables)
		if err != nil {
			return nil, fmt.Errorf("release %s: %w", m.ID, err)
		}
		return newDay(m, r, g)
	})
}

func newDay(m release.Manifest, r *balance.Reckoner, g *ground) (*day, error) {
	d := &day{manifest: m, reckoner: r, ground: g, width: m.Period.End.Sub(m.Period.Start)}
	for _, code := range r.Times() {
		at, err := instant(code)
		if err != nil {
			return nil, fmt.Errorf("release %s has a bin %.40q that is no instant: %w", m.ID, code, release.ErrCorrupt)
		}
		d.starts = append(d.starts, at)
	}
	if len(d.starts) > 1 {
		d.width = d.starts[1].Sub(d.starts[0])
	}
	return d, nil
}
