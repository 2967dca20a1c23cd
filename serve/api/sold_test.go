package api_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/throng-stats/throng/release/memory"
	"github.com/throng-stats/throng/serve/api"
	"github.com/throng-stats/throng/serve/servetest"
)

// TestSoldAddsUp: of every product of companies, the table by each dimension adds up to the total, the counties to the region, and
// the variances with them.
func TestSoldAddsUp(t *testing.T) {
	store := &memory.Store{}
	if err := errors.Join(servetest.Fill(store), servetest.FillSales(store)); err != nil {
		t.Fatal(err)
	}
	h := api.New(store, api.Options{Now: func() time.Time { return noon }})
	type table struct {
		Rows []struct {
			Estimate float64
			SD       float64 `json:"noise_sd"`
		}
	}
	ask := func(body string) []table {
		w := send(h, "POST", "/v1/queries", body)
		var a struct{ Tables []table }
		if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || w.Code != 200 || len(a.Tables) == 0 {
			t.Fatalf("%s: %d %s", body, w.Code, w.Body.String())
		}
		return a.Tables
	}
	sum := func(tables ...table) (estimate, variance float64) {
		for _, one := range tables {
			for _, r := range one.Rows {
				estimate, variance = estimate+r.Estimate, variance+r.SD*r.SD
			}
		}
		return estimate, variance
	}
	for _, c := range []struct{ product, table, by string }{
		{"spending", "total", `"zone","category"`}, {"spending", "buyers", `"category"`}, {"market", "customers", `"zone"`}, {"market", "categories", `"zone","category"`},
		{"bookings", "nights", `"zone"`}, {"cases", "total", `"zone","authority","reason"`}, {"reports", "total", `"zone","reason"`},
	} {
		start := fmt.Sprintf(`{"product":%q,"table":%q`, c.product, c.table)
		tables := ask(start + `,"by":["time",` + c.by + `]}`)
		total, variance := sum(tables[0])
		parts := [][]table{{ask(start + `,"area":{"zones":["C1"]}}`)[0], ask(start + `,"area":{"zones":["C2"]}}`)[0]}}
		for _, one := range tables[1:] {
			parts = append(parts, []table{one})
		}
		for i, part := range parts {
			got, v := sum(part...)
			if math.Abs(got-total) > .01 || math.Abs(v-variance) > 1e-3*variance {
				t.Errorf("%s/%s, part %d: %v with variance %v, want %v with %v", c.product, c.table, i, got, v, total, variance)
			}
		}
	}
}
