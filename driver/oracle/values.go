//go:build oracle

package oracle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// name is a name in a case, text or number. It comes out again as it was written, but one text or number has one spelling: 5.0
// is 5. "" stands for null.
type name string

// UnmarshalJSON keeps a string, number or truth value.
func (n *name) UnmarshalJSON(b []byte) error {
	switch b[0] {
	case 'n':
		*n = ""
		return nil
	case '"': // one spelling for each text
		var text string
		if err := json.Unmarshal(b, &text); err != nil {
			return err
		}
		*n = named(text)
		return nil
	case '[', '{':
		return fmt.Errorf("got a list or an object, want a name")
	}
	*n = name(spelled(b))
	return nil
}

// spelled writes a whole number without a fraction; all else stays as it is.
func spelled(b []byte) []byte {
	if !bytes.ContainsAny(b, ".eE") {
		return b
	}
	v, err := strconv.ParseFloat(string(b), 64)
	if err != nil || v != math.Trunc(v) || math.Abs(v) > 1<<53 {
		return b
	}
	return strconv.AppendInt(nil, int64(v), 10)
}

// MarshalJSON writes the name as it was read.
func (n name) MarshalJSON() ([]byte, error) {
	if n == "" {
		return []byte("null"), nil
	}
	return []byte(n), nil
}

// text is the name without quotes, as it stands in the keys of objects.
func (n name) text() string {
	var text string
	if strings.HasPrefix(string(n), `"`) && json.Unmarshal([]byte(n), &text) == nil {
		return text
	}
	return string(n)
}

// named is the name of a text.
func named(text string) name {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(text) != nil {
		return ""
	}
	return name(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

// whole is a whole number, which a case may write as 3 or 3.0.
type whole int64

// UnmarshalJSON reads a whole number.
func (w *whole) UnmarshalJSON(b []byte) error {
	text := string(b)
	if text == "null" {
		return nil
	}
	if v, err := strconv.ParseInt(text, 10, 64); err == nil {
		*w = whole(v)
		return nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || v != math.Trunc(v) || math.Abs(v) > 1<<53 {
		return fmt.Errorf("want a whole number")
	}
	*w = whole(v)
	return nil
}

// plmn is the number of a network, 0 for null; text and number are read alike.
func (n name) plmn() uint32 {
	v, err := strconv.ParseFloat(n.text(), 64)
	if err != nil || v < 0 || v > math.MaxUint32 {
		return 0
	}
	return uint32(v)
}

// numbers gives names numbers in the order in which they first occur.
type numbers struct {
	number map[name]uint32
	names  []name
}

func (n *numbers) of(x name) uint32 {
	if n.number == nil {
		n.number = make(map[name]uint32)
	}
	i, ok := n.number[x]
	if !ok {
		i = uint32(len(n.names))
		n.number[x] = i
		n.names = append(n.names, x)
	}
	return i
}

// grouped collects rows by a key; keys come in order.
func grouped[R any, K ~string](rows []R, key func(R) K) (keys []K, groups map[K][]R) {
	groups = make(map[K][]R)
	for _, r := range rows {
		k := key(r)
		if _, ok := groups[k]; !ok {
			keys = append(keys, k)
		}
		groups[k] = append(groups[k], r)
	}
	slices.Sort(keys)
	return keys, groups
}

// midnight is when a day or month of a case begins.
func midnight(day string) (int64, error) {
	layout := time.DateOnly
	if len(day) == len("2006-01") {
		layout = "2006-01"
	}
	t, err := time.Parse(layout, day)
	if err != nil {
		return 0, fmt.Errorf("got the day or month %.20q, want one such as 2024-05-06 or 2024-05", day)
	}
	return t.UnixMilli(), nil
}

// date is a day of a row, such as 2024-05-06.
type date string

// UnmarshalJSON reads a day that the calendar has.
func (d *date) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		if _, err := time.Parse(time.DateOnly, text); err == nil {
			*d = date(text)
			return nil
		}
	}
	return errors.New("want a day such as 2024-05-06")
}

// dayOf is the day of an instant.
func dayOf(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.DateOnly) }
