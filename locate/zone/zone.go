package zone

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/paulmach/orb"

	"github.com/throng-stats/throng"
)

// Limits of a file of zones. They lie far above any published geography (France has 35,000 communes) and keep a wrong
// file from filling the memory.
const (
	maxBytes     = 512 << 20
	maxFeatures  = 200_000
	maxPositions = 20_000_000
	maxName      = 200 // characters
	maxLevel     = 99
)

// Options name the properties of a feature. The canonical text of a release uses the defaults.
type Options struct {
	ID     string // property with the id, text or whole number; default "id". Dots and colons are rewritten as -
	Parent string // property with the id of the zone one level up, empty or null at the top; default "parent"
	Name   string // property with what people call the zone; default "name". Missing names are ids
	Level  string // property with the level, 0 the top, larger finer; default "level". When no feature has it, levels are counted from the parents
}

func (o Options) ensureDefaults() Options {
	for _, one := range []struct {
		field *string
		value string
	}{{&o.ID, "id"}, {&o.Parent, "parent"}, {&o.Name, "name"}, {&o.Level, "level"}} {
		if *one.field == "" {
			*one.field = one.value
		}
	}
	return o
}

// Set is a hierarchy of zones with their shapes in degrees (longitude, latitude). It does not change.
type Set struct {
	Zones  throng.Zones
	shapes []orb.Geometry // by index in Zones: orb.MultiPolygon, orb.Point, or nil when the file gives none
	labels []string       // by index in Zones: the id as the file wrote it, when it had to be rewritten
}

// entry is one zone on its way into a Set.
type entry struct {
	zone  throng.Zone
	shape orb.Geometry
	label string
	level bool // the file gave a level
}

// FromGeoJSON reads a FeatureCollection with one feature a zone, in any order and on any number of levels. Zones without
// children need a Polygon, a MultiPolygon or, for places, a Point; of other zones the shape is optional, their ground is
// that of their children. Errors name the feature by its number, counted from 1, the property, what was got and wanted.
func FromGeoJSON(text []byte, opt Options) (*Set, error) {
	if len(text) > maxBytes {
		return nil, fmt.Errorf("zones: the file has %d bytes, want at most %d; simplify the borders", len(text), maxBytes)
	}
	features, err := parseCollection(text, maxFeatures, maxPositions)
	if err != nil {
		return nil, fmt.Errorf("zones: %w", err)
	}
	if len(features) == 0 {
		return nil, fmt.Errorf("zones: the file has no feature; want one a zone")
	}
	opt = opt.ensureDefaults()
	entries := make([]entry, len(features))
	first := make(map[string]int, len(features))
	for i, f := range features {
		if entries[i], err = opt.entry(f); err != nil {
			return nil, fmt.Errorf("zones: feature %d: %w", i+1, err)
		}
		key := strings.ToLower(entries[i].zone.ID)
		if before, twice := first[key]; twice {
			return nil, fmt.Errorf("zones: feature %d: property %q is %s, as in feature %d (case does not count); ids are unique", i+1, opt.ID, entries[i].zone.ID, before)
		}
		first[key] = i + 1
	}
	if err := countLevels(entries, opt); err != nil {
		return nil, err
	}
	return newSet(entries)
}

// entry reads the properties of one feature.
func (o Options) entry(f feature) (entry, error) {
	e := entry{shape: f.geometry}
	if _, list := f.geometry.(orb.MultiPoint); list {
		return e, fmt.Errorf("got the geometry MultiPoint, want Polygon, MultiPolygon or Point")
	}
	id, err := f.text(o.ID)
	if err != nil {
		return e, err
	}
	if id == "" {
		return e, fmt.Errorf("property %q is missing or empty, want the id of the zone", o.ID)
	}
	e.zone.ID = PlainID(id)
	if e.zone.ID != id {
		e.label = id
	} else if e.label, err = f.text("label"); err != nil {
		return e, err
	}
	if bad := strings.IndexFunc(e.zone.ID, notInID); bad >= 0 || len(e.zone.ID) > 64 {
		return e, fmt.Errorf("property %q is %.70q, want at most 64 ASCII letters, digits, _ and - (dots and colons are rewritten)", o.ID, id)
	}
	parent, err := f.text(o.Parent)
	if err != nil {
		return e, err
	}
	e.zone.Parent = PlainID(parent)
	if e.zone.Name, err = f.name(o.Name); err != nil {
		return e, err
	}
	if e.zone.Name == "" {
		e.zone.Name = id
	}
	e.zone.Level, e.level, err = f.level(o.Level)
	return e, err
}

func notInID(r rune) bool {
	return !(r == '_' || r == '-' || r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)))
}

// PlainID rewrites the signs of codes such as "33.063.0101" and "fr:75056" that are not legal in file names and URLs; tables
// that name zones are read through it too.
func PlainID(id string) string { return strings.NewReplacer(".", "-", ":", "-").Replace(id) }

// text reads a property that is text or a whole number; missing and null are "".
func (f feature) text(property string) (string, error) {
	raw := f.properties[property]
	var s string
	if raw == nil || string(raw) == "null" {
		return "", nil
	}
	if json.Unmarshal(raw, &s) == nil {
		return s, nil
	}
	if _, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
		return string(raw), nil
	}
	return "", fmt.Errorf("property %q is %.40s, want text or a whole number", property, raw)
}

