// Package release keeps published tables, each immutable and signed by its manifest.
//
// A release is a folder that explains itself: measured tables (noisy integers, paid for), estimates made from them
// (free, may be made again by a better method), a manifest, a claim. A store holds releases, the geographies they speak
// of and a public summary of the ledger. Nothing in a store is personal.
package release

import (
	"errors"
	"io"
	"time"

	"github.com/throng-stats/throng"
)

// Errors that stores answer with; wrap them.
var (
	ErrMissing = errors.New("no such release, geography or file")
	ErrExists  = errors.New("already published")
	ErrCorrupt = errors.New("does not match its digest")
)

// Manifest says everything about a release that is needed to read and check it. Field order is the order in the file.
type Manifest struct {
	ID          string            `json:"id"`
	Product     string            `json:"product"`
	Period      Period            `json:"period"`
	Revision    int               `json:"revision"`
	Geo         GeoRef            `json:"geo"`
	Method      string            `json:"method"` // version of the definitions, "1"
	ContractSHA string            `json:"contract_sha"`
	Code        string            `json:"code"` // version and revision of the binary
	Holder      string            `json:"holder"`
	Data        string            `json:"data"` // real, public, synthetic
	Purpose     string            `json:"purpose"`
	Licence     string            `json:"licence"`
	Unit        string            `json:"unit"` // subscriber-day, device-day, trip
	Parts       []Part            `json:"parts"`
	Files       []File            `json:"files"`
	Ledger      LedgerRef         `json:"ledger"`
	Options     map[string]string `json:"options"` // canonical text of every option that shaped the numbers
	NotBefore   string            `json:"not_before"`
	Sources     []Source          `json:"sources,omitempty"` // of a combined release alone: what it was made from
}

// OptionAbroad is the option of a release with a table of origins by day or month that names the codes which are countries,
// as a JSON list; the others are regions at home.
const OptionAbroad = "origins.abroad"

// Period is the civil day or month of a release, with the zone in which it is civil.
type Period struct {
	Name     string    `json:"name"`
	Start    time.Time `json:"start"`
	End      time.Time `json:"end"`
	TimeZone string    `json:"time_zone"`
}

// GeoRef names the geography of a release.
type GeoRef struct {
	ID      string `json:"id"`
	Version string `json:"version"`
}

// Part is what one measured table cost and how noisy it is.
type Part struct {
	Table  string `json:"table"`
	D2     uint64 `json:"d2"`
	Sigma2 uint64 `json:"sigma2"`
	Rho    int64  `json:"rho"` // nano-rho
	Domain []Axis `json:"domain"`
	Tau    int64  `json:"tau"` // 0: every cell of the domain is published; else those of at least this noisy count
	// False is how many cells of nobody are expected among the published ones, were every cell of the domain one; only
	// with Tau.
	False float64 `json:"false_cells,omitempty"`
}

// Axis is one dimension of the public domain of a table.
type Axis struct {
	Name  string `json:"name"`
	Level string `json:"level,omitempty"`
	Codes int    `json:"codes"`
}

// File is one file of a release, by its path in the folder.
type File struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
}

// LedgerRef anchors a release in the ledger: the record that paid for it.
type LedgerRef struct {
	Seq  uint64 `json:"seq"`
	Head string `json:"head"`
}

// Kinds of table in a release.
const (
	Measured = "measured"
	Estimate = "estimate"
)

// Linear is the method of the estimates that are shown where nobody asks for another: linear in the measured counts.
const Linear = "linear"

// Table is one table of a release. Its rows are the cells of Shape in their order, or of a sparse table the cells in
// Cells. A measured table has Raw and Sigma2; an estimate has Estimate, NoiseSD and the rest.
type Table struct {
	Kind   string // Measured or Estimate
	Method string // of an estimate: the folder below estimate/
	Shape  throng.Shape

	// Cells are the cells of a sparse table that are listed, ascending; nil when every cell of Shape is there. A cell is
	// listed when its noisy count is at least Tau: sums over listed cells are biased, totals come from other tables.
	Cells []uint64
	Tau   int64 // of a sparse table

	Raw    []int64
	Sigma2 uint64

	Estimate []float64 // people, signed, unbiased
	NoiseSD  []float64 // standard deviation of the noise, exact
	AllocSD  []float64 // uncertainty of footprints and borders, a model's; NaN where unknown
	ScaleSD  []float64 // uncertainty of market share and SIMs per person; NaN where unknown
	Status   []string  // "" measured, "modelled", Combined, Partial; nil when all are ""
}

// Geography is a public geography with everything that turns leaves into zones, tiles and drawn perimeters.
type Geography struct {
	ID, Version string
	TimeZone    string
	Lat0, Lon0  float64 // centre of the Lambert azimuthal equal-area plane, degrees
	FE, FN      float64 // false easting and northing, metres (methods.md, section 1)
	CRS         string  // "EPSG:3035", or "laea" for a plane of its own
	Tile        int     // side of a tile, metres
	Zones       throng.Zones
	Shapes      []byte // zones.geojson, CRS84; each feature has the property id; a Point for a zone without a border
	Tree        throng.Tree
	Shares      []throng.Share
	Residents   []Residents // public residents by zone, gender and age band; nil when no table was given
	Places      []Place     // a public list, by id; nil when none was given
	Factors     []Factor    // people per device by class of residents, where a table of shares gives classes or margins; nil when not
}

// Residents is one row of the public residents' table.
type Residents struct {
	Zone, Gender, Age string
	People            int64
}

// Place is a school, a station or the like of a public list. It shapes no count: people around it are told by arithmetic.
type Place struct {
	ID, Name, Kind string
	Lat, Lon       float64 // degrees
}

// Factor is how many people a counted device stands for, of one class of the residents of a finest zone. The row of all
// residents of a zone repeats the factor of the zone and says how uncertain it is.
type Factor struct {
	Zone, Gender, Age string  // Gender and Age are "" for all
	People            float64 // per device, above 0
	SD                float64 // standard deviation of People; NaN where it is not known
}

// Draft is a release on its way into a store: everything but the digests, which the store computes.
type Draft struct {
	Manifest Manifest
	Tables   []Table           // measured and estimates
	Texts    map[string][]byte // further files by path: "claim.json", "quality.json"
}

// Store holds releases. Implementations pass storetest.
type Store interface {
	// Put publishes a draft as a whole or not at all and returns its manifest with files and digests filled in. Putting
	// an id that exists answers ErrExists and changes nothing.
	Put(d Draft) (Manifest, error)
	// Heads lists all releases, newest period first, then product, then revision, then id. The list is shared: do not change it.
	Heads() ([]Head, error)
	// List returns the manifests of all releases, in the order of Heads. They are many and large: it is for tools that look at
	// everything and end. Who goes on running asks Heads, and Manifest for those few that are wanted.
	List() ([]Manifest, error)
	// Manifest returns one manifest, or ErrMissing.
	Manifest(id string) (Manifest, error)
	// Table returns one table; method is "" for measured ones. ErrMissing, or ErrCorrupt when bytes do not match.
	Table(id, method, name string) (Table, error)
	// Open returns a file of a release by its path, checked against its digest.
	Open(id, path string) (io.ReadCloser, error)
	// PutGeography keeps a geography; the same id and version with other content is refused with ErrExists.
	PutGeography(g Geography) error
	// Geography returns a geography, or ErrMissing.
	Geography(id, version string) (Geography, error)
	// PutSummary and Summary keep the public summary of the ledger (ledger.json).
	PutSummary(text []byte) error
	Summary() ([]byte, error)
}
