//go:build oracle

package oracle

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/throng-stats/throng/population/migration"
)

// homeTile is one home tile of a device.
type homeTile struct {
	Device name `json:"device"`
	Tile   name `json:"tile"`
}

type zoned struct {
	Tile  name   `json:"tile"`
	Zones []name `json:"zones"`
}

type moved struct {
	Previous  name    `json:"previous_zone"`
	New       name    `json:"new_zone"`
	Migration float64 `json:"migration"`
}

func migrationFlows(inputs json.RawMessage) (any, error) {
	a, err := read(inputs, struct {
		Previous  []homeTile  `json:"previous"`
		New       []homeTile  `json:"new"`
		Zones     []zoned     `json:"zones"`
		Level     whole       `json:"level" case:"optional"`
		Threshold float64     `json:"threshold" case:"optional"`
		Weights   tileWeights `json:"weights" case:"optional"`
	}{Level: 1, Threshold: migration.Threshold})
	if err != nil {
		return nil, err
	}
	if a.Level < 1 {
		return nil, fmt.Errorf("got the level %d, want 1 or more", a.Level)
	}
	var tiles, zones numbers
	zones.of("") // a tile may have fewer zones than levels: then it is in none, but has a share
	zoneOf := make(map[uint32]uint32)
	for _, z := range a.Zones {
		var zone name
		if int(a.Level) <= len(z.Zones) {
			zone = z.Zones[a.Level-1]
		}
		zoneOf[tiles.of(z.Tile)] = zones.of(zone)
	}
	ground := migration.Ground{Zone: func(t uint32) (uint32, bool) { z, ok := zoneOf[t]; return z, ok }}
	if a.Weights != nil {
		ground.Weight = func(t uint32) (float64, bool) { w, ok := a.Weights[tiles.names[t].text()]; return w, ok }
	}
	homes := func(rows []homeTile) map[name][]uint32 {
		byDevice := make(map[name][]uint32)
		for _, r := range rows {
			if tile := tiles.of(r.Tile); !slices.Contains(byDevice[r.Device], tile) {
				byDevice[r.Device] = append(byDevice[r.Device], tile)
			}
		}
		return byDevice
	}
	sums := make(map[[2]uint32]float64)
	before, now := homes(a.Previous), homes(a.New)
	for _, device := range slices.Sorted(maps.Keys(before)) {
		if len(now[device]) == 0 {
			continue
		}
		flows, _ := ground.Flows(before[device], now[device], a.Threshold)
		for _, f := range flows {
			if f.From != 0 && f.To != 0 {
				sums[[2]uint32{f.From, f.To}] += f.Share
			}
		}
	}
	out := []moved{}
	for pair, sum := range sums {
		out = append(out, moved{zones.names[pair[0]], zones.names[pair[1]], sum})
	}
	slices.SortFunc(out, func(x, y moved) int { return cmp.Or(cmp.Compare(x.Previous, y.Previous), cmp.Compare(x.New, y.New)) })
	return out, nil
}

// tileWeights by tile, as an object or as rows; nil for null.
type tileWeights map[string]float64

// UnmarshalJSON reads either form.
func (w *tileWeights) UnmarshalJSON(b []byte) error {
	var byTile map[string]float64
	if json.Unmarshal(b, &byTile) == nil {
		*w = byTile
		return nil
	}
	var rows []struct {
		Tile   name    `json:"tile"`
		Weight float64 `json:"weight"`
	}
	if err := json.Unmarshal(b, &rows); err != nil {
		return err
	}
	*w = make(tileWeights)
	for _, r := range rows {
		(*w)[r.Tile.text()] = r.Weight
	}
	return nil
}
