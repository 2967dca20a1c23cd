package api_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/memory"
	"github.com/throng-stats/throng/serve/api"
	"github.com/throng-stats/throng/serve/servetest"
)

// numbers are the parts of an answer that these tests read.
type numbers struct {
	ID     string
	Tables []struct {
		Rows []struct {
			Time string
			E    float64 `json:"estimate"`
			SD   float64 `json:"noise_sd"`
		}
	}
	Usual, Forecast struct {
		Releases []string
		Rows     []struct {
			Time              string
			Weeks             int
			Usual, Difference struct{ Estimate, Lo, Hi float64 }
			Estimate, Lo, Hi  float64
			Percent           *struct{ Estimate, Lo, Hi float64 }
			Clear             bool
			ForecastSD        float64 `json:"forecast_sd"`
		}
	}
	Rows []struct {
		Place, Time string
		Estimate    *float64
	}
}

func asking(t *testing.T, h http.Handler, body string) numbers {
	t.Helper()
	var n numbers
	w := send(h, "POST", "/v1/queries", body)
	if err := json.Unmarshal(w.Body.Bytes(), &n); err != nil || w.Code != 200 {
		t.Fatal(w.Code, err, w.Body)
	}
	return n
}

// TestUsualIsTheMeanOfWeeks asks for the weeks one by one and works the comparison out by hand. The holiday of 6 January is left
// out; when it is compared itself, it is compared with Sundays, of which there are none.
func TestUsualIsTheMeanOfWeeks(t *testing.T) {
	h := newWeeks(t)
	about := func(day, more string) numbers {
		return asking(t, h, squares(`{"product":"present","area":{"polygon":square(0,0,3000,2000)},"time":"`+day+`"`+more+`}`))
	}
	got := about("2026-02-03", `,"compare":"usual-day","forecast":7`)
	days := []string{"2025-12-30", "2026-01-13", "2026-01-20", "2026-01-27"}
	var past []numbers
	for _, day := range days {
		past = append(past, about(day, ""))
	}
	if want := "present-2025-12-30-r0 present-2026-01-13-r0 present-2026-01-20-r0 present-2026-01-27-r0"; strings.Join(got.Usual.Releases, " ") != want {
		t.Errorf("made of %v, want %s", got.Usual.Releases, want)
	}
	if len(got.Usual.Rows) != 24 || len(got.Forecast.Rows) != 24 {
		t.Fatalf("%d rows of the usual day, %d of the forecast, want 24 each", len(got.Usual.Rows), len(got.Forecast.Rows))
	}
	for hour, row := range got.Usual.Rows {
		mean, now := 0.0, got.Tables[0].Rows[hour]
		for _, p := range past {
			mean += p.Tables[0].Rows[hour].E / 4
		}
		sd := now.SD * math.Sqrt(1+1./4)
		if row.Weeks != 4 || row.Time != now.Time || math.Abs(row.Usual.Estimate-mean) > .002 || math.Abs(row.Difference.Estimate-(now.E-mean)) > .003 ||
			math.Abs(row.Difference.Hi-row.Difference.Lo-2*1.96*sd) > .02 || row.Clear != (math.Abs(now.E-mean) > 1.96*sd) || row.Percent == nil {
			t.Errorf("hour %d: got %+v, want the mean %v and the difference %v with sd %v", hour, row, mean, now.E-mean, sd)
		}
		if f := got.Forecast.Rows[hour]; f.Lo >= f.Estimate || math.Abs((f.Hi-f.Estimate)-3.18245*f.ForecastSD) > .01 {
			t.Errorf("hour %d: forecast %+v", hour, f)
		}
	}
	if at := got.Forecast.Rows[0].Time; at != "2026-02-09T23:00:00Z" {
		t.Errorf("the first hour that can be forecast is %s, want the next Tuesday", at)
	}
	if feast := about("2026-01-06", `,"compare":"usual-day"`); len(feast.Usual.Rows) != 0 {
		t.Errorf("a holiday is compared with %v", feast.Usual.Releases)
	}
	if plain := about("2026-02-03", ""); plain.ID == got.ID || plain.Usual.Rows != nil {
		t.Error("a question without compare has the same id, or a comparison")
	}
}

