package config

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
)

// Canonical is the text of the contract with defaults written out, keys sorted and empty keys left out: indented JSON,
// which is YAML too and reads back to the same contract. Paths stand there as the contract has them, so the same
// contract in another folder has the same text.
func (c *Contract) Canonical() []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(tree(reflect.ValueOf(*c))); err != nil {
		panic(fmt.Sprintf("config: a contract is made of texts and numbers, got %v", err))
	}
	return b.Bytes()
}

// SHA256 is the digest of the canonical text, in hexadecimal; it names the contract in every release.
func (c *Contract) SHA256() string {
	sum := sha256.Sum256(c.Canonical())
	return hex.EncodeToString(sum[:])
}

// tree turns a value of the contract into maps, lists and scalars, without what is empty.
func tree(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Struct:
		keys := map[string]any{}
		for i := range v.NumField() {
			tag, ok := v.Type().Field(i).Tag.Lookup("yaml")
			if !ok || isEmpty(v.Field(i)) {
				continue
			}
			keys[tag] = tree(v.Field(i))
		}
		return keys
	case reflect.Map:
		keys := map[string]any{}
		for _, key := range v.MapKeys() {
			keys[key.String()] = tree(v.MapIndex(key))
		}
		return keys
	case reflect.Slice:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = tree(v.Index(i))
		}
		return list
	}
	if n, ok := v.Interface().(Nano); ok {
		return json.Number(n.String())
	}
	return v.Interface()
}

func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Map, reflect.Slice:
		return v.Len() == 0
	case reflect.Struct:
		return len(tree(v).(map[string]any)) == 0
	}
	return v.IsZero()
}

// secretOptions are keys whose values stay with the holder: they say where things lie on its machines or who is on a
// list, and shape no number that the rest does not.
var secretOptions = map[string]bool{"state": true, "optout": true, "protected": true, "feed.files": true, "feed.drop": true, "feed.kafka": true, "feed.push": true, "live.signatures": true,
	"cells.file": true, "protected_origins": true, "quiet_guardian.file": true, "quiet_guardian.signature": true, "privacy.caps.signatures": true, "keys": true,
	"attributes.file": true, "attributes.drop": true, "agreement.signed": true, "privacy.signed": true}

// Options are the values that shaped the numbers, by dotted key, as a manifest carries them: everything of the canonical
// text but where files lie on the holder's machines and who signed. Lists are JSON.
func (c *Contract) Options() map[string]string {
	options := map[string]string{}
	flatten("", tree(reflect.ValueOf(*c)), options)
	return options
}

func flatten(key string, value any, into map[string]string) {
	if secretOptions[key] {
		return
	}
	switch v := value.(type) {
	case map[string]any:
		for name, one := range v {
			full := name
			if key != "" {
				full = key + "." + name
			}
			flatten(full, one, into)
		}
	case string:
		into[key] = v
	case int:
		into[key] = strconv.Itoa(v)
	default:
		text, err := json.Marshal(v)
		if err != nil {
			panic(fmt.Sprintf("config: %s cannot be written: %v", key, err))
		}
		into[key] = string(text)
	}
}
