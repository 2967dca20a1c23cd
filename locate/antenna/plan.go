package antenna

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/paulmach/orb"
)

// maxPlanRows is how many rows a plan may have; the largest known has 2 million cells.
const maxPlanRows = 10_000_000

// PlanOptions say how to read a plan.
type PlanOptions struct {
	Columns map[string]string // column of the file -> field of the plan, for files that use other words; columns that are not listed keep theirs
	Comma   rune              // between fields; default ','
	Box     orb.Bound         // degrees; cells outside are RANGE errors; default the whole earth. Min longitude above Max crosses the antimeridian
	Clock   *time.Location    // in which the dates of validity are written; default UTC
	LongIDs bool              // cell ids must have 14 or 15 characters, as cell global identities do; default false
	// Reference does as the European reference pipeline does, for comparison with it alone: only the upper bounds of the
	// box hold (D6). Default false.
	Reference bool
}

func (o PlanOptions) ensureDefaults() PlanOptions {
	if o.Comma == 0 {
		o.Comma = ','
	}
	if o.Box == (orb.Bound{}) {
		o.Box = orb.Bound{Min: orb.Point{-180, -90}, Max: orb.Point{180, 90}}
	}
	if o.Clock == nil {
		o.Clock = time.UTC
	}
	return o
}

// row is a kept cell with what decides between rows of one id.
type row struct {
	cell Cell
	text string
}

// PlanFile is one file of a cell plan.
type PlanFile struct {
	Name string // of the file, for errors
	Text io.Reader
}

// ReadPlan reads a cell plan as CSV, Parquet or GeoJSON, which it tells apart by how the text begins, with the columns of
// the standards, section 9.2 (in GeoJSON they are properties, and the cells may be polygons), and cleans it by the methods,
// section 3: rows whose id, position, directionality or azimuth cannot be used are dropped, other bad values become
// missing, and of several rows of one id the one with the latest start stays. Everything is counted in the report. Cells
// come sorted by id. name is that of the file, for errors; they say file, row, column, what was got and what was wanted.
// The row of an error or example is the line of the file, the header being line 1; of Parquet and GeoJSON it is the
// number of the row or feature, the first being 1.
func ReadPlan(r io.Reader, name string, opt PlanOptions) ([]Cell, Report, error) {
	return ReadPlanFiles([]PlanFile{{name, r}}, opt)
}

// ReadPlanFiles is ReadPlan of a plan in several files, such as the parts that a cluster writes. They are one plan: the
// order of the files changes nothing but which of them an error names.
func ReadPlanFiles(files []PlanFile, opt PlanOptions) ([]Cell, Report, error) {
	in := &intake{opt: opt.ensureDefaults(), count: newCounter()}
	for _, f := range files {
		if in.name = f.Name; len(files) > 1 {
			in.part = f.Name
		}
		if err := in.read(f); err != nil {
			return nil, Report{}, fmt.Errorf("cell plan %s: %w", f.Name, err)
		}
	}
	return in.finish()
}

// intake cleans the rows of a plan, whatever files they come from.
type intake struct {
	name  string // of the file that is read
	part  string // the same where there are several, else ""
	opt   PlanOptions
	at    map[string]int // place of each field in a record of that file
	count *counter
	rows  []row
}

// read takes all rows of a file.
func (in *intake) read(f PlanFile) error {
	buffered := bufio.NewReader(f.Text)
	switch begin, _ := buffered.Peek(4); {
	case string(begin) == magicParquet:
		return in.parquet(f.Text, buffered)
	case beginsObject(begin):
		return in.outlines(buffered)
	}
	return in.csv(buffered)
}

// begin takes the names of the columns of a file.
func (in *intake) begin(header []string) (err error) {
	var ignored []string
	if in.at, ignored, err = columnsOf(header, in.opt); err != nil {
		return fmt.Errorf("row 1: %w", err)
	}
	for _, name := range ignored {
		if !slices.Contains(in.count.report.Ignored, name) {
			in.count.report.Ignored = append(in.count.report.Ignored, name)
		}
	}
	return nil
}

