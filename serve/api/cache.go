package api

import (
	"container/list"
	"sync"
)

// cache keeps the last values that were made, by a key that names their content. A value is made once, however many
// requests want it at a time, and an error is not kept.
type cache[V any] struct {
	mu    sync.Mutex
	size  int
	order *list.List // front: used last
	at    map[string]*list.Element
}

type entry[V any] struct {
	key   string
	once  sync.Once
	value V
	err   error
}

func newCache[V any](size int) *cache[V] {
	return &cache[V]{size: size, order: list.New(), at: map[string]*list.Element{}}
}

func (c *cache[V]) get(key string, make func() (V, error)) (V, error) {
	c.mu.Lock()
	el, ok := c.at[key]
	if ok {
		c.order.MoveToFront(el)
	} else {
		el = c.order.PushFront(&entry[V]{key: key})
		c.at[key] = el
		if c.order.Len() > c.size {
			last := c.order.Back()
			c.order.Remove(last)
			delete(c.at, last.Value.(*entry[V]).key)
		}
	}
	e := el.Value.(*entry[V])
	c.mu.Unlock()
	e.once.Do(func() { e.value, e.err = make() })
	if e.err != nil {
		c.drop(key, el)
	}
	return e.value, e.err
}

func (c *cache[V]) drop(key string, el *list.Element) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at[key] == el {
		c.order.Remove(el)
		delete(c.at, key)
	}
}