// TestWeeksAreWatched: a forecast is made of the newest hours, so of a small perimeter it needs a token even where the time that
// is asked for does not; and so does a catchment of few leaves. Both are in the audit log.
func TestWeeksAreWatched(t *testing.T) {
	store := &memory.Store{}
	if err := errors.Join(servetest.Fill(store), servetest.FillWeeks(store)); err != nil {
		t.Fatal(err)
	}
	log := &desk{}
	h := api.New(edited{store, func(m *release.Manifest) bool { m.Data = "real"; return true }}, api.Options{Now: func() time.Time { return noon }, Access: log})
	body := func(more string) string {
		return squares(`{"product":"present","area":{"polygon":square(0,0,3000,2000)},"time":"2026-01-20"` + more + `}`)
	}
	around := "/v1/catchments?time="
	for _, one := range []struct{ method, path, body, want string }{
		{"POST", "/v1/queries", body(``), ""},
		{"POST", "/v1/queries", body(`,"compare":"usual-day"`), ""},
		{"POST", "/v1/queries", body(`,"forecast":7`), "token-missing"},
		{"POST", "/v1/queries", body(`,"forecast":6`), ""}, // the next Tuesday is the seventh day
		{"POST", "/v1/queries", `{"product":"present","area":{"zones":["M1"]},"forecast":7}`, ""},
		{"GET", around + "2026-01-20", "", ""},
		{"GET", around + "2026-02-03", "", "token-missing"},
		{"GET", around + "2026-02-03T11:00:00Z/PT1H", "", ""},
		{"GET", around + "2026-02-03T12:00:00Z/PT1H", "", "token-missing"},
		{"GET", around + "2026-02-03&place=far", "", ""}, // outside: no number
	} {
		w := send(h, one.method, one.path, one.body)
		if got := codeOf(t, w); w.Code != 200 && got != one.want || w.Code == 200 && one.want != "" {
			t.Errorf("%s %s: got %d %s, want %q", one.path, one.body, w.Code, got, one.want)
		}
	}
	if len(log.entries) != 0 {
		t.Errorf("%v was recorded without a token", log.entries)
	}
	w := send(h, "GET", around+"2026-02-03&radius=1000&purpose=transport", "", "Authorization: Bearer "+cityToken)
	var a numbers
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || w.Code != 200 || len(log.entries) != 1 || log.entries[0].Query != a.ID || log.entries[0].Leaves != 2 || log.entries[0].KM2 != 3.1 {
		t.Errorf("with a token: %d, %v, log %+v", w.Code, err, log.entries)
	}
	if w := send(h, "GET", around+"2026-02-03&purpose=tourism", "", "Authorization: Bearer "+cityToken); w.Code != 403 {
		t.Errorf("for another purpose: %d", w.Code)
	}
}

