package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// maxText is the most bytes of a contract; a real one has two thousand.
const maxText = 256 << 10

// maxNesting is the deepest nesting of a contract; a real one has four levels.
const maxNesting = 32

// Read reads and checks the contract at path. No other file is opened.
func Read(path string) (*Contract, error) { return read(path, false) }

func read(path string, unsigned bool) (*Contract, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &Error{Kind: Missing, Text: fmt.Sprintf("no contract at %s; give the path of a YAML file (examples/ has some)", path)}
	}
	if err != nil {
		return nil, &Error{Kind: Invalid, Text: fmt.Sprintf("contract cannot be read: %v", err)}
	}
	return parse(text, filepath.Dir(path), unsigned)
}

// ReadUnsigned reads the contract at path as a draft whose caps are yet to be signed: like Read, but privacy.caps may lack
// its signatures.
func ReadUnsigned(path string) (*Contract, error) {
	return read(path, true)
}

// Parse reads and checks the text of a contract whose relative paths start in dir. It opens no file. The error joins
// everything that is wrong, refusals first; All takes it apart.
func Parse(text []byte, dir string) (*Contract, error) { return parse(text, dir, false) }

func parse(text []byte, dir string, unsigned bool) (*Contract, error) {
	find := &findings{lines: map[string]int{}}
	c := &Contract{dir: dir, unsigned: unsigned}
	if err := decode(text, c, find); err != nil {
		return nil, err
	}
	if err := find.err(); err != nil {
		return nil, err
	}
	c.setDefaults()
	c.check(find)
	if err := find.err(); err != nil {
		return nil, err
	}
	return c, nil
}

// decode turns YAML into a contract, or the file of a register: unknown keys first, with lines and hints, then types.
func decode(text []byte, into any, find *findings) (err error) {
	if len(text) > maxText {
		return &Error{Kind: Invalid, Text: fmt.Sprintf("contract has %d bytes, want at most %d; put lists into files", len(text), maxText)}
	}
	if !utf8.Valid(text) {
		return &Error{Kind: Invalid, Text: "contract is not UTF-8; save it as UTF-8"}
	}
	if nesting(text) > maxNesting {
		return &Error{Kind: Invalid, Text: fmt.Sprintf("contract is nested deeper than %d levels; no key needs that", maxNesting)}
	}
	// The YAML library is foreign code that reads foreign text: should it panic, the text is not YAML for us.
	defer func() {
		if recover() != nil {
			err = &Error{Kind: Invalid, Text: "contract cannot be read as YAML; check indents, quotes and colons"}
		}
	}()
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return yamlError(err)
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return &Error{Kind: Invalid, Text: fmt.Sprintf("contract holds %d YAML documents, want one that is not empty", len(file.Docs))}
	}
	body := file.Docs[0].Body
	if err := plainYAML(body); err != nil {
		return err
	}
	walk(body, reflect.TypeOf(into).Elem(), "", find)
	if len(find.list) > 0 {
		return nil
	}
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(into); err != nil {
		return yamlError(err)
	}
	return nil
}

// nesting is the deepest nesting of brackets or of indents that a text can have.
func nesting(text []byte) int {
	deepest := 0
	for line := range bytes.Lines(text) {
		// A level of blocks needs a sign of its own at the start of the line: a space, "-" or "?".
		lead := len(line) - len(bytes.TrimLeft(line, " -?"))
		deepest = max(deepest, lead/2)
	}
	open, most := 0, 0
	for _, b := range text {
		switch b {
		case '[', '{':
			open++
			most = max(most, open)
		case ']', '}':
			open = max(0, open-1)
		}
	}
	return max(deepest, most)
}

