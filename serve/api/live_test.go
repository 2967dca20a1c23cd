package api

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/memory"
	"github.com/throng-stats/throng/serve/servetest"
)

// shelf is a store from which a release can be taken away, and a clock that is set.
type shelf struct {
	memory.Store
	mu   sync.Mutex
	gone []string
	now  time.Time
}

func (s *shelf) Heads() ([]release.Head, error) {
	list, err := s.Store.Heads()
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(list, func(m release.Head) bool { return slices.Contains(s.gone, m.ID) }), err
}

func (s *shelf) take(id string) { s.mu.Lock(); s.gone = append(s.gone, id); s.mu.Unlock() }
func (s *shelf) set(t time.Time) {
	s.mu.Lock()
	s.now = t
	s.mu.Unlock()
}
func (s *shelf) Now() time.Time { s.mu.Lock(); defer s.mu.Unlock(); return s.now }

// stand is a server with the bins of servetest.FillLive of data of a kind, which looks at its store all the time.
func stand(t *testing.T, data string) (*shelf, *server, *httptest.Server, chan struct{}) {
	t.Helper()
	store := &shelf{now: servetest.LiveAt}
	if err := errors.Join(servetest.Fill(&store.Store), servetest.FillLive(&store.Store, data)); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	s := New(store, Options{Now: store.Now, Done: done, IgnoreEmbargo: data == "synthetic"}).(*server)
	s.pace = time.Millisecond
	web := httptest.NewUnstartedServer(s)
	web.Config.ReadTimeout = 100 * time.Millisecond // of a request; an answer that does not end must outlive it
	web.Start()
	t.Cleanup(web.Close)
	return store, s, web, done
}

// ear is one listener. It hears events as "name id" and their data.
type ear struct {
	t     *testing.T
	text  *bufio.Scanner
	close func()
}

