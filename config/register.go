package config

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/reckon/register"
)

// kindRegister is the kind of the columns of a public register, which is no feed: nobody in it is counted.
const kindRegister = "register"

// Register is the file that says how a public register is read: of public bodies and of firms by class, exact, without a ledger. Keys
// are those of docs/format/register.md.
type Register struct {
	Throng   int            `yaml:"throng"`   // Version of the format. Required, 1.
	Data     string         `yaml:"data"`     // public. Required.
	Register RegisterSource `yaml:"register"` // What is read. Required.

	dir string
}

// RegisterSource is where a register comes from and what its columns hold.
type RegisterSource struct {
	ID       string            `yaml:"id"`       // a-z, 0-9 and -, at most 40. Required.
	Name     string            `yaml:"name"`     // For people. Default: the id.
	Source   string            `yaml:"source"`   // Who published it, and where. Required.
	Licence  string            `yaml:"licence"`  // SPDX name. Required.
	File     string            `yaml:"file"`     // CSV with a header. Required.
	Currency string            `yaml:"currency"` // Of the amounts, ISO 4217. Required with an amount.
	Columns  map[string]Column `yaml:"columns"`  // The columns that are read, by name. Required.
	Drop     Words             `yaml:"drop"`     // The columns that are never read. Any third one stops it. Default: none.
}

// registerRoles are the roles of the columns of a register. Words come from public lists, so that no name of a person comes in.
func registerRoles() []role {
	code := func(name string, needed bool) role {
		return role{name: name, types: codeTypes, coded: true, needed: needed}
	}
	return []role{code("authority", true), code("category", false), code("class", false), {name: "amount", types: amountTypes},
		{name: "size", types: []string{typeInt}}, {name: "outcome", types: []string{typeBool, typeInt}}, {name: "rows", types: []string{typeInt}}}
}

// ReadRegister reads and checks the file at path. The register itself is not opened. Columns of persons are refused by name, officials
// first of all; so is any data but public.
func ReadRegister(path string) (*Register, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &Error{Kind: Missing, Text: fmt.Sprintf("no file at %s; give the path of a YAML file that describes a register", path)}
	}
	if err != nil {
		return nil, &Error{Kind: Invalid, Text: fmt.Sprintf("file of the register cannot be read: %v", err)}
	}
	find := &findings{lines: map[string]int{}}
	r := &Register{dir: filepath.Dir(path)}
	if err := decode(text, r, find); err != nil {
		return nil, err
	}
	if err := find.err(); err != nil {
		return nil, err
	}
	setColumnDefaults(r.Register.Columns, registerRoles())
	if r.Register.Name == "" {
		r.Register.Name = r.Register.ID
	}
	r.check(find)
	if err := find.err(); err != nil {
		return nil, err
	}
	return r, nil
}

func (r *Register) check(find *findings) {
	s := &r.Register
	if r.Throng != 1 {
		find.invalid("throng", "got %d, want 1, the version of this format", r.Throng)
	}
	if r.Data != "public" {
		find.refuse("17", "data", "got %.20q; a register is public and exact: write data: public. What is about persons is a feed of the kind cases, with a ledger", r.Data)
	}
	checkID(find, "register.id", s.ID)
	for key, text := range map[string]string{"source": s.Source, "licence": s.Licence, "file": s.File} {
		if text == "" {
			find.invalid("register."+key, "got nothing, want a text")
		}
	}
	(&Contract{Feed: Feed{Kind: kindRegister}}).checkColumns(find, "register", kindRegister, s.Columns, s.Drop)
	for _, name := range slices.Sorted(maps.Keys(s.Columns)) {
		if isPersonID(name, unitTrip) {
			find.refuse("9.1", "register.columns."+name, "by its name the column holds an id of a person; a register that is read here has bodies and classes of firms, and no person: name it under drop")
		}
	}
	hasAmount, hasOutcome := columnAs(s.Columns, "amount"), columnAs(s.Columns, "outcome")
	if hasAmount == "" && hasOutcome == "" {
		find.invalid("register.columns", "no column has the role amount or outcome; one of them is what the register says")
	}
	if hasAmount != "" && s.Columns[hasAmount].Type == "" {
		find.invalid("register.columns."+hasAmount+".type", "want int for whole numbers of the smallest unit of the currency, or decimal for numbers such as 12.50")
	}
	if (hasAmount != "") != throng.IsCurrency(s.Currency) {
		find.invalid("register.currency", "got %.20q, want a code of ISO 4217 such as EUR with an amount, and none without", s.Currency)
	}
	if hasOutcome != "" && columnAs(s.Columns, "class") == "" {
		find.invalid("register.columns", "an outcome is compared by class of firm; add a column with the role class")
	}
}

