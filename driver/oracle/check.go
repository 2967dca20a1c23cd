//go:build oracle

package oracle

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// check finds the first value of a case that is left out or is of another kind than the algorithm reads, and says where it
// stands: events[3].time. A field may be left out or null when its tag says optional; lists, objects and names may be null,
// but a device may not. Values are not repeated in the error.
func check(raw json.RawMessage, t reflect.Type, at string) error {
	if isNull(raw) {
		if nullable(t) {
			return nil
		}
		return fmt.Errorf("%s: got null, want %s", at, kindOf(t))
	}
	if t.Kind() == reflect.Pointer {
		return check(raw, t.Elem(), at)
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		return checkLeaf(raw, t, at)
	}
	switch t.Kind() {
	case reflect.Struct:
		return checkFields(raw, t, at)
	case reflect.Slice, reflect.Array:
		var list []json.RawMessage
		if json.Unmarshal(raw, &list) != nil || t.Kind() == reflect.Array && len(list) != t.Len() {
			return fmt.Errorf("%s: want %s", at, kindOf(t))
		}
		for i, one := range list {
			if err := check(one, t.Elem(), fmt.Sprintf("%s[%d]", at, i)); err != nil {
				return err
			}
		}
		return nil
	case reflect.Map:
		var object map[string]json.RawMessage
		if json.Unmarshal(raw, &object) != nil {
			return fmt.Errorf("%s: want %s", at, kindOf(t))
		}
		for _, key := range slices.Sorted(maps.Keys(object)) {
			if err := check(object[key], t.Elem(), fmt.Sprintf("%s[%.40q]", at, key)); err != nil {
				return err
			}
		}
		return nil
	}
	return checkLeaf(raw, t, at)
}

// checkFields asks for every field that is not optional.
func checkFields(raw json.RawMessage, t reflect.Type, at string) error {
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil {
		return fmt.Errorf("%s: want an object", at)
	}
	for i := range t.NumField() {
		f := t.Field(i)
		column, rest, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() {
			continue
		}
		value, ok := object[column]
		optional := rest == "omitempty" || f.Tag.Get("case") == "optional"
		below := at + "." + column
		if at == top {
			below = column
		}
		switch {
		case optional && (!ok || isNull(value)):
		case !ok:
			return fmt.Errorf("%s: %q is missing", at, column)
		case column == "device" && isNull(value):
			return fmt.Errorf("%s: got null, want a name", below)
		default:
			if err := check(value, f.Type, below); err != nil {
				return err
			}
		}
	}
	return nil
}

// top is where the arguments of a case stand.
const top = "inputs"

func checkLeaf(raw json.RawMessage, t reflect.Type, at string) error {
	err := json.Unmarshal(raw, reflect.New(t).Interface())
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &kind):
		return fmt.Errorf("%s: got a value of the kind %s, want %s", at, strings.Fields(kind.Value)[0], kindOf(t))
	}
	return fmt.Errorf("%s: %w", at, err)
}

func isNull(raw json.RawMessage) bool { return string(raw) == "null" }

func nullable(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return true
	}
	return t == reflect.TypeFor[name]()
}

func kindOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Slice:
		return "a list"
	case reflect.Array:
		return fmt.Sprintf("a list of %d", t.Len())
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a text"
	case reflect.Float64:
		return "a number"
	}
	return "a whole number"
}

// oneOf says which words a field may have.
func oneOf(at, got string, words ...string) error {
	if slices.Contains(words, got) {
		return nil
	}
	return fmt.Errorf("%s: got %.20q, want one of %s", at, got, strings.Join(words, ", "))
}