func (f feature) name(property string) (string, error) {
	name, err := f.text(property)
	if err != nil {
		return "", err
	}
	name = strings.TrimSpace(name)
	if utf8.RuneCountInString(name) > maxName || strings.ContainsFunc(name, unicode.IsControl) {
		return "", fmt.Errorf("property %q is %.60q, want at most %d characters on one line", property, name, maxName)
	}
	return name, nil
}

func (f feature) level(property string) (level int, given bool, err error) {
	text, err := f.text(property)
	if err != nil || text == "" {
		return 0, false, err
	}
	level, err = strconv.Atoi(text)
	if err != nil || level < 0 || level > maxLevel {
		return 0, false, fmt.Errorf("property %q is %.40q, want a whole number from 0, the top, to %d", property, text, maxLevel)
	}
	return level, true, nil
}

// countLevels fills the levels from the chains of parents when no feature gives one.
func countLevels(entries []entry, opt Options) error {
	given := 0
	at := make(map[string]int, len(entries))
	for i, e := range entries {
		at[e.zone.ID] = i
		if e.level {
			given++
		}
	}
	if given == len(entries) {
		return nil
	}
	if given > 0 {
		missing := slices.IndexFunc(entries, func(e entry) bool { return !e.level })
		return fmt.Errorf("zones: feature %d: property %q is missing, but other features have it; give it to all or to none", missing+1, opt.Level)
	}
	for i := range entries {
		depth := 0
		for e := entries[i]; e.zone.Parent != ""; depth++ {
			up, ok := at[e.zone.Parent]
			if !ok || depth > maxLevel {
				return fmt.Errorf("zones: feature %d: property %q leads to %.40q, which is no zone of the file or a circle; add the zone or leave the property empty", i+1, opt.Parent, e.zone.Parent)
			}
			e = entries[up]
		}
		entries[i].zone.Level = depth
	}
	return nil
}

// newSet orders the entries as throng.Zones does and checks that the finest zones have ground.
func newSet(entries []entry) (*Set, error) {
	list := make([]throng.Zone, len(entries))
	for i, e := range entries {
		list[i] = e.zone
	}
	zones, err := throng.NewZones(list)
	if err != nil {
		return nil, err
	}
	s := &Set{Zones: zones, shapes: make([]orb.Geometry, len(entries)), labels: make([]string, len(entries))}
	number := make([]int, len(entries))
	for k, e := range entries {
		i, _ := zones.Index(e.zone.ID)
		s.shapes[i], s.labels[i], number[i] = e.shape, e.label, k+1
	}
	for _, i := range zones.Finest() {
		if s.shapes[i] == nil {
			return nil, fmt.Errorf("zones: feature %d: zone %s has neither children nor a geometry; give it a Polygon, a MultiPolygon or a Point", number[i], zones.At(i).ID)
		}
	}
	return s, nil
}

// Shape returns the ground of a zone in degrees: an orb.MultiPolygon or, of a place, an orb.Point. A zone without a shape
// of its own has those of its finest zones put together, inner borders included; it is nil when these are all points.
func (s *Set) Shape(i int) orb.Geometry {
	if s.shapes[i] != nil {
		return s.shapes[i]
	}
	var all orb.MultiPolygon
	for _, k := range s.Zones.Finest() {
		if shape, ok := s.shapes[k].(orb.MultiPolygon); ok && s.Zones.Within(k, i) {
			all = append(all, shape...)
		}
	}
	if all == nil {
		return nil
	}
	return all
}

// Label is the id of a zone as the holder's file wrote it, when it had to be rewritten, else "".
func (s *Set) Label(i int) string { return s.labels[i] }

// Bound is the box, in degrees, that holds all shapes.
func (s *Set) Bound() orb.Bound {
	var box orb.Bound
	first := true
	for _, shape := range s.shapes {
		if shape == nil {
			continue
		}
		if first {
			box, first = shape.Bound(), false
		}
		box = box.Union(shape.Bound())
	}
	return box
}

// FromPlaces makes a set of zones that are points, of which parents need no shape: points maps the ids of the finest zones.
func FromPlaces(list []throng.Zone, points map[string]orb.Point) (*Set, error) {
	entries := make([]entry, len(list))
	for i, z := range list {
		entries[i].zone = z
		if at, ok := points[z.ID]; ok {
			entries[i].shape = at
		}
	}
	return newSet(entries)
}

// silent tells which feature of a file of protected places is at fault, and nothing of what it holds.
func silent(err error) error {
	where, _, found := strings.Cut(err.Error(), ":")
	if !found || !strings.HasPrefix(where, "feature ") {
		where = "the file"
	}
	return fmt.Errorf("shapes: %s is not GeoJSON with a Polygon, MultiPolygon or Point in degrees of CRS84; what it holds is not printed, draw it again", where)
}

// Geometries reads a FeatureCollection of places that are no zones, such as the list of protected places: one shape a
// feature, in degrees, whatever its properties. It has Points, MultiPoints, Polygons and MultiPolygons.
// Errors tell the feature and not what it holds.
func Geometries(text []byte) ([]orb.Geometry, error) {
	if len(text) > maxBytes {
		return nil, fmt.Errorf("shapes: the file has %d bytes, want at most %d", len(text), maxBytes)
	}
	features, err := parseCollection(text, maxFeatures, maxPositions)
	if err != nil {
		return nil, silent(err)
	}
	shapes := make([]orb.Geometry, len(features))
	for i, f := range features {
		if f.geometry == nil {
			return nil, fmt.Errorf("shapes: feature %d has no geometry; draw it or leave the feature out", i+1)
		}
		shapes[i] = f.geometry
	}
	return shapes, nil
}
