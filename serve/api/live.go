package api

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/throng-stats/throng/release"
)

// Limits of /v1/live; /v1/limits prints the first two.
const (
	maxListeners = 256  // at a time
	maxEvents    = 1000 // that are kept for those who were away
	liveWrite    = 10 * time.Second
	liveQuiet    = 15 * time.Second // then a comment is sent, so that nobody on the way takes the connection for dead
	liveLook     = time.Second      // between two looks at the store
	liveRetry    = 3 * time.Second  // after which a browser comes back
	lookShare    = 20               // a look that takes long is not taken more often than this many times its length
)

// happening is one event of /v1/live. It tells which release there is, or is no more, and is the same for every listener: nothing in
// it was chosen by one (privacy.md 27.3).
type happening struct {
	id, name string
	data     []byte
}

// told is what the events release and withdrawal say.
type told struct {
	ID        string         `json:"id"`
	Product   string         `json:"product"`
	Period    release.Period `json:"period"`
	Revision  int            `json:"revision"`
	NotBefore string         `json:"not_before"`
}

// happenings are the events of late, in the order in which the server saw them; of what it saw at once, in that of not_before.
type happenings struct {
	mu        sync.Mutex
	listeners int
	next      time.Time       // of the next look
	known     map[string]bool // ids that were told, some tens of bytes each
	last      []release.Head  // what was listed at the last look; the store's own list
	kept      []happening
	dropped   int // that were before kept
}

// join counts a listener in, unless there are too many.
func (h *happenings) join() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.listeners == maxListeners {
		return false
	}
	h.listeners++
	return true
}

func (h *happenings) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.listeners--
}

// look takes in what has come and gone in the store, when the last look was long enough ago.
func (h *happenings) look(s *server) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	began := time.Now()
	if began.Before(h.next) {
		return nil
	}
	defer func() { h.next = began.Add(max(s.pace, lookShare*time.Since(began))) }()
	list, err := s.store.Heads()
	if err != nil {
		return err
	}
	h.take(list, func(one release.Head) bool { return !private(one) && s.open(one) })
	return nil
}

// take compares what is there, and may be read, with what was told.
func (h *happenings) take(list []release.Head, may func(release.Head) bool) {
	if h.known == nil {
		h.known = map[string]bool{}
	}
	var fresh []release.Head
	stayed := 0
	for _, one := range list {
		switch {
		case h.known[one.ID]:
			stayed++
		case may(one):
			fresh = append(fresh, one)
		}
	}
	if stayed < len(h.known) {
		h.withdraw(list)
	}
	h.last = list
	slices.SortFunc(fresh, inOrder)
	for _, one := range fresh {
		h.known[one.ID] = true
	}
	if over := len(fresh) - maxEvents; over > 0 { // so many that none is kept of what was before
		h.dropped, h.kept, fresh = h.dropped+len(h.kept)+over, nil, fresh[over:]
	}
	for _, one := range fresh {
		h.add(one.ID, "release", one)
	}
}

// inOrder puts what was seen at once in the order in which it could be read.
func inOrder(a, b release.Head) int {
	return cmp.Or(cmp.Compare(a.NotBefore, b.NotBefore), a.Period.Start.Compare(b.Period.Start), cmp.Compare(a.ID, b.ID))
}

// withdraw tells what was told before and is not there any more.
func (h *happenings) withdraw(list []release.Head) {
	there := make(map[string]bool, len(list))
	for _, one := range list {
		there[one.ID] = true
	}
	var gone []release.Head
	for _, one := range h.last {
		if h.known[one.ID] && !there[one.ID] {
			gone = append(gone, one)
			delete(h.known, one.ID)
		}
	}
	slices.SortFunc(gone, inOrder)
	for _, one := range gone {
		h.add("withdrawal-"+one.ID, "withdrawal", one)
	}
}

func (h *happenings) add(id, name string, m release.Head) {
	data, _ := json.Marshal(told{m.ID, m.Product, m.Period, m.Revision, m.NotBefore}) // strings and times always encode
	h.kept = append(h.kept, happening{id, name, data})
	if over := len(h.kept) - maxEvents; over > 0 {
		h.kept, h.dropped = slices.Delete(h.kept, 0, over), h.dropped+over
	}
}

