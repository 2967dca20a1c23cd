package api_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/throng-stats/throng/serve/servetest"
)

// row and reply are what a client reads of an answer.
type row struct {
	Zone, Time, Gender, Age, Origin string
	Value                           int64
	Estimate, Noise_sd, Lo, Hi      float64
	Alloc_sd                        *float64
	Reliable                        bool
	Status, Release                 string
}

type reply struct {
	ID       string
	Releases []string
	Area     struct {
		KM2               float64
		Leaves            int
		Smaller_than_leaf bool
		Covered           float64
	}
	Tables []struct {
		By   string
		Rows []row
	}
}

func ask(t *testing.T, c client, body string) reply {
	t.Helper()
	code, text := c.query(body)
	if code != 200 {
		t.Fatalf("%s\nanswered %d: %s", body, code, text)
	}
	var r reply
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// client asks one server, so that caches are used as they are in earnest.
type client struct {
	post func(body string) (int, []byte)
}

func (c client) query(body string) (int, []byte) { return c.post(body) }

func newClient(t *testing.T) client {
	h := newAPI(t, noon)
	return client{func(body string) (int, []byte) {
		w := send(h, "POST", "/v1/queries", body)
		return w.Code, w.Body.Bytes()
	}}
}

func polygonQuery(polygon string) string {
	return `{"product":"present","area":{"polygon":` + polygon + `},"time":"2026-02-03","by":["time","gender","age","origin"]}`
}

// TestDisjointPerimetersAddUp cuts random rectangles in two: the answers of the parts sum to that of the whole, and a
// MultiPolygon of two separate ones to the sum of both. Corners are rounded to 1e-7 degrees, that is 2 cm of at most
// 4 km, of a density below 0.002 people a square metre: 0.2 people; estimates are printed to 0.001.
func TestDisjointPerimetersAddUp(t *testing.T) {
	const seed, tolerance = 1, 0.2
	random := rand.New(rand.NewPCG(seed, 0))
	c := newClient(t)
	for range 20 {
		x0, y0 := random.Float64()*1500, random.Float64()*3000
		x1, x2, y1 := x0+200+random.Float64()*500, x0+900+random.Float64()*1500, y0+100+random.Float64()*900
		left, right, both := ask(t, c, polygonQuery(servetest.Square(x0, y0, x1, y1))), ask(t, c, polygonQuery(servetest.Square(x1, y0, x2, y1))),
			ask(t, c, polygonQuery(servetest.Square(x0, y0, x2, y1)))
		apart := ask(t, c, polygonQuery(multi(servetest.Square(x0, y0, x1, y1), servetest.Square(x1+1, y0, x2+1, y1))))
		shifted := ask(t, c, polygonQuery(servetest.Square(x1+1, y0, x2+1, y1)))
		for i := range both.Tables[0].Rows {
			l, r, b := left.Tables[0].Rows[i].Estimate, right.Tables[0].Rows[i].Estimate, both.Tables[0].Rows[i].Estimate
			if math.Abs(l+r-b) > tolerance {
				t.Errorf("seed %d: %v + %v = %v, the whole is %v", seed, l, r, l+r, b)
			}
			if sum := l + shifted.Tables[0].Rows[i].Estimate; math.Abs(sum-apart.Tables[0].Rows[i].Estimate) > 0.002 {
				t.Errorf("seed %d: parts sum to %v, the MultiPolygon has %v", seed, sum, apart.Tables[0].Rows[i].Estimate)
			}
		}
	}
}

func multi(a, b string) string {
	rings := func(s string) string {
		return strings.TrimSuffix(strings.TrimPrefix(s, `{"type":"Polygon","coordinates":`), "}")
	}
	return `{"type":"MultiPolygon","coordinates":[` + rings(a) + "," + rings(b) + `]}`
}

// TestNumbersTravelTogether checks every row of random perimeters: display follows the estimate, the interval holds it,
// and classes sum to the total.
func TestNumbersTravelTogether(t *testing.T) {
	const seed = 2
	random := rand.New(rand.NewPCG(seed, 0))
	c := newClient(t)
	for range 15 {
		x, y := random.Float64()*3500, random.Float64()*3500
		r := ask(t, c, polygonQuery(servetest.Square(x, y, x+50+random.Float64()*2000, y+50+random.Float64()*2000)))
		total := map[string]float64{}
		for _, table := range r.Tables {
			sums := map[string]float64{}
			for _, one := range table.Rows {
				checkRow(t, one)
				sums[one.Time] += one.Estimate
			}
			if table.By == "time" {
				total = sums
			}
			for at, sum := range sums {
				if math.Abs(sum-total[at]) > 0.005 {
					t.Errorf("seed %d: %s at %s sums to %v, the total is %v", seed, table.By, at, sum, total[at])
				}
			}
			if len(sums) != 24 {
				t.Errorf("table %s has %d hours, want 24", table.By, len(sums))
			}
		}
	}
}

func checkRow(t *testing.T, r row) {
	t.Helper()
	switch {
	case r.Lo > r.Estimate || r.Estimate > r.Hi:
		t.Errorf("%+v: the interval does not hold the estimate", r)
	case r.Value < 0 || r.Value != int64(math.Max(0, math.Round(r.Estimate))) && math.Abs(r.Estimate-math.Trunc(r.Estimate)) != 0.5:
		t.Errorf("%+v: the value is not the rounded estimate", r)
	case math.Abs(r.Hi-r.Lo-2*1.96*r.Noise_sd) > 0.004:
		t.Errorf("%+v: hi - lo is not 2 * 1.96 * noise_sd", r)
	case r.Status != "measured" && r.Status != "modelled" || r.Release == "":
		t.Errorf("%+v: status or release is missing", r)
	}
}

// TestSameQuestionSameBytes asks one thing in several ways, of servers with cold and warm caches.
func TestSameQuestionSameBytes(t *testing.T) {
	ring := []string{"[2.001,49.001]", "[2.02,49.001]", "[2.02,49.01]", "[2.001,49.01]"}
	draw := func(order ...int) string {
		var points []string
		for _, i := range append(order, order[0]) {
			points = append(points, ring[i])
		}
		return `{"type":"Polygon","coordinates":[[` + strings.Join(points, ",") + `]]}`
	}
	want := ""
	c := newClient(t)
	for i, body := range []string{
		`{"product":"present","area":{"polygon":` + draw(0, 1, 2, 3) + `},"time":"2026-02-03","by":["time","gender"]}`,
		`{"by":["gender","time","gender"],"area":{"polygon":` + draw(2, 1, 0, 3) + `},"product":"present","time":"2026-02-03"}`,
		`{"by":["gender","time"],"area":{"polygon":` + draw(3, 0, 1, 2) + `},"geography":"toy","product":"present","time":"2026-02-03T00:00:00+01:00/PT24H"}`,
		`{"by":["gender","time"],"area":{"polygon":` + strings.ReplaceAll(draw(3, 0, 1, 2), "49.01]", "49.010000004]") + `},"product":"present"}`,
	} {
		for _, client := range []client{c, newClient(t)} {
			code, text := client.query(body)
			if code != 200 || want != "" && string(text) != want {
				t.Errorf("form %d answered %d: %s\nwant %s", i, code, text, want)
			}
			want = string(text)
		}
	}
	if other := ask(t, c, `{"product":"present","area":{"polygon":`+draw(0, 1, 2)+`},"time":"2026-02-03"}`); strings.Contains(want, other.ID) {
		t.Errorf("another question has the same id %s", other.ID)
	}
}

// TestZonesAgreeWithTables compares the answer for a zone with its rows in the released tables.
func TestZonesAgreeWithTables(t *testing.T) {
	h, c := newAPI(t, noon), newClient(t)
	for _, zone := range []string{"P", "C1", "C2", "M1", "M4"} {
		r := ask(t, c, fmt.Sprintf(`{"product":"present","area":{"zones":[%q]},"by":["time","age"]}`, zone))
		for i, name := range []string{"total", "age"} {
			var table struct{ Rows []row }
			w := send(h, "GET", "/v1/releases/"+servetest.Day+"/tables/"+name+"?zone="+zone, "")
			if err := json.Unmarshal(w.Body.Bytes(), &table); err != nil || len(table.Rows) != len(r.Tables[i].Rows) {
				t.Fatalf("%s of %s: %d rows, the query has %d (%v)", name, zone, len(table.Rows), len(r.Tables[i].Rows), err)
			}
			for k, want := range table.Rows {
				got := r.Tables[i].Rows[k]
				if math.Abs(got.Estimate-want.Estimate) > 0.0011 || math.Abs(got.Noise_sd-want.Noise_sd) > 0.0011 || got.Status != want.Status {
					t.Errorf("%s of %s: query %+v, table %+v", name, zone, got, want)
				}
			}
		}
	}
}

// TestManyAskAtOnce is for the race detector, and checks that everybody gets the same.
func TestManyAskAtOnce(t *testing.T) {
	h := newAPI(t, noon)
	body := polygonQuery(servetest.Square(100, 100, 2500, 2500))
	want := send(newAPI(t, noon), "POST", "/v1/queries", body).Body.String()
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 5 {
				if got := send(h, "POST", "/v1/queries", body).Body.String(); got != want {
					t.Error("the answer depends on who else asks")
				}
				send(h, "GET", "/v1/releases/"+servetest.Day+"/tables/age.csv", "", "Accept-Encoding: gzip")
				send(h, "GET", "/v1/geographies/toy/2026-01-01", "")
			}
		})
	}
	wait.Wait()
}
