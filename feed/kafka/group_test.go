package kafka

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/throng-stats/throng/feed/rows"
)

// TestGroup: every partition has one owner; who comes gets some, who leaves gives all, and generations grow.
func TestGroup(t *testing.T) { group(t, fake(t)) }

func group(t *testing.T, c *cluster) {
	const partitions = 6
	topic := c.topic(t, partitions, "LogAppendTime")
	var lock sync.Mutex
	owner := map[int]string{}
	latest := int32(-1)
	changed := make(chan bool, 1000)
	join := func(name string) (*Log, *Group) {
		l := open(t, c, topic, rows.JSON)
		g, err := l.Join(context.Background(), Share{
			Given: func(_ context.Context, list []int, generation int32) {
				lock.Lock()
				defer lock.Unlock()
				for _, p := range list {
					if before := owner[p]; before != "" {
						t.Errorf("partition %d is given to %s while %s has it", p, name, before)
					}
					owner[p] = name
				}
				if generation < latest {
					t.Errorf("generation %d after %d", generation, latest)
				}
				latest = generation
				changed <- true
			},
			Taken: func(_ context.Context, list []int, generation int32) {
				lock.Lock()
				defer lock.Unlock()
				for _, p := range list {
					if owner[p] != name {
						t.Errorf("partition %d is taken from %s, and %s has it", p, name, owner[p])
					}
					delete(owner, p)
				}
				changed <- true
			},
			Lost: func(_ context.Context, list []int) { t.Errorf("%s lost %v", name, list) },
		})
		if err != nil {
			t.Fatal(err)
		}
		return l, g
	}
	until := func(ok func() bool) {
		t.Helper()
		for {
			lock.Lock()
			is := ok()
			lock.Unlock()
			if is {
				return
			}
			select {
			case <-changed:
			case <-t.Context().Done():
				t.Fatal("the group does not settle")
			}
		}
	}
	shares := func() (a, b int) {
		for _, name := range owner {
			if name == "a" {
				a++
			} else {
				b++
			}
		}
		return a, b
	}
	first, a := join("a")
	until(func() bool { n, _ := shares(); return n == partitions })
	if err := first.Release(t.Context(), 2, 7); err != nil {
		t.Error(err)
	}
	_, b := join("b")
	until(func() bool { n, m := shares(); return n == 3 && m == 3 })
	if a.Generation() < 1 || !slices.IsSorted(b.Owned()) {
		t.Errorf("got generation %d and partitions %v", a.Generation(), b.Owned())
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	until(func() bool { n, m := shares(); return n == 0 && m == partitions })
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	offsets, err := c.admin.FetchOffsets(t.Context(), "throng-"+topic)
	if err != nil {
		t.Fatal(err)
	}
	if o, ok := offsets.Lookup(topic, 2); !ok || o.At != 7 {
		t.Errorf("the group shows offset %d for partition 2, want 7", o.At)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}
