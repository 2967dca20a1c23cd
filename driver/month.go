package driver

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/population"
	"github.com/throng-stats/throng/privacy/count"
)

// month sums the bounded trips of the days of a civil month until the month is complete. It waits sealed in the state
// folder, so that the days may come in different runs.
type month struct {
	state  *State
	path   string
	period throng.Period
	spec   string
	want   []string          // civil days that the month is made of
	days   map[string]string // days that are in, with the keyed digest of their input
	tables []*count.Table
}

// restingVersion is the version of a month on disk.
const restingVersion = 2

// resting is the form of a month on disk.
type resting struct {
	Version int               `json:"version"`
	Period  string            `json:"period"`
	Spec    string            `json:"spec"`
	Days    map[string]string `json:"days"`
	Names   []string          `json:"names"`  // of the tables, to which they are sealed
	Tables  [][]byte          `json:"tables"` // none when the month is published
}

// readResting reads a month, or answers nil where there is none. Its errors are of kind Unsafe.
func readResting(path string) (*resting, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	r := new(resting)
	if err == nil {
		err = json.Unmarshal(text, r)
	}
	switch {
	case err != nil:
		return nil, &Error{Kind: Unsafe, Text: fmt.Sprintf("state: checkpoint/%s cannot be read: %v; restore the state folder from its copy", filepath.Base(path), err)}
	case r.Version != restingVersion:
		return nil, &Error{Kind: Unsafe, Text: fmt.Sprintf("state: checkpoint/%s has version %d, and this program writes %d; finish the month with the program that wrote it", filepath.Base(path), r.Version, restingVersion)}
	case len(r.Names) != len(r.Tables):
		return nil, &Error{Kind: Unsafe, Text: fmt.Sprintf("state: checkpoint/%s has %d names for %d tables; restore the state folder from its copy", filepath.Base(path), len(r.Names), len(r.Tables))}
	}
	return r, nil
}

// openMonth takes up the sum of a month where an earlier run left it. spec is the digest of everything that shapes the
// table; a sum that was begun under another is not added to.
func openMonth(s *State, product string, period throng.Period, want []string, spec string, tables []population.Table) (*month, error) {
	m := &month{state: s, path: filepath.Join(s.Dir("checkpoint"), product+"-"+period.Name+".json"), period: period, spec: spec,
		want: want, days: map[string]string{}}
	for _, t := range tables {
		empty, err := count.For(t)
		if err != nil {
			return nil, err
		}
		m.tables = append(m.tables, empty)
	}
	r, err := readResting(m.path)
	if r == nil {
		return m, err
	}
	if r.Spec != spec || len(r.Tables) != len(m.tables) {
		return nil, &Error{Kind: Unsafe, Text: fmt.Sprintf("the days of %s were summed under another contract or geography; finish the month with the old contract, or remove checkpoint/%s to begin the month again",
			period.Name, filepath.Base(m.path))}
	}
	m.days = r.Days
	for i, sealed := range r.Tables {
		if err := m.tables[i].Unseal(s.aead(), sealed); err != nil {
			return nil, &Error{Kind: Unsafe, Text: err.Error()}
		}
	}
	return m, nil
}

// has reports whether a day is in, and refuses another input for a day that is.
func (m *month) has(day, input string) (bool, error) {
	before, ok := m.days[day]
	if ok && before != input {
		return true, &Error{Kind: Refused, Text: fmt.Sprintf("%s is in the sum of %s already, from another input; a day is counted once, bring back the input of then", day, m.period.Name)}
	}
	return ok, nil
}

// add puts the tables of a day in, durably, and uses them up.
func (m *month) add(day, input string, tables []*count.Table) error {
	if in, err := m.has(day, input); in || err != nil {
		return err
	}
	for i, t := range tables {
		m.tables[i].Merge(t)
	}
	m.days[day] = input
	r := resting{Version: restingVersion, Period: m.period.Name, Spec: m.spec, Days: m.days}
	aead := m.state.aead()
	for _, t := range m.tables {
		nonce := make([]byte, aead.NonceSize())
		rand.Read(nonce)
		r.Names, r.Tables = append(r.Names, t.Shape.Name), append(r.Tables, t.Seal(aead, nonce))
	}
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return writeDurably(m.path, text, 0o600)
}

// complete reports whether every day of the month is in.
func (m *month) complete() bool {
	return !slices.ContainsFunc(m.want, func(day string) bool { _, in := m.days[day]; return !in })
}

// input is the digest of the inputs of all days.
func (m *month) input() string {
	text := ""
	for _, day := range m.want {
		text += day + m.days[day]
	}
	return m.state.Keyed(text)
}

// forget wipes the sum when it is published. Which days it was made of, and the keyed digests of their inputs, stay, so
// that a changed input for one of them is noticed.
func (m *month) forget() error {
	for _, t := range m.tables {
		t.Wipe()
	}
	text, err := json.Marshal(resting{Version: restingVersion, Period: m.period.Name, Spec: m.spec, Days: m.days})
	if err != nil {
		return err
	}
	return writeDurably(m.path, text, 0o600)
}

// dropTables takes the exact sum out of the state of a month that is published, where a crash left it.
func (s *State) dropTables(product, month string) error {
	path := filepath.Join(s.Dir("checkpoint"), product+"-"+month+".json")
	r, err := readResting(path)
	if err != nil || r == nil || r.Tables == nil {
		return err
	}
	r.Names, r.Tables = nil, nil
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return writeDurably(path, text, 0o600)
}

// publishedDay refuses another input for a day of a month that is published.
func (s *State) publishedDay(product, day, input string) error {
	r, err := readResting(filepath.Join(s.Dir("checkpoint"), product+"-"+day[:7]+".json"))
	if err != nil || r == nil {
		return err
	}
	if was, ok := r.Days[day]; ok && was != input {
		return &Error{Kind: Refused, Text: fmt.Sprintf("%s is in the published flows of %s, and its input has changed since; a period is published once: bring back the input of then", day, day[:7])}
	}
	return nil
}