// TestPyramid: the modelled cells add up to the released numbers by age, and by gender to the shares of the released ones; they
// have no margin.
func TestPyramid(t *testing.T) {
	h := newWeeks(t)
	var a struct {
		Tables []struct {
			Rows []struct {
				Time, Age, Gender string
				Estimate          float64
			}
		}
		Pyramid struct {
			Ages []string
			Rows []struct {
				Time, Age, Gender, Status string
				Estimate                  float64
				SD                        *float64 `json:"noise_sd"`
				Reliable                  bool
			}
		}
	}
	w := send(h, "POST", "/v1/queries", `{"product":"present","area":{"zones":["C1"]},"time":"2026-02-03","by":["gender","age"],"pyramid":true}`)
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || w.Code != 200 {
		t.Fatal(w.Code, err, w.Body)
	}
	if len(a.Pyramid.Ages) == 0 || len(a.Pyramid.Rows) != 24*2*len(a.Pyramid.Ages) {
		t.Fatalf("ages %v, %d rows", a.Pyramid.Ages, len(a.Pyramid.Rows))
	}
	age, gender := map[string]float64{}, map[string]float64{}
	for _, r := range a.Pyramid.Rows {
		if r.SD != nil || r.Reliable || r.Status != "modelled" || r.Estimate <= 0 {
			t.Errorf("%+v", r)
		}
		age[r.Time+r.Age] += r.Estimate
		gender[r.Time+r.Gender] += r.Estimate
	}
	for _, r := range a.Tables[1].Rows {
		if got, ok := age[r.Time+r.Age]; ok && math.Abs(got-r.Estimate) > .01 {
			t.Errorf("%s %s: %v, released %v", r.Time, r.Age, got, r.Estimate)
		}
	}
	released := map[string]float64{}
	for _, r := range a.Tables[0].Rows {
		released[r.Time+r.Gender] = r.Estimate
		if f := released[r.Time+"F"]; r.Gender == "M" && math.Abs(gender[r.Time+"F"]/gender[r.Time+"M"]-f/r.Estimate) > 1e-4 {
			t.Errorf("%s: %v women to %v men, released %v to %v", r.Time, gender[r.Time+"F"], gender[r.Time+"M"], f, r.Estimate)
		}
	}
}

// TestCatchmentsAddUp: with a radius over the whole region, nearest places share it out, so together they are the whole; with
// overlap each is the whole.
func TestCatchmentsAddUp(t *testing.T) {
	h := newWeeks(t)
	whole := asking(t, h, `{"product":"present","area":{"zones":["P"]},"time":"2026-02-03"}`).Tables[0].Rows
	for _, overlap := range []float64{1, 2} {
		var a numbers
		w := send(h, "GET", fmt.Sprintf("/v1/catchments?time=2026-02-03&radius=20000&overlap=%v", overlap == 2), "")
		if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || w.Code != 200 {
			t.Fatal(w.Code, err)
		}
		sums := map[string]float64{}
		for _, r := range a.Rows {
			if (r.Estimate == nil) != (r.Place == "far") {
				t.Errorf("%s at %s: %v", r.Place, r.Time, r.Estimate)
			} else if r.Estimate != nil {
				sums[r.Time] += *r.Estimate
			}
		}
		for _, r := range whole {
			if math.Abs(sums[r.Time]-overlap*r.E) > .01 {
				t.Errorf("%s: catchments are %v together, the region %v times %v", r.Time, sums[r.Time], overlap, r.E)
			}
		}
	}
}

// relabelled is a store whose list says other than its manifests.
type relabelled struct{ release.Store }

func (s relabelled) Heads() ([]release.Head, error) {
	heads, err := s.Store.Heads()
	heads = slices.Clone(heads)
	for i := range heads {
		heads[i].Data = "public"
	}
	return heads, err
}

// TestTablesAreHeldToTheManifest: answers that read tables refuse a release whose manifest says other than the list, which said that it may
// be read.
func TestTablesAreHeldToTheManifest(t *testing.T) {
	store := &memory.Store{}
	if err := errors.Join(servetest.Fill(store), servetest.FillWeeks(store), servetest.FillSales(store)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/v1/nowcast", "/v1/league?product=spending&over=buyers"} {
		for want, s := range map[int]release.Store{200: store, 500: relabelled{store}} {
			w := httptest.NewRecorder()
			api.New(s, api.Options{Version: "v0-test", Now: func() time.Time { return noon }}).ServeHTTP(w, httptest.NewRequest("GET", path, nil))
			if w.Code != want {
				t.Errorf("%s: got %d %.200s, want %d", path, w.Code, w.Body, want)
			}
		}
	}
}
