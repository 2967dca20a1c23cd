package api

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestStrict draws what the reader makes of a body: its places, or its refusal.
func TestStrict(t *testing.T) {
	for body, want := range map[string]string{
		`{"a":[1,true,"x"],"b/~":{}}`: `/a/0=1 /a/1=true /a/2=x`,
		`{"a":1,"A":2}`:               `/a=1 /A=2`,
		`{"a":"\u00e9\ud83d\ude00"}`:  `/a=é😀`,
		` {"a":-1.5e3}` + "\n":        `/a=-1.5e3`,
		`{"a":1,"a":1}`:               `bad-json /a`,
		`{"a":{"b":null}}`:            `bad-json /a/b`,
		`{"a/b":[null]}`:              `bad-json /a~1b/0`,
		`{"a":01}`:                    `bad-json`,
		`{"a":1}}`:                    `bad-json`,
		`{"a":"\udc00"}`:              `bad-json`,
		`{"a":` + strings.Repeat("[", 15) + strings.Repeat("]", 15) + `}`: ``,
		`{"a":` + strings.Repeat("[", 16) + strings.Repeat("]", 16) + `}`: `bad-json /a` + strings.Repeat("/0", 15),
		`[1]`: `bad-type `,
	} {
		n, err := parseStrict([]byte(body))
		got := strings.TrimSpace(draw(n))
		var p *problem
		if errors.As(err, &p) {
			got = p.code
			for _, f := range p.Errors {
				got += " " + f.Pointer
			}
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", body, got, want)
		}
	}
}

func draw(n node) string {
	if n.kind != "object" && n.kind != "array" {
		return n.pointer + "=" + n.text + " "
	}
	all := ""
	for _, one := range n.items {
		all += draw(one)
	}
	return all
}

func TestIntervals(t *testing.T) {
	for text, want := range map[string]string{
		"2026-02-03T00:00:00+01:00/2026-02-04T00:00:00+01:00": "2026-02-02T23:00:00Z 24h0m0s",
		"2026-02-03T00:00:00Z/P1D":                            "2026-02-03T00:00:00Z 24h0m0s",
		"2026-02-03T00:00:00Z/P2W":                            "2026-02-03T00:00:00Z 336h0m0s",
		"2026-02-03T00:00:00.5Z/PT90M":                        "2026-02-03T00:00:00.5Z 1h30m0s",
		"2026-02-03T00:00:00Z/P1DT1H1M":                       "2026-02-03T00:00:00Z 25h1m0s",
		"2026-02-03T00:00:00Z/PT0H":                           "refused",
		"2026-02-03T00:00:00Z/P1M":                            "refused",
		"2026-02-03T00:00:00Z":                                "refused",
		"2026-02-03T00:00:00z/P1D":                            "refused",
		"P1D/2026-02-03T00:00:00Z":                            "refused",
		"2026-02-03T24:00:00Z/P1D":                            "refused",
	} {
		from, to, err := interval(text)
		got := "refused"
		if err == nil {
			got = from.Format(time.RFC3339Nano) + " " + to.Sub(from).String()
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

func TestGaps(t *testing.T) {
	for names, want := range map[string]string{
		"2026-02-27 2026-03-02": "[2026-02-28 2026-03-01]",
		"2026-02-03":            "[]",
		"2026-02-03 2026-02-04 2026-02-06 2026-02-07": "[2026-02-05]",
		"2025-11 2026-02":       "[2025-12 2026-01]",
		"2026-02-03 2026-02-03": "[]", // two geographies
		"x y":                   "[]",
	} {
		if got := fmt.Sprint(gaps(strings.Fields(names))); got != want {
			t.Errorf("%s: got %s, want %s", names, got, want)
		}
	}
}

func TestCache(t *testing.T) {
	c := newCache[int](2)
	made := map[string]int{}
	var mu sync.Mutex
	get := func(key string, err error) (int, error) {
		return c.get(key, func() (int, error) {
			mu.Lock()
			defer mu.Unlock()
			made[key]++
			return len(key), err
		})
	}
	var wait sync.WaitGroup
	for range 10 {
		wait.Go(func() { get("aa", nil) })
	}
	wait.Wait()
	get("b", nil)
	get("aa", nil)
	get("c", nil) // drops b, which was used last before aa
	get("b", nil)
	if made["aa"] != 1 || made["b"] != 2 {
		t.Errorf("made %v, want aa once and b twice", made)
	}
	broken := errors.New("broken")
	if _, err := get("d", broken); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if v, err := get("d", nil); err != nil || v != 1 {
		t.Errorf("an error was kept: %v", err)
	}
}

func TestClip(t *testing.T) {
	if got := clip(strings.Repeat("é", 300)); got != strings.Repeat("é", 200) {
		t.Errorf("got %d bytes", len(got))
	}
	if got := clip("\xff\xfe"); got != "2 bytes that are not UTF-8" {
		t.Errorf("got %q", got)
	}
}
