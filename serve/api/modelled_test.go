package api_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/throng-stats/throng/serve/servetest"
)

// TestLiveSmallPerimeters: of a live count of real data a small perimeter needs a token, zones do not, and neither do invented data.
func TestLiveSmallPerimeters(t *testing.T) {
	small := `{"product":"present-live","area":{"polygon":` + servetest.Square(100, 100, 300, 300) + `},"purpose":"safety"}`
	d := &desk{}
	h := newLive(t, "real", servetest.LiveAt, d)
	if w := send(h, "POST", "/v1/queries", small); w.Code != 401 {
		t.Errorf("without a token: %d, want 401", w.Code)
	}
	if w := send(h, "POST", "/v1/queries", small, "Authorization: Bearer "+cityToken); w.Code != 200 || len(d.entries) != 1 {
		t.Errorf("with a token: %d and %d entries, want 200 and one", w.Code, len(d.entries))
	}
	if w := send(h, "POST", "/v1/queries", `{"product":"present-live","area":{"zones":["M1"]}}`); w.Code != 200 {
		t.Errorf("a zone: %d, want 200", w.Code)
	}
	if w := send(newLive(t, "synthetic", servetest.LiveAt, nil), "POST", "/v1/queries", small); w.Code != 200 {
		t.Errorf("invented data: %d, want 200", w.Code)
	}
}

// TestLiveSplit recomputes the split of a live total from what the interface tells of the past days alone.
func TestLiveSplit(t *testing.T) {
	h := newLive(t, "synthetic", servetest.LiveAt, nil)
	type row struct {
		Time, Gender, Age, Origin, Status string
		Estimate                          float64
		SD                                float64 `json:"noise_sd"`
	}
	type reply struct {
		Tables []struct {
			By   string
			Rows []row
		}
		Modelled struct{ Releases []string }
	}
	ask := func(body string) (r reply) {
		t.Helper()
		w := send(h, "POST", "/v1/queries", body)
		if err := json.Unmarshal(w.Body.Bytes(), &r); err != nil || w.Code != 200 {
			t.Fatal(w.Code, w.Body, err)
		}
		return r
	}
	areas := []string{`{"zones":["M1"]}`, `{"zones":["C2"]}`, `{"polygon":` + servetest.Square(300, 300, 3100, 2500) + `}`, `{"polygon":` + servetest.Square(100, 100, 300, 300) + `}`}
	for _, by := range []string{"gender", "age", "origin"} {
		for _, area := range areas {
			live := ask(`{"product":"present-live","area":` + area + `,"time":"live","by":["time","` + by + `"]}`)
			if len(live.Modelled.Releases) != 4 {
				t.Fatalf("made of %v, want four Tuesdays", live.Modelled.Releases)
			}
			total, of, variance, totalVariance := 0.0, map[string]float64{}, map[string]float64{}, 0.0
			for _, day := range []string{"2026-01-13", "2026-01-20", "2026-01-27", "2026-02-03"} { // 6 January is a holiday
				past := ask(`{"product":"present","area":` + area + `,"time":"` + day + `T11:00:00+01:00/PT1H","by":["time","` + by + `"]}`)
				total += past.Tables[0].Rows[0].Estimate
				totalVariance += math.Pow(past.Tables[0].Rows[0].SD, 2)
				for _, r := range past.Tables[1].Rows {
					of[r.Gender+r.Age+r.Origin] += r.Estimate
					variance[r.Gender+r.Age+r.Origin] += r.SD * r.SD
				}
			}
			now, sum := live.Tables[0].Rows[0], 0.0
			for _, r := range live.Tables[1].Rows {
				code := r.Gender + r.Age + r.Origin
				c := of[code] / total
				sd := math.Sqrt(c*c*now.SD*now.SD + now.Estimate*now.Estimate*(variance[code]+c*c*totalVariance)/(total*total))
				if math.Abs(r.Estimate-c*now.Estimate) > .01 || math.Abs(r.SD-sd) > .01 || r.Status != "modelled" {
					t.Errorf("%s of %s, %s: %v with %v, %s, want %v with %v, modelled", by, area, code, r.Estimate, r.SD, r.Status, c*now.Estimate, sd)
				}
				sum += r.Estimate
			}
			if math.Abs(sum-now.Estimate) > .01 {
				t.Errorf("%s of %s: classes add up to %v, want %v", by, area, sum, now.Estimate)
			}
		}
	}
}
