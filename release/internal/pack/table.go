package pack

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/parquet-go/parquet-go"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
)

// key holds the columns that say which cell a row is; "_T" stands for a dimension that the table does not have.
type key struct {
	Release   string `parquet:"release,dict"`
	Product   string `parquet:"product,dict"`
	Geo       string `parquet:"geo,dict"` // ID/VERSION
	Zone      string `parquet:"zone,dict"`
	Zone2     string `parquet:"zone2,dict"`
	Time      int64  `parquet:"time,timestamp(millisecond:utc)"` // start of the bin
	DurationS int32  `parquet:"duration_s,dict"`
	Gender    string `parquet:"gender,dict"`
	Age       string `parquet:"age,dict"`
	Origin    string `parquet:"origin,dict"`
	Role      string `parquet:"role,dict"`
	Purpose   string `parquet:"purpose,dict"`
	Country   string `parquet:"country,dict"`
	Direction string `parquet:"direction,dict"`
	Nights    string `parquet:"nights,dict"`
	Revision  int32  `parquet:"revision,dict"`
}

// saleKey holds further columns, of tables that have one of these dimensions.
type saleKey struct {
	key
	Category  string `parquet:"category,dict"`
	Channel   string `parquet:"channel,dict"`
	Authority string `parquet:"authority,dict"`
	Reason    string `parquet:"reason,dict"`
	Currency  string `parquet:"currency,dict"`
	Amount    string `parquet:"amount,dict"`
}

type measuredSale struct {
	saleKey
	Raw    int64 `parquet:"raw"`
	Sigma2 int64 `parquet:"sigma2,dict"`
}

type estimateSale struct {
	saleKey
	Estimate float64 `parquet:"estimate"`
	NoiseSD  float64 `parquet:"noise_sd"`
	AllocSD  float64 `parquet:"alloc_sd"`
	ScaleSD  float64 `parquet:"scale_sd"`
	Status   string  `parquet:"status,dict"`
}

// isSale reports whether a table has a dimension that only saleKey has.
func isSale(s throng.Shape) bool {
	return slices.ContainsFunc(s.Dims, func(d throng.Dim) bool { return saleColumn(new(saleKey), d.Name) != nil })
}

// saleColumn is the further column of a dimension, or nil.
func saleColumn(k *saleKey, dim string) *string {
	switch dim {
	case throng.DimCategory:
		return &k.Category
	case throng.DimChannel:
		return &k.Channel
	case throng.DimAuthority:
		return &k.Authority
	case throng.DimReason:
		return &k.Reason
	case throng.DimCurrency:
		return &k.Currency
	case throng.DimAmount:
		return &k.Amount
	}
	return nil
}

// sale is the key of a cell with the further columns.
func (k *keys) sale(cell uint64) saleKey {
	row := saleKey{k.of(cell), release.All, release.All, release.All, release.All, release.All, release.All}
	for i, d := range k.shape.Dims {
		if column := saleColumn(&row, d.Name); column != nil {
			*column = d.Codes[k.at[i]]
		}
	}
	return row
}

type measuredRow struct {
	key
	Raw    int64 `parquet:"raw"`
	Sigma2 int64 `parquet:"sigma2,dict"`
}

// sparseMeasured and sparseEstimate say besides which cell of the domain the row is.
type sparseMeasured struct {
	key
	Cell   int64 `parquet:"cell"`
	Raw    int64 `parquet:"raw"`
	Sigma2 int64 `parquet:"sigma2,dict"`
}

type sparseEstimate struct {
	key
	Cell     int64   `parquet:"cell"`
	Estimate float64 `parquet:"estimate"`
	NoiseSD  float64 `parquet:"noise_sd"`
	AllocSD  float64 `parquet:"alloc_sd"`
	ScaleSD  float64 `parquet:"scale_sd"`
	Status   string  `parquet:"status,dict"`
}

type estimateRow struct {
	key
	Estimate float64 `parquet:"estimate"`
	NoiseSD  float64 `parquet:"noise_sd"`
	AllocSD  float64 `parquet:"alloc_sd"`
	ScaleSD  float64 `parquet:"scale_sd"`
	Status   string  `parquet:"status,dict"`
}

// keys fills the key columns of the cells of a table in their order.
type keys struct {
	fixed    key
	shape    throng.Shape
	at       []int
	starts   []int64
	duration []int32
}

func newKeys(t release.Table, m release.Manifest) (keys, error) {
	k := keys{shape: t.Shape, at: make([]int, len(t.Shape.Dims))}
	k.fixed = key{
		Release: m.ID, Product: m.Product, Geo: m.Geo.ID + "/" + m.Geo.Version, Zone: release.All, Zone2: release.All,
		Time: m.Period.Start.UnixMilli(), DurationS: seconds(m.Period.End.UnixMilli() - m.Period.Start.UnixMilli()),
		Gender: release.All, Age: release.All, Origin: release.All, Role: release.All,
		Purpose: release.All, Country: release.All, Direction: release.All, Nights: release.All, Revision: int32(m.Revision),
	}
	d, ok := t.Shape.Dim(throng.DimTime)
	if !ok {
		return k, nil
	}
	var err error
	k.starts, err = release.Starts(d.Codes)
	for i, start := range k.starts {
		end := m.Period.End.UnixMilli()
		if i+1 < len(k.starts) {
			end = k.starts[i+1]
		}
		if end <= start {
			return k, fmt.Errorf("the bin %s begins after the period ends at %s", d.Codes[i], m.Period.End)
		}
		k.duration = append(k.duration, seconds(end-start))
	}
	return k, err
}

