package api

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/throng-stats/throng/release"
)

// years is a store of n bins of which nothing but heads and manifests is there; it counts the manifests that are read.
type years struct {
	release.Store
	heads []release.Head
	read  int
}

func newYears(n int) *years {
	y := &years{}
	for i := range n {
		start := time.Date(2026, 2, 3, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * 15 * time.Minute)
		y.heads = append(y.heads, release.Head{ID: fmt.Sprintf("live-%06d", i), Product: productLive, Data: "real", Geo: release.GeoRef{ID: "toy", Version: "1"}, NotBefore: start.Add(26 * time.Minute).Format(time.RFC3339),
			Period: release.Period{Name: start.Format(binLayout), Start: start, End: start.Add(15 * time.Minute), TimeZone: "Europe/Paris"}})
	}
	release.Order(y.heads)
	return y
}

func (y *years) Heads() ([]release.Head, error) { return y.heads, nil }

func (y *years) Manifest(id string) (release.Manifest, error) {
	y.read++
	i := slices.IndexFunc(y.heads, func(h release.Head) bool { return h.ID == id })
	if i < 0 {
		return release.Manifest{}, release.ErrMissing
	}
	h := y.heads[i]
	return release.Manifest{ID: h.ID, Product: h.Product, Period: h.Period, Geo: h.Geo, Data: h.Data, NotBefore: h.NotBefore}, nil
}

// TestManyReleases: an answer reads the manifests that it needs and no others, however many there are.
func TestManyReleases(t *testing.T) {
	y := newYears(3000)
	h := New(y, Options{Now: func() time.Time { return time.Date(2027, 2, 3, 0, 0, 0, 0, time.UTC) }})
	for _, c := range []struct {
		path string
		most int
	}{{"/v1", 1}, {"/v1/products", 1}, {"/v1/products/present-live", 1}, {"/v1/available?product=present-live", 0}, {"/v1/geographies", 0},
		{"/v1/releases?limit=5", 5}, {"/v1/releases?revision=latest&from=2026-02-04&to=2026-02-04", 96}, {"/v1/releases/live-000007", 1}} {
		y.read = 0
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", c.path, nil))
		if w.Code != 200 || y.read != c.most {
			t.Errorf("%s: %d, %d manifests were read, want %d: %.200s", c.path, w.Code, y.read, c.most, w.Body)
		}
	}
}

// TestPages: releases come page by page, each once, in the order of the list; the last page says that there is no other.
func TestPages(t *testing.T) {
	y := newYears(25)
	y.heads[24].Product = "present"
	h := New(y, Options{})
	var got, want []string
	for _, one := range y.heads[:24] {
		want = append(want, one.ID)
	}
	for next, pages := "", 0; ; pages++ {
		path := "/v1/releases?product=present-live&limit=8"
		if next != "" {
			path += "&after=" + next
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		var page struct {
			Releases []struct{ ID string }
			Next     string
		}
		if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || len(page.Releases) != 8 || pages > 3 {
			t.Fatalf("page %d: %v: %.200s", pages, err, w.Body)
		}
		for _, one := range page.Releases {
			got = append(got, one.ID)
		}
		if next = page.Next; next == "" {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

// lying is a store whose list says other than its manifests.
type lying struct {
	*years
	said []release.Head
}

func (l lying) Heads() ([]release.Head, error) { return l.said, nil }

// TestTheListIsHeldToTheManifest: what a list says of a release that its manifest does not is a fault of the store, and not an answer.
func TestTheListIsHeldToTheManifest(t *testing.T) {
	y := newYears(3)
	said := slices.Clone(y.heads)
	said[1].NotBefore = ""
	h := New(lying{y, said}, Options{})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/v1/releases", nil))
	if w.Code != 500 || strings.Contains(w.Body.String(), y.heads[1].ID) {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

// TestMemoryOfWhoListens: what was told is remembered by its id alone, and what is new among thousands costs as much as among few.
func TestMemoryOfWhoListens(t *testing.T) {
	const n, most = 20_000, 100
	y := newYears(n)
	may := func(release.Head) bool { return true }
	heap := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	h := happenings{}
	h.take(y.heads, may)
	h.take(y.heads, may)
	if each := (heap() - before) / n; each > most {
		t.Errorf("%d bytes a release, want at most %d", each, most)
	}
	if len(h.kept) != maxEvents || h.dropped != n-maxEvents || h.kept[maxEvents-1].id != y.heads[0].ID {
		t.Errorf("%d events are kept after %d, the last %s", len(h.kept), h.dropped, h.kept[len(h.kept)-1].id)
	}
	h.take(y.heads[1:], may)
	if last := h.kept[len(h.kept)-1]; last.id != "withdrawal-"+y.heads[0].ID || h.dropped != n-maxEvents+1 {
		t.Errorf("the last event is %s, after %d", last.id, h.dropped)
	}
	runtime.KeepAlive(y)
}

// BenchmarkYear chooses the newest bin of a year of them, and looks for what is new among them: once a second while somebody listens.
func BenchmarkYear(b *testing.B) {
	s := New(newYears(35_000), Options{Now: func() time.Time { return time.Date(2028, 2, 3, 0, 0, 0, 0, time.UTC) }}).(*server)
	r := httptest.NewRequest("GET", "/", nil)
	b.Run("choose", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			if _, _, err := s.chosen(r, &query{product: productLive, newest: true}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("look", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			s.happenings.next = time.Time{}
			if err := s.happenings.look(s); err != nil {
				b.Fatal(err)
			}
		}
	})
}
