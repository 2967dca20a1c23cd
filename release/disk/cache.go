package disk

import (
	"container/list"

	"github.com/throng-stats/throng/release"
)

// Bounds of the memory of decoded tables, and of manifests: a thousand of them and more.
const (
	tableBytes    = 256 << 20
	manifestBytes = 16 << 20
)

// cache keeps the values that were asked for last. It is not safe for several goroutines by itself.
type cache[V any] struct {
	limit, used int64
	size        func(V) int64 // bytes of a value, about
	order       *list.List    // of *kept, last used first
	at          map[string]*list.Element
}

type kept[V any] struct {
	key   string
	value V
	bytes int64
}

func newCache[V any](limit int64, size func(V) int64) cache[V] {
	return cache[V]{limit: limit, size: size, order: list.New(), at: map[string]*list.Element{}}
}

func (c *cache[V]) find(key string) (value V, ok bool) {
	e, ok := c.at[key]
	if !ok {
		return value, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*kept[V]).value, true
}

func (c *cache[V]) keep(key string, value V) {
	if _, ok := c.at[key]; ok {
		return
	}
	one := &kept[V]{key, value, c.size(value)}
	if one.bytes > c.limit {
		return
	}
	c.at[key] = c.order.PushFront(one)
	for c.used += one.bytes; c.used > c.limit; {
		last := c.order.Back()
		old := last.Value.(*kept[V])
		c.order.Remove(last)
		delete(c.at, old.key)
		c.used -= old.bytes
	}
}

// sizeOfTable is about the memory of a table: 8 bytes a number, 16 a status, 40 a code.
func sizeOfTable(t release.Table) int64 {
	n := 8*(len(t.Cells)+len(t.Raw)+len(t.Estimate)+len(t.NoiseSD)+len(t.AllocSD)+len(t.ScaleSD)) + 16*len(t.Status)
	for _, d := range t.Shape.Dims {
		n += 40 * len(d.Codes)
	}
	return int64(n)
}

// sizeOfManifest is about the memory of a manifest: its texts, and what holds them.
func sizeOfManifest(m release.Manifest) int64 {
	n := 1000
	for _, p := range m.Parts {
		n += 100 + len(p.Table) + 60*len(p.Domain)
	}
	for _, f := range m.Files {
		n += 40 + len(f.Path) + len(f.SHA256)
	}
	for key, word := range m.Options {
		n += 50 + len(key) + len(word)
	}
	return int64(n + 200*len(m.Sources))
}