// after is the number of the event after one that a listener names as its last; of one that is not kept, of the next to come.
func (h *happenings) after(id string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := len(h.kept) - 1; i >= 0; i-- {
		if id != "" && h.kept[i].id == id {
			return h.dropped + i + 1
		}
	}
	return h.dropped + len(h.kept)
}

// from lists the events from a number on, the number of the next, and the id of the newest.
func (h *happenings) from(number int) (list []happening, next int, newest string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	next = h.dropped + len(h.kept)
	if n := len(h.kept); n > 0 {
		newest = h.kept[n-1].id
	}
	return slices.Clone(h.kept[min(len(h.kept), max(0, number-h.dropped)):]), next, newest
}

// live answers with server-sent events: release and withdrawal when there are such, and clock every minute of the server's time.
// It knows no parameters: everybody hears the same.
func (s *server) live(r *http.Request) (answer, error) {
	if err := onlyParameters(r); err != nil {
		return answer{}, err
	}
	last := r.Header.Get("Last-Event-ID")
	if last != "" && !pathID.MatchString(last) {
		return answer{}, wrong("bad-parameter", "Last-Event-ID", last, "the id of an event")
	}
	if r.Method == http.MethodGet && !s.happenings.join() {
		p := newProblem("rate-limited", fmt.Sprintf("%d listen already, and this server has no room for more", maxListeners))
		p.retry = liveQuiet
		return answer{}, p.hint("ask GET /v1/releases now and then, with If-None-Match")
	}
	return answer{events: func(w http.ResponseWriter) { s.tell(w, r, last) }}, nil
}

// tell writes events to one listener until it leaves, is too slow, or the server ends.
func (s *server) tell(w http.ResponseWriter, r *http.Request, last string) {
	head := w.Header()
	head.Set("Content-Type", "text/event-stream; charset=utf-8")
	head.Set("Cache-Control", "no-store")
	head.Set("X-Accel-Buffering", "no") // a proxy that gathers an answer before it passes it on would gather this for ever
	if r.Method == http.MethodHead {
		return
	}
	defer s.happenings.leave()
	to := listener{server: s, out: w, control: http.NewResponseController(w)}
	_ = to.control.SetReadDeadline(time.Time{}) // that of the request ends the connection; where there is none, none is lifted
	if s.look() != nil {
		return
	}
	to.number = s.happenings.after(last)
	fmt.Fprintf(&to.text, "retry: %d\n", liveRetry.Milliseconds())
	tick := time.NewTicker(s.pace)
	defer tick.Stop()
	for to.write() == nil {
		select {
		case <-r.Context().Done():
			return
		case <-s.opt.Done:
			return
		case <-tick.C:
		}
		if s.look() != nil {
			return
		}
	}
}

// look looks at the store for everybody. The log gets its error.
func (s *server) look() error {
	err := s.happenings.look(s)
	if err != nil {
		s.opt.Log("api: the store cannot be listed", "error", err.Error())
	}
	return err
}

// listener is somebody who listens.
type listener struct {
	server  *server
	out     http.ResponseWriter
	control *http.ResponseController
	number  int    // of the next event
	minute  string // that was told last
	spoke   time.Time
	text    bytes.Buffer
}

// write sends what is new, and a comment when nothing was for long.
func (l *listener) write() error {
	list, next, newest := l.server.happenings.from(l.number)
	for _, one := range list {
		fmt.Fprintf(&l.text, "id: %s\nevent: %s\ndata: %s\n\n", one.id, one.name, one.data)
	}
	l.number = next
	now := l.server.opt.Now().UTC()
	if minute := now.Format("2006-01-02T15:04"); minute != l.minute || len(list) > 0 {
		l.minute = minute
		data, _ := json.Marshal(struct {
			Time   string `json:"time"`
			Newest string `json:"newest"`
		}{now.Format(time.RFC3339), newest}) // strings always encode
		fmt.Fprintf(&l.text, "event: clock\ndata: %s\n\n", data)
	}
	if l.text.Len() == 0 && time.Since(l.spoke) >= liveQuiet {
		l.text.WriteString(": still here\n\n")
	}
	if l.text.Len() == 0 {
		return nil
	}
	l.spoke = time.Now()
	_ = l.control.SetWriteDeadline(l.spoke.Add(liveWrite)) // not every writer has one
	if _, err := l.out.Write(l.text.Bytes()); err != nil {
		return err
	}
	l.text.Reset()
	return l.control.Flush()
}
