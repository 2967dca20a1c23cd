package multimno

import (
	"io"
	"math"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/serve/export"
)

// allSeasons is the season of periods that are no season.
const allSeasons = "all"

// The rows of the gold tables: columns of the values, then those that are folders at the source, in its order. Types are
// those that Spark writes for its schema: StringType, FloatType, TimestampType, DateType, BooleanType, ByteType, ShortType.
type (
	// presentRow is SilverPresentPopulationZoneDataObject.
	presentRow struct {
		Zone       string   `parquet:"zone_id,dict"`
		Population *float32 `parquet:"population,optional"`
		Timestamp  int64    `parquet:"timestamp,timestamp(microsecond)"`
		Dataset    string   `parquet:"dataset_id,dict"`
		Level      int8     `parquet:"level"`
		Year       int16    `parquet:"year"`
		Month      int8     `parquet:"month"`
		Day        int8     `parquet:"day"`
		Variance   *float64 `parquet:"variance,optional"`
		Method     string   `parquet:"method,dict"`
	}
	// usualRow is SilverAggregatedUsualEnvironmentsZonesDataObject.
	usualRow struct {
		Zone     string   `parquet:"zone_id,dict"`
		Count    *float32 `parquet:"weighted_device_count,optional"`
		Dataset  string   `parquet:"dataset_id,dict"`
		Level    int8     `parquet:"level"`
		Label    string   `parquet:"label,dict"`
		Start    int32    `parquet:"start_date,date"`
		End      int32    `parquet:"end_date,date"`
		Season   string   `parquet:"season,dict"`
		Variance *float64 `parquet:"variance,optional"`
		Method   string   `parquet:"method,dict"`
	}
	// migrationRow is SilverInternalMigrationDataObject.
	migrationRow struct {
		Previous       string   `parquet:"previous_zone,dict"`
		New            string   `parquet:"new_zone,dict"`
		Migration      *float32 `parquet:"migration,optional"`
		Dataset        string   `parquet:"dataset_id,dict"`
		Level          int8     `parquet:"level"`
		StartPrevious  int32    `parquet:"start_date_previous,date"`
		EndPrevious    int32    `parquet:"end_date_previous,date"`
		SeasonPrevious string   `parquet:"season_previous,dict"`
		StartNew       int32    `parquet:"start_date_new,date"`
		EndNew         int32    `parquet:"end_date_new,date"`
		SeasonNew      string   `parquet:"season_new,dict"`
		Variance       *float64 `parquet:"variance,optional"`
		Method         string   `parquet:"method,dict"`
	}
	// zoneRow is SilverTourismZoneDeparturesNightsSpentDataObject. A row has one of the two figures, so that its variance
	// is clear.
	zoneRow struct {
		Period     string   `parquet:"time_period,dict"`
		Zone       string   `parquet:"zone_id,dict"`
		Country    string   `parquet:"country_of_origin,dict"`
		Overnight  *bool    `parquet:"is_overnight,optional"`
		Nights     *float32 `parquet:"nights_spent,optional"`
		Departures *float32 `parquet:"num_of_departures,optional"`
		Year       int16    `parquet:"year"`
		Month      int8     `parquet:"month"`
		Level      int8     `parquet:"level"`
		Dataset    string   `parquet:"dataset_id,dict"`
		Variance   *float64 `parquet:"variance,optional"`
		Method     string   `parquet:"method,dict"`
	}
	// tripRow is SilverTourismTripAvgDestinationsNightsSpentDataObject.
	tripRow struct {
		Period       string   `parquet:"time_period,dict"`
		Country      string   `parquet:"country_of_origin,dict"`
		Destinations *float32 `parquet:"avg_destinations,optional"`
		Nights       *float32 `parquet:"avg_nights_spent_per_destination,optional"`
		Year         int16    `parquet:"year"`
		Month        int8     `parquet:"month"`
		Level        int8     `parquet:"level"`
		Dataset      string   `parquet:"dataset_id,dict"`
		Variance     *float64 `parquet:"variance,optional"`
		Method       string   `parquet:"method,dict"`
	}
	// outboundRow is SilverTourismOutboundNightsSpentDataObject, and journeys, which is all that a release knows.
	outboundRow struct {
		Period   string   `parquet:"time_period,dict"`
		Country  string   `parquet:"country_of_destination,dict"`
		Nights   *float32 `parquet:"nights_spent,optional"`
		Year     int16    `parquet:"year"`
		Month    int8     `parquet:"month"`
		Journeys *float32 `parquet:"journeys,optional"`
		Variance *float64 `parquet:"variance,optional"`
		Method   string   `parquet:"method,dict"`
	}
)