func seconds(ms int64) int32 { return int32(min(ms/1000, math.MaxInt32)) }

// of is the key of a cell.
func (k *keys) of(cell uint64) key {
	row := k.fixed
	k.shape.At(cell, k.at)
	for i, d := range k.shape.Dims {
		code := d.Codes[k.at[i]]
		switch d.Name {
		case throng.DimZone:
			row.Zone = code
		case throng.DimZone2:
			row.Zone2 = code
		case throng.DimTime:
			row.Time, row.DurationS = k.starts[k.at[i]], k.duration[k.at[i]]
		case throng.DimGender:
			row.Gender = code
		case throng.DimAge:
			row.Age = code
		case throng.DimOrigin:
			row.Origin = code
		case throng.DimRole:
			row.Role = code
		case throng.DimPurpose:
			row.Purpose = code
		case throng.DimCountry:
			row.Country = code
		case throng.DimKind:
			row.Direction = code
		case throng.DimNights:
			row.Nights = code
		}
	}
	return row
}

// Footer keys of a table.
const (
	footerRelease = "throng:release"
	footerKind    = "throng:kind"
	footerMethod  = "throng:method"
	footerShape   = "throng:shape"
	footerTau     = "throng:tau"    // of sparse tables only
	footerSigma2  = "throng:sigma2" // of sparse measured tables only: they may have no row
)

type shapeJSON struct {
	Name string    `json:"name"`
	Dims []dimJSON `json:"dims"`
}

type dimJSON struct {
	Name  string   `json:"name"`
	Level string   `json:"level,omitempty"`
	Codes []string `json:"codes"`
}

// Table writes a table of the release of that manifest as Parquet: a row a cell, in the order of the cells; of a sparse
// table a row a cell that is listed.
func Table(t release.Table, m release.Manifest) ([]byte, error) {
	s := shapeJSON{Name: t.Shape.Name}
	for _, d := range t.Shape.Dims {
		s.Dims = append(s.Dims, dimJSON(d))
	}
	shape, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	k, err := newKeys(t, m)
	if err != nil {
		return nil, err
	}
	footer := map[string]string{footerRelease: m.ID, footerKind: t.Kind, footerMethod: t.Method, footerShape: string(shape)}
	measured := func(i int) measuredRow {
		return measuredRow{key: k.of(t.Cell(i)), Raw: t.Raw[i], Sigma2: int64(t.Sigma2)}
	}
	estimate := func(i int) estimateRow { return estimateOf(t, i, k.of(t.Cell(i))) }
	rows := t.Rows()
	if t.Sparse() {
		footer[footerTau] = strconv.FormatInt(t.Tau, 10)
	}
	switch {
	case isSale(t.Shape) && t.Sparse():
		return nil, fmt.Errorf("the table %s of sales is sparse; list every cell", t.Shape.Name)
	case isSale(t.Shape) && t.Kind == release.Measured:
		return writeRows(rows, footer, func(i int) measuredSale {
			return measuredSale{k.sale(t.Cell(i)), t.Raw[i], int64(t.Sigma2)}
		})
	case isSale(t.Shape):
		return writeRows(rows, footer, func(i int) estimateSale {
			e := estimate(i)
			return estimateSale{k.sale(t.Cell(i)), e.Estimate, e.NoiseSD, e.AllocSD, e.ScaleSD, e.Status}
		})
	case t.Kind == release.Measured && t.Sparse():
		footer[footerSigma2] = strconv.FormatUint(t.Sigma2, 10)
		return writeRows(rows, footer, func(i int) sparseMeasured {
			row := measured(i)
			return sparseMeasured{row.key, int64(t.Cells[i]), row.Raw, row.Sigma2}
		})
	case t.Kind == release.Measured:
		return writeRows(rows, footer, measured)
	case t.Sparse():
		return writeRows(rows, footer, func(i int) sparseEstimate {
			row := estimate(i)
			return sparseEstimate{row.key, int64(t.Cells[i]), row.Estimate, row.NoiseSD, row.AllocSD, row.ScaleSD, row.Status}
		})
	}
	return writeRows(rows, footer, estimate)
}

func estimateOf(t release.Table, i int, k key) estimateRow {
	optional := func(of []float64, i int) float64 {
		if len(of) == 0 {
			return math.NaN()
		}
		return of[i]
	}
	row := estimateRow{key: k, Estimate: t.Estimate[i], NoiseSD: t.NoiseSD[i], AllocSD: optional(t.AllocSD, i), ScaleSD: optional(t.ScaleSD, i)}
	if len(t.Status) > 0 {
		row.Status = t.Status[i]
	}
	return row
}

