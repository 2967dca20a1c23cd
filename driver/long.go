package driver

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/driver/embedded"
)

// longMonth is what a scope remembers of a civil month whose statistics are about the month as a whole. Its pages lie beside it,
// sealed, until it is counted; then what is left is from which inputs it was made.
type longMonth struct {
	path   string
	period throng.Period
	want   []string // civil days that the month is made of
	book   *embedded.Book

	Version int               `json:"version"`
	Days    map[string]string `json:"days"` // once it is counted: the keyed digest of the input of each day
	Counted bool              `json:"counted"`
}

// longOf returns the month of a day, or nil when the contract asks for nothing about months, or the agreement covers too few
// of its days (config.LongDays).
func (r *runner) longOf(day throng.Period) (*longMonth, error) {
	j := r.job
	if j.whole() || !j.Contract.Long() {
		return nil, nil
	}
	return r.long(j.monthAt(day.Start))
}

// long returns a month by its period, or nil as longOf.
func (r *runner) long(p throng.Period) (*longMonth, error) {
	if m := r.longs[p.Name]; m != nil {
		return m, nil
	}
	want := r.job.daysIn(p)
	if len(want) < config.LongDays {
		return nil, nil
	}
	m := &longMonth{path: filepath.Join(r.state.Dir("checkpoint"), "long-"+p.Name+".json"), period: p, want: want, Version: 1, Days: map[string]string{}}
	if err := m.read(); err != nil {
		return nil, err
	}
	r.longs[p.Name] = m
	return m, nil
}

// read takes up what an earlier run has remembered.
func (m *longMonth) read() error {
	text, err := os.ReadFile(m.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(text, m)
	}
	if err == nil && m.Version > 1 {
		return &Error{Kind: Unsafe, Text: fmt.Sprintf("state: checkpoint/%s has version %d, and this program writes 1; finish the month with the program that wrote it", filepath.Base(m.path), m.Version)}
	}
	if err != nil || m.Version != 1 || m.Days == nil {
		return &Error{Kind: Unsafe, Text: fmt.Sprintf("state: the days of %s cannot be read; restore the state folder from its copy", m.period.Name)}
	}
	return nil
}

// missing reports whether the pages of a day are still to be written, and refuses another input for a day that is in.
func (r *runner) missing(m *longMonth, day, input string) (bool, error) {
	was, in := m.Days[day]
	if !m.Counted {
		book, err := r.bookOf(m)
		if err != nil {
			return false, err
		}
		was, in = book.Input(slices.Index(m.want, day))
	}
	if in && was != input {
		return false, &Error{Kind: Refused, Text: fmt.Sprintf("%s is in the statistics of %s already, from another input; a day is counted once, bring back the input of then", day, m.period.Name)}
	}
	return !in && !m.Counted, nil
}

// counted remembers, durably, that the month is counted, and from which inputs.
func (m *longMonth) counted(book *embedded.Book) error {
	for i, day := range m.want {
		m.Days[day], _ = book.Input(i)
	}
	m.Counted, m.book = true, nil
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return writeDurably(m.path, append(text, '\n'), 0o600)
}

// input is the text of the inputs of all days, once the month is counted.
func (m *longMonth) input() string {
	text := ""
	for _, day := range m.want {
		text += day + m.Days[day]
	}
	return text
}

// inputOf is the same text before.
func (m *longMonth) inputOf(book *embedded.Book) string {
	text := ""
	for i, day := range m.want {
		input, _ := book.Input(i)
		text += day + input
	}
	return text
}