// Path is the file of the register.
func (r *Register) Path() string { return r.path(r.Register.File) }

func (r *Register) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(r.dir, name)
}

// Has reports whether a column has a role.
func (r *Register) Has(as string) bool { return columnAs(r.Register.Columns, as) != "" }

// Rows reads the register. Values that a public list does not have become "other", empty ones "U". A column that is neither under
// columns nor under drop stops it, and so does a value that cannot be read; the error names file, line and column, and no
// value.
func (r *Register) Rows() ([]register.Row, error) {
	s := &r.Register
	lists := map[string][]string{}
	for name, col := range s.Columns {
		lists[name] = col.List
		if col.Domain != "" {
			list, err := ReadList(r.path(col.Domain))
			if err != nil {
				return nil, err
			}
			lists[name] = list
		}
	}
	file, err := openTable(r.Path())
	if err != nil {
		return nil, err
	}
	defer file.Close()
	in := csv.NewReader(file)
	header, err := in.Read()
	if err != nil {
		return nil, &Error{Kind: Invalid, Key: s.File, Line: 1, Text: "got no header, want the names of the columns"}
	}
	header[0] = strings.TrimPrefix(header[0], "\ufeff")
	if err := r.admit(header); err != nil {
		return nil, err
	}
	var rows []register.Row
	for {
		fields, err := in.Read()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return nil, &Error{Kind: Invalid, Key: s.File, Text: fmt.Sprintf("is not CSV: %v", err)}
		}
		line, _ := in.FieldPos(0)
		row, err := r.row(header, fields, lists)
		if err != nil {
			return nil, &Error{Kind: Invalid, Key: s.File, Line: line, Text: err.Error()}
		}
		rows = append(rows, row)
	}
}

// admit refuses columns that nobody named, and wants all that were.
func (r *Register) admit(header []string) error {
	for _, name := range header {
		if _, ok := r.Register.Columns[name]; !ok && !slices.Contains(r.Register.Drop, name) {
			return &Error{Kind: Refused, Rule: "9.1", Key: r.Register.File, Line: 1, Text: fmt.Sprintf("the column %.40q stands neither in columns nor in drop; name it in one of them", name)}
		}
	}
	for name := range r.Register.Columns {
		if !slices.Contains(header, name) {
			return &Error{Kind: Invalid, Key: r.Register.File, Line: 1, Text: fmt.Sprintf("no column %.40q", name)}
		}
	}
	return nil
}

func (r *Register) row(header, fields []string, lists map[string][]string) (register.Row, error) {
	row := register.Row{Rows: 1}
	hit := false
	for i, name := range header {
		col, ok := r.Register.Columns[name]
		if !ok {
			continue
		}
		text := strings.TrimSpace(fields[i])
		var err error
		switch col.As {
		case "authority":
			row.Authority = listed(text, lists[name])
		case "category":
			row.Category = listed(text, lists[name])
		case "class":
			row.Class = listed(text, lists[name])
		case "amount":
			exponent := throng.Exponent(r.Register.Currency)
			if col.Type == typeInt {
				exponent = 0
			}
			row.Amount, err = throng.ParseAmount(text, exponent)
		case "size":
			row.Size, err = strconv.ParseInt(text, 10, 64)
		case "rows":
			row.Rows, err = strconv.ParseInt(text, 10, 32)
		case "outcome":
			hit, err = strconv.ParseBool(text)
		}
		if err != nil || row.Rows < 0 || row.Size < 0 {
			return row, fmt.Errorf("column %s: got what is no %s, or is below zero", name, col.As)
		}
	}
	if hit {
		row.Hits = row.Rows
	}
	return row, nil
}

// listed is a value of a public list, other for what it does not have, U for none.
func listed(text string, list []string) string {
	switch {
	case text == "":
		return throng.Unknown
	case slices.Contains(list, text):
		return text
	}
	return throng.Other
}
