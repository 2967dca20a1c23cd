package api

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/throng-stats/throng/release"
)

// available says which periods of a product can be read, which are missing between them, and when the next one comes.
func (s *server) available(r *http.Request) (answer, error) {
	if err := onlyParameters(r, "product"); err != nil {
		return answer{}, err
	}
	list, err := s.list(r)
	if err != nil {
		return answer{}, err
	}
	id := r.URL.Query().Get("product")
	if !slices.Contains(productsOf(list), id) {
		return answer{}, wrong("bad-parameter", "?product", id, "a product of /v1/products")
	}
	type period struct {
		Name     string `json:"name"`
		Release  string `json:"release"`
		Revision int    `json:"revision"`
	}
	out := struct {
		Product string   `json:"product"`
		First   string   `json:"first"`
		Last    string   `json:"last"`
		Periods []period `json:"periods"`
		Gaps    []string `json:"gaps"`
		Next    string   `json:"next_not_before,omitempty"`
	}{Product: id, Periods: []period{}, Gaps: []string{}}
	var names []string
	var bins []release.Period
	for _, m := range s.latest(list, id) {
		if !s.open(m) {
			if out.Next == "" || m.NotBefore < out.Next {
				out.Next = m.NotBefore
			}
			continue
		}
		out.Periods = append(out.Periods, period{m.Period.Name, m.ID, m.Revision})
		names, bins = append(names, m.Period.Name), append(bins, m.Period)
	}
	if len(names) > 0 {
		out.First, out.Last, out.Gaps = names[0], names[len(names)-1], gaps(names)
		if id == productLive {
			out.Gaps = gapsOfBins(bins)
		}
	}
	return jsonAnswer(out)
}

// latest keeps the last revision of each period of a product that may be read, by period, ascending; where none may be
// read yet, the last one there is. A period that was released for several geographies has one entry for each.
func (s *server) latest(list []release.Head, product string) []release.Head {
	n := 0
	for i := range list {
		if list[i].Product == product {
			n++
		}
	}
	out := make([]release.Head, 0, n)
	best := make(map[series]int, n)       // places in out
	for k := len(list) - 1; k >= 0; k-- { // the oldest first, so that little is left to sort
		h := list[k]
		if h.Product != product {
			continue
		}
		i, ok := best[seriesOf(h)]
		switch {
		case !ok:
			best[seriesOf(h)] = len(out)
			out = append(out, h)
		case s.open(h) && !s.open(out[i]) || s.open(h) == s.open(out[i]) && h.Revision >= out[i].Revision:
			out[i] = h
		}
	}
	slices.SortFunc(out, func(a, b release.Head) int {
		return cmp.Or(cmp.Compare(a.Period.Name, b.Period.Name), cmp.Compare(a.Geo.ID, b.Geo.ID))
	})
	return out
}

// gaps lists the days or months that are missing between the first and the last name, ascending.
func gaps(names []string) []string {
	layout, months, days := time.DateOnly, 0, 1
	if len(names[0]) == len("2006-01") {
		layout, months, days = "2006-01", 1, 0
	}
	missing := []string{}
	at, err := time.Parse(layout, names[0])
	for i := 1; err == nil && i < len(names); at = at.AddDate(0, months, days) {
		switch name := at.Format(layout); {
		case name < names[i] && name > names[i-1]:
			missing = append(missing, name)
		case name >= names[i]:
			i++
		}
		if len(missing) > mostGaps {
			return missing
		}
	}
	return missing
}

// mostGaps is how many missing periods are listed.
const mostGaps = 10_000

// gapsOfBins lists the bins that are missing between the first and the last, ascending; each as wide as the bin before it.
func gapsOfBins(bins []release.Period) []string {
	missing := []string{}
	for i := 1; i < len(bins); i++ {
		width := bins[i-1].End.Sub(bins[i-1].Start)
		for at := bins[i-1].End; width > 0 && at.Before(bins[i].Start) && len(missing) < mostGaps; at = at.Add(width) {
			missing = append(missing, at.UTC().Format(binLayout))
		}
	}
	return missing
}

// onlyParameters refuses parameters that a path does not know, and names that are given twice.
func onlyParameters(r *http.Request, names ...string) error {
	for name, values := range r.URL.Query() {
		if !slices.Contains(names, name) {
			want := "no parameters here"
			if len(names) > 0 {
				want = "one of " + fmt.Sprint(names)
			}
			return wrong("bad-parameter", "?"+name, name, want)
		}
		if len(values) > 1 {
			return wrong("bad-parameter", "?"+name, values[1], "the parameter once")
		}
	}
	return nil
}
