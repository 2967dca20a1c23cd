package api

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	maxBody  = 1 << 20 // bytes
	maxDepth = 16      // objects and arrays in each other
)

// node is a JSON value with its place. encoding/json would accept names in another case, duplicate names, null for
// anything and text after the value; a node has none of these.
type node struct {
	pointer string // RFC 6901
	kind    string // "object", "array", "string", "number", "boolean"
	text    string // of a string; of a number as it was written
	names   []string
	items   []node // of an array, or of an object in the order of names
}

// readBody reads the strict JSON object of a request.
func readBody(r *http.Request) (node, error) {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return node{}, newProblem("bad-media", "want the header Content-Type: application/json").
			at("Content-Type", r.Header.Get("Content-Type"), "application/json")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	switch {
	case err != nil:
		return node{}, newProblem("bad-json", "the body ended early; send it again")
	case len(body) > maxBody:
		return node{}, newProblem("too-large", "the body has more than "+strconv.Itoa(maxBody)+" bytes")
	}
	return parseStrict(body)
}

// parseStrict reads one strict JSON object: UTF-8, exact, without duplicates, null, or anything after it.
func parseStrict(body []byte) (node, error) {
	if !utf8.Valid(body) {
		return node{}, newProblem("bad-json", "the body is not UTF-8")
	}
	if bytes.Contains(body, []byte(`\u`)) && bytes.ContainsRune(decodeEscapes(body), utf8.RuneError) {
		return node{}, newProblem("bad-json", "the body has half a surrogate pair")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	n, err := parseValue(d, "", 0)
	if err != nil {
		return node{}, err
	}
	if _, err := d.Token(); err != io.EOF {
		return node{}, newProblem("bad-json", "there is text after the object, at byte "+strconv.FormatInt(d.InputOffset(), 10))
	}
	if n.kind != "object" {
		return node{}, wrong("bad-type", "", n.kind, "object")
	}
	return n, nil
}

// decodeEscapes resolves the escapes of all strings of a body, so that half a surrogate shows as U+FFFD. A body that
// cannot be read yields nothing here and its error later.
func decodeEscapes(body []byte) []byte {
	var out []byte
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	for {
		t, err := d.Token()
		if err != nil {
			return out
		}
		if s, ok := t.(string); ok {
			out = append(out, s...)
		}
	}
}

func parseValue(d *json.Decoder, pointer string, depth int) (node, error) {
	t, err := d.Token()
	if err != nil {
		return node{}, syntax(d, err)
	}
	switch t := t.(type) {
	case string:
		return node{pointer: pointer, kind: "string", text: t}, nil
	case json.Number:
		return node{pointer: pointer, kind: "number", text: t.String()}, nil
	case bool:
		return node{pointer: pointer, kind: "boolean", text: strconv.FormatBool(t)}, nil
	case json.Delim:
		if depth == maxDepth {
			return node{}, wrong("bad-json", pointer, "more levels", "at most "+strconv.Itoa(maxDepth)+" levels of objects and arrays")
		}
		if t == '{' {
			return parseObject(d, pointer, depth+1)
		}
		return parseArray(d, pointer, depth+1)
	}
	return node{}, wrong("bad-json", pointer, "null", "a value; leave the field out instead of null")
}

func parseObject(d *json.Decoder, pointer string, depth int) (node, error) {
	n := node{pointer: pointer, kind: "object"}
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return node{}, syntax(d, err)
		}
		name, _ := t.(string) // the decoder lets nothing else stand here
		at := pointer + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
		if seen[name] {
			return node{}, wrong("bad-json", at, "the name twice", "each name once")
		}
		seen[name] = true
		item, err := parseValue(d, at, depth)
		if err != nil {
			return node{}, err
		}
		n.names, n.items = append(n.names, name), append(n.items, item)
	}
	_, err := d.Token()
	return n, syntax(d, err)
}

func parseArray(d *json.Decoder, pointer string, depth int) (node, error) {
	n := node{pointer: pointer, kind: "array"}
	for d.More() {
		item, err := parseValue(d, pointer+"/"+strconv.Itoa(len(n.items)), depth)
		if err != nil {
			return node{}, err
		}
		n.items = append(n.items, item)
	}
	_, err := d.Token()
	return n, syntax(d, err)
}

func syntax(d *json.Decoder, err error) error {
	if err == nil {
		return nil
	}
	return newProblem("bad-json", "the body is not JSON near byte "+strconv.FormatInt(d.InputOffset(), 10))
}

// is checks the kind of a value.
func (n node) is(kind string) error {
	if n.kind != kind {
		return wrong("bad-type", n.pointer, n.kind, kind)
	}
	return nil
}

// only checks that an object has no other names than these.
func (n node) only(names ...string) error {
	if err := n.is("object"); err != nil {
		return err
	}
	for i, name := range n.names {
		if !slices.Contains(names, name) {
			return wrong("unknown-field", n.items[i].pointer, name, "one of "+strings.Join(names, ", "))
		}
	}
	return nil
}

// field returns a member of an object.
func (n node) field(name string) (node, bool) {
	i := slices.Index(n.names, name)
	if i < 0 {
		return node{}, false
	}
	return n.items[i], true
}

// words reads an array of strings, none twice.
func (n node) words(most int) ([]string, error) {
	if err := n.is("array"); err != nil {
		return nil, err
	}
	if len(n.items) > most {
		return nil, wrong("too-large", n.pointer, strconv.Itoa(len(n.items))+" items", "at most "+strconv.Itoa(most))
	}
	var list []string
	for _, item := range n.items {
		if err := item.is("string"); err != nil {
			return nil, err
		}
		list = append(list, item.text)
	}
	return list, nil
}