// ReadTable reads a table of a release exactly as it was written. Missing allocation and scaling margins come back as
// NaN, statuses that are all empty as nil.
func ReadTable(content []byte, id string) (t release.Table, err error) {
	defer func() { // a library that meets bytes it did not expect may panic; the file is to blame
		if p := recover(); p != nil {
			t, err = release.Table{}, fmt.Errorf("pack: the Parquet file of %d bytes cannot be decoded: %v (%w)", len(content), p, release.ErrCorrupt)
		}
	}()
	f, err := open(content)
	if err != nil {
		return t, err
	}
	if t, err = tableHead(f, id); err != nil {
		return t, err
	}
	cells := t.Shape.Cells()
	if t.Tau > 0 {
		cells = int(f.NumRows())
		if t.Cells, err = cellNumbers(f, cells, t.Shape.Cells()); err != nil {
			return t, err
		}
	}
	if t.Kind == release.Measured && t.Tau > 0 {
		t.Raw, err = integers(f, "raw", cells)
		return t, err
	}
	if t.Kind == release.Measured {
		sigma2, err := integers(f, "sigma2", cells)
		if err != nil {
			return t, err
		}
		t.Sigma2 = uint64(sigma2[0])
		t.Raw, err = integers(f, "raw", cells)
		return t, err
	}
	for name, into := range map[string]*[]float64{"estimate": &t.Estimate, "noise_sd": &t.NoiseSD, "alloc_sd": &t.AllocSD, "scale_sd": &t.ScaleSD} {
		if *into, err = doubles(f, name, cells); err != nil {
			return t, err
		}
	}
	t.Status, err = texts(f, "status", cells)
	return t, err
}

// cellNumbers reads which cells the rows of a sparse table are.
func cellNumbers(f *parquet.File, rows, domain int) ([]uint64, error) {
	numbers, err := integers(f, "cell", rows)
	if err != nil {
		return nil, err
	}
	cells := make([]uint64, rows)
	for i, c := range numbers {
		if c < 0 || c >= int64(domain) || i > 0 && numbers[i-1] >= c {
			return nil, fmt.Errorf("pack: the cells of a sparse table do not ascend within its domain of %d (%w)", domain, release.ErrCorrupt)
		}
		cells[i] = uint64(c)
	}
	return cells, nil
}

// tableHead reads what the footer says and compares it with the number of rows before anything is allocated.
func tableHead(f *parquet.File, id string) (release.Table, error) {
	var t release.Table
	if got, _ := f.Lookup(footerRelease); got != id {
		return t, fmt.Errorf("pack: the table belongs to release %.80q, want %s (%w)", got, id, release.ErrCorrupt)
	}
	t.Kind, _ = f.Lookup(footerKind)
	t.Method, _ = f.Lookup(footerMethod)
	text, _ := f.Lookup(footerShape)
	var s shapeJSON
	if err := unmarshal([]byte(text), &s); err != nil {
		return t, fmt.Errorf("pack: shape of a table: %w", err)
	}
	t.Shape.Name = s.Name
	cells := int64(1)
	most, sparse, err := sparseHead(f, &t)
	if err != nil {
		return t, err
	}
	for _, d := range s.Dims {
		t.Shape.Dims = append(t.Shape.Dims, throng.Dim(d))
		if cells *= int64(len(d.Codes)); cells <= 0 || cells > most {
			break
		}
	}
	if !sparse && cells != f.NumRows() || sparse && (cells > most || f.NumRows() > cells) || cells <= 0 || (t.Kind != release.Measured && t.Kind != release.Estimate) {
		return t, fmt.Errorf("pack: a table of kind %.40q has %d rows for %d cells or more (%w)", t.Kind, f.NumRows(), cells, release.ErrCorrupt)
	}
	return t, nil
}

// mostPerByte is more rows than a byte of a file can stand for where each row has a number of its own.
const mostPerByte = 16

// sparseHead reads what only the footer of a sparse table has, and says how many cells a domain may have: as many as there
// are rows in a dense file.
func sparseHead(f *parquet.File, t *release.Table) (most int64, sparse bool, err error) {
	text, sparse := f.Lookup(footerTau)
	if !sparse {
		return f.NumRows(), false, nil
	}
	t.Tau, err = strconv.ParseInt(text, 10, 64)
	if err == nil && t.Kind == release.Measured {
		text, _ = f.Lookup(footerSigma2)
		t.Sigma2, err = strconv.ParseUint(text, 10, 63)
	}
	if err != nil || t.Tau <= 0 || f.NumRows() > mostPerByte*f.Size() {
		return 0, true, fmt.Errorf("pack: tau or variance of a sparse table is no positive number, or there are more rows than the file can hold (%w)", release.ErrCorrupt)
	}
	return release.MostSparse, true, nil
}
