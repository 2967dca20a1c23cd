package driver_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func readSchema(t *testing.T, path string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	return schema
}

// known are the words of JSON Schema that validate understands; a schema with others is refused, so that nothing in it is
// silently not checked.
var known = []string{"$schema", "$id", "$defs", "$ref", "title", "description", "type", "properties", "required", "additionalProperties", "items", "minItems",
	"enum", "const", "pattern", "minimum", "anyOf", "minLength"}

// validate is the part of JSON Schema 2020-12 that the schemas of this project use. It returns what does not fit.
func validate(root, s map[string]any, v any, at string) (faults []string) {
	for word := range s {
		if !slices.Contains(known, word) {
			return []string{at + ": the schema uses " + word + ", which is not checked here"}
		}
	}
	say := func(format string, args ...any) { faults = append(faults, at+": "+fmt.Sprintf(format, args...)) }
	if ref, ok := s["$ref"].(string); ok {
		return validate(root, root["$defs"].(map[string]any)[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any), v, at)
	}
	if any, ok := s["anyOf"].([]any); ok && !slices.ContainsFunc(any, func(one interface{}) bool { return len(validate(root, one.(map[string]interface{}), v, at)) == 0 }) {
		say("fits none of the choices")
	}
	if want, ok := s["type"]; ok && !hasType(v, want) {
		say("is %T, want %v", v, want)
		return faults
	}
	if list, ok := s["enum"].([]any); ok && !slices.Contains(list, v) {
		say("%v is not one of %v", v, list)
	}
	if want, ok := s["const"]; ok && v != want {
		say("%v, want %v", v, want)
	}
	switch v := v.(type) {
	case string:
		if p, ok := s["pattern"].(string); ok && !regexp.MustCompile(p).MatchString(v) {
			say("%q does not match %s", v, p)
		}
		if n, ok := s["minLength"].(float64); ok && len(v) < int(n) {
			say("%q is too short", v)
		}
	case float64:
		if low, ok := s["minimum"].(float64); ok && v < low {
			say("%v is less than %v", v, low)
		}
	case []any:
		if n, ok := s["minItems"].(float64); ok && len(v) < int(n) {
			say("%d items, want at least %v", len(v), n)
		}
		if items, ok := s["items"].(map[string]any); ok {
			for i, one := range v {
				faults = append(faults, validate(root, items, one, fmt.Sprintf("%s/%d", at, i))...)
			}
		}
	case map[string]any:
		faults = append(faults, validateObject(root, s, v, at)...)
	}
	return faults
}

func validateObject(root, s, v map[string]any, at string) (faults []string) {
	properties, _ := s["properties"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(v)) {
		below := at + "/" + name
		if p, ok := properties[name].(map[string]any); ok {
			faults = append(faults, validate(root, p, v[name], below)...)
			continue
		}
		switch others := s["additionalProperties"].(type) {
		case bool:
			if !others {
				faults = append(faults, below+": is not in the schema")
			}
		case map[string]any:
			faults = append(faults, validate(root, others, v[name], below)...)
		}
	}
	required, _ := s["required"].([]any)
	for _, name := range required {
		if _, ok := v[name.(string)]; !ok {
			faults = append(faults, at+"/"+name.(string)+": is missing")
		}
	}
	return faults
}

func hasType(v any, want any) bool {
	if list, ok := want.([]any); ok {
		return slices.ContainsFunc(list, func(one any) bool { return hasType(v, one) })
	}
	switch v := v.(type) {
	case nil:
		return want == "null"
	case string:
		return want == "string"
	case bool:
		return want == "boolean"
	case float64:
		return want == "number" || want == "integer" && v == float64(int64(v))
	case []any:
		return want == "array"
	}
	return want == "object"
}
