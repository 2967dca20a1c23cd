package ledger

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"sync"
)

// Loss says what a crash of Memory leaves of what was not synced.
type Loss int

// The losses: everything that was written survives; nothing that was not synced does, neither bytes nor names; names
// survive and half of the bytes.
const (
	LoseNothing Loss = iota
	LoseUnsynced
	LoseHalf
)

// ErrCrashed answers every operation after a crash.
var ErrCrashed = errors.New("crashed")

// RAM is a folder in memory that remembers what is durable and can crash. It is safe for concurrent use.
type RAM struct {
	mu      sync.Mutex
	live    map[string]*ramFile
	durable map[string]*ramFile // names as of the last SyncDir
	owner   string              // of the lock; "" when free
	log     []string
	done    int // operations that change something
	crashAt int // 0: never
	loss    Loss
	crashed bool
	fail    map[int]error
}

type ramFile struct {
	bytes  []byte
	synced int
}

// Memory returns an empty folder in memory. A ledger in it serves tests, demonstrations and attacks; it is gone with the
// process.
func Memory() *RAM {
	return &RAM{live: map[string]*ramFile{}, durable: map[string]*ramFile{}, fail: map[int]error{}}
}

// CrashAt crashes at the n-th operation that changes something, counted from 1 and from the making of the folder.
func (m *RAM) CrashAt(n int, loss Loss) { m.crashAt, m.loss = n, loss }

// FailAt lets the n-th operation that changes something answer an error and change nothing.
func (m *RAM) FailAt(n int, err error) { m.fail[n] = err }

// Operations is the number of operations that changed something so far.
func (m *RAM) Operations() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.done
}

// Log returns a line for each operation and note so far.
func (m *RAM) Log() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.log)
}

// Note writes a line of the caller's into the log.
func (m *RAM) Note(text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.log = append(m.log, "# "+text)
}

// BreakLock frees the lock under its holder, as a file system does that keeps none.
func (m *RAM) BreakLock() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.owner = ""
}

// Restart returns the folder as the next process finds it after a crash, or now.
func (m *RAM) Restart() *RAM {
	m.mu.Lock()
	defer m.mu.Unlock()
	next, names := Memory(), m.live
	if m.loss == LoseUnsynced {
		names = m.durable
	}
	for name, f := range names {
		keep := len(f.bytes)
		switch m.loss {
		case LoseUnsynced:
			keep = f.synced
		case LoseHalf:
			keep = f.synced + (len(f.bytes)-f.synced)/2
		}
		next.live[name] = &ramFile{slices.Clone(f.bytes[:keep]), keep}
	}
	next.durable = maps.Clone(next.live)
	return next
}

// WriteFile puts a file into the folder as it is, durable, without an operation: how tests edit what lies on disk.
func (m *RAM) WriteFile(name string, text []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.live[name] = &ramFile{slices.Clone(text), len(text)}
	m.durable[name] = m.live[name]
}

// do runs one operation that changes something, unless it is the one that fails or crashes.
func (m *RAM) do(text string, change func()) error {
	if m.crashed {
		return ErrCrashed
	}
	m.done++
	m.log = append(m.log, text)
	if err := m.fail[m.done]; err != nil {
		return err
	}
	if m.done == m.crashAt {
		m.crashed = true
		if m.loss == LoseNothing {
			change()
		}
		return ErrCrashed
	}
	change()
	return nil
}

// ReadFile returns a copy of the file as it is seen now, durable or not.
func (m *RAM) ReadFile(name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f, ok := m.live[name]
	switch {
	case m.crashed:
		return nil, ErrCrashed
	case !ok:
		return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	m.log = append(m.log, "read "+name)
	return slices.Clone(f.bytes), nil
}

// ReadEnd returns the last bytes of a file, most of them at most, and its size.
func (m *RAM) ReadEnd(name string, most int) (end []byte, size int, err error) {
	all, err := m.ReadFile(name)
	return all[max(0, len(all)-most):], len(all), err
}

// List returns the names in ascending order.
func (m *RAM) List() ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.crashed {
		return nil, ErrCrashed
	}
	m.log = append(m.log, "list")
	return slices.Sorted(maps.Keys(m.live)), nil
}

// Create makes an empty file.
func (m *RAM) Create(name string) (File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := &ramFile{}
	err := m.do("create "+name, func() { m.live[name] = f })
	return &ramHandle{m, f, name}, err
}

// OpenAppend opens a file at its end.
func (m *RAM) OpenAppend(name string) (File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.live[name]
	if f == nil {
		f = &ramFile{}
	}
	err := m.do("append to "+name, func() { m.live[name] = f })
	return &ramHandle{m, f, name}, err
}

// Rename gives a file another name.
func (m *RAM) Rename(from, to string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.live[from]
	if f == nil && !m.crashed {
		return fmt.Errorf("%s: %w", from, fs.ErrNotExist)
	}
	return m.do("rename "+from+" "+to, func() { m.live[to] = f; delete(m.live, from) })
}

// SyncDir makes the names durable.
func (m *RAM) SyncDir() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.do("sync folder", func() { m.durable = maps.Clone(m.live) })
}

// Lock takes the one lock of the folder.
func (m *RAM) Lock(name, owner string) (io.Closer, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.owner != "" && !m.crashed {
		return nil, ErrLocked
	}
	err := m.do("lock "+name, func() {
		m.owner = owner
		m.live[name] = &ramFile{[]byte(owner + "\n"), 0}
	})
	return ramLock{m, owner}, err
}

type ramLock struct {
	m     *RAM
	owner string
}

func (l ramLock) Close() error {
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	if l.m.owner == l.owner {
		l.m.owner = ""
	}
	return nil
}

type ramHandle struct {
	m    *RAM
	f    *ramFile
	name string
}

func (h *ramHandle) Write(p []byte) (int, error) {
	h.m.mu.Lock()
	defer h.m.mu.Unlock()
	write := func() { h.f.bytes = append(h.f.bytes, p...) }
	err := h.m.do(fmt.Sprintf("write %s %d", h.name, len(p)), write)
	if err == nil {
		return len(p), nil
	}
	if err == ErrCrashed && h.m.done == h.m.crashAt && h.m.loss == LoseHalf {
		write() // Restart keeps half of it
		h.m.crashAt = -1
	}
	return 0, err
}

func (h *ramHandle) Sync() error {
	h.m.mu.Lock()
	defer h.m.mu.Unlock()
	return h.m.do("sync "+h.name, func() { h.f.synced = len(h.f.bytes) })
}

func (h *ramHandle) Close() error { return nil }
