package driver

import (
	"encoding/json"
	"io"
	"slices"
	"time"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/reckon/quality"
	"github.com/throng-stats/throng/release"
)

// pastWeeks is how many weeks before a day a release is compared with.
const pastWeeks = 8

// quality is the public quality report of a release: numbers made from releases and public tables alone.
func (r *runner) quality(m release.Manifest, p throng.Period, estimates []release.Table) ([]byte, error) {
	earlier, err := r.earlier(m.Product, p)
	if err != nil {
		return nil, err
	}
	return quality.Of(m, r.job.viewOf(p).geo, estimates, earlier).JSON()
}

// earlier are the totals of a product on the same weekday of past weeks, from the reports of their releases.
func (r *runner) earlier(product string, p throng.Period) ([]quality.Earlier, error) {
	at, err := time.Parse(time.DateOnly, p.Name)
	if err != nil {
		return nil, nil // a month
	}
	var out []quality.Earlier
	for week := 1; week <= pastWeeks; week++ {
		id, ok := r.once[product+" "+at.AddDate(0, 0, -7*week).Format(time.DateOnly)]
		if !ok {
			continue
		}
		f, err := r.store.Open(id, "quality.json")
		if err != nil {
			continue // of an earlier version, or gone: there is one week less to compare with
		}
		var past quality.Report
		text, err := io.ReadAll(f)
		if closing := f.Close(); err == nil {
			err = closing
		}
		if err != nil || json.Unmarshal(text, &past) != nil {
			continue
		}
		out = append(out, quality.Earlier{Total: past.Total, TotalSD: past.TotalSD})
	}
	slices.Reverse(out)
	return out, nil
}