func listen(t *testing.T, web *httptest.Server, last string) *ear {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	r, _ := http.NewRequestWithContext(ctx, "GET", web.URL+"/v1/live", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != 200 || answer.Header.Get("Content-Type") != "text/event-stream; charset=utf-8" || answer.Header.Get("Cache-Control") != "no-store" ||
		answer.Header.Get("Content-Encoding") != "" || answer.Header.Get("X-Accel-Buffering") != "no" {
		t.Fatalf("got %d with %v", answer.StatusCode, answer.Header)
	}
	t.Cleanup(cancel)
	return &ear{t, bufio.NewScanner(answer.Body), func() { cancel(); answer.Body.Close() }}
}

// next is the next event that is no clock, as "name id", and its data.
func (e *ear) next() (event, data string) {
	e.t.Helper()
	for {
		name, id, text := e.any()
		if name != "clock" {
			return strings.TrimSpace(name + " " + id), text
		}
	}
}

func (e *ear) any() (name, id, data string) {
	e.t.Helper()
	for e.text.Scan() {
		field, value, _ := strings.Cut(e.text.Text(), ": ")
		switch field {
		case "event":
			name = value
		case "id":
			id = value
		case "data":
			data = value
		case "":
			if name != "" {
				return name, id, data
			}
		}
	}
	return "end", "", ""
}

func (e *ear) want(events ...string) {
	e.t.Helper()
	for _, want := range events {
		if got, _ := e.next(); got != want {
			e.t.Fatalf("heard %q, want %q", got, want)
		}
	}
}

// TestLiveEvents: a release is told when its not_before has come and not before, a private one never, one that is gone is
// withdrawn, and who comes back hears what it has missed.
func TestLiveEvents(t *testing.T) {
	store, _, web, _ := stand(t, "real")
	first := listen(t, web, "")
	if name, _, data := first.any(); name != "clock" || data != `{"time":"2026-02-10T11:05:00Z","newest":"live-2026-02-10T1030"}` {
		t.Fatalf("first heard %s %s, want the clock", name, data)
	}
	m, err := store.Manifest(servetest.Day)
	if err != nil {
		t.Fatal(err)
	}
	secret := m
	secret.ID, secret.Files, secret.Parts, secret.Options = "secret", nil, nil, map[string]string{"publish.private": "true"}
	if _, err := store.Put(release.Draft{Manifest: secret}); err != nil {
		t.Fatal(err)
	}
	late := time.Date(2026, 2, 10, 10, 15, 0, 0, time.UTC)
	if err := servetest.PutLive(&store.Store, late, "real"); err != nil {
		t.Fatal(err)
	}
	event, data := first.next()
	want := `{"id":"live-2026-02-10T1015","product":"present-live","period":{"name":"2026-02-10T10:15Z","start":"2026-02-10T10:15:00Z","end":"2026-02-10T10:30:00Z","time_zone":"Europe/Paris"},"revision":0,"not_before":"2026-02-10T10:41:00Z"}`
	if event != "release live-2026-02-10T1015" || data != want {
		t.Fatalf("heard %s %s, want %s", event, data, want)
	}
	if name, _, data := first.any(); name != "clock" || !strings.Contains(data, `"newest":"live-2026-02-10T1015"`) {
		t.Fatalf("after a release: %s %s, want the clock", name, data)
	}
	store.set(time.Date(2026, 2, 10, 11, 10, 59, 0, time.UTC))
	if name, _, data := first.any(); name != "clock" || !strings.Contains(data, "11:10:59") {
		t.Fatalf("a minute later: %s %s, want the clock and nothing else", name, data)
	}
	store.set(time.Date(2026, 2, 10, 11, 11, 0, 0, time.UTC))
	first.want("release live-2026-02-10T1045")
	store.take(servetest.LiveID(late))
	first.want("withdrawal withdrawal-live-2026-02-10T1015")
	first.close()

	listen(t, web, "live-2026-02-10T1000").want("release live-2026-02-10T1030", "release live-2026-02-10T1015", "release live-2026-02-10T1045", "withdrawal withdrawal-live-2026-02-10T1015")
	listen(t, web, "live-2026-02-10T1045").want("withdrawal withdrawal-live-2026-02-10T1015")
	for _, last := range []string{"never-heard-of", "secret"} {
		e := listen(t, web, last)
		if err := servetest.PutLive(&store.Store, late.Add(-time.Duration(len(last))*time.Hour), "real"); err != nil {
			t.Fatal(err)
		}
		e.want("release " + servetest.LiveID(late.Add(-time.Duration(len(last))*time.Hour)))
		e.close()
	}
}

// TestLiveOrder: what a server finds when it begins is in the order of not_before, and of it the last thousand are kept.
func TestLiveOrder(t *testing.T) {
	h := happenings{}
	var list []release.Head
	for i := range 1200 {
		list = append(list, release.Head{ID: fmt.Sprintf("r%d", 1199-i), NotBefore: fmt.Sprintf("2026-02-03T%02d:%02d:00Z", (1199-i)/60, (1199-i)%60)})
	}
	h.take(list, func(release.Head) bool { return true })
	if len(h.kept) != maxEvents || h.kept[0].id != "r200" || h.kept[999].id != "r1199" {
		t.Fatalf("%d kept, from %s to %s", len(h.kept), h.kept[0].id, h.kept[999].id)
	}
	for id, want := range map[string]int{"r1199": 1200, "r1198": 1199, "r200": 201, "r199": 1200, "": 1200} {
		if got := h.after(id); got != want {
			t.Errorf("after %q comes number %d, want %d", id, got, want)
		}
	}
	for number, want := range map[int]int{1200: 0, 1199: 1, 200: 1000, 3: 1000, 5000: 0} {
		if got, next, newest := h.from(number); len(got) != want || next != 1200 || newest != "r1199" {
			t.Errorf("from %d: %d events, then %d, want %d", number, len(got), next, want)
		}
	}
}

// TestLiveIsBounded: there is room for so many listeners, and room again when one has left; the server can end while they listen.
func TestLiveIsBounded(t *testing.T) {
	_, s, web, done := stand(t, "synthetic")
	s.happenings.listeners = maxListeners - 1
	last := listen(t, web, "")
	answer, err := http.Get(web.URL + "/v1/live")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != 429 || answer.Header.Get("Retry-After") != "15" {
		t.Errorf("one too many is answered %d, Retry-After %q", answer.StatusCode, answer.Header.Get("Retry-After"))
	}
	if answer, err = http.Head(web.URL + "/v1/live"); err != nil || answer.StatusCode != 200 {
		t.Errorf("HEAD is answered %v %v", answer, err)
	}
	last.close()
	for s.happenings.join() == false { // until the server has noticed
		time.Sleep(time.Millisecond)
	}
	s.happenings.leave()
	e := listen(t, web, "")
	close(done)
	e.want("end")
}

// TestLiveLosesNoStore: a store that cannot be listed ends the answer, so that the listener comes back.
func TestLiveLosesNoStore(t *testing.T) {
	s := New(broken{&memory.Store{}}, Options{}).(*server)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("GET", "/v1/live", nil))
	if w.Body.Len() != 0 || s.happenings.listeners != 0 {
		t.Errorf("got %q with %d listeners left", w.Body, s.happenings.listeners)
	}
}

type broken struct{ release.Store }

func (broken) Heads() ([]release.Head, error) { return nil, errors.New("no folder") }