// yamlError keeps line and message of an error of the YAML library and leaves out its excerpt of the file.
func yamlError(err error) error {
	var known yaml.Error
	if errors.As(err, &known) {
		e := &Error{Kind: Invalid, Text: known.GetMessage() + "; see docs/format/contract.md"}
		var wrong *yaml.TypeError
		if errors.As(err, &wrong) && wrong.DstType != nil {
			e.Text = "got another sort of value, want " + sortOf(wrong.DstType) + "; see docs/format/contract.md"
		}
		if token := known.GetToken(); token != nil && token.Position != nil {
			e.Line = token.Position.Line
		}
		return e
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return &Error{Kind: Invalid, Text: first + "; see docs/format/contract.md"}
}

// sortOf is the word for the values of a type of the contract.
func sortOf(want reflect.Type) string {
	switch want.Kind() {
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "one word or text"
	case reflect.Slice:
		return "a list: [a, b]"
	case reflect.Pointer:
		return sortOf(want.Elem())
	}
	return "keys with values: {key: value}"
}

// plainYAML refuses what makes one text mean another: anchors, aliases, merges and tags.
func plainYAML(body ast.Node) error {
	v := &plainVisitor{}
	ast.Walk(v, body)
	if v.found == nil {
		return nil
	}
	return v.found
}

type plainVisitor struct{ found *Error }

// Visit stops at the first node that is not plain.
func (v *plainVisitor) Visit(node ast.Node) ast.Visitor {
	switch node.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode, *ast.TagNode:
		if v.found == nil {
			v.found = &Error{Kind: Invalid, Line: lineOf(node), Text: "anchors (&), aliases (*), merges (<<) and tags (!) are not used in contracts; write the value out, in quotes if it is a text"}
		}
		return nil
	}
	return v
}

func lineOf(node ast.Node) int {
	if t := node.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 0
}

// walk notes the line of every key and finds keys that the contract does not have.
func walk(node ast.Node, want reflect.Type, path string, find *findings) {
	isStruct := want.Kind() == reflect.Struct
	if !isStruct && want.Kind() != reflect.Map {
		return
	}
	pairs, ok := pairsOf(node)
	if !ok {
		if _, null := node.(*ast.NullNode); !null {
			key := path
			if key == "" {
				key = "contract"
			}
			find.list = append(find.list, &Error{Kind: Invalid, Key: key, Line: lineOf(node), Text: "got a single value or a list, want keys with values (key: value)"})
		}
		return
	}
	for _, pair := range pairs {
		name := keyName(pair.Key)
		full := strings.TrimPrefix(path+"."+name, ".")
		find.lines[full] = lineOf(pair.Key)
		if !isStruct {
			walk(pair.Value, want.Elem(), full, find)
			continue
		}
		field, known := fieldOf(want, name)
		if !known {
			find.unknownKey(full, name, want)
			continue
		}
		walk(pair.Value, field, full, find)
	}
}

// unknownKey says which key was perhaps meant.
func (f *findings) unknownKey(full, name string, in reflect.Type) {
	if alertWord(name) {
		f.refuse("27.3", full, "%s", noAlerts)
		return
	}
	if kind := refusedName(name); kind != nil && kind.why == whyJudging {
		f.refuse("9.1", full, "the key asks for %s: %s; take it out", kind.what, kind.why)
		return
	}
	names := keysOf(in)
	slices.Sort(names)
	f.invalid(full, "unknown key %.40q; %s", name, didYouMean(name, names))
}

func pairsOf(node ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

func keyName(key ast.MapKeyNode) string {
	if s, ok := key.(*ast.StringNode); ok {
		return s.Value
	}
	return strings.TrimSpace(key.String())
}

// fieldOf is the type of the field of that key.
func fieldOf(in reflect.Type, key string) (reflect.Type, bool) {
	for i := range in.NumField() {
		if tag, ok := in.Field(i).Tag.Lookup("yaml"); ok && tag == key {
			return in.Field(i).Type, true
		}
	}
	return nil, false
}

// keysOf lists the keys of a struct of the contract.
func keysOf(in reflect.Type) []string {
	var keys []string
	for i := range in.NumField() {
		if tag, ok := in.Field(i).Tag.Lookup("yaml"); ok {
			keys = append(keys, tag)
		}
	}
	return keys
}
