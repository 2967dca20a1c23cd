package driver

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/locate"
	"github.com/throng-stats/throng/locate/quiet"
	"github.com/throng-stats/throng/locate/zone"
	"github.com/throng-stats/throng/release"
)

// view is the ground on which a period is counted, and its public geography: that of the job, or on days with quiet areas
// one on which these are joined (privacy.md, section 27, rule 4).
type view struct {
	ground *locate.Ground
	geo    release.Geography
	joined []string // ids of the zones that stand for quiet areas
	within int      // finest zones that are counted together in them
	err    error
}

// views keeps the view of each set of quiet areas, for the workers of a run.
type views struct {
	mu sync.Mutex
	of map[string]*view
}

// readQuiet reads the quiet areas and checks that they are zones.
func (j *Job) readQuiet() error {
	rows, err := j.Contract.ReadQuiet()
	if err != nil {
		return err
	}
	for _, r := range rows {
		if _, ok := j.Ground.Zones.Index(zone.PlainID(r.Area)); !ok {
			return &Error{Kind: Invalid, Text: fmt.Sprintf("quiet: area %.40q is no zone of this geography; want the id of a zone of any level", r.Area)}
		}
	}
	j.quiet = rows
	return nil
}

// quietOn lists the areas that are quiet on a civil day: those with which the day was first counted, else those of the
// tables.
func (j *Job) quietOn(day string) []string {
	if j.counted != nil {
		if areas, ok := j.counted(day); ok {
			return areas
		}
	}
	return quietIn(j.quiet, day)
}

func quietIn(rows []config.QuietRow, day string) []string {
	var areas []string
	for _, r := range rows {
		if r.On(day) {
			areas = append(areas, zone.PlainID(r.Area))
		}
	}
	slices.Sort(areas)
	return slices.Compact(areas)
}

// isMonth reports whether a period is a civil month.
func isMonth(p throng.Period) bool { return len(p.Name) == len("2026-02") }

// isDay reports whether a period is a civil day, and not a month.
func isDay(p throng.Period) bool { return len(p.Name) == len("2026-02-03") }

// viewOf returns the view of a period. A month has that of the job.
func (j *Job) viewOf(p throng.Period) *view {
	if isDay(p) && !j.whole() {
		return j.viewWith(j.quietOn(p.Name))
	}
	return j.viewWith(nil)
}

// viewWith returns the view on which these areas are joined.
func (j *Job) viewWith(areas []string) *view {
	j.views.mu.Lock()
	defer j.views.mu.Unlock()
	key := strings.Join(areas, " ")
	if v := j.views.of[key]; v != nil {
		return v
	}
	if j.views.of == nil {
		j.views.of = map[string]*view{}
	}
	v := &view{ground: j.Ground, geo: j.Geo}
	if len(areas) > 0 {
		v = j.joinedView(areas)
	}
	j.views.of[key] = v
	return v
}

func (j *Job) joinedView(areas []string) *view {
	joined, err := quiet.Join(j.Ground, areas)
	if err != nil {
		return &view{ground: j.Ground, geo: j.Geo, err: &Error{Kind: Refused, Text: err.Error() + " (rule 27.4)"}}
	}
	v := &view{ground: joined.Ground, joined: joined.Zones, within: joined.Within}
	if v.geo, v.err = joinedGeography(j.Geo, j.Contract.Zones.Version, joined); v.err != nil {
		v.ground, v.geo = j.Ground, j.Geo
	}
	return v
}

// joinedGeography is the public geography of a joined ground: without the outlines of the zones that went, and with their
// residents counted where they are counted.
func joinedGeography(base release.Geography, version string, joined quiet.Joined) (release.Geography, error) {
	g := base
	g.Zones, g.Tree, g.Shares = joined.Ground.Zones, joined.Ground.Tree, joined.Ground.Shares
	var err error
	if g.Shapes, err = outlinesOf(base.Shapes, g.Zones); err != nil {
		return g, err
	}
	g.Residents = nil
	at := map[release.Residents]int{}
	for _, r := range base.Residents {
		people := r.People
		if i, ok := base.Zones.Index(zone.PlainID(r.Zone)); ok {
			r.Zone = g.Zones.At(joined.ZoneOf[i]).ID
		}
		r.People = 0
		k, ok := at[r]
		if !ok {
			k = len(g.Residents)
			at[r] = k
			g.Residents = append(g.Residents, r)
		}
		g.Residents[k].People += people
	}
	g.Factors = joinedFactors(base, func(z int) string { return g.Zones.At(joined.ZoneOf[z]).ID })
	g.Version = versionOf(version, g)
	return g, nil
}

// outlinesOf keeps the outlines of the zones that are there.
func outlinesOf(shapes []byte, zones throng.Zones) ([]byte, error) {
	var all struct {
		Type     string            `json:"type"`
		Features []json.RawMessage `json:"features"`
	}
	if err := json.Unmarshal(shapes, &all); err != nil {
		return nil, fmt.Errorf("quiet: the outlines of the zones: %w", err)
	}
	kept := all.Features[:0]
	for _, one := range all.Features {
		var f struct {
			Properties struct {
				ID string `json:"id"`
			} `json:"properties"`
		}
		if err := json.Unmarshal(one, &f); err != nil {
			return nil, fmt.Errorf("quiet: the outlines of the zones: %w", err)
		}
		if _, ok := zones.Index(f.Properties.ID); ok {
			kept = append(kept, one)
		}
	}
	all.Features = kept
	return json.Marshal(all)
}

// mutedGround is the ground of a day's part of the flows of its month: trips from and to quiet areas are left out, and the
// domain of the month stays.
func (j *Job) mutedGround(day throng.Period) *locate.Ground {
	areas := j.quietOn(day.Name)
	if len(areas) == 0 {
		return j.Ground
	}
	muted, err := quiet.Mute(j.Ground, areas)
	if err != nil {
		return j.Ground // refused before the run: viewOf has the same error
	}
	return muted
}

// quietPlaces tells of each place whether it lies in an area that is quiet on a day; nil when none is.
func (j *Job) quietPlaces(day throng.Period) []bool {
	muted := j.mutedGround(day)
	if muted == j.Ground {
		return nil
	}
	quiet := make([]bool, len(muted.Places))
	for i, p := range muted.Places {
		quiet[i] = p.Zone < 0 && j.Ground.Places[i].Zone >= 0
	}
	return quiet
}

// quietOptions are what a manifest says about quiet areas: the zones that stand for them on its day, or the days of a month
// on which flows from and to them were left out.
func (j *Job) quietOptions(p throng.Period) map[string]string {
	if j.trips {
		return nil
	}
	options := map[string]string{}
	if isDay(p) {
		if joined := j.viewOf(p).joined; len(joined) > 0 {
			options["quiet.joined"] = strings.Join(joined, " ")
		}
		return options
	}
	var days []string
	for _, day := range j.daysIn(p) {
		if areas := j.quietOn(day); len(areas) > 0 {
			days = append(days, day+": "+strings.Join(areas, " "))
		}
	}
	if len(days) > 0 {
		options["quiet.left_out"] = strings.Join(days, "; ")
	}
	return options
}

// refuseQuiet refuses the days whose quiet areas cannot be joined, before a row is read.
func (j *Job) refuseQuiet(passes [][]throng.Period) error {
	for _, periods := range passes {
		for _, p := range periods {
			if v := j.viewOf(p); v.err != nil {
				return fmt.Errorf("%s: %w", p.Name, v.err)
			}
		}
	}
	return nil
}