// figure is an estimate and the variance of its noise.
type figure struct{ people, variance float64 }

func (f *figure) add(g figure) { f.people, f.variance = f.people+g.people, f.variance+g.variance }

// value is the estimate as it is written: null when there is none.
func (f figure) value() *float32 {
	if math.IsNaN(f.people) || math.IsInf(f.people, 0) {
		return nil
	}
	v := float32(f.people)
	return &v
}

// spread is the variance as it is written: null when it is not known, or when there is no number to which it belongs.
func (f figure) spread() *float64 {
	if f.value() == nil || math.IsNaN(f.variance) || math.IsInf(f.variance, 0) {
		return nil
	}
	return &f.variance
}

// source is a table of a release with its geography.
type source struct {
	export.View
	zones throng.Zones
}

func open(store release.Store, m release.Manifest, table string) (source, error) {
	v, err := export.Load(store, m.ID, release.Estimate, release.Linear, table)
	if err != nil {
		return source{}, err
	}
	geo, err := store.Geography(m.Geo.ID, m.Geo.Version)
	return source{v, geo.Zones}, err
}

func (s source) at(row int) figure {
	sd := s.Table.NoiseSD[row]
	return figure{s.Table.Estimate[row], sd * sd}
}

// code is the code of a cell in a dimension, release.All where the table does not have it.
func (s source) code(name string, at []int) string {
	for i, d := range s.Table.Shape.Dims {
		if d.Name == name {
			return d.Codes[at[i]]
		}
	}
	return release.All
}

// level counts from 1 at the top, as the source does.
func level(zones throng.Zones, i int) int8 { return int8(zones.At(i).Level + 1) }

// levelOf is the level of the zone of an id; 1 for a code that is none, such as all.
func (s source) levelOf(id string) int8 {
	if i, ok := s.zones.Index(id); ok {
		return level(s.zones, i)
	}
	return 1
}

// months are the first and the last day of a month, and those of the month before, in days since 1970.
type months struct{ start, end, startBefore, endBefore int32 }

func monthsOf(name string) (m months, year int16, month int8, err error) {
	first, err := time.Parse("2006-01", name)
	if err != nil {
		return m, 0, 0, err
	}
	day := func(t time.Time) int32 { return int32(t.Unix() / 86400) }
	m = months{day(first), day(first.AddDate(0, 1, -1)), day(first.AddDate(0, -1, 0)), day(first.AddDate(0, 0, -1))}
	return m, int16(first.Year()), int8(first.Month()), nil
}

// writer returns what writes rows as a file of their releases. Spark reads pages of the first version and Snappy everywhere;
// the name of the writing library stays out of the file.
func writer[R any](rows []R, of ...release.Manifest) (int, func(io.Writer) error, error) {
	var ids []string
	for _, m := range of {
		ids = append(ids, m.ID)
	}
	last := of[len(of)-1]
	return len(rows), func(w io.Writer) error {
		out := parquet.NewGenericWriter[R](w, parquet.Compression(&parquet.Snappy), parquet.DataPageVersion(1), parquet.CreatedBy("throng", "1", "1"),
			parquet.KeyValueMetadata("throng:data", last.Data), parquet.KeyValueMetadata("throng:geo", last.Geo.ID+"/"+last.Geo.Version),
			parquet.KeyValueMetadata("throng:licence", last.Licence), parquet.KeyValueMetadata("throng:release", strings.Join(ids, " ")))
		if _, err := out.Write(rows); err != nil {
			return err
		}
		return out.Close()
	}, nil
}
