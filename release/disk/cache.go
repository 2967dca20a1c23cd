package disk

import (
	"container/list"

	"github.com/throng-stats/throng/release"
)

// cacheBytes bounds the memory of decoded tables.
const cacheBytes = 256 << 20

// cache keeps the tables that were asked for last. It is not safe for several goroutines by itself.
type cache struct {
	limit, used int64
	order       *list.List // of *kept, last used first
	at          map[string]*list.Element
}

type kept struct {
	key   string
	table release.Table
	bytes int64
}

func newCache(limit int64) cache {
	return cache{limit: limit, order: list.New(), at: map[string]*list.Element{}}
}

func (c *cache) find(key string) (release.Table, bool) {
	e, ok := c.at[key]
	if !ok {
		return release.Table{}, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*kept).table, true
}

func (c *cache) keep(key string, t release.Table) {
	if _, ok := c.at[key]; ok {
		return
	}
	one := &kept{key, t, size(t)}
	if one.bytes > c.limit {
		return
	}
	c.at[key] = c.order.PushFront(one)
	for c.used += one.bytes; c.used > c.limit; {
		last := c.order.Back()
		old := last.Value.(*kept)
		c.order.Remove(last)
		delete(c.at, old.key)
		c.used -= old.bytes
	}
}

// size is about the memory of a table: 8 bytes a number, 16 a status, 40 a code.
func size(t release.Table) int64 {
	n := 8*(len(t.Cells)+len(t.Raw)+len(t.Estimate)+len(t.NoiseSD)+len(t.AllocSD)+len(t.ScaleSD)) + 16*len(t.Status)
	for _, d := range t.Shape.Dims {
		n += 40 * len(d.Codes)
	}
	return int64(n)
}
