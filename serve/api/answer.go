package api

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"strings"

	"github.com/throng-stats/throng/release"
)

// asked is the answer to a question, as it is encoded.
type asked struct {
	ID       string         `json:"id"`
	Product  string         `json:"product"`
	Data     string         `json:"data"`
	Releases []string       `json:"releases"`
	Time     string         `json:"time"`
	TimeZone string         `json:"time_zone"`
	Geo      release.GeoRef `json:"geo"`
	Area     askedArea      `json:"area"`
	Missing  []string       `json:"missing"`          // parts of the time without a release
	Absent   []absent       `json:"absent,omitempty"` // zones that a release does not have: its rows have no number
	Tables   []*askedTable  `json:"tables"`
	Pyramid  *askedPyramid  `json:"pyramid,omitempty"`
	Usual    *askedUsual    `json:"usual,omitempty"`    // compare: usual-day
	Forecast *askedForecast `json:"forecast,omitempty"` // of days that are not released yet
	Modelled *askedModelled `json:"modelled,omitempty"` // breakdowns of a live count
	Sources  askedSources   `json:"sources"`
	Cost     askedCost      `json:"cost"`
}

type askedArea struct {
	KM2             float64   `json:"km2"`
	Leaves          int       `json:"leaves"`
	SmallerThanLeaf bool      `json:"smaller_than_leaf"`
	Covered         float64   `json:"covered"`
	Leaf            *pageLeaf `json:"leaf,omitempty"` // that a smaller area is a share of
}

type askedTable struct {
	By   string            `json:"by"`
	Dims []dimJSON         `json:"dims"`
	Rows []json.RawMessage `json:"rows"`
}

type askedSources struct {
	Method     string `json:"method"`
	Noise      string `json:"noise"`
	Allocation string `json:"allocation"`
	Scaling    string `json:"scaling"`
}

type askedCost struct {
	RhoRelease float64 `json:"rho_release"`
	Note       string  `json:"note"`
}

// words are the same in every answer.
func words(method string) askedSources {
	return askedSources{
		Method:     "definitions " + method + ", " + queryMethod + ": a weighted sum of released leaves, fitted by generalised least squares over the public measurement tree",
		Noise:      "discrete Gaussian noise of the release; noise_sd is exact, lo and hi hold 95 % of it and nothing else",
		Allocation: "leaves are given out to tiles by public shares; alloc_sd bounds what leaves that lie here only partly may add or take away, null where it is not known",
		Scaling:    "people per counted device by zone, public, applied after the noise; its uncertainty is not in lo and hi",
	}
}

// queryID names a question together with the releases that answer it.
func queryID(canonical string, list []release.Manifest) string {
	sum := sha256.Sum256([]byte(canonical + "\n" + joinIDs(list) + "\n" + queryMethod))
	return "q" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:26]
}