// add takes one row. line is where it stands; the outline is that of a cell given as a polygon, else nil.
func (in *intake) add(record []string, line int, outline orb.MultiPolygon) error {
	if in.count.report.Rows++; in.count.report.Rows > maxPlanRows {
		return fmt.Errorf("got more than %d rows; want one a cell", maxPlanRows)
	}
	c := checker{opt: in.opt, at: in.at, record: record}
	cell, keep := c.row()
	cell.Outline = outline
	for _, flag := range c.flags {
		in.count.add(flag, in.part, line)
	}
	if keep {
		in.rows = append(in.rows, row{cell, strings.Join(record, ",")})
	}
	return nil
}

// finish keeps one row a cell.
func (in *intake) finish() ([]Cell, Report, error) {
	cells := unique(in.rows, in.count)
	report := in.count.finish(len(cells))
	if len(cells) == 0 {
		return nil, report, fmt.Errorf("cell plan %s: none of %d rows can be used; want at least one cell%s", in.name, report.Rows, report.firstFatal())
	}
	return cells, report, nil
}

func (in *intake) csv(r io.Reader) error {
	text := csv.NewReader(r)
	text.Comma, text.ReuseRecord = in.opt.Comma, true
	header, err := text.Read()
	if err != nil {
		return fmt.Errorf("got no header, want a first line with the names of the columns: %w", err)
	}
	width := len(header)
	if err := in.begin(header); err != nil {
		return err
	}
	for {
		record, err := text.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return planError(err, width, len(record))
		}
		line, _ := text.FieldPos(0)
		if err := in.add(record, line, nil); err != nil {
			return err
		}
	}
}

func planError(err error, want, got int) error {
	var parse *csv.ParseError
	if !errors.As(err, &parse) {
		return err
	}
	if errors.Is(err, csv.ErrFieldCount) {
		return fmt.Errorf("row %d: got %d columns, want the %d of the header", parse.Line, got, want)
	}
	return fmt.Errorf("row %d, character %d: %w; put the value in quotes", parse.Line, parse.Column, parse.Err)
}

// columnsOf finds where each field stands.
func columnsOf(header []string, opt PlanOptions) (at map[string]int, ignored []string, err error) {
	at = make(map[string]int)
	for i, column := range header {
		column = strings.TrimSpace(strings.TrimPrefix(column, "\ufeff"))
		field := column
		if other, ok := opt.Columns[column]; ok {
			field = other
			if !slices.Contains(planFields, field) {
				return nil, nil, fmt.Errorf("column %.40q is mapped to %.40q, want one of %s", column, field, strings.Join(planFields, " "))
			}
		}
		if field == "tilt" {
			field = fieldTilt
		}
		if !slices.Contains(planFields, field) {
			ignored = append(ignored, column)
			continue
		}
		if _, twice := at[field]; twice {
			return nil, nil, fmt.Errorf("two columns are %s; leave one out", field)
		}
		at[field] = i
	}
	for _, field := range []string{fieldID, fieldLat, fieldLon} {
		if _, ok := at[field]; !ok {
			return nil, nil, fmt.Errorf("got the columns %.200s, want one for %s; name it so or map it", strings.Join(header, " "), field)
		}
	}
	return at, ignored, nil
}

// unique keeps one row an id: the latest start, then the smallest text of the row.
func unique(rows []row, count *counter) []Cell {
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.cell.ID, b.cell.ID), cmp.Compare(b.cell.From, a.cell.From), cmp.Compare(a.text, b.text))
	})
	var cells []Cell
	for i, r := range rows {
		if i > 0 && r.cell.ID == rows[i-1].cell.ID {
			count.add(Flag{fieldID, Duplicate, r.cell.ID}, "", 0)
			continue
		}
		cells = append(cells, r.cell)
	}
	return cells
}
