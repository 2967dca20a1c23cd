package pool_test

import (
	"math"
	"reflect"
	"testing"

	"github.com/throng-stats/throng/reckon/pool"
)

func TestTotal(t *testing.T) {
	v := func(x float64) pool.Value { return pool.Value{V: x} }
	hidden := pool.Value{Hidden: true}
	got := pool.Total([][]pool.Row{
		{{"b", []pool.Value{v(10)}}, {"a", []pool.Value{v(1)}}, {"a", []pool.Value{v(2)}}, {"c", []pool.Value{hidden}}},
		{{"b", []pool.Value{hidden}}, {"c", []pool.Value{hidden}}},
	}, []float64{.5, 2})
	want := []pool.Row{{"a", []pool.Value{v(1.5)}}, {"b", []pool.Value{{V: 5, Partial: true}}}, {"c", []pool.Value{hidden}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := pool.Total(nil, nil); len(got) != 0 {
		t.Errorf("nothing: got %v", got)
	}
}

// The rows of methods.md, section 22, on the rule of five: by default devices decide, in the reference what they scale to.
func TestRuleOfFive(t *testing.T) {
	const k = 5
	for _, c := range []struct {
		devices, people float64
		f               pool.Factors
		published       bool
	}{{1, 5.13, pool.UsualResidents, true}, {1, 3.99, pool.UsualInbound, false}, {2, 7.98, pool.UsualInbound, true}} {
		people := c.f.People(c.devices)
		if math.Abs(people-c.people) > 1e-9 {
			t.Errorf("%v devices: got %v people, want %v", c.devices, people, c.people)
		}
		if got := pool.ReferenceHidden(people, k); (got != -1) != c.published {
			t.Errorf("%v devices: the reference writes %v, published %v wanted", c.devices, got, c.published)
		}
		if !pool.Hidden(c.devices, k) {
			t.Errorf("%v devices: shown, want hidden", c.devices)
		}
	}
	if pool.Hidden(5, k) || pool.ReferenceHidden(5, k) != 5 {
		t.Error("exactly k is hidden, want shown")
	}
}

// A missing factor takes its own default, not that of the other (D5).
func TestFactorsOr(t *testing.T) {
	if got := (pool.Factors{Population: 3}).Or(pool.UsualInbound); got != (pool.Factors{Dedup: .95, Population: 3}) {
		t.Errorf("got %v", got)
	}
	if got := (pool.Factors{Dedup: .9}).Or(pool.UsualInbound); got != (pool.Factors{Dedup: .9, Population: 4.2}) {
		t.Errorf("got %v", got)
	}
}
